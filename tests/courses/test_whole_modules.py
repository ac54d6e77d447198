"""Each of the five modules, from its first page to complete: through its own pages, as a learner without script takes it."""

import re
import uuid

import pytest
import sqlalchemy as sa
from support.forms import form_of

from courses.folder.reader import read_folder
from courses.folder.services import CONTENT, import_module
from lms.attempts.models import Attempt, AttemptState
from lms.db import commit, db
from lms.learning.outline import body, outline
from lms.learning.place import find_place
from lms.people.access import load_actor
from lms.people.models import User
from lms.progress.models import ModuleProgress
from quizzes.attempts.questions import questions_of

pytestmark = pytest.mark.sqlite  # the same on every database

FOLDERS = sorted(path.parent for path in CONTENT.glob("*/module.yaml"))
JP = {"empati": 9, "kepemimpinan-humanis": 10, "literasi-ai": 10, "penulisan-kehumasan": 12, "policy-brief": 14}
SENTENCE = "Hari ini warga datang sebelum loket buka dan saya mendengarkan ceritanya sampai selesai. "
TODAY = "2026-11-20"


@pytest.fixture
def taken(client, make_user, make_cohort, make_enrolment, request):
    """Bring in a module, enrol a learner, return who reads what where."""
    folder = request.param
    module, revision = import_module(actor_id=make_user().id, text=read_folder(folder)[0])
    cohort = make_cohort(module)
    commit()
    enrolment = make_enrolment(cohort)
    learner = db.session.get_one(User, enrolment.user_id)
    return Walk(client, module, cohort, enrolment, learner, outline(revision.id))


class Walk:
    """A learner on the way through a module, and the instructor who answers."""

    def __init__(self, client, module, cohort, enrolment, learner, way):
        self.module, self.cohort, self.enrolment, self.learner, self.way = module, cohort, enrolment, learner, way
        self.browser = client.as_(learner)
        self.instructor = client.as_(db.session.get_one(User, cohort.assessor_id))

    def url(self, item):
        return f"/learn/{self.cohort.id}/{self.module.key}/{item.key}"

    def post(self, address, **fields):
        answer = self.browser.post(address, data=fields)
        assert answer.status_code == 302, f"{address}: {answer.status_code} {answer.get_data(as_text=True)[:2000]}"
        return answer.headers["Location"]

    def lesson(self, item):
        self.post(f"{self.url(item)}/read")

    def quiz(self, item):
        """Answer every question as well as one can, hand in, read why."""
        address = self.post(f"/quizzes/start/{self.cohort.id}/{self.module.key}/{item.key}")
        attempt = db.session.get_one(Attempt, uuid.UUID(address.rpartition("/")[2]))
        for question in questions_of(attempt):
            assert f'name="{question.name("choice")}"' in self.browser.get(f"{address}?q={question.number}").get_data(as_text=True)
            best = question.kind.best(question.data)["choice"]
            places = ["abcdefgh"[question.variant["order"].index(key)] for key in best]
            data = {"slot": question.number, question.name("choice"): places}
            saved = self.browser.post(f"{address}/answer", data=data, headers={"Accept": "application/json"})
            assert saved.get_json()[0]["counts"]
            db.session.rollback()
        result = self.browser.post(f"{address}/hand-in", follow_redirects=True)
        assert 'class="rationale' in result.get_data(as_text=True)

    def entry(self, item):
        """Tick what there is to tick, write everywhere, hand in."""
        page = self.browser.get(self.url(item)).get_data(as_text=True)
        ticks = re.findall(r'name="tick" value="([^"]+)"', page)
        if ticks:
            self.post(f"{self.url(item)}/tick", tick=ticks, happened_on=TODAY)
        fields = form_of(self.browser.get(self.url(item)), "writing")
        self.post(f"{self.url(item)}/hand-in", **{**fields, **{name: SENTENCE * 12 for name in fields if name.startswith("text-")}})

    field_visit = journal = entry

    def assignment(self, item):
        """Write each part as long as it may be, tick every point; the instructor accepts it."""
        page = self.browser.get(self.url(item))
        fields = form_of(page, None)
        settings = body(self.way.revision_id, item.key).settings
        for part in settings["parts"]:
            fields[f"part-{part['key']}"] = words(part.get("minimum_words") or 20)
        fields |= {f"check-{point['key']}": "y" for point in settings.get("checklist") or []}
        self.post(self.url(item), **fields)
        attempt = db.session.scalars(sa.select(Attempt).order_by(Attempt.number.desc()).where(Attempt.activity_key == item.key)).first()
        rubric = {f"rubric-{row['key']}": "kept" if row.get("gate") else "3" for row in settings["rubric"]}
        marked = self.instructor.post(
            f"/journals/queue/assignments/{attempt.id}", data={**rubric, "feedback": "Teras Anda kuat.", "decision": "accepted"}
        )
        assert marked.status_code == 302
        assert db.session.get(Attempt, attempt.id, populate_existing=True).state is AttemptState.MARKED


def words(least):
    """Return a text of a few words more than asked for."""
    return " ".join(["kata"] * (least + 3))


@pytest.mark.parametrize("taken", FOLDERS, indirect=True, ids=[folder.name for folder in FOLDERS])
def test_a_module_can_be_completed(taken):
    for item in taken.way.items:
        place = find_place(load_actor(taken.learner.id, taken.cohort.starts_on), taken.cohort.id, taken.module.key, item.key)
        assert not place.missing(item), f"{item.key} waits for {[other.key for other in place.missing(item)]}"
        db.session.rollback()
        assert taken.browser.get(taken.url(item)).status_code == 200
        getattr(taken, item.type)(item)
    roll_up = db.session.get(ModuleProgress, (taken.enrolment.id, taken.module.id), populate_existing=True)
    assert roll_up.done_count == roll_up.required_count > 20
    assert roll_up.completed_at
    home = taken.browser.get(f"/learn/{taken.cohort.id}").get_data(as_text=True)
    assert f"{taken.module.key}" in home


def test_the_five_modules_are_55_hours(database):
    found = {folder.name: sum(part.get("jp") or 0 for part in read_folder(folder)[0].about["sections"]) for folder in FOLDERS}
    assert found == JP
    assert sum(found.values()) == 55
