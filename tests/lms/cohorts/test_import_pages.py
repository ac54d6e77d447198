"""The import as an organizer meets it: upload, dry run, confirmation, passwords that are shown once."""

import io
import os
import re
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from support.lists import csv_bytes, xlsx

from lms.cohorts.uploads import KEEP_SECONDS, forget_old_imports
from lms.db import db
from lms.learning.models import Enrolment
from lms.people import passwords
from lms.people.models import User
from lms.privacy.models import AuditEntry
from lms.testing.client import text_of

HEAD = ["Nama", "NIP", "Email", "Unit Kerja", "Kelompok"]
ANI = ["Ani Lestari", "200002292024032999", "ani@contoh.test", "BKD", "1"]
BUDI = ["Budi Santoso", 198002292023212998, "budi@contoh.test", "BKD", "1"]
PASSWORD = re.compile(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b")


@pytest.fixture
def upload(place):
    """Return a function that uploads bytes and gives the answer."""

    def send(data, browser=None, cohort=None):
        return (browser or place.browser).post(
            f"/cohorts/{(cohort or place.cohort).id}/import", data={"file": (io.BytesIO(data), "DATA PESERTA FIX(3).xlsx")}
        )

    return send


@pytest.fixture
def kept(app):
    """Return the folder of uploaded lists, empty."""
    folder = Path(app.config["LMS_DATA"]) / "imports"
    for path in folder.glob("*"):
        path.unlink()
    return folder


def people_in(cohort):
    db.session.expire_all()
    return db.session.scalars(sa.select(User).join(Enrolment, Enrolment.user_id == User.id).where(Enrolment.cohort_id == cohort.id)).all()


def test_from_upload_to_passwords(place, upload, kept, caplog):
    answer = upload(xlsx([HEAD, ANI, BUDI]))
    assert answer.status_code == 302
    page = answer.location
    dry = place.browser.get(page)
    assert dry.status_code == 200
    words = text_of(dry)
    assert "Ani Lestari" in words
    assert "Format the column as Text" in words or "Teks" in words
    assert people_in(place.cohort) == []
    assert [oct(path.stat().st_mode & 0o777) for path in kept.iterdir()] == ["0o600"]

    done = place.browser.post(page)
    assert done.status_code == 200
    assert done.headers["Cache-Control"] == "no-store"
    (password,) = set(PASSWORD.findall(text_of(done)))
    (ani,) = people_in(place.cohort)
    assert passwords.verify(ani.password_hash, password)
    assert "data:text/csv;charset=utf-8;base64," in done.get_data(as_text=True)
    assert list(kept.iterdir()) == []

    # shown once: not in a cookie, not in the log, not in the trail, on no page afterwards
    assert password not in str(done.headers)
    assert password not in caplog.text
    assert password not in str([entry.detail for entry in db.session.scalars(sa.select(AuditEntry))])
    again = place.browser.post(page)
    assert again.status_code == 404
    assert place.browser.get(page).status_code == 404
    for path in (f"/cohorts/{place.cohort.id}/people", f"/cohorts/{place.cohort.id}/people.csv", f"/cohorts/{place.cohort.id}"):
        assert password not in place.browser.get(path).get_data(as_text=True)


def test_new_people_can_sign_in_with_what_was_shown(place, upload, client):
    done = place.browser.post(upload(xlsx([HEAD, ANI])).location)
    (password,) = set(PASSWORD.findall(text_of(done)))
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").get_data(as_text=True))[1]
    signed_in = client.post("/sign-in", data={"email": "ani@contoh.test", "password": password, "csrf_token": token})
    assert signed_in.status_code == 302
    assert signed_in.location == "/"


def test_what_the_browser_says_about_rows_is_not_believed(place, upload):
    page = upload(xlsx([HEAD, ANI])).location
    place.browser.post(page, data={"name": "Penyusup", "email": "x@contoh.test", "rows": "[]", "unit-bkd": "1"})
    assert [user.name for user in people_in(place.cohort)] == ["Ani Lestari"]


def test_the_file_is_checked_anew_at_confirmation(place, upload, make_user):
    page = upload(xlsx([HEAD, ANI])).location
    make_user("Orang Lain", email="ani@contoh.test")
    answer = place.browser.post(page)
    assert answer.status_code == 409
    assert people_in(place.cohort) == []


def test_a_list_is_its_uploaders_and_for_one_cohort(place, upload, make_user, make_cohort, client):
    other_cohort = make_cohort(unit=place.unit)
    colleague = client.as_(make_user("Rekan", roles=[("organizer", "unit", place.unit.id)]))
    page = upload(xlsx([HEAD, ANI])).location
    elsewhere = page.replace(f"/cohorts/{place.cohort.id}/", f"/cohorts/{other_cohort.id}/")
    for browser, path in ((colleague, page), (place.browser, elsewhere)):
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404
        assert browser.get(f"{path}/corrections.xlsx").status_code == 404
    assert place.browser.get(page).status_code == 200
    for token in ("..%2f..%2fkeys%2fsecret.key", "0" * 32, "x" * 32, "..", "0" * 31):
        assert place.browser.get(f"/cohorts/{place.cohort.id}/import/{token}").status_code == 404


def test_lists_are_kept_for_a_day_at_most(place, upload, kept, app):
    page = upload(xlsx([HEAD, ANI])).location
    old = time.time() - KEEP_SECONDS - 1
    (path,) = kept.iterdir()
    os.utime(path, (old, old))
    assert place.browser.get(page).status_code == 404
    upload(xlsx([HEAD, ANI]))
    upload(xlsx([HEAD, ANI]))
    os.utime(next(kept.iterdir()), (old, old))
    forget_old_imports()
    assert len(list(kept.iterdir())) == 1
    assert "lms:forget_old_imports" in app.extensions["lms"].tasks


def test_units_that_are_not_known_are_asked_for_and_the_choice_holds(place, upload):
    page = upload(xlsx([HEAD, ["Ani", "", "ani@contoh.test", "Badan Kepeg.", ""]])).location
    dry = place.browser.get(page).get_data(as_text=True)
    assert 'name="unit-badankepeg"' in dry
    chosen = place.browser.get(f"{page}?unit-badankepeg={place.unit.id}").get_data(as_text=True)
    assert f'<input type="hidden" name="unit-badankepeg" value="{place.unit.id}">' in chosen
    assert place.browser.post(page, data={"unit-badankepeg": str(place.unit.id)}).status_code == 200
    assert [user.unit_id for user in people_in(place.cohort)] == [place.unit.id]


@pytest.mark.parametrize(
    "data", [b"", b"\xd0\xcf\x11\xe0 old", b"<html>", b"PK\x03\x04", csv_bytes([["a", "b"], ["c", "d"]]), b"Nama;NIP\n" + b"x;1\n" * 6000]
)
def test_files_that_are_no_list_bring_the_page_again_with_a_sentence(place, upload, kept, data):
    answer = upload(data)
    assert answer.status_code == 422
    assert 'class="error"' in answer.get_data(as_text=True)
    assert list(kept.glob("*")) == []


def test_rows_to_correct_can_be_downloaded_and_uploaded_again(place, upload):
    page = upload(xlsx([HEAD, ANI, BUDI])).location
    data = place.browser.get(f"{page}/corrections.xlsx").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert len(rows) == 2
    assert "Budi Santoso" in rows[1]
    assert rows[1][-1]
    again = upload(data)
    assert again.status_code == 302
    assert "Budi Santoso" in text_of(place.browser.get(again.location))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_is_a_list_that_the_import_reads(place, upload, kind):
    answer = place.browser.get(f"/cohorts/{place.cohort.id}/import/template.{kind}")
    assert answer.status_code == 200
    assert f".{kind}" in answer.headers["Content-Disposition"]
    assert upload(answer.data).status_code == 302


def test_only_organizers_of_the_cohort_import(place, upload, client, make_user):
    instructor = db.session.get_one(User, place.cohort.assessor_id)
    stranger = make_user(roles=["organizer"])
    for person, code in ((instructor, 403), (make_user(), 403), (make_user(roles=["admin"]), 403)):
        assert upload(xlsx([HEAD, ANI]), client.as_(person)).status_code == code
    other = make_user(roles=[("organizer", "cohort", place.cohort.id + 0)])
    assert upload(xlsx([HEAD, ANI]), client.as_(other)).status_code == 302
    assert upload(xlsx([HEAD, ANI]), client.as_(stranger)).status_code == 302  # of the whole site


def test_the_page_of_a_check_is_small_and_costs_the_same_for_all(place, upload, queries, app):
    def look(number):
        rows = [[f"Orang Nomor {n}", "", f"orang{n}@contoh.test", "BKD", "1"] for n in range(number)]
        page = upload(csv_bytes([HEAD, *rows])).location
        place.browser.get(page)
        with queries() as seen:
            answer = place.browser.get(page, headers={"Accept-Encoding": "br"})
        return len(seen), len(answer.data)

    few, many = look(3), look(52)
    assert few[0] == many[0] <= 12
    assert many[1] <= 9 * 1024
