"""Kinds of files: the one list of what is taken, and telling them apart by their first bytes. Names and endings are never believed."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from flask import current_app

from lms.api import ContentError, gettext

HEAD = 4096  # bytes by which a kind is told
MEGABYTE = 1024 * 1024
MOST_NAME = 120


class Group(enum.StrEnum):
    """What people call it; the limit of size and the page go by it."""

    PICTURE = "picture"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"
    CAPTIONS = "captions"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its ending, its media type, its group, and for films the one demuxer that may read it."""

    suffix: str
    mimetype: str
    group: Group
    demuxer: str = ""


KINDS = {
    kind.suffix: kind
    for kind in (
        Kind("svg", "image/svg+xml", Group.PICTURE),
        Kind("png", "image/png", Group.PICTURE),
        Kind("jpg", "image/jpeg", Group.PICTURE),
        Kind("webp", "image/webp", Group.PICTURE),
        Kind("avif", "image/avif", Group.PICTURE),
        Kind("gif", "image/gif", Group.PICTURE),
        Kind("pdf", "application/pdf", Group.DOCUMENT),
        Kind("mp3", "audio/mpeg", Group.AUDIO, "mp3"),
        Kind("wav", "audio/wav", Group.AUDIO, "wav"),
        Kind("ogg", "audio/ogg", Group.AUDIO, "ogg"),
        Kind("m4a", "audio/mp4", Group.AUDIO, "mov"),
        Kind("mp4", "video/mp4", Group.VIDEO, "mov"),
        Kind("webm", "video/webm", Group.VIDEO, "matroska"),
        Kind("vtt", "text/vtt", Group.CAPTIONS),
    )
}
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"\x1a\x45\xdf\xa3", "webm"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
)
_RIFF = {b"WEBP": "webp", b"WAVE": "wav"}
_BRANDS = {b"avif": "avif", b"avis": "avif", b"M4A ": "m4a", b"M4B ": "m4a"}
_FILMS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"dash", b"3gp4", b"3gp5"})
_SETTINGS = {Group.PICTURE: "IMAGE", Group.DOCUMENT: "DOCUMENT", Group.AUDIO: "FILM", Group.VIDEO: "FILM", Group.CAPTIONS: "IMAGE"}


def kind_of(head: bytes) -> Kind:
    """Return the kind of a file by its first bytes (up to HEAD of them). Raises ContentError for anything that is not on the list."""
    if not head:
        raise ContentError(gettext("The file is empty."))
    for magic, suffix in _MAGIC:
        if head.startswith(magic):
            return KINDS[suffix]
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return KINDS[_RIFF[head[8:12]]]
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _BRANDS:
            return KINDS[_BRANDS[brand]]
        if brand in _FILMS:
            return KINDS["mp4"]
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == 0xE2:  # MPEG audio, layer III, without a tag before it
        return KINDS["mp3"]
    text = head.removeprefix(b"\xef\xbb\xbf")
    if re.match(rb"WEBVTT[ \t\r\n]", text + b"\n"):
        return KINDS["vtt"]
    if re.match(rb"\s*<(\?xml|!DOCTYPE svg|!--|svg[\s>])", text) and b"<svg" in head:
        return KINDS["svg"]
    raise ContentError(
        gettext(
            "This is no picture (SVG, PNG, JPEG, WebP, AVIF, GIF), no PDF, no sound or film (MP3, M4A, OGG, WAV, MP4, WebM) and no captions "
            "(WebVTT). What counts is what is in the file, not its name."
        )
    )


def most_bytes(group: Group) -> int:
    """Return how large a file of a group may be, in bytes."""
    return int(current_app.config[f"LMS_MEDIA_{_SETTINGS[group]}_MB"]) * MEGABYTE


def check_size(kind: Kind, size: int) -> None:
    """Raise ContentError when a file of this kind is too large."""
    limit = most_bytes(kind.group)
    if size > limit:
        raise ContentError(gettext("The file is larger than %(size)s MB.", size=limit // MEGABYTE))


def clean_name(name: str) -> str:
    """Return a name that can stand in a list and in a download: no path, no control or direction marks, no more than 120 letters."""
    last = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name
    plain = "".join(letter for letter in unicodedata.normalize("NFC", last) if unicodedata.category(letter)[0] != "C")
    plain = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*]', "", plain)).strip(" .")
    if len(plain) > MOST_NAME:
        stem, dot, suffix = plain.rpartition(".")
        ending = f"{dot}{suffix}" if stem and len(suffix) <= 8 else ""
        plain = plain[: MOST_NAME - len(ending)] + ending
    return plain or gettext("no name")
