"""The recognition rules of hours (JP, 45 minutes each) as dated data: agencies differ and the rules change.

Until a site has rules of its own, those in the box hold. A rule is never edited: a new one ends the one before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.people.access import Actor
from lms.people.models import Category
from lms.privacy.services import audit
from lms.progress.models import JpEntry, JpForm, JpRule

# Hours that a year asks for at least: of whom, from which year on. PP 11/2017 art. 203(4) says so of PNS; for PPPK and others nothing is set.
TARGETS: tuple[tuple[Category, int, Decimal], ...] = ((Category.PNS, 2017, Decimal(20)),)

# The conversion table that BPS (letter B-031/BPS/2600/02/2019) and LAN's slides built on PerLAN 10/2018; practice and reflection are parts of a
# training and recognised as designed. name, form, hours a day, hours an event, events a month.
SINCE = dt.date(2018, 1, 1)
TABLE = "PerLAN 10/2018; BPS B-031/BPS/2600/02/2019"
DEFAULTS: tuple[tuple[str, JpForm, int | None, int | None, int | None], ...] = (
    ("classroom-as-designed", JpForm.CLASSROOM, None, None, None),
    ("distance-as-designed", JpForm.DISTANCE, None, None, None),
    ("e-learning-3-per-day", JpForm.E_LEARNING, 3, None, None),
    ("practice-as-designed", JpForm.PRACTICE, None, None, None),
    ("reflection-as-designed", JpForm.REFLECTION, None, None, None),
    ("self-study-2-per-day", JpForm.SELF_STUDY, 2, None, None),
    ("seminar-4-per-day", JpForm.SEMINAR, 4, None, None),
    ("workshop-5-per-day", JpForm.WORKSHOP, 5, None, None),
    ("socialisation-4-per-day", JpForm.SOCIALISATION, 4, None, None),
    ("coaching-2-twice-a-month", JpForm.COACHING, None, 2, 2),
    ("mentoring-2-twice-a-month", JpForm.MENTORING, None, 2, 2),
    ("benchmarking-10", JpForm.BENCHMARKING, None, 10, None),
    ("internship-20", JpForm.INTERNSHIP, None, 20, None),
)


def targets_of(year: int) -> dict[Category, Decimal]:
    """Return the hours that a year asks for, of those categories of whom it asks any."""
    return {category: hours for category, since, hours in sorted(TARGETS, key=lambda row: row[1]) if since <= year}


def in_the_box() -> list[JpRule]:
    """Return the rules that hold until a site has its own; not in the database."""
    return [
        JpRule(name=name, form=form, valid_from=SINCE, per_day=_hours(day), per_event=_hours(event), per_month=month, source=TABLE)
        for name, form, day, event, month in DEFAULTS
    ]


def _hours(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def own() -> Sequence[JpRule]:
    """Return the site's own rules, by form and day."""
    return db.session.scalars(sa.select(JpRule).order_by(JpRule.form, JpRule.valid_from)).all()


def rules() -> Sequence[JpRule]:
    """Return the rules of this site: its own, or those in the box."""
    return own() or in_the_box()


def rule_for(known: Sequence[JpRule], form: JpForm, day: dt.date) -> JpRule:
    """Return the rule that holds for a form on a day: the latest that had begun. For days before the first, the first."""
    of_form = [rule for rule in known if rule.form is form]
    begun = [rule for rule in of_form if rule.valid_from <= day]
    return max(begun, key=lambda rule: rule.valid_from) if begun else min(of_form, key=lambda rule: rule.valid_from)


def used() -> dict[str, int]:
    """Return how many lines of the ledger were judged by each rule."""
    rows = db.session.execute(sa.select(JpEntry.rule, sa.func.count()).where(JpEntry.corrects_id.is_(None)).group_by(JpEntry.rule))
    return {row[0]: row[1] for row in rows}


def begin() -> None:
    """Make the rules in the box the site's own, so that others can follow them; a site that has some keeps them."""
    if not own():
        db.session.add_all(in_the_box())
        db.session.flush()


def add_rule(*, actor: Actor, values: Mapping[str, Any], today: dt.date) -> JpRule:
    """Add a rule that holds from a day on, and end the one before it; what was judged stays as it was.

    values: form, valid_from, per_day, per_event, per_month, source. Raises Refused for a day on which hours may have been
    judged already, and when a rule of the form begins on that day or later.
    """
    begin()
    form, day = JpForm(values["form"]), values["valid_from"]
    if day <= today:
        raise Refused(_("A rule begins tomorrow at the earliest: what was recognised before stays as it was."))
    before = max((rule for rule in own() if rule.form is form), key=lambda rule: rule.valid_from, default=None)
    if before is not None and before.valid_from >= day:
        raise Refused(_("A later rule of this form begins on %(day)s already.", day=before.valid_from.isoformat()))
    if before is not None:
        before.valid_to = day - dt.timedelta(days=1)
    limits = {name: values[name] for name in ("per_day", "per_event", "per_month")}
    rule = JpRule(name=f"{form.value}-{day:%Y%m%d}", form=form, valid_from=day, source=values["source"], **limits)
    db.session.add(rule)
    db.session.flush()
    audit(actor.id, "jp:rule", "jp_rule", rule.id, form=form.value, valid_from=day.isoformat())
    return rule
