"""ZIP files of questions: read with distrust, written so that equal contents give equal bytes.

What comes in may be made to harm: names that lead elsewhere, links, a great deal of data in a small file, locked or doubled entries. Such
a file is refused as a whole, before anything of it is unpacked. Archives inside an archive are never opened.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from lms.api import Refused, ngettext
from lms.api import gettext as __

MOST_FILES = 12_000
MOST_UNPACKED = 100 * 1024 * 1024  # bytes of all files together
MOST_READ = 3 * MOST_UNPACKED  # bytes that are unpacked in all, whatever is asked for again and again
MOST_RATIO = 200  # times that a file may grow, beyond MOST_FREE
MOST_FREE = 1024 * 1024  # bytes; smaller files may be as regular as they like
ENTRY = b"PK\x01\x02"  # begins what a ZIP says about one file
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, IndexError)
LOCKED = 0x1  # flag of an encrypted file
FIRST_DAY = (1980, 1, 1, 0, 0, 0)


class Archive:
    """A ZIP whose table of contents was found harmless. `archive["items/a.xml"]` unpacks one file."""

    def __init__(self, data: bytes) -> None:
        """Look at the table of contents. Raises Refused for what is damaged or made to harm."""
        if data.count(ENTRY) > MOST_FILES:  # before a million entries are read
            raise Refused(_too_many())
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except DAMAGE as error:
            raise Refused(_damaged()) from error
        self._left = MOST_READ
        self._entries = _looked_through([info for info in self._zip.infolist() if not info.is_dir()])

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> bytes:
        """Return the content of a file. Raises KeyError for a name that is not there, Refused when it is damaged."""
        info = self._entries[name]
        self._left -= info.file_size
        if self._left < 0:
            raise Refused(__("The ZIP file names the same large files again and again. It is not read."))
        try:
            with self._zip.open(info) as file:
                content = file.read(info.file_size + 1)
        except DAMAGE as error:
            raise Refused(_damaged()) from error
        if len(content) != info.file_size:
            raise Refused(_damaged())
        return content

    def names(self) -> list[str]:
        """Return the names of all files in their order."""
        return list(self._entries)

    def size(self, name: str) -> int:
        """Return how many bytes a file has, unpacked."""
        return self._entries[name].file_size


def is_archive(data: bytes) -> bool:
    """Tell whether a file begins like a ZIP."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP with files in their order, all of the same moment."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, FIRST_DAY)
            info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _looked_through(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MOST_FILES:
        raise Refused(_too_many())
    if sum(info.file_size for info in infos) > MOST_UNPACKED:
        most = MOST_UNPACKED // 1024 // 1024
        raise Refused(__("The ZIP file holds more than %(num)s MB. Split it.", num=most))
    entries: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for info in infos:
        _refuse_harmful(info)
        if info.filename.casefold() in seen:
            raise Refused(__("The name “%(name)s” stands twice in the ZIP file. Pack it anew.", name=info.filename))
        seen.add(info.filename.casefold())
        entries[info.filename] = info
    return entries


def _refuse_harmful(info: zipfile.ZipInfo) -> None:
    name = info.filename
    parts = PurePosixPath(name).parts
    if not name or name != info.orig_filename or name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
        raise Refused(__("The ZIP file holds a name that leads outside of it: “%(name)s”. It is not read.", name=name))
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refused(__("The ZIP file holds a link: “%(name)s”. Pack the file itself.", name=name))
    if info.flag_bits & LOCKED:
        raise Refused(__("The ZIP file is locked with a password. Pack it without one."))
    if info.compress_type not in METHODS:
        raise Refused(__("The ZIP file is packed in an unusual way. Pack it as an ordinary ZIP file."))
    if info.file_size > MOST_FREE and info.file_size > MOST_RATIO * max(info.compress_size, 1):
        raise Refused(__("“%(name)s” in the ZIP file would grow far too much. It is not read.", name=name))


def _too_many() -> str:
    return ngettext(
        "The ZIP file holds more than %(num)s file. Split it.", "The ZIP file holds more than %(num)s files. Split it.", MOST_FILES
    )


def _damaged() -> str:
    return __("The ZIP file is damaged. Pack it anew.")
