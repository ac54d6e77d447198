"""Receipts: a short code, signed by the site, for something a person handed in at a moment."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from flask import current_app


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that the server has something. `code` is for people (`DT-7Q4K2M`), `proof` for a dispute."""

    code: str
    proof: str
    saved_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found under a code: whose it is, what it is (a lazy word and a title), when it was made and when it came.

    `genuine` tells whether the code is the signature of what is stored; None where only its author could open that.
    """

    learner: str
    what: Any
    title: str
    at: dt.datetime
    received_at: dt.datetime
    genuine: bool | None = None


def receipt(kind: str, item: object, content: Any, saved_at: dt.datetime) -> Receipt:
    """Return the receipt for `content` (anything JSON can write) of an item, saved at a moment.

    The proof is an HMAC-SHA256 under the site's key over kind, item, moment and a digest of the content: it can be checked by whoever
    has the content and the key, and tells nobody else what it was.
    """
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    text = "\n".join((kind, str(item), saved_at.astimezone(dt.UTC).isoformat(), digest))
    key = current_app.secret_key
    proof = hmac.new(bytes(key) if isinstance(key, bytes) else str(key).encode(), text.encode(), hashlib.sha256).digest()
    letters = base64.b32encode(proof).decode().translate(str.maketrans("IO", "89"))
    return Receipt(f"{letters[:2]}-{letters[2:8]}", base64.urlsafe_b64encode(proof).decode().rstrip("="), saved_at)
