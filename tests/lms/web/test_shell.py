"""Headers of every kind of answer, languages, the way back, health."""

import datetime as dt
import re
import time

import pytest
from wtforms.csrf.session import SessionCSRF

from lms import __version__
from lms.db import db
from lms.people.models import User
from lms.people.permissions import PROFILE, requires
from lms.web.headers import HEADERS
from lms.web.views import local


@pytest.fixture
def ani(make_user):
    return make_user("Ani", language="id")


def token_of(response):
    return re.search(r'name="csrf_token" value="([^"]+)"', response.get_data(as_text=True))[1]


# -- headers ---------------------------------------------------------------------------------------------------------------------


def test_headers_are_on_every_kind_of_answer(app, client, ani, monkeypatch):
    @requires(PROFILE, on="self")
    def crash():
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "people.security", crash)
    browser = client.as_(ani)
    asset = app.jinja_env.globals["asset"]("lms/app.css")
    answers = {
        "page": (client.get("/sign-in"), 200),
        "member's page": (browser.get("/profile"), 200),
        "redirect": (client.get("/"), 302),
        "not found": (client.get("/nothing"), 404),
        "forbidden": (browser.get("/admin"), 403),
        "signed out": (client.post("/profile"), 401),
        "stale": (browser.post("/profile", forge=True), 400),
        "wrong method": (browser.get("/sign-out"), 405),
        "crash": (browser.get("/profile/security"), 500),
        "json": (client.get("/healthz"), 200),
        "download": (browser.get("/profile/data.json"), 200),
        "file": (client.get(asset), 200),
        "no file": (client.get("/static/x/lms/none.css"), 404),
    }
    for name, (answer, status) in answers.items():
        assert answer.status_code == status, name
        for header, value in HEADERS.items():
            assert answer.headers.get(header) == value, f"{name}: {header}"
        assert "Strict-Transport-Security" not in answer.headers, name
        answer.close()
    assert answers["member's page"][0].headers["Cache-Control"] == "private, no-cache"
    assert answers["page"][0].headers["Cache-Control"] == "no-store"
    assert "max-age=31536000" in answers["file"][0].headers["Cache-Control"]


@pytest.mark.parametrize("encoding", ["", "gzip", "gzip, deflate, br, zstd"])
def test_a_page_that_its_browser_has_is_not_sent_again(client, ani, encoding):
    browser = client.as_(ani)
    browser.environ_base["HTTP_ACCEPT_ENCODING"] = encoding
    first = browser.get("/profile")
    assert first.headers.get("Content-Encoding", "") in {encoding, "zstd", ""}
    time.sleep(1.01 if encoding == "gzip" else 0)  # its header holds the second
    mark = first.headers["ETag"]
    again = browser.get("/profile", headers={"If-None-Match": mark})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", mark)
    assert again.headers["Cache-Control"] == "private, no-cache"
    page = browser.post("/profile", data={"language": "en"}, follow_redirects=False)
    assert page.status_code in {302, 422}
    assert "ETag" not in page.headers
    changed = browser.get("/profile?other", headers={"If-None-Match": '"another"'})
    assert changed.status_code == 200
    assert changed.data
    assert "ETag" not in client.get("/sign-in").headers, "what everybody may see is kept by nobody"


def test_a_token_is_the_same_all_day_and_ends_after_a_week(client, ani, monkeypatch):
    browser = client.as_(ani)
    page = browser.get("/profile")
    token = re.search(rb'name="csrf_token" value="([^"]+)"', page.data)[1].decode()
    born = dt.datetime.now()  # noqa: DTZ005 - as WTForms does
    for days, status in ((0, 302), (7, 302), (8, 400)):
        monkeypatch.setattr(SessionCSRF, "now", lambda self, days=days: born + dt.timedelta(days=days))
        answer = browser.post("/language", data={"csrf_token": token, "language": "id"}, forge=True)
        assert answer.status_code == status, days


def test_what_is_not_there_is_said_in_the_language_of_its_reader(client, ani):
    english = {"Accept-Language": "en"}
    assert '<html lang="id">' in client.as_(ani).get("/nowhere", headers=english).get_data(as_text=True)
    assert '<html lang="en">' in client.get("/nowhere", headers=english).get_data(as_text=True)


def test_the_policy_allows_neither_inline_nor_foreign():
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert "*" not in HEADERS["Content-Security-Policy"]


def test_https_is_remembered(client, ani):
    answer = client.get("/sign-in", base_url="https://localhost/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_pages_hold_no_inline_script_or_style(client, ani, make_user):
    admin = client.as_(make_user(roles=["admin"]))
    for path in ("/sign-in", "/profile", "/-/design", "/admin", "/admin/people", "/admin/units", "/-/plugins"):
        html = admin.get(path, follow_redirects=True).get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html), path


# -- languages -------------------------------------------------------------------------------------------------------------------


def test_visitors_choose_a_language_and_come_back_to_their_page(client, ani):
    page = client.get("/sign-in", headers={"Accept-Language": "id"})
    assert '<html lang="id">' in page.get_data(as_text=True)
    answer = client.post(
        "/language", data={"language": "en", "csrf_token": token_of(page)}, headers={"Referer": "http://localhost/-/design"}
    )
    assert answer.location == "/-/design"
    assert '<html lang="en">' in client.get("/sign-in", headers={"Accept-Language": "id"}).get_data(as_text=True)


@pytest.mark.parametrize(("wanted", "got"), [("en-GB,en;q=0.9", "en"), ("id-ID,id", "id"), ("fr", "id"), ("", "id")])
def test_the_browser_is_asked_first(client, ani, wanted, got):
    assert f'<html lang="{got}">' in client.get("/sign-in", headers={"Accept-Language": wanted}).get_data(as_text=True)


def test_members_keep_their_language_with_the_account(client, ani):
    browser = client.as_(ani)
    assert browser.post("/language", data={"language": "en"}).status_code == 302
    db.session.expire_all()
    assert db.session.get(User, ani.id).language == "en"
    assert '<html lang="en">' in client.as_(ani).get("/profile").get_data(as_text=True)


def test_an_unknown_language_changes_nothing(client, ani):
    client.as_(ani).post("/language", data={"language": "xx"})
    db.session.expire_all()
    assert db.session.get(User, ani.id).language == "id"


@pytest.mark.parametrize(
    "referrer",
    ["https://evil.example/x", "http://localhost//evil.example", "http://localhost/\\evil.example", "http://localhost.evil/", ""],
)
def test_the_way_back_stays_on_this_site(client, ani, referrer):
    answer = client.as_(ani).post("/language", data={"language": "en"}, headers={"Referer": referrer})
    assert answer.location == "/"


@pytest.mark.parametrize("path", ["/", "/profile", "/admin/people?q=a b", "/learn/1/empati/baca#bagian-2"])
def test_own_addresses(path):
    assert local(path)


@pytest.mark.parametrize(
    "path", ["", "evil", "//evil", "/\\evil", "\\/evil", "https://evil", "/\t/evil", "/\n/evil", "/x\\y", "javascript:1", " /x"]
)
def test_foreign_addresses(path):
    assert not local(path)


# -- start and health --------------------------------------------------------------------------------------------------------------


def test_the_start_page_leads_people_to_their_work(client, ani, make_user):
    assert client.get("/").location == "/sign-in"
    assert client.as_(ani).get("/").location == "/learn"
    assert client.as_(make_user(roles=["admin"])).get("/").status_code == 302


def test_health(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "version": __version__})
