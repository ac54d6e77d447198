"""`kill -9` while somebody writes: what the page called saved is there afterwards, and the page never calls saved what is not."""

import signal

from playwright.sync_api import expect

BEGINNER = "peserta18@demo.example"  # has done nothing yet, whatever the dice of the demonstration say
JOURNAL = "/learn/1/literasi-ai/jurnal-hampir-percaya"
AREA = "#writing textarea >> nth=0"
FIRST = "Ditulis di dermaga, sebelum listrik padam."
MORE = f"{FIRST} Lalu diteruskan dalam gelap, tanpa peladen."


def is_saved(page):
    page.wait_for_selector("[data-saved-state][data-state=saved]", timeout=60_000)
    return page.inner_text("[data-saved-state]")


def forget_what_the_device_keeps(page):
    """Leave the page's own copy out of it: what is seen afterwards comes from the server."""
    page.evaluate("localStorage.clear()")
    page.reload()


def test_what_was_called_saved_is_there_after_kill_9(own_server, own_visitor):
    page = own_visitor.sign_in(BEGINNER)
    page.goto(JOURNAL)
    page.fill(AREA, FIRST)
    receipt = is_saved(page)
    assert any(sign.isdigit() for sign in receipt)
    own_server.end(signal.SIGKILL)
    own_server.start()
    forget_what_the_device_keeps(page)
    assert page.input_value(AREA) == FIRST


def test_saved_is_said_only_when_the_server_has_answered(own_visitor):
    page = own_visitor.sign_in(BEGINNER)
    page.goto(JOURNAL)
    held = []

    def hold(route):
        held.append(route)

    page.route("**/draft", hold)
    page.fill(AREA, FIRST)
    with page.expect_request("**/draft"):
        pass
    page.wait_for_timeout(500)
    assert page.get_attribute("[data-saved-state]", "data-state") == "waiting"
    assert page.inner_text("[data-saved-state]") == page.get_attribute("#writing", "data-typing")
    held[0].continue_()
    assert is_saved(page) != page.get_attribute("#writing", "data-typing")


def test_typing_while_the_server_is_away_is_kept_and_saved_when_it_is_back(own_server, own_visitor):
    page = own_visitor.sign_in(BEGINNER)
    page.goto(JOURNAL)
    page.fill(AREA, FIRST)
    is_saved(page)
    own_server.end(signal.SIGKILL)
    page.fill(AREA, MORE)
    expect(page.locator("[data-saved-state]")).to_have_text(page.get_attribute("#writing", "data-offline"))
    assert page.get_attribute("[data-saved-state]", "data-state") == "waiting"
    assert page.input_value(AREA) == MORE
    own_server.start()
    is_saved(page)
    forget_what_the_device_keeps(page)
    assert page.input_value(AREA) == MORE


def test_an_answer_given_while_the_server_is_away_is_saved_when_it_is_back(own_server, own_visitor):
    page = own_visitor.sign_in(BEGINNER)
    page.goto("/learn/1/literasi-ai/cek-ai-tanpa-mitos")
    page.click("form[action^='/quizzes/start'] button")
    own_server.end(signal.SIGKILL)
    page.locator(".choice input").first.check()
    expect(page.locator("[data-saved-state]")).to_have_text(page.get_attribute("#question", "data-offline"))
    own_server.start()
    is_saved(page)
    page.reload()
    assert page.locator(".choice input").first.is_checked()
