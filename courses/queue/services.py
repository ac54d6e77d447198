"""Lines of the queue, as an instructor sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from courses.assignments import services as assignments
from courses.assignments.queries import TYPE
from courses.queue import queries
from lms.api import Actor, db, local_day, outlines, utcnow


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was handed in. No name: texts carry a code."""

    kind: str
    code: str
    url: str
    activity: str
    module_key: str
    module: Mapping[str, str]
    group: str
    version: int
    days: int
    promised_on: dt.date
    late: bool
    handed_in_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the queue an instructor looks at: a module, a group; empty is all."""

    module: str = ""
    group: str = ""

    def takes(self, line: Line) -> bool:
        """Tell whether a line is looked at."""
        return self.module in {"", line.module_key} and self.group in {"", line.group}

    @property
    def query(self) -> str:
        """Return the choice as the end of an address."""
        chosen = {name: value for name, value in (("module", self.module), ("group", self.group)) if value}
        return f"?{urlencode(chosen)}" if chosen else ""


def waiting(actor: Actor) -> list[Line]:
    """Return what waits for an instructor, what was promised first at the top, so that what is late leads."""
    return sorted(
        lines(db.session.execute(queries.waiting_for(actor.id))), key=lambda line: (line.promised_on, line.handed_in_at, line.code)
    )


def around(lines: Sequence[Line], url: str) -> tuple[str, str]:
    """Return the addresses before and after one in the queue; nothing where there is none. An address that left the queue has the first next."""
    place = next((index for index, line in enumerate(lines) if line.url == url), None)
    if place is None:
        return "", lines[0].url if lines else ""
    before = lines[place - 1].url if place else ""
    return before, lines[place + 1].url if place + 1 < len(lines) else ""


def lines(rows: Iterable[Any]) -> list[Line]:
    """Return rows of the queue with what they are about; two statements at most, whatever their number."""
    rows = list(rows)
    known = outlines(row.revision_id for row in rows)
    found = []
    for row in rows:
        contents = known[row.revision_id]
        today, since = (local_day(moment, row.time_zone) for moment in (utcnow(), row.handed_in_at))
        promised_on = row.promised_on or since + dt.timedelta(days=row.promised_days or 0)
        title = next((item.title for item in contents.items if item.key == row.activity_key), row.activity_key)
        mark = row.kind == TYPE
        found.append(
            Line(
                kind=row.kind,
                code=assignments.code_of(row.first_id) if mark else f"J-{row.number or 0:03d}",
                url=f"/journals/queue/assignments/{row.id}" if mark else f"/journals/queue/{row.id}",
                activity=title,
                module_key=contents.module_key,
                module=contents.about["title"],
                group=row.group or "",
                version=row.version,
                days=(today - since).days,
                promised_on=promised_on,
                late=promised_on < today,
                handed_in_at=row.handed_in_at,
            )
        )
    return found
