"""The design page shows everything; its colours can be read; the page of plugins tells what is installed and what is missing."""

import re
from pathlib import Path

import pytest

from lms.api import Plugin
from lms.db import db
from lms.learning.models import Activity
from lms.testing.client import text_of
from lms.web import palette

UI = (Path(palette.__file__).parent / "templates/web/ui.html").read_text()
PAGE = (Path(palette.__file__).parent / "templates/web/design.html").read_text()
PAIRS = [pytest.param(pair, id=f"{pair.front} on {pair.back}") for pair in palette.pairs()]


# -- colours -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "back", "ratio"),
    [("#000000", "#ffffff", 21), ("#fff", "#ffffff", 1), ("#777777", "#ffffff", 4.48), ("#0b6b4f", "#ffffff", 6.5)],
)
def test_contrast_is_that_of_wcag(front, back, ratio):
    assert palette.contrast(front, back) == pytest.approx(ratio, abs=0.01)
    assert palette.contrast(back, front) == pytest.approx(ratio, abs=0.01)


def test_what_lets_something_through_is_mixed_with_what_is_under_it():
    assert palette.contrast("#000000", "#ffffff00", "#000000") == pytest.approx(1)
    assert palette.contrast("#000000", "#ffffffff", "#000000") == pytest.approx(21)


@pytest.mark.parametrize("pair", PAIRS)
def test_colours_can_be_told_apart_in_both_schemes(pair):
    assert pair.light >= pair.needed
    assert pair.dark >= pair.needed


def test_the_dark_scheme_changes_what_the_light_one_has():
    light, dark = palette.tokens("light"), palette.tokens("dark")
    assert set(light) == set(dark)
    assert light["paper"] != dark["paper"]


# -- the page ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_shows_every_component(client, language, make_user, queries):
    make_user()
    with queries() as seen:
        page = client.get("/-/design", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert not seen, "a page for everybody, without the database"
    html = page.get_data(as_text=True)
    for name in palette.icon_names():
        assert f'icons.svg#{name}"' in html, name
    for mark in (
        'aria-invalid="true"',
        'class="error"',
        "disabled",
        'data-state="failed"',
        'class="segments"',
        'class="meter"',
        'rel="next"',
    ):
        assert mark in html, mark


def test_every_macro_is_shown():
    macros = set(re.findall(r"{% macro (\w+)\(", UI)) - {"errors", "described", "state_word"}  # parts of others
    shown = set(re.findall(r"ui\.(\w+)\(", PAGE))
    assert macros - shown <= {"post_button", "date_tile", "clauses"}, "written out, because they need an address or a rule"
    for written_out in ('class="date"', 'class="clauses"', "ui.post_button(text, url, icon)"):
        assert written_out in PAGE


def test_anchors_lead_to_chapters(client, make_user):
    make_user()
    html = client.get("/-/design").get_data(as_text=True)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "each id once"
    anchors = {target for target in re.findall(r'href="#([^"]*)"', html) if target}
    assert anchors <= set(ids)
    assert len(re.findall(r"<h2 id=", html)) == len(re.findall(r"{{ chapter\(", PAGE))


def test_labels_belong_to_fields(client, make_user):
    make_user()
    html = client.get("/-/design").get_data(as_text=True)
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r'<label for="([^"]+)"', html)) <= ids
    for described in re.findall(r'aria-describedby="([^"]+)"', html):
        assert set(described.split()) <= ids


# -- plugins ---------------------------------------------------------------------------------------------------------------------------


def test_the_page_of_plugins_tells_everything(app, client, make_user):
    browser = client.as_(make_user(roles=["admin"], language="en"))
    page = browser.get("/-/plugins")
    text = text_of(page)
    for plugin in app.extensions["lms"].plugins.values():
        assert f'id="{plugin.key}"' in page.get_data(as_text=True)
        for permission in plugin.permissions:
            assert permission.name in text
        for key in plugin.activities:
            assert f"<code>{key}</code>" in page.get_data(as_text=True)
    for task in app.extensions["lms"].tasks:
        assert task in text
    assert "lms:revision-published" in text
    assert "Some activities need a plugin" not in text


def test_activities_without_their_plugin_are_counted(client, make_user, make_module):
    module = make_module()
    for number in range(3):
        db.session.add(
            Activity(
                module_id=module.id,
                key=f"jajak-{number}",
                type="poll",
                title="Jajak",
                section="satu",
                position=5 + number,
                requires=[],
                tags=[],
                sources=[],
                settings={},
                prepared={},
            )
        )
    db.session.flush()
    text = text_of(client.as_(make_user(roles=["admin"], language="en")).get("/-/plugins"))
    assert "Some activities need a plugin that is not installed." in text
    assert "poll : 3 activities" in text


def test_only_administrators_see_plugins(client, make_user):
    assert client.as_(make_user()).get("/-/plugins").status_code == 403
    assert client.get("/-/plugins").status_code == 302


def test_tasks_say_how_often(app, client, make_user, monkeypatch):
    plugin = Plugin("often", "often", title="Often")
    for every in (1, 3600, 7200, 86400, 172800, None):
        handler = lambda: None  # noqa: E731
        handler.__name__ = f"every_{every}"
        plugin.task(every=every)(handler)
    monkeypatch.setitem(app.extensions["lms"].plugins, "often", plugin)
    for task in plugin.tasks:
        monkeypatch.setitem(app.extensions["lms"].tasks, task.name, task)
    text = text_of(client.as_(make_user(roles=["admin"], language="en")).get("/-/plugins"))
    for words in ("every second", "every hour", "every 2 hours", "every day", "every 2 days", "when something calls for it"):
        assert words in text
