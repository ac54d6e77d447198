"""Doing what a check says: accounts, enrolments, and the row that tells what was made; all in the caller's transaction."""

from __future__ import annotations

import hashlib
import uuid

import sqlalchemy as sa

from lms.cohorts.imports import Check
from lms.cohorts.models import CohortImport, ColumnMapping, Fate, ImportDraft, ImportLine
from lms.cohorts.plan import Plan
from lms.cohorts.rows import Checked
from lms.cohorts.units import Unit
from lms.db import db, keep, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.joining import services as joining
from lms.learning import services as learning
from lms.learning.models import Cohort, Enrolment
from lms.people import services as people
from lms.people.access import Actor
from lms.people.models import Unit as UnitRow
from lms.people.permissions import MANAGE_COHORTS
from lms.people.roles import ScopeKind
from lms.privacy.services import audit


def carry_out(*, actor: Actor, cohort: Cohort, draft: ImportDraft, check: Check) -> CohortImport:
    """Do what the check says with its good rows, write down what was made, and remember columns and spellings. Sends nothing to anybody.

    Accounts begin without a password: their people choose one with an activation code. The check must have been made in the present
    transaction. Raises Refused when no row can be imported.
    """
    if not check.good:
        raise Refused(_("No row of the list can be imported."))
    done = CohortImport(
        cohort_id=cohort.id,
        actor_id=actor.id,
        file_name=draft.file_name,
        digest=hashlib.sha256(draft.data).hexdigest(),
        counts={fate.value: len(check.of(fate)) for fate in Fate},
    )
    db.session.add(done)
    db.session.flush()
    before = _groups_before(cohort, check)
    joining.enrolled(actor=actor, cohort_id=cohort.id, user_ids=[row.account.id for row in check.good if row.account])
    for row in check.good:
        user_id = row.account.id if row.account else people.create_user(actor_id=actor.id, **row.values).id
        enrolment = learning.enrol(actor_id=actor.id, cohort_id=cohort.id, user_id=user_id, group_id=row.group_id)
        db.session.add(_line(done, row, user_id, enrolment, before.get(user_id)))
    _remember(actor, cohort, check, Plan.of(draft.plan))
    audit(actor.id, "cohort:import", "cohort", cohort.id, list=done.id, **done.counts)
    db.session.flush()
    return done


def _groups_before(cohort: Cohort, check: Check) -> dict[uuid.UUID, int | None]:
    ids = [row.account.id for row in check.of(Fate.BACK) if row.account]
    statement = sa.select(Enrolment.user_id, Enrolment.group_id).where(Enrolment.cohort_id == cohort.id, Enrolment.user_id.in_(ids))
    return {row.user_id: row.group_id for row in db.session.execute(statement)} if ids else {}


def _line(done: CohortImport, row: Checked, user_id: uuid.UUID, enrolment: Enrolment, group_before: int | None) -> ImportLine:
    return ImportLine(
        import_id=done.id, row=row.number, fate=row.fate, user_id=user_id, enrolment_id=enrolment.id, group_before=group_before
    )


def _remember(actor: Actor, cohort: Cohort, check: Check, plan: Plan) -> None:
    """Keep how the columns were read for files with this header, and the ticked spellings as names of their units."""
    if check.table.by == "hand":
        fields = {str(place): name for place, name in check.table.fields.items()}
        row = {"unit_id": cohort.organizer_unit_id, "header": check.table.header, "fields": fields, "kept_at": utcnow()}
        keep(ColumnMapping, row, key=("unit_id", "header"))
    chosen = {spelling.key: spelling for spelling in check.spellings if spelling.remember and spelling.chosen.isdigit()}
    for key, spelling in chosen.items():
        unit = db.session.get(UnitRow, int(spelling.chosen))
        if unit is not None and key in plan.remember and may_name(actor, Unit(unit.id, unit.name, unit.path)):
            people.add_alias(actor=actor, unit=unit, alias=spelling.written)


def may_name(actor: Actor, unit: Unit) -> bool:
    """Tell whether a person may teach the site another name of a unit: organizers of the unit, of one above it, or of the whole site."""
    return any(
        grant.kind is ScopeKind.SITE or (grant.kind is ScopeKind.UNIT and grant.path and unit.path.startswith(grant.path))
        for grant in actor.grants_of(MANAGE_COHORTS)
    )
