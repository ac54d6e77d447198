"""Counting marked attempts, and reading the report of a quiz."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from lms.api import Base, NotFound, db, upsert
from quizzes.items.services import Asked, asked
from quizzes.statistics import queries
from quizzes.statistics.models import AnswerCount, PairCount, TimeCount, TotalCount
from quizzes.statistics.report import (
    AnswerRow,
    ItemReport,
    PairRow,
    QuizReport,
    TimeRow,
    TotalRow,
    Trace,
    Wording,
    answers_by_group,
    earned_by_group,
    group_sizes,
    make_report,
)
from quizzes.statistics.tally import Marked, tally

__all__ = ["Basis", "Closer", "Marked", "closer", "count", "report", "texts", "wording_of"]

Basis = Literal["first", "all"]
MOST_AT_ONCE = 500  # rows of one statement: databases take some ten thousand values


@dataclass(frozen=True, slots=True)
class Closer:
    """One wording looked at closely: its figures, and how it goes through the groups of attempts, the weakest first."""

    wording: Wording
    sizes: tuple[int, ...]
    earned: Trace
    answers: list[Trace]


def count(*, module_id: int, activity_key: str, first: bool, items: Sequence[Marked], sign: int = 1) -> None:
    """Count an attempt whose items are all marked; with `sign=-1` take back what the same marks added before.

    `first` tells whether it is the person's first attempt. A regrade takes the old marks back and counts the new ones, in one transaction.
    Attempts at one quiz are counted in turn until their transactions end: so nobody ever waits in a circle. Call it last, after other locks.
    """
    _take_turn(module_id, activity_key)
    made = tally(items)
    where = {"module_id": module_id, "activity_key": activity_key, "first": first}
    _add(
        PairCount,
        [
            {**where, "version_id": version, "x": x, "rest": rest, "maximum": maximum, "item_id": item, "count": sign * n}
            for (version, x, rest, maximum, item), n in sorted(made.pairs.items())
        ],
    )
    _add(
        TotalCount,
        [
            {**where, "total": total, "maximum": maximum, "asked": number, "count": sign * n}
            for (total, maximum, number), n in sorted(made.totals.items())
        ],
    )
    _add(
        AnswerCount,
        [
            {
                **where,
                **dict(zip(("version_id", "part", "answer", "rest"), key, strict=True)),
                "count": sign * n,
                "sum_share": sign * made.shares[key],
            }
            for key, n in sorted(made.answers.items())
        ],
    )
    _add(
        TimeCount,
        [{**where, "version_id": version, "seconds": seconds, "count": sign * n} for (version, seconds), n in sorted(made.times.items())],
    )


def _take_turn(module_id: int, activity_key: str) -> None:
    """Wait for who is counting an attempt at the same quiz; SQLite has one writer at a time anyway."""
    if db.session.get_bind().dialect.name == "postgresql":
        quiz = zlib.crc32(activity_key.encode()) - 2**31  # the lock's name is two signed numbers of four bytes
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(module_id, quiz)))


def _add(model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Add counts to a table; what comes to nothing leaves no row behind."""
    if not rows:
        return
    connection = db.session.connection()
    connection.execute(_adding(model, connection.dialect.name), rows)
    if rows[0]["count"] < 0:
        key = list(model.__table__.primary_key.columns)  # type: ignore[attr-defined]
        for start in range(0, len(rows), MOST_AT_ONCE):
            touched = [tuple(row[column.name] for column in key) for row in rows[start : start + MOST_AT_ONCE]]
            connection.execute(sa.delete(model).where(sa.tuple_(*key).in_(touched), model.__table__.c.count == 0))


@functools.cache
def _adding(model: type[Base], dialect: str) -> Any:
    """Return the statement that adds to a row, or makes it; built once, since building costs more than running it."""
    table, statement = model.__table__, upsert(model)
    added = {name: table.c[name] + statement.excluded[name] for name in ("count", "sum_share") if name in table.c}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)


def report(*, module_id: int, activity_key: str, basis: Basis) -> QuizReport:
    """Return the figures of a quiz from first attempts or from all; five statements, whatever their number."""
    found = _rows(module_id, activity_key, first=basis == "first")
    known = asked({row.version_id for row in found["pairs"]})
    guesses = {version_id: version.kind.guess(version.data) for version_id, version in known.items()}
    return make_report(**found, guesses=guesses)


def _rows(module_id: int, activity_key: str, *, first: bool) -> dict[str, Any]:
    """Return all counts of a quiz."""
    readers = {
        "totals": (queries.totals, TotalRow),
        "pairs": (queries.pairs, PairRow),
        "answers": (queries.answers, AnswerRow),
        "times": (queries.times, TimeRow),
    }
    return {
        name: [row_of(*row) for row in db.session.execute(query(module_id, activity_key, first=first))]
        for name, (query, row_of) in readers.items()
    }


def closer(*, module_id: int, activity_key: str, basis: Basis, wording: Wording) -> Closer:
    """Return one wording looked at closely; two statements."""
    first = basis == "first"
    of_version = queries.pairs(module_id, activity_key, first=first).where(PairCount.version_id == wording.version_id)
    pairs = [PairRow(*row) for row in db.session.execute(of_version)]
    answers = db.session.execute(queries.answers_with_rest(module_id, activity_key, wording.version_id, first=first))
    return Closer(
        wording=wording,
        sizes=group_sizes(pairs),
        earned=earned_by_group(pairs),
        answers=answers_by_group(pairs, [(part, answer, rest, n) for part, answer, rest, n in answers]),
    )


def texts(found: QuizReport) -> dict[int, Asked]:
    """Return the versions that a report is about, by id."""
    return asked({wording.version_id for item in found.items for wording in item.wordings})


def wording_of(found: QuizReport, item_id: int, version_id: int | None) -> tuple[ItemReport, Wording]:
    """Return an item with the wording that was asked last, or the one that is wanted. Raises NotFound for what was not asked in this quiz."""
    item = next((item for item in found.items if item.item_id == item_id), None)
    wordings = [wording for wording in item.wordings if version_id in {None, wording.version_id}] if item else []
    if item is None or not wordings:
        raise NotFound("not asked in this quiz")
    return item, wordings[0]
