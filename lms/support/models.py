"""The list of support services. Nothing here is about anybody who looks at it: no bookings, no counts, no flags."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class SupportService(Base):
    """One service: what it is for, how to reach it, what it keeps to itself, who runs it. Texts are in the language of the site."""

    __tablename__ = "support_services"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(sa.String(120))
    purpose: Mapped[str] = mapped_column(sa.String(300))
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    extension: Mapped[str] = mapped_column(sa.String(60), default="")
    hours: Mapped[str] = mapped_column(sa.String(120), default="")
    confidentiality: Mapped[str] = mapped_column(sa.String(300), default="")
    run_by: Mapped[str] = mapped_column(sa.String(160), default="")
    # When somebody of this site last called the number; None: nobody has yet.
    checked_on: Mapped[dt.date | None]

    @property
    def dial(self) -> str:
        """Return the number as a telephone dials it."""
        return "".join(sign for sign in self.phone if sign.isdigit() or sign == "+")
