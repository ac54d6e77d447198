"""`lms plugin new | list`."""

from __future__ import annotations

import json
import keyword
import re
from importlib.metadata import EntryPoint
from pathlib import Path

import click
from flask.cli import with_appcontext

from lms.i18n import in_language
from lms.plugin import KEY, MISSING, RESERVED, Plugin, discover
from lms.registry import registry

TEMPLATE = Path(__file__).parent / "plugin_template"
SUFFIX = ".tmpl"  # so that no tool takes a template for a program


@click.group("plugin", help="Plugins: what is installed, and a new one (docs/plugins.md).")
def plugin_group() -> None:
    """Hold the commands about plugins."""


@plugin_group.command("new")
@click.argument("name")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def new(name: str, folder: Path | None) -> None:
    """Write a plugin NAME with one activity type into FOLDER (default: lms-NAME), ready to be changed. It passes its own tests."""
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    problem = _problem(key)
    if problem:
        raise click.BadParameter(problem, param_hint="NAME")
    folder = folder or Path(f"lms-{key.replace('_', '-')}")
    if folder.exists() and any(folder.iterdir()):
        raise click.BadParameter(f"{folder} is not empty.", param_hint="FOLDER")
    for path in write(key, folder):
        click.echo(path)
    click.echo(f"\nInstall it and run its tests:\n  cd {folder}\n  pip install --editable .\n  pytest")


def _problem(key: str) -> str:
    """Say why a plugin cannot have this key, or nothing."""
    if not KEY.fullmatch(key) or keyword.iskeyword(key) or "__" in key:
        return f"{key!r} is no name for a plugin: small letters, digits and _, at most 30, beginning with a letter."
    if key in RESERVED or key == MISSING:
        return f"The kernel has the name {key!r} for itself; choose another."
    if key in {point.name for point in discover()}:
        return f"A plugin with the name {key!r} is installed already; choose another."
    return ""


def write(key: str, folder: Path) -> list[Path]:
    """Write the files of a new plugin and return them."""
    words = {
        "key": key,
        "package": f"lms_{key}",
        "distribution": f"lms-{key.replace('_', '-')}",
        "Class": "".join(word.capitalize() for word in key.split("_")) + "Activity",
        "Title": key.replace("_", " ").strip().capitalize(),
    }
    written = []
    for source in sorted(TEMPLATE.rglob(f"*{SUFFIX}")):
        path = folder / _fill(source.relative_to(TEMPLATE).as_posix().removesuffix(SUFFIX), words)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_fill(source.read_text(encoding="utf-8"), words), encoding="utf-8")
        written.append(path)
    return written


def _fill(text: str, words: dict[str, str]) -> str:
    return re.sub("__({})__".format("|".join(words)), lambda match: words[match[1]], text)


@plugin_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@with_appcontext
def list_(as_json: bool) -> None:
    """List what is installed: plugins, the distributions they come from, their activity types."""
    points = discover()
    lines = [
        {
            "key": plugin.key,
            "title": in_language("en", plugin.title.__str__),
            "types": sorted(plugin.activities),
            "from": _distribution(plugin, points),
        }
        for plugin in registry().plugins.values()
    ]
    if as_json:
        click.echo(json.dumps(lines, indent=2))
        return
    for line in lines:
        click.echo(f"{line['key']:<20} {line['title']:<30} {line['from']:<20} {', '.join(line['types'])}")


def _distribution(plugin: Plugin, points: list[EntryPoint]) -> str:
    """Return name and version of the distribution that a plugin was installed with."""
    package = plugin.import_name.partition(".")[0]
    found = next((point.dist for point in points if point.module.partition(".")[0] == package and point.dist), None)
    return f"{found.name} {found.version}" if found else ""
