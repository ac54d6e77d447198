"""The plugin object. Importing the parts registers their pages, types and commands on it."""

from __future__ import annotations

from courses.assignments import type as assignment_type
from courses.assignments import views as assignment_views
from courses.base import plugin
from courses.catalogue import views as catalogue_views
from courses.entries import answers, confidential, journal, receipts, views_calibration, views_portfolio, views_readers, views_timely, visit
from courses.entries import operations as entry_operations
from courses.entries import tasks as entry_tasks
from courses.entries import views as entry_views
from courses.folder import cli
from courses.learn import views as learn_views
from courses.lessons import type as lesson_type
from courses.merging import cli as merging_cli
from courses.queue import views as queue_views
from courses.studio import views as studio_views
from courses.studio import views_outline as studio_views_outline
from courses.studio import views_saving
from courses.visits import demonstration, tasks, views_lead
from courses.visits import operations as visit_operations
from courses.visits import views as visit_views

__all__ = [
    "answers",
    "assignment_type",
    "assignment_views",
    "catalogue_views",
    "cli",
    "confidential",
    "demonstration",
    "entry_operations",
    "entry_tasks",
    "entry_views",
    "journal",
    "learn_views",
    "lesson_type",
    "merging_cli",
    "plugin",
    "queue_views",
    "receipts",
    "studio_views",
    "studio_views_outline",
    "tasks",
    "views_calibration",
    "views_lead",
    "views_portfolio",
    "views_readers",
    "views_saving",
    "views_timely",
    "visit",
    "visit_operations",
    "visit_views",
]
