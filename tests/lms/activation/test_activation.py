"""Codes on paper: one for each account, once, for thirty days; nobody finds out by trying who has an account."""

import datetime as dt
import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from lms.activation import letters, services, tasks
from lms.activation.models import ActivationCode
from lms.activation.pages import letters_page
from lms.db import at, commit, db, transaction_mode, utcnow
from lms.jobs.models import BatchFile, Job
from lms.jobs.services import run_one
from lms.learning.models import Enrolment
from lms.messages.kinds import SECURITY
from lms.messages.models import Mail, Notice
from lms.people.models import RoleAssignment, User
from lms.people.roles import Role, ScopeKind
from lms.people.services import READABLE, grant_role
from lms.people.sessions import set_password, sign_in
from lms.testing.client import text_of

NIP = "200002292024032999"
PASSWORD = "hujan turun di Sintang"


@pytest.fixture
def ani(make_user):
    """Return somebody without a password."""
    return make_user("Ani Lestari", email="ani@contoh.test", employee_number=NIP, password=None)


@pytest.fixture
def code(ani, make_user):
    """Return the code of Ani's letter."""
    found = services.issue(actor_id=make_user("Panitia").id, people=[ani.id])[ani.id]
    commit()
    return found


def try_code(client, who, code, password=PASSWORD, **more):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/activate").get_data(as_text=True))[1]
    return client.post("/activate", data={"who": who, "code": code, "password": password, "csrf_token": token, **more})


def test_codes_are_random_long_and_kept_as_a_hash_alone(ani, code):
    codes = {services.new_code() for _number in range(200)}
    assert len(codes) == 200
    assert set("".join(codes)) - {"-"} <= set(READABLE.upper())
    assert all(len(one) == services.LENGTH + 1 for one in codes)
    row = db.session.get(ActivationCode, ani.id)
    assert row.code_hash == services.hash_of(ani.id, code.lower().replace("-", " "))
    assert code.encode() not in row.code_hash
    assert services.hash_of(ani.id, code) != services.hash_of(db.session.scalars(sa.select(User.id).where(User.id != ani.id)).first(), code)
    assert NIP not in code


@pytest.mark.parametrize("who", ["ani@contoh.test", " ANI@contoh.test ", NIP, "20000229 202403 2 999"])
def test_a_letter_opens_the_account_and_signs_in(client, ani, code, who):
    answer = try_code(client, who, code.lower())
    assert (answer.status_code, answer.location) == (302, "/")
    assert client.get("/profile").status_code == 200
    db.session.expire_all()
    assert db.session.get(ActivationCode, ani.id).used_at is not None


def test_a_code_works_once_and_ends(client, app, ani, code):
    with at(utcnow() + services.VALID_FOR + dt.timedelta(seconds=1)):
        assert try_code(client, NIP, code).status_code == 422
    assert try_code(client, NIP, code).status_code == 302
    other = app.test_client()
    assert try_code(other, NIP, code, "kata sandi orang lain").status_code == 422


def test_a_new_letter_ends_the_old_one(client, ani, code, make_user):
    new = services.issue(actor_id=make_user().id, people=[ani.id])[ani.id]
    commit()
    assert try_code(client, NIP, code).status_code == 422
    assert try_code(client, NIP, new).status_code == 302


def test_what_does_not_fit_looks_the_same_whatever_the_reason(client, ani, code, make_user):
    closed = make_user("Budi", email="budi@contoh.test", is_active=False)
    services.issue(actor_id=ani.id, people=[closed.id])
    make_user("Cici", email="cici@contoh.test")
    commit()
    whos = ("ani@contoh.test", "budi@contoh.test", "cici@contoh.test", "tidak.ada@contoh.test", "198002292023212998", "x")
    answers = {text_of(try_code(client, who, "AAAAA-AAAAA")) for who in whos}
    assert len(answers) == 1


def test_ten_wrong_tries_lock_the_code_for_good(client, ani, code):
    for _number in range(services.MOST_FAILURES):
        assert try_code(client, NIP, "AAAAA-AAAAA").status_code == 422
    slow = text_of(try_code(client, NIP, code))
    assert "15" in slow or "14" in slow  # minutes
    with at(utcnow() + dt.timedelta(minutes=16)):
        assert try_code(client, "ani@contoh.test", code).status_code == 422  # also by another name for the account


def test_the_tries_are_counted_for_the_account_whatever_it_is_called(client, ani, code):
    for who in (NIP, "ani@contoh.test"):
        for _number in range(5):
            try_code(client, who, "AAAAA-AAAAA")
    assert try_code(client, "20000229.202403.2.999", code).status_code == 422


def test_a_letter_opens_no_account_that_is_used_or_has_rights(client, ani, code, make_unit):
    set_password(user_id=ani.id, password="sandi Ani sendiri", actor_id=None)
    commit()
    assert try_code(client, NIP, code).status_code == 422
    assert sign_in(who="ani@contoh.test", password="sandi Ani sendiri", address="10.0.0.1", device="")
    db.session.execute(sa.update(User).where(User.id == ani.id).values(password_hash=None))
    grant = grant_role(actor_id=None, user_id=ani.id, role=Role.ORGANIZER, kind=ScopeKind.UNIT, scope_id=make_unit().id)
    commit()
    assert try_code(client, NIP, code).status_code == 422
    assert db.session.get(User, ani.id, populate_existing=True).password_hash is None
    db.session.delete(db.session.merge(grant))
    commit()
    assert try_code(client, NIP, code).status_code == 302


def test_whose_account_is_opened_gets_a_mail(client, ani, code):
    try_code(client, NIP, code)
    notice = db.session.scalars(sa.select(Notice)).one()
    assert (notice.user_id, notice.kind) == (ani.id, SECURITY)
    assert db.session.scalars(sa.select(Mail.user_id)).all() == [ani.id]


def test_tries_from_one_network_are_slowed_down(client, ani, code, monkeypatch):
    monkeypatch.setattr(services, "FAILURES_PER_ADDRESS", 3)
    for number in range(3):
        try_code(client, f"orang{number}@contoh.test", "AAAAA-AAAAA")
    assert try_code(client, NIP, code).status_code == 422
    with at(utcnow() + dt.timedelta(minutes=16)):
        assert try_code(client, NIP, code).status_code == 302


def test_who_has_no_address_gives_one(client, make_user):
    dodi = make_user("Dodi", email=None, employee_number="198002292023212998", password=None)
    make_user("Ani", email="ani@contoh.test")
    found = services.issue(actor_id=dodi.id, people=[dodi.id])[dodi.id]
    commit()
    assert 'name="email"' not in try_code(client, "198002292023212998", "AAAAA-AAAAA").get_data(as_text=True)
    assert 'name="email"' in try_code(client, "198002292023212998", found).get_data(as_text=True)
    assert try_code(client, "198002292023212998", found, email="ani@contoh.test").status_code == 422
    assert try_code(client, "198002292023212998", found, email="Dodi@contoh.test").status_code == 302
    db.session.expire_all()
    assert db.session.get(User, dodi.id).email == "dodi@contoh.test"


def test_of_two_with_one_letter_one_gets_in(app, ani, code):
    def use(number):
        with app.app_context(), transaction_mode("write"):
            session = services.activate(
                who=NIP, code=code, password=f"kata sandi {number}", email="", address=f"10.0.0.{number}", device=""
            )
            commit()
            return session is not None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]


# -- letters ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cohort(client, make_unit, make_user, make_cohort, make_enrolment):
    """Return (cohort, the organizer's browser) with four people: two agencies, one of them without, one with a password."""
    unit, other = make_unit("Badan Kepegawaian"), make_unit("Dinas Kesehatan")
    organizer = make_user("Panitia", roles=[("organizer", "unit", unit.id)])
    made = make_cohort(unit=unit)
    for name, place in (("Ani", unit), ("Budi", other), ("Cici", other)):
        make_enrolment(made, make_user(name, email=f"{name.lower()}@contoh.test", unit_id=place.id, password=None))
    make_enrolment(made, make_user("Dodi", email="dodi@contoh.test"))
    db.session.execute(sa.update(User).where(User.name == "Dodi").values(password_hash="x"))
    commit()
    return made, client.as_(organizer)


def carried_out(answer):
    assert answer.status_code == 302, answer.get_data(as_text=True)
    while run_one():
        pass
    db.session.expire_all()
    return db.session.scalars(sa.select(BatchFile).order_by(BatchFile.name)).all()


def pages_of(pdf):
    return int(re.search(rb"/Type/Pages/Count (\d+)", pdf)[1])


def test_a_pile_of_letters_is_made_by_a_worker_for_who_needs_one(cohort):
    made, browser = cohort
    (file,) = carried_out(browser.post(f"/cohorts/{made.id}/letters", data={"whom": "without", "files": "one"}))
    assert (file.content_type, file.data[:5]) == ("application/pdf", b"%PDF-")
    assert pages_of(file.data) == 3
    page = letters_page(made)
    assert (len(page.waiting), len(page.out), page.activated) == (3, 3, 1)
    again = browser.post(f"/cohorts/{made.id}/letters", data={"whom": "without", "files": "one"})
    assert again.location.endswith("/letters")  # nobody needs one
    with at(utcnow() + dt.timedelta(hours=25)):
        tasks.forget_letters()
        commit()
    assert db.session.scalars(sa.select(BatchFile)).all() == []
    assert len(letters_page(made).out) == 3  # the codes themselves work on


def test_a_zip_archive_holds_a_file_for_each_agency(cohort):
    made, browser = cohort
    data = {"whom": "all", "files": "agency", "agency": ["Dinas Kesehatan"]}
    (file,) = carried_out(browser.post(f"/cohorts/{made.id}/letters", data=data))
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert archive.namelist() == ["dinas-kesehatan.pdf"]
    assert len(letters_page(made).out) == 2


def test_agencies_whose_files_would_have_one_name_have_one_each(cohort, make_unit, make_user, make_enrolment):
    made, browser = cohort
    twin = make_unit("Dinas Kesehatan", parent=make_unit("Kota"))
    make_enrolment(made, make_user("Edi", unit_id=twin.id))
    for name, place in (("Fani", "RSUD Kota!"), ("Gita", "RSUD Kota"), ("Hana", "rsud KOTA?")):
        make_enrolment(made, make_user(name, institution=place))
    make_enrolment(made, make_user("Ika", institution="RSUD-Kota 2"))
    (file,) = carried_out(browser.post(f"/cohorts/{made.id}/letters", data={"whom": "all", "files": "agency"}))
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        pages = {name: pages_of(archive.read(name)) for name in archive.namelist()}
    kept = [count for name, count in sorted(pages.items()) if name.startswith("dinas-kesehatan")]
    assert sorted(kept) == [1, 2]
    assert sum(pages.values()) == 8
    assert pages["rsud-kota.pdf"] == 3  # however the institution is written
    assert pages["rsud-kota-2.pdf"] == 1


def test_one_letter_is_a_file_that_is_kept_nowhere(cohort, make_user, make_enrolment):
    made, browser = cohort
    enrolment = db.session.scalars(sa.select(Enrolment).join(User, User.id == Enrolment.user_id).where(User.name == "Ani")).one()
    answer = browser.post(f"/cohorts/{made.id}/people/{enrolment.id}/letter")
    assert (answer.status_code, answer.headers["Cache-Control"], answer.data[:5]) == (200, "no-store", b"%PDF-")
    assert db.session.scalars(sa.select(BatchFile)).all() == []
    page = browser.get(f"/cohorts/{made.id}/people/{enrolment.id}").get_data(as_text=True)
    assert f"/people/{enrolment.id}/letter" in page
    used = db.session.scalars(sa.select(Enrolment).join(User, User.id == Enrolment.user_id).where(User.name == "Dodi")).one()
    boss = make_enrolment(made, make_user("Kepala", roles=["admin"]))
    for one in (used, boss):
        assert browser.post(f"/cohorts/{made.id}/people/{one.id}/letter").status_code == 409
    assert "/letter" not in browser.get(f"/cohorts/{made.id}/people/{used.id}").get_data(as_text=True)


def test_a_pile_holds_no_letter_for_people_with_rights(cohort, make_user, make_enrolment):
    made, browser = cohort
    boss = make_user("Kepala", roles=["admin"], password=None)
    make_enrolment(made, boss)
    former = make_user("Purna", roles=["admin"], password=None)
    db.session.execute(sa.update(RoleAssignment).where(RoleAssignment.user_id == former.id).values(valid_to=dt.date(2021, 1, 1)))
    make_enrolment(made, former)
    commit()
    assert letters_page(made).to_invite == 5, "no mail promises the head a letter"
    carried_out(browser.post(f"/cohorts/{made.id}/letters", data={"whom": "all", "files": "one"}))
    assert db.session.get(ActivationCode, boss.id) is None
    assert db.session.get(ActivationCode, former.id) is not None, "whose rights have ended"


def test_letters_are_tagged_and_name_nobody_elses_code(app):
    rows = [letters.Letter(f"Orang {number}", "Dinas #1 *", f"o{number}@contoh.test", services.new_code()) for number in range(2)]
    with app.test_request_context():
        data = letters.pdf_of(rows, programme="PKTBT", sender="BKD", until=utcnow())
    assert b"/StructTreeRoot" in data
    assert b"/Lang" in data


# -- invitations ------------------------------------------------------------------------------------------------------------------------


def test_invitations_are_an_act_of_their_own_with_a_count_and_go_once(cohort):
    made, browser = cohort
    assert db.session.scalars(sa.select(Notice)).all() == []
    assert letters_page(made).to_invite == 4
    carried_out(browser.post(f"/cohorts/{made.id}/invitations"))
    notices = db.session.scalars(sa.select(Notice)).all()
    assert len(notices) == 4
    assert sum(notice.path == "/activate" for notice in notices) == 3
    carried_out(browser.post(f"/cohorts/{made.id}/invitations"))
    assert len(db.session.scalars(sa.select(Notice)).all()) == 4
    assert letters_page(made).to_invite == 0
    assert not [job for job in db.session.scalars(sa.select(Job)) if job.error]
