"""The words of reminders: kind, one idea a sentence, help before demand. A test sends every one of them through the tone list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from lms import i18n
from lms.i18n import lazy_gettext as _

TITLE = 200  # characters of a title


def say(words: tuple[Any, Any], values: Mapping[str, Any], *, language: str, time_zone: str) -> tuple[str, str]:
    """Return title and text in somebody's language and time zone; values that are functions are called there."""
    found: list[str] = []

    def write() -> str:
        filled = {name: value() if callable(value) else value for name, value in values.items()}
        found.extend((str(part) % filled).strip() for part in words)
        return ""

    i18n.in_language(language, write, time_zone=time_zone or current_app.config["LMS_TIME_ZONE"])
    return found[0][:TITLE], found[1]


# (title, text) by kind of notice.
REMINDERS = {
    "due_soon": (
        _("“%(module)s” is due on %(day)s"),
        _("%(open)s. You can go on exactly where you left off. Do you need more time? Tell the organizer; we look for a way together."),
    ),
    "overdue": (
        _("“%(module)s” is waiting for you"),
        _("%(open)s. You can go on exactly where you left off. Do you need more time, or is there no signal? Tell the organizer."),
    ),
    "not_begun": (
        _("Your course is open for you"),
        _("The first part takes only a few minutes, also without a signal. Is something in the way? Tell the organizer."),
    ),
    "meeting": (_("Tomorrow: %(title)s"), _("%(day)s, %(time)s. %(place)s")),
    "attempt": (
        _("A quiz that you began is still open"),
        _("Your answers are saved. You can go on where you left off, or hand in what is there."),
    ),
}

# Texts to copy, by how far somebody is. %(name)s is the first name, %(next)s what comes next, %(link)s a page.
COPIES = {
    "behind": _(
        "Hello %(name)s, “%(next)s” is waiting for you in Peduli. You can go on exactly where you left off, a few minutes at a time: %(link)s\n\n"
        "Do you need more time, or is there no signal where you are? Write to me, and we look for a way together."
    ),
    "not_begun": _(
        "Hello %(name)s, your training in Peduli is open for you. The first part takes only a few minutes: %(link)s\n\n"
        "If signing in does not work, or time is short, write to me. I am glad to help."
    ),
    "no_signal": _(
        "Hello %(name)s, thank you for telling that there is no signal where you are. Nothing is expected of you until then. "
        "What you do offline in Peduli is kept on your phone and sent later; when you are back, you go on here: %(link)s"
    ),
    "on_schedule": _("Hello %(name)s, you are on schedule in Peduli. Thank you for making time for it. Next comes “%(next)s”: %(link)s"),
    "waiting": _(
        "Hello %(name)s, you have handed in everything in Peduli. Your instructor is reading it; there is nothing you need to do now: %(link)s"
    ),
    "complete": _(
        "Hello %(name)s, you have completed your training in Peduli. Congratulations, and thank you. "
        "Everything stays open for you to read again: %(link)s"
    ),
}

REMINDED = (_("%(name)s reminded you"), _("On %(day)s, outside of Peduli. Do you need more time? You can say so."))
ENROLLED = (_("Welcome to %(cohort)s"), _("It begins on %(day)s. Everything that you need is on your start page."))
MOVED = (_("Changed: %(title)s"), _("It is now on %(day)s, %(time)s. %(place)s"))
CANCELLED = (_("Does not take place: %(title)s"), _("It was planned for %(day)s, %(time)s. There is nothing you need to do."))
NEW_DEVICE = (
    _("A new device signed in to your account"),
    _("Was it you? Then there is nothing to do. If not, change your password; that signs out all other devices."),
)
ISSUED_PASSWORD = (
    _("Your account has a new password"),
    _("Somebody of the staff has given your account a new one-time password. Is that a surprise? Then tell your administrator."),
)
NEW_PASSWORD = (_("Your password was changed"), _("Was it you? Then there is nothing to do. If not, tell your administrator today."))
