"""What stands on a marker's desk: answers that a person marks, and second opinions on a sample. A line is a question of a quiz of a cohort."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lms.api import Actor, Attempt, Cohort, Enrolment, WaitingKind, cohorts_for, waiting_row
from lms.api import lazy_gettext as _
from quizzes.base import MARK, plugin
from quizzes.items.models import BankItem
from quizzes.marking.models import ItemMark, Paper
from quizzes.marking.papers import DEFAULT_EVERY, LEAST_SAMPLE
from quizzes.marking.queries import Rows


def papers_to_mark(actor: Actor) -> Rows:
    """Return the questions of which answers wait for a person in their cohorts."""
    return _papers(actor, at=sa.func.min(Paper.since), several=sa.func.count()).where(Paper.marked_at.is_(None))


def papers_marked(actor: Actor) -> Rows:
    """Return the questions of which a person has marked answers."""
    return _papers(actor, at=sa.func.max(Paper.marked_at), several=sa.func.count()).where(Paper.marker_id == actor.id)


def second_opinions(actor: Actor) -> Rows:
    """Return the questions of which others have marked answers, and a person has not given as many second opinions as the usual sample has."""
    mine = sa.exists().where(
        ItemMark.attempt_id == Paper.attempt_id, ItemMark.slot == Paper.slot, ItemMark.second.is_(True), ItemMark.actor_id == actor.id
    )
    marked = sa.func.count()
    drawn = sa.case((marked > LEAST_SAMPLE * DEFAULT_EVERY, (marked + DEFAULT_EVERY - 1) // DEFAULT_EVERY), else_=LEAST_SAMPLE)
    left = sa.case((marked < drawn, marked), else_=drawn) - sa.func.sum(sa.case((mine, 1), else_=0))
    by_others = sa.and_(Paper.marked_at.is_not(None), sa.or_(Paper.marker_id.is_(None), Paper.marker_id != actor.id))
    return _papers(actor, at=sa.func.min(Paper.marked_at), several=left).where(by_others).having(left > 0)


def _papers(actor: Actor, **what: Any) -> Rows:
    key = (Enrolment.cohort_id, Attempt.module_id, Attempt.activity_key, Paper.item_id, BankItem.title)
    row = waiting_row(
        reference=Paper.item_id,
        code=BankItem.title,
        module_id=Attempt.module_id,
        revision_id=sa.func.max(Attempt.revision_id),
        activity_key=Attempt.activity_key,
        cohort_id=Enrolment.cohort_id,
        **what,
    )
    return (
        sa.select(*row)
        .select_from(Paper)
        .join(Attempt, Attempt.id == Paper.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(BankItem, BankItem.id == Paper.item_id)
        .where(cohorts_for(actor, MARK))
        .group_by(*key)
    )


def place(row: Any) -> tuple[str, str]:
    """Return the question and the address at which its answers are marked."""
    return row.code, f"/quizzes/marking/{row.cohort_id}/{row.module_key}/{row.activity_key}/{row.reference}"


def second_place(row: Any) -> tuple[str, str]:
    """Return the question and the address at which second opinions are given."""
    code, url = place(row)
    return code, f"{url}/second"


plugin.waiting(WaitingKind("quizzes:essay", _("Answers in quizzes"), "pen-line", papers_to_mark, place, papers_marked))
plugin.waiting(WaitingKind("quizzes:second", _("Second opinions"), "users", second_opinions, second_place, spare=True))
