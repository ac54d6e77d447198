"""Errors that people see. Each carries a sentence that says what happened and what to do next."""

from __future__ import annotations

from pathlib import Path


class LmsError(Exception):
    """Something a person can put right; the message is written for them."""


class Refused(LmsError):  # noqa: N818 - what the caller is told
    """The request is understood and will not be carried out, for a reason that is said (HTTP 409)."""


class NotAllowed(LmsError):  # noqa: N818 - what the caller is told
    """The person may not do this (HTTP 403)."""


class NotFound(LmsError):  # noqa: N818 - what the caller is told
    """There is no such thing, or it is none of this person's business (HTTP 404; one answer for both)."""


class PluginError(LmsError):
    """A plugin does not keep the contract; the program does not start."""


class ContentError(LmsError):
    """A module's text is wrong. Names the file and line where it can."""

    def __init__(self, message: str, *, file: Path | str | None = None, line: int | None = None, field: str | None = None) -> None:
        """Remember where it is: `field` until somebody knows the line."""
        super().__init__(message)
        self.message, self.file, self.line, self.field = message, file, line, field

    def __str__(self) -> str:
        """Write `file:line: message`, as editors understand it."""
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return f"{place}: {self.message}" if place else self.message
