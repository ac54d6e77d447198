"""What happens by itself: forgetting what was read of files and not brought in."""

from __future__ import annotations

from lms.api import commit
from quizzes.bank import imports
from quizzes.base import plugin

HOUR = 3600  # seconds


@plugin.task(every=HOUR)
def forget_old_imports() -> None:
    """Delete what was read more than a day ago."""
    imports.forget_old()
    commit()
