"""Modules in the database as plain data for a merge, and back: drafts, revisions, folders that came from elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from courses.checks.load import written_items
from courses.folder.reader import ActivityText, ModuleText
from courses.folder.services import keep_figures, put_activity
from courses.merging.folders import SHARED
from courses.merging.modules import Plain
from lms.api import Activity, ContentError, Draft, Json, Module, Revision, RevisionActivity, activity_type, db, draft_activities

ITEMS = "items"
SCRATCH = "-"  # a key that no module can have


def plain_of_draft(module: Module, activities: Sequence[Activity]) -> Plain:
    """Return a draft as plain data; pictures are named by their addresses. Raises ContentError when an item of a quiz is gone."""
    files = dict(module.files or {})
    return _plain({**module.about, "code": module.code}, _rows(module, activities, files), files)


def plain_of_revision(module: Module, revision: Revision, activities: Sequence[RevisionActivity]) -> Plain:
    """Return a published revision as its author would have written it. Of the module's pictures, those that its texts name."""
    files = dict(module.files or {})
    rows = _rows(module, activities, files)
    said = json.dumps(rows, ensure_ascii=False, default=str)
    return _plain({**revision.about, "code": module.code}, rows, {name: address for name, address in files.items() if name in said})


def _rows(module: Module, activities: Sequence[Activity] | Sequence[RevisionActivity], files: dict[str, str]) -> list[dict[str, Any]]:
    items = written_items(module, activities, files)  # all at once: a module has a dozen quizzes
    found = []
    for activity in activities:
        kind = activity_type(activity.type)
        settings = {**activity.settings, ITEMS: []} if activity.key in items else activity.settings
        data = {**kind.dump(settings, Draft(module.id, module.key, activity.key, None, files)), **items.get(activity.key, {})}
        row = {name: getattr(activity, name, False) for name in SHARED}  # what is hidden is in no revision
        if kind.key != "missing" and row["rule"] == kind.default_rule(activity.settings):
            row["rule"] = None
        found.append({**row, "settings": data})
    return found


def _plain(about: dict[str, Any], rows: list[dict[str, Any]], files: dict[str, str]) -> Plain:
    return plain_from(json.loads(json.dumps({"about": about, "activities": rows, "files": files}, default=_date)))


def _date(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value)} in the text of a module")


def plain_from(data: Json) -> Plain:
    """Return what `data_of` made."""
    return Plain(data["about"], data["activities"], data["files"])


def data_of(plain: Plain) -> Json:
    """Return plain data as one JSON object."""
    return {"about": dict(plain.about), "activities": plain.activities, "files": dict(plain.files)}


def digest_of(plain: Plain) -> str:
    """Return a fingerprint of a text."""
    return hashlib.sha256(json.dumps(data_of(plain), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def text_of(key: str, plain: Plain) -> tuple[ModuleText, list[ContentError]]:
    """Return plain data as if it had been read from a folder, and what its types refuse, named by activity.

    Pictures are names without bytes: they are kept already.
    """
    about = {name: value for name, value in plain.about.items() if name != "code"}
    activities, problems = [], []
    for row in plain.activities:
        try:
            settings = activity_type(row["type"]).load(row["settings"], Draft(0, key, row["key"], None, plain.files))
        except ContentError as error:
            problems.append(ContentError(error.message, file=row["title"]))
            continue
        shared = {name: row[name] for name in SHARED} | {
            "checked_on": dt.date.fromisoformat(row["checked_on"]) if row["checked_on"] else None
        }
        activities.append(ActivityText(**shared, settings=settings, own=row["settings"], file=Path(row["key"])))
    return ModuleText(Path(), key, str(plain.about["code"]), about, activities, dict.fromkeys(plain.files, b"")), problems


def write_whole(*, actor_id: uuid.UUID | None, module: Module, text: ModuleText, files: dict[str, str]) -> None:
    """Fill a module that has no activities yet."""
    module.about, module.code, module.files = text.about, text.code, files
    for position, wanted in enumerate(text.activities, start=1):
        put_activity(module, None, wanted, position, files, actor_id)
    db.session.flush()


def plain_of_folder(*, actor_id: uuid.UUID | None, text: ModuleText) -> Plain:
    """Return a folder as plain data in the form that a draft has: what goes without saying left out, pictures kept.

    Raises ContentError for what this site cannot take.
    """
    files = keep_figures(actor_id, text)
    with db.session.begin_nested() as trial:
        module = Module(key=SCRATCH, about=text.about, owner_id=None)
        db.session.add(module)
        db.session.flush()
        write_whole(actor_id=actor_id, module=module, text=text, files=files)
        plain = plain_of_draft(module, draft_activities(module.id))
        trial.rollback()
    return plain
