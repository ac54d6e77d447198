"""A real server with the demonstration, and a real Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from support import services
from support.demonstration import ROOT, copy_to

PASSWORD = "peduli-demo"


def pytest_collection_modifyitems(items):
    """Mark what needs Chromium; the database below does not matter to it."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.sqlite)
            item.add_marker(pytest.mark.timeout(600))  # the first one waits for the demonstration


class Server:
    """`lms run` on a folder of data: the web server and its worker, in a process group of their own."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, services.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.said = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, and wait for the first answer; fail with what it said when it has ended instead."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
        with self.said.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lms", "run"],
                cwd=ROOT,
                env={**environment, "LMS_DATA": str(self.data), "LMS_PORT": str(self.port)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            assert self.process.poll() is None, self.said.read_text()
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/healthz", timeout=30).read()
                return
            time.sleep(0.1)
        raise TimeoutError(self.said.read_text())

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the whole group; with SIGKILL as the power does."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextlib.contextmanager
def running(data: Path) -> Iterator[Server]:
    """Run a server."""
    server = Server(data)
    try:
        server.start()
        yield server
    finally:
        server.end()


@pytest.fixture(scope="session")
def demonstration() -> Iterator[Path]:
    """Return a folder with the demonstration."""
    home = Path(tempfile.mkdtemp(prefix="peduli-browser-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    copy_to(home / "data")
    yield home / "data"
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def site(demonstration: Path) -> Iterator[str]:
    """Return the address of a server whose data the tests of a run share."""
    shared = demonstration.with_name("shared")
    shutil.copytree(demonstration, shared)
    with running(shared) as server:
        yield server.address


@pytest.fixture
def own_server(demonstration: Path) -> Iterator[Server]:
    """Return a server with data of its own, for tests that change much."""
    own = Path(tempfile.mkdtemp(prefix="own-", dir=demonstration.parent)) / "data"
    shutil.copytree(demonstration, own)
    with running(own) as server:
        yield server


@pytest.fixture
def own_site(own_server: Server) -> str:
    """Return the address of a server with data of its own."""
    return own_server.address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Return what starts browsers."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Return the browser."""
    browser = playwright.chromium.launch(executable_path=services.chromium(), args=services.FLAGS)
    yield browser
    browser.close()


def clicks(page: Page) -> Callable[..., None]:
    """Return `page.click` that also waits until the page it led to is all there: a busy machine sends the rest late."""
    click = page.click

    def click_and_wait(*arguments: object, **options: object) -> None:
        click(*arguments, **options)
        page.wait_for_load_state()

    return click_and_wait


class Visitor:
    """Makes browser contexts and signs in; remembers complaints of pages."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.browser, self.site = browser, site
        self.contexts: list[BrowserContext] = []
        self.states: dict[str, dict] = {}
        self.complaints: list[str] = []

    def context(
        self,
        *,
        width: int = 360,
        dark: bool = False,
        script: bool = True,
        worker: bool = True,
        language: str = "id-ID",
        state: dict | None = None,
    ) -> BrowserContext:
        """Return a fresh context, a phone below 700 pixels; `worker`: with the service worker."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 780},
            is_mobile=width < 700,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=script,
            service_workers="allow" if worker else "block",
            locale=language,
            base_url=self.site,
            storage_state=state,
        )
        context.set_default_timeout(15000)
        self.contexts.append(context)
        return context

    def page(self, context: BrowserContext) -> Page:
        """Return a page that notes console errors and crashes of scripts."""
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self.complaints.append(f"{page.url}: {message.text}") if message.type == "error" else None)
        page.click = clicks(page)
        return page

    def sign_in(self, name: str, **options: object) -> Page:
        """Return a page on which the person is signed in."""
        return self.page(self.context(state=self.state_of(name), **options))

    def state_of(self, name: str) -> dict:
        """Sign a person in, once; return the cookies."""
        account = name if "@" in name else f"{name}@demo.example"
        if account not in self.states:
            context = self.context()
            page = self.page(context)
            page.goto("/sign-in")
            page.fill("#email", account)
            page.fill("#password", PASSWORD)
            page.click("form[action='/sign-in'] button")
            page.wait_for_url(lambda url: "/sign-in" not in url)
            self.states[account] = context.storage_state()
            context.close()
        return self.states[account]

    def close(self) -> None:
        """Close every context."""
        for context in self.contexts:
            with contextlib.suppress(Exception):
                context.close()


@pytest.fixture
def visitor(chromium: Browser, site: str) -> Iterator[Visitor]:
    """Return somebody with a browser at the shared server."""
    visitor = Visitor(chromium, site)
    yield visitor
    visitor.close()
    assert not visitor.complaints


@pytest.fixture
def own_visitor(chromium: Browser, own_site: str) -> Iterator[Visitor]:
    """Return somebody with a browser at a server of their own."""
    visitor = Visitor(chromium, own_site)
    yield visitor
    visitor.close()
