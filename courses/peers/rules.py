"""Who reviews what, and what reviews amount to. Pure: plain data in, plain data out."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from courses.assignments.rubric import BROKEN, HIGHEST, KEPT, LEVELS, Levels, Rubric
from lms.api import Score

DAYS = 7  # within which reviews are asked for, where the author of the module has not said
HOLD_DAYS = 3  # for which a reviewer keeps a text, likewise
LEAST_FOR_A_MEDIAN = 3
LEAST_PEOPLE = 4  # in a smaller cohort everybody would know whose text it is, and one absence would leave a text without reviews

Person = TypeVar("Person", bound=Hashable)


# -- settings ----------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """What the author of an assignment asks of reviewers."""

    reviews: int
    days: int
    hold: dt.timedelta
    own: bool
    counts: bool

    @property
    def wanted(self) -> bool:
        """Tell whether colleagues review at all."""
        return self.reviews > 0


def plan_of(settings: Mapping[str, Any]) -> Plan:
    """Return the plan that settings hold; an assignment from before there was peer review has none."""
    hold = dt.timedelta(days=settings.get("peer_hold_days") or HOLD_DAYS)
    days = settings.get("peer_days") or DAYS
    return Plan(settings.get("peer_reviews") or 0, days, hold, bool(settings.get("peer_self")), bool(settings.get("peer_counts")))


# -- who reviews what --------------------------------------------------------------------------------------------------------------------------


def held_until(now: dt.datetime, hold: dt.timedelta) -> dt.datetime:
    """Return until when a text that is handed out now stays with its reviewer."""
    return now + hold


def is_held(given: bool, until: dt.datetime, now: dt.datetime) -> bool:
    """Tell whether a text that was handed out counts as being reviewed: a review that was given counts for ever, a lease until it ends."""
    return given or now < until


@dataclass(frozen=True)
class Pool(Generic[Person]):
    """The texts of a cohort, each named by its author, and who has which: `taken[author]` are its reviewers, by a review or a running lease.

    `given[reviewer]` says how many reviews somebody has given or is writing. A lease that has ended counts nowhere: the text is back.
    """

    reviews: int
    taken: Mapping[Person, Collection[Person]]
    given: Mapping[Person, int] = field(default_factory=dict)

    def may(self, reviewer: Person, author: Person) -> bool:
        """Tell whether a reviewer can be given a text: it is another's, and they do not have it."""
        return reviewer != author and reviewer not in self.taken[author]

    def lacking(self, author: Person) -> int:
        """Return how many reviews a text still lacks."""
        return max(0, self.reviews - len(self.taken[author]))


def next_text(pool: Pool[Person], reviewer: Person, order: Sequence[Person]) -> Person | None:
    """Return whose text a reviewer is given next, or None when there is none for them.

    The one with the fewest reviews; among equals the first in `order`, which is drawn by lot. But never one after which the others could not
    all get their reviews any more from those who still owe some: so the last reviewer is not left with nothing but their own text.
    """
    possible = sorted((author for author in order if pool.may(reviewer, author)), key=lambda author: len(pool.taken[author]))
    if not possible or not pool.lacking(possible[0]):
        return possible[0] if possible else None
    owing = {person: max(0, pool.reviews - pool.given.get(person, 0)) for person in pool.taken}
    owing[reviewer] = max(0, owing.get(reviewer, 0) - 1)
    best, most = possible[0], -1
    for author in possible:
        if not pool.lacking(author):
            break
        after = Pool(pool.reviews, {**pool.taken, author: [*pool.taken[author], reviewer]})
        covered = _covered(after, owing)
        if covered == sum(map(after.lacking, after.taken)):
            return author
        if covered > most:
            best, most = author, covered
    return best


def _covered(pool: Pool[Person], owing: Mapping[Person, int]) -> int:
    """Return how many of the lacking reviews can be given by those who owe some, nobody twice to one text (augmenting paths)."""
    left = {author: pool.lacking(author) for author in pool.taken}
    matched: dict[Person, list[Person]] = {author: [] for author in pool.taken}

    def place(reviewer: Person, seen: set[Person]) -> bool:
        free = [author for author in left if pool.may(reviewer, author) and reviewer not in matched[author] and author not in seen]
        for author in free:
            if len(matched[author]) < left[author]:
                matched[author].append(reviewer)
                return True
        for author in free:
            seen.add(author)
            for other in matched[author]:
                if place(other, seen):
                    matched[author].remove(other)
                    matched[author].append(reviewer)
                    return True
        return False

    return sum(place(reviewer, set()) for reviewer, number in owing.items() for _one in range(number))


# -- what reviews amount to ----------------------------------------------------------------------------------------------------------------------


def medians(rubric: Rubric, reviews: Sequence[Levels]) -> dict[str, float]:
    """Return the median level of each criterion, of the reviews that chose one; of an even number the middle between the two."""
    found = {}
    for row in rubric:
        levels = [int(levels[row["key"]]) for levels in reviews if levels.get(row["key"]) in LEVELS]
        if levels and not row.get("gate"):
            found[row["key"]] = float(statistics.median(levels))
    return found


def doubts(rubric: Rubric, reviews: Sequence[Levels]) -> dict[str, int]:
    """Return for each gate how many reviewers say that it is not kept."""
    gates = [row["key"] for row in rubric if row.get("gate")]
    return {key: sum(levels.get(key) == BROKEN for levels in reviews) for key in gates}


def score_of_medians(rubric: Rubric, reviews: Sequence[Levels]) -> Score | None:
    """Return the score that medians earn: each criterion its weight times a quarter of its median.

    None with fewer than three reviews, while a gate is in doubt or a criterion without a median, and for a rubric that weighs nothing.
    """
    found = medians(rubric, reviews)
    weighed = [row for row in rubric if not row.get("gate")]
    maximum = sum(row.get("weight") or 0 for row in weighed)
    if len(reviews) < LEAST_FOR_A_MEDIAN or not maximum or len(found) < len(weighed) or any(doubts(rubric, reviews).values()):
        return None
    return Score(sum((row.get("weight") or 0) * found[row["key"]] for row in weighed) / HIGHEST, maximum)


# -- calibration -------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """A criterion of a sample: what was chosen, what is right, and why."""

    criterion: Mapping[str, Any]
    chosen: int
    right: int
    why: str

    @property
    def apart(self) -> int:
        """Return by how many levels the two differ; above 0 the reviewer was kinder."""
        return self.chosen - self.right


def compared(rubric: Rubric, sample: Mapping[str, Any], levels: Levels) -> list[Compared]:
    """Return each criterion of a sample with what a reviewer chose beside what is right."""
    right = {mark["criterion"]: mark for mark in sample["marks"]}
    return [
        Compared(row, int(levels[row["key"]]), right[row["key"]]["level"], right[row["key"]]["why"])
        for row in rubric
        if row["key"] in right and levels.get(row["key"]) in LEVELS
    ]


def complete(rubric: Rubric, levels: Levels, *, gates: bool = True) -> bool:
    """Tell whether something was chosen for each criterion, and for each gate."""
    return all(levels.get(row["key"]) in ((KEPT, BROKEN) if row.get("gate") else LEVELS) for row in rubric if gates or not row.get("gate"))
