"""Keep the figures of units: marks say which cohorts have changed, a worker counts these anew, and once a day all that have not ended.

Whom a unit's figures count changes only in batches of at least five (`settled_moves`): otherwise the figures before and after one person has
moved would say where that person stands.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.learning.models import Cohort, Enrolment, EnrolmentState
from lms.people.models import Unit
from lms.progress.models import JpEntry
from lms.supervision.models import EVERY_COHORT, UnitRollup
from lms.supervision.standing import Status, status_case
from lms.supervision.suppression import LEAST, TOTAL, suppress

STATUSES = (Status.COMPLETE, Status.WAITING, Status.ON_SCHEDULE, Status.NO_SIGNAL, Status.BEHIND, Status.NOT_BEGUN)
SUMS = ("people", *(str(status) for status in STATUSES), "done_count", "required_count", "jp")
# What is shown of a unit, with the columns it is made of; the place is the bit in `UnitRollup.hidden`.
PUBLISHED = {
    "people": STATUSES,
    "complete": (Status.COMPLETE,),
    "under_way": (Status.WAITING, Status.ON_SCHEDULE, Status.NO_SIGNAL),
    "behind": (Status.BEHIND,),
    "not_begun": (Status.NOT_BEGUN,),
}
MOST_IDS = 500
EVERYTHING = (1 << len(PUBLISHED)) - 1
_table = UnitRollup.__table__


# -- who is counted where --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody of a cohort who is counted in one unit and should be in another (None: nowhere)."""

    enrolment_id: int
    cohort_id: int
    before: int | None
    after: int | None


def settled_moves(changes: Iterable[Change], above: Mapping[int, Sequence[int]], counted: Mapping[tuple[int, int], int]) -> list[Change]:
    """Return the changes that can be counted now: no unit whose figures are shown before and after gains or loses one to four people.

    above gives each unit with all units above it; counted how many people (unit, cohort) has now, and (unit, 0) altogether.
    """
    open_changes = list(changes)
    while True:
        moves: dict[tuple[int, int], list[tuple[Change, int]]] = defaultdict(list)
        for change in open_changes:
            left, joined = set(above.get(change.before or 0, ())), set(above.get(change.after or 0, ()))
            for unit in left ^ joined:
                for cohort in (EVERY_COHORT, change.cohort_id):
                    moves[unit, cohort].append((change, 1 if unit in joined else -1))
        held = set()
        for place, found in moves.items():
            before = counted.get(place, 0)
            after = before + sum(step for _change, step in found)
            if len(found) < LEAST <= min(before, after):
                held |= {change.enrolment_id for change, _step in found}
        if not held:
            return open_changes
        open_changes = [change for change in open_changes if change.enrolment_id not in held]


def _pending(cohort_ids: Collection[int]) -> list[Change]:
    target = sa.case((Enrolment.state == EnrolmentState.ACTIVE, Enrolment.unit_id), else_=None)
    rows = db.session.execute(
        sa.select(Enrolment.id, Enrolment.cohort_id, Enrolment.counted_unit_id, target).where(
            Enrolment.cohort_id.in_(cohort_ids), target.is_distinct_from(Enrolment.counted_unit_id)
        )
    )
    return [Change(*row) for row in rows]


def _ancestors() -> dict[int, tuple[int, ...]]:
    return {row.id: tuple(int(part) for part in row.path.split("/") if part) for row in db.session.execute(sa.select(Unit.id, Unit.path))}


def count_moves(cohort_ids: Collection[int]) -> None:
    """Count the people of cohorts where they are now, as far as `settled_moves` lets them."""
    changes = _pending(cohort_ids)
    if not changes:
        return
    above = _ancestors()
    units = {unit for change in changes for place in (change.before, change.after) for unit in above.get(place or 0, ())}
    rows = db.session.execute(
        sa.select(_table.c.unit_id, _table.c.cohort_id, _table.c.people).where(
            _table.c.unit_id.in_(units), _table.c.cohort_id.in_({EVERY_COHORT, *cohort_ids}), sa.not_(_table.c.own)
        )
    )
    counted = {(row.unit_id, row.cohort_id): row.people for row in rows}
    together: dict[int | None, list[int]] = defaultdict(list)
    for change in settled_moves(changes, above, counted):
        together[change.after].append(change.enrolment_id)
    for after, ids in together.items():
        for first in range(0, len(ids), MOST_IDS):
            chosen = Enrolment.id.in_(ids[first : first + MOST_IDS])
            db.session.execute(sa.update(Enrolment).where(chosen).values(counted_unit_id=after))


# -- counting --------------------------------------------------------------------------------------------------------------------------


def running(today: dt.date) -> list[int]:
    """Return the ids of the cohorts that have not ended."""
    return list(db.session.scalars(sa.select(Cohort.id).where(Cohort.ends_on >= today).order_by(Cohort.id)))


def roll_up(cohort_ids: Collection[int], today: dt.date) -> None:
    """Count some cohorts anew, whatever there was, and add up: a handful of statements, however many people they have."""
    count_moves(cohort_ids)
    units = count_cohorts(cohort_ids, today)
    show_shares(shares_to_show(cohort_ids))
    keep_totals(added_up(units, today))


def units_with_totals() -> set[int]:
    """Return the units that have figures now."""
    return set(db.session.scalars(sa.select(_table.c.unit_id).where(_table.c.cohort_id == EVERY_COHORT)))


def count_cohorts(cohort_ids: Collection[int], today: dt.date) -> set[int]:
    """Count the people of some cohorts as of a day; return the units that were or are concerned.

    Their shares are withheld until `show_shares`, and their totals are the old ones until `keep_totals`.
    """
    concerned = sa.select(_table.c.unit_id).where(_table.c.cohort_id.in_(cohort_ids)).distinct()
    before = set(db.session.scalars(concerned))
    db.session.execute(sa.delete(UnitRollup).where(UnitRollup.cohort_id.in_(cohort_ids)))
    source = _of_cohorts(cohort_ids, today)
    db.session.execute(sa.insert(UnitRollup).from_select(list(source.selected_columns.keys()), source))
    return before | set(db.session.scalars(concerned))


def _up() -> sa.CTE:
    """Return each unit with itself and every unit above it."""
    up = sa.select(Unit.id.label("unit_id"), Unit.id.label("above_id"), Unit.parent_id).cte("up", recursive=True)
    return up.union_all(sa.select(up.c.unit_id, Unit.id, Unit.parent_id).join(Unit, Unit.id == up.c.parent_id))


def _of_cohorts(cohort_ids: Collection[int], today: dt.date) -> sa.Select[Any]:
    year = (dt.date(today.year, 1, 1), dt.date(today.year, 12, 31))
    hours = (
        sa.select(sa.func.coalesce(sa.func.sum(JpEntry.recognized), 0))
        .where(JpEntry.enrolment_id == Enrolment.id, JpEntry.occurred_on.between(*year))
        .correlate(Enrolment)
        .scalar_subquery()
    )
    status = status_case(Enrolment, Enrolment.completed_at.is_not(None), sa.literal(today))
    one = (
        sa.select(
            Enrolment.counted_unit_id.label("unit_id"),
            Enrolment.cohort_id,
            status.label("status"),
            Enrolment.done_count,
            Enrolment.required_count,
            sa.type_coerce(hours, sa.BigInteger).label("jp"),
        )
        .where(Enrolment.cohort_id.in_(cohort_ids), Enrolment.counted_unit_id.is_not(None))
        .subquery("one")
    )
    direct = (
        sa.select(
            one.c.unit_id,
            one.c.cohort_id,
            sa.func.count().label("people"),
            *[sa.func.sum(sa.case((one.c.status == status.value, 1), else_=0)).label(str(status)) for status in STATUSES],
            *[sa.func.sum(one.c[name]).label(name) for name in SUMS[-3:]],
        )
        .group_by(one.c.unit_id, one.c.cohort_id)
        .subquery("direct")
    )
    up = _up()
    return (
        sa.select(
            up.c.above_id.label("unit_id"),
            direct.c.cohort_id,
            sa.literal(False).label("own"),
            sa.literal(today, sa.Date).label("as_of"),
            sa.literal(EVERYTHING).label("hidden"),
            *_sums(direct),
        )
        .join(up, up.c.unit_id == direct.c.unit_id)
        .group_by(up.c.above_id, direct.c.cohort_id)
    )


def _sums(source: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    return [sa.func.sum(source.c[name]).label(name) for name in SUMS]


# -- what is added up and withheld: worked out by reads alone, because it takes seconds in a large tree, and kept by a few writes ---------


def added_up(unit_ids: Collection[int], today: dt.date) -> list[dict[str, Any]]:
    """Return the totals of all units, those of some units (over the cohorts that have not ended) added up anew.

    Which figures are withheld is decided for the whole tree: one decision for every page, export and reader.
    """
    found = db.session.execute(sa.select(_table).where(_table.c.cohort_id == EVERY_COHORT, sa.not_(_table.c.own))).mappings()
    rows = {row["unit_id"]: dict(row) for row in found if row["unit_id"] not in unit_ids}
    sums = (
        sa.select(_table.c.unit_id, *_sums(_table))
        .join(Cohort, Cohort.id == _table.c.cohort_id)
        .where(Cohort.ends_on >= today, _table.c.unit_id.in_(unit_ids))
        .group_by(_table.c.unit_id)
    )
    place = {"cohort_id": EVERY_COHORT, "own": False, "as_of": today}
    rows |= {row["unit_id"]: {**place, **{name: int(row[name]) for name in row}} for row in db.session.execute(sums).mappings()}
    tree = {row.id: row.parent_id for row in db.session.execute(sa.select(Unit.id, Unit.parent_id).where(Unit.id.in_(rows)))}
    parents: dict[Any, Any] = {number: parent if parent in rows else None for number, parent in tree.items()}
    own = _own_rows(rows, parents)
    everything = {**rows, **{("own", number): row for number, row in own.items()}}
    parents |= {("own", number): number for number in own}
    figures = {key: [sum(row[status] for status in made_of) for made_of in list(PUBLISHED.values())[1:]] for key, row in everything.items()}
    withheld = suppress(parents, figures)
    return [{**row, "hidden": sum(1 << column for column in withheld[key])} for key, row in everything.items()]


def keep_totals(rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the totals of all units in the place of those that there were."""
    db.session.execute(sa.delete(UnitRollup).where(UnitRollup.cohort_id == EVERY_COHORT))
    if rows:
        db.session.execute(sa.insert(UnitRollup), [dict(row) for row in rows])


def _own_rows(rows: Mapping[int, dict[str, Any]], parents: Mapping[int, int | None]) -> dict[int, dict[str, Any]]:
    """Return the rows of people who are in a unit itself, for units with people below it."""
    below: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for number, parent in parents.items():
        if parent is not None:
            below[parent].append(rows[number])
    own = {}
    for number, children in below.items():
        row = {**rows[number], "own": True, **{name: rows[number][name] - sum(child[name] for child in children) for name in SUMS}}
        if row["people"]:
            own[number] = row
    return own


def shares_to_show(cohort_ids: Collection[int]) -> dict[int, list[int]]:
    """Return of which units the share in each cohort may be shown: of at least five people, and not if it gave away that of fewer."""
    rows = db.session.execute(
        sa.select(_table.c.cohort_id, _table.c.unit_id, Unit.parent_id, _table.c.people)
        .join(Unit, Unit.id == _table.c.unit_id)
        .where(_table.c.cohort_id.in_(cohort_ids))
    )
    cohorts: dict[int, dict[int, tuple[int | None, int]]] = defaultdict(dict)
    for cohort_id, unit_id, parent_id, people in rows:
        cohorts[cohort_id][unit_id] = (parent_id, people)
    return {
        cohort_id: [key for key, columns in suppress(*_one_column(units)).items() if TOTAL not in columns and isinstance(key, int)]
        for cohort_id, units in cohorts.items()
    }


def show_shares(shown: Mapping[int, Collection[int]]) -> None:
    """Show the shares of some units in each cohort."""
    for cohort_id, unit_ids in shown.items():
        chosen = (UnitRollup.cohort_id == cohort_id, UnitRollup.unit_id.in_(unit_ids))
        db.session.execute(sa.update(UnitRollup).where(*chosen).values(hidden=0))


def _one_column(units: Mapping[int, tuple[int | None, int]]) -> tuple[dict[Any, Any], dict[Any, list[int]]]:
    """Return units with (parent, people) as a table of one category for `suppress`, with the people of inner units as leaves."""
    parents: dict[Any, Any] = {number: parent if parent in units else None for number, (parent, _people) in units.items()}
    figures: dict[Any, list[int]] = {number: [people] for number, (_parent, people) in units.items()}
    below: dict[int, int] = defaultdict(int)
    for number, parent in parents.items():
        if parent is not None:
            below[parent] += figures[number][0]
    for number, together in below.items():
        if figures[number][0] > together:
            parents["own", number], figures["own", number] = number, [figures[number][0] - together]
    return parents, figures


# -- the proof -------------------------------------------------------------------------------------------------------------------------


def rows_of_all() -> dict[tuple[int, int, bool], dict[str, Any]]:
    """Return every row by (unit, cohort, own)."""
    return {(row["unit_id"], row["cohort_id"], row["own"]): dict(row) for row in db.session.execute(sa.select(_table)).mappings()}


def recount() -> list[tuple[str, Any, Any]]:
    """Count everything anew from people, each cohort and each total for the day of which it is; return what differed: (where, was, is)."""
    before = rows_of_all()
    days: dict[dt.date, set[int]] = defaultdict(set)
    totals: dict[dt.date, set[int]] = defaultdict(set)
    for (unit, cohort_id, _own), row in before.items():
        if cohort_id == EVERY_COHORT:
            totals[row["as_of"]].add(unit)
        else:
            days[row["as_of"]].add(cohort_id)
    for day, cohort_ids in days.items():
        totals[max(days)] |= count_cohorts(cohort_ids, day) - set().union(*totals.values())
        show_shares(shares_to_show(cohort_ids))
    for day, units in totals.items():
        keep_totals(added_up(units, day))
    after = rows_of_all()
    return [
        (f"unit {key[0]}, cohort {key[1]}{', own' if key[2] else ''}", before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
