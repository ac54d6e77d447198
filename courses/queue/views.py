"""What stands on the desk of an instructor, and the address at which it stood before."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import redirect, request
from flask.typing import ResponseReturnValue

from courses.assignments.services import code_of
from courses.base import ANSWER, plugin
from courses.entries.models import EntryKind
from courses.queue import queries
from lms.api import WaitingKind, requires
from lms.api import lazy_gettext as _


def entry_place(row: Any) -> tuple[str, str]:
    """Return code and address of a visit or journal."""
    return f"J-{row.number or 0:03d}", f"/journals/queue/{uuid.UUID(row.reference)}"


def assignment_place(row: Any) -> tuple[str, str]:
    """Return code and address of an assignment."""
    return code_of(uuid.UUID(row.code)), f"/journals/queue/assignments/{uuid.UUID(row.reference)}"


for kind, title, icon in ((EntryKind.VISIT, _("Field visits"), "footprints"), (EntryKind.JOURNAL, _("Journals"), "notebook-pen")):
    waits, answered = partial(queries.entries_waiting, kind=kind), partial(queries.entries_answered, kind=kind)
    plugin.waiting(WaitingKind(f"courses:{kind.value}", title, icon, waits, entry_place, answered))
plugin.waiting(
    WaitingKind(
        key="courses:assignment",
        title=_("Assignments"),
        icon="clipboard-list",
        waits=queries.assignments_waiting,
        place=assignment_place,
        answered=queries.assignments_answered,
    )
)


@plugin.get("/journals/queue")
@requires(ANSWER, on="self")
def queue() -> ResponseReturnValue:
    """Lead on from the address that the desk had before; what was chosen there stays chosen."""
    asked = urlencode(request.args)
    return redirect(f"/desk?{asked}" if asked else "/desk")
