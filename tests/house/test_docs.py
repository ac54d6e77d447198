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


# -- what people wrote -------------------------------------------------------------------------------------------------------------

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)|src=\"([^\"]+)\"")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
VARIABLE = re.compile(r"\bLMS_[A-Z][A-Z_]*[A-Z]\b")
COMMAND = re.compile(r"(?:^|`|(?:^|\s)\S*/bin/)lms ((?:[a-z]+ ?)+(?:.*?--[a-z-]+)*)", re.MULTILINE)
PICTURE_BYTES = 120_000


def _anchors(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor, picture in LINK.findall(BLOCK.sub("", page.read_text("utf-8"))):
        there = page.parent / (target or picture) if target or picture else page
        assert there.exists(), f"{page.name}: {target or picture}"
        assert not anchor or anchor in _anchors(there), f"{page.name}: {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_are_named_exist(page):
    known = {f"LMS_{setting.name}" for setting in SETTINGS} | {"LMS_TEST_DATABASE_URL"}
    assert set(VARIABLE.findall(page.read_text("utf-8"))) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(app, page):
    with app.app_context():
        wrong = [line for line in COMMAND.findall(page.read_text("utf-8")) if not _is_a_command(line)]
    assert not wrong


def _is_a_command(line):
    """Follow the words of a line from `lms` to a command, and look for its options."""
    words = line.split()
    command, context = main, click.Context(main, obj=ScriptInfo(create_app=lambda: flask.current_app._get_current_object()))
    while isinstance(command, click.Group) and words and not words[0].startswith("--"):
        command = command.get_command(context, words.pop(0).strip("`.,;:()"))
    options = {name for parameter in getattr(command, "params", ()) for name in parameter.opts}
    return command is not None and all(word.strip("`.,;:()") in options for word in words if word.startswith("--"))
