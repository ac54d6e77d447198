"""Counting answers without remembering whose they are. Pure: counts and answers in, counts out.

A tally is plain data: how many answers, how often each option, and the free texts in the order of the alphabet, which says nothing of when
they came. What is new waits until there are five of it; then it joins what is shown, all at once. So two looks at the results differ by
at least five people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

STEP = 5
SCALE, CHOICE, TEXT = "scale", "choice", "text"
STEPS = ("1", "2", "3", "4", "5")

Tally = Mapping[str, Any]
Question = Mapping[str, Any]


def empty() -> dict[str, Any]:
    """Return the tally of nobody."""
    return {"answers": 0, "counts": {}, "texts": {}}


def one(questions: Sequence[Question], answer: Mapping[str, str]) -> dict[str, Any]:
    """Return the tally of one answer; what was left out counts nothing."""
    said = {row["key"]: (row["kind"], answer[row["key"]]) for row in questions if answer.get(row["key"])}
    return {
        "answers": 1,
        "counts": {key: {value: 1} for key, (kind, value) in said.items() if kind != TEXT},
        "texts": {key: [value] for key, (kind, value) in said.items() if kind == TEXT},
    }


def joined(first: Tally, second: Tally) -> dict[str, Any]:
    """Return both together; the order of the two makes no difference."""
    counts: dict[str, dict[str, int]] = {}
    for tally in (first, second):
        for key, options in tally["counts"].items():
            row = counts.setdefault(key, {})
            for option, number in options.items():
                row[option] = row.get(option, 0) + number
    keys = {**first["texts"], **second["texts"]}
    return {
        "answers": first["answers"] + second["answers"],
        "counts": {key: dict(sorted(row.items())) for key, row in sorted(counts.items())},
        "texts": {key: sorted([*first["texts"].get(key, ()), *second["texts"].get(key, ())]) for key in sorted(keys)},
    }


def added(shown: Tally, waiting: Tally, answer: Tally) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (what is shown, what waits) after one more answer."""
    more = joined(waiting, answer)
    return (joined(shown, more), empty()) if more["answers"] >= STEP else (dict(shown), more)


def together(questions: Sequence[Question], answers: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the tally of answers with names, of which nothing waits."""
    found = empty()
    for answer in answers:
        found = joined(found, one(questions, answer))
    return found


def options_of(question: Question) -> list[tuple[str, str]]:
    """Return (value, label) of what can be chosen: the options, or five steps with the words of the two ends."""
    lines = [line.strip() for line in (question.get("options") or "").splitlines() if line.strip()]
    if question["kind"] != SCALE:
        return [(line, line) for line in lines]
    ends = dict(zip((STEPS[0], STEPS[-1]), lines, strict=False))
    return [(step, f"{step} – {ends[step]}" if step in ends else step) for step in STEPS]
