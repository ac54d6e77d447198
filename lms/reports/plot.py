"""Pictures of reports, drawn on the server as SVG: bars (stacked, when there are several series) and lines.

No script and no style attributes. Colours are tokens of the design system, in attributes, so that the dark scheme and paper look right; series
differ in pattern or dashes too. Title and description say what is seen; the table beside the picture says the same in figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lms.i18n import format_number

WIDTH = 400  # wide enough to be read on a telephone, where it is as wide as the page
ROW, BAR, LABEL, LEGEND = 30, 16, 134, 22  # heights of a row and of its bar, width of the names, height of a line of the legend
FIELD = 200  # height of the field of lines
LEFT, RIGHT, TOP, BOTTOM = 42, 14, 10, 30
MOST_BARS, LETTERS = 12, 19
LETTER = 7.0  # about the width of a letter of 13
COLOURS = ("var(--leaf)", "var(--river)", "var(--edge)", "var(--gold-fill)", "var(--line)", "var(--river-mist)")
DASHES = ("", "7 4", "2 4", "11 4 2 4", "4 2")
# Thin lines in the bars, so that no meaning is in the colour alone.
PATTERNS = ("", "M-1 9L9 -1", "M0 4h8", "M4 0v8", "", "M-1 -1L9 9")


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of figure: its name, and a figure for each label."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture: `bars` lie, one for each label, the series one after the other in each; `lines` go from left to right."""

    kind: str
    title: str
    text: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""  # "%" after the figures
    full: float | None = None  # what the whole width stands for; default: the largest

    def draw(self) -> Markup:
        """Return the picture as SVG; no more than twelve bars."""
        drawn, height = _lines(self) if self.kind == "lines" else _bars(self)
        return Markup(
            '<svg class="plot" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="plot-title plot-text">'
            '<title id="plot-title">{title}</title><desc id="plot-text">{text}</desc>{patterns}{drawn}</svg>'
        ).format(width=WIDTH, height=height, title=self.title, text=self.text, patterns=_patterns(len(self.series)), drawn=drawn)


def bars(title: str, text: str, rows: Sequence[tuple[str, Sequence[float]]], names: Sequence[str], **look: object) -> Plot | None:
    """Return a picture of lying bars from (label, figures) rows; None where there is nothing to see."""
    shown = rows[:MOST_BARS]
    if not any(sum(figures) for _label, figures in shown):
        return None
    series = tuple(Series(name, tuple(float(figures[place]) for _label, figures in shown)) for place, name in enumerate(names))
    return Plot("bars", title, text, tuple(label for label, _figures in shown), series, **look)  # type: ignore[arg-type]


def _patterns(number: int) -> Markup:
    made = Markup("").join(
        Markup(
            '<pattern id="plot-{place}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="{colour}"/>'
            '<path d="{path}" stroke="var(--paper)" stroke-width="1" fill="none"/></pattern>'
        ).format(place=place, colour=COLOURS[place], path=PATTERNS[place])
        for place in range(1, min(number, len(COLOURS)))
    )
    return Markup("<defs>{}</defs>").format(made) if made else made


def _fill(place: int) -> str:
    place %= len(COLOURS)
    return f"url(#plot-{place})" if place else COLOURS[0]


def _short(label: str) -> str:
    return label if len(label) <= LETTERS else f"{label[: LETTERS - 1].rstrip()}…"


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = "var(--soft)", size: int = 13) -> Markup:
    return Markup('<text x="{:g}" y="{:g}" text-anchor="{}" font-size="{}" fill="{}">{}</text>').format(x, y, anchor, size, colour, words)


def _legend(names: Sequence[str], *, lines: bool) -> tuple[Markup, int]:
    """Return the names of the series with their looks, in as many lines as they need, and the height of these."""
    made, x, y, before = Markup(""), 0.0, 0, 28 if lines else 20
    for place, name in enumerate(names):
        wide = before + LETTER * len(name) + 20
        if x and x + wide > WIDTH:
            x, y = 0.0, y + LEGEND
        if lines:
            look = (COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)])
            made += Markup('<path d="M{:g} {}h22" stroke="{}" stroke-width="3" stroke-dasharray="{}"/>').format(x, y + 11, *look)
        else:
            made += Markup('<rect x="{:g}" y="{}" width="14" height="14" rx="3" fill="{}"/>').format(x, y + 4, _fill(place))
        made += _text(x + before, y + 16, name)
        x += wide
    return made, y + LEGEND + 4


def _bars(plot: Plot) -> tuple[Markup, int]:
    made, top = _legend([series.name for series in plot.series], lines=False) if len(plot.series) > 1 else (Markup(""), 0)
    sums = [sum(series.values[place] for series in plot.series) for place in range(len(plot.labels))]
    full = plot.full or max(sums) or 1
    space = WIDTH - LABEL - 52
    for place, label in enumerate(plot.labels):
        y = top + place * ROW + (ROW - BAR) / 2
        made += _text(0, y + 14, _short(label), colour="var(--ink)")
        made += Markup('<rect x="{}" y="{:g}" width="{}" height="{}" rx="3" fill="var(--mist)"/>').format(LABEL, y, space, BAR)
        x = float(LABEL)
        for number, series in enumerate(plot.series):
            wide = round(space * min(1.0, series.values[place] / full), 1)
            if wide:
                made += Markup('<rect x="{:g}" y="{:g}" width="{:g}" height="{}" fill="{}"/>').format(x, y, wide, BAR, _fill(number))
                x += wide
        made += _text(WIDTH, y + 14, f"{format_number(sums[place], 0)}{plot.unit}", anchor="end", colour="var(--ink)")
    return made, top + ROW * len(plot.labels)


def _lines(plot: Plot) -> tuple[Markup, int]:
    made, top = _legend([series.name for series in plot.series], lines=True)
    top += TOP
    most = max((value for series in plot.series for value in series.values), default=0) or 1
    step = (WIDTH - LEFT - RIGHT) / max(1, len(plot.labels) - 1)
    for share in (0.0, 0.5, 1.0):
        y = top + (1 - share) * (FIELD - TOP - BOTTOM)
        made += Markup('<path d="M{} {:g}H{}" stroke="var(--line)"/>').format(LEFT, y, WIDTH - RIGHT)
        made += _text(LEFT - 6, y + 4, format_number(most * share, 0), anchor="end")
    for number, series in enumerate(plot.series):
        points = [
            (round(LEFT + place * step, 1), round(top + (1 - value / most) * (FIELD - TOP - BOTTOM), 1))
            for place, value in enumerate(series.values)
        ]
        colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        made += Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2.5" stroke-dasharray="{}"/>').format(
            " ".join(f"{x:g},{y:g}" for x, y in points), colour, dashes
        )
        made += Markup("").join(Markup('<circle cx="{:g}" cy="{:g}" r="3.5" fill="{}"/>').format(x, y, colour) for x, y in points)
    every = max(1, -(-len(plot.labels) // 6))
    for place in range(0, len(plot.labels), every):
        made += _text(
            LEFT + place * step, top + FIELD - BOTTOM + 8, plot.labels[place], anchor="start" if place == 0 else "middle", size=12
        )
    return made, top + FIELD - TOP
