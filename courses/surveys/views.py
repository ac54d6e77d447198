"""A learner answers a survey."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from courses.base import plugin
from courses.learn.views import player_page
from courses.surveys import services
from courses.surveys.models import SurveyAnswered
from courses.surveys.type import answer_form, answer_of, survey_page
from lms.api import LEARN, Enrolment, commit, db, gettext, open_activity, requires


@plugin.post("/learn/<int:cohort_id>/<module_key>/<activity_key>/survey")
@requires(LEARN, on="self")
def answer_survey(cohort_id: int, module_key: str, activity_key: str) -> ResponseReturnValue:
    """Take my answers, once."""
    ctx = open_activity(current_user, cohort_id, module_key, activity_key, services.TYPE)
    form, promised = answer_form(ctx)(), services.promised(ctx)
    changed = request.form.get("promised", promised) != promised  # a cohort is moved while somebody writes
    if not form.validate() or changed:
        return player_page(cohort_id, module_key, activity_key, survey_page(ctx, form, changed=changed), 422)
    services.take(actor=current_user, ctx=ctx, answer=answer_of(form))
    commit()
    flash(gettext("Thank you. Your answers are in."), "done")
    return redirect(ctx.url)


@plugin.personal_data
def export_surveys(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return which surveys a person has answered; answers with a name are among their attempts, the others are nobody's."""
    marks = sa.select(SurveyAnswered.activity_key).join(Enrolment, Enrolment.id == SurveyAnswered.enrolment_id)
    rows = db.session.scalars(marks.where(Enrolment.user_id == user_id).order_by(SurveyAnswered.activity_key))
    return [{"kind": "survey answered", "activity": key} for key in rows]
