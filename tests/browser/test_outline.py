"""The outline of a module by mouse, finger and keyboard, beside the editor and on the module's page, on a desk and on a phone."""

KEYS = "[...document.querySelectorAll('[data-in] [name=keys]')].map((box) => box.value)"


def order(page):
    """Return the keys of the first six activities on the page."""
    return page.evaluate(KEYS)[:6]


def saved(page):
    """Wait until the server has answered; return what was announced."""
    page.wait_for_selector("[data-said]:has-text('tempat barunya')")
    return page.inner_text("[data-said]")


def drag(page, held, onto, after):
    """Drag the dots of a row to the upper or lower half of another one."""
    start, end = (page.locator("li .grip").nth(place).bounding_box() for place in (held, onto))
    row = page.locator("[data-in] > li").nth(onto).bounding_box()
    page.mouse.move(start["x"] + 6, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 6, row["y"] + row["height"] * (0.8 if after else 0.2), steps=6)
    page.mouse.up()


def on_a_desk(page):
    """Beside the editor with the mouse and the keyboard, then several at once on the page of the module."""
    page.goto("/studio/empati/selamat-datang")
    page.click("[data-arrange]")
    page.wait_for_selector("#outline-form .grip")
    first, second, third, *_rest = before = order(page)

    # Drag: the first one behind the second, which stands in the next section. What is open says so, and saving it meets nobody.
    drag(page, 0, 1, after=True)
    saved(page)
    assert order(page)[:3] == [second, first, third]
    assert page.input_value("#editor [name=section]") == "keterampilan"
    page.fill("#editor [name=title]", "Sebelum mulai")
    page.click(".save-bar button >> nth=0")
    page.wait_for_selector("[data-saved-state][data-state=saved]")
    page.reload()

    # The keyboard: lift, look, put back; lift, move, drop. The dots keep the focus.
    page.wait_for_selector("#outline-form .grip")
    page.locator("li .grip").nth(1).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    assert order(page)[:2] == [first, second]
    assert "1 dari" in page.inner_text("[data-said]")
    page.keyboard.press("Escape")
    assert order(page)[:2] == [second, first]
    page.keyboard.press("Space")
    for _step in range(2):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    assert "Sebelum mulai" in saved(page)
    assert page.evaluate("document.activeElement.className").endswith("grip")
    page.goto("/studio/empati")
    assert order(page) == before

    # Several at once: ticked ones move together, hide together, go together and come back.
    for place in (1, 2):
        page.locator("[name=keys]").nth(place).check()
    page.locator("li .grip").nth(2).focus()
    page.keyboard.press("Space")
    for _step in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    saved(page)
    assert order(page)[:5] == [before[0], before[3], before[4], before[1], before[2]]
    for place in (3, 4):
        page.locator("[name=keys]").nth(place).check()
    page.click(".bulk summary")
    page.click("[formaction$=hide]")
    assert page.locator("li.off").count() == 2
    for place in (3, 4):
        page.locator("[name=keys]").nth(place).check()
    page.click(".bulk summary")
    page.click("[formaction$=delete]")
    page.click("main .button.danger")
    assert not {before[1], before[2]} & set(page.evaluate(KEYS))
    page.click(".notice .button")
    assert order(page)[:5] == [before[0], before[3], before[4], before[1], before[2]]


def on_a_phone(page):
    """In the drawer with a finger, then by ticks and buttons."""
    page.goto("/studio/empati/selamat-datang")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.click("a[href='#outline']")
    page.click("[data-arrange]")
    page.wait_for_selector("#outline-form .grip")
    first, second, third, *_rest = order(page)
    finger = page.context.new_cdp_session(page)
    start, end = (page.locator("li .grip").nth(place).bounding_box() for place in (1, 2))
    here, there = ({"x": box["x"] + 10, "y": box["y"] + high} for box, high in ((start, 15), (end, 38)))
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [here]})
    for share in (0.3, 0.7, 1):
        point = {name: here[name] + (there[name] - here[name]) * share for name in here}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    saved(page)
    assert order(page)[:3] == [first, third, second]
    page.goto("/studio/empati")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("[name=keys]").nth(1).check()
    page.click(".bulk summary")
    page.select_option("#outline-target", label="di akhir “Mulai di sini”")
    page.click(".bulk .row button >> nth=0")
    assert order(page)[:3] == [first, third, second]
    assert page.locator("section[data-part] >> nth=0 >> li").count() == 2


def test_arranging_a_module(own_visitor):
    on_a_desk(own_visitor.sign_in("instructor", width=1280))
    on_a_phone(own_visitor.sign_in("instructor", width=360))
    assert own_visitor.complaints == []
