"""A module as a zip of its folder: out for safekeeping and colleagues, in through the same reader and importer as the command line.

What comes in is distrusted: names that point elsewhere, links, far too much in a small file, texts that would grow while they are read.
"""

from __future__ import annotations

import datetime as dt
import io
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import yaml

from courses.base import CREATE
from courses.folder import services as folders
from courses.folder.reader import HEADER, RESERVED_ACTIVITIES, RESERVED_MODULES, ModuleText, read_folder
from courses.reviews.state import approval_needed
from courses.studio import queries
from lms.api import Actor, ContentError, Module, Revision, db, gettext

MOST_PACKED = 10 * 1024 * 1024
MOST_UNPACKED = 30 * 1024 * 1024
MOST_FILES = 400
MOST_TEXT = 1024 * 1024
MOST_PICTURE = 2 * 1024 * 1024
MOST_DEPTH = 30
MOST_CODE = 12
CHUNK = 64 * 1024
LEFT_BY_SYSTEMS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
LANGUAGES = ("id", "en")
UNREADABLE = (TypeError, ValueError, KeyError, AttributeError, AssertionError)


def zip_of(module: Module) -> bytes:
    """Return the draft as a zip of its folder; the same draft gives the same bytes."""
    files, figures = folders.module_files(module)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**{name: text.encode() for name, text in files.items()}, **figures}.items():
            archive.writestr(zipfile.ZipInfo(f"{module.key}/{name}"), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def import_zip(*, actor: Actor, file: IO[bytes], replace: bool, note: str) -> tuple[tuple[Module, Revision] | None, list[ContentError]]:
    """Make a module of a zip, or update one that the actor may write, and publish it.

    Returns (module and revision, what is wrong): with problems, nothing was changed.
    """
    with tempfile.TemporaryDirectory(prefix="peduli-import-") as scratch:
        place = Path(scratch).resolve()
        home, text, problems = read_zip(file, place)
        if text is not None:
            problems += _not_ours(actor, text, replace=replace)
            problems += unfit(text)
        if problems or text is None:
            return None, [relative(problem, home) for problem in problems]
        try:
            with db.session.begin_nested():
                done = folders.import_module(actor_id=actor.id, text=text, note=note)
        except ContentError as error:
            return None, [relative(error, home)]
        return done, []


def read_zip(file: IO[bytes], place: Path) -> tuple[Path, ModuleText | None, list[ContentError]]:
    """Read the module that a zip holds, below `place`. Returns its folder, the module, and what is wrong with it."""
    try:
        home = unpack(file, place)
    except ContentError as error:
        return place, None, [error]
    problems = list(_growing(home))
    return (home, None, problems) if problems else (home, *_read_folder(home, place))


def _read_folder(home: Path, place: Path) -> tuple[ModuleText | None, list[ContentError]]:
    """Read a folder. A value of a shape that the reader cannot even take apart is a problem of its file too, found by reading each alone."""
    try:
        return read_folder(home)
    except UNREADABLE:
        alone = place / ".alone"
        problems = []
        for path in sorted(path for path in home.iterdir() if path.suffix in {".md", ".yaml"} and path.is_file()):
            shutil.rmtree(alone, ignore_errors=True)
            alone.mkdir()
            shutil.copy(home / "module.yaml", alone)
            shutil.copy(path, alone)
            try:
                read_folder(alone)
            except UNREADABLE:
                sentence = gettext("A value here has another shape than expected, for instance a number in place of a list.")
                problems.append(ContentError(sentence, file=path))
        return None, problems


def unpack(file: IO[bytes], place: Path) -> Path:
    """Write what a zip holds below `place` and return the folder with module.yaml in it. Raises ContentError for what is not acceptable."""
    file.seek(0, io.SEEK_END)
    if file.tell() > MOST_PACKED:
        raise ContentError(gettext("The zip is larger than 10 MB."))
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            _unpack(archive, place)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ContentError(gettext("This file is no zip, or it is damaged or locked with a password.")) from error
    tops = [path for path in place.iterdir() if path.is_dir() or path.name == "module.yaml"]
    if place / "module.yaml" in tops:
        return place
    homes = [path for path in tops if (path / "module.yaml").is_file()]
    if len(homes) != 1:
        raise ContentError(gettext("There is no module.yaml in this zip, or there are several. Pack one module’s folder."))
    return homes[0]


def _unpack(archive: zipfile.ZipFile, place: Path) -> None:
    wanted = [info for info in archive.infolist() if not info.is_dir() and not _left_by_a_system(info.filename)]
    if len(wanted) > MOST_FILES:
        raise ContentError(gettext("The zip holds more than %(count)s files.", count=MOST_FILES))
    left = MOST_UNPACKED
    seen: set[str] = set()
    for info in wanted:
        target = place / _safe(info)
        if info.filename.lower() in seen:
            raise ContentError(gettext("This name stands twice in the zip."), file=info.filename)
        seen.add(info.filename.lower())
        most = MOST_TEXT if target.suffix in {".md", ".yaml"} else MOST_PICTURE
        data = _read(archive, info, min(most, left))
        left -= len(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _left_by_a_system(name: str) -> bool:
    return name.startswith(LEFT_BY_SYSTEMS[0]) or PurePosixPath(name).name in LEFT_BY_SYSTEMS[1:]


def _safe(info: zipfile.ZipInfo) -> PurePosixPath:
    """Return the path of a file in the zip. Raises ContentError for one that would lead out of the folder, or is no plain file."""
    path = PurePosixPath(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    outside = path.is_absolute() or ".." in path.parts or any(letter in info.filename for letter in "\\:\0")
    if outside or (kind and not stat.S_ISREG(kind)):
        raise ContentError(gettext("This name leads out of the folder, or is no plain file."), file=info.filename)
    return path


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """Read a file of the zip, but no more than allowed, whatever its header promises."""
    data = bytearray()
    with archive.open(info) as packed:
        while chunk := packed.read(CHUNK):
            data += chunk
            if len(data) > most:
                raise ContentError(gettext("This file, or the zip as a whole, is larger than allowed."), file=info.filename)
    return bytes(data)


def _growing(home: Path) -> Iterator[ContentError]:
    """Look for YAML that is small and becomes huge: references that repeat other parts, and nesting without end."""
    for path in sorted(home.glob("*")):
        if path.suffix not in {".yaml", ".md"} or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        if "\0" in text:
            yield ContentError(gettext("This file holds characters that are no text."), file=path)
            continue
        header = HEADER.match(text) if path.suffix == ".md" else None
        yield from _references(header[1] if header else text if path.suffix == ".yaml" else "", path)


def _references(text: str, path: Path) -> Iterator[ContentError]:
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                yield ContentError(gettext("References (*name) are not used here; write the text out."), file=path, line=_line(event))
                return
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MOST_DEPTH:
                yield ContentError(gettext("This is nested too deeply."), file=path, line=_line(event))
                return
    except yaml.YAMLError:
        return  # the reader says what is wrong, with its line


def _line(event: yaml.Event) -> int | None:
    return event.start_mark.line + 1 if event.start_mark else None


def _not_ours(actor: Actor, text: ModuleText, *, replace: bool) -> Iterator[ContentError]:
    """Say what this person may not bring in."""
    home = text.folder / "module.yaml"
    module = queries.module_by_key(text.key)
    if module is None and not actor.may(CREATE):
        yield ContentError(gettext("You may not begin new modules."), file=home)
    elif module is not None and not queries.may_write(actor, module.id):
        yield ContentError(gettext("The key “%(key)s” belongs to a module that is not yours. Choose another key.", key=text.key), file=home)
    elif module is not None and not replace:
        sentence = gettext(
            "You have a module with the key “%(key)s” already. Tick the box below if this zip shall replace its draft.", key=text.key
        )
        yield ContentError(sentence, file=home)
    elif module is not None and approval_needed(module.id):
        yield ContentError(gettext("This module is published only after an approval, and a zip is published at once."), file=home)


def unfit(text: ModuleText) -> Iterator[ContentError]:
    """Say what a folder may hold but this site cannot take."""
    home = text.folder / "module.yaml"
    if text.key in RESERVED_MODULES:
        yield ContentError(gettext("The key “%(key)s” is taken by a page of the studio.", key=text.key), file=home)
    if len(text.code) > MOST_CODE:
        yield ContentError(gettext("The short code has at most 12 characters."), file=home)
    if text.about["language"] not in LANGUAGES:
        yield ContentError(gettext("The language is id or en."), file=home)
    if text.about["checked_on"] is not None and not _is_date(text.about["checked_on"]):
        yield ContentError(gettext("checked_on is a date like 2026-11-21."), file=home)
    for activity in text.activities:
        if activity.key in RESERVED_ACTIVITIES:
            yield ContentError(gettext("The key “%(key)s” is taken by a page of the studio.", key=activity.key), file=activity.file)


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def relative(problem: ContentError, home: Path) -> ContentError:
    """Return a problem with its file named as it is in the module's folder."""
    path = Path(problem.file) if problem.file else None
    if path is not None and path.is_absolute() and path.is_relative_to(home):
        name = path.relative_to(home).as_posix()
        return ContentError(problem.message, file=name if name != "." else None, line=problem.line)
    return problem
