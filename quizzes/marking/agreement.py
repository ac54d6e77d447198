"""How far two markers agree. Pure: pairs of shares in, figures out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lms.api import weighted_kappa

TENTHS = 10
SAME = 1e-9
Pairs = Sequence[tuple[float, float]]  # (first marker's share, second marker's share), 0 to 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """Figures of a sample that was marked twice.

    `exact` is the part of equal marks (0 to 1), `difference` the mean of second minus first as a share of the points (above 0: the second
    marker gives more), `kappa` the agreement beyond chance, None when it is not defined.
    """

    number: int
    exact: float
    difference: float
    kappa: float | None


def agreement(pairs: Pairs) -> Agreement | None:
    """Return the figures, None without any pair."""
    if not pairs:
        return None
    number = len(pairs)
    return Agreement(
        number=number,
        exact=sum(1 for first, second in pairs if abs(first - second) <= SAME) / number,
        difference=sum(second - first for first, second in pairs) / number,
        kappa=weighted_kappa([(tenths(first), tenths(second)) for first, second in pairs]),
    )


def tenths(share: float) -> int:
    """Return a share in tenths, half of one rounded up: 0 to 10."""
    return min(max(int(share * TENTHS + 0.5 + SAME), 0), TENTHS)
