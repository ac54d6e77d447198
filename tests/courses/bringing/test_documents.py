"""Word documents and slides become lessons; those that mean harm are refused in a sentence, or are harmless."""

import contextlib
import datetime as dt
import io
import re
import zipfile

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx.util import Inches
from support import offices
from support.forms import form_of

from courses.bringing import outlines
from courses.bringing import services as bringing
from courses.bringing.documents import found_in
from courses.bringing.models import Brought
from courses.bringing.sieve import Left
from courses.bringing.wordpages import page_of
from lms.db import commit, db, utcnow
from lms.errors import ContentError, Refused
from lms.learning.models import Activity, Module
from lms.learning.services import draft_activities
from lms.people.access import load_actor
from lms.testing.client import text_of

HANDOUT = offices.word(offices.handout)
TALK = offices.slides(offices.talk)
BODY = "word/document.xml"


# -- what a document becomes ---------------------------------------------------------------------------------------------------------------


def test_short_chapters_are_one_lesson_and_keep_their_headings():
    found = found_in(HANDOUT, "Bahan_ajar (1).docx")
    assert found.title == "Mendengar di loket"
    (lesson,) = found.lessons
    assert re.findall("^#+ .*", lesson.text, re.MULTILINE) == ["## Sapa", "### Sapa lagi", "## Tunggu", "### Tunggu lagi"]
    assert "- satu\n- dua\n" in lesson.text
    assert "| Ucapan | Arti |\n| --- | --- |\n| “Sabar” | tunda |" in lesson.text
    assert lesson.text.endswith("![](figures/gambar-1.png)\n")
    assert found.pictures == {"figures/gambar-1.png": offices.picture()}


def test_long_chapters_are_sections_split_at_their_headings():
    found = found_in(offices.word(lambda document: offices.handout(document, 500)), "x.docx")
    assert [(chapter.title, [lesson.title for lesson in chapter.lessons]) for chapter in found.chapters] == [
        ("Mendengar di loket", ["Mendengar di loket"]),
        ("Sapa", ["Sapa", "Sapa lagi"]),
        ("Tunggu", ["Tunggu", "Tunggu lagi"]),
    ]
    assert not any(lesson.is_long for lesson in found.lessons)


def test_slides_become_sections_of_lessons_with_what_the_speaker_says():
    found = found_in(TALK, "x.pptx")
    assert found.title == "Melayani dengan empati"
    assert [(chapter.title, [lesson.title for lesson in chapter.lessons]) for chapter in found.chapters] == [
        ("Melayani dengan empati", ["Tiga langkah"]),
        ("Latihan", ["Alur"]),
    ]
    steps, flow = (lesson.text for lesson in found.lessons)
    assert (
        steps
        == '- Sapa\n    - dengan nama\n- Tunggu\n\n!!! note "What the speaker says"\n    Ceritakan kisah Bu Rini.\n\n    Beri waktu.\n'
    )
    assert flow == "![Alur warga dari pintu ke loket](figures/gambar-1.png)\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n"
    assert found.left == {Left.HIDDEN}


def test_many_slides_are_several_lessons_and_a_slide_that_goes_on_has_no_heading_of_its_own():
    def build(deck):
        for number in range(20):
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = f"Bagian {number // 2}"
            slide.placeholders[1].text_frame.text = offices.sentence(40)

    found = found_in(offices.slides(build), "x.pptx")
    assert [lesson.title for lesson in found.lessons] == ["Bagian 0", "Bagian 6"]
    assert found.lessons[0].text.count("## ") == 5
    assert sum(lesson.words for lesson in found.lessons) == 20 * 40 + 2 * 8


def test_a_heading_alone_above_all_others_is_the_title():
    def build(document):
        document.add_heading("Judul", 1)
        for number in range(3):
            document.add_heading(f"Bagian {number}", 2)
            document.add_paragraph(offices.sentence(400))

    found = found_in(offices.word(build), "x.docx")
    assert found.title == "Judul"
    assert [lesson.title for lesson in found.lessons] == ["Bagian 0", "Bagian 1", "Bagian 2"]


@given(st.lists(st.tuples(st.sampled_from(["", "## ", "### ", "#### "]), st.integers(0, 500)), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_no_word_is_lost_or_doubled_when_a_text_is_split(parts):
    lines = []
    for number, (mark, count) in enumerate(parts, start=1):
        lines += [f"{mark}H{number}"] if mark else []
        lines += [" ".join(f"k{number}x{place}" for place in range(count))]
    chapters = outlines.chapters_of("\n\n".join(line for line in lines if line), "Judul")
    words = [word for chapter in chapters for lesson in chapter.lessons for word in re.findall(r"k\d+x\d+", lesson.text)]
    assert words == [f"k{number}x{place}" for number, (_mark, count) in enumerate(parts, start=1) for place in range(count)]
    for lesson in (lesson for chapter in chapters for lesson in chapter.lessons):
        assert not lesson.is_long or not re.search("^## ", lesson.text, re.MULTILINE)


def test_footnotes_go_with_the_lesson_that_cites_them():
    text = (
        "## A\n\nsatu[^1] "
        + offices.sentence(400)
        + "\n\n## B\n\ndua[^2] "
        + offices.sentence(400)
        + "\n\n[^1]: Ini.\n\n[^2]: Itu.\n\n    Lanjut.\n"
    )
    (chapter,) = outlines.chapters_of(text, "Judul")
    first, second = (lesson.text for lesson in chapter.lessons)
    assert first.endswith("\n\n[^1]: Ini.\n")
    assert second.endswith("\n\n[^2]: Itu.\n\n    Lanjut.\n")


# -- documents that mean harm --------------------------------------------------------------------------------------------------------------


def changed(data, **parts):
    """Return a document with other parts: `body="…"` replaces the text of the document."""
    return offices.repacked(data, lambda held: held.update({BODY if name == "body" else name: part for name, part in parts.items()}))


TEXT = zipfile.ZipFile(io.BytesIO(HANDOUT)).read(BODY).decode()
HEAD = '<?xml version="1.0"?>'
ENTITIES = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))


def hidden(parts):
    """Let the document be a part that is not named as XML is, and far too long."""
    parts["word/body.bin"] = TEXT.replace("<w:body>", "<w:body>" + "<w:p/>" * 800_000).encode()
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"word/document.xml", b"word/body.bin")


BOMBS = {
    "entities": lambda: changed(HANDOUT, body=f'{HEAD}<!DOCTYPE x [<!ENTITY a0 "ha">{ENTITIES}]><x>&a9;</x>'.encode()),
    "a file of the server": lambda: changed(
        HANDOUT, body=f'{HEAD}<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'.encode()
    ),
    "entities in another encoding": lambda: changed(
        HANDOUT, body='<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16")
    ),
    "zip bomb": lambda: changed(HANDOUT, **{"word/media/x.png": b"\0" * (39 * 1024 * 1024)}),
    "large text": lambda: changed(HANDOUT, body=TEXT.replace("<w:body>", "<w:body>" + "<w:p/>" * 800_000).encode()),
    "a text under another name": lambda: offices.repacked(HANDOUT, hidden),
    "deep": lambda: changed(HANDOUT, body=TEXT.replace("<w:body>", "<w:body>" + "<w:sdt>" * 5_000 + "</w:sdt>" * 5_000).encode()),
    "a way out": lambda: changed(HANDOUT, **{"../../etc/cron.d/x": b"x"}),
    "no XML": lambda: changed(HANDOUT, body=b"PK"),
    "no text": lambda: offices.word(lambda document: None),
    "no document": lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 2000,
    "cut off": lambda: HANDOUT[: len(HANDOUT) // 2],
    "too large": lambda: b"PK" + b"\0" * (20 * 1024 * 1024),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BOMBS)
def test_a_document_that_means_harm_is_refused_in_a_sentence(name):
    with pytest.raises(ContentError) as caught:
        found_in(BOMBS[name](), "x.docx")
    assert str(caught.value).endswith(".")


def test_a_picture_that_lies_elsewhere_is_not_fetched(monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *_arguments, **_more: pytest.fail("a file was opened"))
    rels = "word/_rels/document.xml.rels"

    def elsewhere(parts):
        parts[rels] = re.sub(rb'Target="media/image1.png"', b'Target="file:///etc/passwd" TargetMode="External"', parts[rels])
        parts[BODY] = parts[BODY].replace(b"r:embed=", b"r:link=")

    found = found_in(offices.repacked(HANDOUT, elsewhere), "x.docx")
    assert found.pictures == {}
    assert Left.PICTURE in found.left
    assert "passwd" not in "".join(lesson.text for lesson in found.lessons)


@pytest.mark.timeout(20)
def test_long_runs_of_marks_and_blanks_are_read_quickly():
    assert len(outlines.plain("[" * 200_000)) <= outlines.MOST_TITLE
    blanks = "\u2003" * 100_000
    assert page_of(f"<p><b>a{blanks}b</b></p>", frozenset()).markdown.startswith("**a")
    assert page_of(f"<p>a{blanks}b<br>c</p>", frozenset()).markdown.endswith("b  \nc\n")
    assert outlines.Lesson("a", "![" * 100_000).words >= 0


def test_macros_and_embedded_files_stay_outside():
    found = found_in(changed(HANDOUT, **{"word/vbaProject.bin": b"Sub AutoOpen", "word/embeddings/x.exe": b"MZ"}), "x.docx")
    assert Left.MACRO in found.left


def test_a_picture_is_one_by_what_it_holds():
    def build(deck):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = "Judul"
        slide.shapes.add_textbox(Inches(1), Inches(1), Inches(1), Inches(1)).text_frame.text = "Isi"
        slide.shapes.add_picture(io.BytesIO(offices.picture()), Inches(1), Inches(1))

    data = offices.repacked(offices.slides(build), lambda parts: parts.update({"ppt/media/image1.png": b"<svg onload=alert(1)>"}))
    found = found_in(data, "x.pptx")
    assert found.pictures == {}
    assert Left.KIND in found.left


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_what_is_broken_somewhere_is_read_or_refused(data):
    document = bytearray(data.draw(st.sampled_from([HANDOUT, TALK])))
    for _time in range(data.draw(st.integers(1, 6))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ContentError):
        assert found_in(bytes(document), "x.docx").lessons


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_a_document_whose_parts_are_changed_is_read_or_refused(data):
    original = data.draw(st.sampled_from([HANDOUT, TALK]))

    def change(parts):
        name = data.draw(st.sampled_from(sorted(parts)))
        part = parts[name]
        start = data.draw(st.integers(0, len(part)))
        if data.draw(st.booleans()):
            del parts[name]
        else:
            parts[name] = part[:start] + data.draw(st.binary(max_size=4)) + part[start + data.draw(st.integers(0, 20)) :]

    with contextlib.suppress(ContentError):
        assert found_in(offices.repacked(original, change), "x.docx").lessons


# -- the pages -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def author(make_user, make_module):
    """Make an instructor who may write their own modules and no one else's."""
    return make_user("Ibu Penulis", roles=[("instructor", "module", make_module(key="lain", publish=False).id)], language="en")


@pytest.fixture
def browser(client, author):
    """Return the author's browser."""
    return client.as_(author)


def send(browser, data, name="bahan.docx", **fields):
    """Post a document."""
    return browser.post("/studio/import", data={"zip": (io.BytesIO(data), name), **fields})


def bring(browser, data=None, name="bahan.docx"):
    """Post a document; return the address of its outline and the form as a browser would send it."""
    url = send(browser, data or offices.word(lambda document: offices.handout(document, 500)), name).location
    return url, form_of(browser.get(url), "")


def lessons_of(key):
    """Return the activities of a module's draft."""
    db.session.expire_all()
    return draft_activities(db.session.scalar(sa.select(Module.id).where(Module.key == key)))


def test_a_document_becomes_a_new_module_of_drafts(browser, author):
    url, form = bring(browser)
    assert (form["section-1"], form["lesson-1-1"]) == ("Sapa", "Sapa lagi")
    del form["take-2-1"]
    picture = "figures/gambar-1.png"
    assert form[picture] == ""
    answer = browser.post(url, data={**form, "where": "new", "title": "Mendengar", "lesson-1-0": "Menyapa warga", picture: "Alur [warga]"})
    assert answer.location == "/studio/mendengar", text_of(answer)
    module = db.session.scalar(sa.select(Module).where(Module.key == "mendengar"))
    assert module.owner_id == author.id
    assert [section["title"]["id"] for section in module.about["sections"]] == ["Mendengar di loket", "Sapa", "Tunggu"]
    made = lessons_of("mendengar")
    assert [(activity.title, activity.section) for activity in made] == [
        ("Mendengar di loket", "mendengar-di-loket"),
        ("Menyapa warga", "sapa"),
        ("Sapa lagi", "sapa"),
        ("Tunggu", "tunggu"),
    ]
    assert [activity.position for activity in made] == [1, 2, 3, 4]
    assert module.files == {}, "the picture stood in the lesson that was not taken"
    assert browser.get(url).status_code == 404, "forgotten"
    assert browser.get(f"/studio/mendengar/{made[1].key}").status_code == 200


def test_pictures_come_along_with_their_words(browser):
    url, form = bring(browser, TALK, "x.pptx")
    assert form["figures/gambar-1.png"] == "Alur warga dari pintu ke loket"
    assert browser.get(f"{url}/figures/gambar-1.png").data == offices.picture("blue")
    assert browser.get(f"{url}/figures/lain.png").status_code == 404
    browser.post(url, data={**form, "where": "new", "figures/gambar-1.png": "Dari pintu"})
    flow = lessons_of("melayani-dengan-empati")[1]
    assert flow.settings["source"].startswith("![Dari pintu](figures/gambar-1")
    assert "<img" in flow.prepared["html"]


def test_a_document_is_added_to_a_module_of_mine_only(browser, author, make_module, make_user):
    mine = make_module(owner=author)
    theirs = make_module(owner=make_user())
    before = [activity.key for activity in lessons_of(mine.key)]
    url, form = bring(browser, HANDOUT)
    assert browser.post(url, data={**form, "where": str(theirs.id)}).status_code == 422
    assert [activity.key for activity in lessons_of(theirs.key)] == before
    assert browser.post(url, data={**form, "where": str(mine.id)}).location == f"/studio/{mine.key}"
    assert [activity.key for activity in lessons_of(mine.key)] == [*before, "mendengar-di-loket"]


def test_a_document_that_is_kept_twice_at_once_makes_its_lessons_once(app, browser, author, make_module):
    mine = make_module(owner=author)
    url, form = bring(browser, HANDOUT)
    row = db.session.scalars(sa.select(Brought)).one()
    stale = (row.id, row.content, row.pictures)  # as the second request has read it before the first one was through
    assert browser.post(url, data={**form, "where": str(mine.id)}).status_code == 302
    db.session.expunge_all()
    made = [activity.key for activity in lessons_of(mine.key)]
    late = Brought(id=stale[0], owner_id=author.id, content=stale[1], pictures=stale[2])
    wanted = bringing.Wanted(chapters=[("Bab", ["Judul"])], alternatives={})
    with pytest.raises(Refused):
        bringing.keep(actor=load_actor(author.id, utcnow().date()), row=late, module=db.session.get(Module, mine.id), wanted=wanted)
    db.session.rollback()
    assert [activity.key for activity in lessons_of(mine.key)] == made


def test_what_is_in_the_way_brings_everything_back(browser):
    url, form = bring(browser)
    del form["take-1-0"]
    typed = {**form, "where": "new", "title": "", "section-2": "Menunggu <i>", "figures/gambar-1.png": "Kata"}
    answer = browser.post(url, data=typed)
    assert answer.status_code == 422
    again = form_of(answer, "")
    assert "take-1-0" not in again
    assert {name: again[name] for name in ("section-2", "figures/gambar-1.png", "take-0-0")} == {
        "section-2": "Menunggu <i>",
        "figures/gambar-1.png": "Kata",
        "take-0-0": "y",
    }
    nothing = {name: value for name, value in form.items() if not name.startswith("take-")}
    answer = browser.post(url, data={**nothing, "where": "new", "title": "Baru"})
    assert answer.status_code == 422
    assert "Tick at least one lesson" in text_of(answer)
    assert db.session.scalar(sa.select(Module).where(Module.key == "baru")) is None


def test_nobody_else_sees_a_document_and_it_can_be_forgotten(browser, client, make_user, make_module):
    url, _form = bring(browser)
    other = client.as_(make_user(roles=[("instructor", "module", make_module(key="lain2", publish=False).id)]))
    for answer in (other.get(url), other.post(url), other.post(f"{url}/forget"), other.get(f"{url}/figures/gambar-1.png")):
        assert answer.status_code == 404
    assert browser.post(f"{url}/forget").location == "/studio/import"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Brought)) == 0


def test_after_a_day_a_document_is_forgotten(browser, database):
    url, _form = bring(browser)
    db.session.execute(sa.update(Brought).values(expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    commit()
    assert browser.get(url).status_code == 404
    bringing.forget_old()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Brought)) == 0


def test_a_document_that_cannot_be_read_keeps_what_was_typed(browser):
    answer = send(browser, b"kosong", "bahan.docx", note="Catatan saya", replace="y")
    assert answer.status_code == 422
    page = text_of(answer)
    assert "no Word document" in page
    assert "choose the file again" in page
    assert form_of(answer, "")["note"] == "Catatan saya"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Activity).where(Activity.title == "kosong")) == 0
