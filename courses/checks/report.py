"""All rules together: what is found in a module, worst first, and its figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from courses.checks import access, items, links, pages, structure
from courses.checks.links import Told
from courses.checks.model import ABOUT, Finding, Part, Severity, Subject
from courses.checks.prose import Count


@dataclass(frozen=True, slots=True)
class PageFigures:
    """An activity in numbers."""

    part: Part
    count: Count
    reading: float
    items: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a module, worst first and then in the order of the module, and the figures of each activity and of the whole."""

    subject: Subject
    findings: list[Finding]
    pages: list[PageFigures]
    bytes: int
    unused_tags: list[str]
    best_place: tuple[int, float]

    @property
    def count(self) -> Count:
        """Return the count of the whole module."""
        return sum((page.count for page in self.pages), Count())

    @property
    def items(self) -> int:
        """Return the number of items."""
        return sum(page.items for page in self.pages)

    @property
    def minutes(self) -> int:
        """Return the minutes that the needed activities take, as their author says."""
        return sum(page.part.minutes for page in self.pages if page.part.required)

    @property
    def errors(self) -> list[Finding]:
        """Return what publishing waits for."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        """Return what is worth a look."""
        return [finding for finding in self.findings if finding.severity is Severity.WARNING]


def quick_findings(subject: Subject, today: dt.date) -> list[Finding]:
    """Return everything that publishing waits for, and what the rules find that need no counting: fast enough for every page of the studio."""
    keys = {part.key for part in subject.parts}
    sections = {section["key"] for section in subject.about["sections"]}
    found = [*structure.about(subject, today), *structure.sections(subject), *structure.requires(subject)]
    for part in subject.parts:
        found += [*structure.activity(part, sections), *pages.pictures(part, subject.pictures), *pages.links(part, keys)]
        found += [*access.films(part, subject.spoken), *access.leftovers(part), *items.rationales(part)]
    return _sorted(subject, found)


def report_of(subject: Subject, words: Mapping[str, str], today: dt.date, told: Mapping[str, Told] | None = None) -> Report:
    """Look at everything. `words` are heavy words with plainer ones; `told` is what sites have answered, by address."""
    found = quick_findings(subject, today)
    found += [*structure.pack(subject), *items.positions(subject), *items.lengths(subject)]
    figures = []
    for part in subject.parts:
        counted, reading = pages.count_part(part)
        figures.append(PageFigures(part, counted, reading, len(part.items), access.page_bytes(part, subject.pictures)))
        found += [*pages.sentence_length(part, counted), *pages.reading_time(part, counted, reading), *pages.heavy_words(part, words)]
        found += [*pages.headings(part), *pages.tags(part), *pages.checked(part, today)]
        found += [*items.item_tags(part), *items.pools(part)]
        found += [*access.links(part), *access.tables(part), *access.weight(part, subject.pictures), *links.dead(part, told or {})]
    best = items.position_share(items.best_options(subject.parts))
    return Report(subject, _sorted(subject, found), figures, structure.pack_bytes(subject), structure.unused_tags(subject), best)


def _sorted(subject: Subject, found: list[Finding]) -> list[Finding]:
    places = {ABOUT: -1} | {part.key: index for index, part in enumerate(subject.parts)}
    return sorted(found, key=lambda finding: (not finding.must, places[finding.where], finding.line or 0))
