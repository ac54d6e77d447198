"""What addresses of enrolment name: an import that was made, and a door with somebody who asks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from lms.cohorts.models import CohortImport, Fate
from lms.db import at, db
from lms.joining import services as joining
from lms.joining.seats import Way
from lms.people.access import load_actor


def enrolment(world: Any, cohort: Any, organizer: Any, asker: Any) -> None:
    """Make an import without people, and open the cohort's door to requests; `asker` makes one."""
    today = dt.date(2026, 11, 21)
    actor = load_actor(organizer.id, today)
    done = CohortImport(
        cohort_id=cohort.id, actor_id=actor.id, file_name="daftar.xlsx", digest="0" * 64, counts={fate.value: 0 for fate in Fate}
    )
    db.session.add(done)
    joining.set_door(actor=actor, cohort=cohort, terms=joining.Terms(Way.APPROVAL, "", 5, None, None))
    with at(dt.datetime.combine(today, dt.time(5), dt.UTC)):
        joining.knock(actor=load_actor(asker.id, today), cohort_id=cohort.id, key="")
    db.session.flush()
    world.values["list_id"] = done.id
    world.special |= {f"joining.{name}": {"user_id": asker.id} for name in ("approve", "decline")}
    world.forms["joining.decline"] = {"reason": "Untuk pengawas dahulu."}
