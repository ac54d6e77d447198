"""From a folder of text, or from the draft in the database, to the one form that the rules see."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeVar

from wtforms import StringField, TextAreaField

from courses.checks.access import FILMS
from courses.checks.model import Part, Subject
from courses.folder.reader import ActivityText, ModuleText
from lms.api import Activity, ActivityType, ContentError, Draft, Module, RevisionActivity, activity_type, file_store

SHARED = ("key", "type", "title", "section", "minutes", "required", "requires", "tags", "sources", "checked_on", "rule")
ITEMS = "items"
Place = TypeVar("Place", bound=Hashable)


def of_folder(text: ModuleText) -> Subject:
    """Return the module that a folder holds."""
    shown = [activity for activity in text.activities if not activity.hidden]
    parts = [_part(activity, activity.settings, file=activity.file, lines=activity.lines) for activity in shown]
    pictures = {name: len(data) for name, data in text.figures.items()}
    return Subject(text.key, text.about, parts, pictures, home=text.folder / "module.yaml", hidden=_hidden(text.activities))


def of_draft(module: Module, activities: Sequence[Activity], *, whole: bool = True, together: dict[str, Any] | None = None) -> Subject:
    """Return the module that a draft holds; without `whole`, nobody asks the library what its pictures weigh.

    `together` is what types have read for the same draft on the same page, see `Draft`.
    """
    files = dict(module.files or {})
    shown = [activity for activity in activities if not activity.hidden]
    rows = written_items(module, shown, files, together)
    parts = [_part(activity, {**activity.settings, **rows.get(activity.key, {})}, unwritten=is_unwritten(activity)) for activity in shown]
    weights = _weights(files) if whole else {}
    sizes = {name: weights.get(address, 0) for name, address in files.items()}
    return Subject(module.key, module.about, parts, sizes, _spoken(files), hidden=_hidden(activities))


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


def written_items(
    module: Module,
    activities: Sequence[Activity] | Sequence[RevisionActivity],
    files: Mapping[str, str],
    together: dict[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return {activity: its items as their author wrote them}."""
    quizzes = [(activity.key, activity.type, activity.settings) for activity in activities]
    place = Draft(
        module.id, module.key, activities[0].key if activities else "", None, files, together={} if together is None else together
    )
    found = items_of(quizzes, place)
    return {key: {ITEMS: items} for key, items in found.items()}


def items_of(quizzes: Sequence[tuple[Place, str, Mapping[str, Any]]], draft: Draft) -> dict[Place, list[Mapping[str, Any]]]:
    """Return {place: items as their author wrote them} of (place, type, settings), all of a type in one go: a module has a dozen quizzes."""
    found: dict[Place, list[Mapping[str, Any]]] = {}
    for name in dict.fromkeys(kind for _place, kind, _settings in quizzes):
        mine = [(place, settings[ITEMS]) for place, kind, settings in quizzes if kind == name and isinstance(settings.get(ITEMS), list)]
        together = [row for _place, rows in mine for row in rows]
        if not together:
            continue
        try:
            data = activity_type(name).dump({ITEMS: together}, draft).get(ITEMS) or []
        except ContentError:  # an item is gone; the editor of its quiz says so
            continue
        for place, rows in mine:
            found[place], data = data[: len(rows)], data[len(rows) :]
    return found


def _weights(files: Mapping[str, str]) -> Mapping[str, int]:
    store = file_store()
    return store.weights(files.values()) if store and files else {}


def _spoken(files: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the films and sound that have captions."""
    films = {name: address for name, address in files.items() if PurePosixPath(name).suffix in FILMS}
    store = file_store() if films else None
    shown = store.shown(films.values()) if store else {}
    return frozenset(name for name, address in films.items() if address in shown and shown[address].captions)


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
