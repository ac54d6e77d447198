"""The library: files by content, told apart by what they are and not by what they are called."""

from __future__ import annotations

import hashlib
import re
import uuid
from pathlib import Path
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from flask import current_app

from lms.api import ContentError, NotFound, db, gettext, upsert, utcnow
from media.models import File

MOST_BYTES = 2 * 1024 * 1024
DIGEST = re.compile(r"[0-9a-f]{64}")
SUFFIXES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
    "pdf": "application/pdf",
}
_MAGIC = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"), (b"%PDF-", "pdf"))
_SVG_REFUSED = frozenset({"script", "foreignObject", "iframe", "object", "embed", "animate", "set", "handler", "listener"})


class Library:
    """Keeps files in LMS_DATA/media. Implements the kernel's FileStore."""

    def save(self, data: bytes, name: str, *, owner_id: object) -> str:
        """Keep the bytes and return their address. Raises ContentError for what is too large, or no picture or document."""
        if len(data) > MOST_BYTES:
            raise ContentError(gettext("The file is larger than 2 MB."))
        suffix = kind_of(data)
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{uuid.uuid4().hex}")
            draft.write_bytes(data)
            draft.rename(path)
        values: dict[str, Any] = {
            "suffix": suffix,
            "name": Path(name).name[:200],
            "size": len(data),
            "owner_id": owner_id,
            "created_at": utcnow(),
        }
        db.session.execute(upsert(File).values(digest=digest, **values).on_conflict_do_nothing())
        return f"/media/{digest}.{suffix}"

    def load(self, address: str) -> bytes:
        """Return the bytes behind an address. Raises NotFound."""
        digest = address.rpartition("/")[2].partition(".")[0]
        if not self.has(digest):
            raise NotFound(f"no file {address}")
        return self._path(digest).read_bytes()

    def has(self, digest: str) -> bool:
        """Tell whether a file with this digest is here."""
        return bool(DIGEST.fullmatch(digest)) and self._path(digest).is_file()

    def _path(self, digest: str) -> Path:
        return Path(current_app.config["LMS_DATA"]) / "media" / digest[:2] / digest


def kind_of(data: bytes) -> str:
    """Return the kind of a file by its first bytes. Raises ContentError for anything that is not on the list."""
    for magic, suffix in _MAGIC:
        if data.startswith(magic):
            return suffix
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:12] in {b"ftypavif", b"ftypavis"}:
        return "avif"
    if b"<svg" in data[:1000]:
        _check_svg(data)
        return "svg"
    raise ContentError(gettext("This is no picture (SVG, PNG, JPEG, WebP, AVIF, GIF) and no PDF."))


def _check_svg(data: bytes) -> None:
    """Refuse drawings that could act or fetch: scripts, handlers, references to elsewhere, entity tricks."""
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ContentError(gettext("The drawing (SVG) is not well-formed.")) from error
    for element in root.iter():
        tag = str(element.tag).rpartition("}")[2]
        if tag in _SVG_REFUSED or (tag == "style" and re.search(r"@import|url\(|expression", element.text or "", re.IGNORECASE)):
            raise ContentError(gettext("The drawing (SVG) holds something that could act: %(tag)s.", tag=tag))
        for name, value in element.attrib.items():
            plain = name.rpartition("}")[2].lower()
            if plain.startswith("on") or (plain == "href" and not value.startswith("#")) or "javascript:" in value.lower():
                raise ContentError(gettext("The drawing (SVG) holds something that could act: %(tag)s.", tag=plain))
            if "url(" in value.lower() and not re.fullmatch(r"\s*url\(#[\w-]+\)\s*", value):
                raise ContentError(gettext("The drawing (SVG) refers to something outside."))
