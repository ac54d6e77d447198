"""What a report is: a question, the filters it knows, columns with stable names, one Select, a picture, a sentence that sums up.

A report reads projections of cohorts that the person may see; the condition stands in its SQL (`Asked.cohorts`), so that a page, a picture
and an export can never show more. Reports that name people are for those who hold `lms:report:name` there; others get figures about groups,
and no row about fewer than five (`small.py`).
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.learning.models import Cohort, Enrolment, EnrolmentState
from lms.people.access import Actor, cohorts_for
from lms.people.models import Unit
from lms.people.permissions import NAME_IN_REPORTS, PERMISSIONS, VIEW_REPORTS
from lms.reports.plot import Plot
from lms.reports.small import LEAST

Cell = str | int | float | None
Select = sa.Select[*tuple[Any, ...]]
Totals = Mapping[str, Any]

RUNNING, ALL = "", "all"  # what `when` says besides a year


class Kind(enum.StrEnum):
    """How the cells of a column are written."""

    TEXT = "text"
    NUMBER = "number"
    HOURS = "hours"  # JP, kept in hundredths
    PERCENT = "percent"
    DATE = "date"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Its name never changes: it heads the column in files, and addresses sort by it.

    value makes the cell from the row (default: what the Select calls `name`); sort is what the Select orders by (default: `name`), None
    where the order would say nothing. falls: the cells fall while that rises. link leads from the cell to a page. total: its sum over all rows
    is asked for.
    """

    name: str
    title: Any
    kind: Kind = Kind.TEXT
    value: Callable[[Any], Any] | None = None
    sort: str | None = ""
    falls: bool = False
    link: Callable[[Any], str] | None = None
    total: bool = False

    def of(self, row: Any) -> Any:
        """Return the cell of a row."""
        return self.value(row) if self.value else getattr(row, self.name)

    @property
    def order(self) -> str | None:
        """Return the name of the Select's column to order by, None when there is none."""
        return self.name if self.sort == "" else self.sort


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is narrowed to; empty is no limit. `when` is empty for cohorts that have not ended, `all`, or a year."""

    when: str = ""
    course: int = 0
    cohort: int = 0
    group: int | None = None  # 0: those in none
    unit: int = 0
    status: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what on which day; reports build their Selects from it."""

    actor: Actor
    today: dt.date
    wanted: Wanted
    names: bool = False  # the report names people

    @property
    def may_name(self) -> bool:
        """Tell whether every role that opens reports to this person also lets them see names there."""
        roles = PERMISSIONS[NAME_IN_REPORTS.name].roles
        return all(grant.role in roles for grant in self.actor.grants_of(VIEW_REPORTS))

    @property
    def scope(self) -> sa.ColumnElement[bool]:
        """Return the condition on cohorts that keeps to what the person may see in this report."""
        return cohorts_for(self.actor, NAME_IN_REPORTS if self.names else VIEW_REPORTS)

    @property
    def cohorts(self) -> sa.ColumnElement[bool]:
        """Return the condition on cohorts: the person's scope, narrowed to what is wanted."""
        wanted, conditions = self.wanted, [self.scope]
        if wanted.cohort:
            return sa.and_(*conditions, Cohort.id == wanted.cohort)
        if wanted.course:
            conditions.append(Cohort.course_id == wanted.course)
        if wanted.when == RUNNING:
            conditions.append(Cohort.ends_on >= self.today)
        elif wanted.when != ALL:
            conditions.append(Cohort.year == int(wanted.when))
        return sa.and_(*conditions)

    @property
    def learners(self) -> sa.ColumnElement[bool]:
        """Return the condition on enrolments: active, in the wanted cohorts, group and unit with everything below it.

        For those who may not see names, small cohorts are in no sum: the sums of two reports would tell of their people.
        """
        cohorts = sa.select(Cohort.id).where(self.cohorts)
        if not (self.may_name or self.names):
            other = aliased(Enrolment)
            here = sa.select(sa.func.count()).where(other.cohort_id == Cohort.id, other.state == EnrolmentState.ACTIVE)
            cohorts = cohorts.where(here.correlate(Cohort).scalar_subquery() >= LEAST)
        conditions = [Enrolment.state == EnrolmentState.ACTIVE, Enrolment.cohort_id.in_(cohorts)]
        if self.wanted.group is not None:
            conditions.append(Enrolment.group_id == self.wanted.group if self.wanted.group else Enrolment.group_id.is_(None))
        if self.wanted.unit:
            conditions.append(Enrolment.unit_id.in_(subtree(self.wanted.unit)))
        return sa.and_(*conditions)


def subtree(unit_id: int) -> sa.Select[int]:
    """Return the ids of a unit and of everything below it."""
    above = sa.select(Unit.path).where(Unit.id == unit_id).scalar_subquery()
    return sa.select(Unit.id).where(Unit.path.like(above.concat("%")), Unit.path != "")


@dataclass(frozen=True, slots=True)
class Report:
    """A report. key is its address, question what it answers; order is the column it is sorted by, with `-` before it the other way round."""

    key: str
    title: Any
    question: Any
    icon: str
    columns: Callable[[Asked], Sequence[Column]]
    select: Callable[[Asked], Select]
    order: str
    summary: Callable[[Totals], str]
    filters: frozenset[str] = frozenset({"when", "course", "cohort", "group", "unit"})
    # From the rows of a page (a subquery) to a Select of what is looked up for these alone: names.
    detail: Callable[[sa.Subquery], Select] | None = None
    plot: Callable[[Sequence[Any], Totals], Plot | None] = field(default=lambda rows, totals: None)
    # The Select's columns, besides those with `total`, whose sums the sentence and the picture need.
    sums: tuple[str, ...] = ()
    names: bool = False
    # Each row is of one cohort: choosing cohorts takes rows away and changes none.
    by_cohort: bool = False
    # The report is about one cohort: the latest when none is chosen.
    one_cohort: bool = False
    # (column that counts people, column within which hidden groups could be worked out) for the small-group rule.
    groups: tuple[str, str] | None = None
    statuses: tuple[tuple[str, Any], ...] = ()
    note: Any = ""
    hint: Any = ""  # what can be chosen, for those who may choose
    # What the figures are about besides what was chosen.
    about: Callable[[Asked], str] = field(default=lambda asked: "")


def fixed(*columns: Column) -> Callable[[Asked], Sequence[Column]]:
    """Return columns that are the same whoever asks."""
    return lambda asked: columns
