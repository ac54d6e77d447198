"""What the organizer's pages show, put together from a few reads."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.attendance.absence import absence_list
from lms.attendance.limits import WARN_AT
from lms.cohorts import queries
from lms.cohorts.base import Head
from lms.cohorts.cleaning import national
from lms.cohorts.columns import TITLES
from lms.db import db
from lms.errors import NotFound, Refused
from lms.i18n import format_number, local_day, ngettext
from lms.i18n import gettext as _
from lms.learning import services as learning
from lms.learning.models import Cohort, CohortModule, Enrolment, EnrolmentState, Group, Revision
from lms.learning.outline import Item, Outline, outlines
from lms.people.models import IdentityType, RoleAssignment, Unit, User
from lms.people.nip import in_blocks
from lms.people.permissions import NOTE_ATTENDANCE
from lms.people.roles import Role
from lms.progress.models import CompletionState
from lms.progress.rules import explain, sentence

NEAR = max(WARN_AT)  # percent of a limit of absence from which people talk with each other

# -- the board --------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group with its counts; `id` 0 are those without one."""

    id: int
    name: str
    assessor: str
    counts: Any


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """A module of the cohort: what is pinned, and what is newest."""

    pin: Any
    outline: Outline

    @property
    def is_behind(self) -> bool:
        """Tell whether there is a newer revision."""
        return bool(self.pin.newest > self.pin.number)


@dataclass(frozen=True, slots=True)
class Board:
    """A cohort at a glance."""

    people: int
    finished: int
    on_the_way: int
    not_begun: int
    late: int
    groups: list[GroupLine]
    modules: list[ModuleLine]
    schedule: Sequence[Any]
    staff: list[tuple[RoleAssignment, User]]
    waits: list[tuple[str, str]]


def board(head: Head, now: dt.datetime) -> Board:
    """Return the board of a cohort: eight statements, and two for outlines that are not known yet."""
    cohort, today = head.cohort, head.today
    counts = {row.group_id or 0: row for row in db.session.execute(queries.figures(cohort.id, today))}
    total = {name: sum(getattr(row, name) for row in counts.values()) for name in ("people", "finished", "on_the_way", "not_begun", "late")}
    groups = [
        GroupLine(group.id, group.name, name or "", counts.get(group.id))
        for group, name in db.session.execute(queries.groups_with_assessors(cohort.id))
    ]
    if 0 in counts:
        groups.append(GroupLine(0, _("Without a group"), "", counts[0]))
    staff = [(grant, user) for grant, user in db.session.execute(queries.staff_of(cohort.id)) if holds(grant, today)]
    schedule = db.session.execute(queries.schedule_of(cohort.id, now).limit(5)).all()
    return Board(**total, groups=groups, modules=modules_of(cohort.id), schedule=schedule, staff=staff, waits=waits_of(head))


def waits_of(head: Head) -> list[tuple[str, str]]:
    """Return what waits for the person who asks, (words, address) each: three statements, whatever there is to count."""
    cohort_id, counted = head.cohort.id, [(page, page.waits) for page in head.more if page.waits]
    found = []
    if counted:
        numbers = db.session.execute(sa.select(*(waits.count(cohort_id, head.today).scalar_subquery() for _page, waits in counted))).one()
        found = [(ngettext(*waits.words, num), head.url + page.path) for (page, waits), num in zip(counted, numbers, strict=True) if num]
    if NOTE_ATTENDANCE.name in {page.permission for page in head.more}:
        near = sum(absence.percent >= NEAR for _row, absence in absence_list(cohort_id))
        if near:
            words = ngettext("%(num)s person near the limit of absence", "%(num)s people near the limit of absence", near)
            found.append((words, f"{head.url}/absence"))
    return found


def holds(grant: RoleAssignment, today: dt.date) -> bool:
    """Tell whether a role has not ended; it may begin later."""
    return grant.valid_to is None or grant.valid_to >= today


def modules_of(cohort_id: int) -> list[ModuleLine]:
    """Return the modules of a cohort with outlines."""
    pins = db.session.execute(queries.modules_of(cohort_id)).all()
    known = outlines(pin.revision_id for pin in pins)
    return [ModuleLine(pin, known[pin.revision_id]) for pin in pins]


# -- people -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Status:
    """How somebody is getting on, in words, with the badge's kind and icon."""

    text: str
    kind: str
    icon: str


def status_of(row: Any, today: dt.date) -> Status:
    """Return the state of an enrolment in words."""
    if row.state is EnrolmentState.WITHDRAWN:
        return Status(_("withdrawn"), "", "log-out")
    if row.completed_at is not None:
        return Status(_("finished"), "leaf", "circle-check")
    if row.next_due_on and row.next_due_on < today:
        return Status(_days_late((today - row.next_due_on).days), "gold", "clock")
    if row.waiting_count and row.done_count + row.waiting_count == row.required_count:
        return Status(_("waits for the instructor"), "gold", "hourglass")
    if row.started_on is None:
        return Status(_("not begun"), "", "circle")
    return Status(_("on the way"), "river", "footprints")


def _days_late(days: int) -> str:
    return ngettext("%(num)s day late", "%(num)s days late", days)


@dataclass(frozen=True, slots=True)
class Part:
    """An activity of one person: state, since when, why, and what people have decided about it (latest first)."""

    item: Item
    state: CompletionState
    since: dt.datetime | None
    reasons: Mapping[str, Any]
    overrides: list[Any]


@dataclass(frozen=True, slots=True)
class PersonModule:
    """A module of one person."""

    outline: Outline
    required: bool
    due_on: dt.date | None
    parts: list[Part]

    @property
    def segments(self) -> list[str]:
        """Return a class for each activity."""
        return [part.state.value + ("" if part.item.required else " optional") for part in self.parts]

    @property
    def total(self) -> int:
        """Return how many activities are required."""
        return sum(part.item.required for part in self.parts)

    @property
    def done(self) -> int:
        """Return how many of them are complete."""
        return sum(part.item.required and part.state is CompletionState.COMPLETE for part in self.parts)

    @property
    def left(self) -> int:
        """Return how many required activities are neither complete nor with an instructor."""
        settled = {CompletionState.COMPLETE, CompletionState.WAITING}
        return sum(part.item.required and part.state not in settled for part in self.parts)

    @property
    def is_current(self) -> bool:
        """Tell whether something has begun here and something is left: such a module is shown open."""
        return any(part.state is not CompletionState.NOT_STARTED for part in self.parts) and self.done < self.total


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person in a cohort."""

    enrolment: Enrolment
    user: User
    unit: Unit | None
    group: Group | None
    modules: list[PersonModule]

    @property
    def titles(self) -> dict[str, str]:
        """Return the titles of the activities by module and key, `12/visit`, as a form names them."""
        return {f"{module.outline.module_id}/{part.item.key}": part.item.title for module in self.modules for part in module.parts}


def find_enrolment(cohort: Cohort, enrolment_id: int) -> Any:
    """Return (enrolment, person, unit, group) of somebody in the cohort. Raises NotFound."""
    row = db.session.execute(queries.enrolment_of(cohort.id, enrolment_id)).one_or_none()
    if row is None:
        raise NotFound("nobody with this number in the cohort")
    return row


def person(cohort: Cohort, enrolment_id: int) -> PersonPage:
    """Return one person's progress: four statements, and two for outlines that are not known yet. Raises NotFound."""
    enrolment, user, unit, group = find_enrolment(cohort, enrolment_id)
    states = {(row.module_id, row.activity_key): row for row in db.session.execute(queries.progress_of(enrolment.id))}
    decided: dict[tuple[int, str], list[Any]] = {}
    for row in db.session.execute(queries.overrides_of(enrolment.id)):
        decided.setdefault((row.module_id, row.activity_key), []).append(row)
    modules = []
    for line in modules_of(cohort.id):
        number = line.outline.module_id
        parts = [_part(item, states.get((number, item.key)), decided.get((number, item.key), [])) for item in line.outline.items]
        modules.append(PersonModule(line.outline, line.pin.required, line.pin.due_on, parts))
    return PersonPage(enrolment, user, unit, group, modules)


def _part(item: Item, row: Any, overrides: list[Any]) -> Part:
    if row is None:
        return Part(item, CompletionState.NOT_STARTED, None, explain(item.rule, []), overrides)
    return Part(item, row.state, row.first_completed_at, row.reasons, overrides)


def their_sentence(reason: Mapping[str, Any]) -> str:
    """Write how far a clause is, about somebody else: "score at least 70,01; the best is 60,00"."""
    text = sentence(reason["rule"])
    if reason["met"] or "have" not in reason:
        return text
    have = reason["have"]
    if "passed" in reason["rule"]:
        return _("%(rule)s; the best is %(have)s", rule=text, have=format_number(float(have), 2))
    return ngettext("%(rule)s; there is %(num)s word", "%(rule)s; there are %(num)s words", int(have), rule=text)


def roster_rows(cohort: Cohort, today: dt.date, *, blocks: bool) -> list[list[str | int]]:
    """Return the roster as a table: the columns of the import's template first, so that it can be read again.

    blocks writes numbers as 8-6-1-3: a spreadsheet program that opens a CSV file then takes them for text and keeps their digits.
    """
    rows: list[list[str | int]] = [[str(title) for title in (*TITLES.values(), _("State"), _("Done"), _("Required"), _("Finished on"))]]
    for row in db.session.execute(queries.for_export(cohort.id, today)):
        number = row.employee_number or ""
        rows.append(
            [
                row.title_before,
                row.name,
                row.title_after,
                in_blocks(number) if blocks else number,
                row.email or "",
                row.unit_name or "",
                row.institution,
                row.group_name or "",
                row.position,
                national(row.phone),
                row.category.value,
                row.grade,
                row.birth_place,
                row.birth_date.isoformat() if row.birth_date else "",
                "" if row.identity_type is IdentityType.NONE else row.identity_type.value,
                status_of(row, today).text,
                row.done_count,
                row.required_count,
                local_day(row.completed_at, cohort.time_zone).isoformat() if row.completed_at else "",
            ]
        )
    return rows


# -- moving to a newer revision ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MovePage:
    """What moving a module of the cohort to its newest revision would do."""

    pin: CohortModule
    before: Outline
    after: Outline
    added: list[Item]
    removed: list[Item]
    changed: list[Item]
    gains: dict[str, list[str]]
    losses: dict[str, list[str]]

    @property
    def is_newest(self) -> bool:
        """Tell whether there is nowhere to move."""
        return self.after.number == self.before.number


def move_page(cohort: Cohort, module_id: int) -> MovePage:
    """Return the dry run of one module, like `move_pages`. Raises NotFound when the cohort does not have the module."""
    for page in move_pages(cohort, module_id):
        return page
    raise NotFound("no such module in the cohort")


def move_pages(cohort: Cohort, module_id: int | None = None) -> list[MovePage]:
    """Return the dry run of every module with a newer revision, or of one: four statements, and two for outlines, however many they are."""
    rows = [(pin, newest) for pin, newest in db.session.execute(queries.newest_revisions(cohort.id)) if module_id in {None, pin.module_id}]
    if module_id is None:
        rows = [(pin, newest) for pin, newest in rows if newest != pin.revision_id]
    if not rows:
        return []
    known = outlines(number for pin, newest in rows for number in (pin.revision_id, newest))
    moves = learning.plan_moves(cohort=cohort, revisions={pin.module_id: newest for pin, newest in rows if newest != pin.revision_id})
    names = {row.id: row.name for row in db.session.execute(queries.names_of(cohort.id))}
    return [_move_page(pin, known[pin.revision_id], known[newest], moves.get(pin.module_id, []), names) for pin, newest in rows]


def _move_page(pin: CohortModule, before: Outline, after: Outline, moves: Sequence[learning.Move], names: Mapping[int, str]) -> MovePage:
    old, new = {item.key: item for item in before.items}, {item.key: item for item in after.items}
    gains: dict[str, list[str]] = {}
    losses: dict[str, list[str]] = {}
    for move in moves:
        if move.activity_key in new:  # who has completed a part that is gone loses nothing: nobody is asked for it any more
            (gains if move.gains else losses).setdefault(new[move.activity_key].title, []).append(names[move.enrolment_id])
    return MovePage(
        pin=pin,
        before=before,
        after=after,
        added=[item for key, item in new.items() if key not in old],
        removed=[item for key, item in old.items() if key not in new],
        changed=[item for key, item in new.items() if key in old and (item.rule, item.required, item.title) != _seen(old[key])],
        gains=gains,
        losses=losses,
    )


def _seen(item: Item) -> tuple[Any, bool, str]:
    return item.rule, item.required, item.title


def revision_to(page: MovePage, number: str) -> Revision:
    """Return the revision that the dry run named. Raises NotFound, and Refused when the cohort has it or a newer one already."""
    wanted = int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 0
    found = db.session.scalar(sa.select(Revision).where(Revision.module_id == page.pin.module_id, Revision.number == wanted))
    if found is None:
        raise NotFound("no such revision")
    if found.number <= page.before.number:
        raise Refused(_("The cohort works with this revision or a newer one already."))
    return found


# -- staff ------------------------------------------------------------------------------------------------------------------------------------


def staff_by_role(cohort: Cohort, today: dt.date) -> dict[Role, list[tuple[RoleAssignment, User, bool]]]:
    """Return who holds or held which role on the cohort, each with whether it has not ended."""
    found: dict[Role, list[tuple[RoleAssignment, User, bool]]] = {}
    for grant, user in db.session.execute(queries.staff_of(cohort.id)):
        found.setdefault(grant.role, []).append((grant, user, holds(grant, today)))
    return found
