"""What differs between two states of a module: revisions, the draft, what somebody reviews. The one place that decides what a difference is.

A state is a `Side`. `compare` says which activities are new, gone, moved or changed and in which fields; `texts=True` also fills in what
stood there before and what stands there now, and `paragraphs` tells them apart word by word. Pure, but for what a type reads to describe
its settings.
"""

from __future__ import annotations

import bisect
import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lms.api import (
    Activity,
    ActivityType,
    ContentError,
    Module,
    Revision,
    RevisionActivity,
    activity_type,
    choose,
    digest,
    draft_of,
    format_date,
    gettext,
    sentence,
    snapshot,
    without_empty,
)

FIELDS = ("type", "title", "section", "minutes", "required", "requires", "tags", "sources", "checked_on", "rule")
MOST_WORDS = 1200  # of a run of changed paragraphs that is compared word by word as a whole; longer ones paragraph by paragraph
LIKE = 0.4  # a paragraph that shares fewer of its words with another one is a new one
WORD = re.compile(r"\S+\s*|\s+")
BREAK = re.compile(r"\n\s*\n|\n")


# -- states of a module ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """An activity of a side, with the settings as a revision keeps them. `problem` says why it could not be published as it is."""

    key: str
    type: str
    title: str
    section: str
    minutes: int
    required: bool
    requires: Sequence[str]
    tags: Sequence[str]
    sources: Sequence[str]
    checked_on: dt.date | None
    rule: Any
    settings: Mapping[str, Any]
    prepared: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A state of a module: what it says about itself and its activities in order. `hidden` are the keys of those that a draft leaves out.

    `digest` is the fingerprint that a revision of it has; empty when it cannot be published.
    """

    module: Module
    about: Mapping[str, Any]
    parts: Sequence[Part]
    digest: str
    hidden: frozenset[str] = frozenset()

    def part(self, key: str) -> Part | None:
        """Return the activity with this key, or None."""
        return next((part for part in self.parts if part.key == key), None)

    @property
    def problem(self) -> str:
        """Return the first reason why it could not be published, or nothing."""
        return next((part.problem for part in self.parts if part.problem), "")


NAMES = tuple(name for name in Part.__dataclass_fields__ if name != "problem")


def part_of(row: Mapping[str, Any], problem: str = "") -> Part:
    """Return an activity from its columns by name."""
    return Part(**{name: row[name] for name in NAMES}, problem=problem)


def side_of_draft(module: Module, activities: Sequence[Activity], together: dict[str, Any] | None = None) -> Side:
    """Return what a draft would publish. `together` is what types have read for the same draft already."""
    together = {} if together is None else together
    parts, rows = [], []
    for activity in activities:
        if activity.hidden:
            continue
        try:
            row = snapshot(module, activity, None, together)
            parts.append(part_of(row))
            rows.append(row | {"position": len(parts)})
        except ContentError as error:
            parts.append(part_of({name: getattr(activity, name) for name in NAMES}, error.message))
    mark = digest(module.about, rows) if len(rows) == len(parts) else ""
    return Side(module, module.about, parts, mark, frozenset(activity.key for activity in activities if activity.hidden))


def side_of_revision(module: Module, revision: Revision, activities: Iterable[RevisionActivity]) -> Side:
    """Return what a revision holds."""
    parts = [part_of({name: getattr(activity, name) for name in NAMES}) for activity in activities]
    return Side(module, revision.about, parts, revision.digest)


# -- what differs ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs: its label and, when texts were asked for, what stood there and what stands there now."""

    label: str
    before: str = ""
    after: str = ""

    @property
    def runs(self) -> list[Run]:
        """Return both texts as one, told apart word by word."""
        return paragraphs(self.before, self.after)


@dataclass(frozen=True, slots=True)
class PartChange:
    """An activity that differs: `added`, `removed`, `hidden`, `changed` or only `moved`; a changed one may have moved too."""

    key: str
    title: str
    kind: str
    fields: Sequence[FieldChange] = ()
    moved: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs from one side to another: of the module itself, and of its activities. `same` counts those that do not."""

    about: Sequence[FieldChange]
    parts: Sequence[PartChange]
    same: int = 0

    @property
    def reordered(self) -> bool:
        """Tell whether activities that both sides have stand in another order."""
        return any(part.moved for part in self.parts)

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.about or self.parts)


@dataclass(slots=True)
class _Reader:
    """Says in words what stands in a part; what types have read for one is known for the next."""

    texts: bool
    before: Side
    after: Side
    together: dict[str, Any] = field(default_factory=dict)

    def described(self, side: Side, part: Part) -> dict[str, tuple[str, str]]:
        found = activity_type(part.type).describe(part.settings, draft_of(side.module, part.key, together=self.together))
        return {name: (label, text) for name, label, text in found}


def compare(before: Side, after: Side, *, texts: bool = False) -> Comparison:
    """Return what is different in `after`. Without `texts` the fields have labels only, and nothing is read."""
    reader = _Reader(texts, before, after)
    old, new = ({part.key: part for part in side.parts} for side in (before, after))
    moved = _moved([key for key in old if key in new], [key for key in new if key in old])
    found = []
    for part in after.parts:
        if part.key not in old:
            found.append(PartChange(part.key, part.title, "added", _whole(reader, after, part, is_new=True), problem=part.problem))
            continue
        fields = _fields(reader, old[part.key], part)
        if fields or part.key in moved or part.problem:
            kind = "changed" if fields or part.problem else "moved"
            found.append(PartChange(part.key, part.title, kind, fields, part.key in moved, part.problem))
    same = len(new) - len(found)
    for part in before.parts:
        if part.key not in new:
            kind = "hidden" if part.key in after.hidden else "removed"
            found.append(PartChange(part.key, part.title, kind, _whole(reader, before, part, is_new=False)))
    return Comparison(_about(reader), found, same)


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Return the fewest keys that must move to make one order of the other: all but those of a longest run that is in order in both."""
    place = {key: number for number, key in enumerate(before)}
    tails: list[int] = []
    last: list[str] = []
    previous: dict[str, str] = {}
    for key in after:
        at = bisect.bisect_left(tails, place[key])
        tails[at : at + 1] = [place[key]]
        last[at : at + 1] = [key]
        if at:
            previous[key] = last[at - 1]
    kept: set[str] = set()
    key = last[-1] if last else ""
    while key:
        kept.add(key)
        key = previous.get(key, "")
    return set(after) - kept


def same(one: Any, other: Any) -> bool:
    """Tell whether two values say the same to an author, for whom a text left out and an empty one are no difference."""
    return bool(without_empty({"": one}) == without_empty({"": other}))


def _fields(reader: _Reader, before: Part, after: Part) -> list[FieldChange]:
    """Return the fields in which an activity differs, those that all types have first."""
    labels = _labels()
    found = [
        FieldChange(labels[name], _said(reader, reader.before, before, name), _said(reader, reader.after, after, name))
        for name in FIELDS
        if _different(name, before, after)
    ]
    return found if after.problem else found + _settings(reader, before, after)


def _different(name: str, before: Part, after: Part) -> bool:
    one, other = getattr(before, name), getattr(after, name)
    if name == "rule" and after.problem:  # of a draft that cannot be frozen: its own, or nothing for the usual one
        return other is not None and one != other
    return bool(one != other)


def _labels() -> dict[str, str]:
    return {
        "type": gettext("kind of activity"),
        "title": gettext("title"),
        "section": gettext("section"),
        "minutes": gettext("minutes"),
        "required": gettext("needed or optional"),
        "requires": gettext("what opens it"),
        "tags": gettext("tags"),
        "sources": gettext("sources"),
        "checked_on": gettext("date of the last check"),
        "rule": gettext("what completes it"),
    }


def _settings(reader: _Reader, before: Part, after: Part) -> list[FieldChange]:
    """Return the settings that differ. Names that only the database knows (a new version of a question with the same text) have no texts."""
    names = [
        name for name in dict.fromkeys([*before.settings, *after.settings]) if not same(before.settings.get(name), after.settings.get(name))
    ]
    labels = _setting_labels(activity_type(after.type))
    if not names:
        return [FieldChange(gettext("pictures or layout"))] if before.prepared != after.prepared else []
    if not reader.texts:
        return [FieldChange(labels.get(name, name)) for name in names]
    one, other = reader.described(reader.before, before), reader.described(reader.after, after)
    found = _differing(one, other)
    return found or [FieldChange(labels.get(name, name)) for name in names]


def _setting_labels(kind: ActivityType) -> dict[str, str]:
    return {each.short_name: str(each.label.text) for each in kind.settings(formdata=None)}


def _differing(one: Mapping[str, tuple[str, str]], other: Mapping[str, tuple[str, str]]) -> list[FieldChange]:
    blank = ("", "")
    return [
        FieldChange((other.get(name) or one[name])[0], one.get(name, blank)[1], other.get(name, blank)[1])
        for name in dict.fromkeys([*other, *one])
        if one.get(name, blank)[1].strip() != other.get(name, blank)[1].strip()
    ]


def _whole(reader: _Reader, side: Side, part: Part, *, is_new: bool) -> list[FieldChange]:
    """Return all texts of an activity that is new or gone."""
    if not reader.texts or part.problem:
        return []
    found = reader.described(side, part).values()
    return [FieldChange(label, "", text) if is_new else FieldChange(label, text, "") for label, text in found]


def _said(reader: _Reader, side: Side, part: Part, name: str) -> str:
    """Return a field that all types have as an author reads it."""
    if not reader.texts:
        return ""
    value = getattr(part, name)
    if name == "type":
        return str(activity_type(value).title)
    if name == "section":
        return next((str(choose(section["title"])) for section in side.about["sections"] if section["key"] == value), str(value))
    if name == "required":
        return gettext("needed") if value else gettext("optional")
    if name == "requires":
        return "\n".join(other.title if (other := side.part(key)) else key for key in value)
    if name == "rule":
        return sentence(value) if value else ""
    if name == "checked_on":
        return format_date(value) if value else ""
    if name == "tags":
        return ", ".join(value)
    return "\n".join(value) if name == "sources" else str(value)


def _about(reader: _Reader) -> list[FieldChange]:
    labels = {
        "title": gettext("title"),
        "summary": gettext("description"),
        "audience": gettext("for whom"),
        "outcomes": gettext("outcomes"),
        "language": gettext("language"),
        "checked_on": gettext("date of the last check"),
        "sections": gettext("sections"),
    }
    before, after = reader.before.about, reader.after.about
    return [
        FieldChange(labels.get(name, name), *((_plain(before.get(name)), _plain(after.get(name))) if reader.texts else ()))
        for name in dict.fromkeys([*before, *after])
        if not same(before.get(name), after.get(name))
    ]


def _plain(value: Any) -> str:
    """Return what a module says about itself as text: a paragraph for each language, a line for each entry of a list."""
    if isinstance(value, Mapping):
        title = value.get("title")
        if isinstance(title, Mapping):  # a section, with its hours
            hours = f" · {value['jp']:g} JP" if value.get("jp") else ""
            return " / ".join(str(text) for text in title.values()) + hours
        return "\n".join(str(text) for text in value.values() if text)
    if isinstance(value, list | tuple):
        return "\n".join(_plain(entry) for entry in value)
    return "" if value is None else str(value)


# -- word by word ------------------------------------------------------------------------------------------------------------------

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True, slots=True)
class Run:
    """A paragraph as pieces of (`same`, `gone` or `new`, text); or, without pieces, how many paragraphs in a row did not change."""

    pieces: Sequence[tuple[str, str]] = ()
    unchanged: int = 0


def paragraphs(before: str, after: str) -> list[Run]:
    """Return two texts as one: changed paragraphs word by word, unchanged ones counted. Joined, each side's pieces are its words."""
    old, new = ([part for part in BREAK.split(text.strip()) if part.strip()] for text in (before, after))
    found: list[Run] = []
    for word, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if word == "equal":
            found.append(Run(unchanged=b - a))
        else:
            found += _changed(old[a:b], new[c:d])
    return found


def _changed(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """Return a run of paragraphs that became another: each beside the one that it grew from, those without one whole."""
    bags = [frozenset(text.split()) for text in old]
    found: list[Run] = []
    place = 0
    for paragraph in new:
        bag = frozenset(paragraph.split())
        match = next((number for number in range(place, len(old)) if _alike(bags[number], bag)), None)
        if match is None:
            found.append(Run([(NEW, paragraph)]))
            continue
        found += [Run([(GONE, text)]) for text in old[place:match]]
        found.append(Run(_pieces(_words(old[match]), _words(paragraph))))
        place = match + 1
    rest = [Run([(GONE, text)]) for text in old[place:]]
    return [*found, *rest] if place else [*rest, *found]  # where nothing is left of a run, what is gone comes first


def _words(text: str) -> list[str]:
    return WORD.findall(text)


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two paragraphs share so many words that one may have been made of the other; their order does not matter."""
    return 2 * len(one & other) >= LIKE * (len(one) + len(other))


def _pieces(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """Return the words of a paragraph as pieces; of an endless one the whole, before and after."""
    if max(len(old), len(new)) > MOST_WORDS:
        return [(GONE, "".join(old)), (NEW, "".join(new))]
    found: list[tuple[str, str]] = []
    plain_old, plain_new = [word.strip() for word in old], [word.strip() for word in new]
    for word, a, b, c, d in difflib.SequenceMatcher(None, plain_old, plain_new, autojunk=False).get_opcodes():
        if word == "equal":
            found.append((SAME, "".join(new[c:d])))
            continue
        if a < b:
            found.append((GONE, "".join(old[a:b])))
        if c < d:
            found.append((NEW, "".join(new[c:d])))
    return found
