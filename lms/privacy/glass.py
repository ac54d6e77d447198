"""Emergencies: two people open one text for four hours, read-only, and its author is told.

One asks and another one, in the other of two roles (data protection officer, counsellor), approves. Neither may be the author, an
administrator, or anybody who supervises or mentors the author, or stands in for who does; that is looked at when asking, when approving and at every opening. There is no
free text about anybody: a ground of a closed list, and the number of the paper file in which the reasons stand.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app

from lms.db import db, utcnow
from lms.errors import NotAllowed, NotFound, Refused
from lms.guidance.models import Guidance
from lms.guidance.queries import not_over
from lms.i18n import gettext as _
from lms.i18n import lazy_gettext, local_day
from lms.learning.models import Enrolment
from lms.messages.kinds import EMERGENCY
from lms.messages.services import notify
from lms.people.access import Actor, valid_on
from lms.people.models import ReportingLine, RoleAssignment, Unit, User
from lms.people.permissions import BREAK_GLASS
from lms.people.roles import Role, ScopeKind
from lms.privacy.confidential import reveal
from lms.privacy.kinds import PrivateText
from lms.privacy.models import LIVE, GlassRequest, GlassState, Ground
from lms.privacy.reasons import DRAFT, ReadReason
from lms.privacy.services import audit
from lms.registry import registry
from lms.supervision.delegations import RECEIVED

OPEN_FOR = dt.timedelta(hours=4)
WAITS_FOR = dt.timedelta(hours=72)  # a request that nobody decides lapses
TOLD_WITHIN = dt.timedelta(hours=72)
SIDES = (Role.DPO, Role.COUNSELLOR)

GROUNDS = {
    Ground.LIFE: lazy_gettext("There is credible danger to somebody's life"),
    Ground.COURT: lazy_gettext("A court has ordered it"),
    Ground.AUTHOR: lazy_gettext("The author has asked for it in writing"),
    Ground.APPEAL: lazy_gettext("The author appeals in a question of integrity"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A text that was opened: its title, and (part, [(field, text)])."""

    title: str
    parts: list[tuple[str, list[tuple[str, str]]]]


# -- who may take part ----------------------------------------------------------------------------------------------------------------


def supervised_by(actor: Actor) -> sa.Select[uuid.UUID]:
    """Return the ids of everybody whom a person supervises or mentors today.

    Through reporting lines at any distance, a unit, or a cohort; also in somebody's stead, by a delegation that holds.
    """
    today = local_day(utcnow(), current_app.config["LMS_TIME_ZONE"])
    received = db.session.execute(RECEIVED, {"delegate_id": actor.id, "today": today}).all()
    heads = [actor.id, *(row.owner_id for row in received if row.kind is ScopeKind.REPORTS)]
    held = [(grant.kind, grant.scope_id, grant.path) for grant in actor.grants if grant.role is Role.SUPERVISOR]
    held += [(row.kind, row.scope_id, row.path) for row in received]
    valid = valid_on(ReportingLine, today)
    lines = sa.select(ReportingLine.user_id).where(ReportingLine.supervisor_id.in_(heads), valid).cte("reports_to", recursive=True)
    lines = lines.union(sa.select(ReportingLine.user_id).join(lines, ReportingLine.supervisor_id == lines.c.user_id).where(valid))
    mentored = sa.select(Enrolment.user_id).join(Guidance, Guidance.enrolment_id == Enrolment.id)
    mentored = mentored.where(Guidance.user_id == actor.id, Guidance.role == Role.MENTOR, Guidance.valid_from <= today, not_over(today))
    found: list[sa.Select[uuid.UUID]] = [sa.select(lines.c.user_id), mentored]
    for kind, scope_id, path in held:
        if kind is ScopeKind.UNIT and path:
            below = sa.select(Unit.id).where(Unit.path.startswith(path, autoescape=True))
            found.append(sa.select(User.id).where(User.unit_id.in_(below)))
        elif kind is ScopeKind.COHORT:
            found.append(sa.select(Enrolment.user_id).where(Enrolment.cohort_id == scope_id))
    return sa.select(sa.union(*found).subquery().c[0])


def _side(actor: Actor, but: Role | None = None) -> Role:
    """Return in which of the two roles a person takes part, `but` being the other person's. Raises NotAllowed, or Refused."""
    if Role.ADMIN in actor.roles or not actor.may(BREAK_GLASS):
        raise NotAllowed("administrators take no part")
    side = next((role for role in SIDES if role in actor.roles and role is not but), None)
    if side is None:
        raise Refused(_("The second person must hold the other role: one data protection officer and one counsellor, together."))
    return side


def _concerns(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition that a request is none of one's own texts and of nobody whom one supervises."""
    return sa.and_(GlassRequest.author_id != actor.id, GlassRequest.author_id.not_in(supervised_by(actor)))


def requests_for(actor: Actor) -> sa.Select[GlassRequest, str]:
    """Return (request, author's name) that a person may see, latest first. Raises NotAllowed for administrators."""
    _side(actor)
    return (
        sa.select(GlassRequest, User.name)
        .join(User, User.id == GlassRequest.author_id)
        .where(_concerns(actor))
        .order_by(GlassRequest.asked_at.desc())
    )


def request_for(actor: Actor, request_id: uuid.UUID) -> tuple[GlassRequest, str]:
    """Return one request and its author's name. Raises NotFound for those that concern the person too closely."""
    row = db.session.execute(requests_for(actor).where(GlassRequest.id == request_id)).one_or_none()
    if row is None:
        raise NotFound("no such request for this person")
    return row[0], row[1]


# -- asking and deciding --------------------------------------------------------------------------------------------------------------


def ask(*, actor: Actor, author: str, reference: str, ground: Ground, case_number: str) -> GlassRequest:
    """Ask to open one text, named by its author's address or number and by its reference.

    Raises Refused, in the same words whether there is no such person, no such text, or one that this person may not ask for; and when
    there is a request for it already.
    """
    side = _side(actor)
    author_id = db.session.scalar(sa.select(User.id).where(called(author), User.id != actor.id, User.id.not_in(supervised_by(actor))))
    wanted = reference.strip().upper()
    kinds = registry().confidentials.values() if author_id is not None else ()
    found = [(kind.kind, name.item_id) for kind in kinds for name in kind.names(author_id) if name.reference.upper() == wanted]  # type: ignore[arg-type]
    if author_id is None or len(found) != 1:
        raise Refused(_("There is no text with this reference by this person that you may ask for."))
    kind, item_id = found[0]
    lapse()
    known = sa.select(GlassRequest.id).where(GlassRequest.kind == kind, GlassRequest.item_id == item_id, GlassRequest.state.in_(LIVE))
    if db.session.scalar(known) is not None:
        raise Refused(_("There is a request for this text already."))
    request = GlassRequest(
        id=uuid.uuid4(),
        kind=kind,
        item_id=item_id,
        author_id=author_id,
        reference=wanted,
        ground=ground,
        case_number=case_number,
        asked_by_id=actor.id,
        asked_as=side,
        asked_at=utcnow(),
    )
    db.session.add(request)
    db.session.flush()
    audit(actor.id, "glass:ask", "glass", request.id)
    _tell_the_others(request)
    return request


def called(text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a person has exactly this e-mail address or number."""
    return sa.or_(User.email == text.strip().lower(), User.employee_number == "".join(text.split()))


def _tell_the_others(request: GlassRequest) -> None:
    """Tell those who hold the other role that a request waits; the mail names nobody."""
    today = local_day(utcnow(), current_app.config["LMS_TIME_ZONE"])
    other = next(role for role in SIDES if role is not request.asked_as)
    held = sa.select(RoleAssignment.user_id).where(RoleAssignment.role == other, valid_on(RoleAssignment, today))
    for user_id in db.session.scalars(sa.select(User.id).where(User.id.in_(held), User.is_active, User.id != request.author_id)):
        notify(
            kind=EMERGENCY,
            user_id=user_id,
            key=f"glass/{request.id}/asked",
            subject=lazy_gettext("A request waits for you"),
            body=lazy_gettext("Somebody asks for your decision on opening one text. Look at the paper file before you decide."),
            path=f"/privacy/glass/{request.id}",
        )


def decide(*, actor: Actor, request: GlassRequest, approve: bool) -> None:
    """Approve or refuse somebody else's request, in the other role. Approving opens the text for the two, for four hours, and tells the author.

    Only danger to life keeps it from the author, for 72 hours at most. Raises Refused.
    """
    if request.asked_by_id == actor.id:
        raise Refused(_("Nobody approves their own request. A second person must decide."))
    side = _side(actor, but=request.asked_as)
    lapse()
    if request.state is not GlassState.REQUESTED:
        raise Refused(_("This request has been decided already, or has lapsed."))
    now = utcnow()
    request.decided_by_id, request.decided_as, request.decided_at = actor.id, side, now
    request.state = GlassState.APPROVED if approve else GlassState.REFUSED
    if approve:
        request.closes_at = now + OPEN_FOR
    db.session.flush()
    audit(actor.id, "glass:approve" if approve else "glass:refuse", "glass", request.id)
    if approve and request.ground is not Ground.LIFE:
        tell(actor=actor, request=request)


# -- opening and ending ---------------------------------------------------------------------------------------------------------------


def may_open(actor: Actor, request: GlassRequest) -> bool:
    """Tell whether the four hours of these two people run."""
    running = request.state in {GlassState.APPROVED, GlassState.OPEN} and request.closes_at is not None and request.closes_at > utcnow()
    return running and actor.id in {request.asked_by_id, request.decided_by_id}


def open_text(*, actor: Actor, request: GlassRequest) -> Opened:
    """Open the text: a reading in the log, each time. Raises NotFound before, after, and for anybody else."""
    kind = registry().confidentials.get(request.kind)
    item = kind.load(request.item_id) if kind and may_open(actor, request) else None
    if item is None or item.author_id != request.author_id:
        raise NotFound("nothing to open")
    if request.state is GlassState.APPROVED:
        request.state, request.opened_at = GlassState.OPEN, utcnow()
    audit(actor.id, "glass:open", "glass", request.id)
    parts = [part for part in item.parts if not part[1].startswith(f"{DRAFT}/")]
    texts = reveal(
        actor=actor,
        author_id=item.author_id,
        kind=request.kind,
        item_id=request.item_id,
        sealed=[(name, sealed) for _label, name, sealed in parts],
        reason=ReadReason.BREAK_GLASS,
    )
    return Opened(item.title, [(label, _fields(texts[name])) for label, name, _sealed in parts if name in texts])


def _fields(text: str) -> list[tuple[str, str]]:
    """Return the fields of a text: of a JSON object its texts, else the whole without a name."""
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    return [(str(name), str(value)) for name, value in read.items() if value] if isinstance(read, dict) else [("", text)]


def title_of(request: GlassRequest) -> str:
    """Return the title of a request's text, which tells nothing of what stands in it; empty when it is gone."""
    kind = registry().confidentials.get(request.kind)
    item: PrivateText | None = kind.load(request.item_id) if kind else None
    return item.title if item else ""


def close(*, actor: Actor, request: GlassRequest) -> None:
    """End the four hours before they are over, or withdraw one's own request. Raises Refused."""
    if request.state is GlassState.REQUESTED and request.asked_by_id == actor.id:
        request.state = GlassState.EXPIRED
    elif may_open(actor, request):
        request.state = GlassState.CLOSED
        request.closes_at = utcnow()
    else:
        raise Refused(_("This request is over already."))
    audit(actor.id, "glass:close", "glass", request.id)
    db.session.flush()


def tell(*, actor: Actor | None, request: GlassRequest) -> None:
    """Tell the author that two people may read one of their texts; once. actor None is the program itself, when the 72 hours are over."""
    if request.author_told_at is not None or request.decided_at is None or request.state is GlassState.REFUSED:
        return
    request.author_told_at = utcnow()
    audit(actor.id if actor else None, "glass:tell", "glass", request.id)
    notify(
        kind=EMERGENCY,
        user_id=request.author_id,
        key=f"glass/{request.id}/told",
        subject=lazy_gettext("One of your texts was opened in an emergency"),
        body=lazy_gettext(
            "Two appointed people may read, or have read, one of your texts. Which one, why and until when stands on your privacy page."
        ),
        path="/profile/privacy",
    )
    db.session.flush()


def lapse() -> None:
    """Let end what is over: four hours that have run out, requests that nobody decided."""
    now = utcnow()
    over = sa.or_(
        sa.and_(GlassRequest.state.in_([GlassState.APPROVED, GlassState.OPEN]), GlassRequest.closes_at <= now),
        sa.and_(GlassRequest.state == GlassState.REQUESTED, GlassRequest.asked_at <= now - WAITS_FOR),
    )
    for request in db.session.scalars(sa.select(GlassRequest).where(over)):
        request.state = GlassState.EXPIRED
    db.session.flush()


def look_after() -> None:
    """Let end what is over, and tell the authors who have waited long enough (task, hourly)."""
    lapse()
    waiting = sa.select(GlassRequest).where(
        GlassRequest.author_told_at.is_(None),
        GlassRequest.closes_at.is_not(None),
        GlassRequest.decided_at <= utcnow() - TOLD_WITHIN + dt.timedelta(hours=1),  # the next look may be an hour away
    )
    for request in db.session.scalars(waiting):
        tell(actor=None, request=request)


# -- what others see ------------------------------------------------------------------------------------------------------------------


def told_to(author_id: uuid.UUID) -> sa.Select[GlassRequest]:
    """Return the emergencies that an author has been told of, latest first."""
    return (
        sa.select(GlassRequest)
        .where(GlassRequest.author_id == author_id, GlassRequest.author_told_at.is_not(None))
        .order_by(GlassRequest.decided_at.desc())
    )


def names_of(requests: list[GlassRequest]) -> dict[uuid.UUID, str]:
    """Return {id: name} of those who asked and decided."""
    ids = {user_id for request in requests for user_id in (request.asked_by_id, request.decided_by_id) if user_id}
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in rows}


def export_told(user_id: uuid.UUID) -> list[dict[str, object]]:
    """Return the emergencies that an author has been told of, for "download my data"."""
    return [
        {
            "table": "glass_requests",
            "reference": row.reference,
            "ground": row.ground,
            "decided_at": row.decided_at,
            "closes_at": row.closes_at,
        }
        for row in db.session.scalars(told_to(user_id))
    ]
