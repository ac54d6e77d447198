"""Two states of a module: which activities are new, gone, moved or changed, and a text told apart word by word."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from courses.studio.changes import changes_of
from courses.studio.compare import GONE, NEW, SAME, _moved, compare, paragraphs, side_of_draft, side_of_revision
from courses.studio.services import SHARED, save_activity
from lms import i18n
from lms.db import commit, db
from lms.learning.models import RevisionActivity
from lms.learning.services import draft_activities, latest_revision
from lms.people.access import load_actor

WORDS = st.sampled_from(["kami", "datang", "tiga", "kali", "loket", "dua", "ibu", "*tebal*", "—"])
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=12).map(" ".join), max_size=6).map("\n\n".join)


def words_of(runs, side, before):
    """Return the words of one side of a comparison; unchanged paragraphs are taken from the text before, in their order."""
    left = [part.split() for part in before.split("\n\n") if part.strip()]
    found = []
    place = 0
    for run in runs:
        if run.unchanged:
            found += [word for part in left[place : place + run.unchanged] for word in part]
            place += run.unchanged
            continue
        place += any(kind in (SAME, GONE) for kind, _text in run.pieces)
        found += [word for kind, text in run.pieces if kind in (SAME, side) for word in text.split()]
    return found


@given(TEXTS, TEXTS)
def test_the_pieces_of_a_comparison_are_the_words_of_both_texts(before, after):
    runs = paragraphs(before, after)
    assert words_of(runs, GONE, before) == before.split()
    assert words_of(runs, NEW, before) == after.split()


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert all(run.unchanged for run in paragraphs(text, text))


@given(st.permutations(list("abcdefg")))
def test_no_more_is_said_to_have_moved_than_must(order):
    moved = _moved("abcdefg", order)
    stay = [key for key in order if key not in moved]
    assert stay == sorted(stay)
    for key in moved:  # none of them could have stayed beside the others
        longer = [each for each in order if each not in moved or each == key]
        assert longer != sorted(longer)


def test_a_sentence_that_was_mended_is_shown_word_by_word():
    before = "Judul tetap.\n\nIbu Sarimah datang dua kali ke loket.\n\nPenutup."
    after = "Judul tetap.\n\nIbu Sarimah datang tiga kali ke loket kita.\n\nSama sekali lain: panggil antrean berikutnya.\n\nPenutup."
    first, mended, new, last = paragraphs(before, after)
    assert (first.unchanged, last.unchanged) == (1, 1)
    assert ("gone", "dua ") in mended.pieces
    assert ("new", "tiga ") in mended.pieces
    assert [kind for kind, _text in new.pieces] == ["new"]


def test_an_endless_text_is_compared_in_reasonable_steps():
    before = "\n\n".join(f"Paragraf {number}: " + "kami datang ke loket dan menunggu " * 12 for number in range(90))
    after = before.replace("menunggu", "duduk menunggu")
    assert len(before) > 35_000
    runs = paragraphs(before, after)
    assert len(runs) == 90
    assert all(("new", "duduk ") in run.pieces for run in runs)


LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "Halo.\n\nKami datang dua kali.\n"}}
OTHER = {"type": "lesson", "key": "lanjut", "title": "Lanjutan", "settings": {"source": "Lagi.\n"}}
THIRD = {"type": "lesson", "key": "tutup", "title": "Penutup", "settings": {"source": "Tamat.\n"}}
ITEM = {
    "key": "satu", "kind": "single_choice", "stem": "Siapa yang dilayani?",
    "options": [{"text": "Warga", "correct": True, "rationale": "Ya."}, {"text": "Meja", "rationale": "Bukan orang."}],
}  # fmt: skip


@pytest.fixture
def sides(database, make_user, make_module):
    """Give (module, function that returns the newest revision and the draft as sides)."""

    def make(*activities):
        module = make_module(*activities, owner=make_user("Ibu Penulis", roles=["instructor"]))

        def both():
            revision = latest_revision(module.id)
            rows = db.session.scalars(
                sa.select(RevisionActivity).where(RevisionActivity.revision_id == revision.id).order_by(RevisionActivity.position)
            )
            return side_of_revision(module, revision, rows), side_of_draft(module, draft_activities(module.id))

        return module, both

    return make


def test_a_draft_that_was_just_published_does_not_differ_from_its_revision(sides):
    _module, both = sides(LESSON, OTHER, {"type": "quiz", "key": "kuis", "settings": {"items": [ITEM]}})
    revision, draft = both()
    assert revision.digest == draft.digest != ""
    assert not compare(revision, draft, texts=True)


def test_new_gone_hidden_moved_and_changed_are_told_apart(sides, app):
    module, both = sides(LESSON, OTHER, THIRD)
    first, second, third = draft_activities(module.id)
    first.position, third.position = 3, 1
    second.hidden = True
    third.minutes, third.checked_on = 9, dt.date(2026, 11, 20)
    with app.test_request_context():
        i18n.use("en", "Asia/Jakarta")
        found = compare(*both(), texts=True)
    kinds = {part.key: part.kind for part in found.parts}
    assert kinds.items() >= {"lanjut": "hidden", "tutup": "changed"}.items()
    assert [part.moved for part in found.parts].count(True) == 1
    changed = next(part for part in found.parts if part.key == "tutup")
    assert {field.label: (field.before, field.after) for field in changed.fields} == {
        "minutes": ("5", "9"),
        "date of the last check": ("", "20 November 2026"),
    }


def test_the_labels_of_the_module_page_come_from_the_same_comparison(sides, app):
    module, both = sides(LESSON, OTHER)
    first, _second = draft_activities(module.id)
    first.settings = {"source": "Halo.\n\nKami datang tiga kali.\n"}
    module.about = {**module.about, "summary": {"id": "Lain."}}
    revision = latest_revision(module.id)
    rows = db.session.scalars(sa.select(RevisionActivity).where(RevisionActivity.revision_id == revision.id)).all()
    with app.test_request_context():
        i18n.use("en", "Asia/Jakarta")
        short = changes_of(module, draft_activities(module.id), revision, rows)
        long = compare(*both(), texts=True)
    assert [change.key for change in short.activities] == [part.key for part in long.parts]
    assert list(short.about) == [field.label for field in long.about]
    (field,) = long.parts[0].fields
    assert any(("new", "tiga ") in run.pieces for run in field.runs)


def test_the_questions_of_a_quiz_are_compared_in_words(sides, app, client, make_user):
    module, both = sides(LESSON, {"type": "quiz", "key": "kuis", "settings": {"items": [ITEM]}})
    author = load_actor(module.owner_id, dt.date(2026, 11, 21))
    quiz = draft_activities(module.id)[1]
    shared = {name: getattr(quiz, name) for name in SHARED}
    item = ITEM | {"stem": "Siapa yang kita layani?"}
    save_activity(actor=author, module=module, activity=quiz, shared=shared, rule=None, settings={"items": [item]})
    commit()
    with app.test_request_context():
        i18n.use("en", "Asia/Jakarta")
        found = compare(*both(), texts=True)
    (part,) = found.parts
    (field,) = part.fields
    assert "Bukan orang." in field.after
    assert any(("new", "kita layani?") in run.pieces for run in field.runs)


def test_what_cannot_be_published_says_so_instead_of_breaking(sides, app):
    module, both = sides(LESSON, {"type": "quiz", "key": "kuis", "settings": {"items": [ITEM]}})
    quiz = draft_activities(module.id)[1]
    quiz.settings = {**quiz.settings, "items": [{"item": 999_999}]}
    with app.test_request_context():
        i18n.use("en", "Asia/Jakarta")
        _revision, draft = both()
        found = compare(*both(), texts=True)
    assert draft.digest == ""
    assert next(part for part in found.parts if part.key == "kuis").problem


@pytest.mark.parametrize("count", [3, 12])
def test_comparing_asks_as_often_for_many_quizzes_as_for_few(sides, app, queries, count):
    quizzes = [
        {"type": "quiz", "key": f"kuis-{n}", "settings": {"items": [ITEM | {"key": f"k{n}"}], "intro": "Lama."}} for n in range(count)
    ]
    module, both = sides(*quizzes)
    for quiz in draft_activities(module.id):
        quiz.settings = {**quiz.settings, "intro": "Baru."}
    commit()
    with app.test_request_context():
        i18n.use("en", "Asia/Jakarta")
        revision, draft = both()
        with queries() as seen:
            assert len(compare(revision, draft, texts=True).parts) == count
    assert len(seen) <= 2, seen
