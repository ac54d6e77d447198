"""What organizers may know about the depth of reflection: a share and a mean, in groups of ten and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.entries.kember import PASS
from courses.entries.models import Entry, Feedback, Version
from lms.api import VIEW_COHORTS, Actor, Cohort, CohortModule, Enrolment, cohorts_for, db, outlines, title_of

LEAST = 10
STEP = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """How many levels are counted, the part of them at 2.5 or above (0 to 1), and their mean (0 to 4)."""

    number: int
    passed: float
    mean: float


def figures(levels: Sequence[int]) -> Figures | None:
    """Return the figures of levels (in halves, the oldest first), None for fewer than ten. Pure.

    They change with every fifth level only: else who looks before and after somebody was answered would know that person's level.
    """
    counted = levels[: len(levels) // STEP * STEP]
    if len(counted) < LEAST:
        return None
    number = len(counted)
    return Figures(number, sum(level >= PASS for level in counted) / number, sum(counted) / number / 2)


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal of a cohort and what may be said about it."""

    title: str
    module: Mapping[str, str]
    cohort: str
    figures: Figures | None


def _levels(actor: Actor, year: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the first levels of journals in a person's cohorts of a year, the oldest first within each."""
    return (
        sa.select(
            Cohort.id,
            Cohort.title,
            Cohort.number,
            Cohort.year,
            CohortModule.revision_id,
            CohortModule.position,
            Entry.activity_key,
            Feedback.level,
        )
        .join(Version, Version.id == Feedback.version_id)
        .join(Entry, Entry.id == Version.entry_id)
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Cohort.id, CohortModule.module_id == Entry.module_id))
        .where(Cohort.year == year, cohorts_for(actor, VIEW_COHORTS), Feedback.level.is_not(None), Version.number == 1)
        .order_by(Cohort.starts_on.desc(), Cohort.id, CohortModule.position, Entry.activity_key, Feedback.given_at, Feedback.version_id)
    )


def levels_of(actor: Actor, year: int) -> list[Journal]:
    """Return the journals of a person's cohorts of a year that have levels, with figures where there are enough."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for row in db.session.execute(_levels(actor, year)):
        found.setdefault((row.id, row.title, row.number, row.year, row.revision_id, row.activity_key), []).append(row.level)
    known = outlines(place[4] for place in found)
    journals = []
    for (_cohort_id, title, number, of, revision_id, key), levels in found.items():
        contents = known[revision_id]
        name = next((item.title for item in contents.items if item.key == key), key)
        journals.append(Journal(name, contents.about["title"], title_of(title, number, of), figures(levels)))
    return journals
