"""No row about fewer than five people for those who may not see names, and none that the other rows and their sum would give away.

It is about whom a row counts. What it says of them (how many have passed) may be a smaller number, and is about nobody by name.
"""

from __future__ import annotations

import sqlalchemy as sa

LEAST = 5


def without_small(statement: sa.Select[*tuple[object, ...]], people: str, within: str) -> sa.Select[*tuple[object, ...]]:
    """Return the rows whose count of people is at least five.

    Where exactly the hidden ones of a family (rows with the same `within`) are fewer than five people together, the smallest other row is hidden
    too: a sum over the family, which another report may show, must not give them away.
    """
    rows = statement.subquery("rows")
    number, family = rows.c[people], rows.c[within]
    ids = [column for column in rows.c if column.name.endswith("_id")]
    hidden = sa.func.sum(sa.case((number < LEAST, number), else_=0)).over(partition_by=family)
    place = sa.func.row_number().over(partition_by=[family, sa.case((number < LEAST, 0), else_=1)], order_by=[number, *ids])
    marked = sa.select(rows, hidden.label("hidden_people"), place.label("place_in_family")).subquery("marked")
    complementary = sa.and_(marked.c.hidden_people > 0, marked.c.hidden_people < LEAST, marked.c.place_in_family == 1)
    kept = [column for column in marked.c if column.name not in {"hidden_people", "place_in_family"}]
    return sa.select(*kept).where(marked.c[people] >= LEAST, sa.not_(complementary))
