"""Writing, handing in, answering."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import aliased, selectinload

from courses.entries import queries
from courses.entries.audience import OPEN, READABLE, Audience, may_change
from courses.entries.drafts import FLASH, Texts, Written, close, text_at, write
from courses.entries.kember import PERCENT, passes
from courses.entries.models import AnswerDraft, Entry, EntryKind, EntryState, Feedback, Section, Version
from lms.api import (
    Actor,
    Context,
    Enrolment,
    EvidenceKind,
    Moment,
    NotFound,
    ReadReason,
    Refused,
    Timeliness,
    audit,
    count_words,
    db,
    gettext,
    lazy_gettext,
    local_day,
    ngettext,
    notify,
    receipt,
    record,
    reveal,
    seal,
    timeliness,
    upsert,
    utcnow,
)

PROMISED_DAYS = 7


# -- reading one's own ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Where:
    """The place of an entry."""

    enrolment_id: int
    module_id: int
    activity_key: str


def entries_at(ctx: Context, keys: Iterable[str]) -> dict[str, Entry]:
    """Return the author's entries for activities of the module, by key, with drafts, versions and answers: three statements for all."""
    return entries_of_place(ctx.user_id, ctx.enrolment_id, ctx.module_id, keys) if ctx.enrolment_id is not None else {}


def entries_of_place(author_id: uuid.UUID, enrolment_id: int, module_id: int, keys: Iterable[str]) -> dict[str, Entry]:
    """Return an author's entries for activities of a module, by key, as `entries_at`."""
    found = db.session.scalars(
        sa.select(Entry)
        .where(Entry.enrolment_id == enrolment_id, Entry.module_id == module_id, Entry.activity_key.in_(keys), Entry.author_id == author_id)
        .options(selectinload(Entry.drafts), queries.with_versions(None))
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
        .options(selectinload(Entry.drafts), queries.with_versions(None))
    )
    if entry is None:
        raise NotFound("no such entry of this person")
    return entry


def entry_for(assessor: Actor, entry_id: uuid.UUID) -> Entry:
    """Return an entry that was handed in to this instructor, with what they may read. Raises NotFound for any other."""
    entry = db.session.scalar(
        sa.select(Entry)
        .where(Entry.id == entry_id, Entry.assessor_id == assessor.id, Entry.state != EntryState.DRAFT, is_open())
        .options(queries.with_versions(ReadReason.ASSESSMENT))
    )
    if entry is None:
        raise NotFound("not handed in to this person")
    return entry


def is_open() -> sa.ColumnElement[bool]:
    """Return the condition that the newest version of an entry has a section that its assessor may read."""
    later = aliased(Version)
    newest = ~sa.exists().where(later.entry_id == Version.entry_id, later.number > Version.number)
    return sa.exists().where(Version.entry_id == Entry.id, Section.version_id == Version.id, Section.audience.in_(OPEN), newest)


def version_texts(actor: Actor, entry: Entry, reason: ReadReason | None = None) -> list[tuple[Version, Texts, Texts | None]]:
    """Return (version, texts, answer or None) in order; by anybody but the author this leaves a line in the log.

    Texts hold only sections that the reason lets one read, and no others are decrypted; answers are for author and assessor alone.
    """
    readable, answers = READABLE[reason], reason in {None, ReadReason.ASSESSMENT}
    shown = {version.id: [section for section in version.sections if section.audience in readable] for version in entry.versions}
    sealed = [(section_item(part.version_id, part.key), part.sealed) for parts in shown.values() for part in parts]
    if answers:
        sealed += [(f"feedback/{version.id}", version.feedback.sealed) for version in entry.versions if version.feedback]
    answered = entry.versions[-1].feedback if entry.versions and reason is not ReadReason.SHARED else None  # that one never closes
    opened = reveal(
        actor=actor,
        author_id=entry.author_id,
        kind=entry.kind.value,
        item_id=entry.id,
        sealed=sealed,
        reason=reason,
        settled_at=answered.given_at if answered else None,
    )
    return [
        (
            version,
            {part.key: opened[section_item(version.id, part.key)] for part in shown[version.id]},
            json.loads(opened[f"feedback/{version.id}"]) if f"feedback/{version.id}" in opened else None,
        )
        for version in entry.versions
    ]


def section_item(version_id: uuid.UUID, key: str) -> str:
    """Return the name to which a section's seal is bound."""
    return f"section/{version_id}/{key}"


# -- writing ----------------------------------------------------------------------------------------------------------------------------


def ensure_entry(*, actor: Actor, where: Where, kind: EntryKind) -> Entry:
    """Return the author's entry for an activity; begin it when there is none."""
    db.session.execute(
        upsert(Entry)
        .values(
            id=uuid.uuid4(),
            kind=kind,
            author_id=actor.id,
            state=EntryState.DRAFT,
            ticks=[],
            audiences={},
            created_at=utcnow(),
            enrolment_id=where.enrolment_id,
            module_id=where.module_id,
            activity_key=where.activity_key,
        )
        .on_conflict_do_nothing()
    )
    entry = entries_of_place(actor.id, where.enrolment_id, where.module_id, [where.activity_key]).get(where.activity_key)
    if entry is None:
        raise NotFound("the entry belongs to somebody else")
    return entry


def where_of(ctx: Context) -> Where:
    """Return the place of an activity that the learner has open. Raises Refused in a preview."""
    if ctx.enrolment_id is None:
        raise Refused(gettext("This is a preview; nothing can be written here."))
    return Where(ctx.enrolment_id, ctx.module_id, ctx.key)


def tick(*, entry: Entry, keys: list[str], happened_on: dt.date | None, at: dt.datetime | None = None) -> None:
    """Keep which points of the ethics checklist are ticked, and the day of the visit, as they were at a moment (now): the latest one counts."""
    at = at or utcnow()
    if entry.ticked_at is None or entry.ticked_at <= at:
        entry.ticks, entry.happened_on, entry.ticked_at = sorted(set(keys)), happened_on, at


def day(text: str) -> dt.date | None:
    """Return the day that a form or a device names, or None."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def choose_audiences(*, entry: Entry, audiences: Mapping[str, Audience]) -> None:
    """Keep who may read each section, as the learner has chosen it while writing."""
    entry.audiences = {**entry.audiences, **{key: audience.value for key, audience in audiences.items()}}


# -- handing in ----------------------------------------------------------------------------------------------------------------------------


def hand_in(
    *,
    actor: Actor,
    ctx: Context,
    entry: Entry,
    head: str,
    audiences: Mapping[str, Audience] | None = None,
    moment: Moment | None = None,
    promised_days: int = PROMISED_DAYS,
) -> Version:
    """Hand in the text as it stood after the change `head`, and return the version with its receipt.

    What `audiences` does not name goes to whom the author chose while writing, else to the assigned instructor. moment is when the author did
    it, if that was on a device without a connection. The same head again gives the same version. Completion counts words, here, from what
    the author wrote, whoever may read them. The draft is gone afterwards: the version is the text.
    Raises Refused when it cannot be handed in, and OutOfStepError when the change has not come.
    """
    before = next((version for version in entry.versions if version.head == head), None)
    if before is not None:
        return before
    problem = closed(entry, head)
    if problem:
        raise Refused(problem)
    now = utcnow()
    moment = moment or Moment(now, now, now, steady=True)
    kept = {key: text.strip() for key, text in text_at(actor, entry, head).items() if text.strip()}
    words = sum(count_words(text) for key, text in kept.items() if key != FLASH)
    if not words:
        raise Refused(gettext("There is nothing to hand in yet."))
    choose_audiences(entry=entry, audiences=audiences or {})
    version = Version(id=uuid.uuid4(), entry_id=entry.id, number=len(entry.versions) + 1, head=head, words=words, feedback=None)
    version.handed_in_at, version.received_at, version.not_before = moment.at, now, moment.earliest
    version.timeliness = timeliness(moment, _deadline(entry))
    version.parts, version.sections = len(kept), [_sealed(actor, version.id, key, text, entry.audiences) for key, text in kept.items()]
    version.receipt = receipt("version", version.id, kept, now).code
    entry.versions.append(version)
    close(entry, head)
    entry.state, entry.handed_in_at, entry.promised_on = EntryState.HANDED_IN, moment.at, None
    entry.assessor_id, entry.number = ctx.assessor_id, entry.number or _draw_number(ctx)
    db.session.flush()
    seen: dict[str, Any] = {"actor_id": actor.id, "occurred_at": moment.at, "device": head.partition(".")[0]}
    for kind, value in ((EvidenceKind.WORDS, words), (EvidenceKind.SUBMITTED, None)):
        record(**ctx.where, kind=kind, value=value, evidence_id=uuid.uuid5(version.id, kind.value), **seen)
    if version.open:
        _promise(ctx, entry, version, promised_days)
    return version


def _sealed(author: Actor, version_id: uuid.UUID, key: str, text: str, audiences: Mapping[str, str]) -> Section:
    audience = Audience(audiences.get(key, Audience.ASSESSOR))
    return Section(version_id=version_id, key=key, audience=audience, sealed=seal(author.id, section_item(version_id, key), text))


def _draw_number(ctx: Context) -> int:
    """Draw a number that no other entry of the activity has in this cohort: it says nothing about who wrote it, or when."""
    statement = sa.select(Entry.number).join(Enrolment, Enrolment.id == Entry.enrolment_id)
    here = (Enrolment.cohort_id == ctx.cohort_id, Entry.module_id == ctx.module_id, Entry.activity_key == ctx.key)
    taken = set(db.session.scalars(statement.where(*here, Entry.number.is_not(None))))
    return secrets.choice([number for number in range(1, 1000 if len(taken) < 500 else 10_000) if number not in taken])


def _promise(ctx: Context, entry: Entry, version: Version, days: int) -> None:
    """Promise an answer, and tell the instructor that something waits; nobody promises where there is no instructor yet."""
    if entry.assessor_id is None:
        return
    entry.promised_on = local_day(utcnow(), ctx.time_zone) + dt.timedelta(days=days)
    notify(
        kind="work",
        user_id=entry.assessor_id,
        key=f"entry/{entry.id}/{version.number}/{entry.assessor_id.hex}",
        subject=lazy_gettext("Something was handed in to you"),
        body=lazy_gettext("A learner has handed in a text to you. Open Peduli to read and answer it."),
        path="/desk",
    )


def can_pass_on(ctx: Context, entry: Entry) -> bool:
    """Tell whether a text waits, and somebody else answers in the group by now than whom it was handed in to."""
    waits = entry.state is EntryState.HANDED_IN and entry.versions[-1].open
    return waits and ctx.assessor_id is not None and ctx.assessor_id != entry.assessor_id


def pass_on(*, actor: Actor, ctx: Context, entry: Entry, promised_days: int = PROMISED_DAYS) -> None:
    """Let who answers in the group now read and answer a text in place of whom it was handed in to; its author decides that.

    Raises Refused when it waits for that person already, or for nobody.
    """
    if not can_pass_on(ctx, entry):
        raise Refused(gettext("This text does not wait for another instructor."))
    audit(actor.id, "journal:pass-on", entry.kind.value, entry.id)
    entry.assessor_id = ctx.assessor_id
    _promise(ctx, entry, entry.versions[-1], promised_days)


def change_audience(*, ctx: Context, entry: Entry, number: int, key: str, audience: Audience, promised_days: int = PROMISED_DAYS) -> None:
    """Let the author change who may read a section that was handed in. Raises Refused when it has been answered and read already.

    A text of which the first section is opened only now begins to wait for an answer now.
    """
    version = next((version for version in entry.versions if version.number == number), None)
    section = next((section for section in version.sections if section.key == key), None) if version else None
    if version is None or section is None:
        raise NotFound("no such section")
    if not may_change(section.audience, audience, answered=version.feedback is not None):
        raise Refused(gettext("This has been answered already, so your assessor has read it. You can still withdraw it from your group."))
    was_open, section.audience = version.open, audience
    choose_audiences(entry=entry, audiences={key: audience})
    if entry.state is EntryState.HANDED_IN and version is entry.versions[-1] and was_open is not version.open:
        entry.promised_on = None
        if version.open:
            _promise(ctx, entry, version, promised_days)


def decide_timeliness(*, actor: Actor, entry: Entry, on_time: bool) -> None:
    """Decide whether the newest version was handed in in time, where a device's clock could not tell. Raises Refused when it could."""
    version = entry.versions[-1]
    if version.timeliness is not Timeliness.UNDECIDED:
        raise Refused(gettext("This has been decided already."))
    version.timeliness = Timeliness.ON_TIME if on_time else Timeliness.LATE
    audit(actor.id, "journal:timeliness", entry.kind.value, entry.id, version=version.number, on_time=on_time)


def _deadline(entry: Entry) -> dt.datetime | None:
    """Return the end of the day on which the entry is due, if it is."""
    due_on, time_zone = db.session.execute(queries.due_of(entry.enrolment_id, entry.module_id)).one_or_none() or (None, "")
    return dt.datetime.combine(due_on + dt.timedelta(days=1), dt.time(), ZoneInfo(time_zone)) if due_on else None


def closed(entry: Entry, head: str) -> str:
    """Say why nothing can be handed in now, or nothing; what is handed in already is no reason."""
    if any(version.head == head for version in entry.versions):
        return ""
    if entry.state is EntryState.HANDED_IN:
        return gettext("This was handed in and waits for an answer. You can revise it afterwards.")
    return "" if entry.revisable else gettext("The free revision has been used.")


def not_yet(ctx: Context, entry: Entry, texts: Mapping[str, str]) -> str:
    """Say why a text cannot be handed in yet, or nothing."""
    if not gate_open(ctx, entry):
        return gettext("Tick the points of the checklist first; your text is saved.")
    have = sum(count_words(text) for key, text in texts.items() if key != FLASH)
    missing = (ctx.settings.get("minimum_words") or 1) - have
    if missing <= 0:
        return ""
    return ngettext(
        "Saved as a draft. To hand it in, write %(num)s word more.", "Saved as a draft. To hand it in, write %(num)s words more.", missing
    )


def gate_open(ctx: Context, entry: Entry) -> bool:
    """Tell whether every point of the ethics checklist is ticked."""
    return {row["key"] for row in ctx.prepared.get("checklist", [])} <= set(entry.ticks)


def reopen(*, entry: Entry, actor: Actor) -> None:
    """Begin the one free revision: the answered text becomes a draft again, and all versions are kept."""
    if entry.state is not EntryState.ANSWERED or not entry.revisable:
        raise Refused(gettext("The free revision has been used."))
    texts = version_texts(actor, entry)[-1][1]
    write(actor=actor, entry=entry, change=Written(id=f"revision.{entry.versions[-1].id.hex[:20]}", whole=texts))


# -- answering ------------------------------------------------------------------------------------------------------------------------------


def answer(
    *,
    actor: Actor,
    entry: Entry,
    texts: Mapping[str, str],
    accepted: bool,
    level: int | None = None,
    ethics: bool = False,
    scored: bool = False,
) -> None:
    """Answer the newest version: what is strong, a question, a step; accept it, or return it with a request.

    `level` is in halves (courses.entries.kember). `ethics` returns the text because somebody could be recognised or a photo has no consent:
    then there is no level. With `scored` an accepted level is recorded as a score. The text is sealed with the author's key.
    """
    version = entry.versions[-1]
    if version.feedback is not None:
        raise Refused(gettext("This version has been answered already."))
    if accepted and (ethics or not passes(level, version.number)):
        raise Refused(gettext("This cannot be accepted yet. Ask for a revision."))
    version.feedback = Feedback(
        version_id=version.id,
        assessor_id=actor.id,
        accepted=accepted,
        ethics=ethics,
        level=None if ethics else level,
        given_at=utcnow(),
        sealed=seal(entry.author_id, f"feedback/{version.id}", json.dumps(dict(texts), ensure_ascii=False)),
    )
    entry.state = EntryState.ANSWERED
    db.session.execute(sa.delete(AnswerDraft).where(AnswerDraft.version_id == version.id))
    _note(actor, entry, version, EvidenceKind.ACCEPTED if accepted else EvidenceKind.RETURNED, "answered")
    if accepted and scored and level is not None:
        _note(actor, entry, version, EvidenceKind.SCORED, "scored", PERCENT[level])
    audit(actor.id, "journal:answer", entry.kind.value, entry.id, accepted=accepted)
    notify(
        kind="answer" if accepted else "returned",
        user_id=entry.author_id,
        key=f"answer/{version.id}",
        subject=lazy_gettext("Your instructor has answered"),
        body=lazy_gettext("Your instructor has answered what you handed in. Only you can open the answer."),
        path=f"/journals/{entry.id}",
    )


def _note(actor: Actor, entry: Entry, version: Version, kind: EvidenceKind, name: str, value: float | None = None) -> None:
    record(
        enrolment_id=entry.enrolment_id,
        module_id=entry.module_id,
        activity_key=entry.activity_key,
        actor_id=actor.id,
        kind=kind,
        value=value,
        evidence_id=uuid.uuid5(version.id, name),
    )


# -- an answer that is half written ---------------------------------------------------------------------------------------------------------


def keep_answer(*, actor: Actor, entry: Entry, values: Mapping[str, str], number: int = 0) -> dt.datetime:
    """Keep what an instructor has typed so far about a version (the newest), sealed with their own key, and return when.

    Raises Refused when it has been answered: what comes late does not come back as half written.
    """
    version, now = next((version for version in entry.versions if version.number == number), entry.versions[-1]), utcnow()
    if version.feedback is not None:
        raise Refused(gettext("This version has been answered already."))
    sealed = seal(actor.id, f"answer/{version.id}", json.dumps(dict(values), ensure_ascii=False))
    row = {"version_id": version.id, "assessor_id": actor.id, "sealed": sealed, "saved_at": now}
    db.session.execute(
        upsert(AnswerDraft)
        .values(**row)
        .on_conflict_do_update(index_elements=["version_id", "assessor_id"], set_={"sealed": sealed, "saved_at": now})
    )
    return now


def kept_answer(actor: Actor, version: Version) -> tuple[dict[str, str], dt.datetime] | None:
    """Return what an instructor had typed, and when it was kept; None when there is nothing."""
    row = db.session.get(AnswerDraft, (version.id, actor.id))
    return (opened_answer(actor, row), row.saved_at) if row else None


def opened_answer(actor: Actor, row: AnswerDraft) -> dict[str, str]:
    """Return what an instructor had typed; `actor` must be that person."""
    item = f"answer/{row.version_id}"
    opened = reveal(actor=actor, author_id=row.assessor_id, kind="answer", item_id=row.version_id, sealed=[(item, row.sealed)])
    return dict(json.loads(opened[item]))
