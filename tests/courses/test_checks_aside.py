"""Each finding says what, why, where and how; a warning can be set aside with a reason, and comes back when its text changes."""

import re

import pytest
import sqlalchemy as sa

from courses.checks.mending import HOW
from courses.checks.models import SetAside
from lms.api import commit, db
from lms.learning.models import Activity
from lms.testing.client import text_of
from quizzes.items.models import ItemVersion

pytestmark = pytest.mark.sqlite


@pytest.fixture
def site(client, make_user, make_module):
    """Return the author's browser and a module with a jump between headings in one lesson, and a quiz without a rationale."""
    author = make_user("Ibu Penulis", roles=["instructor"], language="en")
    lesson = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "## Satu\n\n#### Jauh\n"}}
    module = make_module(lesson, owner=author)
    return client.as_(author), module


def mark_of(browser, module, words):
    """Return the mark of the finding that says these words; None when it does not stand."""
    page = browser.get(f"/studio/{module.key}/checks?all=1").text
    for item in re.findall(r'<li id="f-([^"]+)">(.*?)</li>', page, re.DOTALL):
        if words in item[1]:
            return item[0]
    return None


JUMP = "a level of headings is left out"


def write(module, source):
    activity = db.session.scalar(sa.select(Activity).where(Activity.module_id == module.id))
    activity.settings = {"source": source}
    commit()


def test_a_warning_is_set_aside_and_comes_back_when_the_text_changes(site):
    browser, module = site
    page = f"/studio/{module.key}/checks"
    mark = mark_of(browser, module, JUMP)
    empty = browser.post(f"{page}/aside", data={"mark": mark, "reason": "  "})
    assert empty.status_code == 422
    assert "Say in a sentence why" in text_of(empty)
    assert browser.post(f"{page}/aside", data={"mark": mark, "reason": "Judul dari dinas"}).status_code == 302
    assert mark_of(browser, module, JUMP) is None
    told = text_of(browser.get(page))
    assert "1 warning is set aside" in told
    assert "Judul dari dinas" in told
    assert "Ibu Penulis" in told

    write(module, "## Satu\n\n#### Jauh\n\nLebih banyak.\n")
    changed = mark_of(browser, module, JUMP)
    assert changed not in {None, mark}
    write(module, "## Satu\n\n#### Jauh\n")
    assert mark_of(browser, module, JUMP) is None, "as long as nothing else was set aside, the reason holds for the same text"

    assert browser.post(f"{page}/back", data={"mark": mark}).status_code == 302
    assert mark_of(browser, module, JUMP) == mark


def test_the_outline_of_the_module_and_publishing_leave_out_what_was_set_aside(site):
    browser, module = site
    home = f"/studio/{module.key}"
    words = "has no minutes"
    db.session.scalar(sa.select(Activity).where(Activity.module_id == module.id)).minutes = 0
    commit()
    assert words in text_of(browser.get(home))
    browser.post(f"{home}/checks/aside", data={"mark": mark_of(browser, module, words), "reason": "Belum diukur"})
    assert words not in text_of(browser.get(home))
    assert words not in text_of(browser.get(f"{home}/publish"))


def test_an_error_is_never_set_aside_and_other_modules_are_not_touched(site, make_module):
    browser, module = site
    write(module, "[x](hilang)\n")
    mark = mark_of(browser, module, "leads nowhere")
    refused = browser.post(f"/studio/{module.key}/checks/aside", data={"mark": mark, "reason": "biar"})
    assert refused.status_code == 422
    assert browser.post(f"/studio/{module.key}/checks/aside", data={"mark": "x" * 24, "reason": "biar"}).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SetAside)) == 0


def test_a_finding_leads_to_its_field_and_says_why_and_how(site):
    browser, module = site
    page = browser.get(f"/studio/{module.key}/checks?all=1").text
    jump = page[page.index(JUMP) :]
    assert f'href="/studio/{module.key}/buka#s-source"' in jump
    assert str(HOW["heading-jump"]) in jump
    assert "Why it matters" in jump
    assert f'href="/studio/{module.key}/buka?open=more#tags"' in page
    editor = browser.get(f"/studio/{module.key}/buka?open=more").text
    assert '<details class="why" open>' in editor
    for place in ("s-source", "tags", "sources", "checked_on", "minutes", "section", "rule"):
        assert f'id="{place}"' in editor


def test_publishing_waits_for_rationales(client, make_user, make_module):
    author = make_user(roles=["instructor"], language="en")
    options = [{"text": "ya", "correct": True, "rationale": "sebab"}, {"text": "tidak", "rationale": "sebab"}]
    item = {"key": "s", "kind": "single_choice", "stem": "Apa?", "options": options}
    module = make_module({"type": "quiz", "key": "cek", "title": "Cek", "settings": {"items": [item]}}, owner=author)
    browser, home = client.as_(author), f"/studio/{module.key}"
    assert "without a rationale" not in text_of(browser.get(home))
    version = db.session.scalars(sa.select(ItemVersion)).one()
    version.data = {**version.data, "options": [{**row, "rationale": ""} for row in version.data["options"]]}
    module.about = {**module.about, "summary": {"id": "Baru", "en": "New"}}
    commit()
    assert "2 options without a rationale" in text_of(browser.get(home))
    refused = browser.post(f"{home}/publish", data={"note": ""})
    assert refused.status_code == 422
    assert "2 options without a rationale" in text_of(refused)
