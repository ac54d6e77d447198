"""Where do people stop?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.i18n import choose
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import CohortModule, Enrolment, Revision, RevisionActivity
from lms.progress.models import Completion, CompletionState, ModuleProgress
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import MODULE, ONE_FAMILY, count_if, percent, share
from lms.reports.plot import Plot, bars


def rows(asked: Asked) -> Select:
    """Return a row for each module; with a cohort chosen, for each activity of its pinned revisions."""
    return _activities(asked) if asked.wanted.cohort else _modules(asked)


def _modules(asked: Asked) -> Select:
    begun = ModuleProgress.done_count + ModuleProgress.waiting_count > 0
    finished = sa.and_(ModuleProgress.required_count > 0, ModuleProgress.done_count >= ModuleProgress.required_count)
    counts = (
        sa.select(
            ModuleProgress.module_id,
            sa.func.count().label("people"),
            count_if(begun).label("begun"),
            count_if(finished).label("finished"),
            sa.func.max(CohortModule.revision_id).label("revision_id"),
            sa.func.min(CohortModule.position).label("module_position"),
        )
        .select_from(Enrolment)
        .join(ModuleProgress, ModuleProgress.enrolment_id == Enrolment.id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == ModuleProgress.module_id))
        .where(asked.learners)
        .group_by(ModuleProgress.module_id)
        .subquery()
    )
    return sa.select(
        counts.c.module_id,
        Revision.about["title"].label("module_title"),
        counts.c.module_position,
        sa.literal(0).label("activity_id"),
        sa.literal("").label("activity_title"),
        sa.literal(0).label("position"),
        *_figures(counts.c),
    ).join(Revision, Revision.id == counts.c.revision_id)


def _activities(asked: Asked) -> Select:
    people = sa.select(Enrolment.id).where(asked.learners).cte("learners")
    counts = (
        sa.select(
            Completion.module_id,
            Completion.activity_key,
            count_if(Completion.state != CompletionState.NOT_STARTED).label("begun"),
            count_if(Completion.state == CompletionState.COMPLETE).label("finished"),
        )
        .join(people, people.c.id == Completion.enrolment_id)
        .group_by(Completion.module_id, Completion.activity_key)
        .subquery()
    )
    everybody = sa.select(sa.func.count()).select_from(people).scalar_subquery()
    known = (
        sa.select(
            CohortModule.module_id,
            Revision.about["title"].label("module_title"),
            CohortModule.position.label("module_position"),
            RevisionActivity.id.label("activity_id"),
            RevisionActivity.title.label("activity_title"),
            RevisionActivity.position.label("position"),
            everybody.label("people"),
            sa.func.coalesce(counts.c.begun, 0).label("begun"),
            sa.func.coalesce(counts.c.finished, 0).label("finished"),
        )
        .join(Revision, Revision.id == CohortModule.revision_id)
        .join(RevisionActivity, RevisionActivity.revision_id == Revision.id)
        .outerjoin(counts, sa.and_(counts.c.module_id == CohortModule.module_id, counts.c.activity_key == RevisionActivity.key))
        .where(CohortModule.cohort_id == asked.wanted.cohort)
        .subquery()
    )
    shown = ("module_id", "module_title", "module_position", "activity_id", "activity_title", "position")
    return sa.select(*(known.c[name] for name in shown), *_figures(known.c))


def _figures(counts: Any) -> list[sa.ColumnElement[Any]]:
    figures = [counts.people, counts.begun, counts.finished, share(counts.begun, counts.people).label("begun_share")]
    order = (
        (counts.module_position * 1000).label("place")
        if "position" not in counts
        else (counts.module_position * 1000 + counts.position).label("place")
    )
    return [*figures, share(counts.finished, counts.people).label("finished_share"), order, ONE_FAMILY]


def _label(row: Any) -> str:
    return row.activity_title or choose(row.module_title)


def _sentence(totals: Totals) -> str:
    if not totals["people"]:
        return __("Nobody takes part yet.")
    return __(
        "On average %(begun)s %% have begun and %(finished)s %% have finished what stands here.",
        begun=percent(totals["begun"], totals["people"]),
        finished=percent(totals["finished"], totals["people"]),
    )


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("Who has finished what, in order"),
        __("A bar for each line of the table: percent of the people who have finished it."),
        [(_label(row), [row.finished_share or 0]) for row in rows],
        [__("finished")],
        unit=" %",
        full=100,
    )


report = Report(
    key="drop-off",
    title=_("Where people stop"),
    question=_("How many begin and finish each module, and at which part do they stop?"),
    icon="footprints",
    columns=fixed(
        Column("module", MODULE.title, value=MODULE.value, sort="place"),
        Column("activity", _("Part"), value=lambda row: row.activity_title, sort="activity_title"),
        Column("people", _("People"), Kind.NUMBER),
        Column("begun", _("have begun"), Kind.NUMBER),
        Column("finished", _("have finished"), Kind.NUMBER),
        Column("begun_share", _("begun, %"), Kind.PERCENT),
        Column("finished_share", _("finished, %"), Kind.PERCENT),
    ),
    select=rows,
    order="module",
    summary=_sentence,
    plot=_plot,
    sums=("people", "begun", "finished"),
    groups=("people", "family"),
    hint=_("Choose a cohort to see every part of its modules."),
)
