"""What an operator sees: ids, logs that name nobody, slow statements, figures, readiness."""

import json
import logging
import re
import sys

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from lms import check, migrate
from lms.db import db
from lms.jobs.services import enqueue
from lms.people import site
from lms.people.permissions import PROFILE, requires
from lms.testing.client import text_of
from lms.watch import logs, metrics

TOKEN = {"Authorization": "Bearer rahasia-negara"}


@pytest.fixture
def ani(make_user):
    return make_user("Ani Lestari", email="ani@example.org", language="id")


def figures(client):
    """Return {name with labels: value} of /metrics."""
    answer = client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}


# -- ids -----------------------------------------------------------------------------------------------------------------------------


def test_every_answer_has_an_id_and_a_crash_tells_it(app, client, ani, monkeypatch, caplog):
    @requires(PROFILE, on="self")
    def crash():
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "people.profile", crash)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    first, second = client.get("/sign-in"), client.get("/tidak-ada")
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    answer = client.as_(ani).get("/profile")
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.text


def test_an_id_is_believed_only_from_a_proxy(client):
    given = {"X-Request-ID": "dari-luar-12345"}
    assert client.get("/healthz", headers=given).headers["X-Request-ID"] != "dari-luar-12345"
    behind = {"werkzeug.proxy_fix.orig": {}}
    assert client.get("/healthz", headers=given, environ_overrides=behind).headers["X-Request-ID"] == "dari-luar-12345"
    for forged in ("pendek", "x" * 65, "dua kata satu", 'a"b{}<script>'):
        answer = client.get("/healthz", headers={"X-Request-ID": forged}, environ_overrides=behind)
        assert re.fullmatch("[0-9a-f]{8}", answer.headers["X-Request-ID"])


# -- logs ----------------------------------------------------------------------------------------------------------------------------


def test_logs_have_ids_and_name_nobody(client, ani, caplog):
    caplog.set_level(logging.INFO, logger="lms.watch.requests")
    client.as_(ani).get("/notices?q=Ani%20Lestari")
    client.post("/sign-in", data={"email": "ani@example.org", "password": "kata-sandi-salah"})
    lines = [record.getMessage() for record in caplog.records if record.name == "lms.watch.requests"]
    assert len(lines) == 2
    assert lines[1].startswith("POST /sign-in ")
    assert not re.search(r"Ani|Lestari|kata-sandi|example\.org|\?", " ".join(lines))


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_line_is_for_people_or_for_machines(app, style, monkeypatch, capsys):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    logs.set_up(style)
    root.handlers[0].setStream(sys.stderr)
    with app.test_request_context("/"):
        app.preprocess_request()
        logging.getLogger("lms.jobs").warning("sesuatu %s", "terjadi")
    line = capsys.readouterr().err.strip()
    if style == "json":
        told = json.loads(line)
        assert (told["level"], told["logger"], told["message"]) == ("WARNING", "lms.jobs", "sesuatu terjadi")
        assert re.fullmatch("[0-9a-f]{8}", told["request_id"])
    else:
        assert re.search(r"WARNING lms\.jobs \[[0-9a-f]{8}\]: sesuatu terjadi$", line)


def raised(typed):
    """Return an exception whose words, and the words of what led to it, hold what somebody typed."""
    try:
        try:
            int(typed)
        except ValueError as error:
            raise LookupError(typed) from error
    except LookupError as error:
        return error


@pytest.mark.parametrize("style", ["text", "json"])
def test_an_error_is_told_without_its_words(style, monkeypatch, capsys):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    logs.set_up(style)
    root.handlers[0].setStream(sys.stderr)
    logging.getLogger("lms.web").error("error", exc_info=raised("Ani Lestari"))
    told = capsys.readouterr().err
    assert told.index("builtins.ValueError") < told.index("builtins.LookupError"), "what led to it comes first"
    assert "int(typed)" in told, "the line of the program is told"
    assert "Ani" not in told


def test_what_a_database_says_that_is_away_is_told(monkeypatch, capsys):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    logs.set_up("text")
    root.handlers[0].setStream(sys.stderr)
    logging.getLogger("lms.web").error("error", exc_info=sa.exc.OperationalError("SELECT 1", {}, Exception("connection refused")))
    assert capsys.readouterr().err.endswith("sqlalchemy.exc.OperationalError: connection refused\n")


# -- slow statements -----------------------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_a_slow_statement_is_told_without_what_it_carried(app, database, client, monkeypatch, caplog):
    monkeypatch.setitem(app.config, "LMS_METRICS_TOKEN", "rahasia-negara")
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000000) SELECT count(*), :name FROM n"
    before = figures(client)[("peduli_slow_statements_total",)]
    caplog.set_level(logging.WARNING, logger="lms.watch.statements")
    db.session.execute(sa.text("SELECT 1"))
    assert not caplog.records
    db.session.execute(sa.text(count), {"name": "Ani Lestari"})
    (line,) = [record.getMessage() for record in caplog.records]
    assert "slow statement" in line
    assert "WITH RECURSIVE" in line
    assert "Lestari" not in line
    assert figures(client)[("peduli_slow_statements_total",)] == before + 1


# -- figures -------------------------------------------------------------------------------------------------------------------------


def test_figures_are_for_who_has_the_token(app, client, monkeypatch):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    monkeypatch.setitem(app.config, "LMS_METRICS_TOKEN", "rahasia-negara")
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer rahasia"}, {"Authorization": "Basic rahasia-negara"}):
        assert client.get("/metrics", headers=wrong).status_code == 404


def test_figures_count_requests_and_work(app, client, ani, monkeypatch):
    monkeypatch.setitem(app.config, "LMS_METRICS_TOKEN", "rahasia-negara")
    profile = ("peduli_requests_total", ("endpoint", "people.profile"), ("method", "GET"), ("status", "200"))
    learner = client.as_(ani)
    before = figures(client)
    for _time in range(3):
        assert learner.get("/profile").status_code == 200
    enqueue("lms:tidy", key="pekerjaan")
    db.session.commit()
    after = figures(client)
    assert after[profile] == before.get(profile, 0) + 3
    took = ("peduli_request_seconds_count", ("part", "people"))
    assert after[took] >= before.get(took, 0) + 3
    assert after[("peduli_jobs_waiting",)] == before[("peduli_jobs_waiting",)] + 1
    assert after[("peduli_backup_late",)] == 0
    assert "Lestari" not in client.get("/metrics", headers=TOKEN).text


# -- alive and ready -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def newer_database(app, database):
    """Let the database be one that a newer version has brought further."""
    table = sa.table("alembic_version_lms", sa.column("version_num"))
    before = db.session.scalar(sa.select(table.c.version_num))
    db.session.execute(sa.update(table).values(version_num="lms_9999"))
    db.session.commit()
    app.extensions.pop("lms_current", None)
    yield
    db.session.execute(sa.update(table).values(version_num=before))
    db.session.commit()


def test_who_finds_a_newer_database_goes_on(app, client, newer_database):
    assert client.get("/readyz").json["status"] == "ok"
    assert (list(migrate.pending()), list(migrate.newer())) == ([], ["lms"])
    db.session.commit()
    [warning] = migrate.upgrade()
    assert "newer than this program (lms)" in warning
    assert list(migrate.newer()) == ["lms"]
    [found] = [finding for finding in check.set_up() if finding.name == "migrations"]
    assert found.ok
    assert "newer than this program (lms)" in found.sentence


def test_ready_is_who_can_work(app, client, monkeypatch):
    app.extensions.pop("lms_current", None)
    monkeypatch.setattr(migrate, "pending", lambda: iter(["courses"]))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["waits_for"]) == (503, "lms db upgrade")
    monkeypatch.undo()
    assert client.get("/readyz").json["status"] == "ok"

    def broken(*_arguments, **_options):
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", broken)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["waits_for"]) == (503, "database")
    assert client.get("/healthz").json["status"] == "ok", "the process lives; starting it again would not help"


def test_without_its_database_a_process_lives_is_not_ready_and_says_so_to_people(client, make_user, monkeypatch):
    browser = client.as_(make_user(language="en"))

    def gone(*_arguments, **_options):
        raise sa.exc.OperationalError("SELECT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(sa.engine.Connection, "execute", gone)
    assert browser.get("/healthz").status_code == 200
    assert (browser.get("/readyz").status_code, client.get("/readyz").status_code) == (503, 503)
    page = browser.get("/profile", headers={"Accept-Language": "en"})
    assert page.status_code == 503
    assert "What was saved is safe" in text_of(page)
    written = browser.post("/profile", forge=True, data={"name": "Nama yang baru saja diketik panjang-panjang"})
    assert written.status_code == 503
    assert "diketik panjang-panjang" in written.get_data(as_text=True)
    answer = browser.post("/api/v1/sync", forge=True, json={}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]) == (503, "503")
    monkeypatch.undo()  # before the database is cleared


def test_labels_do_not_grow_with_what_somebody_makes_up(app, database, client):
    for number in range(3):
        client.open("/sign-in", method=f"RUBUT{number}")
    with app.app_context():
        told = metrics.text()
    assert b"RUBUT" not in told
    assert b'method="-"' in told


def test_secrets_of_the_site_are_shown_to_nobody(app, monkeypatch):
    monkeypatch.setitem(app.config, "LMS_METRICS_TOKEN", "rahasia")
    with app.app_context():
        shown = {row.setting.name: row.value for row in site.settings_rows()}
    assert shown["METRICS_TOKEN"] == "•••"
