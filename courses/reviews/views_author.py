"""The author's side of reviews: asking, links, comments, and whether an approval is needed."""

from __future__ import annotations

import re

from flask import current_app, flash, g, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from courses.base import WRITE, plugin
from courses.reviews import queries, services
from courses.reviews.forms import AskForm, LinkForm, RuleForm, SettleForm
from courses.reviews.models import Review
from courses.reviews.state import review_state
from courses.studio.forms import add_error
from lms.api import Refused, choices, commit, gettext, requires, rows

HOME = "/studio/<module_key>/reviews"
NUMBER = re.compile(r"[0-9]{1,18}")
ONE = f"{HOME}/<int:review_id>"


@plugin.route(HOME, methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_reviews(module_key: str) -> ResponseReturnValue:
    """List the reviews of a module and the comments that are open; freeze the draft and ask for a new one."""
    form = AskForm()
    form.colleagues.choices = choices(*((str(number), name) for number, name in services.colleagues_of(current_user).items()))
    form.colleagues.coerce = str
    if form.submitted():
        chosen = {number for number in services.colleagues_of(current_user) if str(number) in (form.colleagues.data or ())}
        try:
            review = services.ask(actor=current_user, module=g.module, colleagues=chosen, note=(form.note.data or "").strip())
        except Refused as refusal:
            add_error(form.colleagues, str(refusal))
        else:
            commit()
            flash(gettext("The text is frozen for the review. You can go on writing; reviewers see it as it is now."), "done")
            return redirect(f"/studio/{module_key}/reviews/{review.id}")
    return _list_page(form)


def _list_page(form: AskForm) -> ResponseReturnValue:
    return render_template(
        "courses/studio_reviews.html",
        module=g.module,
        form=form,
        rule=RuleForm(formdata=None),
        state=review_state(g.module),
        reviews=queries.reviews_of(g.module.id),
        said=queries.comments_of(g.module.id),
    ), 422 if form.errors else 200


@plugin.post(f"{HOME}/rule")
@requires(WRITE, on="module")
def studio_review_rule(module_key: str) -> AnyResponse:
    """Say whether the module is published only after an approval."""
    demanded = bool(RuleForm().demanded.data)
    services.demand_approval(actor=current_user, module=g.module, demanded=demanded)
    commit()
    flash(gettext("From now on an approval is needed.") if demanded else gettext("No approval is needed any more."), "done")
    return redirect(f"/studio/{module_key}/reviews")


@plugin.get(ONE)
@requires(WRITE, on="module")
def studio_review(module_key: str, review_id: int) -> ResponseReturnValue:
    """Show one review: who was asked, what they decided and said."""
    return _page(queries.review_of(g.module.id, review_id))


def _page(review: Review, form: LinkForm | None = None, link: str = "") -> ResponseReturnValue:
    return render_template(
        "courses/studio_review.html",
        module=g.module,
        review=review,
        people=queries.people_of(review.id),
        said=queries.comments_of(g.module.id, review_id=review.id, only_open=False),
        form=form or LinkForm(formdata=None),
        link=link,
        days=services.VALID_FOR.days,
    ), 422 if form is not None and form.errors else 200


@plugin.post(f"{ONE}/links")
@requires(WRITE, on="module")
def studio_review_link(module_key: str, review_id: int) -> ResponseReturnValue:
    """Make a link for somebody without an account, and show it this once."""
    review, form = queries.review_of(g.module.id, review_id), LinkForm()
    if not form.validate():
        return _page(review, form)
    try:
        secret = services.make_link(actor=current_user, review=review, label=(form.label.data or "").strip())
    except Refused as refusal:
        add_error(form.label, str(refusal))
        return _page(review, form)
    commit()
    return _page(review, link=f"{current_app.config['LMS_BASE_URL']}/review/{secret}")


@plugin.post(f"{ONE}/revoke")
@requires(WRITE, on="module")
def studio_review_revoke(module_key: str, review_id: int) -> AnyResponse:
    """Make the page of one reviewer unreachable."""
    number = rows.posted().get("reviewer", "")
    reviewer_id = int(number) if NUMBER.fullmatch(number) else 0
    services.revoke(actor=current_user, review=queries.review_of(g.module.id, review_id), reviewer_id=reviewer_id)
    commit()
    flash(gettext("The page cannot be opened any more. What was said there stays."), "done")
    return redirect(f"/studio/{module_key}/reviews/{review_id}")


@plugin.post(f"{ONE}/close")
@requires(WRITE, on="module")
def studio_review_close(module_key: str, review_id: int) -> AnyResponse:
    """Stop waiting for a review."""
    services.close(actor=current_user, review=queries.review_of(g.module.id, review_id))
    commit()
    flash(gettext("The review is closed. Its comments stay."), "done")
    return redirect(f"/studio/{module_key}/reviews")


@plugin.post("/studio/<module_key>/comments/<int:comment_id>")
@requires(WRITE, on="module")
def studio_comment(module_key: str, comment_id: int) -> ResponseReturnValue:
    """Answer a comment, or mark it as done; an answer that is too long comes back."""
    comment, form = queries.comment_of(g.module.id, comment_id), SettleForm()
    if not form.validate():
        return render_template("courses/studio_comment.html", module=g.module, comment=comment, form=form), 422
    posted = rows.posted()
    services.settle(actor=current_user, comment=comment, answer=(form.answer.data or "").strip(), done=bool(form.done.data))
    commit()
    flash(gettext("Kept. The reviewer sees it on the page of the review."), "done")
    there = f"/{comment.key}" if posted.get("from") == "activity" else f"/reviews/{comment.review_id}"
    return redirect(f"/studio/{module_key}{there}#comment-{comment.id}")
