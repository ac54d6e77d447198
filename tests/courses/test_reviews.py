"""Reviews: a frozen text, readers with an account and without, comments on paragraphs, a verdict for exactly one text."""

import datetime as dt
import itertools
import re

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.forms import form_of

from courses.reviews.export import export_reviews
from courses.reviews.models import Comment, Review, ReviewActivity, Reviewer, Verdict
from courses.reviews.paragraphs import paragraphs, to_read, with_slots
from courses.reviews.services import VALID_FOR, Stand, review_state
from courses.reviews.state import Asked, decide
from courses.studio.showing import AT_ONCE
from lms import throttle
from lms.db import at, commit, db
from lms.learning.models import Activity
from lms.learning.services import draft_activities, latest_revision
from lms.messages.models import Notice
from lms.privacy.models import AuditEntry
from lms.testing.client import text_of
from lms.testing.contract import installed

NOON = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "## Judul\n\nHalo **semua**.\n\n- satu\n- dua\n"}}
QUIZ = {
    "type": "quiz", "key": "kuis", "title": "Cek",
    "settings": {"items": [{
        "key": "satu", "kind": "single_choice", "stem": "Siapa yang dilayani?",
        "options": [{"text": "Warga", "correct": True, "rationale": "Benar sekali."}, {"text": "Meja", "rationale": "Bukan orang."}],
    }]},
}  # fmt: skip


# -- paragraphs --------------------------------------------------------------------------------------------------------------------

WORD = st.text("abc ", min_size=1, max_size=6)
PIECES = st.recursive(
    WORD.map(lambda text: f"<p>{text}</p>"),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda each: f"<div><ul><li>{''.join(each)}</li></ul></div>"),
    max_leaves=8,
)


@given(st.lists(PIECES, max_size=4).map("\n".join))
def test_each_paragraph_has_its_own_anchor_and_nothing_of_the_page_is_lost(page):
    found = paragraphs(page)
    assert len({paragraph.anchor for paragraph in found}) == len(found)
    assert with_slots(page, lambda paragraph: "") == page
    marked = with_slots(page, lambda paragraph: f"[{paragraph.anchor}]")
    assert re.sub(r"\[p[0-9a-f-]+\]", "", marked) == page
    assert [paragraph.quote for paragraph in paragraphs(page)] == [
        " ".join(text.split()) for text in re.findall(r"<p>(.*?)</p>", page) if text.strip()
    ]


def test_an_anchor_stays_when_something_else_changes():
    before = {paragraph.quote: paragraph.anchor for paragraph in paragraphs("<p>Satu</p><p>Dua</p>")}
    after = {paragraph.quote: paragraph.anchor for paragraph in paragraphs("<h2>Baru</h2><div><p>Dua</p></div>")}
    assert before["Dua"] == after["Dua"]


def test_fields_and_own_links_of_a_page_do_nothing():
    page = to_read('<form method="post" action="/x"><input name="a"><a href="/learn">x</a><a href="https://example.test">y</a></form>')
    assert "<form" not in page
    assert "<input disabled" in page
    assert 'data-href="/learn"' in page
    assert 'href="https://example.test"' in page
    assert 'href="/media/abc.pdf"' in to_read('<a class="button" href="/media/abc.pdf">Buka</a>'), "documents can be read"


# -- where a text stands -----------------------------------------------------------------------------------------------------------

VERDICTS = st.sampled_from([None, Verdict.APPROVED, Verdict.RETURNED])
REVIEWERS = st.lists(st.tuples(st.integers(1, 4), st.sampled_from("ab"), VERDICTS), max_size=8)


@given(REVIEWERS, st.sampled_from(["a", "b", ""]))
def test_a_text_is_approved_only_by_a_review_of_exactly_it_that_nobody_returned(rows, digest):
    digests = {number: mark for number, mark, _verdict in rows}
    rows = sorted(((number, verdict) for number, _mark, verdict in rows), key=lambda row: -row[0])
    asked = [Asked(number, digests[number], NOON, "Ani", verdict, NOON if verdict else None) for number, verdict in rows]
    stand, about = decide(asked, digest)
    by_review = {number: {verdict for each, verdict in rows if each == number} for number in digests}
    clean = [number for number, said in by_review.items() if Verdict.APPROVED in said and Verdict.RETURNED not in said]
    if stand is Stand.APPROVED:
        assert about[0].review_id in clean
        assert digests[about[0].review_id] == digest != ""
    if not asked:
        assert stand is Stand.NONE
    exact = [number for number in by_review if digest and digests[number] == digest]
    if exact and set(exact) <= set(clean):
        assert stand is Stand.APPROVED


# -- the whole way -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _fresh():
    throttle.forget()
    yield
    throttle.forget()


@pytest.fixture
def world(client, make_user, make_module):
    """Give (browser of the author, browser of a colleague, the colleague, module)."""
    author = make_user("Ibu Penulis", roles=["instructor"], language="en")
    colleague = make_user("Pak Rekan", roles=["instructor"], language="en")
    module = make_module(LESSON, QUIZ, owner=author, publish=False)
    return client.as_(author), client.as_(colleague), colleague, module


def ask(author, module, colleague=None, **more):
    answer = author.post(f"/studio/{module.key}/reviews", data={"colleagues": str(colleague.id) if colleague else [], **more})
    assert answer.status_code == 302, text_of(answer)
    return answer.location


def link_of(author, place, label="BPS Kaltara"):
    page = author.post(f"{place}/links", data={"label": label}).get_data(as_text=True)
    return re.search(r'value="http://localhost(/review/[^"]+)"', page)[1]


def anchor_of(page, words):
    return re.search(rf'href="\?on=(p[0-9a-f-]+)#[^"]*" aria-label="[^"]*{words}', page.get_data(as_text=True))[1]


def rewrite(module, text):
    activity = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == "buka")).one()
    activity.settings = {"source": text}
    commit()


def test_a_colleague_reads_the_frozen_text_comments_and_approves(world):
    author, colleague, person, module = world
    place = ask(author, module, person, note="Apakah soalnya jelas?")
    assert db.session.scalars(sa.select(Notice.path).where(Notice.user_id == person.id)).one() == place.replace(f"/studio/{module.key}", "")
    home = place.replace(f"/studio/{module.key}", "")
    assert f"Modul {module.key}" in text_of(colleague.get("/reviews")) or f"Module {module.key}" in text_of(colleague.get("/reviews"))
    assert "1 review waits for you" in text_of(colleague.get("/studio"))
    rewrite(module, "Lain sama sekali.")
    page = colleague.get(f"{home}/buka")
    assert "Halo semua" in text_of(page)
    assert "Lain sama sekali" not in text_of(page)
    assert "Apakah soalnya jelas?" in text_of(colleague.get(home))
    anchor = anchor_of(page, "Halo")
    form = colleague.get(f"{home}/buka?on={anchor}")
    assert form_of(form, None)["anchor"] == anchor
    empty = colleague.post(f"{home}/buka", data={"anchor": anchor, "text": " "})
    assert empty.status_code == 422
    long = colleague.post(f"{home}/buka", data={"anchor": anchor, "text": "kata " * 900})
    assert long.status_code == 422
    assert "kata kata kata" in text_of(long), "nothing that was typed is lost"
    for _twice in range(2):
        assert colleague.post(f"{home}/buka", data={"anchor": anchor, "text": "Lebih hangat, ya."}).status_code == 302
    comment = db.session.scalars(sa.select(Comment)).one()
    assert (comment.quote, comment.key) == ("Halo semua.", "buka")
    for address in (f"/studio/{module.key}/buka", place, f"/studio/{module.key}/reviews"):
        assert "Lebih hangat, ya." in text_of(author.get(address)), address
    answered = author.post(f"/studio/{module.key}/comments/{comment.id}", data={"answer": "Sudah.", "done": "y"})
    assert answered.status_code == 302
    assert "Lebih hangat, ya." not in text_of(author.get(f"/studio/{module.key}/buka"))
    assert "Sudah." in text_of(colleague.get(f"{home}/buka"))
    assert colleague.post(home, data={"verdict": "returned", "sentence": " "}).status_code == 422
    assert colleague.post(home, data={"verdict": "approved"}).status_code == 302
    assert "the text has changed since" in text_of(author.get(f"/studio/{module.key}"))
    rewrite(module, LESSON["settings"]["source"])
    assert "for exactly this text" in text_of(author.get(f"/studio/{module.key}"))
    assert "for exactly this text" in text_of(author.get(f"/studio/{module.key}/publish"))


def test_the_answers_of_a_quiz_and_their_reasons_stand_in_a_review(world):
    author, colleague, person, module = world
    home = ask(author, module, person).replace(f"/studio/{module.key}", "")
    page = colleague.get(f"{home}/kuis")
    assert "Siapa yang dilayani?" in text_of(page)
    assert "Benar sekali." in text_of(page)
    anchor = anchor_of(page, "Question 1")
    assert colleague.post(f"{home}/kuis", data={"anchor": anchor, "text": "Pengecoh terlalu mudah."}).status_code == 302
    assert db.session.scalars(sa.select(Comment.quote)).one().startswith("Question 1: Siapa")


def test_what_stands_behind_a_long_quiz_is_shown_page_by_page(client, make_user, make_module):
    author, person = (make_user(name, roles=["instructor"], language="en") for name in ("Ibu Penulis", "Pak Rekan"))
    items = [QUIZ["settings"]["items"][0] | {"key": f"soal-{number}", "stem": f"Soal ke-{number:02}?"} for number in range(1, 21)]
    module = make_module(QUIZ | {"settings": {"items": items}}, owner=author)
    home = ask(client.as_(author), module, person).replace(f"/studio/{module.key}", "")
    colleague = client.as_(person)

    def shown(address):
        return re.findall(r"Soal ke-(\d\d)\?", text_of(colleague.get(address)))

    pages = [shown(f"{home}/kuis?page={number}") for number in range(1, 5)]
    assert 0 < max(map(len, pages)) <= AT_ONCE
    assert list(itertools.chain(*pages))[:20] == [f"{number:02}" for number in range(1, 21)]
    last = colleague.get(f"{home}/kuis?page=99")
    anchor = anchor_of(last, "Question 20")
    assert form_of(colleague.get(f"{home}/kuis?on={anchor}"), None)["anchor"] == anchor
    assert "20" in shown(f"{home}/kuis?on={anchor}")
    failed = colleague.post(f"{home}/kuis", data={"anchor": anchor, "text": ""})
    assert failed.status_code == 422
    assert form_of(failed, None)["anchor"] == anchor
    place = colleague.post(f"{home}/kuis", data={"anchor": anchor, "text": "Terlalu mudah."}).location
    assert "Terlalu mudah." in text_of(colleague.get(place))
    assert f'href="{place}"' in colleague.get(home).get_data(as_text=True)
    assert "Terlalu mudah." not in text_of(colleague.get(f"{home}/kuis")), "it stands behind its question only"
    revision = client.as_(author).get(f"/studio/{module.key}/revisions/1/kuis?page=2")
    assert 0 < revision.get_data(as_text=True).count("told-one") <= AT_ONCE


def test_an_expert_without_an_account_reads_comments_and_returns(world, client):
    author, _colleague, _person, module = world
    place = ask(author, module)
    link = link_of(author, place)
    assert link.rpartition("/")[2] not in str(db.session.execute(sa.select(Reviewer.__table__)).all()), "only a fingerprint is kept"
    assert link not in author.get(place).get_data(as_text=True)
    expert = client
    page = expert.get(f"{link}/buka")
    assert page.status_code == 200
    assert page.headers.getlist("Referrer-Policy") == ["no-referrer"]
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store"
    anchor = anchor_of(page, "Halo")
    nameless = expert.post(f"{link}/buka", data={"anchor": anchor, "text": "Angkanya keliru."})
    assert nameless.status_code == 422
    assert "Angkanya keliru." in text_of(nameless)
    assert expert.post(f"{link}/buka", data={"anchor": anchor, "text": "Angkanya keliru.", "name": "Bu Ahli, BPS"}).status_code == 302
    number = db.session.scalars(sa.select(Comment.id)).one()
    assert expert.post(f"{link}/buka", data={"anchor": "", "text": "Seluruhnya baik."}).status_code == 302
    returned = expert.post(link, data={"verdict": "returned", "sentence": "Angka kemiskinan dari 2019."})
    assert returned.status_code == 302
    seen = text_of(author.get(place))
    assert "Bu Ahli, BPS" in seen
    assert "Angka kemiskinan dari 2019." in seen
    assert expert.post(f"{link}/comments/{number}/remove").status_code == 302
    assert db.session.scalars(sa.select(Comment.text)).all() == ["Seluruhnya baik."]
    assert review_state(module).stand is Stand.RETURNED
    acts = set(db.session.scalars(sa.select(AuditEntry.action)))
    assert {"module:review:ask", "module:review:link", "module:review:decide"} <= acts


def test_a_link_ends_is_revoked_and_leads_to_its_own_text_only(world, client):
    author, _colleague, _person, module = world
    place = ask(author, module)
    first, second = link_of(author, place), link_of(author, place, "Dinas")
    assert client.get(first).status_code == 200
    with at(NOON + dt.timedelta(days=4000)):
        assert client.get(first).status_code == 404
    made = db.session.scalars(sa.select(Reviewer).order_by(Reviewer.id)).all()
    assert made[0].expires_at - made[0].asked_at >= VALID_FOR - dt.timedelta(seconds=5)
    assert author.post(f"{place}/revoke", data={"reviewer": made[0].id}).status_code == 302
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    mine = re.findall(r'href="(/[^"#?]*)"', client.get(f"{second}/buka").get_data(as_text=True))
    assert [address for address in mine if address.startswith(("/studio", "/learn", "/modules", "/media"))] == []
    assert client.get(f"{second}/media/{'a' * 64}.svg").status_code == 404
    assert client.get(f"{second}/tidak-ada").status_code == 404


def test_who_tries_many_links_is_slowed_down(world, client):
    author, _colleague, _person, module = world
    link = link_of(author, ask(author, module))
    for number in range(throttle.MISSES):
        assert client.get(f"/review/tebakan-{number}").status_code == 404
    assert client.get(link).status_code == 409, "also the right one, for ten minutes"


def test_a_closed_review_takes_nothing_and_loses_nothing(world):
    author, colleague, person, module = world
    place = ask(author, module, person)
    home = place.replace(f"/studio/{module.key}", "")
    assert colleague.post(f"{home}/buka", data={"anchor": "", "text": "Sebelum."}).status_code == 302
    assert author.post(f"{place}/close").status_code == 302
    late = colleague.post(f"{home}/buka", data={"anchor": "", "text": "Terlambat sekali."})
    assert late.status_code == 422
    assert "Terlambat sekali." in text_of(late)
    verdict = colleague.post(home, data={"verdict": "approved", "sentence": "Bagus."})
    assert verdict.status_code == 422
    assert "Bagus." in text_of(verdict)
    assert db.session.scalars(sa.select(Comment.text)).all() == ["Sebelum."]
    assert review_state(module).stand is Stand.NONE


def test_asking_twice_about_the_same_text_is_one_review(world, make_user):
    author, _colleague, person, module = world
    third = make_user("Bu Ketiga", roles=["instructor"])
    assert ask(author, module, person) == ask(author, module, third) == ask(author, module, person)
    assert db.session.scalar(sa.select(sa.func.count(Reviewer.id))) == 2
    rewrite(module, "Baru.")
    ask(author, module, person)
    assert db.session.scalar(sa.select(sa.func.count(Review.id))) == 2


def test_a_colleague_whose_page_was_taken_away_can_be_asked_again(world):
    author, colleague, person, module = world
    place = ask(author, module, person)
    reviewer = db.session.scalars(sa.select(Reviewer)).one()
    author.post(f"{place}/revoke", data={"reviewer": reviewer.id})
    assert colleague.get(f"/reviews/{reviewer.review_id}").status_code == 404
    ask(author, module, person)
    assert colleague.get(f"/reviews/{reviewer.review_id}").status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice).where(Notice.kind == "courses:review")) == 2


def test_only_who_may_write_modules_is_asked_and_only_they_see_it(world, client, make_user):
    author, _colleague, person, module = world
    learner, stranger = make_user("Peserta"), make_user("Lain", roles=["instructor"])
    page = author.post(f"/studio/{module.key}/reviews", data={"colleagues": str(learner.id), "note": "Tolong baca."})
    assert page.status_code == 422
    assert "Tolong baca." in text_of(page)
    home = ask(author, module, person).replace(f"/studio/{module.key}", "")
    assert client.as_(stranger).get(home).status_code == 404
    assert client.as_(learner).get(home).status_code == 403
    assert client.get(home).status_code == 302


def test_a_module_that_needs_an_approval_is_published_only_with_one(world, client, make_user):
    author, colleague, person, module = world
    stranger = client.as_(make_user("Lain", roles=["instructor"]))
    assert stranger.post(f"/studio/{module.key}/reviews/rule", data={"demanded": "y"}).status_code == 409
    assert author.post(f"/studio/{module.key}/reviews/rule", data={"demanded": "y"}).status_code == 302
    publish = f"/studio/{module.key}/publish"
    assert "published only after an approval" in text_of(author.post(publish, data={"note": ""}))
    assert latest_revision(module.id) is None
    home = ask(author, module, person).replace(f"/studio/{module.key}", "")
    assert "not finished yet" in text_of(author.post(publish, data={"note": ""}))
    assert colleague.post(home, data={"verdict": "approved"}).status_code == 302
    rewrite(module, "Sesudahnya.")
    assert "has changed since" in text_of(author.post(publish, data={"note": ""}))
    rewrite(module, LESSON["settings"]["source"])
    assert author.post(f"/studio/{module.key}{home}/close").status_code == 302, "what was decided stays decided"
    assert author.post(publish, data={"note": ""}).status_code == 302
    db.session.expire_all()
    assert latest_revision(module.id).digest == db.session.scalars(sa.select(Review.digest)).one(), "exactly what was approved is published"


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_every_kind_of_activity_can_be_read_without_an_account(world, client, make_module, kind):
    author, *_rest = world
    module = make_module({"type": kind.key, "key": "kegiatan", "settings": kind.example}, owner=None, publish=False)
    link = link_of(author, ask(author, module))
    page = client.get(f"{link}/kegiatan")
    assert page.status_code == 200, text_of(page)
    assert page.get_data(as_text=True).count("<form") <= 2, "the language, and nothing that could be handed in"


@pytest.mark.parametrize("count", [2, 20])
def test_a_review_asks_as_often_with_many_parts_and_comments(world, make_module, queries, count):
    author, colleague, person, _module = world
    module = make_module(*({**LESSON, "key": f"bagian-{number}"} for number in range(count)), owner=None, publish=False)
    home = ask(author, module, person).replace(f"/studio/{module.key}", "")
    for number in range(count):
        colleague.post(f"{home}/bagian-0", data={"anchor": "", "text": f"Kata {number}"})
    costs = []
    for browser, address in ((colleague, home), (colleague, f"{home}/bagian-0"), (author, f"/studio/{module.key}/reviews")):
        with queries() as seen:
            assert browser.get(address).status_code == 200
        costs.append(len(seen))
    assert max(costs) <= 12, costs


def test_what_somebody_said_is_in_their_data(world):
    author, colleague, person, module = world
    home = ask(author, module, person).replace(f"/studio/{module.key}", "")
    colleague.post(f"{home}/buka", data={"anchor": "", "text": "Kata saya."})
    colleague.post(home, data={"verdict": "approved", "sentence": "Baik."})
    (mine,) = export_reviews(person.id)
    assert (mine["verdict"], mine["sentence"], mine["comments"][0]["text"]) == (Verdict.APPROVED, "Baik.", "Kata saya.")
    assert export_reviews(module.owner_id)[0]["kind"] == "asked for a review"


def test_what_is_not_finished_is_not_frozen(world):
    author, _colleague, person, module = world
    quiz = next(activity for activity in draft_activities(module.id) if activity.key == "kuis")
    quiz.settings = {**quiz.settings, "items": [{"item": 999_999}]}
    commit()
    answer = author.post(f"/studio/{module.key}/reviews", data={"colleagues": str(person.id), "note": "Baca."})
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count(ReviewActivity.id))) == 0


def test_it_stands_on_the_desk_of_who_was_asked(world):
    author, colleague, person, module = world
    home = ask(author, module, person).replace(f"/studio/{module.key}", "")
    assert f'href="{home}"' in colleague.get("/desk").get_data(as_text=True)
    assert f'href="{home}"' not in author.get("/desk").get_data(as_text=True)
    assert colleague.post(home, data={"verdict": "approved", "sentence": "Baik."}).status_code == 302
    assert "Answered lately" in text_of(colleague.get("/desk"))
