"""Warnings that an author sets aside, with a sentence why. One comes back when the text that it is about changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from courses.checks.model import ABOUT, HEADER, Finding, Subject
from courses.checks.models import SetAside
from lms.api import Actor, Module, NotFound, Refused, User, db, full_name, gettext, upsert, utcnow

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Aside:
    """A warning that was set aside: what it said, why it is left, who said so."""

    finding: Finding
    entry: SetAside
    name: str


def mark_of(subject: Subject, finding: Finding) -> str:
    """Return what tells a finding from others as long as what it is about stays the same.

    Of a text that is the text; of a line of the header, this line and all texts, since minutes and tags are judged by them.
    """
    part = next((part for part in subject.parts if part.key == finding.where), None)
    if part is None:
        about: object = subject.about if finding.where == ABOUT else None
    elif finding.path and finding.path not in HEADER:
        inside = [text.value for text in part.texts if text.path == finding.path or text.path.startswith(f"{finding.path}.")]
        about = inside or part.settings
    else:
        about = [getattr(part, finding.path, None) if finding.path else None, [text.value for text in part.texts]]
    told = [finding.rule, finding.where, finding.path, finding.row, about]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:20]


def parted(module_id: int, marked: Mapping[str, Finding]) -> tuple[list[Finding], list[Aside]]:
    """Return (what stands, what was set aside) of findings by their marks; errors are never set aside. One statement."""
    rows = db.session.execute(
        sa.select(SetAside, User.title_before, User.name, User.title_after)
        .outerjoin(User, User.id == SetAside.by_id)
        .where(SetAside.module_id == module_id)
    ).all()
    known = {entry.mark: (entry, full_name(before, name, after) if name else "") for entry, before, name, after in rows}
    asides = [Aside(finding, *known[mark]) for mark, finding in marked.items() if mark in known and not finding.must]
    left = [finding for mark, finding in marked.items() if finding.must or mark not in known]
    return left, asides


def marked(subject: Subject, findings: Sequence[Finding]) -> dict[str, Finding]:
    """Return {mark: finding}; several about the same place and rule are numbered."""
    found: dict[str, Finding] = {}
    for finding in findings:
        mark, number = mark_of(subject, finding), 1
        while f"{mark}-{number}" in found:
            number += 1
        found[f"{mark}-{number}"] = finding
    return found


def set_aside(*, actor: Actor, module: Module, warnings: Mapping[str, Finding], mark: str, reason: str) -> None:
    """Set one of the present warnings aside. Raises NotFound for one that is not there any more, Refused without a reason and for an error."""
    finding = warnings.get(mark)
    if finding is None:
        raise NotFound("no such finding now")
    if finding.must:
        raise Refused(gettext("Publishing waits for this; it cannot be set aside."))
    if not reason:
        raise Refused(gettext("Say in a sentence why it stays as it is. Your colleagues and you will want to know."))
    told = {"reason": reason[:LONGEST_REASON], "at": utcnow(), "by_id": actor.id}
    statement = upsert(SetAside).values(module_id=module.id, mark=mark, **told)
    db.session.execute(statement.on_conflict_do_update(index_elements=["module_id", "mark"], set_=told))
    _forget_old(module, warnings)


def bring_back(*, module: Module, mark: str) -> None:
    """Let a warning stand again."""
    db.session.execute(sa.delete(SetAside).where(SetAside.module_id == module.id, SetAside.mark == mark))


def _forget_old(module: Module, present: Mapping[str, Finding]) -> None:
    """Remove what was set aside and is not found any more: the text has changed."""
    db.session.execute(sa.delete(SetAside).where(SetAside.module_id == module.id, SetAside.mark.not_in(list(present))))
