"""The import as an organizer meets it: upload, dry run, confirmation, passwords that are shown once."""

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from support.lists import csv_bytes, xlsx

from lms.cohorts import corrected
from lms.cohorts.models import ColumnMapping, ImportDraft
from lms.cohorts.plan import Plan
from lms.cohorts.uploads import forget_old_imports
from lms.db import at, commit, db, utcnow
from lms.i18n import gettext, in_language
from lms.jobs.models import Job
from lms.learning.models import Enrolment
from lms.messages.models import Mail
from lms.people.models import UnitAlias, User
from lms.testing.client import text_of

HEAD = ["Nama", "NIP", "Email", "Unit Kerja", "Kelompok"]
ANI = ["Ani Lestari", "200002292024032999", "ani@contoh.test", "BKD", "1"]
BUDI = ["Budi Santoso", 198002292023212998, "budi@contoh.test", "BKD", "1"]


@pytest.fixture
def upload(place):
    """Return a function that uploads bytes and gives the answer."""

    def send(data, browser=None, cohort=None):
        return (browser or place.browser).post(
            f"/cohorts/{(cohort or place.cohort).id}/import", data={"file": (io.BytesIO(data), "DATA PESERTA FIX(3).xlsx")}
        )

    return send


def drafts():
    return db.session.scalar(sa.select(sa.func.count()).select_from(ImportDraft))


def people_in(cohort):
    db.session.expire_all()
    return db.session.scalars(sa.select(User).join(Enrolment, Enrolment.user_id == User.id).where(Enrolment.cohort_id == cohort.id)).all()


def test_from_upload_to_what_was_made(place, upload):
    answer = upload(xlsx([HEAD, ANI, BUDI]))
    assert answer.status_code == 302
    page = answer.location
    dry = place.browser.get(page)
    assert dry.status_code == 200
    words = text_of(dry)
    assert "Ani Lestari" in words
    assert "Format the column as Text" in words or "Teks" in words
    assert people_in(place.cohort) == []

    done = place.browser.post(page, data={"do": "import"})
    assert re.fullmatch(rf"/cohorts/{place.cohort.id}/imports/[0-9]+", done.location)
    (ani,) = people_in(place.cohort)
    assert ani.password_hash is None
    assert place.browser.get(done.location).status_code == 200
    assert "DATA PESERTA FIX(3).xlsx" in text_of(place.browser.get(f"/cohorts/{place.cohort.id}/import"))
    assert place.browser.post(page, data={"do": "import"}).status_code == 404
    assert place.browser.get(page).status_code == 404
    assert drafts() == 0


def test_nothing_leaves_before_the_organizer_says_so(place, upload):
    page = upload(xlsx([HEAD, ANI])).location
    place.browser.post(page, data={"do": "import"})
    assert db.session.scalars(sa.select(Mail)).all() == []
    assert not [job for job in db.session.scalars(sa.select(Job)) if "mail" in job.task]


def test_what_the_browser_says_about_rows_is_not_believed(place, upload):
    page = upload(xlsx([HEAD, ANI])).location
    place.browser.post(page, data={"name": "Penyusup", "email": "x@contoh.test", "rows": "[]", "do": "import"})
    assert [user.name for user in people_in(place.cohort)] == ["Ani Lestari"]


def test_the_file_is_checked_anew_at_confirmation(place, upload, make_user):
    page = upload(xlsx([HEAD, ANI])).location
    make_user("Orang Lain", email="ani@contoh.test")
    answer = place.browser.post(page, data={"do": "import"})
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
        assert browser.get(f"{path}/corrections").status_code == 404
    assert place.browser.get(page).status_code == 200
    for token in ("..%2f..%2fkeys%2fsecret.key", "0" * 32, "x" * 32, "..", "0" * 31):
        assert place.browser.get(f"/cohorts/{place.cohort.id}/import/{token}").status_code == 404


def test_lists_are_kept_for_a_day_at_most(place, upload, app):
    page = upload(xlsx([HEAD, ANI])).location
    with at(utcnow() + dt.timedelta(hours=25)):
        assert place.browser.get(page).status_code == 404
        upload(xlsx([HEAD, ANI]))
        forget_old_imports()
        commit()
    assert drafts() == 1
    assert "lms:forget_old_imports" in app.extensions["lms"].tasks


def test_units_that_are_not_known_are_asked_for_and_can_be_remembered(place, upload):
    page = upload(xlsx([HEAD, ["Ani", "", "ani@contoh.test", "Badan Kepeg.", ""]])).location
    assert 'name="unit-badankepeg"' in place.browser.get(page).get_data(as_text=True)
    said = {"unit-badankepeg": str(place.unit.id), "remember-badankepeg": "y", "do": "import"}
    place.browser.post(page, data=said)
    assert people_in(place.cohort) == []  # the choice came with the button: it is looked at first
    chosen = place.browser.get(page).get_data(as_text=True)
    assert f'<option value="{place.unit.id}" selected>' in chosen
    assert "/imports/" in place.browser.post(page, data=said).location
    assert [user.unit_id for user in people_in(place.cohort)] == [place.unit.id]
    assert db.session.get(UnitAlias, "badankepeg").unit_id == place.unit.id
    again = upload(xlsx([HEAD, ["Budi", "", "budi@contoh.test", "BADAN KEPEG.", ""]])).location
    assert 'name="unit-' not in place.browser.get(again).get_data(as_text=True)


def test_an_organizer_of_one_cohort_teaches_the_site_no_names(place, upload, client, make_user):
    browser = client.as_(make_user(roles=[("organizer", "cohort", place.cohort.id)]))
    page = upload(xlsx([HEAD, ["Ani", "", "ani@contoh.test", "Badan Kepeg.", ""]]), browser).location
    data = {"unit-badankepeg": str(place.unit.id), "remember-badankepeg": "y"}
    browser.post(page, data=data)
    assert "/imports/" in browser.post(page, data={**data, "do": "import"}).location
    assert db.session.get(UnitAlias, "badankepeg") is None


def test_a_row_is_put_right_where_it_stands(place, upload):
    page = upload(xlsx([HEAD, ANI, BUDI])).location
    html = place.browser.get(page).get_data(as_text=True)
    (was,) = re.findall(r'name="was-3-nip" value="([^"]*)"', html)
    typed = {"was-3-nip": was, "cell-3-nip": "12345"}
    assert place.browser.post(page, data={**typed, "do": "import"}).location == page
    assert in_language("id", lambda: gettext("Your corrections were checked first. Look once more, then import.")) in text_of(
        place.browser.get(page)
    )
    html = place.browser.get(page).get_data(as_text=True)
    assert 'name="cell-3-nip" value="12345"' in html  # still wrong, and not lost
    assert people_in(place.cohort) == []
    place.browser.post(page, data={"was-3-nip": "12345", "cell-3-nip": "198002292023212998"})
    assert 'name="cell-' not in place.browser.get(page).get_data(as_text=True)
    place.browser.post(page, data={"do": "import"})
    assert {user.employee_number for user in people_in(place.cohort)} == {ANI[1], "198002292023212998"}


def test_columns_are_said_by_hand_and_remembered(place, upload):
    strange = [["Siapa", "Angka", "Kotak Pos"], ANI[:3]]
    page = upload(xlsx(strange)).location
    html = place.browser.get(page).get_data(as_text=True)
    assert 'type="radio" name="header_row" value="1"' in html
    place.browser.post(page, data={"header_row": "1"})
    said = {"column-0": "name", "column-1": "nip", "column-2": "email", "guess-0": "", "guess-1": "", "guess-2": ""}
    place.browser.post(page, data={**said, "was-header_row": "1", "header_row": "1"})
    assert "Ani Lestari" in text_of(place.browser.get(page))
    place.browser.post(page, data={"do": "import"})
    (ani,) = people_in(place.cohort)
    assert (ani.name, ani.employee_number, ani.email) == tuple(ANI[:3])
    later = upload(xlsx([strange[0], ["Budi", "198002292023212998", "budi@contoh.test"]])).location
    assert "Budi" in text_of(place.browser.get(later))
    memories = db.session.scalars(sa.select(ColumnMapping)).all()
    assert [(row.unit_id, row.fields) for row in memories] == [(place.unit.id, {"0": "name", "1": "nip", "2": "email"})]


def test_a_guess_is_corrected_and_a_sheet_is_chosen(place, upload):
    page = upload(xlsx([["Nama", "Email", "Instansi Asal"], ["Ani", "ani@contoh.test", "BKD"]], sheets=[("Catatan", "visible")])).location
    html = place.browser.get(page).get_data(as_text=True)
    shown = dict(re.findall(r'name="(guess-[0-9]+)" value="([^"]*)"', html))
    assert shown == {"guess-0": "name", "guess-1": "email", "guess-2": "institution"}
    was = {"was-sheet": "1", "sheet": "1", "was-header_row": "1", "header_row": "1"}
    place.browser.post(page, data={**shown, **was, "column-0": "name", "column-1": "email", "column-2": "unit"})
    assert '<option value="unit" selected>' in place.browser.get(page).get_data(as_text=True)
    place.browser.post(page, data={"was-sheet": "1", "sheet": "0"})
    assert "Catatan" in text_of(place.browser.get(page))
    assert 'name="header_row"' in place.browser.get(page).get_data(as_text=True)


@pytest.mark.parametrize(
    "data", [b"", b"\xd0\xcf\x11\xe0 old", b"<html>", b"PK\x03\x04", csv_bytes([["a", "b"]]), b"Nama;NIP\n" + b"x;1\n" * 6000]
)
def test_files_that_are_no_list_bring_the_page_again_with_a_sentence(place, upload, data):
    answer = upload(data)
    assert answer.status_code == 422
    assert 'class="error"' in answer.get_data(as_text=True)
    assert drafts() == 0


def test_the_file_with_the_reasons_can_be_downloaded_and_uploaded_again(place, upload):
    page = upload(xlsx([HEAD, ANI, BUDI])).location
    answer = place.browser.get(f"{page}/corrections")
    assert ".xlsx" in answer.headers["Content-Disposition"]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [len(rows), rows[1][0], bool(rows[1][-1]), bool(rows[2][-1])] == [3, "Ani Lestari", False, True]
    again = upload(answer.data)
    assert again.status_code == 302
    assert "Budi Santoso" in text_of(place.browser.get(again.location))


def test_what_is_no_list_any_more_or_has_gone_says_so(place, upload, monkeypatch):
    page = upload(xlsx([HEAD, ANI])).location
    draft = db.session.scalars(sa.select(ImportDraft)).one()
    draft.plan = Plan(header_row=99).kept
    commit()
    for answer in (place.browser.post(page, data={"do": "import"}), place.browser.get(f"{page}/corrections")):
        assert (answer.status_code, answer.location) == (302, page)
    assert people_in(place.cohort) == []
    page = upload(xlsx([HEAD, ANI])).location
    monkeypatch.setattr(corrected, "MOST_BYTES", 10)
    assert place.browser.get(f"{page}/corrections").location == page
    with at(utcnow() + dt.timedelta(hours=25)):
        gone = place.browser.get(f"{page}/corrections")
    assert (gone.status_code, f"/cohorts/{place.cohort.id}/import" in gone.get_data(as_text=True)) == (404, True)


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
