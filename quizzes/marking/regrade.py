"""Marking anew. Pure: attempts, and by which version each item is to be marked, in; what would change out."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lms.api import half_up
from quizzes.attempts.questions import Question
from quizzes.items.services import Asked
from quizzes.marking.bulk import Held
from quizzes.marking.services import SAME, Given, score_of, share_of, waiting, with_marks

ASKED, NEWEST = "asked", "newest"
Choice = Mapping[int, str]  # {item's id: ASKED or NEWEST}


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose mark would change: its share of the points before and after, by which version."""

    slot: int
    label: int  # the question's number as its learner sees it
    item: Asked
    points: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Changed:
    """An attempt in which something would change. `before` and `after` are totals in percent, None while a person must look."""

    attempt_id: uuid.UUID
    enrolment_id: int
    number: int
    changes: tuple[Change, ...]
    before: float | None
    after: float | None


@dataclass(slots=True)
class Plan:
    """What marking anew would do: what changes, and what is left alone and why."""

    changed: list[Changed] = field(default_factory=list)
    looked_at: int = 0  # attempts
    by_person: int = 0  # marks by people, which stay
    not_comparable: int = 0  # answers that the newest version cannot mark

    @property
    def questions(self) -> int:
        """Return how many marks change."""
        return sum(len(one.changes) for one in self.changed)

    @property
    def token(self) -> str:
        """Return a fingerprint of everything that would change, so that nothing is done but what was shown."""
        rows = [
            [str(one.attempt_id), [[c.slot, c.item.version_id, c.before, c.after] for c in one.changes], one.before, one.after]
            for one in sorted(self.changed, key=lambda one: one.attempt_id)
        ]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def plan(attempts: Iterable[Held], choice: Choice, newest: Mapping[int, Asked]) -> Plan:
    """Return what marking the chosen items anew would change; newest are their newest ready versions by item."""
    made = Plan()
    for one in attempts:
        made.looked_at += 1
        before = one.questions()
        changes = _changes(one, before, choice, newest, made)
        if changes:
            given = [Given(change.slot, change.after, change.item.version_id) for change in changes]
            after = with_marks(before, given, {change.item.version_id: change.item for change in changes})
            totals = (_total(questions) for questions in (before, after))
            made.changed.append(Changed(one.attempt.id, one.attempt.enrolment_id, one.attempt.number, tuple(changes), *totals))
    return made


def _changes(one: Held, before: Sequence[Question], choice: Choice, newest: Mapping[int, Asked], made: Plan) -> list[Change]:
    found = []
    for question in before:
        wanted = choice.get(question.item.item_id)
        if wanted is None or question.mark is None or not question.kind.asks or question.kind.by_person:
            continue
        if question.mark.by_person:
            made.by_person += 1
            continue
        item = target(one.asked_item(question.number), wanted, newest)
        if item is None:
            made.not_comparable += 1
            continue
        share = share_of(one.way, one.as_by(question, item))
        if share is not None and abs(share - question.mark.share) > SAME:
            found.append(Change(question.number, question.label, item, question.points, question.mark.share, share))
    return found


def target(item: Asked, wanted: str, newest: Mapping[int, Asked]) -> Asked | None:
    """Return the version by which answers to a version are marked; None when the newest one cannot mark them."""
    if wanted == ASKED:
        return item
    new = newest.get(item.item_id)
    if new is None or new.kind.key != item.kind.key:
        return None
    return new if new.version_id == item.version_id or item.kind.compatible(item.data, new.data) else None


def _total(questions: Sequence[Question]) -> float | None:
    return None if waiting(questions) else score_of(questions).percent


def pass_mark(rule: Any) -> float | None:
    """Return the percentage that a completion rule asks for, None when it asks for none. Of several the highest."""
    if not isinstance(rule, Mapping):
        return None
    if "passed" in rule:
        return float(rule["passed"])
    parts = [part for value in rule.values() if isinstance(value, list | tuple) for part in value]
    return max((mark for part in parts if (mark := pass_mark(part)) is not None), default=None)


def passes(percent: float | None, mark: float | None) -> bool | None:
    """Tell whether a total passes; both are rounded half up to hundredths first, as everywhere. None when it cannot be said."""
    return None if percent is None or mark is None else half_up(percent) >= half_up(mark)
