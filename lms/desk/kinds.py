"""What plugins say about what waits for people: kinds, and the rows of the one statement that finds them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from lms.people.access import Actor

Rows = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class WaitingKind:
    """Something that waits for a person's answer, for `plugin.waiting`.

    key: `poll:complaint`; title: of many of them; waits: a Select of `waiting_row(…)` with what waits for a person: it becomes a part of one
    statement for all plugins, and holds the condition of who may; place: what a row is called and its address, without a statement;
    answered: a Select of what the person has answered; spare: nobody waits for it, so it stands below the rest.
    """

    key: str
    title: Any
    icon: str
    waits: Callable[[Actor], Rows]
    place: Callable[[Any], tuple[str, str]]
    answered: Callable[[Actor], Rows] | None = None
    spare: bool = False


def waiting_row(
    *,
    reference: Any,
    at: Any,
    code: Any = None,
    number: Any = None,
    version: Any = None,
    several: Any = None,
    title: Any = None,
    module_id: Any = None,
    revision_id: Any = None,
    activity_key: Any = None,
    cohort_id: Any = None,
    group_id: Any = None,
    promised_on: Any = None,
    promised_days: Any = None,
) -> list[sa.ColumnElement[Any]]:
    """Return the columns of one kind, alike for all, so that one statement takes them together. What is None does not belong to the kind.

    reference: what its page is found by, as text; at: since when it waits, or when it was answered; code and number: what `place` makes its
    name of; version: from 2 on it is a revision; several: how many answers lie in it; title: of what has no activity of a revision;
    promised_on, or promised_days from the day of `at` on: until when an answer is promised.
    """
    texts = {"reference": reference, "code": code, "title": title, "activity_key": activity_key}
    numbers = {
        "number": number,
        "version": version,
        "several": several,
        "module_id": module_id,
        "revision_id": revision_id,
        "cohort_id": cohort_id,
        "group_id": group_id,
        "promised_days": promised_days,
    }
    return [
        *(sa.cast(sa.null() if value is None else value, sa.String).label(name) for name, value in texts.items()),
        *(sa.cast(sa.null() if value is None else value, sa.Integer).label(name) for name, value in numbers.items()),
        at.label("at"),
        (sa.cast(sa.null(), sa.Date) if promised_on is None else promised_on).label("promised_on"),
    ]
