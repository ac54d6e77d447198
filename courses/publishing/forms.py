"""Forms of publishing."""

from __future__ import annotations

import datetime as dt

from wtforms import DateTimeLocalField
from wtforms.validators import Optional

from courses.studio.forms import PublishForm
from lms.api import lazy_gettext as _
from lms.api import zone


class PlanForm(PublishForm):
    """What has changed, and the moment of the publishing if it is to wait, in the author's own time zone."""

    due = DateTimeLocalField(_("Day and time"), [Optional()])

    def due_at(self, time_zone: str) -> dt.datetime | None:
        """Return the moment, or None when none was chosen; what was typed is the local time of `time_zone`."""
        try:
            return self.due.data.replace(tzinfo=zone(time_zone)).astimezone(dt.UTC) if self.due.data else None
        except OverflowError:  # the first and the last day that there are
            return None
