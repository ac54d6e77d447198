"""Answering journals with the keyboard; nothing typed is lost."""


def test_what_was_typed_is_kept_and_keys_do_the_rest(own_visitor):
    page = own_visitor.sign_in("instructor", width=1280)
    page.goto("/desk?module=empati")
    page.locator(".list >> nth=0 >> li:has(a:text('J-')):not(:has-text('Dua jam')) a").first.click()
    page.wait_for_selector("#answer")
    address = page.url
    page.fill("[name=strong]", "Satu kejadian yang jelas.")
    page.wait_for_selector("[data-kept-state][data-state=saved]")
    page.reload()
    assert page.input_value("[name=strong]") == "Satu kejadian yang jelas."

    page.context.set_offline(True)
    page.fill("[name=question]", "Siapa yang belum terdengar?")
    page.wait_for_selector("[data-kept-state][data-state=failed]")
    page.context.set_offline(False)
    page.wait_for_selector("[data-kept-state][data-state=saved]")

    page.locator("h1").click()
    page.keyboard.press("3")
    page.keyboard.press(",")
    assert page.locator("input[name=level]:checked").get_attribute("value") == "7"
    page.locator("input[name^='rubric-'][value=kept]").check()
    page.focus("[name=step]")
    page.keyboard.type("3,n")
    assert page.input_value("[name=step]") == "3,n", "letters are letters while one writes"
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != address)
    assert page.locator(".notice.leaf[role=status]").count() == 1
    assert "module=empati" in page.url, "on to the next of what was chosen"
    page.goto(address)
    assert page.locator("#answer").count() == 0
    assert "Satu kejadian yang jelas." in page.inner_text("main")
