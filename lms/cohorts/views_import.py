"""Importing a list of people: upload, check and put right, import, what it made, taking it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from lms.cohorts import carrying, corrected, imports, queries, undo, uploads
from lms.cohorts.base import cohort_page, room
from lms.cohorts.cells import SheetError
from lms.cohorts.columns import FIELDS, TITLES, TableError
from lms.cohorts.forms import UploadForm
from lms.cohorts.models import CohortImport, Fate, ImportDraft
from lms.cohorts.plan import Plan, posted
from lms.db import commit, db
from lms.errors import NotFound
from lms.export import as_file, csv_response, file_name, xlsx_response
from lms.i18n import gettext as _
from lms.i18n import ngettext
from lms.learning.words import cohort_title
from lms.people.permissions import MANAGE_COHORTS, requires

UPLOAD = "/cohorts/<int:cohort_id>/import"
LIST = f"{UPLOAD}/<string(length=32):token>"
DONE = "/cohorts/<int:cohort_id>/imports/<int:list_id>"
SHOWN = 100  # rows of each kind; the rest is in the file with corrections
TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}


@room.route(UPLOAD, methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def import_upload(cohort_id: int) -> ResponseReturnValue:
    """Take a list; what it would do is shown on the next page, before anything is saved. Show the imports before."""
    form = UploadForm()
    if request.method == "POST":
        file = form.file.data
        data, name = (file.read(), file.filename or "") if isinstance(file, FileStorage) else (b"", "")
        try:
            _readable(data)
        except (SheetError, TableError) as reason:
            form.file.errors = [str(reason)]
        else:
            token = uploads.keep_upload(actor=current_user, cohort=g.cohort, data=data, name=name)
            commit()
            return redirect(f"/cohorts/{cohort_id}/import/{token}")
    done = db.session.execute(queries.imports_of(cohort_id).limit(20)).all()
    return cohort_page("import", form=form, titles=TITLES, done=done, can_undo=undo.can_undo), 422 if form.errors else 200


def _readable(data: bytes) -> None:
    """Refuse what is no table at all, or one with too many people; where its list is, a person can still say on the next page."""
    if not data:
        raise SheetError(_("Choose a file first."))
    try:
        imports.check_list(cohort=g.cohort, data=data)
    except imports.TooMany:
        raise
    except TableError:
        if len(imports.first_rows(data, None)[1]) < 2:
            raise


@room.get(f"{UPLOAD}/template.<any(csv, xlsx):kind>")
@requires(MANAGE_COHORTS, on="cohort")
def import_template(cohort_id: int, kind: str) -> Response:
    """Download an empty list. In the Excel one every column is text, so that numbers keep their digits."""
    rows = [[str(title) for title in TITLES.values()]]
    return csv_response(rows, _("participants")) if kind == "csv" else xlsx_response(rows, _("participants"), as_text=True)


def _draft(token: str) -> ImportDraft:
    return uploads.find_upload(actor=current_user, cohort=g.cohort, token=token)


def _check_page(draft: ImportDraft, token: str) -> ResponseReturnValue:
    """Return the page of the check, or, where no list was found, the page on which a person points to it."""
    values: dict[str, Any] = {"token": token, "draft": draft, "fields": FIELDS, "plan": Plan.of(draft.plan)}
    try:
        check = imports.check_list(cohort=g.cohort, data=draft.data, plan=values["plan"])
    except TableError as reason:
        sheets, rows = imports.first_rows(draft.data, values["plan"].sheet)
        return cohort_page("import_find", reason=reason, sheets=sheets, rows=rows, **values)
    return cohort_page("import_check", check=check, titles=TITLES, Fate=Fate, shown=SHOWN, **values)


@room.get(LIST)
@requires(MANAGE_COHORTS, on="cohort")
def import_check(cohort_id: int, token: str) -> ResponseReturnValue:
    """Show what the import would do, row by row, and what can be put right here; nothing is saved."""
    try:
        return _check_page(_draft(token), token)
    except NotFound:
        return cohort_page("import_gone"), 404


@room.post(LIST)
@requires(MANAGE_COHORTS, on="cohort")
def import_list(cohort_id: int, token: str) -> ResponseReturnValue:
    """Keep what was decided and typed, and check again; or import the good rows, when the page had shown all of these decisions."""
    try:
        draft = _draft(token)
    except NotFound:
        return cohort_page("import_gone"), 404
    before, plan = Plan.of(draft.plan), posted(Plan.of(draft.plan), request.form)
    draft.plan = plan.kept
    # Changes that came with the button are looked at first; what to remember changes no row.
    unseen = replace(plan, remember=[]) != replace(before, remember=[])
    wanted = request.form.get("do") == "import"
    if wanted and unseen:
        flash(_("Your corrections were checked first. Look once more, then import."), "careful")
    done = _carried_out(draft, plan) if wanted and not unseen else None
    commit()
    return redirect(f"/cohorts/{cohort_id}/imports/{done.id}" if done else f"/cohorts/{cohort_id}/import/{token}")


def _carried_out(draft: ImportDraft, plan: Plan) -> CohortImport | None:
    """Return the import, or None where there is no list any more with what was said about columns; the page of the check says so."""
    try:
        check = imports.check_list(cohort=g.cohort, data=draft.data, plan=plan)
    except TableError:
        return None
    done = carrying.carry_out(actor=current_user, cohort=g.cohort, draft=draft, check=check)
    uploads.forget_upload(draft)
    return done


@room.get(f"{LIST}/corrections")
@requires(MANAGE_COHORTS, on="cohort")
def import_corrections(cohort_id: int, token: str) -> ResponseReturnValue:
    """Download the same file with a column that says what to correct; it can be uploaded again."""
    try:
        draft = _draft(token)
        plan = Plan.of(draft.plan)
        check = imports.check_list(cohort=g.cohort, data=draft.data, plan=plan)
        data, kind = corrected.corrected_file(draft.data, check, plan)
    except NotFound:
        return cohort_page("import_gone"), 404
    except (SheetError, TableError) as reason:
        flash(str(reason), "careful")
        return redirect(f"/cohorts/{cohort_id}/import/{token}")
    return as_file(data, TYPES[kind], f"{file_name(f'{cohort_title(g.cohort)} ' + _('corrections'))}.{kind}")


# -- afterwards ------------------------------------------------------------------------------------------------------------------------


def _done(list_id: int) -> CohortImport:
    found = db.session.get(CohortImport, list_id)
    if found is None or found.cohort_id != g.cohort.id:
        raise NotFound("no such import in this cohort")
    return found


@room.get(DONE)
@requires(MANAGE_COHORTS, on="cohort")
def import_done(cohort_id: int, list_id: int) -> str:
    """Show what an import did, and what comes next."""
    done = _done(list_id)
    return cohort_page(
        "import_done", done=done, can_undo=undo.can_undo(done), until=done.made_at + undo.UNDO_FOR, kept=undo.kept_people(done)
    )


@room.post(f"{DONE}/undo")
@requires(MANAGE_COHORTS, on="cohort")
def import_undo(cohort_id: int, list_id: int) -> ResponseReturnValue:
    """Take an import back, but for what somebody has used since."""
    result = undo.undo(actor=current_user, done=_done(list_id))
    commit()
    flash(ngettext("%(num)s person is out of the cohort again.", "%(num)s people are out of the cohort again.", result.left), "done")
    return redirect(f"/cohorts/{cohort_id}/imports/{list_id}")
