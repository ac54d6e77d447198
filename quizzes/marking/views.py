"""Marking by people: what waits, one answer after the other, sentences to use again."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import NotFound, Role, commit, db, desk_around, gettext, requires
from lms.api import lazy_gettext as _
from quizzes.attempts.services import content_of
from quizzes.base import MARK, plugin
from quizzes.marking import forms, oversight, papers, queries
from quizzes.marking.place import quiz_here

HOME = "/marking/<int:cohort_id>/<module_key>/<activity_key>/<int:item_id>"

plugin.nav(_("Quizzes"), "/quizzes/marking", "list-checks", [Role.INSTRUCTOR], order=32)
plugin.nav(_("Quiz times"), "/quizzes/cohorts", "clock", [Role.ORGANIZER], order=33, under="/cohorts")


@plugin.get("/marking")
@requires(MARK, on="self")
def marking_queue() -> str:
    """List the answers that wait for a person in my cohorts, by quiz and question, the oldest first."""
    return render_template("quizzes/marking_queue.html", waiting=papers.waiting_for(current_user))


@plugin.route(HOME, methods=["GET", "POST"])
@requires(MARK, on="cohort")
def mark_item(cohort_id: int, module_key: str, activity_key: str, item_id: int) -> ResponseReturnValue:
    """Show one answer after the other to the same question, without names, and take the marks. `?answer=` looks at one that is marked."""
    quiz, url = quiz_here(module_key, activity_key), f"/quizzes/marking/{cohort_id}/{module_key}/{activity_key}/{item_id}"
    desk, around = papers.desk(quiz, item_id, request.values.get("answer", "")), desk_around(url)
    if desk.paper is None or desk.question is None:
        return render_template("quizzes/marking_done.html", quiz=quiz, desk=desk, url=url, around=around)
    form = forms.mark_form(desk.question, answer=desk.paper.code, seen=desk.seen, previous=desk.previous)
    met = False
    if not comment_act(form) and form.submitted():
        met = not papers.save(actor=current_user, paper=desk.paper, verdict=form.verdict, seen=form.seen.data)
        commit()
        if not met:
            return redirect(f"{forms.address(url, around.choice.query, desk.next_code)}#answered={desk.paper.code}")
        desk = papers.desk(quiz, item_id, desk.paper.code)
        form.seen.data = desk.seen
    page = {"quiz": quiz, "desk": desk, "form": form, "met": met, "url": url, "around": around}
    return render_template("quizzes/marking.html", **page, comments=my_comments()), 409 if met else 422 if form.errors else 200


def comment_act(form: Any) -> bool:
    """Insert or keep a sentence, when that was pressed; tell whether it was. Nothing is marked then."""
    if request.method != "POST" or not form.act:
        return False
    if form.act == "keep" and (form.comment.data or "").strip():
        papers.keep_comment(actor=current_user, text=form.comment.data.strip())
        commit()
    elif form.act == "insert":
        number = request.form.get("insert", 0, int)
        form.insert(next((comment.text for comment in my_comments() if comment.id == number), ""))
    return True


def my_comments() -> list[Any]:
    """Return the sentences that the present person keeps."""
    return list(db.session.scalars(queries.comments_of(current_user.id)))


@plugin.route("/marking/comments", methods=["GET", "POST"])
@requires(MARK, on="self")
def marking_comments() -> ResponseReturnValue:
    """List my sentences; keep another one."""
    form: Any = forms.CommentForm()
    if form.submitted():
        papers.keep_comment(actor=current_user, text=form.text.data.strip())
        commit()
        return redirect("/quizzes/marking/comments")
    return render_template("quizzes/marking_comments.html", form=form, comments=my_comments()), 422 if form.errors else 200


@plugin.post("/marking/comments/<int:comment_id>/delete")
@requires(MARK, on="self")
def drop_comment(comment_id: int) -> ResponseReturnValue:
    """Remove one of my sentences."""
    papers.drop_comment(actor=current_user, comment_id=comment_id)
    commit()
    flash(gettext("The sentence is removed. Comments that you have given with it stay."), "done")
    return redirect("/quizzes/marking/comments")


@plugin.get("/marking/files/<int:cohort_id>/<int:upload_id>")
@requires(MARK, on="cohort")
def marking_file(cohort_id: int, upload_id: int) -> ResponseReturnValue:
    """Send a file that was handed in, under a name that does not say whose it is."""
    row = db.session.execute(queries.upload_at(cohort_id, upload_id)).one_or_none()
    if row is None:
        raise NotFound("no such file in this cohort")
    ending = "".join(letter for letter in row.Upload.name.rpartition(".")[2].lower() if letter.isalnum())[:5]
    name = f"{row.code or 'file'}-{upload_id}.{ending}"
    return send_file(content_of(row.Upload), download_name=name, as_attachment=True, mimetype="application/octet-stream")


@plugin.personal_data
def export_marks(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the marks of a person's answers and what was decided about their attempts; of a marker the sentences that they keep."""
    kept = [{"kind": "sentence for marking", "text": comment.text} for comment in db.session.scalars(queries.comments_of(user_id))]
    return [*oversight.marks_about(user_id), *oversight.decisions_about(user_id), *kept]
