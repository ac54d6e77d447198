"""Receipts: what was saved when, and whether a code that somebody shows is genuine."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import Actor, Attempt, Cohort, Enrolment, Kept, User, cohorts_for, db, outline
from lms.api import lazy_gettext as _
from quizzes.attempts import proofs
from quizzes.attempts.models import Action, Step
from quizzes.base import MARK, plugin
from quizzes.items.services import asked

MOST = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A saved answer: where it belongs, what was answered in words, whether it counts, and whether its receipt fits what is stored."""

    attempt_id: uuid.UUID
    quiz: str
    number: int
    words: str
    action: Action
    saved_at: Any
    written_at: Any
    code: str
    genuine: bool
    learner: str


def own_receipts(actor: Actor, attempt_id: uuid.UUID | None, code: str) -> list[Line]:
    """Return receipts of one's own answers: of an attempt, or those with a code. Newest first."""
    return _lines(_steps(code, attempt_id).where(Enrolment.user_id == actor.id))


def receipts_of_cohorts(actor: Actor, code: str) -> list[Line]:
    """Return the answers with this code in the cohorts whose quizzes a person marks."""
    return _lines(_steps(code, None).join(Cohort, Cohort.id == Enrolment.cohort_id).where(cohorts_for(actor, MARK)))


def _steps(code: str, attempt_id: uuid.UUID | None) -> sa.Select[Step, Attempt, str]:
    wanted = Step.receipt == code.strip().upper() if code else Step.attempt_id == attempt_id
    return (
        sa.select(Step, Attempt, User.name)
        .join(Attempt, Attempt.id == Step.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(wanted)
        .order_by(Step.saved_at.desc(), Step.id.desc())
        .limit(MOST)
    )


def _lines(statement: sa.Select[Step, Attempt, str]) -> list[Line]:
    rows = db.session.execute(statement).all()
    known = asked({attempt.variant["slots"][step.slot - 1]["version"] for step, attempt, _learner in rows})
    lines = []
    for step, attempt, name in rows:
        item = known[attempt.variant["slots"][step.slot - 1]["version"]]
        proof = proofs.answer_receipt(attempt.id, step.slot, step.response, step.saved_at)
        lines.append(
            Line(
                attempt_id=attempt.id,
                quiz=outline(attempt.revision_id).item(attempt.activity_key).title,
                number=step.slot,
                words=item.kind.words(item.data, step.response),
                action=step.action,
                saved_at=step.saved_at,
                written_at=step.written_at,
                code=step.receipt,
                genuine=proof.code == step.receipt,
                learner=name,
            )
        )
    return lines


@plugin.receipts
def answers(code: str, seen: sa.ColumnElement[bool]) -> Iterable[Kept]:
    """Find a saved answer by the code of its receipt, without its words."""
    for line in _lines(_steps(code, None).where(seen)):
        yield Kept(line.learner, _("A saved answer"), line.quiz, line.written_at or line.saved_at, line.saved_at, line.genuine)
