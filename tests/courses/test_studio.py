"""The studio: modules are begun, described, written, ordered and published by those who may write them, without any script."""

import re

import pytest
import sqlalchemy as sa
from support.forms import buttons_of, form_of

from courses.studio import outline, services
from courses.studio.checks import hints_of
from lms import i18n
from lms.db import commit, db
from lms.learning.models import Activity, Module, Revision, RevisionActivity
from lms.learning.services import draft_activities
from lms.registry import activity_types
from lms.testing.client import text_of
from lms.testing.contract import installed

LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "Halo **semua**.\n"}}
VISIT = {
    "type": "field_visit",
    "key": "kunjungan",
    "title": "Kunjungan",
    "settings": {
        "checklist": [{"key": "izin", "text": "Izin ada"}, {"key": "rekan", "text": "Rekan ada"}],
        "lenses": [{"key": "sosial", "title": "Sosial", "prompt": "Siapa?"}],
    },
}
SECTIONS = [{"key": key, "title": {"id": key.title(), "en": key.title()}} for key in ("satu", "dua", "tiga")]


@pytest.fixture
def somewhere(make_module):
    """Make a role of instructor that reaches one small module only: beside it, one's own modules are one's own."""
    return ("instructor", "module", make_module(key="lain", publish=False).id)


@pytest.fixture
def author(make_user, somewhere):
    """Make an instructor who may write their own modules and no one else's."""
    return make_user("Ibu Penulis", roles=[somewhere], language="en")


@pytest.fixture
def write(client, author, make_module):
    """Give (browser, module): the author signed in, and a module of theirs with the given activities."""

    def make(*activities, **options):
        module = make_module(*(activities or (LESSON,)), owner=author, **options)
        return client.as_(author), module

    return make


def draft(module):
    """Return the draft's activities anew, by key."""
    db.session.expire_all()
    return {activity.key: activity for activity in draft_activities(module.id)}


# -- who may -------------------------------------------------------------------------------------------------------------------------


def test_only_who_may_write_finds_a_module(client, write, make_user, somewhere):
    _browser, module = write()
    base = f"/studio/{module.key}"
    pages = [base, *(f"{base}/{page}" for page in ("about", "add", "publish", "pictures", "export.zip", "buka", "buka/delete"))]
    colleague = client.as_(make_user(roles=[somewhere]))
    learner = client.as_(make_user())
    for page in pages:
        assert colleague.get(page).status_code == 404, page
        assert learner.get(page).status_code == 403, page
        assert client.get(page).status_code == 302, page
    for page in ("about", "add", "publish", "pictures", "pictures/remove", "move", "buka", "buka/preview", "buka/delete"):
        assert colleague.post(f"{base}/{page}", data={"up": "buka", "title": "x"}).status_code == 404, page
    assert module.key not in text_of(colleague.get("/studio"))
    assert set(draft(module)) == {"buka"}


def test_the_list_says_state_and_use_in_words(write, make_cohort, make_enrolment):
    browser, module = write()
    cohort = make_cohort(module)
    make_enrolment(cohort)
    assert "revision 1 is published" in text_of(browser.get("/studio"))
    outline.move_by_one(actor=None, module=module, key="buka", up=True)
    services.touch(module)
    commit()
    page = text_of(browser.get("/studio"))
    assert "edited since revision 1" in page
    assert "1 learner" in page
    assert "PKTBT Cohort" in page


def test_pages_ask_as_often_for_thirty_as_for_three(write, make_cohort, make_enrolment, queries):
    browser, module = write(LESSON, VISIT)
    pages = [
        "/studio",
        *(
            f"/studio/{module.key}{page}"
            for page in ("", "/about", "/add", "/publish", "/pictures", "/buka", "/kunjungan", "/kunjungan/delete")
        ),
    ]
    counts = []
    for learners, cohorts, lessons in ((3, 1, 1), (27, 4, 26)):
        for _cohort in range(cohorts):
            cohort = make_cohort(module)
            for _learner in range(learners):
                make_enrolment(cohort)
        for number in range(lessons):
            values = {"type": "lesson", "title": f"Pelajaran {learners} {number}", "section": "satu", "key": ""}
            services.add_activity(actor=_Actor(), module=module, values=values)
        commit()
        seen = []
        for page in pages:
            with queries() as statements:
                assert browser.get(page).status_code == 200, page
            seen.append(len(statements))
        counts.append(dict(zip(pages, seen, strict=True)))
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 12, counts[0]


class _Actor:
    """Nobody in particular."""

    id = None


# -- modules -------------------------------------------------------------------------------------------------------------------------


def test_a_new_module_needs_a_title_only(client, author):
    browser = client.as_(author)
    answer = browser.post("/studio/new", data={"title_id": "Melayani dengan hati", "summary_id": "Dua kalimat."})
    assert answer.location == "/studio/melayani-dengan-hati"
    module = db.session.scalar(sa.select(Module).where(Module.key == "melayani-dengan-hati"))
    assert module.owner_id == author.id
    assert [section["key"] for section in module.about["sections"]] == ["mulai"]
    assert browser.get(answer.location).status_code == 200
    assert "/studio/melayani-dengan-hati" in browser.get("/studio").get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title_id": ""}, "This field is required."),
        ({"title_id": "Modul", "key": "Besar Sekali"}, "small letters"),
        ({"title_id": "Modul", "key": "new"}, "taken by a page"),
        ({"title_id": "Modul", "key": "ada"}, "There is a module with the key"),
        ({"title_id": "!!!"}, "Write a key"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(client, author, make_module, values, words):
    make_module(key="ada")
    answer = client.as_(author).post("/studio/new", data={"summary_id": "Ketikan saya.", **values})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "Ketikan saya." in text_of(answer)


def test_about_keeps_both_languages_and_the_order_of_sections(write):
    browser, module = write(LESSON, VISIT | {"section": "dua"}, sections=SECTIONS)
    url = f"/studio/{module.key}/about"
    fields = form_of(browser.get(url), "")
    fields |= {"title_en": "New title", "op": "up:sections-1", "outcomes-0-en": ""}
    moved = browser.post(url, data=fields)
    assert moved.status_code == 200
    fields = form_of(moved, "")
    assert (fields["title_en"], fields["sections-0-title_id"]) == ("New title", "Dua"), "typed text survives the moving of a row"
    fields |= {"sections-1-jp": "1,5", "sections-1-form": "practice", "checked_on": "2026-11-21"}
    assert browser.post(url, data=fields).status_code == 302
    db.session.expire_all()
    about = module.about
    assert about["title"]["en"] == "New title"
    assert [section["key"] for section in about["sections"]] == ["dua", "satu", "tiga"]
    assert about["sections"][1]["jp"] == 1.5
    assert "en" not in about["outcomes"][0]
    assert about["checked_on"] == "2026-11-21"
    assert list(draft(module)) == ["kunjungan", "buka"], "activities follow their sections"


def test_a_section_is_added_without_script_and_one_that_holds_something_stays(write):
    browser, module = write(LESSON, sections=SECTIONS)
    url = f"/studio/{module.key}/about"
    grown = form_of(browser.post(url, data=form_of(browser.get(url), "") | {"op": "add:sections"}), "")
    assert grown["sections-3-title_id"] == ""
    grown |= {"sections-3-title_id": "Penutup yang baik", "sections-3-title_en": "A good end"}
    assert browser.post(url, data=grown).status_code == 302
    db.session.expire_all()
    assert module.about["sections"][-1]["key"] == "penutup-yang-baik", "the key is made from the title"
    fields = form_of(browser.post(url, data=form_of(browser.get(url), "") | {"op": "remove:sections-0"}), "")
    refused = browser.post(url, data=fields)
    assert refused.status_code == 422
    assert "still holds 1 activity" in text_of(refused)


def test_two_people_at_the_description_see_both_texts(write):
    browser, module = write()
    url = f"/studio/{module.key}/about"
    mine = form_of(browser.get(url), "") | {"title_en": "Mine"}
    theirs = form_of(browser.get(url), "") | {"title_en": "Theirs"}
    assert browser.post(url, data=theirs).status_code == 302
    met = browser.post(url, data=mine)
    assert met.status_code == 409
    assert "Theirs" in text_of(met)
    assert form_of(met, "")["title_en"] == "Mine"
    db.session.expire_all()
    assert module.about["title"]["en"] == "Theirs"
    assert browser.post(url, data=form_of(met, "")).status_code == 302, "who has seen both may decide"


# -- the outline ---------------------------------------------------------------------------------------------------------------------


def test_activities_move_over_the_borders_of_sections(write):
    lessons = [LESSON | {"key": key, "section": section} for key, section in (("a", "satu"), ("b", "satu"), ("c", "tiga"))]
    browser, module = write(*lessons, sections=SECTIONS)
    url = f"/studio/{module.key}/move"

    def order():
        return [(activity.key, activity.section, activity.position) for activity in draft(module).values()]

    browser.post(url, data={"up": "b"})
    assert order() == [("b", "satu", 1), ("a", "satu", 2), ("c", "tiga", 3)]
    browser.post(url, data={"down": "a"})
    assert order() == [("b", "satu", 1), ("a", "dua", 2), ("c", "tiga", 3)]
    browser.post(url, data={"up": "c"})
    assert order() == [("b", "satu", 1), ("a", "dua", 2), ("c", "dua", 3)]
    before = order()
    browser.post(url, data={"up": "b"})
    browser.post(url, data={"down": "tidak-ada"})
    assert order() == before


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_every_type_can_be_added_and_waits_to_be_written(write, kind):
    browser, module = write()
    assert kind.key in browser.get(f"/studio/{module.key}/add").get_data(as_text=True)
    added = browser.post(f"/studio/{module.key}/add", data={"type": kind.key, "title": "Latihan baru", "section": "satu", "key": ""})
    assert added.location == f"/studio/{module.key}/latihan-baru"
    assert browser.get(added.location).status_code == 200
    assert browser.get(f"/studio/{module.key}").status_code == 200
    blank = kind.settings.from_data({}).validate()
    refused = browser.post(f"/studio/{module.key}/publish", data={"note": "Catatan saya"})
    assert refused.status_code == (302 if blank else 422)
    if not blank:
        assert "Publish it" not in text_of(browser.get(f"/studio/{module.key}/publish"))
        assert "has not been written yet" in text_of(refused)
        assert "Catatan saya" in refused.get_data(as_text=True)


def test_a_key_is_never_used_twice_in_the_life_of_a_module(write):
    browser, module = write(LESSON, LESSON | {"key": "salam", "title": "Salam"})
    browser.post(f"/studio/{module.key}/salam/delete")
    add = {"type": "lesson", "title": "Salam", "section": "satu"}
    assert browser.post(f"/studio/{module.key}/add", data=add).location.endswith("/salam-2"), "learners' progress hangs on the old key"
    assert browser.post(f"/studio/{module.key}/add", data=add | {"title": "Publish"}).location.endswith("/publish-2")
    taken = browser.post(f"/studio/{module.key}/add", data=add | {"key": "buka"})
    assert taken.status_code == 422
    assert "There is an activity with the key" in text_of(taken)


def test_deleting_asks_first_and_takes_nothing_from_learners(write, make_cohort, make_enrolment):
    browser, module = write(LESSON, VISIT | {"requires": ["buka"]})
    cohort = make_cohort(module)
    learner = make_enrolment(cohort)
    ask = browser.get(f"/studio/{module.key}/buka/delete")
    assert "Kunjungan waits for it" in text_of(ask)
    assert "buka" in draft(module)
    assert browser.post(f"/studio/{module.key}/buka/delete").status_code == 302
    assert {key: activity.requires for key, activity in draft(module).items()} == {"kunjungan": []}
    kept = db.session.scalars(sa.select(RevisionActivity.key).order_by(RevisionActivity.position)).all()
    assert kept == ["buka", "kunjungan"]
    assert learner.cohort_id == cohort.id


def test_activities_of_a_missing_plugin_can_be_renamed_moved_and_deleted(write):
    browser, module = write(LESSON, LESSON | {"key": "jajak", "title": "Jajak pendapat"})
    db.session.execute(
        sa.update(Activity).where(Activity.key == "jajak").values(type="poll_of_old", settings={"question": "Teh?"}, rule={"passed": 50})
    )
    outline = text_of(browser.get(f"/studio/{module.key}"))
    assert "Needs a plugin that is not installed" in outline
    page = browser.get(f"/studio/{module.key}/jajak")
    assert "What it holds is kept as it is" in text_of(page)
    browser.post(f"/studio/{module.key}/jajak", data=form_of(page) | {"title": "Jajak lama"})
    browser.post(f"/studio/{module.key}/move", data={"up": "jajak"})
    kept = draft(module)["jajak"]
    assert (kept.title, kept.position, kept.settings, kept.rule) == ("Jajak lama", 1, {"question": "Teh?"}, {"passed": 50})
    assert browser.post(f"/studio/{module.key}/jajak/preview", data=form_of(page)).status_code == 422
    assert browser.post(f"/studio/{module.key}/jajak/delete").status_code == 302
    assert set(draft(module)) == {"buka"}


# -- checks --------------------------------------------------------------------------------------------------------------------------


def test_hints_name_what_is_wrong_and_why(write):
    picture = LESSON | {"key": "gambar", "settings": {"source": "![](figures/a.svg)\n\n![Peta](figures/b.svg)\n"}}
    browser, module = write(
        LESSON,
        VISIT,
        picture,
        publish=False,
        sections=[{"key": "satu", "title": {"id": "Satu"}}, {"key": "dua", "title": {"id": "Dua"}, "jp": 1}],
    )
    found = draft(module)
    found["buka"].minutes, found["buka"].requires, found["buka"].rule = 0, ["kunjungan", "hilang"], {"passed": 70}
    found["kunjungan"].requires, found["kunjungan"].section = ["buka"], "lama"
    module.about = module.about | {"summary": {}, "outcomes": [], "audience": {}}
    module.files = {"figures/a.svg": "/media/a.svg"}
    commit()
    i18n.use("en")
    hints = hints_of(module, list(found.values()))
    words = " ".join(hint.sentence for hint in hints)
    for part in (
        "no description",
        "No outcomes",
        "for whom",
        "English",
        "“dua” has hours",
        "no minutes",
        "which is not in this module",
        "wait for each other",
        "a section that is not there",
        "does not offer: passed",
        "figures/b.svg",
        "has no words: “figures/a.svg”",
    ):
        assert part in words, part
    assert all(hint.why for hint in hints)
    assert [hint.must for hint in hints if "wait for each other" in hint.sentence] == [True, True], "neither would ever open"
    assert [hint.must for hint in hints] == sorted((hint.must for hint in hints), reverse=True)
    assert browser.get(f"/studio/{module.key}").status_code == 200
    assert browser.post(f"/studio/{module.key}/publish", data={"note": ""}).status_code == 422


def test_a_type_looks_at_its_own_settings(write, monkeypatch):
    browser, module = write()
    monkeypatch.setattr(type(activity_types_of(browser)["lesson"]), "check", lambda self, settings: ["Teksnya pendek."])
    assert "Pembuka: Teksnya pendek." in text_of(browser.get(f"/studio/{module.key}"))


def activity_types_of(browser):
    """Return the installed types of the application behind a browser."""
    with browser.application.app_context():
        return activity_types()


# -- publishing ----------------------------------------------------------------------------------------------------------------------


def test_publishing_says_what_changed_and_changes_nothing_for_cohorts(write, make_cohort, make_enrolment):
    browser, module = write(LESSON, VISIT, LESSON | {"key": "tutup", "title": "Penutup"})
    cohort = make_cohort(module)
    make_enrolment(cohort)
    url = f"/studio/{module.key}/publish"
    assert "Nothing has changed since revision 1." in text_of(browser.get(url))
    fields = form_of(browser.get(f"/studio/{module.key}/buka"))
    browser.post(f"/studio/{module.key}/buka", data=fields | {"s-source": "Halo lagi.", "minutes": "7"})
    browser.post(f"/studio/{module.key}/tutup/delete")
    page = text_of(browser.get(url))
    assert "It becomes revision 2." in page
    assert re.search(r"Pembuka minutes, Text", page)
    assert "Penutup deleted" in page
    assert "1 learner" in page
    assert browser.post(url, data={"note": "Pembuka lebih jelas"}).status_code == 302
    newest = db.session.scalar(sa.select(Revision).order_by(Revision.number.desc()).limit(1))
    assert (newest.number, newest.note) == (2, "Pembuka lebih jelas")
    outline = text_of(browser.get(f"/studio/{module.key}"))
    assert "revision 2 is published" in outline
    assert "Pembuka lebih jelas" in outline
    assert "Ibu Penulis" in outline
    pinned = db.session.scalar(sa.text("SELECT number FROM revisions r JOIN cohort_modules c ON c.revision_id = r.id"))
    assert pinned == 1
    assert browser.post(url, data={"note": ""}).status_code == 302
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Revision)) == 2


def test_up_and_down_are_offered_where_they_lead_somewhere(write):
    browser, module = write(LESSON, LESSON | {"key": "b"})
    assert buttons_of(browser.get(f"/studio/{module.key}"), "") == [("down", "buka"), ("up", "b")]
