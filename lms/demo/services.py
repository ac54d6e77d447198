"""Builds the demonstration: agencies, people, a course, a cohort, and eight weeks of learning in a few seconds."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from random import Random

import sqlalchemy as sa

from lms.credentials import demonstration as certificates
from lms.db import at, commit, db, utcnow
from lms.decisions import demonstration as decisions
from lms.demo.people import AGENCIES, DISTRICT, DOMAIN, NAMES, PASSWORD, Invented, invented
from lms.i18n import local_day, zone
from lms.learning import services as learning
from lms.learning.grades import GRADE_SCALE
from lms.learning.models import Cohort, Course, CourseModule, Group, Module, ScheduleEntry, ScheduleKind
from lms.learning.outline import body
from lms.learning.place import context_of, find_place
from lms.people import passwords
from lms.people import services as people
from lms.people.access import Actor, load_actor
from lms.people.models import Category, Unit, User
from lms.people.nip import parse
from lms.people.roles import Role, ScopeKind
from lms.progress import services as progress
from lms.registry import activity_type, registry

WEEKS_AGO = 8
ZONE = "Asia/Pontianak"
SEED = 2026
STAFF = (
    ("instructor", "Helena Suryani", "Dr.", "M.Pd.", 0),
    ("instructor2", "Matius Gerang", "", "M.Si.", 0),
    ("supervisor", "Zulkifli Anwar", "H.", "S.STP.", 0),
    ("organizer", "Ratna Dewi Lestari", "", "S.Sos.", 0),
    ("admin", "Yopi Kurniawan", "", "S.Kom.", 6),
    ("dpo", "Natalia Simbolon", "", "S.H.", 15),
    ("counsellor", "Yuliana Pratiwi", "", "M.Psi.", 16),
)
# key, required, weight, week in which it is due, key of the module that comes first
PLAN = (
    ("literasi-ai", True, 25.0, 4, ""),
    ("empati", True, 45.0, 9, ""),
    ("penulisan-kehumasan", True, 30.0, 12, ""),
    ("kepemimpinan-humanis", False, 0.0, None, ""),
    ("policy-brief", False, 0.0, None, "penulisan-kehumasan"),
)
ABSENCE_LIMITS = {"sessions": 6, "jp": 18, "days": 2}
ACCOUNTS = tuple(f"{name}@{DOMAIN}" for name in ("learner", "instructor", "supervisor", "organizer", "admin", "dpo", "counsellor"))


def exists() -> bool:
    """Tell whether this database holds the demonstration."""
    return db.session.scalar(sa.select(User.id).where(User.email == f"learner@{DOMAIN}")) is not None


def build(say: Callable[[str], None]) -> None:
    """Make everything and commit; `say` is told how far it is."""
    today = local_day(utcnow(), ZONE)
    start = today - dt.timedelta(weeks=WEEKS_AGO, days=today.weekday())
    beginning = dt.datetime.combine(start - dt.timedelta(days=10), dt.time(9), zone(ZONE))
    with at(beginning):
        units = _units()
        staff = _staff(units)
        for plugin in registry().plugins.values():
            for demonstration in plugin.demonstrations:
                demonstration(staff["instructor"])
        course = _course()
        cohort = _cohort(course, units[0], staff, start)
        learners = _learners(units, staff, cohort)
    commit()
    say(f"{len(learners)} people in {len(AGENCIES)} agencies, {len(PLAN)} modules")
    for number, (enrolment_id, user_id, person) in enumerate(learners, start=1):
        _learn(load_actor(user_id, today), cohort, enrolment_id, person, start, Random(SEED + person.number))  # noqa: S311
        commit()
        if number % 13 == 0:
            say(f"{number} of {len(learners)} have learned")
    for call in registry().cohort_demonstrations:
        call(cohort.id)
    decisions.decisions(cohort.id)
    certificates.demonstrate_certificates(cohort.id)
    commit()


def _units() -> list[Unit]:
    root = people.create_unit(actor_id=None, name=DISTRICT, short_name="Pemkab")
    return [
        people.create_unit(actor_id=None, name=name, short_name=short, aliases=aliases, parent=root) for name, short, aliases in AGENCIES
    ]


def _staff(units: list[Unit]) -> dict[str, uuid.UUID]:
    # One hash for all demonstration accounts: 57 hashes would cost a second and a half.
    stored = passwords.hash_password(PASSWORD)
    found = {}
    for account, name, before, after, agency in STAFF:
        user = people.create_user(
            actor_id=None,
            name=name,
            email=f"{account}@{DOMAIN}",
            title_before=before,
            title_after=after,
            unit_id=units[agency].id,
            category=Category.PNS,
            password_hash=stored,
        )
        found[account] = user.id
    people.grant_role(actor_id=None, user_id=found["admin"], role=Role.ADMIN, kind=ScopeKind.SITE)
    people.grant_role(
        actor_id=None, user_id=found["organizer"], role=Role.ORGANIZER, kind=ScopeKind.UNIT, scope_id=int(units[0].parent_id or 0)
    )
    people.grant_role(actor_id=None, user_id=found["dpo"], role=Role.DPO, kind=ScopeKind.SITE)
    people.grant_role(actor_id=None, user_id=found["counsellor"], role=Role.COUNSELLOR, kind=ScopeKind.SITE)
    people.grant_role(actor_id=None, user_id=found["instructor"], role=Role.INSTRUCTOR, kind=ScopeKind.SITE)
    return found


def _course() -> Course:
    course = Course(
        key="pktbt",
        title={"id": "Penguatan Kompetensi Teknis Bidang Tugas", "en": "Strengthening technical competence"},
        summary={
            "id": "Belajar mandiri dan studi lapangan: empati dalam pelayanan, literasi AI, dan penulisan kehumasan.",
            "en": "Independent study and field study: empathy in service, AI literacy, and public-relations writing.",
        },
        grade_scale=GRADE_SCALE,
        absence_limits=ABSENCE_LIMITS,
    )
    db.session.add(course)
    db.session.flush()
    numbers = {row.key: row.id for row in db.session.execute(sa.select(Module.key, Module.id))}
    for position, (key, required, weight, week, first) in enumerate(PLAN, start=1):
        if key in numbers:
            place = CourseModule(course_id=course.id, module_id=numbers[key], position=position, required=required, weight=weight)
            place.requires = [numbers[first]] if first in numbers else []
            place.due_after = None if week is None else 7 * week - 1
            db.session.add(place)
    db.session.flush()
    return course


def _cohort(course: Course, unit: Unit, staff: dict[str, uuid.UUID], start: dt.date) -> Cohort:
    organizer = load_actor(staff["organizer"], start)
    cohort = learning.create_cohort(
        actor=organizer,
        course=course,
        title="PKTBT",
        number=3,
        year=2026,
        organizer_unit_id=unit.id,
        starts_on=start,
        ends_on=start + dt.timedelta(weeks=12),
        time_zone=ZONE,
    )
    cohort.assessor_id = staff["instructor"]
    for number in range(4):
        assessor = staff["instructor" if number % 2 == 0 else "instructor2"]
        db.session.add(Group(cohort_id=cohort.id, name=f"Kelompok {number + 1}", position=number + 1, assessor_id=assessor))
    db.session.flush()
    for account in ("instructor", "instructor2"):
        people.grant_role(actor_id=organizer.id, user_id=staff[account], role=Role.INSTRUCTOR, kind=ScopeKind.COHORT, scope_id=cohort.id)
    people.grant_role(actor_id=organizer.id, user_id=staff["supervisor"], role=Role.SUPERVISOR, kind=ScopeKind.COHORT, scope_id=cohort.id)
    _schedule(cohort, start)
    return cohort


def _schedule(cohort: Cohort, start: dt.date) -> None:
    meetings = (
        (0, 8, 3, ScheduleKind.CLASSROOM, "Pembukaan dan pengenalan Peduli", "Aula BKPSDM, lantai 2", 4),
        (1, 13, 3, ScheduleKind.CLASSROOM, "Kelas empati: mendengarkan warga", "Aula BKPSDM, lantai 2", 4),
        (3, 13, 2, ScheduleKind.ONLINE, "Sesi tanya jawab modul Empati", "Ruang virtual", 3),
        (5, 8, 5, ScheduleKind.FIELD_VISIT, "Kunjungan lapangan", "Kecamatan Muara Telang", 5),
        (7, 13, 2, ScheduleKind.ONLINE, "Klinik literasi AI", "Ruang virtual", 3),
        (9, 13, 3, ScheduleKind.ONLINE, "Berbagi temuan lapangan", "Ruang virtual", 4),
        (10, 8, 3, ScheduleKind.CLASSROOM, "Bengkel menulis siaran pers", "Aula BKPSDM, lantai 2", 4),
        (12, 9, 2, ScheduleKind.CLASSROOM, "Penutupan", "Aula BKPSDM, lantai 2", 2),
    )
    for week, hour, hours, kind, title, place, jp in meetings:
        moment = dt.datetime.combine(start + dt.timedelta(weeks=week, days=2), dt.time(hour), zone(ZONE))
        db.session.add(
            ScheduleEntry(
                cohort_id=cohort.id,
                kind=kind,
                title=title,
                place=place,
                link="https://rapat.example/peduli" if kind is ScheduleKind.ONLINE else "",
                starts_at=moment,
                ends_at=moment + dt.timedelta(hours=hours),
                jp=jp,
            )
        )
    db.session.flush()


def _learners(units: list[Unit], staff: dict[str, uuid.UUID], cohort: Cohort) -> list[tuple[int, uuid.UUID, Invented]]:
    stored = db.session.scalar(sa.select(User.password_hash).where(User.id == staff["admin"]))
    groups = list(db.session.scalars(sa.select(Group.id).where(Group.cohort_id == cohort.id).order_by(Group.position)))
    learners = []
    for person in invented():
        number = parse(person.employee_number) if person.employee_number else None
        user = people.create_user(
            actor_id=staff["organizer"],
            name=person.name,
            email=person.email,
            title_after=person.title_after,
            category=person.category,
            employee_number=person.employee_number,
            position=person.position,
            institution=person.institution,
            time_zone=person.time_zone,
            unit_id=None if person.institution else units[person.agency].id,
            password_hash=stored,
            **({"identity_type": number.type} if number else {}),
        )
        if person.number < 6:
            people.report_to(actor_id=None, user_id=user.id, supervisor_id=staff["supervisor"], since=cohort.starts_on)
        enrolment = learning.enrol(
            actor_id=staff["organizer"], cohort_id=cohort.id, user_id=user.id, group_id=groups[person.number * 4 // len(NAMES)]
        )
        learners.append((enrolment.id, user.id, person))
    return learners


def _share(number: int, chance: Random) -> float:
    """Return how much of the course somebody has done: 31 keep to the plan, 15 are on the way, 6 have hardly begun."""
    if number == 0:
        return 0.56  # the account that is printed: before the final quiz, the visit and the journal of the second module
    if number % 9 == 8:
        return 0.0 if number % 2 else 0.05
    return chance.uniform(0.62, 0.86) if number % 5 not in {1, 3} else chance.uniform(0.3, 0.6)


def _learn(learner: Actor, cohort: Cohort, enrolment_id: int, person: Invented, start: dt.date, chance: Random) -> None:
    """Let one person learn as they would have: some days a week, a few pages at a time, in the morning or by lamp."""
    keys = [key for key, required, *_rest in PLAN if required]
    steps = [(key, item) for key in keys for item in find_place(learner, cohort.id, key).outline.items]
    todo = steps[: round(len(steps) * _share(person.number, chance))]
    skill = chance.uniform(0.72, 0.97)
    now = dt.datetime.now(dt.UTC)
    span = (local_day(now, ZONE) - start).days
    home = zone(person.time_zone or ZONE)
    for index, (key, item) in enumerate(todo):
        day = start + dt.timedelta(days=round(span * (index + chance.random()) / max(1, len(todo))))
        hour = chance.choice((5, 6, 12, 19, 20, 20, 21))
        moment = dt.datetime.combine(day, dt.time(hour, chance.randint(0, 59), chance.randint(0, 59)), home).astimezone(dt.UTC)
        with at(min(moment, now - dt.timedelta(hours=2, minutes=chance.randint(0, 300)))):
            place = find_place(learner, cohort.id, key, item.key)
            if place.missing(item):
                continue
            ctx = context_of(place, item, body(place.outline.revision_id, item.key))
            kind = activity_type(item.type)
            tries = 4 if item.type == "quiz" else 1
            for _try in range(tries):
                kind.rehearse(ctx, learner, chance, skill)
                skill_now = progress.state_of(enrolment_id, ctx.module_id, item.key)
                if skill_now in {"complete", "waiting"}:
                    break
                skill = min(1.0, skill + 0.12)
