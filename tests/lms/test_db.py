"""What leaves the process does so when its transaction has committed, and only what was asked for by what committed."""

import sqlalchemy as sa

from lms.db import after_commit, commit, db


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_along(database):
    done = []
    after_commit(done.append, "before")
    savepoint = db.session.begin_nested()
    after_commit(done.append, "inside")
    with db.session.begin_nested():
        after_commit(done.append, "inside of inside")
    savepoint.rollback()
    with db.session.begin_nested():
        after_commit(done.append, "kept")
    after_commit(done.append, "after")
    assert done == []
    commit()
    assert done == ["before", "kept", "after"]
    db.session.execute(sa.text("SELECT 1"))
    after_commit(done.append, "never")
    db.session.rollback()
    commit()
    assert done == ["before", "kept", "after"]
