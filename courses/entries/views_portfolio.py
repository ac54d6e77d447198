"""My journals over the years: a list, one of them with everything about it, a year to print and to keep. For their author alone."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, render_template, request
from flask_login import current_user

from courses.base import OWN_JOURNAL, plugin
from courses.entries import kember, pages, portfolio, queries
from lms.api import db, readings_of_item, requires


def _private(answer: Any, **headers: str) -> Response:
    """Return an answer that no cache keeps, not even that of the browser."""
    response = Response(answer)
    response.headers.update({"Cache-Control": "no-store", **headers})
    return response


@plugin.get("/journals")
@requires(OWN_JOURNAL, on="self")
def journals() -> Response:
    """List what one has written, year by year and programme by programme."""
    years = list(db.session.scalars(queries.years_of(current_user.id)))
    asked = request.args.get("year", 0, int)
    year = asked if asked in years else next(iter(years), 0)
    entries = list(db.session.scalars(queries.entries_in(current_user.id, year))) if years else []
    page = {"years": years, "year": year, "entries": entries, "titles": queries.titles_of(entries)}
    return _private(render_template("courses/journals.html", **page, kember=kember))


@plugin.get("/journals/<uuid:entry_id>")
@requires(OWN_JOURNAL, on="self")
def journal(entry_id: uuid.UUID) -> Response:
    """Show one's own entry: its versions, what changed, the answers, the receipts, and who has read it."""
    kept = portfolio.one_of(current_user, entry_id)
    readers = db.session.execute(readings_of_item(kept.entry.kind.value, entry_id)).all()
    return _private(render_template("courses/kept.html", kept=kept, readers=readers, compared=pages.compared, kember=kember))


@plugin.get("/journals/print/<int:year>")
@requires(OWN_JOURNAL, on="self")
def journals_to_print(year: int) -> Response:
    """Show a year with all its texts, for printing."""
    entries = portfolio.year_of(current_user, year)
    return _private(render_template("courses/journals_print.html", year=year, entries=entries, kember=kember))


@plugin.get("/journals/keep/<int:year>.<any(html, pdf):ending>")
@requires(OWN_JOURNAL, on="self")
def journals_to_keep(year: int, ending: str) -> Response:
    """Send a year as one file: HTML that opens anywhere, or PDF."""
    entries = portfolio.year_of(current_user, year)
    make = portfolio.as_pdf if ending == "pdf" else portfolio.as_html
    name = {"Content-Disposition": f'attachment; filename="jurnal-{year}.{ending}"'}
    types = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}
    return _private(make(current_user, year, entries), **name, **{"Content-Type": types[ending]})
