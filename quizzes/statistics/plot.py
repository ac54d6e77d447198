"""A picture of a question, drawn on the server: how its answers go from those who do badly elsewhere to those who do well.

No script and no style attributes. Colours are tokens of the design system, in attributes; every line also has its own dashes and its letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lms.api import gettext as __

WIDTH, HEIGHT = 320, 220
LEFT, RIGHT, TOP, BOTTOM = 38, 26, 12, 30  # margins around the field
LETTER = 13  # least distance between two letters at the ends of lines
MOST_LINES = 6
RIGHT_LINE = ("var(--leaf)", 3.5, "")
OTHER_LINES = (
    ("var(--clay)", 2, "7 4"),
    ("var(--river)", 2, "2 4"),
    ("var(--gold)", 2, "11 4 2 4"),
    ("var(--soft)", 2, "4 2"),
    ("var(--edge)", 2, "1 3"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the picture: what stands at its end, percent in each group, and whether it is the right answer."""

    label: str
    shares: tuple[float, ...]
    right: bool


def draw(lines: Sequence[Line], title: str) -> Markup:
    """Return the picture as SVG with a title; at most six lines are drawn, the table beside it has all."""
    shown = sorted(lines, key=lambda line: not line.right)[:MOST_LINES]
    others = iter(OTHER_LINES * 2)
    looks = [RIGHT_LINE if line.right else next(others) for line in shown]
    drawn = Markup("").join(_line(line, look) for line, look in zip(shown, looks, strict=True))
    return Markup(
        '<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="plot-title">'
        '<title id="plot-title">{title}</title>{axes}{lines}{letters}</svg>'
    ).format(width=WIDTH, height=HEIGHT, title=title, axes=_axes(), lines=drawn, letters=_letters(shown, looks))


def _x(place: int, number: int) -> float:
    return LEFT + place * (WIDTH - LEFT - RIGHT) / max(1, number - 1)


def _y(percent: float) -> float:
    return round(TOP + (100 - min(100.0, max(0.0, percent))) / 100 * (HEIGHT - TOP - BOTTOM), 1)


def _axes() -> Markup:
    made = Markup("")
    for percent in (0, 50, 100):
        made += Markup(
            '<path d="M{left} {y}H{end}" stroke="var(--line)"/>'
            '<text x="{before}" y="{below}" text-anchor="end" font-size="12" fill="var(--soft)">{percent}%</text>'
        ).format(left=LEFT, y=_y(percent), end=WIDTH - RIGHT, before=LEFT - 5, below=_y(percent) + 4, percent=percent)
    ends = ((LEFT, "start", __("weakest")), (WIDTH - RIGHT, "end", __("strongest")))
    for x, anchor, words in ends:
        made += Markup('<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="12" fill="var(--soft)">{words}</text>').format(
            x=x, y=HEIGHT - 8, anchor=anchor, words=words
        )
    return made


def _line(line: Line, look: tuple[str, float, str]) -> Markup:
    colour, width, dashes = look
    points = [(_x(place, len(line.shares)), _y(share)) for place, share in enumerate(line.shares)]
    dots = Markup("").join(Markup('<circle cx="{:g}" cy="{:g}" r="{:g}" fill="{}"/>').format(x, y, width + 0.5, colour) for x, y in points)
    path = Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="{:g}"{}/>').format(
        " ".join(f"{x:g},{y:g}" for x, y in points), colour, width, Markup(' stroke-dasharray="{}"').format(dashes) if dashes else ""
    )
    return path + dots


def _letters(lines: Sequence[Line], looks: Sequence[tuple[str, float, str]]) -> Markup:
    """Return the letters at the right ends of the lines, pushed apart where lines meet."""
    ends = [(_y(line.shares[-1]), line.label, look[0]) for line, look in zip(lines, looks, strict=True)]
    made, lowest = Markup(""), float(HEIGHT - BOTTOM + 8)
    for place, (y, label, colour) in enumerate(sorted(ends, reverse=True)):
        lowest = min(lowest, y + 4) if place == 0 else min(lowest - LETTER, y + 4)
        made += Markup('<text x="{}" y="{:g}" font-size="13" font-weight="650" fill="{}">{}</text>').format(
            WIDTH - RIGHT + 8, lowest, colour, label
        )
    return made
