"""Permissions: a name, a sentence, the roles that hold it by default; checks and filters are in `lms.people.access`.

Deny by default: a view that carries neither `@requires(…)` nor `@public` answers nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from lms.errors import PluginError
from lms.people.roles import Role

NAME = re.compile(r"[a-z_]+:[a-z_]+:[a-z_]+")
View = TypeVar("View", bound=Callable[..., Any])
Target = Literal["cohort", "module", "self"]


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission: `quizzes:attempt:regrade`, what it lets a person do, and who holds it by default."""

    name: str
    sentence: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Access:
    """What a view demands: nothing (None), or a permission, on the object that its address names. `signed`: the address itself is the proof."""

    permission: str | None
    on: Target | None = None
    writes: bool = False
    traceless: bool = False
    signed: bool = False


PERMISSIONS: dict[str, Permission] = {}


def declare(name: str, sentence: str, roles: Iterable[Role | str]) -> Permission:
    """Add a permission to the register. Raises PluginError for a bad name, or one declared before with another meaning."""
    if not NAME.fullmatch(name):
        raise PluginError(f"Permission {name!r}: a name is three words, plugin:thing:act")
    permission = Permission(name, sentence, frozenset(Role(role) for role in roles))
    if PERMISSIONS.setdefault(name, permission) != permission:
        raise PluginError(f"Permission {name!r} is declared twice")
    return permission


def requires(permission: Permission | str, *, on: Target | None = None, writes: bool = False) -> Callable[[View], View]:
    """Let a view answer only people who hold the permission.

    With `on="cohort"` or `on="module"` they must hold it on the cohort or module that the address names (`cohort_id`, `module_key`);
    others get 404. `on="self"` says that the query itself keeps to what is the person's own. `writes=True` lets even a GET write: for pages
    whose opening leaves a line in a log.
    """
    name = permission if isinstance(permission, str) else permission.name

    def mark(view: View) -> View:
        view.__dict__["access"] = Access(name, on, writes)
        return view

    return mark


def public(view: View) -> View:
    """Let a view answer everybody, signed in or not."""
    view.__dict__["access"] = Access(None)
    return view


def signed(view: View) -> View:
    """Let a view answer whoever holds its address, which carries a signature of this site; a posted form needs no token besides."""
    view.__dict__["access"] = Access(None, signed=True)
    return view


def traceless(view: View) -> View:
    """Let a view answer everybody, and let nobody find out who asked: sessions, cookies and the chosen language are not even read."""
    view.__dict__["access"] = Access(None, traceless=True)
    return view


# -- the kernel's own ------------------------------------------------------------------------------------------------------------

LEARN = declare("lms:learning:take", "Take the activities of one's own cohorts", [Role.LEARNER])
PROFILE = declare("lms:profile:edit", "See and change one's own profile, sessions and data", [Role.LEARNER])
READ_CONFIDENTIAL = declare(
    "lms:confidential:read",
    "Open confidential texts handed in to oneself, or drawn for a second opinion; each reading is shown to the author",
    [Role.INSTRUCTOR],
)
MARK = declare("lms:attempt:mark", "Mark what learners of one's cohorts hand in", [Role.INSTRUCTOR])
SEE_DESK = declare("lms:desk:see", "See everything that waits for one's own answer, as one list", [Role.INSTRUCTOR])
MANAGE_COHORTS = declare("lms:cohort:manage", "Run cohorts: dates, groups, staff, enrolment, revisions, overrides", [Role.ORGANIZER])
EDIT_COURSES = declare("lms:course:edit", "Put courses together: modules, order, pacing, grades, absence limits", [Role.ORGANIZER])
VIEW_COHORTS = declare("lms:cohort:view", "See the board of a cohort: who is in it and how far they are", [Role.ORGANIZER, Role.INSTRUCTOR])
VIEW_GUIDED = declare(
    "lms:guidance:view", "See how far those are whom one coaches, mentors or examines", [Role.COACH, Role.MENTOR, Role.EXAMINER]
)
NOTE_ATTENDANCE = declare(
    "lms:attendance:note", "Note who was at the meetings of a cohort, and see who was absent", [Role.ORGANIZER, Role.INSTRUCTOR]
)
SUPERVISE = declare("lms:team:view", "See the progress of one's own people through the sealed connection", [Role.SUPERVISOR])
MANAGE_PEOPLE = declare("lms:people:manage", "See and change people, units and roles", [Role.ADMIN])
OPERATE = declare("lms:site:operate", "See settings, plugins and health", [Role.ADMIN])
READ_TRAIL = declare("lms:audit:read", "See the audit trail", [Role.ADMIN, Role.DPO])
BREAK_GLASS = declare(
    "lms:glass:break",
    "Open one confidential text in an emergency, two people together: one asks, the other approves; the author is told",
    [Role.DPO, Role.COUNSELLOR],
)
OVERSEE = declare("lms:privacy:oversee", "See who opened whose texts, verify that log, review emergencies", [Role.DPO])
DESTROY_KEYS = declare("lms:keys:destroy", "Destroy the key of one person's texts, for ever", [Role.ADMIN, Role.DPO])
EDIT_SUPPORT = declare("lms:support:edit", "Keep the list of support services", [Role.ADMIN, Role.ORGANIZER])
GOVERN_JP = declare("lms:jp:govern", "Keep the dated rules by which hours (JP) are recognised", [Role.ADMIN])
ISSUE = declare(
    "lms:credential:issue", "Keep certificate templates; issue, revoke and reissue certificates in one's cohorts", [Role.ORGANIZER]
)
VIEW_REPORTS = declare("lms:report:view", "See reports on the cohorts of one's scope", [Role.ORGANIZER, Role.INSTRUCTOR, Role.ADMIN])
NAME_IN_REPORTS = declare("lms:report:name", "See people by name, and groups of any size, in reports", [Role.ORGANIZER, Role.INSTRUCTOR])
