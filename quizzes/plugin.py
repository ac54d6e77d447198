"""The plugin object. Importing the parts registers their pages and types on it."""

from __future__ import annotations

from quizzes import type as quiz_type
from quizzes import views
from quizzes.base import plugin
from quizzes.items import services

plugin.cache(services.forget)

__all__ = ["plugin", "quiz_type", "views"]
