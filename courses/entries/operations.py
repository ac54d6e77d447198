"""What a learner did on a device, taken in afterwards: writing, ticking, handing in, reading. See docs/offline.md.

A document is named by its place, `cohort/module/activity`: two devices that begin it without a connection mean the same one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from courses.base import plugin
from courses.entries import drafts, pages, queries, services
from courses.entries.audience import ORDER, Audience
from courses.entries.drafts import Cut, Written
from courses.entries.models import Entry, EntryKind
from courses.entries.services import Where
from lms.api import (
    Actor,
    Context,
    EvidenceKind,
    NotFound,
    Operation,
    OutOfStepError,
    Refused,
    db,
    format_time,
    gettext,
    open_activity,
    outline,
    record,
)
from lms.api import lazy_gettext as _

Body = Mapping[str, Any]


def _place(body: Body) -> tuple[int, str, str]:
    try:
        cohort_id, module_key, activity_key = str(body["doc"]).split("/")
        return int(cohort_id), module_key, activity_key[:60]
    except (KeyError, ValueError) as error:
        raise NotFound("an operation without a place") from error


def _entry(actor: Actor, body: Body) -> Entry:
    """Return the entry of a document; begin it when there is none.

    Also where the activity is closed, or is not in the module any more: what was written there is kept. The kind is the activity's.
    """
    cohort_id, module_key, key = _place(body)
    row = db.session.execute(queries.place_of(actor.id, cohort_id, module_key)).one_or_none()
    if row is None:
        raise NotFound("never in this cohort")
    where = Where(row.enrolment_id, row.module_id, key)
    kind = next((item.type for item in outline(row.revision_id).items if item.key == key), None)
    if kind is None:
        kind = db.session.scalar(queries.kinds_of(row.module_id, key).limit(1))
    if kind not in set(EntryKind):
        raise NotFound("nothing is written here")
    return services.ensure_entry(actor=actor, where=where, kind=EntryKind(kind))


def _ctx(actor: Actor, body: Body) -> Context:
    return open_activity(actor, *_place(body))


def _written(operation: Operation) -> Written:
    body = operation.body
    try:
        return Written(
            id=operation.id,
            on=tuple(str(parent) for parent in body["on"]),
            cuts=[Cut(str(name), int(start), int(drop), str(insert)) for name, start, drop, insert in body.get("cuts", ())],
            whole={str(name): str(text) for name, text in dict(body.get("whole", {})).items()},
            check=int(body["check"]),
            made_at=operation.moment.at,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise OutOfStepError from error


@plugin.operation("courses:write", _("A text"))
def take_writing(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Take a change of a text in. It is never refused for what has happened meanwhile; what does not fit stands beside."""
    entry = _entry(actor, operation.body)
    drafts.write(actor=actor, entry=entry, change=_written(operation))
    return {"beside": len(entry.drafts) > 1}


def _audiences(ctx: Context, body: Body) -> dict[str, Audience]:
    sent = body.get("audience")
    return pages.chosen_audiences(pages.fields_of(ctx), sent if isinstance(sent, dict) else {})


@plugin.operation("courses:audience", _("Who may read"))
def take_audiences(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Keep who may read each section, as the author has chosen it while writing."""
    services.choose_audiences(entry=_entry(actor, operation.body), audiences=_audiences(_ctx(actor, operation.body), operation.body))
    return {}


@plugin.operation("courses:tick", _("Checklist"))
def take_ticks(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Keep which points of the ethics checklist are ticked, and the day of the visit, unless somebody ticked later and that came first."""
    ctx = _ctx(actor, operation.body)
    known = {row["key"] for row in ctx.prepared.get("checklist", [])}
    ticked = [str(key) for key in operation.body.get("tick", ()) if key in known]
    entry = _entry(actor, operation.body)
    happened_on = services.day(str(operation.body.get("happened_on", ""))) or entry.happened_on
    services.tick(entry=entry, keys=ticked, happened_on=happened_on, at=operation.moment.at)
    return {}


@plugin.operation("courses:hand_in", _("Handing in"))
def take_hand_in(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Hand in the text as it stood on the device, at the moment at which it was done there.

    Whom the author chose comes by itself, and before; what comes along here has not arrived yet, and never opens more than is known.
    """
    ctx, entry, head = _ctx(actor, operation.body), _entry(actor, operation.body), str(operation.body.get("on") or "")
    if not head:
        raise Refused(gettext("There is nothing to hand in yet."))
    problem = services.not_yet(ctx, entry, drafts.text_at(actor, entry, head))
    if problem:
        raise Refused(problem)
    days = ctx.settings.get("promised_days") or services.PROMISED_DAYS
    sent = _audiences(ctx, operation.body)
    chosen = {key: min(audience, Audience(entry.audiences.get(key, audience)), key=ORDER.index) for key, audience in sent.items()}
    version = services.hand_in(actor=actor, ctx=ctx, entry=entry, head=head, audiences=chosen, moment=operation.moment, promised_days=days)
    return {"receipt": version.receipt, "at": format_time(version.received_at, seconds=True), "timeliness": version.timeliness.value}


@plugin.operation("courses:read", _("A page that was read"))
def take_reading(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Take the learner's word that they have read a page; the day of the act counts."""
    ctx = _ctx(actor, operation.body)
    if ctx.enrolment_id is None:
        raise Refused(gettext("This is a preview; nothing can be written here."))
    record(
        enrolment_id=ctx.enrolment_id,
        module_id=ctx.module_id,
        activity_key=ctx.key,
        kind=EvidenceKind.VIEWED,
        evidence_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{actor.id}/{operation.id}"),
        actor_id=actor.id,
        occurred_at=operation.moment.at,
        source="offline",
        device=operation.device,
    )
    return {}
