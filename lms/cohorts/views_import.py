"""Importing a list of people: upload, dry run, import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from lms.cohorts import imports, uploads
from lms.cohorts.base import cohort_page, room
from lms.cohorts.cells import SheetError
from lms.cohorts.columns import TITLES, TableError
from lms.cohorts.forms import UploadForm
from lms.cohorts.imports import Fate
from lms.db import commit
from lms.errors import NotFound, Refused
from lms.export import csv_link, csv_response, xlsx_response
from lms.i18n import gettext as _
from lms.learning.words import cohort_title
from lms.people.permissions import MANAGE_COHORTS, requires

UPLOAD = "/cohorts/<int:cohort_id>/import"
LIST = f"{UPLOAD}/<string(length=32):token>"
SHOWN = 100  # rows of each kind; the rest is in the file with corrections


@room.route(UPLOAD, methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def import_upload(cohort_id: int) -> ResponseReturnValue:
    """Take a list; what it would do is shown on the next page, before anything is saved."""
    form = UploadForm()
    if request.method == "POST":
        file = form.file.data
        data = file.read() if isinstance(file, FileStorage) else b""
        try:
            if not data:
                raise SheetError(_("Choose a file first."))
            imports.check_list(actor=current_user, cohort=g.cohort, data=data)
        except (SheetError, TableError) as reason:
            form.file.errors = [str(reason)]
        else:
            token = uploads.keep_upload(actor=current_user, cohort=g.cohort, data=data)
            return redirect(f"/cohorts/{cohort_id}/import/{token}")
    return cohort_page("import", form=form, titles=TITLES), 422 if form.errors else 200


@room.get(f"{UPLOAD}/template.<any(csv, xlsx):kind>")
@requires(MANAGE_COHORTS, on="cohort")
def import_template(cohort_id: int, kind: str) -> Response:
    """Download an empty list. In the Excel one every column is text, so that numbers keep their digits."""
    rows = [[str(title) for title in TITLES.values()]]
    return csv_response(rows, _("participants")) if kind == "csv" else xlsx_response(rows, _("participants"), as_text=True)


def _choices(values: Mapping[str, str]) -> dict[str, str]:
    """Return which unit is meant by each spelling that is not known."""
    return {name.removeprefix("unit-"): value for name, value in values.items() if name.startswith("unit-") and value}


def _check(token: str) -> imports.Check:
    data = uploads.find_upload(actor=current_user, cohort=g.cohort, token=token)
    return imports.check_list(actor=current_user, cohort=g.cohort, data=data, choices=_choices(request.values))


@room.get(LIST)
@requires(MANAGE_COHORTS, on="cohort")
def import_check(cohort_id: int, token: str) -> ResponseReturnValue:
    """Show what the import would do, row by row; nothing is saved."""
    try:
        check = _check(token)
    except NotFound:
        return cohort_page("import_gone"), 404
    choices = _choices(request.values)
    query = urlencode({f"unit-{key}": value for key, value in choices.items()})
    return cohort_page("import_check", check=check, token=token, titles=TITLES, Fate=Fate, shown=SHOWN, choices=choices, query=query)


@room.post(LIST)
@requires(MANAGE_COHORTS, on="cohort")
def import_list(cohort_id: int, token: str) -> ResponseReturnValue:
    """Import the good rows, in one transaction; the file is read and checked anew."""
    try:
        first = _check(token)
    except NotFound:
        return cohort_page("import_gone"), 404
    commit()  # nothing was written: it lets go of the database while passwords are hashed
    secrets = imports.new_passwords(len(first.of(Fate.NEW)))
    check = _check(token)
    if not check.good:
        raise Refused(_("No row of the list can be imported."))
    done = imports.carry_out(actor=current_user, cohort=g.cohort, check=check, secrets=secrets)
    commit()
    uploads.forget_upload(actor=current_user, cohort=g.cohort, token=token)
    response = make_response(cohort_page("import_done", done=done, link=csv_link(_password_rows(done)) if done.issued else ""))
    response.headers["Cache-Control"] = "no-store"
    return response


def _password_rows(done: imports.Imported) -> list[list[str]]:
    head = [_("Name"), _("Unit"), _("E-mail"), _("One-time password")]
    return [head, *([row.full_name, row.unit.name if row.unit else "", row.values["email"], password] for row, password in done.issued)]


@room.get(f"{LIST}/corrections.xlsx")
@requires(MANAGE_COHORTS, on="cohort")
def import_corrections(cohort_id: int, token: str) -> Response:
    """Download the rows that cannot be imported, as they were written, with what to correct; the same file can be uploaded again."""
    rows: list[list[Any]] = [[*(str(title) for title in TITLES.values()), _("What to correct")]]
    rows += [[*(row.written.get(name, "") for name in TITLES), " ".join(row.errors)] for row in _check(token).of(Fate.WRONG)]
    return xlsx_response(rows, f"{cohort_title(g.cohort)} {_('corrections')}", as_text=True)
