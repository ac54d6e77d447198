"""The page of support services leaves no trace, and is never empty."""

import logging
import re

import pytest
import sqlalchemy as sa

from lms.db import Base, commit, db
from lms.i18n import LANGUAGES
from lms.privacy.models import AuditEntry
from lms.support import services
from lms.support.models import SupportService
from lms.testing import count_queries
from lms.testing.client import Client, text_of

FORM = {
    "name": "Konseling BKPSDM",
    "purpose": "Bicara.",
    "phone": "0561 123-456",
    "extension": "",
    "hours": "08.00–16.00 WIB",
    "confidentiality": "Isi percakapan tidak diberitahukan kepada siapa pun.",
    "run_by": "BKPSDM",
    "checked_on": "2026-11-20",
    "position": "1",
}


def everything():
    db.session.rollback()
    found = {table.name: sorted(map(repr, db.session.execute(sa.select(table)))) for table in Base.metadata.sorted_tables}
    db.session.rollback()
    return found


@pytest.mark.parametrize("address", ["/support", "/support/id", "/support/en"])
def test_it_leaves_no_trace(client, make_user, caplog, address):
    """Signed in or not, whatever the browser says: the same bytes, no row written or read about anybody, no cookie, no word in the log."""
    caplog.set_level(logging.DEBUG)
    admin = make_user(roles=["admin"], language="en")
    member = client.as_(admin)
    flashed = client.as_(make_user())
    assert flashed.post("/profile", data={"name": "Ani", "language": "id", "time_zone": ""}).status_code == 302
    english = Client(client.application)
    english.set_cookie("language", "en")
    plain = Client(client.application)
    plain.get("/sign-in")
    before, answers = everything(), []
    for browser, headers in (
        (client, {}),
        (member, {"User-Agent": "Chrome/1 Android", "Referer": "http://localhost/journals"}),
        (flashed, {"Accept-Language": "en"}),
        (english, {}),
        (plain, {"X-Forwarded-For": "10.1.2.3"}),
    ):
        caplog.clear()
        with count_queries() as seen:
            answer = browser.get(address, headers=headers)
        assert not [statement for statement in seen if "support_services" not in statement], "nobody is looked up"
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Cache-Control"].startswith("public, max-age=")
        assert caplog.text == ""
        answers.append((answer.status_code, answer.data, sorted(answer.headers.items())))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 200
    assert everything() == before
    assert "http" not in re.sub(r'href="https://www.bmkg.go.id/"|xmlns=.http://www.w3.org/2000/svg.', "", answers[0][1].decode())


def test_a_message_that_waits_is_still_there_afterwards(client, make_user):
    browser = client.as_(make_user())
    assert browser.post("/profile", data={"name": "Ani", "language": "id", "time_zone": ""}).status_code == 302
    browser.get("/support")
    assert 'role="status"' in browser.get("/profile").get_data(as_text=True)


def test_it_is_found_from_every_page_and_works_by_telephone(client, make_user):
    member = client.as_(make_user())
    assert 'href="/support' in client.get("/sign-in").get_data(as_text=True)
    assert 'href="/support' in member.get("/profile").get_data(as_text=True)
    page = client.get("/support").get_data(as_text=True)
    assert {"tel:112", "tel:119", "tel:129"} <= set(re.findall(r'href="([^"]+)"', page))
    assert 'id="leave"' in page
    for code in LANGUAGES:
        assert f'<html lang="{code}">' in client.get(f"/support/{code}").get_data(as_text=True)
    assert client.get("/support/de").status_code == 404


def test_a_site_makes_the_list_its_own(client, make_user):
    browser = client.as_(make_user(roles=[("organizer", "site", 0)]))
    assert services.own() == []
    assert browser.post("/admin/support/new", data={**FORM, "phone": "bukan nomor"}).status_code == 422
    assert browser.post("/admin/support/new", data=FORM).status_code == 302
    assert len(services.own()) == len(services.DEFAULTS) + 1, "those in the box come along"
    page = client.get("/support").get_data(as_text=True)
    assert 'href="tel:0561123456"' in page
    assert page.index("Darurat 112") < page.index("Konseling BKPSDM")
    number = db.session.scalar(sa.select(SupportService.id).where(SupportService.name == FORM["name"]))
    assert browser.post(f"/admin/support/{number}", data={**FORM, "name": "CARE ASN"}).status_code == 302
    assert "CARE ASN" in text_of(client.get("/support"))
    for service in services.own():
        assert browser.post(f"/admin/support/{service.id}/delete").status_code == 302
    assert "SAPA 129" in text_of(client.get("/support")), "the page is never empty"
    assert browser.post("/admin/support").status_code == 302
    assert browser.post("/admin/support").status_code == 302
    assert len(services.own()) == len(services.DEFAULTS)
    actions = db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.object_kind == "service")).all()
    assert actions.count("support:remove") == len(services.DEFAULTS) + 1
    assert actions.count("support:change") == 4
    commit()


def test_of_a_number_is_said_only_whether_somebody_here_has_called_it(client, make_user):
    admin = client.as_(make_user(roles=["admin"]))
    assert client.get("/support/en").get_data(as_text=True).count("Nobody of this site has called this number yet.") == 3
    assert admin.post("/admin/support/new", data={**FORM, "checked_on": ""}).status_code == 302
    page = client.get("/support/en").get_data(as_text=True)
    assert page.count("Nobody of this site has called this number yet.") == 4
    assert "nationally" not in page
