"""The check-in on two real phones without a line, and a photo that is made small before it travels."""

import io
import json
import os
import re
import uuid

from PIL import Image
from playwright.sync_api import expect

from courses.visits import codes

SECRET = bytes(range(32))
VISIT = uuid.UUID("6f1c1d0e-8e0a-4b7e-9d57-0d6c3b9a1f01")
MEMBER = uuid.UUID("6f1c1d0e-8e0a-4b7e-9d57-0d6c3b9a1f02")


RECEIPT = re.compile(r"[A-Z0-9]{2}-[A-Z0-9]{6}")


def words(page, form):
    """Return the sentences of a form."""
    return json.loads(page.get_attribute(form, "data-words"))


def visit_of(page):
    """Go to the learner's visit of today and return its address."""
    page.goto("/learn/1/empati/kunjungan")
    address = page.get_attribute(".visit .actions a", "href")
    page.goto(address)
    return address


def test_phones_count_as_the_server_does(visitor):
    page = visitor.sign_in("learner")
    visit_of(page)
    steps = [0, 1, 5_984_088, 5_984_089, 2**31]
    key = codes.member_key(SECRET, MEMBER)
    made = page.evaluate(
        """async ([secret, key, visit, steps]) => {
          const { codeAt, answerTo } = await import(document.querySelector("script[src*=checkin]").src);
          const codes = [];
          for (const step of steps) {
            const code = await codeAt(new Uint8Array(secret), visit, step);
            codes.push([code, await answerTo(new Uint8Array(key), visit, code)]);
          }
          return codes;
        }""",
        [list(SECRET), list(key), str(VISIT), steps],
    )
    expected = [codes.code_at(SECRET, VISIT, step) for step in steps]
    assert made == [[code, codes.answer_to(key, VISIT, code)] for code in expected]


def test_both_phones_check_in_without_a_line(own_visitor):
    learner, leader = own_visitor.sign_in("learner"), own_visitor.sign_in("instructor")
    address = visit_of(learner)
    leader.goto(f"/cohorts/1{address}/roster")
    expect(leader.locator("[data-left]")).not_to_be_empty()
    for page in (learner, leader):
        page.context.set_offline(True)
    code = leader.text_content("[data-code]")
    learner.fill("#code", code)
    learner.locator("[data-check-in] button").click()
    answer = learner.locator("[data-answer] code")
    expect(answer).to_have_text(re.compile(r"^\d{4}$"))
    expect(learner.locator("[data-check-in] [data-said]")).to_have_text(words(learner, "[data-check-in]")["device"])
    number = answer.text_content()
    row = leader.locator("[data-member]").first
    wrong = "0000" if number != "0000" else "1111"
    row.locator("input").fill(wrong)
    expect(leader.locator("[data-said]")).to_have_text(words(leader, "[data-roll]")["unfit"])
    row.locator("input").fill(number)
    expect(row.locator("[data-state]")).to_have_text(words(leader, "[data-roll]")["fits"])
    for page, form in ((leader, "[data-roll]"), (learner, "[data-check-in]")):
        page.context.set_offline(False)
        expect(page.locator(f"{form} [data-said]")).to_contain_text(RECEIPT)
    leader.reload()
    expect(leader.locator("[data-member]").first.locator(".badge.leaf")).to_be_visible()
    own_visitor.complaints[:] = [text for text in own_visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in text]
    assert not own_visitor.complaints


def test_a_note_survives_closing_the_page(own_visitor):
    learner, leader = own_visitor.sign_in("learner"), own_visitor.sign_in("instructor")
    address = visit_of(learner)
    leader.goto(f"/cohorts/1{address}/roster")
    learner.route("**/api/v1/sync", lambda route: route.abort())
    learner.fill("#code", leader.text_content("[data-code]"))
    learner.locator("[data-check-in] button").click()
    waits, said = words(learner, "[data-check-in]"), learner.locator("[data-check-in] [data-said]")
    expect(said).to_have_text(re.compile(f"{re.escape(waits['device'])}|{re.escape(waits['sent'])}"))
    learner.unroute("**/api/v1/sync")
    learner.reload()
    expect(said).to_contain_text(RECEIPT)
    learner.reload()
    expect(learner.locator("#check-in .badge.gold")).to_be_visible()


def camera():
    """Return a photo of 5 MB with a place in it."""
    exif = Image.Exif()
    exif[0x010F] = "kenari-kamera"
    exif.get_ifd(0x8825).update({1: "S", 2: (0.0, 2.0, 3.0), 3: "E", 4: (109.0, 20.0, 0.0)})
    small = Image.frombytes("RGB", (400, 300), os.urandom(400 * 300 * 3))
    out = io.BytesIO()
    small.resize((3200, 2400)).save(out, "JPEG", quality=97, exif=exif)
    return out.getvalue()


def test_a_photo_is_small_and_bare_before_it_travels(own_visitor):
    page = own_visitor.sign_in("learner")
    address = visit_of(page)
    page.goto(f"{address}/consent?kind=photo_without_face")
    page.fill("#paper_number", "KJ-77")
    page.click("main form.card button")
    page.wait_for_load_state("networkidle")  # the script for photos comes behind
    photo = camera()
    assert b"kenari-kamera" in photo
    assert len(photo) > 1_000_000
    page.set_input_files("#photo", {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo})
    expect(page.locator("[data-photo] [data-said]")).to_contain_text("KB")
    travels = bytes(page.evaluate("async () => Array.from(new Uint8Array(await document.querySelector('#photo').files[0].arrayBuffer()))"))
    assert len(travels) <= 200_000
    assert b"kenari-kamera" not in travels
    assert b"Exif" not in travels
    with Image.open(io.BytesIO(travels)) as made:
        assert max(made.size) <= 1600
    page.click("[data-photo] button")
    expect(page.locator("#photos .pictures img")).to_be_visible()
    page.locator("#photos .pictures img").scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('#photos .pictures img').naturalWidth > 0")
    assert not own_visitor.complaints
