"""Static files while two versions of Peduli run beside one another."""

import os
import time

import pytest

from lms.web import assets

pytestmark = pytest.mark.sqlite


def test_a_file_of_another_version_is_that_versions_or_is_not_kept(app, client):
    ours = client.get(f"/static/{app.config['STATIC_VERSION']}/lms/app.css")
    assert "max-age=31536000" in ours.headers["Cache-Control"]
    unknown = client.get("/static/0123456789/lms/app.css")
    assert unknown.data == ours.data
    assert "max-age=31536000" not in unknown.headers["Cache-Control"]
    before = app.config["LMS_DATA"] / "static" / "abcdef0123" / "lms"
    before.mkdir(parents=True)
    (before / "app.css").write_text("main {}")
    theirs = client.get("/static/abcdef0123/lms/app.css")
    assert theirs.data == b"main {}"
    assert "max-age=31536000" in theirs.headers["Cache-Control"]


def test_files_of_versions_are_kept_for_a_month(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "LMS_DATA", tmp_path)
    monkeypatch.setattr(app, "wsgi_app", app.wsgi_app)
    for version, days in (("before", 40), ("long-ago", 50)):  # processes that began 40 days ago serve theirs still
        (tmp_path / "static" / version).mkdir(parents=True)
        os.utime(tmp_path / "static" / version, times=(time.time() - days * 86400,) * 2)
    assets.serve_compressed(app)
    assert {path.name for path in (tmp_path / "static").iterdir()} == {"before", app.config["STATIC_VERSION"]}
