"""A plugin is a Flask Blueprint that also carries activity types, permissions, events, tasks and commands.

Plugins are found by the entry-point group `lms.plugins`; ours go through the same loop as a stranger's. A malformed plugin stops the
start with one sentence. A missing one loses nothing: its rows stay.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from blinker import NamedSignal, Namespace
from flask import Blueprint, current_app
from wtforms.fields.core import UnboundField

from lms.activity import COMPLETION_WORDS, CONTRACT, ActivityType, Gradable, Submittable
from lms.db import Base, after_commit, db
from lms.desk.kinds import WaitingKind
from lms.errors import PluginError
from lms.files import FileStore
from lms.forms import Form
from lms.jobs.models import Job
from lms.learning.models import ACTIVITY_FIELDS
from lms.messages.kinds import OPEN_TOPICS, NoticeKind
from lms.messages.models import Frequency
from lms.people.permissions import Permission, declare
from lms.people.roles import Role
from lms.privacy.kinds import Confidential, Loader, PrivateName
from lms.receipts import Kept
from lms.schedule.appointments import Appointment
from lms.waits import Waits

API_VERSION = "1.0"  # of lms.api: names are added in minor versions and leave only in major ones
GROUP = "lms.plugins"
KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
# Names of the kernel's own rooms and addresses.
RESERVED = frozenset(
    {
        "activate",
        "activation",
        "admin",
        "api",
        "attend",
        "attendance",
        "attending",
        "calendar",
        "check",
        "cohorts",
        "credentials",
        "curriculum",
        "decisions",
        "desk",
        "guidance",
        "help",
        "hours",
        "jobs",
        "join",
        "joining",
        "journals",
        "learn",
        "lms",
        "meetings",
        "messages",
        "modules",
        "notices",
        "offline",
        "people",
        "privacy",
        "receipts",
        "reports",
        "schedule",
        "static",
        "studio",
        "supervision",
        "support",
        "sync",
        "tasks",
        "team",
        "watch",
        "web",
    }
)
# Names that a setting cannot have: in a module's text they say what every activity says about itself, in a form they are the form's own.
TAKEN = frozenset({*ACTIVITY_FIELDS, "complete", "data", "errors", "meta"})
COHORT_TABS = ("people", "plan", "results")
MISSING = "missing"  # stands in for types whose plugin is not installed
_signals = Namespace()
_events: set[str] = set()

Type = TypeVar("Type", bound=type[ActivityType])
Handler = TypeVar("Handler", bound=Callable[..., object])
PersonalData = Callable[[uuid.UUID], list[dict[str, Any]]]
Receipts = Callable[[str, sa.ColumnElement[bool]], Iterable[Kept]]
Appointments = Callable[[Collection[uuid.UUID], dt.datetime], Iterable[Appointment]]


@dataclass(frozen=True, slots=True)
class Task:
    """Work that happens after a commit or at times: handler, seconds between runs when it is periodic, the event it follows if it does."""

    name: str
    handler: Callable[..., object]
    every: int | None = None
    on: str | None = None


@dataclass(frozen=True, slots=True)
class OperationKind:
    """Something that people can do without a connection: its name for them, and what takes it in afterwards."""

    title: Any
    take: Callable[..., Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """A page that opens without a connection: its address, and what it is called in the list of what is on a device."""

    path: str
    title: Any
    icon: str


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the main navigation: shown to people who hold one of the roles; with `under` on the page of that address instead."""

    title: Any
    url: str
    icon: str
    roles: tuple[Role, ...]
    order: int = 50
    under: str = ""


@dataclass(frozen=True, slots=True)
class CohortPage:
    """A page of a cohort for people who hold the permission: title, path below `/cohorts/<id>`, and the tab that it stands under."""

    title: Any
    path: str
    permission: str
    under: str = "plan"
    waits: Waits | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is lost with a person's key besides confidential items: what it is called, how many there are, and how it is removed."""

    title: Any
    count: Callable[[uuid.UUID], int]
    drop: Callable[[uuid.UUID], object]


class Plugin(Blueprint):
    """One plugin: `plugin = Plugin("poll", __name__, title="Poll")` at the top of its module."""

    def __init__(self, key: str, import_name: str, *, title: Any, url_prefix: str | None = None, api: str = "1.0") -> None:
        """Make the blueprint; pages live under `/key/…` unless url_prefix says otherwise ("" for the site's root).

        api is the version of `lms.api` that the plugin was written for. Raises PluginError when this one does not fit.
        """
        if not KEY.fullmatch(key):
            raise PluginError(f"Plugin {key!r}: a key is small letters, digits and _, at most 30")
        if not _fits(api):
            raise PluginError(f"Plugin {key}: it needs version {api} of lms.api, and this is {API_VERSION}")
        super().__init__(
            key,
            import_name,
            template_folder="templates",
            url_prefix=(f"/{key}" if url_prefix is None else url_prefix or None),
            cli_group=key,
        )
        self.key, self.title = key, title
        self.activities: dict[str, ActivityType] = {}
        self.permissions: list[Permission] = []
        self.tasks: list[Task] = []
        self.notice_kinds: list[NoticeKind] = []
        self.operations: dict[str, OperationKind] = {}
        self.offline_pages: list[OfflinePage] = []
        self.navigation: list[NavItem] = []
        self.cohort_pages: list[CohortPage] = []
        self.commands: list[Any] = []
        self.exports: list[PersonalData] = []
        self.confidentials: dict[str, Confidential] = {}
        self.keyed: list[Sealed] = []
        self.caches: list[Callable[[], object]] = []
        self.demonstrations: list[Callable[[uuid.UUID], object]] = []
        self.cohort_demonstrations: list[Callable[[int], object]] = []
        self.appointment_calls: list[Appointments] = []
        self.receipt_calls: list[Receipts] = []
        self.waiting_kinds: list[WaitingKind] = []
        self.file_store: FileStore | None = None

    @property
    def folder(self) -> Path:
        """Return the folder of the plugin's package."""
        return Path(self.root_path)

    def activity(self, cls: Type) -> Type:
        """Register an activity type; refuses one that does not keep the contract."""
        _check_type(self.key, cls)
        if cls.key in self.activities:
            raise PluginError(f"{cls.__name__}: the key {cls.key!r} is taken in this plugin")
        self.activities[cls.key] = cls()
        return cls

    def permission(self, name: str, sentence: str, roles: Iterable[Role | str] = ()) -> Permission:
        """Declare a permission `plugin:thing:act` with the roles that hold it by default."""
        if not name.startswith(f"{self.key}:"):
            raise PluginError(f"Permission {name!r}: names start with the plugin's key, {self.key}:…")
        permission = declare(name, sentence, roles)
        self.permissions.append(permission)
        return permission

    def event(self, name: str) -> NamedSignal:
        """Return the signal of something that happened, `poll:voted`; send it through `lms.api.announce`, after the commit."""
        if not name.startswith(f"{self.key}:"):
            raise PluginError(f"Event {name!r}: names start with the plugin's key, {self.key}:…")
        return signal(name)

    def task(self, *, every: int | None = None, on: str | None = None) -> Callable[[Handler], Handler]:
        """Register a function as a task: run from `lms.api.enqueue`, every so many seconds, or after an event. It must be idempotent.

        `on` names an event of the kernel or of a plugin, `lms:activity-completed`; the task gets its ids. The job is written in the
        transaction in which the event happens, so that none is lost.
        """

        def register(handler: Handler) -> Handler:
            name = f"{self.key}:{getattr(handler, '__name__', 'task')}"
            self.tasks.append(Task(name, handler, every, on))
            return handler

        return register

    def notice_kind(
        self, key: str, title: Any, sentence: Any, *, frequency: str = "daily", topic: str = "learning", icon: str = "info"
    ) -> None:
        """Register a kind of notice, `poll:closed`, for `lms.api.notify(…, kind=…)`: title and sentence for the page where people choose.

        frequency is how it comes by mail unless a person chooses otherwise: `now`, `daily`, `weekly` or `app` (in Peduli alone); topic one of
        `learning`, `dates`, `meetings`, `cohort`, `work`. Raises PluginError for a name that is not the plugin's own.
        """
        if not key.startswith(f"{self.key}:") or topic not in OPEN_TOPICS:
            raise PluginError(
                f"Plugin {self.key}: the kind of notice {key!r} starts with {self.key}: and stands under one of {sorted(OPEN_TOPICS)}"
            )
        self.notice_kinds.append(NoticeKind(key, title, sentence, Frequency(frequency), topic, icon))

    def operation(self, kind: str, title: Any) -> Callable[[Handler], Handler]:
        """Register what takes an operation of a device in, `poll:vote`: `handler(actor, operation) -> dict` (see `lms.api.Operation`).

        title names it in the list of what waits on a device.

        It runs in a savepoint, once for each operation. What it returns goes to the device along with the receipt: ids and states, no private
        text. It raises Refused with a sentence for what can never be taken, and OutOfStepError for what builds on something that is not here.
        """
        if not kind.startswith(f"{self.key}:"):
            raise PluginError(f"Operation {kind!r}: names start with the plugin's key, {self.key}:…")

        def register(handler: Handler) -> Handler:
            self.operations[kind] = OperationKind(title, cast("Callable[..., Mapping[str, Any]]", handler))
            return handler

        return register

    def offline_page(self, path: str, title: Any, icon: str) -> None:
        """Let devices keep a page of this plugin, so that it opens without a connection; "On this device" leads to it.

        The plugin serves it as @public, the same bytes for everybody: what is somebody's, a script takes from the outbox of the device. It
        extends `web/offline_base.html` and links every file that it needs, also what its scripts import (`modulepreload`).
        """
        self.offline_pages.append(OfflinePage(path, title, icon))

    def nav(self, title: Any, url: str, icon: str, roles: Iterable[Role | str], order: int = 50, under: str = "") -> None:
        """Add an entry to the main navigation, or with `under="/cohorts"` to the links on that page: for what is needed once in a while."""
        self.navigation.append(NavItem(title, url, icon, tuple(Role(role) for role in roles), order, under))

    def cohort_page(self, title: Any, path: str, permission: Permission, under: str = "plan", waits: Waits | None = None) -> None:
        """Add a page to those of a cohort: path begins with / and stands behind `/cohorts/<id>`; the plugin serves it.

        under is the tab where it stands: `people`, `plan` (what happens when) or `results`; waits counts for the board what waits there.
        """
        if under not in COHORT_TABS:
            raise PluginError(f"Plugin {self.key}: a page of a cohort stands under one of {', '.join(COHORT_TABS)}")
        self.cohort_pages.append(CohortPage(title, path, permission.name, under, waits))

    def personal_data(self, call: PersonalData) -> PersonalData:
        """Register what this plugin's own tables keep about a person, for "download my data": user id in, plain data out."""
        self.exports.append(call)
        return call

    def appointments(self, call: Appointments) -> Appointments:
        """Register what gives the dated things of learners: user ids and a moment in, those that end after it out (`lms.api.Appointment`)."""
        self.appointment_calls.append(call)
        return call

    def receipts(self, call: Receipts) -> Receipts:
        """Register what finds a receipt: its code and a condition on `Enrolment` in (whose may be seen), `lms.api.Kept` out, no text."""
        self.receipt_calls.append(call)
        return call

    def waiting(self, kind: WaitingKind) -> None:
        """Let what waits for a person's answer stand on their desk. Raises PluginError for a kind whose key is not the plugin's own."""
        if not kind.key.startswith(f"{self.key}:"):
            raise PluginError(f"Plugin {self.key}: the kind {kind.key!r} of what waits starts with {self.key}:")
        self.waiting_kinds.append(kind)

    def confidential(self, kind: str, *, title: Any, names: Callable[[uuid.UUID], list[PrivateName]]) -> Callable[[Loader], Loader]:
        """Register how a confidential item of this kind (as `reveal` is told) is loaded: id in, `PrivateText` or None out, nothing opened.

        names returns what a person (user id) has written, without texts. Raises PluginError for a kind that is there already.
        """

        def register(load: Loader) -> Loader:
            if kind in self.confidentials:
                raise PluginError(f"Plugin {self.key}: the confidential kind {kind!r} is registered twice")
            self.confidentials[kind] = Confidential(kind, title, load, names)
            return load

        return register

    def cache(self, forget: Callable[[], object]) -> Callable[[], object]:
        """Register a function that empties what this plugin keeps in the process; tests call it."""
        self.caches.append(forget)
        return forget

    def demonstration(self, call: Callable[[uuid.UUID], object]) -> Callable[[uuid.UUID], object]:
        """Register what `lms demo` makes of this plugin's things before the demonstration cohort begins; takes the author's user id."""
        self.demonstrations.append(call)
        return call

    def cohort_demonstration(self, call: Callable[[int], object]) -> Callable[[int], object]:
        """Register what `lms demo` makes in the demonstration cohort after its people have learned; takes the cohort's id."""
        self.cohort_demonstrations.append(call)
        return call


def signal(name: str) -> NamedSignal:
    """Return the signal of something that happens, by its name; from now on tasks may follow it."""
    _events.add(name)
    return _signals.signal(name)


def events() -> frozenset[str]:
    """Return the names of all declared signals, the kernel's and the plugins'."""
    return frozenset(_events)


def announce(happened: NamedSignal, **ids: object) -> None:
    """Send a signal when the present transaction has committed, and write the jobs of the tasks that follow it into this transaction.

    Ids only: the session behind an object may be gone by then. Tasks get them as plain JSON (a UUID is a text).
    """
    after_commit(_send, happened, ids)
    loaded = current_app.extensions["lms"]
    for task in loaded.tasks.values():
        if task.on == happened.name:
            plain = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in ids.items()}
            job = Job(id=uuid.uuid4(), task=task.name, arguments=plain)
            db.session.add(job)
            after_commit(loaded.send_job, job.id)


def _send(happened: NamedSignal, ids: dict[str, object]) -> None:
    happened.send(None, _async_wrapper=None, **ids)


def _fits(version: str) -> bool:
    """Tell whether this `lms.api` has what a plugin for that version needs: the same major version, not an older minor one."""
    if not re.fullmatch(r"\d+\.\d+", version):
        return False
    (major, minor), (own_major, own_minor) = (map(int, text.split(".")) for text in (version, API_VERSION))
    return major == own_major and minor <= own_minor


def _check_type(plugin: str, cls: type[Any]) -> None:
    """Raise PluginError, in one sentence, when a class does not keep the contract of an activity type."""
    name = f"{plugin}: {cls.__name__}"
    if not issubclass(cls, ActivityType):
        raise PluginError(f"{name}: an activity type inherits from ActivityType")
    for attribute in ("key", "title"):
        if not getattr(cls, attribute, None):
            raise PluginError(f"{name}: {attribute} is missing")
    if not KEY.fullmatch(cls.key) or cls.key == MISSING:
        raise PluginError(f"{name}: a key is small letters, digits and _, at most 30, not {cls.key!r}")
    strange = sorted(
        attribute
        for base in cls.__mro__
        if base not in {ActivityType, Submittable, Gradable, object}
        for attribute in vars(base)
        if not attribute.startswith("_") and attribute not in CONTRACT
    )
    if strange:
        raise PluginError(f"{name}: not in the contract: {strange} (name helpers with a leading _)")
    _check_settings(name, cls.settings)
    offered: Any = cls.completion
    if not offered or not isinstance(offered, tuple | list) or not set(offered) <= COMPLETION_WORDS:
        raise PluginError(f"{name}: completion is a tuple of some of {sorted(COMPLETION_WORDS)}, not {offered!r}")
    if cls.render is ActivityType.render:
        raise PluginError(f"{name}: render is missing")
    bases: set[type] = set(cls.__mro__)
    if bases & {Gradable} and not bases & {Submittable}:
        raise PluginError(f"{name}: a Gradable type is Submittable too")
    for mixin, method in ((Submittable, "answer_form"), (Gradable, "grade")):
        if bases & {mixin} and getattr(cls, method) is getattr(mixin, method):
            raise PluginError(f"{name}: {method} is missing")


def _check_settings(name: str, form: Any) -> None:
    if not (isinstance(form, type) and issubclass(form, Form)):
        raise PluginError(f"{name}: settings is a class of form, a subclass of lms.api.Form")
    taken = sorted(field for field in dir(form) if field in TAKEN and isinstance(getattr(form, field), UnboundField))
    if taken:
        raise PluginError(f"{name}: settings: the names {taken} are taken; give the fields others")


def discover() -> list[EntryPoint]:
    """Return the entry points of all installed plugins, ours and strangers', by name."""
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def load_plugins(points: Iterable[EntryPoint | Plugin], disabled: Iterable[str] = ()) -> dict[str, Plugin]:
    """Import plugins and return {key: plugin}. Raises PluginError, with one sentence, for the first that is malformed."""
    left_out = set(disabled)
    plugins: dict[str, Plugin] = {}
    owners: dict[str, str] = {}
    for point in points:
        plugin = point if isinstance(point, Plugin) else None if point.name in left_out else _import(point)
        if plugin is None or plugin.key in left_out:
            continue
        if plugin.key in RESERVED:
            raise PluginError(f"Plugin {plugin.key}: the kernel has this name for itself; choose another key")
        if plugin.key in plugins:
            both = f"{plugins[plugin.key].import_name} and {plugin.import_name}"
            raise PluginError(f"Plugin {plugin.key}: two installed plugins have this key, {both}")
        for key in plugin.activities:
            if key in owners:
                raise PluginError(f"Plugin {plugin.key}: the activity type {key!r} belongs to the plugin {owners[key]}")
            owners[key] = plugin.key
        if plugin.cli.commands and plugin.cli not in plugin.commands:
            plugin.commands.append(plugin.cli)
        plugins[plugin.key] = plugin
    _check_tables(plugins)
    _check_events(plugins)
    return plugins


def _import(point: EntryPoint) -> Plugin:
    try:
        plugin: object = point.load()
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"Plugin {point.name}: {point.value} cannot be imported: {error!r}") from error
    if not isinstance(plugin, Plugin):
        raise PluginError(f"Plugin {point.name}: the entry point must name a Plugin, not {plugin!r}")
    return plugin


def _check_tables(plugins: dict[str, Plugin]) -> None:
    """Raise PluginError when it could not be told from its name whose a table is: each plugin has a history of migrations of its own."""
    for mapper in Base.registry.mappers:
        module, table = mapper.class_.__module__, str(mapper.local_table)
        owner = next((p for p in plugins.values() if module == p.import_name or module.startswith(f"{p.import_name}.")), None)
        if owner and not table.startswith(f"{owner.key}_"):
            raise PluginError(f"Plugin {owner.key}: the name of its table {table!r} must begin with {owner.key}_")
        claimed = next((key for key in plugins if table.startswith(f"{key}_") and (not owner or owner.key != key)), None)
        if claimed and (owner or module.startswith("lms.")):
            whose = f"the plugin {owner.key}" if owner else "the kernel"
            raise PluginError(f"Plugin {claimed}: {whose} has a table {table!r}; choose another key")


def _check_events(plugins: dict[str, Plugin]) -> None:
    """Raise PluginError for a task that follows an event which nobody announces; a plugin that is not installed may announce what it likes."""
    for plugin in plugins.values():
        for task in plugin.tasks:
            speaker = (task.on or "").partition(":")[0]
            if task.on and task.on not in _events and (speaker == "lms" or speaker in plugins):
                raise PluginError(f"Plugin {plugin.key}: the task {task.name} follows {task.on!r}, which nobody announces")
