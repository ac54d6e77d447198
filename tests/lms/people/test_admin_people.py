"""People, as administrators find and change them; a one-time password is seen once, and what they learn not at all."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa

from lms.db import db
from lms.messages.models import Notice
from lms.people import passwords, sessions
from lms.people.models import Category, IdentityType, ReportingLine, RoleAssignment, User, UserSession
from lms.people.roles import Role, ScopeKind
from lms.privacy.models import AuditEntry
from lms.testing.client import text_of

NIP = "200002292024031999"


@pytest.fixture
def admin(make_user):
    return make_user("Yopi", roles=["admin"], language="en")


@pytest.fixture
def browser(client, admin):
    return client.as_(admin)


def fresh(user):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(User, user.id)


def actions(user):
    db.session.rollback()
    return db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.object_id == str(user.id)).order_by(AuditEntry.id)).all()


FIELDS = {
    "title_before": "dr.",
    "name": "Siti Aminah",
    "title_after": "S.Ked.",
    "email": "siti@dinkes.test",
    "employee_number": "20000229 202403 1 999",
    "category": "cpns",
    "position": "Dokter",
    "institution": "",
    "unit_id": "0",
    "phone": "0811",
    "language": "id",
    "time_zone": "Asia/Makassar",
}


# -- finding -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(make_unit, make_user):
    root = make_unit("Pemerintah Kabupaten")
    health = make_unit("Dinas Kesehatan", root, short_name="Dinkes")
    clinic = make_unit("Puskesmas Muara", health)
    make_user("Ani Lestari", email="ani@x.test", unit_id=clinic.id, employee_number=NIP)
    make_user("Budi Santoso", email="budi_1@x.test", unit_id=health.id, roles=[("supervisor", "unit", health.id)])
    make_user("Citra 100%", email="citra@x.test", unit_id=root.id)
    return root, health, clinic


def names(page):
    rows = page.get_data(as_text=True).partition("<tbody>")[2]
    return [name for name in ("Ani Lestari", "Budi Santoso", "Citra 100%", "Yopi") if name in rows]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ani", ["Ani Lestari"]),
        ("LESTARI ani", ["Ani Lestari"]),
        ("budi_1@", ["Budi Santoso"]),
        ("budiX1@", []),
        ("100%", ["Citra 100%"]),
        ("20000229 202403 1", ["Ani Lestari"]),
        (NIP, ["Ani Lestari"]),
        ("2024.03", ["Ani Lestari"]),
        ("zzz", []),
        ("", ["Ani Lestari", "Budi Santoso", "Citra 100%", "Yopi"]),
    ],
)
def test_people_are_found_by_name_address_and_number(browser, office, words, found):
    assert names(browser.get("/admin/people", query_string={"q": words})) == found


def test_people_are_found_by_unit_and_role(browser, office):
    _root, health, clinic = office
    assert names(browser.get(f"/admin/people?unit={health.id}")) == ["Ani Lestari", "Budi Santoso"]
    assert names(browser.get(f"/admin/people?unit={clinic.id}")) == ["Ani Lestari"]
    assert names(browser.get("/admin/people?role=supervisor")) == ["Budi Santoso"]
    assert names(browser.get(f"/admin/people?role=supervisor&unit={clinic.id}")) == []
    assert names(browser.get("/admin/people?role=nonsense&unit=nonsense&page=nonsense")) == [
        "Ani Lestari",
        "Budi Santoso",
        "Citra 100%",
        "Yopi",
    ]


def test_a_role_that_is_over_does_not_count(browser, office, make_user):
    grant = db.session.scalars(sa.select(RoleAssignment).where(RoleAssignment.role == Role.SUPERVISOR)).one()
    grant.valid_to = dt.date(2020, 12, 31)
    assert names(browser.get("/admin/people?role=supervisor")) == []


def test_numbers_are_shown_in_blocks(browser, office):
    assert "20000229 202403 1 999" in text_of(browser.get("/admin/people"))


def test_the_list_costs_the_same_for_three_and_for_sixty(browser, make_user, make_unit, queries):
    unit = make_unit()
    counts = []
    for more in (3, 57):
        for number in range(more):
            make_user(f"Orang Nomor {number}", unit_id=unit.id, roles=[("organizer", "unit", unit.id)])
        with queries() as seen:
            page = browser.get("/admin/people", headers={"Accept-Encoding": "br"})
        assert page.status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
    assert len(page.data) <= 9 * 1024
    assert "Page 1 of 2" in text_of(browser.get("/admin/people"))
    assert "Page 2 of 2" in text_of(browser.get("/admin/people?page=2"))


# -- adding and changing -----------------------------------------------------------------------------------------------------------


def test_a_person_is_added(browser, make_unit):
    unit = make_unit("Dinas Kesehatan")
    answer = browser.post("/admin/people/new", data={**FIELDS, "unit_id": str(unit.id)})
    assert answer.status_code == 302
    user = db.session.scalars(sa.select(User).where(User.email == "siti@dinkes.test")).one()
    assert answer.location == f"/admin/people/{user.id}"
    assert (user.full_name, user.employee_number, user.identity_type) == ("dr. Siti Aminah, S.Ked.", NIP, IdentityType.PNS)
    assert (user.category, user.unit_id, user.time_zone, user.position) == (Category.CPNS, unit.id, "Asia/Makassar", "Dokter")
    assert "There is no password yet" in text_of(browser.get(answer.location))


def test_without_a_number_and_without_an_address(browser):
    answer = browser.post("/admin/people/new", data={**FIELDS, "employee_number": "", "email": ""})
    user = db.session.get(User, uuid.UUID(answer.location.rpartition("/")[2]))
    assert (user.employee_number, user.identity_type, user.email) == (None, IdentityType.NONE, None)
    assert "cannot sign in" in text_of(browser.get(answer.location))
    assert browser.post("/admin/people/new", data={**FIELDS, "employee_number": " ", "email": ""}).status_code == 302, (
        "nobody else has none"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"employee_number": "200002292024031000"}, "cut off by Excel"),
        ({"employee_number": "6171012902000001"}, "NIK"),
        ({"employee_number": "20000229 202403 1 99"}, "this has 17"),
        ({"email": "siti at dinkes"}, "name@office.go.id"),
        ({"name": ""}, "required"),
        ({"unit_id": "99999"}, "valid choice"),
        ({"category": "king"}, "valid choice"),
    ],
)
@pytest.mark.parametrize("new", [True, False])
def test_mistakes_are_explained_and_everything_typed_is_kept(browser, make_user, change, said, new):
    path = "/admin/people/new" if new else f"/admin/people/{make_user('Lama').id}"
    page = browser.post(path, data={**FIELDS, **change})
    assert page.status_code == 422
    assert said in text_of(page)
    html = page.get_data(as_text=True)
    for name, value in {**FIELDS, **change}.items():
        if name not in {"category", "unit_id", "language", "time_zone"} and value:
            assert f'value="{value}"' in html, name
    assert '<option selected value="Asia/Makassar">' in html
    assert db.session.scalar(sa.select(User.id).where(User.name == "Siti Aminah")) is None


@pytest.mark.parametrize(
    ("taken", "said"), [({"email": "SITI@dinkes.test"}, "this e-mail address"), ({"employee_number": NIP}, "this employee number")]
)
def test_what_somebody_else_has_is_refused_at_its_field(browser, make_user, taken, said):
    make_user("Pemilik", email="siti@dinkes.test", employee_number=NIP)
    other = make_user("Lama")
    fields = {**FIELDS, "email": "lain@x.test", "employee_number": "", **taken}
    for path in ("/admin/people/new", f"/admin/people/{other.id}"):
        page = browser.post(path, data=fields)
        assert page.status_code == 422
        assert re.search(rf'id="{next(iter(taken))}-error".*Somebody has {said} already', page.get_data(as_text=True))
    assert fresh(other).name == "Lama"


def test_a_person_is_changed_and_the_trail_knows(browser, make_user, admin):
    user = make_user("Lama", email="lama@x.test")
    assert browser.post(f"/admin/people/{user.id}", data=FIELDS).location == f"/admin/people/{user.id}"
    changed = fresh(user)
    assert (changed.name, changed.email, changed.category, changed.unit_id) == ("Siti Aminah", "siti@dinkes.test", Category.CPNS, None)
    assert actions(user) == ["people:create", "people:change"]
    line = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "people:change")).one()
    assert line.actor_id == admin.id
    assert line.detail == {}


def test_a_number_is_shown_in_blocks_and_saved_as_it_is(browser, make_user):
    user = make_user("Ani", employee_number=NIP, identity_type=IdentityType.PNS)
    html = browser.get(f"/admin/people/{user.id}").get_data(as_text=True)
    assert 'value="20000229 202403 1 999"' in html
    browser.post(f"/admin/people/{user.id}", data={**FIELDS, "employee_number": "20000229 202403 1 999"})
    assert (fresh(user).employee_number, fresh(user).identity_type) == (NIP, IdentityType.PNS)


def test_a_number_that_is_no_nip_stays_while_nobody_touches_it(browser, make_user):
    user = make_user("Polisi", employee_number="85010203", identity_type=IdentityType.NRP)
    assert browser.post(f"/admin/people/{user.id}", data={**FIELDS, "employee_number": "85010203"}).status_code == 302
    assert (fresh(user).employee_number, fresh(user).identity_type) == ("85010203", IdentityType.NRP)
    assert browser.post(f"/admin/people/{user.id}", data={**FIELDS, "employee_number": "85010204"}).status_code == 422


def test_a_doubtful_number_is_saved_with_a_question(browser, make_user):
    user = make_user("Muda")
    page = browser.post(f"/admin/people/{user.id}", data={**FIELDS, "employee_number": "200002292010031999"}, follow_redirects=True)
    assert "Appointed at the age of 10? Please check." in text_of(page)
    assert fresh(user).employee_number == "200002292010031999"


def test_unknown_people_are_not_found(browser):
    assert browser.get(f"/admin/people/{uuid.uuid4()}").status_code == 404
    assert browser.post(f"/admin/people/{uuid.uuid4()}/password").status_code == 404
    assert browser.get("/admin/people/7").status_code == 404


# -- signing in --------------------------------------------------------------------------------------------------------------------


def test_a_one_time_password_is_seen_once_and_kept_nowhere(app, client, browser, make_user, caplog):
    user = make_user("Ani", email="ani@x.test")
    there = client.as_(user)
    answer = browser.post(f"/admin/people/{user.id}/password")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    password = re.search(r"<code>(\w{4}-\w{4}-\w{4})</code>", answer.get_data(as_text=True))[1]
    assert not set(password) & set("0o1li"), "it is read out on the telephone"
    assert passwords.verify(fresh(user).password_hash, password)
    assert there.get("/profile").status_code == 302, "signed out everywhere"

    assert "Set-Cookie" not in answer.headers
    assert password not in caplog.text
    assert password not in browser.get(f"/admin/people/{user.id}").get_data(as_text=True)
    for table in (AuditEntry.__table__, Notice.__table__, User.__table__, UserSession.__table__):
        assert password not in str(db.session.execute(sa.select(table)).all())
    assert actions(user)[-1] == "people:password"
    again = browser.post(f"/admin/people/{user.id}/password").get_data(as_text=True)
    assert password not in again


def test_signing_out_everywhere(client, browser, make_user):
    user = make_user("Ani")
    devices = [client.as_(user), client.as_(user)]
    assert "Signed in on 2 devices." in text_of(browser.get(f"/admin/people/{user.id}"))
    assert browser.post(f"/admin/people/{user.id}/sessions/end").status_code == 302
    assert [device.get("/profile").status_code for device in devices] == [302, 302]
    assert browser.get("/profile").status_code == 200
    assert actions(user)[-1] == "people:sign_out"


def test_which_devices_they_are_is_not_shown(client, browser, make_user):
    user = make_user("Ani")
    session = sessions.open_session(user_id=user.id, device="Firefox, Android")
    assert session.token
    assert "Firefox" not in browser.get(f"/admin/people/{user.id}").get_data(as_text=True)


def test_closing_and_opening_an_account(client, browser, make_user):
    user = make_user("Ani")
    there = client.as_(user)
    assert browser.post(f"/admin/people/{user.id}/active").status_code == 302
    assert there.get("/profile").status_code == 302
    assert fresh(user).is_active is False
    page = browser.get(f"/admin/people/{user.id}")
    assert "closed account" in text_of(page)
    assert browser.post(f"/admin/people/{user.id}/active", data={"active": "yes"}).status_code == 302
    assert fresh(user).is_active is True
    assert actions(user)[-2:] == ["people:deactivate", "people:activate"]


def test_nobody_locks_themselves_out(browser, admin, make_user):
    make_user("Wakil", roles=["admin"])
    answer = browser.post(f"/admin/people/{admin.id}/active")
    assert answer.status_code == 409
    assert fresh(admin).is_active
    assert "Close the account" not in text_of(browser.get(f"/admin/people/{admin.id}"))


def test_the_only_other_administrator_who_can_sign_in_counts(client, browser, admin, make_user):
    closed = make_user("Tutup", roles=["admin"], is_active=False)
    grant = db.session.scalars(sa.select(RoleAssignment).where(RoleAssignment.user_id == admin.id)).one()
    assert browser.post(f"/admin/people/{admin.id}/roles/{grant.id}/end").status_code == 409, "a closed account administers nothing"
    fresh(closed).is_active = True
    assert browser.post(f"/admin/people/{admin.id}/roles/{grant.id}/end").status_code == 302


# -- what is not shown ---------------------------------------------------------------------------------------------------------------


def test_what_people_learn_is_not_shown(browser, make_activity):
    taken = make_activity("lesson", source="Isi.")
    text = text_of(browser.get(f"/admin/people/{taken.learner.id}"))
    for word in (taken.module.key, taken.cohort.title, "kegiatan judul"):
        assert word not in text
    assert "Journals, answers and progress are not shown to administrators." in text


def test_a_persons_page_costs_the_same_however_much_there_is(browser, make_user, make_unit, queries):
    user, counts = make_user("Ani"), []
    for more in (1, 12):
        for number in range(more):
            unit = make_unit()
            db.session.add(
                RoleAssignment(
                    user_id=user.id, role=Role.ORGANIZER, scope_kind=ScopeKind.UNIT, scope_id=unit.id, valid_from=dt.date(2020, 1, 1)
                )
            )
            db.session.add(
                ReportingLine(
                    user_id=user.id,
                    supervisor_id=make_user().id,
                    valid_from=dt.date(2000 + number, 1, 1),
                    valid_to=dt.date(2001 + number, 1, 1),
                )
            )
            sessions.open_session(user_id=user.id, device="")
        with queries() as seen:
            page = browser.get(f"/admin/people/{user.id}", headers={"Accept-Encoding": "br"})
        assert page.status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
    assert len(page.data) <= 9 * 1024
