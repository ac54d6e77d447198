"""Kinds whose answers are typed: short text, number, text with gaps. Texts of answers are plain, not Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html.parser import HTMLParser
from random import Random
from typing import Any, ClassVar

from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from lms.api import Form, Number, Rows, format_number, render_line, render_markdown
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.kinds.base import (
    MOST_PARTS,
    NOTHING,
    Asking,
    Data,
    Files,
    Kind,
    Piece,
    Response,
    Variant,
    kind,
    letters,
    prepare_shared,
    shuffled,
)
from quizzes.kinds.numbers import DECIMAL, MOST_TYPED, read_number, readings, within
from quizzes.kinds.parts import Drawn, Part, author_letter, by_place, of_letter, place_of
from quizzes.kinds.typed import FULL, Answer, credit, match, normalise, tidy

MOST_TEXT = 500  # characters of a short answer
MOST_SHOWN = 80  # characters of an answer in the analysis of answers
MOST_TYPOS = 2

_MARKER = re.compile(r"\[\[(\d{1,2})\]\]")


def _full(answers: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in answers if credit(answer) == 1]


def _matched(row: Mapping[str, Any], text: str) -> Answer | None:
    """Return the answer of a row with `answers`, `case` and `typos` that a text is."""
    return match(text, row["answers"], case=bool(row.get("case")), typos=int(row.get("typos") or 0))


def _explained(answers: Sequence[Answer], files: Files) -> list[dict[str, str]]:
    return [{"rationale": render_line(answer.get("rationale", ""), files)} for answer in answers]


def _rationale(prepared: Sequence[Mapping[str, str]], answers: Sequence[Answer], matched: Answer | None) -> str:
    """Return why the matched answer is what it is, or the best one where none matched."""
    shown = matched if matched is not None else _full(answers)[0]
    return prepared[list(answers).index(shown)]["rationale"]


# -- forms --------------------------------------------------------------------------------------------------------------------


def _with_point(text: str | None) -> str | None:
    return text.strip().replace(",", ".") if text else text


def _credit() -> Number:
    return Number(_("Credit in percent"), [Optional(), NumberRange(0, FULL)], kind=float, description=_("Empty means 100."))


def _number(label: Any, *validators: Any) -> StringField:
    return StringField(
        label, [*validators, Regexp(DECIMAL, message=_("A number without spaces, such as 1250 or 0.5."))], filters=[_with_point]
    )


class AnswerRow(Form):
    """An answer that is known, and what it earns."""

    text = StringField(_("Answer"), [InputRequired(), Length(max=200)])
    credit = _credit()
    rationale = TextAreaField(_("Rationale"))


class Compared(Form):
    """How typed texts are compared."""

    case = BooleanField(_("capital letters matter"))
    typos = IntegerField(_("Typos forgiven"), [Optional(), NumberRange(0, MOST_TYPOS)], description=_("0, 1 or 2."))


class ShortTextForm(Asking, Compared):
    """Known answers, and how they are compared."""

    answers = Rows(AnswerRow, _("Answers"), least=1, max_entries=MOST_PARTS)


class NumberRow(Form):
    """A number that is known, how far off is still right, and what it earns."""

    value = _number(_("Value"), InputRequired())
    tolerance = _number(_("Tolerance"), Optional())
    credit = _credit()
    rationale = TextAreaField(_("Rationale"))


class UnitRow(Form):
    """Another unit: one of it is so many of the item's unit."""

    name = StringField(_("Unit of measure"), [InputRequired(), Length(max=30)])
    factor = _number(_("Factor"), InputRequired())


class NumericForm(Asking):
    """Known numbers, and their unit."""

    answers = Rows(NumberRow, _("Answers"), least=1, max_entries=MOST_PARTS)
    unit = StringField(_("Unit of measure"), [Length(max=30)])
    units = Rows(UnitRow, _("Other units of measure"), max_entries=MOST_PARTS)
    unit_required = BooleanField(_("The unit must be typed."))


class GapRow(Compared):
    """A gap: typed, or chosen from a list."""

    select = BooleanField(_("chosen from a list"))
    answers = Rows(AnswerRow, _("Answers"), least=1, max_entries=MOST_PARTS)


class ClozeForm(Asking):
    """Gaps by number."""

    gaps = Rows(GapRow, _("Gaps, in the order of their numbers"), least=1, max_entries=MOST_PARTS)


# -- kinds --------------------------------------------------------------------------------------------------------------------


@kind
class ShortText(Kind):
    """A word or a few, compared with known answers."""

    key, title, icon = "short_text", _("Short text"), "pen-line"
    summary = _("A word or a few words are typed.")
    form = ShortTextForm
    ask_template, result_template = "quizzes/kinds/typed_ask.html", "quizzes/kinds/parts_result.html"
    most: ClassVar[int] = MOST_TEXT
    example: ClassVar[dict[str, Any]] = {
        "stem": "Apa nama kemampuan merasakan apa yang dirasakan orang lain?\n",
        "answers": [
            {"text": "empati", "rationale": "Ikut merasakan, tanpa harus setuju."},
            {"text": "simpati", "credit": 25.0, "rationale": "Dekat, tetapi simpati tetap memandang dari luar."},
        ],
        "typos": 1,
    }

    def problem(self, data: Data) -> str:
        """Ask for an answer that earns everything."""
        return "" if _full(data["answers"]) else __("One answer earns 100 percent.")

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Render the stem and the rationales."""
        return {**prepare_shared(data, files), "answers": _explained(data["answers"], files)}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the typed text."""
        text = tidy(posted.get("text", ""), self.most)
        return {"text": text} if text else NOTHING

    def mark(self, data: Data, response: Response) -> float | None:
        """Return the credit of the answer that was typed."""
        return credit(self.matched(data, response))

    def matched(self, data: Data, response: Response) -> Answer | None:
        """Return the known answer that was typed, or None."""
        return _matched(data, response["text"]) if response else None

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return the known answer, or what else was typed."""
        if not response:
            return ()
        known = self.matched(data, response)
        text = known["text"] if known is not None else normalise(response["text"])
        return [Piece("", text[:MOST_SHOWN], credit(known))]

    def best(self, data: Data) -> Response:
        """Return the first answer that earns everything."""
        return {"text": " ".join(_full(data["answers"])[0]["text"].split())}

    def guess(self, data: Data) -> float | None:
        """Return 0: there is nothing to guess from."""
        return 0.0

    def words(self, data: Data, response: Response) -> str:
        """Return what was typed."""
        return str(response.get("text", ""))

    def compatible(self, old: Data, new: Data) -> bool:
        """Accept any wording: what was typed can be compared with any answers."""
        return True

    def parts(self, question: Drawn) -> list[Part]:
        """Return what was typed and what is right."""
        data, response = question.data, question.response
        known = self.matched(data, response)
        right = "; ".join(dict.fromkeys(self.shown(data, answer) for answer in _full(data["answers"])))
        why = _rationale(question.prepared["answers"], data["answers"], known)
        return [Part("", escape(response.get("text") or ""), escape(right), credit(known), why)]

    def shown(self, data: Data, answer: Answer) -> str:
        """Return a known answer in words."""
        return str(answer["text"])


@kind
class Numeric(ShortText):
    """A number, with its unit where there is one (quizzes.kinds.numbers says how it is read)."""

    key, title, icon = "numeric", _("Numeric answer"), "chart-no-axes-column"
    summary = _("A number is typed, with a unit where you want one.")
    form = NumericForm
    ask_template, result_template = "quizzes/kinds/numeric_ask.html", "quizzes/kinds/numeric_result.html"
    most: ClassVar[int] = MOST_TYPED
    example: ClassVar[dict[str, Any]] = {
        "stem": "Loket buka 4 jam. Setiap warga dilayani 12 menit. Berapa warga yang dapat dilayani satu petugas?\n",
        "answers": [
            {"value": "20", "rationale": "240 menit dibagi 12 menit."},
            {"value": "21", "tolerance": "1", "credit": 50.0, "rationale": "Hampir; hitung lagi menitnya."},
        ],
        "unit": "orang",
        "units": [{"name": "warga", "factor": "1"}],
    }

    def problem(self, data: Data) -> str:
        """Ask for an answer that earns everything, for tolerances of 0 or more and factors above 0, and for the unit that must be typed."""
        if any(Decimal(answer.get("tolerance", "0")) < 0 for answer in data["answers"]):
            return __("A tolerance is 0 or more.")
        if any(Decimal(unit["factor"]) <= 0 for unit in data.get("units", ())):
            return __("A factor is more than 0.")
        if not data.get("unit") and (data.get("unit_required") or data.get("units")):
            return __("Name the unit of the answers first.")
        return super().problem(data)

    def matched(self, data: Data, response: Response) -> Answer | None:
        """Return the known number that was typed, in one of its readings, or None."""
        if not response:
            return None
        typed = readings(
            response["text"], unit=data.get("unit", ""), units=data.get("units", ()), unit_required=bool(data.get("unit_required"))
        )
        fitting = [
            answer for answer in data["answers"] if any(within(value, answer["value"], answer.get("tolerance") or "0") for value in typed)
        ]
        return max(fitting, key=credit, default=None)

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return the known number, or what else was typed."""
        known = self.matched(data, response)
        if known is not None:
            return [Piece("", known["value"], credit(known))]
        return [Piece("", normalise(response["text"])[:MOST_SHOWN], 0.0)] if response else ()

    def best(self, data: Data) -> Response:
        """Return the first number that earns everything, with its unit."""
        return {"text": f"{_full(data['answers'])[0]['value']} {data.get('unit', '')}".strip()}

    def shown(self, data: Data, answer: Answer) -> str:
        """Return a known number in words: `1.250 ± 5 kg`."""
        around = f" ± {format_number(Decimal(answer['tolerance']))}" if Decimal(answer.get("tolerance") or "0") else ""
        return f"{format_number(Decimal(answer['value']))}{around} {data.get('unit', '')}".strip()

    def unread(self, response: Response) -> bool:
        """Tell whether something was typed that is no number."""
        return bool(response) and read_number(response["text"]) is None


@kind
class Cloze(Kind):
    """A text with gaps, [[1]], [[2]] and so on; each is typed or chosen from a list, and all weigh the same."""

    key, title, icon = "cloze", _("Text with gaps"), "notebook-pen"
    summary = _("Gaps in a text are filled, each typed or chosen from a list.")
    form = ClozeForm
    ask_template, result_template = "quizzes/kinds/cloze_ask.html", "quizzes/kinds/parts_result.html"
    stem_asks = True
    example: ClassVar[dict[str, Any]] = {
        "stem": "Sebelum memberi saran, petugas [[1]] dahulu. Jeda di antaranya disebut [[2]].\n",
        "gaps": [
            {
                "select": True,
                "answers": [
                    {"text": "mendengarkan", "rationale": "Saran tanpa cerita meleset."},
                    {"text": "menjelaskan aturan", "credit": 0.0, "rationale": "Itu belum menjawab keluhannya."},
                ],
            },
            {"answers": [{"text": "hening"}, {"text": "diam"}], "typos": 1},
        ],
    }

    def problem(self, data: Data) -> str:
        """Ask for each gap once in the text, for two answers in a list, and for an answer that earns everything."""
        wanted = [str(number) for number in range(1, len(data["gaps"]) + 1)]
        html = render_markdown(data["stem"])
        words = _Words(html)
        if sorted(_MARKER.findall(words.text), key=int) != wanted or len(_MARKER.findall(html)) != len(wanted):
            return __("The text has each gap once, from [[1]] to [[%(last)s]].", last=wanted[-1])
        if any(gap.get("select") and len(gap["answers"]) < 2 for gap in data["gaps"]):
            return __("A list has two answers or more.")
        return "" if all(_full(gap["answers"]) for gap in data["gaps"]) else __("One answer of each gap earns 100 percent.")

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Render the text twice: `stem` with blanks to look at, `asked` with the marks that `fields_html` replaces."""
        made = prepare_shared(data, files)
        blanks = _MARKER.sub(r"(\1) ____", made["stem"])
        return {
            **made,
            "stem": blanks,
            "asked": made["stem"],
            "gaps": [{"answers": _explained(gap["answers"], files)} for gap in data["gaps"]],
        }

    def variant(self, data: Data, chance: Random | None) -> dict[str, Any]:
        """Return the order of each list."""
        return {"orders": {number: shuffled(letters(gap["answers"]), chance) for number, gap in _numbered(data) if gap.get("select")}}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return what stands in each gap: `gap-1` has the text, or the place in the list."""
        given = {}
        for number, gap in _numbered(data):
            text = tidy(posted.get(f"gap-{number}", ""), MOST_TEXT)
            if text:
                given[number] = author_letter(_order(gap, number, variant), text) if gap.get("select") else text
        return {"gaps": given} if given else NOTHING

    def mark(self, data: Data, response: Response) -> float | None:
        """Return the mean credit of all gaps."""
        return sum(piece.share for piece in self.pieces(data, response)) / len(data["gaps"])

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return each filled gap: the letter chosen, the known answer, or what else was typed."""
        found = []
        for number, gap in _numbered(data):
            text = response.get("gaps", {}).get(number)
            if text:
                known = _filled(gap, text)
                shown = text if gap.get("select") else normalise(text) if known is None else known["text"]
                found.append(Piece(number, shown[:MOST_SHOWN], credit(known)))
        return found

    def best(self, data: Data) -> Response:
        """Return the first answer of each gap that earns everything."""
        return {"gaps": {number: _best(gap) for number, gap in _numbered(data)}}

    def guess(self, data: Data) -> float | None:
        """Return the mean credit of the lists; gaps that are typed count 0."""
        chosen = [sum(credit(answer) for answer in gap["answers"]) / len(gap["answers"]) for gap in data["gaps"] if gap.get("select")]
        return sum(chosen) / len(data["gaps"])

    def words(self, data: Data, response: Response) -> str:
        """Return what stands in each gap."""
        return "; ".join(
            f"{number}: {_words(gap, response, number)}" for number, gap in _numbered(data) if number in response.get("gaps", {})
        )

    def compatible(self, old: Data, new: Data) -> bool:
        """Ask for as many gaps, answered the same way, with lists of the same length."""
        shapes = [[len(gap["answers"]) if gap.get("select") else 0 for gap in data["gaps"]] for data in (old, new)]
        return shapes[0] == shapes[1]

    def fields_html(self, question: Drawn) -> Markup:
        """Return the text with a field in place of each mark. Safe: `problem` lets marks stand in words only, never in an attribute."""
        fields = {number: _field(question, number, gap) for number, gap in _numbered(question.data)}
        return Markup(_MARKER.sub(lambda found: fields[found[1]], question.prepared["asked"]))  # noqa: S704 - clean HTML of the author

    def parts(self, question: Drawn) -> list[Part]:
        """Return each gap with what stands in it and what is right."""
        found = []
        for number, gap in _numbered(question.data):
            text = (question.response.get("gaps") or {}).get(number, "")
            known = _filled(gap, text) if text else None
            right = "; ".join(dict.fromkeys(answer["text"] for answer in _full(gap["answers"])))
            why = _rationale(question.prepared["gaps"][int(number) - 1]["answers"], gap["answers"], known)
            found.append(Part(f"({number})", escape(_words(gap, question.response, number)), escape(right), credit(known), why))
        return found


class _Words(HTMLParser):
    """The words of HTML, without attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)

    def handle_data(self, data: str) -> None:
        """Keep words."""
        self.text += data


def _numbered(data: Data) -> list[tuple[str, Mapping[str, Any]]]:
    return [(str(number), gap) for number, gap in enumerate(data["gaps"], start=1)]


def _order(gap: Mapping[str, Any], number: str, variant: Variant) -> Sequence[str]:
    """Return the letters of a list in the order of this attempt."""
    order: Sequence[str] = variant.get("orders", {}).get(number) or letters(gap["answers"])
    return order


def _filled(gap: Mapping[str, Any], text: str) -> Answer | None:
    """Return the known answer that stands in a gap, or None."""
    answer: Answer | None = of_letter(gap["answers"], text) if gap.get("select") else _matched(gap, text)
    return answer


def _words(gap: Mapping[str, Any], response: Response, number: str) -> str:
    text = (response.get("gaps") or {}).get(number, "")
    return str(of_letter(gap["answers"], text)["text"] if text and gap.get("select") else text)


def _best(gap: Mapping[str, Any]) -> str:
    place = [credit(answer) for answer in gap["answers"]].index(1)
    return letters(gap["answers"])[place] if gap.get("select") else " ".join(gap["answers"][place]["text"].split())


def _field(question: Drawn, number: str, gap: Mapping[str, Any]) -> Markup:
    name, label = question.name(f"gap-{number}"), __("Blank %(number)s", number=number)
    text = (question.response.get("gaps") or {}).get(number, "")
    if not gap.get("select"):
        return Markup(
            '<input class="gap" type="text" name="{}" value="{}" aria-label="{}" maxlength="{}" autocomplete="off" autocapitalize="off" spellcheck="false">'
        ).format(name, text, label, MOST_TEXT)
    order = _order(gap, number, question.variant)
    rows = [("", "…"), *((place, of_letter(gap["answers"], key)["text"]) for place, key in by_place(order).items())]
    chosen = place_of(order, text)
    options = Markup().join(
        Markup('<option value="{}"{}>{}</option>').format(place, Markup(" selected") if place == chosen else "", words)
        for place, words in rows
    )
    return Markup('<select class="gap" name="{}" aria-label="{}">{}</select>').format(name, label, options)
