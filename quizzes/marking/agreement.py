"""How far two markers agree. Pure: pairs of shares in, figures out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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


def weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Return Cohen's kappa with quadratic weights: 1 − Σ w·o / Σ w·e with w = (i − j)².

    o counts the pairs (i, j) as observed, e as expected if both markers gave their marks by chance, each as often as they did (row total ×
    column total ÷ n). The usual divisor of the weights, (k − 1)², cancels out. Source: J. Cohen, Weighted kappa: nominal scale agreement
    with provision for scaled disagreement or partial credit, Psychological Bulletin 70(4), 1968, 213-220. None when no disagreement can be
    expected: both gave one and the same mark to everything.
    """
    number = len(pairs)
    rows, columns = Counter(first for first, _second in pairs), Counter(second for _first, second in pairs)
    observed = sum((first - second) ** 2 for first, second in pairs)
    expected = sum((i - j) ** 2 * in_row * in_column for i, in_row in rows.items() for j, in_column in columns.items())
    return 1 - observed * number / expected if expected else None
