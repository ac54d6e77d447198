"""Consents: written down without names, and withdrawn by whoever quotes the number on the paper."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import sqlalchemy as sa

from courses.visits import album, notices
from courses.visits.consent_text import VERSION
from courses.visits.models import Consent, ConsentForm, ConsentKind, GivenBy, GoneWhy, Photo, Relation, Visit, VisitState, Witness
from courses.visits.rules import KEPT, MEDIA
from lms.api import Actor, NotFound, Refused, audit, db, gettext

# A number and no name: it has a digit and no spaces.
NUMBER = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9./-]{0,29}")
LANGUAGES = ("indonesia", "melayu", "dayak", "jawa", "madura", "bugis", "tionghoa", "isyarat", "lain")


def number_of(text: str) -> str:
    """Return the number of a paper form as it is kept: `KJ-03/2`. Raises Refused for what is none."""
    number = "".join(text.upper().split())
    if not NUMBER.fullmatch(number):
        raise Refused(gettext("Write the number on the paper form: letters, digits, - . and /, with at least one digit. No names."))
    return number


def record_consent(
    *,
    actor: Actor,
    visit: Visit,
    consent_id: uuid.UUID,
    kind: ConsentKind,
    relation: Relation,
    witness: Witness,
    form: ConsentForm,
    paper_number: str,
    language: str,
    given_on: dt.date,
    expires_on: dt.date | None = None,
) -> Consent:
    """Write down a consent under the id that the device made; sending it again changes nothing. Media hold for 90 days at most.

    The caller has made sure that the actor goes along or leads. Raises Refused.
    """
    if visit.state is VisitState.CANCELLED:
        raise Refused(gettext("This visit was cancelled."))
    known = db.session.get(Consent, consent_id)
    if known is not None:
        if known.visit_id != visit.id:
            raise NotFound("the id belongs to another visit")
        return known
    number = number_of(paper_number)
    if db.session.scalar(sa.select(Consent.id).where(Consent.visit_id == visit.id, Consent.paper_number == number, Consent.kind == kind)):
        raise Refused(gettext("This paper number is written down for this kind already."))
    last = given_on + KEPT if kind in MEDIA else None
    if expires_on is not None and (expires_on < given_on or (last is not None and expires_on > last)):
        raise Refused(gettext("A consent to pictures or sound ends after the day it was given, and after 90 days at the latest."))
    consent = Consent(
        id=consent_id,
        visit_id=visit.id,
        kind=kind,
        given_by=GivenBy.SELF if relation is Relation.SELF else GivenBy.GUARDIAN,
        relation=relation,
        witness=witness,
        form=form,
        paper_number=number,
        language=language if language in LANGUAGES else LANGUAGES[-1],
        text_version=VERSION,
        given_on=given_on,
        expires_on=expires_on or last,
        withdrawn_on=None,
    )
    db.session.add(consent)
    db.session.flush()
    audit(actor.id, "visit:consent", "consent", consent.id, kind=kind.value)
    return consent


def withdraw(*, actor: Actor, visit: Visit, paper_number: str, today: dt.date) -> tuple[int, int]:
    """Withdraw all that stands under a paper number; return how many consents, and how many photos were deleted for it.

    Rows and bytes of the photos are gone with the commit; a late upload cannot bring one back. Raises Refused when no consent has the number.
    """
    number = number_of(paper_number)
    found = list(db.session.scalars(sa.select(Consent).where(Consent.visit_id == visit.id, Consent.paper_number == number)))
    if not found:
        raise Refused(gettext("No consent of this visit has this number. Look at the paper again."))
    open_ones = [consent for consent in found if consent.withdrawn_on is None]
    photos = list(db.session.scalars(sa.select(Photo).where(Photo.consent_id.in_([consent.id for consent in found]))))
    album.delete(photos, GoneWhy.WITHDRAWN)
    for consent in open_ones:
        consent.withdrawn_on = max(today, consent.given_on)
        audit(actor.id, "visit:withdraw", "consent", consent.id, kind=consent.kind.value)
    if photos:
        audit(actor.id, "visit:photos_deleted", "visit", visit.id, photos=len(photos), why=GoneWhy.WITHDRAWN.value)
    db.session.flush()
    if open_ones:
        notices.tell(visit, notices.News.WITHDRAWN, about=number)
    return len(open_ones), len(photos)
