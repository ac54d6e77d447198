"""Standing in for a supervisor from … to … (Plt., Plh.): given for one scope, ended by either side, never passed on.

Whether a delegation holds is asked anew in every request: its days, and whether the supervisor still holds the scope.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.db import db, utcnow
from lms.errors import NotFound, Refused
from lms.i18n import gettext as _
from lms.i18n import lazy_gettext
from lms.messages.services import notify
from lms.people.access import Actor, valid_on
from lms.people.models import RoleAssignment, Unit, User
from lms.people.roles import Role, ScopeKind
from lms.privacy.services import audit
from lms.supervision.models import Capacity, Delegation
from lms.supervision.queries import Scope

LONGEST = dt.timedelta(days=184)
Row = Any

_Owner = aliased(User)
_TODAY = sa.bindparam("today", type_=sa.Date)
_HELD = sa.exists().where(
    RoleAssignment.user_id == Delegation.owner_id,
    RoleAssignment.role == Role.SUPERVISOR,
    RoleAssignment.scope_kind == Delegation.kind,
    RoleAssignment.scope_id == Delegation.scope_id,
    valid_on(RoleAssignment, _TODAY),
)

# The delegations that hold today for somebody: the one who gave it still holds a supervisor's role there. Parameters: delegate_id, today.
RECEIVED = (
    sa.select(
        Delegation.id,
        Delegation.kind,
        Delegation.scope_id,
        Delegation.owner_id,
        Delegation.delegate_id,
        Unit.path,
        _Owner.title_before,
        _Owner.name,
        _Owner.title_after,
    )
    .join(_Owner, _Owner.id == Delegation.owner_id)
    .outerjoin(Unit, sa.and_(Delegation.kind == ScopeKind.UNIT, Unit.id == Delegation.scope_id))
    .where(
        Delegation.delegate_id == sa.bindparam("delegate_id"),
        Delegation.ended_at.is_(None),
        _TODAY.between(Delegation.valid_from, Delegation.valid_to),
        _Owner.is_active,
        _HELD,
        sa.or_(Delegation.kind != ScopeKind.UNIT, Unit.path != ""),
    )
    .order_by(Delegation.id)
)


class WrongColleague(Refused):
    """The address is nobody's, or one's own."""


def _colleague(actor: Actor, email: str) -> User:
    user = db.session.scalar(sa.select(User).where(User.email == email.strip().lower(), User.is_active))
    if user is None:
        raise WrongColleague(_("Nobody here has this address. Please check it, or ask an administrator."))
    if user.id == actor.id:
        raise WrongColleague(_("Nobody stands in for themselves."))
    return user


def delegate(
    *, actor: Actor, scope: Scope, email: str, capacity: Capacity, valid_from: dt.date, valid_to: dt.date, today: dt.date
) -> Delegation:
    """Let a colleague, known by their address, see one of the actor's own scopes from … to …, and tell them.

    Raises WrongColleague for an address that is nobody's; Refused for a scope that is itself delegated, for days that are over, for more than
    half a year at once, and for what the colleague can see on these days already.
    """
    to = _colleague(actor, email)
    if scope.delegation:
        raise Refused(_("What was delegated to you cannot be passed on."))
    if not today <= valid_from <= valid_to:
        raise Refused(_("Choose days from today on; the last one not before the first."))
    if valid_to - valid_from > LONGEST:
        raise Refused(_("At most half a year at once. After that, delegate anew."))
    what: dict[str, Any] = {"owner_id": actor.id, "delegate_id": to.id, "kind": ScopeKind(scope.kind), "scope_id": scope.number}
    same = (Delegation.ended_at.is_(None), Delegation.valid_from <= valid_from, Delegation.valid_to >= valid_to)
    if db.session.scalar(sa.select(Delegation.id).filter_by(**what).where(*same).limit(1)) is not None:
        raise Refused(_("Your colleague sees this for you on these days already."))
    made = Delegation(**what, capacity=capacity, valid_from=valid_from, valid_to=valid_to)
    db.session.add(made)
    _open_door(actor, made)
    db.session.flush()
    audit(actor.id, "supervision:delegate", "delegation", made.id, scope=scope.key, days=(valid_to - valid_from).days + 1)
    notify(
        kind="work",
        user_id=to.id,
        key=f"delegation/{made.id}",
        subject=lazy_gettext("Somebody asks you to stand in for them"),
        body=lazy_gettext("A supervisor has delegated the view of a team to you for some days. You find it under “My team”."),
        path="/team",
    )
    return made


def _open_door(actor: Actor, made: Delegation) -> None:
    """Let the delegate open the pages of teams on these days, by a role of their own reports; what others gave them stays as it is.

    Whom they see for the actor, the delegation alone decides.
    """
    role: dict[str, Any] = {"user_id": made.delegate_id, "role": Role.SUPERVISOR, "scope_kind": ScopeKind.REPORTS, "scope_id": 0}
    since = made.valid_from
    for row in db.session.scalars(sa.select(RoleAssignment).filter_by(**role).order_by(RoleAssignment.valid_from)):
        if row.valid_from <= since and (row.valid_to is None or row.valid_to >= since):
            if row.valid_to is None or row.valid_to >= made.valid_to:
                return
            since = row.valid_to + dt.timedelta(days=1)
    db.session.add(RoleAssignment(**role, valid_from=since, valid_to=made.valid_to, granted_by_id=actor.id))


def end(*, actor: Actor, delegation_id: int) -> None:
    """End a delegation at once; whoever gave it may, and whoever received it. Raises NotFound for anybody else's."""
    made = db.session.scalar(
        sa.select(Delegation).where(
            Delegation.id == delegation_id, sa.or_(Delegation.owner_id == actor.id, Delegation.delegate_id == actor.id)
        )
    )
    if made is None:
        raise NotFound("no such delegation of this person")
    if made.ended_at is None:
        made.ended_at = utcnow()
        audit(actor.id, "supervision:end_delegation", "delegation", made.id)
        db.session.flush()


def known_to(actor: Actor, today: dt.date) -> Sequence[Row]:
    """Return the delegations that the actor gave or received and that are not over: (delegation, owner, delegate)."""
    mine = sa.or_(Delegation.owner_id == actor.id, Delegation.delegate_id == actor.id)
    return db.session.execute(_listed().where(mine, Delegation.ended_at.is_(None), Delegation.valid_to >= today)).all()


def latest(most: int = 200) -> Sequence[Row]:
    """Return the latest delegations of everybody, for administrators: (delegation, owner, delegate)."""
    return db.session.execute(_listed().limit(most)).all()


def _listed() -> sa.Select[Delegation, User, User]:
    receiver = aliased(User)
    return (
        sa.select(Delegation, _Owner, receiver)
        .join(_Owner, _Owner.id == Delegation.owner_id)
        .join(receiver, receiver.id == Delegation.delegate_id)
        .order_by(Delegation.valid_from.desc(), Delegation.id.desc())
    )
