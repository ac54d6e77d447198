"""Invented answers to assignments, for the demonstration."""

from __future__ import annotations

import datetime as dt
import uuid
from random import Random

from courses.assignments import services
from courses.assignments.rubric import BROKEN, KEPT
from courses.entries.rehearsal import WORDS
from lms.api import Context, at, attempts_of, load_actor, utcnow


def mark_later(ctx: Context) -> None:
    """Let the assigned instructor answer some days after the text was handed in, if that day has come; not everybody is answered yet."""
    chance = Random(ctx.enrolment_id)  # noqa: S311 - its own, so that what the learner does next is as it was
    moment = utcnow() + dt.timedelta(days=chance.randint(1, 6), hours=chance.randint(0, 5))
    if ctx.assessor_id and moment < dt.datetime.now(dt.UTC) and chance.random() < 0.75:
        with at(moment):
            _mark(ctx.assessor_id, attempts_of(**ctx.where)[0].id, chance)


def _mark(assessor_id: uuid.UUID, attempt_id: uuid.UUID, chance: Random) -> None:
    assessor = load_actor(assessor_id, utcnow().date())
    work = services.work_for(assessor, attempt_id)
    accepted = chance.random() < 0.85
    gate = KEPT if accepted else BROKEN
    levels = {row["key"]: gate if row.get("gate") else str(chance.choice((2, 3, 3, 4))) for row in work.rubric}
    feedback = " ".join(chance.choice(WORDS[name]) for name in ("strong", "question", "next"))
    services.answer(actor=assessor, work=work, levels=levels, feedback=feedback, accepted=accepted)
