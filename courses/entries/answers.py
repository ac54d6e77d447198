"""The instructor's side: reading what was handed in (which the author sees), and answering it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from courses.base import ANSWER, plugin
from courses.entries import queries, services
from courses.entries.models import Entry, EntryKind
from courses.entries.pages import flash_field
from lms.api import CohortModule, Enrolment, Form, NotFound, ReadReason, body, choices, commit, db, gettext, requires
from lms.api import lazy_gettext as _


class AnswerForm(Form):
    """One strong point, one question, one step; and whether the text is accepted."""

    strong = TextAreaField(_("One thing that is strong"), [InputRequired(), Length(max=2000)])
    question = TextAreaField(_("One question"), [Length(max=2000)])
    step = TextAreaField(_("One next step"), [Length(max=2000)])
    decision = RadioField(
        _("Decision"),
        [InputRequired()],
        choices=choices(("accepted", _("Accept")), ("returned", _("Ask for a revision (for instance: somebody could be recognised)"))),
        default="accepted",
    )


def code_of(entry_id: uuid.UUID) -> str:
    """Return the code under which an instructor sees an entry: no name stands beside the text."""
    return f"J-{entry_id.hex[:4].upper()}"


@plugin.route("/journals/queue/<uuid:entry_id>", methods=["GET", "POST"])
@requires(ANSWER, on="self", writes=True)
def answer(entry_id: uuid.UUID) -> ResponseReturnValue:
    """Open what was handed in to me (the author sees that) and answer it."""
    entry = services.entry_for(current_user, entry_id)
    form = AnswerForm()
    settings, fields = _activity(entry)
    rubric = settings.get("rubric") or []
    versions = services.version_texts(current_user, entry, ReadReason.ASSESSMENT)
    if form.submitted():
        texts = {"strong": form.strong.data or "", "question": form.question.data or "", "step": form.step.data or ""}
        services.answer(actor=current_user, entry=entry, texts={**texts, **_levels(rubric)}, accepted=form.decision.data == "accepted")
        commit()
        flash(gettext("Your answer is with the author."), "done")
        return redirect("/journals/queue")
    commit()
    return render_template(
        "courses/answer.html",
        entry=entry,
        versions=versions,
        form=form,
        code=code_of(entry.id),
        fields=fields,
        about=queries.titles_of([entry])[entry.id],
        rubric=rubric,
    ), 422 if form.errors else 200


def _activity(entry: Entry) -> tuple[Mapping[str, Any], list[dict[str, str]]]:
    """Return settings and fields of the activity, as its learners have it."""
    revision_id = db.session.scalar(
        sa.select(CohortModule.revision_id)
        .join(Enrolment, Enrolment.cohort_id == CohortModule.cohort_id)
        .where(Enrolment.id == entry.enrolment_id, CohortModule.module_id == entry.module_id)
    )
    if revision_id is None:
        raise NotFound("the module is in this cohort no more")
    text = body(revision_id, entry.activity_key)
    fields = list(text.prepared["fields"])
    return text.settings, [flash_field(), *fields] if entry.kind is EntryKind.VISIT else fields


def _levels(rubric: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return the level chosen for each criterion: `rubric:key` to 1 to 4, or `kept` for a gate."""
    chosen = {}
    for criterion in rubric:
        value = request.form.get(f"rubric-{criterion['key']}", "")
        if value in ({"kept", "broken"} if criterion.get("gate") else {"1", "2", "3", "4"}):
            chosen[f"rubric:{criterion['key']}"] = value
    return chosen
