"""Reads for reviews, each one statement whatever the number of activities, reviewers or comments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from courses.reviews.models import Comment, Review, ReviewActivity, Reviewer, Verdict
from lms.api import Actor, Module, NotFound, User, db, full_name, utcnow


@dataclass(frozen=True, slots=True)
class Line:
    """An activity in the outline of a review, with how many of one's comments it has."""

    key: str
    title: str
    section: str
    minutes: int
    comments: int


@dataclass(frozen=True, slots=True)
class Said:
    """A comment with the name of who made it and the title of its activity as it was."""

    comment: Comment
    by: str
    title: str


@dataclass(frozen=True, slots=True)
class Person:
    """A reviewer with a name to show; `expert` came through a link."""

    reviewer: Reviewer
    name: str
    expert: bool
    open_link: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A review in the list of what somebody was asked for."""

    id: int
    about: dict[str, object]
    author: str
    asked_at: dt.datetime
    verdict: Verdict | None
    closed: bool


def review_of(module_id: int, review_id: int) -> Review:
    """Return a review of a module. Raises NotFound."""
    found = db.session.scalar(sa.select(Review).where(Review.id == review_id, Review.module_id == module_id))
    if found is None:
        raise NotFound("no such review of this module")
    return found


def reviews_of(module_id: int) -> list[tuple[Review, list[Person]]]:
    """Return the reviews of a module with who was asked, newest first."""
    rows = db.session.execute(
        sa.select(Review, Reviewer, User.title_before, User.name, User.title_after)
        .outerjoin(Reviewer, Reviewer.review_id == Review.id)
        .outerjoin(User, User.id == Reviewer.user_id)
        .where(Review.module_id == module_id)
        .order_by(Review.id.desc(), Reviewer.id)
    )
    found: dict[int, tuple[Review, list[Person]]] = {}
    for review, reviewer, before, name, after in rows:
        people = found.setdefault(review.id, (review, []))[1]
        if reviewer is not None:
            people.append(_person(reviewer, full_name(before, name, after) if name else ""))
    return list(found.values())


def people_of(review_id: int) -> list[Person]:
    """Return who was asked for a review."""
    rows = db.session.execute(
        sa.select(Reviewer, User.title_before, User.name, User.title_after)
        .outerjoin(User, User.id == Reviewer.user_id)
        .where(Reviewer.review_id == review_id)
        .order_by(Reviewer.id)
    )
    return [_person(reviewer, full_name(before, name, after) if name else "") for reviewer, before, name, after in rows]


def _person(reviewer: Reviewer, name: str) -> Person:
    expert = reviewer.secret_hash is not None
    said = f"{reviewer.name} ({reviewer.label})" if expert and reviewer.name and reviewer.name != reviewer.label else reviewer.label
    is_open = expert and reviewer.revoked_at is None and (reviewer.expires_at is None or reviewer.expires_at > utcnow())
    return Person(reviewer, said if expert else name, expert, is_open)


def comments_of(module_id: int, *, key: str = "", review_id: int | None = None, only_open: bool = True) -> list[Said]:
    """Return what reviewers say about a module (one activity, one review), in the order of the text; by default what is not done."""
    statement = (
        sa.select(
            Comment, Reviewer.label, Reviewer.name.label("typed"), User.title_before, User.name, User.title_after, ReviewActivity.title
        )
        .join(Review, Review.id == Comment.review_id)
        .join(Reviewer, Reviewer.id == Comment.reviewer_id)
        .outerjoin(User, User.id == Reviewer.user_id)
        .outerjoin(ReviewActivity, sa.and_(ReviewActivity.review_id == Comment.review_id, ReviewActivity.key == Comment.key))
        .where(Review.module_id == module_id)
        .order_by(ReviewActivity.position, Comment.id)
    )
    if key:
        statement = statement.where(Comment.key == key)
    if review_id is not None:
        statement = statement.where(Comment.review_id == review_id)
    if only_open:
        statement = statement.where(Comment.done_at.is_(None))
    return [
        Said(comment, full_name(before, name, after) if name else typed or label, title or comment.key)
        for comment, label, typed, before, name, after, title in db.session.execute(statement)
    ]


def comment_of(module_id: int, comment_id: int) -> Comment:
    """Return a comment on a module. Raises NotFound."""
    statement = (
        sa.select(Comment).join(Review, Review.id == Comment.review_id).where(Comment.id == comment_id, Review.module_id == module_id)
    )
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound("no such comment on this module")
    return found


def tasks_of(actor: Actor) -> list[Task]:
    """Return the reviews that somebody was asked for: those that wait first, then the newest."""
    rows = db.session.execute(
        sa.select(
            Review.id, Review.about, Review.asked_at, Review.closed_at, Reviewer.verdict, User.title_before, User.name, User.title_after
        )
        .join(Reviewer, Reviewer.review_id == Review.id)
        .outerjoin(User, User.id == Review.asked_by_id)
        .where(Reviewer.user_id == actor.id, Reviewer.revoked_at.is_(None))
        .order_by(sa.or_(Reviewer.verdict.is_not(None), Review.closed_at.is_not(None)), Review.id.desc())
        .limit(100)
    )
    return [
        Task(number, about, full_name(before, name, after) if name else "", asked_at, verdict, closed_at is not None)
        for number, about, asked_at, closed_at, verdict, before, name, after in rows
    ]


def waiting_for(actor: Actor) -> int:
    """Count the reviews that wait for somebody."""
    statement = (
        sa.select(sa.func.count(Reviewer.id))
        .join(Review, Review.id == Reviewer.review_id)
        .where(Reviewer.user_id == actor.id, Reviewer.revoked_at.is_(None), Reviewer.verdict.is_(None), Review.closed_at.is_(None))
    )
    return db.session.scalar(statement) or 0


Found = tuple[Review, Reviewer, Module]


def asked_colleague(actor: Actor, review_id: int) -> Found:
    """Return a review that the actor was asked for. Raises NotFound."""
    statement = _found().where(Review.id == review_id, Reviewer.user_id == actor.id, Reviewer.revoked_at.is_(None))
    return _only(statement)


def asked_expert(secret_hash: str) -> Found:
    """Return the review behind a link that is still good. Raises NotFound."""
    now = utcnow()
    return _only(_found().where(Reviewer.secret_hash == secret_hash, Reviewer.revoked_at.is_(None), Reviewer.expires_at > now))


def _found() -> sa.Select[Review, Reviewer, Module]:
    return sa.select(Review, Reviewer, Module).join(Reviewer, Reviewer.review_id == Review.id).join(Module, Module.id == Review.module_id)


def _only(statement: sa.Select[Review, Reviewer, Module]) -> Found:
    row = db.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("no such review for this person")
    return row[0], row[1], row[2]


def lines_of(review_id: int, reviewer_id: int) -> list[Line]:
    """Return the outline of a review."""
    mine = (
        sa.select(Comment.key, sa.func.count().label("number"))
        .where(Comment.reviewer_id == reviewer_id, Comment.review_id == review_id)
        .group_by(Comment.key)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(ReviewActivity.key, ReviewActivity.title, ReviewActivity.section, ReviewActivity.minutes, mine.c.number)
        .outerjoin(mine, mine.c.key == ReviewActivity.key)
        .where(ReviewActivity.review_id == review_id)
        .order_by(ReviewActivity.position)
    )
    return [Line(key, title, section, minutes, number or 0) for key, title, section, minutes, number in rows]


def activity_of(review_id: int, key: str) -> ReviewActivity:
    """Return an activity of a frozen text. Raises NotFound."""
    found = db.session.scalar(sa.select(ReviewActivity).where(ReviewActivity.review_id == review_id, ReviewActivity.key == key))
    if found is None:
        raise NotFound(f"no activity {key!r} in this review")
    return found


def activities_of(review_id: int) -> Sequence[ReviewActivity]:
    """Return a frozen text in order."""
    return db.session.scalars(
        sa.select(ReviewActivity).where(ReviewActivity.review_id == review_id).order_by(ReviewActivity.position)
    ).all()


def comments_by(reviewer_id: int, key: str = "") -> Sequence[Comment]:
    """Return what a reviewer has said, on one activity or on all, in the order it was said."""
    statement = sa.select(Comment).where(Comment.reviewer_id == reviewer_id).order_by(Comment.id)
    return db.session.scalars(statement.where(Comment.key == key) if key else statement).all()


def shows_file(review_id: int, address: str) -> bool:
    """Tell whether a frozen text shows the file at an address."""
    shown = sa.cast(ReviewActivity.prepared, sa.Text).contains(address, autoescape=True)
    return db.session.scalar(sa.select(ReviewActivity.id).where(ReviewActivity.review_id == review_id, shown).limit(1)) is not None
