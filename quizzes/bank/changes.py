"""What differs between two versions of an item, in the words of its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.api import format_number, rows
from lms.api import gettext as __
from quizzes.bank.words import kind_title
from quizzes.items.models import ItemVersion
from quizzes.kinds.base import KINDS

LONG = 400


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs: its label, what stood there and what stands there now."""

    label: str
    before: str
    after: str


def changes(old: ItemVersion | None, new: ItemVersion) -> list[Change]:
    """Return what a version changed; nothing for the first."""
    if old is None:
        return []
    before, after = _texts(old), _texts(new)
    names = [*after, *(name for name in before if name not in after)]
    found = []
    for name in names:
        was, now = before.get(name, ("", "")), after.get(name, ("", ""))
        if was[1].strip() != now[1].strip():
            found.append(Change(now[0] or was[0], _short(was[1]), _short(now[1])))
    return found


def _texts(version: ItemVersion) -> Mapping[str, tuple[str, str]]:
    """Return {name: (label, text)} of everything in a version."""
    found = {"title": (__("Title"), version.title), "points": (__("Points"), format_number(version.points))}
    found["kind"] = (__("Kind"), str(kind_title(version.kind)))
    if version.kind in KINDS:
        form = KINDS[version.kind].form(formdata=None, data=version.data)
        found |= {f"data-{name}": (label, text) for name, label, text in rows.texts_of(form)}
    return found


def _short(text: str) -> str:
    return text if len(text) <= LONG else text[: LONG - 1] + "…"


def history(versions: Sequence[ItemVersion]) -> list[tuple[ItemVersion, list[Change]]]:
    """Return the versions with what each changed, the newest first."""
    before: list[Any] = [None, *versions[:-1]]
    return [(version, changes(old, version)) for old, version in zip(before, versions, strict=True)][::-1]
