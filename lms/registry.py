"""What the running application has loaded: plugins and their activity types."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app

from lms.activity import ActivityType, Context
from lms.desk.kinds import WaitingKind
from lms.files import FileStore
from lms.i18n import lazy_gettext as _
from lms.messages.kinds import NoticeKind
from lms.plugin import Appointments, CohortPage, NavItem, OfflinePage, OperationKind, Plugin, Receipts, Sealed, Task
from lms.privacy.kinds import Confidential
from lms.schedule.appointments import Appointment


@dataclass(slots=True)
class Registry:
    """Filled once, at start."""

    plugins: dict[str, Plugin]
    activity_types: dict[str, ActivityType]
    tasks: dict[str, Task]
    operations: dict[str, OperationKind] = field(default_factory=dict)
    offline_pages: list[OfflinePage] = field(default_factory=list)
    navigation: list[NavItem] = field(default_factory=list)
    exporters: list[Plugin] = field(default_factory=list)
    cohort_pages: list[CohortPage] = field(default_factory=list)
    cohort_demonstrations: list[Callable[[int], object]] = field(default_factory=list)
    confidentials: dict[str, Confidential] = field(default_factory=dict)
    keyed: list[Sealed] = field(default_factory=list)
    notice_kinds: dict[str, NoticeKind] = field(default_factory=dict)
    receipts: list[Receipts] = field(default_factory=list)
    appointments: list[Appointments] = field(default_factory=list)
    waiting: dict[str, WaitingKind] = field(default_factory=dict)
    file_store: FileStore | None = None
    send_job: Callable[[uuid.UUID], None] = lambda job_id: None


class MissingType(ActivityType):
    """Stands in for a type whose plugin is not installed: the rows stay, authors can move or delete them, learners are told."""

    key = "missing"
    title = _("Needs a plugin that is not installed")
    icon = "plug"

    def render(self, ctx: Context) -> str:
        """Say nothing; the player has a page of its own for this."""
        return ""

    def load(self, data: Mapping[str, Any], draft: object) -> dict[str, Any]:
        """Keep settings as they are: nobody here can judge them."""
        return dict(data)


MISSING = MissingType()


def registry() -> Registry:
    """Return the registry of the current application."""
    return cast("Registry", current_app.extensions["lms"])


def activity_type(key: str) -> ActivityType:
    """Return the activity type with this key, or MISSING when its plugin is not installed."""
    return registry().activity_types.get(key, MISSING)


def activity_types() -> dict[str, ActivityType]:
    """Return all installed activity types by key, in order of their titles' appearance in the chooser."""
    return registry().activity_types


def appointments_of(user_ids: Collection[uuid.UUID], since: dt.datetime) -> list[Appointment]:
    """Return the appointments of people that end after a moment, in order of time: one statement for each plugin that keeps some."""
    found = [one for call in registry().appointments for one in call(user_ids, since)]
    return sorted(found, key=lambda one: (one.starts_at, one.key))


def operation_titles() -> dict[str, str]:
    """Return what people call the things that can be done without a connection, by kind."""
    return {kind: str(known.title) for kind, known in registry().operations.items()}


def file_store() -> FileStore | None:
    """Return the store for pictures and documents, when a plugin brings one."""
    return registry().file_store
