"""Captions (WebVTT): words at times, and nothing else."""

from __future__ import annotations

import html
import re

from lms.api import ContentError, gettext
from media.cleaning.kinds import Kind
from media.cleaning.pictures import Cleaned

MOST_BYTES = 1024 * 1024
_TIME = r"(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}"
_CUE = re.compile(rf"({_TIME})[ \t]+-->[ \t]+({_TIME})(?:[ \t][^\n]*)?")


def clean_captions(data: bytes, kind: Kind) -> Cleaned:
    """Return captions with their times and plain words. Raises ContentError for what is no WebVTT, or has no words."""
    if len(data) > MOST_BYTES:
        raise ContentError(gettext("The captions are larger than 1 MB."))
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise ContentError(gettext("Save the captions as UTF-8 text.")) from error
    cues = []
    for block in re.split(r"\n{2,}", text)[1:]:
        lines = block.strip("\n").split("\n")
        at = next((number for number, line in enumerate(lines[:2]) if "-->" in line), None)
        if at is None:  # a note, a style or a region
            continue
        times = _CUE.fullmatch(lines[at].strip())
        if times is None:
            raise ContentError(gettext("The captions have a time that cannot be read: %(line)s", line=lines[at][:60]))
        words = "\n".join(filter(None, (_plain(line) for line in lines[at + 1 :])))
        if words:
            cues.append(f"{times[1]} --> {times[2]}\n{words}")
    if not cues:
        raise ContentError(gettext("The captions hold no words."))
    return Cleaned(("WEBVTT\n\n" + "\n\n".join(cues) + "\n").encode(), kind)


def _plain(line: str) -> str:
    """Return the words of a line; markup is taken out, arrows and angles are written so that they stay words."""
    words = html.unescape(re.sub(r"<[^>]*>", "", line)).replace("\0", "")
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").strip()
