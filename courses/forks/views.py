"""Copies of modules: making one, seeing what is new in the original, answering question by question, taking it over, who has copies."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import flash, g, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.base import CREATE, WRITE, plugin
from courses.forks import queries, services, standing
from courses.forks.forms import CopyForm, NewerForm, OriginForm, answer_form
from courses.forks.models import Fork
from courses.forks.result import findings_of
from courses.studio import exchange
from courses.studio.forms import add_error
from lms.api import ContentError, Form, NotFound, Refused, commit, gettext, requires, rows

UPSTREAM = "/studio/<module_key>/upstream"


# -- copying -----------------------------------------------------------------------------------------------------------------------


@plugin.route("/modules/<module_key>/copy", methods=["GET", "POST"])
@requires(CREATE, on="self")
def copy_module(module_key: str) -> ResponseReturnValue:
    """Make a copy of a published module for one's own agency."""
    upstream = queries.copyable(current_user, module_key)
    if upstream is None:
        raise NotFound("no module that this person may copy")
    title = upstream.about["title"]
    form = CopyForm(data={"title_id": title.get("id"), "title_en": title.get("en")})
    if form.submitted():
        try:
            module = services.copy_module(actor=current_user, upstream=upstream, key=form.key.data or "", title=form.title)
        except (Refused, ContentError) as refusal:
            add_error(form.key, str(refusal))
        else:
            commit()
            flash(gettext("Your copy is made. It is a draft: change what is different at your agency, then publish it."), "done")
            return redirect(f"/studio/{module.key}")
    return render_template("courses/fork_new.html", module=upstream, form=form), 422 if form.errors else 200


@plugin.route("/studio/<module_key>/copies", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_copies(module_key: str) -> ResponseReturnValue:
    """Show who has copies of a module and how they differ; let others copy it, or no longer."""
    fields = rows.posted()
    if "open" in fields:
        services.open_module(actor=current_user, module=g.module, opened=fields["open"] == "yes")
        commit()
        return redirect(f"/studio/{module_key}/copies")
    ties = queries.ties_of(g.module.id)
    newest, copies = queries.newest_number(g.module.id), queries.copies_of(g.module.id)
    return render_template("courses/fork_copies.html", module=g.module, ties=ties, newest=newest, copies=copies)


# -- what is new -------------------------------------------------------------------------------------------------------------------


@plugin.get(UPSTREAM)
@requires(WRITE, on="module")
def studio_upstream(module_key: str) -> ResponseReturnValue:
    """Show what waits in the original: what comes over by itself, what stays, what is asked."""
    fork = queries.fork_of(g.module.id)
    return _upstream(fork, NewerForm() if fork else OriginForm(), [])


def _upstream(fork: Fork | None, form: Form, problems: list[ContentError]) -> ResponseReturnValue:
    found = services.standing(g.module, fork) if fork and fork.waiting else None
    lines = (standing.taken(found), standing.kept(found)) if found else ([], [])
    questions = [(conflict, *standing.place_of(conflict, found)) for conflict in found.conflicts] if found else []
    page = render_template(
        "courses/fork.html",
        module=g.module,
        fork=fork,
        form=form,
        problems=problems,
        found=found,
        taken=lines[0],
        kept=lines[1],
        questions=questions,
    )
    return page, 422 if problems or form.errors else 200


@plugin.post(UPSTREAM)
@requires(WRITE, on="module")
def studio_upstream_bring(module_key: str) -> ResponseReturnValue:
    """Take a zip in: a newer version of the original, or the one that was copied."""
    fork = queries.fork_of(g.module.id)
    form = NewerForm() if fork else OriginForm()
    if not form.submitted():
        return _upstream(fork, form, [])
    with tempfile.TemporaryDirectory(prefix="peduli-original-") as scratch:
        home, text = Path(scratch), None
        problems: list[ContentError] = []
        if form.zip.data:
            home, text, problems = exchange.read_zip(form.zip.data.stream, Path(scratch).resolve())
            problems += exchange.unfit(text) if text else []
        elif fork:
            add_error(form.zip, gettext("Choose a file."))
        problems = [exchange.relative(problem, home) for problem in problems]
        if not problems and not form.errors:
            problems = services.bring(actor=current_user, module=g.module, fork=fork, text=text, values=form.data)
    if problems or form.errors:
        return _upstream(fork, form, problems)
    commit()
    return redirect(f"/studio/{module_key}/upstream")


# -- deciding ----------------------------------------------------------------------------------------------------------------------


@plugin.get(f"{UPSTREAM}/<conflict_id>")
@requires(WRITE, on="module")
def studio_conflict(module_key: str, conflict_id: str) -> ResponseReturnValue:
    """Show a question: the text that both began from, mine, theirs, and what may stand there from now on."""
    return _conflict(conflict_id, 200)


def _conflict(conflict_id: str, status: int) -> ResponseReturnValue:
    fork = queries.fork_of(g.module.id)
    found = services.standing(g.module, fork) if fork and fork.waiting else None
    place = next((place for place, conflict in enumerate(found.conflicts) if conflict.id == conflict_id), None) if found else None
    if found is None or place is None:
        flash(gettext("This is settled, or its texts have changed since. What is to be decided now stands here."))
        return redirect(f"/studio/{g.module.key}/upstream")
    conflict = found.conflicts[place]
    question = standing.question_of(conflict, found)
    form = answer_form(question, found.answers.get(conflict.id))
    if status == 422:
        form.validate()
    page = render_template("courses/fork_conflict.html", module=g.module, found=found, place=place, question=question, form=form)
    return page, status


@plugin.post(f"{UPSTREAM}/<conflict_id>")
@requires(WRITE, on="module")
def studio_conflict_answer(module_key: str, conflict_id: str) -> ResponseReturnValue:
    """Keep an answer and go on to the next open question; to the result when it was the last."""
    fork = queries.fork_of(g.module.id)
    found = services.standing(g.module, fork) if fork and fork.waiting else None
    conflict = next((conflict for conflict in found.conflicts if conflict.id == conflict_id), None) if found else None
    fields = rows.posted()
    if fork is None or found is None or conflict is None or not fields.get("choice"):
        return _conflict(conflict_id, 422)
    services.answer(actor=current_user, fork=fork, conflict=conflict, choice=fields["choice"], text=fields.get("text", ""))
    commit()
    after = standing.next_open(found, conflict)
    return redirect(f"/studio/{module_key}/upstream/{after.id if after else 'result'}")


# -- taking over -------------------------------------------------------------------------------------------------------------------


@plugin.route(f"{UPSTREAM}/result", methods=["GET", "POST"])
@requires(WRITE, on="module")
def studio_upstream_result(module_key: str) -> ResponseReturnValue:
    """Show what the draft would be, and take it over."""
    fork = queries.fork_of(g.module.id)
    if fork is None or fork.waiting is None:
        return redirect(f"/studio/{module_key}/upstream")
    problem, seen = "", rows.posted().get("seen")
    if seen is not None:
        try:
            services.apply(actor=current_user, module=g.module, fork=fork, seen=seen)
            commit()
        except Refused as refusal:
            problem = str(refusal)
        else:
            flash(gettext("Taken over into your draft. Learners see it after you publish; the history has every state before it."), "done")
            return redirect(f"/studio/{module_key}")
    found = services.standing(g.module, fork)
    lines, (findings, refused) = standing.lines_of(found.ours, found.merged), findings_of(g.module.key, found.merged)
    page = render_template(
        "courses/fork_result.html", module=g.module, found=found, lines=lines, findings=findings, refused=refused, problem=problem
    )
    return page, 409 if problem else 200
