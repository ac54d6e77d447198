"""A learner writes, reads, changes, withdraws and reports."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from courses.base import plugin
from courses.discussions import queries, services
from courses.discussions.models import MOST_REASON, Post
from courses.discussions.type import discussion_page, post_form
from courses.learn.views import player_page
from lms.api import LEARN, Context, Form, commit, db, gettext, open_activity, page_number, requires
from lms.api import lazy_gettext as _

AT = "/learn/<int:cohort_id>/<module_key>/<activity_key>"
ONE = f"{AT}/posts/<uuid:post_id>"


class ReportForm(Form):
    """Why instructors should look at a post."""

    reason = TextAreaField(_("What is the matter with it?"), [InputRequired(), Length(max=MOST_REASON)])


def _ctx(cohort_id: int, module_key: str, activity_key: str) -> Context:
    return open_activity(current_user, cohort_id, module_key, activity_key, services.TYPE)


def _player(ctx: Context, content: str, form: Form | None = None) -> ResponseReturnValue:
    return player_page(int(ctx.cohort_id or 0), ctx.module_key, ctx.key, content, 422 if form and form.errors else 200)


@plugin.post(f"{AT}/answer")
@requires(LEARN, on="self")
def answer_discussion(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Take my answer."""
    ctx = _ctx(cohort_id, module_key, activity_key)
    form = post_form(ctx.settings["minimum_words"] or 0)
    if not form.validate():
        return _player(ctx, discussion_page(ctx, form), form)
    services.write_answer(actor=current_user, ctx=ctx, text=form.text.data)
    commit()
    flash(gettext("Your answer is there. Now you can read the others."), "done")
    return redirect(ctx.url)


@plugin.get(f"{AT}/answers")
@requires(LEARN, on="self")
def answers(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Show a further page of what others have answered."""
    ctx = _ctx(cohort_id, module_key, activity_key)
    return _player(ctx, discussion_page(ctx, page=page_number()))


@plugin.route(ONE, methods=["GET", "POST"])
@requires(LEARN, on="self")
def thread(cohort_id: int, module_key: str, activity_key: str, post_id: uuid.UUID) -> ResponseReturnValue:
    """Show an answer with the replies to it, and take mine."""
    ctx = _ctx(cohort_id, module_key, activity_key)
    row = services.find_post(ctx, post_id)
    if row.Post.parent_id is not None:
        return redirect(f"{_home(ctx, row.Post)}#p-{post_id}")
    form = post_form()
    if form.submitted():
        services.write_reply(actor=current_user, ctx=ctx, answer=row.Post, text=form.text.data)
        commit()
        flash(gettext("Your reply is there."), "done")
        return redirect(f"{ctx.url}/posts/{post_id}")
    head, replies = services.thread_of(ctx, row, page_number())
    values = {"head": head, "replies": replies, "form": form, "round": row.own_replies}
    return _player(ctx, render_template("courses/discussion_thread.html", ctx=ctx, **values), form)


@plugin.route(f"{ONE}/edit", methods=["GET", "POST"])
@requires(LEARN, on="self")
def edit_post(cohort_id: int, module_key: str, activity_key: str, post_id: uuid.UUID) -> ResponseReturnValue:
    """Change what I have written."""
    ctx = _ctx(cohort_id, module_key, activity_key)
    post = services.find_post(ctx, post_id, own=True).Post
    form = post_form((ctx.settings["minimum_words"] or 0) if post.parent_id is None else 0, data={"text": post.text})
    if form.submitted():
        services.edit(post=post, text=form.text.data)
        commit()
        flash(gettext("Changed."), "done")
        return redirect(_home(ctx, post))
    open_still = services.may_edit(post, ctx.now)
    page = render_template("courses/discussion_edit.html", ctx=ctx, post=post, form=form, home=_home(ctx, post), open_still=open_still)
    return _player(ctx, page, form)


@plugin.post(f"{ONE}/withdraw")
@requires(LEARN, on="self")
def withdraw_post(cohort_id: int, module_key: str, activity_key: str, post_id: uuid.UUID) -> Response:
    """Take away what I have written."""
    ctx = _ctx(cohort_id, module_key, activity_key)
    post = services.find_post(ctx, post_id, own=True).Post
    services.withdraw(post=post)
    commit()
    flash(gettext("Withdrawn. Your text is gone; what it completed stays complete."), "done")
    return redirect(_home(ctx, post))


@plugin.route(f"{ONE}/report", methods=["GET", "POST"])
@requires(LEARN, on="self")
def report_post(cohort_id: int, module_key: str, activity_key: str, post_id: uuid.UUID) -> ResponseReturnValue:
    """Ask the instructors to look at somebody's post."""
    ctx = _ctx(cohort_id, module_key, activity_key)
    post, form = services.find_to_report(ctx, post_id), ReportForm()
    if form.submitted():
        services.report(actor=current_user, ctx=ctx, post=post, reason=form.reason.data)
        commit()
        flash(gettext("Thank you. Your instructors look at it; they do not learn who asked."), "done")
        return redirect(_home(ctx, post))
    return _player(ctx, render_template("courses/discussion_report.html", ctx=ctx, post=post, form=form, home=_home(ctx, post)), form)


def _home(ctx: Context, post: Post) -> str:
    """Return where a post is read."""
    return f"{ctx.url}/posts/{post.parent_id}" if post.parent_id else ctx.url


@plugin.personal_data
def export_posts(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return everything that a person wrote and reported in discussions."""
    posts = [
        {
            "kind": "discussion post",
            "activity": post.activity_key,
            "reply": post.parent_id is not None,
            "text": post.text,
            "written_at": post.written_at,
            "edited_at": post.edited_at,
            "withdrawn_at": post.withdrawn_at,
            "hidden_because": post.hidden_because,
        }
        for post in db.session.scalars(queries.written_by(user_id))
    ]
    reports = db.session.scalars(queries.reported_by(user_id))
    return posts + [{"kind": "discussion report", "reason": row.reason, "made_at": row.made_at} for row in reports]
