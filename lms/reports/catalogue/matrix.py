"""Who has finished which module?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.i18n import choose, ngettext
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import CohortModule, Enrolment, Module, Revision
from lms.progress.models import ModuleProgress
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals
from lms.reports.parts import PERSON, PERSON_GROUP, PERSON_UNIT, SORTED_BY, people_of, share
from lms.reports.plot import Plot, bars


def _pins(asked: Asked) -> Select:
    """Return the modules of the cohort in order."""
    return (
        sa.select(Module.id, Module.key, Revision.about["title"].label("title"))
        .join(CohortModule, CohortModule.module_id == Module.id)
        .join(Revision, Revision.id == CohortModule.revision_id)
        .where(CohortModule.cohort_id == asked.wanted.cohort)
        .order_by(CohortModule.position)
    )


def rows(asked: Asked) -> Select:
    """Return a row for each person of the cohort, with percent of every module's required parts as `m_<module id>`."""
    modules = sa.select(CohortModule.module_id).where(CohortModule.cohort_id == asked.wanted.cohort).order_by(CohortModule.position)
    done = [
        sa.func.max(sa.case((ModuleProgress.module_id == number, share(ModuleProgress.done_count, ModuleProgress.required_count)))).label(
            f"m_{number}"
        )
        for number in db.session.scalars(modules)
    ]
    figures = sa.select(Enrolment.id.label("id"), *done).outerjoin(ModuleProgress, ModuleProgress.enrolment_id == Enrolment.id)
    known = figures.where(asked.learners).group_by(Enrolment.id).subquery()
    return sa.select(
        Enrolment.id.label("enrolment_id"),
        Enrolment.user_id,
        Enrolment.cohort_id,
        Enrolment.group_id,
        *(column for column in known.c if column.name != "id"),
        share(Enrolment.done_count, Enrolment.required_count).label("all_share"),
        sa.case((Enrolment.completed_at.is_not(None), 1), else_=0).label("complete"),
        *SORTED_BY,
    ).join(known, known.c.id == Enrolment.id)


def columns(asked: Asked) -> Sequence[Column]:
    """Return a column for each module of the cohort; its name is `module_` and the key of the module."""
    modules = [
        Column(f"module_{row.key.replace('-', '_')}", _Title(row.title), Kind.PERCENT, value=_cell(f"m_{row.id}"), sort=f"m_{row.id}")
        for row in db.session.execute(_pins(asked))
    ]
    return (PERSON, PERSON_UNIT, PERSON_GROUP, *modules, Column("all_share", _("All required parts"), Kind.PERCENT))


class _Title:
    """A title in both languages, chosen when it is written."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def __str__(self) -> str:
        return choose(self.texts)


def _cell(name: str) -> Any:
    return lambda row: getattr(row, name)


def _sentence(totals: Totals) -> str:
    found = ngettext("%(num)s person", "%(num)s people", totals["rows"])
    return __("%(found)s, %(complete)s complete.", found=found, complete=totals["complete"] or 0)


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("Parts complete of each person"),
        __("A bar for each of the first people of the table: percent of all required parts."),
        [(row.person_name, [row.all_share or 0]) for row in rows],
        [__("complete")],
        unit=" %",
        full=100,
    )


report = Report(
    key="matrix",
    title=_("People and modules"),
    question=_("Who has finished which module?"),
    icon="clipboard-list",
    columns=columns,
    select=rows,
    detail=people_of,
    order="person",
    summary=_sentence,
    filters=frozenset({"cohort", "group", "unit"}),
    plot=_plot,
    sums=("complete",),
    names=True,
    one_cohort=True,
)
