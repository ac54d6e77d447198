"""Who may see which file: the matrix of people, of what is published to them, and of addresses that are not good any more."""

import datetime as dt

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer
from support.hostile import picture

from lms.api import EnrolmentState, User, activity_type, at, commit, db, publish, utcnow
from lms.learning import services as learning
from lms.learning.models import Activity, CohortModule
from lms.people.access import load_actor
from lms.testing.made import TODAY
from media.files import queries
from media.files.views import LIFE
from media.models import Caption, Description, Sharing
from media.services import keep
from media.tasks import render
from quizzes.items.models import ItemVersion

pytestmark = pytest.mark.sqlite


def show(module, file, key="a", name="figures/peta.png"):
    """Let the draft of a module show a file in a lesson."""
    module.files = {**module.files, name: file.address}
    activity = db.session.scalar(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == key))
    told = {"source": f"![Peta]({name})"}
    activity.settings = told
    activity.prepared = activity_type("lesson").prepare(told, learning.draft_of(module, key, None, module.files))
    commit()


def user_of(enrolment):
    return db.session.get_one(User, enrolment.user_id)


LESSON = {"type": "lesson", "key": "a", "title": "Bacaan", "settings": {"source": "Halo."}}


@pytest.fixture
def world(client, make_user, make_module, make_cohort, make_enrolment):
    """Return people by name, the module that shows a file since its second revision, the file, and a function that asks for it."""
    author = make_user("Penulis", roles=["instructor"])
    module, other = make_module(LESSON, owner=author), make_module(LESSON)
    file = keep(picture(size=(500, 300)), "peta.png", owner_id=author.id)
    commit()
    show(module, file)
    revision = publish(actor_id=author.id, module=module)
    commit()
    render(file.digest)
    commit()
    here, there = make_cohort(module), make_cohort(other)
    people = {
        "learner": user_of(make_enrolment(here)),
        "learner elsewhere": user_of(make_enrolment(there)),
        "nobody's learner": make_user(),
        "supervisor": make_user(roles=[("supervisor", "cohort", here.id)]),
        "administrator": make_user(roles=["admin"]),
        "instructor": make_user(roles=["instructor"]),
        "organizer": make_user(roles=[("organizer", "cohort", here.id)]),
        "author": author,
    }

    def ask(name, address=file.address):
        answer = client.as_(people[name]).get(address)
        return {200: "shown", 404: "no"}[answer.status_code]

    return {"people": people, "module": module, "file": file, "ask": ask, "revision": revision, "cohort": here}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("learner", "shown"),
        ("learner elsewhere", "no"),
        ("nobody's learner", "no"),
        ("supervisor", "no"),
        ("administrator", "no"),
        ("instructor", "shown"),
        ("organizer", "shown"),
        ("author", "shown"),
    ],
)
def test_who_sees_a_file_and_its_copies(world, name, expected):
    for address in (world["file"].address, f"/media/{world['file'].digest}-400.webp"):
        assert world["ask"](name, address) == expected, address


def test_who_is_not_signed_in_sees_nothing(client, world):
    answer = client.get(world["file"].address)
    assert answer.status_code in {302, 401}
    assert "sign-in" in (answer.location or "sign-in")
    assert b"PNG" not in answer.data


def test_a_learner_sees_nothing_before_it_is_published_to_them(world, make_enrolment):
    draft = keep(picture(size=(60, 60)), "nanti.png", owner_id=None)
    commit()
    show(world["module"], draft, name="figures/nanti.png")
    assert world["ask"]("learner", draft.address) == "no", "it is in the draft alone"
    assert world["ask"]("author", draft.address) == "shown"
    revision = publish(actor_id=None, module=world["module"])
    commit()
    assert world["ask"]("learner", draft.address) == "no", "the cohort has not been moved"
    pinned = db.session.get_one(CohortModule, (world["cohort"].id, world["module"].id))
    pinned.revision_id = revision.id
    commit()
    assert world["ask"]("learner", draft.address) == "shown"
    assert world["ask"]("learner") == "shown", "what an earlier revision showed, for answers that were given then"


def test_a_learner_sees_nothing_of_a_module_that_is_not_open_yet_or_not_any_more_theirs(world):
    pinned = db.session.get_one(CohortModule, (world["cohort"].id, world["module"].id))
    pinned.opens_on = utcnow().date() + dt.timedelta(days=3)
    commit()
    assert world["ask"]("learner") == "no"
    with at(utcnow() + dt.timedelta(days=4)):
        assert world["ask"]("learner") == "shown"
    pinned.opens_on = None
    commit()
    enrolment = db.session.scalars(world["cohort"].enrolments.select()).one()
    enrolment.state = EnrolmentState.WITHDRAWN
    commit()
    assert world["ask"]("learner") == "no"


def test_captions_follow_their_film(world):
    words = keep(b"WEBVTT\n\n00:00.000 --> 00:01.000\nHalo\n", "id.vtt", owner_id=None)
    commit()
    assert world["ask"]("learner", words.address) == "no"
    db.session.add(Caption(digest=world["file"].digest, language="id", words_digest=words.digest))
    commit()
    assert world["ask"]("learner", words.address) == "shown"
    assert world["ask"]("learner elsewhere", words.address) == "no"


def test_asking_costs_few_statements(world, client, queries):
    browser = client.as_(world["people"]["learner"])
    browser.get(world["file"].address)
    with queries() as statements:
        browser.get(world["file"].address)
    assert len(statements) <= 3


# -- questions -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(client, make_user, make_module, make_cohort, make_enrolment):
    """Return a module whose quiz shows a picture in a question, with its people."""
    author = make_user("Penulis", roles=["instructor"])
    module = make_module(LESSON, owner=author, publish=False)
    file = keep(picture(size=(70, 50)), "loket.png", owner_id=author.id)
    module.files = {"figures/loket.png": file.address}
    kind, draft = activity_type("quiz"), learning.draft_of(module, "cek", author.id, module.files)
    item = {
        "key": "s",
        "kind": "single_choice",
        "stem": "![Loket](figures/loket.png)\n\nApa?",
        "options": [{"text": "ya", "correct": True, "rationale": "a"}, {"text": "tidak", "rationale": "b"}],
    }
    settings = kind.store(kind.load({"items": [item]}, draft), draft)
    quiz = Activity(
        module_id=module.id, key="cek", type="quiz", title="Cek", section="satu", position=9, requires=[], tags=[], sources=[],
        settings=settings, prepared=kind.prepare(settings, draft),
    )  # fmt: skip
    db.session.add(quiz)
    commit()
    publish(actor_id=author.id, module=module)
    commit()
    return {"author": author, "module": module, "file": file, "learner": user_of(make_enrolment(make_cohort(module))), "other": make_user()}


def test_a_learner_sees_the_pictures_of_questions(client, asked):
    assert client.as_(asked["learner"]).get(asked["file"].address).status_code == 200
    assert client.as_(asked["other"]).get(asked["file"].address).status_code == 404


def test_questions_stand_in_where_a_file_is_used(client, asked):
    actor = load_actor(asked["author"].id, TODAY)
    uses = {(use.activity, use.draft, use.revisions) for use in queries.uses_of(actor, asked["file"].digest)}
    assert ("Cek", True, (1,)) in uses


def test_another_file_takes_its_place_in_questions_too_and_what_was_asked_stays(client, asked):
    new = keep(picture(size=(71, 50)), "loket baru.png", owner_id=asked["author"].id)
    commit()
    browser = client.as_(asked["author"])
    assert browser.post(f"/media/files/{asked['file'].digest}/replace", data={"by": new.digest, "sure": "y"}).status_code == 302
    versions = db.session.scalars(sa.select(ItemVersion).order_by(ItemVersion.number)).all()
    assert [new.digest in str(version.prepared) for version in versions] == [False, True]
    assert asked["file"].digest in str(versions[0].prepared)
    assert client.as_(asked["learner"]).get(asked["file"].address).status_code == 200
    assert client.as_(asked["learner"]).get(new.address).status_code == 404, "not before it is published"


# -- originals -------------------------------------------------------------------------------------------------------------------------


def test_addresses_of_originals_end_and_cannot_be_made(app, client, world):
    author, file = world["people"]["author"], world["file"]
    browser = client.as_(author)
    address = browser.get(f"/media/files/{file.digest}/original").location
    assert LIFE <= 300
    assert browser.get(address).status_code == 200
    good = address.rpartition("/")[2]
    for bad in (good[:-1], good + "x", good.swapcase(), "x" + good[1:], good.rpartition(".")[0]):
        assert browser.get(f"/media/private/{bad}").status_code == 404, bad
    forged = URLSafeTimedSerializer("another key", salt="media-original").dumps([file.digest, str(author.id)])
    assert browser.get(f"/media/private/{forged}").status_code == 404
    elsewhere = URLSafeTimedSerializer(app.secret_key, salt="something else").dumps([file.digest, str(author.id)])
    assert browser.get(f"/media/private/{elsewhere}").status_code == 404
    for name in ("instructor", "learner", "organizer"):
        assert client.as_(world["people"][name]).get(address).status_code in {403, 404}


def test_an_address_of_an_original_is_good_for_five_minutes(app, client, world, monkeypatch):
    author, file = world["people"]["author"], world["file"]
    browser = client.as_(author)
    now = dt.datetime.now(dt.UTC).timestamp()
    for age, status in ((LIFE - 5, 200), (LIFE + 5, 404)):
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda age=age: now - age)
        old = browser.get(f"/media/files/{file.digest}/original").location
        monkeypatch.undo()
        assert browser.get(old).status_code == status, age


def test_who_loses_a_file_loses_the_address_of_its_original(client, world, make_user, make_module):
    words = db.session.scalars(sa.select(Description)).one()
    words.sharing = Sharing.EVERYBODY
    browser = client.as_(make_user(roles=[("instructor", "module", make_module(LESSON).id)]))
    commit()
    address = browser.get(f"/media/files/{world['file'].digest}/original").location
    assert browser.get(address).status_code == 200
    words.sharing = Sharing.NOBODY
    commit()
    assert browser.get(address).status_code == 404
