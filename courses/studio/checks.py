"""What an author is reminded of: the rules of courses/checks on the draft in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from courses.checks.aside import Aside, marked, parted
from courses.checks.heavy import LIST, read_words
from courses.checks.links import Told
from courses.checks.load import of_draft
from courses.checks.model import Finding
from courses.checks.models import CheckedLink
from courses.checks.pages import PICTURE
from courses.checks.report import Report, quick_findings, report_of
from courses.links.services import answers as links_known
from courses.links.services import of_module as links_of
from lms.api import Activity, Module, utcnow


@dataclass(frozen=True, slots=True)
class Looked:
    """A draft after the check: the report, what stands by its mark, what was set aside, and what is known of links."""

    report: Report
    marked: dict[str, Finding]
    asides: list[Aside]
    links: list[str]
    answers: Mapping[str, CheckedLink]

    @property
    def standing(self) -> list[tuple[str, Finding]]:
        """Return (mark, finding) of what stands, worst first."""
        gone = {id(aside.finding) for aside in self.asides}
        return [(mark, finding) for mark, finding in self.marked.items() if id(finding) not in gone]

    @property
    def errors(self) -> int:
        """Return for how many things publishing waits."""
        return sum(finding.must for _mark, finding in self.standing)

    @property
    def silent(self) -> list[CheckedLink]:
        """Return the links of which nothing certain is known: their sites were closed or silent."""
        return [row for row in self.answers.values() if row.told in (Told.CLOSED, Told.SILENT)]

    @property
    def unasked(self) -> int:
        """Return how many links nobody has asked for yet."""
        return sum(address not in self.answers for address in self.links)

    @property
    def asked_at(self) -> dt.datetime | None:
        """Return when the link was asked that was not asked for the longest time."""
        return min((row.checked_at for row in self.answers.values()), default=None)


def must_be_right(module: Module, activities: Sequence[Activity], together: dict[str, Any] | None = None) -> list[Finding]:
    """Return everything that publishing waits for. Nobody can set that aside."""
    subject = of_draft(module, activities, whole=False, together=together)
    return [finding for finding in quick_findings(subject, utcnow().date()) if finding.must]


def hints_of(module: Module, activities: Sequence[Activity], together: dict[str, Any] | None = None) -> list[Finding]:
    """Return everything that publishing waits for, and then what is quickly seen to be worth a look and was not set aside.

    `together` keeps what types have read, for whatever else looks at the same draft.
    """
    subject = of_draft(module, activities, whole=False, together=together)
    return parted(module.id, marked(subject, quick_findings(subject, utcnow().date())))[0]


def look_at(module: Module, activities: Sequence[Activity]) -> Looked:
    """Return everything that is found in a draft, and its figures."""
    subject = of_draft(module, activities)
    links = links_of(subject)
    answers = links_known(links)
    told = {address: row.told for address, row in answers.items()}
    report = report_of(subject, read_words(LIST), utcnow().date(), told)
    found = marked(subject, report.findings)
    return Looked(report, found, parted(module.id, found)[1], links, answers)


def pictures_in(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (text alternative, name) of every picture in the texts of settings."""
    if isinstance(value, str):
        for match in PICTURE.finditer(value):
            yield match[1], match[2]
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from pictures_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from pictures_in(part)
