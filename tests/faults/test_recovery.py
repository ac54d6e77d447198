"""Back to a moment: the lines of docs/operations.md are run as they stand, but for places, ports and the time."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import ground, servers
from faults.test_replica import ask, program
from support import services

from lms.attempts.models import Attempt
from lms.cli import main
from lms.db import db
from lms.learning.models import Cohort
from lms.people.models import User

# Servers of its own, whatever the suite runs on: once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.postgresql, pytest.mark.timeout(180)]
PAGE = servers.ROOT / "docs/operations.md"
SECTION = re.search(r"^## Back to a moment\n(.*?)^## ", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
MOMENT = "2026-11-23 10:41:00+07"


def lines(kind):
    """Return the examples of the section in one language."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", SECTION[1], re.DOTALL | re.MULTILINE)


@pytest.fixture
def place():
    """Return a folder that the database server's user may write."""
    folder = Path(tempfile.mkdtemp(prefix="peduli-recovery-"))
    (folder / "wal").mkdir()
    before = services._unprivileged()
    if before:
        for path in (folder, folder / "wal"):
            shutil.chown(path, before[1].partition("=")[2])
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def primary(place):
    """Run a server that archives its log as the page says."""
    server = servers.Postgres()
    [settings] = lines("ini")
    with (server.home / "data/postgresql.conf").open("a") as file:
        file.write(settings.replace("/mnt/archive", str(place)) + "unix_socket_directories = ''\n")
    try:
        server.start()
        yield server
    finally:
        server.remove()


def shell(server, script, **places):
    """Run an example as the server's user, with other places than the page's. Every place must stand in it."""
    for old, new in {"postgres@localhost:5432": f"peduli@127.0.0.1:{server.port}", **places}.items():
        script = script.replace(old, new)
    path = f"{server.programs}:{os.environ['PATH']}"
    with tempfile.TemporaryFile("w+") as told:  # no pipe: a server that is started would keep it open
        done = subprocess.run(
            [*server.before, "bash", "-euc", script], cwd="/", env={**os.environ, "PATH": path}, stdout=told, stderr=told, check=False
        )
        told.seek(0)
        assert done.returncode == 0, told.read()


def begin(app, made, number):
    """Let a learner begin the quiz."""
    learner = db.session.scalars(sa.select(User).where(User.email.is_(None)).order_by(User.name)).all()[number]
    assert app.test_client().as_(learner).post(made.start).status_code == 302


def test_a_cohort_that_was_deleted_comes_back_with_all_that_was_written_before(tmp_path, place, primary):
    copy, recover = lines("bash")
    port = services.free_port()
    places = {"/mnt/archive": str(place), "/srv/recovered": f"{place}/recovered", "-p 5433": f"-p {port}"}
    with program(tmp_path, primary.url, "") as app:
        made = ground.make(3)
        shell(primary, copy, **places)
        begin(app, made, 0)
        moment = ask(primary.url, "SELECT CAST(clock_timestamp() AS text)")
        begin(app, made, 1)
        db.session.execute(sa.text("TRUNCATE cohorts CASCADE"))
        db.session.commit()
    assert MOMENT in recover
    shell(primary, recover, **places, **{MOMENT: moment})
    recovered = f"postgresql+psycopg://peduli@127.0.0.1:{port}/postgres"
    try:
        end = time.monotonic() + 60
        while ask(recovered, "SELECT pg_is_in_recovery()"):
            assert time.monotonic() < end, (place / "recovered/log").read_text()
            time.sleep(0.1)
        with program(tmp_path, recovered, "") as app:
            for command in (["check"], ["progress", "recompute", "--check"]):
                told = app.test_cli_runner().invoke(main, command)
                assert told.exit_code == 0, told.output
            assert db.session.scalars(sa.select(Cohort)).one()
            assert db.session.scalar(sa.select(sa.func.count()).select_from(Attempt)) == 1, "what was begun before, and nothing after"
    finally:
        shell(primary, f"pg_ctl --pgdata={place}/recovered --mode=immediate stop")
    assert ask(primary.url, "SELECT count(*) FROM cohorts") == 0, "the other server was left alone"
