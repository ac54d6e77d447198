"""The plugin object. Importing the parts registers their pages, types and commands on it."""

from __future__ import annotations

from courses.assignments import type as assignment_type
from courses.assignments import views as assignment_views
from courses.assignments import views_writing as assignment_views_writing
from courses.base import plugin
from courses.bringing import tasks as bringing_tasks
from courses.bringing import views_documents, views_paste
from courses.catalogue import views as catalogue_views
from courses.coverage import views as coverage_views
from courses.discussions import tasks as discussion_tasks
from courses.discussions import type as discussion_type
from courses.discussions import views as discussion_views
from courses.discussions import views_moderation as discussion_moderation
from courses.entries import answers, confidential, journal, receipts, views_calibration, views_portfolio, views_readers, views_timely, visit
from courses.entries import operations as entry_operations
from courses.entries import tasks as entry_tasks
from courses.entries import views as entry_views
from courses.folder import cli
from courses.forks import cli as forks_cli
from courses.forks import tasks as forks_tasks
from courses.forks import views as forks_views
from courses.learn import views as learn_views
from courses.lessons import type as lesson_type
from courses.links import tasks as link_tasks
from courses.merging import cli as merging_cli
from courses.peers import views as peer_views
from courses.peers import waiting as peer_waiting
from courses.previews import views as preview_views
from courses.publishing import tasks as publishing_tasks
from courses.publishing import views as publishing_views
from courses.queue import operations as queue_operations
from courses.queue import views as queue_views
from courses.resources import type as resource_type
from courses.reviews import export as review_export
from courses.reviews import views as review_views
from courses.reviews import views_author as review_views_author
from courses.reviews import waiting as review_waiting
from courses.sessions import type as session_type
from courses.starters import views as starter_views
from courses.studio import views as studio_views
from courses.studio import views_checks, views_revisions, views_saving
from courses.studio import views_outline as studio_views_outline
from courses.surveys import type as survey_type
from courses.surveys import views as survey_views
from courses.surveys import views_results as survey_views_results
from courses.videos import type as video_type
from courses.videos import views as video_views
from courses.visits import demonstration, tasks, views_lead
from courses.visits import operations as visit_operations
from courses.visits import views as visit_views

__all__ = [
    "answers",
    "assignment_type",
    "assignment_views",
    "assignment_views_writing",
    "bringing_tasks",
    "catalogue_views",
    "cli",
    "confidential",
    "coverage_views",
    "demonstration",
    "discussion_moderation",
    "discussion_tasks",
    "discussion_type",
    "discussion_views",
    "entry_operations",
    "entry_tasks",
    "entry_views",
    "forks_cli",
    "forks_tasks",
    "forks_views",
    "journal",
    "learn_views",
    "lesson_type",
    "link_tasks",
    "merging_cli",
    "peer_views",
    "peer_waiting",
    "plugin",
    "preview_views",
    "publishing_tasks",
    "publishing_views",
    "queue_operations",
    "queue_views",
    "receipts",
    "resource_type",
    "review_export",
    "review_views",
    "review_views_author",
    "review_waiting",
    "session_type",
    "starter_views",
    "studio_views",
    "studio_views_outline",
    "survey_type",
    "survey_views",
    "survey_views_results",
    "tasks",
    "video_type",
    "video_views",
    "views_calibration",
    "views_checks",
    "views_documents",
    "views_lead",
    "views_paste",
    "views_portfolio",
    "views_readers",
    "views_revisions",
    "views_saving",
    "views_timely",
    "visit",
    "visit_operations",
    "visit_views",
]
