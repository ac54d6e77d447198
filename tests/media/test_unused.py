"""The page of what nothing uses: one's own, all for who looks after the site; thirty days more with one press."""

import datetime as dt

import pytest
import sqlalchemy as sa
from support.hostile import picture

from lms.api import at, commit, db, utcnow
from lms.testing.client import text_of
from media import sweeping
from media.models import File
from media.services import keep

pytestmark = pytest.mark.sqlite


@pytest.fixture
def files(make_user):
    """Return two instructors and a file of each, found unused by the daily look."""
    people = [make_user(roles=["instructor"], language="en") for _number in range(2)]
    kept = [keep(picture(size=(30 + number, 20)), f"gambar-{number}.png", owner_id=person.id) for number, person in enumerate(people)]
    commit()
    sweeping.sweep(utcnow())
    commit()
    return people, kept


def test_everybody_sees_their_own_and_the_administrator_all(client, files, make_user):
    people, _kept = files
    for page, person, seen in (
        ("/media/unused", people[0], {"gambar-0.png"}),
        ("/media/unused", people[1], {"gambar-1.png"}),
        ("/admin/unused-files", make_user(roles=["admin"], language="en"), {"gambar-0.png", "gambar-1.png"}),
    ):
        told = text_of(client.as_(person).get(page))
        assert {name for name in ("gambar-0.png", "gambar-1.png") if name in told} == seen
    assert client.as_(make_user()).get("/media/unused").status_code == 403
    assert client.as_(people[0]).get("/admin/unused-files").status_code == 403


def test_thirty_days_more(client, files):
    people, kept = files
    now = utcnow()
    browser = client.as_(people[0])
    assert client.as_(people[1]).post(f"/media/unused/{kept[0].digest}/keep").status_code == 404, "not another's"
    with at(now + dt.timedelta(seconds=60)):
        assert browser.post(f"/media/unused/{kept[0].digest}/keep").status_code == 302
        assert "gambar-0.png" not in text_of(browser.get("/media/unused"))
    sweeping.sweep(now + dt.timedelta(days=31))
    commit()
    assert db.session.scalars(sa.select(File.digest)).all() == [kept[0].digest]
    sweeping.sweep(now + dt.timedelta(days=62))
    commit()
    assert db.session.scalars(sa.select(File.digest)).all() == []
