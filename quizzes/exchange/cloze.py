"""Moodle's embedded answers, `{1:SHORTANSWER:=padi#Benar~%50%gabah}`, and gaps in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.fractions import percent

# Moodle's words for the types of gaps, and their short forms.
_CHOSEN = frozenset({"MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH"})
_SHUFFLED = frozenset({"MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS"})
_TYPED = frozenset({"SHORTANSWER", "SA", "MW"})
_TYPED_CASE = frozenset({"SHORTANSWER_C", "SAC", "MWC"})
_NUMBER = frozenset({"NUMERICAL", "NM"})

EMBEDDED = re.compile(r"\{(\d{0,4}):([A-Z]{2,12}(?:_[A-Z]{1,3})?):((?:\\.|[^\\}])*)\}", re.DOTALL)
GAP = re.compile(r"\[\[(\d{1,3})\]\]")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d+)?)%")
_SPACES = " \t\n"
_PART = re.compile(r"\\.|[~#]", re.DOTALL)
_RESERVED = re.compile(r'[\\~#}"/]')
_ESCAPED = re.compile(r"\\([^A-Za-z0-9\s])")


def read_gap(kind: str, answers: str, warnings: set[str]) -> dict[str, Any]:
    """Return a gap of a cloze item from what stands in its braces. Raises ContentError for a type that has no counterpart."""
    known = _CHOSEN | _SHUFFLED | _TYPED | _TYPED_CASE | _NUMBER
    if kind not in known:
        raise ContentError(__("The gap “%(kind)s” has no counterpart here. Make it a list or a short answer.", kind=kind))
    chosen = kind in _CHOSEN | _SHUFFLED
    rows = []
    for part in _split(answers, "~"):
        row = _answer(part)
        if kind in _NUMBER:
            row["text"], _colon, tolerance = row["text"].partition(":")
            if tolerance.strip(" 0."):
                warnings.add(__("The tolerance of a gap is not kept: it takes the number itself."))
        if row["text"].strip() == "*" and not chosen:
            warnings.add(__("The feedback for any other answer is left out."))
        elif row["text"]:
            rows.append(row)
    return {"select": chosen, "answers": rows, "case": kind in _TYPED_CASE}


def write_gap(gap: Mapping[str, Any]) -> str:
    """Return a gap as Moodle embeds it."""
    kind = "MULTICHOICE" if gap.get("select") else "SHORTANSWER_C" if gap.get("case") else "SHORTANSWER"
    return f"{{1:{kind}:{'~'.join(_written(row) for row in gap['answers'])}}}"


def _written(row: Mapping[str, Any]) -> str:
    credit = row.get("credit", 100)
    mark = "=" if credit == 100 else f"%{percent(credit)}%"
    why = f"#{_escape(row['rationale'])}" if row.get("rationale") else ""
    return f"{mark}{_escape(row['text'])}{why}"


def _answer(part: str) -> dict[str, Any]:
    text, *why = _split(part.strip(_SPACES), "#", most=1)
    credit = 100.0 if text.startswith("=") else 0.0
    found = _WEIGHT.match(text)
    if found:
        credit = max(0.0, float(found[1]))
    text = text[1:] if text.startswith("=") else text[found.end() if found else 0 :]
    return {"text": _unescape(text.strip(_SPACES)), "credit": credit, "rationale": _unescape(why[0].strip(_SPACES)) if why else ""}


def _split(text: str, mark: str, most: int = 0) -> list[str]:
    parts: list[str] = []
    start = 0
    for found in _PART.finditer(text):
        if found[0] == mark and not (most and len(parts) == most):
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]


def _escape(text: str) -> str:
    return _RESERVED.sub(lambda found: f"\\{found[0]}", text.strip(_SPACES))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: found[1], text)
