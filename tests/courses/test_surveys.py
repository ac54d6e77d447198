"""Surveys: answered once; without names nothing leads from a person to an answer, and two looks differ by five people at least."""

import csv
import io
import itertools
import json
import re
from collections import Counter

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from courses.surveys import tally
from courses.surveys.models import SurveyAnswered, SurveyTally
from courses.surveys.type import Survey
from lms.attempts.models import Attempt
from lms.db import Base, commit, db
from lms.people.models import User
from lms.progress.models import Evidence
from lms.testing.client import text_of

QUESTIONS = [
    {"key": "a", "kind": "scale", "text": "?", "options": ""},
    {"key": "b", "kind": "choice", "text": "?", "options": "ya\ntidak"},
    {"key": "c", "kind": "text", "text": "?", "options": ""},
]
ANSWERS = st.fixed_dictionaries(
    {}, optional={"a": st.sampled_from(tally.STEPS), "b": st.sampled_from(["ya", "tidak"]), "c": st.text(min_size=1, max_size=9)}
)
GOOD = {"q-berguna": "4", "q-panjang": "pas"}


# -- counting -------------------------------------------------------------------------------------------------------------------------------


def counted(answers):
    """Return every state of (shown, waiting) while answers come in."""
    states = [(tally.empty(), tally.empty())]
    for answer in answers:
        states.append(tally.added(*states[-1], tally.one(QUESTIONS, answer)))
    return states


@given(st.lists(ANSWERS, max_size=17))
def test_results_grow_by_five_people_or_not_at_all(answers):
    states = counted(answers)
    for (before, _waiting), (after, _left) in itertools.pairwise(states):
        assert after == before or after["answers"] - before["answers"] >= tally.STEP
    shown, waiting = states[-1]
    assert waiting["answers"] < tally.STEP
    assert shown["answers"] + waiting["answers"] == len(answers)


@given(st.lists(ANSWERS, max_size=17))
def test_nothing_is_lost_and_nothing_added(answers):
    shown, waiting = counted(answers)[-1]
    whole = tally.joined(shown, waiting)
    for key in ("a", "b"):
        assert whole["counts"].get(key, {}) == dict(Counter(answer[key] for answer in answers if key in answer))
    assert whole["texts"].get("c", []) == sorted(answer["c"] for answer in answers if "c" in answer)


@given(st.lists(ANSWERS, min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_what_is_kept_does_not_know_the_order(answers, chance):
    mixed = chance.sample(answers, len(answers))
    assert json.dumps(counted(answers)[-1]) == json.dumps(counted(mixed)[-1])


# -- without names --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def survey(make_activity):
    return make_activity("survey", **Survey.example)


def people(survey, make_user, make_enrolment, count):
    learners = [make_user(f"Orang {number}") for number in range(count)]
    for person in learners:
        make_enrolment(survey.cohort, person)
    return learners


def results_page(survey):
    return f"/cohorts/{survey.cohort.id}/surveys/{survey.module.id}/{survey.key}"


def instructor(client, survey):
    return client.as_(db.session.get_one(User, survey.cohort.assessor_id))


def test_answered_once_and_complete(client, survey):
    learner = client.as_(survey.learner)
    assert "Tanpa nama" in text_of(learner.get(survey.url)) or "Without your name" in text_of(learner.get(survey.url))
    wrong = learner.post(f"{survey.url}/survey", data={"q-berguna": "9", "q-saran": "Tetap di sini"})
    assert wrong.status_code == 422
    assert "Tetap di sini" in text_of(wrong), "nothing typed is lost"
    assert survey.ctx.state == "not_started"
    commit()
    assert learner.post(f"{survey.url}/survey", data=GOOD).status_code == 302
    assert survey.ctx.state == "complete"
    commit()
    assert learner.post(f"{survey.url}/survey", data=GOOD).status_code == 409
    assert db.session.scalars(sa.select(SurveyTally)).one().waiting["answers"] == 1
    assert "<form" not in re.search("(?s)<article.*?</article>", learner.get(survey.url).get_data(as_text=True))[0]


def test_nothing_leads_from_a_person_to_an_answer(client, survey, make_user, make_enrolment):
    for number, person in enumerate(people(survey, make_user, make_enrolment, 6)):
        data = {"q-berguna": "5", "q-panjang": "pas", "q-saran": f"Token{9 - number}"}
        assert client.as_(person).post(f"{survey.url}/survey", data=data).status_code == 302
    kept = db.session.scalars(sa.select(SurveyTally)).one()
    assert kept.shown["texts"]["saran"] == [f"Token{number}" for number in range(5, 10)], "by the alphabet, not as they came"
    places = []
    for table in Base.metadata.sorted_tables:
        text = repr(db.session.execute(sa.select(table)).all())
        places += [table.name] if "Token" in text else []
    assert places == ["courses_survey_tallies"], "in no attempt, evidence, audit or job"
    assert {column.name for column in SurveyTally.__table__.columns} == {"cohort_id", "module_id", "activity_key", "shown", "waiting"}
    assert {column.name for column in SurveyAnswered.__table__.columns} == {"enrolment_id", "module_id", "activity_key"}
    assert not db.session.scalars(sa.select(Attempt)).all()
    assert len(db.session.scalars(sa.select(Evidence).where(Evidence.kind == "submitted")).all()) == 6


def test_results_come_in_fives(client, survey, make_user, make_enrolment):
    page = instructor(client, survey)
    learners = people(survey, make_user, make_enrolment, 6)
    for person in learners[:4]:
        client.as_(person).post(f"{survey.url}/survey", data={**GOOD, "q-saran": "Rahasia"})
    four = text_of(page.get(results_page(survey)))
    assert "Rahasia" not in four
    assert "Rahasia" not in text_of(page.get(f"{results_page(survey)}/answers.csv"))
    client.as_(learners[4]).post(f"{survey.url}/survey", data={**GOOD, "q-saran": "Lima"})
    five = text_of(page.get(results_page(survey)))
    assert "Rahasia" in five
    assert "Lima" in five
    file = page.get(f"{results_page(survey)}/answers.csv").get_data(as_text=True)
    client.as_(learners[5]).post(f"{survey.url}/survey", data={**GOOD, "q-saran": "Enam"})
    assert page.get(f"{results_page(survey)}/answers.csv").get_data(as_text=True) == file, "the sixth alone would be known"
    rows = list(csv.reader(io.StringIO(file.removeprefix("\ufeff"))))
    assert ["Bagaimana panjangnya?", "pas", "5"] in rows


def test_supervisors_and_learners_see_no_results(client, survey, make_user):
    supervisor = make_user(roles=[("supervisor", "cohort", survey.cohort.id)])
    for person in (supervisor, survey.learner):
        assert client.as_(person).get(results_page(survey)).status_code == 403
    assert client.as_(make_user(roles=["instructor"])).get(results_page(survey)).status_code == 404


# -- with names -----------------------------------------------------------------------------------------------------------------------------


def test_with_names_they_are_seen_with_them(client, make_activity):
    survey = make_activity("survey", **{**Survey.example, "anonymous": False})
    learner = client.as_(survey.learner)
    assert learner.post(f"{survey.url}/survey", data={**GOOD, "q-saran": "Contoh desa"}).status_code == 302
    assert "Contoh desa" in text_of(learner.get(survey.url)), "my answers"
    page = instructor(client, survey)
    assert "Contoh desa" in text_of(page.get(results_page(survey))), "nothing waits for others"
    rows = list(csv.reader(io.StringIO(page.get(f"{results_page(survey)}/answers.csv").get_data(as_text=True).removeprefix("\ufeff"))))
    assert [survey.learner.name, "4", "pas", "Contoh desa"] in rows
    assert not db.session.scalars(sa.select(SurveyTally)).all()
    assert learner.post(f"{survey.url}/survey", data=GOOD).status_code == 409
    assert "Contoh desa" in learner.get("/profile/data.json").get_data(as_text=True), "in one's own data"


def test_what_was_promised_holds_when_the_survey_changes_while_somebody_writes(client, make_activity):
    survey = make_activity("survey", **{**Survey.example, "anonymous": False})
    learner = client.as_(survey.learner)
    assert 'name="promised" value="with"' in learner.get(survey.url).get_data(as_text=True)
    refused = learner.post(f"{survey.url}/survey", data={**GOOD, "q-saran": "Contoh desa", "promised": "without"})
    assert refused.status_code == 422
    assert "Contoh desa" in refused.get_data(as_text=True)
    assert "Dengan nama Anda" in text_of(refused)
    assert not db.session.scalars(sa.select(Attempt)).all()
    assert learner.post(f"{survey.url}/survey", data={**GOOD, "promised": "with"}).status_code == 302


def test_the_list_of_a_cohort_does_not_grow_with_its_people(client, survey, make_user, make_enrolment, queries):
    page = instructor(client, survey)
    seen = []
    for count in (1, 7):
        for person in people(survey, make_user, make_enrolment, count):
            client.as_(person).post(f"{survey.url}/survey", data=GOOD)
        page.get(results_page(survey))
        with queries() as asked:
            assert page.get(f"/cohorts/{survey.cohort.id}/surveys").status_code == 200
            assert page.get(results_page(survey)).status_code == 200
        seen.append(len(asked))
    assert seen[0] == seen[1] <= 2 * 12
