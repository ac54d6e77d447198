"""Attendance of the demonstration cohort: past meetings with a few absences, one that was cancelled, and one today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from lms.attendance import services
from lms.attendance.models import AttendanceState, NoteSource
from lms.attendance.services import Mark
from lms.db import at, db, utcnow
from lms.i18n import local_day, zone
from lms.learning.models import Cohort, Enrolment, ScheduleEntry, ScheduleKind
from lms.people.access import Actor, load_actor
from lms.schedule import services as schedule

OFTEN_AWAY, SOMETIMES_AWAY = 50, 33  # places in the order of enrolment: one over 80 % of the JP, one over half
HALL = "Aula BKPSDM, lantai 2"


def attend(cohort_id: int) -> None:
    """Let people be noted at the meetings that are over; cancel one that is to come; hold one today."""
    cohort = db.session.get_one(Cohort, cohort_id)
    now = utcnow()
    leader = load_actor(cohort.assessor_id, local_day(now, cohort.time_zone)) if cohort.assessor_id else None
    if leader is None:
        return
    chance = Random(cohort_id)  # noqa: S311 - invented people
    people = db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort_id).order_by(Enrolment.id)).all()
    meetings = db.session.scalars(
        sa.select(ScheduleEntry).where(ScheduleEntry.cohort_id == cohort_id).order_by(ScheduleEntry.starts_at)
    ).all()
    over = [entry for entry in meetings if entry.ends_at < now]
    for number, entry in enumerate(over):
        _hold(leader, entry, _states(people, number, chance))
    _today(leader, cohort, people, now)
    _cancelled(leader, cohort, now)


def _states(people: Sequence[int], number: int, chance: Random) -> dict[int, AttendanceState]:
    """Return who was how at one of the past meetings."""
    found = {}
    for place, enrolment_id in enumerate(people):
        luck = chance.random()
        state = AttendanceState.LATE if luck < 0.06 else AttendanceState.ABSENT if luck > 0.985 else AttendanceState.PRESENT
        if place == OFTEN_AWAY and number > 0:
            state = AttendanceState.EXCUSED if number == 3 else AttendanceState.ABSENT
        elif place == SOMETIMES_AWAY:
            state = AttendanceState.PRESENT if number in {0, 2} else AttendanceState.ABSENT
        elif place in {0, 1}:
            state = AttendanceState.LATE if place and number == 1 else AttendanceState.PRESENT
        found[enrolment_id] = state
    return found


def _hold(leader: Actor, entry: ScheduleEntry, states: dict[int, AttendanceState]) -> None:
    moment = entry.starts_at + dt.timedelta(minutes=20)
    reason = "Surat tugas"
    with at(moment):
        marks = [Mark(number, state, reason if state is AttendanceState.EXCUSED else "") for number, state in states.items()]
        services.note(actor=leader, entry=entry, marks=marks, moment=moment)


def _today(leader: Actor, cohort: Cohort, people: Sequence[int], now: dt.datetime) -> None:
    """Hold a meeting that has begun an hour ago; half of the people have checked in, the first learner has not yet."""
    starts_at = now.replace(minute=0, second=0, microsecond=0) - dt.timedelta(hours=1)
    entry = ScheduleEntry(
        cohort_id=cohort.id,
        kind=ScheduleKind.CLASSROOM,
        title="Klinik jurnal reflektif",
        place=HALL,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=4),
        jp=Decimal(4),
    )
    db.session.add(entry)
    db.session.flush()
    moment = starts_at + dt.timedelta(minutes=5)
    with at(moment):
        marks = [Mark(number, AttendanceState.PRESENT) for place, number in enumerate(people) if place % 2]
        services.note(actor=leader, entry=entry, marks=marks, source=NoteSource.CODE, moment=moment)


def _cancelled(leader: Actor, cohort: Cohort, now: dt.datetime) -> None:
    here = zone(cohort.time_zone)
    day = local_day(now, cohort.time_zone) + dt.timedelta(days=3)
    entry = schedule.save_meeting(
        actor=leader,
        cohort=cohort,
        entry=None,
        title="Sesi tambahan literasi AI",
        kind=ScheduleKind.ONLINE,
        place="Ruang virtual",
        day=day,
        begins=dt.time(9),
        ends=dt.time(11),
        time_zone="Asia/Makassar",
        jp=Decimal(2),
    )
    with at(dt.datetime.combine(day - dt.timedelta(days=3), dt.time(0, 1), here).astimezone(dt.UTC)):
        schedule.cancel_meeting(actor=leader, cohort=cohort, entry=entry, reason="Listrik padam terjadwal di Muara Telang.")
