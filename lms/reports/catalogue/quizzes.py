"""How do people do in what is marked?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.attempts.models import Attempt, AttemptState
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import CohortModule, Enrolment, Revision, RevisionActivity
from lms.progress.models import Completion, CompletionState
from lms.registry import activity_types
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import MODULE, ONE_FAMILY, count_if, percent, share
from lms.reports.plot import Plot, bars


def rows(asked: Asked) -> Select:
    """Return a row for each quiz (or other activity that marks answers): people, tries, how many pass, how many tries the one in the middle took."""
    kinds = [key for key, kind in activity_types().items() if "passed" in kind.completion]
    tried = (
        sa.select(
            Attempt.enrolment_id,
            Attempt.module_id,
            Attempt.activity_key,
            sa.func.count().label("tries"),
            sa.func.max(CohortModule.revision_id).label("revision_id"),
            sa.func.min(CohortModule.position).label("module_position"),
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == Attempt.module_id))
        .where(asked.learners, Attempt.state.in_([AttemptState.SUBMITTED, AttemptState.MARKED]))
        .group_by(Attempt.enrolment_id, Attempt.module_id, Attempt.activity_key)
        .subquery()
    )
    quiz = [tried.c.module_id, tried.c.activity_key]
    ranked = (
        sa.select(
            tried,
            Completion.state.label("state"),
            sa.func.row_number().over(partition_by=quiz, order_by=tried.c.tries).label("place"),
            sa.func.count().over(partition_by=quiz).label("number"),
        )
        .outerjoin(
            Completion,
            sa.and_(
                Completion.enrolment_id == tried.c.enrolment_id,
                Completion.module_id == tried.c.module_id,
                Completion.activity_key == tried.c.activity_key,
            ),
        )
        .subquery()
    )
    row = ranked.c
    # The middle one, or the two in the middle: twice the place is number, number + 1 or number + 2.
    middle = (2 * row.place).between(row.number, row.number + 2)
    counts = (
        sa.select(
            row.module_id,
            row.activity_key,
            sa.func.max(row.revision_id).label("revision_id"),
            sa.func.min(row.module_position).label("module_position"),
            sa.func.count().label("people"),
            sa.func.sum(row.tries).label("tries"),
            count_if(row.state == CompletionState.COMPLETE).label("passed"),
            sa.cast(sa.func.avg(sa.case((middle, row.tries))), sa.Float).label("median_tries"),
        )
        .group_by(row.module_id, row.activity_key)
        .subquery()
    )
    found = counts.c
    return (
        sa.select(
            found.module_id,
            RevisionActivity.id.label("quiz_id"),
            RevisionActivity.title.label("quiz_title"),
            Revision.about["title"].label("module_title"),
            (found.module_position * 1000 + RevisionActivity.position).label("place"),
            found.people,
            found.tries,
            found.passed,
            share(found.passed, found.people).label("passed_share"),
            found.median_tries,
            ONE_FAMILY,
        )
        .select_from(counts)
        .join(Revision, Revision.id == found.revision_id)
        .join(RevisionActivity, sa.and_(RevisionActivity.revision_id == Revision.id, RevisionActivity.key == found.activity_key))
        .where(RevisionActivity.type.in_(kinds))
    )


def _sentence(totals: Totals) -> str:
    if not totals["people"]:
        return __("Nobody has handed in a quiz yet.")
    return __("Of those who tried, %(passed)s %% have passed.", passed=percent(totals["passed"], totals["people"]))


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("Who tried and passed"),
        __("A bar for each quiz of the table: percent of those who tried."),
        [(row.quiz_title, [row.passed_share or 0]) for row in rows],
        [__("passed")],
        unit=" %",
        full=100,
    )


report = Report(
    key="quizzes",
    title=_("Results of quizzes"),
    question=_("How many pass each quiz, and after how many tries?"),
    icon="list-checks",
    columns=fixed(
        Column("quiz", _("Quiz"), value=lambda row: row.quiz_title, sort="quiz_title"),
        Column("module", MODULE.title, value=MODULE.value, sort="place"),
        Column("people", _("People who tried"), Kind.NUMBER),
        Column("tries", _("Tries"), Kind.NUMBER, total=True),
        Column("passed", _("passed"), Kind.NUMBER),
        Column("passed_share", _("passed, %"), Kind.PERCENT),
        Column("median_tries", _("Tries, median"), Kind.NUMBER),
    ),
    select=rows,
    order="module",
    summary=_sentence,
    plot=_plot,
    sums=("people", "passed"),
    groups=("people", "family"),
    note=_("Tries and results only, never answers."),
)
