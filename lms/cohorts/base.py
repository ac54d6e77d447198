"""The room of the organizer's pages, and what every page of a cohort begins with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template
from flask_login import current_user

from lms.cohorts import queries
from lms.db import db, utcnow
from lms.i18n import local_day
from lms.learning.models import Cohort

room = Blueprint("cohorts", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of every page of a cohort. `manages` tells whether the person may change things."""

    cohort: Cohort
    course_title: dict[str, str]
    unit_name: str
    manages: bool
    today: dt.date

    @property
    def url(self) -> str:
        """Return the address of the cohort's board."""
        return f"/cohorts/{self.cohort.id}"

    @property
    def days(self) -> str:
        """Return `planned`, `running` or `over`."""
        return "planned" if self.today < self.cohort.starts_on else "over" if self.today > self.cohort.ends_on else "running"


def head_of(cohort: Cohort) -> Head:
    """Return the head of a cohort's pages for the person who asks: one statement."""
    row = db.session.execute(queries.header(current_user, cohort.id)).one()
    return Head(cohort, row.course_title, row.unit_name, bool(row.manages), local_day(utcnow(), cohort.time_zone))


def cohort_page(template: str, **values: Any) -> str:
    """Return a page of the cohort that the guard has found."""
    values.setdefault("head", None)
    values["head"] = values["head"] or head_of(g.cohort)
    return render_template(f"cohorts/{template}.html", **values)
