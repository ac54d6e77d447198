"""Days between two moments, as both databases count them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class DaysSince(FunctionElement[float]):
    """`DaysSince(moment, start)`: days, with their fraction, from start to moment."""

    type = sa.Float()
    inherit_cache = True
    name = "days_since"


@compiles(DaysSince)
def _days_since(element: DaysSince, compiler: Any, **options: Any) -> str:
    moment, start = (compiler.process(part, **options) for part in element.clauses)
    return f"(julianday({moment}) - julianday({start}))"


@compiles(DaysSince, "postgresql")
def _days_since_postgresql(element: DaysSince, compiler: Any, **options: Any) -> str:
    moment, start = (compiler.process(part, **options) for part in element.clauses)
    return f"(extract(epoch FROM {moment} - {start}) / 86400)"
