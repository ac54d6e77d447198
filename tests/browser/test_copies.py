"""What is new in the original of a copy, decided with the keyboard alone."""

import os
import re
import subprocess
import sys

from support.demonstration import ROOT

LESSON = "02-dua-loket-satu-aturan.md"


def lms(server, *arguments):
    """Run a command on the server's data."""
    environment = {**os.environ, "LMS_DATA": str(server.data)}
    subprocess.run([sys.executable, "-m", "lms", *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)


def change(server, folder, key, word, other):
    """Export a module, put another word into a lesson, bring it in again."""
    lms(server, "module", "export", key, str(folder))
    path = folder / LESSON
    path.write_text(path.read_text().replace(word, other, 1))
    lms(server, "module", "import", str(folder))


def test_a_conflict_is_decided_with_the_keyboard_alone(own_server, own_visitor, tmp_path):
    lms(own_server, "module", "fork", "empati", "empati-bontang", "--owner", "instructor@demo.example")
    change(own_server, tmp_path / "salinan", "empati-bontang", "pelan-pelan", "sambil duduk")
    change(own_server, tmp_path / "asal", "empati", "pelan-pelan", "dua kali")
    page = own_visitor.page(own_visitor.context(state=own_visitor.state_of("instructor"), worker=False))
    page.goto("/studio/empati-bontang/upstream")
    for _try in range(40):  # a worker brings the news
        if page.locator("main .head a.button").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.focus("main .head a.button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("[data-keys]:not([hidden])")
    assert re.search("sambil duduk.*dua kali", page.inner_text("main"), re.DOTALL)
    page.keyboard.press("4")
    page.keyboard.type("Bersama: ")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert page.url.endswith("/upstream/result")
    page.focus("#take button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"/studio/empati-bontang/{LESSON[3:-3]}")
    assert "Bersama: " in page.input_value("[name=s-source]")
