"""Reads of the counts. `first` limits them to first attempts; otherwise first and later ones are added up."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lms.api import Activity
from quizzes.statistics.models import AnswerCount, PairCount, TimeCount, TotalCount

Counts = type[PairCount] | type[TotalCount] | type[AnswerCount] | type[TimeCount]


def pairs(module_id: int, activity_key: str, *, first: bool) -> sa.Select[Any]:
    """Return the joint distribution of every item's share and the rest."""
    key = (PairCount.item_id, PairCount.version_id, PairCount.x, PairCount.rest, PairCount.maximum)
    return _counted(PairCount, module_id, activity_key, first, *key).order_by(*key)


def totals(module_id: int, activity_key: str, *, first: bool) -> sa.Select[Any]:
    """Return the distribution of totals."""
    return _counted(TotalCount, module_id, activity_key, first, TotalCount.total, TotalCount.maximum, TotalCount.asked)


def answers(module_id: int, activity_key: str, *, first: bool) -> sa.Select[Any]:
    """Return every answer with its count, and the sums of what it earned and of the rest."""
    statement = _counted(AnswerCount, module_id, activity_key, first, AnswerCount.version_id, AnswerCount.part, AnswerCount.answer)
    return statement.add_columns(
        sa.cast(sa.func.sum(AnswerCount.sum_share), sa.BigInteger),
        sa.cast(sa.func.sum(AnswerCount.rest * AnswerCount.count), sa.BigInteger),
    )


def answers_with_rest(module_id: int, activity_key: str, version_id: int, *, first: bool) -> sa.Select[Any]:
    """Return the answers to one version by the points on the other items: part, answer, rest, count."""
    statement = _counted(AnswerCount, module_id, activity_key, first, AnswerCount.part, AnswerCount.answer, AnswerCount.rest)
    return statement.where(AnswerCount.version_id == version_id)


def times(module_id: int, activity_key: str, *, first: bool) -> sa.Select[Any]:
    """Return how long every version took."""
    return _counted(TimeCount, module_id, activity_key, first, TimeCount.version_id, TimeCount.seconds)


def quiz_title(module_id: int, activity_key: str) -> sa.Select[Any]:
    """Return the title of a quiz in a module's draft."""
    return sa.select(Activity.title).where(Activity.module_id == module_id, Activity.key == activity_key, Activity.type == "quiz")


def _counted(table: Counts, module_id: int, activity_key: str, first: bool, *key: Any) -> sa.Select[Any]:
    """Return a key with how many attempts have it."""
    count = sa.cast(sa.func.sum(table.count), sa.BigInteger)
    statement = sa.select(*key, count).where(table.module_id == module_id, table.activity_key == activity_key).group_by(*key)
    if first:
        statement = statement.where(table.first.is_(True))
    return statement.having(count > 0)
