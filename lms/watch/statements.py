"""Slow statements: counted, and logged without what they carried."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context, request
from sqlalchemy import event

from lms.watch import metrics, slow

log = logging.getLogger(__name__)

LONGEST = 300  # letters of a statement that are logged


def watch(engine: sa.Engine, slow_ms: int, folder: Path) -> None:
    """Log every statement of an engine that takes longer, and note it in a folder; 0 is never."""
    if not slow_ms:
        return

    def begin(connection: sa.Connection, *_rest: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def end(connection: sa.Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        milliseconds = (time.perf_counter() - connection.info["began"]) * 1000
        if milliseconds > slow_ms and not (has_request_context() and "traceless" in g):
            metrics.SLOW.inc()
            rule = request.url_rule.rule if has_request_context() and request.url_rule else "-"
            slow.note(folder, rule, milliseconds)
            log.warning("slow statement, %.0f ms at %s: %s", milliseconds, rule, " ".join(statement.split())[:LONGEST])

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
