"""The plugin object. Importing the parts registers their pages, tasks and types on it."""

from __future__ import annotations

from quizzes import kinds
from quizzes import type as quiz_type
from quizzes.attempts import tasks, views, views_receipts
from quizzes.bank import views as bank_views
from quizzes.base import plugin
from quizzes.items import services
from quizzes.statistics import views as statistics_views

plugin.cache(services.forget)

__all__ = ["bank_views", "kinds", "plugin", "quiz_type", "statistics_views", "tasks", "views", "views_receipts"]
