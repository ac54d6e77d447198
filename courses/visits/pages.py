"""What the pages of visits show, put together from a few reads."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from markupsafe import Markup

from courses.visits import codes, labels, queries
from courses.visits.attendance import roster
from courses.visits.codes import Attendance, Side
from courses.visits.models import CheckInNote, Consent, ConsentKind, Photo, Visit, VisitMember, VisitRole
from courses.visits.rules import PHOTOS, holds
from courses.visits.services import is_untold, missing
from lms.api import Actor, Cohort, Context, body, db, local_day, outline, outlines, utcnow

TYPE = "field_visit"


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody who goes along, as others see them."""

    name: str
    role: Any
    me: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A member as who leads sees them: with the state of the check-in."""

    member: VisitMember
    name: str
    state: Attendance
    since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """A learner's visit as its activity shows it; `withdrawn` are the paper numbers that count no more."""

    visit: Visit
    people: list[Companion]
    state: Attendance
    consents: int
    withdrawn: list[str]
    photos: int


def visit_card(ctx: Context) -> Markup:
    """Return the card of the learner's visit for the head of its activity's page: one statement; nothing without a visit."""
    if ctx.enrolment_id is None:
        return Markup()
    row = db.session.execute(queries.card(ctx.user_id, ctx.enrolment_id, ctx.module_id, ctx.key)).one_or_none()
    if row is None:
        return Markup()
    visit, member = row.Visit, row.VisitMember
    people = []
    for seat, text in sorted((row.people or {}).items()):
        role, _space, name = text.partition(" ")
        people.append(Companion(name, labels.ROLES[VisitRole(role)], int(seat) == member.seat))
    said = [codes.Note(Side(key.split(" ")[0]), key.partition(" ")[2], ctx.now) for key in row.notes or {}]
    standing = [text.split(" ", 3) for text in (row.consents or {}).values()]
    card = Card(
        visit=visit,
        people=people,
        state=codes.attendance(said)[0],
        consents=sum(parts[2] == "-" for parts in standing),
        withdrawn=sorted({parts[3] for parts in standing if parts[2] != "-"}),
        photos=row.photos,
    )
    return Markup(render_template("courses/visit_card.html", card=card, visit=visit, labels=labels))  # noqa: S704 - our own template


@dataclass(frozen=True, slots=True)
class OwnPage:
    """The learner's page of a visit."""

    visit: Visit
    member: VisitMember
    people: list[Companion]
    state: Attendance
    code: str  # typed last
    answer: str
    consents: Sequence[Consent]
    allowing: list[Consent]
    photos: Sequence[Photo]
    today: dt.date


def companions(visit: Visit, member: VisitMember) -> list[Companion]:
    """Return who goes along, in order of seats: one statement."""
    rows = db.session.execute(queries.members_of(visit.id))
    return [Companion(row.name, labels.ROLES[row.VisitMember.role], row.VisitMember.id == member.id) for row in rows]


def own_page(actor: Actor, visit: Visit, member: VisitMember, zone_of: str) -> OwnPage:
    """Return the learner's page: four statements."""
    notes = [note for note in db.session.scalars(queries.notes_of(visit.id)) if note.member_id == member.id]
    typed = max((note for note in notes if note.side is Side.MEMBER), key=lambda note: note.moment, default=None)
    consents, today = db.session.scalars(queries.consents_of(visit.id)).all(), local_day(utcnow(), zone_of)
    return OwnPage(
        visit=visit,
        member=member,
        people=companions(visit, member),
        state=roster(notes).get(member.id, (Attendance.NONE, None))[0],
        code=typed.code if typed else "",
        answer=codes.answer_to(codes.member_key(visit.secret, member.id), visit.id, typed.code) if typed else "",
        consents=consents,
        allowing=[consent for consent in consents if consent.kind in PHOTOS and holds(consent, today)],
        photos=db.session.scalars(queries.photos_of(visit.id, actor.id)).all(),
        today=today,
    )


# -- for who leads ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A visit in the list of a cohort."""

    visit: Visit
    activity: str
    members: int
    there: int
    untold: bool


def activities_of(cohort: Cohort) -> dict[str, str]:
    """Return {"module id/key": title} of the field visits of a cohort: one statement, and two for outlines that are not known yet."""
    pins = db.session.execute(queries.pins_of(cohort.id)).all()
    known = outlines(pin.revision_id for pin in pins)
    return {f"{pin.module_id}/{item.key}": item.title for pin in pins for item in known[pin.revision_id].items if item.type == TYPE}


def checklist_of(visit: Visit) -> list[dict[str, str]]:
    """Return the ethics checklist of a visit's activity, `{"key", "html"}` each; empty when the cohort has the activity no more."""
    pin = next((pin for pin in db.session.execute(queries.pins_of(visit.cohort_id)) if pin.module_id == visit.module_id), None)
    if pin is None or all(item.key != visit.activity_key for item in outline(pin.revision_id).items):
        return []
    return list(body(pin.revision_id, visit.activity_key).prepared.get("checklist", []))


def lines(cohort: Cohort, titles: Mapping[str, str]) -> list[Line]:
    """Return the visits of a cohort: two statements, whatever their number."""
    notes: dict[uuid.UUID, list[CheckInNote]] = {}
    for visit_id, note in db.session.execute(queries.notes_of_cohort(cohort.id)):
        notes.setdefault(visit_id, []).append(note)
    today = local_day(utcnow(), cohort.time_zone)
    return [
        Line(
            visit,
            titles.get(f"{visit.module_id}/{visit.activity_key}", visit.activity_key),
            members,
            sum(state is Attendance.CONFIRMED for state, _since in roster(notes.get(visit.id, [])).values()),
            is_untold(visit, today),
        )
        for visit, members in db.session.execute(queries.visits_of(cohort.id))
    ]


def people_of(visit: Visit) -> list[Person]:
    """Return the members of a visit with their check-in: two statements."""
    rows = db.session.execute(queries.members_of(visit.id)).all()
    known = roster(db.session.scalars(queries.notes_of(visit.id)))
    return [Person(member, name, *known.get(member.id, (Attendance.NONE, None))) for member, name, _user_id in rows]


@dataclass(frozen=True, slots=True)
class LedPage:
    """A visit as who leads it sees it."""

    visit: Visit
    activity: str
    people: list[Person]
    missing: list[str]
    consents: Sequence[Consent]
    photos: Sequence[Photo]  # of those whom this instructor answers
    free: Sequence[Any]
    groups: Sequence[Any]
    untold: bool
    today: dt.date


def led_page(actor: Actor, cohort: Cohort, visit: Visit) -> LedPage:
    """Return the page of a visit for who leads it: seven statements, and two for outlines that are not known yet."""
    today, people = local_day(utcnow(), cohort.time_zone), people_of(visit)
    return LedPage(
        visit=visit,
        activity=activities_of(cohort).get(f"{visit.module_id}/{visit.activity_key}", visit.activity_key),
        people=people,
        missing=missing(visit, len(people)),
        consents=db.session.scalars(queries.consents_of(visit.id)).all(),
        photos=db.session.scalars(queries.photos_for(actor.id, visit.id)).all(),
        free=db.session.execute(queries.without_visit(visit)).all(),
        groups=db.session.scalars(queries.groups_of(cohort.id)).all(),
        untold=is_untold(visit, today),
        today=today,
    )


def kind_of(text: str) -> ConsentKind:
    """Return the kind of consent that an address asks for; notes when it names none."""
    return next((kind for kind in ConsentKind if kind.value == text), ConsentKind.NOTES)
