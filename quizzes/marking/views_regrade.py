"""Marking anew: choose, see what would change, and only then do it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import NotFound, commit, db, gettext, page_number, requires
from quizzes.base import REGRADE, plugin
from quizzes.marking import forms, queries, regrading
from quizzes.marking.place import QuizHere, quiz_here

HOME = "/regrade/<int:cohort_id>/<module_key>/<activity_key>"


@plugin.get(HOME)
@requires(REGRADE, on="cohort")
def regrade(cohort_id: int, module_key: str, activity_key: str) -> str:
    """Choose items and by which version they are marked (`?item-7=newest`); then show what would change. Nothing is written."""
    quiz = quiz_here(module_key, activity_key)
    return _dry_run(quiz, forms.RegradeForm(formdata=None))


def _dry_run(quiz: QuizHere, form: Any, *, outdated: bool = False) -> str:
    choice = regrading.read_choice(request.args)
    found = regrading.dry_run(quiz, choice)
    page, lines = regrading.lines(quiz, found, page_number())
    form.token.data = found.token
    return render_template(
        "quizzes/regrade.html",
        quiz=quiz,
        items=regrading.choosable(quiz),
        choice=choice,
        found=found,
        page=page,
        lines=lines,
        turned=regrading.turned(quiz, found),
        form=form,
        outdated=outdated,
        query=request.query_string.decode(),
        many=regrading.AT_ONCE,
    )


@plugin.post(HOME)
@requires(REGRADE, on="cohort")
def do_regrade(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Do what the dry run of this address showed; when something has changed since, show it again."""
    quiz = quiz_here(module_key, activity_key)
    form: Any = forms.RegradeForm()
    if not form.submitted():
        return _dry_run(quiz, form), 422
    choice = regrading.read_choice(request.args)
    run = regrading.confirm(actor=current_user, quiz=quiz, choice=choice, token=form.token.data, reason=form.reason.data.strip())
    if run is None:
        return _dry_run(quiz, form, outdated=True), 409
    commit()
    flash(gettext("The changes are kept with your reason."), "done")
    return redirect(f"/quizzes/regrade/{quiz.path}/{run.id}")


@plugin.get(f"{HOME}/<int:regrade_id>")
@requires(REGRADE, on="cohort")
def regrade_run(cohort_id: int, module_key: str, activity_key: str, regrade_id: int) -> str:
    """Show how far a run is."""
    quiz = quiz_here(module_key, activity_key)
    run = db.session.execute(queries.regrade_at(quiz.place, regrade_id)).one_or_none()
    if run is None:
        raise NotFound("no such run of this quiz")
    return render_template("quizzes/regrade_run.html", quiz=quiz, run=run)
