"""`python tests/bench/preview.py [--write]`: how long an author waits for the first preview, in Chromium, from the click to the page in its frame.

Takes the demonstration and a server of its own, as an operator starts it. "In the editor" is the time from a reload to the drawn live preview;
"saved" is from the click on "Previews" to the loaded frame. Medians of ten turns, on a line without delay and on one of 50 kbit/s with 800 ms there and back.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).parent.parent.parent / "docs" / "performance.md"
MARK = "<!-- measured: previews -->"
TURNS = {"no delay": 10, "50 kbit/s, 800 ms": 5}
SLOW = {"offline": False, "latency": 800, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}
LESSON = "/studio/policy-brief/contoh-utuh"
ASSIGNMENT = "/studio/literasi-ai/catatan-kerja-ai"


@contextmanager
def server(home: Path) -> Iterator[str]:
    """Run Peduli with the demonstration; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    around = {**os.environ, "LMS_DATA": str(home), "LMS_PORT": str(port)}
    subprocess.run([sys.executable, "-m", "lms", "demo"], env=around, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen([sys.executable, "-m", "lms", "run"], env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _second in range(60):
            try:
                urllib.request.urlopen(f"{address}/healthz")
                break
            except OSError:
                time.sleep(1)
        yield address
    finally:
        process.terminate()
        process.wait()


def timed(act: Callable[[], Any]) -> float:
    """Return how many milliseconds something takes."""
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def live(page: Page, url: str) -> float:
    """Return the time from asking for an editor to its drawn live preview."""

    def act() -> None:
        page.goto(url)
        page.frame_locator(".studio-preview iframe").locator("h1").wait_for(state="attached")

    return timed(act)


def saved(page: Page, url: str) -> float:
    """Return the time from the click on "Previews" to the page in its frame."""
    page.goto(url)
    page.wait_for_load_state("networkidle")

    def act() -> None:
        page.click(f"a[href='{url.removeprefix(page.url.split('/studio')[0])}/preview']")
        page.frame_locator(".look iframe").locator("h1").wait_for()

    return timed(act)


def measure(address: str, chromium: str) -> dict[str, dict[str, float]]:
    """Return {line: {what: milliseconds}}."""
    found: dict[str, dict[str, float]] = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(f"{address}/sign-in")
        page.fill("[name=email]", "instructor@demo.example")
        page.fill("[name=password]", "peduli-demo")
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        for line, turns in TURNS.items():
            if line != "no delay":
                page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
            found[line] = {}
            for title, act, path in (
                ("live preview of the longest lesson", live, LESSON),
                ("live preview of the longest assignment", live, ASSIGNMENT),
                ("saved preview of the longest lesson", saved, LESSON),
            ):
                act(page, f"{address}{path}")  # fills the browser's cache, as every visit but the first finds it
                found[line][title] = statistics.median(act(page, f"{address}{path}") for _turn in range(turns))
        browser.close()
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    """Return the table for docs/performance.md."""
    head = f"Python {platform.python_version()}, Chromium, {os.cpu_count()} cores for everything, {time.strftime('%Y-%m-%d')}."
    lines = [head, "", f"| from the click to the page, ms | {' | '.join(found)} |", f"| --- |{' ---: |' * len(found)}"]
    titles = next(iter(found.values()))
    return "\n".join([*lines, *(f"| {title} | {' | '.join(f'{row[title]:,.0f}' for row in found.values())} |" for title in titles)])


def main() -> int:
    """Measure and print; with --write put the table into docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("needs Chromium: install the package chromium")
        return 2
    with tempfile.TemporaryDirectory(prefix="peduli-preview-") as home, server(Path(home)) as address:
        text = table(measure(address, chromium))
    print(text)
    if options.write:
        before, _old, after = DOCS.read_text().split(MARK)
        DOCS.write_text(f"{before}{MARK}\n{text}\n{MARK}{after}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
