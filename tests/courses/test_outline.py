"""The outline of a draft: whatever is moved, hidden, copied, deleted and brought back, no activity is lost and each has one place."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.forms import form_of

from courses.folder import services as folders
from courses.folder.reader import read_folder
from courses.studio import outline
from courses.studio.changes import changes_of
from courses.studio.checks import hints_of, look_at
from courses.studio.models import DeletedActivity
from courses.studio.queries import deleted_of, published_activities
from lms.db import commit, db
from lms.errors import Refused
from lms.learning.models import Revision, RevisionActivity
from lms.learning.services import draft_activities, latest_revision, publish
from lms.testing.client import text_of
from quizzes.items.models import BankItem, ItemUse

KEYS = tuple("abcdefg")
SECTIONS = [{"key": key, "title": {"id": key.title(), "en": key.title()}} for key in ("satu", "dua", "tiga")]
OPTIONS = [{"text": "Ya", "correct": True, "rationale": "Satu."}, {"text": "Tidak", "rationale": "Bukan."}]
ITEM = {"key": "soal", "kind": "single_choice", "stem": "1?", "options": OPTIONS}
NOBODY = type("Nobody", (), {"id": None})()


def lesson(key, section="satu", **more):
    return {"type": "lesson", "key": key, "title": f"Judul {key}", "section": section, "settings": {"source": f"Teks {key}.\n"}, **more}


@pytest.fixture
def author(make_user, make_module):
    """Make an instructor who may write their own modules and no one else's."""
    return make_user("Ibu Penulis", roles=[("instructor", "module", make_module(key="lain", publish=False).id)], language="en")


@pytest.fixture
def write(client, author, make_module):
    """Give (browser, module): the author signed in, and a module of theirs with the given activities."""

    def make(*activities, **options):
        module = make_module(*activities, owner=author, **{"sections": SECTIONS, **options})
        return client.as_(author), module

    return make


def draft(module):
    """Return the draft's activities anew, by key."""
    db.session.expire_all()
    return {activity.key: activity for activity in draft_activities(module.id)}


def order(module):
    """Return the outline as {section: keys in order}, after a look at the numbers."""
    activities = draft(module).values()
    assert [activity.position for activity in activities] == list(range(1, len(activities) + 1))
    return {section["key"]: "".join(a.key for a in activities if a.section == section["key"]) for section in module.about["sections"]}


def act(name, **values):
    """Do it, or be refused."""
    try:
        return getattr(outline, name)(actor=NOBODY, **values)
    except Refused:
        return None


# -- moving --------------------------------------------------------------------------------------------------------------------------

SOME = st.lists(st.sampled_from([*KEYS, "hilang"]), max_size=4)
PLACE = st.tuples(st.sampled_from(["satu", "dua", "tiga", "empat"]), st.sampled_from(["", *KEYS, "hilang"]))
MOVES = st.one_of(
    st.builds(lambda keys, place: ("move", {"keys": keys, "section": place[0], "before": place[1]}), SOME, PLACE),
    st.builds(lambda key, up: ("move_by_one", {"key": key, "up": up}), st.sampled_from(KEYS), st.booleans()),
    st.builds(
        lambda place: ("move_section", {"key": place[0], "before": place[1]}), st.tuples(*[st.sampled_from(["satu", "dua", "tiga"])] * 2)
    ),
)


@pytest.fixture
def seven(make_module):
    """Make a module of seven lessons in three sections."""
    lessons = [lesson(key, section) for key, section in zip(KEYS, ("satu",) * 3 + ("dua",) * 3 + ("tiga",), strict=True)]
    return make_module(*lessons, sections=SECTIONS, publish=False)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(MOVES, max_size=8))
def test_no_sequence_of_moves_loses_or_doubles_anything(seven, moves):
    for name, values in moves:
        act(name, module=seven, **values)
        places = order(seven)
        assert sorted("".join(places.values())) == list(KEYS)
        if name == "move" and values["section"] in places and set(values["keys"]) & set(KEYS):
            assert set(values["keys"]) & set(KEYS) <= set(places[values["section"]]), "all of them are where they were sent"


@pytest.mark.parametrize(
    ("keys", "section", "before", "result"),
    [
        ("a", "satu", "c", {"satu": "bac", "dua": "def", "tiga": "g"}),
        ("af", "dua", "d", {"satu": "bc", "dua": "afde", "tiga": "g"}),
        ("fa", "dua", "", {"satu": "bc", "dua": "deaf", "tiga": "g"}),
        ("ab", "satu", "a", {"satu": "abc", "dua": "def", "tiga": "g"}),
        ("ac", "satu", "a", {"satu": "acb", "dua": "def", "tiga": "g"}),
        ("b", "tiga", "hilang", {"satu": "ac", "dua": "def", "tiga": "gb"}),
        ("b", "dua", "a", {"satu": "ac", "dua": "defb", "tiga": "g"}),
        ("g", "satu", "a", {"satu": "gabc", "dua": "def", "tiga": ""}),
    ],
)
def test_where_several_go(seven, keys, section, before, result):
    outline.move(actor=NOBODY, module=seven, keys=list(keys), section=section, before=before)
    assert order(seven) == result


def test_what_changes_nothing_is_no_change(seven):
    edition = seven.edition
    assert not outline.move(actor=NOBODY, module=seven, keys=["b"], section="satu", before="c")
    assert not outline.move_section(actor=NOBODY, module=seven, key="dua", before="tiga")
    assert seven.edition == edition
    assert outline.move_section(actor=NOBODY, module=seven, key="tiga", before="satu")
    assert (seven.edition, list(order(seven))) == (edition + 1, ["tiga", "satu", "dua"])
    assert list(draft(seven)) == list("gabcdef"), "activities follow their sections"


@pytest.mark.parametrize("values", [{"keys": []}, {"keys": ["hilang"]}, {"keys": ["a"], "section": "empat"}])
def test_what_is_gone_is_refused_in_words(seven, values):
    with pytest.raises(Refused):
        outline.move(actor=NOBODY, module=seven, **{"section": "satu", **values})
    assert order(seven) == {"satu": "abc", "dua": "def", "tiga": "g"}


def test_two_who_arrange_at_once_lose_nothing(app, write):
    browser, module = write(*(lesson(key) for key in KEYS), publish=False)
    url, token = f"/studio/{module.key}/outline/", {"Accept": "application/json"}
    sent = [(keys, section) for keys, section in zip("abcdefg" * 2, ("satu", "dua", "tiga") * 5, strict=False)]

    def send(keys, section):
        with app.app_context():
            return browser.post(f"{url}place", data={"keys": list(keys), "target": f"{section}:d"}, headers=token).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: send(*each), sent))
    assert answers == [200] * len(sent)
    db.session.rollback()
    assert sorted("".join(order(module).values())) == list(KEYS)


# -- pages ---------------------------------------------------------------------------------------------------------------------------


def test_ticks_move_without_script_and_lead_back(write):
    browser, module = write(lesson("a"), lesson("b"), lesson("c", "dua"))
    url = f"/studio/{module.key}"
    page = browser.get(url).get_data(as_text=True)
    assert '<option value="dua:c">before: Judul c</option>' in page
    answer = browser.post(f"{url}/outline/move", data={"keys": ["a", "b"], "target": "dua:c", "at": "b"})
    assert answer.location == f"{url}/b", "back to the activity that was open"
    assert order(module) == {"satu": "", "dua": "abc", "tiga": ""}
    assert browser.post(f"{url}/outline/move", data={"target": "dua", "at": "//evil.test"}).location == url
    assert "Tick at least one activity." in text_of(browser.get(url))


def test_a_script_gets_the_outline_as_it_is_then(write):
    browser, module = write(lesson("a"), lesson("b", "dua"))
    url = f"/studio/{module.key}"
    mark = form_of(browser.get(f"{url}/a"))["mark"]
    fields = {"keys": "a", "target": "dua:b", "at": "a"}
    answer = browser.post(f"{url}/outline/place", data=fields, headers={"Accept": "application/json"}).get_json()
    assert re.findall(r'name="keys" value="(\w)"', answer["page"]) == ["a", "b"]
    assert answer["section"] == "dua"
    assert answer["marks"][0] == mark
    assert answer["marks"][1] == form_of(browser.get(f"{url}/a"))["mark"], "so one's own move is no meeting with somebody else"
    gone = browser.post(f"{url}/outline/place", data=fields | {"keys": "x"}, headers={"Accept": "application/json"})
    assert (gone.status_code, gone.get_json()["message"]) == (409, "These activities are not in the draft any more.")
    moved = browser.post(
        f"{url}/outline/place", data={"part": "tiga", "target": "satu", "wide": "1"}, headers={"Accept": "application/json"}
    )
    assert re.findall(r'data-part="(\w+)"', moved.get_json()["page"]) == ["tiga", "satu", "dua"]
    panel = browser.get(f"{url}/outline?at=a", headers={"Accept": "application/json"}).get_json()["page"]
    assert 'aria-current="page"' in panel
    assert "outline-form" in panel


def test_an_editor_shows_the_outline_and_five_settings(write):
    quiz = {"type": "quiz", "key": "kuis", "title": "Kuis", "section": "dua", "settings": {"items": [ITEM]}}
    browser, module = write(lesson("a"), quiz, lesson("c", "tiga", hidden=True))
    page = browser.get(f"/studio/{module.key}/kuis").get_data(as_text=True)
    rail = page.partition('<nav class="rail"')[2].partition("</nav>")[0]
    assert re.findall(r'href="/studio/[\w-]+/(\w+)"( aria-current="page")?', rail) == [
        ("a", ""),
        ("kuis", ' aria-current="page"'),
        ("c", ""),
    ]
    assert rail.count('aria-label="hidden"') == 1
    panel = page.partition('studio-settings">')[2].partition('<details class="why"')[0]
    assert len(set(re.findall(r'name="([\w-]+)"', panel))) == 5
    refused = browser.post(f"/studio/{module.key}/kuis", data=form_of(browser.get(f"/studio/{module.key}/kuis")) | {"s-time_limit": "x"})
    assert refused.status_code == 422
    assert '<details class="why" open>' in refused.get_data(as_text=True), "what has an error is in sight"


def test_activities_and_sections_are_added_in_place(write):
    browser, module = write(lesson("a"))
    url = f"/studio/{module.key}"
    assert browser.post(f"{url}/add", data={"type": "lesson", "title": "Baru", "section": "tiga"}).location == f"{url}/baru"
    for _twice in range(2):
        assert browser.post(f"{url}/outline/section", data={"title": "Bagian baru"}).location == url
    assert list(order(module))[3:] == ["bagian-baru", "bagian-baru-2"]
    browser.post(f"{url}/outline/section", data={"title": "!"})
    assert "Write a title for the section." in text_of(browser.get(url))


# -- hidden --------------------------------------------------------------------------------------------------------------------------


def test_what_is_hidden_stays_in_the_draft_and_leaves_with_the_next_publishing(write):
    browser, module = write(lesson("a"), lesson("b", minutes=600), lesson("c"))
    url = f"/studio/{module.key}"
    browser.post(f"{url}/outline/hide", data={"keys": ["b"]})
    page = text_of(browser.get(url))
    assert "Judul b hidden" in page
    assert "10 minutes" in page, "what is hidden takes no time"
    before = latest_revision(module.id)
    found = changes_of(module, draft_activities(module.id), before, db.session.scalars(published_activities(before.id)).all())
    assert [(change.key, change.kind) for change in found.activities] == [("b", "hidden")]
    assert not found.reordered
    assert browser.post(f"{url}/publish", data={"note": ""}).status_code == 302
    revision = latest_revision(module.id)
    kept = db.session.execute(
        sa.select(RevisionActivity.key, RevisionActivity.position)
        .where(RevisionActivity.revision_id == revision.id)
        .order_by(sa.text("position"))
    ).all()
    assert kept == [("a", 1), ("c", 2)]
    outline.move(actor=NOBODY, module=module, keys=["b"], section="satu")
    assert publish(actor_id=None, module=module).number == revision.number, "where a hidden one stands is nobody's business"
    browser.post(f"{url}/outline/show", data={"keys": ["a", "b"]})
    assert "1 activity is shown" in text_of(browser.get(url))
    assert publish(actor_id=None, module=module).number == revision.number + 1


def test_nothing_visible_may_wait_for_what_is_hidden(write):
    browser, module = write(lesson("a"), lesson("b", requires=["a"]))
    outline.hide(actor=NOBODY, module=module, keys=["a"], hidden=True)
    commit()
    must = [hint for hint in hints_of(module, draft_activities(module.id)) if hint.must]
    assert [(hint.where, hint.rule) for hint in must] == [("b", "requires-hidden")]
    refused = browser.post(f"/studio/{module.key}/publish", data={"note": ""})
    assert refused.status_code == 422
    assert "“Judul b” needs “Judul a”, which is hidden." in text_of(refused)
    with pytest.raises(Refused):
        publish(actor_id=None, module=module)
    outline.hide(actor=NOBODY, module=module, keys=["b"], hidden=True)
    with pytest.raises(Refused):
        publish(actor_id=None, module=module)
    assert look_at(module, draft_activities(module.id)).report.pages == [], "checks do not read what is hidden"


def test_hidden_ones_are_in_the_folder_and_come_back(write, tmp_path):
    _browser, module = write(lesson("a"), lesson("b", hidden=True))
    db.session.expire_all()
    folders.export_module(module=module, folder=tmp_path)
    assert "hidden: true\n" in (tmp_path / "02-b.md").read_text()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    outline.hide(actor=NOBODY, module=module, keys=["b"], hidden=False)
    text, problems = read_folder(tmp_path)
    assert not problems
    _module, revision = folders.import_module(actor_id=None, text=text)
    assert draft(module)["b"].hidden
    assert revision.number == 1, "it was and is left out"
    folders.export_module(module=module, folder=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    for wrong, words in (("hidden: 1\n", "hidden is true or false"), ("requires: [b]\n", "'b' is hidden")):
        (tmp_path / "01-a.md").write_text(before["01-a.md"].decode().replace("minutes", f"{wrong}minutes"))
        assert words in str(read_folder(tmp_path)[1][0])


# -- copies --------------------------------------------------------------------------------------------------------------------------


def test_copies_stand_behind_their_originals_under_keys_of_their_own(write):
    browser, module = write(lesson("a"), lesson("b", requires=["a"], tags=["BP1"]), lesson("c", requires=["a"]))
    browser.post(f"/studio/{module.key}/outline/duplicate", data={"keys": ["a", "b"]})
    found = draft(module)
    assert list(found) == ["a", "judul-a-copy", "b", "judul-b-copy", "c"]
    assert [activity.position for activity in found.values()] == [1, 2, 3, 4, 5]
    copy = found["judul-b-copy"]
    assert (copy.title, copy.tags, copy.settings, copy.prepared) == ("Judul b (copy)", ["BP1"], found["b"].settings, found["b"].prepared)
    assert (copy.requires, found["c"].requires) == (["judul-a-copy"], ["a"])
    browser.post(f"/studio/{module.key}/outline/duplicate", data={"keys": ["a"]})
    assert "judul-a-copy-2" in draft(module)


def test_a_copied_quiz_asks_the_same_items(write):
    browser, module = write({"type": "quiz", "key": "kuis", "title": "Kuis", "section": "satu", "settings": {"items": [ITEM]}})
    browser.post(f"/studio/{module.key}/outline/duplicate", data={"keys": ["kuis"]})
    found = draft(module)
    assert found["kuis-copy"].settings == found["kuis"].settings
    assert db.session.scalars(sa.select(BankItem.key)).all() == ["soal"]
    assert set(db.session.scalars(sa.select(ItemUse.activity_key))) == {"kuis", "kuis-copy"}
    assert browser.get(f"/studio/{module.key}/kuis-copy").status_code == 200


def test_what_nobody_has_written_yet_can_be_copied(write):
    browser, module = write(lesson("a"))
    browser.post(f"/studio/{module.key}/add", data={"type": "journal", "title": "Jurnal", "section": "satu"})
    browser.post(f"/studio/{module.key}/outline/duplicate", data={"keys": ["jurnal"]})
    found = draft(module)
    assert found["jurnal-copy"].settings == found["jurnal"].settings


# -- deleting and bringing back --------------------------------------------------------------------------------------------------------


def test_deleting_several_asks_first_and_can_be_undone(write):
    browser, module = write(lesson("a"), lesson("b", checked_on=None), lesson("c", requires=["b"]), lesson("d", "dua"))
    url = f"/studio/{module.key}"
    before = order(module)
    ask = browser.post(f"{url}/outline/delete", data={"keys": ["b", "d", "x"]})
    assert "Delete 2 activities?" in text_of(ask)
    assert "Judul c waits for it" in text_of(ask)
    assert order(module) == before
    answer = browser.post(f"{url}/outline/delete", data=form_of(ask, ""))
    assert order(module) == {"satu": "ac", "dua": "", "tiga": ""}
    assert draft(module)["c"].requires == []
    page = browser.get(answer.location)
    assert "Deleted from the draft: Judul b, Judul d." in text_of(page)
    batch = re.search(r'name="batch" value="([\w-]+)"', page.get_data(as_text=True))[1]
    assert browser.post(f"{url}/outline/restore", data={"batch": batch}).location == url
    assert "Back in the outline: Judul b, Judul d" in text_of(browser.get(url))
    assert order(module) == before
    assert draft(module)["c"].requires == ["b"]
    browser.post(f"{url}/outline/restore", data={"batch": batch})
    assert "brought back already" in text_of(browser.get(url))
    browser.post(f"{url}/outline/restore", data={"batch": "x"})
    assert "brought back already" in text_of(browser.get(url))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(st.sampled_from(KEYS), min_size=1), hidden=st.sets(st.sampled_from(KEYS)))
def test_undoing_a_deletion_puts_everything_back_as_it_was(seven, keys, hidden):
    for activity in draft(seven).values():
        activity.hidden = activity.key in hidden
    db.session.flush()

    def state():
        return [(a.key, a.title, a.section, a.hidden, a.settings, a.prepared, a.requires, a.rule) for a in draft(seven).values()]

    before = state()
    batch = outline.delete(actor=NOBODY, module=seven, keys=keys)
    assert set(draft(seven)) == set(KEYS) - keys
    outline.restore(actor=NOBODY, module=seven, batch=batch)
    order(seven)
    assert state() == before


def test_what_comes_back_waits_only_for_what_is_there(seven):
    draft(seven)["b"].requires = ["a"]
    db.session.flush()
    first = outline.delete(actor=NOBODY, module=seven, keys={"b"})
    second = outline.delete(actor=NOBODY, module=seven, keys={"a"})
    outline.restore(actor=NOBODY, module=seven, batch=first)
    assert draft(seven)["b"].requires == []
    outline.restore(actor=NOBODY, module=seven, batch=second)
    assert draft(seven)["b"].requires == ["a"], "it waits again"


def test_a_key_comes_back_only_when_it_is_free_and_old_deletions_go(seven, monkeypatch):
    batch = outline.delete(actor=NOBODY, module=seven, keys=["g"])
    seven.about = {**seven.about, "sections": SECTIONS[:2]}
    db.session.flush()
    (again,) = outline.restore(actor=NOBODY, module=seven, batch=batch)
    assert again.section == "dua", "its section is gone"
    batch = outline.delete(actor=NOBODY, module=seven, keys=["g"])
    draft(seven)["a"].key = "g"
    db.session.flush()
    with pytest.raises(Refused):
        outline.restore(actor=NOBODY, module=seven, batch=batch)
    monkeypatch.setattr(outline, "MOST_KEPT", 2)
    outline.delete(actor=NOBODY, module=seven, keys=["b", "c"])
    assert [deleted.titles for deleted in deleted_of(seven.id)] == [["Judul b", "Judul c"]]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DeletedActivity)) == 2


def test_revisions_keep_what_is_deleted_and_a_deleted_key_is_not_used_again(write):
    browser, module = write(lesson("a"), lesson("salam"), publish=False)
    browser.post(f"/studio/{module.key}/salam/delete")
    added = browser.post(f"/studio/{module.key}/add", data={"type": "lesson", "title": "Salam", "section": "satu"})
    assert added.location.endswith("/salam-2"), "so the old one can come back"
    assert db.session.scalars(sa.select(Revision.number)).all() == []
