"""Posts as somebody may see them. Each query keeps to one cohort, and to the reader's group where the author of the module says so."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from courses.discussions.models import Post, PostReport
from lms.api import Cohort, Context, Enrolment, User

GROUP, COHORT = "group", "cohort"


def _alive(post: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a post is neither withdrawn nor hidden."""
    return sa.and_(post.withdrawn_at.is_(None), post.hidden_at.is_(None))


def _replies() -> sa.ScalarSelect[int]:
    reply = aliased(Post)
    return sa.select(sa.func.count(reply.id)).where(reply.parent_id == Post.id, _alive(reply)).correlate(Post).scalar_subquery()


def readable(ctx: Context) -> sa.Select[*tuple[Any, ...]]:
    """Return (post, author's name, whether it is one's own, number of replies) of the posts of an activity that a learner's circle has written."""
    mine = aliased(Enrolment)
    one_group = mine.group_id.is_not_distinct_from(Enrolment.group_id)
    near = one_group if ctx.settings["circle"] == GROUP else sa.or_(one_group, Post.circle != GROUP)
    own = sa.case((Post.enrolment_id == ctx.enrolment_id, True), else_=False)
    return (
        sa.select(Post, User.name, own.label("own"), _replies().label("replies"))
        .join(Enrolment, Enrolment.id == Post.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .join(mine, sa.and_(mine.id == ctx.enrolment_id, mine.cohort_id == Enrolment.cohort_id, near))
        .where(Post.module_id == ctx.module_id, Post.activity_key == ctx.key)
    )


def one(ctx: Context, post_id: uuid.UUID) -> sa.Select[*tuple[Any, ...]]:
    """Return one of these posts, with how many answers and how many replies to it the learner has written here."""
    answer, reply = aliased(Post), aliased(Post)
    place = (answer.enrolment_id == ctx.enrolment_id, answer.module_id == ctx.module_id, answer.activity_key == ctx.key)
    answers = sa.select(sa.func.count(answer.id)).where(*place, answer.parent_id.is_(None)).scalar_subquery()
    mine = (reply.parent_id == Post.id, reply.enrolment_id == ctx.enrolment_id)
    replies = sa.select(sa.func.count(reply.id)).where(*mine).correlate(Post).scalar_subquery()
    return readable(ctx).add_columns(answers.label("answers"), replies.label("own_replies")).where(Post.id == post_id)


def others_answers(ctx: Context) -> sa.Select[*tuple[Any, ...]]:
    """Return the answers of others, the newest first; one that is gone stands there only while somebody's reply hangs on it."""
    return (
        readable(ctx)
        .where(Post.parent_id.is_(None), Post.enrolment_id != ctx.enrolment_id, sa.or_(_alive(Post), _replies() > 0))
        .order_by(Post.written_at.desc(), Post.id)
    )


def own_answers(ctx: Context) -> sa.Select[*tuple[Any, ...]]:
    """Return one's own answers, also those that were withdrawn, the newest first."""
    return (
        readable(ctx)
        .where(Post.parent_id.is_(None), Post.enrolment_id == ctx.enrolment_id)
        .order_by(Post.written_at.desc(), Post.id)
        .limit(9)
    )


def replies_to(ctx: Context, post_id: uuid.UUID) -> sa.Select[*tuple[Any, ...]]:
    """Return the replies to an answer, the oldest first: those that are there for all, and one's own that are hidden."""
    hidden_own = sa.and_(Post.enrolment_id == ctx.enrolment_id, Post.withdrawn_at.is_(None))
    return readable(ctx).where(Post.parent_id == post_id, sa.or_(_alive(Post), hidden_own)).order_by(Post.written_at, Post.id)


# -- for who moderates ------------------------------------------------------------------------------------------------------------------


def _reports() -> sa.ScalarSelect[int]:
    open_reports = sa.select(sa.func.count()).where(PostReport.post_id == Post.id, PostReport.settled_at.is_(None))
    return open_reports.correlate(Post).scalar_subquery()


def posts_in(cohort_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return (post, author's name, user id, open reports) of the posts of a cohort: reported ones first, then the newest."""
    reports = _reports()
    return (
        sa.select(Post, User.name, Enrolment.user_id, reports.label("reports"))
        .join(Enrolment, Enrolment.id == Post.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.cohort_id == cohort_id, Post.withdrawn_at.is_(None))
        .order_by(sa.case((reports > 0, 0), else_=1), Post.written_at.desc(), Post.id)
    )


def reported_in(cohort_id: int, _today: dt.date) -> sa.Select[*tuple[Any, ...]]:
    """Return how many posts of a cohort somebody has reported and nobody has looked at."""
    return (
        sa.select(sa.func.count(sa.distinct(PostReport.post_id)))
        .join(Post, Post.id == PostReport.post_id)
        .join(Enrolment, Enrolment.id == Post.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, PostReport.settled_at.is_(None), Post.withdrawn_at.is_(None))
    )


def reports_of(post_id: uuid.UUID) -> sa.Select[*tuple[Any, ...]]:
    """Return (reason, when, when settled) of the reports of a post, without who made them."""
    return (
        sa.select(PostReport.reason, PostReport.made_at, PostReport.settled_at)
        .where(PostReport.post_id == post_id)
        .order_by(PostReport.settled_at.is_not(None), PostReport.made_at)
    )


# -- for a person's own data, and for the end -------------------------------------------------------------------------------------------


def written_by(user_id: uuid.UUID) -> sa.Select[*tuple[Any, ...]]:
    """Return everything that a person has written in discussions."""
    return sa.select(Post).join(Enrolment, Enrolment.id == Post.enrolment_id).where(Enrolment.user_id == user_id).order_by(Post.written_at)


def reported_by(user_id: uuid.UUID) -> sa.Select[*tuple[Any, ...]]:
    """Return what a person has reported."""
    return (sa.select(PostReport).join(Enrolment, Enrolment.id == PostReport.enrolment_id).where(Enrolment.user_id == user_id)).order_by(
        PostReport.made_at
    )


def of_cohorts_that_ended_before(day: dt.date) -> sa.Select[*tuple[Any, ...]]:
    """Return the ids of the posts of cohorts that ended before a day."""
    return (
        sa.select(Post.id)
        .join(Enrolment, Enrolment.id == Post.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(Cohort.ends_on < day)
    )
