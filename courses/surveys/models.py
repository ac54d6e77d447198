"""Surveys: who has answered, and what was answered. Of an anonymous one nothing leads from one to the other: no id, no time, no order."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from lms.api import Base, Json, personal


def _mark() -> Json:
    return personal("nobody answers a survey twice", retention="enrolment", readable_by=("self",))


class SurveyAnswered(Base):
    """A person has answered a survey. Not what, and not when."""

    __tablename__ = "courses_survey_answered"

    enrolment_id: Mapped[int] = mapped_column(sa.ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, info=_mark())
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True, info=_mark())
    activity_key: Mapped[str] = mapped_column(sa.String(60), primary_key=True, info=_mark())


class SurveyTally(Base):
    """What a cohort has answered in an anonymous survey: one row for all of it, so that there is no order of rows (see `tally`)."""

    __tablename__ = "courses_survey_tallies"

    cohort_id: Mapped[int] = mapped_column(sa.ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    module_id: Mapped[int] = mapped_column(sa.ForeignKey("modules.id"), primary_key=True)
    activity_key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    shown: Mapped[Json]
    waiting: Mapped[Json]
