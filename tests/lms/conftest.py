"""What tests of the kernel share."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from lms.watch import slow


@pytest.fixture
def roomy(app, monkeypatch):
    """Let the disk have room and no statement have been slow, however it is on this machine."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=10**12, used=0, free=10**12))

    def forget():
        for name in (slow.NAME, slow.BEFORE):
            (Path(app.config["LMS_DATA"]) / name).unlink(missing_ok=True)

    forget()
    yield
    forget()
