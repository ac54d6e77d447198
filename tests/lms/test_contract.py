"""Every installed activity type keeps the contract."""

from lms.testing.contract import TestContract  # noqa: F401
