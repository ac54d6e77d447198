"""What a kind of item is, and the register of kinds.

    @kind
    class YesNo(Kind):
        key, title = "yes_no", _("Yes or no")

A kind reads an author's data (plain, as in a YAML file), prepares HTML once, says how one attempt asks it, reads an answer from posted
fields, and marks it. Everything but `prepare` is pure: same input, same result, no database, no request.

Shapes:

- **data**: what the author wrote, checked by the kind's form: `{"stem": "…", "options": […]}`. Names that are empty are left out.
- **prepared**: HTML made of data once, when it is saved: `{"stem": "<p>…", "options": [{"text": …, "rationale": …}]}`.
- **variant**: what is frozen for one attempt, `{"order": ["b", "a"]}`; may be empty.
- **response**: what a learner answered, plain JSON: `{"choice": ["a"]}`. `{}` is no answer, always.
- **share**: what a response earns of the item's points, 0 to 1.
"""

from __future__ import annotations

import html as entities
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, TypeVar

from werkzeug.datastructures import MultiDict
from wtforms import FieldList, SelectField, TextAreaField
from wtforms.utils import unset_value
from wtforms.validators import InputRequired, Length

from lms.api import ContentError, Form, PluginError, load_form, plain_text, render_line, render_markdown, without_empty
from lms.api import gettext as __
from lms.api import lazy_gettext as _

Data = Mapping[str, Any]
Response = Mapping[str, Any]
Variant = Mapping[str, Any]
Files = Mapping[str, str]  # names of pictures to their addresses

NOTHING: Response = {}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOST_HINTS = 5
MOST_PARTS = len(LETTERS)  # options, pairs, gaps or entries of one item


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a response for the analysis of answers: which part of the item, what was answered there, and its share (0 to 1)."""

    part: str
    answer: str
    share: float


class Lines(FieldList):
    """A list of texts; empty ones are dropped."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the texts and drop those in which nothing stands."""
        super().process(formdata, data, extra_filters)
        if formdata:
            self.entries: list[Any] = [entry for entry in self.entries if (entry.data or "").strip()]


class ItemForm(Form):
    """What authors write of every item; each kind adds its own fields below."""

    stem = TextAreaField(_("Question"), [InputRequired(), Length(max=20_000)], description=_("Markdown."))


class Asking(ItemForm):
    """What is written of every item that asks something."""

    feedback = TextAreaField(_("Explanation"), [Length(max=20_000)], description=_("Shown afterwards, whatever was answered. Markdown."))
    hints = Lines(
        TextAreaField(_("Hint"), [Length(max=4000)]),
        _("Hints"),
        max_entries=MOST_HINTS,
        description=_("One after each wrong try, where a quiz allows several tries."),
    )


class Kind:
    """A kind of item. Override what differs."""

    key: ClassVar[str]
    title: ClassVar[Any]
    icon: ClassVar[str] = "list-checks"
    summary: ClassVar[Any] = ""  # one sentence for who chooses a kind
    form: ClassVar[type[Form]] = Asking  # what an author fills in
    ask_template: ClassVar[str]  # draws the fields to answer in; finds `question` (quizzes.attempts.questions.Question)
    result_template: ClassVar[str]  # draws the answer with what was right and why; finds `question` and `reveal`
    asks: ClassVar[bool] = True  # False: a text between questions
    by_person: ClassVar[bool] = False  # True: a person marks it
    stem_asks: ClassVar[bool] = False  # True: the fields stand inside the stem, so `ask_template` draws the stem too
    part: ClassVar[str] = "stem"  # the field at which `problem` stands
    example: ClassVar[dict[str, Any]] = {}  # data that loads

    def problem(self, data: Data) -> str:
        """Return what is wrong with data whose fields are fine one by one, or nothing."""
        return ""

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Return the HTML of the data, made once. By default stem, explanation and hints."""
        return prepare_shared(data, files)

    def variant(self, data: Data, chance: Random | None) -> dict[str, Any]:
        """Return what is frozen for one attempt; without chance, the author's order."""
        return {}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the response in posted fields, in one form for equal answers. Raises NotFound for what was not asked."""
        raise NotImplementedError

    def mark(self, data: Data, response: Response) -> float | None:
        """Return the share that a response earns, 0 to 1; None: a person must look."""
        raise NotImplementedError

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return a response by parts, for the analysis of answers; nothing for what cannot be counted."""
        return ()

    def best(self, data: Data) -> Response:
        """Return a response that earns everything; `{}` where a person marks."""
        return NOTHING

    def guess(self, data: Data) -> float | None:
        """Return the share that somebody who guesses earns on average, or None when that cannot be said."""
        return None

    def words(self, data: Data, response: Response) -> str:
        """Return a response in plain words, for lists and spreadsheets."""
        return ""

    def compatible(self, old: Data, new: Data) -> bool:
        """Tell whether responses to the old wording can be marked by the new one: the same parts in the same places."""
        return False


KINDS: dict[str, Kind] = {}
KindClass = TypeVar("KindClass", bound=type[Kind])


def kind(cls: KindClass) -> KindClass:
    """Register a kind. Raises PluginError when its key is taken or it lacks something."""
    missing = [name for name in ("key", "title", "ask_template", "result_template") if not getattr(cls, name, None)]
    if missing:
        raise PluginError(f"{cls.__name__}: {missing[0]} is missing")
    if cls.key in KINDS:
        raise PluginError(f"{cls.__name__}: the kind {cls.key!r} is taken")
    KINDS[cls.key] = cls()
    return cls


def kind_of(key: str) -> Kind:
    """Return a kind by its key. Raises ContentError for one that nobody registered."""
    try:
        return KINDS[key]
    except KeyError:
        raise ContentError(__("There is no kind of question “%(kind)s” here.", kind=key), field="kind") from None


def load_data(kind_key: str, data: Data) -> dict[str, Any]:
    """Return an author's data as it is kept: checked by the kind's form, without what is empty. Raises ContentError naming the field."""
    chosen = kind_of(kind_key)
    usual = {field.short_name: field.default for field in chosen.form(formdata=None) if isinstance(field, SelectField)}
    loaded = without_empty(load_form(chosen.form, data))
    kept: dict[str, Any] = {name: value for name, value in loaded.items() if value != usual.get(name)}
    problem = chosen.problem(kept)
    if problem:
        raise ContentError(problem, field=chosen.part)
    return kept


def prepare_shared(data: Data, files: Files) -> dict[str, Any]:
    """Return the HTML that every kind has: stem, explanation, hints."""
    made: dict[str, Any] = {"stem": render_markdown(data["stem"], files)}
    if data.get("feedback"):
        made["feedback"] = render_markdown(data["feedback"], files)
    if data.get("hints"):
        made["hints"] = [render_line(hint, files) for hint in data["hints"]]
    return made


def shuffled(keys: Sequence[str], chance: Random | None) -> list[str]:
    """Return keys in a new order, or as they are without chance."""
    mixed = list(keys)
    if chance is not None:
        chance.shuffle(mixed)
    return mixed


def letters(rows: Sequence[Any]) -> list[str]:
    """Return the keys of rows by their place: a, b, c and so on."""
    return list(LETTERS[: len(rows)])


def words_of(html: str) -> str:
    """Return clean HTML as plain words, in which `&` and `<` are themselves; not to be put into HTML unescaped."""
    return entities.unescape(plain_text(html))


def line(source: str) -> str:
    """Return one line of Markdown as plain words."""
    return words_of(render_line(source))


def short(html: str, length: int = 80) -> str:
    """Return clean HTML as plain text of at most so many characters."""
    plain = words_of(html)
    return plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"
