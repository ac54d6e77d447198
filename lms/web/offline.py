"""What makes the site installable and opens it without a connection: web app manifest, service worker, the page "On this device"."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from flask import Blueprint, Response, current_app, json, render_template

from lms import i18n
from lms.people.permissions import public
from lms.registry import registry

room = Blueprint("offline", __name__)

DAY = 86400
ICONS = ((192, "any"), (512, "any"), (512, "maskable"))


@room.get("/sw.js")
@public
def worker() -> Response:
    """Send the service worker of this version; browsers ask for it anew each time, and take it when a byte differs."""
    answer = Response(
        render_template("web/sw.js", outbox=_outbox(), pages=["/offline", *(page.path for page in registry().offline_pages)]),
        mimetype="text/javascript",
    )
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@functools.cache
def _outbox() -> str:
    """Return the script of the outbox as no module: not every browser's service worker knows them."""
    text = (Path(__file__).parent / "static" / "outbox.js").read_text()
    return re.sub(r"^export ", "", text, flags=re.MULTILINE)


@room.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """Say how the site looks when it is installed; browsers ask without cookies, so it is in the language of the site."""
    site = current_app.config["LMS_DEFAULT_LANGUAGE"]
    answer = Response(i18n.in_language(site, lambda: json.dumps(_manifest(site), ensure_ascii=False)), mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = f"public, max-age={DAY}"
    return answer


def _manifest(lang: str) -> dict[str, object]:
    files = f"/static/{current_app.config['STATIC_VERSION']}/lms"
    shortcuts = ((i18n.gettext("Continue"), "/learn"), (i18n.gettext("Journals"), "/journals"), (i18n.gettext("Help"), "/support"))
    pictures = [{"src": f"{files}/icon.svg", "sizes": "any", "type": "image/svg+xml"}]
    for size, purpose in ICONS:
        name = f"icon-{size}{'-maskable' if purpose == 'maskable' else ''}.png"
        pictures.append({"src": f"{files}/{name}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose})
    return {
        "id": "/",
        "name": i18n.gettext("Peduli, learning for civil servants"),
        "short_name": "Peduli",
        "lang": lang,
        "start_url": "/learn",
        "scope": "/",
        "display": "standalone",
        "theme_color": "#0b6b4f",
        "background_color": "#f3f6f4",
        "icons": pictures,
        "shortcuts": [{"name": name, "url": url} for name, url in shortcuts],
    }


@room.get("/offline")
@public
def device() -> Response:
    """Show what is saved on this device. The page is the same for everybody, so a service worker may keep it."""
    answer = Response(render_template("web/offline.html", pages=registry().offline_pages), mimetype="text/html")
    answer.headers["Cache-Control"] = "no-cache"
    return answer
