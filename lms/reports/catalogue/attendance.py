"""Who was there?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.attendance.models import THERE, Attendance
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import Cohort, Enrolment, Group, ScheduleEntry
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import COHORT, COHORT_ROW, GROUP, GROUP_ROW, group_of, percent, share
from lms.reports.plot import Plot, bars


def attendance_rows(asked: Asked) -> sa.Subquery:
    """Return (cohort_id, group_id, meeting_id, meeting_title, meeting_place, people, present): a row for each meeting and group.

    People are those who were noted at the meeting: what nobody wrote down is nobody's absence.
    """
    return (
        sa.select(
            Enrolment.cohort_id,
            Enrolment.group_id,
            ScheduleEntry.id.label("meeting_id"),
            ScheduleEntry.title.label("meeting_title"),
            ScheduleEntry.starts_at.label("meeting_place"),
            sa.func.count().label("people"),
            sa.func.sum(sa.case((Attendance.state.in_([*THERE]), 1), else_=0)).label("present"),
        )
        .join(Attendance, Attendance.enrolment_id == Enrolment.id)
        .join(ScheduleEntry, ScheduleEntry.id == Attendance.entry_id)
        .where(asked.learners, ScheduleEntry.cancelled_at.is_(None))
        .group_by(Enrolment.cohort_id, Enrolment.group_id, ScheduleEntry.id, ScheduleEntry.title, ScheduleEntry.starts_at)
        .subquery()
    )


def rows(asked: Asked) -> Select:
    """Return a row for each meeting and group of the cohort."""
    known = attendance_rows(asked)
    row = known.c
    return (
        sa.select(
            *COHORT_ROW,
            *GROUP_ROW,
            row.meeting_id,
            row.meeting_title,
            row.meeting_place,
            row.people,
            row.present,
            share(row.present, row.people).label("present_share"),
        )
        .select_from(known)
        .join(Cohort, Cohort.id == row.cohort_id)
        .outerjoin(Group, Group.id == row.group_id)
    )


def _sentence(totals: Totals) -> str:
    if not totals["people"]:
        return __("No attendance has been recorded yet.")
    return __("On average %(share)s %% were there.", share=percent(totals["present"], totals["people"]))


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("Who was there"),
        __("A bar for each line of the table: percent of the group who were there."),
        [(f"{row.meeting_title}, {group_of(row)}", [row.present_share or 0]) for row in rows],
        [__("were there")],
        unit=" %",
        full=100,
    )


report = Report(
    key="attendance",
    title=_("Attendance by meeting and group"),
    question=_("How many were there, at which meeting, in which group?"),
    icon="clipboard-check",
    columns=fixed(
        Column("meeting", _("Meeting"), value=lambda row: row.meeting_title, sort="meeting_place"),
        GROUP,
        COHORT,
        Column("people", _("People"), Kind.NUMBER),
        Column("present", _("were there"), Kind.NUMBER),
        Column("present_share", _("were there, %"), Kind.PERCENT),
    ),
    select=rows,
    order="meeting",
    summary=_sentence,
    filters=frozenset({"cohort", "group"}),
    plot=_plot,
    sums=("people", "present"),
    one_cohort=True,
    by_cohort=True,
    groups=("people", "meeting_id"),
)
