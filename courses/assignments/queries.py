"""Assignments that were handed in, and who may mark them."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from courses.assignments.models import Marking, TextDraft
from lms.api import Attempt, Cohort, Enrolment, Group, Json, RevisionActivity

TYPE = "assignment"


def handed_in_to(assessor_id: uuid.UUID, *columns: Any) -> sa.Select[Any]:
    """Return a select of columns of the versions that were handed in and that this person is to mark.

    That is the assessor of the learner's group, or of the cohort when the group has none: who gets visits and journals too.
    """
    assessor = sa.func.coalesce(Group.assessor_id, Cohort.assessor_id, type_=sa.Uuid())
    return (
        sa.select(*columns)
        .select_from(Attempt)
        .join(RevisionActivity, sa.and_(RevisionActivity.revision_id == Attempt.revision_id, RevisionActivity.key == Attempt.activity_key))
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(assessor == assessor_id, RevisionActivity.type == TYPE, Attempt.submitted_at.is_not(None))
    )


def same_work(one: type[Attempt], other: type[Attempt]) -> sa.ColumnElement[bool]:
    """Return the condition that two attempts are versions of the same person's same assignment."""
    return sa.and_(one.enrolment_id == other.enrolment_id, one.module_id == other.module_id, one.activity_key == other.activity_key)


def versions_for(assessor_id: uuid.UUID, attempt_id: uuid.UUID) -> sa.Select[Any]:
    """Return all versions of the work that an attempt belongs to, each with levels and remarks, the newest first."""
    named = aliased(Attempt)
    return (
        handed_in_to(assessor_id, Attempt, Marking.levels, Marking.remarks, Enrolment.user_id, Enrolment.cohort_id)
        .join(named, same_work(named, Attempt))
        .outerjoin(Marking, Marking.attempt_id == Attempt.id)
        .where(named.id == attempt_id)
        .order_by(Attempt.number.desc())
    )


def markings_at(attempt_ids: list[uuid.UUID]) -> sa.Select[uuid.UUID, Json, Json]:
    """Return (attempt id, levels, remarks) of versions that were answered with a rubric."""
    return sa.select(Marking.attempt_id, Marking.levels, Marking.remarks).where(Marking.attempt_id.in_(attempt_ids))


def markings_of(user_id: uuid.UUID) -> sa.Select[str, int, Json, Json]:
    """Return activity, version, levels and remarks of everything of a person that was marked."""
    return (
        sa.select(Attempt.activity_key, Attempt.number, Marking.levels, Marking.remarks)
        .join(Marking, Marking.attempt_id == Attempt.id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.user_id == user_id)
        .order_by(Attempt.submitted_at)
    )


def drafts_by(user_id: uuid.UUID) -> sa.Select[TextDraft]:
    """Return everything that a person is writing and has not handed in."""
    own = sa.select(Enrolment.id).where(Enrolment.user_id == user_id)
    return sa.select(TextDraft).where(TextDraft.enrolment_id.in_(own)).order_by(TextDraft.saved_at)
