"""From rows of the sealed connection to what supervisors' pages show."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from lms.db import Page, db, read
from lms.errors import LmsError, NotFound
from lms.i18n import format_date, ngettext
from lms.i18n import gettext as _
from lms.learning.words import title_of
from lms.people.access import Actor
from lms.people.models import full_name
from lms.people.permissions import SUPERVISE
from lms.people.roles import Role, ScopeKind
from lms.supervision import queries
from lms.supervision.queries import HELP, OUTSIDE, Scope, Status, Wanted

log = logging.getLogger(__name__)

PER_PAGE = 50
PICTURE_ROWS = 60
EVERYTHING = "all"


class SupervisionClosed(LmsError):  # noqa: N818 - what the reader is told
    """The sealed connection cannot be used; supervisors' pages stay closed rather than read through another one (HTTP 503)."""


@dataclass(frozen=True, slots=True)
class ModuleTitle:
    """A module of a cohort as a column of the picture."""

    id: int
    code: str
    title: Mapping[str, str]
    required: bool
    due_on: dt.date | None


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A cohort: its name, when it ends, and its modules in order."""

    id: int
    title: str
    ends_on: dt.date
    modules: list[ModuleTitle]


@dataclass(frozen=True, slots=True)
class Cell:
    """How far a person is with one module: `complete`, `waiting`, `in_progress` or `not_started`, and parts done of all."""

    state: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the list: how far somebody is in one cohort. No score, no text, no time of day."""

    row: Any
    cohort: CohortLine
    cells: dict[int, Cell]
    today: dt.date

    @property
    def name(self) -> str:
        """Return the name with its titles."""
        return full_name(self.row.title_before, self.row.name, self.row.title_after)

    @property
    def unit(self) -> str:
        """Return where the person works."""
        return str(self.row.unit_name or self.row.institution or "")

    @property
    def days_behind(self) -> int:
        """Return how many days ago something was due from the person that is not done, 0 when nothing was."""
        due = self.row.next_due_on
        return max(0, (self.today - due).days) if due and self.row.status in {Status.BEHIND, Status.NOT_BEGUN} else 0

    @property
    def next_due_on(self) -> dt.date | None:
        """Return the next day on which something is due from the person, also when it is over; None when nothing is."""
        return None if self.row.status in {Status.COMPLETE, Status.WAITING} else self.row.next_due_on

    @property
    def status(self) -> str:
        """Say in words how far the person is."""
        if self.row.status == Status.BEHIND:
            return ngettext("%(num)s day behind", "%(num)s days behind", self.days_behind)
        return status_words()[self.row.status]

    @property
    def segments(self) -> list[str]:
        """Return a state for each required module, in order."""
        return [self.cells[module.id].state for module in self.cohort.modules if module.required]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer in a scope: (value, name), and how many people each status has in what is chosen."""

    cohorts: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    units: list[tuple[str, str]]
    counts: dict[str, int]
    shown: list[CohortLine]
    ended: int


@dataclass(frozen=True, slots=True)
class Team:
    """What a list shows: where, which choices there are, and one page of people."""

    scope: Scope
    title: str
    today: dt.date
    choices: Choices
    page: Page


@dataclass(frozen=True, slots=True)
class Line:
    """A scope in the list of scopes, with its figures."""

    scope: Scope
    title: str
    people: int
    help: int
    complete: int


def status_words() -> dict[str, str]:
    """Return the name of each status."""
    return {
        Status.BEHIND: _("behind"),
        Status.NOT_BEGUN: _("not begun"),
        Status.ON_SCHEDULE: _("on schedule"),
        Status.WAITING: _("waits for an instructor"),
        Status.COMPLETE: _("complete"),
    }


@contextlib.contextmanager
def _sealed() -> Iterator[sa.Connection]:
    """Give the sealed connection, for its own reads only. Raises SupervisionClosed when it cannot be used; the log says why, without data."""
    try:
        with db.engines["supervision"].connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        reason = type(error.orig).__name__
        log.error("the sealed connection cannot be used (%s); `lms db upgrade` makes its views and role", reason)  # noqa: TRY400 - no trace
        raise SupervisionClosed("the sealed connection cannot be used") from None


def _sealed_rows(statement: sa.Select[Any] | sa.CompoundSelect[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
    """Return the rows of one read through the sealed connection."""
    with _sealed() as connection:
        return connection.execute(statement, parameters).all()


# -- scopes ----------------------------------------------------------------------------------------------------------------------------


def scopes_of(actor: Actor) -> list[Scope]:
    """Return what the actor may supervise today: their own reports (there may be none), then units and cohorts given to them."""
    grants = [grant for grant in actor.grants_of(SUPERVISE) if grant.role is Role.SUPERVISOR]
    # A grant on a unit that is gone has no path, and an empty path would be the root of everything.
    units = {grant.scope_id: grant.path for grant in grants if grant.kind is ScopeKind.UNIT and grant.path}
    cohorts = {grant.scope_id for grant in grants if grant.kind is ScopeKind.COHORT}
    return [
        Scope("reports", supervisor_id=actor.id),
        *[Scope("unit", number, path=units[number]) for number in sorted(units)],
        *[Scope("cohort", number) for number in sorted(cohorts, reverse=True)],
    ]


def find_scope(actor: Actor, key: str) -> Scope:
    """Return one of the actor's scopes by its key. Raises NotFound for any other: whether it exists is not said."""
    for scope in scopes_of(actor):
        if scope.key == key:
            return scope
    raise NotFound("no such scope of this person")


def overview(*, actor: Actor, today: dt.date) -> list[Line]:
    """Return the actor's scopes with their figures, one read of the sealed connection for all; own reports only when there are any."""
    scopes = scopes_of(actor)
    parameters: dict[str, Any] = {}
    for place, scope in enumerate(scopes):
        parameters |= queries.values(scope, today, place=str(place))
    rows = {row.place: row for row in _sealed_rows(queries.overview(tuple(scope.kind for scope in scopes)), parameters)}
    titles = _titles(scopes)
    return [
        Line(scope, titles[scope.key], rows[place].people, rows[place].help, rows[place].complete)
        for place, scope in enumerate(scopes)
        if rows[place].lines and scope.key in titles
    ]


def _titles(scopes: Sequence[Scope]) -> dict[str, str]:
    """Return the names of scopes by key: at most one read for units and one for cohorts."""
    found = {"reports": _("People who report to me")}
    units = [scope.number for scope in scopes if scope.kind == "unit"]
    if units:
        found |= {f"unit-{number}": name for (_kind, number), name in _names(units=units).items()}
    numbers = [scope.number for scope in scopes if scope.kind == "cohort"]
    if numbers:
        found |= {f"cohort-{line.id}": line.title for line in _cohorts(numbers).values()}
    return found


def _names(units: Collection[int] = (), groups: Collection[int] = ()) -> dict[tuple[str, int], str]:
    """Return the names of units and groups by ("unit" or "group", id): one read."""
    found = _sealed_rows(queries.NAMES, {"units": list(units), "groups": list(groups)})
    return {(row.kind, row.id): row.name for row in found}


def _cohorts(ids: Collection[int]) -> dict[int, CohortLine]:
    """Return cohorts with their modules, latest first: one read."""
    found: dict[int, CohortLine] = {}
    for row in read(queries.COHORTS, {"ids": list(ids)}) if ids else ():
        line = found.setdefault(row.id, CohortLine(row.id, title_of(row.title, row.number, row.year), row.ends_on, []))
        if row.module_id is not None:
            line.modules.append(ModuleTitle(row.module_id, row.code, row.module_title, row.required, row.due_on))
    return found


# -- the list and the picture ----------------------------------------------------------------------------------------------------------


def people(*, scope: Scope, today: dt.date, wanted: Wanted, number: int = 1) -> Team:
    """Return one page of the people of a scope: three reads of the sealed connection, at most two of the main one."""
    return _team(scope, today, wanted, number, PER_PAGE)


def picture(*, scope: Scope, today: dt.date, wanted: Wanted, number: int = 1) -> Team:
    """Return the people of one cohort of a scope, group by group: the chosen one, or the latest that has not ended."""
    return _team(scope, today, replace(wanted, q="", status="", sort="group"), number, PICTURE_ROWS, one_cohort=True)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many people of a scope stand where (rows of `queries.figures`), its cohorts, and the names of units and groups in it."""

    rows: Sequence[Any]
    cohorts: dict[int, CohortLine]
    names: dict[tuple[str, int], str]


def _team(scope: Scope, today: dt.date, wanted: Wanted, number: int, per_page: int, *, one_cohort: bool = False) -> Team:
    figures = _figures(scope, today, wanted)
    choices = _choices(scope, today, wanted, figures)
    if one_cohort:
        first = next(iter([*choices.shown, *figures.cohorts.values()]), None)
        wanted = replace(wanted, cohort=str(first.id) if first else "")
        choices = _choices(scope, today, wanted, figures)
    return Team(scope, _title(scope, figures), today, choices, _page(scope, today, wanted, choices, number, per_page))


def export(*, scope: Scope, today: dt.date, wanted: Wanted) -> list[list[str | int | None]]:
    """Return the whole filtered list as a table: a header, a line each, and a last line with date and source."""
    figures = _figures(scope, today, wanted)
    choices = _choices(scope, today, wanted, figures)
    parameters = {**queries.values(scope, today, wanted), "cohort_ids": [line.id for line in choices.shown]}
    found = _sealed_rows(queries.listed(scope.kind, wanted.shape, paged=False), parameters)
    header = (
        _("Name"),
        _("Unit"),
        _("Group"),
        _("Cohort"),
        _("Status"),
        _("Days behind"),
        _("Parts complete"),
        _("Parts required"),
        _("Next due"),
        _("Last active"),
    )
    source = f"{_('As of %(date)s', date=format_date(today))}. {_('Source: Peduli. Parts complete only; no scores and no texts.')}"
    return [[*header], *[_cells(Person(row, figures.cohorts[row.cohort_id], {}, today)) for row in found], [source]]


def _figures(scope: Scope, today: dt.date, wanted: Wanted) -> Figures:
    rows = _sealed_rows(queries.figures(scope.kind, q=bool(wanted.q)), queries.values(scope, today, wanted))
    own = {scope.kind: {scope.number}}
    units = {row.unit_id for row in rows if row.unit_id} | own.get("unit", set())
    names = _names(units=units, groups={row.group_id for row in rows if row.group_id})
    return Figures(rows, _cohorts({row.cohort_id for row in rows} | own.get("cohort", set())), names)


def _cells(person: Person) -> list[str | int | None]:
    row = person.row
    days = (person.next_due_on, row.active_on)
    return [
        person.name,
        person.unit,
        row.group_name,
        person.cohort.title,
        status_words()[row.status],
        person.days_behind,
        row.done_count,
        row.required_count,
        *(day.isoformat() if day else None for day in days),
    ]


def _title(scope: Scope, figures: Figures) -> str:
    """Return the name of a scope. Raises NotFound for a grant on something that is gone."""
    if scope.kind == "reports":
        return _("People who report to me")
    if scope.kind == "unit" and ("unit", scope.number) in figures.names:
        return figures.names["unit", scope.number]
    if scope.kind == "cohort" and scope.number in figures.cohorts:
        return figures.cohorts[scope.number].title
    raise NotFound("the unit or cohort is gone")


def _choices(scope: Scope, today: dt.date, wanted: Wanted, figures: Figures) -> Choices:
    """Return what the filters offer. Cohorts that have ended are shown only when they are asked for, or are the scope itself."""
    known = figures.cohorts
    running = [line for line in known.values() if line.ends_on >= today or scope.kind == "cohort"]
    shown = running
    if wanted.cohort == EVERYTHING:
        shown = list(known.values())
    elif wanted.cohort:
        shown = [line for line in known.values() if str(line.id) == wanted.cohort]
    ids = {line.id for line in shown}
    here = [row for row in figures.rows if row.cohort_id in ids]
    groups = {row.group_id or OUTSIDE: row.cohort_id for row in sorted(here, key=lambda row: row.group_id or OUTSIDE)}
    units = {row.unit_id or OUTSIDE for row in here}
    return Choices(
        cohorts=[(str(line.id), line.title) for line in known.values()],
        groups=[
            (str(number), _group_name(figures, number, known[cohort_id] if len(ids) > 1 else None)) for number, cohort_id in groups.items()
        ],
        units=sorted(((str(number), _unit_name(figures, number)) for number in units), key=lambda choice: choice[1].lower()),
        counts=_counts([row for row in here if _is_chosen(row, wanted)]),
        shown=shown,
        ended=len(known) - len(running),
    )


def _group_name(figures: Figures, number: int, cohort: CohortLine | None) -> str:
    """Return the name of a group, with its cohort's when there are several."""
    name = figures.names.get(("group", number), _("In no group"))
    return f"{name} · {cohort.title}" if number and cohort else name


def _unit_name(figures: Figures, number: int) -> str:
    return figures.names.get(("unit", number), _("In none of our units"))


def _is_chosen(row: Any, wanted: Wanted) -> bool:
    """Tell whether a row of figures belongs to the chosen group and unit, as `queries.listed` decides for people."""
    return (not wanted.group or int(wanted.group) == (row.group_id or OUTSIDE)) and (
        not wanted.unit or int(wanted.unit) == (row.unit_id or OUTSIDE)
    )


def _counts(rows: Sequence[Any]) -> dict[str, int]:
    """Return how many people have each status, need help, and are there at all (the empty key)."""
    counts = dict.fromkeys(("", HELP, *Status), 0)
    for row in rows:
        counts[""] += row.found
        counts[row.status] += row.found
        counts[HELP] += row.found * row.help
    return counts


def _page(scope: Scope, today: dt.date, wanted: Wanted, choices: Choices, number: int, per_page: int) -> Page:
    """Choose the people of one page, then read the modules of these alone."""
    lines = {line.id: line for line in choices.shown}
    total = choices.counts.get(wanted.status, 0)
    pages = max(1, -(-total // per_page))
    number = min(max(number, 1), pages)
    parameters = {**queries.values(scope, today, wanted), "cohort_ids": list(lines), "limit": per_page, "offset": (number - 1) * per_page}
    with _sealed() as connection:
        rows = connection.execute(queries.listed(scope.kind, wanted.shape, paged=True), parameters).all()
        roll_ups = connection.execute(queries.MODULES, {"enrolment_ids": [row.enrolment_id for row in rows]}).all()
    cells = {row.enrolment_id: {module.id: Cell("not_started", 0, 0) for module in lines[row.cohort_id].modules} for row in rows}
    for row in roll_ups:
        cells[row.enrolment_id][row.module_id] = Cell(_state(row), row.done_count, row.required_count)
    return Page([Person(row, lines[row.cohort_id], cells[row.enrolment_id], today) for row in rows], number, pages, total)


def _state(row: Any) -> str:
    if row.done_count >= row.required_count:
        return "complete"
    if row.waiting_count and row.done_count + row.waiting_count >= row.required_count:
        return "waiting"
    return "in_progress" if row.done_count or row.waiting_count else "not_started"
