"""The administrator's pages. Importing the parts puts them on the blueprint."""

from __future__ import annotations

from lms.people import admin_people, admin_roles, admin_site, admin_units
from lms.people.admin_base import room

__all__ = ["admin_people", "admin_roles", "admin_site", "admin_units", "room"]
