"""What has been decided?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.decisions.models import Decision, Outcome
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import Cohort, Enrolment
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import COHORT, COHORT_ROW, ONE_FAMILY, PEOPLE, cohort_of, count_if, percent, share
from lms.reports.plot import Plot, bars
from lms.reports.small import LEAST

OUTCOMES = ((Outcome.PASSED, _("passed")), (Outcome.POSTPONED, _("postponed")), (Outcome.FAILED, _("not passed")))


def rows(asked: Asked) -> Select:
    """Return a row for each cohort: how many people have passed, are postponed, have failed, or wait for a decision."""
    latest = (
        sa.select(sa.func.max(Decision.id).label("id"))
        .join(Enrolment, Enrolment.id == Decision.enrolment_id)
        .where(asked.learners)
        .group_by(Decision.enrolment_id)
        .subquery()
    )
    decided = sa.select(Decision.enrolment_id, Decision.outcome, Decision.score).join(latest, latest.c.id == Decision.id).subquery()
    row = decided.c
    average: sa.ColumnElement[Any] = sa.func.avg(row.score)
    if not asked.may_name:
        average = sa.case((sa.func.count(row.score) >= LEAST, average))
    counts = (
        sa.select(
            Enrolment.cohort_id,
            sa.func.count().label("people"),
            *(count_if(row.outcome == outcome).label(outcome.value) for outcome, _words in OUTCOMES),
            count_if(row.outcome.is_(None)).label("undecided"),
            average.label("average"),
        )
        .outerjoin(decided, row.enrolment_id == Enrolment.id)
        .where(asked.learners)
        .group_by(Enrolment.cohort_id)
        .subquery()
    )
    kept = [column for column in counts.c if column.name != "cohort_id"]
    return sa.select(*COHORT_ROW, *kept, share(counts.c.passed, counts.c.people).label("passed_share"), ONE_FAMILY).join(
        counts, counts.c.cohort_id == Cohort.id
    )


def _sentence(totals: Totals) -> str:
    return __(
        "%(passed)s %% have passed; %(undecided)s wait for a decision.",
        passed=percent(totals["passed"], totals["people"]),
        undecided=totals["undecided"] or 0,
    )


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("Decisions by cohort"),
        __("A bar for each cohort of the table: passed, postponed, not passed, not decided yet."),
        [(cohort_of(row), [row.passed, row.postponed, row.failed, row.undecided]) for row in rows],
        [*(str(words) for _outcome, words in OUTCOMES), __("not decided yet")],
    )


report = Report(
    key="results",
    title=_("Results and decisions"),
    question=_("How many have passed, and how many still wait for a decision?"),
    icon="flag",
    columns=fixed(
        COHORT,
        PEOPLE,
        *(Column(outcome.value, words, Kind.NUMBER, total=True) for outcome, words in OUTCOMES),
        Column("undecided", _("not decided yet"), Kind.NUMBER, total=True),
        Column("passed_share", _("passed, %"), Kind.PERCENT),
        Column("average", _("Mark on average"), Kind.NUMBER),
    ),
    select=rows,
    order="-cohort",
    summary=_sentence,
    plot=_plot,
    groups=("people", "family"),
    by_cohort=True,
)
