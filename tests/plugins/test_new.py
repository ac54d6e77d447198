"""`lms plugin new`: what it writes is a plugin that can be built, installed and tested as it is."""

import re

import pytest
from click.testing import CliRunner

from lms.plugin_cli import plugin_group

pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(600)]


def test_a_new_plugin_passes_its_tests(workshop, tmp_path):
    said = workshop.run(workshop.lms, "plugin", "new", "Word-Cloud", cwd=tmp_path).stdout
    folder = tmp_path / "lms-word-cloud"
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert written == [
        "README.md",
        "lms_word_cloud/__init__.py",
        "lms_word_cloud/templates/lms_word_cloud/word_cloud.html",
        "lms_word_cloud/translations/id/LC_MESSAGES/lms_word_cloud.po",
        "pyproject.toml",
        "tests/test_word_cloud.py",
    ]
    assert all(name in said for name in written)
    assert not [path for path in folder.rglob("*.*") if re.search(r"__(key|package|distribution|Class|Title)__", path.read_text())]

    site = workshop.install(workshop.build(folder, tmp_path), tmp_path / "site")
    done = workshop.run(workshop.python, "-m", "pytest", "-q", "-k", "word_cloud] or only_the_right_word", cwd=folder, path=site)
    assert re.search(r"\b1[0-9] passed", done.stdout), done.stdout
    assert "failed" not in done.stdout
    listed = workshop.run(workshop.lms, "plugin", "list", cwd=tmp_path, path=site, LMS_DATA=str(tmp_path / "data")).stdout
    assert re.search(r"word_cloud +Word cloud +lms-word-cloud 0\.1\.0 +word_cloud", listed)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("9lives", "no name for a plugin"),
        ("", "no name for a plugin"),
        ("class", "no name for a plugin"),
        ("a__key__", "no name for a plugin"),
        ("x" * 31, "no name for a plugin"),
        ("lms", "has the name 'lms' for itself"),
        ("missing", "has the name 'missing' for itself"),
        ("quizzes", "is installed already"),
    ],
)
def test_a_bad_name_is_refused_with_a_sentence(name, sentence, tmp_path):
    answer = CliRunner().invoke(plugin_group, ["new", name, str(tmp_path / "new")])
    assert answer.exit_code == 2
    assert sentence in answer.output
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    answer = CliRunner().invoke(plugin_group, ["new", "vote", str(tmp_path)])
    assert answer.exit_code == 2
    assert "is not empty" in answer.output
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]
