"""Reports as pages and files show them: one Select for the rows, one for the totals, whatever the number of learners."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from lms import replica
from lms.db import Page, db
from lms.errors import NotFound
from lms.i18n import choose, format_date, format_number
from lms.i18n import gettext as _
from lms.jobs.batches import begin_batch
from lms.jobs.models import Batch
from lms.learning.words import title_of
from lms.people.access import Actor, demand
from lms.people.permissions import NAME_IN_REPORTS, VIEW_REPORTS
from lms.privacy.services import audit
from lms.reports import queries
from lms.reports.catalogue import BY_KEY, REPORTS
from lms.reports.contract import ALL, RUNNING, Asked, Cell, Column, Kind, Report, Select, Wanted
from lms.reports.small import LEAST, without_small

PER_PAGE = 50
WHOLE_COHORTS = frozenset({"when", "course", "cohort"})


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: (value, name)."""

    years: list[int]
    courses: list[tuple[str, str]]
    cohorts: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    units: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A report as its page shows it. `narrowed` says in words what the figures are about."""

    report: Report
    asked: Asked
    columns: Sequence[Column]
    page: Page
    sentence: str
    picture: Markup | None
    choices: Choices
    narrowed: str
    hides_small: bool


def reports_for(actor: Actor) -> list[Report]:
    """Return the reports that a person may open, the most useful first."""
    return [report for report in REPORTS if actor.may(NAME_IN_REPORTS if report.names else VIEW_REPORTS)]


def find_report(actor: Actor, key: str) -> Report:
    """Return a report by its key. Raises NotFound when there is none, or it names people and the person may not see names anywhere."""
    report = BY_KEY.get(key)
    if report is None or report not in reports_for(actor):
        raise NotFound("no such report for this person")
    return report


def ask(actor: Actor, report: Report, today: dt.date, wanted: Wanted) -> Asked:
    """Return the question as it may be put.

    A cohort that is not the person's raises NotFound; a report about one cohort takes the latest when none is chosen.
    """
    asked = Asked(actor, today, wanted, report.names)
    if wanted.cohort and db.session.scalar(queries.cohort(asked)) is None:
        raise NotFound("no such cohort for this person")
    used = {name: getattr(wanted, name) for name in filters_of(asked, report)}
    asked = replace(asked, wanted=Wanted(sort=wanted.sort, **used))
    if report.one_cohort and not wanted.cohort:
        latest = db.session.scalar(queries.latest_cohort(asked))
        asked = replace(asked, wanted=replace(asked.wanted, cohort=latest or -1))
    return asked


def statement(asked: Asked, report: Report) -> Select:
    """Return the rows that the person may see."""
    rows = report.select(asked)
    return without_small(rows, *report.groups) if report.groups and not asked.may_name else rows


def sort_of(asked: Asked, report: Report, columns: Sequence[Column]) -> str:
    """Return what to sort by: what is wanted if the report has such a column, else its own order."""
    wanted = asked.wanted.sort
    return wanted if wanted.removeprefix("-") in {column.name for column in columns if column.order is not None} else report.order


def order_of(rows: sa.FromClause, columns: Sequence[Column], sort: str) -> list[Any]:
    """Return what to order rows by: a column, `-` before its name the other way round; then ids, which make the order complete."""
    column = next((column for column in columns if column.name == sort.removeprefix("-")), None)
    first = []
    if column is not None and column.order is not None and column.order in rows.c:
        value = rows.c[column.order]
        first = [(value.desc() if sort.startswith("-") != column.falls else value.asc()).nulls_last()]
    return [*first, *(column for column in rows.c if column.name.endswith("_id"))]


def some(asked: Asked, report: Report, columns: Sequence[Column], place: int, number: int) -> Select:
    """Return some rows in order from a place on; on each the number of all rows and the sums that the report asks for, as `total_…`.

    One statement, which makes the rows once; what only the shown rows need (names) is looked up for these alone.
    """
    rows = statement(asked, report).cte("report")
    names = dict.fromkeys([*(column.name for column in columns if column.total), *report.sums])
    sums = [sa.func.coalesce(sa.func.sum(rows.c[name]), 0).label(f"total_{name}") for name in names]
    totals = sa.select(sa.func.count().label("total_rows"), *sums).select_from(rows).subquery("totals")
    sort = sort_of(asked, report, columns)
    chosen = sa.select(rows, *totals.c).select_from(rows.join(totals, sa.true()))
    chosen = chosen.order_by(*order_of(rows, columns, sort)).limit(number).offset(place)
    if report.detail is None:
        return chosen
    page = chosen.subquery("page")
    return report.detail(page).add_columns(*page.c).order_by(*order_of(page, columns, sort))


def totals_of(found: Sequence[Any], report: Report, columns: Sequence[Column]) -> dict[str, Any]:
    """Return the sums that came along with the rows, zeros when there are none."""
    names = ["rows", *(column.name for column in columns if column.total), *report.sums]
    return {name: _whole(getattr(found[0], f"total_{name}")) if found else 0 for name in names}


def _whole(total: Any) -> Any:
    """Return a sum of counts as a whole number: PostgreSQL adds them up as decimals."""
    return int(total) if isinstance(total, Decimal) and total == total.to_integral_value() else total


def show(*, actor: Actor, report: Report, today: dt.date, wanted: Wanted, number: int = 1) -> Shown:
    """Return one page of a report. Raises NotFound for a cohort that the person may not see."""
    asked = ask(actor, report, today, wanted)
    choices = choices_of(asked, report)
    columns = report.columns(asked)
    found, number = _page(asked, report, columns, number)
    totals = totals_of(found, report, columns)
    plot = report.plot(found, totals)
    hides_small = bool(report.groups) and not asked.may_name
    nothing = _("Only groups of fewer than %(least)s people, which are not shown, or none at all.", least=LEAST)
    return Shown(
        report=report,
        asked=asked,
        columns=columns,
        page=Page(found, number, max(1, -(-totals["rows"] // PER_PAGE)), totals["rows"]),
        sentence=nothing if hides_small and not found else report.summary(totals),
        picture=plot.draw() if plot else None,
        choices=choices,
        narrowed=in_words(asked, report, choices),
        hides_small=hides_small,
    )


def _page(asked: Asked, report: Report, columns: Sequence[Column], number: int) -> tuple[Sequence[Any], int]:
    """Return the rows of a page and its number; the first page when there is none of that number."""
    found = replica.rows(some(asked, report, columns, (number - 1) * PER_PAGE, PER_PAGE))
    if found or number == 1:
        return found, max(1, number)
    return replica.rows(some(asked, report, columns, 0, PER_PAGE)), 1


def filters_of(asked: Asked, report: Report) -> frozenset[str]:
    """Return the filters that the person may use here.

    Who may not see names chooses whole cohorts only, and only where each row is of one: the figures of two choices that differ by a few
    people, or by a day, would say something about these.
    """
    if asked.may_name or report.names:
        return report.filters
    return report.filters & WHOLE_COHORTS if report.by_cohort else frozenset()


def choices_of(asked: Asked, report: Report) -> Choices:
    """Return what the filters offer: at most four statements."""
    known = filters_of(asked, report)
    pairs = db.session.execute(queries.years(asked)).all() if known & {"when", "course"} else []
    cohorts = db.session.execute(queries.cohorts(asked)).all() if "cohort" in known else []
    groups = db.session.execute(queries.groups(asked)).all() if "group" in known and asked.wanted.cohort else []
    units = db.session.execute(queries.units(asked.wanted.unit)).all() if "unit" in known else []
    return Choices(
        years=list(dict.fromkeys(row.year for row in pairs)),
        courses=[(str(number), choose(title)) for number, title in {row.id: row.title for row in pairs}.items()],
        cohorts=[(str(row.id), title_of(row.title, row.number, row.year)) for row in cohorts],
        groups=[(str(row.id), row.name) for row in groups],
        units=[(str(row.id), f"{'– ' * (row.path.count('/') - 2)}{row.name}") for row in units],
    )


def in_words(asked: Asked, report: Report, choices: Choices) -> str:
    """Return what the figures are about, with all that was chosen."""
    wanted, parts = asked.wanted, []
    if wanted.cohort:
        parts.append(dict(choices.cohorts).get(str(wanted.cohort), _("no cohort")))
    else:
        when = {RUNNING: _("cohorts that have not ended"), ALL: _("all cohorts")}
        parts.append(when.get(wanted.when) or _("cohorts of %(year)s", year=wanted.when))
        if wanted.course:
            parts.append(dict(choices.courses).get(str(wanted.course), ""))
    if wanted.group is not None:
        parts.append(dict(choices.groups).get(str(wanted.group), _("without a group")))
    if wanted.unit:
        parts.append(dict(choices.units).get(str(wanted.unit), "").lstrip("– "))
    if wanted.status:
        parts.append(str(dict(report.statuses)[wanted.status]))
    if wanted.since:
        parts.append(_("from %(date)s", date=format_date(wanted.since)))
    if wanted.until:
        parts.append(_("until %(date)s", date=format_date(wanted.until)))
    return ", ".join(part for part in [*parts, report.about(asked)] if part)


# -- cells -----------------------------------------------------------------------------------------------------------------------------


def on_page(column: Column, row: Any) -> str:
    """Return a cell as people read it."""
    value = column.of(row)
    if value is None or value == "":
        return "–"
    if column.kind is Kind.DATE:
        return format_date(value)
    if column.kind is Kind.HOURS:
        return format_number(Decimal(str(value)) / 100, 1)
    if column.kind is Kind.PERCENT:
        return f"{format_number(value, 0)} %"
    return format_number(value) if column.kind is Kind.NUMBER else str(value)


def in_file(column: Column, row: Any) -> Cell:
    """Return a cell as programs read it: numbers as numbers, days as `2026-11-22`."""
    value = column.of(row)
    if value is None:
        return None
    if column.kind is Kind.DATE:
        return str(value.isoformat())
    if column.kind is Kind.HOURS:
        return round(float(value) / 100, 2)
    if column.kind is Kind.PERCENT:
        return round(float(value), 1)
    if column.kind is Kind.NUMBER:
        return float(value) if isinstance(value, Decimal | float) else int(value)
    return str(value)


# -- files ------------------------------------------------------------------------------------------------------------------------------


def begin_export(*, actor: Actor, shown: Asked, report: Report, kind: str, origin: str, language: str) -> Batch:
    """Put the making of a file in: `csv` or `xlsx` of every row. Written down in the trail. Raises NotAllowed without the right."""
    demand(actor, NAME_IN_REPORTS if report.names else VIEW_REPORTS)
    rows = statement(shown, report).subquery("report")
    [(number,)] = replica.rows(sa.select(sa.func.count()).select_from(rows))
    wanted = {name: getattr(shown.wanted, name) for name in Wanted.__slots__}
    plain = {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in wanted.items()}
    audit(actor.id, "report:export", "report", report.key, kind=kind, rows=number, cohort=shown.wanted.cohort)
    return begin_batch(
        actor=actor,
        task="lms:export_report",
        title=str(report.title),
        total=number,
        origin=origin,
        report=report.key,
        kind=kind,
        wanted=plain,
        language=language,
        today=shown.today.isoformat(),
    )
