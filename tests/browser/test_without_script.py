"""The main work of everybody with JavaScript switched off, on a phone."""

import re

NOTE = "Bangku tunggu penuh sejak pagi, seorang ibu berdiri satu jam."
TEXT = "Saya melihat antrean panjang dan baru mengerti sebabnya setelah bertanya pelan-pelan kepada seorang bapak. "
ADDED = "Satu kalimat baru dari studio tanpa skrip."
RECEIPT = re.compile(r"[A-Z0-9]{2}-[A-Z0-9]{6}")


def test_a_lesson_is_read_to_its_end(own_visitor):
    page = own_visitor.page(own_visitor.context(script=False))
    page.goto("/learn/1/penulisan-kehumasan/selamat-datang")
    page.fill("#email", "learner@demo.example")
    page.fill("#password", "peduli-demo")
    page.click("form[action='/sign-in'] button")
    page.click("a[href='#outline']")
    link = page.locator(".rail a[href$='/selamat-datang']")
    assert link.is_visible(), "the drawer opens without a script"
    assert "complete" not in link.locator("xpath=..").get_attribute("class")
    page.click(".rail a[href='#content']")
    page.click("form[action$='/read'] button")
    assert page.url.endswith("/satu-pesan-di-grup-rt")
    assert "complete" in page.locator(".rail li:has(a[href$='/selamat-datang'])").get_attribute("class")


def test_quiz_visit_journal_and_the_answer_to_it(own_visitor):
    page = own_visitor.sign_in("learner", script=False)
    take_quiz(page)
    visit(page)
    write(page)
    answer(own_visitor.sign_in("instructor", script=False))
    page.reload()
    assert "Satu kejadian yang jelas." in page.inner_text("article")


def take_quiz(page):
    """Flag a question, answer all of them, hand in, read why."""
    page.goto("/learn/1/empati/kuis-akhir")
    page.click("form[action^='/quizzes/start'] button")
    page.check("[name$=-flag]")
    while "/review" not in page.url:
        page.locator(".choice input").first.check()
        page.click("button[name=go]:not(.second)")
    assert page.locator(".palette .flagged").count() == 1
    page.click("form[action$='/hand-in'] button")
    assert page.locator(".rationale").count() > 20


def visit(page):
    """Tick the points one by one, write what was seen, save, and hand in."""
    page.goto("/learn/1/empati/kunjungan")
    boxes = page.locator(".gate input[type=checkbox]")
    boxes.first.check()
    page.click(".gate form button")
    assert page.locator("#writing").count() == 0, "one point is not all"
    assert boxes.first.is_checked()
    for box in boxes.all():
        box.check()
    page.fill("#happened_on", "2026-11-12")
    page.click(".gate form button")
    page.fill("[name='text-catatan-kilat']", NOTE)
    page.click("#writing button:not([formaction])")
    assert page.input_value("[name='text-catatan-kilat']") == NOTE
    page.fill("[name='text-sosial']", TEXT)
    page.click("button[formaction$='/hand-in']")
    assert RECEIPT.search(page.inner_text(".version"))


def write(page):
    """Hand in too early, which loses nothing; then hand in."""
    page.goto("/learn/1/empati/jurnal")
    assert NOTE in page.inner_text("article")
    page.fill("[name='text-apa']", TEXT)
    page.click("button[formaction$='/hand-in']")
    assert page.locator(".notice.gold").count() == 1
    assert page.input_value("[name='text-apa']").strip() == TEXT.strip()
    for prompt in ("lalu-apa", "sekarang-apa"):
        page.fill(f"[name='text-{prompt}']", TEXT * 6)
    page.click("button[formaction$='/hand-in']")
    assert RECEIPT.search(page.inner_text(".version"))


def answer(page):
    """Find the journal in the queue and answer it."""
    page.goto("/desk")
    for address in [link.get_attribute("href") for link in page.locator(".list >> nth=0 >> li a").all()]:
        page.goto(address)
        if TEXT.strip() in page.inner_text("main") and NOTE not in page.inner_text("main"):
            break
    page.fill("[name=strong]", "Satu kejadian yang jelas.")
    page.locator("input[name='rubric-etika'][value=kept]").check()
    page.click("form:has([name=strong]) .actions button")


def test_a_supervisor_finds_who_needs_help(visitor):
    page = visitor.sign_in("supervisor", script=False)
    page.goto("/team")
    page.click("main .list a >> nth=-1")
    everybody = page.locator(".team-list tbody tr").count()
    page.click(".team-figures li:nth-child(2) a")
    assert 0 < page.locator(".team-list tbody tr").count() < everybody
    page.click(".team-tools details:nth-of-type(2) summary")
    assert page.locator(".team-tools textarea").is_visible()
    page.click(".team-tools details:nth-of-type(1) summary")
    page.fill("[name=q]", "nobody has this name")
    page.click(".team-tools form button")
    assert page.locator(".empty").count() == 1
    page.click(".empty a")
    page.click("a[href^='/team/picture']")
    assert page.locator(".team-picture .dots").count() > 100


def test_an_instructor_edits_a_lesson_and_publishes_it(own_visitor):
    page = own_visitor.sign_in("instructor", script=False)
    page.goto("/studio/penulisan-kehumasan/selamat-datang")
    text = page.locator("textarea.text")
    text.fill(f"{text.input_value()}\n\n{ADDED}\n")
    page.click(".save-bar [formaction*='/preview']")
    assert ADDED in page.frame_locator(".studio-preview iframe").locator("body").inner_text()
    page.click(".save-bar button:not([formaction])")
    page.goto("/studio/penulisan-kehumasan")
    page.click("a[href$='/publish']")
    page.fill("main form textarea, main form input[name=note]", "Satu kalimat lebih jelas.")
    page.click("main form .actions button")
    page.goto("/studio/penulisan-kehumasan")
    assert "Satu kalimat lebih jelas." in page.inner_text("main")
