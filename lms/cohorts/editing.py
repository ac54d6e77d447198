"""What organizers change in a cohort itself: its number, name, unit, wave, zone and course."""

from __future__ import annotations

import sqlalchemy as sa

from lms.cohorts import queries
from lms.db import db
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import zone
from lms.learning import services as learning
from lms.learning.models import Cohort, CohortModule, Course, Enrolment, ScheduleEntry
from lms.people.access import Actor
from lms.privacy.services import audit
from lms.progress.models import Evidence
from lms.schedule.services import changed


def change_details(
    *, actor: Actor, cohort: Cohort, course_id: int, title: str, number: int, year: int, wave: str, organizer_unit_id: int, time_zone: str
) -> None:
    """Change what a cohort is. Meetings keep their time of day when the zone changes.

    Raises Refused for a number that is taken; for another unit that is not the actor's; for another course once somebody is enrolled; for another
    zone once somebody has learned, because the days of what they did would shift.
    """
    learning.refuse_taken_number(course_id=course_id, year=year, organizer_unit_id=organizer_unit_id, number=number, but=cohort.id)
    if organizer_unit_id != cohort.organizer_unit_id:
        units = {unit.id for unit in db.session.scalars(queries.organizer_units(actor))}
        if not {organizer_unit_id, cohort.organizer_unit_id} <= units:
            raise Refused(_("You can hand a cohort over between units that are both yours."))
    if course_id != cohort.course_id:
        _change_course(cohort, course_id)
    if time_zone != cohort.time_zone:
        _change_zone(cohort, time_zone)
    cohort.title, cohort.number, cohort.year, cohort.wave, cohort.organizer_unit_id = title, number, year, wave, organizer_unit_id
    audit(actor.id, "cohort:details", "cohort", cohort.id)
    db.session.flush()


def _change_course(cohort: Cohort, course_id: int) -> None:
    if db.session.scalar(sa.select(sa.exists().where(Enrolment.cohort_id == cohort.id))):
        raise Refused(_("People are enrolled already, so the cohort keeps its course. Begin another cohort for the other course."))
    course = db.session.get(Course, course_id)
    if course is None:
        raise Refused(_("This course does not exist any more."))
    db.session.execute(sa.delete(CohortModule).where(CohortModule.cohort_id == cohort.id))
    cohort.course_id, cohort.grade_scale, cohort.absence_limits = course.id, course.grade_scale, course.absence_limits
    db.session.flush()
    learning.pin_modules(cohort, course)


def _change_zone(cohort: Cohort, time_zone: str) -> None:
    learned = sa.exists().where(Evidence.enrolment_id == Enrolment.id, Enrolment.cohort_id == cohort.id)
    if db.session.scalar(sa.select(learned)):
        raise Refused(_("People have learned here already, and the days of what they did would shift. The cohort keeps its time zone."))
    old, new = zone(cohort.time_zone), zone(time_zone)
    own = sa.select(ScheduleEntry).where(ScheduleEntry.cohort_id == cohort.id, ScheduleEntry.time_zone == "")
    for entry in db.session.scalars(own):
        entry.starts_at, entry.ends_at = (moment.astimezone(old).replace(tzinfo=new) for moment in (entry.starts_at, entry.ends_at))
        changed(entry)
    cohort.time_zone = time_zone
