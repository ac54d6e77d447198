"""Who has the same page of the studio open: one row for each person and page, which counts for a minute."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from courses.studio.models import Presence
from lms.api import Actor, User, db, full_name, upsert, utcnow

LASTS = dt.timedelta(minutes=1)


def arrive(*, actor: Actor, module_id: int, key: str) -> None:
    """Remember that the actor has this activity (or `about`) open now."""
    statement = upsert(Presence).values(module_id=module_id, key=key, user_id=actor.id, seen_at=utcnow())
    where = ["module_id", "key", "user_id"]
    db.session.execute(statement.on_conflict_do_update(index_elements=where, set_={"seen_at": statement.excluded.seen_at}))


def others(actor: Actor, module_id: int, key: str = "") -> list[str]:
    """Return the names of others who had this activity open in the last minute; without a key, any page of the module."""
    found = db.session.execute(
        sa.select(User.title_before, User.name, User.title_after)
        .join(Presence, Presence.user_id == User.id)
        .where(
            Presence.module_id == module_id,
            Presence.seen_at > utcnow() - LASTS,
            User.id != actor.id,
            *([Presence.key == key] if key else []),
        )
        .distinct()
        .order_by(User.name)
    )
    return [full_name(before, name, after) for before, name, after in found]
