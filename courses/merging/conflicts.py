"""What a merge asks a person, and how their answers come back into it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

OURS, THEIRS, BOTH = "ours", "theirs", "both"


class Missing:
    """What is not there: an activity that one side deleted, a setting that one side never had."""

    def __repr__(self) -> str:
        """Say it in a word."""
        return "MISSING"


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place that both sides changed differently.

    `path` names it, outermost first, such as `("activities", "salam", "source", "2")`. Each of `base`, `ours` and `theirs` is plain data,
    a piece of text, or MISSING. `repeat` counts the conflicts with the same contents that come before it in the same text.
    """

    path: tuple[str, ...]
    base: Any
    ours: Any
    theirs: Any
    repeat: int = 0

    @property
    def id(self) -> str:
        """Return a name that stays the same as long as place and contents do: an answer is kept under it.

        Numbers in the path count the changes before this one, which others go on making, so they are no part of the name.
        """
        place = [name for name in self.path if not name.isdecimal()]
        parts = [place, self.repeat, *(None if part is MISSING else [part] for part in (self.base, self.ours, self.theirs))]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()[:16]

    @property
    def is_text(self) -> bool:
        """Tell whether both texts can stand one after the other."""
        return isinstance(self.ours, str) and isinstance(self.theirs, str) and ("\n" in self.ours or "\n" in self.theirs)


@dataclass(slots=True)
class Judge:
    """Decides at each conflict by the answers given so far, and remembers every conflict that it met.

    `answers` maps a conflict's id to `ours`, `theirs`, `both` (texts only) or to `{"text": …}`, what the person wrote instead. Without an
    answer the merge goes on with ours, and the conflict counts as open.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    met: list[Conflict] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)

    @property
    def open(self) -> list[Conflict]:
        """Return the conflicts without an answer."""
        return [conflict for conflict in self.met if conflict.id not in self.answers]

    def decide(self, path: tuple[str, ...], base: Any, ours: Any, theirs: Any) -> Any:
        """Return what stands in a place from now on."""
        conflict = Conflict(path, base, ours, theirs)
        while conflict.id in self._ids:
            conflict = replace(conflict, repeat=conflict.repeat + 1)
        self._ids.add(conflict.id)
        self.met.append(conflict)
        answer = self.answers.get(conflict.id, OURS)
        if isinstance(answer, Mapping):
            return str(answer["text"])
        if answer == THEIRS:
            return theirs
        if answer == BOTH and conflict.is_text:
            return ours + ("" if ours.endswith("\n") or not ours else "\n") + theirs
        return ours
