"""The instructor's page: task, text, and the rubric beside them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from courses.assignments import queries, services
from courses.assignments.pages import compared
from courses.assignments.rubric import BROKEN, Levels, Rubric, allowed, score_of, undecided
from courses.base import plugin
from courses.peers.pages import received_by_text
from lms.api import MARK, Attempt, Form, choices, commit, count_words, db, desk_around, gettext, requires
from lms.api import lazy_gettext as _

ACCEPT, RETURN = "accepted", "returned"  # the buttons; a third one only shows the total


class MarkingForm(Form):
    """The answer to a version; `marking_form` adds a field for each criterion."""

    feedback = TextAreaField(
        _("Feedback"), [InputRequired(), Length(max=4000)], description=_("One thing that is strong, one question, one next step.")
    )
    decision = StringField()

    @property
    def decided(self) -> bool:
        """Tell whether this accepts or returns the text."""
        return self.decision.data in {ACCEPT, RETURN}

    def levels(self, rubric: Rubric) -> Levels:
        """Return what was chosen, without what cannot be chosen."""
        chosen = {row["key"]: self[f"rubric-{row['key']}"].data for row in rubric}
        return {row["key"]: chosen[row["key"]] for row in rubric if chosen[row["key"]] in allowed(row)}

    @property
    def said_to_parts(self) -> bool:
        """Tell whether something stands in a field for a single part."""
        return any(field.data for field in self if field.name.startswith("remark-"))

    def remarks(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Return what was said to single parts."""
        said = {row["key"]: (self[f"remark-{row['key']}"].data or "").strip() for row in parts}
        return {key: text for key, text in said.items() if text}


class Chosen:
    """Ask for a level, and for a gate that is kept, when the text is to be accepted."""

    def __call__(self, form: MarkingForm, field: RadioField) -> None:
        """Look."""
        if form.decision.data != ACCEPT:
            return
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(gettext("Choose one."))
        if field.data == BROKEN:
            raise ValidationError(gettext("As long as this is not kept, ask for a revision."))


def marking_form(rubric: Rubric, parts: Sequence[Mapping[str, Any]]) -> type[Form]:
    """Return the form with a field for each criterion of a rubric, and one for a remark to each part."""
    criteria = {f"rubric-{row['key']}": _criterion(row) for row in rubric}
    return MarkingForm.of(**criteria, **{f"remark-{row['key']}": TextAreaField(row["title"], [Length(max=2000)]) for row in parts})


def _criterion(row: Mapping[str, Any]) -> RadioField:
    labels = (gettext("kept"), gettext("please revise")) if row.get("gate") else row["levels"]
    options = choices(*zip(allowed(row), labels, strict=True))
    return RadioField(row["title"], [Chosen()], choices=options, validate_choice=False)


@plugin.route("/journals/queue/assignments/<uuid:attempt_id>", methods=["GET", "POST"])
@requires(MARK, on="self")
def mark_assignment(attempt_id: uuid.UUID) -> ResponseReturnValue:
    """Show what was handed in to me with the rubric beside it, and take my answer to the newest version."""
    work = services.work_for(current_user, attempt_id, to_answer=request.method == "POST")
    form: Any = marking_form(work.rubric, work.parts)()
    levels = form.levels(work.rubric)
    around = desk_around(f"/journals/queue/assignments/{work.latest.id}")
    outdated = form.decided and work.waits and attempt_id != work.latest.id
    if form.decided and not outdated and form.submitted():
        said = {"feedback": form.feedback.data, "remarks": form.remarks(work.parts)}
        services.answer(actor=current_user, work=work, levels=levels, accepted=form.decision.data == ACCEPT, **said)
        commit()
        flash(gettext("Your answer is with the author."), "done")
        return redirect(f"{around.onward}#answered={work.latest.id}")
    return render_template(
        "courses/marking.html",
        work=work,
        form=form,
        outdated=outdated,
        around=around,
        score=score_of(work.rubric, levels),
        undecided=undecided(work.rubric, levels),
        broken=BROKEN in levels.values(),
        words=words_of_answer,
        compared=compared,
        received=received_by_text(work.versions[-1][0], work.text.settings),
    ), 409 if outdated else 422 if form.errors else 200


def words_of_answer(attempt: Attempt) -> int:
    """Return how many words a version has."""
    return sum(count_words(text) for text in attempt.answer.values() if isinstance(text, str))


@plugin.personal_data
def export_assignments(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return how a person's assignments were marked, and what they are writing."""
    marked: list[dict[str, Any]] = [
        {"kind": "marking", "activity": row.activity_key, "version": row.number, "levels": row.levels}
        | ({"remarks": row.remarks} if row.remarks else {})
        for row in db.session.execute(queries.markings_of(user_id))
    ]
    written = [
        {"kind": "assignment_draft", "activity": draft.activity_key, "saved_at": draft.saved_at.isoformat(), "texts": draft.texts}
        for draft in db.session.scalars(queries.drafts_by(user_id))
    ]
    return marked + written
