"""Whose progress somebody may see today: their own scopes, and those they stand in for."""

from __future__ import annotations

import datetime as dt

from lms.db import read
from lms.errors import NotFound
from lms.people.access import Actor
from lms.people.models import full_name
from lms.people.permissions import SUPERVISE
from lms.people.roles import Role, ScopeKind
from lms.supervision import delegations
from lms.supervision.queries import Scope


def own_scopes(actor: Actor) -> list[Scope]:
    """Return what the actor may supervise in their own right: their reports (there may be none), then units and cohorts given to them.

    A reporting line says who the reports are; that a line manager may see their progress is a role, which can be taken away.
    """
    grants = [grant for grant in actor.grants_of(SUPERVISE) if grant.role is Role.SUPERVISOR]
    # A grant on a unit that is gone has no path, and an empty path would be the root of everything.
    units = {grant.scope_id: grant.path for grant in grants if grant.kind is ScopeKind.UNIT and grant.path}
    cohorts = {grant.scope_id for grant in grants if grant.kind is ScopeKind.COHORT}
    reports = [Scope("reports", supervisor_id=actor.id)] if any(grant.kind is ScopeKind.REPORTS for grant in grants) else []
    return [
        *reports,
        *[Scope("unit", number, path=units[number]) for number in sorted(units)],
        *[Scope("cohort", number) for number in sorted(cohorts, reverse=True)],
    ]


def scopes_of(actor: Actor, today: dt.date) -> list[Scope]:
    """Return what the actor may see today: their own scopes, then those that others have delegated to them and still hold themselves."""
    if not actor.may(SUPERVISE):
        return []
    return [*own_scopes(actor), *[_delegated(row) for row in read(delegations.RECEIVED, {"delegate_id": actor.id, "today": today})]]


def _delegated(row: delegations.Row) -> Scope:
    owner = full_name(row.title_before, row.name, row.title_after)
    return Scope(row.kind.value, row.scope_id, row.path or "", row.owner_id, row.delegate_id, row.id, owner)


def find_scope(actor: Actor, key: str, today: dt.date) -> Scope:
    """Return one of the actor's scopes by its key. Raises NotFound for any other: whether it exists is not said."""
    for scope in scopes_of(actor, today) if key.startswith("for-") else own_scopes(actor):
        if scope.key == key:
            return scope
    raise NotFound("no such scope of this person")


def with_list(scope: Scope) -> Scope:
    """Return the scope if it has a list of people. Raises NotFound for a unit: of units there are figures only."""
    if scope.kind == "unit":
        raise NotFound("of a unit there is no list of people")
    return scope
