"""`lms progress recompute`: rebuild completion, roll-ups and days from evidence, and say what differed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click
from flask.cli import AppGroup

from lms.db import commit, db
from lms.progress.recompute import Difference, enrolment_ids, recompute

progress_group = AppGroup("progress", help="Progress: what is computed from evidence.")


@progress_group.command("recompute")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when something differs.")
@click.option("--cohort", "cohort_id", type=int, help="Number of one cohort; default: all.")
@click.option("--start-at", type=int, default=0, help="Go on with this enrolment, after having been stopped.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def recompute_command(cohort_id: int | None, start_at: int, *, check: bool, as_json: bool) -> None:
    """Rebuild everything that is computed from evidence, one transaction for each enrolment, and print what differed.

    It may run while people learn, be stopped at any time and started again. Without --check it puts right what differs.
    """
    ids = [number for number in enrolment_ids(cohort_id) if number >= start_at]
    db.session.rollback()
    found: list[Difference] = []
    number = start_at
    try:
        for number in _told(ids):
            differences = recompute(number)
            if check:
                db.session.rollback()
            else:
                commit()
            db.session.expunge_all()
            found += differences
            if not as_json:
                _print(differences)
    except KeyboardInterrupt:
        db.session.rollback()
        click.echo(f"\nStopped. Go on with --start-at {number}.", err=True)
        sys.exit(130)
    _sum_up(ids, found, check=check, as_json=as_json)
    sys.exit(1 if check and found else 0)


def _told(ids: list[int]) -> Iterator[int]:
    """Yield the ids and show on a terminal how far it is."""
    for done, number in enumerate(ids, start=1):
        yield number
        if sys.stderr.isatty():
            click.echo(f"\r{done} of {len(ids)} enrolments", nl=done == len(ids), err=True)


def _print(differences: list[Difference]) -> None:
    for enrolment_id, where, was, is_now in differences:
        click.echo(f"enrolment {enrolment_id}, {where}: was {_short(was)}, from evidence {_short(is_now)}")


def _short(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _sum_up(ids: list[int], found: list[Difference], *, check: bool, as_json: bool) -> None:
    wrong = len({difference[0] for difference in found})
    if as_json:
        names = ("enrolment", "where", "was", "from_evidence")
        rows = [dict(zip(names, difference, strict=True)) for difference in found]
        click.echo(
            json.dumps({"enrolments": len(ids), "differing": wrong, "changed": not check, "differences": rows}, indent=2, default=str)
        )
    elif not found:
        click.echo(f"{len(ids)} enrolments agree with their evidence.")
    else:
        click.echo(
            f"{wrong} of {len(ids)} enrolments differed in {len(found)} places. {'Nothing was changed.' if check else 'They are right now.'}"
        )
