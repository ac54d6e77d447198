"""Everything that Peduli says to people by itself goes through the tone list, in both languages."""

import ast
import re
from pathlib import Path

import pytest

from lms import i18n
from lms.messages import words
from lms.messages.kinds import TOPICS
from lms.messages.tone import unkind
from lms.registry import registry
from lms.supervision.views import REMINDERS

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).parent.parent.parent.parent
PAGES = sorted((ROOT / "lms/messages/templates/messages").glob("*.html"))


def literals():
    """Return every text that the code hands to notify as subject or body."""
    found = []
    for package in ("lms", "courses", "quizzes", "media"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text()
            for node in ast.walk(ast.parse(text)) if "notify(" in text else ():
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "notify":
                    values = [one.value for one in node.keywords if one.arg in {"subject", "body"}]
                    found += [
                        part.value
                        for value in values
                        for part in ast.walk(value)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    ]
    return found


def wordings(app):
    """Return every wording in the present language."""
    with app.app_context():
        kinds = [text for kind in registry().notice_kinds.values() for text in (kind.title, kind.sentence)]
    pairs = [*words.REMINDERS.values(), *(getattr(words, name) for name in dir(words) if isinstance(getattr(words, name), tuple))]
    said = [*kinds, *TOPICS.values(), *(text for pair in pairs for text in pair), *words.COPIES.values(), *REMINDERS.values()]
    written = [*literals(), *(text for page in PAGES for text in re.findall(r'_\("([^"]+)"', page.read_text()))]
    return [str(text) for text in said] + [i18n.gettext(text) for text in written]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_wording_is_kind(app, language):
    i18n.use(language)
    said = wordings(app)
    assert len(said) > 80
    assert len(literals()) >= 14
    assert {text: found for text in said if (found := unkind(text))} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Anda belum memenuhi kewajiban.", {"blames", "demands"}),
        ("Anda masih belum menyelesaikan modul 2", {"blames"}),
        ("Kesempatan terakhir! Jangan sampai dikeluarkan.", {"threatens", "shouts"}),
        ("Teman-teman Anda sudah selesai.", {"shames"}),
        ("SEGERA buka Peduli", {"demands", "shouts"}),
        ("Kenapa belum?", {"blames"}),
        ("You have not done your part.", {"blames"}),
        ("Final reminder: you must finish", {"threatens", "demands"}),
        ("Everybody else has finished.", {"shames"}),
        ("This module is overdue", {"blames"}),
        ("Ada dua bagian yang menunggu. Perlu waktu tambahan?", set()),
        ("Two parts are waiting. Do you need more time?", set()),
        ("PKTBT Angkatan III Tahun 2026, 09.00 WITA", set()),
    ],
)
def test_the_list(text, found):
    assert {what.partition(":")[0] for what in unkind(text)} == found
