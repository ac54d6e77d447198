"""Error pages: what happened, that nothing was lost, and the next step; in both languages, with the right status."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from lms.db import db
from lms.errors import ContentError, NotAllowed, NotFound, Refused
from lms.people.permissions import PROFILE, requires
from lms.testing.client import text_of

TYPED = "Teks yang panjang sekali, yang ditulis dengan susah payah di dermaga."


@pytest.fixture
def ani(make_user):
    return make_user("Ani", language="en")


@pytest.fixture
def broken(app, client, ani, monkeypatch):
    """Return a function that lets the profile page raise an error, and asks for it."""

    def ask(error, method="get", **options):
        @requires(PROFILE, on="self")
        def view():
            raise error

        monkeypatch.setitem(app.view_functions, "people.profile", view)
        return getattr(client.as_(ani), method)("/profile", **options)

    return ask


def test_404_says_so_to_visitors_and_members(client, ani):
    for browser in (client, client.as_(ani)):
        page = browser.get("/no/such/page", headers={"Accept-Language": "en"})
        assert page.status_code == 404
        assert "There is nothing here" in text_of(page)
        assert 'href="/"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotFound("secret reason"), 404, "There is nothing here"),
        (NotAllowed("secret reason"), 403, "This page is not for this account"),
        (Refused("The site needs one administrator at least."), 409, "The site needs one administrator at least."),
        (ContentError("unknown: colour"), 422, "unknown: colour"),
    ],
)
def test_errors_that_people_can_put_right(broken, error, status, said):
    page = broken(error)
    assert page.status_code == status
    assert said in text_of(page)
    assert "secret reason" not in text_of(page)


def test_a_bug_has_a_number_that_is_in_the_log_and_shows_nothing_else(broken, caplog):
    page = broken(RuntimeError("SELECT secrets"))
    assert page.status_code == 500
    number = re.search(r"this number: ([0-9a-f]{8})", text_of(page))[1]
    assert f"error {number} at GET /profile" in caplog.text
    assert "secrets" not in page.get_data(as_text=True)
    assert "what was saved is safe" in text_of(page)


@pytest.mark.parametrize("error", [RuntimeError("bug"), Refused("Not now."), NotAllowed("no")])
def test_what_was_typed_is_on_the_error_page(broken, error):
    page = broken(error, "post", data={"text": TYPED, "password": "jangan pernah ditampilkan lagi", "short": "x"})
    html = page.get_data(as_text=True)
    assert TYPED in html
    assert "What you typed is still here" in text_of(page)
    assert "jangan pernah" not in html


def test_a_reading_request_shows_no_typed_text(broken):
    assert "What you typed" not in text_of(broken(RuntimeError("bug"), query_string={"q": TYPED}))


def test_scripts_get_json(broken):
    answer = broken(Refused("Not now."), headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json == {"error": "409", "message": "Not now."}


def test_a_wrong_method(client, ani):
    assert client.as_(ani).get("/sign-out").status_code == 405


def test_too_large_a_form(app, client, ani, monkeypatch):
    browser = client.as_(ani)
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 100)
    page = browser.post("/profile", data={"text": "x" * 200})
    assert page.status_code == 413
    assert "too large" in text_of(page)


def test_after_an_error_the_next_page_is_fine(broken, client, ani):
    assert broken(RuntimeError("bug"), "post").status_code == 500
    assert client.as_(ani).get("/profile/security").status_code == 200


def test_in_indonesian_too(client, make_user):
    page = client.as_(make_user(language="id")).get("/nothing")
    assert page.status_code == 404
    assert '<html lang="id">' in page.get_data(as_text=True)


@pytest.fixture
def gone():
    """Let every connection break just before it is rolled back."""
    engine = db.engine

    def hang_up(connection):
        connection.connection.driver_connection.close()

    event.listen(engine, "rollback", hang_up)
    yield
    event.remove(engine, "rollback", hang_up)


def test_a_page_stays_whole_when_the_database_goes_just_after_it_was_read(client, ani, gone):
    browser = client.as_(ani)
    for _time in range(2):
        page = browser.get("/learn")
        assert page.status_code == 200
        assert page.get_data(as_text=True).rstrip().endswith("</html>")


def test_trouble_is_told_when_the_database_goes_over_a_statement_that_failed(broken, gone):
    page = broken(sa.exc.OperationalError("SELECT 1", {}, Exception("disk full")))
    assert page.status_code == 503
    assert "Peduli cannot reach its memory" in text_of(page)


def test_a_page_that_is_not_there_does_not_read_what_is_too_large(client):
    answer = client.post("/tidak-ada", data={"a": "x" * (13 * 1024 * 1024)})
    assert answer.status_code in {404, 413}
    assert "<h1" in answer.get_data(as_text=True)
