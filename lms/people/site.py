"""The state of the site, in numbers and sentences: what runs, what waits, what is set. Nothing here is about one person's learning."""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from lms import __version__, migrate
from lms import plugin as contract
from lms.activity import ActivityType
from lms.backup import tasks as backup
from lms.backup.place import BackupError
from lms.db import db, read, utcnow
from lms.errors import NotFound
from lms.jobs import services as work
from lms.jobs.models import Job, JobState
from lms.jobs.services import is_due, put_in_again
from lms.learning.models import Activity, Cohort, Module, RevisionActivity
from lms.messages.models import Mail
from lms.people.access import Actor
from lms.people.models import User
from lms.people.permissions import PERMISSIONS, Permission
from lms.people.queries import named
from lms.plugin import Task
from lms.privacy.models import AuditEntry
from lms.privacy.queries import audit_trail
from lms.privacy.services import audit
from lms.registry import registry
from lms.settings import SETTINGS, Setting, read_settings

LATE = dt.timedelta(minutes=5)  # a worker that runs takes a job within seconds
UNSENT = dt.timedelta(hours=1)  # a mail server that was away for a moment is no matter
MASK = "•••"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PASSWORD = re.compile(r"^([a-z][a-z0-9+.\-]*://[^:@/]*):.*@", re.IGNORECASE | re.DOTALL)
_SECRET_VALUE = re.compile(r"([?&][^=&]*(?:pass|pwd|secret|token|key)[^=&]*=)[^&]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Glance:
    """The site at a glance. `unsent` are mails that should have left an hour ago; `oldest` is since when the oldest piece of work that is due has waited."""

    people: int
    cohorts: int
    modules: int
    mails: int
    unsent: int
    failed: int
    waiting: int
    oldest: dt.datetime | None
    behind: tuple[str, ...]
    late: bool
    backup: Backups


@dataclass(frozen=True, slots=True)
class Backups:
    """What there is of backups: whether the worker makes them, the newest, whether it should be newer, and why the place cannot be read."""

    wanted: bool
    newest: dt.datetime | None
    late: bool
    problem: str = ""


def backups() -> Backups:
    """Look at the place of backups."""
    wanted = bool(current_app.config["LMS_BACKUP"])
    try:
        age = backup.age()
    except (BackupError, OSError) as error:
        return Backups(wanted, None, late=True, problem=str(error))
    return Backups(wanted, None if age is None else utcnow() - age, late=wanted and (age is None or age > backup.OLD))


def _count(table: Any, *conditions: Any) -> Any:
    return sa.select(sa.func.count()).select_from(table).where(*conditions).scalar_subquery()


def _unsent(hour_ago: sa.BindParameter[dt.datetime]) -> sa.ColumnElement[bool]:
    """Return the condition that a mail has waited for an hour: nobody took it, or it was tried in vain. One that waits for the morning has time."""
    untouched = sa.and_(Job.tries == 0, Job.due_at < hour_ago)
    in_vain = sa.and_(Job.tries > 0, Job.created_at < hour_ago)
    return sa.and_(Job.task == "lms:send_mail", Job.state.in_([JobState.WAITING, JobState.FAILED]), sa.or_(untouched, in_vain))


NOW = sa.bindparam("now", type_=Job.due_at.type)
_HOUR_AGO = sa.bindparam("hour_ago", type_=Job.due_at.type)
_GLANCE = sa.select(
    _count(User, User.is_active).label("people"),
    _count(Cohort).label("cohorts"),
    _count(Module).label("modules"),
    _count(Mail, Mail.sent_at.is_(None), Mail.refused_at.is_(None)).label("mails"),
    _count(Job, _unsent(_HOUR_AGO)).label("unsent"),
    _count(Job, Job.state == JobState.FAILED).label("failed"),
    _count(Job, is_due(NOW)).label("waiting"),
    sa.select(sa.func.min(Job.due_at)).where(is_due(NOW)).scalar_subquery().label("oldest"),
)


def glance() -> Glance:
    """Return the site at a glance: one statement, and those that look whether the database is up to date."""
    now = utcnow()
    row = read(_GLANCE, {"now": now, "hour_ago": now - UNSENT}).one()
    late = row.oldest is not None and now - row.oldest > LATE
    return Glance(
        people=row.people,
        cohorts=row.cohorts,
        modules=row.modules,
        mails=row.mails,
        unsent=row.unsent,
        failed=row.failed,
        waiting=row.waiting,
        oldest=row.oldest,
        behind=tuple(migrate.pending()),
        late=late,
        backup=backups(),
    )


def database_kind() -> str:
    """Return the name of the database program."""
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(db.engine.dialect.name, db.engine.dialect.name)


# -- settings ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting as a page shows it: secrets are hidden, `source` is environment, default or start."""

    setting: Setting
    value: str
    source: str


def masked(value: object) -> str:
    """Return a value as text in which nobody reads a password: `postgresql://name:•••@host/db`."""
    text = ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
    return _SECRET_VALUE.sub(rf"\g<1>{MASK}", _PASSWORD.sub(rf"\g<1>:{MASK}@", text))


def settings_rows() -> list[SettingRow]:
    """Return every setting with its value and where it came from."""
    defaults = read_settings({})
    rows = []
    for setting in SETTINGS:
        value = current_app.config[f"LMS_{setting.name}"]
        if f"LMS_{setting.name}" in os.environ:
            source = "environment"
        else:
            source = "default" if not setting.default or value == defaults[setting.name] else "start"
        rows.append(SettingRow(setting, MASK if setting.secret and value else masked(value), source))
    return rows


# -- work that waits or failed -----------------------------------------------------------------------------------------------------


_GIVEN_UP = Job.state.in_([JobState.FAILED, JobState.ASIDE])


def failed_jobs() -> sa.Select[Job]:
    """Return the jobs that were given up, the latest first, and after them those that were put aside."""
    return sa.select(Job).where(_GIVEN_UP).order_by(Job.state.desc(), Job.due_at.desc(), Job.id)


def try_again(*, actor: Actor, job_id: uuid.UUID | None = None) -> int:
    """Let one job that was given up (None: all that were not put aside) be tried once more from the start; return how many.

    Raises NotFound for one that was not given up.
    """
    again = put_in_again(Job.state == JobState.FAILED) if job_id is None else put_in_again(_GIVEN_UP, Job.id == job_id)
    if job_id is not None and not again:
        raise NotFound("no such failed job")
    audit(actor.id, "site:retry", "job", job_id or "all", count=again)
    return again


def put_aside(*, actor: Actor, job_id: uuid.UUID) -> None:
    """Let a failed job stay undone, so that no alarm is about it. Raises NotFound for one that has not failed."""
    if not work.put_aside(job_id):
        raise NotFound("no such failed job")
    audit(actor.id, "site:aside", "job", job_id)


# -- plugins -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin (or the kernel) as a page or command shows it."""

    key: str
    title: Any
    version: str
    types: list[ActivityType]
    permissions: list[Permission]
    tasks: list[Task]
    events: list[str]


def installed() -> list[Installed]:
    """Return what is installed: the kernel, then the plugins by key, each with all that it brings."""
    found = registry()
    packages = {point.name: point.dist.version for point in contract.discover() if point.dist}
    parts: dict[str, Any] = {"lms": "Peduli", **{key: plugin.title for key, plugin in sorted(found.plugins.items())}}
    return [
        Installed(
            key,
            title,
            __version__ if key == "lms" else packages.get(key, ""),
            list(found.plugins[key].activities.values()) if key in found.plugins else [],
            [permission for name, permission in PERMISSIONS.items() if _is_of(key, name)],
            [task for name, task in found.tasks.items() if _is_of(key, name)],
            sorted(name for name in contract.events() if _is_of(key, name)),
        )
        for key, title in parts.items()
    ]


def _is_of(key: str, name: str) -> bool:
    return name.partition(":")[0] == key


def missing_types() -> list[tuple[str, int]]:
    """Return (key, number of activities in drafts) of the activity types that no installed plugin brings.

    Types that only revisions still have are counted as 0.
    """
    known = list(registry().activity_types)
    drafts = sa.select(Activity.type, sa.func.count().label("count")).where(Activity.type.not_in(known)).group_by(Activity.type)
    published = sa.select(RevisionActivity.type, sa.literal(0)).where(RevisionActivity.type.not_in(known)).distinct()
    found: dict[str, int] = {}
    for key, count in db.session.execute(sa.union_all(drafts, published)):
        found[key] = found.get(key, 0) + count
    return sorted(found.items())


# -- the trail ---------------------------------------------------------------------------------------------------------------------


def trail(*, action: str = "", kind: str = "", number: str = "", who: str = "") -> sa.Select[AuditEntry, str]:
    """Return (line, name of who did it), the latest first.

    action keeps to those that begin so, kind and number to what it was done to, who to the people of that name, address or NIP.
    """
    statement = audit_trail(action.strip())
    if kind.strip():
        statement = statement.where(AuditEntry.object_kind == kind.strip())
    if number.strip():
        statement = statement.where(AuditEntry.object_id == number.strip())
    return statement.where(named(who.strip())) if who.strip() else statement


def names_of(user_ids: list[str]) -> dict[str, str]:
    """Return {id as it stands in the trail: name} of the people that lines are about."""
    ids = [uuid.UUID(text) for text in user_ids if _UUID.fullmatch(text)]
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(ids)))
    return {str(user_id): name for user_id, name in rows}
