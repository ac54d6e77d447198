"""What workers do about notices and mails. Each task is idempotent and holds the database for moments only: mail servers are slow."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import uuid
from collections import defaultdict
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from flask import current_app

from lms.db import after_commit, commit, db, transaction_mode, utcnow
from lms.jobs.models import Job
from lms.jobs.services import CLOCKS_DIFFER, enqueue
from lms.messages import queries, reminders
from lms.messages.mail import compose, deliver, refused_for_good, remove, written_mails
from lms.messages.models import Frequency, Mail, Notice, ReminderLog
from lms.messages.planning import WEEK, Waiting, awake, plan
from lms.messages.services import KEEP, frequency_of, kind_of
from lms.people.models import User
from lms.registry import registry

log = logging.getLogger(__name__)

PEOPLE = 300  # in one transaction


def send_mail(mail_id: str) -> None:
    """Send one mail (task). It is written while the database is only read, and sent while nothing is open.

    A server that says no for good (5xx) ends this mail and no other; any other trouble is tried again, see lms/jobs. Killed between sending
    and "sent", the mail goes once more, under the same Message-ID.
    """
    key = uuid.UUID(mail_id)
    with transaction_mode("read"):
        mail = db.session.get(Mail, key, populate_existing=True)
        wakes_at = _wakes_at(mail) if mail else None
        message = compose(mail) if mail and not (mail.sent_at or mail.refused_at or wakes_at) else None
        commit()
    if wakes_at is not None:
        enqueue("lms:send_mail", key=f"mail/{key}/{wakes_at:%Y-%m-%d}", due_at=wakes_at, mail_id=mail_id)
    elif message is not None:
        db.session.execute(sa.update(Mail).where(Mail.id == key).values(**_outcome(key, message)))


def _wakes_at(mail: Mail) -> dt.datetime | None:
    """Return the next morning of the reader when quiet hours have begun while the mail waited for a server."""
    time_zone = db.session.scalar(sa.select(User.time_zone).where(User.id == mail.user_id))
    moment = awake(now := utcnow(), time_zone or current_app.config["LMS_TIME_ZONE"])
    return moment if moment > now and not mail.exempt else None


def _outcome(key: uuid.UUID, message: EmailMessage) -> dict[str, Any]:
    """Hand a mail over and return what became of it. Raises what may pass: the job is tried again."""
    try:
        deliver(message)
    except smtplib.SMTPException as error:
        code = refused_for_good(error)
        if code is None:
            raise
        log.warning("mail %s was refused: %s", key, code)
        return {"refused_at": utcnow(), "reply": code}
    return {"sent_at": utcnow()}


def post_mails() -> None:
    """Plan the mails of everybody for whom one may be due, and send what is due now (task, every five minutes)."""
    bring_back()
    while user_ids := [row.user_id for row in db.session.execute(queries.people_with_mail_due(utcnow(), PEOPLE))]:
        post(user_ids)
        commit()


def bring_back() -> None:
    """Let no notice wait that was told by a clock which was ahead and has been set back since: it is told now."""
    now = utcnow()
    ahead = now + CLOCKS_DIFFER
    told_ahead = (Notice.mail_id.is_(None), Notice.leaves_at > ahead, Notice.created_at > ahead, Notice.shown_at == Notice.created_at)
    db.session.execute(sa.update(Notice).where(*told_ahead).values(created_at=now, shown_at=now, leaves_at=now))


def post(user_ids: Sequence[uuid.UUID]) -> None:
    """Plan the mails of some people: a handful of statements, whatever waits for them."""
    now = utcnow()
    people = {row.id: row for row in db.session.execute(queries.readers(user_ids))}
    rows: dict[uuid.UUID, list[Any]] = defaultdict(list)
    sent: dict[uuid.UUID, list[dt.datetime]] = defaultdict(list)
    chosen: dict[uuid.UUID, dict[str, Frequency]] = defaultdict(dict)
    for row in db.session.execute(queries.waiting(user_ids)):
        rows[row.user_id].append(row)
    for user_id, moment in db.session.execute(queries.mails_since(user_ids, now - WEEK)):
        sent[user_id].append(moment)
    for user_id, kind, frequency in db.session.execute(queries.choices_of(user_ids)):
        chosen[user_id][kind] = frequency
    moves: list[dict[str, Any]] = []
    mails: list[Mail] = []
    for user_id, person in people.items():
        waiting = []
        for row in rows[user_id]:
            how = frequency_of(kind_of(row.kind), chosen[user_id]) if person.email and person.is_active else Frequency.APP
            if how is Frequency.APP:
                moves.append({"key": row.id, "leaves": None, "mail": None})
            else:
                waiting.append(Waiting(row.id, row.shown_at, how))
        zone = person.time_zone or current_app.config["LMS_TIME_ZONE"]
        for departure in plan(waiting, sent[user_id], now=now, time_zone=zone):
            leaves = departure.at <= now
            mail = Mail(id=uuid.uuid4(), user_id=user_id, created_at=now) if leaves else None
            mails += [mail] if mail else []
            moves += [
                {"key": which, "leaves": None if mail else departure.at, "mail": mail.id if mail else None} for which in departure.ids
            ]
    _keep(mails, moves)


def _keep(mails: list[Mail], moves: list[dict[str, Any]]) -> None:
    """Write the plan down: mails with a job for each, and where each notice goes."""
    db.session.add_all(mails)
    jobs = [Job(id=uuid.uuid4(), task="lms:send_mail", arguments={"mail_id": str(mail.id)}, key=f"mail/{mail.id}") for mail in mails]
    db.session.add_all(jobs)
    db.session.flush()
    for job in jobs:
        after_commit(registry().send_job, job.id)
    if moves:
        table: Any = Notice.__table__
        statement = sa.update(table).where(table.c.id == sa.bindparam("key", type_=sa.Uuid()))
        values = {"leaves_at": sa.bindparam("leaves", type_=table.c.leaves_at.type), "mail_id": sa.bindparam("mail", type_=sa.Uuid())}
        db.session.connection().execute(statement.values(values), moves)


def forget_old_notices() -> None:
    """Remove notices, mails and the log of reminders after 180 days, and the files of mails that are kept no more (task, daily)."""
    limit = utcnow() - KEEP
    db.session.execute(sa.delete(Notice).where(Notice.created_at < limit))
    db.session.execute(sa.delete(Mail).where(Mail.created_at < limit))
    db.session.execute(sa.delete(ReminderLog).where(ReminderLog.at < limit))
    files = written_mails()
    ids = list(files)
    for first in range(0, len(ids), PEOPLE):
        some = ids[first : first + PEOPLE]
        for mail_id in {*some} - {*db.session.scalars(queries.mails_there(some))}:  # too old, or its reader is erased
            after_commit(remove, files[mail_id])


# -- reminders ----------------------------------------------------------------------------------------------------------------------------


def remind() -> None:
    """Begin the reminders of the day in each time zone in which it is morning or later (task, hourly); each zone and day once."""
    for time_zone, day in reminders.mornings(utcnow()):
        enqueue("lms:remind_zone", key=f"remind/{time_zone}/{day}/0", time_zone=time_zone, day=day.isoformat(), after=0)


def remind_zone(time_zone: str, day: str, after: int) -> None:
    """Tell some hundred learners of a zone what is due, and leave the next ones to a job of their own (task)."""
    last = reminders.remind_some(time_zone=time_zone, day=dt.date.fromisoformat(day), after=after)
    if last:
        enqueue("lms:remind_zone", key=f"remind/{time_zone}/{day}/{last}", time_zone=time_zone, day=day, after=last)
