"""What comes first: modules that need others, and when a module is open to a learner. Pure, but for the titles of what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.db import JsonObject, read
from lms.i18n import choose, format_date, half_up
from lms.i18n import gettext as _
from lms.learning.models import Cohort, CohortModule, Enrolment
from lms.learning.outline import outlines
from lms.progress.models import CompletionState, ModuleProgress

_other = aliased(CohortModule)

# An object for each enrolment and cohort, {module id: 1 when nothing is left for the learner to do there, else 0}. What waits for an instructor
# is done by the learner: it closes nothing.
SETTLED_MODULES = (
    sa.select(
        JsonObject(
            sa.cast(_other.module_id, sa.String),
            sa.case((ModuleProgress.done_count + ModuleProgress.waiting_count >= ModuleProgress.required_count, 1), else_=0),
        )
    )
    .select_from(_other)
    .outerjoin(ModuleProgress, sa.and_(ModuleProgress.module_id == _other.module_id, ModuleProgress.enrolment_id == Enrolment.id))
    .where(_other.cohort_id == Cohort.id)
    .correlate(Enrolment, Cohort)
    .scalar_subquery()
)
_PINNED = sa.select(CohortModule.revision_id).where(
    CohortModule.cohort_id == sa.bindparam("cohort_id"), CohortModule.module_id.in_(sa.bindparam("ids", expanding=True))
)


def begun(states: Mapping[str, str] | None) -> bool:
    """Tell whether a learner has done anything in a module whose activities are in these states."""
    return any(state != CompletionState.NOT_STARTED for state in (states or {}).values())


def missing_modules(requires: Iterable[int], settled: Mapping[int, bool]) -> list[int]:
    """Return the modules that come first and are not settled, in order; `settled` names every module of the cohort.

    A module that the cohort does not have closes nothing.
    """
    return [number for number in requires if not settled.get(number, True)]


def closed_because(
    *, cohort_id: int, opens_on: dt.date | None, today: dt.date, requires: Sequence[int], settled: Mapping[str, int], has_begun: bool
) -> str:
    """Return why a module is closed to a learner as a sentence, "" when it is open. What a learner has begun is never closed by what comes first.

    settled is `SETTLED_MODULES` as the database returns it.
    """
    if opens_on and opens_on > today:
        return _("This module opens on %(date)s.", date=format_date(opens_on))
    missing = [] if has_begun else missing_modules(requires, {int(number): bool(is_settled) for number, is_settled in settled.items()})
    return first_sentence(titles_of(cohort_id, missing)) if missing else ""


def titles_of(cohort_id: int, module_ids: Collection[int]) -> list[str]:
    """Return the titles of modules of a cohort: one statement, and two for outlines that are not known yet."""
    known = outlines(row.revision_id for row in read(_PINNED, {"cohort_id": cohort_id, "ids": list(module_ids)}))
    titles = {outline.module_id: choose(dict(outline.about["title"])) for outline in known.values()}
    return [titles[number] for number in module_ids]


def first_sentence(titles: Iterable[str]) -> str:
    """Say which modules come first."""
    return _("Please complete this first: %(titles)s. Then this module opens by itself.", titles=", ".join(titles))


def circle(requires: Mapping[int, Iterable[int]]) -> list[int]:
    """Return modules of which each needs the next and the last needs the first; an empty list when there is no such circle."""
    done: set[int] = set()
    for start in requires:
        path: list[int] = []
        waiting = [(start, iter(requires.get(start, ())))] if start not in done else []
        path += [start] if waiting else []
        while waiting:
            number, rest = waiting[-1]
            following = next((other for other in rest if other not in done), None)
            if following is None:
                done.add(number)
                waiting.pop()
                path.pop()
            elif following in path:
                return path[path.index(following) :]
            else:
                path.append(following)
                waiting.append((following, iter(requires.get(following, ()))))
    return []


def shares(weights: Mapping[int, Any]) -> dict[int, Decimal]:
    """Return what each weight is in percent of their sum, with one place: together exactly 100 (0 where all weigh nothing)."""
    total = sum((Decimal(str(weight)) for weight in weights.values()), Decimal(0))
    if not total:
        return dict.fromkeys(weights, Decimal(0))
    exact = {number: Decimal(str(weight)) * 1000 / total for number, weight in weights.items()}
    tenths = {number: int(share) for number, share in exact.items()}
    # The largest remainders are rounded up, so that what people add up is 100.
    left = 1000 - sum(tenths.values())
    for number in sorted(exact, key=lambda one: exact[one] - tenths[one], reverse=True)[:left]:
        tenths[number] += 1
    return {number: half_up(Decimal(value) / 10, 1) for number, value in tenths.items()}
