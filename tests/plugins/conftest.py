"""The plugins in this folder are distributions of their own: built as wheels, installed into a folder, run in processes of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
collect_ignore = ["lms-poll", "lms-thanks"]


def run(*command, cwd=None, path=None, expect=0, say="", **environment):
    """Run a command without settings of this run, with plugins on the path; return what it says. Fails on another exit code."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LMS_", "PYTEST_", "PYTHON"))}
    if path:
        clean["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        input=say,
    )
    assert expect is None or done.returncode == expect, f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def build(source, folder):
    """Build a wheel of a distribution, from a copy: nothing is written beside the source."""
    copy = shutil.copytree(source, folder / "source", ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "dist"))
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist", cwd=copy)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def install(wheel, target):
    """Install a wheel into a folder, as pip does, without a look at the network."""
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--target", target)
    run(*pip, wheel)
    return target


@pytest.fixture(scope="session")
def workshop():
    """Return what a plugin's author does: run, build, install."""
    return SimpleNamespace(run=run, build=build, install=install, python=sys.executable, lms=BIN / "lms")


@pytest.fixture(scope="session")
def poll(tmp_path_factory):
    """Return a folder in which the poll is installed from its wheel."""
    folder = tmp_path_factory.mktemp("poll")
    return install(build(HERE / "lms-poll", folder), folder / "site")


@pytest.fixture(scope="session")
def thanks(tmp_path_factory):
    """Return a folder in which the board of thanks is installed from its wheel."""
    folder = tmp_path_factory.mktemp("thanks")
    return install(build(HERE / "lms-thanks", folder), folder / "site")


class Site:
    """One installation of the real application, with a database of its own; every step is another process."""

    def __init__(self, data):
        self.data = data

    def lms(self, *arguments, **options):
        """Run `lms …` and return what it says."""
        return run(BIN / "lms", *arguments, cwd=self.data, LMS_DATA=str(self.data / "data"), **options)

    def steps(self, *names, path=None, **environment):
        """Take steps of steps.py in one process and return their answers."""
        done = run(sys.executable, HERE / "steps.py", *names, cwd=self.data, path=path, LMS_DATA=str(self.data / "data"), **environment)
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def site(tmp_path):
    """Return an installation with an empty database folder."""
    (tmp_path / "here").mkdir()
    return Site(tmp_path / "here")


@pytest.fixture
def module_folder(tmp_path):
    """Return a function that writes the module `jajak` with other activities than the poll."""

    def write(*activities):
        shutil.copy(HERE / "jajak" / "module.yaml", tmp_path)
        for number, text in enumerate(activities, start=1):
            (tmp_path / f"{number:02d}-baca.md").write_text(text, encoding="utf-8")
        return tmp_path

    return write
