"""How a mail is written and handed to a mail server, or to files by default."""

from __future__ import annotations

import contextlib
import email.utils
import smtplib
import ssl
import uuid
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from flask import current_app, render_template

from lms import i18n
from lms.db import db
from lms.i18n import gettext as _
from lms.i18n import ngettext
from lms.messages import queries
from lms.messages.kinds import TOPICS
from lms.messages.models import Mail, Notice
from lms.messages.services import kind_of, stop_token
from lms.people.models import User

PATIENCE = 20  # seconds for each answer of the mail server


def compose(mail: Mail) -> EmailMessage | None:
    """Write a mail in its reader's language; None for somebody without an address, or when none of its notices is left."""
    user = db.session.execute(sa.select(User.email, User.language, User.time_zone).where(User.id == mail.user_id)).one()
    lines = db.session.scalars(queries.lines_of(mail.id)).all()
    if not user.email or not lines:
        return None
    message = EmailMessage()
    sender = current_app.config["LMS_MAIL_FROM"]
    message["From"], message["To"] = sender, user.email
    # The row's id: a second copy, after a power cut, is known as the same mail.
    message["Message-ID"] = f"<{mail.id}@{email.utils.parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Date"] = email.utils.format_datetime(mail.created_at)
    message["Auto-Submitted"] = "auto-generated"
    stop = "" if mail.exempt else f"{current_app.config['LMS_BASE_URL']}/notices/stop/{stop_token(mail.user_id)}"
    if stop:  # RFC 8058: the mail program stops them with one request, without a page
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    zone = user.time_zone or current_app.config["LMS_TIME_ZONE"]
    i18n.in_language(user.language, lambda: _write(message, lines, stop, user.language), time_zone=zone)
    return message


def _write(message: EmailMessage, lines: Sequence[Notice], stop: str, language: str) -> str:
    title = (
        lines[0].title if len(lines) == 1 else ngettext("%(num)s piece of news in Peduli", "%(num)s pieces of news in Peduli", len(lines))
    )
    message["Subject"], message["Content-Language"] = title, language
    base = current_app.config["LMS_BASE_URL"]
    groups = _grouped(lines) if len(lines) > 1 else [("", lines)]
    message.set_content("\n\n".join(_plain(groups, base, stop)) + "\n")
    message.add_alternative(render_template("messages/mail.html", groups=groups, base=base, stop=stop, title=title), subtype="html")
    return title


def _grouped(lines: Sequence[Notice]) -> list[tuple[str, Sequence[Notice]]]:
    """Return (heading, notices) in the order of the page of choices; within a heading the oldest first."""
    found: dict[str, list[Notice]] = {topic: [] for topic in TOPICS}
    for line in lines:
        found[kind_of(line.kind).topic].append(line)
    return [(str(TOPICS[topic]), some) for topic, some in found.items() if some]


def _plain(groups: Sequence[tuple[str, Sequence[Notice]]], base: str, stop: str) -> list[str]:
    parts = []
    for heading, lines in groups:
        parts += [f"{heading}\n{'-' * len(heading)}"] if heading else []
        parts += [f"{line.title}\n{line.body}\n{base}{line.path}" if heading else f"{line.body}\n{base}{line.path}" for line in lines]
    if stop:
        parts.append(_("Peduli sends few mails: three a week at most, and none at night."))
        parts.append(_("Choose which ones come: %(link)s", link=f"{base}/profile/notices"))
        parts.append(_("No mails any more: %(link)s", link=stop))
    return parts


def deliver(message: EmailMessage) -> None:
    """Hand a message to the mail server of LMS_MAIL_URL, or write it to LMS_DATA/mail.

    Nobody's password and no mail goes over a connection that was to be encrypted and cannot be: the certificate must be valid for the name.
    Raises smtplib.SMTPException and OSError (ssl.SSLError among them).
    """
    url = current_app.config["LMS_MAIL_URL"]
    if not url:
        folder = Path(current_app.config["LMS_DATA"]) / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        (folder / f"{name}.eml").write_bytes(message.as_bytes())
        return
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or 0
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE)
    with server:
        if parts.username and parts.scheme != "smtps":
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def written_mails() -> dict[uuid.UUID, Path]:
    """Return the mails that were written to LMS_DATA/mail, by their id."""
    found = {}
    for path in (Path(current_app.config["LMS_DATA"]) / "mail").glob("*.eml"):
        with contextlib.suppress(ValueError):
            found[uuid.UUID(path.stem)] = path
    return found


def remove(path: Path) -> None:
    """Remove the file of a mail, if it is still there."""
    path.unlink(missing_ok=True)


def refused_for_good(error: Exception) -> int | None:
    """Return the code with which a mail server refused this one mail for good (5xx of RFC 5321), or None when trying again may help.

    That it refuses our sign-in or our greeting is about the site, not about one person: that may be mended, and is tried again.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _text in error.recipients.values()]
        return min(codes) if codes and min(codes) >= 500 else None
    if isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= 500:
        return int(error.smtp_code)
    return None
