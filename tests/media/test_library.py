"""The library: who finds what, what is said of a file, where it is used, and another file in its place."""

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from support.hostile import SCRIPT, picture, svg

from lms.api import at, commit, db, latest_revision, publish, render_markdown, utcnow
from lms.learning import services as learning
from lms.learning.models import Activity, RevisionActivity
from lms.people.access import load_actor
from lms.testing.made import TODAY
from media.files import queries
from media.files.queries import Wish
from media.models import Description, File, Licence, Rendition, Sharing
from media.services import keep
from media.tasks import render


@pytest.fixture
def people(make_user, make_unit):
    """Return instructors: two of a unit, one of another."""
    here, there = make_unit("Dinas Kesehatan"), make_unit("Dinas Sosial")
    units = {"Ani": here, "Budi": here, "Citra": there}
    return {name: make_user(name, roles=["instructor"], unit_id=unit.id) for name, unit in units.items()}


def actor(person):
    return load_actor(person.id, TODAY)


def found(person, **wish):
    return {file.digest for file, _words in db.session.execute(queries.files(actor(person), Wish(**wish)))}


def show(module, file, author, name="figures/peta.png", key="a"):
    """Let the draft of a module show a file."""
    module.files = {**module.files, name: file.address}
    activity = db.session.scalar(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == key))
    draft = learning.draft_of(module, key, author.id, module.files)
    from_text = {"source": f"![Peta kantor]({name})"}
    activity.settings, activity.prepared = from_text, learning.activity_type("lesson").prepare(from_text, draft)
    commit()


@pytest.fixture
def site(client, make_user):
    """Return the browser of somebody who writes all modules, and them."""
    person = make_user("Semua", roles=["instructor"])
    return client.as_(person), person


def test_who_finds_a_file(people):
    file = keep(picture(), "peta.png", owner_id=people["Ani"].id)
    commit()
    words = db.session.scalar(sa.select(Description))
    assert words.sharing is Sharing.UNIT
    for sharing, who in ((Sharing.UNIT, {"Ani", "Budi"}), (Sharing.EVERYBODY, set(people)), (Sharing.NOBODY, {"Ani"})):
        words.sharing = sharing
        commit()
        assert {name for name, person in people.items() if file.digest in found(person)} == who


def test_the_same_bytes_once_and_everybodys_own_words(people):
    first = keep(picture() + SCRIPT, "peta.png", owner_id=people["Ani"].id)
    second = keep(picture(), "denah.png", owner_id=people["Budi"].id)
    commit()
    assert first.digest == second.digest
    assert db.session.scalar(sa.select(sa.func.count()).select_from(File)) == 1
    named = {
        name: [words.name for _file, words in db.session.execute(queries.files(actor(person), Wish()))] for name, person in people.items()
    }
    assert named == {"Ani": ["peta.png"], "Budi": ["denah.png"], "Citra": []}
    assert [(words.name, name) for words, name in queries.words_of_others(actor(people["Ani"]), first.digest)] == [("denah.png", "Budi")]


def test_finding_by_words_kind_and_what_is_missing(site):
    browser, person = site
    map_ = keep(picture(), "peta.png", owner_id=person.id)
    drawing = keep(svg(""), "alur.svg", owner_id=person.id)
    sound = keep(b"RIFF\x24\0\0\0WAVEfmt ", "suara.wav", owner_id=person.id)
    commit()
    told = {"name": "Peta kantor", "alternative_id": "Kantor di tepi sungai", "licence": "own", "source": "Foto tim", "sharing": "unit"}
    assert browser.post(f"/media/files/{map_.digest}", data=told).status_code == 302
    db.session.expire_all()
    assert found(person, words="SUNGAI") == found(person, words="foto tim") == found(person, words="kantor") == {map_.digest}
    assert found(person, words="alur") == {drawing.digest}
    assert found(person, group="audio") == {sound.digest}
    assert found(person, lack="alternative") == found(person, lack="licence") == {drawing.digest, sound.digest}
    assert found(person, words="100%_") == set()
    page = browser.get("/media?view=list&q=peta").get_data(as_text=True)
    assert "Peta kantor" in page
    assert "alur.svg" not in page


def test_a_file_that_one_may_not_find_does_not_exist(site, make_user, client):
    _browser, person = site
    file = keep(picture(), "peta.png", owner_id=person.id)
    commit()
    stranger = client.as_(make_user("Lain", roles=["instructor"]))
    for address in (f"/media/files/{file.digest}", f"/media/files/{file.digest}/original"):
        assert stranger.get(address).status_code == 404
    assert client.as_(make_user()).get("/media").status_code == 403


def test_an_original_is_given_for_five_minutes_to_one_person(site, make_user, client):
    browser, person = site
    file = keep(picture(), "peta.png", owner_id=person.id)
    commit()
    address = browser.get(f"/media/files/{file.digest}/original").location
    answer = browser.get(address)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.as_(make_user(roles=["instructor"])).get(address).status_code == 404
    assert browser.get(address[:-2] + "xx").status_code == 404
    with at(utcnow() + dt.timedelta(seconds=1)):
        assert browser.get(address).status_code == 200


def test_where_it_is_used_and_another_in_its_place(site, make_module):
    browser, person = site
    module = make_module({"type": "lesson", "key": "a", "title": "Bacaan", "settings": {"source": "Halo."}}, key="modul-peta", owner=person)
    old = keep(picture(), "peta.png", owner_id=person.id)
    show(module, old, person)
    publish(actor_id=person.id, module=module)
    commit()
    (use,) = queries.uses_of(actor(person), old.digest)
    assert (use.activity, use.draft, use.revisions) == ("Bacaan", True, (2,))
    revision = latest_revision(module.id)
    kept = db.session.scalar(sa.select(RevisionActivity.prepared).where(RevisionActivity.revision_id == revision.id))

    new = picture("JPEG", (90, 70))
    plan = browser.post(
        f"/media/files/{old.digest}/replace", data={"file": (io.BytesIO(new), "baru.jpg")}, content_type="multipart/form-data"
    )
    page = plan.get_data(as_text=True)
    assert plan.status_code == 200, page
    assert "Bacaan" in page
    db.session.expire_all()
    assert module.files == {"figures/peta.png": old.address}, "a dry run changes nothing"
    by = re.search(r'name="by" value="(\w+)"', page)[1]
    assert browser.post(f"/media/files/{old.digest}/replace", data={"by": by, "sure": "y"}).status_code == 302
    db.session.expire_all()
    assert module.files == {"figures/peta.png": f"/media/{by}.jpg"}
    html = db.session.scalar(sa.select(Activity.prepared).where(Activity.module_id == module.id))["html"]
    assert by in html
    assert old.digest not in html
    assert db.session.scalar(sa.select(RevisionActivity.prepared).where(RevisionActivity.revision_id == revision.id)) == kept
    assert old.digest in kept["html"]


def test_a_file_is_put_into_a_module_of_ones_own(site, make_module, client, make_user):
    browser, person = site
    module = make_module({"type": "lesson", "key": "a", "settings": {"source": "x"}}, key="modul-tujuan", owner=person)
    first, second = keep(picture(), "Peta Désa.png", owner_id=person.id), keep(picture(size=(9, 9)), "peta d-sa.png", owner_id=person.id)
    commit()
    for file in (first, second, first):
        assert browser.post(f"/media/files/{file.digest}/use", data={"module": module.key}).location == f"/studio/{module.key}/pictures"
    db.session.expire_all()
    assert module.files == {"figures/peta-d-sa.png": first.address, "figures/peta-d-sa-2.png": second.address}
    assert (queries.uses_of(actor(person), first.digest)[0].draft, browser.get(f"/studio/{module.key}/pictures").status_code) == (True, 200)
    other = make_module({"type": "lesson", "key": "a", "settings": {"source": "x"}}, key="modul-lain")
    writer = client.as_(make_user(roles=[("instructor", "module", module.id)]))
    assert writer.post(f"/media/files/{first.digest}/use", data={"module": other.key}).status_code == 404


def test_a_film_does_not_take_the_place_of_a_picture(site):
    browser, person = site
    old = keep(picture(), "peta.png", owner_id=person.id)
    commit()
    for data in (b"RIFF\x24\0\0\0WAVEfmt ", picture(), b"<html>"):
        answer = browser.post(
            f"/media/files/{old.digest}/replace", data={"file": (io.BytesIO(data), "x")}, content_type="multipart/form-data"
        )
        assert answer.status_code == 422
        assert 'class="error"' in answer.get_data(as_text=True)


def test_others_modules_are_counted_not_named(make_user, make_module):
    person, other = make_user("Saya", roles=["instructor"]), make_user("Lain", roles=[("instructor", "module", make_module().id)])
    module = make_module(
        {"type": "lesson", "key": "a", "title": "Rahasia", "settings": {"source": "Halo."}}, key="modul-rahasia", owner=person
    )
    file = keep(picture(), "peta.png", owner_id=person.id)
    show(module, file, person)
    (use,) = queries.uses_of(actor(other), file.digest)
    assert (use.module_key, use.module_title, use.activity) == ("", {}, "")


# -- renditions -------------------------------------------------------------------------------------------------------------------------


def test_a_picture_is_offered_in_widths_and_formats(client, database, make_user):
    file = keep(picture("JPEG", (1000, 750)), "foto.jpg", owner_id=None)
    names = ["400.webp", "800.webp", "1000.webp", "400.avif", "800.avif", "1000.avif", "800.jpg"]
    assert file.wanted == names
    commit()
    learner = client.as_(make_user(roles=["instructor"]))
    early = learner.get(f"/media/{file.digest}-800.webp")
    assert (early.location, early.headers["Cache-Control"]) == (file.address, "no-store"), "until the worker has made it"
    render(file.digest)
    commit()
    assert {row.name for row in db.session.scalars(sa.select(Rendition))} == set(names)
    for name in names:
        answer = learner.get(f"/media/{file.digest}-{name}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(answer.data) == db.session.scalar(sa.select(Rendition.size).where(Rendition.name == name))
    html = render_markdown('![Loket](figures/a.jpg "Loket")', {"figures/a.jpg": file.address})
    assert html.index("image/avif") < html.index("image/webp") < html.index(f'src="/media/{file.digest}-800.jpg"')
    for part in ('width="1000"', 'height="750"', 'loading="lazy"', f"/media/{file.digest}-400.webp 400w", "<figcaption>Loket</figcaption>"):
        assert part in html
    assert learner.get(f"/media/{file.digest}-640.webp").status_code == 302
    assert learner.get(f"/media/{'0' * 64}-800.webp").status_code == 404


@pytest.mark.parametrize(
    ("licence", "source", "caption"),
    [
        (Licence.CC_BY, "Rina Putri, Wikimedia Commons", "Loket · © Rina Putri, Wikimedia Commons, CC BY"),
        (Licence.CC_BY_SA, "Rina Putri", "Loket · © Rina Putri, CC BY-SA"),
        (Licence.PERMISSION, "Arsip Dinas <x>", "Loket · © Arsip Dinas &lt;x&gt;"),
        (Licence.OWN, "Saya", "Loket"),
        (Licence.CC_BY, "", "Loket"),
    ],
)
def test_who_made_a_picture_stands_below_it_where_the_licence_asks_for_that(database, make_user, licence, source, caption):
    person = make_user(roles=["instructor"])
    file = keep(picture(), "foto.png", owner_id=person.id)
    words = db.session.scalars(sa.select(Description)).one()
    words.licence, words.source = licence, source
    commit()
    html = render_markdown('![Antrean](figures/a.png "Loket")', {"figures/a.png": file.address})
    assert f"<figcaption>{caption}</figcaption>" in html
    assert ("<figcaption>" in render_markdown("![Antrean](figures/a.png)", {"figures/a.png": file.address})) == (caption != "Loket")


def test_drawings_and_moving_pictures_stay_as_they_are(database):
    drawing = keep(svg(""), "alur.svg", owner_id=None)
    assert (drawing.wanted, drawing.width, drawing.height) == ([], 9, 9)
    frames = picture("GIF", save_all=True, append_images=[])
    assert keep(frames, "a.gif", owner_id=None).wanted[-1] in {"64.jpg", "64.png"}
    html = render_markdown("![Alur](a.svg)", {"a.svg": drawing.address})
    assert "<picture" not in html
    assert 'width="9"' in html


def test_nothing_from_elsewhere_in_a_text(app, database):
    for source in ("![x](http://evil.example/x.png)", "![x](//evil.example/x.png)", "![x](/media/x.png, //evil.example/y.png)"):
        assert "evil.example" not in render_markdown(source)
