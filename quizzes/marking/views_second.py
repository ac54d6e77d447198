"""Second opinions: a sample marked again without seeing the first marks, and how far the markers agree."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import NotFound, commit, gettext, requires
from quizzes.base import MARK, plugin
from quizzes.items.services import items_by_id
from quizzes.marking import forms, papers
from quizzes.marking.place import quiz_here
from quizzes.marking.views import HOME, comment_act, my_comments


@plugin.route(f"{HOME}/second", methods=["GET", "POST"])
@requires(MARK, on="cohort")
def second_opinion(cohort_id: int, module_key: str, activity_key: str, item_id: int) -> ResponseReturnValue:
    """Show answers that somebody else has marked, without the marks, and take a second opinion that does not count."""
    quiz, every = quiz_here(module_key, activity_key), forms.EveryForm.asked()
    url = f"/quizzes/marking/{quiz.path}/{item_id}"
    desk = papers.second_desk(current_user, quiz, item_id, every.every.data, request.form.get("answer", ""))
    if desk.paper is None or desk.question is None:
        return render_template("quizzes/marking_second_done.html", quiz=quiz, desk=desk, every=every, url=url)
    form = forms.mark_form(desk.question, answer=desk.paper.code, seen="second")
    if not comment_act(form) and form.submitted():
        papers.save_second(actor=current_user, paper=desk.paper, question=desk.question, verdict=form.verdict)
        commit()
        return redirect(f"{url}/second?every={every.every.data}")
    page = {"quiz": quiz, "desk": desk, "form": form, "every": every, "url": url}
    return render_template("quizzes/marking_second.html", **page, comments=my_comments()), 422 if form.errors else 200


@plugin.route(f"{HOME}/agreement", methods=["GET", "POST"])
@requires(MARK, on="cohort")
def markers_agree(cohort_id: int, module_key: str, activity_key: str, item_id: int) -> ResponseReturnValue:
    """Show how far first and second marks agree; change a mark that counts, with the reason."""
    quiz, url = quiz_here(module_key, activity_key), f"/quizzes/marking/{cohort_id}/{module_key}/{activity_key}/{item_id}"
    pairs, form = papers.pairs(quiz, item_id), forms.SettleForm()
    if form.submitted():
        pair = next((pair for pair in pairs if pair.paper.code == form.answer.data), None)
        if pair is None:
            raise NotFound("this answer was not marked twice")
        share = pair.second if form.use.data == "second" else (pair.first + pair.second) / 2
        papers.settle(actor=current_user, pair=pair, share=share, reason=form.reason.data.strip(), seen=form.seen.data)
        commit()
        flash(gettext("The mark is changed. The one before stays in the history."), "done")
        return redirect(f"{url}/agreement")
    title = items_by_id([item_id])[item_id].title if pairs else ""
    page = {"quiz": quiz, "pairs": pairs, "form": form, "found": papers.figures(pairs), "title": title, "url": url}
    return render_template("quizzes/marking_agreement.html", **page, most=papers.MOST_DIFFERENT), 422 if form.errors else 200
