"""Modules as folders of text, and as plain data for a merge."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from courses.folder.reader import ModuleText
from courses.folder.writer import activity_file, module_yaml, write_folder
from courses.merging.conflicts import Judge
from courses.merging.modules import Plain

SHARED = ("key", "type", "title", "section", "minutes", "required", "hidden", "requires", "tags", "sources", "checked_on", "rule")
MARKS = "<" * 7, "=" * 7, ">" * 7


class Marker(Judge):
    """Leaves both versions of a text in it, between the marks that version control uses; of anything else, ours."""

    def decide(self, path: tuple[str, ...], base: Any, ours: Any, theirs: Any) -> Any:
        """Return both texts with marks around them, or ours."""
        chosen = super().decide(path, base, ours, theirs)
        if not self.met[-1].is_text:
            return chosen
        first, middle, last = MARKS
        ends = "" if ours.endswith("\n") or not ours else "\n", "" if theirs.endswith("\n") or not theirs else "\n"
        return f"{first} ours\n{ours}{ends[0]}{middle}\n{theirs}{ends[1]}{last} theirs\n"


def plain_of(text: ModuleText) -> Plain:
    """Return a folder that was read as plain data; a picture is named by the digest of its bytes."""
    activities = [{**{name: getattr(activity, name) for name in SHARED}, "settings": activity.own} for activity in text.activities]
    files = {name: hashlib.sha256(data).hexdigest() for name, data in text.figures.items()}
    return Plain({**text.about, "code": text.code}, activities, files)


def write_plain(key: str, module: Plain, pictures: dict[str, bytes], folder: Path) -> None:
    """Write plain data as a folder; `pictures` maps digests to bytes. Activities are numbered in their order, section by section."""
    about = {name: value for name, value in module.about.items() if name != "code"}
    places = {section["key"]: place for place, section in enumerate(about["sections"])}
    ordered = sorted(module.activities, key=lambda activity: places.get(activity["section"], len(places)))
    files = {"module.yaml": module_yaml(key, str(module.about["code"]), about)}
    for number, activity in enumerate(ordered, start=1):
        name, text = activity_file(number, activity, activity["settings"])
        files[name] = text
    write_folder(folder, files, {name: pictures[digest] for name, digest in module.files.items()})
