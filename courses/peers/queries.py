"""Texts to review and reviews of them. No name leaves these queries but to who handed the text in."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from courses.assignments.queries import handed_in_to
from courses.peers.models import PeerReview, SampleReview
from lms.api import Attempt, Cohort, CohortModule, Enrolment, EnrolmentState, Group


def people_in(cohort_id: int) -> sa.Select[int]:
    """Return how many learners a cohort has now."""
    return (
        sa.select(sa.func.count()).select_from(Enrolment).where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE)
    )


def texts_in(cohort_id: int, module_id: int, activity_key: str) -> sa.Select[int, uuid.UUID]:
    """Return (enrolment, attempt) of the first version of everybody in a cohort who has handed one in and has not left."""
    return (
        sa.select(Attempt.enrolment_id, Attempt.id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            Enrolment.cohort_id == cohort_id,
            Enrolment.state == EnrolmentState.ACTIVE,
            Attempt.module_id == module_id,
            Attempt.activity_key == activity_key,
            Attempt.number == 1,
            Attempt.submitted_at.is_not(None),
        )
        .order_by(Attempt.enrolment_id)
    )


def reviews_in(cohort_id: int, module_id: int, activity_key: str) -> sa.Select[PeerReview, int]:
    """Return (review, enrolment of the author) of everything that is or was reviewed at an activity in a cohort."""
    return (
        sa.select(PeerReview, Attempt.enrolment_id)
        .join(Attempt, Attempt.id == PeerReview.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, Attempt.module_id == module_id, Attempt.activity_key == activity_key)
        .order_by(PeerReview.id)
    )


def around(enrolment_id: int, module_id: int, activity_key: str) -> sa.Select[PeerReview, int]:
    """Return (review, enrolment of the author) of what somebody reviews at an activity, and of reviews of their own text."""
    return (
        sa.select(PeerReview, Attempt.enrolment_id)
        .join(Attempt, Attempt.id == PeerReview.attempt_id)
        .where(
            Attempt.module_id == module_id,
            Attempt.activity_key == activity_key,
            sa.or_(PeerReview.reviewer_id == enrolment_id, Attempt.enrolment_id == enrolment_id),
        )
        .order_by(PeerReview.id)
    )


def samples_by(enrolment_id: int, module_id: int, activity_key: str) -> sa.Select[SampleReview]:
    """Return somebody's practice on the samples of an activity."""
    return sa.select(SampleReview).filter_by(enrolment_id=enrolment_id, module_id=module_id, activity_key=activity_key)


def turn_at(cohort_id: int, module_id: int) -> sa.Select[int]:
    """Return a row that whoever hands out a text holds until the commit: one at a time in a cohort's module."""
    return (
        sa.select(CohortModule.module_id).where(CohortModule.cohort_id == cohort_id, CohortModule.module_id == module_id).with_for_update()
    )


def written_by(user_id: uuid.UUID, review_id: uuid.UUID) -> sa.Select[PeerReview, Attempt, int]:
    """Return a review that a person writes or has given, with the text and the cohort; nothing for anybody else.

    Who has left the cohort keeps what they have given, and reads no further text.
    """
    return (
        sa.select(PeerReview, Attempt, Enrolment.cohort_id)
        .join(Attempt, Attempt.id == PeerReview.attempt_id)
        .join(Enrolment, Enrolment.id == PeerReview.reviewer_id)
        .where(
            PeerReview.id == review_id,
            Enrolment.user_id == user_id,
            sa.or_(Enrolment.state == EnrolmentState.ACTIVE, PeerReview.given_at.is_not(None)),
        )
    )


def received_by(user_id: uuid.UUID, review_id: uuid.UUID) -> sa.Select[PeerReview, Attempt, int, uuid.UUID]:
    """Return a review that was given to a person's text, with the text, the cohort and whom complaints go to; nothing for anybody else."""
    assessor = sa.func.coalesce(Group.assessor_id, Cohort.assessor_id, type_=sa.Uuid())
    return (
        sa.select(PeerReview, Attempt, Enrolment.cohort_id, assessor.label("assessor_id"))
        .join(Attempt, Attempt.id == PeerReview.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(PeerReview.id == review_id, Enrolment.user_id == user_id, PeerReview.given_at.is_not(None))
    )


def complained_to(assessor_id: uuid.UUID, review_id: uuid.UUID) -> sa.Select[Any]:
    """Return a review about which its author has complained, with the text and the cohort, for who is to mark that text."""
    return (
        handed_in_to(assessor_id, PeerReview, Attempt, Enrolment.cohort_id)
        .join(PeerReview, PeerReview.attempt_id == Attempt.id)
        .where(PeerReview.id == review_id, PeerReview.complained_at.is_not(None))
    )


def author_of(attempt_id: uuid.UUID) -> sa.Select[uuid.UUID, int]:
    """Return (person, cohort) of who handed in a version: whom to tell."""
    return (
        sa.select(Enrolment.user_id, Enrolment.cohort_id)
        .join(Attempt, Attempt.enrolment_id == Enrolment.id)
        .where(Attempt.id == attempt_id)
    )


def given_to(attempt_id: uuid.UUID) -> sa.Select[PeerReview]:
    """Return the reviews that a version was given."""
    return sa.select(PeerReview).where(PeerReview.attempt_id == attempt_id, PeerReview.given_at.is_not(None)).order_by(PeerReview.id)


def everything_of(user_id: uuid.UUID) -> sa.Select[PeerReview, str, bool, bool]:
    """Return (review, activity, whether it is of their own text, whether they wrote it) of all that is a person's."""
    own = sa.select(Enrolment.id).where(Enrolment.user_id == user_id)
    mine, wrote = Attempt.enrolment_id.in_(own), PeerReview.reviewer_id.in_(own)
    return (
        sa.select(PeerReview, Attempt.activity_key, mine.label("mine"), wrote.label("wrote"))
        .join(Attempt, Attempt.id == PeerReview.attempt_id)
        .where(sa.or_(wrote, sa.and_(mine, PeerReview.given_at.is_not(None))))
        .order_by(PeerReview.id)
    )


def practice_of(user_id: uuid.UUID) -> sa.Select[SampleReview]:
    """Return a person's practice on samples."""
    return sa.select(SampleReview).where(SampleReview.enrolment_id.in_(sa.select(Enrolment.id).where(Enrolment.user_id == user_id)))
