"""Kinds of items: one class each, in a registry. Marking is pure: the item's options and the chosen keys in, points out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from lms.api import gettext as __
from lms.api import lazy_gettext as _

BEST = 3  # of a situational option


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as marking sees it: its key and what it earns."""

    key: str
    score: float


class Kind:
    """A kind of item whose options are chosen."""

    key: ClassVar[str]
    title: ClassVar[Any]
    several: ClassVar[bool] = False  # may a learner choose more than one?

    def mark(self, choices: Sequence[Choice], chosen: Sequence[str]) -> float:
        """Return the share of the item that the chosen options earn, 0 to 1."""
        raise NotImplementedError

    def problem(self, options: Sequence[Mapping[str, Any]]) -> str:
        """Return what is wrong with an author's options, or nothing."""
        raise NotImplementedError

    def score(self, option: Mapping[str, Any]) -> float:
        """Return what an author's option earns."""
        return 1.0 if option.get("correct") else 0.0


KINDS: dict[str, Kind] = {}


def add(kind: type[Kind]) -> type[Kind]:
    """Register a kind."""
    if kind.key in KINDS:
        raise ValueError(f"the kind {kind.key!r} is taken")
    KINDS[kind.key] = kind()
    return kind


def _right(options: Sequence[Mapping[str, Any]]) -> int:
    return sum(bool(option.get("correct")) for option in options)


@add
class SingleChoice(Kind):
    """One right option among several."""

    key, title = "single_choice", _("One answer")

    def mark(self, choices: Sequence[Choice], chosen: Sequence[str]) -> float:
        """All or nothing."""
        return max((choice.score for choice in choices if choice.key in chosen[:1]), default=0.0)

    def problem(self, options: Sequence[Mapping[str, Any]]) -> str:
        """Ask for exactly one right option."""
        return "" if _right(options) == 1 else __("Exactly one option is correct here.")


@add
class TrueFalse(SingleChoice):
    """True or false."""

    key, title = "true_false", _("True or false")

    def problem(self, options: Sequence[Mapping[str, Any]]) -> str:
        """Ask for two options, one of them right."""
        return super().problem(options) or ("" if len(options) == 2 else __("True or false has two options."))


@add
class MultipleChoice(Kind):
    """Several right options; a wrong one takes back a right one."""

    key, title, several = "multiple_choice", _("Several answers"), True

    def mark(self, choices: Sequence[Choice], chosen: Sequence[str]) -> float:
        """Return (right chosen minus wrong chosen) / right, not below 0."""
        right = {choice.key for choice in choices if choice.score > 0}
        wrong = {choice.key for choice in choices} - right
        picked = set(chosen)
        return max(0.0, (len(picked & right) - len(picked & wrong)) / len(right))

    def problem(self, options: Sequence[Mapping[str, Any]]) -> str:
        """Ask for at least one right option."""
        return "" if _right(options) else __("At least one option is correct.")


@add
class Situational(Kind):
    """Situational judgment: each option earns 0 to 3."""

    key, title = "situational", _("Situational judgment")

    def mark(self, choices: Sequence[Choice], chosen: Sequence[str]) -> float:
        """Return the chosen option's score as a share of the best."""
        return max((choice.score for choice in choices if choice.key in chosen[:1]), default=0.0) / BEST

    def problem(self, options: Sequence[Mapping[str, Any]]) -> str:
        """Ask for scores 0 to 3, the best with 3."""
        scores = [option.get("score") for option in options]
        if any(not isinstance(score, int) or not 0 <= score <= BEST for score in scores):
            return __("Each option has a score from 0 to 3.")
        return "" if BEST in scores else __("One option is the best and has 3.")

    def score(self, option: Mapping[str, Any]) -> float:
        """Return the panel's score."""
        return float(option["score"])
