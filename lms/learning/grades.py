"""Grade scales: bands from best to worst, each from a minimum up. A course keeps its scale as data; these are what it can begin with.

A mark is rounded half up to two places, once, and then compared: 70.00 is below 70.01. Since the last band begins at 0 and each ends where the
one above begins, there are no gaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lms.errors import Refused
from lms.i18n import format_number, half_up, lazy_gettext
from lms.i18n import gettext as _

HIGHEST = Decimal(100)


def _band(indonesian: str, english: str, minimum: float, passes: bool) -> dict[str, Any]:
    return {"label": {"id": indonesian, "en": english}, "minimum": minimum, "passes": passes}


# The bands of LAN, of which 70.01 and above passes.
GRADE_SCALE: list[dict[str, Any]] = [
    _band("Sangat Memuaskan", "Very satisfactory", 90.01, True),
    _band("Memuaskan", "Satisfactory", 80.01, True),
    _band("Cukup Memuaskan", "Fairly satisfactory", 70.01, True),
    _band("Kurang Memuaskan", "Less than satisfactory", 60.01, False),
    _band("Tidak Memuaskan", "Not satisfactory", 0, False),
]
PRESETS: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "lan": (lazy_gettext("LAN today: five bands, 70.01 passes"), GRADE_SCALE),
    "older": (
        lazy_gettext("Older Prajabatan and Diklatpim: five bands, 70.00 passes"),
        [
            _band("Sangat Memuaskan", "Very satisfactory", 92.5, True),
            _band("Memuaskan", "Satisfactory", 85, True),
            _band("Baik Sekali", "Very good", 77.5, True),
            _band("Baik", "Good", 70, True),
            _band("Tidak Lulus", "Not passed", 0, False),
        ],
    ),
    "module": (
        lazy_gettext("Self-test of a module: five bands, 65 passes"),
        [
            _band("Sangat Baik", "Very good", 90, True),
            _band("Baik", "Good", 75, True),
            _band("Cukup", "Fair", 65, True),
            _band("Kurang", "Poor", 55, False),
            _band("Sangat Kurang", "Very poor", 0, False),
        ],
    ),
    "two": (
        lazy_gettext("Passed or not passed: 70.01 passes"),
        [_band("Lulus", "Passed", 70.01, True), _band("Tidak Lulus", "Not passed", 0, False)],
    ),
    "none": (lazy_gettext("No grades: nobody is marked"), []),
}


def band_of(scale: Sequence[Mapping[str, Any]], mark: Decimal | float | str) -> Mapping[str, Any] | None:
    """Return the band of a mark in percent, after rounding it half up to two places; None when the scale has no bands."""
    value = half_up(Decimal(str(mark)))
    return next((band for band in scale if value >= Decimal(str(band["minimum"]))), None)


def check_scale(scale: Sequence[Mapping[str, Any]]) -> None:
    """Raise Refused unless the bands are in order, without a gap, and passing stops only once; no bands at all are in order too."""
    before: Decimal | None = None
    failed = False
    for code in ("id", "en"):
        labels = [" ".join(str(band["label"][code]).split()).casefold() for band in scale]
        if len(set(labels)) < len(labels):
            raise Refused(_("Two bands have the same name."))
    for band in scale:
        minimum, name = Decimal(str(band["minimum"])), band["label"]["id"]
        if not 0 <= minimum <= HIGHEST or minimum != half_up(minimum):
            raise Refused(_("“%(name)s” begins at a number from 0 to 100 with at most two places.", name=name))
        if before is not None and minimum >= before:
            raise Refused(
                _("“%(name)s” must begin below %(minimum)s: bands go from best to worst.", name=name, minimum=format_number(before, 2))
            )
        if band["passes"] and failed:
            raise Refused(_("“%(name)s” passes although a better band does not.", name=name))
        before, failed = minimum, failed or not band["passes"]
    if before:
        raise Refused(_("The last band begins at 0, so that every mark has a band."))
    if scale and not scale[0]["passes"]:
        raise Refused(_("Somebody must be able to pass: let the best band pass."))
