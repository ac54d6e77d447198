"""A week without signal, in a real browser: save a module, lose the line, write, lose the battery, write on, hand in, come back."""

import contextlib
import os
import re
import signal
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect
from support import services

BEGINNER = "peserta18@demo.example"
COURSE = "/learn/1"
JOURNAL = "/learn/1/literasi-ai/jurnal-hampir-percaya"
SENTENCE = "Sore itu saya duduk di dermaga dan membaca lagi jawaban yang hampir saya percaya begitu saja. "
AREA = "#writing textarea >> nth={}"
STATE = "[data-saved-state]"
READERS = "select[name^=audience-] >> nth=0"


class Phone:
    """A browser with a memory of its own; its battery can be taken out."""

    def __init__(self, playwright, home, address):
        self.playwright, self.home, self.address = playwright, home, address
        self.start()

    def start(self):
        self.context = self.playwright.chromium.launch_persistent_context(
            self.home,
            executable_path=services.chromium(),
            args=services.FLAGS,
            viewport={"width": 360, "height": 780},
            is_mobile=True,
            locale="id-ID",
            base_url=self.address,
        )
        self.context.set_default_timeout(30000)
        self.page = self.context.pages[0]

    def kill(self):
        """End every process of this browser, at once."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if f"--user-data-dir={self.home}".encode() in command:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process.name), signal.SIGKILL)
        with contextlib.suppress(Error):
            self.context.close()
        (Path(self.home) / "SingletonLock").unlink(missing_ok=True)


@pytest.fixture
def phone(playwright, own_server):
    home = tempfile.mkdtemp(prefix="phone-", dir=own_server.data.parent)
    phone = Phone(playwright, home, own_server.address)
    yield phone
    phone.context.close()


def sign_in(page):
    page.fill("#email", BEGINNER)
    page.fill("#password", "peduli-demo")
    page.click("form[action='/sign-in'] button")


def test_every_word_of_a_week_without_signal_arrives_with_a_receipt(phone, own_server, own_visitor):
    page = phone.page
    page.goto("/sign-in")
    sign_in(page)
    page.goto(JOURNAL)
    with page.expect_response(lambda answer: answer.url.endswith("/api/v1/sync") and answer.request.method == "POST"):
        page.select_option(READERS, "self")
    page.goto(COURSE)
    pack = page.locator("#luring li", has_text=re.compile("AI"))
    pack.locator("[data-act]").click()
    expect(pack.locator("[data-state]")).to_contain_text("Tersimpan", timeout=60_000)

    own_server.end(signal.SIGKILL)
    page.goto(JOURNAL)
    assert page.locator(".badge", has_text="luring").count() or page.locator("[data-online]").count(), "the page of the pack"
    expect(page.locator(READERS)).to_have_value("self")
    page.click("[data-hand-in]")
    expect(page.locator(STATE)).to_have_attribute("data-state", "failed")  # nothing is written yet
    page.fill(AREA.format(0), SENTENCE * 6)
    expect(page.locator(STATE)).to_have_attribute("data-state", "waiting")
    page.wait_for_timeout(1500)
    phone.kill()

    phone.start()
    page = phone.page
    page.goto(JOURNAL)
    expect(page.locator(AREA.format(0))).to_have_value(SENTENCE * 6)
    page.fill(AREA.format(1), f"{SENTENCE * 6}Ditulis setelah baterai habis.")
    page.wait_for_timeout(1500)
    page.click("[data-hand-in]")
    expect(page.locator(STATE)).to_contain_text("Diserahkan")
    page.goto("/offline")
    expect(page.locator("[data-outbox] li")).to_have_count(2)
    phone.kill()

    phone.start()
    own_server.start()
    page = phone.page
    page.goto(JOURNAL)
    if "/sign-in" in page.url:  # a browser that was killed may have forgotten its session
        sign_in(page)
    expect(page.locator("article")).to_contain_text("versi 1", timeout=60_000)
    receipt = re.search(r"[A-Z0-9]{2}-[A-Z0-9]{6}", page.inner_text("article"))
    assert receipt
    assert [each.input_value() for each in page.locator("select[name=audience]").all()] == ["self", "assessor"]
    page.goto("/offline")
    expect(page.locator("[data-outbox]")).to_be_hidden()
    elsewhere = own_visitor.sign_in(BEGINNER, width=1280)
    elsewhere.goto(JOURNAL)
    said = " ".join(elsewhere.inner_text("article").split())
    assert said.count(SENTENCE.strip()) == 12
    assert "Ditulis setelah baterai habis." in said
    assert receipt[0] in said


def test_the_browser_sends_what_waits_when_no_page_is_open(own_server, own_visitor):
    """Background Sync: where a browser has it, the service worker alone sends what was written without a signal."""
    page = own_visitor.sign_in(BEGINNER)
    line = page.context.new_cdp_session(page)
    registered = []
    line.on("ServiceWorker.workerRegistrationUpdated", lambda told: registered.extend(told["registrations"]))
    line.send("ServiceWorker.enable")
    page.goto(JOURNAL)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    own_server.end(signal.SIGKILL)
    page.fill("#writing textarea >> nth=0", "Ditulis tanpa sinyal, lalu halaman ditutup.")
    expect(page.locator("[data-saved-state]")).to_have_text(page.get_attribute("#writing", "data-offline"))
    page.wait_for_function("navigator.serviceWorker.ready.then((worker) => worker.sync.getTags()).then((tags) => tags.includes('outbox'))")
    page.goto("about:blank")
    own_server.start()
    worker = next(each["registrationId"] for each in registered if each["scopeURL"].startswith(own_server.address))
    elsewhere = own_visitor.sign_in(BEGINNER, width=1280)
    for _try in range(20):
        line.send(
            "ServiceWorker.dispatchSyncEvent",
            {"origin": own_server.address, "registrationId": worker, "tag": "outbox", "lastChance": False},
        )
        elsewhere.goto(JOURNAL)
        if elsewhere.locator("#writing textarea").first.input_value():
            break
        elsewhere.wait_for_timeout(500)
    assert elsewhere.locator("#writing textarea").first.input_value() == "Ditulis tanpa sinyal, lalu halaman ditutup."
