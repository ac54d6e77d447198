"""`make_*`: things of the learning model for tests, made by the same services that pages use; every name has a default."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from lms.activity import Context
from lms.db import commit, db
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, CohortModule, Course, CourseModule, Enrolment, Group, Module
from lms.learning.outline import body
from lms.learning.place import context_of, find_place
from lms.people import services as people
from lms.people.access import Actor, load_actor
from lms.people.models import Unit, User
from lms.people.roles import Role, ScopeKind
from lms.registry import activity_type

__all__ = ["Taken", "make_activity", "make_cohort", "make_course", "make_enrolment", "make_module", "make_unit", "make_user"]

_numbers = itertools.count(1)
TODAY = dt.date(2026, 11, 21)


@dataclass(frozen=True, slots=True)
class Taken:
    """An activity that a learner can take: its page, the learner, and the names of where it is."""

    url: str
    learner: User
    cohort: Cohort
    module: Module
    enrolment: Enrolment
    key: str

    @property
    def actor(self) -> Actor:
        """Return the learner as an actor."""
        return load_actor(self.learner.id, TODAY)

    @property
    def ctx(self) -> Context:
        """Return the context of the activity, as its type sees it."""
        place = find_place(self.actor, self.cohort.id, self.module.key, self.key)
        return context_of(place, place.outline.item(self.key), body(place.outline.revision_id, self.key))

    @property
    def where(self) -> dict[str, Any]:
        """Return enrolment, module and key, as services take them."""
        return {"enrolment_id": self.enrolment.id, "module_id": self.module.id, "activity_key": self.key}


@pytest.fixture
def make_user(database: None) -> Callable[..., User]:
    """Return a function that makes a person: `make_user("Ani", roles=["admin"])`, roles also as (role, scope kind, id)."""

    def make(name: str = "", *, roles: tuple[Any, ...] | list[Any] = (), **values: Any) -> User:
        number = next(_numbers)
        values.setdefault("email", f"orang{number}@example.test")
        user = people.create_user(actor_id=None, name=name or f"Orang {number}", **values)
        for role in roles:
            kind: tuple[Any, ...] = (role, ScopeKind.SITE, 0) if isinstance(role, str) else role
            people.grant_role(
                actor_id=None,
                user_id=user.id,
                role=Role(kind[0]),
                kind=ScopeKind(kind[1]),
                scope_id=kind[2],
                valid_from=dt.date(2020, 1, 1),
            )
        commit()
        return user

    return make


@pytest.fixture
def make_unit(database: None) -> Callable[..., Unit]:
    """Return a function that makes a unit, below another when `parent` is given."""

    def make(name: str = "", parent: Unit | None = None, **values: Any) -> Unit:
        unit = people.create_unit(actor_id=None, name=name or f"Dinas {next(_numbers)}", parent=parent, **values)
        commit()
        return unit

    return make


@pytest.fixture
def make_module(database: None) -> Callable[..., Module]:
    """Return a function that makes and publishes a module of activities: dictionaries with `type`, `settings` and what differs."""

    def make(*activities: dict[str, Any], key: str = "", owner: User | None = None, publish: bool = True, **about: Any) -> Module:
        key = key or f"modul-{next(_numbers)}"
        title = {"id": f"Modul {key}", "en": f"Module {key}"}
        values = {
            "title": title,
            "summary": title,
            "audience": title,
            "outcomes": [title],
            "language": "id",
            "checked_on": None,
            "sections": [{"key": "satu", "title": title}],
            **about,
        }
        module = Module(key=key, code=key[:12].upper(), about=values, owner_id=owner.id if owner else None, files={})
        db.session.add(module)
        db.session.flush()
        for position, activity in enumerate(activities or ({"type": "lesson", "settings": {"source": "Halo."}},), start=1):
            _add_activity(module, activity, position)
        db.session.flush()
        if publish:
            learning.publish(actor_id=None, module=module)
        commit()
        return module

    return make


def _add_activity(module: Module, wanted: dict[str, Any], position: int) -> None:
    kind = activity_type(wanted["type"])
    key = wanted.get("key", f"{wanted['type'].replace('_', '-')}-{position}")
    draft = learning.draft_of(module, key)
    settings = kind.load(wanted.get("settings", {}), draft)
    values = {
        "title": f"{key} judul",
        "section": module.about["sections"][0]["key"],
        "requires": [],
        "tags": [],
        "sources": [],
        **{name: value for name, value in wanted.items() if name not in {"type", "key", "settings"}},
    }
    db.session.add(
        Activity(
            module_id=module.id,
            key=key,
            type=wanted["type"],
            position=position,
            settings=kind.store(settings, draft),
            prepared=kind.prepare(settings, draft),
            **values,
        )
    )


@pytest.fixture
def make_course(make_module: Callable[..., Module]) -> Callable[..., Course]:
    """Return a function that makes a course of modules."""

    def make(*modules: Module, required: bool = True) -> Course:
        number = next(_numbers)
        title = {"id": f"Pelatihan {number}", "en": f"Training {number}"}
        course = Course(key=f"pelatihan-{number}", title=title, summary=title, grade_scale=[])
        db.session.add(course)
        db.session.flush()
        for position, module in enumerate(modules or (make_module(),), start=1):
            db.session.add(CourseModule(course_id=course.id, module_id=module.id, position=position, required=required))
        commit()
        return course

    return make


@pytest.fixture
def make_cohort(
    make_course: Callable[..., Course], make_unit: Callable[..., Unit], make_user: Callable[..., User]
) -> Callable[..., Cohort]:
    """Return a function that makes a cohort of modules with one group, whose assessor is `assessor` (made when not given)."""

    def make(*modules: Module, unit: Unit | None = None, assessor: User | None = None, **values: Any) -> Cohort:
        assessor = assessor or make_user("Pembimbing")
        maker = load_actor(assessor.id, TODAY)
        number = next(_numbers) % 3999 + 1
        cohort = learning.create_cohort(
            actor=maker,
            course=make_course(*modules),
            organizer_unit_id=(unit or make_unit()).id,
            **{
                "title": "PKTBT",
                "number": number,
                "year": 2026,
                "starts_on": dt.date(2026, 10, 1),
                "ends_on": dt.date(2026, 12, 31),
                "time_zone": "Asia/Pontianak",
                **values,
            },
        )
        cohort.assessor_id = assessor.id
        db.session.add(Group(cohort_id=cohort.id, name="Kelompok 1", position=1, assessor_id=assessor.id))
        people.grant_role(
            actor_id=None,
            user_id=assessor.id,
            role=Role.INSTRUCTOR,
            kind=ScopeKind.COHORT,
            scope_id=cohort.id,
            valid_from=dt.date(2020, 1, 1),
        )
        commit()
        return cohort

    return make


@pytest.fixture
def make_enrolment(make_user: Callable[..., User]) -> Callable[..., Enrolment]:
    """Return a function that enrols a person (made when not given) in a cohort, in its first group."""

    def make(cohort: Cohort, user: User | None = None) -> Enrolment:
        group_id = db.session.scalar(sa.select(Group.id).where(Group.cohort_id == cohort.id).order_by(Group.position).limit(1))
        enrolment = learning.enrol(actor_id=None, cohort_id=cohort.id, user_id=(user or make_user()).id, group_id=group_id)
        commit()
        return enrolment

    return make


@pytest.fixture
def make_activity(
    make_module: Callable[..., Module],
    make_cohort: Callable[..., Cohort],
    make_enrolment: Callable[..., Enrolment],
    make_user: Callable[..., User],
) -> Callable[..., Taken]:
    """Return a function that makes an activity of a type, in a cohort with a learner: `make_activity("poll", question="Tea?")`."""

    def make(type_key: str, *, rule: Any = None, learner: User | None = None, **settings: Any) -> Taken:
        module = make_module({"type": type_key, "key": "kegiatan", "settings": settings, "rule": rule})
        cohort = make_cohort(module)
        person = learner or make_user("Peserta")
        enrolment = make_enrolment(cohort, person)
        assert db.session.get(CohortModule, (cohort.id, module.id))
        return Taken(f"/learn/{cohort.id}/{module.key}/kegiatan", person, cohort, module, enrolment, "kegiatan")

    return make
