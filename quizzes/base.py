"""The plugin and its permissions."""

from __future__ import annotations

from lms.api import Plugin, Role
from lms.api import lazy_gettext as _

plugin = Plugin("quizzes", "quizzes", title=_("Quizzes"))
TAKE = plugin.permission("quizzes:attempt:take", "Answer quizzes of one's own cohorts", [Role.LEARNER])
