"""Every page of the product, as each of the five people and as nobody: axe, width, targets, focus, pictures, console, other hosts.

Pages are found by walking links. One is looked at when it shows something that no page of its address pattern showed before.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import BrowserContext, Page
from support import crawl
from werkzeug.exceptions import HTTPException

CHECKS = (Path(__file__).parent / "checks.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
AXE = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"], "preload": False, "iframes": False}
COLOURS = {**AXE, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
PEOPLE = ("learner", "instructor", "supervisor", "organizer", "admin")
MOST_PAGES = 15  # of one address pattern are asked for
MOST_LOOKED_AT = 2
THINGS = re.compile(r'class="([^"]+)"|<(?:input|button|textarea|select)[^>]* name="([^"]*)"')
FILES = re.compile(r"\.(csv|xlsx|zip|json|ics|svg|png|webp|pdf|html)$|^/static/|^/media/|^/healthz|^/sign-out")


def test_the_checks_can_fail(chromium):
    page = chromium.new_page(viewport={"width": 320, "height": 500})
    page.set_content(
        "<style>a:focus { outline: none } .nav { position: fixed; inset: auto 0 0; height: 60px }</style><div class=bar><div class=nav></div></div>"
        "<p style='width: 500px'>.</p><nav><a href='#' style='position: fixed; bottom: 0'>x</a></nav><input><img src='data:image/png;base64,AAAA'>"
    )
    page.evaluate(f"window.checks = {CHECKS}")
    for check, count in (("wide(320)", 1), ("pictures()", 1), ("targets()", 2), ("focus()", 1)):
        assert len(page.evaluate(f"checks.{check}")) == count, check
    assert {"html-has-lang", "image-alt", "label"} <= {fault["id"] for fault in axe(page)}
    page.close()


def test_pages_of_nobody_and_pages_that_are_not_there(visitor, app, seen):
    starts = ["/sign-in", "/modules", "/-/design", "/nowhere", "/admin", "/studio/new"]
    look_at_all(visitor, visitor.context(state=None).storage_state(), find(visitor.context(), starts, app, seen))
    for person, address in (("learner", "/admin"), ("supervisor", "/learn/999"), ("learner", "/nowhere")):
        look_at_all(visitor, visitor.state_of(person), [address])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("person", PEOPLE)
def test_pages_of(person, visitor, app, seen):
    state = visitor.state_of(person)
    context = visitor.context(state=state)
    starts = ["/", *PREPARE.get(person, lambda _: [])(context.new_page())]
    found = find(context, starts, app, seen)
    print(f"{person}: {len(found)} pages")
    look_at_all(visitor, state, found)


@pytest.mark.parametrize(
    ("person", "address"), [("", "/sign-in"), ("instructor", "/studio/new"), ("organizer", "/cohorts/new"), ("admin", "/admin/people/new")]
)
def test_forms_that_come_back_with_a_question(person, address, visitor):
    page = visitor.context(state=visitor.state_of(person) if person else None).new_page()
    page.goto(address)
    page.evaluate("const form = document.querySelector('main form[method=post]'); form.noValidate = true; form.requestSubmit()")
    page.wait_for_selector(".error, .notice")
    assert look(page, 360) == []


def test_a_file_of_people_before_it_is_taken_in(visitor, tmp_path):
    file = tmp_path / "DATA PESERTA FIX(3).csv"
    file.write_text("Nama;NIP;Email;Unit\nSiti Aminah;198003292010012001;siti@example.org;Dinas Kesehatan\nTanpa Alamat;12;;Dinas Entah\n")
    page = visitor.sign_in("organizer")
    page.goto("/cohorts/1/import")
    page.set_input_files("input[type=file]", file)
    page.locator("main form:has(input[type=file]) button").last.click()
    page.wait_for_url(re.compile(r"/import/\w{32}"))
    assert look(page, 360) == []


def running_quiz(page: Page) -> list[str]:
    """Begin a quiz, flag a question and answer it; open the record of a visit."""
    page.goto("/learn/1/empati/kuis-akhir")
    page.click("form[action^='/quizzes/start'] button")
    page.locator(".choice input").first.check()
    page.check("[name$=-flag]")
    page.click("button[name=go]:not(.second)")
    attempt = urlsplit(page.url).path
    page.goto("/learn/1/empati/kunjungan")
    return [attempt, f"{attempt}?q=1", f"{attempt}/review"]


PREPARE = {"learner": running_quiz}


@pytest.fixture(scope="module")
def seen() -> set[tuple[str, str]]:
    """Return what has been looked at: address patterns with the classes that their pages showed."""
    return set()


def find(context: BrowserContext, starts: Iterable[str], app: Flask, seen: set[tuple[str, str]]) -> list[str]:
    """Walk the links from the starts; return the addresses of pages that show something new, a few of each address pattern."""
    rules = app.url_map.bind("localhost")
    waiting, known, asked, found = deque(starts), set[str](), Counter[str](), []
    chosen = Counter[str]()
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        try:
            endpoint = rules.match(path)[0]
        except HTTPException:
            endpoint = "nothing"
        if address in known or FILES.search(path) or asked[endpoint] >= MOST_PAGES:
            continue
        known.add(address)
        asked[endpoint] += 1
        answer = context.request.get(address)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        html = answer.text()
        things = {(endpoint, thing) for thing in THINGS.findall(re.sub(r"\d+", "", html.partition("<main")[2]))}
        if things - seen and chosen[endpoint] < MOST_LOOKED_AT:
            seen |= things
            chosen[endpoint] += 1
            found.append(address)
        waiting.extend(_links(address, html))
    return found


def _links(address: str, html: str) -> Iterator[str]:
    for link in crawl.Page(html).links:
        parts = urlsplit(urljoin(f"http://localhost{address}", link))
        if parts.hostname == "localhost":
            yield f"{parts.path}?{parts.query}" if parts.query else parts.path


def look_at_all(visitor, state: dict, addresses: list[str]) -> None:
    """Look at pages on a phone in the dark and on a desk by day, in Indonesian and in English; fail with everything that was found."""
    complaints = Counter[str]()
    for width, dark, language in ((360, True, "id"), (1280, False, "en")):
        page = visitor.context(width=width, dark=dark, state=state).new_page()
        speak(page, language)
        heard = []
        page.on("pageerror", lambda error, heard=heard: heard.append(f"script: {error}"))
        page.on("console", lambda message, heard=heard: heard.append(f"console: {message.text}") if message.type == "error" else None)
        page.on(
            "request", lambda request, heard=heard: heard.append(f"request: {request.url}") if _foreign(request.url, visitor.site) else None
        )
        # What a wide page may add is the same for every page of an address pattern: the first of each is enough there.
        for address in addresses if width < 700 else first_of_each(addresses):
            heard.clear()
            answer = page.goto(address)
            faults = [*look(page, width), *(line for line in heard if f"{answer.status}" not in line or answer.ok)]
            complaints.update(f"{fault}\n    {width} px {address}" for fault in faults)
        speak(page, "id")
    assert not complaints, "\n".join(complaints)


def first_of_each(addresses: list[str]) -> list[str]:
    """Return the first address of each pattern, numbers and queries aside."""
    return list({re.sub(r"\d+|\?.*", "", address): address for address in reversed(addresses)}.values())


def speak(page: Page, language: str) -> None:
    """Choose the language, with the button that every page has at its foot."""
    page.goto("/profile")
    button = page.locator(f"form[action='/language'] [value={language}]")
    if button.count():
        button.click()


def _foreign(url: str, site: str) -> bool:
    return not url.startswith((site, "data:", "blob:", "about:"))


def look(page: Page, width: int) -> list[str]:
    """Return what is wrong with a page at a width; a phone is looked at once more at 320 pixels."""
    page.evaluate(f"window.checks = {CHECKS}")
    # What axe reads from the document is the same at both widths; colours are not.
    found = axe(page) if width < 700 else axe(page, COLOURS)
    faults = [f"axe {fault['id']}: {node['html'][:160]} {_why(node)}" for fault in found for node in fault["nodes"]]
    faults += page.evaluate("checks.pictures()")
    faults += page.evaluate("width => checks.wide(width)", width)
    if width < 700:
        faults += page.evaluate("checks.targets()")
    page.keyboard.press("Tab")
    faults += page.evaluate("checks.focus()")
    if width < 700:
        page.set_viewport_size({"width": 320, "height": 780})
        faults += page.evaluate("checks.wide(320)")
        page.set_viewport_size({"width": width, "height": 780})
    return faults


def _why(node: dict) -> str:
    return "; ".join(check["message"] for check in node["any"] + node["all"] + node["none"])[:200]


def axe(page: Page, options: dict = AXE) -> list[dict]:
    """Return what axe finds against WCAG 2.0 to 2.2, A and AA."""
    page.evaluate(AXE_SCRIPT)
    return page.evaluate("options => axe.run(options).then(found => found.violations)", options)
