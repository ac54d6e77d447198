"""How deep a text reflects, and what that is worth in a programme that needs a number. Pure data and two functions.

D. Kember, J. McKay, K. Sinclair, F. K. Y. Wong, A four-category scheme for coding and assessing the level of reflection in written work,
Assessment & Evaluation in Higher Education 33(4), 2008, 369-379. The whole text is judged by the highest level that it clearly shows.
Levels are kept as a number of halves, 0 to 8: whole numbers are exact in every database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lms.api import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class Level:
    """A whole level: its name, what a text of this level does, and a typical sign."""

    number: int
    name: Any
    what: Any
    sign: Any


LEVELS: Sequence[Level] = (
    Level(
        0, _("Not answered yet"), _("Off the prompt, copied, or empty."), _("The text is the same as the template or as somebody else's.")
    ),
    Level(
        1,
        _("Habit, without reflection"),
        _("Reports what happened, or repeats theory, without making sense of it."),
        _("“We came at nine, handed out the aid, and went home.”"),
    ),
    Level(
        2,
        _("Understanding"),
        _("Says rightly what a concept means, without a link to the writer's own experience."),
        _("“Empathy means to understand what others feel.”"),
    ),
    Level(
        3,
        _("Reflection"),
        _("Ties the concept to the writer's own case; finds something personal and specific in it."),
        _("“I interrupted her three times because I feared the queue. For me it was quick; for her it was not being heard.”"),
    ),
    Level(
        4,
        _("Critical reflection"),
        _("Names an assumption that was held, tests it and changes it; says what will be different now, and why."),
        _("“I used to think people were too lazy for papers. The boat costs two days' wages. I propose …”"),
    ),
)
HALVES = range(9)  # 0 to 4 in halves
PASS = 5  # halves: a first version passes from 2.5; after an honest revision every level passes, and 4 is never asked for

# Percent by halves. 1, 2, 2.5, 3, 3.5 and 4 are the programme's table; 0 earns nothing, and 0.5 and 1.5 lie in the middle of their neighbours.
PERCENT = {0: 0.0, 1: 30.0, 2: 60.0, 3: 65.0, 4: 70.01, 5: 75.0, 6: 82.0, 7: 88.0, 8: 94.0}


def name_of(halves: int) -> Any:
    """Return the name of the whole level that is reached."""
    return LEVELS[halves // 2].name


def passes(halves: int | None, version: int) -> bool:
    """Tell whether a version of a text can be accepted. A level left open says nothing against it."""
    return halves is None or halves >= PASS or version > 1
