"""The short form of the matrix: the cells in which most can go wrong, each for a few seconds. `matrix.py` runs all of them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import matrix

# Servers of its own, whatever the suite runs on: once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(300)]
ANSWERS, HAND_IN = matrix.MOMENTS
SHORT = [("worker", "SQLite", HAND_IN), ("disk", "SQLite", ANSWERS), ("cut", "PostgreSQL", ANSWERS), ("redis", "PostgreSQL", HAND_IN)]


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.parametrize(("key", "kind", "moment"), SHORT, ids=[key for key, _kind, _moment in SHORT])
def test_nothing_is_lost_or_done_twice(key, kind, moment):
    fault = matrix.FAULTS[key]
    if fault.disk and not matrix.can_fill():
        pytest.skip("only root may mount a disk of its own to fill")
    cell = matrix.run(fault, kind, moment, strikes=1, seconds=2)
    assert cell.wrong == []
    assert cell.saved >= 100
    assert min(cell.strikes, cell.certificates, cell.shown) >= 1
    assert cell.mails >= cell.certificates


def test_every_fault_is_in_the_table():
    table = matrix.DOCS.read_text().split(matrix.MARK)[1]
    for fault in matrix.FAULTS.values():
        for kind in fault.on:
            for moment in matrix.MOMENTS:
                assert f"| {fault.what} | {kind} | {moment} |" in table
