"""What an assignment's form carries beside the answer: which state of the draft it shows, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from courses.assignments import drafts
from courses.assignments.drafts import Save
from courses.assignments.models import TextDraft
from courses.assignments.queries import TYPE
from courses.assignments.services import tell_assessor
from lms.api import Context, Form, Refused, gettext, utcnow

HALF = re.compile("[\ud800-\udfff]")


class WritingForm(Form):
    """The answer form of an assignment; it knows the drafts that were there when it was made, the latest first."""

    kept: ClassVar[list[TextDraft]] = []


def next_version(ctx: Context) -> int:
    """Return the number of the version that is being written, from 1."""
    return 1 + sum(attempt.submitted_at is not None for attempt in ctx.attempts)


def current(ctx: Context, kept: list[TextDraft]) -> TextDraft | None:
    """Return the draft that the form goes on with: the latest one of the version that is being written."""
    version = next_version(ctx)
    return next((draft for draft in kept if draft.version == version), None)


def said_by(fields: Mapping[str, Any], ctx: Context) -> Save:
    """Return what the plain form says about the text in it."""
    version = str(fields.get("version", ""))
    return Save(
        mark=str(fields.get("mark", "")) or drafts.new_mark(),
        on=str(fields.get("on", "")),
        version=int(version) if version.isdecimal() and len(version) < 5 else next_version(ctx),
        whole=drafts.texts_of(fields, ctx.settings["parts"]),
    )


def said_by_script(body: Any) -> Save:
    """Return what a script says about the text on its page. Raises Refused when that is not what a script of ours sends."""
    asked = body if isinstance(body, dict) else {}
    whole, cuts, version = asked.get("whole"), asked.get("cuts", []), asked.get("version")
    right = (
        isinstance(version, int)
        and 0 < version < 10_000
        and (whole is None or (isinstance(whole, dict) and all(isinstance(text, str) for text in whole.values())))
        and isinstance(cuts, list)
        and all(isinstance(cut, list) and [type(part) for part in cut] == [str, int, int, str, int] for cut in cuts)
    )
    if not right:
        raise Refused(gettext("This page cannot save. Load it again; copy your text first."))
    texts = None if whole is None else {key: _whole_letters(text) for key, text in whole.items() if text}
    made = [(field, start, drop, _whole_letters(put), length) for field, start, drop, put, length in cuts]
    return Save(str(asked.get("mark", "")), str(asked.get("on", "")), version or 1, texts, made)


def _whole_letters(text: str) -> str:
    """Return a text without halves of letters (lone surrogates), which no database could store."""
    return HALF.sub("\ufffd", text)


def keep(ctx: Context, said: Save) -> dt.datetime:
    """Keep a text as a draft and return when. What comes late and has been handed in already, word by word, is no draft any more."""
    parts = ctx.settings["parts"]
    if said.version < next_version(ctx) and any(drafts.texts_of(attempt.answer, parts) == said.whole for attempt in ctx.attempts):
        return utcnow()
    return drafts.save(where=ctx.where, said=said, parts=parts).saved_at


def keep_unfinished(ctx: Context, fields: Mapping[str, Any]) -> None:
    """Keep a text that was refused as a draft too, so that it is there on other devices and tomorrow."""
    if ctx.type != TYPE or not isinstance(ctx.form, WritingForm):
        return
    keep(ctx, said_by(fields, ctx))
    type(ctx.form).kept = drafts.drafts_of(ctx.where)


def handed_in(ctx: Context, fields: Mapping[str, Any]) -> None:
    """Take away the draft that became a version, and tell the instructor."""
    if ctx.type == TYPE:
        texts = drafts.texts_of(fields, ctx.settings["parts"])
        drafts.close(where=ctx.where, mark=str(fields.get("mark", "")), on=str(fields.get("on", "")), texts=texts)
    tell_assessor(ctx)
