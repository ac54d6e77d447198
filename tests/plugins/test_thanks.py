"""A plugin that brings everything that a plugin can bring, a table among it; taken away and brought back like the poll."""

import pytest

pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(600)]
LESSON = """\
---
type: lesson
title: Mengapa bertanya
section: mulai
minutes: 5
---
Bertanya lebih **murah** daripada menebak.
"""


def test_everything_that_a_plugin_can_bring(site, thanks, module_folder):
    """One story; each part goes on where the one before has stopped."""
    tables_and_commands(site, thanks, module_folder)
    page_navigation_permission_files(site, thanks)
    tasks_follow_events_and_the_clock(site, thanks)
    taken_away_its_rows_stay(site)
    site.lms("db", "check")
    assert site.lms("thanks", "count", path=thanks).stdout.strip() == "2"
    its_history_can_be_taken_back_alone(site, thanks)


def tables_and_commands(site, thanks, module_folder):
    site.lms("db", "upgrade", path=thanks)
    assert not site.lms("db", "check", path=thanks).stderr
    site.lms("module", "import", module_folder(LESSON), path=thanks)


def page_navigation_permission_files(site, thanks):
    _begun, seen = site.steps("begin", "thanks_write", path=thanks)
    assert seen["nav"]
    assert (seen["page"], seen["stranger"], seen["empty"], seen["written"], seen["static"]) == (200, 404, 422, 302, 200)
    assert "Terima kasih, Bu Ratna!" in seen["words"]


def tasks_follow_events_and_the_clock(site, thanks):
    _finished, worked = site.steps("finish", "thanks_work", path=thanks)
    assert worked["jobs"] == ["thanks:forget_old", "thanks:thank_for_finishing"]
    assert "Terima kasih, Bu Ratna!" in worked["board"]
    assert worked["board"].count("Saya sudah selesai.") == 1  # its own Indonesian words, in a job
    assert worked["export"][0] == "Terima kasih, Bu Ratna!"
    assert len(worked["export"]) == 2


def taken_away_its_rows_stay(site):
    left = {"rows": 2, "codes": [404, 200], "failed": []}
    assert site.steps("thanks_left") == [left]
    site.lms("db", "upgrade")
    assert site.steps("thanks_left") == [left]


def its_history_can_be_taken_back_alone(site, thanks):
    site.lms("db", "downgrade", "thanks", "base", path=thanks, say="y\n")
    assert "no such table" in site.lms("thanks", "count", path=thanks, expect=1).stderr
