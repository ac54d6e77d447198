"""What an import says about each row, and what it does: the traps of real lists (domain notes, 5.5)."""

import datetime as dt

import pytest
import sqlalchemy as sa
from support.lists import csv_bytes, xlsx

from lms.cohorts import imports, uploads
from lms.cohorts.carrying import carry_out
from lms.cohorts.imports import check_list
from lms.cohorts.models import Fate
from lms.cohorts.pages import roster_rows
from lms.cohorts.plan import Plan
from lms.cohorts.reading import OUTSIDE
from lms.db import commit, db
from lms.errors import Refused
from lms.export import csv_text, xlsx_bytes
from lms.i18n import use
from lms.learning import services as learning
from lms.learning.models import Enrolment, EnrolmentState, Group
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import Category, IdentityType, Unit, User

TODAY = dt.date(2026, 11, 21)
HEAD = ["Nama", "NIP", "Email", "Unit Kerja", "Kelompok", "Jabatan", "No HP", "L/P", "Tanggal Lahir"]
PNS, PPPK = "200002292024032999", "198002292023212998"


@pytest.fixture(autouse=True)
def _in_english():
    use("en")


@pytest.fixture
def checked(place):
    """Return a function that checks rows as an Excel file, and `checked.one` that gives the only row."""
    actor = load_actor(place.organizer.id, TODAY)

    def check(*rows, head=HEAD, choices=None, data=None, **options):
        commit()
        return check_list(cohort=place.cohort, data=data or xlsx([head, *rows], **options), plan=Plan(units=choices or {}))

    check.actor, check.one = actor, lambda *row, **options: check(row, **options).rows[0]
    return check


def told(row):
    return " ".join([*row.errors, *row.warnings])


# -- numbers --------------------------------------------------------------------------------------------------------------------------


def test_a_good_row(checked, place):
    row = checked.one(
        "Dr. SITI AMINAH,S.Kep.", "20000229 202403 2 999", "Siti@Contoh.test", "bkd", "1", "Perawat", "0812-3456-7890", "P", "29/02/2000"
    )
    assert (row.fate, row.errors) == (Fate.NEW, [])
    assert row.values == {
        "title_before": "Dr.",
        "name": "Siti Aminah",
        "title_after": "S.Kep.",
        "employee_number": PNS,
        "identity_type": IdentityType.PNS,
        "category": Category.PNS,
        "email": "siti@contoh.test",
        "phone": "+6281234567890",
        "position": "Perawat",
        "institution": "",
        "unit_id": place.unit.id,
        "grade": "",
        "birth_place": "",
        "birth_date": dt.date(2000, 2, 29),
    }
    assert row.group == "Kelompok 1"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (198002292023212998, "kept as a number"),
        (2.00002e17, "kept as a number"),
        ("1,98002E+17", "kept as a number"),
        ("200002292024032000", "ends in 000"),
        ("6171012345678901", "NIK"),
        (f"{PNS} / {PPPK}", "this has 36"),
        ("20000229202403299", "this has 17"),
        ("199902292024032999", "no date of birth"),
        ("200002292024132999", "neither a month"),
        ("198002292023202998", "neither a month"),
        ("200002292024033999", "Digit 15"),
    ],
)
def test_numbers_that_are_refused_say_why(checked, written, says):
    row = checked.one("Ani", written, "ani@contoh.test")
    assert row.fate is Fate.WRONG
    assert says in told(row), told(row)


def test_a_number_cell_of_a_csv_file_is_known_by_its_zeros(checked):
    row = checked(data=csv_bytes([HEAD, ["Ani", "198002292023212000", "a@contoh.test"]])).rows[0]
    assert "ends in 000" in told(row)


def test_a_pppk_has_no_month_and_is_welcome(checked):
    row = checked.one("Ani", f"'{PPPK}", "ani@contoh.test")
    assert (row.fate, row.values["identity_type"], row.values["category"]) == (Fate.NEW, IdentityType.PPPK, Category.PPPK)


def test_people_without_a_number_are_welcome(checked, place):
    cpns, guest = checked(["Ani", "-", "ani@contoh.test", "BKD"], ["Budi", "belum ada", "budi@contoh.test"]).rows
    assert (cpns.fate, cpns.values["category"], cpns.values["employee_number"]) == (Fate.NEW, Category.CPNS, None)
    assert (guest.fate, guest.values["category"]) == (Fate.NEW, Category.GUEST)
    assert "No NIP" in told(cpns)
    said = checked.one("Ani", "", "ani@contoh.test", "Alumni", head=["Nama", "NIP", "Email", "Kategori"])
    assert (said.values["category"], said.warnings) == (Category.GRADUATE, [])


def test_the_number_is_compared_with_sex_and_birth(checked):
    assert "sex" in told(checked.one("Ani", PNS, "a@contoh.test", "", "", "", "", "Laki-laki", ""))
    assert "date of birth" in told(checked.one("Ani", PNS, "a@contoh.test", "", "", "", "", "P", "1 Maret 2000"))
    assert told(checked.one("Ani", PNS, "a@contoh.test", "", "", "", "", "P", dt.date(2000, 2, 29))) == ""


# -- addresses, formulas, names ---------------------------------------------------------------------------------------------------------


def test_new_people_need_an_address_or_a_number(checked):
    row = checked.one("Ani", "", "")
    assert (row.fate, row.faults) == (Fate.WRONG, ["email"])
    assert "e-mail address is missing" in told(row)
    numbered = checked.one("Ani", PNS, "")
    assert numbered.fate is Fate.NEW
    assert "activation letter" in told(numbered)


def test_the_value_of_a_formula_is_taken_and_a_formula_as_text_is_refused(checked):
    excel = checked(["Ani", PNS, "a@contoh.test"], formulas={(1, 0): '=HYPERLINK("http://x.test","Ani")'}.items()).rows[0]
    assert (excel.fate, excel.name.name) == (Fate.NEW, "Ani")
    assert "computed by a formula" in told(excel)
    computed = checked(["Ani", 198002292023212998, "a@contoh.test"], formulas={(1, 1): "=B9+1"}.items()).rows[0]
    assert "kept as a number" in told(computed)
    text = checked(data=csv_bytes([HEAD, ['=HYPERLINK("http://x.test","Ani")', PNS, "a@contoh.test"]])).rows[0]
    assert (text.fate, text.faults) == (Fate.WRONG, ["name"])
    assert checked.one("@SUM(1)", PNS, "a@contoh.test").fate is Fate.WRONG
    assert "error #REF!" in told(checked.one("#REF!", PNS, "a@contoh.test"))
    assert checked.one("Ani", PNS, "a@contoh.test", "", "", "-", "+6281234567890").fate is Fate.NEW


def test_a_name_is_needed_and_no_text_is_too_long(checked):
    assert "name is missing" in told(checked.one("", PNS, "a@contoh.test"))
    assert "name is missing" in told(checked.one("12345", PNS, "a@contoh.test"))
    assert "too long" in told(checked.one("A" * 121, PNS, "a@contoh.test"))


# -- units and groups ---------------------------------------------------------------------------------------------------------------------


def test_units_are_found_by_any_of_their_names_and_never_made(checked, place, make_unit):
    make_unit(
        "Dinas Kesehatan, Pengendalian Penduduk dan Keluarga Berencana", short_name="Dinkes PPKB", aliases=("Dinkes", "Dinas Kesehatan")
    )
    make_unit("Dinas Pendidikan")
    make_unit("Dinas Perhubungan")
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Unit))
    found = checked(
        ["A", "", "a@contoh.test", "DINKES"],
        ["B", "", "b@contoh.test", "Dinas  Kesehatan"],
        ["C", "", "c@contoh.test", "DINAS KESEHATAN PROV.KALBAR"],
        ["D", "", "d@contoh.test", "DINAS KESEHATAN PROV.KALBAR"],
    )
    assert [row.fate for row in found.rows] == [Fate.NEW, Fate.NEW, Fate.WRONG, Fate.WRONG]
    (spelling,) = found.spellings
    assert (spelling.rows, len(spelling.closest)) == ([4, 5], 3)
    assert spelling.closest[0].name.startswith("Dinas Kesehatan")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Unit)) == before


def test_a_person_says_which_unit_is_meant(checked, place):
    row = ["A", "", "a@contoh.test", "Badan Kepeg. Kab."]
    key = checked(row).spellings[0].key
    chosen = checked(row, choices={key: str(place.unit.id)}).rows[0]
    assert (chosen.fate, chosen.values["unit_id"]) == (Fate.NEW, place.unit.id)
    outside = checked(row, choices={key: OUTSIDE}).rows[0]
    assert (outside.fate, outside.values["unit_id"], outside.values["institution"]) == (Fate.NEW, None, "Badan Kepeg. Kab.")
    assert checked(row, choices={key: "999999"}).rows[0].fate is Fate.WRONG
    assert checked(row, choices={key: "; DROP"}).rows[0].fate is Fate.WRONG


def test_an_unknown_part_of_a_known_agency_is_placed_in_the_agency(checked, place):
    row = checked.one("A", PNS, "a@contoh.test", "Bidang Mutasi", "BKD", head=["Nama", "NIP", "Email", "Unit Kerja", "Instansi"])
    assert (row.fate, row.values["unit_id"]) == (Fate.NEW, place.unit.id)
    assert "Bidang Mutasi" in told(row)


@pytest.mark.parametrize("written", ["Kelompok 1", "KELOMPOK 1", "1", "I", "kelompok1", 1])
def test_groups_are_found_as_people_write_them(checked, written):
    assert checked.one("A", PNS, "a@contoh.test", "", written).group == "Kelompok 1"


def test_an_unknown_group_is_said_and_does_not_stop_anybody(checked):
    row = checked.one("A", PNS, "a@contoh.test", "", "Melati")
    assert (row.fate, row.group_id) == (Fate.NEW, None)
    assert "Melati" in told(row)


# -- the same person twice ----------------------------------------------------------------------------------------------------------------


def test_the_same_person_twice_in_a_file_comes_in_once(checked):
    found = checked(["Ani", PNS, "ani@contoh.test"], ["ANI", PNS, "ani@contoh.test"])
    assert [row.fate for row in found.rows] == [Fate.NEW, Fate.WRONG]
    assert found.rows[1].errors == ["This person stands in row 2 already."]


def test_two_people_with_one_number_are_for_a_human(checked):
    found = checked(["Ani", PNS, "ani@contoh.test"], ["Budi", PNS, "budi@contoh.test"])
    assert [row.fate for row in found.rows] == [Fate.WRONG, Fate.WRONG]
    assert "Row 3 has the same NIP" in told(found.rows[0])


def test_two_people_of_one_name_are_asked_about(checked):
    found = checked(["Ani", PNS, "ani1@contoh.test"], ["Ani", PPPK, "ani2@contoh.test"])
    assert [row.fate for row in found.rows] == [Fate.NEW, Fate.NEW]
    assert "Are they two people?" in told(found.rows[1])


def test_who_has_an_account_is_matched_and_left_as_it_is(checked, place, make_user):
    ani = make_user("Ani Lestari", email="ani@contoh.test", employee_number=PNS, position="Guru")
    by_number = checked.one("ANI LESTARI", PNS, "baru@contoh.test")
    assert (by_number.fate, by_number.account.id) == (Fate.KNOWN, ani.id)
    assert "signs in as ani@contoh.test" in told(by_number)
    by_address = checked.one("Ani", "", "ANI@contoh.test")
    assert (by_address.fate, by_address.account.id) == (Fate.KNOWN, ani.id)
    assert "no e-mail" not in told(checked.one("Ani", PNS, ""))
    other_number = checked.one("Ani", PPPK, "ani@contoh.test")
    assert (other_number.fate, "another NIP" in told(other_number)) == (Fate.KNOWN, True)
    _run(checked, place, ["ANI LESTARI", PNS, "baru@contoh.test", "", "", "Kepala"])
    same = db.session.get_one(User, ani.id, populate_existing=True)
    assert (same.name, same.email, same.position) == ("Ani Lestari", "ani@contoh.test", "Guru")


def test_number_and_address_of_two_people_are_refused(checked, make_user):
    make_user("Ani Lestari", email="ani@contoh.test", employee_number=PNS)
    make_user("Budi", email="budi@contoh.test")
    row = checked.one("Ani Lestari", PNS, "budi@contoh.test")
    assert row.fate is Fate.WRONG
    assert "Ani Lestari" in told(row)
    assert "Budi" in told(row)


def test_the_address_of_an_office_is_not_a_persons(checked, make_user):
    make_user("Budi", email="dinkes@contoh.test")
    row = checked.one("Ani", PNS, "dinkes@contoh.test")
    assert row.fate is Fate.WRONG
    assert "Budi's" in told(row)
    make_user("Cici", email="c@contoh.test", employee_number=PPPK)
    other_name = checked.one("Ani", PPPK, "")
    assert (other_name.fate, "in the name of Cici" in told(other_name)) == (Fate.KNOWN, True)


def test_who_is_in_another_running_cohort_is_said(checked, place, make_user, make_cohort, make_enrolment):
    ani = make_user("Ani", email="ani@contoh.test")
    make_enrolment(make_cohort(title="Latsar"), ani)
    make_enrolment(make_cohort(title="Lama", starts_on=dt.date(2020, 1, 1), ends_on=dt.date(2020, 2, 1)), ani)
    row = checked.one("Ani", "", "ani@contoh.test")
    assert row.fate is Fate.KNOWN
    assert "Latsar" in told(row)
    assert "Lama" not in told(row)


# -- doing it -----------------------------------------------------------------------------------------------------------------------------


def _run(checked, place, *rows, **options):
    found = checked(*rows, **options)
    token = uploads.keep_upload(actor=checked.actor, cohort=place.cohort, data=b"daftar", name="daftar.xlsx")
    draft = uploads.find_upload(actor=checked.actor, cohort=place.cohort, token=token)
    done = carry_out(actor=checked.actor, cohort=place.cohort, draft=draft, check=found)
    commit()
    return done


def enrolments(place):
    return db.session.scalars(sa.select(Enrolment).where(Enrolment.cohort_id == place.cohort.id).order_by(Enrolment.id)).all()


def test_the_good_ones_come_in_and_the_others_do_not_stop_them(checked, place):
    done = _run(
        checked,
        place,
        ["Ani", PNS, "ani@contoh.test", "BKD", "1"],
        ["Budi", 198002292023212998, "budi@contoh.test"],
        ["Cici", "", "cici@contoh.test"],
    )
    assert done.counts == {"new": 2, "known": 0, "back": 0, "enrolled": 0, "wrong": 1}
    (ani, cici) = enrolments(place)
    assert ani.required_count == 1
    user = db.session.get_one(User, ani.user_id)
    assert (user.name, user.employee_number, user.unit_id) == ("Ani", PNS, place.unit.id)
    assert ani.group_id == db.session.scalar(sa.select(Group.id).where(Group.cohort_id == place.cohort.id))
    assert cici.group_id is None
    assert user.password_hash is None


def test_the_same_list_twice_changes_nothing(checked, place):
    rows = [["Ani", PNS, "ani@contoh.test", "BKD", "1"], ["Budi", "", "budi@contoh.test"]]
    _run(checked, place, *rows)
    before = [(row.id, row.user_id, row.group_id, row.state) for row in enrolments(place)]
    again = checked(*rows)
    assert [row.fate for row in again.rows] == [Fate.ENROLLED, Fate.ENROLLED]
    assert again.good == []
    with pytest.raises(Refused):
        _run(checked, place, *rows)
    db.session.rollback()
    db.session.expire_all()
    assert [(row.id, row.user_id, row.group_id, row.state) for row in enrolments(place)] == before


def test_who_had_withdrawn_comes_back(checked, place):
    _run(checked, place, ["Ani", PNS, "ani@contoh.test"])
    learning.withdraw(actor=checked.actor, enrolment=enrolments(place)[0])
    commit()
    assert checked.one("Ani", PNS, "").fate is Fate.BACK
    done = _run(checked, place, ["Ani", PNS, ""])
    assert (done.counts["back"], done.counts["new"]) == (1, 0)
    assert [row.state for row in enrolments(place)] == [EnrolmentState.ACTIVE]


def test_a_roster_that_was_exported_is_read_again_and_changes_nothing(checked, place, make_user):
    _run(
        checked,
        place,
        ["Dr. Siti Aminah, S.Kep.", PNS, "siti@contoh.test", "BKD", "1", "Perawat", "081234567890"],
        ["Budi", "", "budi@contoh.test", "", "", "=1+1"[1:], ""],
        ["Guest", PPPK, "tamu@contoh.test"],
    )
    for data in (
        csv_text(roster_rows(place.cohort, TODAY, blocks=True)).encode("utf-8-sig"),
        xlsx_bytes(roster_rows(place.cohort, TODAY, blocks=False)),
    ):
        again = checked(data=data)
        assert [row.fate for row in again.rows] == [Fate.ENROLLED] * 3
        assert [told(row) for row in again.rows] == ["", "", ""]
        siti = next(row for row in again.rows if row.name.name == "Siti Aminah")
        assert siti.values["phone"] == "+6281234567890"
        assert siti.values["employee_number"] == PNS


def test_a_check_costs_the_same_for_three_and_for_three_hundred(checked, queries):
    def cost(number):
        rows = [[f"Orang {n}", "", f"orang-{n}@contoh.test", "Dinas Entah", "1"] for n in range(number)]
        data = csv_bytes([HEAD, *rows])
        with queries() as seen:
            checked(data=data)
        return len(seen)

    assert cost(3) == cost(300) == 6


def test_too_long_a_list_is_refused_before_anything_is_looked_up(checked):
    rows = [[f"Orang {n}", "", f"o{n}@contoh.test"] for n in range(imports.MOST_PEOPLE + 1)]
    with pytest.raises(imports.TableError):
        checked(data=csv_bytes([HEAD, *rows]))


def test_nothing_of_a_person_stands_in_the_trail(checked, place):
    _run(checked, place, ["Ani Lestari", PNS, "ani@contoh.test"])
    trail = db.session.execute(sa.text("SELECT action, detail FROM audit_entries")).all()
    assert any(row.action == "cohort:import" for row in trail)
    assert not any(word in str(trail) for word in ("Ani", PNS, "contoh"))
    assert people.fold("Ani Lestari") == "anilestari"
