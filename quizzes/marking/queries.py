"""Reads for instructors: quizzes of their cohorts, attempts, and answers that wait for a person. The condition of who may stands in each."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from lms.api import Actor, Attempt, AttemptState, Cohort, CohortModule, Enrolment, Group, Module, RevisionActivity, User, cohorts_for
from quizzes.attempts.models import Action, Step, Upload
from quizzes.base import ARRANGE, MARK
from quizzes.marking.models import Comment, Decision, ItemMark, Paper, Regrade, RegradeChange

QUIZ = "quiz"
Place = tuple[int, int, str]  # cohort, module, activity
Rows = sa.Select[*tuple[Any, ...]]

# The attempts that an instructor looks for, by what they call them.
WAITS = "waits"
FILTERS = {WAITS: AttemptState.SUBMITTED, **{state.value: state for state in AttemptState if state is not AttemptState.SUBMITTED}}


def quizzes_of(actor: Actor) -> Rows:
    """Return the quizzes of the cohorts in which a person marks or arranges: what runs now first. `marks`: whether they may mark."""
    return (
        sa.select(
            Cohort.id,
            Cohort.title,
            Cohort.number,
            Cohort.year,
            CohortModule.revision_id,
            CohortModule.module_id,
            Module.key.label("module_key"),
            RevisionActivity.key,
            RevisionActivity.title.label("quiz"),
            cohorts_for(actor, MARK).label("marks"),
        )
        .join(CohortModule, CohortModule.cohort_id == Cohort.id)
        .join(Module, Module.id == CohortModule.module_id)
        .join(RevisionActivity, RevisionActivity.revision_id == CohortModule.revision_id)
        .where(cohorts_for(actor, ARRANGE), RevisionActivity.type == QUIZ)
        .order_by(Cohort.starts_on.desc(), Cohort.id, CohortModule.position, RevisionActivity.position)
    )


def counts_of(cohort_ids: list[int]) -> Rows:
    """Return how many attempts there are of each quiz of cohorts: cohort, module, activity, all, handed in."""
    ended = sa.case((Attempt.submitted_at.is_not(None), 1), else_=0)
    key = (Enrolment.cohort_id, Attempt.module_id, Attempt.activity_key)
    return (
        sa.select(*key, sa.func.count().label("begun"), sa.func.sum(ended).label("handed_in"))
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.cohort_id.in_(cohort_ids))
        .group_by(*key)
    )


def quiz_of(cohort_id: int, module_key: str, activity_key: str) -> Rows:
    """Return a quiz of a cohort as its pinned revision has it; an earlier revision where the pinned one has it no more."""
    return (
        sa.select(CohortModule.module_id, CohortModule.revision_id, RevisionActivity.revision_id.label("found_in"), RevisionActivity.title)
        .join(Module, Module.id == CohortModule.module_id)
        .join(RevisionActivity, sa.and_(RevisionActivity.key == activity_key, RevisionActivity.type == QUIZ))
        .where(
            CohortModule.cohort_id == cohort_id,
            Module.key == module_key,
            sa.or_(RevisionActivity.revision_id == CohortModule.revision_id, _was_taken(cohort_id, CohortModule.module_id, activity_key)),
        )
        .order_by((RevisionActivity.revision_id == CohortModule.revision_id).desc(), RevisionActivity.revision_id.desc())
        .limit(1)
    )


def _was_taken(cohort_id: int, module_id: sa.ColumnElement[int] | Any, activity_key: str) -> sa.ColumnElement[bool]:
    """Return the condition that the cohort has attempts of the revision at hand."""
    return (
        sa.exists()
        .where(
            Attempt.revision_id == RevisionActivity.revision_id,
            Attempt.module_id == module_id,
            Attempt.activity_key == activity_key,
            Attempt.enrolment_id == Enrolment.id,
            Enrolment.cohort_id == cohort_id,
        )
        .correlate(RevisionActivity, CohortModule)
    )


def here(place: Place) -> sa.ColumnElement[bool]:
    """Return the condition that an attempt (joined with its enrolment) is one at a quiz of a cohort."""
    cohort_id, module_id, activity_key = place
    return sa.and_(Enrolment.cohort_id == cohort_id, Attempt.module_id == module_id, Attempt.activity_key == activity_key)


def attempts_at(place: Place, state: str = "", words: str = "") -> Rows:
    """Return attempts with who made them, and how many of their answers are late or were kept aside."""

    def steps(action: Action) -> Any:
        return sa.select(sa.func.count()).where(Step.attempt_id == Attempt.id, Step.action == action).correlate(Attempt).scalar_subquery()

    statement = (
        sa.select(
            Attempt.id,
            Attempt.number,
            Attempt.state,
            Attempt.points,
            Attempt.maximum,
            Attempt.started_at,
            Attempt.submitted_at,
            User.name,
            Group.name.label("group"),
            steps(Action.LATE).label("late"),
            steps(Action.ASIDE).label("aside"),
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(here(place))
        .order_by(sa.func.lower(User.name), Enrolment.id, Attempt.number)
    )
    if state in FILTERS:
        statement = statement.where(Attempt.state == FILTERS[state])
    if words:
        statement = statement.where(sa.func.lower(User.name).contains(words.lower(), autoescape=True))
    return statement


def attempt_at(place: Place, attempt_id: uuid.UUID) -> Rows:
    """Return one attempt of a quiz of a cohort, with who made it."""
    return (
        sa.select(Attempt, User.name, User.id.label("user_id"))
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Attempt.id == attempt_id, here(place))
    )


def later_attempts(attempt: Attempt) -> sa.Select[int]:
    """Return the numbers of attempts that the same person made later."""
    return sa.select(Attempt.number).where(
        Attempt.enrolment_id == attempt.enrolment_id,
        Attempt.module_id == attempt.module_id,
        Attempt.activity_key == attempt.activity_key,
        Attempt.number > attempt.number,
    )


def steps_of(attempt_id: uuid.UUID, slot: int) -> sa.Select[Step]:
    """Return everything that was done with one question, in order."""
    return sa.select(Step).where(Step.attempt_id == attempt_id, Step.slot == slot).order_by(Step.sequence)


def step_counts(attempt_id: uuid.UUID) -> Rows:
    """Return how many steps each question of an attempt has."""
    return sa.select(Step.slot, sa.func.count().label("number")).where(Step.attempt_id == attempt_id).group_by(Step.slot)


def marks_of(attempt_id: uuid.UUID, slot: int) -> Rows:
    """Return all marks of a question with who gave them or let the program give them, the newest first."""
    return (
        sa.select(ItemMark, User.name)
        .outerjoin(Regrade, Regrade.id == ItemMark.regrade_id)
        .outerjoin(User, User.id == sa.func.coalesce(ItemMark.actor_id, Regrade.actor_id))
        .where(ItemMark.attempt_id == attempt_id, ItemMark.slot == slot)
        .order_by(ItemMark.id.desc())
    )


def decisions_of(attempt_id: uuid.UUID) -> Rows:
    """Return what was decided about an attempt, with by whom."""
    return (
        sa.select(Decision, User.name)
        .outerjoin(User, User.id == Decision.actor_id)
        .where(Decision.attempt_id == attempt_id)
        .order_by(Decision.id)
    )


def cohorts_by_id(ids: list[int]) -> sa.Select[Cohort]:
    """Return cohorts."""
    return sa.select(Cohort).where(Cohort.id.in_(ids))


# -- papers: answers that a person marks ----------------------------------------------------------------------------------------------


def papers_waiting(actor: Actor) -> Rows:
    """Return what waits for a person in their cohorts, one row for each quiz and item, the oldest first."""
    key = (Enrolment.cohort_id, Attempt.module_id, Attempt.activity_key, Paper.item_id)
    since = sa.func.min(Paper.since).label("since")
    return (
        sa.select(*key, sa.func.count().label("number"), sa.func.max(Attempt.revision_id).label("revision_id"), since)
        .join(Attempt, Attempt.id == Paper.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(Paper.marked_at.is_(None), cohorts_for(actor, MARK))
        .group_by(*key)
        .order_by(since, *key)
    )


def papers_at(place: Place, item_id: int) -> sa.Select[Paper]:
    """Return the answers to an item in a quiz of a cohort, in the order of their codes."""
    return (
        sa.select(Paper)
        .join(Attempt, Attempt.id == Paper.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(here(place), Paper.item_id == item_id)
        .order_by(Paper.code)
    )


def paper_with(actor: Actor, code: str) -> sa.Select[Paper]:
    """Return the answer with a code, if it is from a cohort in which this person marks."""
    return (
        sa.select(Paper)
        .join(Attempt, Attempt.id == Paper.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(Paper.code == code, cohorts_for(actor, MARK))
    )


def items_at(place: Place) -> Rows:
    """Return the items of a quiz that people mark, with how many answers there are and how many wait."""
    waiting = sa.case((Paper.marked_at.is_(None), 1), else_=0)
    return (
        sa.select(Paper.item_id, sa.func.count().label("number"), sa.func.sum(waiting).label("waiting"))
        .join(Attempt, Attempt.id == Paper.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(here(place))
        .group_by(Paper.item_id)
        .order_by(Paper.item_id)
    )


def second_marks(place: Place, item_id: int) -> Rows:
    """Return second opinions on answers to an item: attempt, slot, who, share, comment; the newest first."""
    return (
        sa.select(
            ItemMark.attempt_id, ItemMark.slot, ItemMark.actor_id, ItemMark.share, ItemMark.points, ItemMark.comment, ItemMark.levels, Paper
        )
        .join(Paper, sa.and_(Paper.attempt_id == ItemMark.attempt_id, Paper.slot == ItemMark.slot))
        .join(Attempt, Attempt.id == Paper.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(here(place), Paper.item_id == item_id, ItemMark.second.is_(True))
        .order_by(ItemMark.id.desc())
    )


def counting_marks(place: Place, item_id: int) -> Rows:
    """Return the marks that count of answers to an item: attempt, slot, share, marker."""
    newest = (
        sa.select(sa.func.max(ItemMark.id))
        .join(Paper, sa.and_(Paper.attempt_id == ItemMark.attempt_id, Paper.slot == ItemMark.slot))
        .join(Attempt, Attempt.id == Paper.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(here(place), Paper.item_id == item_id, ItemMark.second.is_(False))
        .group_by(ItemMark.attempt_id, ItemMark.slot)
    )
    return sa.select(ItemMark.attempt_id, ItemMark.slot, ItemMark.share, ItemMark.actor_id).where(ItemMark.id.in_(newest))


def comments_of(user_id: uuid.UUID) -> sa.Select[Comment]:
    """Return the sentences that a marker keeps, in the order in which they came."""
    return sa.select(Comment).where(Comment.owner_id == user_id).order_by(Comment.id)


def marks_about(user_id: uuid.UUID) -> Rows:
    """Return all marks of a person's questions, in order."""
    return (
        sa.select(Attempt.activity_key, Attempt.number, ItemMark)
        .join(Attempt, Attempt.id == ItemMark.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.user_id == user_id, ItemMark.second.is_(False))
        .order_by(ItemMark.id)
    )


def decisions_about(user_id: uuid.UUID) -> Rows:
    """Return what was decided about a person's attempts, in order."""
    return (
        sa.select(Attempt.activity_key, Attempt.number, Decision)
        .join(Attempt, Attempt.id == Decision.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.user_id == user_id)
        .order_by(Decision.id)
    )


def upload_at(cohort_id: int, upload_id: int) -> Rows:
    """Return a file that was handed in within a cohort, and the code of the answer it belongs to."""
    return (
        sa.select(Upload, Paper.code)
        .join(Attempt, Attempt.id == Upload.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .outerjoin(Paper, sa.and_(Paper.attempt_id == Upload.attempt_id, Paper.slot == Upload.slot))
        .where(Upload.id == upload_id, Enrolment.cohort_id == cohort_id)
        .options(undefer(Upload.content))
    )


# -- marking anew ---------------------------------------------------------------------------------------------------------------------


def marked_at(place: Place) -> sa.Select[Attempt]:
    """Return the attempts at a quiz that were handed in, in one order."""
    return (
        sa.select(Attempt)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(here(place), Attempt.state.in_([AttemptState.SUBMITTED, AttemptState.MARKED]))
        .order_by(Attempt.id)
    )


def revisions_at(place: Place) -> sa.Select[int]:
    """Return the revisions whose questions were handed in."""
    statement = sa.select(Attempt.revision_id).join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    return statement.where(here(place), Attempt.submitted_at.is_not(None)).distinct()


def names_of(enrolment_ids: list[int]) -> Rows:
    """Return (enrolment, name)."""
    return sa.select(Enrolment.id, User.name).join(User, User.id == Enrolment.user_id).where(Enrolment.id.in_(enrolment_ids))


def regrade_at(place: Place, regrade_id: int) -> Rows:
    """Return a run of a quiz of a cohort, with how many of its changes were written, left alone, and wait."""

    def those(condition: sa.ColumnElement[bool]) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    cohort_id, module_id, activity_key = place
    return (
        sa.select(
            Regrade.reason,
            Regrade.created_at,
            those(RegradeChange.applied.is_(True)).label("written"),
            those(RegradeChange.applied.is_(False)).label("left"),
            those(sa.and_(RegradeChange.applied.is_(None), RegradeChange.id.is_not(None))).label("waiting"),
        )
        .outerjoin(RegradeChange, RegradeChange.regrade_id == Regrade.id)
        .where(
            Regrade.id == regrade_id, Regrade.cohort_id == cohort_id, Regrade.module_id == module_id, Regrade.activity_key == activity_key
        )
        .group_by(Regrade.id)
    )


def changes_waiting(regrade_id: int) -> sa.Select[RegradeChange]:
    """Return the changes of a run that have not been written yet, in the order of attempts."""
    statement = sa.select(RegradeChange).where(RegradeChange.regrade_id == regrade_id, RegradeChange.applied.is_(None))
    return statement.order_by(RegradeChange.attempt_id, RegradeChange.slot)
