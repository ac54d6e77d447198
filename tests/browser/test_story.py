"""The story of one learner, one instructor, one supervisor; on a phone."""

import re

from playwright.sync_api import expect

BEGINNER = "peserta18@demo.example"  # has done nothing yet, whatever the dice of the demonstration say
NOTE = "Bangku tunggu penuh sejak pagi, seorang ibu berdiri satu jam."
TEXT = "Saya melihat antrean panjang dan baru mengerti sebabnya setelah bertanya pelan-pelan kepada seorang bapak. "


def take_quiz(page):
    """Answer every question with its first option and hand in."""
    page.click("form[action^='/quizzes/start'] button")
    while "/review" not in page.url:
        page.locator(".choice input").first.check()
        page.click("button[name=go]:not(.second)")
    page.click("form[action$='/hand-in'] button")


def test_a_learner_takes_a_module_and_is_answered(own_visitor):
    page = own_visitor.sign_in("learner")
    page.goto("/learn")
    page.click(".hero .button")
    assert "/learn/1/empati/kuis-akhir" in page.url

    take_quiz(page)
    assert page.locator(".rationale").count() > 20

    page.goto("/learn/1/empati/kunjungan")
    assert page.locator("[name='text-sosial']").count() == 0
    for box in page.locator(".gate input[type=checkbox]").all():
        box.check()
    page.click(".gate form button")
    page.fill("[name='text-catatan-kilat']", NOTE)
    page.fill("[name='text-sosial']", TEXT)
    page.click("button[formaction$='/hand-in']")
    expect(page.locator(".version")).to_have_count(1)
    assert re.search(r"[A-Z0-9]{2}-[A-Z0-9]{6}", page.locator(".version").inner_text())

    page.goto("/learn/1/empati/jurnal")
    expect(page.locator("article"), "the flash note stands beside the journal").to_contain_text(NOTE)
    page.fill("[name='text-apa']", TEXT)
    page.click("button[formaction$='/hand-in']")
    expect(page.locator("[data-saved-state][data-state=failed]"), "too short: kept, and says what is missing").to_have_count(1)
    assert page.input_value("[name='text-apa']").strip() == TEXT.strip()
    for prompt in ("lalu-apa", "sekarang-apa"):
        page.fill(f"[name='text-{prompt}']", TEXT * 6)
    page.click("button[formaction$='/hand-in']")
    expect(page.locator(".version")).to_have_count(1)

    instructor = own_visitor.sign_in("instructor")
    instructor.goto("/desk")
    before = instructor.locator(".list >> nth=0 >> li").count()
    codes = instructor.locator(".list >> nth=0 >> li a")
    for index in range(before):
        instructor.goto("/desk")
        codes.nth(index).click()
        instructor.wait_for_load_state()
        if TEXT.strip()[:60] in instructor.inner_text("main") and NOTE not in instructor.inner_text("main"):
            break
    instructor.fill("[name=strong]", "Satu kejadian yang jelas.")
    instructor.locator("input[name='rubric-etika'][value=kept]").check()
    instructor.click("form:has([name=strong]) .actions button")
    instructor.wait_for_selector(".notice.leaf[role=status]")

    page.goto("/learn/1/empati/jurnal")
    assert "Satu kejadian yang jelas." in page.inner_text("article")
    assert "Helena Suryani" in page.inner_text("article"), "read by"
    page.goto("/profile/privacy")
    assert "Helena Suryani" in page.inner_text("main")


def test_typing_survives_a_dead_line_and_a_reload(own_visitor):
    page = own_visitor.sign_in(BEGINNER)
    page.goto("/learn/1/literasi-ai/jurnal-hampir-percaya")
    area = page.locator("#writing textarea").first
    area.fill("Ditulis dengan sinyal.")
    page.wait_for_selector("[data-saved-state][data-state=saved]")
    page.context.set_offline(True)
    area.fill("Ditulis dengan sinyal. Lalu tanpa sinyal di dermaga.")
    page.wait_for_selector("[data-saved-state][data-state=waiting]")
    page.wait_for_timeout(2500)
    page.route("**/api/v1/sync", lambda route: route.abort())
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#writing textarea").first).to_have_value("Ditulis dengan sinyal. Lalu tanpa sinyal di dermaga.")
    page.unroute("**/api/v1/sync")
    page.wait_for_selector("[data-saved-state][data-state=saved]")
    elsewhere = own_visitor.sign_in(BEGINNER, width=1280)
    elsewhere.goto("/learn/1/literasi-ai/jurnal-hampir-percaya")
    assert elsewhere.locator("#writing textarea").first.input_value() == "Ditulis dengan sinyal. Lalu tanpa sinyal di dermaga."


def test_two_devices_never_overwrite_each_other(own_visitor):
    phone = own_visitor.sign_in(BEGINNER)
    office = own_visitor.sign_in(BEGINNER, width=1280)
    for page in (phone, office):
        page.goto("/learn/1/literasi-ai/jurnal-hampir-percaya")
    phone.locator("#writing textarea").first.fill("Dari ponsel.")
    phone.wait_for_selector("[data-saved-state][data-state=saved]")
    office.locator("#writing textarea").first.fill("Dari kantor.")
    expect(office.locator("[data-saved-state]")).to_have_text(office.get_attribute("#writing", "data-conflict"))
    phone.reload()
    text = phone.inner_text("article") + phone.locator("#writing textarea").first.input_value()
    assert "Dari ponsel." in text
    assert "Dari kantor." in text


def test_a_session_that_ends_while_typing_loses_nothing(own_visitor):
    """Without script: the form goes to the sign-in page with the text in it, and is saved with one press afterwards."""
    page = own_visitor.sign_in(BEGINNER, script=False)
    page.goto("/learn/1/literasi-ai/jurnal-hampir-percaya")
    page.context.clear_cookies()
    page.locator("#writing textarea").first.fill("Panjang sekali, ditulis sebelum sesi berakhir di malam hari.")
    page.click("#writing .actions button:not([formaction], [name])")
    assert page.url.endswith("/draft")
    page.fill("#email", BEGINNER)
    page.fill("#password", "peduli-demo")
    page.click("form[action='/sign-in'] button")
    assert "ditulis sebelum sesi berakhir" in page.locator("form textarea").first.input_value()
    page.click("main form .button >> nth=0")
    assert page.locator("#writing textarea").first.input_value() == "Panjang sekali, ditulis sebelum sesi berakhir di malam hari."
