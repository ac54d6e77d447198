"""Hostile uploads are refused with a sentence, or made harmless; memory and time stay small."""

import io
import re
import resource
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support import hostile as corpus

from lms import i18n
from lms.api import ContentError
from media.base import library
from media.cleaning.kinds import KINDS, clean_name, kind_of
from media.models import File
from media.services import keep
from media.serving import ALONE, DOCUMENT

pytestmark = pytest.mark.sqlite

MOST_SECONDS = 8  # on a busy machine; alone none takes one
MOST_MEMORY = 400 * 1024  # KB that a hostile file may add to the largest size of this process


@pytest.fixture(autouse=True)
def _english(app):
    with app.app_context():
        i18n.use("en", "Asia/Pontianak")
        yield


@pytest.mark.parametrize("name", corpus.REFUSED)
def test_it_is_refused_with_a_sentence(database, name):
    data, sentence = corpus.REFUSED[name]
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(ContentError, match=sentence) as refusal:
        library.save(data, "foto.jpg", owner_id=None)
    assert len(refusal.value.message) > 15
    assert time.process_time() - started < MOST_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY


@pytest.mark.parametrize("name", corpus.HARMLESS)
def test_it_is_made_harmless(client, make_user, name):
    file = keep(corpus.HARMLESS[name], "../../foto.html", owner_id=None)
    answer = client.as_(make_user(roles=["instructor"])).get(file.address)
    assert answer.status_code == 200
    kept = answer.data
    for word in (b"script", b"alert", b"onload", b"onclick", b"javascript", b"evil.example", b"root:", b"PK\x03\x04", b"foreignObject"):
        assert word not in kept, word
    assert b"Exif" not in kept
    assert b"GPS" not in kept
    assert answer.mimetype == KINDS[file.suffix].mimetype
    assert answer.headers["Content-Security-Policy"] == (DOCUMENT if file.suffix == "pdf" else ALONE)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert keep(kept, "lagi", owner_id=None).digest == file.digest, "what is clean stays as it is"
    if file.width and file.suffix != "svg":
        with Image.open(io.BytesIO(kept)) as picture:
            assert not picture.getexif()
            assert picture.size == (file.width, file.height)


def test_a_script_in_a_gif_never_runs(client, make_user):
    """Its size is part of the script, so it is drawn anew, smaller, and served as nothing but a picture."""
    file = keep(corpus.gif_script(), "a.js", owner_id=None)
    answer = client.as_(make_user(roles=["instructor"])).get(file.address)
    assert (answer.mimetype[:6], answer.headers["X-Content-Type-Options"]) == ("image/", "nosniff")
    assert b"alert" not in answer.data


def test_a_photo_lies_upright_in_the_colours_of_screens(database):
    upright = keep(corpus.picture("JPEG", (80, 40), exif=corpus.exif(t274=6)), "foto.jpg", owner_id=None)
    assert (upright.width, upright.height) == (40, 80)
    plain = corpus.picture("JPEG", (80, 40))
    assert library.load(keep(plain, "foto.jpg", owner_id=None).address)[:4] == plain[:4]


def test_a_photo_with_a_preview_in_it_is_a_photo(database):
    """As cameras and some phones write them: Pillow calls it MPO, and it has two pictures."""
    out, preview = io.BytesIO(), Image.new("RGB", (20, 10))
    Image.open(io.BytesIO(corpus.picture("JPEG", (80, 40)))).save(
        out, "MPO", save_all=True, append_images=[preview], exif=corpus.exif(t274=6)
    )
    assert Image.open(io.BytesIO(out.getvalue())).n_frames == 2
    file = keep(out.getvalue(), "foto.jpg", owner_id=None)
    assert (file.suffix, file.width, file.height) == ("jpg", 40, 80), "upright"


def test_what_acts_is_found_in_every_generation_of_a_pdf(database):
    acting = corpus.pdf("<</S/JavaScript/JS(app.alert(1))>>").replace(b"4 0 obj", b"4 1 obj")
    table = acting.index(b"xref\n")
    lines = acting[table:].split(b"\n")
    lines[6] = lines[6].replace(b" 00000 n", b" 00001 n")
    with pytest.raises(ContentError, match="could act"):
        keep(acting[:table] + b"\n".join(lines), "a.pdf", owner_id=None)


def test_one_byte_is_no_sound(database):
    with pytest.raises(ContentError):
        keep(b"\xff", "a.mp3", owner_id=None)


def test_a_large_photo_is_made_smaller(database):
    file = keep(corpus.picture("JPEG", (5000, 3000)), "foto.jpg", owner_id=None)
    assert (file.width, file.height) == (2560, 1536)


def test_too_large_in_bytes(app, database):
    app.config["LMS_MEDIA_IMAGE_MB"], before = 0, app.config["LMS_MEDIA_IMAGE_MB"]
    try:
        with pytest.raises(ContentError, match="larger than 0 MB"):
            library.save(corpus.picture(), "a.png", owner_id=None)
    finally:
        app.config["LMS_MEDIA_IMAGE_MB"] = before


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("a\0.png", "a.png"),
        ("foto\u202egnp.exe", "fotognp.exe"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie x.png"),
        ("<img src=x onerror=alert(1)>.png", "img src=x onerror=alert(1).png"),
        ("  .. ", "no name"),
        ("", "no name"),
        ("kunjungan Désa ✿.jpg", "kunjungan Désa ✿.jpg"),
        ("x" * 5000 + ".png", "x" * 116 + ".png"),
        ("CON", "CON"),
    ],
)
def test_names_are_only_words(app, name, clean):
    assert clean_name(name) == clean


@given(st.text(max_size=300))
def test_no_name_leads_anywhere(app, name):
    with app.app_context():
        clean = clean_name(name)
    assert 0 < len(clean) <= 120
    assert not re.search(r"[/\\\x00-\x1f\u202a-\u202e\u2066-\u2069]", clean)


def test_names_never_become_paths(app, database):
    file = keep(corpus.picture(), "../../../evil.png", owner_id=None)
    assert (app.config["LMS_DATA"] / "media" / file.digest[:2] / file.digest).is_file()
    for address in ("/media/../keys/secret.key", f"/media/{'0' * 64}.png", "/media/x.png", f"/media/{file.digest}-../../x.png"):
        with pytest.raises(Exception, match=r"no file|nothing"):
            library.load(address)


@given(st.binary(min_size=1, max_size=400), st.sampled_from(sorted(corpus.HARMLESS)), st.integers(0, 400))
@settings(deadline=None, max_examples=40)
def test_damage_anywhere_is_refused_or_harmless(app, noise, name, at):
    """Whatever bytes come: a sentence, or a file that is only what it says."""
    whole = corpus.HARMLESS[name]
    data = whole[:at] + noise + whole[at + len(noise) :]
    with app.app_context():
        try:
            kind = kind_of(data)
        except ContentError:
            return
        if kind.demuxer:
            return
        try:
            file = keep(data, "x", owner_id=None)
        except ContentError:
            return
        assert isinstance(file, File)
        assert keep(library.load(file.address), "y", owner_id=None).digest == file.digest
