"""What was read of a file of questions, between the report and the import."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, uuid_key


def _info() -> dict[str, Any]:
    return personal("import of questions", retention="1 day", readable_by=("self",))


class Import(Base):
    """A file as it was read; its owner alone sees it, for a day.

    `content` is `{"lines": […]}`, each question with what there is to say and to do about it (quizzes.bank.imports.Line). `pictures` holds
    them by name in Base64. `done` says what the import did; None before it.
    """

    __tablename__ = "quizzes_imports"

    id: Mapped[uuid.UUID] = uuid_key()
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), index=True, info=_info())
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_info())
    name: Mapped[str] = mapped_column(sa.String(200), info=_info())
    format: Mapped[str] = mapped_column(sa.String(30), info=_info())
    content: Mapped[Json] = mapped_column(info=_info())
    pictures: Mapped[Json] = mapped_column(deferred=True, info=_info())
    done: Mapped[Json | None] = mapped_column(info=_info())
    expires_at: Mapped[dt.datetime] = mapped_column(index=True, info=_info())
