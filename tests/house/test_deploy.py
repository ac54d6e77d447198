"""The files by which Peduli is put on servers name what there is. (What they start is tried in tests/faults, with the same commands.)"""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from lms.settings import SETTINGS, read_settings

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "docs" / "deploy"
KNOWN = {f"LMS_{setting.name}" for setting in SETTINGS}
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
UNITS = sorted(DEPLOY.glob("*.service"))

pytestmark = pytest.mark.sqlite


def variables_of(text):
    """Return the variables that a file asks of its environment: {name: default, or None for one that must be there}."""
    return {name: default if sign == ":-" else None for name, sign, default in re.findall(r"\$\{(\w+)(:-|:\?)?([^}]*)\}", text)}


def test_every_setting_is_one_and_has_a_value_that_fits():
    example = dict(line.split("=", 1) for line in (DEPLOY / "example.env").read_text("utf-8").splitlines() if line and line[0] != "#")
    asked = variables_of((ROOT / "compose.yaml").read_text("utf-8"))
    assert set(example) == set(asked)
    assert {name for name, default in asked.items() if default is None} == {"SITE", "POSTGRES_PASSWORD"}
    for name, service in COMPOSE["services"].items():
        for variable, value in service.get("environment", {}).items():
            if variable.startswith("LMS_"):
                filled = re.sub(r"\$\{(\w+)(:-|:\?)?([^}]*)\}", lambda found: example[found[1]] or found[3], value)
                assert read_settings({variable: filled}), (name, variable)
    set_in_image = re.findall(r"\b(LMS_\w+)=", (ROOT / "Dockerfile").read_text("utf-8"))
    assert set(set_in_image) <= KNOWN


def test_services_and_files_that_are_named_are_there():
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), mount
    for upstream in services["proxy"]["environment"]["UPSTREAM"].split():
        assert upstream.removesuffix(":8000") in services["proxy"]["depends_on"]
    for name in ("upgrade", "web-1", "web-2", "worker"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_begin_programs_that_there_are(unit):
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.optionxform = str
    found.read_string(unit.read_text("utf-8"))
    program, *arguments = shlex.split(found["Service"]["ExecStart"])
    assert Path(program).name == "lms"
    assert arguments[-1] in {"web", "worker"}
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
        ours = [line for line in done.stderr.splitlines() if unit.name.split("@")[0] in line and "is not executable" not in line]
        assert not [line for line in ours if "Unknown" in line or "Invalid" in line or "Failed to parse" in line], done.stderr
