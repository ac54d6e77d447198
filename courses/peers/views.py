"""Pages of peer review: what to do next, practice, writing a review, complaints."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.assignments.queries import TYPE
from courses.base import plugin
from courses.peers import pages, queries, rules, services
from courses.peers.forms import LevelsForm, ReviewForm, WhyForm, levels_form
from lms.api import LEARN, MARK, NotFound, commit, db, format_time, gettext, open_activity, requires, wants_json

AT = "/learn/<int:cohort_id>/<module_key>/<activity_key>/peers"
REVIEW = "/peers/<uuid:review_id>"


@plugin.get(AT)
@requires(LEARN, on="self")
def peer_board(cohort_id: int, module_key: str, activity_key: str) -> str:
    """Show what is asked of me as a reviewer, and what I have done."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, TYPE)
    return render_template("courses/peers.html", ctx=ctx, board=services.board_of(ctx))


@plugin.post(AT)
@requires(LEARN, on="self")
def peer_take(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Give me a text to review: a colleague's, or my own."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, TYPE)
    review = services.review_own(ctx=ctx) if request.form.get("whose") == "own" else services.take(ctx=ctx)
    commit()
    return redirect(f"/peers/{review.id}")


@plugin.post(f"{AT}/revise")
@requires(LEARN, on="self")
def peer_revise(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Let me revise my text with what colleagues have said."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, TYPE)
    services.revise(actor=current_user, ctx=ctx)
    commit()
    return redirect(ctx.url)


@plugin.route(f"{AT}/samples/<sample_key>", methods=["GET", "POST"])
@requires(LEARN, on="self")
def peer_sample(cohort_id: int, module_key: str, activity_key: str, sample_key: str) -> ResponseReturnValue:
    """Let me practise on a sample, then show what is right and why."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, TYPE)
    board = services.board_of(ctx)
    sample = next((row for row in board.samples if row["key"] == sample_key), None)
    if sample is None:
        raise NotFound("no such sample")
    form: Any = levels_form(LevelsForm, ctx.settings["rubric"])()
    if form.submitted():
        services.practise(ctx=ctx, sample=sample_key, levels=form.levels(ctx.settings["rubric"]))
        commit()
        return redirect(request.path)
    done = board.practice.get(sample_key)
    told = rules.compared(ctx.settings["rubric"], sample, done.levels) if done else []
    page = render_template("courses/peer_sample.html", ctx=ctx, board=board, sample=sample, form=form, done=done, told=told)
    return page, 422 if form.errors else 200


@plugin.route(REVIEW, methods=["GET", "POST"])
@requires(LEARN, on="self")
def peer_review(review_id: uuid.UUID) -> ResponseReturnValue:
    """Show a text that I review, without a name, and take my review."""
    desk = pages.desk_of(current_user, review_id)
    form: Any = levels_form(ReviewForm, desk.rubric)(data=desk.kept)
    if not desk.review.given_at and form.submitted():
        services.give(actor=current_user, review=desk.review, attempt=desk.attempt, levels=form.levels(desk.rubric), text=form.text.data)
        commit()
        flash(gettext("Thank you. Your review is with the author, without your name."), "done")
        return redirect(f"{desk.task_url}/peers")
    if request.method == "POST" and not desk.review.given_at:
        services.keep(review=desk.review, levels=form.levels(desk.rubric), text=form.text.data or "")
        commit()
    return render_template("courses/peer_review.html", desk=desk, form=form), 422 if form.errors else 200


@plugin.post(f"{REVIEW}/keep")
@requires(LEARN, on="self")
def peer_keep(review_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a review that is half written; for the script and for the button alike."""
    desk = pages.desk_of(current_user, review_id)
    form: Any = levels_form(ReviewForm, desk.rubric)()
    text = (form.text.data or "")[: pages.MOST_KEPT]
    at = format_time(services.keep(review=desk.review, levels=form.levels(desk.rubric), text=text), seconds=True)
    commit()
    if wants_json():
        return jsonify(at=at)
    flash(gettext("Kept at %(time)s. Nobody but you can see it.", time=at), "done")
    return redirect(f"/peers/{review_id}")


@plugin.route(f"{REVIEW}/unfair", methods=["GET", "POST"])
@requires(LEARN, on="self")
def peer_unfair(review_id: uuid.UUID) -> ResponseReturnValue:
    """Let me say that a review of my text is unfair."""
    desk = pages.received_of(current_user, review_id)
    form = WhyForm()
    if form.submitted():
        services.complain(review=desk.review, attempt=desk.attempt, assessor_id=desk.assessor_id, text=str(form.why.data))
        commit()
        flash(gettext("Your instructor looks at it. You read the decision on this page."), "done")
        return redirect(desk.task_url)
    return render_template("courses/peer_unfair.html", desk=desk, form=form), 422 if form.errors else 200


@plugin.post(f"{REVIEW}/settle")
@requires(MARK, on="self")
def peer_settle(review_id: uuid.UUID) -> ResponseReturnValue:
    """Decide about a complaint that came to me."""
    desk = pages.complaint_of(current_user, review_id)
    form = WhyForm()
    back = f"/journals/queue/assignments/{desk.attempt.id}"
    if not form.submitted():
        return render_template("courses/peer_settle.html", desk=desk, form=form, back=back), 422
    services.settle(
        actor=current_user,
        review=desk.review,
        attempt=desk.attempt,
        path=desk.task_url,
        counts=form.counts.data == "yes",
        ruling=str(form.why.data),
    )
    commit()
    flash(gettext("Decided; the author sees it."), "done")
    return redirect(back)


@plugin.personal_data
def export_reviews(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the reviews that a person wrote, those of their texts without a name, and their practice."""
    found = [pages.exported(*row) for row in db.session.execute(queries.everything_of(user_id))]
    practice = db.session.scalars(queries.practice_of(user_id))
    return found + [{"kind": "peer_practice", "activity": row.activity_key, "sample": row.sample, "levels": row.levels} for row in practice]
