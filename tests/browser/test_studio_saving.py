"""Two browsers in the studio: what is typed is saved by itself, the same field is a choice, the line may go, an earlier state comes back."""

import re
import sqlite3

from playwright.sync_api import expect

HOME = "/studio/empati"
PAGE = f"{HOME}/batas-yang-sehat"
TEXT = "textarea.text"
FIRST = "## Batas\n\nTeks dari peramban pertama.\n"
SECOND = "## Batas\n\nTeks dari peramban kedua.\n"
LINE = re.compile(r"!\[Antrean di loket\]\(figures/antrean\.webp\)")
DROP = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 2400, height: 1200 });
  canvas.getContext("2d").fillRect(0, 0, 900, 900);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const data = new DataTransfer();
  data.items.add(new File([blob], "Antrean.png", { type: "image/png" }));
  document.querySelector("textarea.text").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""

KILLED = """for (const name of ["pagehide", "visibilitychange"]) {
  addEventListener(name, (event) => event.stopImmediatePropagation(), true);
}"""  # a page whose browser is killed sends nothing more
TYPED = """(field, text) => setTimeout(() => {
  field.value = text;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}, 1000)"""  # while the page is on its way
HELD = """name => new Promise((done) => navigator.locks.request(name, () => {
  done();
  return new Promise((free) => setTimeout(free, 500));
}))"""


def saved(page):
    expect(page.locator("[data-saved-state]")).to_have_attribute("data-state", "saved", timeout=20_000)


def typed(page, name, text):
    """Type into a field and wait until the server has it."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith(PAGE) and answer.ok):
        page.fill(name, text)
    saved(page)


def let_the_colleague_write(server):
    """Give the second instructor the reach of the first."""
    with sqlite3.connect(server.data / "peduli.db") as database:
        who = "SELECT id FROM users WHERE email = 'instructor2@demo.example'"
        database.execute(f"UPDATE role_assignments SET scope_kind = 'site', scope_id = 0 WHERE role = 'instructor' AND user_id = ({who})")
    database.close()


def taken_over(page, visitor, who):
    """Let another person sit down at the machine of a page."""
    page.goto("about:blank")
    page.context.clear_cookies()
    page.context.add_cookies(visitor.state_of(who)["cookies"])
    page.goto(PAGE)


def opened(visitor, who, **options):
    page = visitor.sign_in(who, width=1280, worker=False, **options)
    page.goto(PAGE)
    page.wait_for_load_state("networkidle")
    return page


def test_two_write_at_once_and_lose_nothing(own_server, own_visitor):
    let_the_colleague_write(own_server)
    one, other = opened(own_visitor, "instructor"), opened(own_visitor, "instructor2")

    # Different fields: joined, and shown to both.
    typed(one, TEXT, FIRST)
    typed(other, "#title", "Batas yang sehat sekali")
    expect(other.locator(TEXT)).to_have_value(FIRST)
    assert other.locator("[data-others]").inner_text() != "", "who else is here is said"
    typed(one, "#minutes", "9")
    expect(one.locator("#title")).to_have_value("Batas yang sehat sekali")

    # The same field: nothing is overwritten, both texts are shown, the keyboard chooses.
    before = one.input_value(TEXT)
    other.route("**/here", lambda route: route.abort())  # so that nobody tells the other page before it saves
    typed(one, TEXT, f"{before}\nSatu lagi.\n")
    other.fill(TEXT, SECOND)
    panel = other.locator("[data-clash]")
    expect(panel).to_be_visible()
    assert "Satu lagi." in panel.locator("[data-theirs]").first.inner_text()
    assert "peramban kedua" in panel.locator("[data-mine]").first.inner_text()
    assert panel.evaluate("panel => panel === document.activeElement")
    for key in ("Tab", "Tab", "Tab", "ArrowDown", "ArrowDown", "Tab", "Enter"):
        other.keyboard.press(key)
    saved(other)
    joined = other.input_value(TEXT)
    assert "peramban kedua" in joined
    assert "Satu lagi." in joined
    expect(other.locator("[data-clash]")).to_be_hidden()

    # The server is away: kept on the device, also through a reload, and sent when it is back.
    own_server.end()
    other.fill(TEXT, SECOND)
    expect(other.locator("[data-saved-state]")).to_have_attribute("data-state", "waiting")
    expect(other.locator("[data-saved-state]")).to_have_text(other.get_attribute("form[data-vault]", "data-offline"), timeout=20_000)
    own_server.start()
    other.unroute("**/here")
    other.reload()
    expect(other.locator(TEXT)).to_have_value(SECOND)
    saved(other)
    other.goto(PAGE)
    expect(other.locator(TEXT)).to_have_value(SECOND)

    # What cannot be valid yet is kept, and is there in another browser of the same person.
    other.fill("#title", "")
    expect(other.locator("[data-saved-state]")).to_contain_text(":")
    again = opened(own_visitor, "instructor2")
    expect(again.locator("#title")).to_have_value("")
    typed(again, "#title", "Batas")

    # An earlier state comes back.
    again.goto(f"{PAGE}/history")
    again.click("ol.list > li:last-child a")
    again.click("form[action$='/restore'] button")
    assert again.url.endswith(PAGE)
    expect(again.locator("#title")).to_have_value("Batas yang sehat")
    expect(again.locator(TEXT)).not_to_have_value(SECOND)


def test_a_page_that_was_made_before_the_last_one_saved_shows_what_was_saved(own_visitor):
    page = opened(own_visitor, "instructor")

    def slow(route):
        before = route.fetch()
        with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith(PAGE) and answer.ok):
            pass
        route.fulfill(response=before)

    page.route(f"**{PAGE}", lambda route: slow(route) if route.request.is_navigation_request() else route.continue_())
    page.locator(TEXT).evaluate(TYPED, SECOND)
    page.reload()
    expect(page.locator(TEXT)).to_have_value(SECOND)


def test_a_page_waits_for_the_drawer_that_the_one_before_is_letting_go(own_visitor):
    page = opened(own_visitor, "instructor")
    page.route(f"**{PAGE}", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.fill(TEXT, SECOND)
    expect(page.locator("[data-saved-state]")).to_have_text(page.get_attribute("form[data-vault]", "data-offline"))
    late = page.context.new_page()  # holds the lock a moment longer, as a page does that is going
    late.goto("/readyz")
    name = page.evaluate("async () => (await navigator.locks.query()).held[0].name")
    page.goto("about:blank")
    late.evaluate(HELD, name)
    page.goto(PAGE)
    expect(page.locator(TEXT)).to_have_value(SECOND)


def test_a_behaviour_that_was_ticked_without_a_line_comes_back_on_the_shorter_page(own_visitor):
    page = opened(own_visitor, "instructor")
    ticked = page.locator("[name=tags][value=KL3]")
    assert ticked.count() == 0, "only what is ticked is shown"
    page.click("details:has(#tags) > summary")
    page.click("#tags button")
    page.wait_for_load_state("networkidle")
    page.route(f"**{PAGE}", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    ticked.check()
    expect(page.locator("[data-saved-state]")).to_have_text(page.get_attribute("form[data-vault]", "data-offline"))
    page.goto(PAGE)
    expect(ticked).to_be_checked()
    page.unroute(f"**{PAGE}")
    saved(page)
    page.goto(PAGE)
    expect(ticked).to_be_checked()


def test_what_is_typed_before_the_script_is_there_is_saved(own_visitor):
    page = own_visitor.page(own_visitor.context(state=own_visitor.state_of("instructor"), worker=False, width=360))
    held = []
    page.route("**/saving.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the handler
    page.goto(PAGE, wait_until="commit")
    page.fill("#title", "Ditulis sebelum skrip")
    while not held:
        page.wait_for_timeout(50)
    held.pop().continue_()
    saved(page)
    page.unroute("**/saving.js")
    page.goto(PAGE)
    assert page.input_value("#title") == "Ditulis sebelum skrip"

    # The buttons write Markdown, the browser's own "undo" takes it back, and a picture asks what it shows.
    page.fill(TEXT, "kata")
    page.locator("[data-tools][data-ready]").wait_for()
    page.locator(TEXT).select_text()
    page.keyboard.press("Control+b")
    expect(page.locator(TEXT)).to_have_value("**kata**")
    page.keyboard.press("Control+z")
    expect(page.locator(TEXT)).to_have_value("kata")
    page.click("[data-put^='!!! task']")
    assert page.input_value(TEXT).startswith("!!! task ")
    page.evaluate(DROP)
    page.fill("#picture-alt", "Antrean di loket")
    page.click("dialog [type=submit]")
    expect(page.locator(TEXT)).to_have_value(LINE)
    saved(page)
    sides = page.evaluate("fetch('/studio/empati/pictures').then((answer) => answer.text())")
    assert "figures/antrean.webp" in sides
    expect(page.frame_locator(".studio-preview iframe").locator("img[alt='Antrean di loket']")).to_have_attribute("width", "1600")


def test_what_a_colleague_wrote_is_not_overwritten_when_the_page_could_not_be_read_anew(own_server, own_visitor):
    let_the_colleague_write(own_server)
    one, other = opened(own_visitor, "instructor"), opened(own_visitor, "instructor2")
    typed(one, "#title", "Batas dari sejawat")
    broken = []

    def once(route):
        if route.request.method == "GET" and not broken:
            broken.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    other.route(f"**{PAGE}", once)
    other.fill(TEXT, SECOND)
    expect(other.locator("#title")).to_have_value("Batas dari sejawat", timeout=20_000)
    saved(other)
    assert broken
    one.reload()
    expect(one.locator("#title")).to_have_value("Batas dari sejawat")
    expect(one.locator(TEXT)).to_have_value(SECOND)


def test_a_colleague_at_the_same_machine_takes_nothing_away(own_server, own_visitor):
    let_the_colleague_write(own_server)
    page = opened(own_visitor, "instructor")
    page.add_init_script(KILLED)
    page.reload()
    page.route(f"**{PAGE}", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.fill(TEXT, FIRST)
    expect(page.locator("[data-saved-state]")).to_have_text(page.get_attribute("form[data-vault]", "data-offline"), timeout=20_000)
    page.goto("about:blank")
    page.unroute(f"**{PAGE}")
    taken_over(page, own_visitor, "instructor2")
    expect(page.locator(TEXT)).not_to_have_value(FIRST)
    typed(page, "#title", "Batas dari sejawat")
    taken_over(page, own_visitor, "instructor")
    expect(page.locator(TEXT)).to_have_value(FIRST, timeout=20_000)
    saved(page)
