"""Photos: added under a consent, sealed, opened by two people at most, deleted for good.

The sealed bytes lie in LMS_DATA/visits under the digest of what is stored. A file is removed after the commit that deletes its row; what a
crash in between leaves over, the sweep removes.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload

from courses.base import plugin
from courses.visits import photos, queries
from courses.visits.models import Consent, GonePhoto, GoneWhy, Photo, PhotoShows, Visit, VisitState
from courses.visits.rules import KEPT, allows, holds
from courses.visits.services import visit_to_join
from lms.api import (
    Actor,
    Cohort,
    NotFound,
    ReadReason,
    Refused,
    Sealed,
    after_commit,
    audit,
    db,
    gettext,
    keep_file,
    local_day,
    reveal_bytes,
    seal_bytes,
    upsert,
    utcnow,
)
from lms.api import lazy_gettext as _

KIND = "visit_photo"  # in the log of readings
MOST_PHOTOS = 6  # of one learner in one visit
ORPHANED = dt.timedelta(hours=1)  # a file without a row that is younger may belong to a transaction that has not ended


def add_photo(*, actor: Actor, visit_id: uuid.UUID, photo_id: uuid.UUID, consent_id: uuid.UUID, shows: PhotoShows, data: bytes) -> Photo:
    """Add a photo under the id that the device made; sending it again changes nothing.

    Raises NotFound for who does not go along, Refused without a fitting consent that holds, ContentError for what is no photo.
    """
    visit, _member, enrolment = visit_to_join(actor, visit_id)
    known = db.session.get(Photo, photo_id)
    if known is not None:
        if known.author_id != actor.id:
            raise NotFound("the id belongs to somebody else")
        return known
    if db.session.get(GonePhoto, photo_id):
        raise Refused(gettext("This photo was deleted. Please delete it from your phone too."))
    expires_on = _may_keep(visit, consent_id, shows)
    if len(db.session.scalars(queries.photos_of(visit.id, actor.id)).all()) >= MOST_PHOTOS:
        raise Refused(gettext("Six photos are enough for one visit. Remove one to add another."))
    sealed = seal_bytes(actor.id, _item(photo_id), photos.clean(data))
    photo = Photo(
        id=photo_id,
        visit_id=visit.id,
        consent_id=consent_id,
        enrolment_id=enrolment.id,
        author_id=actor.id,
        digest=_write(sealed),
        size=len(sealed),
        shows=shows,
        expires_on=expires_on,
    )
    db.session.add(photo)
    db.session.flush()
    audit(actor.id, "visit:photo", "photo", photo.id, visit=str(visit.id))
    return photo


def _may_keep(visit: Visit, consent_id: uuid.UUID, shows: PhotoShows) -> dt.date:
    """Return until when a photo may be kept. Raises Refused when nothing allows it."""
    zone_of = db.session.scalars(sa.select(Cohort.time_zone).where(Cohort.id == visit.cohort_id)).one()
    today, ends_on = local_day(utcnow(), zone_of), local_day(visit.ends_at, zone_of)
    consent = db.session.scalar(sa.select(Consent).where(Consent.id == consent_id, Consent.visit_id == visit.id))
    if visit.state is VisitState.CANCELLED or consent is None or not holds(consent, today) or not allows(consent, shows):
        raise Refused(gettext("No consent that holds allows this photo. Write down the consent first, or leave the photo out."))
    last = ends_on + KEPT
    if last < today:
        raise Refused(gettext("The visit was more than 90 days ago; photos are not kept any more."))
    return min(last, consent.expires_on) if consent.expires_on else last


def open_photo(*, actor: Actor, photo_id: uuid.UUID) -> bytes:
    """Return a photo's JPEG for its author, or for the instructor who answers them, which the author sees. Raises NotFound for anybody else."""
    photo = db.session.scalar(queries.readable_photo(actor.id, photo_id, site_day()))
    if photo is None or not _path(photo.digest).is_file():
        raise NotFound("no such photo for this person")
    opened = reveal_bytes(
        actor=actor,
        author_id=photo.author_id,
        kind=KIND,
        item_id=photo.id,
        sealed=[(_item(photo.id), _path(photo.digest).read_bytes())],
        reason=None if photo.author_id == actor.id else ReadReason.ASSESSMENT,
    )
    return opened[_item(photo.id)]


def remove_photo(*, actor: Actor, photo_id: uuid.UUID) -> Photo:
    """Delete one's own photo. Raises NotFound for anybody else's."""
    photo = db.session.scalar(sa.select(Photo).where(Photo.id == photo_id, Photo.author_id == actor.id))
    if photo is None:
        raise NotFound("no such photo of this person")
    delete([photo], GoneWhy.REMOVED)
    audit(actor.id, "visit:photos_deleted", "visit", photo.visit_id, photos=1, why=GoneWhy.REMOVED.value)
    return photo


def delete(found: Iterable[Photo], why: GoneWhy) -> None:
    """Delete photos: rows now, bytes when the transaction has committed. What stays is their ids, for phones."""
    for photo in found:
        db.session.execute(
            upsert(GonePhoto).values(id=photo.id, visit_id=photo.visit_id, why=why, gone_at=utcnow()).on_conflict_do_nothing()
        )
        db.session.delete(photo)
        after_commit(_path(photo.digest).unlink, True)
    db.session.flush()


def site_day() -> dt.date:
    """Return today's date where the site is."""
    return local_day(utcnow(), current_app.config["LMS_TIME_ZONE"])


def expire(today: dt.date) -> int:
    """Delete photos whose time is over, or whose consent does not hold any more; return how many."""
    found = list(db.session.scalars(sa.select(Photo).join(Consent).where(sa.or_(Photo.expires_on < today, ~queries.holds_on(today)))))
    delete(found, GoneWhy.EXPIRED)
    return len(found)


def sweep(now: dt.datetime) -> int:
    """Remove files that no photo has, when they are older than any running transaction; return how many."""
    before = (now - ORPHANED).timestamp()
    old = {path.name: path for path in _folder().glob("*/*") if path.stat().st_mtime < before}
    known = set(db.session.scalars(sa.select(Photo.digest))) if old else set()
    for name in old.keys() - known:
        old[name].unlink(missing_ok=True)
    return len(old.keys() - known)


def export(actor: Actor, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return a person's own photos with their bytes; `actor` must be that person."""
    found = db.session.scalars(
        sa.select(Photo).where(Photo.author_id == user_id).options(joinedload(Photo.consent)).order_by(Photo.added_at)
    )
    return [
        {
            "visit": str(photo.visit_id),
            "added_at": photo.added_at,
            "expires_on": photo.expires_on,
            "shows": photo.shows.value,
            "consent": photo.consent.paper_number,
            "jpeg": base64.b64encode(open_photo(actor=actor, photo_id=photo.id)).decode(),
        }
        for photo in found
        if holds(photo.consent, site_day())
    ]


def _photos_of(author_id: uuid.UUID) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Photo).where(Photo.author_id == author_id)) or 0


def drop_photos(author_id: uuid.UUID) -> None:
    """Delete the photos of a person whose key is destroyed."""
    delete(db.session.scalars(sa.select(Photo).where(Photo.author_id == author_id)).all(), GoneWhy.REMOVED)


plugin.keyed.append(Sealed(_("Photo"), _photos_of, drop_photos))

# -- files --------------------------------------------------------------------------------------------------------------------------------


def _item(photo_id: uuid.UUID) -> str:
    return f"photo/{photo_id}"


def _folder() -> Path:
    return Path(current_app.config["LMS_DATA"]) / "visits"


def _path(digest: str) -> Path:
    return _folder() / digest[:2] / digest


def _write(sealed: bytes) -> str:
    """Write sealed bytes for good and return their digest."""
    digest = hashlib.sha256(sealed).hexdigest()
    keep_file(_path(digest), sealed)
    return digest
