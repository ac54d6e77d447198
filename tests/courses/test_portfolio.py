"""My journals over the years: the list, a year to print, one file for ever, PDF; for their author alone."""

import hashlib
import html
import io
import json
import re
import zlib

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from courses.entries import portfolio
from courses.entries.models import Entry, Version
from lms.db import db
from lms.errors import NotFound
from lms.receipts import receipt
from lms.testing.client import text_of

WORDS = "Saya memotong kalimatnya tiga kali; <b>ia</b> & saya diam. #let x = 1 $y$ *z* @a [b]"
ADDRESSES = ("/journals", "/journals/print/2026", "/journals/keep/2026.html", "/journals/keep/2026.pdf")


@pytest.fixture
def kept(client, make_activity):
    """Return (author's browser, assessor's browser, entry): a journal that was answered, revised and answered again."""
    prompts = [{"key": "apa", "title": "Apa yang terjadi?", "prompt": "?"}, {"key": "lalu", "title": "Lalu?", "prompt": "?"}]
    taken = make_activity("journal", minimum_words=1, prompts=prompts)
    author = client.as_(taken.learner)
    assessor = client.as_(db.session.get(taken.learner.__class__, taken.cohort.assessor_id))
    for text, level in ((WORDS, "4"), (f"{WORDS} Lalu saya bertanya.", "7")):
        data = {"text-apa": text, "text-lalu": "Hanya bagi saya.", "audience-lalu": "self"}
        assert author.post(f"{taken.url}/hand-in", data=data).status_code == 302
        entry = db.session.scalars(sa.select(Entry)).one()
        answer = {"strong": f"Kuat {level}", "level": level, "decision": "returned" if level == "4" else "accepted"}
        assert assessor.post(f"/journals/queue/{entry.id}", data=answer).status_code == 302
        author.post(f"{taken.url}/revise")
    return author, assessor, entry, taken


def receipts(entry):
    """Return the receipts of an entry, the oldest first."""
    statement = sa.select(Version.receipt).where(Version.entry_id == entry.id).order_by(Version.number)
    return list(db.session.scalars(statement))


def test_the_list_is_short_and_leads_to_everything(kept):
    author, _assessor, entry, taken = kept
    page = author.get("/journals").get_data(as_text=True)
    assert "kegiatan judul" in page
    assert receipts(entry)[-1] in page
    assert WORDS not in html.unescape(page), "texts have pages of their own"
    whole = text_of(author.get(f"/journals/{entry.id}"))
    for words in (WORDS, "Lalu saya bertanya.", "Hanya bagi saya.", "Kuat 4", "Kuat 7", "3,5"):
        assert words in whole, words
    assert taken.url in author.get(f"/journals/{entry.id}").get_data(as_text=True)


def test_only_the_author_and_no_cache(kept, client, make_user):
    author, assessor, entry, _taken = kept
    for address in (*ADDRESSES, f"/journals/{entry.id}"):
        answer = author.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
    for other in (assessor, client.as_(make_user(roles=["admin"])), client.as_(make_user())):
        for address in (*ADDRESSES[1:], f"/journals/{entry.id}"):
            assert other.get(address).status_code == 404


def test_the_file_for_ever_needs_nothing_else(kept):
    author, _assessor, entry, _taken = kept
    answer = author.get("/journals/keep/2026.html")
    assert "attachment" in answer.headers["Content-Disposition"]
    page = answer.get_data(as_text=True)
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|@import|http", page)
    assert page.count("<style>") == 1
    assert html.unescape(page).count(WORDS) == 2
    assert "<b>ia</b>" not in page
    assert all(code in page for code in receipts(entry))
    assert "Hanya bagi saya." in page, "it is theirs, whoever else may read it"


def test_hash_and_receipt_belong_together(app, kept):
    author, _assessor, entry, taken = kept
    page = author.get("/journals/keep/2026.html").get_data(as_text=True)
    for text, version in ((WORDS, 0), (f"{WORDS} Lalu saya bertanya.", 1)):
        texts = {"apa": text, "lalu": "Hanya bagi saya."}
        digest = hashlib.sha256(json.dumps(texts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        assert digest in page
        row = portfolio.one_of(taken.actor, entry.id).versions[version].version
        assert receipt("version", row.id, texts, row.handed_in_at).code == row.receipt


def test_the_pdf_opens_and_holds_the_text(kept):
    pytest.importorskip("typst")
    author, _assessor, _entry, _taken = kept
    answer = author.get("/journals/keep/2026.pdf")
    assert answer.mimetype == "application/pdf"
    data = answer.get_data()
    assert data.startswith(b"%PDF-1.")
    assert b"%%EOF" in data[-32:]
    streams = b"".join(_inflate(part) for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL))
    whole = data + streams
    assert b"/MarkInfo" in whole
    assert b"/StructTreeRoot" in whole, "tagged"
    assert b"pdfuaid" in whole, "and checked against PDF/UA-1 while it was made"
    assert b"/FontFile" in whole, "its fonts are in it"
    text = _text_of_pdf(data)
    for words in ("Apa yang terjadi?", "Saya memotong kalimatnya tiga kali", "<b>ia</b>", "#let x = 1 $y$ *z* @a [b]", "Kuat 7"):
        assert words.replace(" ", "") in text.replace(" ", ""), words


def _inflate(data):
    try:
        return zlib.decompressobj().decompress(data)  # the last byte may look like the end of a line
    except zlib.error:
        return b""


def _text_of_pdf(data):
    """Return the text of a PDF, page by page."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def _unescape(literal):
    """Return the bytes of a PDF string."""
    letters = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    return re.sub(
        rb"\\([0-7]{1,3}|.)",
        lambda match: bytes([int(match[1], 8)]) if match[1].isdigit() else letters.get(match[1], match[1]),
        literal,
        flags=re.DOTALL,
    )


def test_a_year_without_entries_is_not_there(kept):
    _author, _assessor, _entry, taken = kept
    with pytest.raises(NotFound):
        portfolio.year_of(taken.actor, 1999)


def test_a_year_of_twenty_entries_is_small_and_cheap(client, make_user, make_module, make_cohort, make_enrolment, queries):
    prompts = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    settings = {"minimum_words": 1, "prompts": prompts}
    module = make_module(*({"type": "journal", "key": f"jurnal-{number}", "settings": settings} for number in range(20)))
    cohort, learner = make_cohort(module), make_user("Peserta")
    make_enrolment(cohort, learner)
    browser = client.as_(learner)
    for number in range(20):
        sent = browser.post(f"/learn/{cohort.id}/{module.key}/jurnal-{number}/hand-in", data={"text-apa": f"Tulisan {number}. " * 60})
        assert sent.status_code == 302
    for address in ("/journals", "/journals/print/2026", f"/journals/{db.session.scalars(sa.select(Entry.id)).first()}"):
        browser.get(address)
        with queries() as seen:
            answer = browser.get(address)
        assert answer.status_code == 200
        assert len(seen) <= 8, (address, seen)
    page = browser.get("/journals", headers={"Accept-Encoding": "gzip"})
    assert len(page.get_data()) <= 9_000
    assert text_of(browser.get("/journals")).count("jurnal-") >= 20
