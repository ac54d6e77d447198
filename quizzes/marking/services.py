"""Marking: the program marks what it can by pure functions, people mark the rest; a total once everything is marked. Append-only."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from lms.api import Attempt, AttemptState, CompletionState, Enrolment, Score, body, db, give_score, lazy_gettext, ngettext, notify, utcnow
from quizzes.attempts import answering
from quizzes.attempts.models import Action, Sitting, Step
from quizzes.attempts.questions import Mark, Question, questions_of, way_of
from quizzes.items.services import Asked, asked
from quizzes.marking.models import ItemMark, Paper
from quizzes.statistics.services import Marked, count

SAME = 1e-9
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # of codes: none that looks like another
CODE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Given:
    """A mark to give to one question: its share, by which version, and what a person says about it."""

    slot: int
    share: float
    version_id: int
    comment: str = ""
    levels: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why marks are given, and by whom.

    `marker_id` is a person who marked with their own eyes. `decided_by` is a person who let the program mark again; `regrade_id` the run in
    which that happened. All empty: the program marks what was handed in.
    """

    reason: str
    marker_id: uuid.UUID | None = None
    decided_by: uuid.UUID | None = None
    regrade_id: int | None = None

    @property
    def person_id(self) -> uuid.UUID | None:
        """Return the person who answers for it."""
        return self.marker_id or self.decided_by


def share_of(way: str, question: Question) -> float | None:
    """Return what a question earns, as a share of its points, marked by its item's version; None: a person must look. Pure."""
    data = question.item.data
    return answering.final_share(way, question.standing, lambda response: question.kind.mark(data, response))


def score_of(questions: Sequence[Question]) -> Score:
    """Return the total of questions that are all marked; not below 0. Pure."""
    asked_here = [question for question in questions if question.kind.asks]
    maximum = sum(question.points for question in asked_here)
    points = max(0.0, sum(question.earned for question in asked_here))
    right = sum(1 for question in asked_here if question.mark and question.mark.share >= 1 - SAME)
    return Score(min(points, maximum), maximum, ngettext("%(num)s item with full marks", "%(num)s items with full marks", right))


def waiting(questions: Sequence[Question]) -> list[Question]:
    """Return the questions that nobody has marked yet. The program's mark of an empty answer is none of the answer that came later. Pure."""
    return [question for question in questions if question.kind.asks and (question.mark is None or _unseen(question))]


def _unseen(question: Question) -> bool:
    return question.kind.by_person and question.answered and not (question.mark and question.mark.by_person)


def mark_attempt(attempt_id: uuid.UUID) -> CompletionState | None:
    """Mark what was handed in, as far as the program can; doing it again changes nothing.

    Returns the state of the activity once it is known, None while a person must look or when the attempt is not handed in.
    """
    attempt = locked(attempt_id)
    if attempt is None or attempt.state not in {AttemptState.SUBMITTED, AttemptState.MARKED}:
        return None
    before = questions_of(attempt, marks=True)
    lay_out_papers(attempt, before)
    given = marks_by_program(attempt, before)
    if not given and attempt.state is AttemptState.MARKED:
        return None
    reason = "marked" if attempt.state is AttemptState.SUBMITTED else "an answer arrived late"
    return give_marks(attempt=attempt, before=before, given=given, why=Why(reason))


def locked(attempt_id: uuid.UUID) -> Attempt | None:
    """Return an attempt as it is now; nobody else writes its marks until the transaction ends."""
    statement = sa.select(Attempt).where(Attempt.id == attempt_id).with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(statement)


def marks_by_program(attempt: Attempt, before: Sequence[Question]) -> list[Given]:
    """Return the marks that the program gives to the answers that count now; only those that differ. Marks by people stay."""
    way = way_of(body(attempt.revision_id, attempt.activity_key).settings)
    given = []
    for question in before:
        if question.kind.asks and not (question.mark and question.mark.by_person):
            share = share_of(way, question)
            if share is not None and (question.mark is None or abs(share - question.mark.share) > SAME):
                given.append(Given(question.number, share, question.item.version_id))
    return given


def lay_out_papers(attempt: Attempt, questions: Sequence[Question]) -> None:
    """Put answers that a person marks into the queue; one that counts since it was marked comes back to it."""
    read_by_people = [question for question in questions if question.kind.by_person and question.answered]
    if not read_by_people:
        return
    known = {paper.slot: paper for paper in db.session.scalars(sa.select(Paper).where(Paper.attempt_id == attempt.id))}
    for question in read_by_people:
        paper, saved_at = known.get(question.number), question.standing.saved_at or utcnow()
        if paper is None:
            where = {"attempt_id": attempt.id, "slot": question.number, "item_id": question.item.item_id}
            db.session.add(Paper(**where, code=new_code(), since=attempt.submitted_at or saved_at))
        elif paper.marked_at and paper.marked_at < saved_at:
            paper.marked_at, paper.marker_id, paper.since = None, None, saved_at


def new_code() -> str:
    """Return a code drawn by lot: it tells nothing about whose answer it is, and puts answers in an order that tells nothing either."""
    return "".join(secrets.choice(LETTERS) for _letter in range(CODE_LENGTH))


def give_marks(*, attempt: Attempt, before: Sequence[Question], given: Sequence[Given], why: Why) -> CompletionState | None:
    """Write marks of an attempt that is locked, and its total once every question has one.

    `before` are its questions with their present marks. Statistics follow in the same transaction. Returns the state of the activity once
    there is a total; when a person's mark was what it waited for, its learner gets a mail. An attempt that has a total keeps having one.
    """
    _write(attempt, before, given, why)
    after = with_marks(before, given, asked({mark.version_id for mark in given}), by_person=why.marker_id is not None)
    had_total = attempt.state is AttemptState.MARKED
    if waiting(after) and not had_total:
        return None
    if had_total:
        _count(attempt, before, -1)
    attempt.answer = {"slots": {str(question.number): dict(question.standing.response) for question in after if question.answered}}
    _count(attempt, after, 1)
    actor_id = why.person_id
    if not had_total:
        learner_id = db.session.scalars(sa.select(Enrolment.user_id).where(Enrolment.id == attempt.enrolment_id)).one()
        if actor_id is not None:
            _tell_learner(attempt, learner_id)
        actor_id = actor_id or learner_id
    return give_score(attempt=attempt, score=score_of(after), reason=why.reason, actor_id=actor_id, marker_id=why.person_id)


def _tell_learner(attempt: Attempt, learner_id: uuid.UUID) -> None:
    """Write to the learner that the result is there; they need not be told what they have waited for on the page."""
    notify(
        kind="marked",
        user_id=learner_id,
        key=f"quiz-marked/{attempt.id}",
        subject=lazy_gettext("Your quiz has been marked"),
        body=lazy_gettext("A person has marked your answers. Only you and your instructors can open the result."),
        path=f"/quizzes/{attempt.id}",
    )


def _write(attempt: Attempt, before: Sequence[Question], given: Sequence[Given], why: Why) -> None:
    """Add marks to the history; what a person has marked waits no more."""
    if not given:
        return
    weights = {question.number: question.points for question in before}
    rows = [
        {
            "attempt_id": attempt.id,
            "slot": mark.slot,
            "version_id": mark.version_id,
            "share": mark.share,
            "points": weights[mark.slot],
            "levels": dict(mark.levels or {}),
            "comment": mark.comment,
            "reason": why.reason,
            "actor_id": why.marker_id,
            "regrade_id": why.regrade_id,
        }
        for mark in given
    ]
    db.session.execute(sa.insert(ItemMark), rows)
    if why.marker_id is not None:
        these = sa.and_(Paper.attempt_id == attempt.id, Paper.slot.in_([mark.slot for mark in given]))
        db.session.execute(sa.update(Paper).where(these).values(marked_at=utcnow(), marker_id=why.marker_id))


def with_marks(
    before: Sequence[Question], given: Sequence[Given], known: Mapping[int, Asked], *, by_person: bool = False
) -> list[Question]:
    """Return questions as they are once marks are given; `known` has the versions of the marks. Pure."""
    new = {mark.slot: mark for mark in given}
    return [
        replace(
            question,
            item=known[new[question.number].version_id],
            mark=Mark(new[question.number].share, new[question.number].comment, new[question.number].levels or {}, by_person, True),
        )
        if question.number in new
        else question
        for question in before
    ]


def _count(attempt: Attempt, questions: Sequence[Question], sign: int) -> None:
    """Add an attempt to the statistics, or take it out; the responses are those that `attempt.answer` holds."""
    seconds, responses = _seconds(attempt.id), attempt.answer.get("slots", {})
    items = [
        Marked(
            item_id=question.item.item_id,
            version_id=question.item.version_id,
            kind=question.kind.key,
            data=question.item.data,
            response=responses.get(str(question.number), {}),
            share=question.mark.share,
            points=question.points,
            seconds=seconds.get(question.number),
        )
        for question in questions
        if question.kind.asks and question.mark
    ]
    count(module_id=attempt.module_id, activity_key=attempt.activity_key, first=attempt.number == 1, items=items, sign=sign)


def _seconds(attempt_id: uuid.UUID) -> dict[int, int]:
    """Return {slot: seconds spent on it before the hand-in}, of questions whose device told."""
    in_time = Step.action.in_([Action.ANSWER, Action.CHECK])
    statement = sa.select(Step.slot, sa.func.sum(Step.seconds)).where(Step.attempt_id == attempt_id, Step.seconds.is_not(None), in_time)
    return {slot: int(total or 0) for slot, total in db.session.execute(statement.group_by(Step.slot))}


def lock(attempt_id: uuid.UUID) -> None:
    """Wait for who is writing in an attempt and keep others from it."""
    db.session.execute(sa.select(Sitting.attempt_id).where(Sitting.attempt_id == attempt_id).with_for_update())
