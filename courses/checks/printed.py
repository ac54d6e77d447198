"""A folder's report as lines for a terminal and as plain data for scripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from courses.checks.load import of_folder
from courses.checks.model import ABOUT, Finding, Severity
from courses.checks.report import PageFigures, Report, report_of
from courses.folder.reader import read_folder
from lms.api import ContentError, format_number, gettext


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder after the check: what could not be read, and the report on what could."""

    folder: Path
    unreadable: list[Finding]
    report: Report | None

    @property
    def findings(self) -> list[Finding]:
        """Return everything, what could not be read first."""
        return [*self.unreadable, *(self.report.findings if self.report else [])]

    @property
    def errors(self) -> int:
        """Return the number of errors."""
        return sum(finding.must for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Return the number of warnings."""
        return len(self.findings) - self.errors


def check_folder(folder: Path, words: Mapping[str, str], today: dt.date) -> Checked:
    """Read a folder and look at everything. Touches no database."""
    text, problems = read_folder(folder)
    report = report_of(of_folder(text), words, today) if text is not None else None
    return Checked(folder, [_unreadable(problem) for problem in problems], report)


def _unreadable(problem: ContentError) -> Finding:
    file = Path(problem.file) if problem.file else None
    return Finding("unreadable", Severity.ERROR, problem.message, gettext("It cannot be brought in like this."), ABOUT, file, problem.line)


def as_lines(checked: Checked, *, figures: bool = False) -> Iterator[str]:
    """Yield the findings by file, the figures of pages if wanted, and one line about the whole."""
    by_file = sorted(checked.findings, key=lambda finding: (str(finding.file), finding.line or 0))
    for file, found in groupby(by_file, key=lambda finding: finding.file):
        yield str(file or checked.folder)
        for finding in found:
            word = gettext("error") if finding.must else gettext("warning")
            yield f"  {finding.line or 1}: {word}: {finding.sentence} {finding.why} {finding.how} [{finding.rule}]"
    if checked.report and figures:
        yield from map(_page_line, checked.report.pages)
    yield _summary(checked)


def _page_line(page: PageFigures) -> str:
    return "  " + gettext(
        "%(key)s: %(words)s words, %(sentences)s sentences of %(average)s words, %(reading)s of %(minutes)s min of reading, %(items)s items",
        key=page.part.key,
        words=page.count.words,
        sentences=page.count.sentences,
        average=format_number(round(page.count.average, 1)),
        reading=format_number(round(page.reading, 1)),
        minutes=page.part.minutes,
        items=page.items,
    )


def _summary(checked: Checked) -> str:
    report = checked.report
    ends = gettext("%(errors)s errors, %(warnings)s warnings", errors=checked.errors, warnings=checked.warnings)
    if report is None:
        return f"{checked.folder.name}: {ends}"
    place, share = report.best_place
    values = {
        "words": format_number(report.count.words),
        "pages": len(report.pages),
        "items": report.items,
        "minutes": report.minutes,
        "average": format_number(round(report.count.average, 1)),
        "size": format_number(round(report.bytes / 1024)),
        "place": place,
        "share": round(100 * share),
        "tags": ", ".join(report.unused_tags) or "–",
    }
    said = gettext(
        "%(words)s words, %(pages)s activities, %(items)s items, %(minutes)s min, %(average)s words a sentence, %(size)s KB, best option most "
        "often number %(place)s (%(share)s %%), tags never used: %(tags)s",
        **values,
    )
    return f"{report.subject.key}: {said}; {ends}"


def as_data(checked: Checked) -> dict[str, Any]:
    """Return findings and figures as plain data; names of rules and figures are English and stay."""
    report = checked.report
    data: dict[str, Any] = {"folder": str(checked.folder), "errors": checked.errors, "warnings": checked.warnings}
    if report is not None:
        place, share = report.best_place
        data |= {
            "module": report.subject.key,
            "words": report.count.words,
            "activities": len(report.pages),
            "items": report.items,
            "minutes": report.minutes,
            "reading_minutes": round(sum(page.reading for page in report.pages), 1),
            "average_sentence": round(report.count.average, 1),
            "bytes": report.bytes,
            "unused_tags": report.unused_tags,
            "best_place": {"place": place, "share": round(share, 2)},
            "pages": [_page_data(page) for page in report.pages],
        }
    return {**data, "findings": [_finding_data(finding) for finding in checked.findings]}


def _page_data(page: PageFigures) -> dict[str, Any]:
    return {
        "key": page.part.key,
        "type": page.part.type,
        "words": page.count.words,
        "sentences": page.count.sentences,
        "average_sentence": round(page.count.average, 1),
        "minutes": page.part.minutes,
        "reading_minutes": round(page.reading, 1),
        "pictures": page.count.pictures,
        "tables": page.count.tables,
        "items": page.items,
    }


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "file": str(finding.file) if finding.file else None,
        "line": finding.line,
        "activity": finding.where,
        "sentence": finding.sentence,
        "why": finding.why,
        "how": finding.how,
    }
