"""An item as a learner meets it: the question, and the result with every rationale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template

from quizzes.attempts.answering import Standing
from quizzes.attempts.questions import ALL, Question
from quizzes.items.services import ABOUT, Asked, derived_title
from quizzes.kinds.base import Files, kind_of


@dataclass(frozen=True, slots=True)
class Shown:
    """HTML of a question before and after the hand-in; `result` is empty for a text that asks nothing."""

    question: str
    result: str


def shown(row: Mapping[str, Any], files: Files, *, language: str, number: int = 1) -> Shown:
    """Draw an item as its author writes it, answered as well as can be. `number` keeps items of one page apart."""
    kind = kind_of(row["kind"])
    data = {name: value for name, value in row.items() if name not in ABOUT}
    prepared = kind.prepare(data, files)
    title = str(row.get("title") or derived_title(prepared))
    item = Asked(0, 0, str(row.get("key", "")), title, kind, data, prepared, float(row.get("points") or 1))
    variant = kind.variant(data, None)
    asked = Question(number, item, item.points, 0, variant, prefix=f"p{number}-")
    parts = {"language_of_text": language, "reveal": ALL}
    question = render_template("quizzes/bank_question.html", question=asked, **parts)
    if not kind.asks:
        return Shown(question, "")
    best = Question(number, item, item.points, 0, variant, Standing(kind.best(data)), prefix=f"r{number}-")
    return Shown(question, render_template("quizzes/bank_result.html", question=best, **parts))
