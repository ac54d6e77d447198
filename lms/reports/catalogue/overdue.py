"""What is overdue, and where?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.i18n import choose, ngettext
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import CohortModule, Enrolment, Revision
from lms.people.models import Unit
from lms.progress.models import ModuleProgress
from lms.progress.queries import DUE_ON, extension_of
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import MODULE, UNIT
from lms.reports.plot import Plot, bars


def rows(asked: Asked) -> Select:
    """Return a row for each module and unit: people from whom something of the module was due, and how many parts.

    The roll-up's next due day finds the people first: it is the earliest day on which something is due from them.
    """
    counts = (
        sa.select(
            ModuleProgress.module_id,
            Enrolment.unit_id,
            sa.func.count().label("people"),
            sa.func.sum(ModuleProgress.required_count - ModuleProgress.done_count - ModuleProgress.waiting_count).label("parts"),
            sa.func.min(DUE_ON).label("due_on"),
            sa.func.max(CohortModule.revision_id).label("revision_id"),
            sa.func.min(CohortModule.position).label("module_position"),
        )
        .select_from(Enrolment)
        .join(ModuleProgress, ModuleProgress.enrolment_id == Enrolment.id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Enrolment.cohort_id, CohortModule.module_id == ModuleProgress.module_id))
        .outerjoin(*extension_of(Enrolment.id))
        .where(
            asked.learners,
            Enrolment.completed_at.is_(None),
            Enrolment.next_due_on < asked.today,
            CohortModule.required,
            asked.today > DUE_ON,
            ModuleProgress.done_count + ModuleProgress.waiting_count < ModuleProgress.required_count,
        )
        .group_by(ModuleProgress.module_id, Enrolment.unit_id)
        .subquery()
    )
    return (
        sa.select(
            counts.c.module_id,
            Revision.about["title"].label("module_title"),
            counts.c.module_position,
            counts.c.unit_id,
            Unit.name.label("unit_name"),
            counts.c.people,
            counts.c.parts,
            counts.c.due_on,
        )
        .join(Revision, Revision.id == counts.c.revision_id)
        .outerjoin(Unit, Unit.id == counts.c.unit_id)
    )


def _sentence(totals: Totals) -> str:
    if not totals["parts"]:
        return __("Nothing is overdue.")
    return ngettext("%(num)s part is overdue.", "%(num)s parts are overdue.", totals["parts"])


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("People with something overdue"),
        __("A bar for each line of the table: people, by module and unit."),
        [(f"{choose(row.module_title)}, {row.unit_name or '–'}", [row.people]) for row in rows],
        [__("People")],
    )


report = Report(
    key="overdue",
    title=_("What is overdue"),
    question=_("In which modules and units is something overdue?"),
    icon="clock",
    columns=fixed(
        MODULE,
        UNIT,
        Column("people", _("People"), Kind.NUMBER),
        Column("parts", _("Parts overdue"), Kind.NUMBER, total=True),
        Column("due_on", _("First due"), Kind.DATE),
    ),
    select=rows,
    order="-people",
    summary=_sentence,
    plot=_plot,
    groups=("people", "module_id"),
    note=_("What waits for an instructor is nobody's delay and does not count."),
)
