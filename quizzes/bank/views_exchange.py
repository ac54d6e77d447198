"""Bringing questions in and taking them out."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from flask import Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from lms.api import NotFound, Refused, commit, csv_response, db, format_number, page_number, requires, rows
from lms.api import gettext as __
from quizzes.bank import exports, imports, pages, queries
from quizzes.bank.exports import Scope
from quizzes.bank.forms import ImportForm
from quizzes.base import BANK, plugin
from quizzes.exchange.base import FORMATS, MOST_BYTES, MOST_ITEMS, picture_type

HOME = "/bank/<module_key>"
AT = f"{HOME}/import/<uuid:import_id>"
PER_PAGE = 10  # questions with their previews
LOSSES = 25
MIMETYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}
ALONE = "default-src 'none'; sandbox"  # a picture of a stranger, opened by itself, may do nothing


@plugin.route(f"{HOME}/import", methods=["GET", "POST"])
@requires(BANK, on="module")
def bank_import(module_key: str) -> ResponseReturnValue:
    """Take a file or a text and read it; nothing is in the bank by that."""
    form = ImportForm().offer()
    problem = ""
    if form.submitted():
        data, name = pages.uploaded(form, MOST_BYTES)
        try:
            if not data:
                raise Refused(__("Choose a file, or paste a text."))
            found = imports.read_file(actor=current_user, module=g.module, data=data, name=name, format_key=form.format.data or "")
        except Refused as refusal:
            db.session.rollback()
            problem = str(refusal)
        else:
            commit()
            return redirect(f"/quizzes/bank/{module_key}/import/{found.id}")
    status = 422 if problem or form.errors else 200
    return render_template("quizzes/bank_import.html", module=g.module, form=form, problem=problem, formats=FORMATS), status


@plugin.get(AT)
@requires(BANK, on="module")
def bank_import_report(module_key: str, import_id: uuid.UUID) -> str:
    """Show what was read: each question as learners will see it, what there is to say, what bringing it in does; or what it did."""
    found = imports.find_import(actor=current_user, module=g.module, number=import_id)
    page = pages.report(found, g.module, page_number(), PER_PAGE)
    format_title = FORMATS[found.format].title if found.format in FORMATS else found.format
    return render_template(
        "quizzes/bank_import_report.html", module=g.module, found=found, page=page, fates=imports.FATES, format_title=format_title
    )


@plugin.post(f"{AT}/confirm")
@requires(BANK, on="module")
def bank_import_confirm(module_key: str, import_id: uuid.UUID) -> AnyResponse:
    """Keep the ticks of this page and go to another, or bring in what is ticked."""
    found = imports.find_import(actor=current_user, module=g.module, number=import_id, lock=True)
    posted = rows.posted()
    home = f"/quizzes/bank/{module_key}/import/{import_id}"
    if found.done is None:
        imports.choose_lines(found=found, shown=posted.getlist("shown", int), taken=posted.getlist("take", int))
    if posted.get("go"):
        commit()
        return redirect(f"{home}?page={posted.get('go', 1, int)}")
    imports.keep_lines(actor=current_user, module=g.module, found=found)
    commit()
    flash(__("Done. Look below at what was brought in."), "done")
    return redirect(home)


@plugin.get(f"{AT}/problems.csv")
@requires(BANK, on="module")
def bank_import_problems(module_key: str, import_id: uuid.UUID) -> Response:
    """Download what there is to say about the file, for those who mend it."""
    found = imports.find_import(actor=current_user, module=g.module, number=import_id)
    return csv_response(imports.problem_rows(found), f"{module_key} import")


@plugin.get(f"{AT}/pictures/<path:name>")
@requires(BANK, on="module")
def bank_import_picture(module_key: str, import_id: uuid.UUID, name: str) -> Response:
    """Show a picture of an import in its preview."""
    found = imports.find_import(actor=current_user, module=g.module, number=import_id)
    content = imports.picture_of(found, name)
    kind = MIMETYPES.get(picture_type(content))
    if kind is None:
        raise NotFound("no picture that a page shows")
    response = Response(content, mimetype=kind)
    response.headers["Content-Security-Policy"] = ALONE
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


# -- export ----------------------------------------------------------------------------------------------------------------------------


@plugin.get(f"{HOME}/export")
@requires(BANK, on="module")
def bank_export(module_key: str) -> str:
    """Choose questions and a format, and see what the format loses before anything is downloaded."""
    scope = Scope.of(request.args)
    known = exports.format_of(request.args.get("format", ""))
    count = exports.count_of(g.module, scope)
    found = exports.rows_of(g.module, scope, exports.LOOKED_AT)
    lost = exports.losses(found, known)
    return render_template(
        "quizzes/bank_export.html",
        module=g.module,
        scope=scope,
        known=known,
        formats=FORMATS,
        quizzes=db.session.execute(queries.quizzes(g.module.id)).all(),
        count=count,
        looked_at=len(found),
        most=MOST_ITEMS,
        lost=pages.part(lost, page_number(), LOSSES),
        left_out=sum(row["kind"] not in known.kinds for _title, row in found),
        address=urlencode({**scope.arguments, "format": known.key}),
    )


@plugin.get(f"{HOME}/export/file")
@requires(BANK, on="module")
def bank_export_file(module_key: str) -> Response:
    """Download the file."""
    known = exports.format_of(request.args.get("format", ""))
    scope = Scope.of(request.args)
    if exports.count_of(g.module, scope) > MOST_ITEMS:
        raise Refused(__("A file holds at most %(most)s questions. Choose a quiz or a search.", most=format_number(MOST_ITEMS)))
    found = exports.rows_of(g.module, scope, MOST_ITEMS)
    response = Response(exports.file_of(found, known, g.module), content_type=known.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{module_key}.{known.extension}"'
    response.headers["Cache-Control"] = "no-store"
    return response
