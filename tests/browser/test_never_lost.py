"""`kill -9` while somebody writes: what the page called saved is there afterwards, and the page never calls saved what is not."""

import signal

from playwright.sync_api import expect

BEGINNER = "peserta18@demo.example"  # has done nothing yet, whatever the dice of the demonstration say
JOURNAL = "/learn/1/literasi-ai/jurnal-hampir-percaya"
AREA = "#writing textarea >> nth=0"
FIRST = "Ditulis di dermaga, sebelum listrik padam."
MORE = f"{FIRST} Lalu diteruskan dalam gelap, tanpa peladen."


FORGET = "new Promise((done) => { indexedDB.deleteDatabase('peduli-outbox').onsuccess = done; })"


def is_saved(page):
    page.wait_for_selector("[data-saved-state][data-state=saved]", timeout=60_000)
    return page.inner_text("[data-saved-state]")


def forget_what_the_device_keeps(page):
    """Leave the page's own copy out of it: what is seen afterwards comes from the server."""
    page.goto("/profile")
    page.evaluate(FORGET)
    page.goto(JOURNAL, wait_until="commit")


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


def test_what_is_typed_before_the_script_is_there_is_saved(own_visitor):
    """On a slow line the page can be written in long before its script has come."""
    page = own_visitor.page(own_visitor.context(state=own_visitor.state_of(BEGINNER), worker=False))
    held = []
    page.route("**/writing.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the handler
    page.goto(JOURNAL, wait_until="commit")
    page.fill(AREA, FIRST)
    page.wait_for_timeout(200)
    until(page, held).continue_()
    is_saved(page)
    forget_what_the_device_keeps(page)
    assert page.input_value(AREA) == FIRST, "the server has it"
    until(page, held).abort()

    page.route("**/quiz.js", lambda route: held.append(route))  # noqa: PLW0108 - as above
    page.goto("/learn/1/literasi-ai/cek-ai-tanpa-mitos")
    page.locator("form[action^='/quizzes/start'] button").click(no_wait_after=True)
    page.locator(".choice input").first.check()
    until(page, held).continue_()
    is_saved(page)


def until(page, held):
    """Return the request that is held back, as soon as there is one."""
    while not held:
        page.wait_for_timeout(50)
    return held.pop()


def test_saved_is_said_only_when_the_server_has_answered(own_visitor):
    page = own_visitor.sign_in(BEGINNER)
    page.goto(JOURNAL)
    held = []

    def hold(route):
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/sync", hold)
    with page.expect_request(lambda request: request.method == "POST"):
        page.fill(AREA, FIRST)
    page.wait_for_timeout(500)
    assert page.get_attribute("[data-saved-state]", "data-state") == "waiting"
    assert page.inner_text("[data-saved-state]") == page.get_attribute("#writing", "data-sent")
    held[0].continue_()
    assert is_saved(page) != page.get_attribute("#writing", "data-sent")


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
