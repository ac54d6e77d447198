"""From a folder of text, or from the draft in the database, to the one form that the rules see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import StringField, TextAreaField

from courses.checks.model import Part, Subject
from courses.folder.reader import ActivityText, ModuleText
from lms.api import Activity, ActivityType, ContentError, Draft, Module, NotFound, activity_type, file_store

SHARED = ("key", "type", "title", "section", "minutes", "required", "requires", "tags", "sources", "checked_on", "rule")
ITEMS = "items"


def of_folder(text: ModuleText) -> Subject:
    """Return the module that a folder holds."""
    shown = [activity for activity in text.activities if not activity.hidden]
    parts = [_part(activity, activity.settings, file=activity.file, lines=activity.lines) for activity in shown]
    pictures = {name: len(data) for name, data in text.figures.items()}
    return Subject(text.key, text.about, parts, pictures, text.folder / "module.yaml", _hidden(text.activities))


def of_draft(module: Module, activities: Sequence[Activity], *, whole: bool = True) -> Subject:
    """Return the module that a draft holds; without `whole`, items and the bytes of pictures stay in the database and the library."""
    files = dict(module.files or {})
    shown = [activity for activity in activities if not activity.hidden]
    rows = _items(module, shown, files) if whole else {}
    parts = [_part(activity, {**activity.settings, **rows.get(activity.key, {})}, unwritten=is_unwritten(activity)) for activity in shown]
    sizes = {name: _size(address) if whole else 0 for name, address in files.items()}
    return Subject(module.key, module.about, parts, sizes, hidden=_hidden(activities))


def _hidden(activities: Sequence[Activity] | Sequence[ActivityText]) -> dict[str, str]:
    """Return {key: title} of what is hidden."""
    return {activity.key: activity.title for activity in activities if activity.hidden}


def _part(activity: Activity | ActivityText, settings: Mapping[str, Any], **more: Any) -> Part:
    kind = activity_type(activity.type)
    return Part(
        settings=settings,
        type_title=str(kind.title),
        completion=frozenset(kind.completion),
        missing=kind.key == "missing",
        remarks=tuple(kind.check(activity.settings)),
        **{name: getattr(activity, name) for name in SHARED},
        **more,
    )


def _items(module: Module, activities: Sequence[Activity], files: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return {activity: its items as their author wrote them}, all of a type in one go: a module has a dozen quizzes."""
    found: dict[str, dict[str, Any]] = {}
    for name in {activity.type for activity in activities}:
        mine = [activity for activity in activities if activity.type == name and isinstance(activity.settings.get(ITEMS), list)]
        together = [row for activity in mine for row in activity.settings[ITEMS]]
        if not together:
            continue
        try:
            data = activity_type(name).dump({ITEMS: together}, Draft(module.id, module.key, mine[0].key, None, files)).get(ITEMS) or []
        except ContentError:  # an item is gone; the editor of its quiz says so
            continue
        for activity in mine:
            count = len(activity.settings[ITEMS])
            found[activity.key], data = {ITEMS: data[:count]}, data[count:]
    return found


def _size(address: str) -> int:
    store = file_store()
    try:
        return len(store.load(address)) if store else 0
    except NotFound:
        return 0


def initial_settings(kind: ActivityType) -> dict[str, Any]:
    """Return the settings of an activity that nobody has written yet: the form's defaults, empty texts for what has none."""
    form = kind.settings(formdata=None)
    plain = {StringField, TextAreaField}
    return {field.short_name: "" if field.data is None and type(field) in plain else field.data for field in form}


def is_unwritten(activity: Activity) -> bool:
    """Tell whether an activity still has the settings it began with although its type asks for more."""
    kind = activity_type(activity.type)
    if kind.key == "missing" or activity.settings != initial_settings(kind):
        return False
    return not kind.settings.from_data(activity.settings).validate()
