"""Copies of modules: what comes over, what stays, what is asked; keys, questions of quizzes and learners' progress survive."""

import json

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm.attributes import set_committed_value
from support.forks import LOCAL, SOURCE, lesson, quiz, republish, sources, write

from courses.entries.changes import changed
from courses.folder.reader import read_folder
from courses.folder.services import CONTENT, import_module
from courses.forks import queries as reads
from courses.forks import services, texts
from courses.forks.models import ForkAnswer
from courses.forks.standing import folded, own_of
from courses.merging.modules import differences
from courses.studio.models import DraftVersion
from lms.db import commit, db
from lms.errors import Refused
from lms.learning import services as learning
from lms.learning.models import Activity, Module, Revision
from lms.people.models import User
from lms.progress.models import Completion, CompletionState
from lms.registry import activity_type

pytestmark = pytest.mark.sqlite

FIVE = sorted(path.parent for path in CONTENT.glob("*/module.yaml"))


def pull(agency, module):
    fork = reads.fork_of(module.id)
    found = services.apply(actor=agency[1], module=module, fork=fork, seen=None)
    commit()
    return found


# -- copying --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FIVE, ids=[folder.name for folder in FIVE])
def test_a_copy_says_what_its_original_says(database, agency, folder):
    upstream, revision = import_module(actor_id=None, text=read_folder(folder)[0])
    module = services.copy_module(actor=agency[1], upstream=upstream, key="salinan")
    one = texts.plain_of_revision(upstream, revision, reads.activities_of(revision.id))
    other = texts.plain_of_draft(module, learning.draft_activities(module.id))
    assert differences(one, other) == []
    assert [row["key"] for row in other.activities] == [activity.key for activity in learning.draft_activities(upstream.id)]
    published = learning.publish(actor_id=None, module=module)
    again = texts.plain_of_revision(module, published, reads.activities_of(published.id))
    assert differences(one, again) == []
    assert module.owner_id == agency[0].id
    assert own_of(one, again).changed == 0


# -- taking over ----------------------------------------------------------------------------------------------------------------------


def test_what_is_new_comes_over_and_what_is_local_stays(database, agency, copied):
    upstream, module = copied()
    write(module, "buka", source=LOCAL, minutes=9)
    write(upstream, "buka", source=SOURCE.replace("Dua kalimat", "Dua kalimat yang lebih baik"), title="Judul baru")
    write(upstream, "lanjut", tags=["BP1"])
    republish(upstream)
    found = pull(agency, module)
    assert found.conflicts == []
    drafts = {activity.key: activity for activity in learning.draft_activities(module.id)}
    assert drafts["buka"].settings["source"] == LOCAL.replace("Dua kalimat", "Dua kalimat yang lebih baik")
    assert (drafts["buka"].title, drafts["buka"].minutes, drafts["lanjut"].tags) == ("Judul baru", 9, ["BP1"])
    assert "Pasar Taman Rawa" in json.dumps(drafts["buka"].prepared), "drawn anew"
    fork = reads.fork_of(module.id)
    assert (fork.base_number, fork.waiting) == (2, None)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Revision).where(Revision.module_id == module.id)) == 0


def test_a_conflict_is_asked_and_the_answer_outlives_other_changes(database, agency, copied):
    upstream, module = copied()
    write(module, "buka", source=SOURCE.replace("Tiga", "Tiga milik kami"))
    write(upstream, "buka", source=SOURCE.replace("Tiga", "Tiga milik mereka"))
    republish(upstream)
    fork = reads.fork_of(module.id)
    with pytest.raises(Refused, match=r"still open|masih terbuka"):
        services.apply(actor=agency[1], module=module, fork=fork, seen=None)
    (conflict,) = services.standing(module, fork).open
    services.answer(actor=agency[1], fork=fork, conflict=conflict, choice="own", text="Tiga kami dan mereka.")
    # Elsewhere in the same text, both go on: the answer counts all the same.
    write(module, "buka", source=SOURCE.replace("Tiga", "Tiga milik kami").replace("Satu", "Satu saja"))
    write(upstream, "buka", source=SOURCE.replace("Dua", "Dua juga").replace("Tiga", "Tiga milik mereka"))
    republish(upstream)
    found = services.standing(module, fork)
    assert found.open == [], [place.path for place in found.open]
    # The place itself is changed: it is asked again.
    write(module, "buka", source=SOURCE.replace("Tiga", "Tiga lain lagi"))
    assert len(services.standing(module, fork).open) == 1
    write(module, "buka", source=SOURCE.replace("Tiga", "Tiga milik kami"))
    pull(agency, module)
    expected = SOURCE.replace("Dua", "Dua juga").replace("Tiga kalimat.", "Tiga kami dan mereka.")
    assert sources(module)["buka"] == expected
    assert db.session.scalars(sa.select(ForkAnswer)).all() == []


def test_somebody_saves_while_the_result_is_looked_at(database, agency, copied):
    upstream, module = copied()
    write(upstream, "buka", source=SOURCE.replace("Satu", "Satu baru"))
    republish(upstream)
    fork = reads.fork_of(module.id)
    seen = services.standing(module, fork).mark
    write(module, "lanjut", source="Rekan menulis ini.\n")
    with pytest.raises(services.OutdatedError):
        services.apply(actor=agency[1], module=module, fork=fork, seen=seen)
    services.apply(actor=agency[1], module=module, fork=fork, seen=services.standing(module, fork).mark)
    assert sources(module) == {"buka": SOURCE.replace("Satu", "Satu baru"), "lanjut": "Rekan menulis ini.\n"}


def test_a_newer_revision_that_comes_meanwhile_is_not_lost(database, agency, copied):
    upstream, module = copied()
    write(upstream, "buka", source=SOURCE.replace("Satu", "Satu baru"))
    republish(upstream)
    fork = reads.fork_of(module.id)
    names = ("waiting", "waiting_digest", "waiting_number")
    seen, before = services.standing(module, fork).mark, {name: getattr(fork, name) for name in names}
    write(upstream, "buka", source=SOURCE.replace("Satu", "Satu lagi"))
    republish(upstream)
    commit()
    newest = fork.waiting_number
    for name, value in before.items():
        set_committed_value(fork, name, value)  # as it was read before the worker had told of the newer one
    with pytest.raises(services.OutdatedError):
        services.apply(actor=agency[1], module=module, fork=fork, seen=seen)
    assert fork.waiting_number == newest > before["waiting_number"]


def test_what_was_replaced_is_in_the_history(database, agency, copied):
    upstream, module = copied(lesson(), lesson("lanjut"), lesson("pergi"))
    write(upstream, "buka", source="Lain sama sekali.\n")
    db.session.delete(db.session.scalars(sa.select(Activity).where(Activity.module_id == upstream.id, Activity.key == "pergi")).one())
    db.session.flush()
    republish(upstream)
    pull(agency, module)
    assert list(sources(module)) == ["buka", "lanjut"]
    kept = db.session.scalars(sa.select(DraftVersion).where(DraftVersion.module_id == module.id).order_by(DraftVersion.id)).all()
    said = {(version.key, version.what, dict(version.data["fields"]).get("s-source")) for version in kept}
    assert {("buka", "saved", SOURCE), ("buka", "saved", "Lain sama sekali.\n"), ("pergi", "deleted", SOURCE)} <= said
    assert [version.by_id for version in kept if version.key == "buka"] == [None, agency[0].id]


def stems(module):
    rows = texts.plain_of_draft(module, learning.draft_activities(module.id)).activities
    return {item["key"]: item["stem"] for item in rows[-1]["settings"]["items"]}


def rewrite(module, wanted):
    """Write a quiz of a draft anew, as an import does."""
    kind, draft = activity_type("quiz"), learning.draft_of(module, "kuis")
    loaded = kind.load(wanted["settings"], draft)
    write(module, "kuis", settings=kind.store(loaded, draft))


def test_questions_are_copied_with_their_keys_and_merged_one_by_one(database, agency, copied):
    upstream, module = copied(lesson(), quiz("1?", "2?"))
    assert stems(module) == {"soal-0": "1?", "soal-1": "2?"}
    rewrite(module, quiz("1 di Bontang?", "2?"))
    rewrite(upstream, quiz("1?", "2 saja?", "3?"))
    republish(upstream)
    rewrite(upstream, quiz("1?", "2 nanti?", "3?"))  # not published: what was published is what comes
    assert pull(agency, module).conflicts == []
    assert stems(module) == {"soal-0": "1 di Bontang?", "soal-1": "2 saja?", "soal-2": "3?"}
    assert stems(upstream)["soal-1"] == "2 nanti?"


def test_progress_of_learners_survives_the_merged_revision(client, agency, copied, make_cohort, make_enrolment):
    upstream, module = copied(lesson(), lesson("lanjut"))
    learning.publish(actor_id=None, module=module)
    cohort = make_cohort(module)
    enrolment = make_enrolment(cohort)
    learner = client.as_(db.session.get_one(User, enrolment.user_id))
    assert learner.post(f"/learn/{cohort.id}/{module.key}/buka/read").status_code == 302
    write(upstream, "buka", source="Ditulis ulang.\n")
    republish(upstream)
    pull(agency, module)
    revision = learning.publish(actor_id=None, module=module)
    commit()
    assert revision.number == 2
    assert learning.plan_moves(cohort=cohort, revisions={module.id: revision.id}) == {module.id: []}, "nobody gains, nobody loses"
    learning.move_cohort(actor=agency[1], cohort=cohort, module_id=module.id, revision=revision)
    commit()
    done = db.session.scalars(sa.select(Completion.activity_key).where(Completion.state == CompletionState.COMPLETE)).all()
    assert done == ["buka"]


ABOUT = {
    "title": {"id": "Asal", "en": "Origin"},
    "summary": {},
    "audience": {},
    "outcomes": [],
    "language": "id",
    "checked_on": None,
    "sections": [{"key": "satu", "title": {"id": "Satu", "en": "One"}}],
}
keys = st.sampled_from(["buka", "lihat", "tulis", "tutup"])
paragraphs = st.sampled_from(["Air.\n", "Batu **keras**.\n", "\n", '!!! local "Di sini"\n    Pasar.\n', "- satu\n- dua\n"])
pages = st.tuples(st.lists(paragraphs, max_size=6).map(lambda found: "Awal.\n" + "".join(found)), st.booleans(), st.integers(1, 9))


def become(module, wanted):
    """Make a draft of lessons what a strategy says: {key: (source, hidden, minutes)}."""
    for activity in learning.draft_activities(module.id):
        db.session.delete(activity)
    db.session.flush()
    kind = activity_type("lesson")
    for position, (key, (source, hidden, minutes)) in enumerate(wanted.items(), start=1):
        draft = learning.draft_of(module, key)
        loaded = kind.load({"source": source}, draft)
        shared = {"title": key.title(), "section": "satu", "requires": [], "tags": [], "sources": [], "hidden": hidden and position > 1}
        kept = {"settings": kind.store(loaded, draft), "prepared": kind.prepare(loaded, draft)}
        db.session.add(Activity(module_id=module.id, key=key, type="lesson", position=position, minutes=minutes, **shared, **kept))
    db.session.flush()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(keys, pages, min_size=1), st.data())
def test_a_copy_without_changes_becomes_what_the_original_is(database, agency, made, data):
    """Copy, publish another random state of the original, take it over: the copy's text is the original's, whatever both were."""
    try:
        upstream = Module(key="asal", about=ABOUT, owner_id=None, files={})
        db.session.add(upstream)
        db.session.flush()
        become(upstream, made)
        learning.publish(actor_id=None, module=upstream)
        module = services.copy_module(actor=agency[1], upstream=upstream, key="salinan")
        become(upstream, data.draw(st.dictionaries(keys, pages, min_size=1)))
        revision = learning.publish(actor_id=None, module=upstream)
        services.note_revision(revision)
        fork = reads.fork_of(module.id)
        if fork.waiting is not None:
            assert services.apply(actor=agency[1], module=module, fork=fork, seen=None).conflicts == []
        wanted = texts.plain_of_revision(upstream, revision, reads.activities_of(revision.id))
        got = texts.plain_of_draft(module, learning.draft_activities(module.id))
        assert differences(wanted, got) == []
    finally:
        db.session.rollback()


@given(st.text("ab \n", max_size=20), st.text("ab \n", max_size=20))
def test_marked_words_are_both_texts(old, new):
    pieces = folded(changed(old, new))
    assert "".join(text for kind, text in pieces if kind != "added") == old
    assert "".join(text for kind, text in pieces if kind != "removed") == new
