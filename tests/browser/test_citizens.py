"""Before a journal is handed in: what could tell who a citizen is stands in a panel, and is masked on the device."""

import re

import pytest
from playwright.sync_api import expect

LEARNER = "peserta18@demo.example"  # has done nothing yet, whatever the dice of the demonstration say
JOURNAL = "/learn/1/literasi-ai/jurnal-hampir-percaya"
NIK, PHONE, NAME = "6171034501780001", "0812-3456-7890", "Skolastika"
TOLD = f"Saya bertemu Ibu {NAME} di loket. NIK beliau {NIK}, teleponnya {PHONE}. {NAME} menunggu sejak subuh."
PLAIN = "Antrean panjang dan kursi kurang, lalu petugas menjelaskan dengan sabar kepada semua orang. " * 12
HAND_IN = "button[formaction$='/hand-in']"


def write(page, first):
    """Fill every field: enough words, signs of identity in the first one."""
    page.goto(JOURNAL)
    areas = page.locator("#writing textarea")
    areas.first.fill(first)
    for index in range(1, areas.count()):
        areas.nth(index).fill(PLAIN)


def panel_of(page):
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    return panel


def test_masked_before_it_is_handed_in(own_visitor):
    page = own_visitor.sign_in(LEARNER)
    sent = []
    page.on("request", lambda request: sent.append(request.post_data) if "courses:hand_in" in (request.post_data or "") else None)
    write(page, TOLD + " " + PLAIN)
    page.locator(HAND_IN).click()
    panel = panel_of(page)
    assert sent == [], "nothing leaves before the author has decided"
    assert panel.locator("mark").all_inner_texts() == [NAME, NIK, PHONE, NAME]
    assert all(box.is_checked() for box in panel.get_by_role("checkbox").all())
    assert panel.locator("[data-before]").nth(0).text_content().endswith("Saya bertemu Ibu ")

    panel.locator("[data-mask]").click()
    area = page.locator("#writing textarea").first
    masked = (
        "Saya bertemu Ibu A di loket. NIK beliau [NIK disamarkan], teleponnya [nomor telepon disamarkan]. Warga A menunggu sejak subuh."
    )
    assert area.input_value().startswith(masked)
    panel.locator("[data-undo]").click()
    assert area.input_value().startswith(TOLD)
    panel.locator("[data-mask]").click()
    expect(panel.locator("mark")).to_have_count(0)
    panel.locator("[data-send]").click()
    expect(page.locator(".version")).to_have_count(1)

    kept = page.locator(".version").inner_text() + page.locator(".version .own-text").text_content()
    assert "[NIK disamarkan]" in kept
    assert len(sent) == 1
    for token in (NIK, PHONE, NAME):
        assert token not in kept
        assert token not in sent[0]


def test_staying_sends_nothing_and_sending_all_the_same_does(own_visitor):
    page = own_visitor.sign_in(LEARNER)
    write(page, TOLD + " " + PLAIN)
    page.locator(HAND_IN).click()
    panel = panel_of(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.locator(".version").count() == 0
    page.locator(HAND_IN).click()
    panel_of(page).locator("[data-send]").click()
    expect(page.locator(".version")).to_have_count(1)
    assert NIK in page.locator(".version .own-text").text_content(), "the author decides"


def test_nothing_found_asks_nothing(own_visitor):
    page = own_visitor.sign_in(LEARNER)
    write(page, PLAIN)
    page.locator(HAND_IN).click()
    expect(page.locator(".version")).to_have_count(1)


def test_looking_while_writing_by_keyboard(own_visitor):
    page = own_visitor.sign_in(LEARNER)
    write(page, TOLD)
    page.locator("[data-review-now] button").focus()
    page.keyboard.press("Enter")
    panel = panel_of(page)
    expect(panel.locator("#review-title")).to_be_focused()
    expect(panel).to_have_accessible_name(re.compile("."))
    assert panel.locator("[data-send]").is_hidden(), "only a look"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert [box.is_checked() for box in panel.get_by_role("checkbox").all()] == [False, True, True, True]
    panel.locator("[data-mask]").focus()
    page.keyboard.press("Enter")
    value = page.locator("#writing textarea").first.input_value()
    assert value.startswith(f"Saya bertemu Ibu {NAME} di loket. NIK beliau [NIK disamarkan]")
    panel.locator("[data-back]").click()
    page.wait_for_selector("[data-saved-state][data-state=saved]")


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_the_panel_fits_and_can_be_used(own_visitor, width, dark):
    page = own_visitor.sign_in(LEARNER, width=width, dark=dark)
    write(page, TOLD)
    page.locator("[data-review-now] button").click()
    panel = panel_of(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    for button in panel.locator("button:visible").all():
        assert button.bounding_box()["height"] >= 44
