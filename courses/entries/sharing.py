"""What learners show to their own group, without a name: read together, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import aliased, contains_eager

from courses.entries import services
from courses.entries.audience import Audience
from courses.entries.drafts import Texts
from courses.entries.models import Entry, Feedback, Section, Version
from lms.api import Actor, Context, Enrolment, EnrolmentState, ReadReason, db, fetch_keys

LEAST = 3  # authors: with fewer, a text would say whose it is
SHOWN = 4  # at once: each leaves a line for its author


@dataclass(frozen=True, slots=True)
class Shared:
    """What a group has shared of one activity: how many authors, and the texts of one page; no texts while there are too few authors."""

    authors: int
    page: int
    pages: int
    texts: Sequence[Texts]

    @property
    def has_prev(self) -> bool:
        """Tell whether there is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Tell whether there is a page after."""
        return self.page < self.pages


def lot(kind: str, item_id: uuid.UUID) -> bytes:
    """Return a place in an order that is drawn by lot: the same on every visit, and saying nothing about who, or when."""
    secret = current_app.secret_key or b""
    key = secret if isinstance(secret, bytes) else secret.encode()
    return hmac.new(key, f"{kind}/{item_id}".encode(), hashlib.sha256).digest()


def shared_with(actor: Actor, ctx: Context, page: int) -> Shared:
    """Return what the group of a learner has shared, and leave a line for each author whose text is opened.

    The newest version counts; what went back because somebody could be recognised is not shown.
    """
    entries = sorted(db.session.scalars(_of_my_group(ctx)).unique(), key=lambda entry: lot("group", entry.id))
    if len(entries) < LEAST:
        return Shared(len(entries), 1, 1, [])
    pages = -(-len(entries) // SHOWN)
    page = min(max(page, 1), pages)
    chosen = entries[(page - 1) * SHOWN : page * SHOWN]
    fetch_keys({entry.author_id for entry in chosen})
    return Shared(len(entries), page, pages, [services.version_texts(actor, entry, ReadReason.SHARED)[-1][1] for entry in chosen])


def _of_my_group(ctx: Context) -> sa.Select[Entry]:
    """Return the entries of an activity whose newest version has sections for the group of this learner, with nothing but these sections."""
    mine, later = aliased(Enrolment), aliased(Version)
    return (
        sa.select(Entry)
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(mine, sa.and_(mine.cohort_id == Enrolment.cohort_id, mine.group_id == Enrolment.group_id))
        .join(Entry.versions)
        .join(Version.sections)
        .outerjoin(Feedback, Feedback.version_id == Version.id)
        .where(
            mine.id == ctx.enrolment_id,
            Enrolment.state == EnrolmentState.ACTIVE,
            Entry.module_id == ctx.module_id,
            Entry.activity_key == ctx.key,
            Section.audience == Audience.GROUP,
            sa.func.coalesce(Feedback.ethics, sa.false()).is_(sa.false()),
            ~sa.exists().where(later.entry_id == Entry.id, later.number > Version.number),
        )
        .options(contains_eager(Entry.versions).contains_eager(Version.sections))
        .execution_options(populate_existing=True)
    )
