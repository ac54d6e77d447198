"""Writing, handing in, answering."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from courses.entries.models import Draft, Entry, EntryKind, EntryState, Feedback, Version
from lms.api import (
    Actor,
    Context,
    EvidenceKind,
    NotFound,
    ReadReason,
    Refused,
    audit,
    count_words,
    db,
    gettext,
    local_day,
    notify,
    receipt,
    record,
    reveal,
    seal,
    upsert,
    utcnow,
)

FLASH = "catatan-kilat"  # the note made during a visit; shown beside the journal
MOST_CHARACTERS = 20_000
PROMISED_DAYS = 7

Texts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save amounts to. `conflict`: the text went beside another one that was saved meanwhile, and both are kept."""

    entry_id: uuid.UUID
    version: int
    saved_at: dt.datetime
    code: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Splice:
    """A small change of one field: keep `start` characters, drop `drop`, put `insert` there; the result has `length` characters."""

    field: str
    start: int
    drop: int
    insert: str
    length: int


class OutOfStepError(Exception):
    """A splice does not fit the saved text; the device sends the whole text instead."""


# -- reading one's own ------------------------------------------------------------------------------------------------------------------


def entries_at(ctx: Context, keys: Iterable[str]) -> dict[str, Entry]:
    """Return the author's entries for activities of the module, by key, with drafts, versions and answers: three statements for all."""
    if ctx.enrolment_id is None:
        return {}
    found = db.session.scalars(
        sa.select(Entry)
        .where(
            Entry.enrolment_id == ctx.enrolment_id,
            Entry.module_id == ctx.module_id,
            Entry.activity_key.in_(keys),
            Entry.author_id == ctx.user_id,
        )
        .options(selectinload(Entry.drafts), selectinload(Entry.versions).joinedload(Version.feedback))
    )
    return {entry.activity_key: entry for entry in found}


def find_entry(ctx: Context) -> Entry | None:
    """Return the author's entry for an activity with drafts, versions and answers."""
    return entries_at(ctx, [ctx.key]).get(ctx.key)


def entry_of(author: Actor, entry_id: uuid.UUID) -> Entry:
    """Return one's own entry. Raises NotFound for anybody else's."""
    entry = db.session.scalar(
        sa.select(Entry)
        .where(Entry.id == entry_id, Entry.author_id == author.id)
        .options(selectinload(Entry.drafts), selectinload(Entry.versions).selectinload(Version.feedback))
    )
    if entry is None:
        raise NotFound("no such entry of this person")
    return entry


def entry_for(assessor: Actor, entry_id: uuid.UUID) -> Entry:
    """Return an entry that was handed in to this instructor. Raises NotFound for any other."""
    entry = db.session.scalar(
        sa.select(Entry)
        .where(Entry.id == entry_id, Entry.assessor_id == assessor.id, Entry.state != EntryState.DRAFT)
        .options(selectinload(Entry.versions).selectinload(Version.feedback))
    )
    if entry is None:
        raise NotFound("not handed in to this person")
    return entry


def draft_texts(actor: Actor, entry: Entry) -> list[tuple[Draft, Texts]]:
    """Return the author's drafts, branch 0 first."""
    opened = reveal(
        actor=actor,
        author_id=entry.author_id,
        kind=entry.kind.value,
        item_id=entry.id,
        sealed=[(_draft_item(entry.id, draft.branch), draft.sealed) for draft in entry.drafts],
    )
    return [(draft, json.loads(opened[_draft_item(entry.id, draft.branch)])) for draft in entry.drafts]


def version_texts(actor: Actor, entry: Entry, reason: ReadReason | None = None) -> list[tuple[Version, Texts, Texts | None]]:
    """Return (version, texts, answer or None) in order; by anybody but the author this leaves a line in the log."""
    sealed = [(f"version/{version.id}", version.sealed) for version in entry.versions]
    sealed += [(f"feedback/{version.id}", version.feedback.sealed) for version in entry.versions if version.feedback]
    opened = reveal(actor=actor, author_id=entry.author_id, kind=entry.kind.value, item_id=entry.id, sealed=sealed, reason=reason)
    return [
        (version, json.loads(opened[f"version/{version.id}"]), json.loads(opened[f"feedback/{version.id}"]) if version.feedback else None)
        for version in entry.versions
    ]


def _draft_item(entry_id: uuid.UUID, branch: int) -> str:
    return f"draft/{entry_id}/{branch}"


# -- writing ----------------------------------------------------------------------------------------------------------------------------


def ensure_entry(*, actor: Actor, ctx: Context, kind: EntryKind, entry_id: uuid.UUID) -> Entry:
    """Return the author's entry for an activity; begin it, under the id that the device made, when there is none."""
    if ctx.enrolment_id is None:
        raise Refused(gettext("This is a preview; nothing can be written here."))
    db.session.execute(
        upsert(Entry)
        .values(
            id=entry_id,
            kind=kind,
            enrolment_id=ctx.enrolment_id,
            module_id=ctx.module_id,
            activity_key=ctx.key,
            author_id=actor.id,
            state=EntryState.DRAFT,
            ticks=[],
            created_at=utcnow(),
        )
        .on_conflict_do_nothing()
    )
    entry = find_entry(ctx)
    if entry is None:
        raise NotFound("the id belongs to somebody else")
    return entry


def save_draft(*, actor: Actor, entry: Entry, texts: Mapping[str, str], base: int, device: str = "") -> Saved:
    """Save a whole draft that was edited from version `base`.

    When another version was saved meanwhile, both are kept: this one goes beside it as a branch, for the author to join.
    """
    _refuse_closed(entry)
    head = next((draft for draft in entry.drafts if draft.branch == 0), None)
    if head is not None and head.version != base and _texts(actor, entry, head) != dict(texts):
        return _save_branch(actor, entry, texts, device)
    return _write(actor, entry, head, texts, device)


def splice_draft(*, actor: Actor, entry: Entry, splice: Splice, base: int, device: str = "") -> Saved:
    """Save a small change of a draft. Raises OutOfStepError when it does not fit what is saved."""
    _refuse_closed(entry)
    head = next((draft for draft in entry.drafts if draft.branch == 0), None)
    texts = _texts(actor, entry, head) if head else {}
    old = texts.get(splice.field, "")
    if (head.version if head else 0) != base or splice.start + splice.drop > len(old):
        raise OutOfStepError
    new = old[: splice.start] + splice.insert + old[splice.start + splice.drop :]
    if len(new) != splice.length:
        raise OutOfStepError
    return _write(actor, entry, head, {**texts, splice.field: new}, device)


def _refuse_closed(entry: Entry) -> None:
    if entry.state is EntryState.HANDED_IN:
        raise Refused(gettext("This was handed in and waits for an answer. You can revise it afterwards."))
    if len(entry.versions) > 1:
        raise Refused(gettext("The free revision has been used."))


def _texts(actor: Actor, entry: Entry, draft: Draft) -> Texts:
    item = _draft_item(entry.id, draft.branch)
    opened = reveal(actor=actor, author_id=entry.author_id, kind=entry.kind.value, item_id=entry.id, sealed=[(item, draft.sealed)])
    return dict(json.loads(opened[item]))


def _write(actor: Actor, entry: Entry, draft: Draft | None, texts: Mapping[str, str], device: str) -> Saved:
    kept = {key: text[:MOST_CHARACTERS] for key, text in texts.items()}
    sealed = seal(actor.id, _draft_item(entry.id, 0), json.dumps(kept, ensure_ascii=False))
    now = utcnow()
    if draft is None:
        draft = Draft(entry_id=entry.id, branch=0, version=0, sealed=sealed)
        entry.drafts.append(draft)
    draft.sealed, draft.version, draft.saved_at, draft.device = sealed, draft.version + 1, now, device[:60]
    db.session.flush()
    return Saved(entry.id, draft.version, now, receipt("draft", entry.id, kept, now).code)


def _save_branch(actor: Actor, entry: Entry, texts: Mapping[str, str], device: str) -> Saved:
    """Put a text beside the draft; a device that goes on writing goes on in its own branch."""
    branch = next((draft for draft in entry.drafts if draft.branch and draft.device == device), None)
    if branch is None:
        branch = Draft(entry_id=entry.id, branch=max(draft.branch for draft in entry.drafts) + 1, version=0, device=device[:60], sealed=b"")
        entry.drafts.append(branch)
    kept = {key: text[:MOST_CHARACTERS] for key, text in texts.items()}
    branch.sealed = seal(actor.id, _draft_item(entry.id, branch.branch), json.dumps(kept, ensure_ascii=False))
    branch.version, branch.saved_at = branch.version + 1, utcnow()
    db.session.flush()
    head = next(draft for draft in entry.drafts if draft.branch == 0)
    return Saved(entry.id, head.version, branch.saved_at, receipt("draft", entry.id, kept, branch.saved_at).code, conflict=True)


def drop_branches(entry: Entry) -> None:
    """Remove the texts beside the draft, when the author has joined them."""
    entry.drafts[:] = [draft for draft in entry.drafts if draft.branch == 0]


def tick(*, entry: Entry, keys: list[str], happened_on: dt.date | None) -> None:
    """Keep which points of the ethics checklist are ticked, and the day of the visit."""
    entry.ticks = sorted(set(keys))
    entry.happened_on = happened_on


# -- handing in ----------------------------------------------------------------------------------------------------------------------------


def hand_in(*, actor: Actor, ctx: Context, entry: Entry, texts: Mapping[str, str], promised_days: int = PROMISED_DAYS) -> Version:
    """Hand in the texts to the assigned instructor and return the version with its receipt.

    Completion counts words, here, from what the author sends; nobody reads for it. The draft is gone afterwards: the version is the text.
    """
    _refuse_closed(entry)
    now = utcnow()
    kept = {key: text.strip()[:MOST_CHARACTERS] for key, text in texts.items()}
    words = sum(count_words(text) for key, text in kept.items() if key != FLASH)
    if not words:
        raise Refused(gettext("There is nothing to hand in yet."))
    version = Version(
        id=uuid.uuid4(),
        entry_id=entry.id,
        number=len(entry.versions) + 1,
        words=words,
        handed_in_at=now,
        sealed=b"",
        receipt="",
        feedback=None,
    )
    version.sealed = seal(actor.id, f"version/{version.id}", json.dumps(kept, ensure_ascii=False))
    version.receipt = receipt("version", version.id, kept, now).code
    entry.versions.append(version)
    entry.drafts.clear()
    entry.state, entry.handed_in_at = EntryState.HANDED_IN, now
    entry.assessor_id = ctx.assessor_id
    entry.promised_on = local_day(now, ctx.time_zone) + dt.timedelta(days=promised_days)
    db.session.flush()
    for kind, value in ((EvidenceKind.WORDS, words), (EvidenceKind.SUBMITTED, None)):
        record(
            enrolment_id=entry.enrolment_id,
            module_id=entry.module_id,
            activity_key=entry.activity_key,
            kind=kind,
            value=value,
            evidence_id=uuid.uuid5(version.id, kind.value),
            actor_id=actor.id,
            occurred_at=now,
        )
    if entry.assessor_id:
        notify(
            user_id=entry.assessor_id,
            key=f"entry/{entry.id}/{version.number}",
            subject="Something was handed in to you",
            body="A learner has handed in a text to you. Open Peduli to read and answer it.",
            path="/journals/queue",
        )
    return version


def reopen(*, entry: Entry, actor: Actor) -> None:
    """Begin the one free revision: the answered text becomes a draft again, and both versions are kept."""
    if entry.state is not EntryState.ANSWERED or len(entry.versions) != 1:
        raise Refused(gettext("The free revision has been used."))
    texts = version_texts(actor, entry)[-1][1]
    _write(actor, entry, None, texts, "")


# -- answering ------------------------------------------------------------------------------------------------------------------------------


def answer(*, actor: Actor, entry: Entry, texts: Mapping[str, str], accepted: bool) -> None:
    """Answer the newest version: what is strong, a question, a step; accept it, or return it with a request.

    The text of the answer is sealed with the author's key.
    """
    version = entry.versions[-1]
    if version.feedback is not None:
        raise Refused(gettext("This version has been answered already."))
    version.feedback = Feedback(
        version_id=version.id,
        assessor_id=actor.id,
        accepted=accepted,
        given_at=utcnow(),
        sealed=seal(entry.author_id, f"feedback/{version.id}", json.dumps(dict(texts), ensure_ascii=False)),
    )
    entry.state = EntryState.ANSWERED
    record(
        enrolment_id=entry.enrolment_id,
        module_id=entry.module_id,
        activity_key=entry.activity_key,
        actor_id=actor.id,
        kind=EvidenceKind.ACCEPTED if accepted else EvidenceKind.RETURNED,
        evidence_id=uuid.uuid5(version.id, "answered"),
    )
    audit(actor.id, "journal:answer", entry.kind.value, entry.id, accepted=accepted)
    notify(
        user_id=entry.author_id,
        key=f"answer/{version.id}",
        subject="Your instructor has answered",
        body="Your instructor has answered what you handed in. Only you can open the answer.",
        path=f"/journals/{entry.id}",
    )
