"""Two instructors, one level: a sample is read again by a second one who does not see the first level, and how far they agree."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.base import ANSWER
from courses.entries import queries, services
from courses.entries.audience import OPEN
from courses.entries.desk import Task, task_in
from courses.entries.models import Entry, EntryKind, EntryState, Feedback, Opinion, Section, Version
from courses.entries.sharing import lot
from lms.api import (
    Actor,
    Cohort,
    CohortModule,
    Enrolment,
    Module,
    NotFound,
    ReadReason,
    Refused,
    cohorts_for,
    db,
    gettext,
    outlines,
    title_of,
    upsert,
    utcnow,
    weighted_kappa,
)

SHARE = 10  # one in ten
LEAST = 2
ENOUGH = 20  # pairs before chance-corrected agreement is printed
TALK = 2  # halves: what differs by more is for a talk
Pair = tuple[int, int]  # first and second level, in halves


# -- figures: pure --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two levels agree: number of pairs, part that is equal, part within half a level (0 to 1), and kappa or None.

    kappa is Cohen's with quadratic weights (lms.agreement.weighted_kappa) on halves, and None below 20 pairs: a few say too little.
    """

    number: int
    exact: float
    near: float
    kappa: float | None


def agreement(pairs: Sequence[Pair]) -> Agreement | None:
    """Return the figures of pairs, None without any."""
    number = len(pairs)
    if not number:
        return None
    apart = [abs(first - second) for first, second in pairs]
    return Agreement(
        number=number,
        exact=sum(gap == 0 for gap in apart) / number,
        near=sum(gap <= 1 for gap in apart) / number,
        kappa=weighted_kappa(pairs) if number >= ENOUGH else None,
    )


def sample(ids: Iterable[uuid.UUID], order: Callable[[uuid.UUID], bytes]) -> list[uuid.UUID]:
    """Return one in ten, at least two, of what was handed in: the first in an order drawn by lot."""
    drawn = sorted(ids, key=order)
    return drawn[: max(LEAST, math.ceil(len(drawn) / SHARE))]


# -- what is offered ------------------------------------------------------------------------------------------------------------------

Place = tuple[int, int, str]  # cohort, module, activity


@dataclass(frozen=True, slots=True)
class Offered:
    """An activity of a cohort that is calibrated: the entries that wait for my second opinion, and how many have one."""

    title: str
    module: Mapping[str, str]
    cohort: str
    url: str
    todo: Sequence[tuple[uuid.UUID, str]]  # entry, code
    done: int


def _candidates(actor: Actor, *where: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    """Return first versions of journals in those cohorts in which a person answers, with who has which level of them."""
    readable = sa.exists().where(Section.version_id == Version.id, Section.audience.in_(OPEN))
    return (
        sa.select(
            Entry.id,
            Entry.number,
            Entry.assessor_id,
            Entry.module_id,
            Entry.activity_key,
            Version.id.label("version_id"),
            CohortModule.revision_id,
            Cohort.id.label("cohort_id"),
            Cohort.title,
            Cohort.number.label("cohort_number"),
            Cohort.year,
            Module.key.label("module_key"),
            Feedback.level.label("first"),
            Feedback.assessor_id.label("first_id"),
            Opinion.level.label("second"),
            Opinion.assessor_id.label("second_id"),
        )
        .join(Version, sa.and_(Version.entry_id == Entry.id, Version.number == 1))
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Cohort.id, CohortModule.module_id == Entry.module_id))
        .join(Module, Module.id == Entry.module_id)
        .outerjoin(Feedback, Feedback.version_id == Version.id)
        .outerjoin(Opinion, Opinion.version_id == Version.id)
        .where(*where, cohorts_for(actor, ANSWER), Entry.kind == EntryKind.JOURNAL, Entry.state != EntryState.DRAFT, readable)
        .order_by(Cohort.starts_on.desc(), Cohort.id, CohortModule.position, Entry.activity_key)
    )


def _by_place(rows: Iterable[Any]) -> dict[Place, list[Any]]:
    """Return rows by activity, those activities whose author has written anchor texts."""
    found: dict[Place, list[Any]] = {}
    for row in rows:
        found.setdefault((row.cohort_id, row.module_id, row.activity_key), []).append(row)
    return {place: here for place, here in found.items() if task_in(here[0].revision_id, place[2], EntryKind.JOURNAL).anchors}


def _drawn(rows: Sequence[Any]) -> list[Any]:
    chosen = set(sample((row.version_id for row in rows), lambda version_id: lot("calibration", version_id)))
    return [row for row in rows if row.version_id in chosen]


def _todo(actor: Actor, rows: Sequence[Any]) -> list[Any]:
    """Return what of an activity is offered to a person: not theirs to answer, and drawn for a second opinion or opened for one by them."""
    drawn = {row.version_id for row in _drawn(rows)}
    return [
        row
        for row in sorted(rows, key=lambda row: row.number or 0)
        if row.second is None
        and actor.id not in {row.assessor_id, row.first_id}
        and (row.second_id == actor.id or (row.second_id is None and row.assessor_id is not None and row.version_id in drawn))
    ]


def offered_to(actor: Actor, year: int) -> list[Offered]:
    """Return the activities in a person's cohorts of a year that are calibrated."""
    places = _by_place(db.session.execute(_candidates(actor, Cohort.year == year)))
    known = outlines(rows[0].revision_id for rows in places.values())
    found = []
    for (cohort_id, _module_id, key), rows in places.items():
        first, contents = rows[0], known[rows[0].revision_id]
        found.append(
            Offered(
                title=contents.item(key).title,
                module=contents.about["title"],
                cohort=title_of(first.title, first.cohort_number, first.year),
                url=f"/journals/queue/second/{cohort_id}/{first.module_key}/{key}",
                todo=[(row.id, f"J-{row.number or 0:03d}") for row in _todo(actor, rows)],
                done=sum(row.second is not None for row in rows),
            )
        )
    return found


# -- a second opinion -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SecondDesk:
    """A text for a second opinion, without the first level and without the answer."""

    code: str
    texts: Mapping[str, str]
    kept_back: int
    task: Task
    version_id: uuid.UUID


def open_second(actor: Actor, entry_id: uuid.UUID) -> SecondDesk:
    """Open a text that was drawn for a second opinion; its author sees that. Raises NotFound for any other, and when somebody was quicker."""
    here = db.session.execute(_candidates(actor, Entry.id == entry_id)).one_or_none()
    if here is None:
        raise NotFound("nothing to read for this person")
    place = (Cohort.id == here.cohort_id, Entry.module_id == here.module_id, Entry.activity_key == here.activity_key)
    rows = _by_place(db.session.execute(_candidates(actor, *place)))
    if entry_id not in {row.id for found in rows.values() for row in _todo(actor, found)}:
        raise NotFound("not drawn for this person")
    entry = db.session.scalars(sa.select(Entry).where(Entry.id == entry_id).options(queries.with_versions(ReadReason.CALIBRATION))).one()
    free = sa.or_(Opinion.assessor_id.is_(None), Opinion.assessor_id == actor.id)  # who had opened it before has left
    mine = {"set_": {"assessor_id": actor.id}, "where": free}
    if not _put(upsert(Opinion).values(**_opened(actor, here.version_id)).on_conflict_do_update(index_elements=["version_id"], **mine)):
        raise NotFound("somebody else has opened it meanwhile")
    version, texts, _answer = services.version_texts(actor, entry, ReadReason.CALIBRATION)[0]
    return SecondDesk(entry.code, texts, version.kept_back, task_in(here.revision_id, here.activity_key, EntryKind.JOURNAL), version.id)


def give_opinion(*, actor: Actor, version_id: uuid.UUID, level: int) -> None:
    """Keep a second opinion. It does not count, and the author never sees a second level. Raises Refused when it is somebody else's."""
    statement = upsert(Opinion).values(**_opened(actor, version_id), level=level)
    mine = {"set_": {"level": level}, "where": Opinion.assessor_id == actor.id}
    if not _put(statement.on_conflict_do_update(index_elements=["version_id"], **mine)):
        raise Refused(gettext("Another instructor is reading this text already."))


def _put(statement: Any) -> bool:
    """Run a statement about an opinion and tell whether it changed a row."""
    return db.session.scalar(statement.returning(Opinion.version_id)) is not None


def _opened(actor: Actor, version_id: uuid.UUID) -> dict[str, Any]:
    return {"version_id": version_id, "assessor_id": actor.id, "opened_at": utcnow()}


# -- how far we agree -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """An activity whose texts were read twice: the figures, and what its two readers, of whom the actor is one, should talk about."""

    title: str
    found: Agreement | None
    to_talk: Sequence[tuple[str, int, int]]  # code, first, second


def compared(actor: Actor, cohort_id: int, module_key: str, activity_key: str) -> Compared:
    """Return how far instructors agree on an activity. Raises NotFound where nothing was handed in.

    Figures are about all pairs; single levels are shown to the two who gave them, and to nobody else.
    """
    place = (Cohort.id == cohort_id, Module.key == module_key, Entry.activity_key == activity_key)
    rows = db.session.execute(_candidates(actor, *place)).all()
    if not rows:
        raise NotFound("nothing was handed in here")
    pairs = [row for row in rows if row.first is not None and row.second is not None]
    mine = [row for row in pairs if actor.id in {row.first_id, row.second_id} and abs(row.first - row.second) > TALK]
    return Compared(
        title=outlines([rows[0].revision_id])[rows[0].revision_id].item(activity_key).title,
        found=agreement([(row.first, row.second) for row in pairs]),
        to_talk=[(f"J-{row.number or 0:03d}", row.first, row.second) for row in mine],
    )
