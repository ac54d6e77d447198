"""`lms keys rotate`: texts stay readable, under a new master key."""

import json
import uuid

import sqlalchemy as sa

from lms.cli import main
from lms.db import db
from lms.people.access import load_actor
from lms.privacy.confidential import current_master, reveal, seal
from lms.privacy.models import AuditEntry, DataKey
from lms.testing.made import TODAY


def test_a_new_master_key_opens_the_old_texts(app, make_user):
    authors = [make_user(), make_user()]
    item = uuid.uuid4()
    sealed = {author.id: seal(author.id, "x", f"rahasia {number}") for number, author in enumerate(authors)}
    db.session.commit()
    before = current_master()
    done = app.test_cli_runner().invoke(main, ["keys", "rotate", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["keys"], told["before"], told["now"]) == (2, before, current_master())
    assert told["now"] != before
    db.session.expire_all()
    assert set(db.session.scalars(sa.select(DataKey.master_key))) == {told["now"]}
    for number, author in enumerate(authors):
        opened = reveal(
            actor=load_actor(author.id, TODAY), author_id=author.id, kind="journal", item_id=item, sealed=[("x", sealed[author.id])]
        )
        assert opened == {"x": f"rahasia {number}"}
    line = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "keys:rotate")).one()
    assert line.detail == {"count": 2}
    assert "Keep" in app.test_cli_runner().invoke(main, ["keys", "rotate"]).output
