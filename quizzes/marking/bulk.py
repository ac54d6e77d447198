"""Many attempts read at once: as many statements for a thousand as for one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from lms.api import Attempt, body, db, read
from quizzes.attempts.models import Step
from quizzes.attempts.questions import Question, assemble, standing_of, way_of
from quizzes.items.services import Asked, asked
from quizzes.marking.models import ItemMark

AT_ONCE = 500  # attempts of one statement

_ids = sa.bindparam("ids", expanding=True, type_=sa.Uuid())
_STEPS = (
    sa.select(
        Step.attempt_id, Step.slot, Step.sequence, Step.action, Step.response, Step.flagged, Step.certainty, Step.saved_at, Step.receipt
    )
    .where(Step.attempt_id.in_(_ids))
    .order_by(Step.attempt_id, Step.sequence)
)
_newest = (
    sa.select(sa.func.max(ItemMark.id).label("id"), sa.func.count().label("times"))
    .where(ItemMark.attempt_id.in_(_ids), ItemMark.second.is_(False))
    .group_by(ItemMark.attempt_id, ItemMark.slot)
    .subquery()
)
_MARKS = sa.select(
    ItemMark.attempt_id,
    ItemMark.slot,
    ItemMark.version_id,
    ItemMark.share,
    ItemMark.comment,
    ItemMark.levels,
    ItemMark.actor_id,
    _newest.c.times,
).join(_newest, _newest.c.id == ItemMark.id)


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt with everything that was done in it, ready to be looked at by any version of its items."""

    attempt: Attempt
    way: str
    steps: Mapping[int, Sequence[Any]]
    marks: Mapping[int, Any]
    known: Mapping[int, Asked]

    def asked_item(self, slot: int) -> Asked:
        """Return the version that was asked in a slot (a number from 1)."""
        return self.known[self.attempt.variant["slots"][slot - 1]["version"]]

    def questions(self) -> list[Question]:
        """Return the questions with their marks, each by the version that its mark is of."""
        return assemble(self.attempt.variant, self.way, self.steps, self.marks, self.known)

    def as_by(self, question: Question, item: Asked) -> Question:
        """Return a question as another version of its item sees what was answered."""
        steps = self.steps.get(question.number, ())
        return replace(question, item=item, standing=standing_of(self.way, steps, item, question.variant))


def held(attempts: Iterable[Attempt], more_versions: Iterable[int] = ()) -> list[Held]:
    """Return attempts with their steps and marks: three statements for each 500, whatever is in them, and one for each revision."""
    found: list[Held] = []
    attempts = list(attempts)
    ways = {(one.revision_id, one.activity_key): "" for one in attempts}
    for place in ways:
        ways[place] = way_of(body(*place).settings)
    for start in range(0, len(attempts), AT_ONCE):
        found += _some(attempts[start : start + AT_ONCE], ways, set(more_versions))
    return found


def _some(attempts: Sequence[Attempt], ways: Mapping[tuple[int, str], str], versions: set[int]) -> list[Held]:
    ids = {"ids": [attempt.id for attempt in attempts]}
    steps: dict[uuid.UUID, dict[int, list[Any]]] = {attempt.id: {} for attempt in attempts}
    marks: dict[uuid.UUID, dict[int, Any]] = {attempt.id: {} for attempt in attempts}
    for row in read(_STEPS, ids):
        steps[row.attempt_id].setdefault(row.slot, []).append(row)
    for row in read(_MARKS, ids):
        marks[row.attempt_id][row.slot] = row
        versions.add(row.version_id)
    versions |= {slot["version"] for attempt in attempts for slot in attempt.variant["slots"]}
    known = asked(versions)
    return [
        Held(attempt, ways[attempt.revision_id, attempt.activity_key], steps[attempt.id], marks[attempt.id], known) for attempt in attempts
    ]


def attempts_by_id(ids: Sequence[uuid.UUID], *, lock: bool = False) -> list[Attempt]:
    """Return attempts in the order of their ids; with `lock` nobody else writes their marks until the transaction ends."""
    statement = sa.select(Attempt).where(Attempt.id.in_(ids)).order_by(Attempt.id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(statement))
