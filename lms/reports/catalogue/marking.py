"""What waits for an instructor, and for how long?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import utcnow
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.i18n import ngettext
from lms.learning.models import Cohort, Enrolment, Group
from lms.people.models import User, full_name
from lms.progress.models import Completion, CompletionState, Evidence, EvidenceKind
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import COHORT, COHORT_ROW, ONE_FAMILY, PEOPLE, count_if
from lms.reports.plot import Plot, bars

AGES = (("fresh", _("up to 3 days")), ("older", _("4 to 7 days")), ("old", _("more than 7 days")))


def rows(asked: Asked) -> Select:
    """Return a row for each assessor and cohort: how many answers wait, since when, and for how many people."""
    handed_in = (
        sa.select(sa.func.max(Evidence.occurred_at))
        .where(
            Evidence.enrolment_id == Completion.enrolment_id,
            Evidence.module_id == Completion.module_id,
            Evidence.activity_key == Completion.activity_key,
            Evidence.kind == EvidenceKind.SUBMITTED,
        )
        .correlate(Completion)
        .scalar_subquery()
    )
    waiting = (
        sa.select(
            Enrolment.id.label("enrolment_id"),
            Enrolment.cohort_id,
            sa.func.coalesce(Group.assessor_id, Cohort.assessor_id).label("assessor_id"),
            handed_in.label("since"),
        )
        .select_from(Completion)
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Completion.state == CompletionState.WAITING, asked.learners)
        .subquery()
    )
    now, row = utcnow(), waiting.c
    three, seven = (sa.literal(now - dt.timedelta(days=days), row.since.type) for days in (3, 7))
    counts = (
        sa.select(
            row.cohort_id,
            row.assessor_id,
            sa.func.count().label("waiting"),
            sa.func.count(sa.distinct(row.enrolment_id)).label("people"),
            count_if(sa.or_(row.since.is_(None), row.since > three)).label("fresh"),
            count_if(sa.and_(row.since <= three, row.since > seven)).label("older"),
            count_if(row.since <= seven).label("old"),
            sa.func.min(row.since).label("oldest_at"),
        )
        .group_by(row.cohort_id, row.assessor_id)
        .subquery()
    )
    return (
        sa.select(
            *COHORT_ROW,
            *(column for column in counts.c if column.name != "cohort_id"),
            User.title_before,
            User.name.label("assessor_name"),
            User.title_after,
            ONE_FAMILY,
        )
        .select_from(counts)
        .join(Cohort, Cohort.id == counts.c.cohort_id)
        .outerjoin(User, User.id == counts.c.assessor_id)
    )


def assessor_of(row: Any) -> str:
    """Return the name of who is to answer."""
    return full_name(row.title_before, row.assessor_name, row.title_after) if row.assessor_name else __("nobody is named")


def _oldest(row: Any) -> dt.date | None:
    return row.oldest_at.date() if row.oldest_at else None


def _sentence(totals: Totals) -> str:
    if not totals["waiting"]:
        return __("Nothing waits for an instructor.")
    found = ngettext("%(num)s answer waits", "%(num)s answers wait", totals["waiting"])
    return __("%(found)s; %(old)s for more than a week.", found=found, old=totals["old"])


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("What waits, by who is to answer"),
        __("A bar for each line of the table: answers that wait up to 3 days, 4 to 7, and longer."),
        [(assessor_of(row), [row.fresh, row.older, row.old]) for row in rows],
        [str(words) for _name, words in AGES],
    )


report = Report(
    key="marking",
    title=_("What waits for instructors"),
    question=_("Who has how much to answer, and for how long has it waited?"),
    icon="hourglass",
    columns=fixed(
        Column("assessor", _("Who answers"), value=assessor_of, sort="assessor_name"),
        COHORT,
        Column("waiting", _("Answers that wait"), Kind.NUMBER, total=True),
        PEOPLE,
        *(Column(name, words, Kind.NUMBER, total=True) for name, words in AGES),
        Column("oldest_on", _("The oldest, since"), Kind.DATE, value=_oldest, sort="oldest_at"),
    ),
    select=rows,
    order="-old",
    summary=_sentence,
    filters=frozenset({"when", "course", "cohort", "group"}),
    plot=_plot,
    groups=("people", "family"),
    by_cohort=True,
    note=_("Counts and days only; what people wrote is not read for this."),
)
