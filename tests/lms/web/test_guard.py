"""Before every view: who asks, is the request genuine, may it write. And that a form which is refused keeps what was typed."""

import re
from html import unescape

import pytest
import sqlalchemy as sa

from lms.api import Plugin
from lms.app import create_app
from lms.db import db
from lms.errors import PluginError
from lms.people.models import User
from lms.people.permissions import OPERATE, PROFILE, public, requires
from lms.testing.client import text_of

TYPED = "Catatan yang tidak boleh hilang: <b>rapat</b> & kunjungan."


@pytest.fixture
def ani(make_user):
    return make_user("Ani", language="en")


# -- marks -------------------------------------------------------------------------------------------------------------------------


def refused_by(tmp_path, plugin):
    with pytest.raises(PluginError) as error:
        create_app({"DATA": tmp_path}, plugins=[plugin])
    return str(error.value)


def test_a_view_without_a_mark_stops_the_start(tmp_path):
    plugin = Plugin("open_door", "open_door", title="Open door")
    plugin.add_url_rule("/x", "x", lambda: "")
    assert "open_door.x (/open_door/x) carries neither" in refused_by(tmp_path, plugin)


@pytest.mark.parametrize(("on", "missing"), [("cohort", "cohort_id"), ("module", "module_key")])
def test_a_view_on_an_object_names_it(tmp_path, on, missing):
    plugin = Plugin("half_door", "half_door", title="Half door")
    plugin.add_url_rule("/x", "x", requires(PROFILE, on=on)(lambda: ""))
    assert f"names no {missing}" in refused_by(tmp_path, plugin)


def test_every_view_has_a_mark(app):
    marks = [app.view_functions[rule.endpoint].access for rule in app.url_map.iter_rules()]
    assert any(mark.permission == OPERATE.name for mark in marks)
    assert {rule.rule for rule in app.url_map.iter_rules() if app.view_functions[rule.endpoint].access.permission is None} <= {
        "/",
        "/sign-in",
        "/set-up",
        "/language",
        "/healthz",
        "/readyz",
        "/metrics",
        "/-/design",
        "/static/<version>/<bundle>/<path:name>",
        "/manifest.webmanifest",
        "/offline",
        "/visits/offline",
        "/signed-out",
        "/sw.js",
        "/support",
        "/support/<any(id, en):code>",
        "/help/writing",
        # With a secret or a signature in the address, or typed: letters, calendars, mails, papers.
        "/activate",
        "/calendar/<string:token>.ics",
        "/check",
        "/check/<certificate_code>",
        "/check/keys",
        "/check/revoked",
        "/.well-known/jwks.json",
        "/notices/stop/<proof>",
        "/review/<secret>",
        "/review/<secret>/<activity_key>",
        "/review/<secret>/media/<name>",
        "/review/<secret>/comments/<int:comment_id>/remove",
        # Check-in that survives the way through the sign-in, and without a signal.
        "/attend/scan",
        "/attend/offline",
        "/meetings/offline",
    }, "what everybody may see is a short list; a longer one is decided here"


# -- who -------------------------------------------------------------------------------------------------------------------------


def test_visitors_are_led_to_the_sign_in_page_and_back(client, ani):
    assert client.get("/profile").location == "/sign-in?next=%2Fprofile"
    assert client.get("/admin/people?q=siti&page=2").location == "/sign-in?next=%2Fadmin%2Fpeople%3Fq%3Dsiti%26page%3D2"


def test_scripts_are_told_in_json(client, ani):
    answer = client.get("/profile", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]) == (401, "signed-out")
    answer = client.post("/profile", headers={"Accept": "application/json"}, data={"name": "x"})
    assert answer.status_code == 401


def test_who_lacks_the_permission_gets_403_and_nothing_happens(client, ani, make_user):
    other = make_user("Budi")
    browser = client.as_(ani)
    for path in ("/admin", "/admin/people", f"/admin/people/{other.id}", "/-/plugins"):
        assert browser.get(path).status_code == 403, path
    assert browser.post(f"/admin/people/{other.id}/password").status_code == 403
    assert db.session.get(User, other.id).password_hash is None


# -- genuine requests ------------------------------------------------------------------------------------------------------------


def stale_answer(response):
    assert response.status_code == 400
    html = response.get_data(as_text=True)
    assert "Your text is safe" in text_of(response)
    shown = re.search(r'<textarea name="note"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)[1]
    assert unescape(shown) == TYPED
    return html


@pytest.fixture
def fields():
    return {"name": "Ani Baru", "note": TYPED, "language": "en", "time_zone": ""}


def name_of(user):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(User, user.id).name


def test_a_form_without_token_changes_nothing_and_keeps_the_text(client, ani, fields):
    html = stale_answer(client.as_(ani).post("/profile", data=fields, forge=True))
    assert name_of(ani) == "Ani"
    assert 'action="/profile"' in html


@pytest.mark.parametrize("token", ["", "x", "20261121##0123456789abcdef", "##"])
def test_a_wrong_token_likewise(client, ani, fields, token):
    stale_answer(client.as_(ani).post("/profile", data={**fields, "csrf_token": token}, forge=True))
    assert name_of(ani) == "Ani"


def test_the_token_of_another_session_likewise(client, ani, fields, make_user):
    for other in (client.as_(ani), client.as_(make_user())):
        token = re.search(r'name="csrf_token" value="([^"]+)"', other.get("/profile").get_data(as_text=True))[1]
        stale_answer(client.as_(ani).post("/profile", data={**fields, "csrf_token": token}, forge=True))
        assert other.post("/profile", data={**fields, "csrf_token": token}, forge=True).status_code == 302, "its own session takes it"
    assert name_of(ani) == "Ani Baru"


def test_one_press_saves_what_a_stale_page_had(client, ani, fields):
    browser = client.as_(ani)
    html = stale_answer(browser.post("/profile", data=fields, forge=True))
    again = {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)}
    assert browser.post("/profile", data=again, forge=True).status_code == 302
    assert name_of(ani) == "Ani Baru"


def test_passwords_are_never_handed_back(client, ani):
    response = client.as_(ani).post(
        "/profile/security", data={"current_password": "rahasia lama", "new_password": "rahasia baru", "note": TYPED}, forge=True
    )
    assert response.status_code == 400
    assert "rahasia" not in response.get_data(as_text=True)


def test_a_script_with_a_wrong_token_is_told_in_json(client, ani):
    answer = client.as_(ani).post("/profile", data={"name": "x"}, headers={"Accept": "application/json"}, forge=True)
    assert (answer.status_code, answer.json["error"]) == (400, "stale")


def test_visitors_forms_need_a_token_too(client, ani):
    assert client.post("/sign-in", data={"email": "a@b.test", "password": "x"}).status_code == 400
    assert client.post("/language", data={"language": "en"}).status_code == 400


def test_the_token_may_come_in_a_header(client, ani):
    browser = client.as_(ani)
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/profile").get_data(as_text=True))[1]
    fields = {"name": "Ani Baru", "language": "en", "time_zone": ""}
    assert browser.post("/profile", data=fields, headers={"X-CSRF-Token": token}, forge=True).status_code == 302


# -- reading and writing ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def everything(make_activity, make_user, make_unit):
    """Make one of each thing that an address can name."""
    unit = make_unit("Dinas Contoh")
    taken = make_activity("lesson", source="Isi.")
    admin = make_user("Admin", roles=["admin", ("organizer", "site", 0), ("instructor", "site", 0)], unit_id=unit.id)
    names = {
        "cohort_id": taken.cohort.id,
        "module_key": taken.module.key,
        "activity_key": taken.key,
        "key": taken.key,
        "user_id": taken.learner.id,
        "enrolment_id": taken.enrolment.id,
        "module_id": taken.module.id,
        "unit_id": unit.id,
        "group_id": 1,
    }
    return names, {"learner": taken.learner, "staff": admin}


def readable_paths(app, names):
    for rule in app.url_map.iter_rules():
        mark = app.view_functions[rule.endpoint].access
        if "GET" in rule.methods and not mark.writes and rule.endpoint != "static" and rule.arguments <= set(names):
            with app.test_request_context():
                yield app.url_for(rule.endpoint, **{name: names[name] for name in rule.arguments})


def test_get_requests_write_nothing(app, client, everything, queries):
    """Load every page that can be reached: none sends a statement that changes something, unless its mark says so."""
    names, people = everything
    paths = list(readable_paths(app, names))
    assert len(paths) > 20
    seen_ok = 0
    for person in people.values():
        browser = client.as_(person)
        for path in paths:
            with queries() as statements:
                response = browser.get(path)
            seen_ok += response.status_code == 200
            wrote = [line for line in statements if re.match(r"\s*(INSERT|UPDATE|DELETE|REPLACE|WITH .*\b(INSERT|UPDATE|DELETE)\b)", line)]
            assert not wrote, f"GET {path}: {wrote}"
    assert seen_ok > 20


def test_what_a_get_leaves_without_commit_is_gone(app, client, ani, monkeypatch):
    @requires(PROFILE, on="self")
    def careless():
        db.session.execute(sa.update(User).values(name="Terhapus"))
        return "done"

    monkeypatch.setitem(app.view_functions, "people.privacy", careless)
    assert client.as_(ani).get("/profile/privacy").status_code == 200
    assert name_of(ani) == "Ani"


def test_public_views_are_marked_by_hand():
    @public
    def view():
        return ""

    assert view.access.permission is None
