"""Logs: lines for people or JSON for machines, each with the id of the request that it belongs to.

Addresses, forms and texts are not logged, nor what an exception says.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Iterator
from types import TracebackType

import sqlalchemy as sa
from flask import g, has_request_context
from pythonjsonlogger.json import JsonFormatter

FOR_PEOPLE = "%(asctime)s %(levelname)s %(name)s%(request)s: %(message)s"
FOR_MACHINES = "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s"


Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """Tells what was raised, and where, but not what it says: that may be what somebody typed. What says that the database is away is told."""

    def formatException(self, ei: Raised) -> str:  # noqa: N802 - its name in the standard library
        """Return the frames and the type of an exception, and before it of those that led to it."""
        parts = []
        for error in reversed(list(_led_to(ei[1]))):
            said = f": {error.orig}" if isinstance(error, sa.exc.OperationalError) else ""
            frames = "".join(traceback.format_tb(error.__traceback__))
            parts.append(f"Traceback (most recent call last):\n{frames}{type(error).__module__}.{type(error).__qualname__}{said}")
        return "\n\n".join(parts)


class DiscreetJson(Discreet, JsonFormatter):
    """The same for machines."""


def _led_to(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, then the one that led to it, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def set_up(style: str) -> None:
    """Log to standard error, `text` or `json`: warnings and errors, or from LOG_LEVEL on (INFO: also every request)."""
    handler = logging.StreamHandler()
    handler.addFilter(_with_request)
    machines = DiscreetJson(FOR_MACHINES, rename_fields={"asctime": "time", "levelname": "level", "name": "logger"})
    handler.setFormatter(machines if style == "json" else Discreet(FOR_PEOPLE))
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "WARNING"), handlers=[handler])


def _with_request(record: logging.LogRecord) -> bool:
    """Add the id of the present request, if there is one."""
    number = g.get("request_id", "") if has_request_context() else ""
    record.request_id, record.request = number or None, f" [{number}]" if number else ""
    return True
