"""How a copy stands to its original: what comes over by itself, what stays, what a person has to decide. Pure, but for the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from courses.entries.changes import changed
from courses.folder.writer import activity_file
from courses.folder.yamltext import write
from courses.merging.conflicts import BOTH, MISSING, OURS, THEIRS, Conflict, Judge
from courses.merging.modules import Difference, Plain, differences, merge_modules
from courses.studio.services import mark_of
from lms.api import activity_type, choose, gettext

TOO_LONG = 40_000  # letters of two texts that are compared word by word; longer ones are shown whole
ALIKE = 0.4  # of the letters have to be the same, or marking the words that differ is no help
CHANGED_HERE, LOCAL = "changed", "local"


@dataclass(frozen=True, slots=True)
class Standing:
    """The draft of a copy (`ours`) beside the text it began from and the original's newer one, and what they make together."""

    base: Plain
    ours: Plain
    theirs: Plain
    merged: Plain
    conflicts: list[Conflict]
    answers: Mapping[str, Any]

    @property
    def open(self) -> list[Conflict]:
        """Return the questions without an answer, in order."""
        return [conflict for conflict in self.conflicts if conflict.id not in self.answers]

    @property
    def mark(self) -> str:
        """Return a fingerprint of the result and of the draft it takes the place of."""
        return mark_of([_data(self.ours), _data(self.merged)])


def _data(plain: Plain) -> list[Any]:
    return [plain.about, plain.activities, plain.files]


def standing_of(base: Plain, ours: Plain, theirs: Plain, answers: Mapping[str, Any]) -> Standing:
    """Merge three versions with the answers given so far."""
    judge = Judge(answers)
    merged = merge_modules(base, ours, theirs, judge)
    return Standing(base, ours, theirs, merged, judge.met, answers)


@dataclass(frozen=True, slots=True)
class Own:
    """How many activities of a copy are its own, differ in local examples alone, or differ otherwise; and whether the module itself does."""

    added: int
    local: int
    changed: int


def own_of(base: Plain, ours: Plain) -> Own:
    """Count what a copy has that the text it comes from has not. Its title, code and sections of its own are no difference of what is taught."""
    rows = differences(base, ours)
    added = sum(row.kind == "added" for row in rows if row.key)
    local = sum(row.local for row in rows)
    other = sum(not row.local and row.kind != "added" for row in rows if row.key)
    return Own(added, local, other + (_about(base.about) != _about(ours.about) or _fewer(base.about, ours.about)))


def _about(about: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if name not in {"title", "code", "sections"}}


def _fewer(base: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    return any(section not in ours["sections"] for section in base["sections"])


# -- in words ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """An activity, or the module itself, that differs: its title, how (`added`, `removed`, `changed`, `local`), and in what, in words."""

    title: str
    kind: str
    words: list[str]


def lines_of(one: Plain, other: Plain) -> list[Line]:
    """Say what differs from one version to another."""
    titles = {activity["key"]: activity for side in (one, other) for activity in side.activities}
    found = [_line(row, one, other, titles) for row in differences(one, other)]
    return [line for line in found if line.kind != CHANGED_HERE or line.words]


def _line(row: Difference, one: Plain, other: Plain, activities: Mapping[str, Mapping[str, Any]]) -> Line:
    if row.key:
        activity = activities[row.key]
        if row.local:
            return Line(activity["title"], LOCAL, [])
        before, after = ({each["key"]: each for each in side.activities}.get(row.key, activity) for side in (one, other))
        words = [word for name in row.names for word in _names(name, before, after)] if row.kind == CHANGED_HERE else []
        return Line(activity["title"], row.kind, words)
    if row.kind == "moved":
        return Line(gettext("The order of the activities"), CHANGED_HERE, [gettext("another order")])
    if row.kind == "pictures":
        return Line(gettext("Pictures"), CHANGED_HERE, [name.rpartition("/")[2] for name in row.names])
    return Line(gettext("The module itself"), CHANGED_HERE, [_about_words().get(name, name) for name in row.names])


def _names(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what differs under one name of an activity; of its settings, each by itself."""
    if name != "settings":
        return [_shared_words().get(name, name)]
    inner = dict.fromkeys([*before["settings"], *after["settings"]])
    labels = _labels(after["type"])
    return [labels.get(each, each) for each in inner if before["settings"].get(each) != after["settings"].get(each)]


def _labels(kind: str) -> dict[str, str]:
    return {field.short_name: str(field.label.text) for field in activity_type(kind).settings(formdata=None)}


def _about_words() -> dict[str, str]:
    return {
        "title": gettext("title"),
        "summary": gettext("description"),
        "audience": gettext("for whom"),
        "outcomes": gettext("outcomes"),
        "language": gettext("language"),
        "checked_on": gettext("date of the last check"),
        "sections": gettext("sections"),
        "code": gettext("short code"),
    }


def _shared_words() -> dict[str, str]:
    return {
        "type": gettext("kind of activity"),
        "title": gettext("title"),
        "section": gettext("section"),
        "minutes": gettext("minutes"),
        "required": gettext("needed or optional"),
        "hidden": gettext("hidden"),
        "requires": gettext("what opens it"),
        "tags": gettext("tags"),
        "sources": gettext("sources"),
        "checked_on": gettext("date of the last check"),
        "rule": gettext("what completes it"),
    }


def taken(standing: Standing) -> list[Line]:
    """Say what comes over from the original without a question: what changes in the draft while nothing is answered."""
    silent = merge_modules(standing.base, standing.ours, standing.theirs, Judge())
    return lines_of(standing.ours, silent)


def kept(standing: Standing) -> list[Line]:
    """Say what of the copy's own stays without a question: what would be different from the original even with its side taken everywhere."""
    silent = merge_modules(standing.base, standing.ours, standing.theirs, Yielding())
    return lines_of(standing.theirs, silent)


class Yielding(Judge):
    """Gives way to the original at every conflict."""

    def decide(self, path: tuple[str, ...], base: Any, ours: Any, theirs: Any) -> Any:
        """Return theirs."""
        return theirs


def next_open(standing: Standing, conflict: Conflict) -> Conflict | None:
    """Return the open question after a conflict, going round; None when that was the last."""
    place = standing.conflicts.index(conflict)
    others = [*standing.conflicts[place + 1 :], *standing.conflicts[:place]]
    return next((other for other in others if other.id not in standing.answers), None)


# -- one question ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Question:
    """A conflict as a person sees it: where it is, the three texts with what differs from the first, and which answers there are.

    Each of `base`, `ours`, `theirs` is a list of (kind of piece, text), or None when nothing stands there.
    """

    id: str
    title: str
    place: str
    base: list[tuple[str, str]] | None
    ours: list[tuple[str, str]] | None
    theirs: list[tuple[str, str]] | None
    choices: list[str]
    own: str | None


def question_of(conflict: Conflict, standing: Standing) -> Question:
    """Return a conflict in words."""
    title, place = place_of(conflict, standing)
    base, ours, theirs = (_shown(value) for value in (conflict.base, conflict.ours, conflict.theirs))
    texts = [value for value in (conflict.ours, conflict.theirs) if isinstance(value, str)]
    own = texts[0] if len(texts) == 2 else None
    return Question(
        id=conflict.id,
        title=title,
        place=place,
        base=None if base is None else [("kept", base)],
        ours=_pieces(base, ours),
        theirs=_pieces(base, theirs),
        choices=[OURS, THEIRS, *([BOTH] if conflict.is_text else [])],
        own=own,
    )


def place_of(conflict: Conflict, standing: Standing) -> tuple[str, str]:
    """Return (title of the activity or of the module, which part of it) of a conflict."""
    path = list(conflict.path)
    if path[0] == "activities":
        found = (activity for side in (standing.ours, standing.theirs) for activity in side.activities if activity["key"] == path[1])
        activity = next(found)
        return activity["title"], _part(path[2:], activity)
    if path[0] == "files":
        return gettext("Pictures"), path[-1].rpartition("/")[2]
    words = [_about_words().get(path[1], path[1]) if len(path) > 1 else "", *path[2:]]
    return gettext("The module itself"), " · ".join(word for word in words if not word.isdecimal())


def _part(path: Sequence[str], activity: Mapping[str, Any]) -> str:
    if not path:
        return gettext("the whole activity")
    if path[0] != "settings":
        return _shared_words().get(path[0], path[0])
    label = _labels(activity["type"]).get(path[1], path[1]) if len(path) > 1 else ""
    return " · ".join([label, *(name for name in path[2:] if not name.isdecimal())])


def _shown(value: Any) -> str | None:
    """Return a value as a text that a person can read, or None when there is none."""
    if value is MISSING or value is None:
        return None
    if isinstance(value, Mapping):
        if "id" in value and "en" in value:
            return str(choose(dict(value)))
        return activity_file(1, value, value["settings"])[1] if "settings" in value else write(value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "\n".join(_shown(row) or "" for row in value) if isinstance(value, list) else str(value)


def _pieces(base: str | None, text: str | None) -> list[tuple[str, str]] | None:
    if text is None:
        return None
    if base is None or len(base) + len(text) > TOO_LONG:
        return [("kept", text)]
    pieces = folded(changed(base, text))
    same = sum(len(piece) for kind, piece in pieces if kind == "kept")
    return pieces if same >= ALIKE * max(len(base), len(text)) else [("kept", text)]


def folded(pieces: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return pieces with changes that only a space keeps apart made one: what went, then what came."""
    found: list[tuple[str, str]] = []
    gone = come = ""
    for place, (kind, text) in enumerate(pieces):
        if kind == "kept" and (text.strip() or not (gone or come) or place + 1 == len(pieces)):
            found += [*_change(gone, come), (kind, text)]
            gone = come = ""
        else:
            gone += text if kind != "added" else ""
            come += text if kind != "removed" else ""
    return [*found, *_change(gone, come)]


def _change(gone: str, come: str) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in (("removed", gone), ("added", come)) if text]
