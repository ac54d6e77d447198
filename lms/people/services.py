"""People, units and roles: what changes them."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from lms.db import db, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.learning.models import Cohort, Enrolment, Module
from lms.messages.kinds import SECURITY
from lms.messages.services import notify
from lms.messages.words import ISSUED_PASSWORD
from lms.people import nip, passwords
from lms.people.access import Actor, valid_on
from lms.people.models import Category, IdentityType, ReportingLine, RoleAssignment, Unit, UnitAlias, User
from lms.people.roles import SCOPES, Role, ScopeKind
from lms.people.sessions import end_all_sessions, sessions_of, set_password
from lms.privacy.queries import audit_about, readings_of
from lms.privacy.services import audit
from lms.registry import registry
from lms.supervision.marks import mark

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look like others, for a password that is read out
SCOPE_MODELS: dict[ScopeKind, type[Unit | Cohort | Module]] = {ScopeKind.UNIT: Unit, ScopeKind.COHORT: Cohort, ScopeKind.MODULE: Module}
OWN_FIELDS = ("title_before", "name", "title_after", "birth_place", "phone", "language", "time_zone")


class Taken(Refused):
    """Something that only one can have is somebody else's already; `field` is the name of its form field."""

    def __init__(self, field: str, message: str) -> None:
        """Remember which field."""
        super().__init__(message)
        self.field = field


def nobody_yet() -> bool:
    """Tell whether the site has no people at all."""
    return db.session.scalar(sa.select(User.id).limit(1)) is None


def demonstration_accounts() -> list[str]:
    """Return the printed accounts of the demonstration, when this database holds it."""
    accounts = [f"{name}@demo.example" for name in ("learner", "instructor", "supervisor", "organizer", "admin", "dpo", "counsellor")]
    known = set(db.session.scalars(sa.select(User.email).where(User.email.in_(accounts))))
    return [account for account in accounts if account in known]


def first_admin(*, name: str, email: str, password: str) -> User:
    """Make the first administrator. Raises Refused when there are people already."""
    if not nobody_yet():
        raise Refused(_("This site has an administrator already."))
    user = create_user(actor_id=None, name=name, email=email, password=password)
    grant_role(actor_id=None, user_id=user.id, role=Role.ADMIN, kind=ScopeKind.SITE)
    return user


def create_user(*, actor_id: uuid.UUID | None, name: str, email: str | None = None, password: str | None = None, **values: Any) -> User:
    """Make a person. Raises Taken when somebody has this e-mail address or employee number already."""
    email = email.strip().lower() if email else None
    _refuse_taken(None, email, values.get("employee_number"))
    if password:
        values["password_hash"] = passwords.hash_password(password)
    values["birth_date"] = nip.born(values.get("employee_number")) or values.get("birth_date")
    user = User(name=name.strip(), email=email, **values)
    db.session.add(user)
    db.session.flush()
    audit(actor_id, "people:create", "user", user.id)
    return user


def _refuse_taken(user_id: uuid.UUID | None, email: str | None, employee_number: str | None) -> None:
    for column, value, message in (
        (User.email, email, _("Somebody has this e-mail address already.")),
        (User.employee_number, employee_number, _("Somebody has this employee number already.")),
    ):
        if value:
            other = db.session.scalar(sa.select(User.id).where(column == value))
            if other is not None and other != user_id:
                raise Taken(column.key, message)


def change_profile(*, actor: Actor, user: User, values: Mapping[str, Any]) -> None:
    """Change what people may change about themselves."""
    for name in OWN_FIELDS:
        if name in values:
            setattr(user, name, values[name] or "")
    audit(actor.id, "people:change", "user", user.id)
    db.session.flush()


def add_person(*, actor: Actor, values: Mapping[str, Any]) -> User:
    """Make a person from what an administrator wrote down. Raises Taken for an e-mail address or number that somebody else has."""
    return create_user(actor_id=actor.id, **_columns(values))


def change_person(*, actor: Actor, user: User, values: Mapping[str, Any]) -> None:
    """Change a person as an administrator. Raises Taken for an e-mail address or number that somebody else has."""
    columns = _columns(values)
    _refuse_taken(user.id, columns["email"], columns["employee_number"])
    for name, value in columns.items():
        setattr(user, name, value)
    moved = sa.update(Enrolment).where(Enrolment.user_id == user.id).values(unit_id=user.unit_id).returning(Enrolment.cohort_id)
    for cohort_id in db.session.scalars(moved).all():
        mark(cohort_id)
    audit(actor.id, "people:change", "user", user.id)
    db.session.flush()


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form says about a person as it is kept."""
    texts = {name: (values[name] or "").strip() for name in (*OWN_FIELDS, "position", "institution", "grade") if name in values}
    return {
        **texts,
        "email": (values.get("email") or "").strip().lower() or None,
        "employee_number": values.get("employee_number") or None,
        "identity_type": IdentityType(values["identity_type"]),
        "category": Category(values["category"]),
        "unit_id": values.get("unit_id") or None,
        "birth_date": nip.born(values.get("employee_number")) or values.get("birth_date"),
    }


def random_password() -> str:
    """Return a random password that can be read out: 59 bits in three groups of four."""
    return "-".join("".join(secrets.choice(READABLE) for _letter in range(4)) for _group in range(3))


def issue_password(*, actor: Actor | None, user: User) -> str:
    """Give a person a new random password, end all their sessions, tell them, and return it: it is shown once, to who asked, and kept nowhere.

    actor None is somebody at the console of the server.
    """
    password = random_password()
    set_password(user_id=user.id, password=password, actor_id=actor.id if actor else None)
    end_all_sessions(user_id=user.id)
    subject, body = ISSUED_PASSWORD
    notify(kind=SECURITY, user_id=user.id, key=f"password/{uuid.uuid4()}", subject=subject, body=body, path="/profile/security")
    return password


def sign_out_everywhere(*, actor: Actor, user: User) -> None:
    """End all sessions of a person."""
    end_all_sessions(user_id=user.id)
    audit(actor.id, "people:sign_out", "user", user.id)


def set_active(*, actor: Actor, user: User, active: bool) -> None:
    """Let a person sign in, or not; who may not is signed out everywhere at once.

    Raises Refused for oneself, and for the last administrator.
    """
    if not active and user.id == actor.id:
        raise Refused(_("You cannot close your own account. Another administrator can."))
    if not active and _is_admin(user.id) and not _other_admins(user.id):
        raise Refused(_("The site needs one administrator at least."))
    user.is_active = active
    if not active:
        end_all_sessions(user_id=user.id)
    audit(actor.id, "people:activate" if active else "people:deactivate", "user", user.id)


# -- roles -------------------------------------------------------------------------------------------------------------------------


def grant_role(
    *,
    actor_id: uuid.UUID | None,
    user_id: uuid.UUID,
    role: Role,
    kind: ScopeKind,
    scope_id: int = 0,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
) -> RoleAssignment:
    """Give a person a role somewhere, from … to …; one that holds already is kept and ends on the new day.

    Raises Refused where this role cannot be held, when there is no such place, and when the end is before the beginning.
    """
    if kind not in SCOPES.get(role, ()):
        raise Refused(_("This role cannot be held there."))
    if kind is not ScopeKind.SITE and db.session.get(SCOPE_MODELS[kind], scope_id) is None:
        raise Refused(_("The place of this role does not exist any more."))
    start = valid_from or utcnow().date()
    if valid_to is not None and valid_to < start:
        raise Refused(_("The end is before the beginning."))
    known = db.session.scalar(
        sa.select(RoleAssignment).where(
            RoleAssignment.user_id == user_id,
            RoleAssignment.role == role,
            RoleAssignment.scope_kind == kind,
            RoleAssignment.scope_id == scope_id,
            sa.or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to >= start),
        )
    )
    if known is not None:
        if known.valid_to != valid_to or start < known.valid_from:
            known.valid_to, known.valid_from = valid_to, min(start, known.valid_from)
            audit(actor_id, "people:grant", "user", user_id, role=role.value, scope=kind.value, number=scope_id)
            db.session.flush()
        return known
    grant = RoleAssignment(
        user_id=user_id, role=role, scope_kind=kind, scope_id=scope_id, valid_from=start, valid_to=valid_to, granted_by_id=actor_id
    )
    db.session.add(grant)
    audit(actor_id, "people:grant", "user", user_id, role=role.value, scope=kind.value, number=scope_id)
    db.session.flush()
    return grant


def revoke_role(*, actor: Actor | None, grant: RoleAssignment) -> None:
    """Take a role away. The last administrator stays one. Raises Refused."""
    if grant.role is Role.ADMIN and not _other_admins(grant.user_id):
        raise Refused(_("The site needs one administrator at least."))
    actor_id = actor.id if actor else None
    audit(actor_id, "people:revoke", "user", grant.user_id, role=grant.role.value, scope=grant.scope_kind.value, number=grant.scope_id)
    db.session.delete(grant)
    db.session.flush()


def _admins() -> sa.Select[uuid.UUID]:
    """Return who can act as an administrator today: an account that may sign in, a role that holds."""
    return (
        sa.select(User.id)
        .join(RoleAssignment, RoleAssignment.user_id == User.id)
        .where(RoleAssignment.role == Role.ADMIN, User.is_active, valid_on(RoleAssignment, utcnow().date()))
    )


def _is_admin(user_id: uuid.UUID) -> bool:
    return db.session.scalar(_admins().where(User.id == user_id)) is not None


def _other_admins(user_id: uuid.UUID) -> bool:
    return db.session.scalar(_admins().where(User.id != user_id).limit(1)) is not None


def report_to(*, actor_id: uuid.UUID | None, user_id: uuid.UUID, supervisor_id: uuid.UUID | None, since: dt.date) -> None:
    """Make somebody a person's line manager from a day on (None: nobody); the one before ends the day before.

    Raises Refused when the two are one person, or when there is no such person.
    """
    if supervisor_id == user_id:
        raise Refused(_("Nobody is their own line manager."))
    if supervisor_id is not None and db.session.get(User, supervisor_id) is None:
        raise Refused(_("This person does not exist any more."))
    of_person = ReportingLine.user_id == user_id
    db.session.execute(sa.delete(ReportingLine).where(of_person, ReportingLine.valid_from >= since))
    db.session.execute(
        sa.update(ReportingLine)
        .where(of_person, sa.or_(ReportingLine.valid_to.is_(None), ReportingLine.valid_to >= since))
        .values(valid_to=since - dt.timedelta(days=1))
    )
    if supervisor_id is not None:
        db.session.add(ReportingLine(user_id=user_id, supervisor_id=supervisor_id, valid_from=since))
        _make_supervisor(actor_id, supervisor_id, since)
    audit(actor_id, "people:report_to", "user", user_id)
    db.session.flush()


def _make_supervisor(actor_id: uuid.UUID | None, user_id: uuid.UUID, since: dt.date) -> None:
    """Let a line manager find their team; whom it holds, the reporting lines alone decide."""
    held = sa.select(RoleAssignment).where(RoleAssignment.user_id == user_id, RoleAssignment.scope_kind == ScopeKind.REPORTS)
    known = db.session.scalars(held).all()
    same_day = next((row for row in known if row.valid_from == since), None)
    if same_day is not None:
        same_day.valid_to = None  # it was one of somebody who stands in for a supervisor for some days
    elif all(row.valid_to is not None for row in known):
        db.session.add(
            RoleAssignment(
                user_id=user_id, role=Role.SUPERVISOR, scope_kind=ScopeKind.REPORTS, scope_id=0, valid_from=since, granted_by_id=actor_id
            )
        )


# -- units -------------------------------------------------------------------------------------------------------------------------


def create_unit(
    *, actor_id: uuid.UUID | None, name: str, parent: Unit | None = None, short_name: str = "", aliases: tuple[str, ...] = ()
) -> Unit:
    """Make a unit below another (or at the root) with the other names that spreadsheets use for it.

    Raises Taken when there is one of this name in the same place.
    """
    _refuse_same_name(parent.id if parent else None, name.strip())
    unit = Unit(name=name.strip(), short_name=short_name.strip(), parent_id=parent.id if parent else None)
    db.session.add(unit)
    db.session.flush()
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    _remember_names(unit, name, short_name, *aliases)
    audit(actor_id, "people:unit", "unit", unit.id)
    db.session.flush()
    return unit


def _refuse_same_name(parent_id: int | None, name: str, unit_id: int | None = None) -> None:
    twin = db.session.scalar(
        sa.select(Unit.id).where(Unit.parent_id.is_(None) if parent_id is None else Unit.parent_id == parent_id, Unit.name == name)
    )
    if twin is not None and twin != unit_id:
        raise Taken("name", _("There is a unit of this name in the same place."))


def _remember_names(unit: Unit, *names: str) -> None:
    """Keep what a unit is called for the import of spreadsheets; a name that is another unit's stays there."""
    for alias in {fold(text) for text in names} - {""}:
        if db.session.get(UnitAlias, alias) is None:
            db.session.add(UnitAlias(alias=alias, unit_id=unit.id))


def rename_unit(*, actor: Actor, unit: Unit, name: str, short_name: str) -> None:
    """Give a unit other names; the old ones stay known to imports. Raises Taken when there is one of this name in the same place."""
    _refuse_same_name(unit.parent_id, name.strip(), unit.id)
    _remember_names(unit, unit.name, unit.short_name, name, short_name)
    unit.name, unit.short_name = name.strip(), short_name.strip()
    audit(actor.id, "people:rename_unit", "unit", unit.id)
    db.session.flush()


def move_unit(*, actor: Actor, unit: Unit, parent: Unit | None) -> None:
    """Put a unit, with all that is below it, below another or at the root (None); who is responsible for what follows at once.

    Raises Refused when the place is the unit itself or below it, and Taken when there is one of this name.
    """
    wanted = [unit.id, *([parent.id] if parent else [])]
    # Two moves at the same time could make a ring; the rows are locked in one order and read again.
    db.session.scalars(
        sa.select(Unit).where(Unit.id.in_(wanted)).order_by(Unit.id).with_for_update().execution_options(populate_existing=True)
    ).all()
    if parent is not None and parent.path.startswith(unit.path):
        raise Refused(_("A unit cannot be put below itself."))
    _refuse_same_name(parent.id if parent else None, unit.name, unit.id)
    old, new = unit.path, f"{parent.path if parent else '/'}{unit.id}/"
    unit.parent_id = parent.id if parent else None
    db.session.flush()
    db.session.execute(
        sa.update(Unit)
        .where(Unit.path.startswith(old, autoescape=True))
        .values(path=sa.literal(new) + sa.func.substr(Unit.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    audit(actor.id, "people:move_unit", "unit", unit.id)
    db.session.flush()


def close_unit(*, actor: Actor, unit: Unit, last_day: dt.date | None) -> None:
    """Let a unit and all that is below it end on a day (what ended before stays so); None opens this unit again.

    Raises Refused when it would end before it began.
    """
    if last_day is None:
        unit.valid_to = None
    else:
        if unit.valid_from and last_day < unit.valid_from:
            raise Refused(_("The end is before the beginning."))
        below = sa.and_(Unit.path.startswith(unit.path, autoescape=True), sa.or_(Unit.valid_to.is_(None), Unit.valid_to > last_day))
        db.session.execute(sa.update(Unit).where(sa.or_(below, Unit.id == unit.id)).values(valid_to=last_day))
    audit(actor.id, "people:close_unit" if last_day else "people:open_unit", "unit", unit.id)
    db.session.flush()


def add_alias(*, actor: Actor, unit: Unit, alias: str) -> None:
    """Remember another name of a unit. Raises Taken when it is another unit's, or when it has neither letter nor digit."""
    folded = fold(alias)
    known = db.session.get(UnitAlias, folded)
    if not folded:
        raise Taken("alias", _("A name needs letters or digits."))
    if known is not None and known.unit_id != unit.id:
        raise Taken("alias", _("This name belongs to another unit."))
    if known is None:
        db.session.add(UnitAlias(alias=folded, unit_id=unit.id))
        audit(actor.id, "people:alias", "unit", unit.id)
    db.session.flush()


def remove_alias(*, actor: Actor, unit: Unit, alias: str) -> None:
    """Forget another name of a unit; one that it does not have changes nothing."""
    db.session.execute(sa.delete(UnitAlias).where(UnitAlias.alias == alias, UnitAlias.unit_id == unit.id))
    audit(actor.id, "people:forget_alias", "unit", unit.id)


def fold(text: str) -> str:
    """Return text as it is compared: no accents, small letters and digits only."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


# -- one's own data ------------------------------------------------------------------------------------------------------------------


def export_person(*, actor: Actor) -> dict[str, Any]:
    """Return everything that is kept about the person who asks, as plain data: kernel tables, and what each plugin keeps."""
    user = db.session.get_one(User, actor.id)
    columns = [column.key for column in User.__table__.columns if column.key != "password_hash"]
    result: dict[str, Any] = {
        "profile": {name: getattr(user, name) for name in columns},
        "sessions": [{"device": row.device, "since": row.created_at, "seen": row.seen_at} for row in sessions_of(actor.id)],
        "who_read_my_texts": [
            {"reader": name, "kind": row.kind, "reason": row.reason, "at": row.at, "until": row.until}
            for row, name in db.session.execute(readings_of(actor.id))
        ],
        "audit": [{"at": row.at, "action": row.action, "detail": row.detail} for row in db.session.scalars(audit_about("user", actor.id))],
    }
    for plugin in registry().exporters:
        result[plugin.key] = [line for export in plugin.exports for line in export(actor.id)]
    audit(actor.id, "privacy:export", "user", actor.id)
    return result
