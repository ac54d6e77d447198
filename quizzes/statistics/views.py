"""Pages for authors: how the questions of a quiz do. Counts only, no names."""

from __future__ import annotations

from flask import g, render_template, request

from lms.api import NotFound, db, requires
from quizzes.base import STATISTICS, plugin
from quizzes.statistics import advice, labels, pages, queries, services

HOME = "/statistics/<module_key>/<activity_key>"


@plugin.get(HOME)
@requires(STATISTICS, on="module")
def statistics(module_key: str, activity_key: str) -> str:
    """Show the figures of a quiz and its questions, what needs a look first."""
    found = services.report(module_id=g.module.id, activity_key=activity_key, basis=_basis())
    return render_template(
        "quizzes/statistics.html",
        title=_title(activity_key),
        found=found,
        lines=pages.lines(found, services.texts(found)),
        advice=[] if found.hidden else advice.of_quiz(found),
        **_where(module_key, activity_key),
    )


@plugin.get(f"{HOME}/<int:item_id>")
@requires(STATISTICS, on="module")
def statistics_item(module_key: str, activity_key: str, item_id: int) -> str:
    """Show one question closely: its answers, how they go through the groups of attempts, and what to do; `?version=` an earlier wording."""
    title = _title(activity_key)
    found = services.report(module_id=g.module.id, activity_key=activity_key, basis=_basis())
    item, wording = services.wording_of(found, item_id, request.args.get("version", None, int))
    known = services.texts(found)[wording.version_id]
    closer = services.closer(module_id=g.module.id, activity_key=activity_key, basis=_basis(), wording=wording)
    return render_template(
        "quizzes/statistics_item.html",
        title=title,
        item=item,
        wording=wording,
        known=known,
        closer=closer,
        rows=[] if wording.hidden else labels.rows(wording, known),
        table=pages.table(closer, known),
        advice=advice.advise(wording, known, found.seconds),
        **_where(module_key, activity_key),
    )


def _basis() -> services.Basis:
    return "all" if request.args.get("basis") == "all" else "first"


def _title(activity_key: str) -> str:
    """Return the title of the quiz. Raises NotFound for what is no quiz of the module."""
    title: str | None = db.session.scalar(queries.quiz_title(g.module.id, activity_key))
    if title is None:
        raise NotFound("no such quiz in this module")
    return title


def _where(module_key: str, activity_key: str) -> dict[str, object]:
    """Return what both pages need to lead on."""
    return {
        "module": g.module,
        "basis": _basis(),
        "url": f"/quizzes/statistics/{module_key}/{activity_key}",
        "duration": pages.duration,
        "picture": pages.picture,
    }
