"""The history of a draft: runs of quick saves, what differs in words, bringing back what was and what was deleted."""

import datetime as dt
import io
import uuid

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from support.writers import Writer

from courses.studio.changes import same
from courses.studio.history import MOST, RUN, WHOLE, superfluous
from courses.studio.models import DraftVersion, What
from lms.db import at, commit, db
from lms.learning.models import Activity
from lms.learning.services import draft_activities
from lms.testing.client import text_of
from lms.testing.contract import installed

NOON = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "Halo.\n"}}
OTHER = {"type": "lesson", "key": "lanjut", "title": "Lanjutan", "settings": {"source": "Lagi.\n"}}

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'


@pytest.fixture
def write(client, make_user, make_module):
    """Give (writer, module) of an activity: its author has it open."""

    def make(*activities):
        author = make_user("Ibu Penulis", roles=["instructor"], language="en")
        module = make_module(*activities, owner=author)
        return Writer(client.as_(author), f"/studio/{module.key}/{activities[0]['key']}"), module

    return make


def versions(**where):
    db.session.expire_all()
    return db.session.scalars(sa.select(DraftVersion).filter_by(**where).order_by(DraftVersion.id)).all()


def save(writer, **fields):
    writer.typed |= {name.replace("__", "-"): text for name, text in fields.items()}
    answer = writer.save()
    assert answer.status_code == 200, answer.get_json()


def test_quick_saves_are_one_line_and_every_one_is_kept(write):
    writer, _module = write(LESSON)
    for seconds, text in ((0, "Satu"), (50, "Dua"), (110, "Tiga"), (200, "Empat")):
        with at(NOON + dt.timedelta(seconds=seconds)):
            save(writer, s__source=text)
    with at(NOON + dt.timedelta(minutes=9)):
        save(writer, title="Pembuka lain", tags="BP1")
    page = text_of(writer.browser.get(f"{writer.url}/history"))
    assert page.count("· Ibu Penulis") == 3, "two runs of texts and a title"
    assert "Changed: Title, BerAKHLAK behaviours" in page
    assert page.count("Changed: Text") == 2
    assert "before the history began" in page
    assert "the first state that is known" in page
    kept = [text for version in versions() for name, text in version.data["fields"] if name == "s-source"]
    assert kept[:4] == ["Halo.\n", "Satu", "Dua", "Tiga"]


def test_a_long_history_asks_as_often_as_a_short_one(write, queries):
    writer, _module = write(LESSON, OTHER)
    counts = []
    for minutes in (0, 3, 60, 63, 66, 69, 72):
        with at(NOON + dt.timedelta(minutes=minutes)):
            save(writer, s__source=f"Menit {minutes}")
        if minutes in (3, 72):
            with queries() as seen:
                assert writer.browser.get(f"{writer.url}/history").status_code == 200
            counts.append(len(seen))
    assert counts[0] == counts[1] <= 12, counts


def test_an_earlier_state_is_looked_at_and_brought_back(write):
    writer, _module = write(LESSON, OTHER)
    for minutes, fields in ((0, {"s__source": "Lama **sekali**", "requires": ["lanjut"]}), (5, {"s__source": "Baru", "requires": []})):
        with at(NOON + dt.timedelta(minutes=minutes)):
            save(writer, **fields)
    first = next(version for version in versions() if ["s-source", "Lama **sekali**"] in version.data["fields"])
    page = writer.browser.get(f"{writer.url}/history/{first.id}")
    assert "Lama **sekali**" in text_of(page)
    assert "Baru" in text_of(page)
    assert "&lt;strong&gt;sekali&lt;/strong&gt;" in page.get_data(as_text=True), "as learners would see it"
    assert writer.browser.post(f"{writer.url}/history/{first.id}/restore").location == writer.url
    db.session.expire_all()
    activity = db.session.scalars(sa.select(Activity).where(Activity.key == "buka")).one()
    assert (activity.settings["source"], activity.requires) == ("Lama **sekali**\n", ["lanjut"])
    last = versions()[-1]
    assert last.what is What.RESTORED
    writer.load()
    assert writer.browser.post(f"{writer.url}/history/{versions()[-2].id}/restore").status_code == 302, "restoring can be undone"
    assert writer.browser.get(f"{writer.url}/history/999999").status_code == 404
    assert writer.browser.get(f"{writer.url.replace('buka', 'lanjut')}/history/{first.id}").status_code == 404


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
def test_what_was_deleted_comes_back_whole(write, kind):
    writer, module = write({"type": kind.key, "key": "kegiatan", "settings": kind.example}, OTHER)
    save(writer, title="Judul terakhir", tags="BP1")
    before = {a.key: a for a in draft_activities(module.id)}["kegiatan"]
    stored = (before.prepared, before.tags, before.rule, before.minutes)
    held = before.settings
    assert writer.browser.post(f"{writer.url}/delete").status_code == 302
    assert "kegiatan" not in {activity.key for activity in draft_activities(module.id)}
    home = f"/studio/{module.key}/history"
    page = writer.browser.get(home)
    assert "Bring back" in text_of(page)
    assert writer.browser.get(f"{writer.url}/history").status_code == 200
    last = versions(what=What.DELETED)[-1]
    assert "Judul terakhir" in text_of(writer.browser.get(f"{writer.url}/history/{last.id}"))
    assert writer.browser.post(f"{writer.url}/history/{last.id}/restore").location == writer.url
    db.session.expire_all()
    after = {activity.key: activity for activity in draft_activities(module.id)}["kegiatan"]
    assert (after.prepared, after.tags, after.rule, after.minutes) == stored
    assert same(after.settings, held)
    assert (after.type, after.title) == (kind.key, "Judul terakhir")
    assert "Bring back" not in text_of(writer.browser.get(home))


def test_what_no_plugin_knows_comes_back_with_its_settings(write):
    writer, module = write(LESSON, OTHER)
    module_activity = {a.key: a for a in draft_activities(module.id)}["buka"]
    module_activity.type, module_activity.settings = "hilang", {"apa": ["pun"]}
    commit()
    writer.load()
    assert writer.browser.post(f"{writer.url}/delete").status_code == 302
    last = versions(what=What.DELETED)[-1]
    assert writer.browser.get(f"{writer.url}/history/{last.id}").status_code == 200
    assert writer.browser.post(f"{writer.url}/history/{last.id}/restore").location == writer.url
    db.session.expire_all()
    after = {activity.key: activity for activity in draft_activities(module.id)}["buka"]
    assert (after.type, after.settings, after.title) == ("hilang", {"apa": ["pun"]}, "Pembuka")


def test_a_state_that_cannot_be_any_more_becomes_unfinished(write):
    writer, module = write({"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "Halo.\n"}})
    save(writer, s__source="Lain")
    version = versions()[0]
    version.data = {"fields": [[name, "" if name == "title" else text] for name, text in version.data["fields"]]}
    commit()
    writer.browser.post(f"{writer.url}/history/{version.id}/restore")
    assert "It is in the form below" in text_of(writer.load())
    assert (writer.typed["title"], writer.typed["s-source"]) == ("", "Halo.\n")
    db.session.expire_all()
    assert {a.key: a for a in draft_activities(module.id)}["buka"].settings["source"] == "Lain\n"


def test_only_who_may_write_sees_a_history(client, write, make_user, make_module):
    writer, module = write(LESSON)
    save(writer, title="Lain")
    reach = ("instructor", "module", make_module(key="lain", publish=False).id)
    colleague = client.as_(make_user(roles=[reach]))
    number = versions()[0].id
    for page in (f"/studio/{module.key}/history", f"{writer.url}/history", f"{writer.url}/history/{number}"):
        assert colleague.get(page).status_code == 404
    for page in (f"{writer.url}/history/{number}/restore", f"{writer.url}/here", f"{writer.url}/give-up"):
        assert colleague.post(page).status_code == 404
    assert colleague.post(writer.url, json={}).status_code == 404


def test_a_picture_of_the_editor_never_takes_the_place_of_another(write):
    writer, module = write(LESSON)
    names = []
    for data in (SVG, SVG + b" ", SVG):
        sent = {"picture": (io.BytesIO(data), "Foto Loket.svg")}
        names.append(writer.browser.post(f"/studio/{module.key}/pictures.json", data=sent).get_json()["name"])
    assert names == ["figures/foto-loket.svg", "figures/foto-loket-2.svg", "figures/foto-loket-3.svg"]
    assert writer.browser.get(f"/studio/{module.key}/pictures.json").get_json() == {"pictures": names}
    refused = writer.browser.post(f"/studio/{module.key}/pictures.json", data={"picture": (io.BytesIO(b"no picture"), "a.png")})
    assert (refused.status_code, "no picture" in refused.get_json()["message"]) == (422, True)
    assert writer.browser.post(f"/studio/{module.key}/pictures.json", data={}).status_code == 422


def test_what_two_type_in_turns_is_one_run_each(client, make_user, write):
    one, _module = write(LESSON)
    two = Writer(client.as_(make_user("Pak Rekan", roles=["instructor"])), one.url)
    for seconds in range(0, 60, 10):
        with at(NOON + dt.timedelta(seconds=seconds)):
            for writer, name in ((one, "title"), (two, "minutes")):
                writer.load()
                save(writer, **{name: str(seconds + 1)})
    saved = versions(what=What.SAVED)
    assert len(saved) >= 12
    assert len({(version.by_id, version.run_at) for version in saved if version.by_id and version.saved_at > NOON}) == 2


def test_what_is_typed_back_as_it_was_is_saved(client, make_user, write):
    one, _module = write(LESSON)
    two = Writer(client.as_(make_user("Pak Rekan", roles=["instructor"])), one.url)
    one.typed["title"] = ""
    assert one.save().status_code == 422
    save(two, minutes="7")
    one.typed["title"] = "Pembuka"
    assert one.save().status_code == 200
    one.load()
    assert one.base is not None, "nothing is unfinished"
    assert (one.typed["title"], one.typed["minutes"]) == ("Pembuka", "7")


def test_nothing_of_a_day_goes_when_two_type_in_turns():
    people, start = (uuid.uuid4(), uuid.uuid4(), uuid.uuid4()), NOON - dt.timedelta(hours=2)
    rows = [(number, start + dt.timedelta(minutes=number), start, people[2]) for number in range(10)]
    rows += [(number, NOON + dt.timedelta(seconds=number), NOON, people[number % 2]) for number in range(10, 300)]
    assert superfluous(rows[::-1], NOON + dt.timedelta(minutes=9)) == []
    many = [
        (number, NOON + dt.timedelta(minutes=3 * number), NOON + dt.timedelta(minutes=3 * number), people[0]) for number in range(1, 300)
    ]
    left = (0, NOON, NOON, people[1])
    gone = superfluous([left, *many][::-1], NOON + dt.timedelta(days=9))
    assert gone, "old ones go"
    assert 0 not in gone, "not what somebody has left"


RUNS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3)), max_size=300)


@given(RUNS)
def test_what_is_thinned_out_says_nothing_by_itself(gaps):
    """Of every run the last stays for long, of every day the last for ever, and of the last day everything."""
    moment, run, rows = NOON - dt.timedelta(days=3), NOON - dt.timedelta(days=3), []
    for number, (minutes, more) in enumerate(gaps):
        moment += dt.timedelta(minutes=minutes / 4, seconds=more)
        if moment - run > RUN:
            run = moment
        rows.insert(0, (number, moment, run, None))
    gone = set(superfluous(rows, moment))
    stay = [row for row in rows if row[0] not in gone]
    assert {row[1].date() for row in stay} == {row[1].date() for row in rows}
    assert {row[0] for row in rows[:1]} <= {row[0] for row in stay}
    runs = list(dict.fromkeys(row[2] for row in rows))
    for number, saved_at, run_at, _by in rows:
        last = number == next(row[0] for row in rows if row[2] == run_at)
        if runs.index(run_at) < MOST and (last or moment - saved_at <= WHOLE):
            assert number not in gone
