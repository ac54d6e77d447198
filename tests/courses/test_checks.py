"""The reader's check: each rule finds what it is for and leaves good work alone; counting neither loses nor invents words."""

import datetime as dt
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.checks import items, pages, structure
from courses.checks.heavy import LIST, read_words
from courses.checks.load import of_draft, of_folder
from courses.checks.mending import HOW
from courses.checks.model import Part, Severity, Subject
from courses.checks.printed import check_folder
from courses.checks.prose import Count, blocks, count, count_tables, plain, sentences
from courses.checks.report import report_of
from courses.folder import services
from courses.folder.reader import read_folder
from lms.cli import main
from lms.db import commit, db
from lms.errors import ContentError
from lms.learning.services import draft_activities
from lms.testing.client import text_of
from lms.text import count_words

TODAY = dt.date(2026, 12, 1)
ABOUT = {
    "title": {"id": "Uji", "en": "Trial"},
    "summary": {"id": "a", "en": "b"},
    "audience": {"id": "a", "en": "b"},
    "outcomes": [{"id": "a", "en": "b"}],
    "sections": [{"key": "satu", "title": {"id": "Satu", "en": "One"}}],
    "checked_on": "2026-11-21",
}

pytestmark = pytest.mark.sqlite


def lesson(source="Halo.\n", **more):
    values = {"minutes": 5, "tags": ["BP1"], "sources": ["SE 20/2021"], "checked_on": dt.date(2026, 11, 21)}
    return Part(**{"key": "buka", "type": "lesson", "title": "Buka", "section": "satu", "settings": {"source": source}, **values, **more})


def item(*texts, best=0, **more):
    options = [{"text": text, "correct": index == best, "rationale": "sebab"} for index, text in enumerate(texts)]
    return {"key": "soal", "kind": "single_choice", "tags": ["BP1"], "stem": "Apa?", "options": options, **more}


def quiz(*rows, tags=("BP1",), **settings):
    return Part("cek", "quiz", "Cek", "satu", 5, {"items": list(rows), **settings}, tags=list(tags))


def module(*parts, pictures=(), **about):
    return Subject("uji", ABOUT | about, list(parts), dict.fromkeys(pictures, 10))


def rules_of(*parts, words=None, **more):
    return {finding.rule for finding in report_of(module(*parts, **more), words or {}, TODAY).findings}


# -- counting ------------------------------------------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["warga", "datang", "masing-masing", "13.00", "loket", "Bpk.", "No."]), min_size=1, max_size=12)


def sentence_of(words):
    return f"Lalu {' '.join(words)} pulang."


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_as_many_sentences_as_were_written(written):
    assert sentences(" ".join(sentence_of(words) for words in written)) == [sentence_of(words) for words in written]


@given(st.text(max_size=300))
def test_sentences_lose_and_invent_no_word(text):
    assert sum(map(count_words, sentences(text))) == count_words(text)


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(["", "- ", "1. ", "> ", "    "]))
def test_layout_changes_no_count(written, mark):
    source = "\n\n".join(mark + sentence_of(words) for words in written)
    counted = count(blocks(source))
    assert counted.sentences == len(written)
    assert counted.words == counted.prose == sum(count_words(sentence_of(words)) for words in written)


@given(st.text(alphabet='ab .\n#>-|*!?:[]()`"“”1', max_size=200))
def test_whatever_is_typed_is_counted_once_and_in_order(source):
    found = blocks(source)
    rows = [block.row for block in found]
    assert rows == sorted(rows)
    assert all(0 <= row <= source.count("\n") for row in rows)
    counted = count(found)
    assert counted.prose <= counted.words
    assert counted.sentences <= counted.prose


@given(st.lists(st.builds(Count, words=st.integers(0, 99), prose=st.integers(0, 99), tables=st.integers(0, 9)), max_size=6))
def test_counts_add_up(counts):
    total = sum(counts, Count())
    assert total.words == sum(one.words for one in counts)
    assert total.minutes == pytest.approx(sum(one.minutes for one in counts))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bpk. Anton dan Dr. Rini, S.Kom. datang. Mereka pulang.", 2),
        ("Rapat mulai jam 13.00 di Jl. Merdeka No. 5. Semua hadir.", 2),
        ("Bawa KTP, KK, dll. Lalu antre.", 2),
        ("Bawa KTP, KK, dll. ke loket.", 1),
        ("“Betul begitu?” tanya Rini.", 1),
        ("“Kasihan. Untung bukan kantor saya.” Ia pergi.", 3),
        ("Saya … eh … lupa. A. Rahman ingat!", 2),
        ("Ongkosnya Rp10.000. Itu mahal?", 2),
        ("…", 0),
    ],
)
def test_indonesian_sentences(text, expected):
    assert len(sentences(text)) == expected, sentences(text)


def test_cells_headings_boxes_and_speakers_are_no_sentences():
    source = (
        '## Dua loket. Satu aturan.\n\n| A. B | C |\n| --- | --- |\n| Satu. Dua. | Tiga |\n\n!!! dialogue "Di loket. Pagi."\n'
        "    **Bu Rini:** Silakan duduk. Ada apa?\n\n    **Warga:** Akta.\n\nIba\n:   Kasihan dari jauh.\n\n"
        '![Gambar warga](figures/a.svg "Judul. Gambar.")\n\nTeks[^1] dengan\nbaris **kedua**.\n\n[^1]: Catatan kaki.\n'
    )
    counted = count(blocks(source))
    assert (counted.sentences, counted.pictures, count_tables(source)) == (6, 1, 1)
    assert counted.prose == 2 + 2 + 1 + 3 + 4 + 2
    assert plain("[tautan **ini**](https://a.id/b_(c)) _miring_ snake_case") == "tautan ini miring snake_case"


# -- pages -----------------------------------------------------------------------------------------------------------------------------

EVEN = ("satu dua tiga", "lima enam tujuh", "sembilan ratus")
LONG = f"Warga {'yang datang ' * 9}pulang. " * 4
TALE = "Warga datang ke loket lalu pulang. " * 100


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("long-sentences", lesson(LONG), lesson(LONG.replace("datang yang", "datang. Yang"))),
        ("long-sentences", lesson(LONG), lesson(LONG[:80])),
        ("minutes", lesson(TALE, minutes=20), lesson(TALE, minutes=6)),
        ("minutes", lesson(TALE, minutes=2), lesson(TALE + '\n\n!!! task "Coba"\n    Ayo.\n', minutes=15)),
        ("minutes", lesson(TALE, minutes=15), lesson(TALE + '\n\n??? solution "Lihat"\n    Ya.\n', minutes=15)),
        ("long-page", lesson(TALE * 4), lesson(TALE)),
        ("foreign-picture", lesson("![Peta](https://a.id/b.png)"), lesson("![Peta](figures/a.svg)")),
        ("missing-picture", lesson("![Peta](figures/b.svg)"), lesson("![Peta](figures/a.svg)")),
        ("no-alternative", lesson("![](figures/a.svg)"), lesson("![Peta jalan](figures/a.svg)")),
        ("file-name", lesson("![alur-warga.svg](figures/a.svg)"), lesson("![Alur warga](figures/a.svg)")),
        ("file-name", lesson("![gambar 1](figures/a.svg)"), lesson("![Gambar seorang warga](figures/a.svg)")),
        ("long-alternative", lesson(f"![{'peta ' * 60}](figures/a.svg)"), lesson(f"![{'peta ' * 20}](figures/a.svg)")),
        ("heading-jump", lesson("## A\n\n#### B\n"), lesson("## A\n\n### B\n\n#### C\n\n## D\n")),
        ("heading-jump", lesson("### A\n"), lesson("## A\n")),
        ("title-in-text", lesson("# A\n"), lesson("```\n# A\n```\n")),
        ("broken-link", lesson("[x](hilang)"), lesson("[x](buka) [y](https://a.id) [z](/modules) ![p](figures/a.svg)")),
        ("broken-link", lesson("## Satu dua\n\n[x](#satu-dua)"), lesson("## Satu dua\n\n[x](#bagian-satu-dua)")),
        ("no-tag", lesson(tags=["empati"]), lesson(tags=["empati", "KL3"])),
        ("unknown-tag", lesson(tags=["BP1", "bp2"]), lesson(tags=["BP1", "empati"])),
        ("no-sources", lesson(sources=[]), lesson()),
        ("no-date", lesson(checked_on=None), lesson()),
        ("old", lesson(checked_on=dt.date(2025, 12, 1)), lesson(checked_on=dt.date(2025, 12, 2))),
        ("stray", lesson(section="dua"), lesson()),
        ("unwritten", lesson(unwritten=True), lesson()),
        ("no-minutes", lesson(minutes=0), lesson()),
        ("no-plugin", lesson(missing=True), lesson()),
        ("type", lesson(remarks=("Teksnya pendek.",)), lesson()),
        ("rule", lesson(rule={"passed": 70}), lesson(rule="viewed", completion=frozenset({"viewed"}))),
        ("circle", lesson(requires=["buka"]), lesson()),
        ("requires-nothing", lesson(requires=["hilang"]), lesson()),
        *(
            ("vague-link", lesson(f"Lihat [{words}](https://a.id)."), lesson(f"Lihat [{words} aturan cuti](https://a.id)."))
            for words in ("di sini", "klik di sini", "**Klik di sini**", "selengkapnya", "tautan ini", "here", "https://a.id/b", "link")
        ),
        ("vague-link", lesson("[sini](buka)"), lesson("[Dari sini ke sana](buka) ![sini](figures/a.svg)")),
        ("empty-header", lesson("|  |  |\n| --- | --- |\n| a | b |\n"), lesson("| Loket | Jam |\n| --- | --- |\n| a | b |\n")),
        ("empty-header", lesson("| Loket |  |\n| --- | --- |\n| a | b |\n"), lesson("|  | Jam |\n| --- | --- |\n| a | b |\n")),
        ("no-words", lesson("![Loket](figures/a.mp4)"), lesson('![Loket](figures/a.mp4)\n\n??? solution "Transkrip"\n    Halo.\n')),
        ("no-words", lesson("![Suara](figures/a.mp3)"), lesson("![Suara](figures/a.mp3)\n\n### Transkrip wawancara\n\nHalo.\n")),
        ("conflict-left", lesson("a\n<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n"), lesson("a\n=======\n")),
        ("local-open", lesson('!!! local "Di kantor Anda"\n\nLalu.\n'), lesson('!!! local "Di kantor Anda"\n    Loket 3 buka pukul 7.\n')),
        ("local-open", lesson('!!! local "x"\n    …\n'), lesson('!!! local "x"\n    Loket … buka.\n')),
        ("local-open", lesson('!!! local "x"\n    [contoh dari dinas Anda]\n'), lesson('!!! local "x"\n    [aturan kami](https://a.id)\n')),
        ("untagged", quiz(item(*EVEN, tags=[]), tags=[]), quiz(item(*EVEN), tags=[])),
        (
            "untagged",
            Part("cek", "quiz", "Cek", "satu", 5, {"intro": "a"}),
            Part("cek", "quiz", "Cek", "satu", 5, {"intro": "a"}, tags=["empati"]),
        ),
    ],
)
def test_a_rule_finds_what_it_is_for_and_leaves_the_rest(app, rule, bad, good):
    assert rule in rules_of(bad, pictures=["figures/a.svg"])
    assert rule not in rules_of(good, pictures=["figures/a.svg"])


def test_what_comes_later_is_not_waited_for(app):
    later = lesson(key="nanti")
    assert "requires-later" in rules_of(lesson(requires=["nanti"]), later)
    assert "requires-later" not in rules_of(lesson(), lesson(key="nanti", requires=["buka"]))


def test_heavy_words_are_named_with_plainer_ones_where_they_are_used(app):
    words = {"dalam rangka": "untuk", "guna": "untuk"}
    used = lesson("Satu.\n\nDalam\nrangka tertib, guna tertib.\n")
    cited = lesson("Kata “dalam rangka” dan *guna* serta `guna` berguna tepat-guna.\n\n> Guna tertib.\n\n| guna |\n| --- |\n| guna |\n")
    (found,) = pages.heavy_words(used, words)
    assert "dalam rangka" in found.sentence
    assert "guna" in found.sentence
    assert not list(pages.heavy_words(cited, words))
    assert "heavy-words" in rules_of(used, words=words)


def test_the_list_of_heavy_words_is_read_and_a_wrong_line_is_named(app, tmp_path):
    words = read_words(LIST)
    assert words["dalam rangka"] == "untuk, pada"
    assert not [word for word in words if word != word.lower() or "\t" in word]
    own = tmp_path / "own.txt"
    own.write_text("# remark\n\nAgar  Supaya\tagar\nguna\n")
    with pytest.raises(ContentError) as error:
        read_words(own)
    assert str(error.value).startswith(f"{own}:4: ")


# -- items -----------------------------------------------------------------------------------------------------------------------------

BEST_LONG = ("dua kali lima belas", "lima enam tujuh", "sembilan ratus")


def spread(count, place=None, **more):
    return [item(*EVEN, best=index % 3 if place is None else place, key=f"s{index}", **more) for index in range(count)]


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("position", quiz(*spread(8, 1), shuffle=False), quiz(*spread(8), shuffle=False)),
        ("position", quiz(*spread(8, 1), shuffle=False), quiz(*spread(8, 1))),
        ("position", quiz(*spread(8, 1), shuffle=False), quiz(*spread(7, 1), shuffle=False)),
        ("longest", quiz(*[item(*BEST_LONG)] * 6), quiz(*[item(*BEST_LONG)] * 5)),
        ("longest", quiz(*[item(*BEST_LONG)] * 6), quiz(*[item(*BEST_LONG)] * 3, *[item(*BEST_LONG, best=1)] * 3)),
        ("long-option", quiz(item("dua kali lima belas kurang", "lima", "enam belas")), quiz(item(*BEST_LONG))),
        ("no-rationale", quiz(item(*EVEN) | {"options": [{"text": "a", "correct": True}]}), quiz(item(*EVEN))),
        ("no-item-tag", quiz(item(*EVEN, tags=["empati"])), quiz(item(*EVEN))),
        ("unknown-tag", quiz(item(*EVEN, tags=["BP9"])), quiz(item(*EVEN))),
        ("small-pool", quiz(*spread(4), draw=2), quiz(*spread(5), draw=2)),
        ("small-pool", quiz(*spread(4), draw=2), quiz(*spread(4))),
    ],
)
def test_a_rule_about_items(app, rule, bad, good):
    assert rule in rules_of(bad)
    assert rule not in rules_of(good)


def test_the_best_option_of_situational_items_and_none_of_true_or_false():
    rows = [{"text": "a", "score": 1}, {"text": "b", "score": 3}]
    known = items.best_options([quiz({"kind": "situational", "options": rows}, item("Benar", "Salah", kind="true_false"))])
    assert [best.place for best in known] == [1]
    assert items.position_share(known) == (2, 1.0)
    assert items.position_share([]) == (0, 0.0)


def test_of_a_pool_only_what_is_drawn_is_read(app):
    whole, drawn = quiz(*spread(10)), quiz(*spread(10), draw=2)
    (counted, all_minutes), (same, some_minutes) = pages.count_part(whole), pages.count_part(drawn)
    assert counted == same
    assert some_minutes == pytest.approx(all_minutes / 5)
    assert "minutes" in rules_of(quiz(item(*EVEN, stem=TALE * 2)))


# -- modules ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "about"),
    [
        ("no-summary", {"summary": {}}),
        ("no-outcomes", {"outcomes": []}),
        ("no-audience", {"audience": {}}),
        ("no-english", {"title": {"id": "Uji"}}),
        ("no-english", {"outcomes": [{"id": "a"}]}),
        ("old", {"checked_on": "2025-11-01"}),
        ("empty-hours", {"sections": [*ABOUT["sections"], {"key": "dua", "title": {"id": "a", "en": "b"}, "jp": 1}]}),
    ],
)
def test_a_rule_about_the_module(app, rule, about):
    assert rule in rules_of(lesson(), **about)
    assert rule not in rules_of(lesson())


def test_the_size_of_a_module_and_the_tags_it_does_not_use(app):
    small = module(lesson("é" * 10), pictures=["figures/a.svg"])
    assert structure.pack_bytes(small) == 20 + 10
    assert not list(structure.pack(small))
    assert [finding.rule for finding in structure.pack(Subject("uji", ABOUT, [], {"a": 6 * 1024 * 1024}))] == ["large"]
    unused = structure.unused_tags(module(lesson(), quiz(item(*EVEN, tags=["KL3"]))))
    assert len(unused) == 21 - 2
    assert not {"BP1", "KL3"} & set(unused)


def test_a_page_is_weighed_with_its_pictures_each_once(app):
    twice = lesson("![a](figures/a.svg) ![b](figures/a.svg)")
    sizes = {"figures/a.svg": 400_000, "figures/b.svg": 9_000_000}
    found = report_of(Subject("uji", ABOUT, [twice], sizes), {}, TODAY)
    assert found.pages[0].bytes == 400_000 + len(twice.settings["source"])
    assert "heavy-page" in {finding.rule for finding in found.findings}
    lighter = report_of(Subject("uji", ABOUT, [twice], {"figures/a.svg": 300_000}), {}, TODAY)
    assert "heavy-page" not in {finding.rule for finding in lighter.findings}


def test_a_film_with_captions_needs_no_transcript(app):
    film = lesson("![Loket](figures/a.mp4)")
    spoken = Subject("uji", ABOUT, [film], {"figures/a.mp4": 0}, frozenset({"figures/a.mp4"}))
    assert "no-words" not in {finding.rule for finding in report_of(spoken, {}, TODAY).findings}


def test_every_finding_says_how_it_is_put_right():
    """Every rule that stands in the code of the rules has its sentence, and no sentence is left of a rule that is gone."""
    code = "".join(path.read_text() for path in Path(items.__file__).parent.glob("*.py") if path.name != "mending.py")
    used = set(re.findall(r'(?:warning|error)\(\s*"([a-z-]+)"|Finding\("([a-z-]+)"', code))
    assert {one or other for one, other in used} == set(HOW)


def test_errors_come_first_and_say_where(app):
    found = report_of(module(lesson("# A\n\n![](figures/a.svg)\n"), pictures=["figures/a.svg"]), {}, TODAY).findings
    assert [finding.severity for finding in found] == [Severity.ERROR, Severity.WARNING, Severity.WARNING]
    assert {finding.where for finding in found} == {"buka"}
    assert all(finding.why and finding.sentence for finding in found)


# -- folders and drafts ----------------------------------------------------------------------------------------------------------------

PAGE = """---
type: lesson
title: Buka
section: satu
minutes: 5
tags: [BP1]
sources: [SE 20/2021]
checked_on: 2026-11-21
---
Halo.

#### Jauh
"""
QUIZ = """type: quiz
title: Cek
section: satu
minutes: 5
intro: |
  Halo.

  [x](hilang)
items:
- key: a
  kind: single_choice
  tags: [BP1]
  stem: Apa?
  options:
  - text: ya
    correct: true
    rationale: sebab
  - text: tidak
    rationale: sebab
"""


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "uji"
    home.mkdir()
    about = {name: value for name, value in ABOUT.items() if name != "checked_on"}
    (home / "module.yaml").write_text(json.dumps({"format": 1, "key": "uji", "code": "UJI", **about}))
    (home / "01-buka.md").write_text(PAGE)
    (home / "02-cek.yaml").write_text(QUIZ)
    return home


def test_a_folder_says_file_and_line(app, folder):
    with app.app_context():
        checked = check_folder(folder, {}, TODAY)
    places = {finding.rule: (finding.file.name, finding.line) for finding in checked.findings}
    assert places["heading-jump"] == ("01-buka.md", 12)
    assert places["broken-link"] == ("02-cek.yaml", 8)
    assert (checked.errors, checked.report.items) == (1, 1)


def test_a_folder_and_its_draft_are_the_same_to_the_rules(database, folder):
    text, problems = read_folder(folder)
    assert not problems
    imported, _revision = services.import_module(actor_id=None, text=text)
    commit()
    db.session.expire_all()
    reports = [report_of(of_folder(text), {}, TODAY), report_of(of_draft(imported, draft_activities(imported.id)), {}, TODAY)]
    ours, theirs = ([(finding.rule, finding.where, finding.sentence) for finding in sorted(report.findings, key=str)] for report in reports)
    assert sorted(ours) == sorted(theirs)
    assert reports[0].count == reports[1].count
    assert (reports[0].items, reports[0].bytes) == (reports[1].items, reports[1].bytes)


def test_the_command(app, folder):
    run = app.test_cli_runner().invoke

    def check(*options):
        return run(main, ["module", "check", str(folder), *options])

    shown = check("--figures")
    assert shown.exit_code == 1, "a link leads nowhere"
    assert "02-cek.yaml\n  8: " in shown.output
    assert "[broken-link]" in shown.output
    assert "  buka: 2 " in shown.output
    (data,) = json.loads(check("--json").output)
    assert (data["module"], data["errors"], data["items"]) == ("uji", 1, 1)
    (folder / "02-cek.yaml").unlink()
    assert check().exit_code == 0, "warnings do not fail"
    assert check("--strict").exit_code == 1
    own = folder.parent / "own.txt"
    own.write_text("halo\tsalam\n")
    assert "salam" in check("--words", str(own)).output
    own.write_text("halo\n")
    assert check("--words", str(own)).exit_code == 2
    (folder / "01-buka.md").write_text("tanpa kepala")
    assert "01-buka.md\n  1: " in check().output
    (folder / "module.yaml").unlink()
    assert check().exit_code == 1


def test_the_studio_shows_the_same(client, make_user, make_module, queries):
    source = "![](figures/a.svg)\n\n## Judul\n\n#### Jauh\n\n[x](hilang)\n"
    quizzes = [
        {"type": "quiz", "key": f"cek-{n}", "title": f"Cek {n}", "settings": {"items": [item("ya", "tidak", key=f"s{n}")]}}
        for n in range(8)
    ]
    author = make_user("Ibu Penulis", roles=["instructor"], language="en")
    made = make_module({"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": source}}, *quizzes, owner=author)
    browser = client.as_(author)
    address = f"/studio/{made.key}/checks"
    with queries() as statements:
        page = browser.get(address)
    assert len(statements) <= 12
    words = text_of(page)
    assert words.index("leads nowhere") < words.index("a level of headings is left out")
    assert "Who listens to the page" in words
    assert f'href="/studio/{made.key}/buka' in page.text
    assert "8 items" in words
    assert address in browser.get(f"/studio/{made.key}").text
    assert browser.post(f"/studio/{made.key}/publish", data={"note": ""}).status_code == 422
