"""Answering journals: prompts that are there to be chosen, the scale, the gate, the desk, and what the scale is worth."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from courses.entries import desk, kember, presets
from courses.entries.changes import changed
from courses.entries.journal import Journal
from courses.entries.kindness import unkind
from courses.entries.models import AnswerDraft, Entry, Feedback
from courses.entries.settings import CriterionRow
from lms.activity import load_form
from lms.db import db
from lms.errors import ContentError
from lms.learning.models import Enrolment, Group
from lms.learning.services import draft_of
from lms.privacy.models import Reading
from lms.progress.models import Completion, CompletionState, Evidence, EvidenceKind
from lms.testing.client import text_of

ANCHORS = [{"text": f"Teks contoh {level}", "level": level, "why": "Sebab."} for level in (1, 2.5, 4)]
PROMPTS = [{"key": "apa", "title": "Apa?", "prompt": "?"}]


@pytest.fixture
def journal(make_activity):
    """Make a journal of one word at least."""
    return make_activity("journal", minimum_words=1, prompts=PROMPTS, anchors=ANCHORS)


class Both:
    """The author and the assessor of a journal, in their browsers."""

    def __init__(self, client, taken):
        self.taken, self.client = taken, client
        self.author = client.as_(taken.learner)
        self.person = db.session.get(taken.learner.__class__, taken.cohort.assessor_id)
        self.assessor = client.as_(self.person)

    def hand_in(self, text="Saya mendengarkan.", **more):
        answer = self.author.post(f"{self.taken.url}/hand-in", data={"text-apa": text, **more})
        assert answer.status_code == 302, text_of(answer)
        self.entry = db.session.scalars(sa.select(Entry).where(Entry.author_id == self.taken.learner.id)).one()

    @property
    def url(self):
        return f"/journals/queue/{self.entry.id}"

    def answer(self, **values):
        return self.assessor.post(self.url, data={"strong": "Kuat.", "decision": "accepted", **values})

    @property
    def feedback(self):
        return db.session.scalars(sa.select(Feedback).order_by(Feedback.given_at.desc())).first()


@pytest.fixture
def both(client, journal):
    return Both(client, journal)


# -- prompts --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "count"), [(presets.THREE, 3), (presets.GIBBS, 6)])
def test_prompts_are_there_to_be_chosen(client, make_activity, form, count):
    taken = make_activity("journal", minimum_words=1, form=form)
    page = client.as_(taken.learner).get(taken.url).get_data(as_text=True)
    for prompt in presets.prompts(form, "id"):
        assert f'name="text-{prompt["key"]}"' in page
        assert prompt["title"] in page
    assert page.count("<textarea") == count
    sent = {f"text-{prompt['key']}": f"isi {prompt['key']}" for prompt in presets.prompts(form, "id")}
    assert client.as_(taken.learner).post(f"{taken.url}/hand-in", data=sent).status_code == 302
    assert "isi " in client.as_(taken.learner).get(taken.url).get_data(as_text=True)


def test_presets_are_complete_in_both_languages():
    for form in presets.PROMPTS:
        ours, theirs = presets.prompts(form, "id"), presets.prompts(form, "en")
        assert [row["key"] for row in ours] == [row["key"] for row in theirs]
        assert all(row["title"] and row["html"] and row["title"] != other["title"] for row, other in zip(ours, theirs, strict=True))
    assert presets.prompts(presets.THREE, "xx") == presets.prompts(presets.THREE, "id")


def test_the_preset_rubric_is_a_rubric():
    for language in ("id", "en"):
        rows = presets.field_rubric(language)
        assert [row["weight"] for row in rows] == [20, 20, 30, 15, 15]
        for row in rows:
            assert (
                load_form(CriterionRow, {name: value for name, value in row.items() if value not in (False, "")})["levels"] == row["levels"]
            )


@given(st.lists(st.integers(1, 100), max_size=6), st.booleans())
def test_weights_of_a_rubric_come_near_to_100_and_there_is_always_a_gate(weights, preset):
    own = [{"key": f"k{number}", "title": "T", "weight": weight, "levels": ["a"] * 4} for number, weight in enumerate(weights)]
    rows = presets.rubric_of({"field_rubric": preset, "rubric": own}, "id")
    total = sum(row.get("weight") or 0 for row in rows)
    assert not (preset or weights) or abs(total - 100) <= len(rows) / 2
    assert sum(bool(row.get("gate")) for row in rows) == 1


def test_a_gate_of_the_author_is_the_gate():
    gate = {"key": "etika", "title": "Etika", "gate": True, "prompt": "?"}
    assert [row["key"] for row in presets.rubric_of({"rubric": [gate]}, "id")] == ["etika"]


def test_settings_with_prompts_and_no_form_mean_these_prompts(make_module):
    """Modules that were written before there was a choice stay as they are, in both directions."""
    draft, kind = draft_of(make_module(), "jurnal"), Journal()
    old = {"minimum_words": 150, "promised_days": 7, "prompts": PROMPTS}
    loaded = kind.load(old, draft)
    assert loaded["form"] == presets.OWN
    assert kind.dump(loaded, draft) == old
    assert kind.load(kind.edit(loaded, draft), draft) == loaded
    chosen = kind.load({"form": presets.GIBBS, "prompts": PROMPTS}, draft)
    assert kind.load(kind.dump(chosen, draft), draft) == chosen
    empty = kind.load({}, draft)
    assert empty["form"] == presets.THREE, "an author types nothing"
    assert "form" not in kind.dump(empty, draft)
    with pytest.raises(ContentError):
        kind.load({"form": presets.OWN}, draft)


@given(st.sampled_from(list(kember.HALVES)))
def test_anchor_levels_survive_the_round_trip(halves):
    anchors = [{"text": "T", "level": halves / 2, "why": "W"}]
    loaded = Journal().load({"anchors": anchors}, None)
    assert loaded["anchors"] == anchors
    assert Journal().load(Journal().dump(loaded, None), None) == loaded


def test_anchors_of_no_level_are_refused_and_two_are_few():
    with pytest.raises(ContentError):
        Journal().load({"anchors": [{"text": "T", "level": 2.25, "why": "W"}]}, None)
    assert Journal().check({"anchors": ANCHORS[:2]})
    assert not Journal().check({"anchors": ANCHORS})
    assert not Journal().check({})


# -- the scale ------------------------------------------------------------------------------------------------------------------------


def test_the_table_of_the_programme():
    assert {halves / 2: kember.PERCENT[halves] for halves in (2, 4, 5, 6, 7, 8)} == {1: 60, 2: 70.01, 2.5: 75, 3: 82, 3.5: 88, 4: 94}
    assert list(kember.PERCENT) == list(kember.HALVES)
    assert sorted(kember.PERCENT.values()) == list(kember.PERCENT.values()), "deeper is never worth less"


@given(st.integers(0, 8), st.integers(1, 3))
def test_who_passes(halves, version):
    assert kember.passes(halves, version) == (halves / 2 >= 2.5 or version > 1)


def test_levels_are_hidden_while_writing_and_shown_after_the_answer(client, both):
    names = {str(level.name) for level in kember.LEVELS} | {"Teks contoh 4"}
    page = text_of(both.author.get(both.taken.url))
    assert not [name for name in names if name in page]
    both.hand_in()
    assert not [name for name in names if name in text_of(both.author.get(both.taken.url))]
    desk_page = text_of(both.assessor.get(both.url))
    assert all(name in desk_page for name in names), "beside the text, with the anchors"
    both.answer(level="7")
    after = text_of(both.author.get(both.taken.url))
    assert "3,5" in after or "3.5" in after
    assert str(kember.LEVELS[3].name) in after
    assert "Teks contoh" not in after, "anchors are for instructors"


def test_below_the_mark_a_first_version_goes_back_and_an_honest_revision_passes(both):
    both.hand_in()
    refused = both.answer(level="4")
    assert refused.status_code == 422
    assert "Kuat." in text_of(refused), "nothing is lost"
    assert both.answer(level="4", decision="returned").status_code == 302
    both.author.post(f"{both.taken.url}/revise")
    both.hand_in("Saya mendengarkan, lalu bertanya.")
    assert both.answer(level="4").status_code == 302
    assert both.feedback.accepted
    assert both.author.post(f"{both.taken.url}/revise").status_code == 409


def test_ethics_come_first_and_a_correction_costs_no_revision(both):
    both.hand_in("Ibu Siti, RT 3.")
    key = f"rubric-{presets.GATE_KEY}"
    assert both.answer(level="8", **{key: "broken"}).status_code == 422, "no score while somebody can be recognised"
    for _time in range(2):
        assert both.answer(level="8", decision="returned", **{key: "broken"}).status_code == 302
        assert both.feedback.ethics
        assert both.feedback.level is None
        assert both.author.post(f"{both.taken.url}/revise").status_code == 302
        both.hand_in("Seorang ibu.")
    assert both.answer(level="8", **{key: "kept"}).status_code == 302
    assert both.feedback.level == 8
    kinds = db.session.scalars(sa.select(Evidence.kind)).all()
    assert EvidenceKind.SCORED not in kinds, "the rule asks for no score"


@pytest.mark.parametrize(("level", "state", "score"), [("5", CompletionState.COMPLETE, 75.0), ("6", CompletionState.COMPLETE, 82.0)])
def test_a_level_is_a_score_where_the_rule_asks_for_one(client, make_activity, level, state, score):
    taken = make_activity("journal", rule={"all": ["accepted", {"passed": 75}]}, minimum_words=1, prompts=PROMPTS)
    both = Both(client, taken)
    both.hand_in()
    assert both.answer().status_code == 422, "a level is asked for"
    assert both.answer(level=level).status_code == 302
    completion = db.session.scalars(sa.select(Completion)).one()
    assert (completion.state, completion.score) == (state, score)


def test_who_may_know_a_level(client, both, make_user):
    """Author and assessor; nobody else finds a word of it."""
    both.hand_in()
    both.answer(level="7")
    name = str(kember.LEVELS[3].name)
    assert name in text_of(both.author.get(f"/journals/{both.entry.id}"))
    assert name in text_of(both.assessor.get(both.url))
    for role in (
        ["organizer"],
        ["admin"],
        [("instructor", "cohort", both.taken.cohort.id)],
        [("supervisor", "cohort", both.taken.cohort.id)],
    ):
        browser = client.as_(make_user(roles=role))
        for url in (both.url, f"/cohorts/{both.taken.cohort.id}/people/{both.taken.enrolment.id}", "/journals/levels", "/team/people"):
            assert not re.search(rf"3[.,]5|{name}", text_of(browser.get(url))), (role, url)


# -- the desk -------------------------------------------------------------------------------------------------------------------------


def test_a_half_written_answer_is_never_lost(client, both, make_user):
    both.hand_in()
    half = {"strong": "Setengah jadi", "level": "6", f"rubric-{presets.GATE_KEY}": "kept", "decision": "returned", "other": "x"}
    kept = both.assessor.post(f"{both.url}/keep", data=half, headers={"Accept": "application/json"})
    assert re.search(r"\d", kept.get_json()["at"])
    page = both.assessor.get(both.url).get_data(as_text=True)
    assert "Setengah jadi" in page
    assert "Setengah jadi" in both.assessor.get("/profile/data.json").get_data(as_text=True), "it is theirs to take along"
    assert len(re.findall(r"<input[^>]*checked[^>]*>", page)) == 3, "level, gate and decision as they were"
    row = db.session.scalars(sa.select(AnswerDraft)).one()
    assert b"Setengah" not in row.sealed
    assert "Setengah jadi" not in both.author.get(f"/journals/{both.entry.id}").get_data(as_text=True)
    other = client.as_(make_user(roles=[("instructor", "cohort", both.taken.cohort.id)]))
    assert other.post(f"{both.url}/keep", data=half).status_code == 404
    assert both.assessor.post(f"{both.url}/keep", data={**half, "strong": "Lebih lengkap"}).status_code == 302
    assert "Lebih lengkap" in both.assessor.get(both.url).get_data(as_text=True)
    assert both.answer(level="6").status_code == 302
    assert not db.session.scalars(sa.select(AnswerDraft)).all(), "given, it is gone"


def test_an_answer_goes_to_the_version_that_was_read(both):
    both.hand_in("Versi pertama.")
    assert 'name="version" value="1"' in both.assessor.get(both.url).get_data(as_text=True)
    assert both.answer(decision="returned", level="3", version="1").status_code == 302
    assert both.author.post(f"{both.taken.url}/revise").status_code == 302
    both.hand_in("Versi kedua.")
    for late in ({}, {"decision": "returned"}):
        page = both.answer(version="1", level="6", question="Pertanyaan panjang tentang versi pertama?", **late)
        assert page.status_code == 422
        assert "Pertanyaan panjang tentang versi pertama?" in page.get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Feedback)) == 1
    assert 'name="version" value="2"' in page.get_data(as_text=True)
    assert both.answer(version="2", level="6").status_code == 302


def test_what_arrives_after_the_answer_does_not_come_back_as_half_written(both):
    both.hand_in()
    assert both.answer(level="6").status_code == 302
    for number in ("1", ""):
        late = both.assessor.post(
            f"{both.url}/keep", data={"strong": "Terlambat", "version": number}, headers={"Accept": "application/json"}
        )
        assert (late.status_code, late.get_json()["message"]) == (409, "Versi ini sudah dijawab.")
    assert not db.session.scalars(sa.select(AnswerDraft)).all()


def test_what_is_handed_in_from_an_old_page_is_kept(both):
    both.hand_in()
    long = "Kalimat panjang yang ditulis di halaman lama, tanpa skrip."
    page = both.author.post(f"{both.taken.url}/hand-in", data={"text-apa": long})
    assert page.status_code == 422
    assert "menunggu jawaban" in text_of(page)
    assert long in both.author.get(both.taken.url).get_data(as_text=True), "beside, for its author"


def test_an_unkind_phrase_is_a_reason_to_look_again_not_a_refusal(both):
    both.hand_in()
    words = "Anda jelas. Seharusnya Anda tidak merasa takut."
    page = both.answer(question=words)
    assert page.status_code == 422
    assert "seharusnya anda tidak merasa" in text_of(page)
    assert 'name="meant"' in page.get_data(as_text=True)
    assert both.answer(question=words, meant="1").status_code == 302


@pytest.mark.parametrize("words", ["Seharusnya  Anda tidak merasa marah", "kamu terlalu sensitif", "Masih banyak yang lebih susah"])
def test_phrases_that_close_a_conversation(words):
    assert unkind(["Baik.", words.upper()])


@pytest.mark.parametrize(
    "words", ["Apa yang Anda rasakan?", "Seharusnya syarat itu ditempel di pintu.", "Anda tidak sendirian", "lebayung"]
)
def test_phrases_that_do_not(words):
    assert not unkind([words])


def test_the_queue_leads_with_what_is_late_and_can_be_narrowed(client, both, make_enrolment, make_user):
    both.hand_in()
    entries = {both.entry.id: 0}
    group = Group(cohort_id=both.taken.cohort.id, name="Kelompok 9", position=9, assessor_id=both.person.id)
    db.session.add(group)
    for number in (1, 2):
        learner = make_user(f"Peserta {number}")
        enrolment = make_enrolment(both.taken.cohort, learner)
        if number == 2:
            db.session.flush()
            db.session.get(Enrolment, enrolment.id).group_id = group.id
            db.session.commit()
        client.as_(learner).post(f"{both.taken.url}/hand-in", data={"text-apa": "Kata."})
        entries[db.session.scalars(sa.select(Entry.id).where(Entry.author_id == learner.id)).one()] = number
    for entry_id, days in ((list(entries)[1], -9), (list(entries)[2], -3)):
        db.session.get(Entry, entry_id).promised_on += dt.timedelta(days=days)
    db.session.commit()
    page = both.assessor.get("/desk").get_data(as_text=True)
    found = [entries[one] for one in map(_uuid, re.findall(r"/journals/queue/([0-9a-f-]{36})\"", page))]
    assert found == [1, 2, 0]
    narrowed = both.assessor.get("/desk?group=Kelompok+9").get_data(as_text=True)
    assert [entries[one] for one in map(_uuid, re.findall(r"/journals/queue/([0-9a-f-]{36})\?group=Kelompok\+9", narrowed))] == [2]
    second = list(entries)[2]
    middle = both.assessor.get(f"/journals/queue/{second}").get_data(as_text=True)
    assert re.search(rf'rel="prev" href="/journals/queue/{list(entries)[1]}"', middle)
    assert re.search(rf'rel="next" href="/journals/queue/{next(iter(entries))}"', middle)
    sent = both.assessor.post(f"/journals/queue/{second}", data={"strong": "Kuat.", "decision": "accepted"})
    assert f"/journals/queue/{next(iter(entries))}#" in sent.location, "on to the next"


def _uuid(text):
    return uuid.UUID(text)


def test_codes_are_stable_and_each_is_used_once(client, both, make_enrolment, make_user):
    both.hand_in()
    for _number in range(12):
        learner = make_user()
        make_enrolment(both.taken.cohort, learner)
        client.as_(learner).post(f"{both.taken.url}/hand-in", data={"text-apa": "Kata."})
    codes = [entry.code for entry in db.session.scalars(sa.select(Entry))]
    assert len(set(codes)) == 13
    assert all(re.fullmatch(r"J-\d{3}", code) for code in codes)
    before = both.entry.code
    both.answer(decision="returned")
    both.author.post(f"{both.taken.url}/revise")
    both.hand_in("Lagi.")
    assert db.session.scalars(sa.select(Entry.number).where(Entry.id == both.entry.id)).one() == int(before[2:])


def test_both_versions_stand_side_by_side_escaped(both):
    both.hand_in("Saya <b>memotong</b> kalimatnya.")
    both.answer(decision="returned")
    both.author.post(f"{both.taken.url}/revise")
    both.hand_in("Saya <b>menunggu</b> kalimatnya.")
    for browser, url in ((both.assessor, both.url), (both.author, both.taken.url), (both.author, f"/journals/{both.entry.id}")):
        page = browser.get(url).get_data(as_text=True)
        assert "<del>&lt;b&gt;memotong&lt;/b&gt;</del>" in page
        assert "<ins>&lt;b&gt;menunggu&lt;/b&gt;</ins>" in page


@given(st.text(max_size=300), st.text(max_size=300))
def test_what_changed_holds_both_texts_letter_by_letter(old, new):
    pieces = changed(old, new)
    assert "".join(text for kind, text in pieces if kind != "added") == old
    assert "".join(text for kind, text in pieces if kind != "removed") == new
    assert all(kind in {"kept", "added", "removed"} and text for kind, text in pieces)


def test_opening_leaves_one_line_for_the_author(both):
    both.hand_in()
    both.assessor.get(both.url)
    assert db.session.scalars(sa.select(Reading.reason)).all() == ["assessment"]
    assert both.person.name in text_of(both.author.get(both.taken.url))


def test_what_is_kept_of_a_form_is_what_belongs_to_an_answer():
    task = desk.Task({}, [], [{"key": "isi"}], "id", scored=False, title="")
    form = {"strong": "A\r\nB", "rubric-isi": "2", "csrf_token": "x", "rubric-lain": "3", "level": ""}
    assert desk.worth_keeping(task, form) == {"strong": "A\nB", "rubric-isi": "2"}
