"""Writes a module's draft, or a revision, as a folder of text."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from courses.folder.reader import FORMAT
from courses.folder.yamltext import write


def module_yaml(key: str, code: str, about: Mapping[str, Any]) -> str:
    """Return module.yaml."""
    order = ("title", "summary", "audience", "outcomes", "language", "checked_on", "sections")
    return write({"format": FORMAT, "key": key, "code": code, **{name: about[name] for name in order if about.get(name)}})


def activity_file(number: int, activity: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[str, str]:
    """Return (file name, text) of an activity from its shared names and its type's plain data."""
    head: dict[str, Any] = {
        "type": activity["type"],
        "title": activity["title"],
        "section": activity["section"],
        "minutes": activity["minutes"],
    }
    if not activity["required"]:
        head["required"] = False
    if activity.get("hidden"):
        head["hidden"] = True
    for name in ("requires", "tags"):
        if activity[name]:
            head[name] = list(activity[name])
    if activity["rule"] is not None:
        head["complete"] = activity["rule"]
    if activity["sources"]:
        head["sources"] = list(activity["sources"])
    if activity["checked_on"]:
        head["checked_on"] = activity["checked_on"]
    if set(data) == {"source"}:
        return f"{number:02d}-{activity['key']}.md", f"---\n{write(head)}---\n{data['source']}"
    return f"{number:02d}-{activity['key']}.yaml", write({**head, **data})


def write_folder(folder: Path, files: Mapping[str, str], figures: Mapping[str, bytes]) -> None:
    """Write the files and figures into a folder that holds nothing else of a module afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name == "figures":
            shutil.rmtree(old)
        elif old.suffix in {".md", ".yaml"}:
            old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, data in figures.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
