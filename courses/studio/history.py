"""The earlier states of a draft: keeping them, listing them, bringing one back.

Every save adds a row in the same transaction. Saves of one person within two minutes are one run, of which the list shows the last; after a
day only the last of each run stays, of every activity the last two hundred, and the last of each day and of each person for ever.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from courses.studio.models import DraftVersion, What
from courses.studio.states import State, pairs_of, state_of
from lms.api import Activity, Json, Module, NotFound, Page, User, db, full_name, paginate, utcnow

RUN = dt.timedelta(minutes=2)
WHOLE = dt.timedelta(days=1)  # for as long every single save stays
MOST = 200  # runs of an activity
TYPED = {What.SAVED, What.UNFINISHED}
KNOWN = (What.SAVED, What.RESTORED)


@dataclass(frozen=True, slots=True)
class Line:
    """A version in a list, with the name of who saved it."""

    version: DraftVersion
    by: str


def record(
    *, module: Module, key: str, kind: str, title: str, what: What, mark: str, state: State, by_id: uuid.UUID | None, stored: object = None
) -> None:
    """Keep a state, unless it is the newest one already. `stored` are the settings of a type that is not installed."""
    newest = _newest(module.id, key)
    data: Json = {"fields": pairs_of(state)} | ({"stored": stored} if stored is not None else {})
    mine = newest if newest is not None and newest.by_id == by_id else _newest(module.id, key, by_id)
    left_open = what is What.SAVED and mine is not None and mine.what is What.UNFINISHED
    if newest is not None and newest.mark == mark and _says_it(newest, what, data, by_id) and not left_open:
        return
    now = utcnow()
    goes_on = mine is not None and {mine.what, what} <= TYPED and now - mine.run_at < RUN
    db.session.add(
        DraftVersion(
            module_id=module.id,
            key=key,
            type=kind,
            title=title[:120],
            what=what,
            mark=mark,
            data=data,
            saved_at=now,
            run_at=mine.run_at if goes_on and mine else now,
            by_id=by_id,
        )
    )
    db.session.flush()
    if not goes_on:
        thin_out(module_id=module.id, key=key)


def _says_it(newest: DraftVersion, what: What, data: Json, by_id: uuid.UUID | None) -> bool:
    """Tell whether the newest version says the same already."""
    if what is What.UNFINISHED:
        return (newest.what, newest.by_id, newest.data) == (what, by_id, data)
    return newest.what in KNOWN if what is What.SAVED else newest.what is what


def _newest(module_id: int, key: str, *by: uuid.UUID | None) -> DraftVersion | None:
    """Return the newest version of an activity, of one person if one is named."""
    whose = [DraftVersion.by_id == user_id for user_id in by]
    return db.session.scalar(_of(module_id, key).where(*whose).order_by(DraftVersion.id.desc()).limit(1))


def _of(module_id: int, key: str) -> sa.Select[DraftVersion]:
    return sa.select(DraftVersion).where(DraftVersion.module_id == module_id, DraftVersion.key == key)


def state_at(module_id: int, key: str, mark: str) -> State | None:
    """Return the state with a fingerprint, or None when nobody knows it any more."""
    found = db.session.scalar(
        _of(module_id, key).where(DraftVersion.mark == mark, DraftVersion.what.in_(KNOWN)).order_by(DraftVersion.id.desc()).limit(1)
    )
    return None if found is None else state_of(found.data["fields"])


def unfinished_of(module_id: int, key: str, user_id: uuid.UUID) -> DraftVersion | None:
    """Return what a person has left unfinished: their newest version, when it is one."""
    mine = _newest(module_id, key, user_id)
    return mine if mine is not None and mine.what is What.UNFINISHED else None


def last_by(module_id: int, key: str) -> str:
    """Return the name of who saved an activity last, or nothing."""
    row = db.session.execute(
        sa.select(User.title_before, User.name, User.title_after)
        .join(DraftVersion, DraftVersion.by_id == User.id)
        .where(DraftVersion.module_id == module_id, DraftVersion.key == key, DraftVersion.what.in_(KNOWN))
        .order_by(DraftVersion.id.desc())
        .limit(1)
    ).first()
    return full_name(*row) if row else ""


def lines(module_id: int, key: str = "", *, number: int = 1, per_page: int = 20) -> Page:
    """Return one page of versions, newest first, the last of each run: of one activity, or of the whole module without a key."""
    where = [DraftVersion.module_id == module_id, *([DraftVersion.key == key] if key else [])]
    last = sa.select(sa.func.max(DraftVersion.id)).where(*where).group_by(DraftVersion.key, DraftVersion.run_at, DraftVersion.by_id)
    statement = (
        sa.select(DraftVersion, User.title_before, User.name, User.title_after)
        .outerjoin(User, User.id == DraftVersion.by_id)
        .where(DraftVersion.id.in_(last))
        .order_by(DraftVersion.id.desc())
    )
    page = paginate(statement, number, per_page)
    found = [Line(version, full_name(before, name, after) if name else "") for version, before, name, after in page.items]
    return Page(found, page.page, page.pages, page.total)


def deleted(module_id: int) -> list[Line]:
    """Return the last version of each activity that is not in the draft any more, the last deleted first."""
    there = sa.select(Activity.key).where(Activity.module_id == module_id)
    last = (
        sa.select(sa.func.max(DraftVersion.id))
        .where(DraftVersion.module_id == module_id, DraftVersion.what == What.DELETED, DraftVersion.key.not_in(there))
        .group_by(DraftVersion.key)
    )
    rows = db.session.execute(
        sa.select(DraftVersion, User.title_before, User.name, User.title_after)
        .outerjoin(User, User.id == DraftVersion.by_id)
        .where(DraftVersion.id.in_(last))
        .order_by(DraftVersion.id.desc())
    )
    return [Line(version, full_name(before, name, after) if name else "") for version, before, name, after in rows]


def version_of(module_id: int, key: str, version_id: int) -> DraftVersion:
    """Return a version of an activity. Raises NotFound."""
    found = db.session.scalar(_of(module_id, key).where(DraftVersion.id == version_id))
    if found is None:
        raise NotFound(f"no version {version_id} of {key!r}")
    return found


def thin_out(*, module_id: int, key: str) -> None:
    """Delete versions that are old and say nothing by themselves: within a run, and beyond the last two hundred runs within a day."""
    rows = db.session.execute(
        sa.select(DraftVersion.id, DraftVersion.saved_at, DraftVersion.run_at, DraftVersion.by_id)
        .where(DraftVersion.module_id == module_id, DraftVersion.key == key)
        .order_by(DraftVersion.id.desc())
    ).all()
    gone = superfluous([(row.id, row.saved_at, row.run_at, row.by_id) for row in rows], utcnow())
    if gone:
        db.session.execute(sa.delete(DraftVersion).where(DraftVersion.id.in_(gone)))


def superfluous(rows: Sequence[tuple[int, dt.datetime, dt.datetime, uuid.UUID | None]], now: dt.datetime) -> list[int]:
    """Return the ids to delete of (id, saved at, run began at, by whom), newest first. Pure."""
    runs: set[tuple[dt.datetime, uuid.UUID | None]] = set()
    days: set[dt.date] = set()
    people: set[uuid.UUID | None] = set()
    gone = []
    for number, saved_at, run_at, by_id in rows:
        last_of_run, last_of_day, last_of_person = (run_at, by_id) not in runs, saved_at.date() not in days, by_id not in people
        runs.add((run_at, by_id))
        days.add(saved_at.date())
        people.add(by_id)
        recent, few = now - saved_at <= WHOLE, len(runs) <= MOST
        if not (last_of_day or last_of_person or (recent and few) or (last_of_run and (recent or few))):
            gone.append(number)
    return gone
