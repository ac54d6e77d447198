"""Long work: goes on where a worker ended, is nobody else's, and is gone after a week."""

import datetime as dt

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db, utcnow
from lms.errors import NotFound, Refused
from lms.jobs import batches, services
from lms.jobs.models import Batch, Job, JobState
from lms.people.access import load_actor
from lms.plugin import Task
from lms.registry import registry

SEEN: list[int] = []
BROKEN: set[int] = set()


def count(batch_id: str) -> None:
    """Do three steps; a step of BROKEN fails once."""
    with batches.working(batch_id) as batch:
        for step in range(batch.done, batch.total):
            if step in BROKEN:
                BROKEN.discard(step)
                raise RuntimeError("the machine stopped")
            SEEN.append(step)
            batches.advance(batch)
        batches.finish(batch, file=("hasil.csv", "text/csv", b"1;2;3"))


@pytest.fixture
def begun(app, make_user, monkeypatch):
    monkeypatch.setitem(registry().tasks, "lms:count", Task("lms:count", count))
    SEEN.clear()
    owner = make_user("Panitia")
    batch = batches.begin_batch(actor=load_actor(owner.id, utcnow().date()), task="lms:count", title="Hitung", total=3, origin="/cohorts/1")
    commit()
    return owner, batch.id


def test_it_goes_on_where_it_ended(client, begun):
    owner, batch_id = begun
    BROKEN.add(1)
    assert services.run_one()
    db.session.expire_all()
    assert (db.session.get(Batch, batch_id).done, db.session.get(Batch, batch_id).state) == (1, JobState.FAILED)
    assert "dicoba lagi" in client.as_(owner).get(f"/tasks/{batch_id}").get_data(as_text=True)
    db.session.rollback()
    with at(utcnow() + dt.timedelta(minutes=1)):
        assert services.run_one()
    assert SEEN == [0, 1, 2], "no step twice, none left out"
    answer = client.as_(owner).get(f"/tasks/{batch_id}/file")
    assert answer.data == b"1;2;3"
    assert "hasil.csv" in answer.headers["Content-Disposition"]
    assert client.as_(owner).get(f"/tasks/{batch_id}", headers={"Accept": "application/json"}).json == {
        "state": "done",
        "done": 3,
        "total": 3,
    }
    assert "Hitung" in client.as_(owner).get("/tasks").get_data(as_text=True)


def test_after_the_last_try_a_person_can_try_again(client, begun, make_user):
    owner, batch_id = begun
    for hour in range(services.MOST_TRIES):
        BROKEN.add(1)
        with at(utcnow() + dt.timedelta(hours=hour)):
            assert services.run_one()
    url, browser = f"/tasks/{batch_id}", client.as_(owner)
    page = browser.get(url).get_data(as_text=True)
    assert "dicoba lagi dengan sendirinya" not in page
    assert 'method="post"' in page
    assert client.as_(make_user("Lain", roles=["admin"])).post(url).status_code == 404
    BROKEN.clear()
    assert browser.post(url).status_code == 302
    db.session.rollback()
    assert services.run_one()
    assert SEEN == [0, 1, 2]
    assert browser.post(url).status_code == 302, "who posts once more changes nothing"
    assert browser.get(f"{url}/file").data == b"1;2;3"


def test_what_is_refused_says_why_and_is_not_tried_by_itself(client, begun, monkeypatch):
    owner, batch_id = begun

    def refuse(_batch):
        raise Refused("Nomor sudah terpakai.")

    monkeypatch.setattr(batches, "advance", refuse)
    assert services.run_one()
    assert db.session.scalar(sa.select(Job.state)) is JobState.DONE
    db.session.rollback()
    page = client.as_(owner).get(f"/tasks/{batch_id}").get_data(as_text=True)
    assert "Nomor sudah terpakai." in page


def test_each_step_renews_the_lease(begun):
    _owner, batch_id = begun
    job = services.claim()
    commit()
    with at(utcnow() + dt.timedelta(minutes=4)):
        batches.advance(db.session.get_one(Batch, batch_id))
    with at(utcnow() + dt.timedelta(minutes=6)):
        assert services.claim() is None, "it is still being worked on"
    db.session.rollback()
    assert job.task == "lms:count"


def test_it_is_nobody_elses(client, begun, make_user):
    _owner, batch_id = begun
    services.run_one()
    other = client.as_(make_user("Lain", roles=["admin"]))
    assert other.get(f"/tasks/{batch_id}").status_code == 404
    assert other.get(f"/tasks/{batch_id}/file").status_code == 404
    assert "Hitung" not in other.get("/tasks").get_data(as_text=True)


def test_it_is_gone_after_a_week(begun):
    _owner, batch_id = begun
    services.run_one()
    with at(utcnow() + dt.timedelta(days=8)):
        batches.forget_old_batches()
        commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 0
    with pytest.raises(NotFound):
        count(str(batch_id))
    assert db.session.scalar(sa.select(Job.state).where(Job.key == f"batch/{batch_id}")) == JobState.DONE
