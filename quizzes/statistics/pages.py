"""What the pages of statistics show: figures with their words and advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from lms.api import gettext as __
from lms.api import ngettext
from quizzes.items.services import Asked
from quizzes.statistics import labels, plot
from quizzes.statistics.advice import Advice, advise
from quizzes.statistics.report import ItemReport, QuizReport, Trace, Wording
from quizzes.statistics.services import Closer


@dataclass(frozen=True, slots=True)
class Line:
    """A question in the table of a quiz."""

    item: ItemReport
    wording: Wording
    known: Asked
    advice: tuple[Advice, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """What the picture draws, in figures: a name, percent in each group, and whether it is right."""

    name: str
    shares: tuple[float, ...]
    right: bool


def lines(found: QuizReport, known: Mapping[int, Asked]) -> list[Line]:
    """Return the questions, what needs a look first; questions with equally weighty advice by how little they tell apart."""
    made = []
    for item in found.items:
        version = known[item.newest.version_id]
        made.append(Line(item, item.newest, version, tuple(advise(item.newest, version, found.seconds))))
    return sorted(made, key=lambda line: (-line.advice[0].weight, _order(line.wording), line.item.item_id))


def _order(wording: Wording) -> float:
    return 0.0 if wording.discrimination is None else wording.discrimination


def table(found: Closer, known: Asked) -> list[TableRow]:
    """Return what the picture of a question shows: each option where one is chosen, else what the question earned."""
    keys = labels.option_keys(known)
    if not keys or any(part for part, _letter in keys):
        return [TableRow(__("points earned"), found.earned.shares, right=True)]
    traces = {trace.answer: trace for trace in found.answers}
    nobody = (0.0,) * len(found.sizes)
    right = labels.right_letters(known)
    return [TableRow(letter.upper(), traces.get(letter, Trace("", letter, nobody)).shares, letter in right) for _part, letter in keys]


def picture(rows: list[TableRow]) -> Markup:
    """Return the picture of a table; of several rows each line carries its letter."""
    drawn = [plot.Line(row.name if len(rows) > 1 else "", row.shares, row.right) for row in rows]
    return plot.draw(drawn, __("How answers change from those who do badly on the other questions to those who do well"))


def duration(seconds: float) -> str:
    """Return about how long something took, in words."""
    if seconds < 90:
        return ngettext("about %(num)s second", "about %(num)s seconds", round(seconds))
    return ngettext("about %(num)s minute", "about %(num)s minutes", round(seconds / 60))
