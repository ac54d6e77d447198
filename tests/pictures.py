"""`make pictures`: take the pictures of README and docs/ from the demonstration, with a real server and a real Chromium."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

import click
from browser.conftest import Visitor, running
from playwright.sync_api import Browser, Page, sync_playwright
from support import demonstration, services

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
LARGEST = 120_000
PHONE, DESK, HEIGHT = 360, 1280, 780  # as the browser tests have them

# file: who looks, at which page, how wide
PICTURES = {
    "learner-home": ("learner", "/learn", PHONE),
    "lesson": ("learner", "/learn/1/empati/lima-gerak-mendengar", DESK),
    "quiz": ("learner", "/learn/1/empati/kuis-akhir", PHONE),
    "studio": ("instructor", "/studio/empati", DESK),
    "team": ("supervisor", "/team/people?scope=cohort-1", DESK),
}


def take(page: Page, width: int) -> bytes:
    """Return what is in the window as WebP, which Playwright's own `screenshot` does not write; a phone's with two dots a pixel."""
    window = {"x": 0, "y": 0, "width": width, "height": HEIGHT, "scale": 2 if width == PHONE else 1}
    tab = page.context.new_cdp_session(page)
    shot = tab.send("Page.captureScreenshot", {"format": "webp", "quality": 80, "clip": window})
    return base64.b64decode(shot["data"])


def begin_quiz(page: Page) -> None:
    """Go to the first question: the page before it shows little."""
    page.click("form[action^='/quizzes/start'] button")
    page.wait_for_url("**/quizzes/**")


def take_all(browser: Browser, address: str) -> list[str]:
    """Write every picture; return what is wrong."""
    visitor = Visitor(browser, address)
    wrong = []
    for name, (person, path, width) in PICTURES.items():
        page = visitor.sign_in(person, width=width)
        response = page.goto(path)
        if response is None or response.status != 200:
            wrong.append(f"{path} cannot be seen by {person}")
            continue
        if name == "quiz":
            begin_quiz(page)
        picture = take(page, width)
        (FOLDER / f"{name}.webp").write_bytes(picture)
        click.echo(f"docs/pictures/{name}.webp {len(picture):,} bytes")
        if len(picture) > LARGEST:
            wrong.append(f"{name}.webp is larger than {LARGEST:,} bytes")
    visitor.close()
    return [*wrong, *visitor.complaints]


def main() -> int:
    """Write every picture; return 1 when one is too large or a page complained."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="peduli-pictures-") as home, sync_playwright() as playwright:
        data = Path(home) / "data"
        demonstration.make(data)
        with running(data) as server:
            browser = playwright.chromium.launch(executable_path=services.chromium(), args=services.FLAGS)
            wrong = take_all(browser, server.address)
            browser.close()
    for line in wrong:
        click.echo(line, err=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
