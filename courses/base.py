"""The plugin, its permissions and its place in the navigation."""

from __future__ import annotations

from lms.api import Plugin, Role
from lms.api import lazy_gettext as _

plugin = Plugin("courses", "courses", title=_("Modules and journals"), url_prefix="")

BROWSE = plugin.permission("courses:module:browse", "See the catalogue of published modules", [Role.LEARNER])
WRITE = plugin.permission("courses:module:write", "Write and publish modules that one owns or is given", [Role.INSTRUCTOR])
CREATE = plugin.permission("courses:module:create", "Begin a new module", [Role.INSTRUCTOR])
OWN_JOURNAL = plugin.permission("courses:journal:write", "Write, read and hand in one's own journals and visits", [Role.LEARNER])
ANSWER = plugin.permission("courses:journal:answer", "Read and answer journals that were handed in to oneself", [Role.INSTRUCTOR])
ATTEND_VISITS = plugin.permission(
    "courses:visit:attend", "See one's own field visit: check in, write down consents, add photos", [Role.LEARNER]
)
LEAD_VISITS = plugin.permission(
    "courses:visit:lead",
    "Plan and lead the field visits of a cohort: members, safety sheet, attendance, consents, what is told back",
    [Role.INSTRUCTOR, Role.ORGANIZER],
)

plugin.nav(_("Home"), "/learn", "house", [Role.LEARNER], order=10)
plugin.nav(_("Modules"), "/modules", "book-open", [Role.LEARNER], order=20)
plugin.nav(_("Journals"), "/journals", "notebook-pen", [Role.LEARNER], order=25)
plugin.nav(_("To answer"), "/journals/queue", "clipboard-check", [Role.INSTRUCTOR], order=30)
plugin.nav(_("Depth of reflection"), "/journals/levels", "chart-no-axes-column", [Role.ORGANIZER], order=45, under="/cohorts")
plugin.nav(_("Studio"), "/studio", "pen-line", [Role.INSTRUCTOR], order=35)
