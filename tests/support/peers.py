"""Peer review in the world of every kind of person: the learner reviews a colleague's text, and doubts what was said of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from courses.peers.models import PeerReview
from lms.attempts.models import Attempt, AttemptState
from lms.db import db
from lms.learning.models import Enrolment

SETTINGS: dict[str, Any] = {
    "rubric": [{"key": "isi", "title": "Isi", "weight": 100, "levels": ["a", "b", "c", "d"]}],
    "peer_reviews": 1,
    "samples": [{"key": "contoh", "text": "Teks.", "marks": [{"criterion": "isi", "level": 2, "why": "Samar."}]}],
}
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)


def review(world: Any, learner: Any, handed_in: Any) -> None:
    """Let a colleague hand in and review the learner's text, who doubts it; and let the learner begin a review of the colleague's."""
    first = db.session.get_one(Attempt, handed_in)
    mine = db.session.scalars(sa.select(Enrolment.id).where(Enrolment.user_id == learner.id)).one()
    colleague = world.values["enrolment_id"]
    place = {"module_id": first.module_id, "activity_key": first.activity_key, "revision_id": first.revision_id, "number": 1, "variant": {}}
    theirs = Attempt(enrolment_id=colleague, **place, answer={"part-isi": "Lain."}, state=AttemptState.SUBMITTED, submitted_at=NOON)
    db.session.add(theirs)
    db.session.flush()
    held = {"held_until": NOON + dt.timedelta(days=3), "levels": {"isi": "3"}, "text": "Jelas."}
    written = PeerReview(attempt_id=theirs.id, reviewer_id=mine, **held)
    doubted = PeerReview(attempt_id=first.id, reviewer_id=colleague, **held, given_at=NOON, complained_at=NOON, complaint="Bukan begitu.")
    db.session.add_all([written, doubted])
    db.session.flush()
    tugas = {"activity_key": "tugas"}
    world.values |= {"sample_key": "contoh"}
    names = ("save_text", "remove_text", "peer_board", "peer_take", "peer_revise", "peer_sample")
    world.special |= {f"courses.{name}": tugas for name in names}
    world.special |= {f"courses.{name}": {"review_id": written.id} for name in ("peer_review", "peer_keep")}
    world.special |= {f"courses.{name}": {"review_id": doubted.id} for name in ("peer_unfair", "peer_settle")}
    world.forms["courses.peer_settle"] = {"why": "Sudah dibaca.", "counts": "yes"}
