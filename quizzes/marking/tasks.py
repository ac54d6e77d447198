"""What happens by itself: large runs of marking anew, 200 attempts after the other."""

from __future__ import annotations

from lms.api import enqueue
from quizzes.base import plugin
from quizzes.marking import regrading


@plugin.task()
def regrade(regrade_id: int, turn: int) -> None:
    """Write the next changes of a run; as long as more wait, another job follows. Doing it again changes nothing."""
    if regrading.work_on(regrade_id):
        enqueue(regrading.TASK, key=f"{regrading.TASK}/{regrade_id}/{turn + 1}", regrade_id=regrade_id, turn=turn + 1)
