"""Settings: one table, read once; what is wrong is one sentence that names the variable."""

import os
from pathlib import Path

import pytest

from lms.disk import keep_file
from lms.settings import SETTINGS, SettingsError, key_file, read_settings


def test_defaults(tmp_path):
    values = read_settings({"LMS_DATA": str(tmp_path)})
    assert values["DATA"] == tmp_path
    assert values["DATABASE_URL"] == f"sqlite:///{tmp_path}/peduli.db"
    assert values["BASE_URL"] == "http://127.0.0.1:8000"
    assert set(values) == {setting.name for setting in SETTINGS}


def test_types():
    values = read_settings({"LMS_PORT": "8100", "LMS_SECURE_COOKIES": "yes", "LMS_DISABLED_PLUGINS": "poll, quizzes ,", "LMS_DATA": "x"})
    assert values["PORT"] == 8100
    assert values["SECURE_COOKIES"] is True
    assert values["DISABLED_PLUGINS"] == ("poll", "quizzes")
    assert values["DATA"] == Path("x").resolve()
    assert values["BASE_URL"].endswith(":8100")


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("On", True), ("TRUE", True), ("0", False), ("no", False), ("", False), ("off", False)]
)
def test_yes_and_no(text, value):
    assert read_settings({"LMS_SECURE_COOKIES": text})["SECURE_COOKIES"] is value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("LMS_PORT", "eight", "LMS_PORT: expected int, got 'eight'"),
        ("LMS_SECURE_COOKIES", "maybe", "LMS_SECURE_COOKIES: expected yes or no"),
        ("LMS_SESION_DAYS", "30", "LMS_SESION_DAYS is not a setting"),
    ],
)
def test_mistakes_are_named(name, text, said):
    with pytest.raises(SettingsError, match=said):
        read_settings({name: text})


def test_other_variables_are_nobodys_business():
    read_settings({"LMSDATA": "x", "PATH": "x", "LMS_TEST_DATABASE_URL": "x"})


def test_overrides_win_and_are_checked():
    assert read_settings({"LMS_PORT": "1"}, {"PORT": 2})["PORT"] == 2
    with pytest.raises(SettingsError, match="PORTS is not a setting"):
        read_settings({}, {"PORTS": 2})


def test_every_setting_says_what_it_is_for():
    for setting in SETTINGS:
        assert setting.sentence.endswith("."), setting.name


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path):
    path = tmp_path / "keys" / "secret.key"
    first = key_file(path)
    assert len(first) == 32
    assert key_file(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]


@pytest.fixture
def steps(monkeypatch):
    """Return what was done to the disk, in order."""
    done = []
    for name in ("fsync", "link", "replace"):
        monkeypatch.setattr(os, name, _listening(done, name, getattr(os, name)))
    return done


def _listening(done, name, call):
    def listen(*arguments):
        done.append(name)
        return call(*arguments)

    return listen


def test_a_new_key_is_on_the_disk_before_anything_is_sealed_with_it(tmp_path, steps):
    made = key_file(tmp_path / "keys" / "a.key")
    assert steps == ["fsync", "link", "fsync"], "its bytes, its name, the folder"
    assert key_file(tmp_path / "keys" / "a.key") == made
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["a.key"]


def test_a_file_that_is_kept_is_whole_and_on_the_disk(tmp_path, steps):
    path = tmp_path / "ab" / "abc"
    for data in (b"one", b"two"):
        keep_file(path, data)
        assert path.read_bytes() == data
    assert steps[0] == "fsync"
    assert steps.count("fsync") == 6
    assert [found.name for found in path.parent.iterdir()] == ["abc"]
