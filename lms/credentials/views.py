"""One's own certificates, and the public pages on which anybody checks one. Importing the parts registers their pages on the room."""

from __future__ import annotations

import uuid

from flask import Response, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import throttle
from lms.credentials import keys, queries, services, views_issue, views_templates
from lms.credentials.base import room
from lms.credentials.forms import SHORT, CodeForm
from lms.credentials.models import Certificate
from lms.credentials.snapshots import base_url
from lms.credentials.views_issue import file_response
from lms.db import db
from lms.errors import NotFound
from lms.export import as_file
from lms.people.permissions import PROFILE, public, requires

__all__ = ["room", "views_issue", "views_templates"]


# -- one's own -----------------------------------------------------------------------------------------------------------------------------


@room.get("/profile/certificates")
@requires(PROFILE, on="self")
def own() -> str:
    """List one's own certificates."""
    rows = db.session.execute(queries.certificates_of(current_user.id)).all()
    return render_template("credentials/own.html", rows=rows, short=SHORT)


def _own(certificate_id: uuid.UUID) -> Certificate:
    found = db.session.get(Certificate, certificate_id)
    if found is None or found.user_id != current_user.id:
        raise NotFound("no such certificate of this person")
    return found


@room.get("/profile/certificates/<uuid:certificate_id>.<any(pdf, jwt):ending>")
@requires(PROFILE, on="self")
def own_file(certificate_id: uuid.UUID, ending: str) -> Response:
    """Download one's own certificate: as PDF, or as a signed credential that can be checked without this site."""
    found = _own(certificate_id)
    if ending == "jwt":
        return as_file(found.badge.encode(), "application/vc+jwt", f"{found.code}.jwt")
    return file_response(certificate_id)


# -- for everybody -------------------------------------------------------------------------------------------------------------------------


def _public(page: str, status: int = 200) -> Response:
    """Return a page that no search engine keeps."""
    response = make_response(page, status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


@room.get("/check")
@public
def check() -> ResponseReturnValue:
    """Ask for the code on a certificate."""
    form = CodeForm(formdata=request.args) if "code" in request.args else CodeForm(formdata=None)
    if "code" in request.args and form.validate():
        return redirect(f"/check/{services.plain_code(form.code.data or '')}")
    return _public(render_template("credentials/check.html", form=form, code="", slowed=False), 422 if form.errors else 200)


@room.get("/check/<certificate_code>")
@public
def checked(certificate_code: str) -> Response:
    """Say whether a certificate was issued here and holds, to whoever has its code; the name stays masked."""
    address = {f"check/{request.remote_addr}": throttle.MISSES}
    if throttle.is_slowed(address):
        return _public(render_template("credentials/check.html", form=CodeForm(formdata=None), code="", slowed=True), 429)
    found = db.session.scalar(queries.by_code(services.plain_code(certificate_code)))
    if found is None:
        throttle.missed(address)
        return _public(
            render_template("credentials/check.html", form=CodeForm(formdata=None), code=certificate_code[:40], slowed=False), 404
        )
    after = db.session.scalar(queries.replacing(found.id))
    return _public(render_template("credentials/checked.html", certificate=found, about=found.snapshot, after=after))


@room.get("/check/keys")
@room.get("/.well-known/jwks.json")
@public
def public_keys() -> Response:
    """Give the public keys that verify credentials, old ones too."""
    return jsonify(keys.public_keys())


@room.get("/check/revoked")
@public
def revoked() -> Response:
    """Give the list of credentials that hold no more, as Open Badges 3.0 writes it."""
    site = base_url()
    rows = [{"id": f"{site}/check/{row.code}", "revoked": True} for row in db.session.execute(queries.revoked())]
    return jsonify({"id": f"{site}/check/revoked", "issuer": site, "revokedCredential": rows})
