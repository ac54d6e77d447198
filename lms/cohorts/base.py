"""The room of the organizer's pages, and what every page of a cohort begins with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template
from flask_login import current_user

from lms.cohorts import queries
from lms.db import db, utcnow
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.learning.models import Cohort
from lms.people.permissions import MANAGE_COHORTS
from lms.plugin import CohortPage
from lms.registry import registry

room = Blueprint("cohorts", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a cohort's pages, and the pages under it: (key, title, address)."""

    title: Any
    pages: list[tuple[str, Any, str]]

    def holds(self, key: str) -> bool:
        """Tell whether a page stands under this tab."""
        return any(key == known for known, _title, _url in self.pages)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of every page of a cohort. `manages` tells whether the person may change things; `more` are pages of other rooms."""

    cohort: Cohort
    course_title: dict[str, str]
    unit_name: str
    manages: bool
    today: dt.date
    more: tuple[CohortPage, ...] = ()

    @property
    def url(self) -> str:
        """Return the address of the cohort's board."""
        return f"/cohorts/{self.cohort.id}"

    @property
    def tabs(self) -> list[Tab]:
        """Return the tabs that have pages for the person who asks."""
        own = {"people": [("people", _("Learners"), "/people")], "plan": [], "results": []}
        if self.manages:
            own["people"] += [
                ("groups", _("Groups"), "/groups"),
                ("staff", _("Staff"), "/staff"),
                ("import", _("Import"), "/import"),
                ("letters", _("Letters"), "/letters"),
            ]
            own["plan"] += [("schedule", _("Schedule"), "/schedule"), ("dates", _("Dates"), "/dates")]
        for page in self.more:
            own[page.under].append((page.path, page.title, page.path))
        titles = {"people": _("Learners"), "plan": _("Schedule"), "results": _("Results")}
        tabs = [Tab(titles[key], [(name, title, self.url + path) for name, title, path in pages]) for key, pages in own.items() if pages]
        return [Tab(_("Overview"), [("board", _("Overview"), self.url)]), *tabs]

    @property
    def days(self) -> str:
        """Return `planned`, `running` or `over`."""
        return "planned" if self.today < self.cohort.starts_on else "over" if self.today > self.cohort.ends_on else "running"


def head_of(cohort: Cohort) -> Head:
    """Return the head of a cohort's pages for the person who asks: one statement."""
    pages = registry().cohort_pages
    names = sorted({MANAGE_COHORTS.name, *(page.permission for page in pages)})
    title, unit_name, *answers = db.session.execute(queries.header(current_user, cohort.id, names)).one()
    held = {name for name, answer in zip(names, answers, strict=True) if answer}
    more = tuple(page for page in pages if page.permission in held)
    return Head(cohort, title, unit_name, MANAGE_COHORTS.name in held, local_day(utcnow(), cohort.time_zone), more)


def cohort_page(template: str, **values: Any) -> str:
    """Return a page of the cohort that the guard has found."""
    values.setdefault("head", None)
    values["head"] = values["head"] or head_of(g.cohort)
    return render_template(f"cohorts/{template}.html", **values)
