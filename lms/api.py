"""The one module that plugins import: the public, documented, versioned surface of Peduli (docs/plugins.md).

Versioned by `API_VERSION`: names are added in minor versions and leave only in major ones.
"""

from __future__ import annotations

from lms import throttle
from lms.activity import ActivityType, AttemptView, Context, Draft, Gradable, Score, Submittable, load_form, without_empty
from lms.agreement import weighted_kappa
from lms.attempts.models import Attempt, AttemptState
from lms.attempts.services import answer_once, attempts_of, give_score, mark, start, submit, view
from lms.attendance.absence import of_enrolment as absence_of
from lms.attendance.services import seen_at_visit
from lms.codes import number_of, same_number, step_at
from lms.cohorts.base import Head, head_of
from lms.db import (
    Base,
    Json,
    JsonObject,
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
from lms.desk.kinds import WaitingKind, waiting_row
from lms.desk.place import desk_around, desk_choice
from lms.disk import keep_file
from lms.errors import ContentError, LmsError, NotAllowed, NotFound, PluginError, Refused
from lms.export import as_file, csv_response
from lms.files import FileStore, Shown
from lms.forms import Form, Number, Rows, choices, csrf_field
from lms.guidance.services import helpers_of
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
    zone,
    zone_name,
)
from lms.jobs.batches import advance, begin_batch, finish, working
from lms.jobs.models import Batch
from lms.jobs.services import enqueue
from lms.learning.gates import begun, missing_modules
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
    ScheduleKind,
)
from lms.learning.outline import Body, Item, Outline, bodies, body, outline, outlines
from lms.learning.place import (
    Entrance,
    Place,
    closed_sentence,
    context_of,
    entrances,
    find_place,
    offline_context,
    open_activity,
    why,
    with_attempts,
)
from lms.learning.services import Frozen, digest, draft_activities, draft_of, freeze, latest_revision, publish, snapshot, touch
from lms.learning.words import cohort_title, title_of
from lms.messages.services import notify
from lms.people.access import Actor, cohorts_for, load_actor, modules_for
from lms.people.holders import everybody_with, organizers_of, people_with
from lms.people.models import Unit, User, full_name
from lms.people.permissions import LEARN, MANAGE_COHORTS, MARK, READ_CONFIDENTIAL, VIEW_COHORTS, Permission, public, requires, signed
from lms.people.roles import Role
from lms.plugin import API_VERSION, Plugin, Sealed, announce
from lms.privacy.confidential import fetch_keys, reveal, reveal_bytes, seal, seal_bytes
from lms.privacy.kinds import PrivateName, PrivateText
from lms.privacy.queries import readings_of_item
from lms.privacy.reasons import ReadReason
from lms.privacy.services import audit
from lms.progress.models import Completion, CompletionState, EvidenceKind, ModuleProgress
from lms.progress.queries import DUE_ON, asked_until, extension_of, jp_of_year
from lms.progress.rules import RuleError, check, explain, progress_sentence, sentence, words_of
from lms.progress.services import record
from lms.receipts import Kept, Receipt, receipt
from lms.registry import activity_type, activity_types, appointments_of, file_store
from lms.schedule.appointments import Appointment
from lms.supervision.standing import own_sentence
from lms.sync.clock import Moment, Timeliness, timeliness
from lms.sync.contact import sync_contact
from lms.sync.services import Operation, OutOfStepError
from lms.text import SANITIZER_VERSION, count_words, plain_text, prepared, render_line, render_markdown
from lms.waits import Waits
from lms.web import rows
from lms.web.assets import static_file
from lms.web.compression import PARTS
from lms.web.drawn import drawn
from lms.web.guard import wants_json
from lms.web.headers import HEADERS, allow_frame
from lms.web.icons import segment_bar
from lms.web.paging import page_number
from lms.web.vault import vault_key

__all__ = [
    "API_VERSION",
    "DUE_ON",
    "HEADERS",
    "LEARN",
    "MANAGE_COHORTS",
    "MARK",
    "PARTS",
    "READ_CONFIDENTIAL",
    "SANITIZER_VERSION",
    "VIEW_COHORTS",
    "Activity",
    "ActivityType",
    "Actor",
    "Appointment",
    "Attempt",
    "AttemptState",
    "AttemptView",
    "Base",
    "Batch",
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
    "Entrance",
    "EvidenceKind",
    "FileStore",
    "Form",
    "Frozen",
    "Gradable",
    "Group",
    "Head",
    "Item",
    "Json",
    "JsonObject",
    "Kept",
    "LmsError",
    "Module",
    "ModuleProgress",
    "Moment",
    "NotAllowed",
    "NotFound",
    "Number",
    "Operation",
    "OutOfStepError",
    "Outline",
    "Page",
    "Permission",
    "Place",
    "Plugin",
    "PluginError",
    "PrivateName",
    "PrivateText",
    "ReadReason",
    "Receipt",
    "Refused",
    "Revision",
    "RevisionActivity",
    "Role",
    "Rows",
    "RuleError",
    "ScheduleEntry",
    "ScheduleKind",
    "Score",
    "Sealed",
    "Shown",
    "Submittable",
    "Timeliness",
    "Unit",
    "User",
    "WaitingKind",
    "Waits",
    "absence_of",
    "activity_type",
    "activity_types",
    "advance",
    "after_commit",
    "allow_frame",
    "announce",
    "answer_once",
    "appointments_of",
    "as_file",
    "asked_until",
    "at",
    "attempts_of",
    "audit",
    "begin_batch",
    "begun",
    "bodies",
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
    "desk_around",
    "desk_choice",
    "digest",
    "draft_activities",
    "draft_of",
    "drawn",
    "enqueue",
    "entrances",
    "everybody_with",
    "explain",
    "extension_of",
    "fetch_keys",
    "file_store",
    "find_place",
    "finish",
    "format_date",
    "format_datetime",
    "format_number",
    "format_time",
    "freeze",
    "full_name",
    "gettext",
    "give_score",
    "half_up",
    "head_of",
    "helpers_of",
    "jp_of_year",
    "keep_file",
    "language",
    "latest_revision",
    "lazy_gettext",
    "load_actor",
    "load_form",
    "local_day",
    "mark",
    "missing_modules",
    "modules_for",
    "ngettext",
    "nothing",
    "notify",
    "number_of",
    "offline_context",
    "open_activity",
    "organizers_of",
    "outline",
    "outlines",
    "own_sentence",
    "page_number",
    "paginate",
    "people_with",
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
    "reveal_bytes",
    "roman",
    "rows",
    "same_number",
    "seal",
    "seal_bytes",
    "seen_at_visit",
    "segment_bar",
    "sentence",
    "signed",
    "snapshot",
    "start",
    "static_file",
    "step_at",
    "submit",
    "sync_contact",
    "throttle",
    "timeliness",
    "title_of",
    "touch",
    "transaction_mode",
    "upsert",
    "utcnow",
    "uuid_key",
    "vault_key",
    "view",
    "waiting_row",
    "wants_json",
    "weighted_kappa",
    "when_certain",
    "why",
    "with_attempts",
    "without_empty",
    "words_of",
    "working",
    "zone",
    "zone_name",
]
