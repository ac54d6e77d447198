"""The tree of units: whatever is moved, every path leads from the root, and whoever holds a role on a unit holds it on what is below."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.db import db
from lms.errors import Refused
from lms.people import queries, services
from lms.people.access import load_actor
from lms.people.models import Unit, UnitAlias
from lms.privacy.models import AuditEntry
from lms.testing.client import text_of


@pytest.fixture
def admin(make_user):
    return make_user("Yopi", roles=["admin"], language="en")


@pytest.fixture
def browser(client, admin):
    return client.as_(admin)


@pytest.fixture
def actor(admin):
    return load_actor(admin.id, dt.date(2026, 11, 21))


@pytest.fixture
def tree(make_unit):
    root = make_unit("Pemerintah Kabupaten", short_name="Pemkab")
    health = make_unit("Dinas Kesehatan", root, short_name="Dinkes", aliases=("Dinkes Kab.",))
    clinic = make_unit("Puskesmas Muara", health)
    social = make_unit("Dinas Sosial", root)
    return root, health, clinic, social


def fresh(unit):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get(Unit, unit.id)


def paths():
    db.session.expire_all()
    return {unit.id: unit for unit in db.session.scalars(sa.select(Unit))}


def assert_paths_lead_from_the_root():
    units = paths()
    for unit in units.values():
        above = units[unit.parent_id].path if unit.parent_id else "/"
        assert unit.path == f"{above}{unit.id}/"


# -- services ----------------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parents=st.lists(st.integers(0, 30), min_size=1, max_size=14),
    moves=st.lists(st.tuples(st.integers(0, 13), st.integers(-1, 13)), max_size=12),
)
def test_paths_survive_any_moves(actor, parents, moves):
    units = []
    for number, choice in enumerate(parents):
        parent = units[choice % len(units)] if units and choice < 28 else None
        units.append(services.create_unit(actor_id=None, name=f"Unit {number}", parent=parent))
    for which, where in moves:
        unit = units[which % len(units)]
        parent = None if where < 0 else units[where % len(units)]
        inside = {each.id for each in units if each.path.startswith(unit.path)}
        before = {each.id: each.parent_id for each in units}
        if parent is not None and parent.id in inside:
            with pytest.raises(Refused):
                services.move_unit(actor=actor, unit=unit, parent=parent)
            assert {each.id: each.parent_id for each in units} == before
        else:
            services.move_unit(actor=actor, unit=unit, parent=parent)
            assert {each.id for each in units if each.path.startswith(unit.path)} == inside, "the subtree moves as one"
        assert_paths_lead_from_the_root()
    shown = queries.unit_tree()
    assert sorted(row.id for row in shown) == sorted(each.id for each in units)
    assert [row.depth for row in shown] == [row.path.count("/") - 2 for row in shown]
    db.session.rollback()


def test_a_role_follows_what_is_moved(client, actor, tree, make_user):
    _root, health, clinic, social = tree
    grants = {unit: load_actor(make_user(roles=[("organizer", "unit", unit.id)]).id, dt.date(2026, 11, 21)).id for unit in (health, social)}
    services.move_unit(actor=actor, unit=clinic, parent=social)
    db.session.commit()
    reach = {unit.name: load_actor(user_id, dt.date(2026, 11, 21)).grants[0].path in fresh(clinic).path for unit, user_id in grants.items()}
    assert reach == {"Dinas Kesehatan": False, "Dinas Sosial": True}


def test_numbers_that_begin_alike_are_not_taken_for_each_other(actor, database):
    units = [services.create_unit(actor_id=None, name=f"Unit {number}") for number in range(12)]
    one, twelve = units[0], units[11]
    assert str(twelve.id).startswith(str(one.id))
    services.move_unit(actor=actor, unit=one, parent=units[5])
    assert fresh_path(twelve) == f"/{twelve.id}/"


def fresh_path(unit):
    return db.session.scalar(sa.select(Unit.path).where(Unit.id == unit.id))


@pytest.mark.parametrize("into", ["itself", "below"])
def test_a_unit_is_never_below_itself(actor, tree, into):
    root, health, _clinic, _social = tree
    with pytest.raises(Refused):
        services.move_unit(actor=actor, unit=root, parent=root if into == "itself" else health)
    assert_paths_lead_from_the_root()


def test_no_two_of_one_name_in_one_place(actor, tree):
    root, health, clinic, social = tree
    with pytest.raises(services.Taken):
        services.create_unit(actor_id=None, name=" Dinas Sosial ", parent=root)
    with pytest.raises(services.Taken):
        services.create_unit(actor_id=None, name="Pemerintah Kabupaten")
    with pytest.raises(services.Taken):
        services.rename_unit(actor=actor, unit=health, name="Dinas Sosial", short_name="")
    twin = services.create_unit(actor_id=None, name="Puskesmas Muara", parent=social)
    with pytest.raises(services.Taken):
        services.move_unit(actor=actor, unit=twin, parent=health)
    services.rename_unit(actor=actor, unit=health, name="Dinas Kesehatan", short_name="Dinkes PPKB")
    assert clinic.name == twin.name


def test_old_names_stay_known_to_imports(actor, tree):
    health = tree[1]
    services.rename_unit(actor=actor, unit=health, name="Dinas Kesehatan dan KB", short_name="Dinkes KB")
    db.session.commit()
    known = set(db.session.scalars(sa.select(UnitAlias.alias).where(UnitAlias.unit_id == health.id)))
    assert known == {"dinaskesehatan", "dinkes", "dinkeskab", "dinaskesehatandankb", "dinkeskb"}
    assert queries.aliases_of([health]) == {health.id: ["dinaskesehatan", "dinkes", "dinkeskab"]}, "its present names are not listed twice"


def test_closing_takes_what_is_below_along(actor, tree):
    _root, health, clinic, social = tree
    services.close_unit(actor=actor, unit=clinic, last_day=dt.date(2026, 3, 31))
    services.close_unit(actor=actor, unit=health, last_day=dt.date(2026, 12, 31))
    db.session.commit()
    assert [fresh(unit).valid_to for unit in (health, clinic, social)] == [dt.date(2026, 12, 31), dt.date(2026, 3, 31), None]
    services.close_unit(actor=actor, unit=fresh(health), last_day=None)
    db.session.commit()
    assert [fresh(unit).valid_to for unit in (health, clinic)] == [None, dt.date(2026, 3, 31)]


def test_a_unit_does_not_end_before_it_began(actor, tree):
    tree[3].valid_from = dt.date(2026, 1, 1)
    with pytest.raises(Refused):
        services.close_unit(actor=actor, unit=tree[3], last_day=dt.date(2025, 12, 31))


# -- pages -------------------------------------------------------------------------------------------------------------------------


def test_the_tree_is_shown_in_order_with_names_and_people(browser, tree, make_user):
    make_user(unit_id=tree[1].id)
    make_user(unit_id=tree[1].id, is_active=False)
    html = browser.get("/admin/units").get_data(as_text=True)
    assert re.findall(r'<a href="/admin/units/\d+">([^<]+)</a>', html) == [
        "Pemerintah Kabupaten",
        "Dinas Kesehatan",
        "Puskesmas Muara",
        "Dinas Sosial",
    ]
    assert re.findall(r'class="depth-(\d)"', html) == ["1", "2", "1"]
    assert "dinkeskab" in html
    row = html.partition("Dinas Kesehatan</a>")[2].partition("</tr>")[0]
    assert re.search(r'class="number"[^>]*>1<', row), "whose account is closed is not counted"


@pytest.mark.parametrize(("words", "found"), [("dinkes kab", ["Dinas Kesehatan"]), ("PUSK", ["Puskesmas Muara"]), ("zzz", []), ("%", [])])
def test_units_are_found_by_any_name(browser, tree, words, found):
    html = browser.get("/admin/units", query_string={"q": words}).get_data(as_text=True)
    assert re.findall(r'<a href="/admin/units/\d+">([^<]+)</a>', html) == found


def test_units_are_added_at_the_top_and_below(browser, tree):
    top = browser.post("/admin/units", data={"name": "Pemerintah Provinsi", "short_name": "Pemprov"})
    assert top.status_code == 302
    below = browser.post(f"{top.location}/below", data={"below-name": "Biro Hukum", "below-short_name": ""})
    assert below.location == top.location
    assert "Biro Hukum" in text_of(browser.get(top.location))
    assert_paths_lead_from_the_root()


@pytest.mark.parametrize(
    ("where", "fields", "said"),
    [
        ("", {"name": "Dinas Sosial", "short_name": "Dinsos Baru"}, "a unit of this name"),
        ("", {"name": "", "short_name": "Dinsos Baru"}, "required"),
        ("/below", {"below-name": "Puskesmas Muara", "below-short_name": "Dinsos Baru"}, "a unit of this name"),
        ("/aliases", {"alias": "DINAS sosial"}, "belongs to another unit"),
        ("/aliases", {"alias": "..."}, "needs letters or digits"),
        ("/move", {"parent_id": "99999"}, "valid choice"),
        ("/close", {"valid_to": "tomorrow"}, "valid date"),
    ],
)
def test_mistakes_are_explained_beside_what_was_typed(browser, tree, where, fields, said):
    page = browser.post(f"/admin/units/{tree[1].id}{where}", data=fields)
    assert page.status_code == 422
    assert said in text_of(page)
    for value in fields.values():
        if value and "parent" not in str(fields):
            assert f'value="{value}"' in page.get_data(as_text=True)


def test_a_name_taken_at_the_top_is_explained(browser, tree):
    page = browser.post("/admin/units", data={"name": "Pemerintah Kabupaten", "short_name": "X"})
    assert page.status_code == 422
    assert "a unit of this name" in text_of(page)


def test_other_names_come_and_go(browser, tree):
    _root, health, _clinic, social = tree
    assert browser.post(f"/admin/units/{health.id}/aliases", data={"alias": "DINKES  Kab. Muara"}).status_code == 302
    assert "dinkeskabmuara" in text_of(browser.get(f"/admin/units/{health.id}"))
    browser.post(f"/admin/units/{social.id}/aliases/remove", data={"alias": "dinkeskabmuara"})
    assert db.session.get(UnitAlias, "dinkeskabmuara"), "another unit's name is not removed from here"
    browser.post(f"/admin/units/{health.id}/aliases/remove", data={"alias": "dinkeskabmuara"})
    db.session.expire_all()
    assert db.session.get(UnitAlias, "dinkeskabmuara") is None


def test_a_unit_is_moved_from_its_page(browser, tree):
    root, health, clinic, social = tree
    html = browser.get(f"/admin/units/{health.id}").get_data(as_text=True)
    offered = set(re.findall(r'<option (?:selected )?value="(\d+)"', html))
    assert offered == {"0", str(root.id), str(social.id)}, "not below itself"
    assert browser.post(f"/admin/units/{health.id}/move", data={"parent_id": str(social.id)}).status_code == 302
    assert fresh(clinic).path == f"/{root.id}/{social.id}/{health.id}/{clinic.id}/"
    assert browser.post(f"/admin/units/{health.id}/move", data={"parent_id": str(clinic.id)}).status_code == 422
    assert browser.post(f"/admin/units/{health.id}/move", data={"parent_id": "0"}).status_code == 302
    assert fresh(clinic).path == f"/{health.id}/{clinic.id}/"
    assert "people:move_unit" in db.session.scalars(sa.select(AuditEntry.action)).all()


def test_a_closed_unit_is_not_offered_but_stays_where_it_is(browser, tree, make_user):
    _root, _health, clinic, _social = tree
    user = make_user("Ani", unit_id=clinic.id)
    browser.post(f"/admin/units/{clinic.id}/close", data={"valid_to": "2020-12-31"})
    assert "closed" in text_of(browser.get("/admin/units"))
    assert "Puskesmas Muara" not in browser.get("/admin/people/new").get_data(as_text=True)
    html = browser.get(f"/admin/people/{user.id}").get_data(as_text=True)
    assert re.search(rf'<option selected value="{clinic.id}">', html)
    assert browser.post(f"/admin/units/{clinic.id}/close", data={"valid_to": ""}).status_code == 302
    assert "Puskesmas Muara" in browser.get("/admin/people/new").get_data(as_text=True)


def test_long_trees_are_paged_and_cost_the_same(browser, make_unit, queries):
    root, counts = make_unit("Akar"), []
    for more in (3, 120):
        for number in range(more):
            make_unit(f"Unit {more} nomor {number}", root, short_name=f"U{more}-{number}", aliases=(f"lain {more} {number}",))
        with queries() as seen:
            page = browser.get("/admin/units", headers={"Accept-Encoding": "br"})
        counts.append(len(seen))
        with queries() as seen:
            one = browser.get(f"/admin/units/{root.id}", headers={"Accept-Encoding": "br"})
        counts.append(len(seen))
    assert counts[0] == counts[2] <= 12
    assert counts[1] == counts[3] <= 12
    assert len(page.data) <= 9 * 1024
    assert len(one.data) <= 9 * 1024
    assert "below Akar" in text_of(browser.get("/admin/units?page=2"))


def test_unknown_units_are_not_found(browser):
    assert browser.get("/admin/units/999").status_code == 404
    for part in ("below", "aliases", "aliases/remove", "move", "close"):
        assert browser.post(f"/admin/units/999/{part}").status_code == 404
