"""The page on which visits and journals are written."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import render_template
from flask_login import current_user

from courses.entries import drafts, kember, presets, services
from courses.entries.audience import ORDER, WORDS, Audience, choices_after
from courses.entries.changes import changed
from courses.entries.drafts import FLASH, Texts
from courses.entries.models import Draft, Entry, EntryKind, EntryState, Version
from lms.api import Context, Place, User, db, full_name, gettext, readings_of_item, sync_contact


@dataclass(frozen=True, slots=True)
class Writing:
    """What the page shows: the entry, the draft being written, texts beside it, versions with answers."""

    change: str
    entry: Entry | None
    fields: Sequence[dict[str, str]]
    texts: Texts
    heads: Sequence[str]
    others: list[tuple[Draft, Texts]]
    versions: list[tuple[Version, Texts, Texts | None]]
    may_write: bool
    gate_open: bool
    assessor: str
    next_assessor: str  # who answers in the group now, when the text waits for somebody else
    readers: Sequence[Any]
    audiences: Mapping[str, Audience]
    rubric: Sequence[Mapping[str, Any]]
    note: str = ""
    contact: str = ""

    @property
    def saved_at(self) -> Any:
        """Return when the draft was last saved, or None."""
        return self.entry.drafts[0].saved_at if self.entry and self.entry.drafts else None

    def audience(self, key: str) -> Audience:
        """Return who may read a section that is being written."""
        return self.audiences.get(key, Audience.ASSESSOR)


def flash_field() -> dict[str, str]:
    """Return the field of the note that is made on the spot."""
    return {
        "key": FLASH,
        "title": gettext("Flash note"),
        "html": gettext("A minute, during the visit: what you see, hear, wonder. Text only; no names."),
    }


def fields_of(ctx: Context) -> list[dict[str, str]]:
    """Return the fields of an entry in order; a visit begins with the flash note."""
    return fields(ctx.type, ctx.settings, ctx.prepared, ctx.language)


def fields(kind: str, settings: Mapping[str, Any], prepared: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """Return the fields of an entry from what its activity says: prompts that were there to be chosen, or the author's own."""
    form = settings.get("form")
    own = presets.prompts(form, language) if form in presets.PROMPTS else list(prepared["fields"])
    return [flash_field(), *own] if kind == EntryKind.VISIT else own


def titled(named: Sequence[Mapping[str, str]], texts: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (key, title, text) of what was written, in order; a text whose prompt is there no more keeps its key for a title."""
    known = [(field["key"], field["title"]) for field in named]
    gone = [(key, key) for key in texts if key not in dict(known)]
    return [(key, title, texts[key]) for key, title in [*known, *gone] if texts.get(key)]


def compared(named: Sequence[Mapping[str, str]], old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (title, pieces of both texts) of each section of two versions."""
    return [(title, changed(old.get(key, ""), new.get(key, ""))) for key, title, _text in titled(named, {**old, **new})]


def said_of(version: Version) -> dict[str, tuple[Any, str]]:
    """Return who may read each section of a version, in words and with an icon."""
    return {section.key: WORDS[section.audience] for section in version.sections}


def chosen_audiences(named: Sequence[Mapping[str, str]], form: Mapping[str, str]) -> dict[str, Audience]:
    """Return who may read each section, as a form says it: `audience-KEY`. What it does not say, or says wrongly, is left out."""
    sent = {field["key"]: form.get(f"audience-{field['key']}", "") for field in named}
    return {key: Audience(value) for key, value in sent.items() if value in set(Audience)}


def new_change() -> str:
    """Return a name for the change that a form without script makes, like one of a device's."""
    return f"{secrets.token_hex(6)}.1"


def writing_page(ctx: Context, problem: str = "") -> str:
    """Return the page's HTML; `problem` says why a text could not be handed in."""
    contact = "" if ctx.preview else json.dumps(sync_contact())  # before anything is read: the page is as old as this
    visit = ctx.settings.get("visit") or ""  # the one that a journal looks back on
    entries = services.entries_at(ctx, {ctx.key, visit})
    entry = entries.get(ctx.key)
    written = drafts.draft_texts(current_user, entry) if entry and entry.drafts else []
    versions = services.version_texts(current_user, entry) if entry and entry.versions else []
    may_write = (
        entry is None or entry.state is EntryState.DRAFT or (entry.state is EntryState.ANSWERED and bool(written) and entry.revisable)
    )
    mine = written[0][1] if written and may_write else None
    writing = Writing(
        change=new_change(),
        entry=entry,
        fields=fields_of(ctx),
        texts=mine or {},
        heads=[draft.head for draft, texts in written if texts == mine],
        others=[(draft, texts) for draft, texts in written if texts != mine],
        versions=versions,
        may_write=may_write,
        gate_open=(entry is None and not ctx.prepared.get("checklist")) or (entry is not None and services.gate_open(ctx, entry)),
        assessor=_name((entry.assessor_id if entry else None) or ctx.assessor_id),
        next_assessor=_name(ctx.assessor_id) if entry and versions and services.can_pass_on(ctx, entry) else "",
        readers=db.session.execute(readings_of_item(entry.kind.value, entry.id)).all() if versions and entry else [],
        audiences={key: Audience(value) for key, value in entry.audiences.items()} if entry else {},
        rubric=presets.rubric_of(ctx.settings, ctx.language),
        contact=contact,
        note=_flash_note(entries.get(visit)),
    )
    tools = {
        "titled": titled,
        "said_of": said_of,
        "compared": compared,
        "orders": ORDER,
        "audience_words": WORDS,
        "choices_after": choices_after,
        "kember": kember,
    }
    return render_template("courses/writing.html", ctx=ctx, writing=writing, problem=problem, **tools)


def offline_page(ctx: Context) -> str:
    """Return the page for use without a connection, the same for everybody: the device fills in what is its owner's."""
    blank = Writing(
        change="",
        entry=None,
        fields=fields_of(ctx),
        texts={},
        heads=(),
        others=[],
        versions=[],
        may_write=True,
        gate_open=True,
        assessor="",
        next_assessor="",
        readers=(),
        audiences={},
        rubric=(),
    )
    return render_template("courses/writing_offline.html", ctx=ctx, w=blank, orders=ORDER, audience_words=WORDS)


def carried(place: Place) -> list[dict[str, Any]]:
    """Return the author's drafts of a module as a device keeps them: document, title, ticks, day, readers, and the heads with their texts."""
    kinds = {item.key: item for item in place.outline.items if item.type in set(EntryKind)}
    found = services.entries_of_place(place.user_id, place.enrolment_id, place.outline.module_id, kinds)
    return [
        {
            "doc": place.url(key).removeprefix("/learn/"),
            "title": kinds[key].title,
            "ticks": entry.ticks,
            "day": str(entry.happened_on or ""),
            "audiences": {f"audience-{section}": audience for section, audience in entry.audiences.items()},
            "heads": [{"id": draft.head, "texts": texts} for draft, texts in drafts.draft_texts(current_user, entry)],
        }
        for key, entry in found.items()
    ]


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
    written = drafts.draft_texts(current_user, visit)
    return written[0][1].get(FLASH, "") if written else ""
