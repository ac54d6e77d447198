"""What is pasted becomes Markdown: real clipboards, tame texts there and back, and pages that mean harm."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.bringing.sieve import Left, TooMuchError
from courses.bringing.wordpages import page_of
from lms.text import clean, render_markdown

CLIPBOARD = Path(__file__).parent / "clipboard"
WORD = """\
## Mendengar di loket

Warga datang dengan **pertanyaan** dan *kekhawatiran*.[^1] Lihat [panduan](https://example.org/panduan).

### Langkah

1. Sapa
    - dengan nama
2. Tunggu tiga detik

| Ucapan | Arti |
| --- | --- |
| “Sabar” | tunda \\| tolak |

[^1]: Catatan *lapangan*.
"""
GOOGLE = """\
## Sebelum berkunjung

Mintalah **izin tertulis** dan baca [contohnya](https://example.org/izin).

- Tujuan
    - satu kalimat
- \\# Tanggal

| Siapa | Apa |
| --- | --- |
| Tuan rumah |  |
"""
LIBREOFFICE = """\
## Catatan

**Tebal** dan *miring*[^1], 5 m².

1. satu
    1. anak
2. dua

| A | B |
| --- | --- |
| 1 |  |

[^1]: Isi catatan.
"""


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [("word", WORD, {Left.PICTURE, Left.DELETED}), ("google", GOOGLE, {Left.MERGED}), ("libreoffice", LIBREOFFICE, set())],
)
def test_a_clipboard_becomes_headings_lists_tables_links_and_notes(name, text, left):
    page = page_of((CLIPBOARD / f"{name}.html").read_text())
    assert page.markdown == text
    assert page.left == left
    assert page_of(render_markdown(text)).markdown == text, "and what was drawn can be pasted again"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>1. bukan daftar</p>", "1\\. bukan daftar\n"),
        ("<p>!!! task</p><p>??? x</p><p>: y</p><p>- z</p>", "\\!!! task\n\n&#63;?? x\n\n&#58; y\n\n\\- z\n"),
        ("<p>a_b_c *x* `y` [z] &amp;amp; &lt;https://x.id&gt;</p>", "a_b_c \\*x\\* \\`y\\` \\[z] &amp;amp; &lt;https://x.id>\n"),
        ("<b>satu</b><b> dua </b>tiga<br>empat", "**satu dua** tiga  \nempat\n"),
        ("<p><b>satu<br></b>dua</p>", "**satu**  \ndua\n"),
        ("<a href='javascript:alert(1)'>klik</a> <a href='file:///C:/x'>berkas</a>", "klik berkas\n"),
        ("<table><tr><td><p>hanya</p><p>bingkai</p></td></tr></table>", "hanya bingkai\n"),
        ("<table><tr><td>a<td rowspan=2>b<tr><td>c<tr><td>d</table>", "| a | b |\n| --- | --- |\n| c |  |\n| d |  |\n"),
        ("<ol><li><h2>Bab</h2></li></ol><p>teks</p>", "## Bab\n\nteks\n"),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b\n"),
        ("<p>satu</p><hr><pre>  a *b*\n c</pre>", "satu\n\n---\n\n      a *b*\n     c\n"),
        ("<p style='display:none'>tersembunyi</p><script>x</script><style>y</style>", ""),
        ("", ""),
    ],
)
def test_what_would_be_a_mark_stays_plain_and_the_rest_is_left_out(html, text):
    assert page_of(html).markdown == text


def test_a_heading_of_the_first_level_moves_all_down():
    assert page_of("<h1>A</h1><h2>B</h2><h5>C</h5>").markdown == "## A\n\n### B\n\n#### C\n"
    assert page_of("<h2>A</h2><h3><b>B</b></h3>").markdown == "## A\n\n### B\n"


# -- there and back ----------------------------------------------------------------------------------------------------------------------

words = st.lists(st.text("abgkmnrstuéAB019.,;?!“”-_#*[]|&<>`\\:+", min_size=1, max_size=8), min_size=1, max_size=5).map(" ".join)
plain = st.lists(st.sampled_from(["meja", "loket", "warga", "3", "dua", "kartu"]), min_size=1, max_size=4).map(" ".join)
inline = st.one_of(
    plain, plain.map("**{}**".format), plain.map("*{}*".format), plain.map("`{}`".format), plain.map("[{}](https://example.org/a)".format)
)
line = st.lists(inline, min_size=1, max_size=4).map(" ".join)


def _list(mark):
    def written(items):
        return "\n".join(f"{mark} {item}" + "".join(f"\n    - {inner}" for inner in nested) for item, nested in items)

    return st.lists(st.tuples(line, st.lists(line, max_size=2)), min_size=1, max_size=3).map(written)


@st.composite
def tables(draw):
    width = draw(st.integers(2, 3))
    head = draw(st.lists(plain, min_size=width, max_size=width))  # bold by itself
    rows = [head, *draw(st.lists(st.lists(inline, min_size=width, max_size=width), min_size=1, max_size=3))]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


heading = st.tuples(st.sampled_from(["##", "###", "####"]), plain).map(" ".join)
quote = line.map("> {}".format)
paragraph = st.lists(line, min_size=1, max_size=2).map("  \n".join)
block = st.one_of(heading, paragraph, _list("-"), _list("1."), tables(), quote, st.just("---"))


@st.composite
def documents(draw):
    """Draw a tame text; lists stand apart, since two of a kind in a row are one."""
    blocks = draw(st.lists(block, min_size=1, max_size=6))
    text = "\n\nDi antaranya.\n\n".join(blocks)
    notes = draw(st.integers(0, 2))
    text += "".join(f"\n\nCatatan[^{number}] di sini." for number in range(1, notes + 1))
    return text + "".join(f"\n\n[^{number}]: Isi {draw(line)}" for number in range(1, notes + 1)) + "\n"


@given(documents())
def test_a_tame_text_is_the_same_after_being_drawn_and_pasted(text):
    html = render_markdown(text)
    assert render_markdown(page_of(html).markdown) == html


@given(words)
def test_text_with_marks_is_shown_as_it_was(text):
    html = clean("<p>" + text.replace("&", "&amp;").replace("<", "&lt;") + "</p>")
    assert render_markdown(page_of(html).markdown).strip() == html


# -- pages that mean harm ----------------------------------------------------------------------------------------------------------------

TAGS = [
    "p",
    "b",
    "i",
    "a",
    "div",
    "span",
    "table",
    "tr",
    "td",
    "ul",
    "ol",
    "li",
    "h1",
    "h3",
    "br",
    "hr",
    "pre",
    "code",
    "sup",
    "script",
    "style",
    "svg",
    "math",
    "blockquote",
    "dl",
    "dd",
    "font",
    "o:p",
]
pieces = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        [
            "<p style='mso-list:l0 level3'>",
            "<span style='mso-list:Ignore'>1.",
            "<a href='#x' id=y>",
            "<a href='#y' id=x>",
            "<td rowspan=9999 colspan=9999>",
            "<a href='https://[x'>",
            "<a href=javascript:x>",
            "<ol start=99999999999>",
            "<img src=x onerror=alert(1)>",
            "<!--",
            "-->",
            "<![CDATA[",
            "<?x",
            "\0",
            "&#x110000;",
            "\ud800",
            "![x](//evil.example/x.png)",
            "<b style=font-weight:",
        ]
    ),
    st.text(max_size=6),
)


@given(st.lists(pieces, max_size=60).map("".join))
@settings(max_examples=200)
def test_any_page_is_read_and_drawn_with_allowed_marks_only(html):
    drawn = render_markdown(page_of(html).markdown)
    assert drawn == clean(drawn)
    assert "<script" not in drawn
    assert "evil.example" not in drawn or "src=" not in drawn


BOMBS = {
    "deep": "<div>" * 200_000,
    "open marks": "<b class=x>" * 40_000 + "<p>" * 40_000,
    "paragraphs": "<p>x" * 250_000,
    "comments": "<!--" * 250_000,
    "signs": "<&" * 500_000,
    "lists of Word": "<p style='mso-list:l0 level1'>x" * 30_000,
    "spans": "<table>" + "<td colspan=50 rowspan=50>x" * 7_000,
    "notes": "<a href=#a id=b>x</a><p id=a>" + "<a href=#c>y</a>" * 7_000,
    "attributes": "<p " + "a=1 " * 250_000 + ">",
    "blanks": "<b>" + " \n" * 400_000,
}


@pytest.mark.timeout(20)  # each takes about a second or less; one that grows would take minutes
@pytest.mark.parametrize("name", BOMBS)
def test_a_page_that_would_grow_is_refused_or_read_in_time(name):
    try:
        assert len(page_of(BOMBS[name]).markdown) <= len(BOMBS[name])
    except TooMuchError:
        assert len(BOMBS[name]) > 100_000


# -- the page ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(client, make_user, make_module):
    """Return the browser of an instructor."""
    return client.as_(make_user(roles=[("instructor", "module", make_module(key="lain", publish=False).id)], language="en"))


def paste(browser, body):
    return browser.post("/studio/paste", data=body, content_type="application/json", headers={"Accept": "application/json"})


def test_pasting_answers_with_text_and_what_was_left_out(browser):
    answer = paste(browser, json.dumps({"html": "<h2>Bab</h2><img src='file:///x.png'>"}))
    assert answer.json == {"markdown": "## Bab", "dropped": ["pictures (add each with its words)"]}


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"html": 3}', json.dumps({"html": "x" * (1024 * 1024 + 1)}), json.dumps({"html": "<p>x" * 9000})]
)
def test_what_cannot_be_pasted_is_said_in_a_sentence(browser, body):
    answer = paste(browser, body)
    assert answer.status_code == 422
    assert "Paste it in parts" in answer.json["message"]
