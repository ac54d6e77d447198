"""Import and export: between a folder of text and a module's draft."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from courses.folder.reader import ActivityText, ModuleText, read_folder
from courses.folder.writer import activity_file, module_yaml, write_folder
from lms.api import (
    Activity,
    ContentError,
    Draft,
    Module,
    Revision,
    activity_type,
    audit,
    db,
    draft_activities,
    file_store,
    gettext,
    publish,
    touch,
)

FIELDS = ("type", "title", "section", "minutes", "required", "hidden", "requires", "tags", "sources", "checked_on", "rule")


def import_module(*, actor_id: uuid.UUID | None, text: ModuleText, note: str = "") -> tuple[Module, Revision]:
    """Make or update the module's draft from its text and publish it.

    Importing the same text twice changes nothing and makes no new revision.
    """
    module = db.session.scalar(sa.select(Module).where(Module.key == text.key))
    if module is None:
        module = Module(key=text.key, code=text.code, about=text.about, owner_id=actor_id)
        db.session.add(module)
        db.session.flush()
    changed = module.about != text.about or module.code != text.code
    module.about, module.code = text.about, text.code
    files = keep_figures(actor_id, text)
    changed |= _files_of(module) != files
    module.files = files
    known = {activity.key: activity for activity in draft_activities(module.id)}
    for position, wanted in enumerate(text.activities, start=1):
        changed |= put_activity(module, known.pop(wanted.key, None), wanted, position, files, actor_id)
    for gone in known.values():
        db.session.delete(gone)
        changed = True
    if changed:
        touch(module)
        audit(actor_id, "module:import", "module", module.id)
    db.session.flush()
    return module, publish(actor_id=actor_id, module=module, note=note)


def _files_of(module: Module) -> dict[str, str]:
    return dict(module.files or {})


def keep_figures(actor_id: uuid.UUID | None, text: ModuleText) -> dict[str, str]:
    """Keep the pictures and return {name in the text: address}. Raises ContentError naming the file that is no picture."""
    store = file_store()
    if store is None:
        return {}
    addresses = {}
    for name, data in text.figures.items():
        try:
            addresses[name] = store.save(data, name, owner_id=actor_id)
        except ContentError as error:
            raise ContentError(error.message, file=text.folder / name) from error
    return addresses


def put_activity(
    module: Module, activity: Activity | None, wanted: ActivityText, position: int, files: Mapping[str, str], actor_id: uuid.UUID | None
) -> bool:
    """Write one activity of the draft; tell whether anything changed."""
    kind = activity_type(wanted.type)
    draft = Draft(module.id, module.key, wanted.key, actor_id, files)
    values: dict[str, Any] = {name: getattr(wanted, name) for name in FIELDS}
    values |= {"position": position, "settings": kind.store(wanted.settings, draft), "prepared": kind.prepare(wanted.settings, draft)}
    if activity is None:
        db.session.add(Activity(module_id=module.id, key=wanted.key, **values))
        return True
    changed = False
    for name, value in values.items():
        if getattr(activity, name) != value:
            setattr(activity, name, value)
            changed = True
    return changed


def export_module(*, module: Module, folder: Path) -> None:
    """Write the module's draft as a folder."""
    files, figures = module_files(module)
    write_folder(folder, files, figures)


def module_files(module: Module) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the draft as ({file name: text}, {name: bytes of a picture})."""
    files = {"module.yaml": module_yaml(module.key, module.code, module.about)}
    for number, activity in enumerate(draft_activities(module.id), start=1):
        kind = activity_type(activity.type)
        shared = {name: getattr(activity, name) for name in (*FIELDS, "key")}
        data = kind.dump(activity.settings, Draft(module.id, module.key, activity.key, None, _files_of(module)))
        name, text = activity_file(number, shared, data)
        files[name] = text
    store = file_store()
    figures = {name: store.load(address) for name, address in _files_of(module).items()} if store else {}
    if store is None and _files_of(module):
        raise ContentError(gettext("The pictures are with a plugin that is not installed."))
    return files, figures


CONTENT = Path(__file__).parent.parent / "content"


def import_content(actor_id: uuid.UUID) -> None:
    """Bring in the five modules that come with Peduli."""
    for folder in sorted(path.parent for path in CONTENT.glob("*/module.yaml")):
        text, problems = read_folder(folder)
        if problems or text is None:
            raise problems[0]
        import_module(actor_id=actor_id, text=text)
