"""Many people at once, by plain inserts: for measurements only."""

from __future__ import annotations

import uuid
from random import Random

import sqlalchemy as sa

from lms.db import db
from lms.learning.models import Cohort, CohortModule, Enrolment, Group
from lms.people import services as people
from lms.people.models import Unit, User
from lms.people.roles import Role, ScopeKind
from lms.progress.models import ModuleProgress

PARTS = 30


def grow_cohort(model_id: int, size: int, supervisor: str) -> int:
    """Make a cohort like another with `size` people at different points of the way; a supervisor is given it. Returns its id."""
    chance = Random(7)
    model = db.session.get_one(Cohort, model_id)
    columns = ("course_id", "title", "year", "organizer_unit_id", "starts_on", "ends_on", "time_zone")
    cohort = Cohort(number=99, **{name: getattr(model, name) for name in columns})
    db.session.add(cohort)
    db.session.flush()
    pins = list(db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == model_id)))
    for pin in pins:
        names = ("module_id", "revision_id", "position", "required", "weight", "opens_on", "due_on")
        db.session.add(CohortModule(cohort_id=cohort.id, **{name: getattr(pin, name) for name in names}))
    group = Group(cohort_id=cohort.id, name="Kelompok 1", position=1)
    db.session.add(group)
    db.session.flush()
    units = list(db.session.scalars(sa.select(Unit.id)))
    ids = [uuid.UUID(int=chance.getrandbits(128)) for _person in range(size)]
    db.session.execute(
        sa.insert(User),
        [{"id": user_id, "name": f"Peserta {number:05d}", "unit_id": chance.choice(units)} for number, user_id in enumerate(ids)],
    )
    required = [pin for pin in pins if pin.required]
    rows = []
    for user_id in ids:
        done = chance.randint(0, PARTS * len(required))
        rows.append(
            {
                "cohort_id": cohort.id,
                "user_id": user_id,
                "group_id": group.id,
                "required_count": PARTS * len(required),
                "done_count": done,
                "next_due_on": cohort.ends_on,
                "started_on": cohort.starts_on if done else None,
                "active_on": cohort.starts_on if done else None,
            }
        )
    db.session.execute(sa.insert(Enrolment), rows)
    progress = []
    for enrolment_id, done in db.session.execute(
        sa.select(Enrolment.id, Enrolment.done_count).where(Enrolment.cohort_id == cohort.id)
    ).all():
        left = done
        for pin in required:
            part = min(PARTS, left)
            left -= part
            progress.append(
                {"enrolment_id": enrolment_id, "module_id": pin.module_id, "required_count": PARTS, "done_count": part, "waiting_count": 0}
            )
    db.session.execute(sa.insert(ModuleProgress), progress)
    person = db.session.scalar(sa.select(User.id).where(User.email == supervisor))
    people.grant_role(actor_id=None, user_id=person, role=Role.SUPERVISOR, kind=ScopeKind.COHORT, scope_id=cohort.id)
    return cohort.id
