"""Mail: one row and one job in the transaction that causes it; sent by a worker to a server, or to files by default."""

from __future__ import annotations

import email.utils
import smtplib
import uuid
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from flask import current_app

from lms import i18n
from lms.db import db, upsert, utcnow
from lms.i18n import gettext as _
from lms.jobs.services import enqueue
from lms.messages.models import Mail
from lms.people.models import User


def notify(*, user_id: uuid.UUID, key: str, subject: str, body: str, path: str) -> None:
    """Put a mail into the outbox, in the reader's language; the same key for the same person is sent once.

    subject and body are English messages of the catalogue; path is the page the mail points to. People without an address get none.
    """
    user = db.session.get_one(User, user_id)
    if not user.email:
        return
    link = current_app.config["LMS_BASE_URL"] + path
    text = i18n.in_language(
        user.language, lambda: f"{i18n.gettext(body)}\n\n{link}\n\n{_('Peduli sends few mails, and only when something waits for you.')}\n"
    )
    mail_id = uuid.uuid4()
    added = db.session.execute(
        upsert(Mail)
        .values(
            id=mail_id,
            key=f"{key}/{user_id}",
            user_id=user_id,
            subject=i18n.in_language(user.language, lambda: i18n.gettext(subject)),
            body=text,
            created_at=utcnow(),
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Mail.id)
    ).scalar()
    if added is not None:
        enqueue("lms:send_mail", key=f"mail/{mail_id}", mail_id=str(mail_id))


def send_mail(mail_id: str) -> None:
    """Send one mail of the outbox (task `lms:send_mail`). Its Message-ID is the row's id: a second copy is recognised as the same."""
    mail = db.session.scalar(sa.select(Mail).where(Mail.id == uuid.UUID(mail_id)).with_for_update())
    if mail is None or mail.sent_at is not None:
        return
    address = db.session.scalar(sa.select(User.email).where(User.id == mail.user_id))
    if address:
        deliver(_message(mail, address))
    mail.sent_at = utcnow()


def _message(mail: Mail, address: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = mail.subject, current_app.config["LMS_MAIL_FROM"], address
    message["Message-ID"] = f"<{mail.id}@{email.utils.parseaddr(current_app.config['LMS_MAIL_FROM'])[1].rpartition('@')[2]}>"
    message["Date"] = email.utils.format_datetime(mail.created_at)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def deliver(message: EmailMessage) -> None:
    """Hand a message to the mail server of LMS_MAIL_URL, or write it to LMS_DATA/mail."""
    url = current_app.config["LMS_MAIL_URL"]
    if not url:
        folder = Path(current_app.config["LMS_DATA"]) / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        (folder / f"{name}.eml").write_bytes(message.as_bytes())
        return
    parts = urlsplit(url)
    encrypted = parts.scheme == "smtps"
    connect = smtplib.SMTP_SSL if encrypted else smtplib.SMTP
    with connect(parts.hostname or "localhost", parts.port or 0, timeout=20) as server:
        if parts.username and not encrypted:
            server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
