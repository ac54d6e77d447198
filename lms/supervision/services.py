"""From rows of the sealed connection to what supervisors' pages show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lms.db import Page, read
from lms.errors import NotFound
from lms.i18n import format_date, ngettext
from lms.i18n import gettext as _
from lms.learning.words import title_of
from lms.messages.copying import Reminded, counted, since
from lms.people.access import Actor
from lms.people.models import full_name
from lms.people.roles import ScopeKind
from lms.supervision import queries
from lms.supervision.queries import HELP, OUTSIDE, Scope, Wanted
from lms.supervision.scopes import scopes_of
from lms.supervision.sealed import sealed, sealed_rows
from lms.supervision.standing import HEAD_START, Status, reason_for, sentence

PER_PAGE = 50
PICTURE_ROWS = 60
EVERYTHING = "all"


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
        return None if self.row.status in {Status.COMPLETE, Status.WAITING, Status.NO_SIGNAL} else self.row.next_due_on

    @property
    def status(self) -> str:
        """Say in words how far the person is."""
        if self.row.status == Status.NO_SIGNAL:
            return _("no signal reported until %(date)s", date=format_date(self.row.no_signal_until))
        if self.row.status == Status.BEHIND:
            return ngettext("%(num)s day behind", "%(num)s days behind", self.days_behind)
        return status_words()[self.row.status]

    @property
    def reason(self) -> str:
        """Say why the person may need help, as they have read it themselves since yesterday; empty when nothing says so."""
        reason = reason_for(self.row, today=self.today, told=HEAD_START)
        return sentence(self.row, reason, self.today) if reason else ""

    @property
    def sessions(self) -> str:
        """Return how many sessions the person attended of those held, `3/4`; empty before the first."""
        return f"{self.row.sessions_attended}/{self.row.sessions_held}" if self.row.sessions_held else ""

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
    """A scope in the list of scopes, with its figures; None where one is withheld."""

    scope: Scope
    title: str
    people: int | None
    help: int
    complete: int | None

    @property
    def url(self) -> str:
        """Return the address of its figures or its list."""
        return f"/team/units/{self.scope.key}" if self.scope.kind == "unit" else f"/team/people?scope={self.scope.key}"


def status_words() -> dict[str, str]:
    """Return the name of each status."""
    return {
        Status.BEHIND: _("behind"),
        Status.NOT_BEGUN: _("not begun"),
        Status.NO_SIGNAL: _("no signal reported"),
        Status.ON_SCHEDULE: _("on schedule"),
        Status.WAITING: _("waits for an instructor"),
        Status.COMPLETE: _("complete"),
    }


# -- scopes ----------------------------------------------------------------------------------------------------------------------------


def in_scope(*, scope: Scope, enrolment_ids: Collection[int], today: dt.date) -> set[int]:
    """Return which of these enrolments are in a scope of the actor's: what others name is left out."""
    parameters = {**queries.values(scope, today), "enrolment_ids": list(enrolment_ids)}
    return {row.enrolment_id for row in sealed_rows(queries.among(scope.kind), parameters)}


def reminded(enrolment_ids: Collection[int]) -> dict[int, Reminded]:
    """Return who of these people was reminded in the last seven days, not by whom: one read of the sealed connection."""
    return counted(sealed_rows(queries.REMINDERS, {"enrolment_ids": list(enrolment_ids), "since": since()})) if enrolment_ids else {}


def overview(*, actor: Actor, today: dt.date) -> list[Line]:
    """Return the actor's scopes with their figures, one read of the sealed connection for lists and one for units.

    Own reports are there only when there are any.
    """
    scopes = scopes_of(actor, today)
    listed = [scope for scope in scopes if scope.kind != "unit"]
    parameters: dict[str, Any] = {}
    for place, scope in enumerate(listed):
        parameters |= queries.values(scope, today, place=str(place))
    found = sealed_rows(queries.overview(tuple(scope.kind for scope in listed)), parameters) if listed else ()
    rows = {listed[row.place]: row for row in found}
    units = _unit_lines([scope.number for scope in scopes if scope.kind == "unit"])
    cohorts = cohort_lines([scope.number for scope in scopes if scope.kind == "cohort"])
    lines = []
    for scope in scopes:
        if scope.kind == "unit" and scope.number in units:
            row = units[scope.number]
            lines.append(Line(scope, row.name, row.people, 0, row.complete))
        elif scope in rows and rows[scope].lines and (scope.kind == "reports" or scope.number in cohorts):
            row = rows[scope]
            title = cohorts[scope.number].title if scope.kind == "cohort" else reports_title(scope)
            lines.append(Line(scope, title, row.people, row.help, row.complete))
    return lines


def _unit_lines(numbers: Collection[int]) -> dict[int, Any]:
    """Return units by number, with their figures over all cohorts; None where withheld or not counted yet."""
    return {row.id: row for row in sealed_rows(queries.UNIT_LINES, {"ids": list(numbers)})} if numbers else {}


def reports_title(scope: Scope) -> str:
    """Return the name of a scope of reports: one's own, or those of whom one stands in for."""
    return _("People who report to %(name)s", name=scope.owner) if scope.owner else _("People who report to me")


def title_of_scope(scope: Scope, today: dt.date) -> str:
    """Return the name of a scope with a list. Raises NotFound when its cohort is gone."""
    return _title(scope, _figures(scope, today, Wanted()))


def delegated_titles(rows: Sequence[Any]) -> dict[int, str]:
    """Return what each delegation of rows (delegation, owner, delegate) shows, by its id: at most two reads."""
    made = [row[0] for row in rows]
    units = _names(units={row.scope_id for row in made if row.kind is ScopeKind.UNIT}) if made else {}
    cohorts = cohort_lines({row.scope_id for row in made if row.kind is ScopeKind.COHORT})
    found = {}
    for row, owner, _delegate in rows:
        if row.kind is ScopeKind.REPORTS:
            found[row.id] = _("People who report to %(name)s", name=owner.full_name)
        elif row.kind is ScopeKind.UNIT:
            found[row.id] = units.get(("unit", row.scope_id), "–")
        else:
            found[row.id] = cohorts[row.scope_id].title if row.scope_id in cohorts else "–"
    return found


def filter_words(scope: Scope, today: dt.date, wanted: Wanted) -> list[str]:
    """Say in words what a list is narrowed to, for prints and for whoever plans one."""
    return _filter_words(_choices(scope, today, wanted, _figures(scope, today, wanted)), wanted)


def _filter_words(choices: Choices, wanted: Wanted) -> list[str]:
    words = [dict(choices.cohorts).get(wanted.cohort), dict(choices.groups).get(wanted.group), dict(choices.units).get(wanted.unit)]
    status = {**status_words(), HELP: _("may need help")}.get(wanted.status)
    search = _("search: %(words)s", words=wanted.q) if wanted.q else None
    return [str(word) for word in (*words, status, search) if word]


def _names(units: Collection[int] = (), groups: Collection[int] = ()) -> dict[tuple[str, int], str]:
    """Return the names of units and groups by ("unit" or "group", id): one read."""
    found = sealed_rows(queries.NAMES, {"units": list(units), "groups": list(groups)})
    return {(row.kind, row.id): row.name for row in found}


def cohort_lines(ids: Collection[int]) -> dict[int, CohortLine]:
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


def whole(*, scope: Scope, today: dt.date, wanted: Wanted, most: int, one_cohort: bool = False) -> Team:
    """Return a list or a picture on one page, of `most` people at most, for a print; `page.total` says how many there are."""
    if one_cohort:
        wanted = replace(wanted, q="", status="", sort="group")
    return _team(scope, today, wanted, 1, most, one_cohort=one_cohort)


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
    """Return the whole filtered list as a table: a header, a line each, and a last line with date, source and filters."""
    figures = _figures(scope, today, wanted)
    choices = _choices(scope, today, wanted, figures)
    parameters = {**queries.values(scope, today, wanted), "cohort_ids": [line.id for line in choices.shown]}
    found = sealed_rows(queries.listed(scope.kind, wanted.shape, paged=False), parameters)
    narrowed = " · ".join(_filter_words(choices, wanted))
    last = f"{source_line(today)} {_('Narrowed to:')} {narrowed}." if narrowed else source_line(today)
    header = (
        _("Name"),
        _("Unit"),
        _("Group"),
        _("Cohort"),
        _("Status"),
        _("Days behind"),
        _("Parts complete"),
        _("Parts required"),
        _("Sessions attended"),
        _("Sessions held"),
        _("Next due"),
        _("Last active"),
        _("May need help because"),
    )
    return [[*header], *[_cells(Person(row, figures.cohorts[row.cohort_id], {}, today)) for row in found], [last]]


def source_line(today: dt.date) -> str:
    """Say as of which day and from where."""
    return f"{_('As of %(date)s', date=format_date(today))}. {_('Source: Peduli. Parts complete only; no scores and no texts.')}"


def _figures(scope: Scope, today: dt.date, wanted: Wanted) -> Figures:
    rows = sealed_rows(queries.figures(scope.kind, q=bool(wanted.q)), queries.values(scope, today, wanted))
    own = {scope.number} if scope.kind == "cohort" else set()
    names = _names(units={row.unit_id for row in rows if row.unit_id}, groups={row.group_id for row in rows if row.group_id})
    return Figures(rows, cohort_lines({row.cohort_id for row in rows} | own), names)


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
        row.sessions_attended,
        row.sessions_held,
        *(day.isoformat() if day else None for day in days),
        person.reason,
    ]


def _title(scope: Scope, figures: Figures) -> str:
    """Return the name of a scope. Raises NotFound for a grant on something that is gone."""
    if scope.kind == "reports":
        return reports_title(scope)
    if scope.kind == "cohort" and scope.number in figures.cohorts:
        return figures.cohorts[scope.number].title
    raise NotFound("the cohort is gone")


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
    with sealed() as connection:
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
