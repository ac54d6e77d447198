"""Texts that are not handed in yet: saved while somebody types, never overwritten by another device.

A state of a draft has a name, its *mark*: the device (one window of a browser, which makes up its own name) and a number that it counts up. A save
says its own mark and that of the state from which it went on.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.assignments.models import TextDraft
from lms.api import OutOfStepError, Refused, db, gettext, upsert, utcnow

MOST_CHARACTERS = 30_000
MOST_BESIDE = 20  # texts of other devices that wait for their author; more are no accident
PART = "part-"
MARK = re.compile(r"([0-9a-z]{4,24})\.([1-9][0-9]{0,8})")

Texts = dict[str, str]
Cut = tuple[str, int, int, str, int]  # field, characters kept, characters dropped, what comes there, length of the old text


def new_mark() -> str:
    """Return the name of a state that a form without script makes."""
    return f"{secrets.token_hex(8)}.1"


def texts_of(fields: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Texts:
    """Return the texts of an assignment's parts from fields of its form, without empty ones."""
    sent = {row["key"]: str(fields.get(f"{PART}{row['key']}") or "").replace("\r\n", "\n") for row in parts}
    return {key: text for key, text in sent.items() if text}


def with_cuts(texts: Mapping[str, str], cuts: Sequence[Cut]) -> Texts:
    """Return texts with small changes made. Raises OutOfStepError when one does not fit."""
    found = dict(texts)
    for field, start, drop, insert, length in cuts:
        old = found.get(field, "")
        if len(old) != length or start < 0 or drop < 0 or start + drop > length:
            raise OutOfStepError
        found[field] = old[:start] + insert + old[start + drop :]
    return found


def drafts_of(where: Mapping[str, Any]) -> list[TextDraft]:
    """Return the drafts at an activity, the latest first."""
    statement = sa.select(TextDraft).filter_by(**where).order_by(TextDraft.saved_at.desc(), TextDraft.id)
    return list(db.session.scalars(statement))


@dataclass(frozen=True, slots=True)
class Save:
    """A text as a window reports it.

    `mark` names the state that it makes, `on` the one from which it went on (empty: none), `version` which version it is to become. `whole`
    are all texts by the key of their part; without it `cuts` are made in the state `on`.
    """

    mark: str
    on: str
    version: int
    whole: Mapping[str, str] | None = None
    cuts: Sequence[Cut] = ()


def save(*, where: Mapping[str, Any], said: Save, parts: Sequence[Mapping[str, Any]]) -> TextDraft:
    """Keep a text that is being written, and return its draft.

    The same save again changes nothing; a late one never takes the place of a later one. Raises OutOfStepError when `on` is not here and the
    whole is needed, Refused for a text that is too long.
    """
    device, turn = _read(said.mark)
    rows = list(db.session.scalars(sa.select(TextDraft).filter_by(**where).order_by(TextDraft.saved_at.desc()).with_for_update()))
    own = next((row for row in rows if row.device == device), None)
    if own is not None and own.turn >= turn:
        return own
    before = next((row for row in rows if row.mark == said.on), None)
    if said.whole is None and before is None:
        raise OutOfStepError
    texts = dict(said.whole) if said.whole is not None else with_cuts(before.texts if before else {}, said.cuts)
    known = {row["key"] for row in parts}
    texts = {key: text for key, text in texts.items() if key in known and text}
    if any(len(text) > MOST_CHARACTERS for text in texts.values()):
        raise Refused(gettext("A text can have at most %(num)s characters.", num=MOST_CHARACTERS))
    row = own or before
    values = {"device": device, "turn": turn, "version": said.version, "texts": texts, "saved_at": utcnow()}
    if row is None:
        return _begin(where, values, len(rows))
    for name, value in values.items():
        setattr(row, name, value)
    db.session.flush()
    return row


def _begin(where: Mapping[str, Any], values: Mapping[str, Any], beside: int) -> TextDraft:
    if beside >= MOST_BESIDE:
        raise Refused(gettext("There are too many texts beside this one. Remove what you do not need on the page of the assignment."))
    db.session.execute(upsert(TextDraft).values(**where, **values).on_conflict_do_nothing())  # the same form sent twice at once
    return db.session.scalars(sa.select(TextDraft).filter_by(**where, device=values["device"])).one()


def close(*, where: Mapping[str, Any], mark: str, on: str, texts: Mapping[str, str]) -> None:
    """Take away the draft that was handed in, under its mark or with the same words; what differs, from other devices, stays."""
    device = mark.partition(".")[0]
    for row in drafts_of(where):
        if row.device == device or row.mark == on or row.texts == texts:
            db.session.delete(row)
    db.session.flush()


def remove(*, where: Mapping[str, Any], mark: str) -> None:
    """Let the author remove a text that stands beside; it is gone only in the state in which they saw it."""
    for row in drafts_of(where):
        if row.mark == mark:
            db.session.delete(row)
    db.session.flush()


def _read(mark: str) -> tuple[str, int]:
    """Return device and number of a mark. Raises Refused when it is none."""
    match = MARK.fullmatch(mark)
    if match is None:
        raise Refused(gettext("This page cannot save. Load it again; copy your text first."))
    return match[1], int(match[2])
