"""Templates: those in the box are sound, one's own come back as they were, and nobody sees others' who does not share a unit."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from support.forms import form_of

from courses.checks.heavy import LIST, read_words
from courses.checks.printed import check_folder
from courses.starters import services
from courses.starters.models import Template
from courses.starters.views import export_templates
from lms.db import commit, db
from lms.learning.models import Activity
from lms.learning.services import draft_activities
from lms.testing.client import text_of
from lms.text import render_markdown
from quizzes.items.models import BankItem

LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "Halo **semua**.\n"}}


@pytest.fixture
def somewhere(make_module):
    """Make a role of instructor that reaches one small module only."""
    return ("instructor", "module", make_module(key="lain", publish=False).id)


@pytest.fixture
def write(client, make_user, make_module, somewhere):
    """Give (browser, module, user) of a new author."""

    def make(unit=None, **options):
        user = make_user(roles=[somewhere], language="en")
        if unit is not None:
            user.unit_id = unit.id
        module = make_module(LESSON, owner=user, **options)
        commit()
        return client.as_(user), module, user

    return make


def draft(module):
    """Return the draft's activities anew, by key."""
    db.session.expire_all()
    return {activity.key: activity for activity in draft_activities(module.id)}


# -- in the box --------------------------------------------------------------------------------------------------------------------------


def test_the_templates_in_the_box_pass_the_check(database):
    checked = check_folder(services.HERE / "texts", read_words(LIST), dt.date(2026, 12, 1))
    assert (checked.errors, checked.warnings) == (0, 0)
    assert {one.type for one in services.in_the_box()} == {"lesson", "field_visit", "journal", "assignment", "quiz"}


def test_every_snippet_is_drawn_as_it_is_meant():
    for snippet in services.snippets():
        html = render_markdown(snippet.text)
        assert set(snippet.title) == {"id", "en"}
        assert re.search('class="box |<table>|task-list', html), snippet.title
        assert "!!!" not in html


@pytest.mark.parametrize("number", range(6))
def test_an_activity_begins_with_each_template_in_the_box(write, number):
    browser, module, _user = write()
    starter = services.in_the_box()[number]
    for title in ("Satu", "Dua"):
        answer = browser.post(
            f"/studio/{module.key}/templates", data={"template": starter.key, "title": title, "section": module.about["sections"][0]["key"]}
        )
        assert answer.location == f"/studio/{module.key}/{title.lower()}", text_of(answer)
    made = draft(module)["dua"]
    assert (made.type, made.title, made.tags, made.minutes) == (starter.type, "Dua", starter.tags, starter.minutes)
    page = browser.get(f"/studio/{module.key}/dua")
    assert page.status_code == 200
    saved = browser.post(f"/studio/{module.key}/dua", data=form_of(page))
    assert saved.status_code == 302, text_of(saved)
    if starter.type == "quiz":
        keys = db.session.scalars(sa.select(BankItem.key).where(BankItem.module_id == module.id)).all()
        assert len(keys) == len(set(keys)) == 8, "each has questions of its own"


# -- of one's own ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({"lesson", "field_visit", "journal", "assignment", "quiz"}))
def test_what_is_kept_comes_back_as_it_was(write, name):
    browser, module, user = write()
    starter = next(one for one in services.in_the_box() if one.type == name)
    where = f"/studio/{module.key}"
    section = module.about["sections"][0]["key"]
    browser.post(f"{where}/templates", data={"template": starter.key, "title": "Asal", "section": section})
    assert browser.post(f"{where}/asal/template", data={"title": "Pola saya"}).location == f"{where}/asal"
    row = db.session.scalars(sa.select(Template).where(Template.owner_id == user.id)).one()
    assert row.unit_id is None
    commit()
    assert (
        browser.post(f"{where}/templates", data={"template": str(row.id), "title": "Turunan", "section": section}).location
        == f"{where}/turunan"
    )
    first, second = draft(module)["asal"], draft(module)["turunan"]
    assert (first.tags, first.rule, first.minutes) == (second.tags, second.rule, second.minutes)
    if name != "quiz":
        assert first.settings == second.settings
    page = browser.get(f"{where}/turunan")
    assert browser.post(f"{where}/turunan", data=form_of(page)).status_code == 302


def test_a_template_is_seen_by_who_made_it_and_by_their_unit_when_shared(write, make_unit):
    here, elsewhere = make_unit(), make_unit()
    browser, module, author = write(here)
    for title, shared in (("Untuk saya", {}), ("Untuk kita", {"shared": "y"})):
        assert browser.post(f"/studio/{module.key}/buka/template", data={"title": title, **shared}).status_code == 302
    assert "Untuk saya" in text_of(browser.get(f"/studio/{module.key}/templates"))
    ids = {row.title: row.id for row in services.of_person(author.id)}
    commit()
    for unit, seen in ((here, True), (elsewhere, False), (None, False)):
        other, theirs, _user = write(unit)
        page = text_of(other.get(f"/studio/{theirs.key}/templates"))
        assert ("Untuk kita" in page, "Untuk saya" in page) == (seen, False)
        chosen = {"title": "Baru", "section": theirs.about["sections"][0]["key"]}
        for title, status in (("Untuk saya", 422), ("Untuk kita", 302 if seen else 422)):
            assert other.post(f"/studio/{theirs.key}/templates", data={**chosen, "template": str(ids[title])}).status_code == status
        assert other.post(f"/studio/templates/{ids['Untuk kita']}/delete").status_code == 404
    assert browser.post(f"/studio/templates/{ids['Untuk kita']}/delete").status_code == 302
    assert [row.title for row in services.of_person(author.id)] == ["Untuk saya"]


def test_sharing_needs_a_unit_and_what_was_typed_stays(write):
    browser, module, _user = write()
    answer = browser.post(f"/studio/{module.key}/buka/template", data={"title": "Pola <b>", "shared": "y"})
    assert answer.status_code == 422
    assert form_of(answer, "") == {"title": "Pola <b>", "shared": "y"}
    assert "no unit" in text_of(answer)
    answer = browser.post(f"/studio/{module.key}/templates", data={"title": "Judul", "section": "tidak-ada"})
    assert answer.status_code == 422
    assert form_of(answer, "")["title"] == "Judul"
    assert set(draft(module)) == {"buka"}


def test_a_person_gets_their_templates_with_their_data(write):
    browser, module, user = write()
    browser.post(f"/studio/{module.key}/buka/template", data={"title": "Pola"})
    (row,) = export_templates(user.id)
    assert (row["title"], row["content"]["settings"]) == ("Pola", {"source": "Halo **semua**.\n"})


def test_many_templates_cost_no_more_statements(write, queries):
    browser, module, user = write()
    url = f"/studio/{module.key}/templates"
    browser.get(url)
    with queries() as few:
        browser.get(url)
    activity = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id)).one()
    data = {"tags": [], "rule": None, "settings": activity.settings}
    db.session.add_all([Template(owner_id=user.id, title=f"Pola {number}", type="lesson", minutes=5, data=data) for number in range(40)])
    commit()
    with queries() as many:
        browser.get(url)
    assert len(many) == len(few)
    assert len(many) <= 12


def test_snippets_can_be_copied_without_a_script(write):
    browser, module, _user = write()
    page = text_of(browser.get("/studio/snippets"))
    assert '!!! tomorrow "Besok di kantor"' in page
    assert "/studio/snippets" in browser.get(f"/studio/{module.key}/buka").get_data(as_text=True)
