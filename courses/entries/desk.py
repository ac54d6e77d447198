"""What lies before an instructor who answers a text: the versions they may read, the rubric, and what they have typed so far."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from courses.entries import pages, presets, services
from courses.entries.drafts import Texts
from courses.entries.kember import HALVES, passes
from courses.entries.kindness import unkind
from courses.entries.models import Entry, EntryKind, Version
from lms.api import Actor, CohortModule, Enrolment, Form, NotFound, ReadReason, body, choices, db, format_number, gettext, outline, words_of
from lms.api import lazy_gettext as _

KEPT, BROKEN = "kept", "broken"
STEPS = ("1", "2", "3", "4")
WORDS = ("strong", "question", "step")


class AnswerForm(Form):
    """One strong point, one question, one step; how deep the text reflects; and whether it is accepted."""

    strong = TextAreaField(_("One thing that is strong"), [InputRequired(), Length(max=2000)])
    question = TextAreaField(_("One question"), [Length(max=2000)])
    step = TextAreaField(_("One next step"), [Length(max=2000)])
    level = RadioField(_("Depth of reflection"), [Optional()])
    decision = RadioField(
        _("Decision"),
        [InputRequired()],
        choices=choices(("accepted", _("Accept")), ("returned", _("Ask for a revision"))),
        default="accepted",
    )

    def __init__(self, *arguments: Any, **values: Any) -> None:
        """Name the levels as the reader's language writes numbers."""
        super().__init__(*arguments, **values)
        self.level.choices = levels()

    @property
    def accepts(self) -> bool:
        """Tell whether the text is accepted."""
        return bool(self.decision.data == "accepted")

    @property
    def texts(self) -> Texts:
        """Return the three texts."""
        return {name: (self[name].data or "").strip() for name in WORDS}


def levels() -> Any:
    """Return the choices of a level in halves."""
    return choices(*((str(halves), format_number(halves / 2, halves % 2)) for halves in HALVES))


@dataclass(frozen=True, slots=True)
class Task:
    """What an activity asks for, as the learners of a cohort have it."""

    settings: Mapping[str, Any]
    fields: Sequence[dict[str, str]]
    rubric: Sequence[Mapping[str, Any]]
    language: str
    scored: bool  # its rule asks for a score
    title: str

    @property
    def anchors(self) -> Sequence[Mapping[str, Any]]:
        """Return the texts to compare with."""
        found: Sequence[Mapping[str, Any]] = self.settings.get("anchors") or []
        return found


def task_of(entry: Entry) -> Task:
    """Return the task of an entry. Raises NotFound when its module has left the cohort."""
    revision_id = db.session.scalar(
        sa.select(CohortModule.revision_id)
        .join(Enrolment, Enrolment.cohort_id == CohortModule.cohort_id)
        .where(Enrolment.id == entry.enrolment_id, CohortModule.module_id == entry.module_id)
    )
    if revision_id is None:
        raise NotFound("the module is in this cohort no more")
    return task_in(revision_id, entry.activity_key, entry.kind)


def task_in(revision_id: int, key: str, kind: str) -> Task:
    """Return the task of an activity of a revision."""
    contents, text = outline(revision_id), body(revision_id, key)
    item, language = contents.item(key), contents.about.get("language") or "id"
    return Task(
        settings=text.settings,
        fields=pages.fields(kind, text.settings, text.prepared, language),
        rubric=presets.rubric_of(text.settings, language),
        language=language,
        scored="passed" in words_of(item.rule),
        title=item.title,
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """An entry that is being answered."""

    entry: Entry
    task: Task
    versions: Sequence[tuple[Version, Texts, Texts | None]]
    form: AnswerForm
    typed: Mapping[str, str]  # names and values of the form as it was posted or kept
    kept_at: dt.datetime | None

    @property
    def newest(self) -> Version:
        """Return the version to answer."""
        return self.versions[-1][0]

    @property
    def waits(self) -> bool:
        """Tell whether it has no answer yet."""
        return self.newest.feedback is None

    @property
    def halves(self) -> int | None:
        """Return the level in halves, None when it is left open; only journals have one."""
        chosen = "level" in self.form and self.form.level.data
        return int(chosen) if chosen else None

    @property
    def chosen(self) -> dict[str, str]:
        """Return what was chosen for each criterion, `rubric:KEY` to 1 to 4, `kept` or `broken`; what cannot be chosen is left out."""
        found = {}
        for row in self.task.rubric:
            value = self.typed.get(f"rubric-{row['key']}", "")
            if value in ((KEPT, BROKEN) if row.get("gate") else STEPS):
                found[f"rubric:{row['key']}"] = value
        return found

    @property
    def ethics(self) -> bool:
        """Tell whether a gate is broken: the text goes back and has no level until it is mended."""
        return BROKEN in self.chosen.values()

    @property
    def given(self) -> dict[str, Any]:
        """Return the answer, as `services.answer` takes it."""
        return {
            "texts": {**self.form.texts, **self.chosen},
            "accepted": self.form.accepts,
            "level": None if self.ethics else self.halves,
            "ethics": self.ethics,
            "scored": self.task.scored,
        }

    @property
    def problem(self) -> str:
        """Say why this cannot be sent as it is, or nothing."""
        level = self.halves
        if self.typed.get("version", "") not in {"", str(self.newest.number)}:
            return gettext("The author has handed in another version meanwhile. Read it first; what you typed is still here.")
        if not self.form.accepts:
            return ""
        if self.ethics:
            return gettext("As long as this is not kept, ask for a revision.")
        if not passes(level, self.newest.number):
            return gettext("Below 2.5 a first version goes back once. After an honest revision it passes at any level.")
        if self.task.scored and level is None:
            return gettext("This journal counts as a score. Choose a level.")
        return ""

    @property
    def unkind(self) -> list[str]:
        """Return phrases to look at again, unless the instructor has said that they are meant."""
        return [] if self.typed.get("meant") else unkind(self.form.texts.values())


def open_desk(actor: Actor, entry_id: uuid.UUID) -> Desk:
    """Open an entry that was handed in to this instructor: the author sees that. Raises NotFound for any other."""
    entry = services.entry_for(actor, entry_id)
    versions = services.version_texts(actor, entry, ReadReason.ASSESSMENT)
    kept = None if request.method == "POST" else services.kept_answer(actor, entry.versions[-1])
    typed = dict(kept[0] if kept else request.form.items())
    form = _fitted(entry, AnswerForm(formdata=MultiDict(typed)) if kept else AnswerForm())
    return Desk(entry, task_of(entry), versions, form, typed, kept[1] if kept else None)


def desk_sent(actor: Actor, entry_id: uuid.UUID, typed: Mapping[str, str]) -> Desk:
    """Return the desk on which an answer of a device arrives: nothing of the author's is opened. Raises NotFound as `open_desk`."""
    entry = services.entry_for(actor, entry_id)
    form = AnswerForm(formdata=MultiDict(typed))
    return Desk(entry, task_of(entry), [(version, {}, None) for version in entry.versions], _fitted(entry, form), typed, None)


def _fitted(entry: Entry, form: AnswerForm) -> AnswerForm:
    if entry.kind is not EntryKind.JOURNAL:
        del form.level
    return form


def worth_keeping(desk: Task, form: Mapping[str, str]) -> dict[str, str]:
    """Return of a posted form what belongs to an answer."""
    names: Iterable[str] = (*WORDS, "level", "decision", *(f"rubric-{row['key']}" for row in desk.rubric))
    return {name: form[name][:2000].replace("\r\n", "\n") for name in names if form.get(name)}
