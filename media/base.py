"""The plugin, its permission and its library."""

from __future__ import annotations

from lms.api import Plugin, Role
from lms.api import lazy_gettext as _
from media.services import Library

plugin = Plugin("media", "media", title=_("Pictures and documents"), url_prefix="")
READ = plugin.permission("media:file:read", "See the pictures of modules", [Role.LEARNER])
library = Library()
plugin.file_store = library
