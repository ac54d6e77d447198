"""The kernel's own parts, in the shape of a plugin: its pages, tasks and navigation."""

from __future__ import annotations

from lms.cohorts import uploads
from lms.cohorts import views as cohorts
from lms.i18n import lazy_gettext as _
from lms.jobs import services as jobs
from lms.messages import services as messages
from lms.people import admin, sessions
from lms.people import views as people
from lms.people.roles import Role
from lms.plugin import Plugin
from lms.privacy.export import export_training_record
from lms.progress import tasks as progress
from lms.supervision import views as supervision
from lms.web import views as web

DAY = 86400

core = Plugin("lms", "lms", title="Peduli")
core.task()(messages.send_mail)
core.task(every=DAY)(jobs.tidy)
core.task(every=DAY)(sessions.forget_old_sessions)
core.task(every=DAY)(progress.end_overrides)
core.task(every=DAY)(uploads.forget_old_imports)
core.personal_data(export_training_record)
core.nav(_("My team"), "/team", "users", [Role.SUPERVISOR], order=40)
core.nav(_("Cohorts"), "/cohorts", "graduation-cap", [Role.ORGANIZER, Role.INSTRUCTOR], order=50)
core.nav(_("People"), "/admin/people", "user", [Role.ADMIN], order=60)
core.nav(_("Site"), "/admin", "settings", [Role.ADMIN], order=70)

ROOMS = (web.room, people.room, admin.room, cohorts.room, supervision.room)
