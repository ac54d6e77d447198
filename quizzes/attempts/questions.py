"""A question: an item as one attempt asks it, with where it stands. What the templates of kinds draw."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lms.api import Attempt, body, read
from quizzes.attempts import answering, queries
from quizzes.attempts.answering import UNTOUCHED, Standing
from quizzes.items.services import Asked, asked
from quizzes.kinds.base import Kind, letters


class Loose(dict[str, Any]):
    """A dictionary whose missing names are empty texts, for templates: what an author left out is not there."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Reveal:
    """What a learner may see of a result: marks, the right answers, and rationales; `answer`: and what was answered, or that nothing was."""

    marks: bool = True
    right: bool = True
    rationale: bool = True
    answer: bool = True


HIDDEN = Reveal(marks=False, right=False, rationale=False)
ALL = Reveal()
MODEL = Reveal(marks=False, answer=False)  # beside an answer that only the device knows


@dataclass(frozen=True, slots=True)
class Mark:
    """The latest mark of a question: share of its points (0 to 1; below 0 only with certainties), and what a marker wrote."""

    share: float
    comment: str = ""
    levels: Mapping[str, Any] = field(default_factory=dict)
    by_person: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question of an attempt: what it weighs, what was answered, and its mark once there is one.

    `number` counts everything that is shown, from 1; `label` only what asks something: that is what people call it by.
    """

    number: int
    item: Asked
    points: float
    section: int
    variant: Mapping[str, Any]
    standing: Standing = UNTOUCHED
    mark: Mark | None = None
    prefix: str = ""  # of its fields' names
    label: int = 0

    @property
    def kind(self) -> Kind:
        """Return the item's kind."""
        return self.item.kind

    @property
    def seen(self) -> str:
        """Return a fingerprint of the answer that counts and of its mark, to tell later whether these are what a person has looked at."""
        said = repr((self.standing.base, self.mark and (self.mark.share, self.mark.comment)))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def data(self) -> Loose:
        """Return what the author wrote."""
        return Loose(self.item.data)

    @property
    def prepared(self) -> Loose:
        """Return the HTML made of it."""
        return Loose(self.item.prepared)

    @property
    def response(self) -> Loose:
        """Return what was answered."""
        return Loose(self.standing.response)

    @property
    def answered(self) -> bool:
        """Tell whether there is an answer."""
        return bool(self.standing.response)

    @property
    def earned(self) -> float:
        """Return the points of its mark; 0 without one."""
        return self.mark.share * self.points if self.mark else 0.0

    def name(self, field_name: str) -> str:
        """Return the name of one of its fields; questions of one page must not meet."""
        return f"{self.prefix}{field_name}"

    def rows(self, part: str) -> list[tuple[str, Loose]]:
        """Return (letter, HTML) of options, pairs or entries in this attempt's order."""
        prepared: Sequence[Mapping[str, Any]] = self.item.prepared[part]
        order = self.variant.get("order") or letters(prepared)
        return [(key, Loose(prepared[ord(key) - ord("a")])) for key in order]

    def option(self, part: str, key: str) -> Loose:
        """Return what the author wrote of one option, pair or entry."""
        return Loose(self.item.data[part][ord(key) - ord("a")])


def prefix_of(number: int) -> str:
    """Return what stands before the names of a question's fields."""
    return f"q{number}-"


def questions_of(attempt: Attempt, *, marks: bool = False) -> list[Question]:
    """Return the questions of an attempt in order, with where they stand, and with their marks if wanted: one statement each."""
    settings = body(attempt.revision_id, attempt.activity_key).settings
    steps: dict[int, list[Any]] = {}
    for step in read(queries.STEPS, {"attempt_id": attempt.id}):
        steps.setdefault(step.slot, []).append(step)
    given = {row.slot: row for row in read(queries.MARKS, {"attempt_id": attempt.id})} if marks else {}
    known = asked({slot["version"] for slot in attempt.variant["slots"]} | {row.version_id for row in given.values()})
    return assemble(attempt.variant, way_of(settings), steps, given, known)


def assemble(
    variant: Mapping[str, Any], way: str, steps: Mapping[int, Sequence[Any]], marks: Mapping[int, Any], known: Mapping[int, Asked]
) -> list[Question]:
    """Return the questions of a variant from steps and newest marks by slot, and versions by id. Pure.

    A question that has a mark is shown by the version that was marked by.
    """
    found, label = [], 0
    for number, slot in enumerate(variant["slots"], start=1):
        row = marks.get(number)
        item = known[row.version_id if row else slot["version"]]
        label += bool(slot["points"])
        found.append(
            Question(
                number=number,
                item=item,
                points=slot["points"],
                section=slot["section"],
                variant=slot["variant"],
                standing=standing_of(way, steps.get(number, ()), item, slot["variant"]),
                mark=Mark(row.share, row.comment, row.levels or {}, row.actor_id is not None, row.times > 1) if row else None,
                prefix=prefix_of(number),
                label=label,
            )
        )
    return found


def way_of(settings: Mapping[str, Any]) -> str:
    """Return how a quiz is answered (quizzes.attempts.answering)."""
    return str(settings.get("answering") or "deferred")


def standing_of(way: str, steps: Sequence[Any], item: Asked, variant: Mapping[str, Any]) -> Standing:
    """Return where a question stands after its steps."""
    if not steps:
        return UNTOUCHED
    return answering.standing(way, steps, lambda response: item.kind.mark(item.data, response), len(item.data.get("hints", ())))
