"""The log of readings is one chain: whatever is done to a row is found, and readers at the same moment make one line."""

import datetime as dt
import json
import threading
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.cli import main
from lms.db import commit, db, utcnow
from lms.privacy import chain
from lms.privacy.models import AuditEntry, Reading, ReadingHead

ROWS = Reading.__table__
ANOTHER = {
    "author_id": uuid.UUID(int=7),
    "reader_id": uuid.UUID(int=8),
    "kind": "letter",
    "item_id": uuid.UUID(int=9),
    "reason": "shared",
    "at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    "until": dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
    "digest": bytes(range(32)),
    "number": 99,
}


def read_often(times):
    for number in range(times):
        chain.append(
            author_id=uuid.uuid4(),
            reader_id=uuid.uuid4(),
            kind="journal",
            item_id=uuid.uuid4(),
            reason="assessment",
            until=utcnow() if number % 2 else None,
        )
    commit()


def test_an_untouched_log_is_whole(database):
    assert chain.verify() == chain.Verdict(0, chain.Head(0, "00" * 32), ())
    read_often(5)
    verdict = chain.verify()
    assert verdict.problems == ()
    assert (verdict.count, verdict.head.number) == (5, 5)


@pytest.mark.parametrize("column", [column.name for column in ROWS.columns])
@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_changed_row_is_found(database, column, number):
    read_often(5)
    db.session.execute(sa.update(ROWS).where(ROWS.c.number == number).values({column: ANOTHER[column]}))
    assert chain.verify().problems


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_row_is_found(database, number):
    read_often(5)
    db.session.execute(sa.delete(ROWS).where(ROWS.c.number == number))
    assert chain.verify().problems


def test_moved_and_inserted_rows_are_found(database):
    read_often(5)
    two, four = (dict(db.session.execute(sa.select(ROWS).where(ROWS.c.number == number)).mappings().one()) for number in (2, 4))
    db.session.execute(sa.delete(ROWS).where(ROWS.c.number.in_([2, 4])))
    db.session.execute(sa.insert(ROWS), [{**two, "number": 4}, {**four, "number": 2}])
    assert chain.verify().problems
    db.session.rollback()
    db.session.execute(sa.insert(ROWS).values({**four, "number": 6}))
    assert chain.verify().problems


def test_whoever_has_the_key_cannot_go_back_behind_a_head_that_is_known(database):
    """The last rows cut off, with the head put back: right by itself, and found with the head that was published or written down."""
    read_often(3)
    written_down = chain.head()
    chain.publish()
    chain.publish()
    commit()
    assert db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "privacy:head")) == 1
    read_often(1)
    assert chain.verify({written_down.number: written_down.digest}).problems == ()
    before = db.session.scalar(sa.select(ROWS.c.digest).where(ROWS.c.number == 2))
    db.session.execute(sa.delete(ROWS).where(ROWS.c.number > 2))
    db.session.execute(sa.update(ReadingHead).values(number=2, digest=before))
    read_often(1)
    assert chain.verify().problems, "the audit trail knows"
    db.session.execute(sa.delete(AuditEntry))
    assert not chain.verify().problems
    assert chain.verify({written_down.number: written_down.digest}).problems, "whoever wrote it down knows"


@given(
    columns=st.sets(st.sampled_from([name for name in ANOTHER if name not in {"number", "digest"}]), min_size=1), number=st.integers(1, 4)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_change_goes_unseen_even_with_a_digest_made_without_the_key(database, columns, number):
    if chain.head().number < 4:
        read_often(4)
    assert not chain.verify().problems
    changed = {name: ANOTHER[name] for name in columns}
    row = {**db.session.execute(sa.select(ROWS).where(ROWS.c.number == number)).mappings().one(), **changed}
    forged = chain._link(bytes(32), chain.GENESIS, row)
    db.session.execute(sa.update(ROWS).where(ROWS.c.number == number).values(**changed, digest=forged))
    assert chain.verify().problems
    db.session.rollback()


def test_readers_at_the_same_moment_make_one_line(app, database):
    commit()
    start, done = threading.Barrier(6, timeout=60), []

    def read():
        with app.app_context():
            start.wait()
            for _time in range(5):
                read_often(2)
            done.append(True)
            db.session.remove()

    threads = [threading.Thread(target=read) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 6
    verdict = chain.verify()
    assert (verdict.count, verdict.problems) == (60, ())


def test_the_command_says_so(app, database):
    read_often(2)
    run = app.test_cli_runner().invoke
    right = run(main, ["privacy", "verify", "--json"])
    told = json.loads(right.output)
    assert (right.exit_code, told["readings"], told["problems"]) == (0, 2, [])
    assert run(main, ["privacy", "verify", "--head", told["head"]]).exit_code == 0
    assert run(main, ["privacy", "verify", "--head", f"2:{'0' * 64}"]).exit_code == 1
    assert run(main, ["privacy", "verify", "--head", "zwei"]).exit_code == 2
    db.session.execute(sa.update(ROWS).where(ROWS.c.number == 1).values(reason="shared"))
    commit()
    wrong = run(main, ["privacy", "verify"])
    assert wrong.exit_code == 1
    assert "Reading 1" in wrong.output
