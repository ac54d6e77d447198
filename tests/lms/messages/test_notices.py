"""Notices in Peduli: the bell, the page, reading, "remind me tomorrow", choices, what plugins bring, forgetting, one's own data."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db
from lms.errors import PluginError
from lms.jobs.models import Job
from lms.messages import tasks
from lms.messages.models import Frequency, Mail, Notice, NoticeChoice
from lms.messages.planning import MOST, WEEK
from lms.messages.services import Telling, notify, tell
from lms.people import sessions
from lms.plugin import Plugin
from lms.testing import count_queries

from .conftest import MORNING

DAY = dt.timedelta(days=1)


def say(user, what="Kabar", kind="answer"):
    (notice,) = tell([Telling(user.id, kind, what, what, f"Isi {what}.", "/profile")])
    commit()
    return notice


def bell(browser):
    found = re.search(r'<a class="bell"[^>]*>.*?</svg>(?:<b>([^<]*)</b>)?', browser.get("/profile").get_data(as_text=True))
    return found[1]


def mailed():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Mail))


def test_the_bell_counts_what_is_new_without_a_statement_of_its_own(client, make_user):
    user, other = make_user(), make_user()
    browser = client.as_(user)
    browser.get("/profile")
    with count_queries() as before:
        assert bell(browser) is None
    ids = [say(user, f"Kabar {number}") for number in range(3)]
    say(other)
    with count_queries() as after:
        assert bell(browser) == "3"
    assert len(after) == len(before)
    assert browser.get(f"/notices/{ids[0]}").location == "/profile"
    assert bell(browser) == "2"
    assert browser.post("/notices/read").status_code == 302
    assert (bell(browser), bell(client.as_(other))) == (None, "1")
    assert browser.get(f"/notices/{say(other, 'Lain')}").status_code == 404


def test_news_that_a_clock_told_ahead_of_its_time_is_told_when_the_clock_is_set_back(client, make_user):
    user, tomorrow = make_user(email="ani@x.test"), MORNING + DAY
    with at(MORNING + dt.timedelta(hours=2)):
        say(user, "Kabar", "meeting")
    late = say(user, "Besok", "meeting")
    with at(MORNING - dt.timedelta(hours=1)):
        db.session.execute(sa.update(Notice).where(Notice.id == late).values(shown_at=tomorrow, leaves_at=tomorrow))
    browser = client.as_(user)
    assert bell(browser) is None
    tasks.post_mails()
    commit()
    assert bell(browser) == "1"
    assert mailed() == 1
    assert db.session.scalar(sa.select(Notice.shown_at).where(Notice.id == late)) == tomorrow


def test_the_page_shows_what_is_new_first_and_then_day_by_day(client, make_user):
    user = make_user()
    browser = client.as_(user)
    assert "Belum ada kabar" in browser.get("/notices").get_data(as_text=True)
    for days in (3, 1):
        with at(MORNING - days * DAY):
            browser.get(f"/notices/{say(user, f'Lama {days}')}")
    with at(MORNING - 9 * DAY):
        say(user, "Baru <i>")
    with count_queries() as seen:
        page = browser.get("/notices").get_data(as_text=True)
    assert len(seen) <= 4
    assert re.findall(r"<h2>([^<]*)</h2>", page) == ["Baru", "Minggu, 22 November 2026", "Jumat, 20 November 2026"]
    assert page.index("Baru &lt;i&gt;") < page.index("Lama 1") < page.index("Lama 3")
    assert page.count("/later") == 1
    for number in range(40):
        say(user, f"Banyak {number}")
    assert 'rel="next"' in browser.get("/notices").get_data(as_text=True)


def test_tomorrow_is_tomorrow_where_the_person_is(client, make_user):
    user = make_user(time_zone="Asia/Jayapura", email="ani@x.test")
    browser, notice = client.as_(user), say(user, kind="meeting")
    tasks.post_mails()
    commit()
    db.session.execute(sa.update(Mail).values(sent_at=MORNING))
    commit()
    assert browser.post(f"/notices/{notice}/later").status_code == 302
    assert bell(browser) is None
    assert "Isi Kabar" not in browser.get("/notices").get_data(as_text=True)
    tomorrow = dt.datetime(2026, 11, 23, 22, tzinfo=dt.UTC)  # 07.00 WIT of the 24th
    with at(tomorrow - dt.timedelta(minutes=1)):
        assert bell(browser) is None
        tasks.post_mails()
    with at(tomorrow):
        assert bell(browser) == "1"
        tasks.post_mails()
        commit()
    assert mailed() == 2
    assert client.as_(make_user()).post(f"/notices/{notice}/later").status_code == 404


def test_choices_decide_and_what_waits_is_planned_anew(client, make_user):
    user = make_user(email="ani@x.test")
    browser = client.as_(user)
    say(user)
    tasks.post_mails()
    assert mailed() == 0
    assert db.session.scalar(sa.select(Notice.leaves_at)) == dt.datetime(2026, 11, 24, 0, tzinfo=dt.UTC)
    commit()
    page = browser.get("/profile/notices").get_data(as_text=True)
    fields = dict.fromkeys(re.findall(r'<select[^>]*name="([^"]+)"', page), "daily")
    assert len(fields) == 29
    assert not {"security", "emergency"} & set(fields)
    assert browser.post("/profile/notices", data={**fields, "answer": "hourly"}).status_code == 422
    assert browser.post("/profile/notices", data={**fields, "answer": "now", "security": "app"}).status_code == 302
    tasks.post_mails()
    commit()
    assert mailed() == 1
    browser.post("/profile/notices", data={**fields, "answer": "app"})
    say(user, "Lain")
    tasks.post_mails()
    commit()
    assert (mailed(), bell(browser)) == (1, "2")
    assert db.session.scalar(sa.select(sa.func.count()).where(Notice.leaves_at.is_not(None))) == 0
    say(user, "Sandi", "security")
    assert mailed() == 2, "cannot be turned off"


def test_what_was_read_needs_no_mail_and_who_has_no_address_gets_none(client, make_user):
    reader, silent, gone = make_user(email="a@x.test"), make_user(email=None), make_user(email="g@x.test", is_active=False)
    client.as_(reader).get(f"/notices/{say(reader)}")
    say(silent, kind="meeting")
    say(gone, kind="meeting")
    with at(MORNING + DAY):
        tasks.post_mails()
    commit()
    assert mailed() == 0
    assert db.session.scalar(sa.select(sa.func.count()).where(Notice.leaves_at.is_not(None))) == 0


def test_a_busy_month_of_one_person(make_user):
    """The whole machine, looked at each hour: three mails in seven days at most, none at night, all in order, nothing left."""
    user = make_user(email="ani@x.test")
    sent = []
    for step in range(24 * 24):
        moment = MORNING + step * dt.timedelta(hours=1)
        if step % 7 == 0 and step < 16 * 24:
            with at(moment):
                tell([Telling(user.id, ("meeting", "answer")[step % 2], f"{step}", f"{step}", "x", "/")])
        if db.session.scalar(sa.select(Notice.id).where(Notice.leaves_at <= moment, Notice.mail_id.is_(None)).limit(1)):
            with at(moment):
                tasks.post_mails()
    rows = db.session.execute(sa.select(Notice.object, Mail.created_at).join(Mail, Mail.id == Notice.mail_id)).all()
    assert len(rows) == db.session.scalar(sa.select(sa.func.count()).select_from(Notice)) > 50
    sent = sorted(db.session.scalars(sa.select(Mail.created_at)))
    assert all(len([one for one in sent if last - WEEK < one <= last]) <= MOST for last in sent)
    assert all(7 <= (moment + dt.timedelta(hours=7)).hour < 20 for moment in sent)


def test_the_same_thing_is_told_once(make_user):
    user = make_user()
    for _time in range(2):
        notify(user_id=user.id, key="x", subject="A", body="B", path="/", kind="work")
    assert tell([Telling(user.id, "work", "x", "A", "B", "/")]) == []
    assert len(tell([Telling(user.id, "work", "x", "A", "B", "/", str(number)) for number in range(1200)])) == 1200


def test_many_people_in_a_few_statements(make_user):
    users = [make_user(email=f"{number}@x.test") for number in range(60)]
    with count_queries() as told:
        tell([Telling(user.id, "meeting", "m", "Besok", "x", "/") for user in users])
    with count_queries() as planned:
        tasks.post([user.id for user in users])
    assert (len(told), len(planned)) <= (1, 10)
    commit()
    assert db.session.scalar(sa.select(sa.func.count()).where(Job.task == "lms:send_mail")) == 60


def test_a_password_and_a_new_device_are_told_at_once_also_at_night(client, make_user):
    user = make_user(email="ani@x.test", password="sandi-lama-sekali")
    with at(MORNING + dt.timedelta(hours=15)):
        for device in ("Chrome, Android", "Chrome, Android", "Firefox, Linux"):
            assert sessions.sign_in(who="ani@x.test", password="sandi-lama-sekali", address="::1", device=device)
            commit()
        assert mailed() == 1
        form = {"current_password": "sandi-lama-sekali", "new_password": "sandi-baru-sekali", "repeat": "sandi-baru-sekali"}
        client.as_(user).post("/profile/security", data=form)
    assert [notice.kind for notice in db.session.scalars(sa.select(Notice))] == ["security"] * mailed()


def test_plugins_bring_kinds():
    plugin = Plugin("poll", __name__, title="Poll")
    plugin.notice_kind("poll:closed", "A poll", "A poll is closed.", frequency="weekly")
    assert plugin.notice_kinds[0].frequency is Frequency.WEEKLY
    for wrong in ({"key": "closed"}, {"key": "poll:x", "topic": "account"}):
        with pytest.raises(PluginError):
            plugin.notice_kind(**{"key": "", "title": "A", "sentence": "B", **wrong})


def test_forgetting_and_ones_own_data(client, make_user):
    user = make_user(email="ani@x.test")
    with at(MORNING - 181 * DAY):
        say(user, "Lama", "security")
    say(user, "Baru")
    db.session.add(NoticeChoice(user_id=user.id, kind="answer", frequency=Frequency.APP))
    commit()
    rows = [row for row in client.as_(user).get("/profile/data.json").json["lms"] if row.get("table") in {"notices", "notice_choices"}]
    assert sorted(row.get("title", "") for row in rows) == ["", "Baru", "Lama"]
    tasks.forget_old_notices()
    assert (db.session.scalars(sa.select(Notice.title)).all(), mailed()) == (["Baru"], 0)
