"""What a careful reader would say about the result of a merge, before it is anywhere."""

from __future__ import annotations

from courses.checks.heavy import LIST, read_words
from courses.checks.load import of_folder
from courses.checks.model import Finding
from courses.checks.report import report_of
from courses.forks.texts import text_of
from courses.merging.modules import Plain
from lms.api import ContentError, utcnow


def findings_of(key: str, merged: Plain) -> tuple[list[Finding], list[ContentError]]:
    """Return what the checks find in a module as plain data, worst first, and which activities cannot be saved, with the reason."""
    text, refused = text_of(key, merged)
    return report_of(of_folder(text), read_words(LIST), utcnow().date()).findings, refused
