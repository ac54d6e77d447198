"""The page of curves that `run.py` writes: one file, drawn as SVG, without a script."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from load.rhythms import Rhythm

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 440, 130, 48, 18, 10
STYLE = """
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6875;--line:#d5dbe1;--back:#fff;--a:#0b6bcb;--b:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a3b0bd;--line:#3a4652;--back:#12181f;--a:#6bb3ff;--b:#ff8a80}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{font-size:1.1rem;margin:2rem 0 .5rem}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
figure{margin:0}figcaption{color:var(--soft)}svg{width:100%;height:auto}text{font-size:11px;fill:var(--soft)}
.axis{stroke:var(--line)}polyline{fill:none;stroke-width:1.6}
.a{stroke:var(--a)}.b{stroke:var(--b);stroke-dasharray:5 3}b.a,b.b{color:var(--ink);border-bottom:2px solid var(--a)}b.b{border-bottom:2px dashed var(--b)}
"""
PLOTS = (
    ("requests a second, failures a second", "requests", "failures"),
    ("waiting, ms: p50, p95 of the last ten seconds", "half", "most"),
)


@dataclass(frozen=True, slots=True)
class Course:
    """What locust noted every second: seconds since the beginning, requests and failures a second, and milliseconds waited."""

    seconds: list[int]
    requests: list[float]
    failures: list[float]
    half: list[float]
    most: list[float]

    @classmethod
    def read(cls, path: Path) -> Course:
        """Read locust's history of all requests together; before the first answer there is nothing to wait for."""
        with path.open() as lines:
            rows = [row for row in csv.DictReader(lines) if row["Name"] == "Aggregated"]
        began = int(rows[0]["Timestamp"])

        def column(name: str) -> list[float]:
            return [0.0 if row[name] == "N/A" else float(row[name]) for row in rows]

        seconds = [int(row["Timestamp"]) - began for row in rows]
        return cls(seconds, column("Requests/s"), column("Failures/s"), column("50%"), column("95%"))


def _plot(course: Course, title: str, names: tuple[str, str]) -> str:
    """Return a plot of two columns of a course."""
    rows = [getattr(course, name) for name in names]
    top = max(1.0, *(max(row) for row in rows))
    last = max(1, course.seconds[-1])
    floor = HEIGHT - BOTTOM

    def points(row: Sequence[float]) -> str:
        return " ".join(
            f"{LEFT + (WIDTH - LEFT - 8) * second / last:.0f},{floor - (floor - TOP) * value / top:.0f}"
            for second, value in zip(course.seconds, row, strict=True)
        )

    first, second = (part.strip() for part in title.rpartition(":")[2].replace(" of the last ten seconds", "").split(","))
    said = f"{title}; at most {top:,.0f}, over {last} seconds"
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">'
        f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{floor}H{WIDTH - 8}"/>'
        f'<text x="{LEFT - 5}" y="{TOP + 5}" text-anchor="end">{top:,.0f}</text><text x="{LEFT - 5}" y="{floor}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 4}">0 s</text><text x="{WIDTH - 8}" y="{HEIGHT - 4}" text-anchor="end">{last} s</text>'
        f'<polyline class="a" points="{points(rows[0])}"/><polyline class="b" points="{points(rows[1])}"/></svg>'
        f'<figcaption><b class="a">{escape(first)}</b>, <b class="b">{escape(second)}</b>{" (ms)" if "ms" in title else ""}</figcaption></figure>'
    )


def page(courses: Sequence[tuple[Rhythm, str, Course]], where: str) -> str:
    """Return the page: of each (rhythm, name of the database, course) two plots."""
    parts = []
    for rhythm, database, course in courses:
        plots = "".join(_plot(course, title, (first, second)) for title, first, second in PLOTS)
        parts.append(f'<h2>{escape(rhythm.title)} ({database})</h2>\n<div class="row">{plots}</div>\n')
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>People's rhythm</title><style>{STYLE}</style></head><body>\n<h1>People's rhythm</h1>\n"
        f"<p>{escape(where)} Percentiles are of the ten seconds before. How it is measured stands in docs/performance.md.</p>\n"
        + "".join(parts)
        + "</body></html>\n"
    )
