"""Files as they go out: in parts when a player asks for them, with what a stranger's file may do taken away."""

from __future__ import annotations

import re

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from lms.api import db
from media.cleaning.kinds import KINDS, Group
from media.models import File, FileState
from media.services import DIGEST, key_of
from media.storage import store

FOREVER = "private, max-age=31536000, immutable"
# A picture of a stranger is opened by itself in a tab: it may do nothing there.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# Safari shows nothing of a document in a sandbox. What could act in one was refused when it came.
DOCUMENT = "default-src 'none'; style-src 'unsafe-inline'"


def served(name: str, suffix: str) -> ResponseReturnValue:
    """Answer with a file (`<digest>`) or one of its renditions (`<digest>-800`).

    A rendition that no worker has made yet is stood in for by the original. A film that cannot be played is not served at all.
    """
    digest, _dash, variant = name.partition("-")
    kind = KINDS.get(suffix)
    if kind is None or not DIGEST.fullmatch(digest) or not re.fullmatch(r"[0-9a-z]{0,12}", variant):
        abort(404)
    key = key_of(digest, f"{variant}.{suffix}" if variant else "")
    size = store().size(key)
    if size is None:
        return _instead(digest) if variant else abort(404)
    if not variant and kind.demuxer:
        file = db.session.get(File, digest)
        if file is None or file.state is FileState.FAILED:
            abort(404)
    answer = _answer(key, size, kind.mimetype)
    answer.headers["Cache-Control"] = FOREVER
    if kind.group is Group.DOCUMENT:
        answer.headers["Content-Disposition"] = "inline"
    return answer


def _instead(digest: str) -> ResponseReturnValue:
    file = db.session.get(File, digest)
    if file is None or file.state is FileState.FAILED:
        abort(404)
    answer = redirect(file.address)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def attached(file: File) -> Response:
    """Answer with a file to be saved, which no cache keeps."""
    key = key_of(file.digest)
    size = store().size(key)
    if size is None:
        abort(404)
    answer = _answer(key, size, KINDS[file.suffix].mimetype)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{file.digest[:12]}.{file.suffix}")
    return answer


def _answer(key: str, size: int, mimetype: str) -> Response:
    """Answer with the bytes under a key, or the one range of them that was asked for."""
    start, end, status = 0, size, 200
    if request.range is not None and size and len(request.range.ranges) == 1:
        wanted = request.range.range_for_length(size)
        if wanted is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        (start, end), status = wanted, 206
    answer = Response(store().get(key, start, end if status == 206 else None), status, mimetype=mimetype)
    answer.headers["Content-Length"] = str(end - start)
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Content-Security-Policy"] = DOCUMENT if mimetype == KINDS["pdf"].mimetype else ALONE
    if status == 206:
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return answer
