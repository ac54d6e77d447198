"""What an operator should know of: one list for `lms check`, the page Site, `/metrics` and the notices to administrators."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

from flask import current_app

from lms import check
from lms.check import Finding, updates
from lms.db import db, transaction_mode
from lms.i18n import format_datetime, format_number, in_language, ngettext
from lms.i18n import gettext as _
from lms.people.site import Backups, Glance, glance
from lms.watch import slow

GB = 1_000_000_000
LITTLE, PLENTY, SHARE = 1 * GB, 10 * GB, 0.1  # less than a gigabyte is too little; less than a tenth too, unless that is plenty
HOUR = dt.timedelta(hours=1)
SLOW_AN_HOUR = 20


def running(now: Glance) -> list[Finding]:
    """Return how the running site is, in the present language: work, mails, backup, disk, statements. No statement of its own."""
    return [queue(now), failed(now), mails(now), backup(now.backup), disk(), statements()]


def everything(now: Glance) -> list[Finding]:
    """Return what `running` has, and first whether the database is up to date."""
    return [updates(now.behind), *running(now)]


def checked() -> Iterator[Finding]:
    """Yield what `lms check` says, in English: how the site is set up, and how it runs unless its database cannot be asked."""
    can_be_asked = True
    for finding in check.set_up():
        can_be_asked = can_be_asked and (finding.ok or finding.name not in {"database", "migrations"})
        yield finding
    if can_be_asked:
        with transaction_mode("read"):
            now = glance()
            db.session.rollback()
        yield from in_language("en", lambda: running(now))


def queue(now: Glance) -> Finding:
    """Look whether work is done as it comes in."""
    if not now.late:
        return Finding("queue", ok=True, sentence=_("Background work is done as it comes in."))
    waits = ngettext(
        "%(num)s piece of work waits, since %(since)s.",
        "%(num)s pieces of work wait, the oldest since %(since)s.",
        now.waiting,
        since=format_datetime(now.oldest),
    )
    help_ = _("Nothing is lost. Restart Peduli, or start its worker, and it goes on.")
    return Finding("queue", ok=False, sentence=f"{waits} {help_}", title=_("Background work stands still."))


def failed(now: Glance) -> Finding:
    """Look for work that was given up."""
    if not now.failed:
        return Finding("jobs", ok=True, sentence=_("No background work has failed."))
    count = ngettext(
        "%(num)s piece of background work could not be done.", "%(num)s pieces of background work could not be done.", now.failed
    )
    return Finding("jobs", ok=False, sentence=_("Look at Site, Background work: mend what is in the way and try again."), title=count)


def mails(now: Glance) -> Finding:
    """Look for mails that should have left an hour ago."""
    if not now.unsent:
        return Finding("mails", ok=True, sentence=_("Mails leave."))
    count = ngettext("%(num)s mail has not left for an hour.", "%(num)s mails have not left for an hour.", now.unsent)
    return Finding(
        "mails", ok=False, sentence=_("Look whether the mail server of LMS_MAIL_URL answers; Peduli tries again by itself."), title=count
    )


def backup(found: Backups) -> Finding:
    """Look whether the last night's backup is there."""
    newest = _("The newest is of %(when)s.", when=format_datetime(found.newest)) if found.newest else ""
    if not found.late:
        unset = _("The worker makes no backups; set LMS_BACKUP, or see to it that `lms backup` is run.")
        return Finding("backup", ok=True, sentence=newest or unset)
    what = " ".join([newest or found.problem or _("There is none yet."), _("Run `lms backup` on the server: it says what is in the way.")])
    return Finding("backup", ok=False, sentence=what, title=_("There is no backup of last night."))


def disk() -> Finding:
    """Look whether LMS_DATA has room: less than a gigabyte, or a tenth of the disk unless that is ten gigabytes, is too little."""
    room = shutil.disk_usage(current_app.config["LMS_DATA"])
    left = _("%(free)s of %(total)s are free.", free=size(room.free), total=size(room.total))
    if room.free >= max(LITTLE, min(SHARE * room.total, PLENTY)):
        return Finding("disk", ok=True, sentence=left)
    what = _("Make room or move LMS_DATA to a larger disk: on a full one nothing can be saved.")
    return Finding("disk", ok=False, sentence=f"{left} {what}", title=_("The disk is nearly full."))


def statements() -> Finding:
    """Look whether the database was often slow in the last hour."""
    count = slow.count(Path(current_app.config["LMS_DATA"]), HOUR)
    said = ngettext("%(num)s slow statement in the last hour.", "%(num)s slow statements in the last hour.", count)
    if count <= SLOW_AN_HOUR:
        return Finding("statements", ok=True, sentence=said)
    what = _("Look under Site which pages they belong to, and whether the server or its disk is too busy.")
    return Finding("statements", ok=False, sentence=f"{said} {what}", title=_("The database answers slowly."))


def size(count: float) -> str:
    """Write a number of bytes in the present language: `1,5 GB`, `340 MB`."""
    return f"{format_number(count / GB, 1)} GB" if count >= GB else f"{format_number(round(count / 1_000_000))} MB"
