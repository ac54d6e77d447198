"""The demonstration cohort came from a list, as cohorts do: its import is in the history."""

from __future__ import annotations

import datetime as dt
import hashlib

import sqlalchemy as sa

from lms.cohorts import carrying, imports, uploads
from lms.cohorts.models import CohortImport, Fate, ImportLine
from lms.db import db, utcnow
from lms.export import csv_text
from lms.i18n import zone
from lms.learning.models import Cohort, Enrolment
from lms.people.access import load_actor
from lms.people.models import Unit, User

NEW = ("Kornelius Jelani", "Siti Rahmah", "Lidya Anggraini", "Yakobus Tingang")


def came_from_a_list(cohort_id: int) -> None:
    """Write down the import of the demonstration's people, a week before the first day."""
    cohort = db.session.get_one(Cohort, cohort_id)
    organizer = db.session.scalar(sa.select(User.id).where(User.email.startswith("organizer@")))
    people = db.session.execute(
        sa.select(Enrolment.id, Enrolment.user_id).where(Enrolment.cohort_id == cohort_id).order_by(Enrolment.id)
    ).all()
    done = CohortImport(
        cohort_id=cohort_id,
        actor_id=organizer,
        file_name="DATA PESERTA PKTBT FIX(3).xlsx",
        digest=hashlib.sha256(b"demonstration").hexdigest(),
        counts={**{fate.value: 0 for fate in Fate}, "new": len(people), "wrong": 2},
        made_at=dt.datetime.combine(cohort.starts_on - dt.timedelta(days=7), dt.time(10), zone(cohort.time_zone)),
    )
    db.session.add(done)
    db.session.flush()
    db.session.add_all(
        ImportLine(import_id=done.id, row=row, fate=Fate.NEW, user_id=person.user_id, enrolment_id=person.id)
        for row, person in enumerate(people, start=8)
    )
    db.session.flush()


def a_list_of_today(cohort_id: int) -> None:
    """Import four people into the planned cohort just now: they need letters, and the import can be taken back."""
    before = db.session.get_one(Cohort, cohort_id)
    later = sa.select(Cohort).where(Cohort.course_id == before.course_id, Cohort.starts_on > before.ends_on).order_by(Cohort.id).limit(1)
    cohort, organizer = db.session.scalar(later), db.session.scalar(sa.select(User).where(User.email.startswith("organizer@")))
    if cohort is None or organizer is None:
        return
    units = list(db.session.scalars(sa.select(Unit).where(Unit.parent_id.is_not(None)).order_by(Unit.id).limit(2)))
    rows = [["Nama", "Email", "Unit Kerja", "Golongan"]]
    rows += [[name, f"baru{number}@demo.example", units[number % len(units)].name, "III/a"] for number, name in enumerate(NEW, start=1)]
    actor = load_actor(organizer.id, utcnow().date())
    token = uploads.keep_upload(actor=actor, cohort=cohort, data=csv_text(rows).encode(), name="TAMBAHAN PESERTA.csv")
    draft = uploads.find_upload(actor=actor, cohort=cohort, token=token)
    carrying.carry_out(actor=actor, cohort=cohort, draft=draft, check=imports.check_list(cohort=cohort, data=draft.data))
    uploads.forget_upload(draft)
