"""Photos: nothing but the picture stays of a file; none without a consent that holds; and what is withdrawn is gone to the last byte."""

import base64
import datetime as dt
import io
import os
import uuid
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from courses.visits import album, consents, photos, tasks
from courses.visits.models import ConsentKind, GivenBy, GonePhoto, GoneWhy, Photo, PhotoShows, Relation
from courses.visits.rules import allows
from lms.db import at, commit, db
from lms.errors import ContentError, NotFound, Refused
from lms.people.access import load_actor
from lms.privacy import erased, erasure
from lms.privacy.models import AuditEntry, Reading

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
MARK = b"kenari-koordinat"


def noise(width, height):
    """Return a picture that does not compress well, as leaves and water do not."""
    return Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))


def camera(width=800, height=600, orientation=1):
    """Return a JPEG as a phone makes it: place, time, names, a thumbnail, XMP, a colour profile, a comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "kenari-koordinat kamera"
    exif[0x9286] = "kenari-koordinat komentar"
    exif.get_ifd(0x8825).update({1: "S", 2: (0.0, 2.0, 3.0), 3: "E", 4: (109.0, 20.0, 0.0), 29: "2026:11:21"})
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta>kenari-koordinat</x:xmpmeta>"
    noise(width, height).save(out, "JPEG", quality=60, exif=exif, icc_profile=profile, comment=MARK, xmp=xmp)
    return out.getvalue()


def test_nothing_of_the_file_stays_but_the_picture():
    data = camera(orientation=6)
    assert MARK in data
    with Image.open(io.BytesIO(data)) as before:
        assert before.getexif().get_ifd(0x8825)
    made = photos.clean(data)
    said = made[: made.index(b"\xff\xda")]  # before the picture itself, whose bytes are as good as random
    for trace in (MARK, b"Exif", b"http://ns.adobe.com", b"xmpmeta", b"ICC_PROFILE", b"GPS"):
        assert trace not in said
    with Image.open(io.BytesIO(made)) as after:
        assert after.format == "JPEG"
        assert after.size == (600, 800)  # upright
        assert not after.getexif()
        assert not set(after.info) & {"exif", "icc_profile", "comment", "xmp", "photoshop"}
    assert made.count(b"\xff\xd8\xff") == 1  # no thumbnail inside


@pytest.mark.parametrize("size", [(4000, 3000), (1600, 1600), (3000, 200), (8, 8)])
def test_large_ones_become_small(size):
    made = photos.clean(camera(*size))
    assert len(made) <= photos.MOST_BYTES
    with Image.open(io.BytesIO(made)) as after:
        assert max(after.size) <= photos.MOST_SIDE
        assert abs(after.width / after.height - size[0] / size[1]) < 0.1 * size[0] / size[1]


def test_texts_of_a_png_and_a_transparent_ground_are_gone():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", MARK.decode())
    info.add_itxt("XML:com.adobe.xmp", MARK.decode())
    out = io.BytesIO()
    Image.new("RGBA", (50, 40), (0, 0, 0, 0)).save(out, "PNG", pnginfo=info)
    made = photos.clean(out.getvalue())
    assert MARK not in made
    with Image.open(io.BytesIO(made)) as after:
        assert min(after.getpixel((20, 20))) > 250


def test_what_hides_behind_a_picture_does_not_come_along():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x.html", "<script>kenari-koordinat</script>")
    film = b"\x00\x00\x00\x18ftypmp42" + MARK * 10
    for behind in (archive.getvalue(), film, b"<?php " + MARK, b"<html>" + MARK):
        made = photos.clean(camera(64, 64) + behind)
        assert MARK not in made
        assert b"PK\x03\x04" not in made


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a/*" + b"\x00" * 60,
        b"%PDF-1.4\n%%EOF\n",
        b"PK\x03\x04" + b"\x00" * 100,
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        camera(64, 64)[:600],
    ],
    ids=["nothing", "three bytes", "svg", "gif", "pdf", "zip", "empty webp", "half a photo"],
)
def test_what_is_no_photo_is_refused(data):
    with pytest.raises(ContentError):
        photos.clean(data)


def png_of(width, height):
    """Return a PNG that says it is so large, in a few bytes."""
    out = io.BytesIO()
    Image.new("1", (1, 1)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = width.to_bytes(4) + height.to_bytes(4)
    data[29:33] = PngImagePlugin._crc32(bytes(data[12:29])).to_bytes(4)
    return bytes(data)


@pytest.mark.parametrize("size", [(60_000, 60_000), (20_000, 20_000), (10_000, 9_000), (5_000, 4_000), (2**31 - 1, 1)])
def test_bombs_are_refused_before_they_are_unpacked(size):
    with pytest.raises(ContentError):
        photos.clean(png_of(*size))


def test_a_file_that_is_too_large_is_not_looked_at():
    with pytest.raises(ContentError):
        photos.clean(b"\xff" * (photos.MOST_UPLOAD + 1))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 255))
def test_broken_files_end_in_a_sentence(garbage, place, value):
    broken = bytearray(BASE)
    broken[place % len(broken)] = value
    for data in (garbage, bytes(broken), bytes(broken[: place % len(broken)]) + garbage):
        try:
            made = photos.clean(data)
        except ContentError:
            continue
        assert len(made) <= photos.MOST_BYTES


BASE = camera(40, 30)

# -- consents ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given_by", "shows", "may"),
    [
        (ConsentKind.NOTES, GivenBy.SELF, PhotoShows.NO_FACE, False),
        (ConsentKind.VOICE, GivenBy.SELF, PhotoShows.NO_FACE, False),
        (ConsentKind.PUBLICATION, GivenBy.SELF, PhotoShows.NO_FACE, False),
        (ConsentKind.PHOTO_WITHOUT_FACE, GivenBy.SELF, PhotoShows.NO_FACE, True),
        (ConsentKind.PHOTO_WITHOUT_FACE, GivenBy.SELF, PhotoShows.ADULT_FACE, False),
        (ConsentKind.PHOTO_WITH_FACE, GivenBy.SELF, PhotoShows.NO_FACE, True),
        (ConsentKind.PHOTO_WITH_FACE, GivenBy.SELF, PhotoShows.ADULT_FACE, True),
        (ConsentKind.PHOTO_WITH_FACE, GivenBy.SELF, PhotoShows.CHILD_FACE, False),
        (ConsentKind.PHOTO_WITH_FACE, GivenBy.GUARDIAN, PhotoShows.CHILD_FACE, True),
        (ConsentKind.PHOTO_WITHOUT_FACE, GivenBy.GUARDIAN, PhotoShows.CHILD_FACE, False),
    ],
)
def test_what_each_consent_allows(kind, given_by, shows, may):
    consent = type("Consent", (), {"kind": kind, "given_by": given_by})()
    assert allows(consent, shows) is may


@pytest.mark.parametrize("number", ["Budi", "IBU SITI", "", "KJ", "x" * 31 + "1", "Jl. Merdeka", "-1"])
def test_a_name_is_no_number(trip, ask, number):
    with pytest.raises(Refused):
        ask(trip(1), number=number)


def test_a_consent_is_written_once_and_media_end_after_90_days(trip, ask):
    here, chosen = trip(1), uuid.uuid4()
    first = ask(here, consent_id=chosen, number=" kj-07 / 2 ")
    assert first.paper_number == "KJ-07/2"
    assert first.expires_on == TODAY + dt.timedelta(days=90)
    assert ask(here, consent_id=chosen, number="KJ-9").id == first.id
    assert ask(here, ConsentKind.NOTES, number="KJ-07/2").expires_on is None
    assert ask(here, number="KJ-8", relation=Relation.PARENT).given_by is GivenBy.GUARDIAN
    with pytest.raises(Refused):
        ask(here, number="KJ-07/2")
    with pytest.raises(Refused):
        ask(here, number="KJ-10", expires_on=TODAY + dt.timedelta(days=91))


def test_no_column_could_hold_a_name():
    """Closed lists, a number without spaces, days: nothing in a consent takes a text."""
    columns = {column.name: column.type for column in sa.inspect(consents.Consent).columns}
    free = {name for name, kind in columns.items() if isinstance(kind, sa.String) and not isinstance(kind, sa.Enum)}
    assert free == {"paper_number", "language"}


# -- kept, opened, deleted ----------------------------------------------------------------------------------------------------------------------


def add(trip, consent, number=0, **values):
    chosen = {"photo_id": uuid.uuid4(), "shows": PhotoShows.NO_FACE, "data": BASE, **values}
    photo = album.add_photo(actor=trip.actors[number], visit_id=trip.visit.id, consent_id=consent.id, **chosen)
    commit()
    return photo


def files(app):
    return sorted(path for path in (Path(app.config["LMS_DATA"]) / "visits").rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def _empty_folder(app):
    yield
    for path in files(app):
        path.unlink()


def test_photos_are_sealed_and_opened_by_two_people(app, client, trip, ask, make_user):
    here = trip(2)
    photo = add(here, ask(here))
    (path,) = files(app)
    assert not path.read_bytes().startswith(b"\xff\xd8\xff")
    url = f"/visits/photos/{photo.id}"
    mine = client.as_(here.people[0]).get(url)
    assert (mine.status_code, mine.mimetype) == (200, "image/jpeg")
    assert mine.headers["Cache-Control"] == "no-store"
    assert db.session.scalars(sa.select(Reading)).all() == []
    theirs = client.as_(here.instructor).get(url)
    assert theirs.get_data() == mine.get_data()
    (reading,) = db.session.scalars(sa.select(Reading)).all()
    assert (reading.reader_id, reading.kind, reading.item_id) == (here.instructor.id, album.KIND, photo.id)
    colleague = make_user("Pengajar lain", roles=[("instructor", "cohort", here.cohort.id)])
    for other in (here.people[1], colleague, make_user(roles=["admin"]), make_user(roles=["organizer"])):
        assert client.as_(other).get(url).status_code == 404
    assert len(db.session.scalars(sa.select(Reading)).all()) == 1


def test_the_same_photo_twice_is_one(app, trip, ask):
    here, chosen = trip(2), uuid.uuid4()
    consent = ask(here)
    assert add(here, consent, photo_id=chosen).id == add(here, consent, photo_id=chosen).id
    assert len(files(app)) == 1
    with pytest.raises(NotFound):
        add(here, consent, number=1, photo_id=chosen)


def test_no_photo_without_a_consent_that_holds(app, trip, ask):
    here = trip(1)
    other = trip(1, again=here)
    cases = [
        ask(here, ConsentKind.NOTES, "N-1"),
        ask(other, number="X-1"),
        ask(here, number="E-1", given_on=TODAY - dt.timedelta(days=100)),
        ask(here, number="F-1", given_on=TODAY + dt.timedelta(days=1)),
    ]
    for consent in cases:
        with pytest.raises(Refused):
            add(here, consent)
    with pytest.raises(Refused):
        add(here, ask(here, number="OK-1"), shows=PhotoShows.CHILD_FACE)
    assert files(app) == []
    for _number in range(album.MOST_PHOTOS):
        add(here, ask(here, number=f"OK-{uuid.uuid4().hex[:5]}1"))
    with pytest.raises(Refused):
        add(here, ask(here, number="OK-2"))


def test_the_page_takes_a_photo_and_refuses_one(app, client, trip, ask):
    here = trip(1)
    browser = client.as_(here.people[0])
    consent = ask(here)

    def send(**values):
        form = {
            "photo_id": str(uuid.uuid4()),
            "consent": str(consent.id),
            "shows": "no_face",
            "photo": (io.BytesIO(BASE), "IMG_2026.jpg"),
            **values,
        }
        return browser.post(f"{here.url}/photos", data=form, content_type="multipart/form-data")

    assert send().status_code == 302
    assert len(files(app)) == 1
    for broken in (
        {"photo": (io.BytesIO(b"x"), "x.jpg")},
        {"consent": str(uuid.uuid4())},
        {"shows": "child_face"},
        {"consent": "x"},
        {"photo": ""},
    ):
        assert send(**broken).status_code == 302
    assert len(files(app)) == 1
    page = browser.get(here.url).get_data(as_text=True)
    photo = db.session.scalars(sa.select(Photo)).one()
    assert f"/visits/photos/{photo.id}" in page
    assert browser.post(f"/visits/photos/{photo.id}/delete").status_code == 302
    assert files(app) == []
    assert db.session.scalars(sa.select(GonePhoto.why)).all() == [GoneWhy.REMOVED]


def bytes_of_everything(app):
    """Return all that is stored, in all files of LMS_DATA, the database and its log among them."""
    db.session.remove()
    return b"\n".join(
        path.read_bytes() for path in Path(app.config["LMS_DATA"]).rglob("*") if path.is_file() and "template" not in path.name
    )


def test_withdrawal_by_number_leaves_no_byte(app, client, trip, ask):
    here = trip(2)
    consent, face = ask(here, number="KJ-7"), ask(here, ConsentKind.PHOTO_WITH_FACE, "KJ-7")
    kept = add(here, ask(here, number="KJ-8"))
    gone = [add(here, consent), add(here, consent, number=1), add(here, face, shows=PhotoShows.ADULT_FACE)]
    ids = [photo.id for photo in gone]
    sealed = [album._path(photo.digest).read_bytes() for photo in gone]
    stays = album._path(kept.digest).read_bytes()
    before = bytes_of_everything(app)
    assert all(data in before for data in sealed)
    leader = client.as_(here.instructor)
    assert leader.post(f"{here.led}/withdraw", data={"paper_number": "kj-7"}).status_code == 302
    after = bytes_of_everything(app)
    assert stays in after
    for data in sealed:
        assert data not in after
        assert not any(data[start : start + 64] in after for start in range(0, len(data) - 64, 64))
    assert set(db.session.scalars(sa.select(GonePhoto.id))) == set(ids)
    assert db.session.scalars(sa.select(Photo.id)).all() == [kept.id]
    actions = db.session.scalars(sa.select(AuditEntry.action)).all()
    assert actions.count("visit:withdraw") == 2
    assert actions.count("visit:photos_deleted") == 1
    with pytest.raises(Refused):  # a phone that was away brings it once more
        add(here, ask(here, number="KJ-9"), photo_id=ids[0])
    with pytest.raises(Refused):
        add(here, db.session.get(type(consent), consent.id))
    assert client.as_(here.people[0]).get(f"/visits/photos/{ids[0]}").status_code == 404
    assert "KJ-7" in client.as_(here.people[1]).get(here.url).get_data(as_text=True)


def test_a_wrong_number_withdraws_nothing(client, trip, ask):
    here = trip(1)
    add(here, ask(here, number="KJ-7"))
    for number in ("KJ-70", "Siti", ""):
        client.as_(here.instructor).post(f"{here.led}/withdraw", data={"paper_number": number})
    assert len(db.session.scalars(sa.select(Photo)).all()) == 1


def test_photos_end_by_themselves(app, trip, ask):
    here = trip(1)
    short = add(here, ask(here, number="KJ-1", expires_on=TODAY + dt.timedelta(days=3)))
    add(here, ask(here, number="KJ-2"))
    assert short.expires_on == TODAY + dt.timedelta(days=3)
    for days, left in ((3, 2), (4, 1), (90, 1), (91, 0)):
        with at(NOON + dt.timedelta(days=days)):
            tasks.tidy_visits()
            commit()
            assert len(files(app)) == len(db.session.scalars(sa.select(Photo)).all()) == left
    assert set(db.session.scalars(sa.select(GonePhoto.why))) == {GoneWhy.EXPIRED}


def test_the_last_day_of_a_photo_ends_at_midnight_where_the_site_is(client, trip, ask):
    here = trip(1)
    photo = add(here, ask(here, expires_on=TODAY))
    browser, midnight = client.as_(here.people[0]), dt.datetime.combine(TODAY + dt.timedelta(days=1), dt.time(), ZoneInfo("Asia/Pontianak"))
    for moment, status, left in ((midnight - dt.timedelta(seconds=1), 200, 1), (midnight, 404, 0)):
        with at(moment):
            assert browser.get(f"/visits/photos/{photo.id}").status_code == status
            tasks.tidy_visits()
            assert len(db.session.scalars(sa.select(Photo.id)).all()) == left
            commit()


def test_a_destroyed_key_takes_photos_along(app, trip, ask):
    here = trip(1)
    add(here, ask(here))
    assert [count for _title, count in erasure.what_is_lost(here.people[0].id)] == [1]
    erasure.destroy_key(actor=None, user_id=here.people[0].id)
    commit()
    assert files(app) == []
    assert album.export(here.actors[0], here.people[0].id) == []
    erased.list_file().unlink()


def test_what_a_rollback_or_a_crash_leaves_is_swept(app, trip, ask):
    here = trip(1)
    consent = ask(here)
    album.add_photo(
        actor=here.actors[0], visit_id=here.visit.id, photo_id=uuid.uuid4(), consent_id=consent.id, shows=PhotoShows.NO_FACE, data=BASE
    )
    db.session.rollback()
    add(here, consent)
    assert len(files(app)) == 2
    for path in files(app):
        os.utime(path, (NOON.timestamp() - 7200, NOON.timestamp() - 7200))
    assert album.sweep(NOON) == 1
    assert len(files(app)) == 1


def test_only_the_author_takes_photos_along(app, client, trip, ask):
    here = trip(2)
    add(here, ask(here))
    text = client.as_(here.people[0]).get("/profile/data.json").get_data(as_text=True)
    own = album.export(load_actor(here.people[0].id, TODAY), here.people[0].id)
    assert base64.b64decode(own[0]["jpeg"]).startswith(b"\xff\xd8\xff")
    assert own[0]["jpeg"] in text
    assert own[0]["jpeg"] not in client.as_(here.people[1]).get("/profile/data.json").get_data(as_text=True)
