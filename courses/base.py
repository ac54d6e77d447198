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
READ_SURVEYS = plugin.permission("courses:survey:read", "See what a cohort has answered in surveys", [Role.INSTRUCTOR, Role.ORGANIZER])
MODERATE = plugin.permission(
    "courses:discussion:moderate", "Read the discussions of a cohort, hide a post with a reason", [Role.INSTRUCTOR]
)

plugin.nav(_("Home"), "/learn", "house", [Role.LEARNER], order=10)
plugin.nav(_("Modules"), "/modules", "book-open", [Role.LEARNER], order=20)
plugin.nav(_("Journals"), "/journals", "notebook-pen", [Role.LEARNER], order=25)
plugin.nav(_("Depth of reflection"), "/journals/levels", "chart-no-axes-column", [Role.ORGANIZER], order=45, under="/cohorts")
plugin.nav(_("Studio"), "/studio", "pen-line", [Role.INSTRUCTOR], order=35)
plugin.nav(_("Second opinions and how far we agree"), "/journals/queue/second", "users", [Role.INSTRUCTOR], under="/desk")
plugin.nav(_("To answer"), "/journals/queue", "clipboard-check", [], under="/desk")  # its pages belong to the desk
