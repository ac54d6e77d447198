"""What waits for a person, as lines in the order in which answers are promised, and where one is among them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from lms.db import db, utcnow
from lms.desk import queries
from lms.desk.kinds import Rows, WaitingKind
from lms.i18n import local_day
from lms.learning.outline import outlines
from lms.learning.words import title_of
from lms.people.access import Actor
from lms.registry import registry

USUAL = dt.timedelta(days=7)  # where something stands for which no day was promised


@dataclass(frozen=True, slots=True)
class Line:
    """Something that waits for a person's answer, or was answered by them. Texts of learners carry a code, no name."""

    kind: WaitingKind
    code: str
    url: str
    activity: str
    module_key: str
    module: Mapping[str, str] | None
    cohort_id: int | None
    cohort: str
    group: str
    version: int
    several: int
    at: dt.datetime
    days: int
    promised_on: dt.date | None
    expected_on: dt.date
    late: bool

    @property
    def order(self) -> tuple[bool, bool, dt.date, dt.datetime, str]:
        """Return what lines are put in order by: late ones first, what can wait for a spare hour last, else by the promised day."""
        return self.kind.spare, not self.late, self.expected_on, self.at, self.url


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the desk a person looks at; empty is all."""

    kind: str = ""
    module: str = ""
    cohort: str = ""
    group: str = ""

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> Choice:
        """Return the choice that an address makes."""
        return cls(*(arguments.get(field.name, "")[:60] for field in fields(cls)))

    def takes(self, line: Line) -> bool:
        """Tell whether a line is looked at."""
        facts = (line.kind.key, line.module_key, str(line.cohort_id or ""), line.group)
        return all(chosen in {"", fact} for chosen, fact in zip((self.kind, self.module, self.cohort, self.group), facts, strict=True))

    @property
    def query(self) -> str:
        """Return the choice as the end of an address."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name)}
        return f"?{urlencode(chosen)}" if chosen else ""


@dataclass(frozen=True, slots=True)
class Around:
    """Where somebody is who answers one thing after the other: the addresses before and after it, how many wait, and of what."""

    before: str
    after: str
    left: int
    late: int
    choice: Choice

    @property
    def home(self) -> str:
        """Return the address of the list that one came from."""
        return f"/desk{self.choice.query}"

    @property
    def onward(self) -> str:
        """Return where one goes when this is answered: what comes next, else what came before, else the list."""
        return self.after or self.before or self.home


def waiting(actor: Actor) -> list[Line]:
    """Return what waits for a person, what was promised first at the top: one statement, whatever the number of things and of plugins."""
    asked = [(kind.key, kind.waits(actor)) for kind in registry().waiting.values()]
    return sorted(lines(actor, db.session.execute(queries.waiting_among(asked))), key=lambda line: line.order) if asked else []


def answered(actor: Actor) -> Rows | None:
    """Return the statement of what a person has answered, for a page of it; None when no plugin remembers."""
    asked = [(kind.key, kind.answered(actor)) for kind in registry().waiting.values() if kind.answered]
    return queries.answered_among(asked) if asked else None


def around(actor: Actor, url: str, choice: Choice) -> Around:
    """Return where an address stands on a person's desk. From what is not there (any more) the first that waits is next."""
    here = [line for line in waiting(actor) if choice.takes(line)]
    place = next((index for index, line in enumerate(here) if line.url == url), None)
    before = here[place - 1].url + choice.query if place else ""
    following = 0 if place is None else place + 1
    after = here[following].url + choice.query if following < len(here) else ""
    return Around(before, after, sum(line.several for line in here), sum(line.late for line in here), choice)


def lines(actor: Actor, rows: Iterable[Any]) -> list[Line]:
    """Return rows as lines; two statements at most, for revisions that the process does not know yet."""
    rows = list(rows)
    kinds, contents = registry().waiting, outlines(row.revision_id for row in rows if row.revision_id)
    now = utcnow()
    return [_line(actor, row, kinds[row.kind], contents.get(row.revision_id), now) for row in rows]


def _line(actor: Actor, row: Any, kind: WaitingKind, about: Any, now: dt.datetime) -> Line:
    today, since = (local_day(moment, row.time_zone or actor.time_zone) for moment in (now, row.at))
    promised_on = row.promised_on or (since + dt.timedelta(days=row.promised_days) if row.promised_days is not None else None)
    code, url = kind.place(row)
    title = next((item.title for item in about.items if item.key == row.activity_key), row.activity_key) if about else row.title
    return Line(
        kind=kind,
        code=code,
        url=url,
        activity=title or "",
        module_key=row.module_key or "",
        module=about.about["title"] if about else None,
        cohort_id=row.cohort_id,
        cohort=title_of(row.cohort, row.cohort_number, row.cohort_year) if row.cohort_id else "",
        group=row.group or "",
        version=row.version or 1,
        several=row.several or 1,
        at=row.at,
        days=(today - since).days,
        promised_on=promised_on,
        expected_on=promised_on or since + USUAL,
        late=promised_on is not None and promised_on < today,
    )


def among(found: Sequence[Line]) -> dict[str, dict[str, Any]]:
    """Return what there is to choose from: {filter: {value: label}}."""
    return {
        "kind": {line.kind.key: line.kind.title for line in found},
        "module": {line.module_key: line.module or line.activity for line in found if line.module_key},
        "cohort": {str(line.cohort_id): line.cohort for line in found if line.cohort_id},
        "group": {line.group: line.group for line in sorted(found, key=lambda line: line.group) if line.group},
    }
