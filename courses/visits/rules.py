"""What a consent allows, and until when. Pure."""

from __future__ import annotations

import datetime as dt

from courses.visits.models import Consent, ConsentKind, GivenBy, PhotoShows

KEPT = dt.timedelta(days=90)  # pictures and sound, at most
MEDIA = frozenset({ConsentKind.PHOTO_WITHOUT_FACE, ConsentKind.PHOTO_WITH_FACE, ConsentKind.VOICE, ConsentKind.PUBLICATION})
PHOTOS = frozenset({ConsentKind.PHOTO_WITHOUT_FACE, ConsentKind.PHOTO_WITH_FACE})


def holds(consent: Consent, day: dt.date) -> bool:
    """Tell whether a consent holds on a day."""
    return consent.withdrawn_on is None and consent.given_on <= day and (consent.expires_on is None or day <= consent.expires_on)


def allows(consent: Consent, shows: PhotoShows) -> bool:
    """Tell whether a consent is of the kind that a photo needs: a face needs its own, a child's face a guardian's."""
    if shows is PhotoShows.NO_FACE:
        return consent.kind in PHOTOS
    if consent.kind is not ConsentKind.PHOTO_WITH_FACE:
        return False
    return shows is PhotoShows.ADULT_FACE or consent.given_by is GivenBy.GUARDIAN
