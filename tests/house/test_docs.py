"""The generated pages of docs/ say what the code says."""

import pytest

from lms import docs
from lms.cli import main
from lms.people.permissions import PERMISSIONS
from lms.settings import SETTINGS

pytestmark = pytest.mark.sqlite


def test_generated_pages_are_up_to_date(app):
    with app.app_context():
        assert not docs.stale(), "run `lms docs`"


def test_every_setting_and_permission_of_ours_is_there(app):
    with app.app_context():
        pages = docs.documents()
    assert not [setting.name for setting in SETTINGS if f"`LMS_{setting.name}`" not in pages["settings.md"]]
    ours = ("lms", "courses", "quizzes", "media")
    names = [name for name in PERMISSIONS if name.split(":")[0] in ours]
    assert not [name for name in names if f"`{name}`" not in pages["permissions.md"]]


def test_the_command_tells_what_is_stale_and_writes_it(app, tmp_path, monkeypatch):
    monkeypatch.setattr(docs, "FOLDER", tmp_path)
    runner = app.test_cli_runner()
    told = runner.invoke(main, ["docs", "--check"])
    assert told.exit_code == 1
    assert told.output.count("is not up to date") == 2
    assert not list(tmp_path.iterdir())
    assert runner.invoke(main, ["docs"]).exit_code == 0
    assert runner.invoke(main, ["docs", "--check"]).exit_code == 0
    page = tmp_path / "settings.md"
    page.write_text(page.read_text().replace("LMS_PORT", "LMS_PORTS"))
    assert "docs/settings.md" in runner.invoke(main, ["docs", "--check"]).output
    monkeypatch.setattr(docs, "FOLDER", tmp_path / "none")
    assert runner.invoke(main, ["docs"]).exit_code == 2


def test_pages_are_in_english_whatever_the_language_of_the_site(app):
    with app.app_context():
        assert "| Role | Whole site |" in docs.documents()["permissions.md"]


@pytest.mark.parametrize("name", ["settings.md", "permissions.md"])
def test_tables_are_well_formed(app, name):
    with app.app_context():
        lines = [line for line in docs.documents()[name].splitlines() if line.startswith("|")]
    assert len({line.count(" | ") for line in lines}) <= 2
