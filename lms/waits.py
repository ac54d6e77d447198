"""What waits on a page of a cohort, for the card on its board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Waits:
    """How many things wait on a page: a counting message (`nothing("%(num)s …", "%(num)s …")`), and a Select of one number for a cohort and a day."""

    words: tuple[str, str]
    count: Callable[[int, dt.date], sa.Select[*tuple[Any, ...]]]
