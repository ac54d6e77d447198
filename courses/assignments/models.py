"""What an instructor chose in the rubric, and texts that are not handed in yet. Attempt, score and feedback are the kernel's."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow, uuid_key


def _marks() -> Json:
    return personal("assessment", retention="24 months", readable_by=("self", "assessor"))


class Marking(Base):
    """The rubric of one version, filled in: the key of each criterion with its level, `1` to `4`, of a gate `kept` or `broken`."""

    __tablename__ = "courses_markings"

    attempt_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("attempts.id", ondelete="CASCADE"), primary_key=True, info=_marks())
    levels: Mapped[Json] = mapped_column(info=_marks())
    # What was said to single parts: {key of a part: text}. What is said to the whole is the attempt's feedback.
    remarks: Mapped[Json] = mapped_column(default=dict, server_default="{}", info=_marks())


def _draft() -> Json:
    return personal("writing an assignment", retention="90 days after the cohort", readable_by=("self",))


class TextDraft(Base):
    """A text that is being written and not handed in: one row for each window that writes on a state of its own.

    `device` and `turn` name the state: a window counts up with each save. Whoever saves on top of that state, or is that window, goes on with
    the row; anybody else gets a row beside it, so two devices never overwrite one another.
    """

    __tablename__ = "courses_text_drafts"

    id: Mapped[uuid.UUID] = uuid_key()
    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), info=_draft())
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), info=_draft())
    activity_key: Mapped[str] = mapped_column(sa.String(60), info=_draft())
    device: Mapped[str] = mapped_column(sa.String(24), info=_draft())
    turn: Mapped[int] = mapped_column(info=_draft())
    # Which version it is to become, from 1: what arrives after its version was handed in stays beside.
    version: Mapped[int] = mapped_column(info=_draft())
    texts: Mapped[Json] = mapped_column(info=_draft())
    saved_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_draft())

    __table_args__ = (sa.UniqueConstraint("enrolment_id", "module_id", "activity_key", "device"),)

    @property
    def mark(self) -> str:
        """Return the name of the state."""
        return f"{self.device}.{self.turn}"
