"""What addresses of the schedule and of attendance name, for the tests that walk every route."""

from __future__ import annotations

from typing import Any

from lms.learning.models import ScheduleEntry
from lms.people.access import load_actor
from lms.schedule import calendar


def name_things(world: Any, meeting: ScheduleEntry, colleague: Any) -> None:
    """Name the meeting for every address that has one, and a calendar for the address of calendars."""
    names = [f"attendance.{name}" for name in ("roster", "history", "code", "sheet_pdf", "enter_sheet")]
    names += [f"schedule.{name}" for name in ("cancel_meeting", "delete_meeting")]
    world.special |= {name: {"entry_id": meeting.id} for name in names}
    feed = calendar.renew(actor=load_actor(colleague.user_id, meeting.starts_at.date()))
    world.special["schedule.calendar_file"] = {"token": calendar.token_of(feed)}
