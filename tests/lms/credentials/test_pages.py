"""The pages of certificates: templates, issuing, one's own, and the check page for everybody."""

import io
from pathlib import Path

import pytest
import sqlalchemy as sa

from lms import throttle
from lms.credentials import services
from lms.credentials.models import Certificate, CertificateTemplate
from lms.db import commit, db
from lms.jobs import services as jobs
from lms.people.models import User

from .conftest import VALUES


@pytest.fixture(autouse=True)
def _nobody_is_slowed():
    throttle.forget()


@pytest.fixture
def issued(site):
    """Return a certificate of somebody with name, NIP and address."""
    (person,) = site.people(1, name="Siti Rahayu", title_after="S.Kep.")
    user = db.session.get_one(User, person.user_id)
    user.employee_number = "200002292024032999"
    (made,) = services.issue(site.issuing(), [person.id])
    commit()
    return made


def test_a_template_and_its_example(client, site):
    browser = client.as_(db.session.get_one(User, site.organizer.id))
    fields = {**VALUES, "kind": "certificate", "unit_id": site.unit.id, "name": "Sertifikat", "number_pattern": "{seq:000}/{nomor}"}
    bad = browser.post("/cohorts/templates/new", data=fields)
    assert bad.status_code == 422
    assert "{nomor}" in bad.get_data(as_text=True)
    same = browser.post("/cohorts/templates/new", data={**fields, "number_pattern": VALUES["number_pattern"]})
    assert same.status_code == 422
    assert browser.post("/cohorts/templates/new", data={**fields, "number_pattern": "{seq:000}/SERT/{year}"}).status_code == 302
    made = db.session.scalars(sa.select(CertificateTemplate).where(CertificateTemplate.name == "Sertifikat")).one()
    page = browser.get(f"/cohorts/templates/{made.id}").get_data(as_text=True)
    assert "001/SERT/" in page, "a live example of its number"
    assert browser.get(f"/cohorts/templates/{made.id}/example.pdf").data.startswith(b"%PDF-")
    assert browser.post(f"/cohorts/templates/{made.id}/retire").status_code == 302
    assert "tidak ditawarkan lagi" in browser.get("/cohorts/templates").get_data(as_text=True)


def kept(app):
    return {path for path in (Path(app.config["LMS_DATA"]) / "media").rglob("*") if path.is_file()}


def test_a_letterhead_that_is_no_picture_is_not_kept(client, site, app):
    browser = client.as_(db.session.get_one(User, site.organizer.id))
    fields = {**VALUES, "kind": "certificate", "unit_id": site.unit.id, "name": "Sertifikat", "program_code": "S"}
    sent = {**fields, "letterhead": (io.BytesIO(b"GIF89a" + bytes(99)), "kop.png")}
    before = kept(app)
    assert browser.post("/cohorts/templates/new", data=sent, content_type="multipart/form-data").status_code == 422
    assert kept(app) == before


def test_issue_download_replace(client, site):
    (first, _second) = site.people(2)
    staff = client.as_(db.session.get_one(User, site.organizer.id))
    url = f"/cohorts/{site.cohort.id}/certificates"
    assert "Orang 0000" in staff.get(url).get_data(as_text=True)
    answer = staff.post(url, data={"template_id": site.template.id, "day": "2026-11-20", "only": first.id})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert jobs.run_one()
    made = db.session.scalars(sa.select(Certificate)).one()
    assert made.enrolment_id == first.id, "to who was ticked alone"
    db.session.rollback()
    assert staff.get(f"{url}/{made.id}.pdf").data.startswith(b"%PDF-")
    assert staff.get(f"{answer.location}/file").data.startswith(b"PK")
    own = client.as_(db.session.get_one(User, first.user_id))
    assert made.number in own.get("/profile/certificates").get_data(as_text=True)
    assert own.get(f"/profile/certificates/{made.id}.pdf").data.startswith(b"%PDF-")
    assert own.get(f"/profile/certificates/{made.id}.jwt").get_data(as_text=True) == made.badge
    assert staff.post(f"{url}/{made.id}", data={"act": "reissue"}).status_code == 422
    again = staff.post(f"{url}/{made.id}", data={"act": "reissue", "reason": "Nama keliru."})
    assert again.status_code == 302
    page = staff.get(again.location).get_data(as_text=True)
    assert made.number in page
    assert "Nama keliru." in client.as_(db.session.get_one(User, first.user_id)).get("/profile/certificates").get_data(as_text=True)
    twice = staff.post(f"{url}/{made.id}", data={"act": "revoke", "reason": "Sekali lagi."})
    assert twice.status_code == 422


def test_the_check_page_tells_no_more_than_it_must(client, issued):
    answer = client.get(f"/check/{issued.code.lower()[:5]}-{issued.code[5:]}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "S••• R•••" in page
    assert issued.number in page
    for private in ("Siti", "Rahayu", "20000229", "29 Februari", "S.Kep.", "example.test"):
        assert private not in page
    assert client.get(f"/check?code={issued.code}").location == f"/check/{issued.code}"


def test_visitors_find_the_check_page_and_how_to_verify_a_file(client, make_user):
    make_user()
    assert 'href="/check"' in client.get("/sign-in").get_data(as_text=True)
    page = client.get("/check").get_data(as_text=True)
    for needed in ('href="/check/keys"', 'href="/check/revoked"', "lms credential verify"):
        assert needed in page


def test_the_check_page_says_what_holds_no_more(client, site, issued):
    new = services.reissue(
        actor=site.organizer,
        cohort=site.cohort,
        certificate=issued,
        reason="Alasan pribadi.",
        today=site.cohort.ends_on.replace(month=11, day=21),
    )
    services.revoke(actor=site.organizer, certificate=new, reason="Alasan pribadi.")
    commit()
    old = client.get(f"/check/{issued.code}").get_data(as_text=True)
    assert new.number in old
    assert "diganti" in old
    assert "dicabut" in client.get(f"/check/{new.code}").get_data(as_text=True)
    assert "Alasan pribadi" not in old
    rows = client.get("/check/revoked").json["revokedCredential"]
    assert {row["id"].rpartition("/")[2] for row in rows} == {issued.code, new.code}
    assert client.get("/.well-known/jwks.json").json == client.get("/check/keys").json


def test_who_tries_codes_is_slowed_down(client, issued):
    for number in range(throttle.MISSES):
        assert client.get(f"/check/AAAAAAAA{number:02}").status_code == 404
    assert client.get(f"/check/{issued.code}").status_code == 429
    throttle.forget()
    assert client.get(f"/check/{issued.code}").status_code == 200
