"""Kind notices to learners who come near a limit of absence, once for each threshold; and what pages show of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from lms.attendance import queries
from lms.attendance.limits import Absence, Held, absence_of
from lms.db import db
from lms.errors import NotFound
from lms.i18n import lazy_gettext as _
from lms.learning.models import Cohort, Enrolment, EnrolmentState
from lms.messages.services import notify

SUBJECTS = {50: _("You have missed several meetings"), 80: _("Please talk with your organizer about the meetings you missed")}
BODIES = {
    50: _("Half of the absence that your course allows is used up. Tell your organizer if something keeps you away; help is possible."),
    80: _(
        "Most of the absence that your course allows is used up. Your organizer can look for a way with you. A person decides, not a program."
    ),
}


def absences(enrolments: Collection[int]) -> dict[int, Absence]:
    """Return {enrolment id: what they have missed} of those who were noted at all: one statement."""
    held: dict[int, list[Held]] = {}
    limits: dict[int, Any] = {}
    for row in db.session.execute(queries.held_by(enrolments)):
        held.setdefault(row.enrolment_id, []).append(Held(row.state, row.starts_at, row.ends_at, row.jp, row.time_zone or row.cohort_zone))
        limits[row.enrolment_id] = row.absence_limits
    return {number: absence_of(rows, limits[number]) for number, rows in held.items()}


def absence_list(cohort_id: int) -> list[tuple[Any, Absence]]:
    """Return (person, what they have missed) of a cohort, who is nearest to a limit first: two statements."""
    people: Sequence[Any] = db.session.execute(queries.absent_in(cohort_id)).all()
    known = absences([row.id for row in people]) if people else {}
    found = [(row, known[row.id]) for row in people]
    return sorted(found, key=lambda pair: (-pair[1].percent, -pair[1].missed["sessions"]))


def of_enrolment(enrolment_id: int) -> Absence:
    """Return what one person has missed: one statement."""
    return absences([enrolment_id]).get(enrolment_id) or Absence()


def own_record(user_id: uuid.UUID, cohort_id: int) -> tuple[Cohort, Sequence[Any], Absence]:
    """Return a person's cohort, its meetings for them each with what is noted, and what they have missed. Raises NotFound when not in it."""
    found = db.session.execute(
        sa.select(Cohort, Enrolment.id)
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .where(Enrolment.user_id == user_id, Cohort.id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE)
    ).one_or_none()
    if found is None:
        raise NotFound("not a cohort of this person")
    cohort, enrolment_id = found
    return cohort, db.session.execute(queries.meetings_with(enrolment_id)).all(), of_enrolment(enrolment_id)


def warn(cohort_id: int, enrolments: Iterable[int]) -> None:
    """Write to those who have just come near a limit. The same threshold is written once for each enrolment, whatever happens later."""
    wanted = list(enrolments)
    near = {number: absence.warning for number, absence in absences(wanted).items() if absence.warning} if wanted else {}
    for row in db.session.execute(sa.select(Enrolment.id, Enrolment.user_id).where(Enrolment.id.in_(near))) if near else ():
        mark = near[row.id]
        notify(
            kind="absence",
            user_id=row.user_id,
            key=f"absence/{row.id}/{mark}",
            subject=SUBJECTS[mark],
            body=BODIES[mark],
            path=f"/learn/{cohort_id}",
        )
