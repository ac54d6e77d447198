"""Aiken, the plainest format (https://docs.moodle.org/en/Aiken_format): a question, options with letters, `ANSWER: A`. Plain text only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from lms.api import ContentError
from lms.api import gettext as __
from quizzes.exchange.base import META, Format, Intake, Item, decode, exchanges, made_key, placeholder
from quizzes.exchange.markup import escape_markdown, is_plain, one_line, unescape_markdown
from quizzes.kinds.base import LETTERS

_OPTION = re.compile(r"([A-Za-z])[.)]\s+(\S.*)")
_ANSWER = re.compile(r"ANSWER:\s*([A-Za-z])\s*", re.IGNORECASE)


@exchanges
class Aiken(Format):
    """One right answer among several, and nothing else."""

    key, title, extension, mimetype = "aiken", "Aiken", "txt", "text/plain"
    kinds: ClassVar[frozenset[str]] = frozenset({"single_choice"})

    def certainty(self, data: bytes) -> int:
        """Look for a line with an answer below one with an option."""
        lines = [line.strip() for line in decode(data[:100_000]).split("\n") if line.strip()]
        return 2 if any(_OPTION.fullmatch(first) and _ANSWER.fullmatch(second) for first, second in pairwise(lines)) else 0

    def read(self, data: bytes, intake: Intake) -> None:
        """Read up to each answer; what is wrong in one question ends with it."""
        for line, lines in _questions(decode(data)):
            source = "\n".join(lines)
            try:
                intake.add(_item(lines), line=line, source=source)
            except ContentError as error:
                intake.error(error.message, line=line, source=source)

    def render(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Write question after question."""
        return "\n".join(_written(item) for item in items).encode()

    def lost(self, item: Item) -> list[str]:
        """Say what plain text cannot hold."""
        found = []
        if any(option["rationale"] != placeholder() for option in item["options"]):
            found.append(__("Rationales are not kept."))
        if item["key"] != made_key("single_choice", item["stem"]):
            found.append(__("The key is not kept."))
        if any(name in item for name in (*META[2:], "feedback", "hints")):
            found.append(__("Title, category, tags, points, explanation and hints are not kept."))
        shown = [item["stem"], *(option["text"] for option in item["options"])]
        if any(not is_plain(text) or one_line(text) != text for text in shown):
            found.append(__("Formatting becomes plain signs, and every text one line."))
        if _OPTION.fullmatch(item["stem"]) or _ANSWER.fullmatch(item["stem"]):
            found.append(__("The question looks like an option or an answer and cannot be read back."))
        return found


def _questions(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, lines) of each question: up to its answer, or to an empty line after an option."""
    first, lines = 1, list[str]()
    for number, raw in enumerate([*text.split("\n"), ""], start=1):
        line = raw.strip()
        if line:
            first = first if lines else number
            lines.append(line)
        if lines and (_ANSWER.fullmatch(line) or (not line and _OPTION.fullmatch(lines[-1]))):
            yield first, lines
            lines = []
    if lines:
        yield first, lines


def _item(lines: Sequence[str]) -> dict[str, Any]:
    """Return the item of a question's lines. Raises ContentError for what Aiken does not allow."""
    start = next((place for place, line in enumerate(lines) if place and _OPTION.fullmatch(line)), len(lines))
    answer = _ANSWER.fullmatch(lines[-1])
    if answer is None:
        raise ContentError(__("The last line of a question says which option is right, for instance “ANSWER: A”."))
    options: list[tuple[str, str]] = []
    for line in lines[start:-1]:
        found = _OPTION.fullmatch(line)
        if found is None:
            raise ContentError(__("“%(line)s” is no option: write “A. text” or “A) text”, one line each.", line=line[:60]))
        options.append((found[1].upper(), escape_markdown(one_line(found[2]))))
    if answer[1].upper() not in {letter for letter, _text in options}:
        raise ContentError(__("The answer %(letter)s is not among the options.", letter=answer[1].upper()))
    rows = [{"text": text, "correct": letter == answer[1].upper()} for letter, text in options]
    return {"kind": "single_choice", "stem": escape_markdown(one_line(" ".join(lines[:start]))), "options": rows}


def _written(item: Item) -> str:
    rows = [f"{letter.upper()}. {_plain(option['text'])}" for letter, option in zip(LETTERS, item["options"], strict=False)]
    right = next(letter for letter, option in zip(LETTERS, item["options"], strict=False) if option.get("correct"))
    return "\n".join([_plain(item["stem"]), *rows, f"ANSWER: {right.upper()}", ""])


def _plain(text: str) -> str:
    return one_line(unescape_markdown(text) if is_plain(text) else text)
