"""People who read English."""

from __future__ import annotations

import functools

import pytest

from lms.i18n import use


@pytest.fixture(autouse=True)
def _in_english(app):
    use("en")


@pytest.fixture
def make_user(make_user):
    """Return a function that makes people who read English."""
    return functools.partial(make_user, language="en")
