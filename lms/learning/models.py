"""The learning model: the tables that the kernel and every plugin share.

Authors edit a module's draft (`Activity`); publishing copies it into an immutable `Revision`; a cohort pins a revision, so nothing
changes under a learner's feet. Evidence and completion hang on (enrolment, module, activity key), and a key never changes.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, WriteOnlyMapped, mapped_column, relationship, validates

from lms.db import JSON, Base, Json, personal, utcnow


class Course(Base):
    """A training (pelatihan): modules in order, required or optional, with weights and a grade scale held as data."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    title: Mapped[Json]
    summary: Mapped[Json]
    # [{"label": {"id": …, "en": …}, "minimum": 90.01, "passes": true}, …] from best to worst, compared after rounding half up.
    grade_scale: Mapped[list[Any]]
    # {"sessions": 6, "jp": 18, "days": 2}: absence above any of these puts passing in question; a name that is missing has no limit.
    absence_limits: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    modules: Mapped[list[CourseModule]] = relationship(
        back_populates="course", lazy="raise_on_sql", order_by="CourseModule.position", cascade="all, delete-orphan"
    )


class CourseModule(Base):
    """A module's place in a course."""

    __tablename__ = "course_modules"

    course_id: Mapped[int] = mapped_column(sa.ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True, index=True)
    position: Mapped[int]
    required: Mapped[bool] = mapped_column(default=True)
    weight: Mapped[float] = mapped_column(default=1.0)
    # Ids of modules of the course that must be complete before this one opens.
    requires: Mapped[list[Any]] = mapped_column(default=list)
    # Pacing: days after the cohort's first day; None: no such day.
    opens_after: Mapped[int | None]
    due_after: Mapped[int | None]

    course: Mapped[Course] = relationship(back_populates="modules", lazy="raise_on_sql")
    module: Mapped[Module] = relationship(lazy="raise_on_sql")

    __table_args__ = (sa.CheckConstraint("weight >= 0", "weight_is_not_negative"),)


class Module(Base):
    """What instructors write and reuse in many courses. Titles and sections here are the draft's; learners see a revision's."""

    __tablename__ = "modules"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    code: Mapped[str] = mapped_column(sa.String(12), default="")
    # {"title": {…}, "summary": {…}, "audience": {…}, "outcomes": [{…}], "language": "id", "checked_on": "2026-11-21",
    #  "sections": [{"key", "title", "jp", "form"}]}, as in docs/modules.md
    about: Mapped[Json]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )
    # {name in the texts: address}, for instance {"figures/jalan.svg": "/media/…"}
    files: Mapped[Json] = mapped_column(default=dict)
    # Counts every change of the draft: an editor that saves over somebody else's change is told.
    edition: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    activities: Mapped[list[Activity]] = relationship(
        back_populates="module", lazy="raise_on_sql", order_by="Activity.position", cascade="all, delete-orphan"
    )
    revisions: WriteOnlyMapped[Revision] = relationship(back_populates="module", order_by="Revision.number")


class ActivityColumns:
    """What an activity is, in a draft and in a revision alike."""

    key: Mapped[str] = mapped_column(sa.String(60))
    type: Mapped[str] = mapped_column(sa.String(30))
    title: Mapped[str] = mapped_column(sa.String(120))
    section: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int]
    minutes: Mapped[int] = mapped_column(default=5)
    required: Mapped[bool] = mapped_column(default=True)
    requires: Mapped[list[Any]]
    tags: Mapped[list[Any]]
    sources: Mapped[list[Any]]
    checked_on: Mapped[dt.date | None]
    # The completion rule, see lms.progress.rules; None: the type's default.
    rule: Mapped[Any | None] = mapped_column(JSON)
    settings: Mapped[Json]
    # What the type made of the settings once, when they were saved (rendered Markdown, …).
    prepared: Mapped[Json]


ACTIVITY_FIELDS = (
    "key",
    "type",
    "title",
    "section",
    "position",
    "minutes",
    "required",
    "requires",
    "tags",
    "sources",
    "checked_on",
    "rule",
    "settings",
    "prepared",
)


class Activity(ActivityColumns, Base):
    """An activity of a module's draft."""

    __tablename__ = "activities"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"))
    # Stays in the draft and in exports, and is left out of revisions: learners never see it.
    hidden: Mapped[bool] = mapped_column(default=False)

    module: Mapped[Module] = relationship(back_populates="activities", lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("module_id", "key"), sa.CheckConstraint("minutes >= 0", "minutes_are_not_negative"))


class Revision(Base):
    """An immutable, numbered snapshot of a module."""

    __tablename__ = "revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"))
    number: Mapped[int]
    about: Mapped[Json]
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    digest: Mapped[str] = mapped_column(sa.String(64))
    published_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    published_by_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("authorship", retention="module", readable_by=("instructor",))
    )

    module: Mapped[Module] = relationship(back_populates="revisions", lazy="raise_on_sql")
    activities: Mapped[list[RevisionActivity]] = relationship(
        back_populates="revision", lazy="raise_on_sql", order_by="RevisionActivity.position"
    )

    __table_args__ = (sa.UniqueConstraint("module_id", "number"),)


class RevisionActivity(ActivityColumns, Base):
    """An activity as it was when its module was published. Never changed; `rule` and `prepared` are always filled in."""

    __tablename__ = "revision_activities"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey("revisions.id"))

    revision: Mapped[Revision] = relationship(back_populates="activities", lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("revision_id", "key"),)


class Cohort(Base):
    """A run of a course (angkatan). The number is an integer and shown in Roman; unique for course, year and organizer."""

    __tablename__ = "cohorts"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(sa.ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(sa.String(120))
    number: Mapped[int]
    year: Mapped[int]
    # Several cohorts that run together (gelombang), if they do.
    wave: Mapped[str] = mapped_column(sa.String(40), default="")
    organizer_unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"), index=True)
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    time_zone: Mapped[str] = mapped_column(sa.String(40))
    # Answers what learners without a group hand in.
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("who answers journals", retention="cohort", readable_by=("learner",))
    )
    # The course's as they were when the cohort began: what organizers change in the course later does not touch those who are on their way.
    grade_scale: Mapped[list[Any]] = mapped_column(default=list)
    absence_limits: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    course: Mapped[Course] = relationship(lazy="raise_on_sql")
    modules: Mapped[list[CohortModule]] = relationship(
        back_populates="cohort", lazy="raise_on_sql", order_by="CohortModule.position", cascade="all, delete-orphan"
    )
    groups: Mapped[list[Group]] = relationship(
        back_populates="cohort", lazy="raise_on_sql", order_by="Group.position", cascade="all, delete-orphan"
    )
    schedule: Mapped[list[ScheduleEntry]] = relationship(
        back_populates="cohort", lazy="raise_on_sql", order_by="ScheduleEntry.starts_at", cascade="all, delete-orphan"
    )
    enrolments: WriteOnlyMapped[Enrolment] = relationship(back_populates="cohort")

    __table_args__ = (
        sa.UniqueConstraint("course_id", "year", "organizer_unit_id", "number"),
        sa.CheckConstraint("number BETWEEN 1 AND 3999", "number_has_a_roman_numeral"),
        sa.CheckConstraint("ends_on >= starts_on", "it_ends_after_it_starts"),
    )


class CohortModule(Base):
    """A module in a cohort: the revision that is pinned, and when it opens and is due (local days of the cohort)."""

    __tablename__ = "cohort_modules"

    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True, index=True)
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey("revisions.id"), index=True)
    position: Mapped[int]
    required: Mapped[bool] = mapped_column(default=True)
    weight: Mapped[float] = mapped_column(default=1.0)
    opens_on: Mapped[dt.date | None]
    due_on: Mapped[dt.date | None]
    due_changed_at: Mapped[dt.datetime | None]
    # Ids of modules of the cohort that must be complete before this one opens.
    requires: Mapped[list[Any]] = mapped_column(default=list)

    cohort: Mapped[Cohort] = relationship(back_populates="modules", lazy="raise_on_sql")
    module: Mapped[Module] = relationship(lazy="raise_on_sql")
    revision: Mapped[Revision] = relationship(lazy="raise_on_sql")

    @validates("due_on")
    def _due_has_changed(self, _name: str, day: dt.date | None) -> dt.date | None:
        """Keep since when the due day is what it is: calendars ask."""
        if day != self.due_on:
            self.due_changed_at = utcnow()
        return day


class Group(Base):
    """A group (kelompok) of a cohort and the instructor who answers its journals."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int]
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), info=personal("who answers journals", retention="cohort", readable_by=("learner",))
    )

    cohort: Mapped[Cohort] = relationship(back_populates="groups", lazy="raise_on_sql")

    __table_args__ = (sa.UniqueConstraint("cohort_id", "name"),)


class ScheduleKind(enum.StrEnum):
    """What meets: a session in a room, one on the net, a field visit."""

    CLASSROOM = "classroom"
    ONLINE = "online"
    FIELD_VISIT = "field_visit"


class ScheduleEntry(Base):
    """A meeting of a cohort: place and time. Group None is for all."""

    __tablename__ = "schedule_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[int | None] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"))
    kind: Mapped[ScheduleKind]
    title: Mapped[str] = mapped_column(sa.String(120))
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    link: Mapped[str] = mapped_column(sa.String(300), default="")
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    # Where it takes place; empty: the cohort's.
    time_zone: Mapped[str] = mapped_column(sa.String(40), default="")
    capacity: Mapped[int | None]
    jp: Mapped[Decimal] = mapped_column(default=Decimal(0))
    # Calendars know it by `uid`; every change that they should show counts `sequence` (RFC 5545, 3.8.7.4).
    uid: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    cancelled_at: Mapped[dt.datetime | None]
    cancel_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    # Being there counts for this activity of the cohort's modules, if one is named.
    module_id: Mapped[int | None] = mapped_column(sa.ForeignKey("modules.id"), index=True)
    activity_key: Mapped[str] = mapped_column(sa.String(60), default="")

    cohort: Mapped[Cohort] = relationship(back_populates="schedule", lazy="raise_on_sql")

    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", "it_ends_after_it_starts"),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", "capacity_is_positive"),
        sa.CheckConstraint("jp >= 0", "jp_is_not_negative"),
        sa.Index("ix_schedule_entries_starts_at", "starts_at"),
    )


class EnrolmentState(enum.StrEnum):
    """Whether a person takes part."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


def _progress(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("self", "instructor", "supervisor", "organizer"))


class Enrolment(Base):
    """A person in a cohort, and the roll-up of their progress: a projection that `lms.progress` keeps and can rebuild."""

    __tablename__ = "enrolments"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id"), info=_progress("participation"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), info=_progress("participation"))
    group_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("groups.id", ondelete="SET NULL"), index=True, info=_progress("participation")
    )
    # The person's unit, kept here too so that a unit's progress is read without looking every person up (lms.people.services keeps it).
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), info=_progress("scope of supervisors"))
    state: Mapped[EnrolmentState] = mapped_column(default=EnrolmentState.ACTIVE, info=_progress("participation"))
    # Who withdrew by themselves may come back so; whom an organizer withdrew asks.
    left_freely: Mapped[bool] = mapped_column(default=False, info=_progress("participation"))
    enrolled_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_progress("participation"))

    required_count: Mapped[int] = mapped_column(default=0, info=_progress("progress"))
    done_count: Mapped[int] = mapped_column(default=0, info=_progress("progress"))
    waiting_count: Mapped[int] = mapped_column(default=0, info=_progress("progress"))
    # The earliest due day among required modules in which something is due from the learner; None when nothing is.
    next_due_on: Mapped[dt.date | None] = mapped_column(info=_progress("progress"))
    started_on: Mapped[dt.date | None] = mapped_column(info=_progress("progress"))
    active_on: Mapped[dt.date | None] = mapped_column(info=_progress("progress"))
    # Until when the learner has told that there is no signal where they are.
    no_signal_until: Mapped[dt.date | None] = mapped_column(info=_progress("progress"))
    sessions_held: Mapped[int] = mapped_column(default=0, info=_progress("attendance"))
    sessions_attended: Mapped[int] = mapped_column(default=0, info=_progress("attendance"))
    # The unit in whose figures the person is counted; follows `unit_id` in batches that are large enough (lms.supervision.rollups).
    counted_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id", ondelete="SET NULL"), info=_progress("figures of units"))
    completed_at: Mapped[dt.datetime | None] = mapped_column(info=_progress("progress"))
    # Where the learner was last: "module-key/activity-key#anchor". A convenience, not evidence.
    place: Mapped[str] = mapped_column(
        sa.String(200), default="", info=personal("continue where one left off", retention="cohort", readable_by=("self",))
    )

    cohort: Mapped[Cohort] = relationship(back_populates="enrolments", lazy="raise_on_sql")
    group: Mapped[Group | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        sa.UniqueConstraint("user_id", "cohort_id"),
        sa.CheckConstraint("done_count BETWEEN 0 AND required_count", "done_is_part_of_required"),
        sa.Index("ix_enrolments_cohort_due", "cohort_id", "next_due_on"),
        sa.Index("ix_enrolments_cohort_done", "cohort_id", "done_count"),
        sa.Index("ix_enrolments_unit_cohort", "unit_id", "cohort_id"),
        sa.Index("ix_enrolments_counted", "counted_unit_id"),
    )
