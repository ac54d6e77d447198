"""Options with percentages, as Moodle writes them in GIFT and XML, and the kinds of Peduli that mark them the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lms.api import gettext as __

TRUE, FALSE = "Benar", "Salah"  # what the two options of a statement are called: the language of the courses
THIRDS = {0: "0", 1: "33.33333", 2: "66.66667", 3: "100"}  # percentages of a panel's scores
_NEAR = 0.5  # Moodle rounds percentages

Option = dict[str, Any]


def options_of(kind: str, item: Mapping[str, Any]) -> list[tuple[Option, str]]:
    """Return the options of a choice item, each with its percentage as text."""
    options = item["options"]
    if kind == "situational":
        return [(option, THIRDS[option["score"]]) for option in options]
    if kind != "multiple_choice":
        return [(option, "100" if option.get("correct") else "0") for option in options]
    share = percent(100 / sum(1 for option in options if option.get("correct")))
    taken = "0" if item.get("scoring") == "each" else f"-{share}"
    return [(option, share if option.get("correct") else taken) for option in options]


def single(options: Sequence[Option], shares: Sequence[float]) -> tuple[dict[str, Any], list[str]]:
    """Return (kind and options, warnings) of options of which one is chosen, with their percentages (100: right).

    One right and no partly right option is `single_choice`; percentages that are thirds are `situational`, scores of 0 to 3.
    """
    right = [share for share in shares if share > 100 - _NEAR]
    partly = [share for share in shares if _NEAR < share <= 100 - _NEAR]
    if len(right) == 1 and not partly:
        return {"kind": "single_choice", "options": _marked(options, [share > _NEAR for share in shares])}, []
    scores = [round(max(0.0, share) * 3 / 100) for share in shares]
    exact = all(abs(score * 100 / 3 - max(0.0, share)) <= _NEAR for score, share in zip(scores, shares, strict=True))
    judged = [{**option, "score": score} for option, score in zip(options, scores, strict=True)]
    rounded = [] if exact else [__("The points of the options were rounded to scores from 0 to 3.")]
    return {"kind": "situational", "options": judged}, rounded


def several(options: Sequence[Option], shares: Sequence[float]) -> tuple[dict[str, Any], list[str]]:
    """Return (kind, options and scoring, warnings) of options of which several are chosen, with their percentages."""
    right = [share for share in shares if share > 0]
    wrong = [share for share in shares if share <= 0]
    item = {"kind": "multiple_choice", "options": _marked(options, [share > 0 for share in shares])}
    if not right:
        return item, []
    scoring = "each" if wrong and all(share == 0 for share in wrong) else "minus"
    due = -100 / len(right) if scoring == "minus" else 0
    exact = all(abs(share - 100 / len(right)) <= _NEAR for share in right) and all(abs(share - due) <= _NEAR for share in wrong)
    return {**item, "scoring": scoring}, [] if exact else [__("The options had different weights. Here all right options weigh the same.")]


def statement(correct: bool, true_rationale: str, false_rationale: str) -> dict[str, Any]:
    """Return kind and options of a statement that is true or false."""
    options = [{"text": TRUE, "rationale": true_rationale}, {"text": FALSE, "rationale": false_rationale}]
    return {"kind": "true_false", "options": _marked(options, [correct, not correct])}


def is_statement(item: Mapping[str, Any]) -> bool:
    """Tell whether an item of the kind true_false has the two usual options, the true one first."""
    return [option["text"] for option in item["options"]] == [TRUE, FALSE]


def lost_options(item: Mapping[str, Any]) -> list[str]:
    """Return what formats with percentages lose of a choice item."""
    kind, found = item["kind"], []
    if kind == "true_false" and not is_statement(item):
        found.append(__("The options are not “Benar” and “Salah”: the question becomes one with one answer."))
    if kind == "multiple_choice":
        wrong = any(not option.get("correct") for option in item["options"])
        if item.get("scoring") == "all" or (item.get("scoring") == "each" and not wrong):
            found.append(__("What a partly right answer earns is not kept."))
    if kind == "situational":
        scores = sorted(option["score"] for option in item["options"])
        if item.get("answer", "choose") != "choose":
            found.append(__("Learners will choose one option; ranking and best and worst are not kept."))
        if scores[-1] == 3 and not any(scores[:-1]):
            found.append(__("Only one option has a score: the question becomes one with one answer."))
    return found


def lost_parts(item: Mapping[str, Any]) -> list[str]:
    """Return what formats lose that know no rationale of pairs and entries, and five decimals of a percentage."""
    found = []
    if any(row.get("rationale") for name in ("pairs", "entries") for row in item.get(name, ())):
        found.append(__("The rationales of pairs and entries are not kept."))
    answers = [row for holder in (item, *item.get("gaps", ())) for row in holder.get("answers", ())]
    if any(float(percent(row.get("credit", 100))) != row.get("credit", 100) for row in answers):
        found.append(__("Percentages are rounded to five decimals."))
    return found


def percent(value: float) -> str:
    """Return a percentage with up to five decimals, as Moodle expects it."""
    return f"{value:.5f}".rstrip("0").rstrip(".")


def _marked(options: Sequence[Option], right: Sequence[bool]) -> list[Option]:
    return [{**option, "correct": True} if is_right else dict(option) for option, is_right in zip(options, right, strict=True)]
