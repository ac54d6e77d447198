"""Giving people coaches, mentors and examiners, and ending it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from lms.db import db, utcnow
from lms.errors import NotFound, Refused
from lms.guidance import queries
from lms.guidance.models import Guidance
from lms.guidance.queries import GUIDES
from lms.i18n import format_date, local_day
from lms.i18n import gettext as _
from lms.learning.models import Cohort, Enrolment
from lms.people.access import Actor
from lms.people.holders import nearest
from lms.people.models import User, full_name
from lms.people.roles import ROLE_TITLES, Role
from lms.privacy.services import audit

# domain.md §2.11: whoever coaches somebody never examines them.
APART = {Role.COACH: Role.EXAMINER, Role.EXAMINER: Role.COACH}
DAY = dt.timedelta(days=1)


def assign(
    *,
    actor: Actor,
    cohort: Cohort,
    enrolment_ids: Collection[int],
    role: Role,
    user_id: uuid.UUID | None,
    since: dt.date,
    until: dt.date | None = None,
) -> int:
    """Give people of a cohort a coach, mentor or examiner from a day on, in the place of whom they had; return how many people.

    user_id None ends it the day before. Raises Refused, and changes nothing at all, for somebody who does not hold the role on the cohort, for
    oneself, for an examiner who coaches or coached one of them (or the other way round), and for a day on which the guide before had already
    begun, since that nobody could see any more; NotFound when none of them is in the cohort.
    """
    if role not in GUIDES:
        raise Refused(_("This role cannot be held there."))
    if until is not None and until < since:
        raise Refused(_("The end is before the beginning."))
    owners = dict(
        db.session.execute(
            sa.select(Enrolment.id, Enrolment.user_id).where(Enrolment.cohort_id == cohort.id, Enrolment.id.in_(enrolment_ids))
        ).all()
    )
    if not owners:
        raise NotFound("none of these people is in the cohort")
    rows = [(row, name) for row, name in db.session.execute(queries.guidance_of(cohort.id, owners))]
    today = local_day(utcnow(), cohort.time_zone)
    if user_id is not None:
        _refuse(cohort, role, user_id, rows, owners, today)
    _refuse_forgetting(rows, role, user_id, since, today)
    kept = {row.enrolment_id: row for row, _name in rows if row.role is role and row.user_id == user_id}
    for row, _name in rows:
        if row.role is role and row.user_id != user_id:
            _end(row, since, today)
    for enrolment_id in owners if user_id is not None else ():
        row = kept.get(enrolment_id) or Guidance(enrolment_id=enrolment_id, user_id=user_id, role=role, valid_from=since, first_on=since)
        # Who comes back after somebody else begins anew; who goes on keeps the first day.
        goes_on = row.valid_to is None or row.valid_to >= since - DAY
        row.valid_from, row.valid_to = min(row.valid_from, since) if goes_on else since, until
        row.first_on = min(row.first_on, row.valid_from)
        db.session.add(row)
    audit(actor.id, "cohort:guide" if user_id else "cohort:guide_off", "cohort", cohort.id, role=role.value, people=len(owners))
    try:
        db.session.flush()
    except IntegrityError:  # somebody else has done it at the same moment
        raise Refused(_("Somebody has just changed who guides these people. Please look once more.")) from None
    return len(owners)


def _refuse(cohort: Cohort, role: Role, user_id: uuid.UUID, rows: list[Any], owners: dict[int, uuid.UUID], today: dt.date) -> None:
    names = {row.id: row.name for row in db.session.execute(queries.holders(cohort.id, today)) if row.role is role}
    if user_id not in names:
        raise Refused(_("This person does not hold the role in this cohort. Give it under Staff first."))
    if user_id in owners.values():
        raise Refused(_("%(name)s is one of these people. Nobody guides themselves.", name=names[user_id]))
    apart = [name for row, name in rows if row.role is APART.get(role) and row.user_id == user_id]
    if apart and role is Role.EXAMINER:
        people = ", ".join(apart)
        raise Refused(
            _(
                "%(name)s coaches or has coached %(people)s. Whoever coaches somebody never examines them.",
                name=names[user_id],
                people=people,
            )
        )
    if apart:
        raise Refused(
            _("%(name)s examines %(people)s. Whoever examines somebody never coaches them.", name=names[user_id], people=", ".join(apart))
        )


def _refuse_forgetting(rows: list[Any], role: Role, user_id: uuid.UUID | None, since: dt.date, today: dt.date) -> None:
    """Keep what was: somebody who has guided stays visible, and so does that they never examine whom they coached."""
    late = [
        (row.valid_from, name)
        for row, name in rows
        if row.role is role and row.user_id != user_id and row.first_on < today and row.valid_from >= since
    ]
    if late:
        day, people = max(day for day, _name in late), ", ".join(name for _day, name in late)
        raise Refused(_("Others guide %(people)s in this role since %(date)s. Choose a later day.", people=people, date=format_date(day)))


def _end(row: Guidance, since: dt.date, today: dt.date) -> None:
    """Let it end the day before; what had never begun by today, or began today, leaves no trace."""
    if row.valid_from < since:
        row.valid_to = since - DAY if row.valid_to is None else min(row.valid_to, since - DAY)
    elif row.first_on >= today:
        db.session.delete(row)
    else:
        row.valid_from = row.valid_to = row.first_on


def end_all(*, cohort_id: int, user_id: uuid.UUID, role: Role, since: dt.date) -> None:
    """End what somebody gave in a role on a cohort, when they lose the role today (`since`)."""
    for row in db.session.scalars(queries.given_by(cohort_id, user_id, role, since)):
        _end(row, since, since)
    db.session.flush()


def find_guided(actor: Actor, enrolment_id: int, today: dt.date) -> tuple[Cohort, Any]:
    """Return the cohort and the row of somebody whom the actor guides. Raises NotFound."""
    row = db.session.execute(queries.guided_by(actor, today).where(Enrolment.id == enrolment_id)).first()
    if row is None:
        raise NotFound("nobody whom this person guides")
    return db.session.get_one(Cohort, row.cohort_id), row


def helpers_of(enrolment_id: int, cohort_id: int, today: dt.date) -> tuple[list[tuple[str, str]], list[Any]]:
    """Return (role, full name) of a learner's coach and mentor of today, and the organizers to whom they turn: one statement."""
    rows = db.session.execute(queries.helpers_of(enrolment_id, cohort_id, today)).all()
    guides = sorted((row for row in rows if row.role), key=lambda row: (row.role, row.name))
    names = [(str(ROLE_TITLES[Role(row.role)]), full_name(row.title_before, row.name, row.title_after)) for row in guides]
    return names, nearest(row for row in rows if not row.role)


def export_guidance(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return who guided a person, for the export of their own data."""
    rows = db.session.execute(
        sa.select(Guidance.role, Guidance.valid_from, Guidance.valid_to, User.name)
        .join(Enrolment, Enrolment.id == Guidance.enrolment_id)
        .join(User, User.id == Guidance.user_id)
        .where(Enrolment.user_id == user_id)
        .order_by(Guidance.id)
    )
    return [
        {"guided_by": row.name, "role": row.role.value, "from": row.valid_from.isoformat(), "to": row.valid_to and row.valid_to.isoformat()}
        for row in rows
    ]
