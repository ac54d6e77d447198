"""`make test`: the whole suite on SQLite, then what depends on the database once more on PostgreSQL, when there is one.

Names what was left out and how to get it; with CI=true something missing is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from support import services

HERE = Path(__file__).parent
ROOT = HERE.parent


def pytest(*arguments: str, **environment: str) -> int:
    """Run pytest, with two processes for each of up to two cores because pages make tests wait, and return its exit code."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        str(min(4, 2 * (os.cpu_count() or 1))),
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
        *arguments,
    ]
    # Tests start the program a hundred times: what is compiled once is kept, also where the environment asks for no such files.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(command, cwd=ROOT, env={**kept, **environment}, check=False).returncode


def main() -> int:
    """Run everything; return 0 when all is well."""
    started = time.monotonic()
    missing = []
    if not services.chromium():
        missing.append("Chromium (browser tests): install the package chromium")
    if not services.postgres_programs():
        missing.append("PostgreSQL (a second run on it): install the package postgresql")
    if not shutil.which("redis-server"):
        missing.append("Redis (Celery tests): install the package redis-server")
    if not shutil.which("nginx"):
        missing.append("nginx (an upgrade behind a proxy): install the package nginx-light")
    codes = [pytest("--durations=15")]
    if services.postgres_programs():
        with services.postgres() as url:
            print("\nOnce more on PostgreSQL, without the browser …", flush=True)
            codes.append(pytest("-m", "not browser and not sqlite", LMS_TEST_POSTGRES=url))
    for line in missing:
        print(f"Left out: {line}")
    print(f"{time.monotonic() - started:.0f} seconds")
    if missing and os.environ.get("CI") == "true":
        print("In CI nothing may be left out.")
        return 1
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
