"""A server that is asked to end says so for a while before it does, so that proxies send people to another one first."""

from __future__ import annotations

import mmap

from flask import Flask, current_app

KEY = "lms_leaving"


class Leaving:
    """One byte that a server shares with the web processes forked from it: whether they are about to end."""

    def __init__(self, app: Flask) -> None:
        """Make the byte known to the application, before web processes are forked."""
        self._said = mmap.mmap(-1, 1)
        app.extensions[KEY] = self

    def begin(self) -> bool:
        """Say it; tell whether it had not been said before."""
        first = not self
        self._said[0] = 1
        return first

    def __bool__(self) -> bool:
        """Tell whether it was said."""
        return bool(self._said[0])


def is_leaving() -> bool:
    """Tell whether the process that answers is about to end."""
    return bool(current_app.extensions.get(KEY))
