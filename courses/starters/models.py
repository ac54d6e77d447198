"""Templates that people have made of their activities."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal, utcnow


def _info() -> dict[str, Any]:
    return personal("authorship of a template", retention="account", readable_by=("self", "instructor"))


class Template(Base):
    """An activity that somebody has kept as a beginning for others; with `unit_id` the people of that unit may use it too."""

    __tablename__ = "courses_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True, info=_info())
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id", ondelete="SET NULL"), index=True, info=_info())
    title: Mapped[str] = mapped_column(sa.String(120), info=_info())
    type: Mapped[str] = mapped_column(sa.String(30), info=_info())
    minutes: Mapped[int] = mapped_column(info=_info())
    data: Mapped[Json] = mapped_column(info=_info())  # {"tags": [...], "rule": …, "settings": as an export holds them}
    made_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info=_info())
