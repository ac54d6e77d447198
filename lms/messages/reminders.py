"""Reminders by the program: who is reminded of what on a day. Few, correct, and of nothing that a person cannot do now.

Read from projections (what is due from each learner, the schedule, attempts): a few statements for some hundred people, whatever they have
done. Nobody is reminded of a module that is complete, waits for an instructor, has not opened or needs another one first; nor of a day while
they have no signal, as they have told; nor who has withdrawn, nor in a cohort that is over; nor of a meeting that was cancelled or is
another group's.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms import i18n
from lms.attempts.models import Attempt, AttemptState
from lms.db import db, utcnow
from lms.i18n import choose, local_day, ngettext, zone
from lms.learning.models import Cohort, CohortModule, Enrolment, EnrolmentState, Module, Revision, ScheduleEntry
from lms.messages.models import Notice
from lms.messages.services import Telling, tell
from lms.messages.words import REMINDERS, say
from lms.people.models import User
from lms.progress.models import ModuleProgress
from lms.progress.queries import DUE_ON, extension_of
from lms.registry import appointments_of
from lms.schedule.appointments import Appointment

BEGINS = 5  # the hour from which a day's reminders are made; none leaves before seven
PEOPLE = 500  # learners of one transaction
SOON = dt.timedelta(days=3)
GRACE = dt.timedelta(days=7)
NOT_BEGUN_FOR = dt.timedelta(days=30)  # whoever has not begun by then is a matter for people
MOST_OVERDUE = 3  # once, and then weekly, twice
LEFT_OPEN = (dt.timedelta(days=1), dt.timedelta(days=14))


@dataclass(frozen=True, slots=True)
class Part:
    """A required module of a learner: what is left in it, and since or until when."""

    module_id: int
    key: str
    title: Mapping[str, str]
    opens_on: dt.date | None
    due_on: dt.date | None
    requires: tuple[int, ...]
    required: int
    done: int
    waiting: int

    @property
    def left(self) -> int:
        """Return how many parts are due from the learner: what is complete or waits for an instructor is not."""
        return self.required - self.done - self.waiting

    @property
    def complete(self) -> bool:
        """Tell whether everything in it is complete."""
        return self.done >= self.required


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a learner is reminded of: kind, module, and which occasion of it (the due day, and how often before)."""

    kind: str
    part: Part | None
    bucket: str


def occasion(parts: Sequence[Part], *, today: dt.date, began: dt.date, has_begun: bool) -> Occasion | None:
    """Return the one thing of which a learner is reminded on a day, or None. Pure.

    began is the day from which the learner could begin. What is overdue goes before what is due, and both before not having begun.
    """
    done = {part.module_id for part in parts if part.complete}
    able = [part for part in parts if part.left > 0 and (part.opens_on is None or part.opens_on <= today) and set(part.requires) <= done]
    due = sorted((part for part in able if part.due_on and part.due_on <= today + SOON), key=lambda part: (part.due_on, part.module_id))
    for part in due:
        assert part.due_on is not None
        over = (today - part.due_on).days
        if over <= 0:
            return Occasion("due_soon", part, part.due_on.isoformat())
        if (times := (over - 1) // 7) < MOST_OVERDUE:
            return Occasion("overdue", part, f"{part.due_on.isoformat()}/{times + 1}")
    if able and not due and not has_begun and began + GRACE <= today <= began + NOT_BEGUN_FOR:
        return Occasion("not_begun", None, "")
    return None


def mornings(now: dt.datetime) -> list[tuple[str, dt.date]]:
    """Return (time zone, day there) of every zone with a running cohort in which reminders of the day may be made."""
    found = []
    for name in db.session.scalars(sa.select(Cohort.time_zone).where(Cohort.ends_on >= now.date() - dt.timedelta(days=1)).distinct()):
        local = now.astimezone(zone(name))
        if local.hour >= BEGINS:
            found.append((name, local.date()))
    return sorted(found)


def remind_some(*, time_zone: str, day: dt.date, after: int) -> int:
    """Tell the learners of a zone, from the enrolment after this number on, what is due on a day; return the last number, 0 at the end."""
    people = db.session.execute(_learners(time_zone, day, after)).all()
    if not people:
        return 0
    ids = [row.id for row in people]
    parts = _parts(people)
    meetings = _meetings(time_zone, day + dt.timedelta(days=1), {row.cohort_id for row in people})
    appointments = _appointments(time_zone, day + dt.timedelta(days=1), people, meetings)
    attempts = _attempts(ids)
    told = _told([row.user_id for row in people])
    tellings: list[Telling] = []
    for row in people:
        began = max(row.starts_on, local_day(row.enrolled_at, time_zone))
        asked = not row.completed_at and not (row.no_signal_until and row.no_signal_until >= day)
        found = occasion(parts[row.id], today=day, began=began, has_begun=row.started_on is not None) if asked else None
        tellings += [_due(row, found, parts[row.id])] if found else []
        tellings += [_meeting(row, meeting, time_zone) for meeting in meetings[row.cohort_id] if meeting.group_id in {None, row.group_id}]
        tellings += [_appointment(row, one) for one in appointments[row.id]]
        tellings += [_attempt(row, attempt) for attempt in attempts[row.id]]
    tell(telling for telling in tellings if (telling.user_id, telling.kind, telling.object, telling.bucket) not in told)
    return ids[-1] if len(ids) == PEOPLE else 0


# -- what is read -------------------------------------------------------------------------------------------------------------------------


def _learners(time_zone: str, day: dt.date, after: int) -> Any:
    """Return the learners of running cohorts of a zone, in order of enrolment."""
    return (
        sa.select(
            Enrolment.id,
            Enrolment.user_id,
            Enrolment.cohort_id,
            Enrolment.group_id,
            Enrolment.enrolled_at,
            Enrolment.started_on,
            Enrolment.completed_at,
            Enrolment.no_signal_until,
            Cohort.starts_on,
            User.language,
            User.time_zone,
        )
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(User, User.id == Enrolment.user_id)
        .where(
            Enrolment.id > after,
            Enrolment.state == EnrolmentState.ACTIVE,
            User.is_active,
            Cohort.time_zone == time_zone,
            Cohort.starts_on <= day + dt.timedelta(days=1),
            Cohort.ends_on >= day,
        )
        .order_by(Enrolment.id)
        .limit(PEOPLE)
    )


def _parts(people: Sequence[Any]) -> dict[int, list[Part]]:
    """Return the required modules of learners: what a module is once for each cohort, how far each learner is in it and when it is due from them."""
    modules = {(row.cohort_id, row.module_id): row for row in db.session.execute(_modules({row.cohort_id for row in people}))}
    counts = (ModuleProgress.required_count, ModuleProgress.done_count, ModuleProgress.waiting_count)
    statement = (
        sa.select(ModuleProgress.enrolment_id, CohortModule.cohort_id, CohortModule.module_id, DUE_ON, *counts)
        .join(Enrolment, Enrolment.id == ModuleProgress.enrolment_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == ModuleProgress.module_id))
        .outerjoin(*extension_of(ModuleProgress.enrolment_id))
        .where(ModuleProgress.enrolment_id.in_([row.id for row in people]), CohortModule.required)
    )
    found: dict[int, list[Part]] = defaultdict(list)
    for enrolment_id, cohort_id, module_id, due_on, *numbers in db.session.execute(statement):
        row = modules[cohort_id, module_id]
        title, requires = row.about.get("title", {}), tuple(row.requires)
        found[enrolment_id].append(Part(module_id, row.key, title, row.opens_on, due_on, requires, *numbers))
    return found


def _modules(cohort_ids: Iterable[int]) -> Any:
    columns = (CohortModule.cohort_id, CohortModule.module_id, CohortModule.opens_on, CohortModule.requires)
    return (
        sa.select(*columns, Module.key, Revision.about)
        .join(Module, Module.id == CohortModule.module_id)
        .join(Revision, Revision.id == CohortModule.revision_id)
        .where(CohortModule.cohort_id.in_(set(cohort_ids)), CohortModule.required)
    )


def _meetings(time_zone: str, day: dt.date, cohort_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Return the meetings of a day that take place, by cohort."""
    begins = dt.datetime.combine(day, dt.time(), zone(time_zone))
    statement = sa.select(ScheduleEntry).where(
        ScheduleEntry.cohort_id.in_(set(cohort_ids)),
        ScheduleEntry.cancelled_at.is_(None),
        ScheduleEntry.starts_at >= begins,
        ScheduleEntry.starts_at < begins + dt.timedelta(days=1),
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for entry in db.session.scalars(statement.order_by(ScheduleEntry.starts_at)):
        found[entry.cohort_id].append(entry)
    return found


def _appointments(
    time_zone: str, day: dt.date, people: Sequence[Any], meetings: Mapping[int, Sequence[Any]]
) -> Mapping[int, list[Appointment]]:
    """Return what plugins have for learners on a day, by enrolment; what belongs to a meeting is told with the meeting."""
    begins = dt.datetime.combine(day, dt.time(), zone(time_zone))
    known = {entry.id for entries in meetings.values() for entry in entries}
    enrolments = {(row.user_id, row.cohort_id): row.id for row in people}
    found: dict[int, list[Appointment]] = defaultdict(list)
    for one in appointments_of([row.user_id for row in people], begins):
        number = enrolments.get((one.user_id, one.cohort_id))
        if number and not one.cancelled and one.entry_id not in known and begins <= one.starts_at < begins + dt.timedelta(days=1):
            found[number].append(one)
    return found


def _attempts(enrolment_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return attempts that were begun some days ago and are still open."""
    now = utcnow()
    statement = sa.select(Attempt.id, Attempt.enrolment_id).where(
        Attempt.enrolment_id.in_(enrolment_ids),
        Attempt.state == AttemptState.IN_PROGRESS,
        Attempt.started_at.between(now - LEFT_OPEN[1], now - LEFT_OPEN[0]),
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(statement):
        found[row.enrolment_id].append(row)
    return found


def _told(user_ids: Sequence[uuid.UUID]) -> set[tuple[uuid.UUID, str, str, str]]:
    """Return what these people were told by reminders before: most mornings there is nothing new to write."""
    names = (Notice.user_id, Notice.kind, Notice.object, Notice.bucket)
    rows = db.session.execute(sa.select(*names).where(Notice.user_id.in_(user_ids), Notice.kind.in_(REMINDERS)))
    return {(row.user_id, row.kind, row.object, row.bucket) for row in rows}


# -- what is said -------------------------------------------------------------------------------------------------------------------------


def _say(row: Any, kind: str, values: Mapping[str, Any]) -> tuple[str, str]:
    return say(REMINDERS[kind], values, language=row.language, time_zone=row.time_zone)


def _due(row: Any, found: Occasion, parts: Sequence[Part]) -> Telling:
    part = found.part
    if part is None:
        title, body = _say(row, found.kind, {})
        return Telling(row.user_id, found.kind, f"enrolment/{row.id}", title, body, "/learn", found.bucket)
    values = {
        "module": lambda: choose(dict(part.title)),
        "day": lambda: i18n.format_day(part.due_on) if part.due_on else "",
        "open": lambda: ngettext("%(num)s part is open", "%(num)s parts are open", part.left),
    }
    title, body = _say(row, found.kind, values)
    about, path = f"enrolment/{row.id}/{part.module_id}", f"/learn/{row.cohort_id}/{part.key}"
    return Telling(row.user_id, found.kind, about, title, body, path, found.bucket)


def _meeting(row: Any, entry: ScheduleEntry, time_zone: str) -> Telling:
    return _tomorrow(row, entry, entry.time_zone or time_zone, lambda: entry.title, f"meeting/{entry.id}", "/learn")


def _appointment(row: Any, one: Appointment) -> Telling:
    return _tomorrow(row, one, one.time_zone, lambda: f"{one.what}: {one.title}", f"appointment/{one.key}", one.path)


def _tomorrow(row: Any, one: ScheduleEntry | Appointment, there: str, name: Callable[[], str], about: str, path: str) -> Telling:
    local = one.starts_at.astimezone(zone(there))
    values = {
        "title": name,
        "day": lambda: i18n.format_day(local.date()),
        "time": lambda: i18n.in_language(i18n.language(), lambda: i18n.format_time(one.starts_at), time_zone=there),
        "place": one.place,
    }
    title, body = _say(row, "meeting", values)
    return Telling(row.user_id, "meeting", about, title, body, path, local.strftime("%Y-%m-%dT%H:%M"))


def _attempt(row: Any, attempt: Any) -> Telling:
    title, body = _say(row, "attempt", {})
    return Telling(row.user_id, "attempt", f"attempt/{attempt.id}", title, body, "/learn")
