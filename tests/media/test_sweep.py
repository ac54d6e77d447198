"""Unused files go, safely: nothing that a draft, a revision, a question or any other table names is ever removed."""

import datetime as dt
import os

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.hostile import picture

from lms.api import Module, activity_type, commit, db, publish, utcnow
from lms.learning import services as learning
from lms.learning.models import Activity
from media import sweeping
from media.models import File
from media.services import keep, key_of
from media.storage import store
from media.tasks import render

DAY = dt.timedelta(days=1)


def put(number):
    """Keep a picture that differs by a number."""
    return keep(picture(size=(20 + number, 20)), f"{number}.png", owner_id=None)


def digests():
    return set(db.session.scalars(sa.select(File.digest)))


def sweep(moment):
    gone = sweeping.sweep(moment)
    commit()
    return {found.digest for found in gone}


def show(module, files):
    """Let the draft of a module show these files and no others."""
    module.files = {f"figures/{file.digest[:8]}.png": file.address for file in files}
    activity = db.session.scalar(sa.select(Activity).where(Activity.module_id == module.id))
    told = {"source": "Halo.\n\n" + "\n\n".join(f"![x]({name})" for name in module.files)}
    activity.settings = told
    activity.prepared = activity_type("lesson").prepare(told, learning.draft_of(module, activity.key, None, module.files))


def test_what_is_unused_for_thirty_days_goes_with_its_copies(database):
    file = put(1)
    render(file.digest)
    commit()
    keys = [key_of(file.digest), key_of(file.digest, "21.webp")]
    assert all(store().size(key) for key in keys)
    now = utcnow()
    assert sweep(now) == set(), "the first look only notes"
    assert [found.digest for found in sweeping.unused(now + 31 * DAY)] == [file.digest], "a dry run tells"
    assert digests() == {file.digest}, "and changes nothing"
    assert sweep(now + 29 * DAY) == set()
    assert sweep(now + 30 * DAY) == {file.digest}
    assert digests() == set()
    assert all(store().size(key) for key in keys), "bytes go later than rows"
    sweep(now + 31 * DAY)
    assert not any(store().size(key) for key in keys)


def test_using_a_file_again_begins_anew(database, make_module):
    file, module = put(1), make_module({"type": "lesson", "key": "a", "settings": {"source": "x"}})
    now = utcnow()
    sweep(now)
    show(module, [file])
    commit()
    assert sweep(now + 31 * DAY) == set()
    show(module, [])
    commit()
    assert sweep(now + 32 * DAY) == set()
    keep(picture(size=(21, 20)), "again.png", owner_id=None)
    commit()
    assert sweep(now + 62 * DAY) == set(), "uploading it again is use"
    assert sweep(now + 92 * DAY) == {file.digest}


def test_a_file_that_comes_again_while_it_goes_is_there_as_a_whole(database):
    """Its row goes in one transaction; whoever brings it in again meanwhile, and whenever the bytes of the first are looked at, it stays."""
    file, now = put(1), utcnow()
    commit()
    sweep(now)
    assert sweep(now + 30 * DAY) == {file.digest}
    again = put(1)
    commit()
    sweep(now + 31 * DAY)
    assert digests() == {again.digest}
    assert store().size(key_of(again.digest)) == again.size


def test_bytes_that_come_while_old_ones_are_looked_through_stay(database, monkeypatch):
    """Between listing what no row knows and deleting it, the same file comes in: what came is too young to go."""
    key = key_of(put(1).digest)
    db.session.rollback()
    path = store().root / key
    os.utime(path, (0, 0))
    real = store().list

    def list_and_put():
        found = list(real())
        put_again = path.read_bytes()
        store().put(key, put_again)
        return iter(found)

    monkeypatch.setattr(store(), "list", list_and_put)
    sweep(utcnow())
    assert store().size(key)


def test_a_file_that_is_used_between_noting_and_sweeping_is_kept(database, make_module):
    file, module, now = put(1), make_module({"type": "lesson", "key": "a", "settings": {"source": "x"}}), utcnow()
    commit()
    sweep(now)
    assert [found.digest for found in sweeping.listed(now)] == [file.digest]
    db.session.get_one(Module, module.id).files = {"figures/x.png": file.address}
    commit()
    assert sweep(now + 40 * DAY) == set()
    assert sweeping.listed(now + 40 * DAY) == []


def test_bytes_that_a_crash_has_left_go(database):
    store().put("ab/" + "ab" * 32, b"x")
    file = put(1)
    commit()
    sweep(utcnow() + dt.timedelta(minutes=10))
    assert store().size("ab/" + "ab" * 32) == 1, "a transaction may still be running"
    sweep(utcnow() + dt.timedelta(hours=2))
    assert store().size("ab/" + "ab" * 32) is None
    assert store().size(key_of(file.digest))


def test_whatever_table_names_it(database, make_user):
    """An address anywhere, here in a person's institution, keeps a file: no table has to be known."""
    file, other = put(1), put(2)
    make_user(institution=f"see {file.address}")
    now = utcnow()
    sweep(now)
    assert sweep(now + 40 * DAY) == {other.digest}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("show"), st.sets(st.integers(0, 4))),
        st.tuples(st.just("publish"), st.none()),
        st.tuples(st.just("upload"), st.integers(0, 4)),
        st.tuples(st.just("sweep"), st.integers(1, 40)),
    ),
    max_size=10,
)


@given(steps=STEPS)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_draft_or_a_revision_names_is_never_removed(database, make_module, steps):
    """Any order of writing, publishing, uploading and sweeping."""
    module = make_module({"type": "lesson", "key": "a", "settings": {"source": "x"}})
    files, moment, now_shown, published = {}, utcnow(), set(), set()
    for what, value in steps:
        if what == "upload":
            files[value] = put(value)
        elif what == "show":
            now_shown = {number for number in value if number in files and files[number].digest in digests()}
            show(db.session.get_one(Module, module.id), [files[number] for number in now_shown])
        elif what == "publish":
            publish(actor_id=None, module=db.session.get_one(Module, module.id))
            published |= now_shown
        else:
            moment += value * DAY
            sweep(moment)
        commit()
        for number in now_shown | published:
            assert files[number].digest in digests()
            assert store().size(key_of(files[number].digest))
