"""The kernel's own parts, in the shape of a plugin: its pages, tasks and navigation."""

from __future__ import annotations

from lms.activation import services as activation
from lms.activation import tasks as letters
from lms.activation import views as accounts
from lms.attendance import demonstration as attendance_demonstration
from lms.attendance import export as attendance_export
from lms.attendance import operations as attendance_operations
from lms.attendance import queries as attendance_queries
from lms.attendance import views as attendance
from lms.attendance import views_learner as attending
from lms.backup import tasks as backup_tasks
from lms.cohorts import demonstration as cohort_demonstration
from lms.cohorts import uploads
from lms.cohorts import views as cohorts
from lms.credentials import tasks as credentials_tasks
from lms.credentials import views as credentials
from lms.credentials.export import export_certificates
from lms.curriculum import views as curriculum
from lms.decisions import queries as decided
from lms.decisions import tasks as decisions_tasks
from lms.decisions import views as decisions
from lms.decisions import views_time
from lms.desk import views as desk
from lms.guidance import services as guides
from lms.guidance import views as guidance
from lms.guidance.demonstration import guide_everybody
from lms.hours import views as hours
from lms.i18n import lazy_gettext as _
from lms.jobs import batches
from lms.jobs import services as jobs
from lms.jobs import views as work
from lms.joining import demonstration as joining_demonstration
from lms.joining import queries as at_the_door
from lms.joining import views as joining
from lms.messages import demonstration as notice_demonstration
from lms.messages import kinds
from lms.messages import services as messages
from lms.messages import tasks as mails
from lms.messages import views as notices
from lms.people import admin, sessions
from lms.people import views as people
from lms.people.permissions import ISSUE, MANAGE_COHORTS, NOTE_ATTENDANCE, VIEW_COHORTS
from lms.people.roles import Role
from lms.plugin import Plugin
from lms.privacy import chain, glass, review
from lms.privacy import views as privacy
from lms.privacy.export import export_training_record
from lms.progress import tasks as progress
from lms.reports import tasks as report_tasks
from lms.reports import views as reports
from lms.schedule import views as schedule
from lms.supervision import demonstration, schedules, tasks
from lms.supervision import views as supervision
from lms.support import views as support
from lms.sync import lookup
from lms.sync import services as operations
from lms.sync import views as sync
from lms.watch import tasks as watching
from lms.watch import views as watch
from lms.web import offline
from lms.web import views as web

MINUTE = 60
TEN_MINUTES = 600
HOUR = 3600
DAY = 86400

core = Plugin("lms", "lms", title="Peduli")
core.notice_kinds.extend(kinds.KERNEL)
core.task()(mails.send_mail)
core.task()(mails.remind_zone)
core.task(every=5 * MINUTE)(mails.post_mails)
core.task(every=HOUR)(mails.remind)
core.task(every=DAY)(mails.forget_old_notices)
core.task()(activation.invite)
core.task()(letters.make_letters)
core.task(every=HOUR)(letters.forget_letters)
core.task(every=DAY)(jobs.tidy)
core.task(every=HOUR)(backup_tasks.back_up_nightly)
core.task(every=TEN_MINUTES)(watching.look_after)
core.task()(watching.tell_operators)
core.task(every=DAY)(batches.forget_old_batches)
core.task(every=DAY)(operations.forget_old_operations)
core.task(every=DAY)(sessions.forget_old_sessions)
core.task(every=DAY)(progress.end_overrides)
core.task(every=DAY)(decisions_tasks.remind_postponed)
core.task(every=DAY)(uploads.forget_old_imports)
core.task(every=DAY)(chain.publish)
core.task(every=DAY)(review.remind)
core.task(every=HOUR)(glass.look_after)
core.task(every=TEN_MINUTES)(tasks.roll_up_marked)
core.task(every=DAY)(tasks.roll_up_everything)
core.task(every=DAY)(schedules.send_due_lists)
core.task()(schedules.make_team_list)
core.cohort_demonstrations.append(demonstration.show_supervision)
core.task()(report_tasks.export_report)
core.personal_data(export_training_record)
core.task()(credentials_tasks.issue_certificates)
core.task()(credentials_tasks.print_certificate)
core.personal_data(glass.export_told)
core.personal_data(guides.export_guidance)
core.cohort_demonstrations.append(guide_everybody)
core.cohort_page(_("Guides"), "/guidance", MANAGE_COHORTS, "people")
core.cohort_page(_("Self-enrolment"), "/joining", MANAGE_COHORTS, "people", at_the_door.WAITS)
core.cohort_demonstration(cohort_demonstration.came_from_a_list)
core.cohort_demonstration(joining_demonstration.open_the_next)
core.cohort_demonstration(cohort_demonstration.a_list_of_today)
core.personal_data(attendance_export.export_attendance)
core.operation("lms:attend", _("A check-in at a meeting"))(attendance_operations.attend)
core.operation("lms:note", _("Somebody on the roster"))(attendance_operations.note)
core.offline_page("/attend/offline", _("Check in at a meeting"), "check")
core.offline_page("/meetings/offline", _("Rosters"), "clipboard-check")
core.cohort_page(_("Attendance"), "/attendance", NOTE_ATTENDANCE, waits=attendance_queries.WAITS)
core.cohort_page(_("More time"), "/more-time", MANAGE_COHORTS, waits=views_time.WAITS)
core.cohort_demonstration(attendance_demonstration.attend)
core.cohort_page(_("Who may pass"), "/results", MANAGE_COHORTS, "results", decided.WAITS)
core.cohort_page(_("Passing rule"), "/rule", MANAGE_COHORTS, "results")
core.cohort_page(_("Official minutes"), "/minutes", MANAGE_COHORTS, "results")
core.personal_data(export_certificates)
core.cohort_page(_("Certificates"), "/certificates", ISSUE, "results")
core.cohort_page(_("Reports"), "/reports", VIEW_COHORTS, "results")
core.receipts(lookup.operations)
core.personal_data(messages.export_notices)
core.cohort_page(_("Reminders"), "/reminders", MANAGE_COHORTS, "people")
core.cohort_demonstrations.append(notice_demonstration.notices_and_reminders)
core.nav(_("To answer"), "/desk", "clipboard-check", [Role.INSTRUCTOR], order=30)
core.nav(_("My team"), "/team", "users", [Role.SUPERVISOR], order=40)
core.nav(_("Those I guide"), "/guidance", "hand-heart", [Role.COACH, Role.MENTOR, Role.EXAMINER], order=42)
core.nav(_("Cohorts"), "/cohorts", "graduation-cap", [Role.ORGANIZER, Role.INSTRUCTOR], order=50)
core.nav(_("Reports"), "/reports", "chart-no-axes-column", [Role.ORGANIZER, Role.ADMIN], order=52)
core.nav(_("Reports"), "/reports", "chart-no-axes-column", [Role.INSTRUCTOR], order=55, under="/cohorts")
core.nav(_("Emergencies"), "/privacy/glass", "key-round", [Role.DPO, Role.COUNSELLOR], order=45)
core.nav(_("Readings"), "/privacy/readings", "shield-check", [Role.DPO], order=46)
core.nav(_("Check a receipt"), "/receipts", "shield-check", [Role.ORGANIZER, Role.INSTRUCTOR], order=56, under="/cohorts")
core.nav(_("Support services"), "/admin/support", "life-buoy", [Role.ORGANIZER], order=55, under="/cohorts")
core.nav(_("People"), "/admin/people", "user", [Role.ADMIN], order=60)
core.nav(_("Site"), "/admin", "settings", [Role.ADMIN], order=70)

ROOMS = (
    web.room,
    watch.room,
    offline.room,
    people.room,
    admin.room,
    cohorts.room,
    curriculum.room,
    guidance.room,
    decisions.room,
    supervision.room,
    privacy.room,
    support.room,
    sync.room,
    work.room,
    accounts.room,
    joining.room,
    schedule.room,
    attendance.room,
    attending.room,
    *(hours.room, credentials.room),
    reports.room,
    notices.room,
    desk.room,
)
