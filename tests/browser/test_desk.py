"""The desk in a browser: keys from line to line and from one thing to the next; an answer that is written without a connection."""

import re

from playwright.sync_api import expect

FEEDBACK = "Pemeriksaan Anda jujur. Apa langkah berikutnya?"


def test_a_day_of_answering_with_the_keyboard(visitor):
    page = visitor.sign_in("instructor", width=1280)
    page.goto("/desk")
    lines = page.locator("[data-lines] a")
    first, second = lines.nth(0).get_attribute("href"), lines.nth(1).get_attribute("href")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.getAttribute('href')") == first
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")
    page.keyboard.press("n")
    page.wait_for_url(f"**{second}")
    page.keyboard.press("p")
    page.wait_for_url(f"**{first}")

    page.keyboard.press("?")
    switch = page.locator("[data-single]")
    assert switch.is_visible()
    switch.uncheck()
    page.locator("h1").click()
    page.keyboard.press("n")
    page.keyboard.press("u")
    page.reload()
    assert page.url.endswith(first), "single keys are switched off"
    assert not switch.is_checked(), "on this device, also on the next page"
    assert visitor.complaints == []


def test_an_answer_without_a_connection(own_visitor):
    page = own_visitor.sign_in("instructor", width=1280)
    page.goto("/desk?kind=courses:assignment")
    page.locator("[data-lines] a").first.click()
    page.wait_for_selector("#marking")
    address, code = page.url, page.inner_text("h1")
    page.fill("[name=feedback]", FEEDBACK)
    page.wait_for_selector("[data-standing][data-state=waiting]")
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "peduli.desk." in kept
    assert FEEDBACK not in kept, "locked"
    page.reload()
    expect(page.locator("[name=feedback]")).to_have_value(FEEDBACK)

    page.context.set_offline(True)
    page.click("[name=decision][value=returned]")
    page.wait_for_selector("#marking[inert]")
    page.context.set_offline(False)
    page.wait_for_url(lambda url: url != address)
    assert code not in page.locator("[data-lines], h1").first.inner_text()
    page.goto(address)
    assert page.locator("#marking").count() == 0
    assert FEEDBACK in page.inner_text("main")
    assert "peduli.desk." not in page.evaluate("JSON.stringify(localStorage)").replace("peduli.desk.queued", ""), "nothing of it stays here"

    # Somebody has answered meanwhile: the text stays, and the page says why it was not taken.
    page.goto("/desk?kind=courses:assignment")
    page.locator("[data-lines] a").first.click()
    page.wait_for_selector("#marking")
    other = own_visitor.sign_in("instructor", width=1280)
    other.goto(page.url)
    page.fill("[name=feedback]", f"{FEEDBACK} Kedua.")
    page.context.set_offline(True)
    page.click("[name=decision][value=returned]")
    page.wait_for_selector("#marking[inert]")
    other.fill("[name=feedback]", "Sudah dijawab.")
    other.click("[name=decision][value=returned]")
    other.wait_for_selector(".notice.leaf[role=status]")
    page.context.set_offline(False)
    page.wait_for_selector("[data-standing][data-state=failed]")
    assert page.input_value("[name=feedback]") == f"{FEEDBACK} Kedua."
    assert re.search(r"sudah dijawab|answered already", page.inner_text("[data-standing]"))
    page.goto("/offline")
    expect(page.locator("[data-outbox]")).to_contain_text(f"{FEEDBACK} Kedua.")  # in the list of what this device could not deliver
