"""Marking a quiz of a cohort anew: a dry run that writes nothing, and then exactly what it showed, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from lms.api import Actor, AttemptState, Page, audit, body, db, enqueue
from quizzes.attempts.variants import version_ids
from quizzes.items.services import Asked, asked, ready_versions
from quizzes.marking import bulk, queries
from quizzes.marking.models import Regrade, RegradeChange
from quizzes.marking.place import QuizHere
from quizzes.marking.regrade import ASKED, NEWEST, Changed, Choice, Plan, pass_mark, passes, plan, target
from quizzes.marking.services import SAME, Given, Why, give_marks

AT_ONCE = 200  # attempts that are marked anew within one request, or by one job
PER_PAGE = 50
TASK = "quizzes:regrade"


@dataclass(frozen=True, slots=True)
class Choosable:
    """An item that can be marked anew: its versions that were asked, its newest ready one, and whether that can mark the answers."""

    item_id: int
    title: str
    versions: int
    newest: Asked | None
    fits: bool

    @property
    def is_newer(self) -> bool:
        """Tell whether there is a newer version than the ones that were asked, which can mark the answers."""
        return self.fits and self.newest is not None


def choosable(quiz: QuizHere) -> list[Choosable]:
    """Return the items that the program marks in a quiz, as far as they were handed in: four statements."""
    found: dict[int, list[Asked]] = {}
    for version in _versions(quiz).values():
        if version.kind.asks and not version.kind.by_person:
            found.setdefault(version.item_id, []).append(version)
    newest = newest_of(found)
    rows = []
    for item_id, versions in sorted(found.items()):
        new, last = newest.get(item_id), max(versions, key=lambda version: version.version_id)
        other = new is not None and any(version.version_id != new.version_id for version in versions)
        fits = other and any(target(version, NEWEST, newest) for version in versions)
        rows.append(Choosable(item_id, last.title, len(versions), new if other else None, fits))
    return rows


def _versions(quiz: QuizHere) -> dict[int, Asked]:
    """Return the versions that may have been asked."""
    ids: set[int] = set()
    for revision_id in db.session.scalars(queries.revisions_at(quiz.place)):
        ids |= version_ids(body(revision_id, quiz.activity_key).settings)
    return asked(ids)


def newest_of(item_ids: Sequence[int] | Mapping[int, Any]) -> dict[int, Asked]:
    """Return the newest ready version of items by item: two statements at most."""
    numbers = ready_versions(item_ids)
    known = asked(numbers.values())
    return {item_id: known[version_id] for item_id, version_id in numbers.items()}


def read_choice(wanted: Mapping[str, str]) -> dict[int, str]:
    """Return what was chosen: {item's id: ASKED or NEWEST}, of fields `item-7`; anything else is left out."""
    found = {}
    for name, value in wanted.items():
        number = name.removeprefix("item-")
        if name.startswith("item-") and number.isdecimal() and value in {ASKED, NEWEST}:
            found[int(number)] = value
    return found


def dry_run(quiz: QuizHere, choice: Choice) -> Plan:
    """Return what marking anew would change. Nothing is written; the number of statements grows by three for each 500 attempts."""
    if not choice:
        return Plan()
    newest = newest_of(choice)
    attempts = db.session.scalars(queries.marked_at(quiz.place)).all()
    return plan(bulk.held(attempts, [version.version_id for version in newest.values()]), choice, newest)


# -- what the page shows --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """An attempt in the list of a dry run, with whose it is and whether it passes."""

    name: str
    changed: Changed
    passed: bool | None
    will_pass: bool | None

    @property
    def turns(self) -> bool:
        """Tell whether it passes now and would not, or the other way round."""
        return self.passed != self.will_pass


def lines(quiz: QuizHere, found: Plan, number: int) -> tuple[Page, list[Line]]:
    """Return a page of what would change, those whose passing would change first: one statement."""
    mark = pass_mark(quiz.rule)
    rows = [(passes(one.before, mark), passes(one.after, mark), one) for one in found.changed]
    rows.sort(key=lambda row: (row[0] == row[1], str(row[2].attempt_id)))
    pages = max(1, -(-len(rows) // PER_PAGE))
    number = min(max(number, 1), pages)
    shown = rows[(number - 1) * PER_PAGE : number * PER_PAGE]
    names = {row.id: row.name for row in db.session.execute(queries.names_of([one.enrolment_id for _was, _will, one in shown]))}
    page = Page(shown, number, pages, len(rows))
    return page, [Line(names[one.enrolment_id], one, was, will) for was, will, one in shown]


def turned(quiz: QuizHere, found: Plan) -> tuple[int, int]:
    """Return how many attempts would pass that do not now, and the other way round."""
    mark = pass_mark(quiz.rule)
    both = [(passes(one.before, mark), passes(one.after, mark)) for one in found.changed]
    return sum(1 for was, will in both if will and was is False), sum(1 for was, will in both if was and will is False)


# -- doing it -------------------------------------------------------------------------------------------------------------------------


def confirm(*, actor: Actor, quiz: QuizHere, choice: Choice, token: str, reason: str) -> Regrade | None:
    """Do what a dry run showed, and keep who wanted it and why. None, and nothing done, when something has changed since it was shown.

    Up to 200 attempts are marked at once; of more, jobs mark 200 each.
    """
    found = dry_run(quiz, choice)
    if not found.changed or found.token != token:
        return None
    cohort_id, module_id, activity_key = quiz.place
    run = Regrade(
        cohort_id=cohort_id,
        module_id=module_id,
        activity_key=activity_key,
        choice={str(item_id): version for item_id, version in choice.items()},
        reason=reason,
        actor_id=actor.id,
    )
    db.session.add(run)
    db.session.flush()
    db.session.execute(sa.insert(RegradeChange), list(_rows(run.id, found)))
    audit(actor.id, "quiz:regrade", "cohort", cohort_id, regrade=run.id, attempts=len(found.changed))
    if len(found.changed) <= AT_ONCE:
        work_on(run.id)
    else:
        enqueue(TASK, key=f"{TASK}/{run.id}/0", regrade_id=run.id, turn=0)
    return run


def _rows(regrade_id: int, found: Plan) -> Iterator[dict[str, Any]]:
    for one in found.changed:
        for change in one.changes:
            yield {
                "regrade_id": regrade_id,
                "attempt_id": one.attempt_id,
                "slot": change.slot,
                "version_id": change.item.version_id,
                "before": change.before,
                "after": change.after,
            }


def work_on(regrade_id: int) -> bool:
    """Write the next changes of a run, of at most 200 attempts; tell whether more wait.

    What is no longer as the dry run showed it is left alone: a mark that was changed meanwhile stays.
    """
    run = db.session.scalars(sa.select(Regrade).where(Regrade.id == regrade_id).with_for_update()).one()
    waiting = queries.changes_waiting(regrade_id)
    some = waiting.with_only_columns(RegradeChange.attempt_id).distinct().order_by(None).order_by(RegradeChange.attempt_id).limit(AT_ONCE)
    ids = list(db.session.scalars(some))
    if not ids:
        return False
    changes = db.session.scalars(waiting.where(RegradeChange.attempt_id.in_(ids))).all()
    held = {one.attempt.id: one for one in bulk.held(bulk.attempts_by_id(ids, lock=True))}
    for attempt_id, group in groupby(changes, key=lambda change: change.attempt_id):
        _apply(held[attempt_id], list(group), run)
    db.session.flush()
    return len(ids) == AT_ONCE


def _apply(one: bulk.Held, changes: Sequence[RegradeChange], run: Regrade) -> None:
    before = one.questions()
    handed_in = one.attempt.state in {AttemptState.SUBMITTED, AttemptState.MARKED}
    given = []
    for change in changes:
        mark = before[change.slot - 1].mark
        same = mark is not None and not mark.by_person and abs(mark.share - change.before) <= SAME
        change.applied = handed_in and same
        if change.applied:
            given.append(Given(change.slot, change.after, change.version_id))
    if given:
        why = Why(run.reason, decided_by=run.actor_id, regrade_id=run.id)
        give_marks(attempt=one.attempt, before=before, given=given, why=why)
