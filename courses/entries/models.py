"""What learners write in private: visits and journals. Texts are sealed; everything in the clear says only that something was written.

Made for phones without signal: a device names its changes and says on top of what each was made, so that they can come late, twice and in any
order, and what was edited in two places is kept twice (docs/offline.md).
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courses.entries.audience import OPEN, Audience
from courses.entries.kember import HALVES
from lms.api import Base, Json, Timeliness, personal, utcnow, uuid_key


def _status(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=("self", "assessor"))


def _confidential() -> Json:
    return personal(
        "reflection",
        retention="for others 12 months after hand-in, drafts 90 days after the cohort",
        readable_by=("self", "assessor"),
        kind="confidential",
    )


class EntryKind(enum.StrEnum):
    """What is written: the record of a visit, or a journal."""

    VISIT = "field_visit"
    JOURNAL = "journal"


class EntryState(enum.StrEnum):
    """Where an entry stands. A draft can be open beside a version that was handed in: that is the free revision."""

    DRAFT = "draft"
    HANDED_IN = "handed_in"
    ANSWERED = "answered"


class Entry(Base):
    """One learner's writing for one activity."""

    __tablename__ = "courses_entries"

    id: Mapped[uuid.UUID] = uuid_key()
    kind: Mapped[EntryKind] = mapped_column(info=_status("status"))
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_status("status"))
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_status("status"))
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_status("status"))
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_status("status"))
    # Set when handing in: the one person who may read.
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_status("who may read"))
    state: Mapped[EntryState] = mapped_column(default=EntryState.DRAFT, info=_status("status"))
    # Keys of the ethics checklist that the learner has ticked.
    ticks: Mapped[list[str]] = mapped_column(sa.JSON, default=list, info=_status("ethics gate"))
    ticked_at: Mapped[dt.datetime | None] = mapped_column(info=_status("ethics gate"))
    happened_on: Mapped[dt.date | None] = mapped_column(info=_status("day of the visit"))
    # {section: Audience} as the learner has chosen while writing; a section without one goes to the assessor.
    audiences: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict, info=_status("who may read"))
    # Drawn by lot among the entries of its activity in the cohort: the number under which instructors see it.
    number: Mapped[int | None] = mapped_column(info=_status("marking without a name"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))
    handed_in_at: Mapped[dt.datetime | None] = mapped_column(info=_status("status"))
    promised_on: Mapped[dt.date | None] = mapped_column(info=_status("when an answer is promised"))

    drafts: Mapped[list[Draft]] = relationship(
        back_populates="entry", lazy="raise_on_sql", order_by="(Draft.saved_at.desc(), Draft.head)", cascade="all, delete-orphan"
    )
    versions: Mapped[list[Version]] = relationship(
        back_populates="entry", lazy="raise_on_sql", order_by="Version.number", cascade="all, delete-orphan"
    )

    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "module_id", "activity_key"),
        sa.Index("ix_courses_entries_queue", "assessor_id", "state", "promised_on"),
    )

    @property
    def code(self) -> str:
        """Return the code under which instructors see the entry: no name stands beside the text."""
        return f"J-{self.number or 0:03d}"

    @property
    def revisable(self) -> bool:
        """Tell whether another version may be written: one revision is free, and a correction for ethics does not count."""
        if not self.versions:
            return True
        feedback = self.versions[-1].feedback
        return feedback is not None and (len(self.versions) == 1 or feedback.ethics)


class Change(Base):
    """One change of a text, on top of which others it was made. Never changed itself: together they are the history of the entry."""

    __tablename__ = "courses_changes"

    # Made by the device: its name and a number that it counts up. Sent twice it is the same change.
    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, info=_status("idempotency"))
    entry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("courses_entries.id", ondelete="CASCADE"), index=True, info=_status("status"))
    parents: Mapped[list[Any]] = mapped_column(info=_status("tell two devices apart"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_confidential())
    made_at: Mapped[dt.datetime] = mapped_column(info=_status("status"))
    received_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))


class Draft(Base):
    """A text that nothing was written on top of yet. Usually there is one; two when an entry was edited in two places, until they are joined."""

    __tablename__ = "courses_drafts"

    entry_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_entries.id", ondelete="CASCADE"), primary_key=True, info=_status("status")
    )
    head: Mapped[str] = mapped_column(sa.String(32), primary_key=True, info=_status("status"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_confidential())
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))

    entry: Mapped[Entry] = relationship(back_populates="drafts", lazy="raise_on_sql")


class Version(Base):
    """What was handed in. Its words are never changed; a revision is another version."""

    __tablename__ = "courses_versions"

    id: Mapped[uuid.UUID] = uuid_key()
    entry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("courses_entries.id", ondelete="CASCADE"), info=_status("status"))
    number: Mapped[int] = mapped_column(info=_status("status"))
    head: Mapped[str] = mapped_column(sa.String(32), info=_status("idempotency"))  # the change that was handed in
    parts: Mapped[int] = mapped_column(info=_status("how many sections there are, read or not"))
    words: Mapped[int] = mapped_column(info=_status("completion"))
    receipt: Mapped[str] = mapped_column(sa.String(12), info=_status("proof"))
    # The moment of the act, on the author's device; received_at is when it reached us, and timeliness what that means for the due day.
    handed_in_at: Mapped[dt.datetime] = mapped_column(info=_status("status"))
    received_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("accountability"))
    timeliness: Mapped[Timeliness] = mapped_column(default=Timeliness.ON_TIME, info=_status("due day"))
    # The device's last contact before: it was surely not handed in earlier. For the person who decides what the clock cannot.
    not_before: Mapped[dt.datetime | None] = mapped_column(info=_status("due day"))

    entry: Mapped[Entry] = relationship(back_populates="versions", lazy="raise_on_sql")
    sections: Mapped[list[Section]] = relationship(back_populates="version", lazy="raise_on_sql", cascade="all, delete-orphan")
    feedback: Mapped[Feedback | None] = relationship(back_populates="version", lazy="raise_on_sql", cascade="all, delete-orphan")

    __table_args__ = (sa.UniqueConstraint("entry_id", "number"), sa.UniqueConstraint("entry_id", "head"))

    @property
    def open(self) -> bool:
        """Tell whether anybody but the author may read any of it."""
        return any(section.audience in OPEN for section in self.sections)

    @property
    def kept_back(self) -> int:
        """Return how many of the sections stay with the author, for a reader who was not even given them."""
        return self.parts - sum(section.audience in OPEN for section in self.sections)


class Section(Base):
    """One section of a version, sealed alone: what a reader may not see is not decrypted for them."""

    __tablename__ = "courses_sections"

    version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_versions.id", ondelete="CASCADE"), primary_key=True, info=_status("status")
    )
    key: Mapped[str] = mapped_column(sa.String(60), primary_key=True, info=_status("status"))
    audience: Mapped[Audience] = mapped_column(info=_status("who may read"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_confidential())

    version: Mapped[Version] = relationship(back_populates="sections", lazy="raise_on_sql")


class Feedback(Base):
    """An instructor's answer to one version, sealed with the author's key: it speaks of their text."""

    __tablename__ = "courses_feedback"

    version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_versions.id", ondelete="CASCADE"), primary_key=True, info=_status("status")
    )
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_status("status"))
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary, info=_confidential())
    accepted: Mapped[bool] = mapped_column(info=_status("result"))
    # Somebody can be recognised, or a photo has no consent: it goes back, without a level.
    ethics: Mapped[bool] = mapped_column(default=False, info=_status("result"))
    level: Mapped[int | None] = mapped_column(info=_status("depth of reflection, in halves"))  # courses.entries.kember
    given_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))

    version: Mapped[Version] = relationship(back_populates="feedback", lazy="raise_on_sql")

    __table_args__ = (
        sa.CheckConstraint(f"level BETWEEN {HALVES[0]} AND {HALVES[-1]}", "level_is_on_the_scale"),
        sa.CheckConstraint("NOT (ethics AND (accepted OR level IS NOT NULL))", "ethics_come_before_a_level"),
    )


class AnswerDraft(Base):
    """An answer that is half written, sealed with the key of the instructor who writes it; gone when it is given."""

    __tablename__ = "courses_answer_drafts"

    version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_versions.id", ondelete="CASCADE"), primary_key=True, info=_status("status")
    )
    assessor_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True, info=_status("status")
    )
    sealed: Mapped[bytes] = mapped_column(
        sa.LargeBinary, info=personal("answer in writing", retention="until it is given", readable_by=("assessor",), kind="confidential")
    )
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("status"))


class Opinion(Base):
    """The level that a second instructor gave a version without seeing the first: it does not count, it keeps levels comparable.

    Without a level they have opened the text and not decided yet; nobody else is asked meanwhile.
    """

    __tablename__ = "courses_opinions"

    version_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_versions.id", ondelete="CASCADE"), primary_key=True, info=_status("calibration")
    )
    assessor_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL"), index=True, info=_status("calibration")
    )
    level: Mapped[int | None] = mapped_column(info=_status("calibration"))
    opened_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_status("calibration"))

    __table_args__ = (sa.CheckConstraint(f"level BETWEEN {HALVES[0]} AND {HALVES[-1]}", "opinion_is_on_the_scale"),)
