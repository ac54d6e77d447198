"""Previews of what is saved: every way of looking, in frames that run nothing, in reading order, and by weight."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.lessons.type import Lesson
from courses.previews.spoken import spoken
from courses.previews.views import as_paper
from courses.previews.weight import LINE, Picture, Weight, seconds, total, weigh
from lms.api import ContentError, NotFound
from lms.db import commit
from lms.i18n import in_language
from lms.testing.client import text_of

LESSON = {
    "type": "lesson",
    "key": "buka",
    "title": "Pembuka",
    "sources": ["Buku"],
    "settings": {"source": "## Satu\n\nHalo **semua**, lihat [situs](https://example.test/).\n\n- a\n- b\n"},
}
VISIT = {
    "type": "field_visit",
    "key": "kunjungan",
    "title": "Kunjungan",
    "settings": {"checklist": [{"key": "izin", "text": "Izin ada"}], "lenses": [{"key": "sosial", "title": "Sosial", "prompt": "Siapa?"}]},
}
CHOICE = {
    "key": "cek-1",
    "kind": "single_choice",
    "stem": "Di mana?",
    "options": [{"text": "Loket", "correct": True, "rationale": "Ya."}, {"text": "Rumah", "rationale": "Bukan."}],
}
QUIZ = {"type": "quiz", "key": "cek", "title": "Cek", "settings": {"items": [CHOICE]}}
PRACTICE = {"type": "quiz", "key": "latih", "title": "Latihan", "settings": {"practice": True, "items": [CHOICE | {"key": "cek-2"}]}}
WAYS = ("phone", "desk", "print", "order", "offline", "bytes")
KEYS = ("", "/buka", "/kunjungan", "/cek", "/latih")


@pytest.fixture
def author(make_user):
    return make_user("Ibu Penulis", roles=["instructor"], language="en")


@pytest.fixture
def studio(client, author, make_module):
    """Give (browser, address): a module of the author with a lesson, a visit and two quizzes, never published."""
    module = make_module(LESSON, VISIT, QUIZ, PRACTICE, owner=author, publish=False)
    return client.as_(author), f"/studio/{module.key}"


def heard(page):
    """Return (what, text) of a page, in English."""
    return [(one.what, one.text) for one in in_language("en", lambda: spoken(page))]


# -- the pages -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_every_page_can_be_looked_at_in_every_way(studio, way):
    browser, home = studio
    for key in KEYS:
        look = browser.get(f"{home}{key}/preview?as={way}")
        assert look.status_code == 200
        framed = re.findall(r'<iframe [^>]*src="([^"]+)"', look.get_data(as_text=True))
        assert bool(framed) == (way not in {"order", "bytes"})
        for address in framed:
            assert browser.get(address).status_code == 200


def test_the_pages_follow_one_another_in_the_same_way(studio):
    browser, home = studio
    page, seen = browser.get(f"{home}/preview?as=order"), []
    while found := re.search(r'rel="next" href="([^"]+)"', page.get_data(as_text=True)):
        seen.append(found[1])
        page = browser.get(found[1])
    assert seen == [f"{home}{key}/preview?as=order" for key in KEYS[1:]]
    assert browser.get(f"{home}/hilang/preview").status_code == 404


def test_what_stands_in_the_frame_runs_nothing_and_is_framed_here_alone(studio):
    browser, home = studio
    look, framed = browser.get(f"{home}/buka/preview"), browser.get(f"{home}/buka/preview/page")
    assert "frame-src 'self'" in look.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in look.headers["Content-Security-Policy"]
    policy = framed.headers["Content-Security-Policy"]
    assert all(part in policy for part in ("frame-ancestors 'self'", "script-src 'none'", "form-action 'none'"))
    assert "frame-src" not in browser.get(f"{home}/buka").headers["Content-Security-Policy"]
    text = framed.get_data(as_text=True)
    assert "<script" not in text
    assert 'data-href="https://example.test/"' in text


def test_without_a_connection_one_sees_what_a_pack_holds(studio):
    browser, home = studio
    assert "Halo semua" in text_of(browser.get(f"{home}/buka/preview/page?as=offline"))
    assert "Loket" in text_of(browser.get(f"{home}/latih/preview/page?as=offline"))
    exam = text_of(browser.get(f"{home}/cek/preview/page?as=offline"))
    assert "This part needs a connection." in exam
    assert "Loket" not in exam


def test_what_cannot_be_published_says_why_instead(client, author, make_module, monkeypatch):
    module = make_module(LESSON, owner=author, publish=False)

    def refuse(self, settings, draft):
        raise ContentError("Bukan begini.")

    monkeypatch.setattr(Lesson, "freeze", refuse)
    browser = client.as_(author)
    for way in WAYS:
        look = browser.get(f"/studio/{module.key}/buka/preview?as={way}")
        assert look.status_code == 200
        assert "Bukan begini." in text_of(look)
        assert "<iframe" not in look.get_data(as_text=True)
    assert browser.get(f"/studio/{module.key}/preview?as=bytes").status_code == 200


def test_the_bytes_of_all_pages_do_not_cost_a_statement_each(client, author, make_module, queries):
    def cost(count):
        quizzes = [
            QUIZ | {"key": f"cek-{place}", "settings": {"items": [CHOICE | {"key": f"i-{count}-{place}"}]}} for place in range(count)
        ]
        module = make_module(*quizzes, key=f"m{count}", owner=author, publish=False)
        commit()
        browser = client.as_(author)
        with queries() as seen:
            assert browser.get(f"/studio/{module.key}/preview?as=bytes").status_code == 200
        return len(seen)

    assert cost(2) == cost(9)


def test_the_paper_style_has_the_rules_of_print_and_no_dark_scheme(studio):
    style = studio[0].get("/studio/print.css")
    assert style.mimetype == "text/css"
    text = style.get_data(as_text=True)
    assert "@media all" in text
    assert "@media print" not in text
    assert "prefers-color-scheme" not in text
    assert as_paper("@media screen and (max-width: 9px) {}") == "@media speech and (max-width: 9px) {}"


# -- read aloud ----------------------------------------------------------------------------------------------------------------------


def test_a_page_is_read_in_its_order():
    page = """<main><h1>Judul</h1><p>Halo <b>semua</b>, <a href="#">situs</a>.</p><svg aria-hidden="true"><use/></svg>
    <img src="a.png" alt="Sungai"><img src="b.png" alt=""><ul><li>a</li><li>b</li></ul><p hidden>rahasia</p>
    <label for="n">Nama</label><input id="n"><label><input type="checkbox"><span>Setuju</span></label></main>"""
    assert heard(page) == [
        ("Main part", ""),
        ("Heading 1", "Judul"),
        ("Text", "Halo semua,"),
        ("Link", "situs"),
        ("Text", "."),
        ("Picture", "Sungai"),
        ("List", "2 entries"),
        ("Text", "a"),
        ("Text", "b"),
        ("Field to write in", "Nama"),
        ("Box to tick", "Setuju"),
    ]


@pytest.mark.parametrize("page", ["<img src=a.png>", "<input>", "<h2></h2>", "<table><tr><td>a</td></tr></table>", '<a href="#"></a>'])
def test_what_lacks_words_is_marked(page):
    assert next(iter(spoken(page))).faulty


WORDS = st.text(alphabet="abc ", min_size=1, max_size=8).filter(str.strip)


@given(st.recursive(WORDS, lambda inner: st.tuples(st.sampled_from(["p", "b", "div", "li", "section"]), st.lists(inner, max_size=4))))
def test_no_word_is_lost_or_moved(tree):
    def html(node):
        return node if isinstance(node, str) else f"<{node[0]}>{''.join(map(html, node[1]))}</{node[0]}>"

    def plain(node):
        return node if isinstance(node, str) else "".join(map(plain, node[1]))

    said = "".join(one.text for one in spoken(html(tree)))
    assert "".join(said.split()) == "".join(plain(tree).split())


# -- bytes ---------------------------------------------------------------------------------------------------------------------------


class Shelf:
    """A library with a few files."""

    def __init__(self, **sizes):
        self.sizes = sizes

    def load(self, address):
        if address not in self.sizes:
            raise NotFound(address)
        return b"." * self.sizes[address]


def test_a_picture_weighs_what_a_phone_fetches():
    page = """<picture><source type="image/avif" srcset="a400 400w, a800 800w, a1600 1600w" sizes="x"><source srcset="w400 400w">
    <img src="plain" alt="Sungai &amp; jalan" width="9"></picture><img src="b" alt=""><img src="b" alt=""><img src="gone" alt="?">"""
    weighed = weigh(page, Shelf(a400=4, a800=8, a1600=16, plain=99, b=5))
    assert weighed.pictures == [Picture("a800", "Sungai & jalan", 8), Picture("b", "", 5), Picture("gone", "?", None)]
    assert weighed.bytes == weighed.text + 13
    assert weigh(page, Shelf(plain=99)).pictures[0].bytes == 99  # its copies are not made yet
    assert total([weighed, weighed]) == 2 * weighed.text + 13


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10**6)), max_size=9))
def test_the_sum_lies_between_the_largest_page_and_all_of_them(found):
    sizes = dict(found)
    weights = [Weight(10, [Picture(str(name), "", sizes[name])]) for name, _size in found]
    together = total(weights)
    assert max((each.bytes for each in weights), default=0) <= together <= sum(each.bytes for each in weights)
    assert seconds(LINE // 8) == 1
