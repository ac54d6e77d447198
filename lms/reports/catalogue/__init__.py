"""The reports, the most useful first: a file each."""

from __future__ import annotations

from lms.reports.catalogue import (
    answering,
    attendance,
    attention,
    certificates,
    drop_off,
    hours,
    marking,
    matrix,
    overdue,
    progress,
    quizzes,
    results,
    weeks,
)
from lms.reports.contract import Report

REPORTS: tuple[Report, ...] = tuple(
    part.report
    for part in (
        progress,
        attention,
        overdue,
        marking,
        answering,
        matrix,
        drop_off,
        attendance,
        quizzes,
        results,
        certificates,
        hours,
        weeks,
    )
)
BY_KEY = {report.key: report for report in REPORTS}
