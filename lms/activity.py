"""The contract of an activity type. A type is one class; what it can do it says by its mixins.

    @plugin.activity
    class Poll(ActivityType, Submittable, Gradable): ...

The kernel gives each type what is the same for all: a place in the chooser, a settings page, attempts, marks, completion, copies, export
and the privacy export. One context goes in, frozen results come out; a type never sees `request`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import wtforms

from lms.errors import ContentError
from lms.forms import Form, Rows
from lms.web import rows

if TYPE_CHECKING:
    from lms.people.access import Actor

# What a type may offer as completion; the words of `lms.progress.rules`.
COMPLETION_WORDS = frozenset({"viewed", "submitted", "passed", "minimum_words", "accepted", "attended", "before"})


@dataclass(frozen=True, slots=True)
class Score:
    """What an answer earned: `points` of `maximum`, and a sentence for the learner."""

    points: float
    maximum: float
    feedback: str = ""

    @property
    def percent(self) -> float:
        """Return 0 to 100."""
        return 100 * self.points / self.maximum if self.maximum else 0.0


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One attempt as a type may see it: number from 1, state, answer, score in percent (None: not marked yet) and feedback."""

    id: uuid.UUID
    number: int
    state: str
    answer: Mapping[str, Any]
    percent: float | None
    feedback: str
    submitted_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a type may know while it draws or answers: who, where, with which settings, and how far they are.

    `settings` and `prepared` are read-only. `state` is one of `not_started`, `in_progress`, `waiting`, `complete`. A submittable type
    finds the learner's attempts (latest first) and the form to answer in; `form` is None when nothing can be handed in any more. In a
    preview in the studio there is no enrolment: `enrolment_id` is None and nothing can be handed in.
    """

    user_id: uuid.UUID
    enrolment_id: int | None
    cohort_id: int | None
    module_id: int
    module_key: str
    revision_id: int | None
    key: str
    type: str
    title: str
    settings: Mapping[str, Any]
    prepared: Mapping[str, Any]
    state: str
    url: str
    now: dt.datetime
    time_zone: str
    language: str = "id"  # of the module's text, not of the interface
    assessor_id: uuid.UUID | None = None
    attempts: Sequence[AttemptView] = ()
    form: Form | None = None

    @property
    def preview(self) -> bool:
        """Tell whether an author looks at the activity in the studio."""
        return self.enrolment_id is None

    @property
    def last(self) -> AttemptView | None:
        """Return the attempt that was handed in last, or None."""
        return next((attempt for attempt in self.attempts if attempt.submitted_at), None)

    @property
    def where(self) -> dict[str, Any]:
        """Return enrolment, module and activity as services take them: `record(**ctx.where, kind=…)`."""
        return {"enrolment_id": int(self.enrolment_id or 0), "module_id": self.module_id, "activity_key": self.key}


@dataclass(frozen=True, slots=True)
class Draft:
    """Where settings come from or go to when a module is imported, exported, copied or published.

    `folder` is the module's folder on disk when there is one; `files` maps names of its pictures to their addresses. `together` is one
    dictionary for all activities that are handled at once: a type may keep there what it has read for one and needs for the next.
    """

    module_id: int
    module_key: str
    key: str
    actor_id: uuid.UUID | None
    files: Mapping[str, str]
    folder: Path | None = None
    together: dict[str, Any] = field(default_factory=dict)


class ActivityType:
    """What every activity type says about itself. Override what differs; names outside the contract are refused at start."""

    key: ClassVar[str]
    title: ClassVar[Any]
    icon: ClassVar[str] = "square"
    summary: ClassVar[Any] = ""
    settings: ClassVar[type[Form]] = Form
    completion: ClassVar[tuple[str, ...]] = ("viewed",)
    counted: ClassVar[tuple[str, str]] = ("%(num)s part", "%(num)s parts")  # for ngettext: "17 lessons"
    # Which part of a blended programme it belongs to: `independent` study, `field` (a visit) or `journal`; passing rules count the latter two.
    component: ClassVar[str] = "independent"
    scripts: ClassVar[tuple[str, ...]] = ()  # of the player's page: "poll/vote.js" is static/vote.js of the plugin poll
    # Pages about a module that the studio links: (title, address with %s for the module's key, icon).
    module_pages: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    # Settings that load, as an author would write them: for the contract suite, and for who wants to see what the type is.
    example: ClassVar[dict[str, Any]] = {}

    def render(self, ctx: Context) -> str:
        """Return the HTML of the activity inside the player's page."""
        raise NotImplementedError

    def offline(self, ctx: Context) -> str | None:
        """Return the HTML of the activity for use without a connection; None, the default: it needs one.

        It goes into a pack that everybody in the cohort gets: no names, no tokens, no state, nothing that not all of them may read. `ctx` is
        nobody's: there is no enrolment, and the state is `not_started`. What learners do here is not posted but marked with
        `data-operation` on its form, and sent later (docs/offline.md).
        """
        return None

    def default_rule(self, settings: Mapping[str, Any]) -> Any:
        """Return the completion rule of an activity whose author chose none."""
        return self.completion[0]

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return what can be made once, when settings are saved, and is used on every page: rendered Markdown, for instance."""
        return {}

    def store(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return settings as they are kept with the draft; a type with tables of its own puts parts there and keeps references."""
        return dict(settings)

    def freeze(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return the settings for an immutable revision; a type that points at other things fixes their versions here."""
        return dict(settings)

    def dump(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return stored settings as plain data for an export; `load` of it gives equal settings.

        By default without what is empty anyway; what the settings form does not know is kept as it is.
        """
        return without_defaults(self.settings(formdata=None, data=settings), settings)

    def edit(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return stored settings as the studio's form shows them; `load` takes them back. By default what an export holds."""
        return self.dump(settings, draft)

    def describe(self, settings: Mapping[str, Any], draft: Draft) -> list[tuple[str, str, str]]:
        """Return (name, label, text) of what people read in frozen settings, in order: for reviews, and to compare two revisions.

        A name stays with its text from one revision to the next. By default the filled fields of the settings form.
        """
        return [found for found in rows.texts_of(self.settings(formdata=None, data=settings)) if found[2].strip()]

    def present(self, form: Form, draft: Draft) -> None:
        """Add to the settings form what only the database knows, before the studio draws it: a field's choices, what a row stands for.

        The description of a row (`form["items"].entries[0].description`) is drawn above its fields. May read, must not write.
        """

    def load(self, data: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return settings from exported data, without touching a database. Raises ContentError naming the field.

        By default the settings form decides; `store` comes afterwards.
        """
        return load_form(self.settings, data)

    def shows(self, settings: Mapping[str, Any]) -> Iterable[str]:
        """Return texts with addresses of files that stored settings lead to in tables of the type's own; settings and prepared are known.

        By them a learner may see a picture. By default nothing.
        """
        return ()

    def shown_in(self, address: str) -> Iterable[tuple[int, int, str]]:
        """Return (module id, revision number or 0 for the draft, title) of activities that show an address in tables of the type's own."""
        return ()

    def redraw(self, settings: Mapping[str, Any], draft: Draft, name: str) -> None:
        """Draw anew what tables of the type's own show of a file of the module, which has got other content. By default nothing."""

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Do what a learner would do here, through the same services: for the demonstration and for tests under load.

        skill is 0 to 1. By default nothing.
        """

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """Return warnings for the author, one sentence each; errors are what `load` raises."""
        return []


class Submittable:
    """An activity to which a learner hands something in. The kernel posts, validates and keeps the attempt."""

    # An answer to `example`, as the answer form's fields are posted: for the contract suite.
    example_answer: ClassVar[dict[str, Any]] = {}

    def answer_form(self, ctx: Context) -> type[Form]:
        """Return the form in which the learner answers."""
        raise NotImplementedError

    def attempts_allowed(self, settings: Mapping[str, Any]) -> int:
        """Return how often a learner may hand in; 0 is without limit."""
        return 0


class Gradable:
    """A submittable activity that earns a score."""

    def grade(self, settings: Mapping[str, Any], answer: Mapping[str, Any]) -> Score | None:
        """Return the score of an answer, or None when a person must look. Pure: same input, same score, no side effect."""
        raise NotImplementedError


def load_form(form: type[Form], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data as a form reads it, with its defaults. Raises ContentError naming the first field that is wrong or not known."""
    _refuse_no_lists(form, data)
    refuse_unknown(form(formdata=None, data=data), data)
    bound = form.from_data(data)
    if not bound.validate():
        name, messages = first_error(bound.errors)
        raise ContentError(f"{name}: {messages}", field=name)
    return dict(bound.data)


def _refuse_no_lists(form: type[Form], data: Mapping[str, Any], path: str = "") -> None:
    """Raise ContentError for something else where a list belongs: WTForms cannot even be given it."""
    blank = form(formdata=None)
    for name, value in data.items():
        field = blank[name] if name in blank else None  # noqa: SIM401 - a form has no get
        if not isinstance(field, wtforms.FieldList) or value is None:
            continue
        if not isinstance(value, list | tuple):
            raise ContentError(f"{path}{name}: a list is expected", field=f"{path}{name}")
        for index, row in enumerate(value if isinstance(field, Rows) else ()):
            if isinstance(row, Mapping):
                _refuse_no_lists(field.row, row, f"{path}{name}.{index}.")


def refuse_unknown(form: wtforms.Form, data: Mapping[str, Any], path: str = "") -> None:
    """Raise ContentError for the first name in the data that the form, or one of its rows, does not have, and for a value of another shape.

    The shape is looked at here because a browser posts texts only: a list in place of a text would be taken for what `str` makes of it.
    """
    for name, value in data.items():
        if name not in form:
            raise ContentError(f"unknown: {path}{name}", field=f"{path}{name}")
        field = form[name]
        expected = _expected(field, value)
        if expected:
            raise ContentError(f"{path}{name}: {expected}", field=f"{path}{name}")
        if isinstance(field, wtforms.FormField) and value is not None:
            refuse_unknown(field.form, value, f"{path}{name}.")
        for index, (entry, row) in enumerate(zip(field.entries, value or [], strict=False) if isinstance(field, wtforms.FieldList) else ()):
            if isinstance(entry, wtforms.FormField):
                if not isinstance(row, Mapping):
                    raise ContentError(f"{path}{name}: each entry has names and values", field=f"{path}{name}")
                refuse_unknown(entry.form, row, f"{path}{name}.{index}.")


def _expected(field: wtforms.Field, value: Any) -> str:
    """Return what a field expects when the value has another shape, or nothing. None is always "left out"."""
    if value is None:
        return ""
    if isinstance(field, wtforms.FormField):
        return "" if isinstance(value, Mapping) else "names and values are expected"
    if isinstance(field, wtforms.FieldList):
        return "" if isinstance(value, list | tuple) else "a list is expected"
    if field.process_errors:  # text for a number: the default would take its place
        return str(field.process_errors[0])
    if isinstance(field, wtforms.BooleanField):
        return "" if isinstance(value, bool) else "true or false is expected"
    plain = isinstance(field, wtforms.StringField) and type(field).process_formdata is wtforms.StringField.process_formdata
    return "a text is expected" if plain and isinstance(value, list | tuple | Mapping) else ""


def first_error(errors: Any, path: str = "") -> tuple[str, str]:
    """Return (path, message) of the first error in WTForms' nested errors."""
    if isinstance(errors, Mapping):
        name, inner = next(iter(errors.items()))
        return first_error(inner, f"{path}.{name}" if path else str(name))
    for index, inner in enumerate(errors):
        if isinstance(inner, Mapping | list) and inner:
            return first_error(inner, f"{path}.{index}")
        if inner:
            return path, str(inner)
    return path, ""


def without_empty(value: Any) -> Any:
    """Return data without empty texts, lists and mappings, None and False."""
    if isinstance(value, Mapping):
        cleaned = {name: without_empty(inner) for name, inner in value.items()}
        return {name: inner for name, inner in cleaned.items() if inner not in ("", None, [], {}) and inner is not False}
    if isinstance(value, list | tuple):
        return [without_empty(inner) for inner in value]
    return value


def without_defaults(form: wtforms.Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a form's fields without those that are empty by default too; values that are no field's stay."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        field = form[name] if name in form else None  # noqa: SIM401 - a form has no get
        if isinstance(field, wtforms.FormField) and value:
            kept |= {name: inner} if (inner := without_defaults(field.form, value)) else {}
        elif isinstance(field, wtforms.FieldList) and value:
            pairs = zip(field.entries, value, strict=True)
            kept[name] = [without_defaults(entry.form, row) if isinstance(entry, wtforms.FormField) else row for entry, row in pairs]
        elif field is None or not _is_empty(value) or not _is_empty(field.default() if callable(field.default) else field.default):
            kept[name] = value
    return kept


def _is_empty(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, str | list | tuple | Mapping) and not value)


CONTRACT = {
    name
    for part in (ActivityType, Submittable, Gradable)
    for name in (*vars(part), *getattr(part, "__annotations__", {}))
    if not name.startswith("_")
}


def frozen(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a read-only view: a change to a JSON column in place would be lost without a word."""
    return MappingProxyType(dict(values))
