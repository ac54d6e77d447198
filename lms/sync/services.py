"""Taking operations in: in order, each once, each by the plugin that knows its kind."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from lms.db import db, utcnow
from lms.errors import LmsError, NotFound, Refused
from lms.i18n import gettext as _
from lms.people.access import Actor
from lms.people.models import User
from lms.receipts import receipt
from lms.registry import registry
from lms.sync.clock import Moment, judge, read_tick
from lms.sync.models import OperationState, TakenOperation

log = logging.getLogger(__name__)

DEVICE = re.compile(r"[a-z0-9]{8,16}")
MOST_OPERATIONS = 200
MOST_NUMBER = 2**31 - 1
KEPT = dt.timedelta(days=365)


class OutOfStepError(Exception):
    """The operation builds on something that is not here; the device sends the whole instead."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a person did on a device: what a plugin's handler gets.

    `id` names it everywhere (`device.number`). `body` is what the device's page put in: not to be trusted. `moment` is when it happened.
    """

    id: str
    device: str
    kind: str
    body: Mapping[str, Any]
    moment: Moment


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request of a device, its parts of the right types: times of its clock, the tick it had, and its operations in order."""

    device: str
    delivered: dt.datetime
    seen: dt.datetime
    tick: str
    operations: Sequence[Mapping[str, Any]]


def read_delivery(actor: Actor, sent: Any) -> Delivery:
    """Return a delivery from JSON as it came. Raises Refused when it is none, or somebody else's."""
    try:
        operations = sorted(sent["ops"], key=lambda op: op["n"])
        for op in operations:
            if not (
                isinstance(op["n"], int) and 0 < op["n"] <= MOST_NUMBER and isinstance(op["kind"], str) and isinstance(op["body"], dict)
            ):
                raise TypeError
            _moment(op["at"])
        if sent["user"] != str(actor.id) or not DEVICE.fullmatch(sent["device"]) or len(operations) > MOST_OPERATIONS:
            raise ValueError
        return Delivery(sent["device"], _moment(sent["now"]), _moment(sent["seen"]), str(sent["tick"]), operations)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise Refused(_("This was not sent by a page of Peduli.")) from error


def _moment(milliseconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def take(*, actor: Actor, delivery: Delivery) -> dict[int, dict[str, Any]]:
    """Take the operations of a delivery in and return an answer for each, by its number.

    An answer has a `state`: `taken` (with the receipt's `code`), `refused` (with `why`, for good), `whole` (it builds on something that is
    not here: send everything), `clash` (another operation has this name: give it a new one), `later` (not now; keep it and try again).
    One that fails leaves no trace and keeps the others back from nothing. The same operation sent again gets the answer it got before.
    """
    db.session.execute(sa.select(User.id).where(User.id == actor.id).with_for_update())  # one delivery of a person at a time
    received, tick = utcnow(), read_tick(actor.id, delivery.tick)
    known = _known(delivery)
    before = max((row for row in known.values() if row.user_id == actor.id), key=lambda row: row.number, default=None)
    after = before.made_at if before and delivery.operations and before.number < delivery.operations[0]["n"] else None
    answers: dict[int, dict[str, Any]] = {}
    for op in delivery.operations:
        number, made, digest = op["n"], _moment(op["at"]), _digest(op)
        row = known.get(number)
        if row is not None:
            same = row.user_id == actor.id and hmac.compare_digest(row.digest, digest)
            answers[number] = dict(row.answer) if same else {"state": "clash"}
            continue
        moment = judge(made=made, tick=tick, seen=delivery.seen, delivered=delivery.delivered, received=received, after=after)
        after = made
        operation = Operation(f"{delivery.device}.{number}", delivery.device, op["kind"], op["body"], moment)
        answer = answers[number] = _take_one(actor, operation, digest)
        if answer["state"] in {"taken", "refused"}:
            row = TakenOperation(
                device=delivery.device,
                number=number,
                user_id=actor.id,
                kind=op["kind"][:60],
                digest=digest,
                state=OperationState(answer["state"]),
                answer=answer,
                code=answer.get("code", ""),
                made_at=made,
                happened_at=moment.at,
                received_at=received,
            )
            db.session.add(row)
    db.session.flush()
    return answers


def _take_one(actor: Actor, operation: Operation, digest: bytes) -> dict[str, Any]:
    kind = registry().operations.get(operation.kind)
    if kind is None:
        return {"state": "later"}  # its plugin is not installed now; the device keeps it
    try:
        with db.session.begin_nested():
            told = kind.take(actor, operation)
    except OutOfStepError:
        return {"state": "whole"}
    except NotFound:
        return {"state": "refused", "why": _("This is not part of your courses any more. The text stays on your device.")}
    except LmsError as error:
        return {"state": "refused", "why": str(error)}
    except Exception as error:  # noqa: BLE001 - one operation that meets a bug must not keep a week of others back
        log.error("operation %s of kind %s: %s", operation.id, operation.kind, type(error).__name__)  # noqa: TRY400 - a trace may hold text
        return {"state": "later"}
    proof = receipt("operation", operation.id, digest.hex(), operation.moment.latest)
    return {**told, "state": "taken", "code": proof.code}


def _known(delivery: Delivery) -> dict[int, TakenOperation]:
    """Return what is known of the operations of a delivery, and of the one before them."""
    numbers = [op["n"] for op in delivery.operations]
    if not numbers:
        return {}
    mine = TakenOperation.device == delivery.device
    last = sa.select(sa.func.max(TakenOperation.number)).where(mine, TakenOperation.number < numbers[0]).scalar_subquery()
    rows = db.session.scalars(sa.select(TakenOperation).where(mine, TakenOperation.number.in_(numbers) | (TakenOperation.number == last)))
    return {row.number: row for row in rows}


def _digest(op: Mapping[str, Any]) -> bytes:
    key = current_app.secret_key or b""
    content = json.dumps([op["kind"], op["body"]], sort_keys=True).encode()
    return hmac.new(key if isinstance(key, bytes) else key.encode(), content, hashlib.sha256).digest()


def forget_old_operations() -> None:
    """Remove the lines of operations that were taken a year ago; no device sends these again (task, daily)."""
    db.session.execute(sa.delete(TakenOperation).where(TakenOperation.received_at < utcnow() - KEPT))
