"""Who coaches, mentors and examines a person in a cohort, from … to …."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal
from lms.people.roles import Role

_APART = "role IN ('coach', 'examiner')"


def _guidance(purpose: str) -> Json:
    return personal(purpose, retention="cohort", readable_by=("self", "instructor", "organizer"))


class Guidance(Base):
    """One person's coach, mentor or examiner (pembimbing, mentor, penguji). Whoever coaches somebody never examines them, at no time."""

    __tablename__ = "guidance"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_guidance("guidance"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_guidance("guidance"))
    role: Mapped[Role] = mapped_column(info=_guidance("guidance"))
    valid_from: Mapped[dt.date] = mapped_column(info=_guidance("validity"))
    valid_to: Mapped[dt.date | None] = mapped_column(info=_guidance("validity"))
    # The first day ever: who comes back after somebody else has a new `valid_from`, and has guided before all the same.
    first_on: Mapped[dt.date] = mapped_column(info=_guidance("validity"))

    __table_args__ = (
        sa.UniqueConstraint("enrolment_id", "role", "user_id"),
        sa.CheckConstraint("role IN ('coach', 'mentor', 'examiner')", "it_is_a_role_that_guides"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "it_ends_after_it_starts"),
        sa.CheckConstraint("first_on <= valid_from", "the_first_day_is_not_later"),
        # One row for each pair of persons among these two roles: the database itself keeps coach and examiner apart.
        sa.Index(
            "uq_guidance_coach_is_not_examiner",
            "enrolment_id",
            "user_id",
            unique=True,
            sqlite_where=sa.text(_APART),
            postgresql_where=sa.text(_APART),
        ),
    )
