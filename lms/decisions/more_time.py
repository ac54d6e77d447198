"""Requests for more time: a learner asks for a later due day of a module, an organizer gives it or says why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import db, utcnow
from lms.errors import NotFound, Refused
from lms.i18n import format_date, lazy_gettext, local_day
from lms.i18n import gettext as _
from lms.learning.models import Cohort, CohortModule, Enrolment, EnrolmentState, Revision
from lms.messages.services import notify
from lms.people.access import Actor
from lms.people.holders import people_with
from lms.people.models import User
from lms.people.permissions import MANAGE_COHORTS
from lms.privacy.services import audit
from lms.progress import services as progress
from lms.progress.models import ModuleProgress, TimeRequest
from lms.progress.queries import DUE_ON, extension_of

Select = sa.Select[*tuple[Any, ...]]

ASKED = (
    lazy_gettext("Somebody asks for more time"),
    lazy_gettext("A learner of your cohort asks for a later due day. The page says for which part."),
)
GIVEN = (lazy_gettext("You have more time"), lazy_gettext("The organizer has given you a later due day. Thank you for asking."))
DECLINED = (
    lazy_gettext("Your request for more time was answered"),
    lazy_gettext("The due day stays as it is. The page says what the organizer writes to you."),
)


# -- reads --------------------------------------------------------------------------------------------------------------------------------


def own_enrolment(actor: Actor, cohort_id: int) -> tuple[Enrolment, Cohort]:
    """Return one's enrolment and its cohort. Raises NotFound for who does not take part."""
    row = db.session.execute(
        sa.select(Enrolment, Cohort)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(Enrolment.user_id == actor.id, Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE)
    ).one_or_none()
    if row is None:
        raise NotFound("not a cohort of this person")
    return row[0], row[1]


def modules_of(enrolment_id: int) -> Sequence[Any]:
    """Return (module id, about, due day of theirs) of the modules in which something is still due from a learner: one statement."""
    left = ModuleProgress.done_count + ModuleProgress.waiting_count < ModuleProgress.required_count
    return db.session.execute(
        sa.select(CohortModule.module_id, Revision.about, DUE_ON.label("due_on"))
        .join(Enrolment, Enrolment.cohort_id == CohortModule.cohort_id)
        .join(Revision, Revision.id == CohortModule.revision_id)
        .join(ModuleProgress, sa.and_(ModuleProgress.module_id == CohortModule.module_id, ModuleProgress.enrolment_id == Enrolment.id))
        .outerjoin(*extension_of(Enrolment.id))
        .where(Enrolment.id == enrolment_id, CohortModule.due_on.is_not(None), left)
        .order_by(CohortModule.position)
    ).all()


def requests_of(cohort_id: int, enrolment_id: int | None = None) -> Select:
    """Return (request, name, about of its module) of a cohort, or of one learner in it: what waits first, then the latest."""
    found = (
        sa.select(TimeRequest, User.name, Revision.about)
        .join(Enrolment, Enrolment.id == TimeRequest.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == TimeRequest.module_id))
        .join(Revision, Revision.id == CohortModule.revision_id)
        .where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE)
        .order_by(TimeRequest.answered_at.is_(None).desc(), TimeRequest.asked_at.desc(), TimeRequest.id.desc())
    )
    return found if enrolment_id is None else found.where(Enrolment.id == enrolment_id)


def open_requests(cohort_id: int, _today: dt.date) -> Select:
    """Return how many requests of a cohort wait."""
    return (
        sa.select(sa.func.count(TimeRequest.id))
        .join(Enrolment, Enrolment.id == TimeRequest.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE, TimeRequest.answered_at.is_(None))
    )


# -- what people do -----------------------------------------------------------------------------------------------------------------------


def ask(*, actor: Actor, enrolment: Enrolment, cohort: Cohort, module_id: int, wished_on: dt.date, reason: str) -> TimeRequest:
    """Ask for a later due day of a module; asking again while it waits changes the request. The organizers are told once for each day.

    Raises Refused for a day that is not later than the present one or than today, NotFound for a module in which nothing is due.
    """
    due_on = next((row.due_on for row in modules_of(enrolment.id) if row.module_id == module_id), None)
    if due_on is None:
        raise NotFound("nothing is due in this module")
    today = local_day(utcnow(), cohort.time_zone)
    if wished_on <= max(due_on, today):
        raise Refused(_("Choose a day after %(date)s.", date=format_date(max(due_on, today))))
    progress.lock(enrolment.id)
    waits = (TimeRequest.enrolment_id == enrolment.id, TimeRequest.module_id == module_id, TimeRequest.answered_at.is_(None))
    found = db.session.scalar(sa.select(TimeRequest).where(*waits))
    if found is None:
        found = TimeRequest(enrolment_id=enrolment.id, module_id=module_id)
        db.session.add(found)
    found.wished_on, found.reason, found.asked_at = wished_on, reason, utcnow()
    db.session.flush()
    audit(actor.id, "progress:ask_time", "enrolment", enrolment.id, module=module_id, wished=wished_on.isoformat())
    for user_id in people_with(MANAGE_COHORTS, cohort.id, today):
        subject, body = ASKED
        key = f"cohort/{cohort.id}/time/{today.isoformat()}"
        notify(user_id=user_id, kind="asked", key=key, subject=subject, body=body, path=f"/cohorts/{cohort.id}/more-time")
    return found


def answer(*, actor: Actor, cohort: Cohort, ask_id: int, due_on: dt.date | None, words: str) -> TimeRequest:
    """Give the time that somebody asked for (due_on), or decline it (None) with a sentence that they read; they are told.

    Raises NotFound for a request of another cohort, Refused for one that was answered, one's own, and for a refusal without a sentence.
    """
    statement = sa.select(TimeRequest, Enrolment.user_id).join(Enrolment, Enrolment.id == TimeRequest.enrolment_id)
    row = db.session.execute(
        statement.where(TimeRequest.id == ask_id, Enrolment.cohort_id == cohort.id).with_for_update(of=TimeRequest)
    ).one_or_none()
    if row is None:
        raise NotFound("no such request in the cohort")
    asked, user_id = row
    if asked.answered_at is not None:
        raise Refused(_("This request was answered in the meantime."))
    if user_id == actor.id:
        raise Refused(_("Nobody decides about themselves. Another organizer can."))
    if due_on is None and not words:
        raise Refused(_("Say why. The learner can read it."))
    if due_on is not None:
        number = asked.enrolment_id
        progress.extend(
            actor=actor, cohort_id=cohort.id, enrolment_ids=[number], module_id=asked.module_id, due_on=due_on, reason=words or asked.reason
        )
    asked.answered_at, asked.answered_by_id, asked.given_on, asked.answer = utcnow(), actor.id, due_on, words
    db.session.flush()
    audit(actor.id, "progress:answer_time", "enrolment", asked.enrolment_id, module=asked.module_id, given=due_on is not None)
    subject, body = DECLINED if due_on is None else GIVEN
    notify(user_id=user_id, kind="more_time", key=f"time/{asked.id}", subject=subject, body=body, path=f"/learn/{cohort.id}/more-time")
    return asked
