"""No acknowledged answer is ever lost: servers are killed with SIGKILL at random instants while learners answer and hand in.

`FAULT_SECONDS=1800 FAULT_SEED=7` makes it long. That it can fail is a test too: a server that acknowledges before it
commits, and a PostgreSQL that acknowledges before it writes (`synchronous_commit=off`), are both caught.
"""

import contextlib
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import audit, ground, servers
from faults.storm import storm

from lms.app import create_app
from lms.db import db
from lms.testing import forget_caches

SECONDS = float(os.environ.get("FAULT_SECONDS", "10"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
SAVES, KILLS = 400, 4
LEARNERS = 200 + int(SECONDS * 12)

# Servers of its own, whatever the suite runs on: once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(SECONDS + 280)]


@contextlib.contextmanager
def prepared(data, url=""):
    """Make the quiz and its learners; inside, the database can be looked at."""
    app = create_app({"DATA": data, "DATABASE_URL": url, "BASE_URL": "http://localhost"})
    with app.app_context():
        try:
            made = ground.make(LEARNERS)
            _leave()
            yield made
        finally:
            _leave()
            forget_caches(app)


def _leave():
    """Hold no connection: servers come and go."""
    db.session.remove()
    for engine in {db.engine, db.engines["supervision"]}:
        engine.dispose()


def outcome(web, ledger):
    """Let the work that was interrupted be done, and return what is wrong afterwards."""
    assert not ledger.troubles, (ledger.troubles, web.log.read_text()[-4000:])
    audit.let_time_pass()
    _leave()
    web.start()
    audit.wait_for_marks(90)
    web.stop()
    _leave()
    return audit.findings(ledger)


def run(web, made, strike, **wanted):
    """Start the server, let the storm pass, and kill everything once more at its end."""
    web.start()
    try:
        ledger = storm(port=web.port, ground=made, strike=strike, seed=SEED, **wanted)
    finally:
        web.kill()
    print(f"{len(ledger.saved)} saved, {len(ledger.handed_in)} handed in, {ledger.kills} kills, {ledger.retries} retries")
    return ledger


def test_sqlite(tmp_path):
    web = servers.Web(tmp_path)

    def strike(chance):
        web.kill()
        web.start()

    with prepared(tmp_path) as made:
        ledger = run(web, made, strike, seconds=SECONDS, kills=KILLS, saves=SAVES)
        assert outcome(web, ledger) == []
        assert len(ledger.saved) >= SAVES
        assert len(ledger.handed_in) > 5


@pytest.mark.postgresql
def test_postgresql(tmp_path):
    with servers.postgres() as database, prepared(tmp_path, database.url) as made:
        web = servers.Web(tmp_path, database.url)

        def strike(chance):
            victims = chance.choice(["web", "database", "both"])
            if victims != "database":
                web.kill()
            if victims != "web":
                database.kill()
                database.start()
            if victims != "database":
                web.start()

        ledger = run(web, made, strike, seconds=SECONDS, kills=KILLS, saves=SAVES)
        database.kill()
        database.start()
        assert outcome(web, ledger) == []
        assert len(ledger.saved) >= SAVES
        assert len(ledger.handed_in) > 5


@pytest.mark.postgresql
def test_who_presses_twice_hands_in_once(tmp_path):
    """Two requests at once for the same attempt: the second must see what the first has done, and neither may fail."""
    with servers.postgres() as database, prepared(tmp_path, database.url) as made:
        web = servers.Web(tmp_path, database.url)
        ledger = run(web, made, lambda chance: None, seconds=8, kills=0, saves=300, impatience=1.0)
        assert ledger.retries == 0, web.log.read_text()[-4000:]
        assert outcome(web, ledger) == []
        assert len(ledger.handed_in) > 5


def test_a_server_that_acknowledges_before_it_commits_is_caught(tmp_path):
    web = servers.Web(tmp_path, program=(str(Path(__file__).parent / "careless.py"),))

    def strike(chance):
        web.kill()
        web.start()

    with prepared(tmp_path) as made:
        ledger = run(web, made, strike, seconds=0, kills=3, saves=0, most_between=40)
        assert any(text.startswith("lost: ") for text in audit.lost(ledger)), ledger.troubles


@pytest.mark.postgresql
def test_a_database_that_acknowledges_before_it_writes_is_caught(tmp_path):
    with servers.postgres(synchronous_commit="off", wal_writer_delay="5s") as database, prepared(tmp_path, database.url) as made:
        web = servers.Web(tmp_path, database.url)

        def strike(chance):
            database.kill()
            database.start()

        ledger = run(web, made, strike, seconds=0, kills=3, saves=0, most_between=40)
        assert any(text.startswith("lost: ") for text in audit.lost(ledger)), ledger.troubles
