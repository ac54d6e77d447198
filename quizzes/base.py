"""The plugin and its permissions."""

from __future__ import annotations

from lms.api import Plugin, Role
from lms.api import lazy_gettext as _

plugin = Plugin("quizzes", "quizzes", title=_("Quizzes"))
TAKE = plugin.permission("quizzes:attempt:take", "Answer quizzes of one's own cohorts", [Role.LEARNER])
MARK = plugin.permission("quizzes:attempt:mark", "Read and mark the quizzes of one's cohorts", [Role.INSTRUCTOR])
REGRADE = plugin.permission("quizzes:attempt:regrade", "Mark the attempts of one's cohorts anew, after a dry run", [Role.INSTRUCTOR])
ARRANGE = plugin.permission(
    "quizzes:quiz:arrange", "Open and close quizzes of one's cohorts, and give people more time", [Role.ORGANIZER, Role.INSTRUCTOR]
)
BANK = plugin.permission("quizzes:bank:edit", "Search, write, import and export questions of one's modules", [Role.INSTRUCTOR])
STATISTICS = plugin.permission("quizzes:statistics:view", "See how the questions of one's modules do", [Role.INSTRUCTOR])

plugin.nav(_("Question banks"), "/quizzes/bank", "library", [Role.INSTRUCTOR], under="/studio")
