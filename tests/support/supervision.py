"""What supervisors' pages name: a delegation, a list by mail, a unit with figures."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa

from lms.db import db, utcnow
from lms.i18n import local_day
from lms.learning.models import Cohort
from lms.people.access import load_actor
from lms.people.models import Unit, User
from lms.supervision import delegations, rollups, schedules
from lms.supervision.models import Cadence, Capacity, Delegation, ExportSchedule
from lms.supervision.queries import Scope, Wanted

LISTS = ("people", "people.csv", "people.xlsx", "people.pdf", "picture", "picture.pdf", "schedules/new")


def fill(world: Any, boss: User, colleague_id: uuid.UUID, cohort: Cohort, unit: Unit) -> None:
    """Make them, and say which addresses name them."""
    today = local_day(utcnow(), "Asia/Pontianak")
    actor, scope = load_actor(boss.id, today), Scope("cohort", cohort.id)
    colleague = db.session.get_one(User, colleague_id)
    until = today + dt.timedelta(days=7)
    given = delegations.delegate(
        actor=actor, scope=scope, email=colleague.email or "", capacity=Capacity.DAILY, valid_from=today, valid_to=until, today=today
    )
    planned = schedules.plan(actor=actor, scope=scope, wanted=Wanted(), cadence=Cadence.WEEKLY, today=today)
    rollups.roll_up([cohort.id], today)
    world.queries |= {f"/team/{page}": f"?scope={scope.key}" for page in LISTS}
    world.special["supervision.end_delegation"] = {"delegation_id": given.id}
    for name in ("open_schedule", "make_schedule_file", "stop_schedule"):
        world.special[f"supervision.{name}"] = {"schedule_id": planned.id}
    for name in ("unit_figures", "unit_csv", "unit_xlsx", "unit_pdf"):
        world.special[f"supervision.{name}"] = {"key": f"unit-{unit.id}"}


def known() -> dict[str, list[Any]]:
    """Return values for the arguments of addresses, by name."""
    return {
        "delegation_id": list(db.session.scalars(sa.select(Delegation.id))) or [1],
        "schedule_id": list(db.session.scalars(sa.select(ExportSchedule.id))) or [1],
        "key": [f"unit-{number}" for number in db.session.scalars(sa.select(Unit.id))],
    }


def team_urls(scopes: tuple[str, ...]) -> list[str]:
    """Return every list of every scope, and every table of figures of two units, each asked for through the other too."""
    ends = ("", "/figures.csv", "/figures.xlsx", "/figures.pdf")
    figures = [f"/team/units/unit-{number}{end}?unit={unit}" for number in (1, 2) for unit in (1, 2) for end in ends]
    return [*[f"/team/{page}?scope={scope}" for page in LISTS for scope in scopes], *figures]


def count(cohort_id: int, today: dt.date) -> None:
    """Count a cohort for the figures of units."""
    rollups.roll_up([cohort_id], today)
