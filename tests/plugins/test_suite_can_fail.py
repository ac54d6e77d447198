"""The contract suite finds the fault of every type in spoiled/, and none in the sound one."""

import json
import re
from pathlib import Path

import pytest

SPOILED = Path(__file__).parent / "spoiled"
pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(600)]


def test_each_fault_is_found(workshop, tmp_path):
    (tmp_path / "test_contract.py").write_text("from lms.testing.contract import TestContract\n")
    faults = workshop.run(
        workshop.python, "-c", "import json, spoiled; print(json.dumps({k: sorted(v) for k, v in spoiled.FAULTS.items()}))", path=SPOILED
    )
    expected = {key: set(tests) for key, tests in json.loads(faults.stdout).items()}
    chosen = " or ".join(["fine]", *(f"({test} and {key}])" for key, tests in expected.items() for test in tests)])
    command = (workshop.python, "-m", "pytest", "-q", "-p", "lms.testing", "--tb=no", "-k", chosen)
    said = workshop.run(*command, cwd=tmp_path, path=SPOILED, expect=1).stdout
    found = {key: set() for key in expected}
    for test, key in re.findall(r"FAILED .*::(\w+)\[(?:\w+-)?(\w+)\]", said):
        found[key].add(test)
    assert found == expected
