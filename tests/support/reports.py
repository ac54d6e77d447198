"""A cohort of two modules whose projections a test writes itself."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from lms.db import commit, db
from lms.decisions.models import Decision
from lms.learning.models import Cohort, CohortModule, Enrolment, EnrolmentState, Group, RevisionActivity
from lms.people.access import load_actor
from lms.people.models import User
from lms.progress.models import Completion, Evidence, EvidenceKind, JpEntry, ModuleProgress
from lms.reports import services
from lms.reports.catalogue import BY_KEY
from lms.reports.contract import Wanted

TODAY = dt.date(2026, 11, 20)
PARTS = 3
NOON = dt.datetime(2026, 11, 20, 5, tzinfo=dt.UTC)


@dataclass
class Person:
    """What a test makes up about one person: the states of three parts of each of two modules, and the rest."""

    states: list[list[str]]
    group: int | None = 0
    unit: int | None = 0
    active: bool = True
    days_ago: int = 3  # when every part was completed
    hours: int = 0  # hundredths of JP
    outcome: str | None = None
    name: str = ""
    no_signal: bool = False
    enrolment_id: int = 0

    def done(self, module: int) -> int:
        return self.states[module].count("complete")

    def waiting(self, module: int) -> int:
        return self.states[module].count("waiting")


@dataclass
class Ground:
    """A cohort, its groups, units and modules, and whoever asks."""

    cohort: Cohort
    modules: list[Any]
    units: list[Any]
    groups: list[Group]
    organizer: User
    due: list[dt.date]
    people: list[Person] = field(default_factory=list)

    def fill(self, people: list[Person]) -> None:
        """Put exactly these people in."""
        for table in (Decision, Completion, Evidence, ModuleProgress, JpEntry, Enrolment):
            db.session.execute(sa.delete(table))
        db.session.execute(sa.delete(User).where(User.email.startswith("fill")))
        pins = {pin.module_id: pin for pin in db.session.scalars(sa.select(CohortModule).where(CohortModule.cohort_id == self.cohort.id))}
        for number, person in enumerate(people):
            user = User(id=uuid.uuid4(), name=person.name or f"Orang {number:02d}", email=f"fill{number}@example.test")
            user.unit_id = None if person.unit is None else self.units[person.unit].id
            db.session.add(user)
            db.session.flush()
            self._enrol(person, user, pins)
        self.people = people
        commit()

    def _enrol(self, person: Person, user: User, pins: dict[int, CohortModule]) -> None:
        done, waiting = (sum(of(module) for module in (0, 1)) for of in (person.done, person.waiting))
        due = [day for module, day in enumerate(self.due) if person.done(module) + person.waiting(module) < PARTS]
        enrolment = Enrolment(
            cohort_id=self.cohort.id,
            user_id=user.id,
            unit_id=user.unit_id,
            group_id=None if person.group is None else self.groups[person.group].id,
            state=EnrolmentState.ACTIVE if person.active else EnrolmentState.WITHDRAWN,
            required_count=2 * PARTS,
            done_count=done,
            waiting_count=waiting,
            next_due_on=min(due, default=None),
            started_on=self.cohort.starts_on if done + waiting else None,
            no_signal_until=TODAY if person.no_signal else None,
            completed_at=NOON if done == 2 * PARTS else None,
        )
        db.session.add(enrolment)
        db.session.flush()
        person.enrolment_id = enrolment.id
        moment = NOON - dt.timedelta(days=person.days_ago)
        for place, module in enumerate(self.modules):
            where = {"enrolment_id": enrolment.id, "module_id": module.id}
            db.session.add(
                ModuleProgress(**where, required_count=PARTS, done_count=person.done(place), waiting_count=person.waiting(place))
            )
            for part, state in enumerate(person.states[place], start=1):
                at = moment if state == "complete" else None
                row = {**where, "activity_key": f"lesson-{part}"}
                db.session.add(Completion(**row, state=state, first_completed_at=at, revision_id=pins[module.id].revision_id, reasons={}))
                if state == "waiting":
                    db.session.add(Evidence(id=uuid.uuid4(), **row, kind=EvidenceKind.SUBMITTED, occurred_at=moment))
        if person.hours:
            hours = {"form": "e_learning", "nominal": person.hours / 100, "recognized": person.hours / 100, "rule": "test"}
            place = {"enrolment_id": enrolment.id, "user_id": user.id, "module_id": self.modules[0].id, "section": "satu"}
            db.session.add(JpEntry(**place, **hours, key="section/1", title={"id": "Bab"}, occurred_on=TODAY))
        if person.outcome:
            task = {"task": "Jurnal.", "due_on": TODAY} if person.outcome == "postponed" else {}
            db.session.add(Decision(enrolment_id=enrolment.id, outcome="passed"))  # the latest holds
            db.session.flush()
            db.session.add(Decision(enrolment_id=enrolment.id, outcome=person.outcome, reason="Ada sebabnya.", **task))

    def rows(self, key: str, actor: User | None = None, **wanted: Any) -> list[Any]:
        """Return the rows of a report on its first page."""
        return list(self.shown(key, actor, **wanted).page.items)

    def shown(self, key: str, actor: User | None = None, **wanted: Any) -> services.Shown:
        """Return a report as the organizer (or the actor) sees it."""
        who = replace(load_actor((actor or self.organizer).id, TODAY), time_zone="Asia/Pontianak")
        return services.show(actor=who, report=BY_KEY[key], today=TODAY, wanted=Wanted(**wanted))


def as_quizzes() -> None:
    """Turn every part into a quiz, as far as a report can see."""
    db.session.execute(sa.update(RevisionActivity).values(type="quiz"))
    commit()
