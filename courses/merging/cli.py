"""`lms module diff | merge`: on folders of text, without a database."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from courses.folder.cli import FOLDER, module_cli, read_or_exit
from courses.folder.reader import read_folder
from courses.merging.conflicts import MISSING
from courses.merging.folders import Marker, plain_of, write_plain
from courses.merging.modules import differences, merge_modules


@module_cli.command("diff")
@click.argument("one", type=FOLDER)
@click.argument("other", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Write the differences as JSON.")
@with_appcontext
def diff(one: Path, other: Path, as_json: bool) -> None:
    """Say what differs between the folders ONE and OTHER, activity by activity. Exit code 1 when something does."""
    found = differences(*(plain_of(read_or_exit(folder)) for folder in (one, other)))
    if as_json:
        rows = [{"key": row.key, "kind": row.kind, "names": row.names, "local": row.local} for row in found]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for row in found:
            names = f": {', '.join(row.names)}" if row.names else ""
            click.echo(f"{row.kind:8} {row.key or 'module'}{names}{' (local examples only)' if row.local else ''}")
    sys.exit(1 if found else 0)


@module_cli.command("merge")
@click.argument("base", type=FOLDER)
@click.argument("ours", type=FOLDER)
@click.argument("theirs", type=FOLDER)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="The folder to write; by default OURS.")
@click.option("--json", "as_json", is_flag=True, help="Write the conflicts as JSON.")
@with_appcontext
def merge(base: Path, ours: Path, theirs: Path, out: Path | None, as_json: bool) -> None:
    """Bring the changes from BASE to THEIRS into OURS, and write the result.

    Where both changed the same lines of a text, both are in the result between marks; of any other setting ours stays. Each such place is
    named, and so is what cannot be read of the result; the exit code is 1 then. Local examples (`!!! local`) of OURS stay.
    """
    texts = [read_or_exit(folder) for folder in (base, ours, theirs)]
    judge = Marker()
    first, mine, other = (plain_of(text) for text in texts)
    merged = merge_modules(first, mine, other, judge)
    pictures = {hashlib.sha256(data).hexdigest(): data for text in texts for data in text.figures.values()}
    write_plain(texts[1].key, merged, pictures, out or ours)
    _text, problems = read_folder(out or ours)
    for problem in problems:
        click.echo(str(problem), err=True)
    if as_json:
        rows = [
            {
                "path": met.path,
                **{side: None if getattr(met, side) is MISSING else getattr(met, side) for side in ("base", "ours", "theirs")},
            }
            for met in judge.met
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
    else:
        for met in judge.met:
            click.echo(f"conflict {'/'.join(met.path)}", err=True)
        click.echo(f"{len(merged.activities)} activities, {len(judge.met)} conflicts: {out or ours}")
    sys.exit(1 if judge.met or problems else 0)
