"""Appointments: dated things of learners that plugins keep beside the schedule, such as the field visit to which somebody goes."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Appointment:
    """Where a learner is to be, and when: `key` names it for ever, `what` is a lazy word for it, `path` its page.

    `entry_id` is the meeting of the schedule that it belongs to, if there is one: calendars and reminders then have the meeting alone.
    """

    user_id: uuid.UUID
    cohort_id: int
    key: str
    what: Any
    title: str
    place: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    time_zone: str
    path: str
    sequence: int = 0
    cancelled: bool = False
    entry_id: int | None = None
