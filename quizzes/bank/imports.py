"""Importing questions in two steps: read a file and report, then keep what was chosen. Between the two nothing is in the bank.

A line of an import is plain data: `line` (in the file, or None), `status` (ok, warning, error), `messages`, `source` (an excerpt), `item`
(as an author writes it, or None), `fate` (what keeping it does: new, version, details, same), and `take`.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, selectinload

from lms.api import Actor, ContentError, FileStore, Module, NotFound, Refused, audit, db, file_store, touch, utcnow
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.bank.models import Import
from quizzes.exchange.base import FORMATS, PICTURE, placeholder, sniff
from quizzes.items.models import BankItem, ItemVersion, VersionState
from quizzes.items.services import author_row, load_row, store_items

LIFE = dt.timedelta(hours=24)
FOLDER = "figures/"  # where the pictures of a module are
FATES = {
    "new": _("new"),
    "version": _("new version"),
    "details": _("other title, category, tags or points"),
    "same": _("in the bank already"),
}

Line = dict[str, Any]


def read_file(*, actor: Actor, module: Module, data: bytes, name: str, format_key: str = "") -> Import:
    """Read a file and keep what was found for a day. Raises Refused for a file that cannot be read as a whole."""
    if format_key and format_key not in FORMATS:
        raise Refused(__("Choose a format from the list."))
    known = FORMATS[format_key] if format_key else sniff(data, name)
    parsed = known.parse(data, name)
    names = _places(parsed.files, module)
    lines = [_line(row, names) for row in parsed.rows]
    _foresee(module, lines, new_pictures=set(names.values()) - set(module.files or {}))
    found = Import(
        module_id=module.id,
        owner_id=actor.id,
        name=name[:200],
        format=known.key,
        content={"lines": lines},
        pictures={names[key]: base64.b64encode(content).decode() for key, content in parsed.files.items()},
        expires_at=utcnow() + LIFE,
    )
    db.session.add(found)
    db.session.flush()
    return found


def _line(row: Any, names: Mapping[str, str]) -> Line:
    item, status, messages = row.item, row.status, list(row.messages)
    if item is not None:
        try:
            item = load_row(_renamed(item, names))
        except ContentError as error:
            item, status, messages = None, "error", [*messages, error.message]
    return {
        "line": row.line,
        "status": status,
        "messages": messages,
        "source": row.source,
        "item": item,
        "fate": "",
        "take": item is not None,
    }


def _places(pictures: Mapping[str, bytes], module: Module) -> dict[str, str]:
    """Return {name in the file: name in the module}; a name that another picture of the module has gets a number."""
    places: dict[str, str] = {}
    store = file_store()
    for name, content in pictures.items():
        wanted = name if name.startswith(FOLDER) else FOLDER + name
        stem, _dot, ending = wanted.rpartition(".")
        place, number = wanted, 2
        while place in places.values() or not _fits(place, content, module, store):
            place, number = f"{stem}-{number}.{ending}", number + 1
        places[name] = place
    return places


def _fits(place: str, content: bytes, module: Module, store: FileStore | None) -> bool:
    """Tell whether a picture may have this name: nothing stands there, or the same."""
    address = (module.files or {}).get(place)
    if address is None or store is None:
        return address is None
    try:
        return store.load(address) == content
    except NotFound:
        return False


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return data in which every text shows pictures by their names in the module."""
    if isinstance(value, str):
        return PICTURE.sub(lambda found: found[1] + names.get(found[2], found[2]), value) if names else value
    if isinstance(value, Mapping):
        return {name: _renamed(inner, names) for name, inner in value.items()}
    return [_renamed(inner, names) for inner in value] if isinstance(value, list | tuple) else value


# -- what keeping a line would do ------------------------------------------------------------------------------------------------------


def newest_versions(condition: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    """Return (item with its tags, its newest version) of the items that meet a condition."""
    later = aliased(ItemVersion)
    is_newest = ~sa.exists().where(later.item_id == ItemVersion.item_id, later.number > ItemVersion.number)
    statement = sa.select(BankItem, ItemVersion).join(ItemVersion, ItemVersion.item_id == BankItem.id)
    return statement.where(condition, is_newest).options(selectinload(BankItem.tags))


def _foresee(module: Module, lines: Iterable[Line], new_pictures: set[str]) -> None:
    """Say of each line what keeping it does."""
    rows = [line for line in lines if line["item"] is not None]
    here = sa.and_(BankItem.module_id == module.id, BankItem.key.in_([line["item"]["key"] for line in rows]))
    known = {item.key: (item, version) for item, version in db.session.execute(newest_versions(here))}
    for line in rows:
        found = known.get(line["item"]["key"])
        line["fate"] = "new" if found is None else _fate(line["item"], *found, new_pictures)


def _fate(row: Mapping[str, Any], item: BankItem, version: ItemVersion, new_pictures: set[str]) -> str:
    saved = author_row(item, version)
    if "title" in row and "title" not in saved:
        saved["title"] = version.title
    text = json.dumps(row, ensure_ascii=False)
    differ = {name for name in {*row, *saved} if row.get(name) != saved.get(name)}
    if version.state is VersionState.RETIRED or any(name in text for name in new_pictures):
        return "version"
    if not differ:
        return "same"
    return "details" if differ <= {"title", "category", "tags", "points"} else "version"


# -- choosing and keeping --------------------------------------------------------------------------------------------------------------


def find_import(*, actor: Actor, module: Module, number: uuid.UUID, lock: bool = False) -> Import:
    """Return one's own import of a module. Raises NotFound when it is somebody else's or older than a day."""
    wanted = sa.select(Import).where(
        Import.id == number, Import.owner_id == actor.id, Import.module_id == module.id, Import.expires_at > utcnow()
    )
    found = db.session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("no such import")
    return found


def choose_lines(*, found: Import, shown: Iterable[int], taken: Iterable[int]) -> None:
    """Keep which of the lines shown on a page are ticked."""
    ticked, lines = set(taken), [dict(line) for line in found.content["lines"]]
    for place in shown:
        if 0 <= place < len(lines) and lines[place]["item"] is not None:
            lines[place]["take"] = place in ticked
    found.content = {"lines": lines}
    db.session.flush()


def keep_lines(*, actor: Actor, module: Module, found: Import) -> Mapping[str, int]:
    """Put the chosen questions into the bank and return how many were new, changed, the same, left out or wrong.

    The same file brought in again changes nothing. A question whose option has no rationale yet becomes a draft. Raises Refused when the
    import was done before.
    """
    if found.done is not None:
        raise Refused(__("These questions were brought in already."))
    db.session.refresh(module, with_for_update=True)
    lines = found.content["lines"]
    taken = [line for line in lines if line["take"] and line["item"] is not None]
    rows = [line["item"] for line in taken]
    files = _keep_pictures(actor, module, found.pictures, rows)
    unfinished = [row for row in rows if placeholder() in json.dumps(row, ensure_ascii=False)]
    for part, state in ((unfinished, VersionState.DRAFT), ([row for row in rows if row not in unfinished], VersionState.READY)):
        store_items(module_id=module.id, owner_id=actor.id, rows=part, files=files, state=state)
    counts = Counter(line["fate"] for line in taken)
    wrong = sum(line["item"] is None for line in lines)
    found.done = {**{fate: counts[fate] for fate in FATES}, "wrong": wrong, "left": len(lines) - len(taken) - wrong}
    found.pictures = {}
    touch(module)
    audit(actor.id, "quizzes:bank:import", "module", module.id, questions=len(taken))
    db.session.flush()
    return found.done


def _keep_pictures(actor: Actor, module: Module, pictures: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Keep the pictures that questions show and return the module's pictures; what the store refuses is left out, the text keeps its name."""
    store, text = file_store(), json.dumps(rows, ensure_ascii=False)
    kept = dict(module.files or {})
    for name, content in pictures.items():
        if store is None or name not in text:
            continue
        try:
            kept[name] = store.save(base64.b64decode(content), name, owner_id=actor.id)
        except ContentError:
            continue
    if kept != (module.files or {}):
        module.files = kept
    return kept


def picture_of(found: Import, name: str) -> bytes:
    """Return a picture of an import. Raises NotFound."""
    if name not in found.pictures:
        raise NotFound("no such picture")
    return base64.b64decode(found.pictures[name])


def problem_rows(found: Import) -> Iterator[Sequence[str | int | None]]:
    """Yield a table of what there is to say about the lines of an import, with a header: for those who mend the file."""
    yield (__("Line"), __("What"), __("Message"), __("Text"))
    words = {"error": __("error"), "warning": __("warning")}
    for line in found.content["lines"]:
        if line["status"] in words:
            yield (line["line"], words[line["status"]], " ".join(line["messages"]), line["source"])


def forget_old() -> None:
    """Delete what was read more than a day ago."""
    db.session.execute(sa.delete(Import).where(Import.expires_at <= utcnow()))
