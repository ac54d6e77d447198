"""Drafts: every change on top of the one before; what was edited in two places is kept twice, whatever the order of arrival.

The changes of an entry are a graph. A text that nothing was written on top of is a *head*; heads are kept as drafts, so that reading one is
reading a row. Two heads are two versions side by side, until the author joins them in a change on top of both. Which heads there are depends
only on which changes have come, not on when or in which order: so all devices come to see the same.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from courses.entries.models import Change, Draft, Entry
from lms.api import Actor, OutOfStepError, Refused, db, gettext, reveal, seal, utcnow

FLASH = "catatan-kilat"  # the note made during a visit; shown beside the journal
MOST_CHARACTERS = 20_000
PAUSE = dt.timedelta(minutes=10)  # what was written without such a pause is one step of the history

Texts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Cut:
    """A small change of one field: keep `start` characters, drop `drop`, put `insert` there."""

    field: str
    start: int
    drop: int
    insert: str


@dataclass(frozen=True, slots=True)
class Written:
    """A change as a device reports it.

    id names it for ever. `on` names the changes on top of which it was made: none for a beginning, several to join them; its text is the
    first one's with the cuts applied and then the whole fields set. `check` is the check sum of the text that this must make (see
    `checksum`), when the device has one.
    """

    id: str
    on: tuple[str, ...] = ()
    cuts: Sequence[Cut] = ()
    whole: Mapping[str, str] = field(default_factory=dict)
    check: int | None = None
    made_at: dt.datetime | None = None


def checksum(texts: Mapping[str, str]) -> int:
    """Return the CRC-32 of a text, as the device computes it: fields by name, empty ones left out, one `name NUL text LF` each, UTF-8."""
    return zlib.crc32("".join(f"{key}\0{texts[key]}\n" for key in sorted(texts) if texts[key]).encode())


# -- reading ----------------------------------------------------------------------------------------------------------------------------


def draft_texts(actor: Actor, entry: Entry) -> list[tuple[Draft, Texts]]:
    """Return the author's drafts with their texts, latest first."""
    opened = _open(actor, entry, [(_draft_item(entry, draft.head), draft.sealed) for draft in entry.drafts])
    return [(draft, opened[_draft_item(entry, draft.head)]) for draft in entry.drafts]


def text_at(actor: Actor, entry: Entry, change_id: str) -> Texts:
    """Return the text as it stood after a change. Raises OutOfStepError when no such change has come."""
    draft = next((draft for draft in entry.drafts if draft.head == change_id), None)
    if draft is not None:
        item = _draft_item(entry, draft.head)
        return dict(_open(actor, entry, [(item, draft.sealed)])[item])
    return _texts_after(actor, entry, change_id)[change_id]


def history(actor: Actor, entry: Entry) -> list[tuple[Change, Texts]]:
    """Return how the texts stood before each pause in writing, latest first; each line of writing keeps its last state."""
    changes = _changes(entry)
    texts = _texts_after(actor, entry)
    children: dict[str, list[Change]] = {}
    for change in changes.values():
        for parent in change.parents:
            children.setdefault(parent, []).append(change)
    steps = [
        change
        for change in changes.values()
        if not any(child.made_at - change.made_at < PAUSE and child.parents == [change.id] for child in children.get(change.id, ()))
    ]
    return [(change, texts[change.id]) for change in sorted(steps, key=lambda change: (change.made_at, change.id), reverse=True)]


def _changes(entry: Entry) -> dict[str, Change]:
    return {change.id: change for change in db.session.scalars(sa.select(Change).where(Change.entry_id == entry.id))}


def _texts_after(actor: Actor, entry: Entry, change_id: str | None = None) -> dict[str, Texts]:
    """Return the text after a change and after each before it; after every change when none is named. Raises OutOfStepError."""
    changes = _changes(entry)
    if change_id is not None and change_id not in changes:
        raise OutOfStepError
    opened = _open(actor, entry, [(_change_item(entry, change.id), change.sealed) for change in changes.values()])
    texts: dict[str, Texts] = {}
    waiting = list(changes) if change_id is None else [change_id]
    while waiting:
        change = changes[waiting[-1]]
        first = change.parents[0] if change.parents else None
        if first is not None and first not in texts:
            waiting.append(first)
            continue
        waiting.pop()
        kept = opened[_change_item(entry, change.id)]
        texts[change.id] = _applied(texts[first] if first else {}, [Cut(**cut) for cut in kept["cuts"]], kept["whole"])
    return texts


def _open(actor: Actor, entry: Entry, sealed: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    opened = reveal(actor=actor, author_id=entry.author_id, kind=entry.kind.value, item_id=entry.id, sealed=sealed)
    return {item: json.loads(text) for item, text in opened.items()}


def _draft_item(entry: Entry, head: str) -> str:
    return f"draft/{entry.id}/{head}"


def _change_item(entry: Entry, change_id: str) -> str:
    return f"change/{entry.id}/{change_id}"


# -- writing ----------------------------------------------------------------------------------------------------------------------------


def write(*, actor: Actor, entry: Entry, change: Written) -> Texts:
    """Take a change in and return the text that it makes. The same change again does nothing.

    Nothing is ever overwritten or refused: a change on top of an older text becomes a draft beside the newer one, also when the entry has
    been handed in meanwhile. Raises OutOfStepError when what it builds on has not come, or does not fit; Refused for a text that is too long.
    """
    known = db.session.get(Change, change.id)
    if known is not None:
        if known.entry_id != entry.id:
            raise OutOfStepError
        return text_at(actor, entry, change.id)
    before = text_at(actor, entry, change.on[0]) if change.on else {}
    if len(change.on) > 1 and not set(change.on) <= set(_changes(entry)):
        raise OutOfStepError
    texts = _applied(before, change.cuts, change.whole)
    if change.check is not None and change.check != checksum(texts):
        raise OutOfStepError
    now = utcnow()
    kept = {"cuts": [{name: getattr(cut, name) for name in Cut.__slots__} for cut in change.cuts], "whole": dict(change.whole)}
    row = Change(id=change.id, entry_id=entry.id, parents=list(change.on), made_at=change.made_at or now, received_at=now)
    row.sealed = _seal(actor, _change_item(entry, change.id), kept)
    db.session.add(row)
    entry.drafts[:] = [draft for draft in entry.drafts if draft.head not in change.on]
    sealed = _seal(actor, _draft_item(entry, change.id), texts)
    entry.drafts.insert(0, Draft(entry_id=entry.id, head=change.id, sealed=sealed, saved_at=change.made_at or now))
    db.session.flush()
    return texts


def _applied(before: Texts, cuts: Sequence[Cut], whole: Mapping[str, str]) -> Texts:
    texts = dict(before)
    for cut in cuts:
        old = texts.get(cut.field, "")
        if not (cut.start >= 0 and cut.drop >= 0 and cut.start + cut.drop <= len(old)):
            raise OutOfStepError
        texts[cut.field] = old[: cut.start] + cut.insert + old[cut.start + cut.drop :]
    texts.update(whole)
    if any(len(text) > MOST_CHARACTERS for text in texts.values()):
        raise Refused(gettext("A text can have at most %(num)s characters.", num=MOST_CHARACTERS))
    return texts


def _seal(actor: Actor, item: str, content: object) -> bytes:
    return seal(actor.id, item, json.dumps(content, ensure_ascii=False))


def close(entry: Entry, head: str) -> None:
    """Take away the draft that was handed in. Others, from other devices, stay beside."""
    entry.drafts[:] = [draft for draft in entry.drafts if draft.head != head]
