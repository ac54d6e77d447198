"""The room of certificates."""

from __future__ import annotations

from flask import Blueprint

room = Blueprint("credentials", __name__, template_folder="templates")
