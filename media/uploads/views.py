"""The protocol: POST begins an upload, HEAD says how far it is, PATCH goes on, DELETE gives it up; GET tells what became of it."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterator

from flask import Response, jsonify, request
from flask_login import current_user
from werkzeug.http import http_date

from lms.api import Refused, commit, requires
from media.base import USE, plugin
from media.models import Transfer
from media.services import most_upload
from media.uploads import services

VERSION = "1.0.0"
ALL = "/media/uploads"
ONE = "/media/uploads/<uuid:transfer_id>"
PIECE = 64 * 1024
MISMATCH = 460  # of the protocol's checksums
MEDIA_TYPE = "application/offset+octet-stream"


def _tus(status: int, upload: Transfer | None = None, *, sentence: str = "") -> Response:
    answer = Response(sentence, status, mimetype="text/plain")
    answer.headers.update({"Tus-Resumable": VERSION, "Cache-Control": "no-store"})
    if upload is not None:
        answer.headers["Upload-Expires"] = http_date(upload.expires_at)
    return answer


@plugin.post(ALL)
@requires(USE, on="self")
def begin_upload() -> Response:
    """Begin an upload of so many bytes; its address goes back."""
    length = request.headers.get("Upload-Length", "")
    if request.headers.get("Tus-Resumable") != VERSION:
        return _tus(412)
    if not length.isdecimal():
        return _tus(400)
    try:
        upload = services.begin(actor=current_user, name=_name(), size=int(length[:15]))
    except Refused as refusal:
        return _tus(413, sentence=str(refusal))
    commit()
    answer = _tus(201, upload)
    answer.headers["Location"] = f"{ALL}/{upload.id}"
    answer.headers["Tus-Max-Size"] = str(most_upload())
    return answer


def _name() -> str:
    """Return the file's name from the metadata: words and their values in base64, separated by commas."""
    pairs = dict(part.strip().partition(" ")[::2] for part in request.headers.get("Upload-Metadata", "").split(","))
    try:
        return base64.b64decode(pairs.get("filename", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


@plugin.get(ONE)
@requires(USE, on="self")
def upload_state(transfer_id: uuid.UUID) -> Response:
    """Say how far an upload is, and what became of it."""
    upload = services.upload_of(current_user, transfer_id)
    answer = jsonify(name=upload.name, digest=upload.digest, refusal=upload.refusal)
    answer.headers.update({"Tus-Resumable": VERSION, "Cache-Control": "no-store", "Upload-Expires": http_date(upload.expires_at)})
    answer.headers["Upload-Offset"] = str(services.offset_of(upload))
    answer.headers["Upload-Length"] = str(upload.size)
    return answer


@plugin.route(ONE, methods=["PATCH"])
@requires(USE, on="self")
def append_upload(transfer_id: uuid.UUID) -> Response:
    """Take the next piece in; the last one makes a file of the library, or a sentence why not."""
    upload = services.upload_of(current_user, transfer_id)
    commit()  # nobody waits for the database while a slow line sends, and while the file is looked through
    name, offset = upload.name, request.headers.get("Upload-Offset", "")
    if request.mimetype != MEDIA_TYPE:
        return _tus(415)
    if not offset.isdecimal():
        return _tus(400)
    try:
        checksum = request.headers.get("Upload-Checksum", "")
        reached = services.append(upload=upload, offset=int(offset[:15]), pieces=_pieces(), checksum=checksum)
    except services.OutOfPlaceError as error:
        return _tus(409, upload, sentence=str(error))
    except services.DamagedOnTheWayError as error:
        return _tus(MISMATCH, upload, sentence=str(error))
    if reached == upload.size:
        services.complete(upload=upload, become=services.finished(name, transfer_id))
        commit()
    answer = _tus(204, upload)
    answer.headers["Upload-Offset"] = str(reached)
    return answer


def _pieces() -> Iterator[bytes]:
    """Yield what comes until the line breaks; what has come until then counts."""
    while True:
        try:
            piece = request.stream.read(PIECE)
        except OSError:
            return
        if not piece:
            return
        yield piece


@plugin.route(ONE, methods=["DELETE"])
@requires(USE, on="self")
def cancel_upload(transfer_id: uuid.UUID) -> Response:
    """Give an upload up."""
    services.cancel(upload=services.upload_of(current_user, transfer_id))
    commit()
    return _tus(204)
