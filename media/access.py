"""Who may see a file. Learners: what is published to them, from the day on which it opens, and nothing of what is only a draft.

Instructors and organizers, who write and look after modules, templates and questions of one another, may open what they know the address of;
the digest in it cannot be guessed.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from lms.api import (
    MANAGE_COHORTS,
    Actor,
    Cohort,
    CohortModule,
    Enrolment,
    EnrolmentState,
    Revision,
    RevisionActivity,
    activity_type,
    db,
    local_day,
    read,
    utcnow,
    when_certain,
)
from media.base import USE
from media.models import Caption
from media.services import ADDRESS

MOST_KEPT = 2000

_kept: dict[int, frozenset[str]] = {}  # digests by revision, which never changes
_pinned = aliased(Revision)
# An attempt of last week still shows what its revision showed: earlier revisions of a module that one learns are published to one as well.
_REVISIONS = (
    sa.select(Revision.id, CohortModule.opens_on, Cohort.time_zone)
    .distinct()
    .join(CohortModule, CohortModule.module_id == Revision.module_id)
    .join(_pinned, sa.and_(_pinned.id == CohortModule.revision_id, Revision.number <= _pinned.number))
    .join(Cohort, Cohort.id == CohortModule.cohort_id)
    .join(Enrolment, Enrolment.cohort_id == Cohort.id)
    .where(Enrolment.user_id == sa.bindparam("user_id"), Enrolment.state == EnrolmentState.ACTIVE)
    .order_by(Revision.id.desc())
)
_ACTIVITIES = sa.select(RevisionActivity.type, RevisionActivity.settings, RevisionActivity.prepared).where(
    RevisionActivity.revision_id == sa.bindparam("revision_id")
)


def may_see(actor: Actor, digest: str, *, captions: bool) -> bool:
    """Tell whether a person may see a file, or, with `captions`, one of the films that these words belong to. One statement, most times."""
    if actor.may(USE) or actor.may(MANAGE_COHORTS):
        return True
    wanted = {digest}
    if captions:
        wanted |= set(db.session.scalars(sa.select(Caption.digest).where(Caption.words_digest == digest)))
    now = utcnow()
    return any(
        not wanted.isdisjoint(digests_of(row.id))
        for row in read(_REVISIONS, {"user_id": actor.id}).all()
        if row.opens_on is None or row.opens_on <= local_day(now, row.time_zone)
    )


def digests_of(revision_id: int) -> frozenset[str]:
    """Return the digests of all files that a revision shows, also in questions and whatever else its types keep in tables of their own."""
    found = _kept.get(revision_id)
    if found is None:
        texts = []
        for row in read(_ACTIVITIES, {"revision_id": revision_id}).all():
            texts += [json.dumps([row.settings, row.prepared]), *activity_type(row.type).shows(row.settings)]
        found = frozenset(match[1] for text in texts for match in ADDRESS.finditer(text))
        when_certain(_keep, revision_id, found)
    return found


def _keep(revision_id: int, found: frozenset[str]) -> None:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[revision_id] = found


def forget() -> None:
    """Empty what the process has kept (for tests)."""
    _kept.clear()
