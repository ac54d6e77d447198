"""Reads of people, units and roles for administrators. None of them looks at what people learn or write."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lms.db import Page, db, utcnow
from lms.errors import NotFound
from lms.learning.models import Cohort, Module
from lms.learning.words import title_of
from lms.people.access import valid_on
from lms.people.models import ReportingLine, RoleAssignment, Unit, UnitAlias, User, UserSession
from lms.people.roles import Role, ScopeKind
from lms.people.services import fold

FOUND_AT_MOST = 20
_NUMBER = re.compile(r"[\d\s.\-]{4,}")


# -- people ------------------------------------------------------------------------------------------------------------------------


def person(user_id: uuid.UUID) -> User:
    """Return a person. Raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("no such person")
    return user


def named(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a person has these words in name or e-mail address, or this number."""
    digits = re.sub(r"\D", "", text)
    if digits and _NUMBER.fullmatch(text):
        return User.employee_number.contains(digits, autoescape=True)
    return sa.and_(
        *(sa.or_(User.name.icontains(word, autoescape=True), User.email.icontains(word, autoescape=True)) for word in text.split())
    )


def people(text: str = "", path: str = "", role: Role | None = None, *, today: dt.date) -> sa.Select[User, Unit]:
    """Return (person, unit or None) by name: who is called so, works in the unit at `path` or below, and holds the role today."""
    statement = sa.select(User, Unit).outerjoin(Unit, Unit.id == User.unit_id).order_by(User.name, User.id)
    if text.strip():
        statement = statement.where(named(text.strip()))
    if path:
        statement = statement.where(Unit.path.startswith(path, autoescape=True))
    if role:
        held = sa.select(RoleAssignment.user_id).where(RoleAssignment.role == role, valid_on(RoleAssignment, today))
        statement = statement.where(User.id.in_(held))
    return statement


def people_found(text: str, *, but: uuid.UUID) -> Sequence[sa.Row[User, Unit]]:
    """Return the first people with these words who can sign in, without one of them; nobody for no words."""
    if not text.strip():
        return []
    return db.session.execute(people(text, today=utcnow().date()).where(User.is_active, User.id != but).limit(FOUND_AT_MOST)).all()


def roles_held(user_ids: Sequence[uuid.UUID], today: dt.date) -> dict[uuid.UUID, list[Role]]:
    """Return {person: roles that they hold today}, each role once."""
    rows = db.session.execute(
        sa.select(RoleAssignment.user_id, RoleAssignment.role)
        .where(RoleAssignment.user_id.in_(user_ids), valid_on(RoleAssignment, today))
        .distinct()
        .order_by(RoleAssignment.role)
    )
    found: dict[uuid.UUID, list[Role]] = {}
    for user_id, role in rows:
        found.setdefault(user_id, []).append(role)
    return found


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role as a page shows it: where it holds has a name, or None when the place is gone."""

    id: int
    role: Role
    kind: ScopeKind
    place: str | dict[str, str] | None
    valid_from: dt.date
    valid_to: dt.date | None


def grants_of(user_id: uuid.UUID) -> list[HeldRole]:
    """Return every role of a person, past and coming ones too, with the names of places: one statement."""
    at = RoleAssignment.scope_id
    rows = db.session.execute(
        sa.select(RoleAssignment, Unit.name, Cohort.title, Cohort.number, Cohort.year, Module.about)
        .outerjoin(Unit, sa.and_(RoleAssignment.scope_kind == ScopeKind.UNIT, Unit.id == at))
        .outerjoin(Cohort, sa.and_(RoleAssignment.scope_kind == ScopeKind.COHORT, Cohort.id == at))
        .outerjoin(Module, sa.and_(RoleAssignment.scope_kind == ScopeKind.MODULE, Module.id == at))
        .where(RoleAssignment.user_id == user_id)
        .order_by(RoleAssignment.role, RoleAssignment.valid_from)
    )
    return [
        HeldRole(
            grant.id,
            grant.role,
            grant.scope_kind,
            unit or (title_of(title, number, year) if title else (about or {}).get("title")),
            grant.valid_from,
            grant.valid_to,
        )
        for grant, unit, title, number, year, about in rows
    ]


def grant(user_id: uuid.UUID, grant_id: int) -> RoleAssignment:
    """Return one role of this person. Raises NotFound for anybody else's."""
    found = db.session.scalar(sa.select(RoleAssignment).where(RoleAssignment.id == grant_id, RoleAssignment.user_id == user_id))
    if found is None:
        raise NotFound("no such role of this person")
    return found


def reporting_lines(user_id: uuid.UUID) -> Sequence[sa.Row[ReportingLine, User]]:
    """Return (line, line manager) of a person, the latest first."""
    return db.session.execute(
        sa.select(ReportingLine, User)
        .join(User, User.id == ReportingLine.supervisor_id)
        .where(ReportingLine.user_id == user_id)
        .order_by(ReportingLine.valid_from.desc(), ReportingLine.id.desc())
        .limit(5)
    ).all()


def open_sessions(user_id: uuid.UUID) -> int:
    """Return on how many devices a person is signed in. Which ones is theirs to know."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at > utcnow())
        )
        or 0
    )


# -- units -------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit in the tree: how deep it is, and how many people belong to it itself."""

    id: int
    parent_id: int | None
    name: str
    short_name: str
    path: str
    valid_to: dt.date | None
    depth: int = 0
    people: int = 0

    @property
    def label(self) -> str:
        """Return its name in a list of choices, moved in as deep as it lies."""
        return "\u2003" * self.depth + self.name


def unit(unit_id: int) -> Unit:
    """Return a unit. Raises NotFound."""
    found = db.session.get(Unit, unit_id)
    if found is None:
        raise NotFound("no such unit")
    return found


def unit_tree(*, count: bool = False) -> list[UnitRow]:
    """Return all units, each below its parent and by name among its like: one statement; with `count` also how many people."""
    people_there: sa.ColumnElement[int] = sa.literal(0)
    if count:
        people_there = sa.select(sa.func.count()).where(User.unit_id == Unit.id, User.is_active).scalar_subquery()
    rows = db.session.execute(
        sa.select(Unit.id, Unit.parent_id, Unit.name, Unit.short_name, Unit.path, Unit.valid_to, people_there.label("people")).order_by(
            sa.func.lower(Unit.name)
        )
    ).all()
    below: dict[int | None, list[sa.Row[*tuple[object, ...]]]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)

    def walk(parent_id: int | None, depth: int) -> Iterator[UnitRow]:
        for row in below.get(parent_id, ()):
            yield UnitRow(row.id, row.parent_id, row.name, row.short_name, row.path, row.valid_to, depth, row.people)
            yield from walk(row.id, depth + 1)

    return list(walk(None, 0))


def unit_choices(tree: Sequence[UnitRow], today: dt.date, keep: int | None = None) -> list[tuple[int, str]]:
    """Return the units that are open today, for a list of choices; `keep` stays in it although it has ended."""
    return [(row.id, row.label) for row in tree if row.id == keep or row.valid_to is None or row.valid_to >= today]


def matching(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a unit is called so: name, short name, or another name that imports know."""
    other = sa.select(UnitAlias.unit_id).where(UnitAlias.alias.contains(fold(text), autoescape=True)) if fold(text) else None
    names = [Unit.name.icontains(text, autoescape=True), Unit.short_name.icontains(text, autoescape=True)]
    return sa.or_(*names, *([Unit.id.in_(other)] if other is not None else []))


def units_found(text: str) -> set[int]:
    """Return the ids of the units that are called so."""
    return set(db.session.scalars(sa.select(Unit.id).where(matching(text))))


def aliases_of(units: Sequence[Unit | UnitRow]) -> dict[int, list[str]]:
    """Return {unit: its other names} for some units, without the folded forms of its own names: one statement."""
    own = {(each.id, fold(name)) for each in units for name in (each.name, each.short_name)}
    found: dict[int, list[str]] = {}
    for alias, unit_id in db.session.execute(
        sa.select(UnitAlias.alias, UnitAlias.unit_id).where(UnitAlias.unit_id.in_([each.id for each in units])).order_by(UnitAlias.alias)
    ):
        if (unit_id, alias) not in own:
            found.setdefault(unit_id, []).append(alias)
    return found


def slice_of(rows: Sequence[UnitRow], number: int, per_page: int) -> Page:
    """Return one page of rows that are in memory already."""
    pages = max(1, -(-len(rows) // per_page))
    number = min(max(number, 1), pages)
    return Page(rows[(number - 1) * per_page : number * per_page], number, pages, len(rows))


# -- where a role can hold ----------------------------------------------------------------------------------------------------------


def places_found(kind: ScopeKind, text: str) -> Sequence[tuple[int, str | dict[str, str]]]:
    """Return (number, name) of the units, cohorts or modules that are called so, at most twenty."""
    words = text.lower().split()
    if kind is ScopeKind.UNIT:
        found = db.session.execute(sa.select(Unit.id, Unit.name).where(matching(text.strip())).order_by(Unit.name).limit(FOUND_AT_MOST))
        return [(number, name) for number, name in found]
    if kind is ScopeKind.COHORT:
        rows = db.session.execute(
            sa.select(Cohort.id, Cohort.title, Cohort.number, Cohort.year).order_by(Cohort.year.desc(), Cohort.id.desc())
        )
        named_so = [(number, title_of(title, roman, year), f"{title} {roman} {year}") for number, title, roman, year in rows]
        return [(number, name) for number, name, plain in named_so if all(word in f"{name} {plain}".lower() for word in words)][
            :FOUND_AT_MOST
        ]
    if kind is ScopeKind.MODULE:
        modules = db.session.execute(sa.select(Module.id, Module.key, Module.code, Module.about).order_by(Module.key)).all()
        titles = [(row.id, row.about.get("title") or {}, f"{row.key} {row.code}") for row in modules]
        return [
            (number, title)
            for number, title, plain in titles
            if all(word in f"{plain} {' '.join(title.values())}".lower() for word in words)
        ][:FOUND_AT_MOST]
    return []
