"""Two instructors and one level: the sample, the figures, the second desk; and what organizers may know."""

import re

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.entries import calibration, levels
from courses.entries.models import Entry, Feedback, Opinion, Version
from lms.agreement import weighted_kappa
from lms.db import commit, db
from lms.errors import NotFound, Refused
from lms.learning.models import Cohort, Enrolment, Module
from lms.people.access import load_actor
from lms.people.models import RoleAssignment, User
from lms.people.roles import Role, ScopeKind
from lms.testing.client import text_of
from lms.testing.made import TODAY

PAIR = st.tuples(st.integers(0, 8), st.integers(0, 8))
ANCHORS = [{"text": "Kami datang, lalu pulang.", "level": 1, "why": "Urutan kejadian."}]


# -- figures --------------------------------------------------------------------------------------------------------------------------


def test_kappa_by_hand():
    """Three texts: Σ w·o = 1/3. Rows hold 0 once and 1 twice, columns 0 twice and 1 once: by chance (1·1 + 2·2)/9 = 5/9. 1 − 3/5 = 2/5."""
    assert weighted_kappa([(0, 0), (1, 0), (1, 1)]) == pytest.approx(0.4)


def test_kappa_of_full_agreement_of_chance_and_of_opposites():
    assert weighted_kappa([(number, number) for number in range(5)]) == pytest.approx(1)
    assert weighted_kappa([(one, two) for one in range(4) for two in range(4)]) == pytest.approx(0)
    assert weighted_kappa([(0, 4), (4, 0)]) == pytest.approx(-1)
    assert weighted_kappa([(3, 3), (3, 3)]) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(PAIR, min_size=1, max_size=80))
def test_kappa_equals_numpys(pairs):
    """One minus mean squared difference over what chance would give: variances and the gap of the means."""
    first, second = np.array(pairs, dtype=float).T
    chance = first.var() + second.var() + (first.mean() - second.mean()) ** 2
    kappa = weighted_kappa(pairs)
    if chance < 1e-12:
        assert kappa is None
    else:
        assert kappa == pytest.approx(1 - ((first - second) ** 2).mean() / chance, abs=1e-9)


@given(st.lists(PAIR, max_size=60))
def test_figures_of_pairs(pairs):
    found = calibration.agreement(pairs)
    if not pairs:
        assert found is None
        return
    gaps = np.abs(np.subtract(*np.array(pairs).T))
    assert found.number == len(pairs)
    assert found.exact == pytest.approx((gaps == 0).mean())
    assert found.near == pytest.approx((gaps <= 1).mean())
    assert (found.kappa is None) == (len(pairs) < 20 or weighted_kappa(pairs) is None), "a few say too little"


@given(st.sets(st.uuids(), max_size=300))
def test_the_sample_is_a_tenth_and_at_least_two(ids):
    drawn = calibration.sample(ids, lambda one: one.bytes[::-1])
    assert len(drawn) == min(len(ids), max(2, -(-len(ids) // 10)))
    assert set(drawn) <= ids
    assert drawn == calibration.sample(sorted(ids), lambda one: one.bytes[::-1]), "whatever the order in which they come"


@given(st.lists(st.integers(0, 8), max_size=60))
def test_levels_are_told_from_ten_on_and_change_with_every_fifth(given_levels):
    found = levels.figures(given_levels)
    if len(given_levels) < 10:
        assert found is None
        return
    assert found == levels.figures(given_levels[: len(given_levels) // 5 * 5])
    assert found.number % 5 == 0
    assert 0 <= found.passed <= 1
    assert 0 <= found.mean <= 4


# -- the desk -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(client, make_user, make_module, make_cohort, make_enrolment):
    """Return (assessor, second instructor, cohort, address of the journal, function that lets learners hand in)."""
    prompts = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    module = make_module({"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": prompts, "anchors": ANCHORS}})
    assessor = make_user("Pembimbing")
    cohort = make_cohort(module, assessor=assessor)
    second = make_user("Kedua", roles=[("instructor", "cohort", cohort.id)])

    def hand_in(count):
        for _number in range(count):
            learner = make_user()
            make_enrolment(cohort, learner)
            sent = client.as_(learner).post(f"/learn/{cohort.id}/{module.key}/jurnal/hand-in", data={"text-apa": "Rahasia saya."})
            assert sent.status_code == 302

    return client.as_(assessor), client.as_(second), cohort, f"/journals/queue/second/{cohort.id}/{module.key}/jurnal", hand_in


def waiting(browser):
    page = browser.get("/journals/queue/second").get_data(as_text=True)
    return [entry for entry in db.session.scalars(sa.select(Entry)) if f"/journals/queue/second/{entry.id}" in page]


def test_a_second_instructor_reads_blind_and_the_author_sees_it(world, client):
    assessor, second, _cohort, agree, hand_in = world
    hand_in(3)
    drawn = waiting(second)
    assert len(drawn) == 2
    assert waiting(assessor) == [], "nobody gives a second opinion on what is theirs to answer"
    entry = drawn[0]
    answer = {"strong": "Rahasia jawaban", "decision": "accepted", "level": "8"}
    assert assessor.post(f"/journals/queue/{entry.id}", data=answer).status_code == 302
    page = second.get(f"/journals/queue/second/{entry.id}").get_data(as_text=True)
    assert "Rahasia saya." in page
    assert "Kami datang, lalu pulang." in page
    assert "Rahasia jawaban" not in page
    assert "checked" not in page, "neither answer nor first level"
    url = f"/journals/queue/second/{entry.id}"
    assert second.post(url, data={"level": "9"}).status_code == 422
    assert second.post(url, data={"level": "4"}).status_code == 302
    assert second.get(url).status_code == 404, "one opinion each"
    author = client.as_(db.session.get(User, entry.author_id))
    privacy = text_of(author.get("/profile/privacy"))
    assert "Kedua" in privacy
    told = text_of(author.get(f"/journals/{entry.id}"))
    assert "Kedua" in told
    for browser in (assessor, second):
        page = text_of(browser.get(agree))
        assert entry.code in page, "more than one level apart: talk about it"


def test_single_levels_are_shown_to_the_two_who_gave_them(world, client, make_user):
    assessor, second, cohort, agree, hand_in = world
    hand_in(2)
    (entry, _other) = waiting(second)
    assessor.post(f"/journals/queue/{entry.id}", data={"strong": "Kuat", "decision": "accepted", "level": "8"})
    second.get(f"/journals/queue/second/{entry.id}")
    second.post(f"/journals/queue/second/{entry.id}", data={"level": "2"})
    third = client.as_(make_user("Ketiga", roles=[("instructor", "cohort", cohort.id)]))
    page = text_of(third.get(agree))
    assert entry.code not in page
    assert re.search(r"Tulisan dengan dua tingkat\s*1\b", page), "figures are for all"


def test_what_was_opened_stays_with_who_opened_it(world, client, make_user):
    _assessor, second, cohort, _agree, hand_in = world
    hand_in(2)
    entry = waiting(second)[0]
    assert second.get(f"/journals/queue/second/{entry.id}").status_code == 200
    third = client.as_(make_user("Ketiga", roles=[("instructor", "cohort", cohort.id)]))
    assert entry.id not in {one.id for one in waiting(third)}
    assert third.get(f"/journals/queue/second/{entry.id}").status_code == 404
    hand_in(12)
    assert entry.id in {one.id for one in waiting(second)}, "whatever is drawn meanwhile"


def test_without_anchor_texts_nothing_is_drawn(client, make_activity, make_user):
    taken = make_activity("journal", minimum_words=1, prompts=[{"key": "apa", "title": "Apa?", "prompt": "?"}])
    client.as_(taken.learner).post(f"{taken.url}/hand-in", data={"text-apa": "Rahasia saya."})
    second = client.as_(make_user("Kedua", roles=[("instructor", "cohort", taken.cohort.id)]))
    entry = db.session.scalars(sa.select(Entry.id)).one()
    assert second.get(f"/journals/queue/second/{entry}").status_code == 404
    assert str(entry) not in second.get("/journals/queue/second").get_data(as_text=True)


def test_the_page_of_agreement_and_the_page_for_organizers(world, client, make_user):
    _assessor, second, cohort, agree, hand_in = world
    organizer = client.as_(make_user("Panitia", roles=[("organizer", "cohort", cohort.id)]))
    hand_in(21)
    versions = list(db.session.scalars(sa.select(Version.id).order_by(Version.handed_in_at)))
    give = cohort.assessor_id

    def answer(part):
        for version_id in part:
            number = versions.index(version_id)
            db.session.add(Feedback(version_id=version_id, assessor_id=give, sealed=b"", accepted=True, level=4 + number % 4))
            db.session.add(Opinion(version_id=version_id, assessor_id=give, level=4 + number % 3))
        commit()

    answer(versions[:9])
    assert re.search(r"\b10 tulisan", text_of(organizer.get("/journals/levels"))), "not enough yet, and from when on"
    assert "%" not in text_of(organizer.get("/journals/levels"))
    page = text_of(second.get(agree))
    assert re.search(r"Tulisan dengan dua tingkat\s*9\b", page)
    assert "n =" not in page
    answer(versions[9:11])
    ten = text_of(organizer.get("/journals/levels"))
    assert "%" in ten
    answer(versions[11:14])
    assert text_of(organizer.get("/journals/levels")) == ten, "one person more changes nothing"
    answer(versions[14:])
    page = text_of(second.get(agree))
    pairs = [(4 + number % 4, 4 + number % 3) for number in range(21)]
    assert "n = 21" in page
    assert f"{weighted_kappa(pairs):.2f}".replace(".", ",") in page


def test_opening_one_text_reads_nothing_of_other_journals(world, client, monkeypatch, make_user, make_module, make_cohort, make_enrolment):
    _assessor, second, cohort, agree, hand_in = world
    hand_in(2)
    (entry, _other) = waiting(second)
    seen = []
    monkeypatch.setattr(calibration, "lot", lambda kind, item_id: seen.append(item_id) or item_id.bytes)
    again = make_cohort(db.session.get(Module, entry.module_id), assessor=db.session.get(User, cohort.assessor_id))
    held = {"role": Role.INSTRUCTOR, "scope_kind": ScopeKind.COHORT, "scope_id": again.id}
    db.session.add(RoleAssignment(user_id=_person("Kedua"), valid_from=TODAY, **held))
    learner = make_user()
    make_enrolment(again, learner)
    sent = client.as_(learner).post(f"/learn/{again.id}/{agree.split('/')[-2]}/jurnal/hand-in", data={"text-apa": "Lain."})
    assert sent.status_code == 302
    assert second.get(f"/journals/queue/second/{entry.id}").status_code == 200
    assert set(seen) == set(db.session.scalars(sa.select(Version.id).join(Entry).join(Enrolment).where(Enrolment.cohort_id == cohort.id)))


def _person(name):
    return db.session.scalars(sa.select(User.id).where(User.name == name)).one()


def test_journals_of_other_years_stand_on_pages_of_their_own(world, client, make_user):
    _assessor, second, cohort, _agree, hand_in = world
    organizer = client.as_(make_user("Panitia", roles=[("organizer", "cohort", cohort.id)]))
    hand_in(2)
    (before,) = db.session.scalars(sa.select(Cohort.year))
    for browser, url in ((second, "/journals/queue/second"), (organizer, "/journals/levels")):
        found = [browser.get(f"{url}{asked}").get_data(as_text=True) for asked in ("", f"?year={before}", "?year=1999", "?year=x")]
        assert len({re.sub('name="csrf_token" value="[^"]+"', "", page) for page in found}) == 1, "a year that is not there is the latest"
    assert calibration.offered_to(load_actor(_person("Kedua"), TODAY), before)
    assert not calibration.offered_to(load_actor(_person("Kedua"), TODAY), before - 1)


def test_of_two_who_open_the_same_text_one_is_told(world, make_user):
    _assessor, second, cohort, _agree, hand_in = world
    hand_in(2)
    entry = waiting(second)[0]
    first, late = (load_actor(make_user(roles=[("instructor", "cohort", cohort.id)]).id, TODAY) for _number in range(2))
    version_id = db.session.scalars(sa.select(Version.id).where(Version.entry_id == entry.id)).one()
    calibration.open_second(first, entry.id)
    with pytest.MonkeyPatch.context() as patch:  # both have looked before either was written down
        patch.setattr(calibration, "_todo", lambda actor, found: found)
        with pytest.raises(NotFound):
            calibration.open_second(late, entry.id)
    with pytest.raises(Refused):
        calibration.give_opinion(actor=late, version_id=version_id, level=4)
    calibration.give_opinion(actor=first, version_id=version_id, level=6)
    assert db.session.execute(sa.select(Opinion.assessor_id, Opinion.level)).all() == [(first.id, 6)]
