"""Lines of the queue, as an instructor sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from courses.assignments import services as assignments
from courses.assignments.queries import TYPE
from courses.entries import answers
from lms.api import local_day, outlines, utcnow


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was handed in. No name: texts carry a code."""

    kind: str
    code: str
    url: str
    activity: str
    module: Mapping[str, str]
    group: str
    version: int
    days: int
    promised_on: dt.date
    late: bool


def lines(rows: Iterable[Any]) -> list[Line]:
    """Return rows of the queue with what they are about; two statements at most, whatever their number."""
    rows = list(rows)
    known = outlines(row.revision_id for row in rows)
    found = []
    for row in rows:
        contents = known[row.revision_id]
        today, since = (local_day(moment, row.time_zone) for moment in (utcnow(), row.handed_in_at))
        promised_on = row.promised_on or since + dt.timedelta(days=row.promised_days)
        title = next((item.title for item in contents.items if item.key == row.activity_key), row.activity_key)
        mark = row.kind == TYPE
        found.append(
            Line(
                kind=row.kind,
                code=assignments.code_of(row.first_id) if mark else answers.code_of(row.first_id),
                url=f"/journals/queue/assignments/{row.id}" if mark else f"/journals/queue/{row.id}",
                activity=title,
                module=contents.about["title"],
                group=row.group or "",
                version=row.version,
                days=(today - since).days,
                promised_on=promised_on,
                late=promised_on < today,
            )
        )
    return found
