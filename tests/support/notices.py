"""Things of notices that addresses name."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.messages.models import Notice
from lms.messages.services import Telling, stop_token, tell


def tell_something(world: Any, learner: Any, unit: Any) -> None:
    """Tell the learner something, and sign the address that stops their mails."""
    tell([Telling(learner.id, "general", "support", "Kabar", "Isi kabar.", "/learn")])
    world.values |= {
        "notice_id": db.session.scalars(sa.select(Notice.id).where(Notice.object == "support")).one(),
        "proof": stop_token(learner.id),
    }
    world.forms["messages.choices"] = {"answer": "weekly"}
    world.forms["messages.team_reminders"] = {"scope": f"cohort-{world.values['cohort_id']}"}
