"""The one module that plugins import: the public, documented, versioned surface of Peduli (docs/plugins.md).

Versioned by `API_VERSION`: names are added in minor versions and leave only in major ones.
"""

from __future__ import annotations

from lms.activity import ActivityType, AttemptView, Context, Draft, Gradable, Score, Submittable, load_form, without_empty
from lms.attempts.models import Attempt, AttemptState
from lms.attempts.services import answer_once, attempts_of, give_score, mark, start, submit, view
from lms.db import (
    Base,
    Json,
    Page,
    after_commit,
    at,
    commit,
    db,
    paginate,
    personal,
    read,
    transaction_mode,
    upsert,
    utcnow,
    uuid_key,
    when_certain,
)
from lms.errors import ContentError, LmsError, NotAllowed, NotFound, PluginError, Refused
from lms.export import csv_response
from lms.forms import Form, Rows, choices, csrf_field
from lms.i18n import (
    choose,
    format_date,
    format_datetime,
    format_number,
    format_time,
    gettext,
    half_up,
    language,
    lazy_gettext,
    local_day,
    ngettext,
    nothing,
    pgettext,
    roman,
)
from lms.jobs.services import enqueue
from lms.learning.models import (
    Activity,
    Cohort,
    CohortModule,
    Course,
    CourseModule,
    Enrolment,
    EnrolmentState,
    Group,
    Module,
    Revision,
    RevisionActivity,
    ScheduleEntry,
)
from lms.learning.outline import Body, Item, Outline, body, outline, outlines
from lms.learning.place import Place, closed_sentence, context_of, find_place, open_activity, why, with_attempts
from lms.learning.services import draft_activities, draft_of, latest_revision, publish, touch
from lms.learning.words import cohort_title, title_of
from lms.messages.services import notify
from lms.people.access import Actor, cohorts_for, load_actor, modules_for
from lms.people.models import User, full_name
from lms.people.permissions import LEARN, MARK, READ_CONFIDENTIAL, VIEW_COHORTS, Permission, public, requires
from lms.people.roles import Role
from lms.plugin import API_VERSION, FileStore, Plugin, announce
from lms.privacy.confidential import ReadReason, reveal, seal
from lms.privacy.queries import readings_of_item
from lms.privacy.services import audit
from lms.progress.jp import YEARLY_TARGET
from lms.progress.models import Completion, CompletionState, EvidenceKind, ModuleProgress
from lms.progress.queries import jp_of_year
from lms.progress.rules import RuleError, check, explain, progress_sentence, sentence, words_of
from lms.progress.services import record
from lms.receipts import Receipt, receipt
from lms.registry import activity_type, activity_types, file_store
from lms.text import SANITIZER_VERSION, count_words, plain_text, prepared, render_line, render_markdown
from lms.web import rows
from lms.web.drawn import drawn
from lms.web.guard import wants_json
from lms.web.icons import segment_bar
from lms.web.paging import page_number

__all__ = [
    "API_VERSION",
    "LEARN",
    "MARK",
    "READ_CONFIDENTIAL",
    "SANITIZER_VERSION",
    "VIEW_COHORTS",
    "YEARLY_TARGET",
    "Activity",
    "ActivityType",
    "Actor",
    "Attempt",
    "AttemptState",
    "AttemptView",
    "Base",
    "Body",
    "Cohort",
    "CohortModule",
    "Completion",
    "CompletionState",
    "ContentError",
    "Context",
    "Course",
    "CourseModule",
    "Draft",
    "Enrolment",
    "EnrolmentState",
    "EvidenceKind",
    "FileStore",
    "Form",
    "Gradable",
    "Group",
    "Item",
    "Json",
    "LmsError",
    "Module",
    "ModuleProgress",
    "NotAllowed",
    "NotFound",
    "Outline",
    "Page",
    "Permission",
    "Place",
    "Plugin",
    "PluginError",
    "ReadReason",
    "Receipt",
    "Refused",
    "Revision",
    "RevisionActivity",
    "Role",
    "Rows",
    "RuleError",
    "ScheduleEntry",
    "Score",
    "Submittable",
    "User",
    "activity_type",
    "activity_types",
    "after_commit",
    "announce",
    "answer_once",
    "at",
    "attempts_of",
    "audit",
    "body",
    "check",
    "choices",
    "choose",
    "closed_sentence",
    "cohort_title",
    "cohorts_for",
    "commit",
    "context_of",
    "count_words",
    "csrf_field",
    "csv_response",
    "db",
    "draft_activities",
    "draft_of",
    "drawn",
    "enqueue",
    "explain",
    "file_store",
    "find_place",
    "format_date",
    "format_datetime",
    "format_number",
    "format_time",
    "full_name",
    "gettext",
    "give_score",
    "half_up",
    "jp_of_year",
    "language",
    "latest_revision",
    "lazy_gettext",
    "load_actor",
    "load_form",
    "local_day",
    "mark",
    "modules_for",
    "ngettext",
    "nothing",
    "notify",
    "open_activity",
    "outline",
    "outlines",
    "page_number",
    "paginate",
    "personal",
    "pgettext",
    "plain_text",
    "prepared",
    "progress_sentence",
    "public",
    "publish",
    "read",
    "readings_of_item",
    "receipt",
    "record",
    "render_line",
    "render_markdown",
    "requires",
    "reveal",
    "roman",
    "rows",
    "seal",
    "segment_bar",
    "sentence",
    "start",
    "submit",
    "title_of",
    "touch",
    "transaction_mode",
    "upsert",
    "utcnow",
    "uuid_key",
    "view",
    "wants_json",
    "when_certain",
    "why",
    "with_attempts",
    "without_empty",
    "words_of",
]
