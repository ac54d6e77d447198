"""The page on which visits and journals are written."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import render_template
from flask_login import current_user

from courses.entries import services
from courses.entries.models import Draft, Entry, EntryKind, EntryState, Version
from courses.entries.services import FLASH, Texts
from lms.api import Context, User, db, full_name, gettext, readings_of_item


@dataclass(frozen=True, slots=True)
class Writing:
    """What the page shows: the entry, the draft being written, texts beside it, versions with answers."""

    entry_id: uuid.UUID
    entry: Entry | None
    fields: Sequence[dict[str, str]]
    texts: Texts
    base: int
    branches: list[tuple[Draft, Texts]]
    versions: list[tuple[Version, Texts, Texts | None]]
    may_write: bool
    gate_open: bool
    assessor: str
    readers: Sequence[Any]
    beside: str = ""

    @property
    def saved_at(self) -> Any:
        """Return when the draft was last saved, or None."""
        return self.entry.drafts[0].saved_at if self.entry and self.entry.drafts else None


def flash_field() -> dict[str, str]:
    """Return the field of the note that is made on the spot."""
    return {
        "key": FLASH,
        "title": gettext("Flash note"),
        "html": gettext("A minute, during the visit: what you see, hear, wonder. Text only; no names."),
    }


def fields_of(ctx: Context) -> list[dict[str, str]]:
    """Return the fields of an entry in order; a visit begins with the flash note."""
    fields = list(ctx.prepared["fields"])
    return [flash_field(), *fields] if ctx.type == EntryKind.VISIT else fields


def writing_page(ctx: Context, typed: Texts | None = None, problem: str = "") -> str:
    """Return the page's HTML; `typed` is what a form held that could not be taken, and `problem` says why."""
    visit = ctx.settings.get("visit") or ""  # the one that a journal looks back on
    entries = services.entries_at(ctx, {ctx.key, visit})
    entry = entries.get(ctx.key)
    drafts = services.draft_texts(current_user, entry) if entry and entry.drafts else []
    versions = services.version_texts(current_user, entry) if entry and entry.versions else []
    checks = [row["key"] for row in ctx.prepared.get("checklist", [])]
    writing = Writing(
        entry_id=entry.id if entry else uuid.uuid4(),
        entry=entry,
        fields=fields_of(ctx),
        texts=typed if typed is not None else (drafts[0][1] if drafts else {}),
        base=drafts[0][0].version if drafts else 0,
        branches=drafts[1:],
        versions=versions,
        may_write=entry is None or entry.state is EntryState.DRAFT or bool(entry.drafts),
        gate_open=not checks or bool(entry and set(checks) <= set(entry.ticks)),
        assessor=_name((entry.assessor_id if entry else None) or ctx.assessor_id),
        readers=db.session.execute(readings_of_item(entry.kind.value, entry.id)).all() if versions and entry else [],
        beside=_flash_note(entries.get(visit)),
    )
    return render_template("courses/writing.html", ctx=ctx, writing=writing, problem=problem)


def _name(user_id: uuid.UUID | None) -> str:
    if user_id is None:
        return ""
    row = db.session.execute(sa.select(User.title_before, User.name, User.title_after).where(User.id == user_id)).one_or_none()
    return full_name(*row) if row else ""


def _flash_note(visit: Entry | None) -> str:
    """Return the author's own flash note of a visit."""
    if visit is None:
        return ""
    if visit.versions:
        return services.version_texts(current_user, visit)[-1][1].get(FLASH, "")
    drafts = services.draft_texts(current_user, visit)
    return drafts[0][1].get(FLASH, "") if drafts else ""
