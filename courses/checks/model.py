"""The form in which rules see a module, wherever it comes from, and what they return."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from courses.checks.mending import how_to
from courses.checks.prose import Block, blocks
from courses.folder.yamltext import line_of

ABOUT = "about"
NO_TEXT = frozenset({"key", "kind", "form", "visit", "type", "tags"})  # names in settings whose values are no words for readers
LABELS = frozenset({"title"})
HEADER = frozenset({"minutes", "tags", "section", "requires", "sources", "checked_on"})  # what every activity says beside its settings


class Severity(enum.StrEnum):
    """An error is what a learner would stumble over: publishing waits for it. A warning is worth a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: the rule's name, what it is, why it matters to a learner, and where.

    Where: an activity's key or "about", the path of the text in its settings and the row in it (from 0); file and line in a folder.
    """

    rule: str
    severity: Severity
    sentence: str
    why: str
    where: str
    file: Path | None = None
    line: int | None = None
    path: str = ""
    row: int = 0

    @property
    def how(self) -> str:
        """Return how it is put right."""
        return how_to(self.rule)

    @property
    def place(self) -> str:
        """Return where the studio shows it: the page below the module's, and the field on it."""
        if self.where == ABOUT:
            return f"{ABOUT}#{self.path}" if self.path else ABOUT
        if self.path in HEADER:
            return f"{self.where}?open=more#{self.path}"
        if self.path == "complete":
            return f"{self.where}?open=more#rule"
        field = "items" if self.path.startswith("items.") else self.path.replace(".", "-")
        return f"{self.where}#s-{field}" if field else self.where

    @property
    def must(self) -> bool:
        """Tell whether publishing waits for it."""
        return self.severity is Severity.ERROR


class Text(NamedTuple):
    """A text of an activity: where it stands in the settings (`items.0.stem`), its words, and whether it is a mere label."""

    path: str
    value: str
    label: bool


@dataclass
class Part:
    """An activity as the rules see it. `settings` are as an author writes them; `lines` and `file` only when it comes from a folder."""

    key: str
    type: str
    title: str
    section: str
    minutes: int
    settings: Mapping[str, Any]
    required: bool = True
    requires: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    checked_on: dt.date | None = None
    rule: Any = None
    type_title: str = ""
    completion: frozenset[str] = frozenset()
    missing: bool = False  # its type's plugin is not installed
    unwritten: bool = False
    remarks: tuple[str, ...] = ()  # what its type says itself
    file: Path | None = None
    lines: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def texts(self) -> list[Text]:
        """Return the texts of the settings in order."""
        return list(_texts(self.settings, ""))

    @cached_property
    def blocks(self) -> list[tuple[Text, Block]]:
        """Return the pieces of all texts in order."""
        return [(text, block) for text in self.texts for block in blocks(text.value)]

    @property
    def longest(self) -> str:
        """Return the path of the longest text; of nothing, the empty path."""
        return max(self.texts, key=lambda text: len(text.value)).path if self.texts else ""

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """Return the items of a quiz; nothing for other types."""
        rows = self.settings.get("items") or []
        return [row for row in rows if isinstance(row, Mapping) and row.get("options")] if isinstance(rows, list) else []

    def error(self, rule: str, sentence: str, why: str, path: str = "", row: int = 0) -> Finding:
        """Return an error about this activity; `path` and `row` (from 0) say where in its texts."""
        return Finding(rule, Severity.ERROR, sentence, why, self.key, self.file, self.line(path, row), path, row)

    def warning(self, rule: str, sentence: str, why: str, path: str = "", row: int = 0) -> Finding:
        """Return a warning about this activity, like `error`."""
        return Finding(rule, Severity.WARNING, sentence, why, self.key, self.file, self.line(path, row), path, row)

    def line(self, path: str, row: int = 0) -> int | None:
        """Return the line in the file of a row of a text, or None when there is no file. A folded text has the line of its name."""
        start = line_of(self.lines, path) or (1 if self.file else None)
        if start is None or path not in self.lines:
            return start
        if path == "source":
            return start + row
        value = next((text.value for text in self.texts if text.path == path), "")
        return start + row + 1 if "\n" in value else start


@dataclass
class Subject:
    """A module as the rules see it: without hidden activities, whose titles by key are in `hidden`. `pictures` holds {name: bytes it takes}."""

    key: str
    about: Mapping[str, Any]
    parts: list[Part]
    pictures: Mapping[str, int] = field(default_factory=dict)
    spoken: frozenset[str] = frozenset()  # films and sound that have captions
    home: Path | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)

    def warning(self, rule: str, sentence: str, why: str, path: str = "") -> Finding:
        """Return a warning about the module itself; `path` is the field of its description."""
        return Finding(rule, Severity.WARNING, sentence, why, ABOUT, self.home, 1 if self.home else None, path)


def _texts(value: Any, path: str, *, label: bool = False) -> Iterator[Text]:
    if isinstance(value, str):
        if value.strip():
            yield Text(path, value, label)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in NO_TEXT:
                yield from _texts(inner, f"{path}.{name}" if path else str(name), label=name in LABELS)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{index}" if path else str(index), label=label)
