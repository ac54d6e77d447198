"""Behaviours and competencies against what carries them. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from courses.folder.tags import BERAKHLAK, VALUES


class Way(enum.StrEnum):
    """What an activity does with what it is tagged with."""

    TAUGHT = "taught"
    PRACTISED = "practised"
    ASSESSED = "assessed"


def ways_of(offers: Iterable[str], *, scored: bool) -> frozenset[Way]:
    """Return what a type of activity does, by what can complete it.

    What nobody hands in is taught. What an instructor accepts, or what has no score at all, is practised; what has a score and needs no
    instructor (a quiz) is assessed, and so is what this activity is scored by (`scored`): an assignment with its rubric is both.
    """
    offered = frozenset(offers)
    if "submitted" not in offered:
        return frozenset({Way.TAUGHT})
    practised = "accepted" in offered or "passed" not in offered
    return frozenset(({Way.PRACTISED} if practised else {Way.ASSESSED}) | ({Way.ASSESSED} if scored else set()))


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries tags: an activity, or a module of a course; and what it does with each."""

    key: str
    title: str
    done: Mapping[str, frozenset[Way]]

    def does(self, tag: str) -> frozenset[Way]:
        """Return what it does with a tag."""
        return self.done.get(tag, frozenset())


@dataclass(slots=True)
class Row:
    """A behaviour or competency, and what teaches, practises and assesses it."""

    tag: str
    carriers: dict[Way, list[Carrier]] = field(default_factory=lambda: {way: [] for way in Way})

    @property
    def ways(self) -> frozenset[Way]:
        """Return what is done with it."""
        return frozenset(way for way, found in self.carriers.items() if found)


@dataclass(frozen=True, slots=True)
class Coverage:
    """All rows: the 21 behaviours in their order, the competencies by name; and what carries no tag at all."""

    behaviours: list[Row]
    competencies: list[Row]
    untagged: list[Carrier]

    @property
    def rows(self) -> list[Row]:
        """Return all rows."""
        return [*self.behaviours, *self.competencies]

    @property
    def used(self) -> list[Row]:
        """Return the behaviours that something carries."""
        return [row for row in self.behaviours if row.ways]

    @property
    def bare_values(self) -> list[str]:
        """Return the values of which no behaviour is carried."""
        return [value for value in VALUES if not any(row.ways for row in self.behaviours if row.tag.startswith(value))]

    def lacking(self, has: Way, lacks: Way) -> list[Row]:
        """Return the rows with which one thing is done and another is not."""
        return [row for row in self.rows if has in row.ways and lacks not in row.ways]

    @property
    def only_assessed(self) -> list[Row]:
        """Return what is asked for and neither taught nor practised before."""
        return [row for row in self.rows if row.ways == {Way.ASSESSED}]


def coverage_of(carriers: Sequence[Carrier]) -> Coverage:
    """Return who does what with each tag."""
    found = {tag for carrier in carriers for tag in carrier.done}
    others = sorted(found - set(BERAKHLAK))
    rows = {tag: Row(tag) for tag in [*BERAKHLAK, *others]}
    for carrier in carriers:
        for tag in carrier.done:
            for way in carrier.does(tag):
                rows[tag].carriers[way].append(carrier)
    untagged = [carrier for carrier in carriers if not carrier.done]
    return Coverage([rows[tag] for tag in BERAKHLAK], [rows[tag] for tag in others], untagged)
