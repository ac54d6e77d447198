"""What people do with files of the library."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

from lms.api import (
    Actor,
    ContentError,
    LmsError,
    Module,
    Refused,
    activity_type,
    audit,
    choose,
    db,
    draft_activities,
    draft_of,
    gettext,
    touch,
    upsert,
    utcnow,
)
from media.cleaning.kinds import KINDS
from media.files import queries
from media.models import Description, File


@dataclass(frozen=True, slots=True)
class Change:
    """What putting another file in a place does to a module: the activities that are drawn anew."""

    module: Module
    names: tuple[str, ...]
    activities: tuple[str, ...]


def describe(*, actor: Actor, file: File, values: Mapping[str, Any]) -> None:
    """Keep the person's own words about a file: name, alternative text, licence, source, who finds it."""
    told = {name: values[name] for name in ("name", "alternative", "licence", "source", "sharing")}
    told["name"] = told["name"] or file.name
    statement = upsert(Description).values(id=uuid.uuid4(), digest=file.digest, owner_id=actor.id, created_at=utcnow(), **told)
    db.session.execute(statement.on_conflict_do_update(index_elements=["digest", "owner_id"], set_=told))
    db.session.flush()


def forget(*, actor: Actor, file: File) -> None:
    """Take one's own words about a file out of the library. What uses the file keeps it; what nothing uses goes after thirty days."""
    db.session.execute(sa.delete(Description).where(Description.digest == file.digest, Description.owner_id == actor.id))
    db.session.flush()


def put_into(*, actor: Actor, file: File, module_key: str, name: str) -> str:
    """Put a file into the draft of a module; return the name by which its texts show it. Raises NotFound for a module of others."""
    module = queries.module_of(actor, module_key)
    known = {address: place for place, address in (module.files or {}).items()}
    if file.address in known:
        return known[file.address]
    stem = re.sub(r"[^a-z0-9]+", "-", PurePosixPath(name).stem.lower()).strip("-")[:60] or "berkas"
    places = (f"figures/{stem}{number}.{file.suffix}" for number in itertools.chain([""], map("-{}".format, itertools.count(2))))
    place = next(place for place in places if place not in (module.files or {}))
    module.files = {**(module.files or {}), place: file.address}
    file.unused_since = None
    touch(module)
    db.session.flush()
    return place


def plan(*, actor: Actor, file: File) -> list[Change]:
    """Return what putting another file in the place of this one would change: drafts that the person may write. Revisions keep theirs."""
    changes = []
    for module in queries.drafts_with(actor, file.address):
        names = tuple(name for name, address in module.files.items() if address == file.address)
        changes.append(Change(module, names, tuple(title for title, _activity in _showing(module, names))))
    return changes


def check_replacement(*, file: File, by: File) -> None:
    """Raise Refused when a file cannot take the place of another: it is the same, or of another kind (a film for a picture)."""
    if by.digest == file.digest:
        raise Refused(gettext("This is the same file."))
    if KINDS[by.suffix].group is not KINDS[file.suffix].group:
        raise Refused(gettext("A file of another kind cannot take this place: texts show a picture in another way than a film."))


def replace(*, actor: Actor, file: File, by: File) -> list[Change]:
    """Put another file in the place of this one in all drafts that the person may write, and draw anew what shows it.

    Raises Refused as check_replacement does, and when an activity cannot be drawn anew.
    """
    check_replacement(file=file, by=by)
    queries.lock_drafts_with(actor, file.address)
    changes = plan(actor=actor, file=file)
    for change in changes:
        module = change.module
        module.files = {name: by.address if address == file.address else address for name, address in module.files.items()}
        for _name, activity in _showing(module, change.names):
            kind, place = activity_type(activity.type), draft_of(module, activity.key, actor.id, dict(module.files))
            try:
                for name in change.names:
                    kind.redraw(activity.settings, place, name)
                loaded = kind.load(kind.edit(activity.settings, place), place)
                activity.settings, activity.prepared = kind.store(loaded, place), kind.prepare(loaded, place)
            except ContentError as error:
                raise Refused(
                    gettext(
                        "“%(title)s” in “%(module)s” cannot be drawn anew: %(why)s",
                        title=activity.title,
                        module=_title(module),
                        why=error.message,
                    )
                ) from error
        touch(module)
        audit(actor.id, "media:replace", "module", module.id, activities=len(change.activities))
    db.session.flush()
    return changes


def _showing(module: Module, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Return (title, activity) for the activities of a draft whose texts name one of these files."""
    found = []
    for activity in draft_activities(module.id):
        kind = activity_type(activity.type)
        if kind.key == "missing":
            continue
        try:
            text = json.dumps(
                kind.dump(activity.settings, draft_of(module, activity.key, None, module.files)), ensure_ascii=False, default=str
            )
        except LmsError:  # what it shows is gone; the editor says so
            continue
        if any(name in text for name in names):
            found.append((activity.title, activity))
    return found


def _title(module: Module) -> str:
    return str(choose(module.about["title"]))
