"""Kinds whose options are chosen: one answer, several answers, true or false, situational judgment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from random import Random
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, NumberRange

from lms.api import Form, NotFound, Rows, choices, render_line
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
    line,
    prepare_shared,
    shuffled,
)
from quizzes.kinds.parts import author_letter

BEST = 3  # of a situational option


class OptionRow(Form):
    """An option with its rationale."""

    text = TextAreaField(_("Option"), [InputRequired()])
    correct = BooleanField(_("correct"))
    rationale = TextAreaField(_("Rationale"), [InputRequired()])


class JudgedRow(Form):
    """An option of a situational item: what a panel of experts gave it, and why."""

    text = TextAreaField(_("Option"), [InputRequired()])
    score = IntegerField(_("Score, 0 to 3"), [InputRequired(), NumberRange(0, BEST)])
    rationale = TextAreaField(_("Rationale"), [InputRequired()])


class ChoiceForm(Asking):
    """Options of which some are correct."""

    options = Rows(OptionRow, _("Options"), least=2, max_entries=MOST_PARTS)


class SeveralForm(ChoiceForm):
    """Options, and what a partly right answer earns."""

    scoring = SelectField(
        _("A partly right answer"),
        choices=choices(
            ("minus", _("earns its share; a wrong option takes back a right one")),
            ("each", _("earns its share; a wrong option costs nothing")),
            ("all", _("earns nothing")),
        ),
        default="minus",
    )


class JudgedForm(Asking):
    """Options with the scores of a panel, and how they are answered."""

    answer = SelectField(
        _("Learners"),
        choices=choices(
            ("choose", _("choose what they would do")),
            ("best_worst", _("choose the best and the worst")),
            ("rank", _("put all options in order")),
        ),
        default="choose",
    )
    options = Rows(JudgedRow, _("Options"), least=2, max_entries=MOST_PARTS)


class OptionKind(Kind):
    """What kinds with options have in common. Options are known by letters, in the author's order."""

    ask_template, result_template = "quizzes/kinds/choice_ask.html", "quizzes/kinds/choice_result.html"
    form, part = ChoiceForm, "options"
    several: ClassVar[bool] = False  # may more than one be chosen?

    def prepare(self, data: Data, files: Files) -> dict[str, Any]:
        """Render stem, options and rationales."""
        rows = [{name: render_line(option[name], files) for name in ("text", "rationale")} for option in data["options"]]
        return {**prepare_shared(data, files), "options": rows}

    def variant(self, data: Data, chance: Random | None) -> dict[str, Any]:
        """Return the order of the options."""
        return {"order": shuffled(letters(data["options"]), chance)}

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the chosen letters."""
        return _chosen(data, variant, posted.getlist("choice"), most=None if self.several else 1)

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return each chosen option."""
        return [Piece("", key, self._score(_option(data, key))) for key in response.get("choice", ())]

    def words(self, data: Data, response: Response) -> str:
        """Return the texts of the chosen options."""
        return "; ".join(line(_option(data, key)["text"]) for key in response.get("choice", ()))

    def compatible(self, old: Data, new: Data) -> bool:
        """Ask for as many options; their texts may be worded anew."""
        return len(old["options"]) == len(new["options"])

    def _score(self, option: Mapping[str, Any]) -> float:
        return 1.0 if option.get("correct") else 0.0

    def _right(self, data: Data) -> set[str]:
        return {key for key in letters(data["options"]) if _option(data, key).get("correct")}


def _option(data: Data, key: str) -> Mapping[str, Any]:
    """Return an option by its letter."""
    options: Sequence[Mapping[str, Any]] = data["options"]
    return options[ord(key) - ord("a")]


def _chosen(data: Data, variant: Variant, places: Sequence[str], most: int | None) -> Response:
    """Return the options that were chosen by the places where they are shown: the author's letters would tell where the right one stood."""
    order = variant.get("order") or letters(data["options"])
    wanted = sorted({author_letter(order, place) for place in places if place})[:most]
    return {"choice": wanted} if wanted else NOTHING


@kind
class SingleChoice(OptionKind):
    """One right option among several."""

    key, title, icon = "single_choice", _("One answer"), "circle-check"
    summary = _("One option is right.")
    example: ClassVar[dict[str, Any]] = {
        "stem": "Warga datang untuk ketiga kalinya. Apa yang Anda lakukan **dahulu**?\n",
        "options": [
            {"text": "Mendengarkan ceritanya", "correct": True, "rationale": "Tanpa itu, sebabnya tidak diketahui."},
            {"text": "Membacakan daftar syarat", "rationale": "Daftar yang sama sudah ia dengar dua kali."},
        ],
    }

    def problem(self, data: Data) -> str:
        """Ask for exactly one right option."""
        return "" if len(self._right(data)) == 1 else __("Exactly one option is correct here.")

    def mark(self, data: Data, response: Response) -> float | None:
        """All or nothing."""
        return 1.0 if set(response.get("choice", ())) == self._right(data) else 0.0

    def best(self, data: Data) -> Response:
        """Return the right option."""
        return {"choice": sorted(self._right(data))}

    def guess(self, data: Data) -> float | None:
        """Return one in as many as there are options."""
        return 1 / len(data["options"])


@kind
class TrueFalse(SingleChoice):
    """True or false, always in the author's order."""

    key, title, icon = "true_false", _("True or false"), "circle-question-mark"
    summary = _("A statement that is true or false.")
    example: ClassVar[dict[str, Any]] = {
        "stem": "Diam sejenak adalah bagian dari mendengarkan.\n",
        "options": [
            {"text": "Benar", "correct": True, "rationale": "Jeda memberi ruang bagi yang belum terucap."},
            {"text": "Salah", "rationale": "Jeda bukan tanda tidak peduli."},
        ],
    }

    def problem(self, data: Data) -> str:
        """Ask for two options, one of them right."""
        return super().problem(data) or ("" if len(data["options"]) == 2 else __("True or false has two options."))

    def variant(self, data: Data, chance: Random | None) -> dict[str, Any]:
        """Keep the order."""
        return super().variant(data, None)


@kind
class MultipleChoice(OptionKind):
    """Several right options."""

    key, title, several = "multiple_choice", _("Several answers"), True
    summary = _("One or more options are right.")
    form = SeveralForm
    example: ClassVar[dict[str, Any]] = {
        "stem": "Apa saja yang Anda tanyakan sebelum memotret?\n",
        "options": [
            {"text": "Boleh atau tidaknya", "correct": True, "rationale": "Izin adalah yang pertama."},
            {"text": "Untuk apa gambar dipakai", "correct": True, "rationale": "Izin berlaku untuk satu keperluan."},
            {"text": "Nama orang tuanya", "rationale": "Itu data yang tidak Anda perlukan."},
        ],
    }

    def problem(self, data: Data) -> str:
        """Ask for at least one right option."""
        return "" if self._right(data) else __("At least one option is correct.")

    def mark(self, data: Data, response: Response) -> float | None:
        """Return (right chosen minus wrong chosen) / right, not below 0; as `scoring` says, wrong ones count nothing, or all must be right."""
        right, picked = self._right(data), set(response.get("choice", ()))
        return self._share(data, len(picked & right), len(picked - right), len(right))

    def best(self, data: Data) -> Response:
        """Return all right options."""
        return {"choice": sorted(self._right(data))}

    def _share(self, data: Data, hits: int, misses: int, right: int) -> float:
        scoring = data.get("scoring", "minus")
        if scoring == "all":
            return float(hits == right and not misses)
        return max(0.0, (hits - (misses if scoring == "minus" else 0)) / right)

    def guess(self, data: Data) -> float | None:
        """Return the mean over all sets of as many options as are right: sets with h hits are C(right, h) × C(wrong, right - h)."""
        options, right = len(data["options"]), len(self._right(data))
        sets = [(comb(right, hits) * comb(options - right, right - hits), hits) for hits in range(right + 1)]
        return sum(count * self._share(data, hits, right - hits, right) for count, hits in sets) / comb(options, right)


@kind
class Situational(OptionKind):
    """Situational judgment: each option has a score of 0 to 3 from a panel of experts (domain.md).

    `choose` earns the option's score as a share of the best. `best_worst` earns how good the one called best is and how bad the one called
    worst is, half each, within what the item has. `rank` earns 1 minus the distance to the panel's order: the sum over all pairs that the
    panel tells apart and the learner has the other way round, weighed by their difference (Kendall's distance with weights).
    """

    key, title, icon = "situational", _("Situational judgment"), "users"
    summary = _("A situation from work; every option has the panel's score from 0 to 3.")
    form = JudgedForm
    example: ClassVar[dict[str, Any]] = {
        "stem": "Antrean panjang, seorang ibu menangis di depan loket. Apa yang Anda lakukan?\n",
        "options": [
            {"text": "Memanggil nomor berikutnya", "score": 0, "rationale": "Ia tetap menangis, dan semua melihatnya."},
            {"text": "Meminta rekan menggantikan, lalu mendekat", "score": 3, "rationale": "Antrean jalan, dan ia didengar."},
            {"text": "Memberi tisu dari balik loket", "score": 1, "rationale": "Ramah, tetapi sebabnya belum diketahui."},
        ],
    }

    def problem(self, data: Data) -> str:
        """Ask for a best option with 3."""
        scores = [option["score"] for option in data["options"]]
        if BEST not in scores:
            return __("One option is the best and has 3.")
        return __("The options need different scores.") if data.get("answer", "choose") != "choose" and len(set(scores)) == 1 else ""

    def read(self, data: Data, variant: Variant, posted: MultiDict[str, Any]) -> Response:
        """Return the chosen letter; best and worst; or the whole order."""
        if data.get("answer") == "best_worst":
            pair = {name: keys[0] for name in ("best", "worst") if (keys := _chosen(data, variant, posted.getlist(name), 1).get("choice"))}
            return pair or NOTHING
        if data.get("answer") == "rank":
            return read_order(letters(data["options"]), variant.get("order") or letters(data["options"]), posted)
        return super().read(data, variant, posted)

    def mark(self, data: Data, response: Response) -> float | None:
        """Return the share, as the class says."""
        if not response:
            return 0.0
        scores = {key: float(_option(data, key)["score"]) for key in letters(data["options"])}
        high, low = max(scores.values()), min(scores.values())
        if data.get("answer") == "best_worst":
            good = (scores[response["best"]] - low) / (high - low) if "best" in response else 0.0
            bad = (high - scores[response["worst"]]) / (high - low) if "worst" in response else 0.0
            return 0.0 if response.get("best") == response.get("worst") else (good + bad) / 2
        if data.get("answer") == "rank":
            place = {key: index for index, key in enumerate(response["order"])}
            pairs = [(a, b, abs(scores[a] - scores[b])) for a, b in combinations(scores, 2)]
            lost = sum(weight for a, b, weight in pairs if (scores[a] - scores[b]) * (place[a] - place[b]) > 0)
            return 1 - lost / sum(weight for _a, _b, weight in pairs)
        return max(scores[key] for key in response["choice"]) / BEST

    def best(self, data: Data) -> Response:
        """Return the answer of the panel."""
        keys = sorted(letters(data["options"]), key=lambda key: -_option(data, key)["score"])
        if data.get("answer") == "best_worst":
            return {"best": keys[0], "worst": keys[-1]}
        return {"order": keys} if data.get("answer") == "rank" else {"choice": keys[:1]}

    def guess(self, data: Data) -> float | None:
        """Return the mean over all options, all pairs, or a half for an order."""
        keys = letters(data["options"])
        if data.get("answer") == "rank":
            return 0.5
        if data.get("answer") == "best_worst":
            pairs = [{"best": a, "worst": b} for a in keys for b in keys if a != b]
            return sum(self.mark(data, pair) or 0.0 for pair in pairs) / len(pairs)
        return sum(self._score(_option(data, key)) for key in keys) / len(keys)

    def pieces(self, data: Data, response: Response) -> Sequence[Piece]:
        """Return what was chosen; best and worst apart; of an order, what stands first."""
        named = {name: response[name] for name in ("best", "worst") if name in response}
        if "order" in response:
            named = {"first": response["order"][0]}
        if named:
            return [Piece(name, key, _option(data, key)["score"] / BEST) for name, key in named.items()]
        return super().pieces(data, response)

    def words(self, data: Data, response: Response) -> str:
        """Return the options as they were answered."""
        keys = response.get("order") or [response[name] for name in ("best", "worst") if name in response] or response.get("choice", ())
        return "; ".join(line(_option(data, key)["text"]) for key in keys)

    def compatible(self, old: Data, new: Data) -> bool:
        """Ask for as many options, answered the same way."""
        return super().compatible(old, new) and old.get("answer", "choose") == new.get("answer", "choose")

    def _score(self, option: Mapping[str, Any]) -> float:
        return float(option["score"]) / BEST


def read_order(known: Sequence[str], shown: Sequence[str], posted: MultiDict[str, Any]) -> Response:
    """Return the order that was posted: `order` with all keys (a script sent it), or `place-a` … with a number for each (a form did).

    Equal numbers keep the order in which the entries were shown, those without a number come last. Nothing when no number was given.
    Raises NotFound for a strange key.
    """
    order = [key for text in posted.getlist("order") for key in text.split(",") if key]
    if order:
        if sorted(order) != sorted(known):
            raise NotFound("no such entry")
        return {"order": order}
    numbers = {str(number): number for number in range(1, len(known) + 1)}
    places = {key: numbers.get(posted.get(f"place-{key}", "")) for key in known}
    if not any(places.values()):
        return NOTHING
    return {"order": sorted(shown, key=lambda key: (places[key] or len(known) + 1, shown.index(key)))}
