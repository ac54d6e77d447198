"""Taking a quiz: begin, answer, hand in. Every answer is a step with a receipt; the server's clock rules; nothing is dropped in silence."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import undefer
from werkzeug.datastructures import FileStorage, MultiDict

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
    body,
    db,
    enqueue,
    format_datetime,
    gettext,
    read,
    start,
    submit,
    utcnow,
)
from quizzes.attempts import proofs, queries, rules
from quizzes.attempts.answering import AT_ONCE, Standing
from quizzes.attempts.models import Action, Sitting, Step, Upload
from quizzes.attempts.questions import questions_of, standing_of, way_of
from quizzes.attempts.rules import Refusal, Rules
from quizzes.attempts.variants import make_variant, version_ids
from quizzes.items.services import Asked, asked

MOST_SECONDS = 3600  # on one question between two steps; longer is a pause
MOST_FILES = 5


@dataclass(frozen=True, slots=True)
class Given:
    """What a learner sends for one question: fields as posted (or a response that is read already), and what the device knows about them.

    `base` is the number of the latest step the writer had seen (None: not said). `tick` and `elapsed_ms` say when it was written.
    """

    posted: MultiDict[str, Any] = field(default_factory=MultiDict)
    response: Mapping[str, Any] | None = None
    flagged: bool = False
    certainty: int | None = None
    base: int | None = None
    check: bool = False
    tick: str = ""
    elapsed_ms: int | None = None
    seconds: int | None = None
    files: Sequence[FileStorage] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an answer.

    With the action ASIDE it is kept and does not count: because of a `conflict` (another answer is there, in `standing`), because the
    question is closed, or because it came too late.
    """

    receipt: Receipt
    action: Action
    standing: Standing
    ends_at: dt.datetime | None
    conflict: bool = False


# -- beginning ------------------------------------------------------------------------------------------------------------------------


def rules_of(enrolment_id: int, module_id: int, activity_key: str, settings: Mapping[str, Any]) -> Rules:
    """Return the conditions of a quiz for one learner: one statement."""
    where = {"of_enrolment": enrolment_id, "module_id": module_id, "activity_key": activity_key}
    return rules.rules_for(settings, list(read(queries.ACCOMMODATIONS, where)))


def begin(*, ctx: Context, password: str = "", seed: str = "") -> Attempt:
    """Return the running attempt of a learner at a quiz, or begin the next one. Raises Refused, with the reason, when none can begin now."""
    now = utcnow()
    conditions = rules_of(int(ctx.enrolment_id or 0), ctx.module_id, ctx.key, ctx.settings)
    before: list[Attempt] = []

    def variant(number: int, last: Attempt | None) -> dict[str, Any]:
        last_at = last.submitted_at if last else None
        refusal = rules.may_begin(conditions, now, number=number, last_at=last_at, password=password)
        if refusal:
            raise Refused(sentence_of(refusal, conditions, last_at))
        if last and ctx.settings.get("build_on_last"):
            before.append(last)
            return dict(last.variant)
        return make_variant(ctx.settings, asked(version_ids(ctx.settings)), seed or uuid.uuid4().hex)

    attempt = start(**ctx.where, revision_id=int(ctx.revision_id or 0), variant=variant)
    # Whether it is new is not asked of the clock, which may be set back in this very moment.
    if db.session.get(Sitting, attempt.id) is None:
        ends_at = conditions.end_of(attempt.started_at)
        check_at = conditions.check_after(ends_at, attempt.state)
        db.session.add(Sitting(attempt_id=attempt.id, ends_at=ends_at, check_at=check_at))
        db.session.flush()
        if before:
            _copy_answers(before[0], attempt, now)
    return attempt


def _copy_answers(last: Attempt, attempt: Attempt, now: dt.datetime) -> None:
    """Begin an attempt with the answers of the one before."""
    rows: list[dict[str, Any]] = []
    for question in questions_of(last):
        if question.answered:
            response = dict(question.standing.response)
            code = proofs.answer_receipt(attempt.id, question.number, response, now).code
            rows.append({"slot": question.number, "sequence": len(rows) + 1, "response": response, "receipt": code})
    if rows:
        same = {"attempt_id": attempt.id, "action": Action.ANSWER, "flagged": False, "saved_at": now}
        db.session.execute(queries.ADD_STEP, [{**same, **row} for row in rows])
        db.session.get_one(Sitting, attempt.id).sequence = len(rows)


def sentence_of(refusal: Refusal, conditions: Rules, last_at: dt.datetime | None) -> str:
    """Say why no attempt can begin now, and what can be done."""
    match refusal:
        case Refusal.NOT_OPEN:
            return gettext("This quiz opens on %(moment)s.", moment=format_datetime(conditions.opens_at))
        case Refusal.CLOSED:
            moment = format_datetime(conditions.closes_at)
            return gettext("This quiz closed on %(moment)s. If you could not take it, tell your instructor.", moment=moment)
        case Refusal.USED_UP:
            return gettext("All attempts are used up. If you need another one, ask your instructor.")
        case Refusal.WAIT:
            moment = format_datetime((last_at or utcnow()) + conditions.wait)
            return gettext("The next attempt opens on %(moment)s. Time between attempts helps to remember.", moment=moment)
    return gettext("The password is another one. Your instructor says it when the quiz begins.")


# -- answering ------------------------------------------------------------------------------------------------------------------------


def own(actor: Actor, attempt_id: uuid.UUID, *, lock: bool = False) -> tuple[Attempt, Sitting]:
    """Return one's own attempt with its clock; `lock` for who will change it. Raises NotFound for anybody else's."""
    if lock:  # first, in a statement of its own: who waited for somebody must see what they have done
        db.session.execute(queries.LOCK, {"of_attempt": attempt_id})
    statement = queries.own_attempt(actor.id, attempt_id).execution_options(populate_existing=lock)
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("no such attempt of this person")
    return row[0], row[1]


def save(*, actor: Actor, attempt_id: uuid.UUID, slot: int, given: Given) -> Saved:
    """Keep an answer to one question and return its receipt.

    The same answer again changes nothing and gives the same receipt. An answer that does not count is kept all the same, and said to be so:
    one that meets another answer its writer had not seen, one to a question that is closed, one written after the end. Raises NotFound for
    another's attempt and for what was not asked, Refused for a file that cannot be taken.
    """
    now = utcnow()
    clock = read(queries.NEXT_STEP, {"of_attempt": attempt_id}).one_or_none()
    attempt = read(queries.OWN, {"attempt_id": attempt_id, "user_id": actor.id}).one_or_none()
    if clock is None or attempt is None or not 1 <= slot <= len(attempt.variant["slots"]):
        raise NotFound("no such question of this person")
    place = attempt.variant["slots"][slot - 1]
    item = asked([place["version"]])[place["version"]]
    if not item.kind.asks:
        raise NotFound("this asks nothing")
    settings = body(attempt.revision_id, attempt.activity_key).settings
    earlier = list(read(queries.STEPS_OF_SLOT, {"attempt_id": attempt_id, "slot": slot}))
    before = standing_of(way_of(settings), earlier, item, place["variant"])
    response = _response(attempt_id, slot, item, place, given, before)
    certainty = given.certainty if way_of(settings) == "certainty" else None
    asks_check = given.check and way_of(settings) in AT_ONCE and bool(response)
    same = (dict(before.response), before.flagged, before.certainty) == (dict(response), given.flagged, certainty)
    if same and before.base and not asks_check:
        proof = proofs.answer_receipt(attempt_id, slot, before.response, before.saved_at or now)
        return Saved(Receipt(before.receipt, proof.proof, before.saved_at or now), Action.ANSWER, before, clock.ends_at)
    action, conflict, written_at = _decide(attempt, clock, before, given, response, now)
    if asks_check and action is Action.ANSWER:
        action = Action.CHECK
    proof = proofs.answer_receipt(attempt_id, slot, response, now)
    seconds = min(max(given.seconds, 0), MOST_SECONDS) if given.seconds is not None else None
    row = {
        "attempt_id": attempt_id,
        "slot": slot,
        "sequence": clock.sequence,
        "action": action,
        "response": dict(response),
        "flagged": given.flagged,
        "certainty": certainty,
        "seconds": seconds,
        "written_at": written_at,
        "saved_at": now,
        "receipt": proof.code,
    }
    db.session.connection().execute(queries.ADD_STEP, row)
    after = standing_of(way_of(settings), [*earlier, Step(**row)], item, place["variant"])
    if action is Action.LATE and attempt.state is not AttemptState.IN_PROGRESS:
        _mark_soon(attempt_id, f"{clock.sequence}")
    return Saved(proof, action, after, clock.ends_at, conflict)


def _decide(
    attempt: Any, clock: Any, before: Standing, given: Given, response: Mapping[str, Any], now: dt.datetime
) -> tuple[Action, bool, dt.datetime | None]:
    """Return (action, whether it met another answer, when it was written if that matters)."""
    seen = given.base is None or given.base >= before.base or dict(response) == dict(before.response)
    if rules.takes_answers(attempt.state, now, clock.ends_at):
        return (Action.ANSWER if seen and not before.closed else Action.ASIDE), not seen, None
    written_at = proofs.written_at(attempt.id, given.tick, given.elapsed_ms, now)
    counts = rules.late_counts(attempt.state, clock.ends_at, written_at=written_at, by_clock=clock.by_clock, seen_at=clock.seen_at)
    return (Action.LATE if counts and seen and not before.closed else Action.ASIDE), not seen, written_at


def _response(attempt_id: uuid.UUID, slot: int, item: Asked, place: Mapping[str, Any], given: Given, before: Standing) -> Mapping[str, Any]:
    """Return what was answered; files that come with it are kept first."""
    if given.response is not None:
        return given.response
    problem_with = getattr(item.kind, "problem_with", None)
    if problem_with is None:
        return item.kind.read(item.data, place["variant"], given.posted)
    removed = set(given.posted.getlist("remove"))
    files = [file for file in before.response.get("files", ()) if str(file["id"]) not in removed]
    for file in given.files:
        if len(files) >= MOST_FILES:
            raise Refused(gettext("At most %(count)s files for one question. Remove one first.", count=MOST_FILES))
        content = file.read()
        name = (file.filename or "").replace("\\", "/").rpartition("/")[2][:200]
        problem = problem_with(item.data, name, content, len(content))
        if problem:
            raise Refused(problem)
        upload = Upload(
            attempt_id=attempt_id, slot=slot, name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), content=content
        )
        db.session.add(upload)
        db.session.flush()
        files.append({"id": upload.id, "name": name, "size": upload.size})
    return {"files": files} if files else {}


# -- handing in -----------------------------------------------------------------------------------------------------------------------


def hand_in(*, actor: Actor | None, attempt: Attempt, sitting: Sitting, moment: dt.datetime | None = None) -> CompletionState:
    """Hand in an attempt that is locked; marking follows in a transaction of its own, and a job does it if that fails.

    Without an actor the clock hands it in, at `moment`. Raises Refused when it was handed in before.
    """
    responses = {str(question.number): dict(question.standing.response) for question in questions_of(attempt) if question.answered}
    state = submit(actor=actor, attempt=attempt, answer={"slots": responses}, score=None, moment=moment)
    sitting.check_at, sitting.by_clock = None, actor is None
    if actor is not None:
        note_seen(sitting)  # what they see next is the result
    _mark_soon(attempt.id, "first")
    return state


def _mark_soon(attempt_id: uuid.UUID, turn: str) -> None:
    """Put in the job that marks an attempt; it stays until that is done."""
    enqueue("quizzes:mark_attempt", key=f"quizzes:mark/{attempt_id}/{turn}", attempt_id=str(attempt_id))


def settle(*, attempt: Attempt, sitting: Sitting) -> AttemptState:
    """Do what the clock demands of an attempt that is locked, and return its state."""
    settings = body(attempt.revision_id, attempt.activity_key).settings
    conditions = rules_of(attempt.enrolment_id, attempt.module_id, attempt.activity_key, settings)
    wanted = rules.at_time(attempt.state, utcnow(), sitting.ends_at, conditions)
    if wanted is AttemptState.SUBMITTED and attempt.state in rules.OPEN:
        hand_in(actor=None, attempt=attempt, sitting=sitting, moment=sitting.ends_at)
        return attempt.state
    attempt.state = wanted
    sitting.check_at = conditions.check_after(sitting.ends_at, wanted)
    return wanted


def due_for_a_look(moment: dt.datetime, most: int = 500) -> list[uuid.UUID]:
    """Return the attempts at which the clock must look."""
    statement = sa.select(Sitting.attempt_id).where(Sitting.check_at <= moment).order_by(Sitting.check_at).limit(most)
    return list(db.session.scalars(statement))


def with_clock(attempt_id: uuid.UUID) -> tuple[Attempt, Sitting] | None:
    """Return an attempt and its clock, locked; None when it is gone or somebody else is at it."""
    if db.session.execute(queries.LOCK_IF_FREE, {"of_attempt": attempt_id}).one_or_none() is None:
        return None
    statement = sa.select(Attempt, Sitting).join(Sitting, Sitting.attempt_id == Attempt.id).where(Attempt.id == attempt_id)
    row = db.session.execute(statement.execution_options(populate_existing=True)).one()
    return row[0], row[1]


def note_seen(sitting: Sitting) -> None:
    """Write down that the learner has seen the result."""
    if sitting.seen_at is None:
        sitting.seen_at = utcnow()


def own_upload(actor: Actor, upload_id: int) -> Upload | None:
    """Return a file that a learner handed in themself, with its content; None when it is not theirs."""
    statement = sa.select(Upload).join(Attempt, Attempt.id == Upload.attempt_id).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    return db.session.scalar(statement.where(Upload.id == upload_id, Enrolment.user_id == actor.id).options(undefer(Upload.content)))


def content_of(upload: Upload) -> io.BytesIO:
    """Return the bytes of a file."""
    return io.BytesIO(upload.content)
