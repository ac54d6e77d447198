"""Kind texts to copy for people who were not reached: the text for each, and the log that spares everybody a third reminder."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import current_app

from lms import i18n
from lms.db import db, utcnow
from lms.i18n import choose, local_day
from lms.i18n import gettext as _
from lms.learning.models import Cohort, CohortModule, Enrolment, EnrolmentState, Revision
from lms.messages import queries
from lms.messages.models import ReminderLog
from lms.messages.services import Telling, tell
from lms.messages.words import COPIES, REMINDED, say
from lms.people.access import Actor, cohorts_for
from lms.people.models import User
from lms.people.permissions import MANAGE_COHORTS
from lms.privacy.services import audit
from lms.progress.models import ModuleProgress
from lms.progress.queries import DUE_ON, extension_of

LATELY = 7  # days, today among them
MOST = 2  # reminders of one person in that time, whoever gives them
FRESH = dt.timedelta(minutes=30)  # for so long the texts that somebody asked for stay open
DIGITS = 8  # that a telephone number has at least


@dataclass(frozen=True, slots=True)
class Reminded:
    """How often a person was reminded in the last seven days, when last, and by whom (nothing for those who are not told)."""

    times: int = 0
    last: dt.date | None = None
    by: str = ""

    @property
    def enough(self) -> bool:
        """Tell whether one more would be too much."""
        return self.times >= MOST


@dataclass(frozen=True, slots=True)
class Copy:
    """A text for one person; `chat` opens WhatsApp with it where the number may be used."""

    name: str
    text: str
    chat: str


NEVER = Reminded()


def reminded(enrolment_ids: Collection[int]) -> dict[int, Reminded]:
    """Return who of these was reminded in the last seven days, in whichever cohort: one statement."""
    return counted(db.session.execute(queries.reminders_of(enrolment_ids, since(), _("a former account"))).all())


def since() -> dt.date:
    """Return the first of the last seven days, where the site is."""
    return _site_day(utcnow()) - dt.timedelta(days=LATELY - 1)


def _site_day(moment: dt.datetime) -> dt.date:
    return local_day(moment, current_app.config["LMS_TIME_ZONE"])


def counted(rows: Iterable[Any]) -> dict[int, Reminded]:
    """Return {enrolment id: reminders} of rows (enrolment_id, day, by_name), the latest first."""
    found: dict[int, Reminded] = {}
    for row in rows:
        before = found.get(row.enrolment_id)
        found[row.enrolment_id] = Reminded(before.times + 1, before.last, before.by) if before else Reminded(1, row.day, row.by_name)
    return found


def log_reminders(*, actor: Actor, enrolment_ids: Collection[int]) -> int:
    """Note that the actor reminds these people, and tell them; return of how many: nobody is reminded a third time in seven days.

    The caller has made sure that the people are the actor's to remind. Whom the actor reminded within the last half hour counts once, and so
    does who takes part in several of these cohorts.
    """
    now, log = utcnow(), reminded(enrolment_ids)
    mine = set(db.session.scalars(_lately_by(Enrolment.user_id, actor.id, now)))
    rows = [row for row in db.session.execute(_people(enrolment_ids)) if row.user_id in mine or not log.get(row.id, NEVER).enough]
    new = {row.user_id: row for row in reversed(rows) if row.user_id not in mine}.values()
    db.session.add_all(ReminderLog(enrolment_id=row.id, by_id=actor.id, at=now, day=_site_day(now)) for row in new)
    db.session.flush()
    tell(_told(actor, row, now) for row in new)
    for cohort_id, people in sorted(Counter(row.cohort_id for row in new).items()):
        audit(actor.id, "reminder:copy", "cohort", cohort_id, people=people)
    return len(rows)


def copies(*, actor: Actor) -> list[Copy]:
    """Return the texts for the people whom the actor has just begun to remind; telephone numbers for organizers of their cohort alone."""
    now = utcnow()
    rows = db.session.execute(_people(list(db.session.scalars(_lately_by(Enrolment.id, actor.id, now))), actor)).all()
    nexts = _next_modules([row.id for row in rows])
    link = f"{current_app.config['LMS_BASE_URL']}/learn"
    found = []
    for row in rows:
        text = _text(row, nexts.get(row.id), link, local_day(now, row.cohort_zone))
        found.append(Copy(row.name, text, _chat(row.phone, text) if row.manages else ""))
    return found


def status_of(row: Any, today: dt.date) -> str:
    """Return how far a learner is, as a key of the texts."""
    if row.completed_at is not None:
        return "complete"
    if row.waiting_count and row.done_count + row.waiting_count >= row.required_count:
        return "waiting"
    if row.no_signal_until and row.no_signal_until >= today:
        return "no_signal"
    if row.started_on is None:
        return "not_begun"
    return "behind" if row.next_due_on and row.next_due_on < today else "on_schedule"


def first_name(name: str) -> str:
    """Return the name by which somebody is greeted; a single letter or a shortened one is not enough."""
    words = name.split()
    short = len(words[0].rstrip(".")) < 3 or words[0].endswith(".") if words else False
    return " ".join(words[: 2 if short else 1])


def _text(row: Any, following: Mapping[str, str] | None, link: str, today: dt.date) -> str:
    values = {"name": first_name(row.name), "link": link}
    return i18n.in_language(row.language, lambda: str(COPIES[status_of(row, today)]) % {**values, "next": choose(dict(following or {}))})


def _chat(phone: str, text: str) -> str:
    number = "".join(sign for sign in phone if sign.isdigit())
    if number.startswith("0"):
        number = f"62{number[1:]}"
    return f"https://wa.me/{number}?text={quote(text)}" if len(number) >= DIGITS else ""


def _told(actor: Actor, row: Any, now: dt.datetime) -> Telling:
    values = {"name": actor.name, "day": lambda: i18n.format_date(now)}
    title, body = say(REMINDED, values, language=row.language, time_zone=row.time_zone or row.cohort_zone)
    return Telling(row.user_id, "reminded", f"enrolment/{row.id}", title, body, "/learn", f"{now:%Y-%m-%dT%H:%M:%S}")


# -- what is read -------------------------------------------------------------------------------------------------------------------------


def _lately_by(column: Any, user_id: uuid.UUID, now: dt.datetime) -> Any:
    """Return a column of the enrolments whose people the actor has just reminded."""
    log = sa.select(column).join(ReminderLog, ReminderLog.enrolment_id == Enrolment.id)
    return log.where(ReminderLog.by_id == user_id, ReminderLog.at > now - FRESH)


def _people(enrolment_ids: Collection[int], actor: Actor | None = None) -> Any:
    """Return the active ones of these learners by name; `manages` tells whether the actor runs their cohort."""
    manages = cohorts_for(actor, MANAGE_COHORTS) if actor else sa.false()
    return (
        sa.select(
            Enrolment.id,
            Enrolment.user_id,
            Enrolment.cohort_id,
            Enrolment.required_count,
            Enrolment.done_count,
            Enrolment.waiting_count,
            Enrolment.next_due_on,
            Enrolment.started_on,
            Enrolment.completed_at,
            Enrolment.no_signal_until,
            Cohort.time_zone.label("cohort_zone"),
            User.name,
            User.phone,
            User.language,
            User.time_zone,
            sa.case((manages, True), else_=False).label("manages"),
        )
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.id.in_(enrolment_ids), Enrolment.state == EnrolmentState.ACTIVE, User.is_active)
        .order_by(User.name, Enrolment.id)
    )


def _next_modules(enrolment_ids: Sequence[int]) -> dict[int, Mapping[str, str]]:
    """Return the title of the first required module in which something is due from each learner."""
    statement = (
        sa.select(ModuleProgress.enrolment_id, Revision.about)
        .join(Enrolment, Enrolment.id == ModuleProgress.enrolment_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == ModuleProgress.module_id))
        .join(Revision, Revision.id == CohortModule.revision_id)
        .outerjoin(*extension_of(ModuleProgress.enrolment_id))
        .where(
            ModuleProgress.enrolment_id.in_(enrolment_ids),
            CohortModule.required,
            ModuleProgress.done_count + ModuleProgress.waiting_count < ModuleProgress.required_count,
        )
        .order_by(DUE_ON.desc().nulls_first(), CohortModule.position.desc())
    )
    return {row.enrolment_id: row.about.get("title", {}) for row in db.session.execute(statement)}
