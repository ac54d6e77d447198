"""The mail outbox: written with the transaction that causes a mail, sent by a worker, once."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Json, personal, utcnow, uuid_key


def _mail(purpose: str) -> Json:
    return personal(purpose, retention="90 days", readable_by=("admin",))


class Mail(Base):
    """One mail. Its text never holds what somebody wrote in confidence: mails carry a sentence and a link."""

    __tablename__ = "mails"

    id: Mapped[uuid.UUID] = uuid_key()
    # The same occasion for the same person is one mail.
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_mail("notice"))
    subject: Mapped[str] = mapped_column(sa.String(200), info=_mail("notice"))
    body: Mapped[str] = mapped_column(sa.Text, info=_mail("notice"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow)
    sent_at: Mapped[dt.datetime | None]
