"""The next cohort of the demonstration: planned, three seats, requests, a waiting list. The people in it are invented."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from lms.db import at, db, utcnow
from lms.joining import services
from lms.joining.seats import Way
from lms.learning import services as learning
from lms.learning.models import Cohort, Course
from lms.people import services as people
from lms.people.access import Actor, load_actor
from lms.people.models import Category, Unit, User

NUMBER, SEATS = 4, 3
NAMES = (
    ("Yohana Sabinus", "accepted"),
    ("Arief Hidayatullah", "accepted"),
    ("Tan Mei Hwa", "accepted"),
    ("Stepanus Anyang", "accepted"),
    ("Nurul Fadhilah", "accepted"),
    ("Bernadeta Lusia", "asks"),
    ("Fajar Ramadhan", "asks"),
    ("Martinus Ugang", "declined"),
)
REASON = "Tempat kali ini untuk pegawai yang belum pernah ikut; silakan minta lagi untuk Angkatan V."


def open_the_next(cohort_id: int) -> None:
    """Plan the next cohort of the same course, open its door with approval, and let people ask."""
    before = db.session.get_one(Cohort, cohort_id)
    organizer = db.session.scalars(sa.select(User).where(User.email.startswith("organizer@"))).one()
    today = utcnow().date()
    actor = load_actor(organizer.id, today)
    cohort = _cohort(before, actor, today)
    domain = str(organizer.email).partition("@")[2]
    units = db.session.scalars(sa.select(Unit.id).where(Unit.parent_id.is_not(None)).order_by(Unit.id)).all()
    services.set_door(actor=actor, cohort=cohort, terms=services.Terms(Way.APPROVAL, "", SEATS, None, None))
    for number, (name, fate) in enumerate(NAMES):
        user = people.create_user(
            actor_id=organizer.id,
            name=name,
            email=f"calon{number + 1}@{domain}",
            unit_id=units[number % len(units)],
            category=Category.CPNS,
            password_hash=organizer.password_hash,
        )
        with at(utcnow() - dt.timedelta(hours=30 - number)):
            services.knock(actor=load_actor(user.id, today), cohort_id=cohort.id, key="")
        if fate == "accepted":
            services.approve(actor=actor, cohort=cohort, user_id=user.id)
        elif fate == "declined":
            services.decline(actor=actor, cohort=cohort, user_id=user.id, reason=REASON)


def _cohort(before: Cohort, actor: Actor, today: dt.date) -> Cohort:
    """Return the next cohort: the one that is there, or a new one in the same unit."""
    found = db.session.scalar(
        sa.select(Cohort).where(Cohort.course_id == before.course_id, Cohort.number == NUMBER, Cohort.year == before.year)
    )
    if found is not None:
        return found
    return learning.create_cohort(
        actor=actor,
        course=db.session.get_one(Course, before.course_id),
        title=before.title,
        number=NUMBER,
        year=before.year,
        organizer_unit_id=before.organizer_unit_id,
        starts_on=today + dt.timedelta(weeks=6),
        ends_on=today + dt.timedelta(weeks=18),
        time_zone=before.time_zone,
    )
