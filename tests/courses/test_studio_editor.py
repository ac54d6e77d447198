"""The editor of an activity: any type's form, rows without script, rules as sentences, two people at once, the preview."""

import html
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.forms import buttons_of, form_of
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired

from lms.api import Form, Rows
from lms.db import db
from lms.learning.models import Activity, Module
from lms.progress.models import Evidence
from lms.testing.client import text_of
from lms.testing.contract import installed
from lms.web import rows

JOURNAL = {
    "type": "journal",
    "key": "jurnal",
    "title": "Jurnal",
    "settings": {
        "intro": "Tulis.",
        "minimum_words": 150,
        "prompts": [{"key": key, "title": key.title(), "prompt": "?"} for key in ("apa", "lalu", "kini")],
        "rubric": [{"key": "isi", "title": "Isi", "weight": 100, "levels": ["a", "b", "c", "d"]}],
    },
}
QUIZ_ITEM = {
    "key": "i1",
    "kind": "single_choice",
    "stem": "Apa yang pertama?",
    "options": [{"text": "Mendengar", "correct": True, "rationale": "Ya."}, {"text": "Bicara", "rationale": "Belum."}],
}


@pytest.fixture
def write(client, make_user, make_module):
    """Give (browser, address, draft): the author signed in, an activity's page, and a call that reads the activity anew."""

    def make(activity, *others, **options):
        author = make_user("Pak Penulis", roles=["instructor"], language="en")
        module = make_module(activity, *others, owner=author, **options)

        def draft():
            db.session.expire_all()
            return db.session.scalar(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == activity["key"]))

        return client.as_(author), f"/studio/{module.key}/{activity['key']}", draft

    return make


def edition():
    """Return how often the only module was changed."""
    db.session.expire_all()
    return db.session.scalar(sa.select(Module.edition))


# -- any type ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_what_the_page_shows_is_what_is_saved(write, kind):
    browser, url, draft = write({"type": kind.key, "key": "kegiatan", "settings": kind.example})
    stored, before = draft().settings, edition()
    page = browser.get(url)
    assert page.status_code == 200
    assert browser.post(url, data=form_of(page)).status_code == 302
    assert draft().settings == stored
    assert (draft().rule, edition()) == (None, before), "saving without a change is none"
    shown = browser.post(f"{url}/preview", data=form_of(page), headers={"Accept": "application/json"})
    assert shown.status_code == 200
    assert "<h1>kegiatan judul</h1>" in shown.get_json()["page"]
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(Evidence))


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_every_list_of_every_type_takes_a_row_more(write, kind):
    browser, url, _draft = write({"type": kind.key, "key": "kegiatan", "settings": kind.example})
    page = browser.get(url)
    fields = form_of(page) | {"title": "Judul yang sedang diketik"}
    for name, value in buttons_of(page):
        if name == "op" and value.startswith("add:"):
            grown = browser.post(url, data=fields | {"op": value})
            assert grown.status_code == 200
            again = form_of(grown)
            assert again["title"] == "Judul yang sedang diketik"
            assert set(fields) <= set(again), "nothing typed is lost"
            assert len(again) > len(fields), value


def test_an_error_keeps_everything_and_saves_nothing(write):
    browser, url, draft = write(JOURNAL)
    fields = form_of(browser.get(url)) | {"s-minimum_words": "banyak", "minutes": "", "s-intro": "Belum <b>jadi</b>", "competencies": "BP9"}
    answer = browser.post(url, data=fields)
    assert answer.status_code == 422
    assert form_of(answer) == fields
    assert 'aria-invalid="true"' in answer.get_data(as_text=True)
    assert "“BP9” is no tag" in text_of(answer)
    assert draft().settings["intro"] == "Tulis."


def test_shared_names_are_kept_and_the_section_decides_the_place(write):
    sections = [{"key": key, "title": {"id": key, "en": key}} for key in ("satu", "dua")]
    lessons = [{"type": "lesson", "key": key, "settings": {"source": "x\n"}, "section": "dua"} for key in ("b", "c")]
    browser, url, draft = write({"type": "lesson", "key": "a", "settings": {"source": "Isi.\n"}}, *lessons, sections=sections)
    values = {
        "title": "Judul baru ",
        "minutes": "12",
        "section": "dua",
        "requires": ["b", "c"],
        "tags": "BP1, mendengar",
        "sources": "Buku satu\r\n\r\nBuku dua",
        "checked_on": "2026-11-21",
        "s-source": "Teks\r\nbaru",
    }
    fields = form_of(browser.get(url)) | values
    del fields["required"]
    assert browser.post(url, data=fields).status_code == 302
    saved = draft()
    assert (saved.title, saved.minutes, saved.section, saved.required, saved.position) == ("Judul baru", 12, "dua", False, 3)
    assert (saved.requires, saved.tags, saved.sources) == (["b", "c"], ["BP1", "mendengar"], ["Buku satu", "Buku dua"])
    assert saved.checked_on.isoformat() == "2026-11-21"
    assert saved.settings["source"] == "Teks\nbaru\n"
    assert "<p>Teks\nbaru</p>" in saved.prepared["html"]


def test_only_what_was_changed_counts_as_changed(write):
    browser, url, draft = write(JOURNAL)
    before = dict(draft().settings)
    assert browser.post(url, data=form_of(browser.get(url)) | {"s-promised_days": "5"}).status_code == 302
    assert draft().settings == before | {"promised_days": 5}
    page = text_of(browser.get(url.replace("jurnal", "publish")))
    assert "Jurnal Answered within days" in page


# -- rows ----------------------------------------------------------------------------------------------------------------------------


def prompts(fields):
    """Return the titles of a journal's prompts in order."""
    return [value for name, value in sorted(fields.items()) if name.startswith("s-prompts-") and name.endswith("-title")]


def test_rows_move_go_and_come_with_what_was_typed(write):
    browser, url, draft = write(JOURNAL)
    fields = form_of(browser.get(url)) | {"s-prompts-1-title": "Lalu bagaimana?"}
    fields = form_of(browser.post(url, data=fields | {"op": "up:s-prompts-1"}))
    assert prompts(fields) == ["Lalu bagaimana?", "Apa", "Kini"]
    fields = form_of(browser.post(url, data=fields | {"op": "down:s-prompts-1"}))
    assert prompts(fields) == ["Lalu bagaimana?", "Kini", "Apa"]
    fields = form_of(browser.post(url, data=fields | {"op": "remove:s-prompts-1"}))
    fields = form_of(browser.post(url, data=fields | {"op": "add:s-prompts"}))
    assert prompts(fields) == ["Lalu bagaimana?", "Apa", ""]
    assert draft().settings["prompts"][0]["title"] == "Apa", "nothing is saved by that"
    last = max(name for name in fields if re.fullmatch(r"s-prompts-\d+-title", name)).removesuffix("-title")
    fields |= {f"{last}-title": "Besok di kantor?", f"{last}-prompt": "Satu langkah."}
    assert browser.post(url, data=fields).status_code == 302
    assert [row["key"] for row in draft().settings["prompts"]] == ["lalu", "apa", "jurnal-besok-di-kantor"]


def test_empty_places_of_a_short_list_are_no_entries(write):
    browser, url, draft = write(JOURNAL)
    fields = form_of(browser.post(url, data=form_of(browser.get(url)) | {"op": "add:s-rubric"}))
    fields |= {"s-rubric-1-title": "Etika", "s-rubric-1-gate": "y", "s-rubric-1-prompt": "Tanpa nama."}
    assert {f"s-rubric-1-levels-{index}" for index in range(4)} <= set(fields), "all four places are offered"
    assert browser.post(url, data=fields).status_code == 302
    assert draft().settings["rubric"][1]["levels"] == []


class Word(Form):
    """A row of a form that no type of ours has."""

    text = StringField("Text", [InputRequired()])
    sure = BooleanField("Sure")
    marks = FieldList(IntegerField("Mark"), "Marks", max_entries=3)


class Strange(Form):
    """A form that no type of ours has."""

    words = Rows(Word, "Words", least=2)
    notes = FieldList(TextAreaField("Note"), "Notes")


@pytest.mark.parametrize(
    ("operation", "texts"),
    [
        ("up:x-words-7", ["b", "a", "c"]),
        ("down:x-words-7", ["a", "c", "b"]),
        ("down:x-words-9", ["a", "b", "c"]),
        ("up:x-words-8", ["a", "b", "c"]),
        ("remove:x-words-2", ["b", "c"]),
        ("add:x-words", ["a", "b", "c", None]),
        ("add:x-nothing", ["a", "b", "c"]),
        ("burn:x-words-2", ["a", "b", "c"]),
        ("remove:x-words", ["a", "b", "c"]),
    ],
)
def test_operations_on_any_form(app, operation, texts):
    posted = MultiDict({f"x-words-{index}-text": text for index, text in ((2, "a"), (7, "b"), (9, "c"))})
    posted.update({"x-words-7-sure": "y", "x-words-7-marks-0": "5", "x-notes-0": "n", "x-notes-1": " ", "op": operation})
    with app.test_request_context():
        form, _fresh = rows.bind(Strange, posted, "x-")
        assert [row["text"] for row in form.data["words"]] == texts
        assert [row["text"] for row in form.data["words"] if row["sure"]] == ["b"], "a row moves with all that is in it"
        assert next(row["marks"] for row in form.data["words"] if row["text"] == "b") == [5]
        assert form.data["notes"] == ["n"]
        assert len({entry.name for entry in rows.pad(form)["words"].entries}) == len(form.data["words"]), "no two rows share a name"


# -- what completes it -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ({"rule_mode": "default"}, None),
        ({"rule_mode": "chosen"}, None),
        ({"rule_mode": "chosen", "rule_accepted": "y"}, {"all": ["submitted", {"minimum_words": 150}, "accepted"]}),
        ({"rule_mode": "chosen", "rule_minimum_words_value": "90"}, {"all": ["submitted", {"minimum_words": 90}]}),
        ({"rule_mode": "own", "rule_own": "any: [accepted, {minimum_words: 400}]"}, {"any": ["accepted", {"minimum_words": 400}]}),
        ({"rule_mode": "own", "rule_own": "submitted"}, "submitted"),
        ({"rule_mode": "own", "rule_own": '{"all": ["submitted", {"minimum_words": 150}]}'}, None),
    ],
)
def test_a_rule_is_chosen_as_a_sentence(write, typed, rule):
    browser, url, draft = write(JOURNAL)
    page = browser.get(url)
    assert "As usual for “Journal”: hand in, write at least 150 words" in text_of(page)
    assert browser.post(url, data=form_of(page) | typed).status_code == 302
    assert draft().rule == rule
    again = form_of(browser.get(url))
    assert browser.post(url, data=again).status_code == 302
    assert draft().rule == rule, "what the page shows is what is saved"


def test_a_visit_can_ask_for_being_there(write):
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    settings = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": prompt, "questions": []}
    browser, url, draft = write({"type": "field_visit", "key": "kunjungan", "settings": settings})
    page = browser.get(url)
    assert "be there" in text_of(page)
    assert browser.post(url, data=form_of(page) | {"rule_mode": "chosen", "rule_attended": "y"}).status_code == 302
    assert draft().rule == {"all": ["submitted", "attended"]}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"rule_mode": "own", "rule_own": "any: [tertawa]"}, "is no rule"),
        ({"rule_mode": "own", "rule_own": "any: [accepted"}, "expected"),
        ({"rule_mode": "own", "rule_own": " "}, "Write a rule"),
        ({"rule_mode": "chosen", "rule_submitted": None, "rule_minimum_words": None}, "Tick at least one"),
        ({"rule_mode": "chosen", "rule_minimum_words_value": ""}, "Write the number or day"),
    ],
)
def test_a_rule_that_is_none_is_said_beside_it(write, typed, words):
    browser, url, draft = write(JOURNAL)
    fields = {name: value for name, value in (form_of(browser.get(url)) | typed).items() if value is not None}
    answer = browser.post(url, data=fields)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert draft().rule is None


def test_percent_with_comma(write):
    browser, url, draft = write({"type": "quiz", "key": "kuis", "settings": {"items": [QUIZ_ITEM]}})
    fields = form_of(browser.get(url)) | {"rule_mode": "chosen", "rule_passed": "y", "rule_passed_value": "85,5"}
    assert browser.post(url, data=fields).status_code == 302
    assert draft().rule == {"passed": 85.5}
    wrong = browser.post(url, data=form_of(browser.get(url)) | {"rule_passed_value": "banyak"})
    assert wrong.status_code == 422
    assert form_of(wrong)["rule_passed_value"] == "banyak"


# -- two at once -----------------------------------------------------------------------------------------------------------------------


def test_who_saves_later_sees_both_texts_and_overwrites_nothing(write):
    browser, url, draft = write(JOURNAL)
    mine = form_of(browser.get(url)) | {"s-intro": "Teks saya", "s-prompts-0-title": "Apa saja?"}
    theirs = form_of(browser.get(url)) | {"s-intro": "Teks rekan", "minutes": "33"}
    assert browser.post(url, data=theirs).status_code == 302
    met = browser.post(url, data=mine)
    assert met.status_code == 409
    words = text_of(met)
    assert "Teks rekan" in words
    assert form_of(met)["minutes"] == "33", "what only the colleague has changed is joined"
    assert form_of(met)["s-intro"] == "Teks saya"
    assert form_of(met)["s-prompts-0-title"] == "Apa saja?"
    assert draft().settings["intro"] == "Teks rekan"
    assert browser.post(url, data=form_of(met)).status_code == 302, "who has seen both may decide"
    assert draft().settings["intro"] == "Teks saya"


def test_a_row_operation_does_not_hide_a_meeting(write):
    browser, url, draft = write(JOURNAL)
    mine = form_of(browser.get(url)) | {"s-intro": "Teks saya"}
    browser.post(url, data=form_of(browser.get(url)) | {"s-intro": "Teks rekan"})
    mine = form_of(browser.post(url, data=mine | {"op": "up:s-prompts-1"}))
    assert browser.post(url, data=mine).status_code == 409
    assert draft().settings["intro"] == "Teks rekan"


def test_a_change_elsewhere_in_the_module_is_no_meeting(write):
    lesson = {"type": "lesson", "key": "lain", "settings": {"source": "Lain.\n"}}
    browser, url, draft = write(JOURNAL, lesson)
    mine = form_of(browser.get(url)) | {"s-intro": "Teks saya"}
    other = url.replace("jurnal", "lain")
    browser.post(other, data=form_of(browser.get(other)) | {"s-source": "Baru."})
    assert browser.post(url, data=mine).status_code == 302
    assert draft().settings["intro"] == "Teks saya"


# -- the preview -----------------------------------------------------------------------------------------------------------------------


def test_the_preview_shows_what_was_typed_and_saves_nothing(write):
    browser, url, draft = write({"type": "lesson", "key": "buka", "settings": {"source": "Lama.\n"}})
    fields = form_of(browser.get(url)) | {"s-source": "## Baru\n\n<script>x</script> [ke luar](https://contoh.id)", "title": "Judul <baru>"}
    shown = browser.post(f"{url}/preview", data=fields, headers={"Accept": "application/json"}).get_json()["page"]
    assert "Baru</h2>" in shown
    assert "<script" not in shown
    assert "Judul &lt;baru&gt;" in shown
    assert ' href="https://contoh.id"' not in shown, "a link inside the frame would lead to an error page"
    assert "data-href" in shown
    page = browser.post(f"{url}/preview", data=fields)
    assert page.status_code == 200
    frame = re.search(r'<iframe[^>]* sandbox="allow-same-origin" srcdoc="([^"]*)"', page.get_data(as_text=True))
    assert "Baru</h2>" in html.unescape(frame[1])
    assert form_of(page)["s-source"] == fields["s-source"]
    assert page.get_data(as_text=True).index("<iframe") < page.get_data(as_text=True).index('id="editor"'), "above the form"
    assert draft().settings["source"] == "Lama.\n"


def test_the_preview_says_what_it_waits_for(write):
    browser, url, _draft = write(JOURNAL)
    fields = form_of(browser.get(url)) | {"s-prompts-1-prompt": "", "s-minimum_words": ""}
    answer = browser.post(f"{url}/preview", data=fields, headers={"Accept": "application/json"})
    assert answer.status_code == 200, "half a sentence is no error while somebody types"
    assert answer.get_json()["page"] == ""
    assert answer.get_json()["problems"] == [
        "Minimum words: This field is required.",
        "Own prompts 2 · Question or hint: This field is required.",
    ]
    assert browser.post(f"{url}/preview", data=fields).status_code == 422


def test_the_script_is_small():
    script = Path(rows.__file__).parent / "static" / "editor.js"
    assert script.stat().st_size <= 4096


def test_of_the_behaviours_what_is_ticked_is_shown_and_all_on_request(write):
    browser, url, draft = write(JOURNAL | {"tags": ["BP1", "mendengar"]})

    def offered(page):
        return re.findall(r'name="tags"[^>]*value="(\w+)"', page.get_data(as_text=True))

    first = browser.get(url)
    assert offered(first) == ["BP1"]
    every = browser.post(url, data=form_of(first) | {"title": "Lain", "every": "yes"})
    assert (len(offered(every)), form_of(every)["tags"], form_of(every)["title"]) == (21, "BP1", "Lain")
    assert browser.post(url, data=form_of(every) | {"tags": ["BP1", "KL3"]}).status_code == 302
    assert draft().tags == ["BP1", "KL3", "mendengar"]
    assert offered(browser.get(url)) == ["BP1", "KL3"]


def test_of_a_long_module_the_last_activities_are_offered_first_and_all_on_request(client, make_user, make_module):
    author = make_user("Ibu Penulis", roles=["instructor"], language="en")
    lessons = [{"type": "lesson", "key": f"a{place}", "title": f"A{place}", "settings": {"source": "Halo.\n"}} for place in range(14)]
    module = make_module(*lessons, {**lessons[0], "key": "akhir", "title": "Akhir", "requires": ["a2"]}, owner=author)
    browser, url = client.as_(author), f"/studio/{module.key}/akhir"

    def offered(page):
        return re.findall(r'name="requires"[^>]*value="(\w+)"', page.get_data(as_text=True))

    first = browser.get(url)
    assert offered(first) == ["a2", *(f"a{place}" for place in range(6, 14))]
    assert "Show 5 earlier activities" in text_of(first)
    typed = form_of(first) | {"title": "Lain", "every": "yes"}
    every = browser.post(url, data=typed)
    assert offered(every) == [f"a{place}" for place in range(14)]
    assert form_of(every)["title"] == "Lain"
    saved = form_of(every) | {"requires": ["a0", "a2"]}
    assert browser.post(url, data=saved).status_code == 302
    assert db.session.scalars(sa.select(Activity.requires).where(Activity.key == "akhir")).one() == ["a0", "a2"]


def test_how_to_write_is_a_page_and_for_the_editor_its_words_alone(client, make_user, make_module):
    page = client.get("/help/writing")
    assert "!!! task" in page.get_data(as_text=True)
    part = client.get("/help/writing", headers={"X-Part": "1"}).get_data(as_text=True)
    assert "!!! task" in part
    assert "<html" not in part
