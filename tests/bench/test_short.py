"""A short form of `make bench` in every run of the tests: pages of the demonstration against a bare Flask page in the same seconds.

What a page may cost at most is about twice what docs/performance.md says of it: other tests run beside this one, and move ratios by a
quarter. What doubles the cost of a page is found here; what adds a tenth is found by `make bench`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import demonstration

pytestmark = pytest.mark.sqlite

AT_MOST = {  # times the floor
    "learner home": 18,
    "lesson page": 9,
    "quiz question": 20,
    "answer save": 9,
    "supervisor page, 52 people": 65,
}


def test_no_page_costs_twice_what_it_did(tmp_path):
    demonstration.copy_to(tmp_path / "data")
    command = [sys.executable, str(Path(__file__).parent / "run.py"), "--short", str(tmp_path)]
    measured = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    floor = next(iter(measured.values()))[0]
    ratios = {name: round(measured[name][0] / floor, 1) for name in AT_MOST}
    print(f"\nfloor {floor:,.0f} µs; times the floor: {ratios}")
    assert {name: ratio for name, ratio in ratios.items() if ratio > AT_MOST[name]} == {}
