"""What the trail's actions are called on pages. Those of plugins, which the kernel does not know, are shown as they are."""

from __future__ import annotations

from lms.i18n import lazy_gettext as _
from lms.people.roles import Role, ScopeKind

ACTIONS = {
    "attempt:mark": _("marked an answer"),
    "cohort:create": _("made a cohort"),
    "cohort:enrol": _("enrolled a person"),
    "cohort:move": _("moved a cohort to another revision"),
    "cohort:withdraw": _("ended a person's part in a cohort"),
    "glass:approve": _("approved a request to open a text"),
    "glass:ask": _("asked to open a text"),
    "glass:close": _("closed a text again"),
    "glass:open": _("opened a text"),
    "glass:refuse": _("refused a request to open a text"),
    "glass:review": _("reviewed a month of opened texts"),
    "glass:tell": _("told an author that a text was opened"),
    "keys:destroy": _("destroyed the key of a person's texts"),
    "keys:rotate": _("made a new master key"),
    "module:import": _("imported a module"),
    "module:publish": _("published a module"),
    "people:activate": _("opened an account again"),
    "people:alias": _("added another name of a unit"),
    "people:change": _("changed a person's data"),
    "people:close_unit": _("closed a unit"),
    "people:create": _("made an account"),
    "people:deactivate": _("closed an account"),
    "people:forget_alias": _("removed another name of a unit"),
    "people:grant": _("gave a role"),
    "people:move_unit": _("moved a unit"),
    "people:open_unit": _("opened a unit again"),
    "people:password": _("set a password"),
    "people:rename_unit": _("renamed a unit"),
    "people:report_to": _("changed a line manager"),
    "people:revoke": _("took a role away"),
    "people:sign_out": _("signed a person out everywhere"),
    "people:unit": _("added a unit"),
    "privacy:export": _("downloaded their own data"),
    "privacy:head": _("published the head of the log of readings"),
    "progress:override": _("overrode a completion"),
    "site:retry": _("had failed work tried again"),
    "site:aside": _("put failed work aside"),
    "support:change": _("changed a support service"),
    "support:remove": _("removed a support service"),
}

KINDS = {
    "user": _("Person"),
    "unit": _("Unit"),
    "cohort": _("Cohort"),
    "enrolment": _("Enrolment"),
    "module": _("Module"),
    "attempt": _("Attempt"),
    "job": _("Background work"),
    "glass": _("Opening of a text"),
    "key": _("Key"),
    "month": _("Month"),
    "readings": _("Log of readings"),
    "service": _("Support service"),
}

# Areas of which the trail shows details. What others note (a mark, whether a journal was accepted) is no business of administrators.
DETAILED = ("people", "cohort", "module", "site", "privacy")

ROLE_SENTENCES = {
    Role.INSTRUCTOR: _("Writes modules, marks and answers what learners hand in."),
    Role.ORGANIZER: _("Runs cohorts: people, groups, schedule, results."),
    Role.SUPERVISOR: _("Sees how far their people are, never what they write."),
    Role.ADMIN: _("Looks after accounts, units and the site."),
    Role.DPO: _("Watches over personal data: who read what, the audit trail, emergencies."),
    Role.COUNSELLOR: _("An appointed psychologist or senior instructor: the second person in an emergency."),
    Role.COACH: _("Guides people of a cohort through their task in the field."),
    Role.MENTOR: _("Guides people of a cohort at their place of work, often their superior."),
    Role.EXAMINER: _("Examines people of a cohort whom they have not coached."),
}

PLACES = {
    ScopeKind.SITE: _("On the whole site"),
    ScopeKind.UNIT: _("In a unit and below"),
    ScopeKind.COHORT: _("In one cohort"),
    ScopeKind.MODULE: _("For one module"),
    ScopeKind.REPORTS: _("For those who report to the person"),
}
