"""Modules on the device: saved, read when the server is gone, updated, thrown away by the browser, and no room for them."""

from __future__ import annotations

import json
import os
import re
import signal
import time

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

MODULE = "/learn/1/empati"
KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    found[name] = {};
    for (const one of await cache.keys()) found[name][new URL(one.url).pathname] = await (await cache.match(one)).text();
  }
  return found;
}"""


def words(page: Page) -> dict[str, str]:
    """Return the sentences of the card."""
    return json.loads(page.get_attribute("[data-packs]", "data-words"))


def row(page: Page, title: str = "Empati"):
    return page.locator("[data-list] > li").filter(has_text=title)


def open_course(page: Page):
    """Open the page of the course and return the row of a module in its card."""
    page.goto("/learn/1")
    row(page).wait_for()
    return row(page)


def save(page: Page) -> None:
    """Save a module on the device."""
    open_course(page).locator("[data-act]").click()
    row(page).locator("a").wait_for()


def axe(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "axe.run({runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}}).then((all) => all.violations)"
    )
    return [f"{fault['id']}: {node['html'][:120]}" for fault in found for node in fault["nodes"]]


def without_a_signal(own_server, page: Page) -> None:
    own_server.end(signal.SIGKILL)
    page.context.set_offline(True)


def test_a_module_is_read_without_a_signal(own_server, own_visitor):
    page = own_visitor.sign_in("learner")
    label = open_course(page).locator("[data-act]").inner_text()
    assert re.search(r"\d+ KB", label)
    save(page)
    assert axe(page) == []
    without_a_signal(own_server, page)

    page.goto(MODULE)
    faults = axe(page)
    page.click("text=Lima gerak mendengar")
    expect(page.locator("h1")).to_have_text("Lima gerak mendengar")
    pictures = page.evaluate(
        "Promise.all([...document.images].map(async (one) => { one.loading = 'eager'; await one.decode(); return one.naturalWidth; }))"
    )
    assert pictures
    assert all(pictures)
    assert page.evaluate("getComputedStyle(document.querySelector('.page')).borderRadius") == "18px"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    here = page.url
    page.click("a[rel=next]")
    expect(page.locator("h1")).to_have_text("Bengkel percakapan")
    faults += axe(page)
    page.click("a[rel=prev]")
    assert page.url == here
    page.locator("form[data-operation='courses:read'] button").click()
    expect(page.locator("h1")).to_have_text("Bengkel percakapan")

    page.goto(f"{MODULE}/kuis-akhir")
    assert page.locator("main form, main input").count() == 0
    assert page.locator("article .notice").count() == 1
    faults += axe(page)

    page.goto("/journals")
    expect(page.locator("[data-elsewhere]")).to_be_visible()
    page.goto("/offline")
    expect(row(page).locator("a")).to_have_attribute("href", MODULE)
    expect(page.locator("[data-elsewhere]")).to_be_hidden()
    expect(page.locator("[data-outbox] li"), "what was read waits for a signal").to_have_count(1)
    assert axe(page) + faults == []


def test_practice_is_checked_without_a_signal_and_survives_a_dead_phone(own_server, own_visitor):
    page = own_visitor.sign_in("learner")
    save(page)
    without_a_signal(own_server, page)
    page.goto(f"{MODULE}/cek-keterampilan")
    part = page.locator("[data-slot]").first
    said = page.locator("#practice")
    part.locator("[data-check]").click()
    expect(part.locator("[data-verdict]")).to_have_text(said.get_attribute("data-first"))
    expect(part.locator("[data-answer]")).to_be_hidden()
    shares = [float(share) for share in part.get_attribute("data-shares").split()]
    part.locator(".choice").nth(shares.index(0.0)).click()
    part.locator("[data-check]").click()
    expect(part.locator("[data-verdict]")).to_have_text(said.get_attribute("data-not"))
    expect(part.locator("[data-answer] .option.chosen .badge.gold")).to_have_text(said.get_attribute("data-mine"))
    assert part.locator("[data-answer] .rationale").first.is_visible()
    second = page.locator("[data-slot]").nth(1)
    second.locator(".choice").nth([float(share) for share in second.get_attribute("data-shares").split()].index(1.0)).click()
    page.reload()
    expect(part.locator("[data-answer]")).to_be_visible()
    assert part.locator("fieldset input").first.is_disabled()
    second.locator("[data-check]").click()
    expect(second.locator("[data-verdict]")).to_have_text(said.get_attribute("data-right"))
    fields = page.evaluate("[...new FormData(document.getElementById('practice'))]")
    assert len(fields) == 2
    assert all(re.fullmatch(r"v\d+-choice", name) for name, _value in fields)
    assert axe(page) == []


def test_a_line_that_stalls_is_not_waited_for(own_server, own_visitor):
    page = own_visitor.sign_in("learner")
    save(page)
    os.killpg(own_server.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        page.goto(f"{MODULE}/selamat-datang")
        assert 3.5 < time.monotonic() - began < 14
        assert page.locator(".badge.river").count() == 1
        expect(page.locator("[data-online]")).to_be_visible()
    finally:
        os.killpg(own_server.process.pid, signal.SIGCONT)


def test_the_device_keeps_no_page_of_a_person(own_visitor):
    page = own_visitor.sign_in("learner")
    save(page)
    for address in ("/learn", "/journals", "/profile", f"{MODULE}/kunjungan", f"{MODULE}/selamat-datang", "/offline"):
        page.goto(address)
    name = page.goto("/profile") and page.input_value("[name=name]")
    kept = page.evaluate(KEPT)
    assert sorted(label.partition(":")[0] for label in kept) == ["pack", "peduli"]
    for label, files in kept.items():
        allowed = (
            r"/offline|/support|/visits/offline|/attend/offline|/meetings/offline|/static/\w+/.+"
            if label.startswith("peduli:")
            else rf"{MODULE}(/[a-z0-9-]+)?|{MODULE}/pack/static/.+|/media/.+"
        )
        assert [path for path in files if not re.fullmatch(allowed, path)] == []
        everything = "".join(files.values())
        assert name not in everything
        assert "csrf_token" not in "".join(text for path, text in files.items() if not path.endswith(".js"))


def test_an_update_brings_only_what_is_new(own_visitor):
    """As if the device had an older revision, in which one page was another."""
    page = own_visitor.sign_in("learner")
    save(page)
    page.evaluate("""() => new Promise((tell) => { indexedDB.open("peduli-packs").onsuccess = ({ target: { result: base } }) => {
      const work = base.transaction("packs", "readwrite");
      work.objectStore("packs").getAll().onsuccess = ({ target: { result: [record] } }) => {
        record.manifest.version = "old";
        record.manifest.files[3].chunks = [["older", 5, 5]];
        work.objectStore("packs").put(record);
      };
      work.oncomplete = () => { base.close(); tell(); };
    }; })""")
    page.goto("/learn")
    expect(page.locator("[data-brief] .notice")).to_contain_text(re.compile("1 .*KB"))
    said = words(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/pack/part" in request.url else None)
    mine = open_course(page)
    expect(mine.locator("[data-state]")).to_contain_text(said["newOne"].split("{")[0])
    mine.locator("[data-act]").click()
    expect(mine.locator("[data-act]")).to_be_hidden()
    assert [len(url.partition("want=")[2].split(",")) for url in asked] == [1]


def test_a_damaged_part_is_fetched_again_and_a_broken_line_goes_on(own_visitor):
    page = own_visitor.sign_in("learner")
    open_course(page)
    turns = []

    def bad(route):
        turns.append(1)
        if len(turns) == 1:
            body = bytearray(route.fetch().body())
            body[100] ^= 1
            route.fulfill(status=200, body=bytes(body))
        elif len(turns) == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/pack/part*", bad)
    row(page).locator("[data-act]").click()
    expect(row(page).locator("[data-state]")).to_have_text(words(page)["waiting"])
    page.evaluate("dispatchEvent(new Event('online'))")
    row(page).locator("a").wait_for()
    assert len(turns) >= 3


def test_a_pause_keeps_what_has_arrived(own_visitor):
    page = own_visitor.sign_in("learner")
    open_course(page)
    held = []

    def hold(route):
        held.append(route)

    page.route("**/pack/part*", hold)
    button = row(page).locator("[data-act]")
    button.click()
    expect(button).to_have_text(words(page)["pause"])
    expect(row(page).locator("progress")).to_be_visible()
    page.wait_for_timeout(300)
    button.click()
    held.pop().continue_()
    left = words(page)["resume"].split("{")[0]
    expect(button).to_contain_text(left)
    assert held == []
    page.unroute("**/pack/part*")
    again = open_course(page)
    expect(again.locator("[data-act]")).to_contain_text(left)
    again.locator("[data-act]").click()
    row(page).locator("a").wait_for()


def test_what_the_browser_threw_away_is_said(own_visitor):
    page = own_visitor.sign_in("learner")
    save(page)
    page.evaluate(
        "caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith('pack:')).map((name) => caches.delete(name))))"
    )
    page.goto("/offline")
    expect(row(page).locator("[data-state]")).to_have_text(words(page)["gone"])
    page.goto("/profile")
    page.evaluate("new Promise((tell) => { indexedDB.deleteDatabase('peduli-packs').onsuccess = tell; })")
    page.goto("/offline")
    expect(row(page).locator("[data-state]")).to_have_text(words(page)["gone"])
    page.goto("/learn")
    expect(page.locator("[data-brief] .notice")).to_contain_text(words(page)["gone"])
    mine = open_course(page)
    expect(mine.locator("[data-state]")).to_have_text(words(page)["gone"])
    mine.locator("[data-act]").click()
    row(page).locator("a").wait_for()


def test_a_full_device_is_said_before_anything_is_begun(own_server, own_visitor):
    page = own_visitor.sign_in("learner")
    mine = open_course(page)
    line = page.context.new_cdp_session(page)
    line.send("Storage.overrideQuotaForOrigin", {"origin": own_server.address, "quotaSize": 400_000})
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/pack/part" in request.url else None)
    mine.locator("[data-act]").click()
    expect(mine.locator("[data-state]")).to_have_text(words(page)["full"])
    assert asked == []
    assert [name for name in page.evaluate(KEPT) if not name.startswith("peduli:")] == []
    line.send("Storage.overrideQuotaForOrigin", {"origin": own_server.address})
    mine.locator("[data-act]").click()
    row(page).locator("a").wait_for()


def test_a_device_that_fills_up_in_between_keeps_what_has_arrived(own_server, own_visitor):
    page = own_visitor.sign_in("learner")
    mine = open_course(page)
    line = page.context.new_cdp_session(page)

    def full(route):
        line.send("Storage.overrideQuotaForOrigin", {"origin": own_server.address, "quotaSize": 1000})
        route.continue_()

    page.route("**/pack/part*", full)
    mine.locator("[data-act]").click()
    expect(mine.locator("[data-state]")).to_have_text(words(page)["full"])
    page.unroute("**/pack/part*")
    line.send("Storage.overrideQuotaForOrigin", {"origin": own_server.address})
    mine.locator("[data-act]").click()
    row(page).locator("a").wait_for()


@pytest.mark.parametrize(("quota", "usage", "word"), [(30e6, 0, "small"), (900e6, 885e6, "nearly")])
def test_little_room_is_said_in_time_where_browsers_tell(own_visitor, quota, usage, word):
    page = own_visitor.sign_in("learner")
    page.add_init_script(f"StorageManager.prototype.estimate = async () => ({{ quota: {quota}, usage: {usage} }})")
    open_course(page)
    expect(page.locator("[data-notice] .notice")).to_contain_text(words(page)[word].split("{")[0])
    assert axe(page) == []


def test_it_is_deleted_after_a_second_press(own_visitor):
    page = own_visitor.sign_in("learner")
    save(page)
    drop = row(page).locator("[data-drop]")
    drop.click()
    expect(drop).to_have_text(words(page)["dropSure"])
    drop.click()
    expect(row(page).locator("[data-state]")).to_have_text(words(page)["absent"])
    assert [name for name in page.evaluate(KEPT) if name.startswith("pack:")] == []
    page.goto("/offline")
    expect(page.locator("[data-none]")).to_be_visible()


def test_mobile_data_asks_first(own_visitor):
    page = own_visitor.sign_in("learner")
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'connection', { get: () => ({ saveData: true }) })")
    mine = open_course(page)
    mine.locator("[data-act]").click()
    expect(mine.locator("[data-state]")).to_contain_text(words(page)["metered"].split("{")[0])
    assert mine.locator("a").count() == 0
    mine.locator("[data-act]").click()
    row(page).locator("a").wait_for()


def test_without_script_the_page_says_why(own_visitor):
    page = own_visitor.sign_in("learner", script=False)
    page.goto("/learn/1")
    assert "JavaScript" in page.inner_text("#luring")
    assert page.locator("#luring button:visible").count() == 0
