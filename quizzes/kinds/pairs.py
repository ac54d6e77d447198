"""Kinds whose parts are put together: matching, ordering, categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial
from random import Random
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.api import Form, Rows, choices, render_line
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.kinds.base import (
    MOST_PARTS,
    NOTHING,
    Asking,
    Data,
    Files,
    Kind,
    Lines,
    Piece,
    Response,
    Variant,
    kind,
    letters,
    line,
    prepare_shared,
    shuffled,
    words_of,
)
from quizzes.kinds.choice import read_order
from quizzes.kinds.parts import Drawn, Part, Selecting, author_letter, by_place, of_letter, place_of, unrevealing


class PairRow(Form):
    """Two things that belong together."""

    left = TextAreaField(_("Left"), [InputRequired()])
    right = TextAreaField(_("Right"), [InputRequired()])
    rationale = TextAreaField(_("Rationale"))


class MatchingForm(Asking):
    """Pairs, and answers that belong to none."""

    pairs = Rows(PairRow, _("Pairs"), least=2, max_entries=MOST_PARTS)
    extra = Lines(
        TextAreaField(_("Extra answer")),
        _("Extra answers"),
        max_entries=MOST_PARTS,
        description=_("Offered on the right side. They belong to nothing on the left."),
    )


class EntryRow(Form):
    """An entry of an order."""

    text = TextAreaField(_("Entry"), [InputRequired()])
    rationale = TextAreaField(_("Rationale"))


class OrderingForm(Asking):
    """Entries in the right order, and what a partly right order earns."""

    entries = Rows(EntryRow, _("Entries in the right order"), least=2, max_entries=MOST_PARTS)
    scoring = SelectField(
        _("A partly right order"),
        choices=choices(
            ("places", _("earns the share of entries in their right place")),
            ("pairs", _("earns the share of pairs that are the right way round")),
            ("all", _("earns nothing")),
        ),
        default="places",
    )


class CategoryRow(Form):
    """A category."""

    name = StringField(_("Name"), [InputRequired(), Length(max=200)])


class SortedRow(Form):
    """An entry and where it belongs."""

    text = TextAreaField(_("Entry"), [InputRequired()])
    category = StringField(_("Category"), [InputRequired(), Length(max=200)])
    rationale = TextAreaField(_("Rationale"))


class CategoriseForm(Asking):
    """Categories, and entries that belong to one each."""

    categories = Rows(CategoryRow, _("Categories"), least=2, max_entries=MOST_PARTS)
    entries = Rows(SortedRow, _("Entries"), least=1, max_entries=MOST_PARTS)


def _prepared_rows(rows: Sequence[Mapping[str, Any]], names: Sequence[str], files: Files) -> list[dict[str, str]]:
    return [{name: render_line(row.get(name, ""), files) for name in names} for row in rows]


@kind
class Matching(Kind):
    """Each thing on the left gets one on the right. Rights with the same text are one answer, known by the first's letter."""

    key, title, icon = "matching", _("Matching"), "git-branch"
    summary = _("Each entry on the left gets its partner.")
    form = MatchingForm
    ask_template, result_template = "quizzes/kinds/select_ask.html", "quizzes/kinds/parts_result.html"
    example: ClassVar[dict[str, Any]] = {
        "stem": "Pasangkan ucapan warga dengan kebutuhannya.\n",
        "pairs": [
            {
                "left": "“Saya sudah tiga kali ke sini.”",
                "right": "Diakui jerih payahnya",
                "rationale": "Ia menyebut usahanya, bukan syaratnya.",
            },
            {"left": "“Formulir ini untuk apa?”", "right": "Penjelasan", "rationale": "Ia bertanya tentang tujuan."},
        ],
        "extra": ["Ruang tunggu"],
    }

    def problem(self, data: Data) -> str:
        """Ask for two different rights at least, and not more than there are letters."""
        rights = _rights(data)
        if len(rights) > MOST_PARTS:
            return __("At most %(most)s answers can be offered.", most=MOST_PARTS)
        return "" if len(set(rights)) > 1 else __("The answers on the right must differ.")

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Render both sides and the rationales."""
        return {
            **prepare_shared(data, files),
            "pairs": _prepared_rows(data["pairs"], ("left", "right", "rationale"), files),
            "extra": [render_line(text, files) for text in data.get("extra", ())],
        }

    def variant(self, data: Data, chance: Random | None) -> dict[str, Any]:
        """Return the orders of both sides; without chance the right side is in an order of its own too."""
        offered = _offered(data)
        plain = [key for key in unrevealing(_rights(data)) if key in offered]
        return {"order": shuffled(letters(data["pairs"]), chance), "rights": shuffled(offered, chance) if chance else plain}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the right letter of each left one: `pair-a` has the place of what was chosen."""
        order = self._order(data, variant)
        given = {key: author_letter(order, place) for key in letters(data["pairs"]) if (place := posted.get(f"pair-{key}"))}
        return {"pairs": given} if given else NOTHING

    def mark(self, data: Data, response: Response) -> float | None:
        """Return the share of lefts with their right one."""
        return sum(piece.share for piece in self.pieces(data, response)) / len(data["pairs"])

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return what was chosen for each left one."""
        rights = _rights(data)
        return [
            Piece(left, right, float(of_letter(rights, right) == of_letter(rights, left)))
            for left, right in sorted(response.get("pairs", {}).items())
        ]

    def best(self, data: Data) -> Response:
        """Return all pairs."""
        rights = _rights(data)
        return {"pairs": {key: _first(rights, of_letter(rights, key)) for key in letters(data["pairs"])}}

    def guess(self, data: Data) -> float | None:
        """Return one in as many as there are different rights."""
        return 1 / len(_offered(data))

    def words(self, data: Data, response: Response) -> str:
        """Return the pairs."""
        rights = _rights(data)
        given = sorted(response.get("pairs", {}).items())
        return "; ".join(f"{line(of_letter(data['pairs'], left)['left'])} → {line(of_letter(rights, right))}" for left, right in given)

    def compatible(self, old: Data, new: Data) -> bool:
        """Ask for as many pairs and the same answers to choose from."""
        return len(old["pairs"]) == len(new["pairs"]) and _offered(old) == _offered(new)

    def legend(self, question: Drawn) -> list[tuple[str, str]]:
        """Return (capital letter, HTML) of the rights when one is a picture, which a list to choose from cannot show."""
        html = self._html(question)
        order = self._order(question.data, question.variant)
        return (
            [(place.upper(), of_letter(html, key)) for place, key in by_place(order).items()] if any("<img" in one for one in html) else []
        )

    def selects(self, question: Drawn) -> list[Selecting]:
        """Return a list to choose from for each left one."""
        order, lettered, html = self._order(question.data, question.variant), self.legend(question), self._html(question)
        offered = [
            (place, f"{place.upper()}. {words_of(of_letter(html, key))}" if lettered else words_of(of_letter(html, key)))
            for place, key in by_place(order).items()
        ]
        given = question.response.get("pairs") or {}
        return [
            Selecting(
                of_letter(question.prepared["pairs"], key)["left"], question.name(f"pair-{key}"), place_of(order, given.get(key)), offered
            )
            for key in question.variant.get("order") or letters(question.data["pairs"])
        ]

    def parts(self, question: Drawn) -> list[Part]:
        """Return each left one with what was chosen and what is right."""
        html = self._html(question)
        shares = {piece.part: (of_letter(html, piece.answer), piece.share) for piece in self.pieces(question.data, question.response)}
        found = []
        for key in question.variant.get("order") or letters(question.data["pairs"]):
            row = of_letter(question.prepared["pairs"], key)
            mine, share = shares.get(key, ("", 0.0))
            found.append(Part(row["left"], mine, row["right"], share, row["rationale"]))
        return found

    def _order(self, data: Data, variant: Variant) -> Sequence[str]:
        order: Sequence[str] = variant.get("rights") or self.variant(data, None)["rights"]
        return order

    def _html(self, question: Drawn) -> list[str]:
        return [*(row["right"] for row in question.prepared["pairs"]), *question.prepared.get("extra", ())]


def _rights(data: Data) -> list[str]:
    """Return all rights by letter: those of the pairs, then the extra ones."""
    return [text.strip() for text in (*(pair["right"] for pair in data["pairs"]), *data.get("extra", ()))]


def _first(rights: Sequence[str], text: str) -> str:
    return letters(rights)[rights.index(text)]


def _offered(data: Data) -> list[str]:
    """Return the letters of the rights that are offered: of equal texts the first."""
    rights = _rights(data)
    return sorted({_first(rights, text) for text in rights})


@kind
class Ordering(Kind):
    """Entries that are put in order.

    `places` earns the share of entries in their right place. `pairs` earns the share of all pairs that stand the right way round, that is
    1 minus Kendall's distance. `all` earns everything or nothing.
    """

    key, title, icon = "ordering", _("Ordering"), "list-checks"
    summary = _("Entries are put in the right order.")
    form = OrderingForm
    ask_template, result_template = "quizzes/kinds/ordering_ask.html", "quizzes/kinds/ordering_result.html"
    example: ClassVar[dict[str, Any]] = {
        "stem": "Urutkan langkah menerima keluhan.\n",
        "entries": [
            {"text": "Mendengarkan sampai selesai", "rationale": "Tanpa cerita yang utuh, langkah lain meleset."},
            {"text": "Mengulang dengan kata sendiri", "rationale": "Ia tahu bahwa ia dipahami."},
            {"text": "Menawarkan jalan keluar", "rationale": "Sekarang masalahnya jelas."},
        ],
    }

    def problem(self, data: Data) -> str:
        """Ask for entries that can be told apart."""
        texts = [row["text"].strip() for row in data["entries"]]
        return "" if len(set(texts)) == len(texts) else __("Two entries are the same.")

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Render the entries and their rationales."""
        return {**prepare_shared(data, files), "entries": _prepared_rows(data["entries"], ("text", "rationale"), files)}

    def variant(self, data: Data, chance: Random | None) -> dict[str, Any]:
        """Return the order in which entries are shown; never the author's when there is no chance, since that is the answer."""
        return {"order": shuffled(letters(data["entries"]), chance) if chance else unrevealing([row["text"] for row in data["entries"]])}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the order: fields name entries by the place where they were shown."""
        order = self._order(data, variant)
        given = read_order(letters(order), letters(order), posted)
        return {"order": [author_letter(order, place) for place in given["order"]]} if given else NOTHING

    def mark(self, data: Data, response: Response) -> float | None:
        """Return the share, as the class says."""
        order, right = response.get("order", ()), letters(data["entries"])
        if not order:
            return 0.0
        scoring = data.get("scoring", "places")
        if scoring == "all":
            return float(list(order) == right)
        if scoring == "pairs":
            kept = [float(first < second) for first, second in combinations(order, 2)]
            return sum(kept) / len(kept)
        return sum(piece.share for piece in self.pieces(data, response)) / len(right)

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return which entry stands in each place, counted from 1."""
        right = letters(data["entries"])
        return [Piece(str(place + 1), key, float(key == right[place])) for place, key in enumerate(response.get("order", ()))]

    def best(self, data: Data) -> Response:
        """Return the author's order."""
        return {"order": letters(data["entries"])}

    def guess(self, data: Data) -> float | None:
        """Return the mean over all orders: one entry in its place, half of the pairs, or one order of all."""
        count = len(data["entries"])
        return {"places": 1 / count, "pairs": 0.5, "all": 1 / factorial(count)}[data.get("scoring", "places")]

    def words(self, data: Data, response: Response) -> str:
        """Return the entries in the order given."""
        return "; ".join(line(of_letter(data["entries"], key)["text"]) for key in response.get("order", ()))

    def compatible(self, old: Data, new: Data) -> bool:
        """Ask for as many entries."""
        return len(old["entries"]) == len(new["entries"])

    def shown(self, question: Drawn) -> list[tuple[str, Mapping[str, str]]]:
        """Return (letter of its place, HTML) of the entries as they are shown."""
        order = self._order(question.data, question.variant)
        return [(place, of_letter(question.prepared["entries"], key)) for place, key in by_place(order).items()]

    def given(self, question: Drawn) -> list[str]:
        """Return the order given, in letters of places."""
        order = self._order(question.data, question.variant)
        return [place_of(order, key) for key in question.response.get("order") or ()]

    def places(self, question: Drawn, *, right: bool) -> list[tuple[int, int | None, Mapping[str, str]]]:
        """Return (right place, place given, HTML) of all entries, in the right order if that may be seen, else in the order given."""
        given = list(question.response.get("order") or ())
        listed = letters(question.data["entries"]) if right else given or self._order(question.data, question.variant)
        return [
            (ord(key) - ord("a") + 1, given.index(key) + 1 if key in given else None, of_letter(question.prepared["entries"], key))
            for key in listed
        ]

    def _order(self, data: Data, variant: Variant) -> Sequence[str]:
        order: Sequence[str] = variant.get("order") or self.variant(data, None)["order"]
        return order


@kind
class Categorise(Kind):
    """Each entry belongs to one category."""

    key, title, icon = "categorise", _("Categories"), "library"
    summary = _("Each entry is put into its category.")
    form = CategoriseForm
    ask_template, result_template = "quizzes/kinds/select_ask.html", "quizzes/kinds/parts_result.html"
    example: ClassVar[dict[str, Any]] = {
        "stem": "Ucapan mana yang membuka percakapan, dan mana yang menutupnya?\n",
        "categories": [{"name": "Membuka"}, {"name": "Menutup"}],
        "entries": [
            {"text": "“Boleh saya dengar ceritanya?”", "category": "Membuka", "rationale": "Ia diundang bercerita."},
            {"text": "“Itu sudah aturannya.”", "category": "Menutup", "rationale": "Tidak ada lagi yang dapat dijawab."},
        ],
    }

    def problem(self, data: Data) -> str:
        """Ask for categories that differ, and for entries that belong to one of them."""
        names = _names(data)
        if len(set(names)) < len(names):
            return __("Two categories have the same name.")
        strange = [row["category"] for row in data["entries"] if row["category"].strip() not in names]
        return __("There is no category “%(name)s”.", name=strange[0]) if strange else ""

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Render entries, rationales and the names of the categories."""
        return {
            **prepare_shared(data, files),
            "categories": _prepared_rows(data["categories"], ("name",), files),
            "entries": _prepared_rows(data["entries"], ("text", "rationale"), files),
        }

    def variant(self, data: Data, chance: Random | None) -> dict[str, Any]:
        """Return the order of the entries; categories stay as the author has them."""
        return {"order": shuffled(letters(data["entries"]), chance)}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the category's letter of each entry: `entry-a` has it."""
        known = letters(data["categories"])
        given = {key: author_letter(known, choice) for key in letters(data["entries"]) if (choice := posted.get(f"entry-{key}"))}
        return {"entries": given} if given else NOTHING

    def mark(self, data: Data, response: Response) -> float | None:
        """Return the share of entries in their category."""
        return sum(piece.share for piece in self.pieces(data, response)) / len(data["entries"])

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return the category chosen for each entry."""
        right = self.best(data)["entries"]
        return [Piece(key, choice, float(right[key] == choice)) for key, choice in sorted(response.get("entries", {}).items())]

    def best(self, data: Data) -> Response:
        """Return all entries in their categories."""
        names = _names(data)
        rows = zip(letters(data["entries"]), data["entries"], strict=True)
        return {"entries": {key: _first(names, row["category"].strip()) for key, row in rows}}

    def guess(self, data: Data) -> float | None:
        """Return one in as many as there are categories."""
        return 1 / len(data["categories"])

    def words(self, data: Data, response: Response) -> str:
        """Return entries and categories."""
        names, given = _names(data), sorted(response.get("entries", {}).items())
        return "; ".join(f"{line(of_letter(data['entries'], key)['text'])} → {line(of_letter(names, choice))}" for key, choice in given)

    def compatible(self, old: Data, new: Data) -> bool:
        """Ask for as many entries and categories."""
        return all(len(old[name]) == len(new[name]) for name in ("categories", "entries"))

    def legend(self, question: Drawn) -> list[tuple[str, str]]:
        """Return nothing: names of categories are words."""
        return []

    def selects(self, question: Drawn) -> list[Selecting]:
        """Return a list to choose from for each entry."""
        given, rows = question.response.get("entries") or {}, question.prepared["entries"]
        offered = [
            (key, words_of(row["name"]))
            for key, row in zip(letters(question.data["categories"]), question.prepared["categories"], strict=True)
        ]
        return [
            Selecting(of_letter(rows, key)["text"], question.name(f"entry-{key}"), given.get(key, ""), offered)
            for key in question.variant.get("order") or letters(rows)
        ]

    def parts(self, question: Drawn) -> list[Part]:
        """Return each entry with the category chosen and its own."""
        right, given = self.best(question.data)["entries"], question.response.get("entries") or {}
        names, rows = [row["name"] for row in question.prepared["categories"]], question.prepared["entries"]
        return [
            Part(
                of_letter(rows, key)["text"],
                of_letter(names, given[key]) if key in given else "",
                of_letter(names, right[key]),
                float(given.get(key) == right[key]),
                of_letter(rows, key)["rationale"],
            )
            for key in question.variant.get("order") or letters(rows)
        ]


def _names(data: Data) -> list[str]:
    return [row["name"].strip() for row in data["categories"]]
