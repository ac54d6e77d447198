"""Roles: what people are in the system. A role is held somewhere (the whole site, a unit, a cohort, a module) and from … to …."""

from __future__ import annotations

import enum

from lms.i18n import lazy_gettext as _


class Role(enum.StrEnum):
    """The roles of Peduli. Everybody who is signed in is a learner; the others are given."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    ORGANIZER = "organizer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    DPO = "dpo"
    COUNSELLOR = "counsellor"
    COACH = "coach"
    MENTOR = "mentor"
    EXAMINER = "examiner"


class ScopeKind(enum.StrEnum):
    """Where a role holds."""

    SITE = "site"
    UNIT = "unit"
    COHORT = "cohort"
    MODULE = "module"
    REPORTS = "reports"  # of a line manager; made with the first reporting line


ROLE_TITLES = {
    Role.LEARNER: _("Learner"),
    Role.INSTRUCTOR: _("Instructor"),
    Role.ORGANIZER: _("Organizer"),
    Role.SUPERVISOR: _("Supervisor"),
    Role.ADMIN: _("Administrator"),
    Role.DPO: _("Data protection officer"),
    Role.COUNSELLOR: _("Counsellor"),
    Role.COACH: _("Coach"),
    Role.MENTOR: _("Mentor"),
    Role.EXAMINER: _("Examiner"),
}

SCOPE_TITLES = {
    ScopeKind.SITE: _("Whole site"),
    ScopeKind.UNIT: _("Unit and below"),
    ScopeKind.COHORT: _("Cohort"),
    ScopeKind.MODULE: _("Module"),
    ScopeKind.REPORTS: _("People who report to them"),
}

# Where each role may be held. A supervisor never holds the whole site: that would be nobody's team.
SCOPES = {
    Role.INSTRUCTOR: (ScopeKind.SITE, ScopeKind.MODULE, ScopeKind.COHORT),
    Role.ORGANIZER: (ScopeKind.SITE, ScopeKind.UNIT, ScopeKind.COHORT),
    Role.SUPERVISOR: (ScopeKind.UNIT, ScopeKind.COHORT),
    Role.ADMIN: (ScopeKind.SITE,),
    Role.DPO: (ScopeKind.SITE,),
    Role.COUNSELLOR: (ScopeKind.SITE,),
    Role.COACH: (ScopeKind.COHORT,),
    Role.MENTOR: (ScopeKind.COHORT,),
    Role.EXAMINER: (ScopeKind.COHORT,),
}
