"""How far are cohorts and groups?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.i18n import ngettext
from lms.learning.models import Cohort, Enrolment, Group
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import COHORT, COHORT_ROW, GROUP, GROUP_ROW, PEOPLE, cohort_of, count_if, group_of, percent, share
from lms.reports.plot import Plot, bars
from lms.reports.standing import STATUS_WORDS, status_of
from lms.supervision.standing import Status

SHOWN = (Status.COMPLETE, Status.WAITING, Status.ON_SCHEDULE, Status.BEHIND, Status.NOT_BEGUN, Status.NO_SIGNAL)


def rows(asked: Asked) -> Select:
    """Return a row for each group of each cohort with how many people stand where."""
    known = (
        sa.select(
            Enrolment.cohort_id, Enrolment.group_id, Enrolment.done_count, Enrolment.required_count, status_of(asked.today).label("status")
        )
        .where(asked.learners)
        .subquery()
    )
    statuses = [count_if(known.c.status == status.value).label(status.value) for status in SHOWN]
    counts = (
        sa.select(
            known.c.cohort_id,
            known.c.group_id,
            sa.func.count().label("people"),
            *statuses,
            share(sa.func.sum(known.c.done_count), sa.func.sum(known.c.required_count)).label("done_share"),
        )
        .group_by(known.c.cohort_id, known.c.group_id)
        .subquery()
    )
    kept = [counts.c[name] for name in ("people", *SHOWN, "done_share")]
    return (
        sa.select(*COHORT_ROW, *GROUP_ROW, *kept)
        .select_from(counts)
        .join(Cohort, Cohort.id == counts.c.cohort_id)
        .outerjoin(Group, Group.id == counts.c.group_id)
    )


def _sentence(totals: Totals) -> str:
    return __(
        "%(people)s: %(complete)s %% complete, %(behind)s %% behind, %(begun)s %% not begun.",
        people=ngettext("%(num)s person", "%(num)s people", totals["people"]),
        complete=percent(totals["complete"], totals["people"]),
        behind=percent(totals["behind"], totals["people"]),
        begun=percent(totals["not_begun"], totals["people"]),
    )


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    one = len({row.cohort_id for row in rows}) == 1
    words = dict(STATUS_WORDS)
    return bars(
        __("People by where they stand"),
        __("A bar for each row of the table: complete, waiting, on schedule, behind, not begun, no signal."),
        [(group_of(row) if one else f"{cohort_of(row)}, {group_of(row)}", [getattr(row, status) for status in SHOWN]) for row in rows],
        [str(words[status]) for status in SHOWN],
    )


report = Report(
    key="progress",
    title=_("Progress of cohorts and groups"),
    question=_("How many people are complete, on schedule, behind, not begun?"),
    icon="chart-no-axes-column",
    columns=fixed(
        COHORT,
        GROUP,
        PEOPLE,
        *(Column(str(status), dict(STATUS_WORDS)[status], Kind.NUMBER, total=True) for status in SHOWN),
        Column("done_share", _("Parts complete"), Kind.PERCENT),
    ),
    select=rows,
    order="-cohort",
    summary=_sentence,
    plot=_plot,
    groups=("people", "cohort_id"),
    by_cohort=True,
)
