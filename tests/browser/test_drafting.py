"""Writing an assignment: saved by itself, kept through a lost connection and on a second device; help that counts as the server does."""

from playwright.sync_api import expect
from support.counting import HEAVY, TEXTS

TASK = "/learn/1/literasi-ai/catatan-kerja-ai"
WRITER = "peserta22@demo.example"  # the instructor has asked for a revision
AREA = "#drafting textarea >> nth=0"
KILLED = """for (const name of ["pagehide", "visibilitychange"]) {
  addEventListener(name, (event) => event.stopImmediatePropagation(), true);
}"""  # a page whose browser is killed sends nothing more
COUNT = """async ([address, list, short, texts, heavy]) => {
  const { countWords, sentencesOf, readList, heavyIn } = await import(address);
  const words = readList(await (await fetch(list)).text());
  const stops = new Set(short.split(" "));
  return [texts.map((text) => [countWords(text), sentencesOf(text, stops).map(countWords)]), heavy.map((text) => heavyIn(text, words))];
}"""


def open_task(visitor, **options):
    page = visitor.sign_in(WRITER, **options)
    page.goto(TASK)
    if not page.locator("#drafting").count():
        raise AssertionError("the demonstration has nobody any more who is to revise here")
    return page


def saved(page):
    page.wait_for_selector("[data-saved-state][data-state=saved]", timeout=30_000)


def test_nothing_typed_is_lost(own_visitor):
    page = open_task(own_visitor)
    page.fill(AREA, "Ditulis di kantor.")
    saved(page)
    other = open_task(own_visitor, width=1280)
    assert other.input_value(AREA) == "Ditulis di kantor."

    page.context.set_offline(True)
    page.fill(AREA, "Ditulis di kantor, lalu di perahu.")
    page.wait_for_selector("[data-saved-state]:has-text('perangkat')", timeout=30_000)
    other.fill(AREA, "Ditulis di rumah.")
    saved(other)
    page.context.set_offline(False)
    for _try in range(80):
        other.goto(TASK)
        shown = other.inner_text("main") + other.input_value(AREA)
        if "lalu di perahu." in shown:
            break
        other.wait_for_timeout(250)
    assert "Ditulis di kantor, lalu di perahu." in shown
    assert "Ditulis di rumah." in shown
    own_visitor.complaints.clear()  # the browser's own lines about the lost connection, and about the whole that was asked for


def test_what_the_server_did_not_take_outlives_a_page_that_shows_something_else(own_visitor):
    page = open_task(own_visitor)
    page.add_init_script(KILLED)
    page.reload()
    page.fill(AREA, "Ditulis di kantor.")
    saved(page)
    page.route("**/text", lambda route: route.abort())
    page.fill(AREA, "Ditulis di kantor, lalu di perahu.")
    page.wait_for_selector("[data-saved-state]:has-text('perangkat')", timeout=30_000)
    other = open_task(own_visitor, width=1280)
    other.fill(AREA, "Ditulis di rumah.")
    saved(other)
    for more in ("Ditulis di rumah, kini di sini.", "Ditulis di rumah, kini di sini juga."):
        page.reload()
        expect(page.locator(AREA)).not_to_have_value("Ditulis di kantor, lalu di perahu.")
        page.fill(AREA, more)  # into the own drawer, not over what waits in it
        page.wait_for_timeout(2000)  # longer than the pause after the last key
        page.wait_for_selector("[data-saved-state]:has-text('perangkat')", timeout=30_000)
    page.unroute("**/text")
    page.reload()
    expect(page.locator(AREA)).to_have_value("Ditulis di rumah, kini di sini juga.", timeout=30_000)
    for _try in range(120):
        if not page.evaluate("Object.keys(localStorage).some((name) => name.startsWith('peduli.text.'))"):
            break
        page.wait_for_timeout(250)
    page.reload()
    assert "Ditulis di kantor, lalu di perahu." in page.inner_text("main") + page.input_value(AREA)
    expect(page.locator(AREA)).to_have_value("Ditulis di rumah, kini di sini juga.")
    own_visitor.complaints.clear()


def test_help_counts_as_the_server_does(visitor):
    page = open_task(visitor)
    said = page.locator("#drafting").evaluate("form => ({ ...form.dataset })")
    found = page.evaluate(COUNT, [said["help"], said["list"], said["short"], list(TEXTS), list(HEAVY)])
    assert dict(zip(TEXTS, ((words, sizes) for words, sizes in found[0]), strict=True)) == TEXTS
    assert dict(zip(HEAVY, ([tuple(pair) for pair in pairs] for pairs in found[1]), strict=True)) == HEAVY

    page.fill(AREA, f"Dalam rangka rapat, {'kata ' * 30}selesai.")
    page.wait_for_selector("[data-part] >> nth=0 >> [data-heavy]:not([hidden])")
    page.locator("[data-part] >> nth=0 >> [data-heavy] summary").click()
    assert "untuk, pada" in page.locator("[data-part] >> nth=0 >> [data-heavy]").inner_text()
    assert "34" in page.locator("[data-part] >> nth=0 >> [data-sentences] summary").inner_text()
    assert page.input_value(AREA).startswith("Dalam rangka"), "nothing is replaced"
