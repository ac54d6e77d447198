"""What was read of a document, between the outline that is shown and the lessons that it becomes."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, uuid_key


def _info() -> dict[str, Any]:
    return personal("first draft from a document", retention="1 day", readable_by=("self",))


class Brought(Base):
    """A document as it was read; its owner alone sees it, for a day.

    `content` is `{"title": …, "left": […], "chapters": [{"title": …, "lessons": [{"title": …, "text": Markdown}]}]}`. `pictures` holds
    them in Base64 by the names that the texts use.
    """

    __tablename__ = "courses_brought"

    id: Mapped[uuid.UUID] = uuid_key()
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_info())
    name: Mapped[str] = mapped_column(sa.String(200), info=_info())
    content: Mapped[Json] = mapped_column(info=_info())
    pictures: Mapped[Json] = mapped_column(deferred=True, info=_info())
    expires_at: Mapped[dt.datetime] = mapped_column(index=True, info=_info())
