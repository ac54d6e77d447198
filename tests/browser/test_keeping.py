"""What is typed into a form of a survey or discussion stays on the device, locked, until the server has taken it."""

import base64

from playwright.sync_api import expect

OPEN = """async ([round, key]) => {
  const form = document.createElement("form");
  form.id = "kept";
  form.innerHTML = '<textarea name="text"></textarea><input type="radio" name="q" value="a"><input type="radio" name="q" value="b"><p data-keep-state></p>';
  Object.assign(form.dataset, { keep: "who/where", round, kept: "kept" }, key ? { vault: key } : {});
  document.querySelector("main").append(form);
  await import(document.querySelector("script[src*='/courses/reading.js']").src.replace("reading.js", "keeping.js"));
}"""
MINE, OTHER = (base64.b64encode(bytes([number] * 32)).decode() for number in (1, 2))
TEXT = "Satu kursi di depan loket."


def test_typed_kept_and_gone_once_it_is_taken(visitor):
    page = visitor.sign_in("learner")

    def opened(round_, key):
        page.goto("/learn/1/empati/selamat-datang")
        page.evaluate(OPEN, [round_, key])
        return page.locator("#kept textarea")

    opened("0", MINE).fill(TEXT)
    page.check("#kept [value=b]")
    expect(page.locator("[data-keep-state]")).to_have_text("kept")
    assert "kursi" not in page.evaluate("JSON.stringify(localStorage)"), "locked"

    assert opened("0", OTHER).input_value() == "", "nobody else can read it"
    expect(opened("0", MINE)).to_have_value(TEXT)
    assert page.is_checked("#kept [value=b]")

    opened("1", "")
    assert "peduli.typed" not in page.evaluate("JSON.stringify(localStorage)"), "the server has it"
