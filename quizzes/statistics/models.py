"""What attempts tell about questions, as counts. No row says who: everything is added up when an attempt is marked.

Shares are kept in ten-thousandths, points in ten-thousandths of a point: whole numbers, so that adding and taking away is exact. `first`
tells first attempts from later ones; both together are all attempts.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base


def _module() -> Mapped[int]:
    return mapped_column(sa.ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True)


def _activity() -> Mapped[str]:
    return mapped_column(sa.String(60), primary_key=True)


def _points() -> Mapped[int]:
    return mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)


def _version() -> Mapped[int]:
    return mapped_column(sa.ForeignKey("quizzes_item_versions.id", ondelete="CASCADE"), primary_key=True)


class PairCount(Base):
    """How many attempts earned the share `x` on an item while the other items together gave `rest` points."""

    __tablename__ = "quizzes_stat_pairs"

    module_id: Mapped[int] = _module()
    activity_key: Mapped[str] = _activity()
    first: Mapped[bool] = mapped_column(primary_key=True)
    version_id: Mapped[int] = _version()
    x: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rest: Mapped[int] = _points()
    maximum: Mapped[int] = _points()  # what the item weighs
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("quizzes_items.id", ondelete="CASCADE"))
    count: Mapped[int]


class TotalCount(Base):
    """How many attempts got so many points of so many, for so many marked items."""

    __tablename__ = "quizzes_stat_totals"

    module_id: Mapped[int] = _module()
    activity_key: Mapped[str] = _activity()
    first: Mapped[bool] = mapped_column(primary_key=True)
    total: Mapped[int] = _points()
    maximum: Mapped[int] = _points()
    asked: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


class AnswerCount(Base):
    """How many attempts answered a part of an item so, while the other items together gave `rest` points."""

    __tablename__ = "quizzes_stat_answers"

    module_id: Mapped[int] = _module()
    activity_key: Mapped[str] = _activity()
    first: Mapped[bool] = mapped_column(primary_key=True)
    version_id: Mapped[int] = _version()
    part: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    answer: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    rest: Mapped[int] = _points()
    count: Mapped[int]
    sum_share: Mapped[int] = mapped_column(sa.BigInteger)


class TimeCount(Base):
    """How many attempts took so long for an item: `seconds` is the lower bound of a bucket (formulas.TIME_BOUNDS)."""

    __tablename__ = "quizzes_stat_times"

    module_id: Mapped[int] = _module()
    activity_key: Mapped[str] = _activity()
    first: Mapped[bool] = mapped_column(primary_key=True)
    version_id: Mapped[int] = _version()
    seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
