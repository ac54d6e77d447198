"""The library: files by content, told apart by what they are and not by what they are called."""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lms.api import Actor, ContentError, NotFound, Refused, Shown, db, enqueue, gettext, upsert, utcnow
from media.cleaning import films, pictures
from media.cleaning.captions import clean_captions
from media.cleaning.drawings import clean_drawing
from media.cleaning.kinds import HEAD, KINDS, Group, Kind, check_size, clean_name, kind_of, most_bytes
from media.cleaning.papers import clean_paper
from media.cleaning.pictures import Cleaned, clean_picture
from media.models import Caption, Description, File, FileState, Licence, Rendition, Sharing
from media.storage import store

DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}(\.[0-9a-z]+){0,2}")
ADDRESS = re.compile(r"/media/([0-9a-f]{64})(?:-([0-9a-z]+))?\.([0-9a-z]+)")
OFFLINE_WIDTH = 800
# Licences that ask to name the author, with what follows the name; in a picture's caption, whatever the language of the text.
CREDITS = {Licence.CC_BY: ", CC BY", Licence.CC_BY_SA: ", CC BY-SA", Licence.PERMISSION: ""}
_CLEANING: dict[str, Callable[[bytes, Kind], Cleaned]] = {"svg": clean_drawing, "pdf": clean_paper, "vtt": clean_captions}
_SIZES = "(min-width: 45rem) 42rem, 100vw"
# Of the copies that play or show; the still picture of a film is none.
_LIGHTEST = (
    sa.select(sa.func.min(Rendition.size))
    .where(Rendition.digest == File.digest, Rendition.name.not_like("poster%"))
    .correlate(File)
    .scalar_subquery()
    .label("lightest")
)


class Library:
    """Keeps files in a store. Implements the kernel's FileStore."""

    def save(self, data: bytes, name: str, *, owner_id: object) -> str:
        """Keep the bytes and return their address. Raises ContentError for what is too large, damaged, harmful, or not on the list."""
        return keep(data, name, owner_id=owner_id).address

    def load(self, address: str) -> bytes:
        """Return the bytes behind an address. Raises NotFound."""
        found = ADDRESS.fullmatch(address)
        if not found:
            raise NotFound(f"no file {address}")
        return b"".join(store().get(key_of(found[1], f"{found[2]}.{found[3]}" if found[2] else "")))

    def has(self, digest: str) -> bool:
        """Tell whether a file with this digest is here."""
        return bool(DIGEST.fullmatch(digest)) and store().size(key_of(digest)) is not None

    def shown(self, addresses: Iterable[str]) -> dict[str, Shown]:
        """Return {address: how a page shows it} for files that are known; one statement however many they are."""
        wanted = {found[1]: found[0] for found in map(ADDRESS.fullmatch, set(addresses)) if found}
        if not wanted:
            return {}
        rows = db.session.execute(
            sa.select(
                File,
                Caption.language,
                Caption.words_digest,
                _LIGHTEST,
                _credited(Description.source).label("source"),
                _credited(sa.cast(Description.licence, sa.String)).label("licence"),
            )
            .outerjoin(Caption, Caption.digest == File.digest)
            .where(File.digest.in_(wanted))
            .order_by(File.digest, Caption.language)
        ).all()
        captions: dict[str, list[tuple[str, str]]] = {}
        for row in rows:
            captions.setdefault(row.File.digest, [])
            if row.language:
                captions[row.File.digest].append((row.language, f"/media/{row.words_digest}.vtt"))
        return {wanted[row.File.digest]: _shown(row, tuple(captions[row.File.digest])) for row in rows}

    def everything(self) -> Iterator[tuple[str, int]]:
        """Yield (name, size in bytes) of every file and rendition."""
        return ((stored.key, stored.size) for stored in store().list() if _KEY.fullmatch(stored.key))

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of one of `everything`. Raises NotFound."""
        return store().get(name)

    def put(self, name: str, data: Iterable[bytes]) -> None:
        """Keep bytes under a name, when a backup is brought back. Raises NotFound for a name that `everything` cannot have given."""
        if not _KEY.fullmatch(name):
            raise NotFound(f"no place for {name}")
        with tempfile.NamedTemporaryFile(prefix="peduli-") as draft:
            draft.writelines(data)
            draft.flush()
            store().put(name, Path(draft.name))

    def weights(self, addresses: Iterable[str]) -> dict[str, int]:
        """Return {address: bytes that a phone fetches to show it}; one statement however many they are."""
        wanted = {found[1]: found[0] for found in map(ADDRESS.fullmatch, set(addresses)) if found}
        rows = db.session.execute(
            sa.select(File.digest, File.suffix, File.size, File.wanted, Rendition.name, Rendition.size.label("bytes"))
            .outerjoin(Rendition, Rendition.digest == File.digest)
            .where(File.digest.in_(wanted))
        ).all()
        made: dict[str, dict[str, int]] = {}
        for row in rows:
            made.setdefault(row.digest, {})[row.name] = row.bytes
        return {wanted[row.digest]: _weight(row.suffix, row.size, row.wanted, made[row.digest]) for row in rows}


def _weight(suffix: str, size: int, wanted: Iterable[str], made: Mapping[str, int]) -> int:
    """Return what a phone fetches of a file: the copy for its width if there is one, nothing of a film."""
    if KINDS[suffix].demuxer:
        return 0
    return made.get(offline_name(wanted) or "", size)


def _credited(column: sa.SQLColumnExpression[str]) -> sa.ScalarSelect[str]:
    """Return what the first who named an author under a licence that asks for it has said of a file."""
    asks = sa.and_(Description.digest == File.digest, Description.licence.in_(CREDITS), Description.source != "")
    first = sa.select(column).where(asks).order_by(Description.created_at, Description.id).limit(1)
    return first.correlate(File).scalar_subquery()


def _shown(row: Any, captions: tuple[tuple[str, str], ...]) -> Shown:
    """Return how a page shows a file."""
    file = row.File
    digest, suffix, width, height, wanted = file.digest, file.suffix, file.width, file.height, file.wanted
    size, seconds = row.lightest or file.size, file.seconds
    credit = f"© {row.source}{CREDITS[row.licence]}" if row.source else ""
    group, plain = KINDS[suffix].group, f"/media/{digest}.{suffix}"
    if group is Group.PICTURE:
        fallback = [name for name in wanted if not name.endswith((".webp", ".avif"))]
        sets = ((f"image/{kind}", _srcset(digest, kind, wanted)) for kind in ("avif", "webp"))
        sources = tuple((mimetype, addresses, _SIZES) for mimetype, addresses in sets if addresses)
        shown = rendition_address(digest, fallback[0]) if fallback else plain
        return Shown("picture", shown, width, height, sources, size=size, credit=credit)
    poster = rendition_address(digest, "poster.webp") if "poster.webp" in wanted else ""
    parts = tuple((KINDS[name.partition(".")[2]].mimetype, rendition_address(digest, name), "") for name in wanted if name[0].isdigit())
    sound = group is Group.AUDIO
    types = tuple((kind.replace("video/", "audio/") if sound else kind, address, size) for kind, address, size in parts)
    return Shown(group.value, plain, width, height, types, poster, captions, size, seconds, credit)


def _srcset(digest: str, kind: str, wanted: Iterable[str]) -> str:
    names = [name for name in wanted if name.endswith(f".{kind}")]
    return ", ".join(f"{rendition_address(digest, name)} {name.partition('.')[0]}w" for name in names)


def rendition_address(digest: str, name: str) -> str:
    """Return the address of a rendition, `/media/…-800.webp`."""
    return f"/media/{digest}-{name}"


def key_of(digest: str, rendition: str = "") -> str:
    """Return the key of a file in the store, or of one of its renditions."""
    return f"{digest[:2]}/{digest}{'.' if rendition else ''}{rendition}"


# -- what comes in ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    """A file that is cleaned and lies in the store, and that no row knows yet."""

    digest: str
    size: int
    name: str
    cleaned: Cleaned


def keep(source: bytes | Path, name: str, *, owner_id: object) -> File:
    """Keep bytes, or a file, after cleaning; the same bytes are kept once. Returns the row, in which `address` is where it is served.

    Raises ContentError for what is too large, damaged, harmful, or not on the list.
    """
    return enter(make_ready(source, name), owner_id=owner_id)


def make_ready(source: bytes | Path, name: str) -> Ready:
    """Clean a file and put it into the store. Asks nothing of the database: nobody waits for a lock meanwhile. Raises as keep does."""
    size, head = (len(source), source[:HEAD]) if isinstance(source, bytes) else (source.stat().st_size, _head(source))
    kind = kind_of(head)
    check_size(kind, size)
    content: bytes | Path
    if kind.demuxer:
        cleaned, content = Cleaned(b"", kind, renditions=films.RENDITIONS[kind.group]), source
        digest = _digest_of(source)
    else:
        data = source if isinstance(source, bytes) else source.read_bytes()
        cleaned = _CLEANING.get(kind.suffix, clean_picture)(data, kind)
        content, size, digest = cleaned.data, len(cleaned.data), hashlib.sha256(cleaned.data).hexdigest()
    store().put(
        key_of(digest), content
    )  # also when they lie there: bytes without a row may be on their way out, and new ones are too young for that
    return Ready(digest, size, clean_name(name), cleaned)


def enter(ready: Ready, *, owner_id: object) -> File:
    """Write the rows of a file that lies in the store: what it is, and for a person their own words about it."""
    digest, cleaned = ready.digest, ready.cleaned
    values = {
        "suffix": cleaned.kind.suffix,
        "name": ready.name,
        "size": ready.size,
        "owner_id": owner_id,
        "width": cleaned.width,
        "height": cleaned.height,
        "wanted": list(cleaned.renditions),
        "state": FileState.WAITING if cleaned.renditions else FileState.READY,
        "created_at": utcnow(),
    }
    statement = upsert(File).values(digest=digest, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["digest"], set_={"unused_since": None}))
    if owner_id is not None:
        words = upsert(Description).values(
            id=uuid.uuid4(), digest=digest, owner_id=owner_id, name=ready.name, sharing=Sharing.UNIT, alternative={}, created_at=utcnow()
        )
        db.session.execute(words.on_conflict_do_nothing(index_elements=["digest", "owner_id"]))
    if cleaned.renditions:
        enqueue("media:render", key=f"media/{digest}", digest=digest)
    return db.session.get_one(File, digest, populate_existing=True)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _digest_of(source: bytes | Path) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def most_upload() -> int:
    """Return the bytes of the largest file that any kind may have."""
    return max(most_bytes(group) for group in Group)


# -- renditions -------------------------------------------------------------------------------------------------------------------------


def rendition(digest: str, name: str) -> bytes:
    """Return a rendition of a picture, made now if no worker has made it yet. Raises NotFound when the picture has no such."""
    file = db.session.get(File, digest)
    if file is None or name not in file.wanted or KINDS[file.suffix].group is not Group.PICTURE:
        raise NotFound(f"no rendition {name}")
    with contextlib.suppress(NotFound):
        return b"".join(store().get(key_of(digest, name)))
    return pictures.draw(b"".join(store().get(key_of(digest))), name)


def offline_name(wanted: Iterable[str]) -> str | None:
    """Return the rendition that packs take: the WebP of 800 pixels, or of the whole width of a smaller picture."""
    widths = sorted(int(name.partition(".")[0]) for name in wanted if name.endswith(".webp") and name[0].isdigit())
    fitting = [width for width in widths if width <= OFFLINE_WIDTH]
    return f"{fitting[-1]}.webp" if fitting else None


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done for a file: its kind and the renditions that are missing."""

    digest: str
    kind: Kind
    missing: tuple[str, ...]


def work_on(digest: str) -> Work | None:
    """Return what is to be done for a file; None for one that is gone."""
    file = db.session.get(File, digest)
    if file is None:
        return None
    made = set(db.session.scalars(sa.select(Rendition.name).where(Rendition.digest == digest)))
    return Work(digest, KINDS[file.suffix], tuple(name for name in file.wanted if name not in made))


def carry_out(work: Work) -> dict[str, Any]:
    """Make what is missing and return what `note` takes. Asks nothing of the database: it may take an hour."""
    if work.kind.demuxer and films.program() is None:
        return {"state": FileState.KEPT}
    try:
        return {"state": FileState.READY, **(_films(work) if work.kind.demuxer else _pictures(work))}
    except ContentError:
        return {"state": FileState.FAILED}


def note(digest: str, *, sizes: Mapping[str, int] | None = None, **values: Any) -> None:
    """Keep what has come of the work on a file; a file that is gone meanwhile is passed over."""
    file = db.session.get(File, digest, populate_existing=True)
    if file is None:
        return
    for name, value in values.items():
        setattr(file, name, value)
    for name, size in (sizes or {}).items():
        db.session.execute(upsert(Rendition).values(digest=digest, name=name, size=size).on_conflict_do_nothing())
    db.session.flush()


def _pictures(work: Work) -> dict[str, Any]:
    data, sizes = b"".join(store().get(key_of(work.digest))), {}
    for name in work.missing:
        drawn = pictures.draw(data, name)
        store().put(key_of(work.digest, name), drawn)
        sizes[name] = len(drawn)
    return {"sizes": sizes}


def _films(work: Work) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="media-") as folder:
        path, sizes = Path(folder) / "in", {}
        with path.open("wb") as original:
            original.writelines(store().get(key_of(work.digest)))
        seconds, width, height = films.measure(path, work.kind)
        for name in work.missing:
            out = Path(folder) / name
            films.make(path, work.kind, name, out, seconds)
            store().put(key_of(work.digest, name), out)
            sizes[name] = out.stat().st_size
    return {"sizes": sizes, "seconds": seconds, "width": width, "height": height}


# -- captions ---------------------------------------------------------------------------------------------------------------------------


def caption(*, actor: Actor, file: File, language: str, data: bytes, name: str) -> None:
    """Give a film or sound captions in a language, in place of those it has. Raises ContentError, and Refused for a file that has no sound."""
    if not KINDS[file.suffix].demuxer:
        raise Refused(gettext("Only films and sound have captions."))
    kind = kind_of(data[:HEAD])
    if kind.group is not Group.CAPTIONS:
        raise ContentError(gettext("Captions are a WebVTT file: the first line says WEBVTT."))
    words = keep(data, name, owner_id=actor.id)
    statement = upsert(Caption).values(digest=file.digest, language=language, words_digest=words.digest)
    db.session.execute(statement.on_conflict_do_update(index_elements=["digest", "language"], set_={"words_digest": words.digest}))
