"""The editor of one item: what is written of every item and the form of its kind, bound to what is saved or to what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import render_template
from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField

from lms.api import Actor, ContentError, Form, Module, rows
from quizzes.bank import services
from quizzes.bank.forms import About, NewAbout
from quizzes.bank.preview import shown
from quizzes.exchange.base import in_words
from quizzes.items.models import BankItem, VersionState
from quizzes.items.services import ABOUT, load_row
from quizzes.kinds.base import Kind, kind_of

PREFIX = "i-"  # of the names of the kind's fields, so that they never meet the shared ones
LAST = ("feedback", "hints")  # fields that may wait
STEM = "stem"


@dataclass(slots=True)
class ItemEditor:
    """What the page shows and what a save needs. `mark` says which state of the item the author began from; `item` is None for a new one."""

    actor: Actor
    module: Module
    item: BankItem | None
    kind: Kind
    about: About
    form: Form
    mark: str = ""
    quiz: str = ""  # the quiz to which a new item is added
    fresh: set[str] = field(default_factory=set)
    theirs: list[tuple[str, str]] = field(default_factory=list)
    problem: str = ""
    preview: str = ""

    @property
    def home(self) -> str:
        """Return the address of the bank."""
        return f"/quizzes/bank/{self.module.key}"

    @property
    def url(self) -> str:
        """Return the address of the page."""
        if self.item is not None:
            return f"{self.home}/{self.item.id}"
        return f"{self.home}/new?kind={self.kind.key}" + (f"&quiz={self.quiz}" if self.quiz else "")

    @property
    def preview_url(self) -> str:
        """Return the address that draws a preview."""
        return f"{self.home}/preview?" + (f"item={self.item.id}" if self.item is not None else f"kind={self.kind.key}&quiz={self.quiz}")

    @property
    def errors(self) -> bool:
        """Tell whether a field has something to say."""
        return bool(self.about.errors or self.form.errors)

    @property
    def parts(self) -> list[Any]:
        """Return the kind's own fields, between the question and what may wait."""
        return [one for one in self.form if one.short_name != STEM and one.short_name not in LAST]

    @property
    def later(self) -> list[Any]:
        """Return the fields that may wait."""
        return [self.form[name] for name in LAST if name in self.form]

    @property
    def later_open(self) -> bool:
        """Tell whether something stands in the fields that may wait."""
        return any(one.errors or (one.data if isinstance(one.data, str) else any(one.data or ())) for one in self.later)

    @property
    def typed(self) -> dict[str, Any]:
        """Return the item as it was typed."""
        about = {name: value for name, value in self.about.data.items() if name in ABOUT and value not in (None, "", [])}
        key = self.item.key if self.item is not None else about.pop("key", None) or "baru"
        return {**self._data, **about, "key": key, "kind": self.kind.key}

    @property
    def _data(self) -> dict[str, Any]:
        """Return the kind's fields as they were typed; the order of ticked boxes is no difference."""
        saved = self.item.versions[-1].data if self.item is not None else {}
        data = dict(self.form.data)
        for box in self.form:
            if isinstance(box, SelectMultipleField) and sorted(box.data or ()) == sorted(saved.get(box.short_name, ())):
                data[box.short_name] = saved.get(box.short_name)
        return data

    def row(self) -> dict[str, Any]:
        """Return what was typed, checked as a whole. Raises ContentError."""
        return load_row(self.typed)

    def validate(self) -> dict[str, Any] | None:
        """Look at everything that was typed and return the loaded row; None when something is wrong, which the form then says."""
        fine = bool(self.about.validate()) & bool(self.form.validate())
        if not fine:
            return None
        try:
            row = self.row()
        except ContentError as error:
            self.problem = in_words(error, self.kind.key)
            return None
        if self.item is None and not self.about["key"].data:
            row.pop("key")
        return row

    def meets_another(self) -> bool:
        """Tell whether somebody saved this item meanwhile and differently; then their texts are in `theirs`.

        From now on the author has seen them: the next save counts.
        """
        if self.item is None:
            return False
        now = services.mark_of(self.item)
        if self.mark == now:
            return False
        saved = open_saved(self.actor, self.module, self.item)
        self.theirs = rows.differences([self.about, self.form], [saved.about, saved.form])
        self.mark = now
        return bool(self.theirs)

    def save(self, row: Mapping[str, Any], state: VersionState) -> tuple[BankItem, bool]:
        """Keep a validated row and tell whether anything changed. Raises Refused for a key that is taken."""
        return services.save_item(actor=self.actor, module=self.module, item=self.item, row=row, state=state)

    def draw(self) -> list[str]:
        """Draw the item as learners will see it, from what was typed, into `preview`. Returns what stands in the way."""
        if not bool(self.about.validate()) & bool(self.form.validate()):
            return [*rows.problems_of(self.about), *rows.problems_of(self.form)]
        try:
            row = self.row()
        except ContentError as error:
            return [in_words(error, self.kind.key)]
        language = self.module.about.get("language") or "id"
        made = shown(row, dict(self.module.files or {}), language=language)
        self.preview = render_template("quizzes/bank_frame.html", shown=made)
        return []


def open_new(actor: Actor, module: Module, kind_key: str, quiz: str) -> ItemEditor:
    """Return the editor of an item that is to be written. Raises ContentError for a strange kind."""
    kind = kind_of(kind_key)
    form = rows.pad(kind.form(formdata=None, prefix=PREFIX))
    return ItemEditor(actor, module, None, kind, NewAbout(formdata=None), form, quiz=quiz)


def open_saved(actor: Actor, module: Module, item: BankItem) -> ItemEditor:
    """Return the editor of an item as it is saved."""
    version = item.versions[-1]
    kind = kind_of(version.kind)
    row = services.saved_row(item)
    about = About(formdata=None, data={name: row[name] for name in ABOUT if name in row})
    form = kind.form(formdata=None, data=version.data, prefix=PREFIX)
    return ItemEditor(actor, module, item, kind, about, form, mark=services.mark_of(item))


def open_posted(
    actor: Actor, module: Module, item: BankItem | None, kind_key: str, posted: MultiDict[str, str], quiz: str = ""
) -> ItemEditor:
    """Return the editor with what was typed, after the row operation that was asked for."""
    kind = kind_of(item.versions[-1].kind if item is not None else kind_key)
    form, fresh = rows.bind(kind.form, posted, PREFIX, "")
    about = (NewAbout if item is None else About)(formdata=posted)
    return ItemEditor(actor, module, item, kind, about, form, mark=posted.get("mark", ""), quiz=quiz, fresh=fresh)
