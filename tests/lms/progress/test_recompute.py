"""Promise 1: what is kept incrementally equals what a full rebuild from evidence finds, on random histories."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from lms.db import db
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, Enrolment
from lms.people.access import load_actor
from lms.progress import services as progress
from lms.progress.models import Completion, EvidenceKind
from lms.progress.recompute import recompute
from lms.testing.made import TODAY

RULES = (
    "viewed",
    {"all": ["submitted", {"minimum_words": 50}]},
    {"passed": 70.01},
    {"any": ["viewed", "accepted"]},
    {"all": ["attended", "submitted"]},
    {"at_least": 2, "of": ["viewed", "submitted", {"passed": 50}]},
    {"all": ["submitted", "accepted"]},
)
# A failure is short as it is; making it shorter takes minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
KEYS = ("a", "b", "c", "d")
START = dt.datetime(2026, 10, 5, 2, tzinfo=dt.UTC)


@pytest.fixture
def world(make_module, make_cohort, make_enrolment, make_user):
    """Make a cohort with a module of four activities and three learners; each history is rolled back."""
    module = make_module(
        *({"type": "lesson", "key": key, "settings": {"source": "Isi."}, "rule": RULES[index]} for index, key in enumerate(KEYS))
    )
    cohort = make_cohort(module)
    learners = [make_enrolment(cohort, make_user(time_zone=zone)) for zone in ("", "Asia/Makassar", "Asia/Jayapura")]
    return module, cohort, learners


def machine(build):
    """Return a state machine that does to a cohort what people and time do."""

    class Histories(RuleBasedStateMachine):
        ids = Bundle("ids")

        @initialize()
        def begin(self):
            self.module, self.cohort, self.learners = build
            self.actor = load_actor(self.cohort.assessor_id, TODAY)
            self.clock = START

        @rule(
            target=ids,
            who=st.integers(0, 2),
            key=st.sampled_from(KEYS),
            happening=st.one_of(
                st.sampled_from([(kind, None) for kind in ("viewed", "submitted", "accepted", "returned", "attended")]),
                st.tuples(st.just("scored"), st.floats(0, 100).map(lambda value: round(value, 3))),
                st.tuples(st.just("words"), st.integers(0, 120)),
            ),
            late=st.integers(-3, 5),
            own=st.booleans(),
        )
        def happen(self, who, key, happening, late, own):
            """Something happens; news of it may be late or early."""
            self.clock += dt.timedelta(hours=7)
            made = uuid.uuid4()
            kind, value = happening
            enrolment = self.learners[who]
            arguments = {
                "enrolment_id": enrolment.id, "module_id": self.module.id, "activity_key": key, "kind": EvidenceKind(kind), "value": value,
                "evidence_id": made, "occurred_at": self.clock - dt.timedelta(days=late), "actor_id": enrolment.user_id if own else self.actor.id,
            }  # fmt: skip
            progress.record(**arguments)
            return arguments

        @rule(sent=ids)
        def send_again(self, sent):
            """A device sends the same again: nothing changes."""
            before = self.snapshot()
            progress.record(**sent)
            assert self.snapshot() == before

        @rule(who=st.integers(0, 2), key=st.sampled_from(KEYS), state=st.sampled_from(["complete", "incomplete", "lifted"]))
        def override(self, who, key, state):
            progress.override(
                actor=self.actor, enrolment_id=self.learners[who].id, module_id=self.module.id, activity_key=key, state=state, reason="uji"
            )

        @rule(
            changes=st.lists(st.sampled_from(RULES), min_size=4, max_size=4), drop=st.sampled_from([None, *KEYS]), take_away=st.booleans()
        )
        def move(self, changes, drop, take_away):
            """An author edits rules, adds or drops an activity, publishes; the organizer moves the cohort."""
            activities = {activity.key: activity for activity in learning.draft_activities(self.module.id)}
            for key, changed in zip(KEYS, changes, strict=True):
                if key in activities:
                    activities[key].rule = changed
                else:
                    self.add(key, changed)
            if drop in activities:
                db.session.delete(activities[drop])
            db.session.flush()
            revision = learning.publish(actor_id=None, module=self.module)
            cohort = db.session.get_one(Cohort, self.cohort.id)
            had = self.complete()
            plan = learning.plan_moves(cohort=cohort, revisions={self.module.id: revision.id})[self.module.id]
            learning.move_cohort(actor=self.actor, cohort=cohort, module_id=self.module.id, revision=revision, take_away=take_away)
            has = self.complete()
            kept = {activity.key for activity in progress.activities_of(revision.id)}
            if take_away:
                assert {(move.enrolment_id, move.activity_key) for move in plan if not move.gains} == had - has
            else:
                assert {place for place in had if place[1] in kept} <= has, "nobody loses by default"
            assert {(move.enrolment_id, move.activity_key) for move in plan if move.gains} == has - had

        def add(self, key, changed):
            db.session.add(
                Activity(
                    module_id=self.module.id,
                    key=key,
                    type="lesson",
                    title=key,
                    section="satu",
                    position=9,
                    requires=[],
                    tags=[],
                    sources=[],
                    rule=changed,
                    settings={"source": "Isi."},
                    prepared={"html": "Isi."},
                    minutes=1,
                    required=True,
                )
            )

        def complete(self):
            rows = db.session.execute(sa.select(Completion.enrolment_id, Completion.activity_key).where(Completion.state == "complete"))
            return {tuple(row) for row in rows}

        def snapshot(self):
            db.session.flush()
            return (
                db.session.execute(sa.select(Completion.__table__).order_by(*Completion.__table__.primary_key)).all(),
                db.session.execute(sa.select(Enrolment.__table__).order_by(Enrolment.id)).all(),
            )

        def teardown(self):
            if not hasattr(self, "learners"):
                return
            db.session.flush()
            try:
                for enrolment in self.learners:
                    assert recompute(enrolment.id) == []
            finally:
                db.session.rollback()

    return Histories


def test_incremental_equals_recomputed(world):
    run_state_machine_as_test(
        machine(world),
        settings=settings(max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES),
    )


def test_recompute_finds_what_was_tampered_with(world):
    module, _cohort, (enrolment, *_others) = world
    progress.record(enrolment_id=enrolment.id, module_id=module.id, activity_key="a", kind=EvidenceKind.VIEWED, actor_id=enrolment.user_id)
    assert recompute(enrolment.id) == []
    db.session.execute(sa.update(Enrolment).where(Enrolment.id == enrolment.id).values(done_count=0))
    found = recompute(enrolment.id)
    assert [(row[1], row[2], row[3]) for row in found] == [("enrolments done_count", 0, 1)]
    assert recompute(enrolment.id) == []
