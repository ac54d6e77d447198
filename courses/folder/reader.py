"""Reads a module's folder into plain data, and says file and line of whatever is wrong. Touches no database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from courses.folder.tags import TAG
from courses.folder.yamltext import line_of, parse
from lms.api import ContentError, Draft, RuleError, activity_type, activity_types, check

FORMAT = 1
NAME = re.compile(r"(\d\d)-([a-z0-9][a-z0-9-]{0,59})\.(md|yaml)")
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
HEADER = re.compile(r"---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
FORMS = ("e_learning", "practice", "reflection")
MODULE_FIELDS = ("format", "key", "code", "title", "summary", "audience", "outcomes", "language", "checked_on", "sections")
COMMON = ("type", "title", "section", "minutes", "required", "hidden", "requires", "tags", "sources", "checked_on", "complete")
MOST_TITLE = 120
# Addresses of the studio and of the player: /studio/new, /studio/<module>/about, …
RESERVED_MODULES = frozenset({"coverage", "new", "import", "paste", "snippets", "templates"})
RESERVED_ACTIVITIES = frozenset(
    [
        "about",
        "add",
        "checks",
        "comments",
        "copies",
        "coverage",
        "history",
        "move",
        "outline",
        "pictures",
        "preview",
        "publish",
        "reviews",
        "revisions",
        "templates",
        "upstream",
    ]
)


@dataclass(frozen=True, slots=True)
class ActivityText:
    """One activity of a folder: the names that all types share, and `settings`, as its type has read them; `own` is how they were written."""

    key: str
    type: str
    title: str
    section: str
    minutes: int
    required: bool
    requires: list[str]
    tags: list[str]
    sources: list[str]
    checked_on: dt.date | None
    rule: Any
    settings: dict[str, Any]
    own: dict[str, Any]
    file: Path
    hidden: bool = False
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class ModuleText:
    """A module as its folder says it. `figures` holds names relative to the folder."""

    folder: Path
    key: str
    code: str
    about: dict[str, Any]
    activities: list[ActivityText]
    figures: dict[str, bytes]


@dataclass(slots=True)
class _Problems:
    """Collects what is wrong instead of stopping at the first."""

    found: list[ContentError] = field(default_factory=list)

    def add(self, message: str, file: Path, line: int | None = None) -> None:
        """Remember a problem."""
        self.found.append(ContentError(message, file=file, line=line))


def read_folder(folder: Path) -> tuple[ModuleText | None, list[ContentError]]:
    """Return the module and what is wrong with it; the module is None when nothing useful could be read."""
    problems = _Problems()
    home = folder / "module.yaml"
    if not home.is_file():
        problems.add("there is no module.yaml here", folder)
        return None, problems.found
    try:
        data, lines = parse(home.read_text(encoding="utf-8"), home)
    except (ContentError, UnicodeDecodeError) as error:
        return None, [error if isinstance(error, ContentError) else ContentError("not UTF-8", file=home)]
    about = _about(data if isinstance(data, dict) else {}, home, lines, problems)
    activities = list(_activities(folder, {section["key"] for section in about["sections"]}, problems))
    _references(activities, problems)
    figures = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "figures").rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    key, code = str(about.pop("key")), str(about.pop("code"))
    return ModuleText(folder, key, code, about, activities, figures), problems.found


def _about(data: dict[str, Any], file: Path, lines: Mapping[str, int], problems: _Problems) -> dict[str, Any]:
    for name in data:
        if name not in MODULE_FIELDS:
            problems.add(f"unknown: {name}", file, line_of(lines, str(name)))
    if data.get("format") != FORMAT:
        problems.add(f"format must be {FORMAT}", file, line_of(lines, "format"))
    if not KEY.fullmatch(str(data.get("key", ""))) or data["key"] in RESERVED_MODULES:
        problems.add(
            f"key: small letters, digits and dashes, at most 60; not {', '.join(sorted(RESERVED_MODULES))}", file, line_of(lines, "key")
        )
    for name in ("title", "summary", "audience"):
        _both(data.get(name), name, file, lines, problems)
    for index, outcome in enumerate(_list(data.get("outcomes"), "outcomes", file, lines, problems)):
        _both(outcome, f"outcomes.{index}", file, lines, problems)
    sections = []
    for index, section in enumerate(_list(data.get("sections"), "sections", file, lines, problems)):
        place = f"sections.{index}"
        if not isinstance(section, dict) or not KEY.fullmatch(str(section.get("key", ""))):
            problems.add("a section has a key and a title", file, line_of(lines, place))
            continue
        _both(section.get("title"), f"{place}.title", file, lines, problems)
        if section.get("jp") is not None and (not isinstance(section["jp"], int | float) or section["jp"] <= 0):
            problems.add("jp is a number of hours above 0", file, line_of(lines, f"{place}.jp"))
        if section.get("jp") and section.get("form") not in FORMS:
            problems.add(f"form is one of {', '.join(FORMS)}", file, line_of(lines, f"{place}.form"))
        sections.append(section)
    return {
        "key": data.get("key", ""),
        "code": data.get("code", ""),
        **{name: data.get(name) or {} for name in ("title", "summary", "audience")},
        "outcomes": data.get("outcomes") or [],
        "language": data.get("language", "id"),
        "checked_on": data.get("checked_on"),
        "sections": sections,
    }


def _both(value: Any, place: str, file: Path, lines: Mapping[str, int], problems: _Problems) -> None:
    if not isinstance(value, dict) or set(value) != {"id", "en"} or not all(isinstance(text, str) and text for text in value.values()):
        problems.add(f"{place} needs a text in id and in en", file, line_of(lines, place))


def _list(value: Any, place: str, file: Path, lines: Mapping[str, int], problems: _Problems) -> list[Any]:
    if not isinstance(value, list) or not value:
        problems.add(f"{place} is a list with at least one entry", file, line_of(lines, place))
        return []
    return value


def _activities(folder: Path, sections: set[str], problems: _Problems) -> Iterator[ActivityText]:
    numbers: dict[str, str] = {}
    keys: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir() or path.name == "module.yaml" or path.name.startswith("."):
            continue
        match = NAME.fullmatch(path.name)
        if not match:
            problems.add("a file is called NN-key.md or NN-key.yaml", path)
            continue
        number, key, ending = match.groups()
        if key in RESERVED_ACTIVITIES:
            problems.add(f"{key} is taken by a page of the studio; choose another key", path)
            continue
        for taken, value in ((numbers, number), (keys, key)):
            if value in taken:
                problems.add(f"{value} is taken by {taken[value]}", path)
            taken[value] = path.name
        try:
            yield _activity(path, key, ending, sections)
        except ContentError as error:
            problems.found.append(error)
        except UnicodeDecodeError:
            problems.add("not UTF-8", path)


def _activity(path: Path, key: str, ending: str, sections: set[str]) -> ActivityText:
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    if ending == "md":
        match = HEADER.match(text)
        if not match:
            raise ContentError("a lesson begins with a header between two lines of ---", file=path, line=1)
        data, lines = parse(match[1], path, first_line=2)
        own: dict[str, Any] = {"source": text[match.end() :].strip("\n") + "\n"}
        lines["source"] = text[: match.end()].count("\n") + 1
    else:
        data, lines = parse(text, path)
        own = {}
    if not isinstance(data, dict):
        raise ContentError("names and values are expected", file=path, line=1)
    own |= {name: value for name, value in data.items() if name not in COMMON}
    try:
        return _read(path, key, data, own, lines, sections)
    except ContentError as error:
        raise ContentError(error.message, file=path, line=line_of(lines, error.field or "") or 1) from error


def _read(path: Path, key: str, data: dict[str, Any], own: dict[str, Any], lines: Mapping[str, int], sections: set[str]) -> ActivityText:
    name = data.get("type")
    if name not in activity_types():
        raise ContentError(f"type is one of {', '.join(sorted(activity_types()))}, not {name!r}", field="type")
    if data.get("section") not in sections:
        raise ContentError(f"section {data.get('section')!r} is not in module.yaml", field="section")
    if not isinstance(data.get("title"), str) or not 0 < len(data["title"]) <= MOST_TITLE:
        raise ContentError(f"title is a text of at most {MOST_TITLE} characters", field="title")
    if not isinstance(data.get("minutes"), int) or data["minutes"] < 1:
        raise ContentError("minutes is a whole number", field="minutes")
    if not isinstance(data.get("hidden", False), bool):
        raise ContentError("hidden is true or false", field="hidden")
    for name_of_list in ("requires", "tags", "sources"):
        if not isinstance(data.get(name_of_list) or [], list):
            raise ContentError(f"{name_of_list} is a list", field=name_of_list)
    for tag in data.get("tags") or []:
        if not TAG.fullmatch(str(tag)):
            raise ContentError(f"{tag!r} is no tag (BP1 to KL3, or a competency in small letters)", field="tags")
    kind = activity_type(str(name))
    try:
        settings = kind.load(own, Draft(0, "", key, None, {}, path.parent))
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise ContentError(f"something has another shape than expected ({error})", field="type") from error
    return ActivityText(
        key=key,
        type=str(name),
        title=data["title"],
        section=data["section"],
        minutes=data["minutes"],
        required=data.get("required", True) is not False,
        requires=[str(other) for other in data.get("requires") or []],
        tags=[str(tag) for tag in data.get("tags") or []],
        sources=[str(source) for source in data.get("sources") or []],
        checked_on=_date(data.get("checked_on")),
        rule=_rule(data.get("complete"), set(kind.completion)),
        settings=settings,
        own=own,
        file=path,
        hidden=data.get("hidden") is True,
        lines=lines,
    )


def _rule(rule: Any, offered: set[str]) -> Any:
    if rule is None:
        return None
    try:
        return check(rule)
    except RuleError as error:
        raise ContentError(str(error), field="complete") from error


def _date(value: Any) -> dt.date | None:
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise ContentError("checked_on is a date like 2026-11-21", field="checked_on") from None


def _references(activities: list[ActivityText], problems: _Problems) -> None:
    """Look at what points from one activity to another."""
    keys = {activity.key for activity in activities}
    hidden = {activity.key for activity in activities if activity.hidden}
    for activity in activities:
        for key in hidden & set(activity.requires) if not activity.hidden else ():
            problems.add(f"{key!r} is hidden, so nobody could complete it", activity.file, line_of(activity.lines, "requires"))
        wanted = [*activity.requires, *([activity.settings["visit"]] if activity.settings.get("visit") else [])]
        for key in wanted:
            if key not in keys or key == activity.key:
                problems.add(f"there is no activity {key!r} in this module", activity.file, line_of(activity.lines, "requires"))
