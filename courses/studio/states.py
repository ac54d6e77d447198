"""Two people, one page: what each has changed since the state that both know, put together field by field. Pure.

A state is what a form posts: {name: texts}. A field is one name; the names of a list are one field, unless its rows are the same in all three
states; the names of the completion rule are one field always.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

State = dict[str, list[str]]
LIST = re.compile(r"(.+?)-\d+(?:-|$)")
NO_FIELDS = frozenset({"csrf_token", "mark", "op"})
NUMBER = re.compile(r"(?<=-)\d+(?=-|$)")


def group_of(name: str) -> str:
    """Return the field that a posted name belongs to: the list, the rule, or the name itself."""
    if name.startswith("rule_"):
        return "rule"
    match = LIST.match(name)
    return match[1] if match else name


def state_of(pairs: Iterable[Sequence[str]]) -> State:
    """Return {name: texts} of posted pairs: lines end in one way, rows are numbered from 0 without gaps."""
    found: State = {}
    for name, text in pairs:
        if name not in NO_FIELDS:
            found.setdefault(name, []).append(text.replace("\r\n", "\n"))
    return _numbered(found)


def pairs_of(state: State) -> list[list[str]]:
    """Return the pairs of a state, as a version keeps them."""
    return [[name, text] for name, texts in state.items() for text in texts]


def posted_of(state: State) -> MultiDict[str, str]:
    """Return a state as if a form had posted it."""
    return MultiDict((name, text) for name, texts in state.items() for text in texts)


def _numbered(state: State) -> State:
    """Number the rows of every list anew, also of lists in rows."""
    places: dict[str, list[int]] = {}
    for name in state:
        for match in NUMBER.finditer(name):
            seen = places.setdefault(name[: match.start()], [])
            if int(match[0]) not in seen:
                seen.append(int(match[0]))
    order = {prefix: {number: place for place, number in enumerate(sorted(seen))} for prefix, seen in places.items()}

    def renamed(name: str) -> str:
        return NUMBER.sub(lambda match: str(order[name[: match.start()]][int(match[0])]), name)

    return {renamed(name): texts for name, texts in state.items()}


# -- what a script sends -----------------------------------------------------------------------------------------------------------


class ApartError(Exception):
    """The changes do not fit the state that they were made on; the whole form is needed."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What differs from a state: fields that are replaced, and parts of long texts; or a whole form.

    `texts` is {name: (start, removed, put, length of the old text)}, counted in characters.
    """

    groups: frozenset[str] = frozenset()
    fields: Sequence[Sequence[str]] = ()
    texts: Mapping[str, tuple[int, int, str, int]] = field(default_factory=dict)
    whole: bool = False

    def on(self, before: State | None) -> State:
        """Return the state after the changes. Raises ApartError when they were made on another one."""
        if self.whole:
            return state_of(self.fields)
        if before is None:
            raise ApartError
        pairs = [[name, text] for name, text in pairs_of(before) if group_of(name) not in self.groups]
        return state_of([*pairs, *self.fields, *([name, _spliced(before, name, change)] for name, change in self.texts.items())])


def _spliced(before: State, name: str, change: tuple[int, int, str, int]) -> str:
    start, removed, put, length = change
    text = before.get(name, [""])[0]
    if len(text) != length or not 0 <= start <= start + removed <= length:
        raise ApartError
    return text[:start] + put + text[start + removed :]


def edits_from(sent: Any) -> Edits:
    """Return the edits that a script sent as JSON. Raises ApartError for anything else."""
    try:
        texts = {
            str(name): (int(start), int(removed), str(put), int(length)) for name, (start, removed, put, length) in sent["texts"].items()
        }
        fields = [(str(name), str(text)) for name, text in sent["fields"]]
        return Edits(frozenset(map(str, sent["groups"])), fields, texts, sent["whole"] is True)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ApartError from error


def whole_form(posted: MultiDict[str, str]) -> Edits:
    """Return a whole form as a browser without script posts it."""
    return Edits(fields=[*posted.items(multi=True)], whole=True)


# -- three states ------------------------------------------------------------------------------------------------------------------

MINE, THEIRS, BOTH = "mine", "theirs", "both"


def merge(before: State | None, mine: State, theirs: State, decided: Mapping[str, str]) -> tuple[State, list[str]]:
    """Return (merged, fields that both have changed differently and nobody has decided about; of these the merged state has mine).

    before is None when nobody knows any more what both began from: then every difference is such a field.
    """
    merged: State = {}
    clashes: list[str] = []
    for unit in _units(before, mine, theirs):
        old, own, other = (_part(state, unit) for state in (before, mine, theirs))
        if before is not None and _same(own, old):
            merged |= other
        elif _same(own, other) or (before is not None and _same(other, old)) or decided.get(unit) == MINE:
            merged |= own
        elif decided.get(unit) == THEIRS:
            merged |= other
        elif decided.get(unit) == BOTH:
            merged |= _joined(unit, own, other)
        else:
            merged |= own
            clashes.append(unit)
    return merged, clashes


def _units(before: State | None, mine: State, theirs: State) -> list[str]:
    """Return the fields of three states; a name of a list is one when all three have the same rows."""
    states = [state for state in (before, mine, theirs) if state is not None]
    names = dict.fromkeys(name for state in (mine, theirs, before or {}) for name in state)
    groups = {group_of(name) for name in names} - {"rule"}
    split = {group for group in groups if before is not None and all(_rows(state, group) == _rows(mine, group) for state in states)}
    return list(dict.fromkeys(name if group_of(name) in split else group_of(name) for name in names))


def _rows(state: State, group: str) -> tuple[object, ...]:
    """Return what tells the rows of a list apart: how many there are at each place, and their keys."""
    names = [name for name in _filled(state) if group_of(name) == group]
    return (
        {name[: match.end()] for name in names for match in NUMBER.finditer(name)},
        {name: state[name][0] for name in names if name.endswith("-key")},
    )


def _part(state: State | None, unit: str) -> State:
    return {name: texts for name, texts in (state or {}).items() if unit in (name, group_of(name))}


def _same(one: State, other: State) -> bool:
    """Tell whether two say the same; what is empty, spaces around a text and the order of ticked boxes are no difference."""
    return one == other or _filled(one) == _filled(other)


def _filled(state: State) -> State:
    return {name: sorted(text.strip() for text in texts) for name, texts in state.items() if any(text.strip() for text in texts)}


def _joined(unit: str, own: State, other: State) -> State:
    """Return both: one text below the other, all that is chosen, or the rows of mine and those of theirs that mine have not."""
    if unit in own and unit in other:
        if len(own[unit]) == len(other[unit]) == 1:
            return {unit: ["\n\n".join(text.strip("\n") for text in (own[unit][0], other[unit][0]))]}
        return {unit: list(dict.fromkeys([*own[unit], *other[unit]]))}
    rows, theirs = _rows_in(own), _rows_in(other)
    keys = {row["-key"][0] for row in rows if "-key" in row}
    rows += [row for row in theirs if row not in rows and row.get("-key", [""])[0] not in keys]
    return {f"{unit}-{number}{rest}": texts for number, row in enumerate(rows) for rest, texts in row.items()}


def _rows_in(part: State) -> list[State]:
    """Return the rows of a list: {rest of the name: texts} each."""
    rows: dict[int, State] = {}
    for name, texts in part.items():
        match = NUMBER.search(name)
        if match:
            rows.setdefault(int(match[0]), {})[name[match.end() :]] = texts
    return [rows[number] for number in sorted(rows)]
