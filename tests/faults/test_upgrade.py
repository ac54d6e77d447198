"""An upgrade while people learn: the database expands under the old version, web processes are replaced one by one, nobody notices."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import audit, ground, servers
from faults.proxy import nginx
from faults.storm import storm

from lms import __version__
from lms.app import create_app
from lms.db import db
from lms.testing import forget_caches

# Servers of its own, whatever the suite runs on: once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.postgresql, pytest.mark.timeout(280)]
NEXT = "99.0"
INDEX = "ix_quizzes_steps_saved_at"
# The next version keeps with each answer where it came from, and finds answers by their time.
MIGRATION = f'''
"""Where answers come from."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "quizzes_0099", "HEAD", None, None


def upgrade():
    op.add_column("quizzes_steps", sa.Column("origin", sa.String(20), server_default="page", nullable=False))
    op.create_index("{INDEX}", "quizzes_steps", ["saved_at"], if_not_exists=True)
    op.create_table("quizzes_origins", sa.Column("key", sa.String(20), primary_key=True))


def downgrade():
    op.drop_table("quizzes_origins")
'''
MODEL = f'''
Step.origin = mapped_column(sa.String(20), server_default="page", nullable=False, info=_answer())
sa.Index("{INDEX}", Step.saved_at)


class Origin(Base):
    """A place that answers come from."""

    __tablename__ = "quizzes_origins"

    key: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
'''


def next_version(folder):
    """Copy the program, with a migration and a model that this version does not know."""
    for name in ("lms", "courses", "quizzes", "media", "migrations"):
        shutil.copytree(servers.ROOT / name, folder / name, ignore=shutil.ignore_patterns("content"))
    versions = folder / "migrations/versions/quizzes"
    head = max(path.name[:12] for path in versions.glob("quizzes_*.py"))
    (versions / "quizzes_0099_origins.py").write_text(MIGRATION.replace("HEAD", head))
    with (folder / "quizzes/attempts/models.py").open("a") as models:
        models.write(MODEL)
    about = folder / "lms/__init__.py"
    about.write_text(about.read_text().replace(f'"{__version__}"', f'"{NEXT}"'))
    return folder


def web(data, url, source):
    """Return a web process as service managers start it, not started yet."""
    return servers.Web(data, url, ("-m", "lms", "web"), source, LMS_LEAVE_SECONDS="2")


def ready(one):
    """Return (status, version) of a web process."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{one.port}/readyz", timeout=30) as answer:
            return answer.status, json.load(answer)["version"]
    except urllib.error.HTTPError as error:
        return error.code, ""


@contextlib.contextmanager
def learners(data, url, size):
    """Make the quiz and its learners; inside, the database can be looked at."""
    app = create_app({"DATA": data, "DATABASE_URL": url, "BASE_URL": "http://localhost"})
    with app.app_context():
        try:
            yield ground.make(size)
        finally:
            db.session.remove()
            for engine in (db.engine, db.engines["supervision"]):
                engine.dispose()
            forget_caches(app)


class Site:
    """Two web processes and a worker, and the steps of an upgrade."""

    def __init__(self, data, database):
        self.data, self.url = data, database.url
        self.webs = [web(data, self.url, servers.ROOT) for _number in range(2)]
        self.new = next_version(data / "next")
        self.worker = None

    def lms(self, *arguments):
        """Run a command of the next version."""
        environment = self.webs[0].environment
        done = subprocess.run(
            [sys.executable, "-m", "lms", *arguments], cwd=self.new, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def work(self, source):
        """Start a worker."""
        self.worker = subprocess.Popen([sys.executable, "-m", "lms", "worker"], cwd=source, env=self.webs[0].environment)

    def rest(self):
        """End the worker as a service manager does: what it does is finished."""
        self.worker.terminate()
        assert self.worker.wait(60) == 0

    def upgrade(self, chance):
        """Do what docs/operations.md says, in its order."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {INDEX} ON quizzes_steps (saved_at)")
        self.lms("db", "upgrade")
        assert {ready(one) for one in self.webs} == {(200, __version__)}, "the old version goes on with the newer database"
        for one in self.webs:
            one.leave()
            one.source = self.new
            one.start()
            end = time.monotonic() + 60
            while (said := ready(one)) != (200, NEXT):
                assert time.monotonic() < end, said
                time.sleep(0.1)
        self.rest()
        self.work(self.new)

    def end(self):
        """End everything."""
        for one in self.webs:
            one.kill()
        if self.worker and self.worker.poll() is None:
            self.worker.kill()
            self.worker.wait()


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_an_upgrade_while_people_learn(tmp_path):
    with servers.postgres() as database, learners(tmp_path, database.url, 400) as made:
        db.session.remove()
        site = Site(tmp_path, database)
        try:
            for one in site.webs:
                one.start()
            site.work(servers.ROOT)
            with nginx(tmp_path, *(one.port for one in site.webs)) as port:
                ledger = storm(
                    port=port, ground=made, strike=site.upgrade, seconds=0, kills=1, saves=200, seed=1, takers=2, most_between=60
                )
            print(f"{len(ledger.saved)} saved, {len(ledger.handed_in)} handed in")
            assert (ledger.troubles, ledger.retries) == ([], 0), (tmp_path / "nginx.log").read_text()[-3000:]
            assert len(ledger.handed_in) > 5
            audit.let_time_pass()
            audit.wait_for_marks(60)
            assert audit.findings(ledger) == []
        finally:
            site.end()
