"""Visits of a cohort, who goes along, who was there, what people agreed to, and sealed photos.

Nothing here holds the name of a citizen: the paper with the name stays with the host, a consent keeps its number.
"""

from __future__ import annotations

import datetime as dt
import enum
import secrets
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courses.visits.codes import Side
from lms.api import Base, Json, personal, utcnow, uuid_key

MOST_MEMBERS = 5
STAFF = ("self", "instructor", "organizer")


def _contact() -> Json:
    return personal("reach the host and help in an emergency", retention="12 months after the visit", readable_by=("members", *STAFF[1:]))


def _part(purpose: str) -> Json:
    return personal(purpose, retention="training record", readable_by=STAFF)


def _photo(purpose: str) -> Json:
    return personal(purpose, retention="90 days after the visit, or less", readable_by=("self", "assessor"))


class VisitState(enum.StrEnum):
    """How far a visit is."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"  # the host has agreed in writing and the safety sheet is complete
    DONE = "done"
    CANCELLED = "cancelled"


class VisitRole(enum.StrEnum):
    """What a member does there."""

    INTERVIEWER = "interviewer"
    NOTE_TAKER = "note_taker"
    COMPANION = "companion"
    LIAISON = "liaison"
    OBSERVER = "observer"


class Visit(Base):
    """One visit of at most five learners to one host, for one activity."""

    __tablename__ = "courses_visits"

    id: Mapped[uuid.UUID] = uuid_key()
    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), index=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), index=True)
    activity_key: Mapped[str] = mapped_column(sa.String(60))
    schedule_entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("schedule_entries.id", ondelete="SET NULL"), index=True)
    state: Mapped[VisitState] = mapped_column(default=VisitState.PLANNED)
    host: Mapped[str] = mapped_column(sa.String(120))
    contact_role: Mapped[str] = mapped_column(sa.String(120), default="", info=_contact())
    contact_phone: Mapped[str] = mapped_column(sa.String(30), default="", info=_contact())
    purpose: Mapped[str] = mapped_column(sa.Text, default="")
    limits: Mapped[str] = mapped_column(sa.Text, default="")
    agreement: Mapped[str] = mapped_column(sa.String(120), default="")
    agreed_on: Mapped[dt.date | None]
    meeting_point: Mapped[str] = mapped_column(sa.String(200), default="")
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    transport: Mapped[str] = mapped_column(sa.Text, default="")
    language_help: Mapped[str] = mapped_column(sa.String(200), default="")
    risks: Mapped[str] = mapped_column(sa.Text, default="")
    clinic: Mapped[str] = mapped_column(sa.String(200), default="")
    clinic_phone: Mapped[str] = mapped_column(sa.String(30), default="")
    emergency_phone: Mapped[str] = mapped_column(sa.String(30), default="112")
    escort: Mapped[str] = mapped_column(sa.String(120), default="", info=_contact())
    escort_phone: Mapped[str] = mapped_column(sa.String(30), default="", info=_contact())
    support: Mapped[str] = mapped_column(sa.String(120), default="")
    support_phone: Mapped[str] = mapped_column(sa.String(30), default="")
    # Codes and keys of the check-in are made from it; it goes to the phones of who leads, and nowhere else.
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary(32), default=lambda: secrets.token_bytes(32))
    # Minutes of the talk afterwards: {"surprise", "works", "next"}, written by the facilitator for all.
    debrief: Mapped[Json] = mapped_column(default=dict)
    told: Mapped[str] = mapped_column(sa.Text, default="")
    told_by: Mapped[str] = mapped_column(sa.String(120), default="", info=_part("who told the host what came of it"))
    told_on: Mapped[dt.date | None]
    tell_by: Mapped[dt.date]
    # Why it does not take place, for its members; and how often they were told of a change, as calendars count it.
    cancel_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)

    members: Mapped[list[VisitMember]] = relationship(
        back_populates="visit", lazy="raise_on_sql", order_by="VisitMember.seat", cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (sa.CheckConstraint("ends_at > starts_at", "it_ends_after_it_starts"),)


class VisitMember(Base):
    """A learner who goes along. Seats are numbered from 1 to 5, so that no race makes a sixth."""

    __tablename__ = "courses_visit_members"

    id: Mapped[uuid.UUID] = uuid_key()
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("courses_visits.id", ondelete="CASCADE"), info=_part("who goes along"))
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_part("who goes along"))
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_part("who goes along"))
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_part("who goes along"))
    seat: Mapped[int] = mapped_column(info=_part("who goes along"))
    role: Mapped[VisitRole] = mapped_column(info=_part("who does what"))

    visit: Mapped[Visit] = relationship(back_populates="members", lazy="raise_on_sql")

    __table_args__ = (
        sa.UniqueConstraint("visit_id", "seat"),
        sa.UniqueConstraint("enrolment_id", "module_id", "activity_key"),
        sa.CheckConstraint(f"seat BETWEEN 1 AND {MOST_MEMBERS}", "at_most_five_go"),
    )


class CheckInNote(Base):
    """One side's word that a member is there. The id is made of member, side and code: a second copy is the same row."""

    __tablename__ = "courses_visit_notes"

    id: Mapped[uuid.UUID] = uuid_key()
    member_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_visit_members.id", ondelete="CASCADE"), index=True, info=_part("attendance")
    )
    side: Mapped[Side] = mapped_column(info=_part("attendance"))
    code: Mapped[str] = mapped_column(sa.String(6), info=_part("attendance"))
    moment: Mapped[dt.datetime] = mapped_column(info=_part("attendance"))
    received_at: Mapped[dt.datetime] = mapped_column(info=_part("accountability"))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"), info=_part("accountability"))


class ConsentKind(enum.StrEnum):
    """What a citizen agrees to."""

    NOTES = "notes"
    PHOTO_WITHOUT_FACE = "photo_without_face"
    PHOTO_WITH_FACE = "photo_with_face"
    VOICE = "voice"
    PUBLICATION = "publication"


class GivenBy(enum.StrEnum):
    """Who agrees."""

    SELF = "self"
    GUARDIAN = "guardian"


class Relation(enum.StrEnum):
    """What the one who agrees is to the person: a closed list, so that no name can stand here."""

    SELF = "self"
    PARENT = "parent"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    OTHER_FAMILY = "other_family"
    INSTITUTION = "institution"


class Witness(enum.StrEnum):
    """Who was there when it was said: a role, never a name."""

    ESCORT = "escort"
    VILLAGE_OFFICER = "village_officer"
    HEALTH_WORKER = "health_worker"
    TEACHER = "teacher"
    CAREGIVER = "caregiver"
    NEIGHBOUR = "neighbour"


class ConsentForm(enum.StrEnum):
    """How it was given."""

    ORAL_WITNESSED = "oral_witnessed"
    WRITTEN = "written"


class Consent(Base):
    """What somebody agreed to, without their name; the paper with the name stays with the host, under this number."""

    __tablename__ = "courses_consents"

    id: Mapped[uuid.UUID] = uuid_key()
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("courses_visits.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ConsentKind]
    given_by: Mapped[GivenBy]
    relation: Mapped[Relation]
    witness: Mapped[Witness]
    form: Mapped[ConsentForm]
    paper_number: Mapped[str] = mapped_column(sa.String(30))
    language: Mapped[str] = mapped_column(sa.String(20))
    text_version: Mapped[int]
    given_on: Mapped[dt.date]
    expires_on: Mapped[dt.date | None]
    withdrawn_on: Mapped[dt.date | None]

    __table_args__ = (
        sa.UniqueConstraint("visit_id", "paper_number", "kind"),
        sa.CheckConstraint("expires_on IS NULL OR expires_on >= given_on", "it_expires_after_it_was_given"),
        sa.CheckConstraint("(given_by = 'self') = (relation = 'self')", "who_agrees_for_themselves"),
    )


class PhotoShows(enum.StrEnum):
    """What is on a photo."""

    NO_FACE = "no_face"
    ADULT_FACE = "adult_face"
    CHILD_FACE = "child_face"


class Photo(Base):
    """A photo under a consent. Its bytes are sealed with its author's key and lie in a file that is named by their digest."""

    __tablename__ = "courses_visit_photos"

    id: Mapped[uuid.UUID] = uuid_key()
    visit_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_visits.id", ondelete="CASCADE"), index=True, info=_photo("what was seen")
    )
    consent_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("courses_consents.id", ondelete="CASCADE"), index=True, info=_photo("what allows it")
    )
    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"), index=True, info=_photo("whose photo it is")
    )
    author_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_photo("whose photo it is")
    )
    digest: Mapped[str] = mapped_column(sa.String(64), index=True, info=_photo("where the sealed bytes are"))
    size: Mapped[int] = mapped_column(info=_photo("where the sealed bytes are"))
    shows: Mapped[PhotoShows] = mapped_column(info=_photo("what allows it"))
    added_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_photo("when it was added"))
    expires_on: Mapped[dt.date] = mapped_column(info=_photo("when it is deleted"))

    consent: Mapped[Consent] = relationship(lazy="raise_on_sql")


class GoneWhy(enum.StrEnum):
    """Why a photo is gone."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REMOVED = "removed"  # by its author


class GonePhoto(Base):
    """The id of a photo that was deleted: a late upload cannot bring it back."""

    __tablename__ = "courses_gone_photos"

    id: Mapped[uuid.UUID] = uuid_key()
    visit_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("courses_visits.id", ondelete="CASCADE"), index=True)
    why: Mapped[GoneWhy]
    gone_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
