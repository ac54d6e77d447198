"""The site at a glance, the audit trail, settings without secrets, work that failed."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db, utcnow
from lms.jobs import services as jobs
from lms.jobs.models import Job, JobState
from lms.messages.kinds import SECURITY
from lms.messages.services import notify
from lms.people import site
from lms.privacy.models import AuditEntry
from lms.privacy.services import audit
from lms.settings import SETTINGS
from lms.testing.client import text_of


@pytest.fixture
def admin(make_user):
    return make_user("Yopi", roles=["admin"], language="en")


@pytest.fixture
def browser(client, admin):
    return client.as_(admin)


def add_job(state=JobState.FAILED, *, age=dt.timedelta(), **values):
    job = Job(task="lms:send_mail", arguments={"mail_id": str(uuid.uuid4())}, state=state, due_at=utcnow() - age, **values)
    db.session.add(job)
    commit()
    return job


# -- at a glance ---------------------------------------------------------------------------------------------------------------------


def test_all_is_well(browser, roomy, make_cohort):
    make_cohort()
    text = text_of(browser.get("/admin"))
    assert "All is well." in text
    assert "cohorts 1" in text
    assert "modules 1" in text


def test_mails_and_work_that_wait_are_counted(browser, make_user):
    user = make_user(email="a@x.test")
    notify(kind=SECURITY, user_id=user.id, key="x", subject="Something was handed in to you", body="x", path="/")
    commit()
    found = site.glance()
    assert (found.mails, found.waiting, found.failed, found.late) == (1, 1, 0, False)
    assert jobs.run_one()
    assert (site.glance().mails, site.glance().waiting) == (0, 0)


@pytest.mark.parametrize(
    ("state", "values", "late"),
    [
        (JobState.WAITING, {"age": dt.timedelta(minutes=4)}, False),
        (JobState.WAITING, {"age": dt.timedelta(minutes=6)}, True),
        (JobState.WAITING, {"age": dt.timedelta(minutes=-6)}, False),
        (JobState.RUNNING, {"age": dt.timedelta(minutes=9)}, False),
        (JobState.RUNNING, {"age": dt.timedelta(minutes=9), "leased_until": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, True),
        (JobState.DONE, {"age": dt.timedelta(days=9)}, False),
    ],
)
def test_a_worker_that_stands_still_is_noticed(browser, state, values, late):
    if state is JobState.RUNNING:
        values = {"leased_until": utcnow() + dt.timedelta(minutes=1), **values}
    add_job(state, **values)
    assert site.glance().late is late
    assert ("Background work stands still." in text_of(browser.get("/admin"))) is late


def test_what_failed_and_what_waits_for_an_update_is_said(browser, monkeypatch):
    add_job()
    assert "1 piece of background work could not be done." in text_of(browser.get("/admin"))
    monkeypatch.setattr(site.migrate, "pending", lambda: iter(["lms", "quizzes"]))
    text = text_of(browser.get("/admin"))
    assert "The database waits for an update." in text
    assert "lms, quizzes" in text
    assert "All is well." not in text


def test_a_glance_costs_the_same_however_much_there_is(browser, make_user, make_unit, queries):
    counts = []
    for more in (3, 30):
        for _number in range(more):
            make_user()
            make_unit()
            add_job(JobState.WAITING)
        with queries() as seen:
            page = browser.get("/admin", headers={"Accept-Encoding": "br"})
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
    assert len(page.data) <= 9 * 1024


@pytest.mark.parametrize("path", ["/admin", "/admin/audit", "/admin/settings", "/admin/jobs", "/admin/people", "/admin/units"])
@pytest.mark.parametrize("role", ["instructor", "organizer", None])
def test_only_administrators_come_in(client, make_user, path, role):
    assert client.as_(make_user(roles=[role] if role else [])).get(path).status_code == 403


# -- the trail ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def trail(make_user):
    ani, budi = make_user("Ani Lestari"), make_user("Budi Santoso")
    db.session.execute(sa.delete(AuditEntry))
    audit(ani.id, "people:grant", "user", budi.id, role="organizer")
    audit(ani.id, "cohort:move", "cohort", 7, revision=3)
    audit(budi.id, "attempt:mark", "attempt", uuid.uuid4(), accepted=False)
    audit(None, "people:create", "user", "not-a-number")
    commit()
    return ani, budi


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({}, {"people:grant", "cohort:move", "attempt:mark", "people:create"}),
        ({"action": "people:"}, {"people:grant", "people:create"}),
        ({"action": "people:g"}, {"people:grant"}),
        ({"action": "people_"}, set()),
        ({"kind": "cohort"}, {"cohort:move"}),
        ({"kind": "user", "who": "ani"}, {"people:grant"}),
        ({"who": "lestari"}, {"people:grant", "cohort:move"}),
        ({"number": "7", "kind": "cohort"}, {"cohort:move"}),
        ({"kind": "nothing"}, set()),
    ],
)
def test_the_trail_is_filtered(browser, trail, words, found):
    text = browser.get("/admin/audit", query_string=words).get_data(as_text=True).partition("<tbody>")[2]
    assert {action for action in ("people:grant", "cohort:move", "attempt:mark", "people:create") if f">{action}<" in text} == found


def test_a_line_says_who_did_what_to_whom(browser, trail):
    _ani, budi = trail
    page = browser.get("/admin/audit")
    assert "Ani Lestari gave a role people:grant" in text_of(page)
    assert f'<a href="/admin/people/{budi.id}">Budi Santoso</a>' in page.get_data(as_text=True)
    assert "role: organizer" in text_of(page)
    assert "the program made an account" in text_of(page)


def test_results_of_learners_are_not_in_it(browser, trail):
    text = text_of(browser.get("/admin/audit"))
    assert "revision: 3" in text
    assert "accepted" not in text


def test_the_trail_of_one_person(browser, trail):
    _ani, budi = trail
    html = browser.get(f"/admin/audit?kind=user&number={budi.id}").get_data(as_text=True)
    assert "Only Budi Santoso" in html
    assert html.partition("<tbody>")[2].count("<tr>") == 1


def test_the_trail_is_paged_and_costs_the_same(browser, admin, make_user, queries):
    counts = []
    for more in (3, 60):
        for _number in range(more):
            audit(make_user().id, "people:change", "user", make_user().id)
        commit()
        with queries() as seen:
            page = browser.get("/admin/audit", headers={"Accept-Encoding": "br"})
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
    assert len(page.data) <= 9 * 1024
    second = browser.get("/admin/audit?action=people:&page=2").get_data(as_text=True)
    assert 'href="?action=people%3A&amp;page=1"' in second


# -- settings ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql+psycopg://peduli:s3cret@db/peduli", "postgresql+psycopg://peduli:•••@db/peduli"),
        ("smtp://user:p@ss/w:rd@mail.go.id:587", "smtp://user:•••@mail.go.id:587"),
        ("redis://:s3cret@localhost/0", "redis://:•••@localhost/0"),
        ("redis://localhost/0?password=s3cret&db=1", "redis://localhost/0?password=•••&db=1"),
        ("postgresql://db/x?sslpassword=s3cret", "postgresql://db/x?sslpassword=•••"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("sqlite:////srv/peduli.db", "sqlite:////srv/peduli.db"),
        ("Peduli <peduli@localhost>", "Peduli <peduli@localhost>"),
        (("poll", "quizzes"), "poll, quizzes"),
        (30, "30"),
        ("", ""),
    ],
)
def test_passwords_are_masked(value, shown):
    assert site.masked(value) == shown


def test_settings_say_where_they_come_from(app, browser, monkeypatch):
    monkeypatch.setenv("LMS_MAIL_URL", "smtp://user:s3cret@mail")
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", "smtp://user:s3cret@mail")
    for name in ("LMS_PORT", "LMS_DATA"):
        monkeypatch.delenv(name, raising=False)
    sources = {row.setting.name: row.source for row in site.settings_rows()}
    assert (sources["MAIL_URL"], sources["PORT"], sources["DATA"]) == ("environment", "default", "start")
    page = browser.get("/admin/settings")
    for setting in SETTINGS:
        assert f"LMS_{setting.name}" in text_of(page)
    assert "s3cret" not in page.get_data(as_text=True)
    assert "smtp://user:•••@mail" in text_of(page)


def test_keys_are_not_on_the_page(app, browser):
    html = browser.get("/admin/settings").get_data()
    assert app.secret_key not in html
    assert app.secret_key.hex().encode() not in html


# -- work that failed ----------------------------------------------------------------------------------------------------------------


def test_failed_work_is_tried_again(app, browser, monkeypatch):
    sent = []
    monkeypatch.setattr(app.extensions["lms"], "send_job", sent.append)
    job, other = add_job(tries=8, error="OSError"), add_job(tries=8, error="OSError")
    done = add_job(JobState.DONE)
    page = browser.get("/admin/jobs")
    assert text_of(page).count("ended with OSError") == 2
    assert browser.post(f"/admin/jobs/{job.id}").location == "/admin/jobs"
    db.session.rollback()
    db.session.expire_all()
    again = db.session.get(Job, job.id)
    assert (again.state, again.tries, again.error) == (JobState.WAITING, 0, "")
    assert again.due_at <= utcnow()
    assert db.session.get(Job, other.id).state is JobState.FAILED
    assert sent == [job.id]
    assert browser.post(f"/admin/jobs/{job.id}").status_code == 404, "it has not failed any more"
    assert browser.post(f"/admin/jobs/{done.id}").status_code == 404
    assert db.session.scalars(sa.select(AuditEntry.detail).where(AuditEntry.action == "site:retry")).all() == [{"count": 1}]


def test_everything_that_failed_is_tried_again(browser):
    for _number in range(3):
        add_job()
    page = browser.post("/admin/jobs", follow_redirects=True)
    assert "3 pieces of work are tried again." in text_of(page)
    assert "Nothing is left undone" in text_of(page)


def test_what_can_never_be_done_is_put_aside(app, browser, monkeypatch):
    sent = []
    monkeypatch.setattr(app.extensions["lms"], "send_job", sent.append)
    job, done = add_job(tries=8, error="OSError"), add_job(JobState.DONE)
    answer = browser.post(f"/admin/jobs/{job.id}/aside", follow_redirects=True)
    assert "put aside" in text_of(answer)
    assert db.session.scalar(sa.select(Job.state).where(Job.id == job.id)) is JobState.ASIDE
    assert site.glance().failed == 0, "no alarm is about it"
    assert browser.post(f"/admin/jobs/{job.id}/aside").status_code == 404, "once"
    assert browser.post(f"/admin/jobs/{done.id}/aside").status_code == 404
    assert "0 pieces" in text_of(browser.post("/admin/jobs", follow_redirects=True)), "all is all that failed"
    assert browser.post(f"/admin/jobs/{job.id}").status_code == 302
    assert sent == [job.id]
    assert db.session.scalars(sa.select(AuditEntry.object_id).where(AuditEntry.action == "site:aside")).all() == [str(job.id)]


def test_what_was_put_aside_goes_after_two_weeks(browser):
    job = add_job(tries=8)
    browser.post(f"/admin/jobs/{job.id}/aside")
    db.session.rollback()
    jobs.tidy()
    assert db.session.scalar(sa.select(Job.state).where(Job.id == job.id)) is JobState.ASIDE
    with at(utcnow() + jobs.KEEP_ENDED + dt.timedelta(minutes=1)):
        jobs.tidy()
    assert db.session.scalar(sa.select(Job.state).where(Job.id == job.id)) is None


def test_arguments_of_work_are_not_shown(browser):
    job = add_job()
    assert job.arguments["mail_id"] not in browser.get("/admin/jobs").get_data(as_text=True)
