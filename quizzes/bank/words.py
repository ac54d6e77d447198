"""Words that several pages of the bank share."""

from __future__ import annotations

from typing import Any

from lms.api import lazy_gettext as _
from quizzes.items.models import VersionState
from quizzes.kinds.base import KINDS

STATES: dict[VersionState, Any] = {VersionState.DRAFT: _("draft"), VersionState.READY: _("ready"), VersionState.RETIRED: _("retired")}


def kind_title(key: str) -> Any:
    """Return the title of a kind, or its key when no plugin brings it."""
    return KINDS[key].title if key in KINDS else key
