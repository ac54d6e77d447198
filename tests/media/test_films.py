"""Sound and film: small copies for thin lines, made within limits; playlists and references lead nowhere."""

import re
import shutil
import subprocess

import pytest
import sqlalchemy as sa
from support import hostile
from support.hostile import box, mp4

from lms.api import ContentError, commit, db, file_store, render_markdown
from lms.jobs.models import Job
from lms.people.access import load_actor
from lms.testing.made import TODAY
from media.cleaning import films
from media.models import Caption, FileState, Rendition
from media.services import caption, keep, key_of
from media.storage import store
from media.tasks import render

pytestmark = [pytest.mark.sqlite, pytest.mark.skipif(films.program() is None, reason="no ffmpeg here")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a film of two seconds and a sound of three, with a place in their metadata."""
    folder = tmp_path_factory.mktemp("films")
    told = ["-metadata", "location=+00.0400+109.3383/", "-metadata", "comment=<script>"]
    film = ["-f", "lavfi", "-i", "testsrc=size=640x480:rate=30:duration=2", "-f", "lavfi", "-i", "sine=duration=2", *told, "film.mp4"]
    sound = ["-f", "lavfi", "-i", "sine=duration=3", *told, "sound.wav"]
    for arguments in (film, sound):
        subprocess.run([films.program(), "-loglevel", "error", *arguments], cwd=folder, check=True)
    return folder


def run(file):
    """Do what the worker does."""
    assert db.session.scalar(sa.select(Job.task).where(Job.key == f"media/{file.digest}")) == "media:render"
    render(file.digest)
    commit()
    return file


def sizes(file):
    return dict(db.session.execute(sa.select(Rendition.name, Rendition.size).where(Rendition.digest == file.digest)).all())


def test_a_film_becomes_small_and_is_fetched_only_when_wanted(database, made):
    file = run(keep((made / "film.mp4").read_bytes(), "film.mp4", owner_id=None))
    assert (file.state, file.width, file.height, round(file.seconds)) == (FileState.READY, 640, 480, 2)
    assert set(sizes(file)) == {"360.mp4", "poster.webp"}
    assert sizes(file)["360.mp4"] < 250_000 / 8 * 4
    assert b"<script>" not in b"".join(store().get(key_of(file.digest, "360.mp4")))
    html = render_markdown("![Loket](figures/film.mp4)", {"figures/film.mp4": file.address})
    for part in ('preload="none"', f'src="/media/{file.digest}-360.mp4"', 'width="640"', f'poster="/media/{file.digest}-poster.webp"'):
        assert part in html
    before = sizes(file)
    render(file.digest)
    assert sizes(file) == before


def test_a_sound_becomes_small_in_two_ways(database, made):
    file = run(keep(made / "sound.wav", "sound.wav", owner_id=None))
    assert set(sizes(file)) == {"48.m4a", "48.webm"}
    assert all(size < 48_000 / 8 * 3 * 1.6 for size in sizes(file).values())
    assert file_store().shown([file.address])[file.address].kind == "audio"


def test_captions_stand_with_the_film(database, made, make_user):
    file = keep(made / "film.mp4", "film.mp4", owner_id=None)
    actor = load_actor(make_user(roles=["instructor"]).id, TODAY)
    caption(actor=actor, file=file, language="id", data=b"WEBVTT\n\n00:01.000 --> 00:02.000\nSelamat datang", name="a.vtt")
    words = db.session.scalar(sa.select(Caption.words_digest))
    track = re.search("<track [^>]*>", render_markdown("![Loket](figures/film.mp4)", {"figures/film.mp4": file.address}))[0]
    assert all(part in track for part in (f'src="/media/{words}.vtt"', 'kind="captions"', 'srclang="id"'))
    with pytest.raises(ContentError, match="WEBVTT"):
        caption(actor=actor, file=file, language="id", data=hostile.picture(), name="a.vtt")


def test_without_ffmpeg_the_original_stays_and_that_is_said(database, client, make_user, made, monkeypatch):
    monkeypatch.setattr(films, "imageio_ffmpeg", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    file = run(keep((made / "film.mp4").read_bytes() + box(b"free", b""), "film.mp4", owner_id=None))
    assert file.state is FileState.KEPT
    learner = client.as_(make_user(roles=["instructor"]))
    assert learner.get(f"/media/{file.digest}-360.mp4").location == file.address
    assert learner.get(file.address, headers={"Range": "bytes=0-9"}).status_code == 206


HOSTILE = {
    "boxes that say they are huge": mp4(box(b"moov", b"\0" * 64, 0x7FFFFFF0)),
    "a box of 2^63 bytes": mp4(b"\0\0\0\1moov" + b"\x7f" + b"\xff" * 7 + b"\0" * 64),
    "a million tracks": mp4(box(b"moov", box(b"trak", b"") * 100_000)),
    "a playlist in a film": mp4() + b"\n#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "a playlist with a mark of sound": b"ID3\4\0\0\0\0\0\0\n#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n",
    "a list of files with a mark of Ogg": b"OggS\nffconcat version 1.0\nfile '/etc/passwd'\n",
    "a film that is cut off": None,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_played_is_kept_from_learners(database, client, make_user, made, name):
    data = HOSTILE[name] or (made / "film.mp4").read_bytes()[:3000]
    file = run(keep(data, "film.mp4", owner_id=None))
    assert file.state is FileState.FAILED
    assert sizes(file) == {}
    learner = client.as_(make_user(roles=["instructor"]))
    assert learner.get(file.address).status_code == 404
    assert learner.get(f"/media/{file.digest}-{file.wanted[0]}").status_code == 404


def test_a_reference_in_a_film_is_not_followed(database, made, tmp_path):
    """A film whose sound or picture lies elsewhere, by a path: ffmpeg opens nothing but what it was given."""
    data = (made / "film.mp4").read_bytes()
    assert b"url \0\0\0\1" in data
    outside = data.replace(b"\0\0\0\x0curl \0\0\0\1", b"\0\0\0\x0curl \0\0\0\0")
    file = run(keep(outside, "film.mp4", owner_id=None))
    assert file.state in {FileState.READY, FileState.FAILED}


def test_it_ends_when_its_time_is_over(database, made, monkeypatch):
    monkeypatch.setattr(films, "LOOK_SECONDS", 0.001)
    file = run(keep((made / "film.mp4").read_bytes(), "film.mp4", owner_id=None))
    assert file.state is FileState.FAILED
