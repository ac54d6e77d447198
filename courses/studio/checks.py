"""What an author is reminded of: the rules of courses/checks on the draft in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from courses.checks.heavy import LIST, read_words
from courses.checks.load import of_draft
from courses.checks.model import Finding
from courses.checks.pages import PICTURE
from courses.checks.report import Report, quick_findings, report_of
from lms.api import Activity, Module, utcnow


def hints_of(module: Module, activities: Sequence[Activity]) -> list[Finding]:
    """Return what publishing waits for, and then what is quickly seen to be worth a look."""
    return quick_findings(of_draft(module, activities, whole=False), utcnow().date())


def report_on(module: Module, activities: Sequence[Activity]) -> Report:
    """Return everything that the rules find in a draft, and its figures."""
    return report_of(of_draft(module, activities), read_words(LIST), utcnow().date())


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
