"""Notices: told in the transaction that causes them, shown in Peduli at once, mailed as the person wants it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from lms import i18n
from lms.db import db, upsert, utcnow
from lms.errors import NotFound
from lms.i18n import local_day
from lms.jobs.services import enqueue
from lms.messages import queries
from lms.messages.kinds import GENERAL, NoticeKind
from lms.messages.models import EVERY_KIND, Frequency, Mail, Notice, NoticeChoice, ReminderLog
from lms.messages.planning import morning
from lms.people.access import Actor
from lms.people.models import User
from lms.registry import registry

KEEP = dt.timedelta(days=180)
AT_A_TIME = 500  # rows of one statement
SALT = "notices.stop"


@dataclass(frozen=True, slots=True)
class Telling:
    """What somebody is told, in their language: to whom, which kind, about what, which occasion of it, in which words, on which page."""

    user_id: uuid.UUID
    kind: str
    object: str
    title: str
    body: str
    path: str
    bucket: str = ""


def kind_of(key: str) -> NoticeKind:
    """Return a kind by its key; the general one for a kind whose plugin is gone."""
    kinds = registry().notice_kinds
    return kinds.get(key) or kinds[GENERAL]


def notify(*, user_id: uuid.UUID, key: str, subject: object, body: object, path: str, kind: str = GENERAL) -> None:
    """Tell a person something, in their language; the same key of the same kind for the same person is told once.

    subject and body are messages of the catalogue, in English or lazy: a sentence, never what somebody wrote; path is the page they point
    to. It stands in Peduli at once; when a mail follows, the person's choice and the hour decide (lms/messages/planning.py). A kind that is
    exempt is mailed at once.
    """
    language = db.session.scalars(sa.select(User.language).where(User.id == user_id)).one()
    title, text = (i18n.in_language(language, lambda words=words: i18n.gettext(str(words))) for words in (subject, body))  # type: ignore[misc]
    tell([Telling(user_id, kind, key, title, text, path)])


def tell(tellings: Iterable[Telling]) -> list[uuid.UUID]:
    """Keep notices, any number in a few statements; return the ids of those that are new. What was told before changes nothing."""
    now, rows = utcnow(), []
    for telling in tellings:
        one = {"id": uuid.uuid4(), **{name: getattr(telling, name) for name in Telling.__slots__}, "created_at": now, "shown_at": now}
        one["title"] = " ".join(telling.title.split())  # it is the subject of a mail: one line, also where somebody wrote an odd break
        rows.append({**one, "leaves_at": now})
    new: list[uuid.UUID] = []
    for start in range(0, len(rows), AT_A_TIME):
        statement = upsert(Notice).values(rows[start : start + AT_A_TIME])
        added = statement.on_conflict_do_nothing(index_elements=["user_id", "kind", "object", "bucket"]).returning(Notice.id)
        new += db.session.scalars(added)
    here = set(new)
    for row in rows:
        if row["id"] in here and kind_of(row["kind"]).exempt:
            mail_at_once(row["id"], row["user_id"])
    return new


def mail_at_once(notice_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Send a notice of an exempt kind by itself."""
    mail = Mail(id=uuid.uuid4(), user_id=user_id, exempt=True, created_at=utcnow())
    db.session.add(mail)
    db.session.flush()
    db.session.execute(sa.update(Notice).where(Notice.id == notice_id).values(mail_id=mail.id, leaves_at=None))
    enqueue("lms:send_mail", key=f"mail/{mail.id}", mail_id=str(mail.id))


# -- reading ------------------------------------------------------------------------------------------------------------------------------


def open_notice(*, actor: Actor, notice_id: uuid.UUID) -> str:
    """Mark one of one's own notices as read and return the page that it points to. Raises NotFound."""
    notice = db.session.scalar(queries.notice_of(actor.id, notice_id))
    if notice is None:
        raise NotFound("no such notice of this person")
    _read(Notice.id == notice.id)
    return notice.path


def read_everything(*, actor: Actor) -> None:
    """Mark all of one's notices as read."""
    _read(sa.and_(Notice.user_id == actor.id, Notice.shown_at <= utcnow()))


def _read(which: sa.ColumnElement[bool]) -> None:
    """Mark as read; a mail about what was read is not needed any more."""
    db.session.execute(sa.update(Notice).where(which, Notice.read_at.is_(None)).values(read_at=utcnow(), leaves_at=None))


def remind_tomorrow(*, actor: Actor, notice_id: uuid.UUID) -> None:
    """Put a notice away until tomorrow morning, where the person is; then it is new again, also by mail. Raises NotFound."""
    notice = db.session.scalar(queries.notice_of(actor.id, notice_id))
    if notice is None:
        raise NotFound("no such notice of this person")
    tomorrow = morning(local_day(utcnow(), actor.time_zone) + dt.timedelta(days=1), actor.time_zone)
    notice.shown_at, notice.read_at, notice.leaves_at = tomorrow, None, tomorrow
    if notice.mail_id and db.session.scalar(sa.select(Mail.sent_at).where(Mail.id == notice.mail_id)):
        notice.mail_id = None  # what has left is sent no second time, so its line may go with another mail
    db.session.flush()


# -- choosing -----------------------------------------------------------------------------------------------------------------------------


def frequency_of(kind: NoticeKind, chosen: Mapping[str, Frequency]) -> Frequency:
    """Return how a person gets a kind by mail: as chosen, or as it comes."""
    return Frequency.NOW if kind.exempt else chosen.get(kind.key) or chosen.get(EVERY_KIND) or kind.frequency


def chosen_by(user_id: uuid.UUID) -> dict[str, Frequency]:
    """Return a person's choices by kind."""
    return {row.kind: row.frequency for row in db.session.execute(queries.choices_of([user_id]))}


def choose(*, actor: Actor, wanted: Mapping[str, Frequency]) -> None:
    """Keep how a person wants kinds of notices by mail. What waits is planned anew."""
    _forget_choices(actor.id)
    for kind in registry().notice_kinds.values():
        if kind.key in wanted and not kind.exempt:
            db.session.add(NoticeChoice(user_id=actor.id, kind=kind.key, frequency=wanted[kind.key]))
    _plan_anew(actor.id)


def stop_mails(*, user_id: uuid.UUID) -> None:
    """Let every notice that can stand in Peduli alone do so, also of kinds that come later."""
    _forget_choices(user_id)
    db.session.add(NoticeChoice(user_id=user_id, kind=EVERY_KIND, frequency=Frequency.APP))
    _plan_anew(user_id)


def _forget_choices(user_id: uuid.UUID) -> None:
    db.session.execute(sa.delete(NoticeChoice).where(NoticeChoice.user_id == user_id))


def _plan_anew(user_id: uuid.UUID) -> None:
    db.session.flush()
    waits = (Notice.user_id == user_id, Notice.mail_id.is_(None), Notice.leaves_at > utcnow(), Notice.shown_at <= utcnow())
    db.session.execute(sa.update(Notice).where(*waits).values(leaves_at=utcnow()))


def stop_token(user_id: uuid.UUID) -> str:
    """Return the signed part of the address under which a person's mails can be stopped without signing in."""
    return str(_signer().dumps(user_id.hex))


def who_stops(token: str) -> User:
    """Return whose mails a signed address stops. Raises NotFound for one that this site has not signed."""
    try:
        user = db.session.get(User, uuid.UUID(_signer().loads(token)))
    except (BadSignature, ValueError):
        user = None
    if user is None:
        raise NotFound("not a signed address of this site")
    return user


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(cast("bytes", current_app.secret_key), salt=SALT)


# -- one's own data -----------------------------------------------------------------------------------------------------------------------


def export_notices(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return a person's notices, choices, and who reminded them, for "download my data"."""
    rows: list[dict[str, Any]] = []
    for model in (Notice, NoticeChoice):
        table = cast("sa.Table", model.__table__)
        rows += [{"table": table.name, **row} for row in db.session.execute(sa.select(table).where(table.c.user_id == user_id)).mappings()]
    table_name = str(cast("sa.Table", ReminderLog.__table__).name)
    return rows + [{"table": table_name, "at": row.at, "by": row.name} for row in db.session.execute(queries.reminders_to(user_id))]
