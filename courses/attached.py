"""A file of the module that an activity names in its settings: chosen by its name in the draft, kept by its address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any, ClassVar

from wtforms import SelectField

from lms.api import ActivityType, ContentError, Draft, Form, Shown, choices, file_store, gettext

NONE = ("", "–")
FIGURES = "figures"  # the folder in which the files of a module lie


class Attaching(ActivityType):
    """An activity whose setting `file` is one of the module's files with these endings, or nothing."""

    _endings: ClassVar[frozenset[str]]

    def load(self, data: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return settings. Raises ContentError for a file that is not in the module or of another kind."""
        settings = super().load(data, draft)
        if settings["file"]:
            demand(settings["file"], draft, self._endings)
        return settings

    def present(self, form: Form, draft: Draft) -> None:
        """Offer the module's files."""
        offer(form["file"], draft, self._endings)


def file_field(label: Any, description: Any) -> SelectField:
    """Return a field for one of the module's files; `offer` fills it."""
    return SelectField(label, choices=choices(NONE), validate_choice=False, default="", description=description)


def offer(field: SelectField, draft: Draft, endings: Collection[str]) -> None:
    """Let the author choose among the module's files with these endings; what is chosen already stays to be seen."""
    names = [name for name in draft.files if PurePosixPath(name).suffix in endings]
    if field.data and field.data not in names:
        names.append(field.data)
    field.choices = choices(NONE, *((name, name.removeprefix(f"{FIGURES}/")) for name in names))


def demand(name: str, draft: Draft, endings: Collection[str]) -> None:
    """Raise ContentError, for the setting `file`, when a file is not in the module or is of another kind."""
    path = PurePosixPath(name)
    if path.suffix not in endings:
        raise ContentError(gettext("Choose a file of this kind: %(endings)s.", endings=", ".join(sorted(endings))), field="file")
    inside = path.parts[:1] == (FIGURES,) and ".." not in path.parts
    there = name in draft.files if draft.folder is None else inside and (draft.folder / name).is_file()
    if not there:
        raise ContentError(gettext("There is no file %(name)s in this module.", name=name), field="file")


def how_shown(address: str) -> Shown | None:
    """Return how a page shows a file, or None when no store knows it."""
    store = file_store() if address else None
    return store.shown([address]).get(address) if store else None
