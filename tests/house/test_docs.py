"""The generated pages of docs/ say what the code says; what people wrote names what there is, and its examples work."""

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from flask.cli import ScriptInfo
from werkzeug.datastructures import MultiDict

from courses.folder.reader import read_folder
from lms import docs
from lms.cli import main
from lms.people.permissions import PERMISSIONS
from lms.registry import activity_type
from lms.settings import SETTINGS
from quizzes.api import KINDS, load_data
from quizzes.items.services import load_row

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

ROOT = docs.HOME
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")
PICTURE = re.compile(r'<img src="([^"]+)" width="\d+" alt="([^"]+)">')
VARIABLE = re.compile(r"\bLMS_[A-Z][A-Z_]*[A-Z]\b")
# A command stands alone on a line of a block, after variables and the folder of the program; or between `, in a sentence.
LINE = re.compile(r"^(?:\w+=\S+ )*(?:\S+/)?(lms|make) ([^#\n]+)", re.MULTILINE)
INLINE = re.compile(r"`(lms|make) ([^`\n]+)`")
OF_EXAMPLES = ("thanks",)  # the plugin of docs/plugins.md
PICTURE_BYTES = 120_000

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def commands(page):
    """Return (program, arguments) of every command on a page."""
    text = page.read_text("utf-8")
    blocks = "".join(block for language, block in BLOCK.findall(text) if not language)
    return LINE.findall(blocks) + INLINE.findall(BLOCK.sub("", text))


def anchors(page):
    """Return the anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_links_lead_somewhere(page):
    for target, anchor in LINK.findall(re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text("utf-8")))):
        there = page.parent / target if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


@each_page
def test_pictures_are_there_and_small(page):
    for target, words in PICTURE.findall(page.read_text("utf-8")):
        assert (page.parent / target).stat().st_size < PICTURE_BYTES
        assert len(words) > 20
    assert page.read_text("utf-8").count("<img") == len(PICTURE.findall(page.read_text("utf-8")))


def test_every_picture_is_shown():
    shown = {Path(target).name for page in PAGES for target, _words in PICTURE.findall(page.read_text("utf-8"))}
    assert shown == {path.name for path in (ROOT / "docs" / "pictures").iterdir()}


@each_page
def test_settings_that_are_named_exist(page):
    assert {name.removeprefix("LMS_") for name in VARIABLE.findall(page.read_text("utf-8"))} <= {setting.name for setting in SETTINGS}


@each_page
def test_commands_that_are_named_exist(app, page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    with app.app_context():
        for program, line in commands(page):
            words = line.split()
            if program == "make":
                assert words[0] in targets, line
            elif words[0] not in OF_EXAMPLES:
                _follow(app, words)


def _follow(app, words):
    """Go from `lms` to a command by its words, and look for its options."""
    command, context = main, click.Context(main, obj=ScriptInfo(create_app=lambda: app))
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.get_command(context, words.pop(0))
        assert command is not None, words
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


def test_commands_are_found():
    found = {line.split()[0] for page in PAGES for _program, line in commands(page)}
    assert {"run", "check", "db", "keys", "user", "progress", "module", "worker", "plugin", "test", "lint"} <= found


# -- what docs say how to do -------------------------------------------------------------------------------------------------------


def test_the_commands_of_operations_are_understood(app):
    """Every `lms …` that an operator is told to type has a command, and options that it knows."""
    lines = [
        line
        for line in (ROOT / "docs" / "operations.md").read_text("utf-8").splitlines()
        if line.removeprefix(".venv/bin/").startswith("lms ")
    ]
    assert len(lines) > 10
    for line in lines:
        words = [word for word in shlex.split(line, comments=True) if "=" not in word or word.startswith("-")]
        command, context = main, main.make_context("lms", words[1:], obj=ScriptInfo(create_app=lambda: app))
        while isinstance(command, click.Group):
            name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
            context = command.make_context(name, list(rest), parent=context)


def test_the_examples_of_modules_are_a_module(app, tmp_path):
    text = (ROOT / "docs" / "modules.md").read_text("utf-8")
    blocks = [block for language, block in BLOCK.findall(text) if language in {"yaml", "markdown"}]
    names = ["module.yaml", "01-pelajaran.md", "02-kuis-gerbang.yaml", "03-kunjungan.yaml", "04-jurnal.yaml", "05-tugas.yaml"]
    names += ["06-film.yaml", "07-tautan.yaml", "08-pertemuan.yaml", "09-survei.yaml", "10-diskusi.yaml"]
    for name, block in zip(names, blocks, strict=True):
        (tmp_path / name).write_text(re.sub(r"^section: .*$", "section: mulai", block, flags=re.MULTILINE), "utf-8")
    with app.app_context():
        module, problems = read_folder(tmp_path)
    assert [str(problem) for problem in problems] == []
    types = ["lesson", "quiz", "field_visit", "journal", "assignment", "video", "resource", "session", "survey", "discussion"]
    assert [activity.type for activity in module.activities] == types


def test_the_pictures_are_those_that_the_script_takes():
    pictures = importlib.import_module("pictures")
    assert {path.stem for path in pictures.FOLDER.glob("*.webp")} == set(pictures.PICTURES)


def blocks_of(name, language):
    """Return the examples of a page in a language."""
    return [block for found, block in BLOCK.findall((ROOT / "docs" / name).read_text("utf-8")) if found == language]


def test_the_examples_of_quizzes_load(app):
    settings, items = (yaml.safe_load(block) for block in blocks_of("quizzes.md", "yaml"))
    with app.app_context():
        kind = activity_type("quiz")
        quiz = kind.load({name: value for name, value in settings.items() if name not in {"type", "title", "section", "minutes"}}, None)
        assert quiz["items"][0]["weight"] == 2
        assert quiz["reveal"] == "after_closing"
        assert {load_row(item)["kind"] for item in items} == set(KINDS)


def test_the_kind_of_the_docs_is_one(app):
    (code,) = blocks_of("quizzes.md", "python")
    namespace = {}
    try:
        exec(compile(code, "docs/quizzes.md", "exec"), namespace)
        mine = KINDS["yes_no"]
        data = load_data("yes_no", mine.example)
        assert mine.prepare(data, {})["stem"].startswith("<p>Sudah")
        assert mine.mark(data, mine.read(data, {}, MultiDict({"said": "yes"}))) == 1
        assert mine.mark(data, mine.read(data, {}, MultiDict({"said": "maybe"}))) == 0
    finally:
        KINDS.pop("yes_no", None)
