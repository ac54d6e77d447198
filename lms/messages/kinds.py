"""Kinds of notices as data: what each is called, how it comes by mail unless a person chooses otherwise, and what cannot be turned off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lms.i18n import lazy_gettext as _
from lms.messages.models import Frequency

GENERAL = "general"
SECURITY = "security"
EMERGENCY = "emergency"
SITE = "site"

# Headings of the page of choices, in order.
TOPICS = {
    "learning": _("What you handed in"),
    "dates": _("Dates"),
    "meetings": _("Meetings"),
    "cohort": _("Your cohort"),
    "work": _("Work that waits for you"),
    "account": _("Your account"),
}
OPEN_TOPICS = set(TOPICS) - {"account"}  # where plugins may put theirs


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind of notice: key, title, a sentence for the page of choices, how it comes by mail, the heading it stands under, its icon.

    An exempt kind is about somebody's account or an emergency: it is mailed at once, at any hour, cannot be turned off and does not count
    among the three mails of a week.
    """

    key: str
    title: Any
    sentence: Any
    frequency: Frequency = Frequency.DAILY
    topic: str = "learning"
    icon: str = "info"
    exempt: bool = False


KERNEL = (
    NoticeKind("answer", _("An answer"), _("Somebody has answered what you handed in."), icon="messages-square"),
    NoticeKind("marked", _("A result"), _("A quiz or an assignment of yours has been marked."), icon="clipboard-check"),
    NoticeKind("returned", _("A request"), _("Something came back to you with a request."), icon="pen-line"),
    NoticeKind("due_soon", _("Due soon"), _("A part of a module is due in three days."), topic="dates", icon="calendar-days"),
    NoticeKind(
        "overdue",
        _("A part is waiting"),
        _("A day has passed and a part is still open: at most three times."),
        topic="dates",
        icon="hourglass",
    ),
    NoticeKind(
        "not_begun", _("Not begun"), _("A course has been open for a week, and its first part waits for you."), topic="dates", icon="sprout"
    ),
    NoticeKind(
        "attempt", _("A quiz is open"), _("You began a quiz, or an instructor has opened one again."), Frequency.NOW, "dates", "list-checks"
    ),
    NoticeKind("meeting", _("Meeting tomorrow"), _("A session or field visit is tomorrow."), Frequency.NOW, "meetings", "calendar-days"),
    NoticeKind(
        "meeting_changed", _("A meeting has changed"), _("It is moved, or does not take place."), Frequency.NOW, "meetings", "calendar-days"
    ),
    NoticeKind("absence", _("Sessions missed"), _("Half of what may be missed is used up."), topic="meetings", icon="users"),
    NoticeKind("enrolled", _("Welcome"), _("You take part in a cohort."), Frequency.NOW, "cohort", "graduation-cap"),
    NoticeKind("seat", _("A seat is free"), _("You come from the waiting list into a cohort."), Frequency.NOW, "cohort", "graduation-cap"),
    NoticeKind("decision", _("A decision"), _("The organizer has decided about your result."), Frequency.NOW, "cohort", "flag"),
    NoticeKind("more_time", _("More time"), _("The organizer has answered your request for more time."), Frequency.NOW, "dates", "clock"),
    NoticeKind("certificate", _("A certificate"), _("A certificate of yours is ready."), topic="cohort", icon="file-text"),
    NoticeKind(
        "reminded", _("Somebody reminded you"), _("Who reminded you outside of Peduli, and when."), Frequency.APP, "cohort", "hand-heart"
    ),
    NoticeKind("work", _("Handed in to you"), _("A learner waits for your answer."), topic="work", icon="notebook-pen"),
    NoticeKind(
        "asked", _("A request to you"), _("Somebody asks for more time, or for a seat in your cohort."), topic="work", icon="hand-heart"
    ),
    NoticeKind(
        SITE,
        _("The site needs somebody"),
        _("To administrators: a backup is missing, work stands still, the disk is nearly full."),
        Frequency.NOW,
        "work",
        "triangle-alert",
    ),
    NoticeKind(GENERAL, _("Other news"), _("Everything that fits nowhere else."), topic="work"),
    NoticeKind(
        SECURITY,
        _("Your account"),
        _("Your password was changed, or a new device signed in."),
        Frequency.NOW,
        "account",
        "lock",
        exempt=True,
    ),
    NoticeKind(
        EMERGENCY, _("Your confidential texts"), _("A text was opened in an emergency."), Frequency.NOW, "account", "key-round", exempt=True
    ),
)
