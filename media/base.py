"""The plugin, its permissions and its library."""

from __future__ import annotations

from lms.api import Plugin, Role
from lms.api import lazy_gettext as _
from media.services import Library

plugin = Plugin("media", "media", title=_("Pictures and documents"), url_prefix="")
READ = plugin.permission("media:file:read", "See the pictures of modules", [Role.LEARNER])
USE = plugin.permission(
    "media:library:use", "Find files of one's own, of one's unit and of one's modules; upload, describe, replace", [Role.INSTRUCTOR]
)
TEND = plugin.permission("media:library:tend", "See which files nothing uses any more, and keep them", [Role.ADMIN])
plugin.nav(_("Unused files"), "/admin/unused-files", "trash-2", [Role.ADMIN], order=95, under="/admin")
plugin.nav(_("Library"), "/media", "library", [Role.INSTRUCTOR], order=36, under="/studio")
library = Library()
plugin.file_store = library
