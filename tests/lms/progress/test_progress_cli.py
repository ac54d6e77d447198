"""`lms progress recompute`: it finds what was tampered with, says where, changes nothing with --check, and puts it right without."""

import json

import pytest
import sqlalchemy as sa

from lms.cli import main
from lms.db import db
from lms.learning.models import Enrolment
from lms.progress import cli as progress_cli
from lms.progress.models import Completion, CompletionState, EvidenceKind
from lms.progress.services import record


@pytest.fixture
def lms(app, database):
    def run(*words):
        db.session.commit()
        done = app.test_cli_runner().invoke(main, ["progress", "recompute", *words])
        db.session.rollback()
        db.session.expire_all()
        return done

    return run


@pytest.fixture
def learned(make_activity):
    """Make two learners in two cohorts who have read their page; return (enrolment id, cohort id) of each."""
    taken = [make_activity("lesson", source="Isi."), make_activity("lesson", source="Isi.")]
    for each in taken:
        record(**each.where, kind=EvidenceKind.VIEWED, actor_id=each.learner.id)
    db.session.commit()
    return [(each.enrolment.id, each.cohort.id) for each in taken]


def tamper(learned):
    db.session.execute(sa.update(Enrolment).where(Enrolment.id == learned[0]).values(done_count=0))
    db.session.commit()


def done_count(learned):
    return db.session.scalar(sa.select(Enrolment.done_count).where(Enrolment.id == learned[0]))


def test_nothing_differs_after_learning(lms, learned):
    done = lms("--check")
    assert (done.exit_code, done.output) == (0, "2 enrolments agree with their evidence.\n")


def test_check_finds_and_changes_nothing(lms, learned):
    tamper(learned[0])
    done = lms("--check")
    assert done.exit_code == 1
    assert f"enrolment {learned[0][0]}, enrolments done_count: was 0, from evidence 1" in done.output
    assert "Nothing was changed." in done.output
    assert done_count(learned[0]) == 0


def test_without_check_it_is_put_right(lms, learned):
    tamper(learned[0])
    db.session.execute(sa.delete(Completion).where(Completion.enrolment_id == learned[1][0]))
    done = lms()
    assert done.exit_code == 0
    assert "2 of 2 enrolments differed" in done.output
    assert done_count(learned[0]) == 1
    assert db.session.scalars(sa.select(Completion.state)).all() == [CompletionState.COMPLETE] * 2
    assert lms("--check").exit_code == 0


def test_one_cohort(lms, learned):
    tamper(learned[0])
    assert lms("--check", "--cohort", str(learned[1][1])).exit_code == 0
    assert lms("--check", "--cohort", str(learned[0][1])).exit_code == 1


def test_as_json(lms, learned):
    tamper(learned[1])
    done = lms("--check", "--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["enrolments"], told["differing"], told["changed"]) == (2, 1, False)
    assert told["differences"] == [{"enrolment": learned[1][0], "where": "enrolments done_count", "was": 0, "from_evidence": 1}]


def test_it_can_be_stopped_and_goes_on(lms, learned, monkeypatch):
    first, second = sorted(learned)
    tamper(first)
    tamper(second)
    whole = progress_cli.recompute

    def stop_at_the_second(number):
        if number == second[0]:
            raise KeyboardInterrupt
        return whole(number)

    monkeypatch.setattr(progress_cli, "recompute", stop_at_the_second)
    done = lms()
    assert done.exit_code == 130
    assert f"--start-at {second[0]}" in done.output
    assert (done_count(first), done_count(second)) == (1, 0), "each enrolment is a transaction"
    monkeypatch.setattr(progress_cli, "recompute", whole)
    assert "1 of 1 enrolments differed" in lms("--start-at", str(second[0])).output
    assert done_count(second) == 1
