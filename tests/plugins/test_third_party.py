"""A stranger's plugin: built as a wheel, installed, used, taken away, brought back. Every step is a process of its own."""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(600)]
MODULE = Path(__file__).parent / "jajak"
AWAY = "needs a plugin that is not installed"


def texts(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_strangers_plugin(site, poll, tmp_path):
    """One story; each part goes on where the one before has stopped."""
    installing_is_all(site, poll)
    an_author_makes_an_activity(site, poll)
    there = a_learner_takes_it(site, poll)
    export_and_import_are_identity(site, poll, tmp_path / "one")
    nothing_is_lost(there, *site.steps("look", "refused"))
    nothing_is_lost(there, *site.steps("look", "refused", path=poll, LMS_DISABLED_PLUGINS="poll"))
    the_module_can_be_exported(site, tmp_path / "two")
    (published,) = site.steps("publish")
    the_module_can_be_published(published)
    everything_is_back(site, poll, there)


def installing_is_all(site, poll):
    site.lms("db", "upgrade", path=poll)
    listed = json.loads(site.lms("plugin", "list", "--json", path=poll).stdout)
    assert {"key": "poll", "title": "Poll", "types": ["poll"], "from": "lms-poll 1.0"} in listed


def an_author_makes_an_activity(site, poll):
    assert "jajak: revision 1" in site.lms("module", "import", MODULE, path=poll).stdout
    _begun, there = site.steps("begin", "look", path=poll)
    assert "poll" in there["types"]
    code, chooser = there["studio"]["/add"]
    assert code == 200
    assert "Poll One question, one choice, one vote." in chooser
    assert "Options, one a line" in there["studio"]["/jajak"][1]


def a_learner_takes_it(site, poll):
    seen, there = site.steps("vote", "look", path=poll)
    assert "Mengapa bertanya" in seen["closed"]
    assert "Kopi atau teh?" not in seen["closed"]
    assert "Kopi atau teh?" in seen["form"]
    assert (seen["read"], seen["bad"], seen["vote"], seen["again"]) == (302, 422, 302, 409)

    assert "You chose “Teh”. Thank you for your vote." in there["poll"]
    assert there["rows"]["attempts"] == [[1, "marked", {"choice": "Teh"}, 100.0, "Thank you for your vote."]]
    assert there["rows"]["states"] == {"baca": ["complete", None], "jajak": ["complete", 100.0]}
    assert there["rows"]["done"] == [2, 2]
    return there


def export_and_import_are_identity(site, poll, folder):
    site.lms("module", "export", "jajak", folder, path=poll)
    assert texts(folder) == texts(MODULE)
    assert "jajak: revision 1" in site.lms("module", "import", folder, path=poll).stdout


def nothing_is_lost(there, away, acted):
    assert "poll" not in away["types"]
    assert away["rows"] == there["rows"]
    assert AWAY in away["poll"]
    assert "Thank you" not in away["poll"]
    assert set(away["codes"].values()) <= {200, 302}
    assert away["codes"] == there["codes"]

    assert AWAY in away["studio"][""][1].lower()
    assert [code for code, _words in away["studio"].values()] == [200, 200, 200]
    assert acted == {"codes": [404, 302], "moves": [302, 302], "lost": False}


def the_module_can_be_exported(site, folder):
    site.lms("module", "export", "jajak", folder)
    assert texts(folder) == texts(MODULE)
    refused = site.lms("module", "import", folder, expect=1).stderr
    assert "02-jajak.yaml:1: type is one of" in refused
    assert "'poll'" in refused


def the_module_can_be_published(published):
    assert published["same"] == 1
    assert len({json.dumps(rule) for rule in published["rules"]}) == 1
    assert published["newer"] > published["same"]
    assert published["settings"][0] == published["settings"][-1] == {"question": "Kopi atau teh?", "options": "Kopi\nTeh"}


def everything_is_back(site, poll, before):
    (there,) = site.steps("look", path=poll)
    assert "You chose “Teh”. Thank you for your vote." in there["poll"]
    assert {**there["rows"], "revisions": 1} == {**before["rows"], "revisions": 1}
    assert there["studio"]["/jajak"] == before["studio"]["/jajak"]
