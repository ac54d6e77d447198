"""Who was at which meeting: what people said about it, in order of arrival, and what that amounts to."""

from __future__ import annotations

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key


def _record(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("self", "instructor", "organizer"))


class AttendanceState(enum.StrEnum):
    """How somebody stands to a meeting. Who is not noted has no row: nobody is made absent by a machine."""

    PRESENT = "present"
    LATE = "late"
    EXCUSED = "excused"  # the reason is never asked to be an illness: that would be health data
    ABSENT = "absent"


THERE = frozenset({AttendanceState.PRESENT, AttendanceState.LATE})


class NoteSource(enum.StrEnum):
    """How a note came about."""

    ROSTER = "roster"
    CODE = "code"
    SHEET = "sheet"
    VISIT = "visit"  # the check-in of a field visit
    CORRECTION = "correction"


class Attendance(Base):
    """What is known of one person at one meeting: a projection of the notes (`lms.attendance.rules.settle`)."""

    __tablename__ = "attendances"

    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, info=_record("attendance")
    )
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("schedule_entries.id"), primary_key=True, index=True, info=_record("attendance"))
    state: Mapped[AttendanceState] = mapped_column(info=_record("attendance"))
    # Of the act: when the person was seen, typed the code, signed.
    moment: Mapped[dt.datetime] = mapped_column(info=_record("attendance"))
    source: Mapped[NoteSource] = mapped_column(info=_record("attendance"))


class AttendanceNote(Base):
    """One word about one person at one meeting; append-only. The id is made by whoever noted it, so that sending it twice changes nothing.

    state None: a code whose moment cannot be known, because the device's clock was moved; a person decides.
    """

    __tablename__ = "attendance_notes"

    id: Mapped[uuid.UUID] = uuid_key()
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_record("accountability"))
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("schedule_entries.id"), info=_record("accountability"))
    state: Mapped[AttendanceState | None] = mapped_column(info=_record("attendance"))
    source: Mapped[NoteSource] = mapped_column(info=_record("accountability"))
    reason: Mapped[str] = mapped_column(sa.String(300), default="", info=_record("accountability"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_record("accountability"))
    moment: Mapped[dt.datetime] = mapped_column(info=_record("attendance"))
    received_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_record("accountability"))

    __table_args__ = (
        sa.Index("ix_attendance_notes_of", "enrolment_id", "entry_id"),
        sa.Index("ix_attendance_notes_entry_id", "entry_id"),
        sa.CheckConstraint("state IS NOT NULL OR source = 'code'", "only_codes_are_left_open"),
    )
