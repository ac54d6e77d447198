"""The demonstration, made once a run: whoever needs it first makes it, the others wait and copy."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RUN = "PEDULI_TEST_RUN"  # a folder that all processes of a run share


def begin_run() -> None:
    """Make the folder of this run; processes that are started from here on know it."""
    os.environ[RUN] = tempfile.mkdtemp(prefix="peduli-run-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


def end_run() -> None:
    """Remove the folder of this run."""
    shutil.rmtree(os.environ.pop(RUN, ""), ignore_errors=True)


def make(data: Path) -> None:
    """Fill a new folder with the demonstration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    command = [sys.executable, "-m", "lms", "demo"]
    subprocess.run(command, cwd=ROOT, env={**environment, "LMS_DATA": str(data)}, check=True, capture_output=True)


def copy_to(data: Path) -> None:
    """Fill a new folder with a copy of this run's demonstration."""
    made = Path(os.environ[RUN]) / "demonstration"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            draft = made.with_suffix(".draft")
            make(draft)
            draft.rename(made)
    shutil.copytree(made, data)
