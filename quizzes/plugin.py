"""The plugin object. Importing the parts registers their pages, tasks and types on it."""

from __future__ import annotations

from quizzes import kinds, operations
from quizzes import type as quiz_type
from quizzes.attempts import tasks, views, views_conditions, views_receipts
from quizzes.bank import tasks as bank_tasks
from quizzes.bank import views as bank_views
from quizzes.bank import views_exchange
from quizzes.base import plugin
from quizzes.exchange import aiken, gift, moodlexml, qti, sheet, yamlitems
from quizzes.items import services
from quizzes.marking import operations as marking_operations
from quizzes.marking import tasks as marking_tasks
from quizzes.marking import views as marking_views
from quizzes.marking import views_attempts, views_regrade, views_second, waiting
from quizzes.statistics import views as statistics_views

plugin.cache(services.forget)

__all__ = [
    "aiken",
    "bank_tasks",
    "bank_views",
    "gift",
    "kinds",
    "marking_operations",
    "marking_tasks",
    "marking_views",
    "moodlexml",
    "operations",
    "plugin",
    "qti",
    "quiz_type",
    "sheet",
    "statistics_views",
    "tasks",
    "views",
    "views_attempts",
    "views_conditions",
    "views_exchange",
    "views_receipts",
    "views_regrade",
    "views_second",
    "waiting",
    "yamlitems",
]
