"""Proof of when something was written, and receipts that can be checked.

A page that takes answers carries a *tick*: the server's time, signed for this attempt. A device that has no signal notes how long after the
tick something was written; when it is delivered, the tick says when the count began. The span itself is the device's word, so it is shown
as such; but it can be neither before the tick nor after the delivery.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from lms.api import Receipt, receipt

KIND = "answer"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or b"", salt="quizzes:tick")


def tick(attempt_id: uuid.UUID, now: dt.datetime) -> str:
    """Return the server's time, signed for an attempt."""
    return str(_signer().dumps([attempt_id.hex, round(now.timestamp(), 1)]))


def written_at(attempt_id: uuid.UUID, signed: str, elapsed_ms: int | None, now: dt.datetime) -> dt.datetime | None:
    """Return when something was written, `elapsed_ms` after a tick of this attempt; None without a tick that holds or with an impossible span."""
    try:
        whose, began = _signer().loads(signed or "")
    except (BadSignature, ValueError):
        return None
    if whose != attempt_id.hex or elapsed_ms is None or elapsed_ms < 0:
        return None
    moment = dt.datetime.fromtimestamp(began, dt.UTC) + dt.timedelta(milliseconds=min(elapsed_ms, 10**12))
    return moment if moment <= now + dt.timedelta(seconds=2) else None


def answer_receipt(attempt_id: uuid.UUID, slot: int, response: Mapping[str, Any], saved_at: dt.datetime) -> Receipt:
    """Return the receipt of an answer: a signature over attempt, question, moment and content, so that it can be made again and compared."""
    return receipt(KIND, f"{attempt_id}/{slot}", response, saved_at)
