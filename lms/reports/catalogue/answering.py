"""How long do people wait for an answer?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.i18n import format_number, ngettext
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import Cohort, Enrolment
from lms.people.models import User
from lms.progress.models import Evidence, EvidenceKind
from lms.reports.catalogue.marking import assessor_of
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals
from lms.reports.parts import COHORT, COHORT_ROW, ONE_FAMILY, count_if, share
from lms.reports.plot import Plot, bars
from lms.reports.weeks import DaysSince

WEEK = 7


def rows(asked: Asked) -> Select:
    """Return a row for each assessor and cohort: answers given, and days from the latest hand-in before each."""
    answer, handed_in = aliased(Evidence), aliased(Evidence)
    since = (
        sa.select(sa.func.max(handed_in.occurred_at))
        .where(
            handed_in.enrolment_id == answer.enrolment_id,
            handed_in.module_id == answer.module_id,
            handed_in.activity_key == answer.activity_key,
            handed_in.kind == EvidenceKind.SUBMITTED,
            handed_in.sequence < answer.sequence,
        )
        .correlate(answer)
        .scalar_subquery()
    )
    answers = (
        sa.select(
            Enrolment.cohort_id,
            Enrolment.id.label("enrolment_id"),
            answer.actor_id.label("assessor_id"),
            DaysSince(answer.occurred_at, since).label("days"),
        )
        .select_from(Enrolment)
        .join(answer, answer.enrolment_id == Enrolment.id)
        .where(asked.learners, answer.kind.in_([EvidenceKind.ACCEPTED, EvidenceKind.RETURNED]), answer.actor_id != Enrolment.user_id)
        .subquery()
    )
    row = answers.c
    counts = (
        sa.select(
            row.cohort_id,
            row.assessor_id,
            sa.func.count().label("answers"),
            sa.func.count(sa.distinct(row.enrolment_id)).label("people"),
            sa.func.sum(row.days).label("days"),
            sa.cast(sa.func.avg(row.days), sa.Float).label("average"),
            sa.cast(sa.func.max(row.days), sa.Float).label("longest"),
            share(count_if(row.days <= WEEK), sa.func.count()).label("within_a_week"),
        )
        .where(row.days.is_not(None))
        .group_by(row.cohort_id, row.assessor_id)
        .subquery()
    )
    names = (User.title_before, User.name.label("assessor_name"), User.title_after)
    return (
        sa.select(*COHORT_ROW, *(column for column in counts.c if column.name != "cohort_id"), *names, ONE_FAMILY)
        .select_from(counts)
        .join(Cohort, Cohort.id == counts.c.cohort_id)
        .outerjoin(User, User.id == counts.c.assessor_id)
    )


def _sentence(totals: Totals) -> str:
    if not totals["answers"]:
        return __("Nothing has been answered yet.")
    found = ngettext("%(num)s answer was given", "%(num)s answers were given", totals["answers"])
    return __("%(found)s, on average after %(days)s days.", found=found, days=format_number(float(totals["days"]) / totals["answers"], 1))


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("Days until an answer"),
        __("A bar for each line of the table: days on average."),
        [(assessor_of(row), [round(row.average, 1)]) for row in rows],
        [__("days")],
    )


def columns(asked: Asked) -> Sequence[Column]:
    """Return the columns. The longest wait is that of one person: only those who may see names see it."""
    longest = (Column("longest", _("Days at most"), Kind.NUMBER),) if asked.may_name else ()
    return (
        Column("assessor", _("Who answered"), value=assessor_of, sort="assessor_name"),
        COHORT,
        Column("answers", _("Answers given"), Kind.NUMBER, total=True),
        Column("average", _("Days on average"), Kind.NUMBER),
        *longest,
        Column("within_a_week", _("within a week, %"), Kind.PERCENT),
    )


report = Report(
    key="answering",
    title=_("Time until an answer"),
    question=_("How long does it take from handing in to an answer?"),
    icon="messages-square",
    columns=columns,
    select=rows,
    order="-average",
    summary=_sentence,
    filters=frozenset({"when", "course", "cohort", "group"}),
    plot=_plot,
    sums=("days",),
    groups=("people", "family"),
    by_cohort=True,
    note=_("Counts and days only; what people wrote is not read for this."),
)
