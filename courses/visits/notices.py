"""What members of a visit are told, one notice a change; and who leads is reminded of a host who still waits to hear."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from courses.base import LEAD_VISITS, plugin
from courses.visits import queries
from courses.visits.models import Visit, VisitMember, VisitState
from lms.api import Appointment, Enrolment, Waits, db, nothing, notify, people_with, utcnow
from lms.api import lazy_gettext as _

KIND, WORK = "courses:visit", "courses:visit_untold"
plugin.notice_kind(
    KIND,
    _("Your field visit"),
    _("You go along; or it is confirmed, moved or cancelled, or a consent is withdrawn."),
    frequency="now",
    topic="meetings",
    icon="footprints",
)
plugin.notice_kind(
    WORK, _("A host waits to hear"), _("The day has passed by which a host was to hear."), topic="work", icon="messages-square"
)

plugin.cohort_page(
    _("Visits"), "/visits", LEAD_VISITS, waits=Waits(nothing("%(num)s host waits to hear", "%(num)s hosts wait to hear"), queries.untold_in)
)


class News(enum.StrEnum):
    """What has happened to a visit."""

    JOINED = "joined"
    LEFT = "left"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    PLANNED = "planned"
    WITHDRAWN = "withdrawn"


WORDS = {
    News.JOINED: (
        _("You go along on a field visit"),
        _("Its page says when and where, who goes along, and what was agreed with the host."),
    ),
    News.LEFT: (_("You go along on a field visit no more"), _("Your organizer or instructor has taken you off it and can tell you why.")),
    News.CONFIRMED: (_("Your field visit is confirmed"), _("The host has agreed. Its page says when and where you meet.")),
    News.MOVED: (_("Your field visit has changed"), _("Day, time or meeting point is another one now. Its page says which.")),
    News.CANCELLED: (_("Your field visit does not take place"), _("Its page says why. There is nothing you need to do.")),
    News.PLANNED: (
        _("Your field visit is planned anew"),
        _("It was cancelled or over, and is planned again. Its page says when and where."),
    ),
    News.WITHDRAWN: (
        _("Somebody withdrew their consent"),
        _("Please remove from your notes what this person told you. The page of your visit says which consent it was."),
    ),
}
BY_STATE = {VisitState.CONFIRMED: News.CONFIRMED, VisitState.CANCELLED: News.CANCELLED, VisitState.PLANNED: News.PLANNED}
UNTOLD = (
    _("A host waits to hear what came of a visit"),
    _("The day by which they were to hear has passed. The list of visits says which host it is."),
)


def tell(visit: Visit, news: News, only: Collection[uuid.UUID] | None = None, about: object = "") -> None:
    """Tell the members of a visit (or only some people) what has happened; of a visit that is over, only what concerns its notes."""
    if visit.ends_at <= utcnow() and news is not News.WITHDRAWN:
        return
    members = (
        sa.select(Enrolment.user_id).join(VisitMember, VisitMember.enrolment_id == Enrolment.id).where(VisitMember.visit_id == visit.id)
    )
    subject, body = WORDS[news]
    path = "/learn" if news is News.LEFT else f"/visits/{visit.id}"
    for user_id in db.session.scalars(members).all() if only is None else only:
        notify(user_id=user_id, kind=KIND, key=f"visit/{visit.id}/{news}/{about or visit.sequence}", subject=subject, body=body, path=path)


def remind_leaders(today: dt.date) -> int:
    """Remind whoever leads visits of a cohort, once for each visit, of a host who was to hear by now; return how many wait."""
    waiting = db.session.execute(queries.untold_by(today)).all()
    subject, body = UNTOLD
    for visit_id, cohort_id in waiting:
        for user_id in people_with(LEAD_VISITS, cohort_id, today):
            path = f"/cohorts/{cohort_id}/visits"
            notify(user_id=user_id, kind=WORK, key=f"visit/{visit_id}/untold", subject=subject, body=body, path=path)
    return len(waiting)


@plugin.appointments
def visits_of(user_ids: Collection[uuid.UUID], since: dt.datetime) -> Iterable[Appointment]:
    """Return the visits to which people go, from a moment on."""
    for visit in queries.visits_for(user_ids, since):
        yield Appointment(
            user_id=visit.user_id,
            cohort_id=visit.cohort_id,
            key=f"visit-{visit.id}",
            what=_("Your field visit"),
            title=visit.host,
            place=visit.meeting_point,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            time_zone=visit.time_zone,
            path=f"/visits/{visit.id}",
            sequence=visit.sequence,
            cancelled=visit.state is VisitState.CANCELLED,
            entry_id=visit.schedule_entry_id,
        )
