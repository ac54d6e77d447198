"""Taking a quiz: begin or go on, answer, look over, hand in, and see every answer with its rationale."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from lms.api import Attempt, AttemptState, body, commit, db, format_time, gettext, open_activity, requires, utcnow, wants_json
from quizzes.attempts import pages, proofs, services
from quizzes.attempts.models import Action
from quizzes.attempts.questions import prefix_of, questions_of
from quizzes.attempts.rules import OPEN
from quizzes.base import TAKE, plugin
from quizzes.marking import services as marking

QUIZ = "quiz"
log = logging.getLogger(__name__)


@plugin.post("/start/<int:cohort_id>/<module_key>/<activity_key>")
@requires(TAKE, on="self")
def begin(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """Begin an attempt, or go on with the one that is running."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, QUIZ)
    attempt = services.begin(ctx=ctx, password=request.form.get("password", ""))
    commit()
    return redirect(f"/quizzes/{attempt.id}")


@plugin.get("/<uuid:attempt_id>")
@requires(TAKE, on="self")
def take(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Show the questions: one with `?q=number`, all with `?all=1`; the result when it has been handed in."""
    attempt, sitting = services.own(current_user, attempt_id)
    if attempt.state in OPEN:
        settings = body(attempt.revision_id, attempt.activity_key).settings
        page = pages.Taking.of(attempt, sitting, settings, questions_of(attempt), request.args)
        return render_template("quizzes/take.html" if page.open else "quizzes/overdue.html", page=page, around=pages.around(attempt))
    result = pages.Result.of(attempt, questions_of(attempt, marks=True), utcnow())
    # The clock handed it in: what this device still holds goes first, then its learner opens the result.
    name = "ended" if result.shows_answers and sitting.seen_at is None else "result"
    return render_template(f"quizzes/{name}.html", page=result, around=pages.around(attempt))


@plugin.post("/<uuid:attempt_id>/open")
@requires(TAKE, on="self")
def open_result(attempt_id: uuid.UUID) -> Response:
    """Open the result of an attempt that the clock ended. From now on nothing that arrives late counts by itself."""
    attempt, sitting = services.own(current_user, attempt_id, lock=True)
    if attempt.state not in OPEN:
        services.note_seen(sitting)
        commit()
    return redirect(f"/quizzes/{attempt_id}")


@plugin.post("/<uuid:attempt_id>/answer")
@requires(TAKE, on="self")
def answer(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Save what stands on the page and give receipts; from the script as JSON, from the form with the next question.

    A page on which every question was checked has nothing to save and leads on.
    """
    slots = _slots()
    if not slots and "go" not in request.form:
        abort(400)
    saved = [services.save(actor=current_user, attempt_id=attempt_id, slot=slot, given=_given(slot)) for slot in slots]
    commit()
    if wants_json():
        return jsonify([_receipt(attempt_id, slot, one) for slot, one in zip(slots, saved, strict=True)])
    if any(one.conflict for one in saved):
        flash(
            gettext("Another window saved a different answer meanwhile. Both are kept; the one below counts. Choose again if need be."),
            "careful",
        )
    elif any(one.action is Action.ASIDE for one in saved):
        flash(gettext("This came after the end. It is kept with its time and does not count by itself; tell your instructor."), "careful")
    return redirect(f"/quizzes/{attempt_id}{_target(slots)}")


def _slots() -> list[int]:
    return [int(number) for number in request.form.getlist("slot") if number.isdecimal()]


def _given(slot: int) -> services.Given:
    """Return what the request says about one question."""
    prefix, form = prefix_of(slot), request.form
    own: MultiDict[str, Any] = MultiDict((name[len(prefix) :], text) for name, text in form.items(multi=True) if name.startswith(prefix))
    return services.Given(
        posted=own,
        flagged="flag" in own,
        certainty=own.get("certainty", None, int),
        base=own.get("base", None, int),
        check=form.get("check", "") == str(slot),
        tick=own.get("tick", ""),
        elapsed_ms=own.get("elapsed", None, int),
        seconds=own.get("seconds", None, int),
        files=[file for file in request.files.getlist(f"{prefix}files") if file.filename],
    )


def _receipt(attempt_id: uuid.UUID, slot: int, saved: services.Saved) -> dict[str, Any]:
    """Return what a script needs: when and under which code it was saved, whether it counts, and how the clock stands."""
    now = utcnow()
    left = (saved.ends_at - now).total_seconds() if saved.ends_at else None
    return {
        "slot": slot,
        "at": format_time(saved.receipt.saved_at, seconds=True),
        "code": saved.receipt.code,
        "proof": saved.receipt.proof,
        "base": saved.standing.base,
        "counts": saved.action is not Action.ASIDE,
        "late": saved.action is Action.LATE,
        "theirs": saved.standing.response if saved.conflict else None,
        "left": left,
        "tick": proofs.tick(attempt_id, now),
    }


def _target(slots: list[int]) -> str:
    wanted = request.form.get("go", "")
    if request.form.get("check", "").isdecimal():
        return f"?q={int(request.form['check'])}"
    if wanted == "all":
        return "?all=1"
    return "/review" if wanted == "review" else f"?q={int(wanted)}" if wanted.isdecimal() else f"?q={min(slots, default=1)}"


@plugin.get("/<uuid:attempt_id>/clock")
@requires(TAKE, on="self")
def clock(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Say how the clock of an attempt stands, as JSON: more time reaches who is answering."""
    attempt, sitting = services.own(current_user, attempt_id)
    now = utcnow()
    left = (sitting.ends_at - now).total_seconds() if sitting.ends_at else None
    return jsonify(left=left, open=attempt.state in OPEN, tick=proofs.tick(attempt_id, now))


@plugin.get("/<uuid:attempt_id>/review")
@requires(TAKE, on="self")
def review(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Show what is answered, flagged and open before handing in."""
    attempt, sitting = services.own(current_user, attempt_id)
    if attempt.state is not AttemptState.IN_PROGRESS:
        return redirect(f"/quizzes/{attempt_id}")
    settings = body(attempt.revision_id, attempt.activity_key).settings
    page = pages.Taking.of(attempt, sitting, settings, questions_of(attempt), request.args)
    return render_template("quizzes/review.html", page=page, around=pages.around(attempt))


@plugin.post("/<uuid:attempt_id>/hand-in")
@requires(TAKE, on="self")
def hand_in(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Hand in the attempt. That is committed first; marking follows, and a job does it later if it fails here."""
    # What the device had not delivered yet comes along.
    saved = [services.save(actor=current_user, attempt_id=attempt_id, slot=slot, given=_given(slot)) for slot in _slots()]
    attempt, sitting = services.own(current_user, attempt_id, lock=True)
    handed_in = attempt.state in OPEN
    if handed_in:
        services.hand_in(actor=current_user, attempt=attempt, sitting=sitting)
    commit()  # also what came along when the clock was first
    if handed_in:
        flash(*_after_hand_in(attempt))
    if any(one.conflict for one in saved):
        flash(
            gettext("Another window had saved a different answer. Both are kept; the earlier one counts. Tell your instructor."), "careful"
        )
    return redirect(f"/quizzes/{attempt_id}")


def _after_hand_in(attempt: Attempt) -> tuple[str, str]:
    """Mark at once; return the sentence that says how it went, and its kind."""
    attempt_id = attempt.id
    try:
        state = marking.mark_attempt(attempt_id)
        commit()
    except Exception:
        db.session.rollback()
        log.exception("attempt %s is handed in and will be marked later", attempt_id)
        return gettext("Handed in and saved. It will be marked in a few minutes."), "done"
    if state is None:
        return gettext("Handed in and saved. A person marks part of it; you will find the result here."), "done"
    if state == "complete":
        return gettext("Handed in. This quiz is complete."), "done"
    return gettext("Handed in and saved. Read the rationales; they are worth it."), "done"
