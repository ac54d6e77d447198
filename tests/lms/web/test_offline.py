"""What makes the site installable: manifest, icons, service worker, the page that opens without a connection."""

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from PIL import Image

from lms.web import offline

pytestmark = pytest.mark.sqlite

STATIC = Path(offline.__file__).parent / "static"


def test_the_manifest_names_icons_that_are_there(client):
    answer = client.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = answer.get_json()
    assert (manifest["id"], manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/learn", "/", "standalone")
    assert manifest["lang"] == "id"
    assert manifest["short_name"] == "Peduli"
    assert [shortcut["url"] for shortcut in manifest["shortcuts"]] == ["/learn", "/journals", "/support"]
    for icon in manifest["icons"]:
        with client.get(icon["src"]) as file:
            assert file.status_code == 200
            assert file.mimetype == icon["type"]
    assert {icon.get("purpose") for icon in manifest["icons"]} >= {"any", "maskable"}


@pytest.mark.parametrize(("name", "size"), [("icon-192", 192), ("icon-512", 512), ("icon-512-maskable", 512)])
def test_icons_are_small_and_as_large_as_they_say(name, size):
    path = STATIC / f"{name}.png"
    with Image.open(path) as image:
        assert image.size == (size, size)
    assert path.stat().st_size < 10_000


def test_a_mask_may_cut_the_edge_of_the_maskable_icon():
    """Only the middle 80 per cent are sure to be seen."""
    with Image.open(STATIC / "icon-512-maskable.png") as image:
        assert "transparency" not in image.info
        pixels = image.convert("RGB")
    edge = pixels.getpixel((0, 0))
    middle = range(int(512 * 0.1), int(512 * 0.9))
    outside = [(x, y) for x in range(0, 512, 4) for y in range(0, 512, 4) if (x - 256) ** 2 + (y - 256) ** 2 > (512 * 0.4) ** 2]
    assert all(pixels.getpixel(place) == edge for place in outside)
    assert any(pixels.getpixel((x, 256)) != edge for x in middle)


def test_the_worker_is_asked_for_anew_and_names_this_version(app, client):
    answer = client.get("/sw.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    text = answer.get_data(as_text=True)
    assert app.config["STATIC_VERSION"] in text
    own, outbox = text.split("const outbox =")
    assert 'request.method !== "GET"' in own
    assert "POST" not in own
    assert own.count("answer.clone()") == 2
    assert not re.search(r"then\([^)]*\) => [^;]*clone\(\)", own), "what is copied later has been read by then"
    assert len(own) < 4500
    assert "async function sync()" in outbox
    for page in app.extensions["lms"].offline_pages:
        assert f'"{page.path}"' in own


def kept_pages(app):
    """Return the addresses of the pages that the worker keeps of itself."""
    return ["/offline", *(page.path for page in app.extensions["lms"].offline_pages)]


def test_the_pages_of_the_device_are_the_same_for_everybody(app, client, make_user):
    assert "/visits/offline" in kept_pages(app)
    people = [client, *(client.as_(make_user(name, language="id")) for name in ("Ani", "Budi"))]
    for path in kept_pages(app):
        answers = [browser.get(path, headers={"Accept-Language": "id"}) for browser in people]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.data for answer in answers}) == 1
        assert b"csrf_token" not in answers[0].data
    assert b"data-outbox" in client.get("/offline").data
    assert b'href="/visits/offline"' in client.get("/offline").data


def test_they_open_with_what_the_worker_keeps(app, client):
    """The worker keeps what the pages link; what scripts import must be linked too."""
    for path in kept_pages(app):
        html = client.get(path).get_data(as_text=True)
        linked = set(re.findall(r'(?:href|src)="(/static/[^"#]+)"', html))
        for script in [path for path in linked if path.endswith(".js")]:
            with client.get(script) as file:
                for name in re.findall(r'from "([^"]+)"', file.get_data(as_text=True)):
                    assert urljoin(script, name) in linked, name
        assert any(path.endswith("app.css") for path in linked)
