"""What must be true of a database after the storm, whatever was killed when. Each finding is a sentence; none is what we want."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections import Counter
from typing import Any

import sqlalchemy as sa
from faults.storm import Ledger

from lms.attempts.models import Attempt, AttemptState, GradeChange
from lms.db import Base, db, set_transaction_mode, utcnow
from lms.jobs.models import Job, JobState
from lms.progress.models import Evidence, EvidenceKind
from quizzes.attempts import proofs
from quizzes.attempts.models import Sitting, Step
from quizzes.attempts.questions import questions_of
from quizzes.items.services import asked
from quizzes.marking.models import ItemMark
from quizzes.statistics import services as statistics
from quizzes.statistics.models import AnswerCount, PairCount, TimeCount, TotalCount

COUNTS: tuple[type[Base], ...] = (PairCount, TotalCount, AnswerCount, TimeCount)


def let_time_pass() -> None:
    """Let the lease of jobs whose worker was killed run out now, and not in five minutes."""
    past = utcnow() - dt.timedelta(seconds=1)
    db.session.execute(sa.update(Job).where(Job.state == JobState.RUNNING).values(leased_until=past))
    db.session.execute(sa.update(Job).where(Job.state == JobState.WAITING).values(due_at=past))
    db.session.commit()


def wait_for_marks(seconds: float) -> None:
    """Wait until nothing that was handed in waits for its mark, or the time is over."""
    waiting = sa.select(sa.func.count()).select_from(Attempt).where(Attempt.state == AttemptState.SUBMITTED)
    end = time.monotonic() + seconds
    while db.session.scalar(waiting) and time.monotonic() < end:
        db.session.rollback()
        time.sleep(0.2)
    db.session.rollback()


def findings(ledger: Ledger) -> list[str]:
    """Return what is wrong."""
    set_transaction_mode("read")
    found = [*lost(ledger), *_numbers(), *_attempts(ledger), *_marks(ledger), *_counts()]
    if db.engine.dialect.name == "sqlite":
        found += [f"SQLite: {text}" for text in db.session.scalars(sa.text("PRAGMA integrity_check")) if text != "ok"]
    return found


def lost(ledger: Ledger) -> list[str]:
    """Return the receipts that the database does not hold: each must have its step, with its content, under its code."""
    kept: dict[tuple[str, int, str], Any] = {}
    columns = (Step.attempt_id, Step.slot, Step.sequence, Step.response, Step.receipt, Step.saved_at)
    for step in db.session.execute(sa.select(*columns)):
        kept[str(step.attempt_id), step.slot, step.receipt] = step
    found = []
    for one in ledger.saved:
        step, what = kept.get((one.attempt, one.slot, one.code)), f"{one.code} of question {one.slot} in {one.attempt}"
        if step is None:
            found.append(f"lost: {what}")
            continue
        again = proofs.answer_receipt(step.attempt_id, step.slot, step.response, step.saved_at)
        if dict(step.response) != one.response:
            found.append(f"another content: {what}")
        if (again.code, again.proof) != (one.code, one.proof):
            found.append(f"a receipt that does not fit: {what}")
        if one.counts and step.sequence != one.base:
            found.append(f"another place: {what}")
    return found


def _numbers() -> list[str]:
    """Steps of an attempt are numbered, each number once, none beyond what its clock has counted."""
    twice = sa.select(Step.attempt_id).group_by(Step.attempt_id, Step.sequence).having(sa.func.count() > 1)
    beyond = sa.select(Step.attempt_id).join(Sitting, Sitting.attempt_id == Step.attempt_id).where(Step.sequence > Sitting.sequence)
    return [f"a number twice: {one}" for one in db.session.scalars(twice)] + [f"uncounted: {one}" for one in db.session.scalars(beyond)]


def _attempts(ledger: Ledger) -> list[str]:
    """What stands, and what was handed in, is what learners were told last."""
    found = []
    for attempt in db.session.scalars(sa.select(Attempt)):
        name = str(attempt.id)
        told = ledger.answers.get(name, {})
        stands = {question.number: dict(question.standing.response) for question in questions_of(attempt) if question.answered}
        if stands != told:
            found.append(f"other answers stand than were acknowledged: {name}")
        wanted = AttemptState.MARKED if name in ledger.handed_in else AttemptState.IN_PROGRESS
        if attempt.state is not wanted:
            found.append(f"{attempt.state} where {wanted} is expected: {name}")
        elif wanted is AttemptState.MARKED and attempt.answer != {"slots": {str(slot): told[slot] for slot in sorted(told)}}:
            found.append(f"other answers were handed in than were acknowledged: {name}")
    known = {str(number) for number in db.session.scalars(sa.select(Attempt.id))}
    return found + [f"lost: attempt {name}" for name in set(ledger.answers) - known]


def _marks(ledger: Ledger) -> list[str]:
    """Each attempt that was handed in was handed in once and marked once."""
    found = []
    changes = Counter(str(one) for one in db.session.scalars(sa.select(GradeChange.attempt_id)))
    marks = Counter((str(row.attempt_id), row.slot) for row in db.session.execute(sa.select(ItemMark.attempt_id, ItemMark.slot)))
    found += [f"marked {changes[name]} times: {name}" for name in ledger.handed_in if changes[name] != 1]
    found += [f"a mark without a hand-in: {name}" for name in changes if name not in ledger.handed_in]
    found += [f"question {slot} marked {times} times: {name}" for (name, slot), times in marks.items() if times != 1]
    for kind in (EvidenceKind.SUBMITTED, EvidenceKind.SCORED):
        total = db.session.scalar(sa.select(sa.func.count()).select_from(Evidence).where(Evidence.kind == kind))
        if total != len(ledger.handed_in):
            found.append(f"{total} pieces of evidence “{kind}” for {len(ledger.handed_in)} attempts")
    failed = db.session.scalars(sa.select(Job.task).where(Job.state == JobState.FAILED))
    return found + [f"given up: {task}" for task in failed]


def _counts() -> list[str]:
    """The statistics are what counting the marked attempts anew gives."""
    before = _count_rows()
    set_transaction_mode("write")
    db.session.rollback()
    for model in COUNTS:
        db.session.execute(sa.delete(model))
    marks: dict[uuid.UUID, list[Any]] = {}
    for mark in db.session.scalars(sa.select(ItemMark).order_by(ItemMark.slot)):
        marks.setdefault(mark.attempt_id, []).append(mark)
    for attempt in db.session.scalars(sa.select(Attempt).where(Attempt.state == AttemptState.MARKED)):
        known, responses = asked({mark.version_id for mark in marks[attempt.id]}), attempt.answer["slots"]
        items = [_marked(known[mark.version_id], mark, responses.get(str(mark.slot), {})) for mark in marks[attempt.id]]
        statistics.count(module_id=attempt.module_id, activity_key=attempt.activity_key, first=attempt.number == 1, items=items)
    after = _count_rows()
    db.session.rollback()
    return [] if before == after else ["the statistics are not what counting anew gives"]


def _marked(item: Any, mark: ItemMark, response: dict[str, Any]) -> statistics.Marked:
    return statistics.Marked(item.item_id, item.version_id, item.kind.key, item.data, response, mark.share, mark.points, None)


def _count_rows() -> list[list[tuple[Any, ...]]]:
    return [sorted(tuple(row) for row in db.session.execute(sa.select(*model.__table__.columns))) for model in COUNTS]
