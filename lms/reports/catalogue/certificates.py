"""Which certificates were issued, and do they still hold?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lms.credentials.models import Certificate, CertificateState, CredentialKind
from lms.i18n import format_month
from lms.i18n import gettext as __
from lms.i18n import lazy_gettext as _
from lms.learning.models import Cohort, Enrolment
from lms.reports.contract import Asked, Column, Kind, Report, Select, Totals, fixed
from lms.reports.parts import COHORT, COHORT_ROW, ONE_FAMILY, cohort_of, count_if
from lms.reports.plot import Plot, bars

KINDS = ((CredentialKind.STTP, _("STTP")), (CredentialKind.CERTIFICATE, _("certificates")), (CredentialKind.STATEMENT, _("statements")))


def rows(asked: Asked) -> Select:
    """Return a row for each cohort and month of issue: papers of each kind that hold, and those that were revoked or replaced."""
    year, month = (sa.cast(sa.extract(part, Certificate.issued_on), sa.Integer) for part in ("year", "month"))
    papers = (
        sa.select(Enrolment.cohort_id, (year * 100 + month).label("month"), Certificate.user_id, Certificate.kind, Certificate.state)
        .join(Enrolment, Enrolment.id == Certificate.enrolment_id)
        .where(asked.learners)
        .subquery()
    )
    paper = papers.c
    holds = paper.state == CertificateState.VALID
    counts = (
        sa.select(
            paper.cohort_id,
            paper.month,
            sa.func.count().label("issued"),
            sa.func.count(sa.distinct(paper.user_id)).label("people"),
            *(count_if(sa.and_(holds, paper.kind == kind)).label(kind.value) for kind, _words in KINDS),
            count_if(sa.not_(holds)).label("ended"),
        )
        .group_by(paper.cohort_id, paper.month)
        .subquery()
    )
    kept = [column for column in counts.c if column.name != "cohort_id"]
    return sa.select(*COHORT_ROW, *kept, counts.c.month.label("month_id"), ONE_FAMILY).join(counts, counts.c.cohort_id == Cohort.id)


def month_of(row: Any) -> str:
    """Return the month of issue of a row in words."""
    return format_month(dt.date(row.month // 100, row.month % 100, 1))


def _sentence(totals: Totals) -> str:
    return __(
        "%(issued)s papers were issued; %(ended)s of them were revoked or replaced.",
        issued=totals["issued"] or 0,
        ended=totals["ended"] or 0,
    )


def _plot(rows: Sequence[Any], totals: Totals) -> Plot | None:
    return bars(
        __("Papers that hold"),
        __("A bar for each line of the table: papers of each kind that hold."),
        [(f"{cohort_of(row)}, {month_of(row)}", [getattr(row, kind.value) for kind, _words in KINDS]) for row in rows],
        [str(words) for _kind, words in KINDS],
    )


report = Report(
    key="certificates",
    title=_("Certificates issued"),
    question=_("Which papers were issued, in which month, and do they still hold?"),
    icon="file-text",
    columns=fixed(
        COHORT,
        Column("month", _("Month"), value=month_of, sort="month"),
        Column("issued", _("Issued"), Kind.NUMBER, total=True),
        *(Column(kind.value, words, Kind.NUMBER, total=True) for kind, words in KINDS),
        Column("ended", _("revoked or replaced"), Kind.NUMBER, total=True),
    ),
    select=rows,
    order="-month",
    summary=_sentence,
    plot=_plot,
    groups=("people", "family"),
    by_cohort=True,
)
