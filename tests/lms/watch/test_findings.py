"""What an operator should know of: found once, and said by `lms check`, by Site, by /metrics and in notices."""

import datetime as dt
import json
import shutil
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from lms.cli import main
from lms.db import at, commit, db, utcnow
from lms.i18n import in_language
from lms.jobs.models import Job, JobState
from lms.jobs.services import run_one
from lms.messages.models import Notice
from lms.people import site
from lms.testing.client import text_of
from lms.watch import findings, slow, tasks

GB = 10**9
TOKEN = {"Authorization": "Bearer rahasia-negara"}


def add_job(task="lms:send_mail", *, state=JobState.WAITING, waits=dt.timedelta(), age=dt.timedelta(), tries=0):
    now = utcnow()
    db.session.add(
        Job(task=task, arguments={"mail_id": str(uuid.uuid4())}, state=state, due_at=now - waits, created_at=now - age, tries=tries)
    )
    commit()


def wrong():
    return [finding.name for finding in in_language("en", lambda: findings.everything(site.glance())) if not finding.ok]


def minutes(number):
    return dt.timedelta(minutes=number)


# -- each finding --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "found"),
    [
        ({"waits": minutes(4), "age": minutes(4)}, []),
        ({"waits": minutes(6), "age": minutes(6)}, ["queue"]),
        ({"waits": minutes(61), "age": minutes(61)}, ["queue", "mails"]),
        ({"waits": minutes(-60), "age": minutes(600)}, []),  # written in the night, leaves in the morning
        ({"waits": minutes(-2), "age": minutes(61), "tries": 7}, ["mails"]),
        ({"waits": minutes(-2), "age": minutes(30), "tries": 5}, []),
        ({"waits": minutes(5), "age": minutes(90), "tries": 8, "state": JobState.FAILED}, ["jobs", "mails"]),
        ({"waits": minutes(500), "age": minutes(500), "state": JobState.DONE}, []),
        ({"waits": minutes(500), "age": minutes(500), "task": "lms:tidy", "state": JobState.FAILED}, ["jobs"]),
    ],
)
def test_work_and_mails(database, roomy, job, found):
    add_job(**job)
    assert wrong() == found


@pytest.mark.parametrize(
    ("total", "free", "ok"),
    [(100, 11, True), (100, 9.9, False), (5, 1.1, True), (5, 0.9, False), (4000, 100, True), (4000, 9, False), (0.5, 0.5, False)],
)
def test_the_disk(database, monkeypatch, total, free, ok):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=total * GB, free=free * GB))
    assert findings.disk().ok is ok
    assert f"{free:.1f} GB" in in_language("en", findings.disk).text or free < 1


def test_slow_statements(app, database, roomy):
    folder = Path(app.config["LMS_DATA"])
    for _number in range(findings.SLOW_AN_HOUR):
        slow.note(folder, "/journals/<uuid:entry_id>", 812.4)
    assert wrong() == []
    slow.note(folder, "-", 2000)
    assert wrong() == ["statements"]
    assert slow.worst(folder, 5) == [slow.Slow("-", 1, 2000), slow.Slow("/journals/<uuid:entry_id>", findings.SLOW_AN_HOUR, 812)]
    with at(utcnow() + dt.timedelta(hours=2)):
        assert wrong() == []
        assert slow.worst(folder, 5)[0].place == "-"
    with at(utcnow() + dt.timedelta(hours=25)):
        assert slow.worst(folder, 5) == []


def test_the_file_of_slow_statements_stays_small_and_bears_what_is_cut_off(tmp_path):
    line = f"{utcnow().timestamp():.0f} 600 /learn\n"
    (tmp_path / slow.NAME).write_text(line * 3000 + "17640")
    slow.note(tmp_path, "/team", 700)
    assert slow.count(tmp_path, slow.DAY) == 3001
    for _number in range(3000):
        slow.note(tmp_path, "/team", 700)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 3 * slow.MOST
    slow.note(tmp_path / "nowhere", "/team", 700)


def test_backups_that_cannot_be_read_or_are_late():
    late = site.Backups(wanted=True, newest=utcnow() - dt.timedelta(hours=30), late=True)
    broken = site.Backups(wanted=True, newest=None, late=True, problem="The folder is locked.")
    none = site.Backups(wanted=True, newest=None, late=True)
    for found, said in ((late, "The newest is of"), (broken, "The folder is locked."), (none, "There is none yet.")):
        finding = in_language("en", lambda found=found: findings.backup(found))
        assert not finding.ok
        assert said in finding.text
        assert "lms backup" in finding.text
    assert findings.backup(site.Backups(wanted=False, newest=None, late=False)).ok


# -- where they are said -------------------------------------------------------------------------------------------------------------


def test_all_places_say_the_same(app, client, make_user, roomy, monkeypatch):
    admin = make_user(roles=["admin"], language="en")
    add_job(waits=minutes(70), age=minutes(70))
    add_job("lms:tidy", state=JobState.FAILED)
    page = text_of(client.as_(admin).get("/admin"))
    done = app.test_cli_runner().invoke(main, ["check", "--json"])
    assert done.exit_code == 1
    told = {finding["name"]: finding for finding in json.loads(done.output)}
    assert {name for name, finding in told.items() if not finding["ok"]} == {"queue", "jobs", "mails"}
    for name in ("jobs", "mails"):
        assert told[name]["sentence"] in page
    assert "All is well." not in page
    monkeypatch.setitem(app.config, "LMS_METRICS_TOKEN", "rahasia-negara")
    figures = client.get("/metrics", headers=TOKEN).text
    for name, value in {"queue": 1, "jobs": 1, "mails": 1, "backup": 0, "disk": 0, "statements": 0, "migrations": 0}.items():
        assert f'peduli_finding{{name="{name}"}} {value}.0' in figures
    assert "peduli_disk_free_bytes" in figures


def test_the_page_has_figures_without_values(app, client, make_user, roomy):
    admin = make_user(roles=["admin"], language="en")
    for number in range(3):
        add_job("lms:remind_zone", waits=minutes(number))
    slow.note(Path(app.config["LMS_DATA"]), "/journals/<uuid:entry_id>", 1234)
    page = text_of(client.as_(admin).get("/admin"))
    for said in ("lms:remind_zone 3", "/journals/<uuid:entry_id> 1 1,234 ms", "Python 3.", "Free on the disk", "95 of 100", "requests"):
        assert said in page


# -- notices -------------------------------------------------------------------------------------------------------------------------


def notices():
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Notice.user_id, Notice.object, Notice.title).where(Notice.kind == "site").order_by(Notice.created_at)
    )
    return [tuple(row) for row in rows]


def run_everything():
    """Do what is due, as a worker."""
    while run_one():
        pass


def look(later=dt.timedelta()):
    """Let a worker look after the site, and again a quarter of an hour later."""
    with at(utcnow() + later):
        tasks.look_after()
        commit()
    with at(utcnow() + later + tasks.AGAIN):
        run_everything()


def test_administrators_are_told_once_a_day_of_each_kind(make_user, roomy):
    admin, other = make_user(roles=["admin"], language="en"), make_user(roles=["admin"], language="id")
    make_user(roles=["organizer"])
    add_job("lms:tidy", state=JobState.FAILED)
    noon = utcnow().replace(hour=3, minute=0) - utcnow()  # morning in Indonesia: the day does not change while this looks
    for hours in (0, 1, 2):
        look(noon + dt.timedelta(hours=hours))
    assert {(user_id, name) for user_id, name, _title in notices()} == {(admin.id, "jobs"), (other.id, "jobs")}
    assert len(notices()) == 2
    assert "1 piece of background work could not be done." in {title for _id, _name, title in notices()}
    look(noon + dt.timedelta(hours=24))
    assert len(notices()) == 4


def test_nobody_is_told_of_what_has_passed(make_user, roomy):
    make_user(roles=["admin"])
    add_job("lms:tidy", waits=minutes(9))
    look()  # the worker that looks does the work too
    assert notices() == []


def test_nobody_is_told_when_all_is_well(make_user, roomy):
    make_user(roles=["admin"])
    tasks.look_after()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job).where(Job.task == "lms:tell_operators")) == 0
