"""What is saved by itself in the studio: an activity, or what a module says about itself. Both are told apart here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wtforms import FieldList, TextAreaField

from courses.studio import queries, services
from courses.studio.editor import Editor, open_posted, open_saved
from courses.studio.forms import AboutForm, about_data
from courses.studio.models import ABOUT
from courses.studio.states import State, group_of, posted_of, state_of
from lms.api import Activity, Actor, Form, Module, activity_type, choose, gettext, rows


class Typed(Protocol):
    """A form with what was typed; `preview` is its page, if it has one and somebody has drawn it."""

    problem: str
    preview: str

    @property
    def forms(self) -> Sequence[Form]:
        """Return everything that can be typed into."""

    def validate(self) -> bool:
        """Tell whether it can be saved."""

    def save(self) -> bool:
        """Keep it and tell whether anything changed. Raises ContentError."""


class Sheet(Protocol):
    """What is saved by itself."""

    actor: Actor
    module: Module

    @property
    def key(self) -> str:
        """Return the activity's key, or `about`."""

    @property
    def kind(self) -> str:
        """Return the activity's type, or nothing."""

    @property
    def title(self) -> str:
        """Return what it is called."""

    @property
    def url(self) -> str:
        """Return the address of its page."""

    @property
    def stored(self) -> Any:
        """Return what no form shows and a version needs, or None."""

    def mark(self) -> str:
        """Return the fingerprint of what is saved."""

    def saved(self) -> State:
        """Return what is saved, as the page would post it."""

    def fill(self, state: State) -> Typed:
        """Return the form with a state in it."""


@dataclass(slots=True)
class ActivitySheet:
    """An activity of a draft."""

    actor: Actor
    module: Module
    activity: Activity
    lines: list[queries.ActivityLine] | None = None  # of the draft, read once

    @property
    def key(self) -> str:
        """Return the activity's key."""
        return self.activity.key

    @property
    def kind(self) -> str:
        """Return the activity's type."""
        return self.activity.type

    @property
    def title(self) -> str:
        """Return the activity's title."""
        return self.activity.title

    @property
    def url(self) -> str:
        """Return the address of the editor."""
        return f"/studio/{self.module.key}/{self.key}"

    @property
    def stored(self) -> Any:
        """Return the settings when the type is not installed: then no form shows them."""
        return self.activity.settings if activity_type(self.activity.type).key == "missing" else None

    def mark(self) -> str:
        """Return the fingerprint of the activity."""
        return services.mark_of_activity(self.activity)

    def saved(self) -> State:
        """Return the activity as its page would post it."""
        return fields_of(open_saved(self.actor, self.module, self.activity).forms)

    def fill(self, state: State) -> Editor:
        """Return the editor with a state in it."""
        if self.lines is None:
            self.lines = queries.lines_of(self.module.id)
        return open_posted(self.actor, self.module, self.activity, posted_of(state), self.lines)


@dataclass(slots=True)
class AboutTyped:
    """The form of what a module says about itself."""

    actor: Actor
    module: Module
    form: AboutForm
    fresh: set[str]
    problem: str = ""
    preview = ""

    @property
    def forms(self) -> Sequence[Form]:
        """Return the form."""
        return [self.form]

    def validate(self) -> bool:
        """Look at everything that was typed."""
        self.form.held = queries.section_counts(self.module.id)
        return bool(self.form.validate())

    def save(self) -> bool:
        """Keep it."""
        return services.save_about(actor=self.actor, module=self.module, values=self.form.data)


@dataclass(slots=True)
class AboutSheet:
    """What a module says about itself, and its sections."""

    actor: Actor
    module: Module
    key = ABOUT
    kind = ""
    stored = None

    @property
    def title(self) -> str:
        """Return the module's title."""
        return str(choose(self.module.about["title"]))

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"/studio/{self.module.key}/{ABOUT}"

    def mark(self) -> str:
        """Return the fingerprint of the description."""
        return services.mark_of_about(self.module)

    def saved(self) -> State:
        """Return the description as its page would post it."""
        return fields_of([AboutForm(formdata=None, data=about_data(self.module))])

    def fill(self, state: State) -> AboutTyped:
        """Return the form with a state in it."""
        form, fresh = rows.bind(AboutForm, posted_of(state))
        return AboutTyped(self.actor, self.module, form, fresh)


def sheet_of(actor: Actor, module: Module, key: str) -> Sheet:
    """Return what is saved under a key of a module. Raises NotFound."""
    return AboutSheet(actor, module) if key == ABOUT else ActivitySheet(actor, module, queries.activity_of(module.id, key))


def fields_of(forms: Sequence[Form]) -> State:
    """Return what a browser would post of forms."""
    return state_of([pair for form in forms for pair in rows.fields_of(form)])


def fitting(sheet: Sheet, state: State) -> State:
    """Return an earlier state as it can be now: in a section that there is, opening after activities that there are."""
    if not isinstance(sheet, ActivitySheet):
        return state
    keys = {line.key for line in queries.lines_of(sheet.module.id)}
    sections = [section["key"] for section in sheet.module.about["sections"]]
    kept = state | {"requires": [key for key in state.get("requires", []) if key in keys]}
    return kept if state.get("section", [""])[0] in sections else kept | {"section": sections[:1]}


def problems_of(typed: Typed) -> list[str]:
    """Return "label: message" of everything that is in the way."""
    return [*([typed.problem] if typed.problem else []), *(problem for form in typed.forms for problem in rows.problems_of(form))]


# -- what differs, in words --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs: what it is called, both texts, and whether both can stand together."""

    unit: str
    label: str
    mine: str
    theirs: str
    joinable: bool = False


def differences(mine: Typed, theirs: Typed, units: Sequence[str] | None = None) -> list[Difference]:
    """Return the fields in which two forms differ; with `units`, these fields."""
    own, other = _texts(mine), _texts(theirs)
    found = []
    for unit in units if units is not None else dict.fromkeys(group_of(name) for name in [*own, *other]):
        left, right = _of(own, unit), _of(other, unit)
        if units is None and [text.strip() for _label, text in left] == [text.strip() for _label, text in right]:
            continue
        fields = [form[name] for form in mine.forms for name in form._fields if form[name].name == unit]
        if not fields and unit != "rule" and not left + right:
            continue  # a name that no form has
        label = fields[0].label.text if fields else gettext("What completes it?") if unit == "rule" else (left or right)[0][0]
        joinable = unit != "rule" and (not fields or isinstance(fields[0], TextAreaField | FieldList))
        found.append(Difference(unit, str(label), _text(left), _text(right), joinable))
    return found


def shown(typed: Typed) -> list[Difference]:
    """Return everything that stands in a form."""
    texts = _texts(typed)
    units = dict.fromkeys(group_of(name) for name in texts)
    return [Difference(unit, each[0][0], _text(each), "") for unit in units if (each := _of(texts, unit))]


def _texts(typed: Typed) -> dict[str, tuple[str, str]]:
    """Return {name: (label, text)} of everything that is filled in; the completion rule as a sentence."""
    texts = {name: (label, text) for form in typed.forms for name, label, text in rows.texts_of(form) if text.strip()}
    if isinstance(typed, Editor):
        texts = {name: pair for name, pair in texts.items() if group_of(name) != "rule"}
        texts["rule"] = (gettext("What completes it?"), typed.completion)
    return texts


def _of(texts: dict[str, tuple[str, str]], unit: str) -> list[tuple[str, str]]:
    return [pair for name, pair in texts.items() if unit in (name, group_of(name)) and not name.endswith("-key")]


def _text(pairs: list[tuple[str, str]]) -> str:
    return pairs[0][1] if len(pairs) == 1 else "\n".join(f"{label}: {text}" for label, text in pairs)
