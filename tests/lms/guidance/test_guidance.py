"""Who guides whom: assigning in bulk, coach and examiner apart, what guides and learners see."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from support.forms import form_of

from lms.cohorts import services as cohorts
from lms.db import at, commit, db
from lms.errors import Refused
from lms.guidance import services
from lms.guidance.models import Guidance
from lms.learning.models import Cohort, Group
from lms.people.access import load_actor
from lms.people.models import RoleAssignment
from lms.people.roles import Role
from lms.progress import services as progress
from lms.progress.models import EvidenceKind

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def text_of(answer):
    return answer.get_data(as_text=True)


@pytest.fixture(autouse=True)
def _noon(app):
    with at(NOON):
        yield


@pytest.fixture
def office(client, make_unit, make_user, make_cohort, make_enrolment):
    """Return (browser, organizer, cohort, enrolments of Ani, Budi, Cici in one group, guides by role; Yuli holds all three)."""
    unit = make_unit()
    organizer = make_user("Ratna", roles=[("organizer", "unit", unit.id)])
    cohort = make_cohort(unit=unit)
    people = [make_enrolment(cohort, make_user(name)) for name in ("Ani", "Budi", "Cici")]
    roles = ("coach", "mentor", "examiner")
    guides = {role: make_user(f"Pak {role}", roles=[(role, "cohort", cohort.id)]) for role in roles}
    guides["all"] = make_user("Yuli", roles=[(role, "cohort", cohort.id) for role in roles])
    return client.as_(organizer), load_actor(organizer.id, TODAY), db.session.get_one(Cohort, cohort.id), people, guides


def give(office, role, guide, people, since=TODAY, until=None):
    _browser, actor, cohort, _people, _guides = office
    ids = [one.id for one in people]
    user_id = guide and guide.id
    done = services.assign(actor=actor, cohort=cohort, enrolment_ids=ids, role=Role(role), user_id=user_id, since=since, until=until)
    commit()
    return done


def periods(enrolment, role):
    rows = db.session.scalars(
        sa.select(Guidance).where(Guidance.enrolment_id == enrolment.id, Guidance.role == role).order_by(Guidance.valid_from)
    )
    return [(row.user_id, row.valid_from, row.valid_to) for row in rows]


def test_whole_groups_and_single_people_get_guides_on_one_page(office, queries):
    browser, _actor, cohort, people, guides = office
    url = f"/cohorts/{cohort.id}/guidance"
    group = db.session.scalars(sa.select(Group.id)).one()
    with queries() as seen:
        form = form_of(browser.get(url))
    assert len(seen) <= 12
    coach = {**form, "role": "coach", "guide": f"coach/{guides['coach'].id}", "groups": group}
    assert browser.post(url, data=coach).status_code == 302
    assert {row.user_id for row in db.session.scalars(sa.select(Guidance))} == {guides["coach"].id}
    mentor = {**form, "role": "mentor", "guide": f"mentor/{guides['mentor'].id}", "people": [people[0].id]}
    assert browser.post(url, data=mentor).status_code == 302
    rows = re.findall(r"<li.*?</li>", text_of(browser.get(url)), re.DOTALL)
    coached = [row for row in rows if "Pak coach" in row]
    assert len(coached) == len(people), rows
    for wrong in ({"people": []}, {"role": ""}, {"guide": ""}, {"guide": f"examiner/{guides['examiner'].id}"}, {"until": "2020-01-01"}):
        answer = browser.post(url, data={**mentor, **wrong})
        assert answer.status_code == 422, wrong
    assert browser.post(url, data={**mentor, "people": [99999]}).status_code == 404


def test_an_examiner_is_never_the_coach_of_the_same_person_and_all_are_named(office):
    browser, _actor, cohort, people, guides = office
    yuli = guides["all"]
    give(office, "coach", yuli, people[:2])
    with pytest.raises(Refused, match=r"Yuli .*Ani, Budi"):
        give(office, "examiner", yuli, people)
    db.session.rollback()
    assert not periods(people[2], "examiner"), "nobody got one"
    assert give(office, "examiner", yuli, people[2:]) == 1
    with pytest.raises(Refused, match=r"Yuli .*Cici"):
        give(office, "coach", yuli, people[2:])
    db.session.rollback()
    url = f"/cohorts/{cohort.id}/guidance"
    wanted = {**form_of(browser.get(url)), "role": "examiner", "guide": f"examiner/{yuli.id}", "people": [people[0].id]}
    answer = browser.post(url, data=wanted)
    assert answer.status_code == 422
    assert "Ani" in text_of(answer)


def test_who_has_coached_does_not_examine_later_either(office):
    *_rest, people, guides = office
    give(office, "coach", guides["all"], people[:1], since=TODAY - 9 * DAY)
    give(office, "coach", guides["coach"], people[:1])
    assert [row[2] for row in periods(people[0], "coach")] == [TODAY - DAY, None]
    with pytest.raises(Refused, match="Ani"):
        give(office, "examiner", guides["all"], people[:1])


def test_who_comes_back_begins_anew(office):
    *_rest, people, guides = office
    for who, days in (("all", -9), ("coach", -5), ("all", 0)):
        give(office, "coach", guides[who], people[:1], since=TODAY + days * DAY)
    assert [row[1:] for row in periods(people[0], "coach")] == [(TODAY - 5 * DAY, TODAY - DAY), (TODAY, None)]


def test_a_mistake_of_today_leaves_no_trace(office):
    *_rest, people, guides = office
    give(office, "coach", guides["all"], people[:1])
    give(office, "coach", guides["coach"], people[:1])
    assert give(office, "examiner", guides["all"], people[:1]) == 1


def test_no_back_dating_hides_who_has_coached(office):
    browser, _actor, cohort, people, guides = office
    give(office, "coach", guides["all"], people[:1], since=TODAY - 9 * DAY)
    for since in (TODAY - 9 * DAY, TODAY - 20 * DAY):
        for other in (guides["coach"], None):
            with pytest.raises(Refused, match="Ani"):
                give(office, "coach", other, people[:1], since=since)
            db.session.rollback()
    url = f"/cohorts/{cohort.id}/guidance"
    wanted = {**form_of(browser.get(url)), "role": "coach", "guide": f"coach/{guides['coach'].id}", "people": [people[0].id]}
    assert browser.post(url, data={**wanted, "since": str(TODAY - 9 * DAY)}).status_code == 422
    give(office, "coach", guides["coach"], people[:1], since=TODAY - 8 * DAY)
    assert [row[1:] for row in periods(people[0], "coach")] == [(TODAY - 9 * DAY, TODAY - 9 * DAY), (TODAY - 8 * DAY, None)]


def test_who_came_back_today_has_coached_before(office):
    *_rest, people, guides = office
    for who, days in (("all", -9), ("coach", -5), ("all", 0)):
        give(office, "coach", guides[who], people[:1], since=TODAY + days * DAY)
    with pytest.raises(Refused, match="Ani"):
        give(office, "coach", guides["coach"], people[:1])
    db.session.rollback()
    services.end_all(cohort_id=people[0].cohort_id, user_id=guides["all"].id, role=Role.COACH, since=TODAY)
    commit()
    assert periods(people[0], "coach")[0] == (guides["all"].id, TODAY - 9 * DAY, TODAY - 9 * DAY)
    with pytest.raises(Refused, match="Ani"):
        give(office, "examiner", guides["all"], people[:1])


def test_the_database_keeps_coach_and_examiner_apart_too(office):
    *_rest, people, guides = office
    give(office, "coach", guides["all"], people[:1])
    db.session.add(Guidance(enrolment_id=people[0].id, user_id=guides["all"].id, role=Role.EXAMINER, valid_from=TODAY, first_on=TODAY))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()
    db.session.add(Guidance(enrolment_id=people[0].id, user_id=guides["all"].id, role=Role.MENTOR, valid_from=TODAY, first_on=TODAY))
    db.session.flush()


def test_nobody_guides_without_the_role_or_themselves(office, make_user, make_enrolment):
    _browser, _actor, cohort, people, guides = office
    with pytest.raises(Refused):
        give(office, "coach", make_user(), people)
    with pytest.raises(Refused):
        give(office, "coach", guides["mentor"], people)
    own = make_enrolment(cohort, guides["coach"])
    with pytest.raises(Refused, match="Pak coach"):
        give(office, "coach", guides["coach"], [*people, own])


ACTS = st.lists(
    st.tuples(st.sampled_from(["coach", "examiner", "mentor"]), st.integers(0, 2), st.integers(0, 3), st.integers(-3, 6)), max_size=9
)


@pytest.mark.sqlite
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_whatever_is_assigned_each_has_one_guide_a_day_in_a_role_and_coaches_never_examine(office, acts):
    *_rest, people, guides = office
    everybody = [guides["coach"], guides["examiner"], guides["all"], None]
    db.session.execute(sa.delete(Guidance))
    commit()
    coached = set()
    for role, whom, who, days in acts:
        try:
            give(office, role, everybody[who], [people[whom]], since=TODAY + days * DAY)
        except Refused:
            db.session.rollback()
        else:
            coached |= {(whom, everybody[who].id)} if role == "coach" and days < 0 and everybody[who] else set()
    for whom, person in enumerate(people):
        coaches, examiners = ({row[0] for row in periods(person, role)} for role in ("coach", "examiner"))
        assert not coaches & examiners
        assert not {(whom, who) for who in examiners} & coached
        for role in ("coach", "examiner", "mentor"):
            for offset in range(-4, 9):
                day = TODAY + offset * DAY
                assert sum(start <= day and (end is None or day <= end) for _who, start, end in periods(person, role)) <= 1


def test_guides_see_their_own_people_and_nothing_else(office, client, queries):
    _browser, _actor, cohort, people, guides = office
    coach = client.as_(guides["coach"])
    assert "Ani" not in text_of(coach.get("/guidance"))
    give(office, "coach", guides["coach"], people[:1])
    give(office, "mentor", guides["mentor"], people[1:2], since=TODAY + DAY)
    with queries() as seen:
        page = text_of(coach.get("/guidance"))
    assert len(seen) <= 12
    assert "Ani" in page
    assert "Budi" not in page
    with queries() as seen:
        assert coach.get(f"/guidance/{people[0].id}").status_code == 200
    assert len(seen) <= 12
    assert coach.get(f"/guidance/{people[1].id}").status_code == 404
    assert client.as_(guides["mentor"]).get(f"/guidance/{people[1].id}").status_code == 404, "it begins tomorrow"
    for path in ("", "/people", f"/people/{people[0].id}", "/guidance", "/staff"):
        assert coach.get(f"/cohorts/{cohort.id}{path}").status_code in {403, 404}
    assert coach.get("/journals/queue").status_code == 403


def test_guides_see_what_is_asked_for_and_no_marks(client, make_module, make_cohort, make_enrolment, make_user):
    module = make_module(
        {"type": "lesson", "key": "kuis", "settings": {"source": "Halo."}, "rule": {"passed": 70}},
        {"type": "lesson", "key": "tulis", "settings": {"source": "Halo."}, "rule": {"minimum_words": 150}},
    )
    cohort = make_cohort(module)
    learner = make_enrolment(cohort, make_user("Dodi"))
    mentor = make_user("Bu Mentor", roles=[("mentor", "cohort", cohort.id)])
    for key, kind, value in (("kuis", EvidenceKind.SCORED, 43.21), ("tulis", EvidenceKind.WORDS, 37)):
        where = {"enrolment_id": learner.id, "module_id": module.id, "activity_key": key}
        progress.record(evidence_id=uuid.uuid4(), kind=kind, value=value, source="test", **where)
    db.session.add(Guidance(enrolment_id=learner.id, user_id=mentor.id, role=Role.MENTOR, valid_from=TODAY, first_on=TODAY))
    commit()
    clauses = " ".join(re.findall(r'<ul class="clauses">.*?</ul>', text_of(client.as_(mentor).get(f"/guidance/{learner.id}")), re.DOTALL))
    clauses = re.sub(r"<[^>]*>", " ", clauses)  # names of files hold numbers too
    assert "70" in clauses
    assert "150" in clauses
    assert "43" not in clauses
    assert "37" not in clauses


def test_learners_see_their_coach_and_mentor(office, client):
    *_rest, people, guides = office
    give(office, "coach", guides["coach"], people[:1])
    give(office, "examiner", guides["examiner"], people[:1])
    give(office, "mentor", guides["mentor"], people[:1], until=TODAY)
    url = f"/learn/{people[0].cohort_id}"
    person = type(guides["coach"])
    page = text_of(client.as_(db.session.get_one(person, people[0].user_id)).get(url))
    assert "Pak coach" in page
    assert "Pak mentor" in page
    assert "Pak examiner" not in page
    assert "Pak coach" not in text_of(client.as_(db.session.get_one(person, people[1].user_id)).get(url))
    assert [row["role"] for row in services.export_guidance(people[0].user_id)] == ["coach", "examiner", "mentor"]


def test_who_loses_the_role_guides_nobody_any_more(office, client):
    _browser, actor, cohort, people, guides = office
    give(office, "coach", guides["coach"], people, since=TODAY - DAY)
    grant = db.session.scalars(sa.select(RoleAssignment).where(RoleAssignment.user_id == guides["coach"].id)).one()
    cohorts.end_role(actor=actor, cohort=cohort, grant=grant)
    commit()
    assert [row[2] for row in periods(people[0], "coach")] == [TODAY - DAY]
    assert client.as_(guides["coach"]).get("/guidance").status_code == 403
