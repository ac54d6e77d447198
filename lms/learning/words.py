"""How things of the learning model are called on pages."""

from __future__ import annotations

from lms.i18n import gettext as _
from lms.i18n import roman
from lms.learning.models import Cohort


def cohort_title(cohort: Cohort) -> str:
    """Return a cohort's full name: `PKTBT Angkatan III Tahun 2026`."""
    return title_of(cohort.title, cohort.number, cohort.year)


def title_of(title: str, number: int, year: int) -> str:
    """Return the full name of a cohort from its parts."""
    return _("%(title)s Cohort %(number)s of %(year)s", title=title, number=roman(number), year=year)
