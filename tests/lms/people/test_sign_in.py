"""Signing in, sessions, and that nothing typed is lost when a session ends."""

import datetime as dt
import json
import re
from html import unescape

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db, utcnow
from lms.people import services, sessions
from lms.people.models import RoleAssignment, SignInThrottle, User, UserSession
from lms.people.roles import Role, ScopeKind
from lms.testing.client import text_of

PASSWORD = "sungai yang tenang"
ENGLISH = {"Accept-Language": "en"}


def token_of(response):
    return re.search(r'name="csrf_token" value="([^"]+)"', response.get_data(as_text=True))[1]


@pytest.fixture
def sign_in(client):
    def post(email, password=PASSWORD, browser=client, **fields):
        token = token_of(browser.get("/sign-in", headers=ENGLISH))
        return browser.post("/sign-in", data={"csrf_token": token, "email": email, "password": password, **fields}, headers=ENGLISH)

    return post


@pytest.fixture
def ani(make_user):
    return make_user("Ani", email="ani@example.test", password=PASSWORD, language="en")


def test_signing_in_and_out(client, sign_in, ani):
    response = sign_in(" ANI@example.test ", next="/profile")
    assert (response.status_code, response.location) == (302, "/profile")
    cookie = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith("peduli="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/profile").status_code == 200

    out = client.post("/sign-out", data={"csrf_token": token_of(client.get("/profile"))})
    assert out.location == "/signed-out"
    assert out.headers["Clear-Site-Data"] == '"cache"', "what was not delivered stays, locked"
    assert client.get("/profile").location == "/sign-in?next=%2Fprofile"
    assert not db.session.scalar(sa.select(UserSession.id))


def test_tokens_are_kept_as_hashes(client, sign_in, ani):
    response = sign_in("ani@example.test")
    token = re.search(r"peduli=([^;]+)", response.headers["Set-Cookie"])[1]
    row = db.session.scalars(sa.select(UserSession)).one()
    assert token.encode() not in row.token_hash
    assert len(row.token_hash) == 32


@pytest.mark.parametrize(("email", "password"), [("ani@example.test", "wrong"), ("nobody@example.test", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(sign_in, ani, email, password):
    response = sign_in(email, password)
    assert response.status_code == 422
    assert "Name and password do not fit together." in text_of(response)
    assert f'value="{email}"' in response.get_data(as_text=True)
    assert password not in response.get_data(as_text=True)


@pytest.mark.parametrize("typed", ["19871203 201503 2 001", "198712032015032001", " 1987.1203-201503 2 001 "])
def test_a_number_is_a_name_too(client, sign_in, ani, typed):
    db.session.get_one(User, ani.id).employee_number = "198712032015032001"
    commit()
    page = client.get("/sign-in").get_data(as_text=True)
    assert 'type="email"' not in page
    assert 'autocomplete="username"' in page
    wrong, unknown = sign_in(typed, "wrong"), sign_in("19871203 201503 2 002", PASSWORD)
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    for answer in (wrong, unknown):
        assert "Name and password do not fit together." in text_of(answer)
    assert sign_in(typed).status_code == 302


def test_both_names_of_an_account_share_its_tries(sign_in, ani):
    db.session.get_one(User, ani.id).employee_number = "198712032015032001"
    commit()
    for name in ["ani@example.test", "198712032015032001"] * (sessions.FAILURES_PER_ACCOUNT // 2):
        assert sign_in(name, "wrong").status_code == 422
    for name in ("ani@example.test", "19871203 201503 2 001"):
        assert "Too many attempts" in text_of(sign_in(name)), name


def test_inactive_people_are_out_at_once_and_stay_out(client, sign_in, ani, make_user):
    browser = client.as_(ani)
    assert browser.get("/profile").status_code == 200
    ani = db.session.get(User, ani.id)
    ani.is_active = False
    assert browser.get("/profile").status_code == 302
    assert sign_in("ani@example.test").status_code == 422


def test_guessing_is_slowed_down_for_the_account_and_ends_after_a_while(client, sign_in, ani, make_user):
    make_user(email="budi@example.test", password=PASSWORD)
    for _attempt in range(sessions.FAILURES_PER_ACCOUNT):
        assert sign_in("ani@example.test", "wrong").status_code == 422
    refused = sign_in("ani@example.test")
    assert refused.status_code == 422
    assert re.search(r"Please wait 1[0-5] minutes", text_of(refused))
    assert sign_in("budi@example.test").status_code == 302, "others of the same office still come in"
    with at(utcnow() + sessions.WINDOW + dt.timedelta(seconds=1)):
        assert sign_in("ani@example.test", browser=client.application.test_client()).status_code == 302


def test_a_whole_office_can_be_slowed_down(app, database, monkeypatch):
    monkeypatch.setattr(sessions, "FAILURES_PER_ADDRESS", 3)
    with app.test_request_context():
        for number in range(3):
            assert sessions.sign_in(who=f"{number}@x.test", password="x", address="10.0.0.1", device="") is None
            db.session.commit()
        with pytest.raises(sessions.SlowDown) as slow:
            sessions.sign_in(who="other@x.test", password="x", address="10.0.0.1", device="")
        assert 1 <= slow.value.minutes <= 15
        assert sessions.sign_in(who="other@x.test", password="x", address="10.0.0.2", device="") is None


def test_success_forgets_the_failures_of_the_account(sign_in, ani):
    for _attempt in range(sessions.FAILURES_PER_ACCOUNT - 1):
        sign_in("ani@example.test", "wrong")
    assert sign_in("ani@example.test").status_code == 302
    assert db.session.scalars(sa.select(SignInThrottle.failures)).all() == [sessions.FAILURES_PER_ACCOUNT - 1], "only the address's"


def test_nobody_can_read_who_tried_to_sign_in(sign_in, ani):
    sign_in("ani@example.test", "wrong")
    buckets = db.session.scalars(sa.select(SignInThrottle.bucket)).all()
    assert len(buckets) == 2
    assert not [bucket for bucket in buckets if not re.fullmatch("[0-9a-f]{64}", bucket)]


def test_sessions_are_listed_and_can_be_ended_one_by_one(client, ani, make_user):
    here, there = client.as_(ani), client.as_(ani)
    stranger = client.as_(make_user())
    page = here.get("/profile/security")
    assert "this device" in text_of(page)
    ends = re.findall(r'action="(/profile/sessions/[^"]+/end)"', page.get_data(as_text=True))
    assert len(ends) == 1
    stranger.post(ends[0])
    assert there.get("/profile").status_code == 200, "nobody ends other people's sessions"
    assert here.post(ends[0]).status_code == 302
    assert there.get("/profile").status_code == 302
    assert here.get("/profile").status_code == 200


def test_a_new_password_ends_the_other_sessions(client, sign_in, ani):
    here, there = client.as_(ani), client.as_(ani)
    wrong = here.post("/profile/security", data={"current_password": "no", "new_password": "hutan yang lebat"})
    assert wrong.status_code == 422
    assert "This is not your present password." in text_of(wrong)
    assert here.post("/profile/security", data={"current_password": PASSWORD, "new_password": "hutan"}).status_code == 422
    done = here.post("/profile/security", data={"current_password": PASSWORD, "new_password": "hutan yang lebat"})
    assert done.status_code == 302
    assert here.get("/profile").status_code == 200
    assert there.get("/profile").status_code == 302
    assert sign_in("ani@example.test").status_code == 422
    assert sign_in("ani@example.test", "hutan yang lebat").status_code == 302


def test_a_session_runs_out(client, ani):
    browser = client.as_(ani)
    days = client.application.config["LMS_SESSION_DAYS"]
    with at(utcnow() + dt.timedelta(days=days) - dt.timedelta(minutes=1)):
        assert browser.get("/profile").status_code == 200
    with at(utcnow() + dt.timedelta(days=days, minutes=1)):
        assert browser.get("/profile").status_code == 302
        sessions.forget_old_sessions()
        db.session.commit()
    assert not db.session.scalar(sa.select(UserSession.id))


def test_a_cookie_that_was_made_up_opens_nothing(client, ani):
    client.set_cookie(sessions.COOKIE, "made-up")
    assert client.get("/profile").status_code == 302


def test_what_was_typed_before_the_session_ended_is_saved_with_one_press(client, sign_in, ani):
    typed = {
        "name": "Ani",
        "position": "",
        "title_before": "",
        "title_after": "S.Kep.",
        "phone": "0811 22 33",
        "language": "en",
        "time_zone": "",
    }
    longer = "Catatan yang panjang, supaya tampil sebagai teks.\r\nBaris kedua <b>& lainnya"
    gone = client.post("/profile", data={**typed, "note": longer}, headers=ENGLISH)
    assert gone.status_code == 401
    assert "Your text is safe" in text_of(gone)
    html = gone.get_data(as_text=True)
    replay = unescape(re.search(r'name="replay" value="([^"]*)"', html)[1])
    assert dict(json.loads(replay))["note"] == longer

    inside = sign_in("ani@example.test", replay=replay, replay_to="/profile")
    assert inside.status_code == 200
    html = inside.get_data(as_text=True)
    assert "Save now" in text_of(inside)
    action = re.search(r'<form method="post" action="(/profile)">', html)[1]
    fields = {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)}
    shown = re.search(r'<textarea name="note"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)[1]
    assert unescape(shown).replace("\r\n", "\n") == longer.replace("\r\n", "\n")

    saved = client.post(action, data=fields)
    assert saved.status_code == 302
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get(User, ani.id).phone == "0811 22 33"


def test_replay_goes_nowhere_else(client, sign_in, ani):
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", "/\t/evil.example", ""):
        response = sign_in("ani@example.test", replay='[["name", "x"]]', replay_to=target)
        assert response.status_code == 302, target
        assert response.location == "/"
    assert sign_in("ani@example.test", replay="not json", replay_to="/profile").location == "/"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "evil", ""])
def test_after_signing_in_people_stay_on_this_site(sign_in, ani, target):
    assert sign_in("ani@example.test", next=target).location == "/"


def test_roles_hold_from_and_until_their_days(client, make_user):
    person = make_user("Rina", language="en")
    services.grant_role(
        actor_id=None,
        user_id=person.id,
        role=Role.ADMIN,
        kind=ScopeKind.SITE,
        valid_from=dt.date(2026, 3, 1),
        valid_to=dt.date(2026, 3, 31),
    )
    expected = {"2026-02-28": 403, "2026-03-01": 200, "2026-03-31": 200, "2026-04-01": 403}
    for day, status in expected.items():
        noon = dt.datetime.fromisoformat(f"{day}T05:00:00+00:00")
        with at(noon):
            assert client.as_(person).get("/admin/people").status_code == status, day


# -- an empty site -----------------------------------------------------------------------------------------------------------------


def test_an_empty_site_asks_for_its_first_administrator_once(client):
    assert client.get("/sign-in").location == "/set-up"
    page = client.get("/set-up", headers=ENGLISH)
    assert page.status_code == 200
    token = token_of(page)
    short = client.post("/set-up", data={"csrf_token": token, "name": "Yopi", "email": "yopi", "password": "pendek"}, headers=ENGLISH)
    assert short.status_code == 422
    assert 'value="Yopi"' in short.get_data(as_text=True)
    assert "name@office.go.id" in text_of(short)
    fields = {"csrf_token": token, "name": "Yopi", "email": "yopi@example.test", "password": PASSWORD}
    assert client.post("/set-up", data=fields).location == "/sign-in"
    user = db.session.scalars(sa.select(User)).one()
    assert db.session.scalars(sa.select(RoleAssignment.role).where(RoleAssignment.user_id == user.id)).all() == [Role.ADMIN]
    assert client.get("/set-up").location == "/sign-in"
    assert client.post("/set-up", data={**fields, "email": "other@example.test"}).location == "/sign-in"
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120 Safari/537.36 Edg/120", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17) Version/17 Mobile Safari/604", "Safari, iPhone"),
        ("curl/8", ""),
    ],
)
def test_people_know_their_devices_again(agent, name):
    assert sessions.device_name(agent) == name
