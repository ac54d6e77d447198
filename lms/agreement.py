"""How far two people agree who mark the same things. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


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
