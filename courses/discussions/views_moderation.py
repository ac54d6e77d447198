"""Instructors read the discussions of a cohort and hide what harms, with a reason that the author reads."""

from __future__ import annotations

import uuid

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from courses.base import MODERATE, plugin
from courses.discussions import queries, services
from courses.discussions.models import MOST_REASON
from courses.surveys.queries import revisions_of
from lms.api import Form, Waits, commit, db, gettext, head_of, nothing, outlines, page_number, paginate, requires
from lms.api import lazy_gettext as _

AT = "/cohorts/<int:cohort_id>/discussions"
ONE = f"{AT}/<uuid:post_id>"
PER_PAGE = 20

plugin.cohort_page(
    _("Discussions"),
    "/discussions",
    MODERATE,
    "people",
    Waits(nothing("%(num)s reported post", "%(num)s reported posts"), queries.reported_in),
)


class HideForm(Form):
    """Why a post is hidden."""

    reason = TextAreaField(
        _("Why it is hidden"),
        [InputRequired(), Length(max=MOST_REASON)],
        description=_("The author reads this. Say what would help instead."),
    )


def _titles() -> dict[tuple[int, str], tuple[str, str]]:
    """Return {(module, activity): (title, key of the module)} of what the cohort's revisions hold."""
    known = outlines(db.session.scalars(revisions_of(g.cohort.id))).values()
    return {(one.module_id, item.key): (item.title, one.module_key) for one in known for item in one.items}


@plugin.get(AT)
@requires(MODERATE, on="cohort")
def discussions(cohort_id: int) -> str:
    """List what was written in a cohort: what was reported first."""
    page = paginate(queries.posts_in(g.cohort.id), page_number(), PER_PAGE)
    return render_template("courses/discussions.html", head=head_of(g.cohort), page=page, titles=_titles())


@plugin.route(ONE, methods=["GET", "POST"])
@requires(MODERATE, on="cohort")
def moderate_post(cohort_id: int, post_id: uuid.UUID) -> ResponseReturnValue:
    """Show a post with what was said about it, and hide it."""
    row, form, titles = services.post_of_cohort(g.cohort, post_id), HideForm(), _titles()
    title, module_key = titles.get((row.Post.module_id, row.Post.activity_key), (row.Post.activity_key, ""))
    if form.submitted():
        thread = f"/posts/{row.Post.parent_id}" if row.Post.parent_id else ""
        path = f"/learn/{cohort_id}/{module_key}/{row.Post.activity_key}{thread}" if module_key else "/learn"
        services.hide(actor=current_user, post=row.Post, author_id=row.user_id, path=path, reason=form.reason.data)
        commit()
        flash(gettext("Hidden. The author is told, with your reason."), "done")
        return redirect(f"/cohorts/{cohort_id}/discussions")
    reports = db.session.execute(queries.reports_of(post_id)).all()
    values = {"row": row, "title": title, "reports": reports, "form": form}
    return render_template("courses/discussion_moderate.html", head=head_of(g.cohort), **values), 422 if form.errors else 200


@plugin.post(f"{ONE}/settle")
@requires(MODERATE, on="cohort")
def settle_post(cohort_id: int, post_id: uuid.UUID) -> Response:
    """Leave a reported post as it is, or show a hidden one again."""
    post = services.post_of_cohort(g.cohort, post_id).Post
    if request.form.get("what") == "show":
        services.show_again(actor=current_user, post=post)
        flash(gettext("It is shown again."), "done")
    else:
        services.leave(post=post)
        flash(gettext("It stays as it is."), "done")
    commit()
    return redirect(f"/cohorts/{cohort_id}/discussions")
