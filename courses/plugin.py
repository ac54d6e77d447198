"""The plugin object. Importing the parts registers their pages, types and commands on it."""

from __future__ import annotations

from courses.assignments import type as assignment_type
from courses.assignments import views as assignment_views
from courses.base import plugin
from courses.catalogue import views as catalogue_views
from courses.entries import answers, journal, visit
from courses.entries import views as entry_views
from courses.folder import cli
from courses.learn import views as learn_views
from courses.lessons import type as lesson_type
from courses.queue import views as queue_views
from courses.studio import views as studio_views

__all__ = [
    "answers",
    "assignment_type",
    "assignment_views",
    "catalogue_views",
    "cli",
    "entry_views",
    "journal",
    "learn_views",
    "lesson_type",
    "plugin",
    "queue_views",
    "studio_views",
    "visit",
]
