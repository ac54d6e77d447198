"""The day of a visit with both phones offline from morning to evening: pages closed, opened anew, the server gone; then everything arrives."""

import datetime as dt
import re
import signal
import sqlite3

import pytest
from playwright.sync_api import expect

PAGE = "/visits/offline"


@pytest.fixture
def phones(own_visitor):
    """Return the pages of a learner and of who leads their visit, and its address; both have been opened once."""
    learner, leader = own_visitor.sign_in("learner"), own_visitor.sign_in("instructor")
    learner.goto("/learn/1/empati/kunjungan")
    address = learner.get_attribute(".visit .actions a", "href")
    for page, url in ((learner, address), (leader, f"/cohorts/1{address}")):
        page.goto(url)
        expect(page.locator("[data-carried]")).to_be_visible()
    return learner, leader, address


def rows(server, statement):
    """Return what stands in the database of a server."""
    (path,) = server.data.glob("*.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        return base.execute(statement).fetchall()


def anew(visitor, page, address):
    """Close a page and open the device's own; return it."""
    context = page.context
    page.close()
    page = visitor.page(context)
    page.goto(f"{PAGE}#{address.rpartition('/')[2]}")
    expect(page.locator("h1:visible")).to_contain_text("Puskesmas contoh")
    return page


def test_a_day_without_a_line(own_visitor, own_server, phones):
    learner, leader, address = phones
    attended = "SELECT count(*) FROM evidence WHERE kind = 'attended'"
    before = rows(own_server, attended)[0][0]
    own_server.end(signal.SIGKILL)
    learner, leader = anew(own_visitor, learner, address), anew(own_visitor, leader, address)
    assert learner.get_attribute("[data-numbers] a", "href") == "tel:112"
    expect(learner.locator("[data-consents] details")).to_have_count(5)
    expect(leader.locator("[data-consents]")).to_be_hidden()
    expect(leader.locator("[data-left]")).to_contain_text(re.compile(r"\d+"))

    field, said = leader.locator("[data-member] input").first, leader.locator("[data-roll] [data-said]")
    unfit, fits = words(leader, "[data-roll]", "unfit"), words(leader, "[data-roll]", "fits")
    code = leader.text_content("[data-code]")
    check_in(learner, "000000" if code != "000000" else "111111")
    other = learner.text_content("[data-answer] code")
    field.fill(other)
    expect(said).to_have_text(unfit)  # of a wrong code
    field.fill("")
    started = dt.datetime.now(dt.UTC)
    code = leader.text_content("[data-code]")
    check_in(learner, code)
    expect(learner.locator("[data-check-in] [data-said]")).to_have_text(words(learner, "[data-check-in]", "device"))
    expect(learner.locator("[data-answer] code")).not_to_have_text(other)
    number = learner.text_content("[data-answer] code")
    field.fill("0000" if number != "0000" else "1111")
    expect(field).to_have_attribute("aria-invalid", "true")  # a wrong answer
    field.fill(number)
    expect(leader.locator("[data-member] [data-state]").first).to_have_text(fits)
    ended = dt.datetime.now(dt.UTC)

    learner, leader = anew(own_visitor, learner, address), anew(own_visitor, leader, address)
    expect(learner.locator("[data-answer] code")).to_have_text(number)
    expect(leader.locator("[data-member] [data-state]").first).to_have_text(fits)
    kept = learner.evaluate("""async () => {
      const base = await new Promise((done) => { const asked = indexedDB.open("peduli-outbox"); asked.onsuccess = () => done(asked.result); });
      const all = await new Promise((done) => { const asked = base.transaction("logs").objectStore("logs").getAll(); asked.onsuccess = () => done(asked.result); });
      return all.map(({ sealed }) => new TextDecoder("latin1").decode(sealed)).join("");
    }""")
    assert kept
    assert code not in kept  # it lies locked
    learner.goto("/offline")
    expect(learner.locator("[data-outbox] li")).to_have_count(2)
    assert learner.locator("[data-outbox] li a").first.get_attribute("href") == f"{PAGE}#{address.rpartition('/')[2]}"

    own_server.start()
    learner, leader = anew(own_visitor, learner, address), anew(own_visitor, leader, address)
    for page, form in ((learner, "[data-check-in]"), (leader, "[data-roll]")):
        expect(page.locator(f"{form} [data-said]")).to_contain_text(re.compile(r"[A-Z0-9]{2}-[A-Z0-9]{6}"), timeout=70_000)
    leader.goto(f"/cohorts/1{address}/roster")
    expect(leader.locator("[data-member]").first.locator(".badge.leaf")).to_be_visible()
    assert rows(own_server, attended)[0][0] == before + 1
    ((moment, received),) = rows(
        own_server,
        "SELECT n.moment, n.received_at FROM courses_visit_notes n JOIN courses_visits v JOIN courses_visit_members m"
        f" ON m.visit_id = v.id AND m.id = n.member_id WHERE n.side IN ('member', 'MEMBER') AND n.code = '{code}'",
    )
    assert started - dt.timedelta(seconds=2) <= utc(moment) <= ended < utc(received)


def test_it_is_forgotten_a_week_after(own_visitor, phones):
    learner, _leader, address = phones
    context = learner.context
    context.clock.install(time=dt.datetime.now(dt.UTC) + dt.timedelta(days=9))
    page = own_visitor.page(context)
    page.goto(f"{PAGE}#{address.rpartition('/')[2]}")
    expect(page.locator("[data-none]")).to_be_visible()


def check_in(page, code):
    """Type a code."""
    page.fill("#code", code)
    page.click("[data-check-in] button")
    expect(page.locator("[data-answer]")).to_be_visible()


def words(page, form, name):
    """Return a sentence of a form."""
    return page.evaluate("([form, name]) => JSON.parse(document.querySelector(form).dataset.words)[name]", [form, name])


def utc(text):
    """Return a moment of the database."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
