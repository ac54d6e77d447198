"""Peduli's own YAML: a list of items, or a mapping with `items` such as a quiz in a module's folder. Carries everything.

Only what data needs is read: no anchors, no tags, no nesting without end. Apart from true, false and null every word is text, as in forms;
what is a number, the question's form decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from lms.api import Refused
from lms.api import gettext as __
from quizzes.exchange.base import META, Format, Intake, Item, decode, exchanges
from quizzes.kinds.base import KINDS

WIDTH = 130
LONG = 100
DEEPEST = 20
MOST_EVENTS = 1_000_000
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast
_BaseDumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@exchanges
class YamlItems(Format):
    """Peduli's own format."""

    key, title, extension, mimetype = "yaml", "YAML (Peduli)", "yaml", "application/yaml"

    @property
    def kinds(self) -> frozenset[str]:  # type: ignore[override]  # kinds may be added by other plugins
        """Return all kinds that are known."""
        return frozenset(KINDS)

    def certainty(self, data: bytes) -> int:
        """Look for `items:` or for a list of mappings that name their kind."""
        lines = [line for line in decode(data[:100_000]).split("\n") if line.strip() and not line.startswith("#")]
        if any(line.rstrip() == "items:" or line.startswith("items: [") for line in lines):
            return 2
        begins = bool(lines) and lines[0].startswith(("- key:", "- kind:", "- stem:"))
        return 2 if begins else 0

    def read(self, data: bytes, intake: Intake) -> None:
        """Read the list; where the text stops being YAML, what came before stays."""
        text = decode(data)
        builder = _Builder()
        problem: yaml.MarkedYAMLError | None = None
        try:
            for event in yaml.parse(text, Loader=_Loader):
                builder.take(event)
        except yaml.MarkedYAMLError as error:
            problem = error
        except yaml.YAMLError as error:
            raise Refused(__("The file holds signs that YAML does not know. Save it as plain text in UTF-8.")) from error
        lines = text.split("\n")
        for item, line in builder.items():
            source = "\n".join(lines[line - 1 : line + 3])
            if isinstance(item, Mapping):
                intake.add({str(name): value for name, value in item.items()}, line=line, source=source)
            else:
                intake.error(
                    __("A question is expected here, with names and values such as “kind: single_choice”."), line=line, source=source
                )
        if problem is not None:
            mark = problem.problem_mark or problem.context_mark
            line = mark.line + 1 if mark else 1
            intake.error(_explained(problem), line=line, source=lines[line - 1] if line <= len(lines) else "")

    def render(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Write all items below `items`."""
        rows = [{name: item[name] for name in (*META, *item) if name in item} for item in items]
        text = yaml.dump({"items": rows}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=False)
        return bytes(text, "utf-8")


def _explained(error: yaml.MarkedYAMLError) -> str:
    hint = __("A text with “: ” in it needs quotation marks.") if "mapping values" in str(error.problem) else ""
    return " ".join(part for part in (__("Here the text is no YAML: %(problem)s.", problem=str(error.problem)), hint) if part)


# -- reading ---------------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Open:
    """A list or mapping that is being read; `name` waits for its value."""

    value: list[Any] | dict[str, Any]
    name: str | None = None
    lines: list[int] = field(default_factory=list)  # of a list's entries


class _Builder:
    """Makes data of the parser's events, without recursion: what nests endlessly is refused while it is read."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._events = 0
        self._list: _Open | None = None  # the list of items

    def take(self, event: Any) -> None:
        """Take an event. Raises Refused for anchors and for what is too deep or too much, MarkedYAMLError for a name that stands twice."""
        self._events += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Refused(__("The file uses anchors (& and *). Peduli reads no such YAML: write every question out."))
        if self._events > MOST_EVENTS or len(self._open) > DEEPEST:
            raise Refused(__("The file nests too deeply or has too many parts. Peduli does not read it."))
        if isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event), event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin([], event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin({}, event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._open.pop()

    def items(self) -> Iterator[tuple[Any, int]]:
        """Yield the items with their lines; one that broke off is not among them."""
        if self._list is None:
            return
        broken = self._list in self._open and self._open[-1] is not self._list
        found = list(zip(self._list.value, self._list.lines, strict=True))
        yield from found[:-1] if broken else found

    def _begin(self, value: list[Any] | dict[str, Any], event: Any) -> None:
        opened = _Open(value)
        below = self._open[-1] if self._open else None
        if isinstance(value, list) and (below is None or (len(self._open) == 1 and below.name == "items")):
            self._list = opened
        self._add(value, event)
        self._open.append(opened)

    def _add(self, value: Any, event: Any) -> None:
        if not self._open:
            return
        top = self._open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            top.lines.append(event.start_mark.line + 1)
        elif top.name is None:
            if not isinstance(value, str | bool | None) or str(value) in top.value:
                raise yaml.MarkedYAMLError(problem=f"“{str(value)[:40]}” stands twice", problem_mark=event.start_mark)
            top.name = str(value)
        else:
            top.value[top.name], top.name = value, None


def _scalar(event: Any) -> str | bool | None:
    """Return a word: in quotation marks always a text."""
    text = str(event.value)
    if not event.implicit[0]:
        return text
    return None if text in _NOTHING else _WORDS.get(text, text)


# -- writing ---------------------------------------------------------------------------------------------------------------------------


class _Dumper(_BaseDumper):
    """Text blocks for texts with lines, folded lines for long ones, short lists of words on one line."""


def _text(dumper: Any, value: str) -> yaml.Node:
    style = "|" if "\n" in value else ">" if len(value) > LONG else None
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)
    return node


def _words(dumper: Any, value: list[Any]) -> yaml.Node:
    short = all(isinstance(part, str) and " " not in part and "\n" not in part for part in value) and sum(map(len, value)) < 60
    node: yaml.Node = dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=short)
    return node


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _words)
