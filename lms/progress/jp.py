"""Hours of learning (JP, 45 minutes each): what a section is designed for, and what the rules recognise.

Recognised hours are the designed hours under daily caps, counted on the local day on which the learning happened, never seconds on a
page. The rules are dated data: agencies differ and the rules change. Source of the present ones: the conversion table that BPS built on
PerLAN 10/2018 (e-learning at most 3 JP a day); practice and reflection are recognised as designed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from lms.db import db, keep, read, utcnow
from lms.i18n import local_day
from lms.learning.models import RevisionActivity
from lms.learning.outline import outline
from lms.progress.models import Completion, CompletionState, JpEntry, JpForm

YEARLY_TARGET = Decimal(20)  # PP 11/2017 art. 203(4): at least 20 JP a year for a PNS


@dataclass(frozen=True, slots=True)
class JpRule:
    """How hours of one form are recognised from a day on; `per_day` None is as designed."""

    name: str
    form: JpForm
    valid_from: dt.date
    per_day: Decimal | None


RULES = (
    JpRule("e-learning-3-per-day", JpForm.E_LEARNING, dt.date(2018, 1, 1), Decimal(3)),
    JpRule("practice-as-designed", JpForm.PRACTICE, dt.date(2018, 1, 1), None),
    JpRule("reflection-as-designed", JpForm.REFLECTION, dt.date(2018, 1, 1), None),
)


# The same section twice in a year, in another cohort: written down, recognised once.
REPEATED = JpRule("once-a-year", JpForm.E_LEARNING, dt.date(2018, 1, 1), Decimal(0))


def rule_for(form: JpForm, day: dt.date) -> JpRule:
    """Return the rule that holds for a form on a day: the latest that had begun."""
    return max((rule for rule in RULES if rule.form is form and rule.valid_from <= day), key=lambda rule: rule.valid_from)


def recognize(nominal: Decimal, rule: JpRule, already_that_day: Decimal) -> Decimal:
    """Return how many of the nominal hours a rule recognises when some were recognised on that day before."""
    if rule.per_day is None:
        return nominal
    return max(Decimal(0), min(nominal, rule.per_day - already_that_day))


def _credited_this_year(user_id: uuid.UUID, module_id: int, section: str, year: int) -> bool:
    line = sa.select(JpEntry.id).where(
        JpEntry.user_id == user_id,
        JpEntry.module_id == module_id,
        JpEntry.section == section,
        JpEntry.occurred_on.between(dt.date(year, 1, 1), dt.date(year, 12, 31)),
    )
    return db.session.scalar(sa.select(line.exists())) or False


_SECTION = (
    sa.select(
        sa.func.count(RevisionActivity.id).label("required"),
        sa.func.count(Completion.activity_key).label("complete"),
        sa.func.max(Completion.first_completed_at).label("finished_at"),
    )
    .outerjoin(
        Completion,
        sa.and_(
            Completion.enrolment_id == sa.bindparam("enrolment_id"),
            Completion.module_id == sa.bindparam("module_id"),
            Completion.activity_key == RevisionActivity.key,
            Completion.state == CompletionState.COMPLETE,
        ),
    )
    .where(
        RevisionActivity.revision_id == sa.bindparam("revision_id"),
        RevisionActivity.section == sa.bindparam("section"),
        RevisionActivity.required,
    )
)


def credit_section(*, enrolment_id: int, user_id: uuid.UUID, module_id: int, revision_id: int, section: str, zone: str) -> None:
    """Write the ledger line of a section when all its required activities are complete and it has none yet."""
    found = next((part for part in outline(revision_id).about["sections"] if part["key"] == section), None)
    if not found or not found.get("jp"):
        return
    where = {"enrolment_id": enrolment_id, "module_id": module_id, "revision_id": revision_id, "section": section}
    counts = read(_SECTION, where).one()
    if not counts.required or counts.complete < counts.required or counts.finished_at is None:
        return
    day, form, nominal = local_day(counts.finished_at, zone), JpForm(found["form"]), Decimal(str(found["jp"]))
    rule = rule_for(form, day)
    if _credited_this_year(user_id, module_id, section, day.year):
        rule = REPEATED
    already = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(JpEntry.recognized), 0)).where(
            JpEntry.user_id == user_id, JpEntry.occurred_on == day, JpEntry.form == form
        )
    )
    row = {
        "enrolment_id": enrolment_id,
        "user_id": user_id,
        "module_id": module_id,
        "section": section,
        "form": form,
        "nominal": nominal,
        "recognized": recognize(nominal, rule, Decimal(str(already))),
        "rule": rule.name,
        "occurred_on": day,
        "recorded_at": utcnow(),
    }
    keep(JpEntry, row, key=("enrolment_id", "module_id", "section"), update=False)
