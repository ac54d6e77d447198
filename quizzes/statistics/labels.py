"""Answers in words. The counts keep letters and numbers of parts; here they become what the author wrote. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from lms.api import gettext as __
from quizzes.items.services import Asked
from quizzes.kinds.base import LETTERS, letters
from quizzes.statistics.report import HIDDEN, Answer, Wording


@dataclass(frozen=True, slots=True)
class Row:
    """An answer as a page shows it: the part it belongs to, its letter (options only), its words and the author's rationale as HTML.

    percent is of all attempts of the wording; right tells whether it earns everything.
    """

    part: str
    letter: str
    words: str
    rationale: str
    count: int
    percent: float
    share: float | None
    mean_rest: float | None
    right: bool


def option_keys(known: Asked) -> list[tuple[str, str]]:
    """Return (part, letter) of every option that could be chosen; nothing for kinds without options."""
    parts = {"best_worst": ("best", "worst"), "rank": ("first",)}.get(known.data.get("answer", ""), ("",))
    return [(part, letter) for part in parts for letter in letters(known.data.get("options", ()))]


def right_letters(known: Asked) -> list[str]:
    """Return the options that a full mark needs; nothing for kinds without options."""
    best = known.kind.best(known.data)
    return list(best.get("choice", ())) if "options" in known.data else []


def rows(wording: Wording, known: Asked) -> list[Row]:
    """Return all answers in words: every option, chosen or not, in the author's order; else part by part, the most frequent first.

    What people typed themselves is shown once as many gave it as make them unrecognisable; the rest stands in one row.
    """
    given = {(answer.part, answer.answer): answer for answer in wording.answers}
    keys = dict.fromkeys([*option_keys(known), *given])
    made = []
    for part in sorted({part for part, _answer in keys}, key=lambda part: (len(part), part)):
        mine = [key for key in keys if key[0] == part]
        rare = [key for key in mine if key[1] and _own_words(known, *key) is None and given[key].count < HIDDEN]
        made += [_row(wording, known, key, given.get(key)) for key in mine if key not in rare]
        if rare:
            made.append(_others(wording, known, part, [given[key] for key in rare]))
    return made


def _row(wording: Wording, known: Asked, key: tuple[str, str], given: Answer | None) -> Row:
    part, answer = key
    words = _own_words(known, part, answer)
    count = given.count if given else 0
    return Row(
        part=part_words(known, part),
        letter=answer.upper() if "options" in known.data else "",
        words=_shown(answer, words),
        rationale=_rationale(known, answer),
        count=count,
        percent=100 * count / wording.n,
        share=given.share if given and answer else None,
        mean_rest=given.mean_rest if given else None,
        right=answer in right_letters(known) if "options" in known.data else bool(given and answer and given.share >= 100),
    )


def _shown(answer: str, words: str | None) -> str:
    if not answer:
        return __("no answer")
    return str(Markup.escape(answer)) if words is None else words


def _others(wording: Wording, known: Asked, part: str, others: Sequence[Answer]) -> Row:
    """Return typed answers that too few gave, together."""
    count = sum(answer.count for answer in others)
    return Row(
        part=part_words(known, part),
        letter="",
        words=__("other answers, each given by fewer than %(least)s", least=HIDDEN),
        rationale="",
        count=count,
        percent=100 * count / wording.n,
        share=sum(answer.share * answer.count for answer in others) / count,
        mean_rest=sum(answer.mean_rest * answer.count for answer in others) / count,
        right=False,
    )


def part_words(known: Asked, part: str) -> str:
    """Return what a part of an item is called, as HTML."""
    data, prepared = known.data, known.prepared
    fixed = {"": "", "best": __("called best"), "worst": __("called worst"), "first": __("put first")}
    if part in fixed:
        return fixed[part]
    if part.isdecimal():
        return __("gap %(number)s", number=part) if "gaps" in data else __("place %(number)s", number=part)
    return _text(prepared.get("pairs" if "pairs" in data else "entries"), part, "left" if "pairs" in data else "text") or part


def _own_words(known: Asked, part: str, answer: str) -> str | None:
    """Return the author's words for an answer as HTML, or None for what people typed themselves."""
    prepared = known.prepared
    if "gaps" in known.data:
        gap = known.data["gaps"][int(part) - 1] if part else {"answers": ()}
        texts = [{"text": Markup.escape(row["text"])} for row in gap["answers"]]
        return _text(texts, answer, "text") if gap.get("select") else _typed(gap["answers"], answer)
    if "answers" in known.data:
        return _typed(known.data["answers"], answer)
    for name, field in (("options", "text"), ("categories", "name"), ("entries", "text")):
        if name in known.data:
            return _text(prepared.get(name), answer, field)
    if "pairs" in known.data:
        return _text([*prepared["pairs"], *({"right": text} for text in prepared.get("extra", ()))], answer, "right")
    return None


def _typed(answers: Sequence[Mapping[str, Any]], answer: str) -> Markup | None:
    """Return a typed answer if it is one of those that the author expects."""
    return Markup.escape(answer) if answer in {row.get("text", row.get("value")) for row in answers} else None


def _text(rows: Sequence[Mapping[str, Any]] | None, letter: str, name: str) -> str | None:
    """Return a field of the row with this letter."""
    place = LETTERS.find(letter) if len(letter) == 1 else -1
    return str(rows[place][name]) if rows and 0 <= place < len(rows) else None


def _rationale(known: Asked, answer: str) -> str:
    """Return the rationale of an option as HTML."""
    return (_text(known.prepared.get("options"), answer, "rationale") or "") if "options" in known.data else ""
