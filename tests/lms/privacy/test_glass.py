"""Emergencies: two people in two roles, one text, four hours, and the author is told."""

import datetime as dt
import itertools
import re

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.entries.models import Entry, Section, Version
from lms.db import at, commit, db
from lms.errors import LmsError, NotAllowed, NotFound, Refused
from lms.guidance.models import Guidance
from lms.jobs.services import plan_periodic, run_one
from lms.learning.models import Enrolment
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.roles import Role, ScopeKind
from lms.people.services import report_to
from lms.privacy import chain, glass, review
from lms.privacy.models import AuditEntry, GlassRequest, GlassState, Ground, Reading
from lms.privacy.queries import readings_of, readings_of_item
from lms.supervision.models import Capacity, Delegation
from lms.testing.client import text_of

NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
DAY = NOON.date()
SECRET, DRAFT = "kenarirahasia", "kenaridraf"
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon(app):
    with at(NOON):
        yield


@pytest.fixture
def world(client, make_user, make_unit, make_module, make_cohort, make_enrolment):
    """Return (entry, author, officer, counsellor, cohort): a journal that was handed in, and a visit that is a draft."""
    unit = make_unit()
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    module = make_module(
        {"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": prompt}},
        {
            "type": "field_visit",
            "key": "kunjungan",
            "settings": {"checklist": [{"key": "izin", "text": "Izin."}], "lenses": prompt, "questions": []},
        },
    )
    cohort, author = make_cohort(module, unit=unit), make_user("Ani Penulis", unit_id=unit.id)
    make_enrolment(cohort, author)
    url = f"/learn/{cohort.id}/{module.key}"
    assert client.as_(author).post(f"{url}/jurnal/hand-in", data={"text-apa": f"Saya {SECRET}."}).status_code == 302
    assert client.as_(author).post(f"{url}/kunjungan/draft", data={"text-apa": f"Belum {DRAFT}."}).status_code == 302
    officer, counsellor = make_user("Pejabat Data", roles=["dpo"]), make_user("Konselor", roles=["counsellor"])
    entry = db.session.scalars(sa.select(Entry).where(Entry.activity_key == "jurnal")).one()
    return entry, author, officer, counsellor, cohort


def actor(user):
    return load_actor(user.id, DAY)


def asked(world, by=None, ground=Ground.COURT):
    entry, author, officer, *_rest = world
    values = {"author": author.email, "reference": entry.code, "ground": ground, "case_number": "DPO/2026/1"}
    return glass.ask(actor=actor(by or officer), **values)


def test_from_asking_to_closing_through_the_pages(client, world):
    entry, author, officer, counsellor, _cohort = world
    first, second = client.as_(officer), client.as_(counsellor)
    form = {"person": author.email, "reference": entry.code.lower(), "ground": "court", "case_number": "DPO/2026/1"}
    url = first.post("/privacy/glass/new", data=form).location
    assert first.get(f"{url}/text").status_code == 404, "asking opens nothing"
    assert first.post(f"{url}/decide", data={"approve": "yes"}).status_code == 409, "nobody approves their own"
    assert SECRET not in second.get(url).get_data(as_text=True)
    assert second.post(f"{url}/decide", data={"approve": "yes"}).status_code == 302
    for browser in (first, second, first):
        page = browser.get(f"{url}/text")
        assert SECRET in page.get_data(as_text=True)
        assert page.headers["Cache-Control"] == "no-store"
    told = text_of(client.as_(author).get("/profile/privacy"))
    assert entry.code in told
    assert "DPO/2026/1" in told
    assert told.count("Pejabat Data") == 2
    assert second.post(f"{url}/close").status_code == 302
    assert [browser.get(f"{url}/text").status_code for browser in (first, second)] == [404, 404]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 3
    assert not chain.verify().problems
    actions = db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.object_kind == "glass").order_by(AuditEntry.id)).all()
    assert actions == ["glass:ask", "glass:approve", "glass:tell", "glass:open", "glass:open", "glass:open", "glass:close"]


def test_after_four_hours_it_is_closed(client, world):
    row = asked(world)
    glass.decide(actor=actor(world[3]), request=row, approve=True)
    commit()
    browser = client.as_(world[2])
    with at(NOON + 4 * HOUR - dt.timedelta(seconds=1)):
        assert browser.get(f"/privacy/glass/{row.id}/text").status_code == 200
    with at(NOON + 4 * HOUR):
        assert browser.get(f"/privacy/glass/{row.id}/text").status_code == 404
        glass.look_after()
        assert row.state is GlassState.EXPIRED


def test_one_text_and_no_other(client, world, make_user):
    """Not the draft of the same author, not for a third person who holds the role as well."""
    row = asked(world)
    glass.decide(actor=actor(world[3]), request=row, approve=True)
    commit()
    assert client.as_(make_user(roles=["dpo"])).get(f"/privacy/glass/{row.id}/text").status_code == 404
    page = client.as_(world[2]).get(f"/privacy/glass/{row.id}/text").get_data(as_text=True)
    assert SECRET in page
    assert DRAFT not in page
    draft = db.session.scalars(sa.select(Entry).where(Entry.activity_key == "kunjungan")).one()
    values = {"author": world[1].email, "reference": draft.code, "ground": Ground.COURT, "case_number": "DPO/2"}
    with pytest.raises(Refused):  # a draft has no code that anybody could ask for
        glass.ask(actor=actor(world[2]), **values)


def test_two_texts_of_one_author_with_the_same_code_can_both_be_asked_for(client, world):
    entry, author, officer, *_rest = world
    visit = db.session.scalars(sa.select(Entry).where(Entry.activity_key == "kunjungan")).one()
    text = Version(entry_id=visit.id, number=1, head="x", parts=1, words=1, receipt="x", handed_in_at=NOON)
    text.sections = [Section(key="apa", audience="assessor", sealed=b"x")]
    db.session.add(text)
    visit.number, visit.activity_key = entry.number, "kunjungan" + "-lapangan" * 5
    commit()
    reference = f"{entry.code}/{visit.activity_key}"
    form = {"person": author.email, "reference": reference, "ground": "court", "case_number": "DPO/2026/1"}
    assert client.as_(officer).post("/privacy/glass/new", data=form).status_code == 302
    asked_for = db.session.scalars(sa.select(GlassRequest)).one()
    assert (asked_for.item_id, asked_for.reference) == (visit.id, reference.upper())


def test_who_supervises_the_author_or_runs_the_site_takes_no_part(world, make_user):
    entry, author, _officer, _counsellor, cohort = world
    boss, above = make_user(roles=["counsellor"]), make_user(roles=["counsellor"])
    since = dt.date(2026, 1, 1)
    report_to(actor_id=None, user_id=author.id, supervisor_id=boss.id, since=since)
    report_to(actor_id=None, user_id=boss.id, supervisor_id=above.id, since=since)
    of_unit = make_user(roles=["counsellor", ("supervisor", "unit", author.unit_id)])
    of_cohort = make_user(roles=["counsellor", ("supervisor", "cohort", cohort.id)])
    standing_in, of_their_unit, mentor = (make_user(roles=["counsellor"]) for _number in range(3))
    head, enrolment = make_user(roles=[("supervisor", "unit", author.unit_id)]), db.session.scalars(sa.select(Enrolment.id)).one()
    shared = {"capacity": Capacity.DAILY, "valid_from": since, "valid_to": DAY}
    db.session.add_all(
        [
            Delegation(owner_id=above.id, delegate_id=standing_in.id, kind=ScopeKind.REPORTS, **shared),
            Delegation(owner_id=head.id, delegate_id=of_their_unit.id, kind=ScopeKind.UNIT, scope_id=author.unit_id, **shared),
            Guidance(enrolment_id=enrolment, user_id=mentor.id, role=Role.MENTOR, valid_from=since, first_on=since),
        ]
    )
    row = asked(world)
    for close in (boss, above, of_unit, of_cohort, standing_in, of_their_unit, mentor):
        with pytest.raises(NotFound):
            glass.request_for(actor(close), row.id)
        with pytest.raises(Refused):
            asked(world, by=close)
    for user in (make_user(roles=["admin"]), make_user(roles=["admin", "counsellor"]), make_user(roles=["instructor"])):
        with pytest.raises(NotAllowed):
            glass.request_for(actor(user), row.id)
        with pytest.raises(NotAllowed):
            glass.decide(actor=actor(user), request=row, approve=True)
    with pytest.raises(Refused):
        glass.decide(actor=actor(make_user(roles=["dpo"])), request=row, approve=True)
    both = make_user(roles=["dpo", "counsellor"])
    glass.decide(actor=actor(both), request=row, approve=True)
    assert row.decided_as == "counsellor"
    assert entry.author_id == row.author_id


def test_an_officer_does_not_see_what_is_asked_about_their_own_texts(client, world):
    entry, author, officer, counsellor, _cohort = world
    row = asked(world, ground=Ground.LIFE)
    row.author_id, row.asked_by_id = officer.id, author.id  # as if the officer had written it
    commit()
    browser = client.as_(officer)
    assert browser.get(f"/privacy/glass/{row.id}").status_code == 404
    assert entry.code not in browser.get("/privacy/glass").get_data(as_text=True)
    assert entry.code not in browser.get("/privacy/review").get_data(as_text=True)
    assert counsellor.id != officer.id


@pytest.mark.parametrize("ground", Ground)
def test_the_author_is_told(client, world, ground):
    entry, author, officer, counsellor, _cohort = world
    row = asked(world, ground=ground)
    glass.decide(actor=actor(counsellor), request=row, approve=True)
    commit()
    assert client.as_(officer).get(f"/privacy/glass/{row.id}/text").status_code == 200

    def known():
        mails = db.session.scalar(sa.select(sa.func.count()).where(Notice.user_id == author.id, Notice.object.startswith("glass/")))
        listed = len(db.session.execute(readings_of(author.id)).all()) + len(
            db.session.execute(readings_of_item(entry.kind.value, entry.id)).all()
        )
        exported = client.as_(author).get("/profile/data.json").json
        kept = len([line for line in exported["lms"] if line.get("table") == "glass_requests"]) + len(exported["who_read_my_texts"])
        page = entry.code in client.as_(author).get("/profile/privacy").get_data(as_text=True)
        return (mails, listed, kept, page)

    everything, nothing = (1, 2, 2, True), (0, 0, 0, False)
    assert known() == (nothing if ground is Ground.LIFE else everything)
    with at(NOON + 70 * HOUR):
        glass.look_after()
        assert known() == (nothing if ground is Ground.LIFE else everything)
    with at(NOON + 71 * HOUR):
        plan_periodic()
        while run_one():
            pass
        assert known() == everything
        assert db.session.get(GlassRequest, row.id, populate_existing=True).author_told_at <= NOON + 72 * HOUR
        mail = db.session.scalar(sa.select(Notice.body).where(Notice.user_id == author.id, Notice.object.startswith("glass/")))
        assert not re.search(f"{SECRET}|{entry.code}|Pejabat|Konselor", mail)


def test_the_officer_may_tell_sooner(client, world):
    row = asked(world, ground=Ground.LIFE)
    glass.decide(actor=actor(world[3]), request=row, approve=True)
    commit()
    assert client.as_(world[3]).post(f"/privacy/glass/{row.id}/tell").status_code == 302
    assert world[0].code in client.as_(world[1]).get("/profile/privacy").get_data(as_text=True)


def test_there_is_no_probing_and_no_free_text(client, world, make_user):
    entry, author, officer, *_rest = world
    silent = make_user()
    browser = client.as_(officer)
    right = {"person": author.email, "reference": entry.code, "ground": "life", "case_number": "DPO/2026/1"}
    answers = set()
    for wrong in ({"person": "tidak@ada.test"}, {"person": silent.email}, {"reference": "J-ZZZZ"}, {"person": officer.email}):
        answer = browser.post("/privacy/glass/new", data={**right, **wrong})
        assert answer.status_code == 422
        answers.add(re.search(r'id="reference-error">(.*?)</p>', answer.get_data(as_text=True), re.DOTALL)[1])
    assert len(answers) == 1, "whether there is such a person or text is not said"
    for case in ("Ani mau bunuh diri", "Ani", "", "x" * 41, "-1"):
        assert browser.post("/privacy/glass/new", data={**right, "case_number": case}).status_code == 422
    assert browser.post("/privacy/glass/new", data={**right, "ground": "curiosity"}).status_code == 422
    assert browser.post("/privacy/glass/new", data=right).status_code == 302
    assert browser.post("/privacy/glass/new", data=right).status_code == 422, "there is one already"


def test_a_request_lapses_and_a_month_is_reviewed(client, world):
    row = asked(world)
    commit()
    with at(NOON + 73 * HOUR), pytest.raises(Refused):
        glass.decide(actor=actor(world[3]), request=row, approve=True)
    db.session.rollback()
    browser = client.as_(world[2])
    assert "DPO/2026/1" in browser.get("/privacy/review?month=2026-11").get_data(as_text=True)
    assert "DPO/2026/1" not in browser.get("/privacy/review?month=2026-10").get_data(as_text=True)
    assert browser.post("/privacy/review?month=2026-11").status_code == 302
    assert db.session.execute(review.reviewed(dt.date(2026, 11, 1))).one()[1] == "Pejabat Data"
    with at(dt.datetime(2026, 11, 30, 18, tzinfo=dt.UTC)):  # the first of December where the site is
        review.remind()
        review.remind()
    assert db.session.scalar(sa.select(sa.func.count()).where(Notice.object.startswith("review/"))) == 1


def test_the_database_refuses_what_the_services_would(world):
    """One person in both roles, the author as one of the two, a second live request: each is a named constraint."""
    entry, author, officer, counsellor, _cohort = world
    row = asked(world)
    commit()
    wrong = [
        {"decided_by_id": officer.id, "decided_as": "counsellor"},
        {"decided_by_id": counsellor.id, "decided_as": "dpo"},
        {"decided_by_id": author.id, "decided_as": "counsellor"},
        {"decided_by_id": counsellor.id, "decided_as": "admin"},
        {"state": GlassState.APPROVED},
    ]
    for values in wrong:
        with pytest.raises(sa.exc.IntegrityError):
            db.session.execute(sa.update(GlassRequest).where(GlassRequest.id == row.id).values(**values))
        db.session.rollback()
    columns = {
        name: getattr(row, name)
        for name in ("kind", "item_id", "author_id", "reference", "ground", "case_number", "asked_by_id", "asked_as")
    }
    db.session.add(GlassRequest(**columns))
    with pytest.raises(sa.exc.IntegrityError):
        db.session.flush()
    db.session.rollback()
    assert entry.author_id == author.id


ACTS = ("ask", "approve", "refuse", "open", "close", "lapse")


@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(0, 300)), max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_they_try_only_two_people_in_their_four_hours_read(app, world, make_user, acts):
    """Anybody does anything at any time: a text is opened by the two of one approval only, within four hours of it, with a line each time."""
    _entry, author, officer, counsellor, _cohort = world
    db.session.execute(sa.delete(GlassRequest))
    people = [officer, counsellor, author, officer]
    now, approved, opened = NOON, None, 0
    before = chain.head().number
    for act, who, minutes in acts:
        now += dt.timedelta(minutes=minutes)
        user = people[who]
        row = db.session.scalar(sa.select(GlassRequest).order_by(GlassRequest.asked_at.desc(), GlassRequest.id).limit(1))
        with at(now):
            try:
                with db.session.begin_nested():
                    if act == "ask":
                        asked(world, by=user)
                    elif act == "lapse":
                        glass.look_after()
                    elif row is not None and act in {"approve", "refuse"}:
                        glass.decide(actor=actor(user), request=row, approve=act == "approve")
                        approved = (now, {row.asked_by_id, user.id}) if act == "approve" else approved
                    elif row is not None and act == "close":
                        glass.close(actor=actor(user), request=row)
                        approved = None if row.state is GlassState.CLOSED else approved
                    elif row is not None:
                        glass.open_text(actor=actor(user), request=row)
                        opened += 1
                        assert approved is not None
                        assert user.id in approved[1]
                        assert approved[0] <= now < approved[0] + 4 * HOUR
                        assert approved[1] == {officer.id, counsellor.id}
            except LmsError:
                continue
    assert chain.head().number == before + opened
    assert not chain.verify().problems
    db.session.rollback()


def test_grounds_are_the_four_of_the_agreement():
    assert list(glass.GROUNDS) == list(Ground)
    assert len(set(itertools.chain(map(str, glass.GROUNDS.values())))) == 4
