"""The tutorial plugin: what docs/plugins.md shows is what is built here, and it passes its own tests and the contract suite."""

import re
import shutil
from pathlib import Path
from textwrap import indent

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DOCS = ROOT / "docs" / "plugins.md"
SOURCES = ("tests/plugins/lms-thanks/lms_thanks/__init__.py", "courses/lessons/type.py", "courses/queue/views.py")
# A file of the tutorial: its path in bold, then its text in a block.
FILE = re.compile(r"^\*\*`(lms-\w+/[^`]+)`\*\*\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PIECE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(600)]


def test_the_tutorial_is_the_plugin():
    shown = dict(FILE.findall(DOCS.read_text(encoding="utf-8")))
    there = {
        path.relative_to(HERE).as_posix(): path.read_text(encoding="utf-8")
        for path in (HERE / "lms-poll").rglob("*")
        if path.is_file() and path.suffix in {".py", ".html", ".toml"}
    }
    assert shown == there


def test_pieces_of_the_docs_are_from_programs_that_run():
    sources = [(ROOT / name).read_text(encoding="utf-8") for name in SOURCES]
    pieces = PIECE.findall(FILE.sub("", DOCS.read_text(encoding="utf-8")))
    assert len(pieces) > 5
    for piece in pieces:
        method = indent(piece, "    ", lambda line: bool(line.strip()))
        assert any(text in source for source in sources for text in (piece, method)), piece


def test_it_passes_its_tests(workshop, poll, tmp_path):
    folder = shutil.copytree(HERE / "lms-poll" / "tests", tmp_path / "lms-poll" / "tests").parent
    shutil.copy(HERE / "lms-poll" / "pyproject.toml", folder)
    done = workshop.run(workshop.python, "-m", "pytest", "-q", "-k", "poll] or one_vote", cwd=folder, path=poll)
    assert re.search(r"\b1[0-9] passed", done.stdout), done.stdout
    assert "failed" not in done.stdout
