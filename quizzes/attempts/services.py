"""Answering: each answer is a row and a receipt; the latest of an item counts; handing in marks by pure functions."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import (
    Actor,
    Attempt,
    AttemptState,
    CompletionState,
    Context,
    Enrolment,
    NotFound,
    Receipt,
    Refused,
    Score,
    db,
    gettext,
    ngettext,
    read,
    receipt,
    submit,
    utcnow,
)
from quizzes.attempts.models import Answer
from quizzes.items.services import Asked, asked

MOST_OPTIONS = 30


@dataclass(frozen=True, slots=True)
class Given:
    """The latest answer to an item."""

    chosen: tuple[str, ...]
    flagged: bool
    saved_at: Any
    receipt: str


@dataclass(frozen=True, slots=True)
class Question:
    """An item as one attempt asks it: number from 1, options in this attempt's order, and the latest answer."""

    number: int
    item: Asked
    order: tuple[str, ...]
    given: Given | None

    @property
    def options(self) -> list[Any]:
        """Return the options in this attempt's order."""
        by_key = {option.key: option for option in self.item.options}
        return [by_key[key] for key in self.order]

    @property
    def chosen(self) -> tuple[str, ...]:
        """Return the chosen keys."""
        return self.given.chosen if self.given else ()


def make_variant(settings: Mapping[str, Any], seed: str) -> dict[str, Any]:
    """Return the frozen form of an attempt: which versions are asked, and the order of their options.

    The seed makes it repeatable for tests; an attempt keeps the result, not the seed.
    """
    chance = random.Random(seed)  # noqa: S311 - order of questions, not a secret
    ids = [item["version"] for item in settings["items"]]
    draw = settings.get("draw") or len(ids)
    if draw < len(ids):
        ids = chance.sample(ids, draw)
    known = asked(ids)
    orders = {}
    for number in ids:
        keys = [option.key for option in known[number].options]
        if settings.get("shuffle", True) and known[number].kind != "true_false":
            chance.shuffle(keys)
        orders[str(number)] = keys
    return {"items": ids, "orders": orders}


def own_attempt(actor: Actor, attempt_id: uuid.UUID, *, lock: bool = False) -> Attempt:
    """Return one's own attempt. Raises NotFound for anybody else's."""
    statement = (
        sa.select(Attempt)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Attempt.id == attempt_id, Enrolment.user_id == actor.id)
    )
    attempt = db.session.scalar(statement.with_for_update(of=Attempt) if lock else statement)
    if attempt is None:
        raise NotFound("no such attempt of this person")
    return attempt


_LATEST = (
    sa.select(Answer.version_id, Answer.chosen, Answer.flagged, Answer.saved_at, Answer.receipt)
    .where(Answer.attempt_id == sa.bindparam("attempt_id"))
    .order_by(Answer.sequence)
)


def questions(attempt: Attempt) -> list[Question]:
    """Return the items of an attempt in order, each with its latest answer."""
    given: dict[int, Given] = {}
    for row in read(_LATEST, {"attempt_id": attempt.id}):
        given[row.version_id] = Given(tuple(row.chosen), row.flagged, row.saved_at, row.receipt)
    known = asked(attempt.variant["items"])
    return [
        Question(number, known[version], tuple(attempt.variant["orders"][str(version)]), given.get(version))
        for number, version in enumerate(attempt.variant["items"], start=1)
    ]


_RUNNING = (
    sa.select(Attempt.id, Attempt.state, Attempt.variant)
    .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .where(Attempt.id == sa.bindparam("attempt_id"), Enrolment.user_id == sa.bindparam("user_id"))
    .with_for_update(of=Attempt)
)
_NEXT = (
    sa.select(sa.func.coalesce(sa.func.max(Answer.sequence), 0) + 1)
    .where(Answer.attempt_id == sa.bindparam("of_attempt"))
    .scalar_subquery()
)
_ADD = sa.insert(Answer).values(sequence=_NEXT)


def running(actor: Actor, attempt_id: uuid.UUID) -> Any:
    """Return (id, state, variant) of one's own attempt and lock it. Raises NotFound for anybody else's."""
    row = read(_RUNNING, {"attempt_id": attempt_id, "user_id": actor.id}).one_or_none()
    if row is None:
        raise NotFound("no such attempt of this person")
    return row


def save_answer(*, attempt: Any, version_id: int, chosen: Sequence[str], flagged: bool) -> Receipt:
    """Add an answer and return its receipt; `attempt` is an Attempt or what `running` gives, and is locked.

    Raises Refused after hand-in, NotFound for an item or option that was not asked.
    """
    if attempt.state is not AttemptState.IN_PROGRESS:
        raise Refused(gettext("This attempt has been handed in already."))
    order = attempt.variant["orders"].get(str(version_id))
    if order is None or not set(chosen) <= set(order):
        raise NotFound("not asked in this attempt")
    kept = sorted(set(chosen)) if asked([version_id])[version_id].several else list(chosen)[:1]
    proof = receipt("answer", f"{attempt.id}/{version_id}", kept, utcnow())
    row = {
        "of_attempt": attempt.id,
        "attempt_id": attempt.id,
        "version_id": version_id,
        "chosen": kept,
        "flagged": flagged,
        "saved_at": proof.saved_at,
        "receipt": proof.code,
    }
    db.session.connection().execute(_ADD, row)
    return proof


def score_of(responses: Mapping[int, Sequence[str]], items: Mapping[int, Asked]) -> Score:
    """Mark responses {version id: chosen keys}. Pure."""
    points = sum(items[version].mark(chosen) for version, chosen in responses.items())
    maximum = sum(items[version].maximum for version in responses)
    return Score(points, maximum)


def hand_in(*, actor: Actor, attempt: Attempt) -> CompletionState:
    """Hand in an attempt; what is unanswered earns nothing."""
    asked_now = questions(attempt)
    responses = {question.item.version_id: list(question.chosen) for question in asked_now}
    score = score_of(responses, {question.item.version_id: question.item for question in asked_now})
    right = sum(1 for question in asked_now if question.item.mark(question.chosen) >= question.item.maximum)
    feedback = ngettext("%(num)s item with full marks", "%(num)s items with full marks", right)
    answer = {"items": {str(version): chosen for version, chosen in responses.items()}}
    return submit(actor=actor, attempt=attempt, answer=answer, score=Score(score.points, score.maximum, feedback))


def seed_of(ctx: Context, number: int) -> str:
    """Return what makes the order of one attempt its own."""
    return f"{ctx.enrolment_id}/{ctx.module_id}/{ctx.key}/{number}/{uuid.uuid4()}"
