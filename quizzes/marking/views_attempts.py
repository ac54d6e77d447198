"""Instructors look at the attempts of their cohorts, and decide what the program cannot."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import commit, db, format_datetime, gettext, page_number, paginate, requires
from quizzes.attempts.questions import ALL
from quizzes.base import ARRANGE, MARK, plugin
from quizzes.marking import decisions, forms, oversight, queries
from quizzes.marking.place import quiz_here

HOME = "/cohorts/<int:cohort_id>/<module_key>/<activity_key>"
ONE = f"{HOME}/attempts/<uuid:attempt_id>"


@plugin.get("/cohorts")
@requires(ARRANGE, on="self")
def cohort_quizzes() -> str:
    """List the quizzes of the cohorts in which I mark or arrange."""
    page, lines = oversight.quizzes_of(current_user, page_number())
    return render_template("quizzes/cohort_quizzes.html", page=page, lines=lines)


@plugin.get(HOME)
@requires(MARK, on="cohort")
def attempts(cohort_id: int, module_key: str, activity_key: str) -> str:
    """List everybody's attempts at a quiz; `?state=` and `?q=` (a name) filter."""
    quiz, words = quiz_here(module_key, activity_key), request.args.get("q", "").strip()[:100]
    state = request.args.get("state", "")
    page = paginate(queries.attempts_at(quiz.place, state, words), page_number(), oversight.PER_PAGE)
    papers = db.session.execute(queries.items_at(quiz.place)).all()
    return render_template(
        "quizzes/attempts.html",
        quiz=quiz,
        page=page,
        state=state,
        words=words,
        states=oversight.STATES,
        filters=queries.FILTERS,
        percent=oversight.percent,
        papers=papers,
        items=oversight.titles(papers),
    )


@plugin.get(f"{HOME}/attempts.csv")
@requires(MARK, on="cohort")
def attempts_csv(cohort_id: int, module_key: str, activity_key: str) -> Response:
    """Send everybody's attempts at a quiz as CSV."""
    quiz = quiz_here(module_key, activity_key)
    answer = Response(oversight.attempts_csv(quiz).encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{oversight.file_name(quiz)}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@plugin.get(ONE)
@requires(MARK, on="cohort")
def attempt(cohort_id: int, module_key: str, activity_key: str, attempt_id: uuid.UUID) -> str:
    """Show one attempt as its learner sees it, with everything that was done, and one question closely (`?q=`)."""
    return _page(oversight.dossier(quiz_here(module_key, activity_key), attempt_id, request.args.get("q", None, int)))


def _page(dossier: oversight.Dossier, *, change: Any = None, count: Any = None, reopened: Any = None) -> str:
    """Return the page of an attempt; a form that was sent comes with what was typed."""
    return render_template(
        "quizzes/attempt.html",
        page=dossier,
        reveal=ALL,
        states=oversight.STATES,
        actions=oversight.ACTIONS,
        kinds=oversight.DECISIONS,
        reason_words=oversight.reason_words,
        change=change or forms.change_form(dossier.question, formdata=None),
        count=count or forms.CountForm(formdata=None, prefix=forms.COUNT),
        reopen=reopened or forms.ReopenForm(formdata=None),
    )


@plugin.post(f"{ONE}/mark/<int:slot>")
@requires(MARK, on="cohort")
def change_mark(cohort_id: int, module_key: str, activity_key: str, attempt_id: uuid.UUID, slot: int) -> ResponseReturnValue:
    """Change the mark of one question by hand."""
    dossier = oversight.dossier(quiz_here(module_key, activity_key), attempt_id, slot)
    form = forms.change_form(dossier.question)
    if not form.submitted():
        return _page(dossier, change=form), 422
    if form.seen.data != dossier.question.seen:
        return _page(dossier, change=forms.once_more(form, dossier.question)), 409
    said = {"points": form.points.data, "comment": form.comment.data.strip(), "reason": form.reason.data.strip(), "seen": form.seen.data}
    decisions.change_mark(actor=current_user, attempt=dossier.attempt, slot=slot, **said)
    commit()
    flash(gettext("The mark is changed. The one before stays in the history."), "done")
    return redirect(f"{dossier.url}?q={slot}")


@plugin.post(f"{ONE}/count/<int:slot>")
@requires(MARK, on="cohort")
def count_answer(cohort_id: int, module_key: str, activity_key: str, attempt_id: uuid.UUID, slot: int) -> ResponseReturnValue:
    """Let an answer count that was kept aside."""
    dossier = oversight.dossier(quiz_here(module_key, activity_key), attempt_id, slot)
    form: Any = forms.CountForm(prefix=forms.COUNT)
    if not form.submitted():
        return _page(dossier, count=form), 422
    by_person = decisions.count_answer(
        actor=current_user, attempt=dossier.attempt, sequence=form.sequence.data, reason=form.reason.data.strip()
    )
    commit()
    flash(gettext("This answer counts now. A person marks it.") if by_person else gettext("This answer counts now."), "done")
    return redirect(f"{dossier.url}?q={slot}")


@plugin.post(f"{ONE}/reopen")
@requires(MARK, on="cohort")
def reopen(cohort_id: int, module_key: str, activity_key: str, attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Open an attempt again that was not handed in."""
    dossier = oversight.dossier(quiz_here(module_key, activity_key), attempt_id, None)
    form: Any = forms.ReopenForm()
    if not form.submitted():
        return _page(dossier, reopened=form), 422
    ends_at = decisions.reopen(actor=current_user, attempt=dossier.attempt, minutes=form.minutes.data, reason=form.reason.data.strip())
    commit()
    flash(gettext("The attempt is open until %(moment)s. Its learner gets a mail.", moment=format_datetime(ends_at)), "done")
    return redirect(dossier.url)
