"""What is said of what was left out."""

from __future__ import annotations

from collections.abc import Iterable

from courses.bringing.sieve import Left
from lms.api import lazy_gettext as _

LEFT = {
    Left.PICTURE: _("pictures (add each with its words)"),
    Left.FILM: _("films and sounds"),
    Left.DELETED: _("text that was marked as deleted"),
    Left.MERGED: _("merged cells of tables (they stand empty)"),
    Left.NESTED: _("tables in tables (their text is here)"),
    Left.KIND: _("pictures of a kind that pages cannot show, or that are too large or too many"),
    Left.FORMULA: _("formulas"),
    Left.DRAWING: _("charts and drawings (save them as a picture)"),
    Left.HIDDEN: _("hidden slides"),
    Left.MACRO: _("macros and embedded files"),
}


def sentences(left: Iterable[Left]) -> list[str]:
    """Return what was left out in words, in a fixed order."""
    found = set(left)
    return [str(words) for name, words in LEFT.items() if name in found]
