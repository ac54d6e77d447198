"""Taking a quiz: begin or go on, answer, review, hand in, and see every option with its rationale."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from lms.api import (
    Attempt,
    AttemptState,
    Cohort,
    Enrolment,
    Module,
    commit,
    db,
    format_time,
    gettext,
    open_activity,
    outline,
    requires,
    start,
    wants_json,
)
from quizzes.attempts import services
from quizzes.attempts.models import Answer
from quizzes.base import TAKE, plugin

QUIZ = "quiz"


@plugin.post("/start/<int:cohort_id>/<module_key>/<activity_key>")
@requires(TAKE, on="self")
def begin(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """Begin an attempt, or go on with the one that is running."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, QUIZ)
    attempt = start(
        enrolment_id=int(ctx.enrolment_id or 0),
        module_id=ctx.module_id,
        activity_key=ctx.key,
        revision_id=int(ctx.revision_id or 0),
        variant=lambda number: services.make_variant(ctx.settings, services.seed_of(ctx, number)),
    )
    commit()
    return redirect(f"/quizzes/{attempt.id}")


def _around(attempt: Attempt) -> dict[str, Any]:
    """Return title and address of the quiz that an attempt belongs to."""
    row = db.session.execute(
        sa.select(Enrolment.cohort_id, Module.key)
        .select_from(Enrolment)
        .join(Cohort)
        .join(Module, Module.id == attempt.module_id)
        .where(Enrolment.id == attempt.enrolment_id)
    ).one()
    contents = outline(attempt.revision_id)
    return {
        "title": contents.item(attempt.activity_key).title,
        "module": contents.about["title"],
        "url": f"/learn/{row.cohort_id}/{row.key}/{attempt.activity_key}",
    }


@plugin.get("/<uuid:attempt_id>")
@requires(TAKE, on="self")
def take(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Show the questions: all, or one with `?q=number`; results when it has been handed in."""
    attempt = services.own_attempt(current_user, attempt_id)
    questions = services.questions(attempt)
    around = _around(attempt)
    if attempt.state is not AttemptState.IN_PROGRESS:
        return render_template("quizzes/result.html", attempt=attempt, questions=questions, around=around)
    number = request.args.get("q", 1, int)
    one = questions[min(max(number, 1), len(questions)) - 1]
    return render_template("quizzes/take.html", attempt=attempt, questions=questions, one=one, around=around)


@plugin.post("/<uuid:attempt_id>/answer")
@requires(TAKE, on="self")
def answer(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Save one answer and give its receipt; from the script as JSON, from the form with the next question."""
    saved = services.save_answer(
        attempt=services.running(current_user, attempt_id),
        version_id=request.form.get("item", 0, int),
        chosen=request.form.getlist("choice"),
        flagged="flag" in request.form,
    )
    commit()
    if wants_json():
        return jsonify(at=format_time(saved.saved_at, seconds=True), code=saved.code)
    return redirect(f"/quizzes/{attempt_id}{_target()}")


def _target() -> str:
    wanted = request.form.get("go", "")
    return "/review" if wanted == "review" else f"?q={int(wanted)}" if wanted.isdecimal() else ""


@plugin.get("/<uuid:attempt_id>/review")
@requires(TAKE, on="self")
def review(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Show what is answered, flagged and open before handing in."""
    attempt = services.own_attempt(current_user, attempt_id)
    if attempt.state is not AttemptState.IN_PROGRESS:
        return redirect(f"/quizzes/{attempt_id}")
    return render_template("quizzes/review.html", attempt=attempt, questions=services.questions(attempt), around=_around(attempt))


@plugin.post("/<uuid:attempt_id>/hand-in")
@requires(TAKE, on="self")
def hand_in(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Hand in the attempt."""
    attempt = services.own_attempt(current_user, attempt_id, lock=True)
    if attempt.state is AttemptState.IN_PROGRESS:
        state = services.hand_in(actor=current_user, attempt=attempt)
        commit()
        if state == "complete":
            flash(gettext("Handed in. This quiz is complete."), "done")
        else:
            flash(gettext("Handed in and saved. Read the rationales, then try again as often as you like."), "done")
    return redirect(f"/quizzes/{attempt_id}")


@plugin.personal_data
def export_answers(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return every answer a person gave."""
    rows = db.session.execute(
        sa.select(Answer.__table__)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.user_id == user_id)
        .order_by(Answer.id)
    )
    return [dict(row) for row in rows.mappings()]
