"""Lists that are announced by mail: the mail carries a link, and what the link shows is decided when it is opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from lms.db import db, utcnow
from lms.errors import NotFound
from lms.export import file_name, xlsx_bytes
from lms.i18n import gettext as _
from lms.i18n import in_language, lazy_gettext
from lms.jobs.batches import begin_batch, finish, working
from lms.jobs.models import Batch
from lms.messages.services import notify
from lms.people.access import Actor, load_actor
from lms.people.models import User
from lms.privacy.services import audit
from lms.supervision import services
from lms.supervision.models import Cadence, ExportSchedule
from lms.supervision.queries import Scope, Wanted
from lms.supervision.scopes import find_scope, with_list
from lms.supervision.tasks import site_day

LASTS = dt.timedelta(days=183)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def next_day(cadence: Cadence, after: dt.date) -> dt.date:
    """Return the next day on which a mail goes out: a Monday, or the first of a month."""
    if cadence is Cadence.WEEKLY:
        return after + dt.timedelta(days=7 - after.weekday())
    return dt.date(after.year + after.month // 12, after.month % 12 + 1, 1)


def plan(*, actor: Actor, scope: Scope, wanted: Wanted, cadence: Cadence, today: dt.date) -> ExportSchedule:
    """Announce a list to the actor every week or month, for half a year at most. A search for a name is not kept."""
    kept = {name: value for name, value in asdict(wanted).items() if value and name != "q"}
    schedule = ExportSchedule(
        owner_id=actor.id, scope_key=scope.key, wanted=kept, cadence=cadence, next_on=next_day(cadence, today), ends_on=today + LASTS
    )
    db.session.add(schedule)
    db.session.flush()
    audit(actor.id, "supervision:schedule", "export_schedule", schedule.id, scope=scope.key, cadence=cadence.value)
    return schedule


def schedules_of(actor: Actor) -> Sequence[ExportSchedule]:
    """Return the actor's announced lists that still run, and their own alone."""
    mine = (ExportSchedule.owner_id == actor.id, ExportSchedule.stopped_at.is_(None))
    return db.session.scalars(sa.select(ExportSchedule).where(*mine).order_by(ExportSchedule.id)).all()


def schedule_of(actor: Actor, schedule_id: int) -> ExportSchedule:
    """Return one of the actor's announced lists. Raises NotFound for anybody else's, and for one that was stopped."""
    for schedule in schedules_of(actor):
        if schedule.id == schedule_id:
            return schedule
    raise NotFound("no such list of this person")


def stop(*, actor: Actor, schedule_id: int) -> None:
    """Announce a list no more."""
    schedule = schedule_of(actor, schedule_id)
    schedule.stopped_at = utcnow()
    audit(actor.id, "supervision:stop_schedule", "export_schedule", schedule.id)
    db.session.flush()


def scope_now(actor: Actor, schedule: ExportSchedule, today: dt.date) -> Scope:
    """Return the scope of an announced list as the actor holds it now. Raises NotFound when they do not (any more)."""
    return with_list(find_scope(actor, schedule.scope_key, today))


def make_file(*, actor: Actor, schedule: ExportSchedule, today: dt.date) -> Batch:
    """Have the file of an announced list made now. Raises NotFound when the actor may not see the scope (any more)."""
    scope_now(actor, schedule, today)
    return begin_batch(
        actor=actor, task="lms:make_team_list", title=_("List of my team"), total=1, origin="/team/schedules", schedule_id=schedule.id
    )


def make_team_list(batch_id: str, schedule_id: int) -> None:
    """Make the file (task). The right is looked at once more: jobs may wait."""
    with working(batch_id) as batch:
        today = site_day()
        actor = load_actor(batch.owner_id, today)
        schedule = schedule_of(actor, schedule_id)
        scope = scope_now(actor, schedule, today)
        table = in_language(actor.language, lambda: services.export(scope=scope, today=today, wanted=Wanted(**schedule.wanted)))
        name = in_language(actor.language, lambda: _("team"))
        finish(batch, file=(f"{file_name(name)}-{today.isoformat()}.xlsx", XLSX, xlsx_bytes(table)))


def send_due_lists() -> None:
    """Announce the lists whose day has come (daily); stop those whose half-year is over or whose owner has lost the right."""
    today = site_day()
    due = sa.select(ExportSchedule).where(ExportSchedule.stopped_at.is_(None), ExportSchedule.next_on <= today)
    for schedule in db.session.scalars(due).all():
        if today > schedule.ends_on or not _still_may(schedule, today):
            schedule.stopped_at = utcnow()
            audit(None, "supervision:stop_schedule", "export_schedule", schedule.id)
            continue
        notify(
            kind="work",
            user_id=schedule.owner_id,
            key=f"team-list/{schedule.id}/{today.isoformat()}",
            subject=lazy_gettext("Your list of the team is ready to be opened"),
            body=lazy_gettext("You asked to be reminded of this list. The mail carries no names: sign in, and it is made as of today."),
            path=f"/team/schedules/{schedule.id}",
        )
        schedule.next_on = next_day(schedule.cadence, today)
    db.session.flush()


def _still_may(schedule: ExportSchedule, today: dt.date) -> bool:
    if not db.session.scalar(sa.select(User.is_active).where(User.id == schedule.owner_id)):
        return False
    try:
        find_scope(load_actor(schedule.owner_id, today), schedule.scope_key, today)
    except NotFound:
        return False
    return True
