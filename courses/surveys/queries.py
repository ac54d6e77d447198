"""Surveys of a cohort."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from courses.surveys.models import SurveyAnswered
from lms.api import Attempt, CohortModule, Enrolment, User


def revisions_of(cohort_id: int) -> sa.Select[int]:
    """Return the pinned revisions of a cohort, in the order of its course."""
    return sa.select(CohortModule.revision_id).where(CohortModule.cohort_id == cohort_id).order_by(CohortModule.position)


def answered_in(cohort_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return (module, activity, how many people) of the surveys that were answered in a cohort."""
    return (
        sa.select(SurveyAnswered.module_id, SurveyAnswered.activity_key, sa.func.count().label("number"))
        .join(Enrolment, Enrolment.id == SurveyAnswered.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id)
        .group_by(SurveyAnswered.module_id, SurveyAnswered.activity_key)
    )


def named_answers(cohort_id: int, module_id: int, activity_key: str) -> sa.Select[*tuple[Any, ...]]:
    """Return (name, answer) of those who have answered a survey with their name."""
    return (
        sa.select(User.name, Attempt.answer)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(
            Enrolment.cohort_id == cohort_id,
            Attempt.module_id == module_id,
            Attempt.activity_key == activity_key,
            Attempt.submitted_at.is_not(None),
        )
        .order_by(User.name, Attempt.id)
    )
