"""Complaints about peer reviews, on the desk of who marks the text."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from courses.assignments.queries import handed_in_to
from courses.assignments.services import code_of
from courses.base import plugin
from courses.peers.models import PeerReview
from lms.api import Actor, Attempt, Enrolment, WaitingKind, waiting_row
from lms.api import lazy_gettext as _


def complaints_waiting(actor: Actor) -> sa.Select[*tuple[Any, ...]]:
    """Return the complaints about which an instructor has not decided yet."""
    row = waiting_row(
        reference=Attempt.id,
        code=Attempt.id,
        module_id=Attempt.module_id,
        revision_id=Attempt.revision_id,
        activity_key=Attempt.activity_key,
        cohort_id=Enrolment.cohort_id,
        group_id=Enrolment.group_id,
        at=PeerReview.complained_at,
    )
    waits = (PeerReview.complained_at.is_not(None), PeerReview.settled_at.is_(None))
    return handed_in_to(actor.id, *row).join(PeerReview, PeerReview.attempt_id == Attempt.id).where(*waits)


def place(row: Any) -> tuple[str, str]:
    """Return code and address of the text that was reviewed: there the instructor decides."""
    return code_of(uuid.UUID(row.code)), f"/journals/queue/assignments/{uuid.UUID(row.reference)}"


plugin.waiting(WaitingKind("courses:complaint", _("Complaints about a review"), "triangle-alert", complaints_waiting, place))
