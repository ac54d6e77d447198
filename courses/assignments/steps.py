"""Where an assignment stands on its way from draft to accepted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lms.api import lazy_gettext as _

DONE, NOW, OPEN, SKIPPED = "done", "now", "open", "skipped"
NAMES = {"draft": _("Draft"), "handed_in": _("Handed in"), "feedback": _("Feedback"), "revision": _("Revision"), "accepted": _("Accepted")}
# Which step is now, by the state of the newest version; what stands before it is done.
_PLACE = {"": "draft", "submitted": "feedback", "returned": "revision", "marked": ""}


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its key, its name and whether it is done, now, open, or was not needed."""

    key: str
    name: Any
    state: str


def steps_of(states: Sequence[str]) -> list[Step]:
    """Return the five steps for the states of the versions that were handed in, the newest first.

    A revision that is being answered leads back to feedback, and is done; one that nobody asked for was not needed.
    """
    place = _PLACE[states[0] if states else ""]
    keys = list(NAMES)
    now = keys.index(place) if place else len(keys)
    found = []
    for index, key in enumerate(keys):
        state = DONE if index < now else NOW if index == now else OPEN
        if key == "revision" and state != NOW and (len(states) > 1 or state == DONE):
            state = DONE if len(states) > 1 else SKIPPED
        found.append(Step(key, NAMES[key], state))
    return found
