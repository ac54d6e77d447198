"""YAML that people read: one canonical way of writing it, and the line of everything that was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lms.api import ContentError

WIDTH = 130
LONG = 100


def parse(text: str, file: Path, first_line: int = 1) -> tuple[Any, dict[str, int]]:
    """Return the data of a YAML text and {path: line}, paths like `items.3.options.0.text`. Raises ContentError with the line."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = " (a text with “: ” in it needs quotation marks)" if "mapping values" in str(error.problem) else ""
        raise ContentError(f"{error.problem}{hint}", file=file, line=(mark.line if mark else 0) + first_line) from error
    except yaml.YAMLError as error:
        raise ContentError(str(error), file=file, line=first_line) from error
    lines: dict[str, int] = {}
    if node is not None:
        _lines(node, "", first_line, lines)
    return data, lines


class _Loader(yaml.SafeLoader):
    """YAML with plain dates as text: they are read where they are used."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    """Build a mapping and refuse a name that stands twice."""
    names: set[Any] = set()
    for key_node, _value in node.value:
        name = loader.construct_object(key_node)
        if name in names:
            raise yaml.constructor.ConstructorError(None, None, f"{name!r} stands twice", key_node.start_mark)
        names.add(name)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _lines(node: yaml.Node, path: str, first_line: int, lines: dict[str, int]) -> None:
    lines[path] = node.start_mark.line + first_line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            _lines(value, inner, first_line, lines)
            lines[inner] = key.start_mark.line + first_line
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _lines(value, f"{path}.{index}" if path else str(index), first_line, lines)


def line_of(lines: Mapping[str, int], path: str) -> int | None:
    """Return the line of a path, or of the nearest thing around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path)


# -- writing ---------------------------------------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Blocks for mappings, one line for short lists of words, text blocks for long text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Write lists at the level of their name."""
        super().increase_indent(flow, indentless)


_Dumper.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
}


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    style = None
    if "\n" in value:
        style = "|"
    elif len(value) > LONG:
        style = ">"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _list(dumper: _Dumper, value: list[Any]) -> yaml.Node:
    flow = all(isinstance(part, str | int | float) for part in value) and sum(len(str(part)) + 2 for part in value) < 60 and _codes(value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flow)


def _codes(value: list[Any]) -> bool:
    """Tell whether all parts are short words without spaces (tags, keys)."""
    return all(not isinstance(part, str) or (" " not in part and len(part) <= 60) for part in value)


def _map(dumper: _Dumper, value: Mapping[str, Any]) -> yaml.Node:
    small = len(value) <= 2 and all(isinstance(part, int | float) and not isinstance(part, bool) for part in value.values())
    return dumper.represent_mapping("tag:yaml.org,2002:map", dict(value), flow_style=small)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _map)
_Dumper.add_representer(dt.date, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", value.isoformat()))


def write(data: Mapping[str, Any]) -> str:
    """Return data as canonical YAML."""
    return yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=False)
