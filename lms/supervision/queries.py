"""What supervisors' pages read. People and progress: Selects for the sealed connection. Titles of cohorts, modules and units: our own.

The Selects are built once for each shape of a question and take its values as parameters (`values`): building one takes longer than
running it.
"""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from lms.learning.models import Cohort, CohortModule, Module, Revision
from lms.supervision.engine import groups, modules, people, reminders, reports, rollups, units
from lms.supervision.standing import Status, help_days, needs_help, status_case

HELP = "help"  # the filter that is no status of its own
OUTSIDE = 0  # stands for "in none of our units" and "in no group"

NOBODY = uuid.UUID(int=0)

Condition = sa.ColumnElement[bool]
Kind = Literal["reports", "unit", "cohort"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose progress a supervisor sees: their own reports, a cohort that was given to them, or the figures of a unit with all below it."""

    kind: Kind
    number: int = 0
    path: str = ""
    supervisor_id: uuid.UUID | None = None
    # For whoever stands in for a supervisor: who they are, by which delegation, for whom.
    delegate_id: uuid.UUID = NOBODY
    delegation: int = 0
    owner: str = ""

    @property
    def key(self) -> str:
        """Return the name in addresses: `reports`, `unit-4`, `cohort-2`; `for-7` of a delegation."""
        if self.delegation:
            return f"for-{self.delegation}"
        return f"{self.kind}-{self.number}" if self.number else self.kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty is everything. `cohort` is a number, `all`, or empty for cohorts that have not ended."""

    q: str = ""
    cohort: str = ""
    group: str = ""
    unit: str = ""
    status: str = ""
    sort: str = ""

    @property
    def shape(self) -> Shape:
        """Return which filters are set, whatever their values."""
        place = {"": "", str(OUTSIDE): "none"}
        status = self.status if self.status in {"", HELP} else "one"
        return Shape(bool(self.q), place.get(self.group, "one"), place.get(self.unit, "one"), status, self.sort)


@dataclass(frozen=True, slots=True)
class Shape:
    """Which filters of a list are set: `group` and `unit` are empty, `one` or `none`; `status` is empty, `one` or `help`."""

    q: bool
    group: str
    unit: str
    status: str
    sort: str


def values(scope: Scope, today: dt.date, wanted: Wanted | None = None, place: str = "") -> dict[str, Any]:
    """Return the parameters of a question about a scope on a day; place tells several scopes of one statement apart."""
    wanted = wanted or Wanted()
    escaped = wanted.q.lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
    return {
        "today": today,
        **help_days(today),
        f"number{place}": scope.number,
        f"delegate{place}": scope.delegate_id,
        f"owner{place}": scope.supervisor_id if scope.delegation else NOBODY,
        f"supervisor{place}": scope.supervisor_id,
        "pattern": f"%{escaped}%",
        "group_id": int(wanted.group or OUTSIDE),
        "unit_id": int(wanted.unit or OUTSIDE),
        "status": wanted.status,
    }


# -- through the sealed connection -----------------------------------------------------------------------------------------------------

_TODAY = sa.bindparam("today", type_=sa.Date)


def within(kind: Kind, place: str = "") -> Condition:
    """Return the condition on people that keeps to a scope: no other row leaves the database.

    Who stands in for a supervisor sees neither themselves, nor the one they stand in for, nor a superior of their own. Units have no lists.
    """
    if kind == "unit":
        raise ValueError("of a unit there are figures, and no list of people")
    if kind == "cohort":
        chosen: Condition = people.c.cohort_id == sa.bindparam(f"number{place}", type_=sa.Integer)
    else:
        chosen = people.c.user_id.in_(_reports(place))
    delegate = sa.bindparam(f"delegate{place}", type_=sa.Uuid)
    above = sa.select(reports.c.supervisor_id).where(reports.c.user_id == delegate, *_valid())
    return sa.and_(
        chosen,
        people.c.user_id != delegate,
        people.c.user_id != sa.bindparam(f"owner{place}", type_=sa.Uuid),
        people.c.user_id.not_in(above),
    )


def _valid() -> tuple[Condition, Condition]:
    return reports.c.valid_from <= _TODAY, sa.or_(reports.c.valid_to.is_(None), reports.c.valid_to >= _TODAY)


def _reports(place: str) -> sa.Select[uuid.UUID]:
    """Return who reports to the supervisor today."""
    return sa.select(reports.c.user_id).where(reports.c.supervisor_id == sa.bindparam(f"supervisor{place}", type_=sa.Uuid), *_valid())


@functools.lru_cache(maxsize=64)
def standing(kind: Kind, place: str = "") -> sa.Subquery:
    """Return the people of a scope, once for each cohort, with `status` and `help` (`lms.supervision.standing` has both rules)."""
    status = status_case(people.c, people.c.finished, _TODAY)
    known = sa.select(people, status.label("status")).where(within(kind, place)).subquery("known")
    return sa.select(known, sa.case((needs_help(known.c), 1), else_=0).label("help")).subquery("standing")


@functools.lru_cache(maxsize=8)
def among(kind: Kind) -> sa.Select[Any]:
    """Return which of some enrolments (parameter `enrolment_ids`) are in a scope."""
    return sa.select(people.c.enrolment_id).where(within(kind), people.c.enrolment_id.in_(sa.bindparam("enrolment_ids", expanding=True)))


@functools.lru_cache(maxsize=8)
def figures(kind: Kind, *, q: bool) -> sa.Select[Any]:
    """Return how many people stand where: a row for each cohort, group, unit and status that occurs; `found` counts those that fit `q`.

    One read gives the choices of every filter, the figures, and the length of the list.
    """
    row = standing(kind).c
    keys = (row.cohort_id, row.group_id, row.unit_id, row.status, row.help)
    found = sa.func.sum(sa.case((_fits(row), 1), else_=0)) if q else sa.func.count()
    return sa.select(*keys, found.label("found")).group_by(*keys)


@functools.lru_cache(maxsize=32)
def overview(kinds: tuple[Kind, ...]) -> sa.CompoundSelect[Any]:
    """Return a line of figures for each scope, in one read: `place` is its index. Cohorts that have ended count only in their own scope."""
    return sa.union_all(*[_line(kind, place) for place, kind in enumerate(kinds)])


def _line(kind: Kind, place: int) -> sa.Select[Any]:
    row = standing(kind, str(place)).c
    lines = sa.select(sa.func.count()).select_from(_reports(str(place)).subquery()).scalar_subquery()
    line = sa.select(
        sa.literal(place).label("place"),
        (lines if kind == "reports" else sa.literal(1)).label("lines"),
        sa.func.count(row.enrolment_id).label("people"),
        sa.func.coalesce(sa.func.sum(row.help), 0).label("help"),
        sa.func.coalesce(sa.func.sum(sa.case((row.status == Status.COMPLETE.value, 1), else_=0)), 0).label("complete"),
    )
    return line if kind == "cohort" else line.where(row.cohort_ends_on >= _TODAY)


@functools.lru_cache(maxsize=256)
def listed(kind: Kind, shape: Shape, *, paged: bool) -> sa.Select[Any]:
    """Return the people of a list in order. Parameters beside `values`: cohort_ids, and limit and offset of a page."""
    found = standing(kind)
    row = found.c
    conditions: list[Condition] = [row.cohort_id.in_(sa.bindparam("cohort_ids", expanding=True))]
    if shape.q:
        conditions.append(_fits(row))
    for column, name, choice in ((row.group_id, "group_id", shape.group), (row.unit_id, "unit_id", shape.unit)):
        if choice:
            conditions.append(column == sa.bindparam(name, type_=sa.Integer) if choice == "one" else column.is_(None))
    if shape.status:
        conditions.append(row.help == 1 if shape.status == HELP else row.status == sa.bindparam("status", type_=sa.String))
    chosen = sa.select(row.enrolment_id, row.status, row.help).where(*conditions)
    if paged:
        page = (sa.bindparam("limit", type_=sa.Integer), sa.bindparam("offset", type_=sa.Integer))
        chosen = chosen.order_by(*_order(row, shape.sort)).limit(page[0]).offset(page[1])
    few = chosen.subquery("chosen")
    together = sa.select(people, few.c.status, few.c.help).join(few, few.c.enrolment_id == people.c.enrolment_id).subquery("together")
    return sa.select(together).order_by(*_order(together.c, shape.sort))


def _fits(row: Any) -> Condition:
    pattern = sa.bindparam("pattern", type_=sa.String)
    return sa.or_(*[sa.func.lower(column).like(pattern, escape="/") for column in (row.name, row.unit_name, row.institution)])


def _order(row: Any, sort: str) -> list[Any]:
    """Return what a list is sorted by. The usual order asks for no names: it is that of thousands, of whom fifty are shown."""
    name = [sa.func.lower(row.name), row.enrolment_id]
    if sort == "name":
        return name
    if sort == "group":
        return [row.cohort_id, row.group_id.nulls_last(), *name]
    if sort == "quiet":
        return [row.active_on.nulls_first(), *name]
    rank = sa.case({status.value: place for place, status in enumerate(Status)}, value=row.status)
    return [row.help.desc(), rank, row.next_due_on.nulls_last(), row.enrolment_id]


# -- units: figures only ---------------------------------------------------------------------------------------------------------------

_BELOW = units.c.path.like(sa.bindparam("path", type_=sa.String))
_HERE = sa.bindparam("unit_id", type_=sa.Integer)

# A unit of a scope with the units right below it, each with its figures over all cohorts that have not ended: what a page of a unit shows.
# Parameters: path (of the scope, as a pattern), unit_id.
UNIT = (
    sa.select(units.c.id, units.c.parent_id, units.c.name, units.c.path, rollups)
    .outerjoin(rollups, sa.and_(rollups.c.unit_id == units.c.id, rollups.c.cohort_id == 0))
    .where(_BELOW, sa.or_(units.c.id == _HERE, units.c.parent_id == _HERE))
    .order_by(units.c.id != _HERE, sa.func.lower(units.c.name), units.c.id, rollups.c.own)
)

# The names of the units above one, from the top of the scope. Parameters: path, ids.
ABOVE = (
    sa.select(units.c.id, units.c.name)
    .where(_BELOW, units.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(sa.func.length(units.c.path))
)

# The latest cohorts of a unit, and how far each of these has come in each of some units. Parameters: unit_id and limit; unit_ids, cohort_ids.
UNIT_COHORTS = (
    sa.select(rollups.c.cohort_id)
    .where(rollups.c.unit_id == _HERE, rollups.c.cohort_id != 0)
    .order_by(rollups.c.cohort_id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
UNIT_SHARES = sa.select(rollups.c.unit_id, rollups.c.cohort_id, rollups.c.share).where(
    rollups.c.unit_id.in_(sa.bindparam("unit_ids", expanding=True)), rollups.c.cohort_id.in_(sa.bindparam("cohort_ids", expanding=True))
)

# The figures of some units as a whole. Parameter: ids.
UNIT_LINES = (
    sa.select(units.c.id, units.c.name, rollups.c.people, rollups.c.complete)
    .outerjoin(rollups, sa.and_(rollups.c.unit_id == units.c.id, rollups.c.cohort_id == 0, sa.not_(rollups.c.own)))
    .where(units.c.id.in_(sa.bindparam("ids", expanding=True)))
)


# The roll-up of each module of some enrolments. Parameter: enrolment_ids.
MODULES = sa.select(modules).where(modules.c.enrolment_id.in_(sa.bindparam("enrolment_ids", expanding=True)))

# Names of units and of groups, as (kind, id, name). Parameters: units, groups.
NAMES = sa.union_all(
    sa.select(sa.literal("unit").label("kind"), units.c.id, units.c.name).where(units.c.id.in_(sa.bindparam("units", expanding=True))),
    sa.select(sa.literal("group"), groups.c.id, groups.c.name).where(groups.c.id.in_(sa.bindparam("groups", expanding=True))),
)


# -- through the main connection: nothing about people ---------------------------------------------------------------------------------

# Cohorts, latest first, each as often as it has modules, with the title of each module as its learners have it. Parameter: ids.
COHORTS = (
    sa.select(
        Cohort.id,
        Cohort.title,
        Cohort.number,
        Cohort.year,
        Cohort.ends_on,
        CohortModule.module_id,
        CohortModule.required,
        CohortModule.due_on,
        Module.code,
        Revision.about["title"].label("module_title"),
    )
    .outerjoin(CohortModule, CohortModule.cohort_id == Cohort.id)
    .outerjoin(Module, Module.id == CohortModule.module_id)
    .outerjoin(Revision, Revision.id == CohortModule.revision_id)
    .where(Cohort.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(Cohort.starts_on.desc(), Cohort.id.desc(), CohortModule.position)
)

# Reminders of some people since a day, the latest first; by whom is not said. Parameters: enrolment_ids, since.
REMINDERS = (
    sa.select(reminders.c.enrolment_id, reminders.c.day, sa.literal("").label("by_name"))
    .where(reminders.c.enrolment_id.in_(sa.bindparam("enrolment_ids", expanding=True)), reminders.c.day >= sa.bindparam("since"))
    .order_by(reminders.c.day.desc())
)
