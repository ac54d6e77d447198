"""What people decide: the rule, who has passed, more time for somebody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from lms.db import db, utcnow
from lms.decisions import queries
from lms.decisions.loading import Loaded, load
from lms.decisions.marks import final_mark
from lms.decisions.models import Decision, Outcome, PassingRule
from lms.decisions.rules import Standing, Tree, check
from lms.errors import NotFound, Refused
from lms.i18n import DEFAULT as OFFICIAL
from lms.i18n import gettext as _
from lms.i18n import lazy_gettext, local_day, ngettext
from lms.learning.models import Cohort
from lms.messages.services import notify
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.progress.services import lock_all

REMIND_BEFORE = dt.timedelta(days=7)
LONGEST = dt.timedelta(days=730)


def save_rule(*, actor: Actor, tree: Tree, note: str = "", cohort_id: int | None = None, course_id: int | None = None) -> PassingRule:
    """Write the next version of the passing rule of a cohort, or of a course for cohorts to come; nobody loses a decision by it.

    Raises RuleError for what is no rule.
    """
    tree = check(tree)
    where = PassingRule.cohort_id == cohort_id if cohort_id is not None else PassingRule.course_id == course_id
    latest = db.session.scalar(sa.select(sa.func.max(PassingRule.version)).where(where)) or 0
    rule = PassingRule(cohort_id=cohort_id, course_id=course_id, version=latest + 1, tree=tree, note=note, made_by_id=actor.id)
    db.session.add(rule)
    kind, number = ("cohort", cohort_id) if cohort_id is not None else ("course", course_id)
    audit(actor.id, "decisions:rule", kind, number, version=latest + 1)
    db.session.flush()
    return rule


def decide(
    *,
    actor: Actor,
    cohort: Cohort,
    enrolment_ids: Collection[int],
    outcome: Outcome,
    reason: str = "",
    task: str = "",
    due_on: dt.date | None = None,
) -> list[Decision]:
    """Write a decision for each of the people, who are told and can read it with its reason. A later decision replaces an earlier one.

    Who has exactly this decision of the same day from the actor keeps it: a button that is pressed twice decides once. Raises Refused when the actor is among them, when several would be failed at once, when a reason, task or day is missing that the outcome
    demands (passing somebody who does not meet the rule demands a reason), and NotFound for people who do not take part in the cohort. The
    caller has checked that the actor may manage the cohort.
    """
    people = {row.id: row for row in db.session.execute(queries.people_of(cohort.id)) if row.id in set(enrolment_ids)}
    if not people:
        raise Refused(_("Choose at least one person."))
    if len(people) < len(set(enrolment_ids)):
        raise NotFound("somebody does not take part in this cohort")
    if any(row.user_id == actor.id for row in people.values()):
        raise Refused(_("Nobody decides about themselves. Another organizer can."))
    lock_all(people)
    loaded = load(cohort.id)
    _demand(outcome, reason, task, due_on, local_day(utcnow(), cohort.time_zone), len(people))
    against = [row.name for row in people.values() if loaded.clause(row.id).standing is not Standing.MET]
    if outcome is Outcome.PASSED and against and not reason:
        text = ngettext(
            "%(names)s lacks something. Say why you decide otherwise; they can read it.",
            "%(names)s lack something. Say why you decide otherwise; they can read it.",
            len(against),
            names=", ".join(against),
        )
        raise Refused(text)
    values = {"outcome": outcome, "reason": reason, "task": task, "due_on": due_on, "decided_by_id": actor.id}
    if outcome is not Outcome.POSTPONED:
        values |= {"task": "", "due_on": None}
    known = {decision.enrolment_id: decision for decision in db.session.scalars(queries.latest_decisions(cohort.id))}
    return [_write(actor, loaded, row, values, known.get(row.id)) for row in people.values()]


def _demand(outcome: Outcome, reason: str, task: str, due_on: dt.date | None, today: dt.date, count: int) -> None:
    """Raise Refused when something is missing that the outcome demands."""
    if outcome is Outcome.FAILED and count > 1:
        raise Refused(_("Decide on “not passed” for one person at a time, on their page."))
    if outcome is not Outcome.PASSED and not reason:
        raise Refused(_("Say why. The learner can read it."))
    if outcome is Outcome.POSTPONED and (not task or due_on is None):
        raise Refused(_("Say what is still to do, and until when."))
    if outcome is Outcome.POSTPONED and due_on is not None and not today < due_on <= today + LONGEST:
        raise Refused(_("Choose a day after today, within two years."))


def _write(actor: Actor, loaded: Loaded, row: Any, values: Mapping[str, Any], before: Decision | None) -> Decision:
    mark, now = final_mark(loaded.programme, loaded.person(row.id)), utcnow()
    wanted = {
        **values,
        "score": None if mark.value is None else float(mark.value),
        "band": mark.band["label"][OFFICIAL] if mark.band else "",
        "rule_met": loaded.clause(row.id).standing is Standing.MET,
        "rule_id": loaded.rule.id if loaded.rule else None,
    }
    zone = loaded.cohort.time_zone
    same = before is not None and all(getattr(before, name) == value for name, value in wanted.items())
    if before is not None and same and local_day(before.decided_at, zone) == local_day(now, zone):
        return before
    decision = Decision(enrolment_id=row.id, decided_at=now, **wanted)
    db.session.add(decision)
    db.session.flush()
    audit(actor.id, "decisions:decide", "enrolment", row.id, outcome=decision.outcome.value, rule_met=decision.rule_met)
    notify(
        kind="decision",
        user_id=row.user_id,
        key=f"decision/{decision.id}",
        subject=lazy_gettext("There is a decision about your programme"),
        body=lazy_gettext("The organizer has written a decision about your programme. You can read it, why, and what comes next."),
        path=f"/learn/{loaded.cohort.id}/result",
    )
    return decision


def remind_postponed(today: dt.date) -> int:
    """Remind everybody whose task is due within a week, once; return how many were looked at."""
    rows = db.session.execute(queries.postponed_until(today, today + REMIND_BEFORE)).all()
    for decision, user_id, cohort_id in rows:
        notify(
            kind="due_soon",
            user_id=user_id,
            key=f"postponed/{decision.id}",
            subject=lazy_gettext("Your remaining task is due soon"),
            body=lazy_gettext("There is one thing left to finish your programme. The page says what it is and until when. You can do it."),
            path=f"/learn/{cohort_id}/result",
        )
    return len(rows)
