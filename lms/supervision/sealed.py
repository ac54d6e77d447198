"""Reads through the sealed connection, and what is said when it cannot be had."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.errors import LmsError

log = logging.getLogger(__name__)


class SupervisionClosed(LmsError):  # noqa: N818 - what the reader is told
    """The sealed connection cannot be used; supervisors' pages stay closed rather than read through another one (HTTP 503)."""


@contextlib.contextmanager
def sealed() -> Iterator[sa.Connection]:
    """Give the sealed connection, for its own reads only. Raises SupervisionClosed when it cannot be used; the log says why, without data."""
    try:
        with db.engines["supervision"].connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        reason = type(error.orig).__name__
        log.error("the sealed connection cannot be used (%s); `lms check` says what is missing", reason)  # noqa: TRY400 - no trace
        raise SupervisionClosed("the sealed connection cannot be used") from None


def sealed_rows(statement: sa.Select[Any] | sa.CompoundSelect[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
    """Return the rows of one read through the sealed connection."""
    with sealed() as connection:
        return connection.execute(statement, parameters).all()
