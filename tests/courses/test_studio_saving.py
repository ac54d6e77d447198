"""Saving while one writes: what differs is sent, two people are joined field by field, nothing typed is lost, nothing seen is overwritten."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from support.forms import form_of
from support.writers import Writer

from courses.studio.editor import open_saved
from courses.studio.models import DraftVersion, Presence, What
from courses.studio.sheets import fields_of
from courses.studio.states import merge, state_of
from lms.db import at, db
from lms.learning.models import Activity, Module
from lms.people.access import load_actor
from lms.testing.client import text_of
from lms.testing.contract import installed

NOON = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
PARAGRAPH = "Warga datang dengan cerita, bukan hanya berkas. Dengarkan sampai selesai, lalu ulangi dengan kata Anda sendiri. "
LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": f"## Mendengar\n\n{PARAGRAPH * 40}\n"}}
JOURNAL = {
    "type": "journal",
    "key": "jurnal",
    "title": "Jurnal",
    "settings": {
        "intro": "Tulis.",
        "minimum_words": 150,
        "prompts": [{"key": key, "title": key.title(), "prompt": f"Apa {key}?"} for key in ("apa", "lalu", "kini")],
    },
}
JSON = {"Accept": "application/json"}


@pytest.fixture
def two(client, make_user, make_module):
    """Give (writer, writer, draft): two instructors with the same activity open, and a call that reads the activity anew."""

    def make(activity, key=None):
        one, other = (make_user(name, roles=["instructor"], language="en") for name in ("Ibu Satu", "Pak Dua"))
        module = make_module(activity, owner=one)

        def draft():
            db.session.expire_all()
            return db.session.scalar(sa.select(Activity).where(Activity.module_id == module.id))

        url = f"/studio/{module.key}/{key or activity['key']}"
        return Writer(client.as_(one), url), Writer(client.as_(other), url), draft

    return make


def versions():
    """Return everything that is kept, oldest first."""
    db.session.expire_all()
    return db.session.scalars(sa.select(DraftVersion).order_by(DraftVersion.id)).all()


# -- one -------------------------------------------------------------------------------------------------------------------------------


def test_a_small_change_is_a_small_save(two):
    one, _other, draft = two(LESSON)
    one.typed["s-source"] = one.typed["s-source"].replace("Dengarkan sampai selesai", "Dengarkan 🙏 sampai tuntas", 1)
    answer = one.save()
    assert answer.status_code == 200
    assert draft().settings["source"] == one.typed["s-source"]
    assert "<h2" in draft().prepared["html"]
    assert answer.headers["ETag"] == f'"{one.mark}"'
    assert len(draft().settings["source"]) > 4000
    assert one.up + one.down < 250, (one.up, one.down)
    one.typed["s-source"] = one.typed["s-source"].replace("🙏 sampai", "🙏, sampai")
    assert one.save().status_code == 200
    assert draft().settings["source"].count("🙏, sampai tuntas") == 1
    one.typed["s-source"] = one.typed["s-source"].rstrip("\n")  # a page ends with one line break, whether it was typed or not
    assert one.save().status_code == 200
    one.load()
    one.typed["s-source"] += "Akhir."
    assert one.send(one.edits()).status_code == 200


def test_the_same_save_twice_is_one(two):
    one, _other, draft = two(LESSON)
    one.typed |= {"title": "Judul baru", "s-source": "Lain sama sekali"}
    body, base = one.edits(), one.mark
    assert one.send(body).status_code == 200
    edition, kept = db.session.scalar(sa.select(Module.edition)), len(versions())
    again = one.send(body, **{"If-Match": f'"{base}"'})
    assert again.status_code == 200
    db.session.expire_all()
    assert (db.session.scalar(sa.select(Module.edition)), len(versions())) == (edition, kept)
    assert draft().settings["source"] == "Lain sama sekali\n"


def test_changes_on_an_unknown_state_ask_for_the_whole_form(two):
    one, _other, draft = two(LESSON)
    one.typed["s-source"] += " Akhir."
    body = one.edits()
    for wrong in ({}, {**body, "texts": {"s-source": [0, 5, "x", 7]}}, {**body, "texts": {"s-source": [9]}}):
        answer = one.send(wrong)
        assert (answer.status_code, answer.get_json()) == (409, {"whole": True})
    assert one.send(body, **{"If-Match": '"0123456789abcdef"'}).status_code == 409
    assert one.send(body, **{"If-Match": ""}).status_code == 409
    assert "Akhir" not in draft().settings["source"]
    assert one.save().status_code == 200
    assert one.browser.post(one.url, forge=True, data="{}", content_type="application/json", headers=JSON).status_code == 400


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_what_the_server_knows_of_a_form_is_what_its_page_posts(two, app, kind):
    one, _other, draft = two({"type": kind.key, "key": "kegiatan", "settings": kind.example})
    with app.test_request_context():
        actor = load_actor(db.session.scalar(sa.select(Module.owner_id)), NOON.date())
        known = fields_of(open_saved(actor, db.session.scalars(sa.select(Module)).one(), draft()).forms)
    page = state_of((name, text) for name, texts in one.typed.items() for text in (texts if isinstance(texts, list) else [texts]))
    assert {name: texts for name, texts in page.items() if known.get(name) != texts and any(texts)} == {}
    assert {name: texts for name, texts in known.items() if name not in page and any(texts)} == {}
    one.typed["title"] = "Judul lain"
    stored = draft().settings
    assert one.save().status_code == 200
    assert (draft().title, draft().settings) == ("Judul lain", stored)


# -- what cannot be saved yet ------------------------------------------------------------------------------------------------------------


def test_what_is_unfinished_is_kept_and_comes_back(two):
    one, other, draft = two(JOURNAL)
    one.typed |= {"title": "", "s-intro": "Setengah kalimat", "rule_mode": "own", "rule_own": "any: [acc"}
    answer = one.save()
    assert answer.status_code == 422
    assert answer.get_json()["problems"][0] == "Title: This field is required."
    assert (draft().title, draft().settings["intro"]) == ("Jurnal", "Tulis.")
    page = one.load()
    assert "You left this unfinished" in text_of(page)
    assert (one.typed["title"], one.typed["s-intro"], one.typed["rule_own"]) == ("", "Setengah kalimat", "any: [acc")
    assert other.load().status_code == 200
    assert other.typed["s-intro"] == "Tulis.", "nobody else sees it"
    one.typed |= {"title": "Jurnal kedua", "rule_mode": "default", "rule_own": ""}
    assert one.save().status_code == 200
    assert (draft().title, draft().settings["intro"]) == ("Jurnal kedua", "Setengah kalimat")
    assert "unfinished" not in text_of(one.load())


def test_who_gives_up_what_was_unfinished_finds_it_in_the_history(two):
    one, _other, _draft = two(JOURNAL)
    one.typed |= {"title": "", "s-intro": "Setengah kalimat"}
    assert one.save().status_code == 422
    assert one.browser.post(f"{one.url}/give-up").location == one.url
    one.load()
    assert (one.typed["title"], one.typed["s-intro"]) == ("Jurnal", "Tulis.")
    assert "not saved yet" in text_of(one.browser.get(f"{one.url}/history"))
    kept = next(version for version in versions() if version.what is What.UNFINISHED)
    assert "Setengah kalimat" in text_of(one.browser.get(f"{one.url}/history/{kept.id}"))


# -- two -------------------------------------------------------------------------------------------------------------------------------


def test_different_fields_are_joined(two):
    one, other, draft = two(JOURNAL)
    one.typed |= {"s-intro": "Pembuka baru", "s-prompts-0-title": "Apa saja?"}
    other.typed |= {"minutes": "40", "s-prompts-2-prompt": "Lalu di kantor?", "tags": "BP1"}
    assert one.save().get_json()["joined"] is False
    answer = other.save()
    assert (answer.status_code, answer.get_json()["joined"]) == (200, True)
    saved = draft()
    assert (saved.settings["intro"], saved.minutes, saved.tags) == ("Pembuka baru", 40, ["BP1"])
    assert [row["title"] for row in saved.settings["prompts"]] == ["Apa saja?", "Lalu", "Kini"]
    assert saved.settings["prompts"][2]["prompt"] == "Lalu di kantor?"
    assert other.typed["s-intro"] == "Pembuka baru", "and the later one sees it"


@pytest.mark.parametrize(("choice", "texts"), [("mine", ["Teks dua"]), ("theirs", ["Teks satu"]), ("both", ["Teks dua\n\nTeks satu"])])
def test_the_same_field_is_a_choice_and_both_texts_stay(two, choice, texts):
    one, other, draft = two(JOURNAL)
    one.typed["s-intro"], other.typed["s-intro"], other.typed["minutes"] = "Teks satu", "Teks dua", "33"
    assert one.save().status_code == 200
    met = other.save()
    assert met.status_code == 412
    told = met.get_json()
    assert told["who"] == "Ibu Satu"
    clash = {"unit": "s-intro", "label": "Task", "mine": "Teks dua", "theirs": "Teks satu", "joinable": True}
    assert told["clashes"] == [{**clash, "label": told["clashes"][0]["label"]}]
    assert draft().settings["intro"] == "Teks satu"
    one.typed["s-intro"] = "Teks satu lagi"
    assert one.save().status_code == 200
    again = other.save(decided={"s-intro": choice}, seen=other.seen)
    assert again.status_code == 412, "a choice counts for the text that was shown"
    one.typed["s-intro"] = "Teks satu"
    assert one.save().status_code == 200
    assert other.save().status_code == 412
    assert other.save(decided={"s-intro": choice}, seen=other.seen).status_code == 200
    assert ([draft().settings["intro"]], draft().minutes) == (texts, 33)
    kept = [text for version in versions() for name, text in version.data["fields"] if name == "s-intro"]
    assert {"Teks satu", "Teks dua", "Teks satu lagi"} <= set(kept)


def test_two_lists_are_one_choice_and_can_be_put_together(two):
    one, other, draft = two(JOURNAL)
    for writer, key in ((one, "satu"), (other, "dua")):
        writer.typed |= {"s-prompts-3-key": key, "s-prompts-3-title": key, "s-prompts-3-prompt": "?"}
    assert one.save().status_code == 200
    met = other.save()
    assert [clash["unit"] for clash in met.get_json()["clashes"]] == ["s-prompts"]
    assert "satu" in met.get_json()["clashes"][0]["theirs"]
    assert other.save(decided={"s-prompts": "both"}, seen=other.seen).status_code == 200
    assert [row["key"] for row in draft().settings["prompts"]] == ["apa", "lalu", "kini", "dua", "satu"]


def test_without_a_script_different_fields_are_joined_too(two):
    one, other, draft = two(JOURNAL)
    mine, theirs = (form_of(writer.browser.get(writer.url)) for writer in (one, other))
    assert one.browser.post(one.url, data=mine | {"s-intro": "Pembuka"}).status_code == 302
    assert other.browser.post(other.url, data=theirs | {"minutes": "44"}).status_code == 302
    assert (draft().settings["intro"], draft().minutes) == ("Pembuka", 44)


def test_what_a_module_says_is_saved_in_the_same_way(two):
    one, other, _draft = two(JOURNAL, "about")
    one.typed["summary_id"], other.typed["audience_id"] = "Ringkasan", "Semua pegawai"
    assert (one.save().status_code, other.save().status_code) == (200, 200)
    db.session.expire_all()
    about = db.session.scalar(sa.select(Module.about))
    assert (about["summary"]["id"], about["audience"]["id"]) == ("Ringkasan", "Semua pegawai")
    one.load()
    one.typed["title_id"] = ""
    assert one.save().status_code == 422
    assert "You left this unfinished" in text_of(one.load())
    one.typed["title_id"] = "Judul modul"
    assert one.save().status_code == 200
    history = text_of(one.browser.get(f"{one.url}/history"))
    assert "Changed: Title in Indonesian" in history
    assert one.browser.get(f"{one.url}/history/{versions()[0].id}").status_code == 200


def test_who_else_is_here(two):
    one, other, _draft = two(JOURNAL)
    with at(NOON):
        assert one.browser.post(f"{one.url}/here", headers=JSON).get_json()["others"] == []
        assert other.browser.post(f"{one.url}/here", headers=JSON).get_json() == {"others": ["Ibu Satu"], "mark": one.mark}
        assert "Also opened by Pak Dua" in text_of(one.load())
    with at(NOON + dt.timedelta(seconds=61)):
        assert one.browser.post(f"{one.url}/here", headers=JSON).get_json()["others"] == []
    db.session.expire_all()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Presence)) == 2, "one row a person and page"


def test_saving_and_being_here_cost_few_statements(two, queries):
    one, _other, _draft = two(LESSON)
    for text in ("Satu", "Dua"):
        one.typed["s-source"] = text
        with queries() as seen:
            assert one.save().status_code == 200
    assert len(seen) <= 20, seen
    with queries() as seen:
        one.browser.post(f"{one.url}/here", headers=JSON)
    assert len(seen) <= 9, seen


# -- three states ------------------------------------------------------------------------------------------------------------------------

STATES = st.dictionaries(st.sampled_from(["title", "s-intro", "tags"]), st.lists(st.sampled_from("abc "), min_size=1, max_size=1))


@given(STATES, STATES, STATES)
def test_joining_three_states(before, mine, theirs):
    def filled(state):
        return {name: texts for name, texts in state.items() if texts != [" "]}

    assert filled(merge(before, mine, before, {})[0]) == filled(mine)
    assert filled(merge(before, before, theirs, {})[0]) == filled(theirs)
    merged, clashes = merge(before, mine, theirs, {})
    assert (sorted(clashes)) == sorted(merge(before, theirs, mine, {})[1])
    for name in {*before, *mine, *theirs}:
        old, own, other = (filled(state).get(name) for state in (before, mine, theirs))
        assert (name in clashes) == (old != own != other != old)
        assert filled(merged).get(name) == (other if own == old else own)
    assert merge(None, mine, theirs, {})[1] == [name for name in {**mine, **theirs} if filled(mine).get(name) != filled(theirs).get(name)]


# -- any order ---------------------------------------------------------------------------------------------------------------------------

FIELDS = {"title": ["Satu", "Dua", ""], "s-intro": ["a", "b", "c"], "minutes": ["5", "6", "banyak"], "s-prompts-1-title": ["x", "y"]}
WHO = st.integers(0, 1)
STEP = st.one_of(
    st.tuples(st.just("type"), WHO, st.sampled_from(sorted(FIELDS)), st.integers(0, 2)),
    st.tuples(st.just("save"), WHO, st.sampled_from(["answered", "lost", "unheard", "twice"]), st.sampled_from(["mine", "theirs", "both"])),
    st.tuples(st.just("reload"), WHO, st.booleans(), st.none()),
)


@settings(
    max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example([("type", 0, "s-intro", 0), ("save", 0, "answered", "mine"), ("type", 1, "s-intro", 1), ("save", 1, "twice", "mine")])
@example([("type", 0, "title", 0), ("save", 0, "unheard", "mine"), ("type", 1, "title", 2), ("save", 1, "answered", "theirs")])
@given(st.lists(STEP, min_size=6, max_size=14))
def test_whatever_happens_nothing_acknowledged_is_lost_and_nothing_unseen_overwritten(two, steps):
    db.session.execute(sa.delete(DraftVersion))
    *writers, _draft = two(JOURNAL)
    module = db.session.scalar(sa.select(Module.id).where(Module.key == writers[0].url.split("/")[2]))
    acknowledged = set()

    def current():
        db.session.expire_all()
        activity = db.session.scalar(sa.select(Activity).where(Activity.module_id == module))
        intro, prompts = activity.settings["intro"], activity.settings["prompts"]
        return {"title": activity.title, "s-intro": intro, "minutes": str(activity.minutes), "s-prompts-1-title": prompts[1]["title"]}

    def deliver(writer, fate, choice):
        changed = {name for name in FIELDS if writer.base is None or writer.typed[name] != writer.base[name]}
        base, before, asked = writer.base, current(), {}
        answer = writer.send(writer.edits())
        if answer.status_code == 412:
            acknowledged.update((name, writer.typed[name]) for name in changed)
            asked = {clash["unit"]: choice for clash in answer.get_json()["clashes"]}
            answer = writer.send({**writer.edits(), "decided": asked, "seen": answer.get_json()["seen"]})
        if fate == "twice":
            answer = writer.send({**writer.edits(), "decided": asked})
        assert answer.status_code in (200, 422) or fate == "twice"
        after = current()
        for name in FIELDS:
            if before[name] != after[name]:
                assert name in changed, "a save changes what its author has changed"
                seen = base is None or before[name] == base[name] or before[name] == writer.typed[name]
                assert seen or name in asked, f"{name}: {before[name]!r} was overwritten unseen"
        if fate != "unheard":
            acknowledged.update((name, writer.typed[name]) for name in changed)
            writer.take(answer, dict(writer.typed))

    for verb, who, what, how in steps:
        writer = writers[who]
        if verb == "type":
            writer.typed[what] = FIELDS[what][how % len(FIELDS[what])]
        elif verb == "save" and what != "lost":
            deliver(writer, what, how)
        elif verb == "reload":
            mark, kept = writer.mark, dict(writer.typed)
            writer.load()
            if what:  # the device has kept what was typed
                writer.mark, writer.base, writer.typed = mark, None, kept
    now = current()
    rows = db.session.scalars(sa.select(DraftVersion).where(DraftVersion.module_id == module)).all()
    kept = {(name, text) for version in rows for name, text in version.data["fields"]}
    missing = {pair for pair in acknowledged if pair not in kept and now[pair[0]] != pair[1]}
    assert not missing
