"""A replica: a second PostgreSQL server that follows the main one and can only be read.

Two kinds of pages read there, by an address of their own each. Supervisors' pages take what it shows (lms.supervision.engine). Reports must
hold what somebody noted a moment ago, and rights as they are now: they wait until the replica has come as far as the main database was when they
were asked for, and are read from the main database when it does not come.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor

from lms.db import db

log = logging.getLogger(__name__)

REPORTS = "reports"
PATIENCE = 3  # seconds that a host may take to answer before the next one is tried
RECYCLE = 60  # seconds after which a connection is made anew: back to the replica, once it runs again
WAIT = 1.0  # seconds that a report gives the replica to follow
LOOK = 0.01  # seconds between two looks


def engine_options(address: sa.URL, options: str = "") -> dict[str, Any]:
    """Return what Flask-SQLAlchemy makes an engine of that reads from a server which comes and goes; its errors show no parameters.

    A host that does not answer is given up after PATIENCE seconds, what was connected to it is noticed before it is used, and a connection
    to the next host of the address is given back after RECYCLE seconds. options are further ones of the connection.
    """
    arguments = {"options": f"-c default_transaction_read_only=on{options}", **patience(address, PATIENCE)}
    pool = {"pool_size": 3, "pool_pre_ping": True, "pool_recycle": RECYCLE}
    return {"url": address, "connect_args": arguments, **pool, "hide_parameters": True}


def patience(address: sa.URL, seconds: int) -> dict[str, int]:
    """Return connection arguments that give a host up which does not answer for so long, as far as the address of a PostgreSQL says nothing else."""
    wanted = {"connect_timeout": seconds, "tcp_user_timeout": seconds * 1000}
    return {name: value for name, value in wanted.items() if name not in address.query}


def rows(statement: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """Return the rows of a report as they are now, from the replica of LMS_REPORTS_DATABASE_URL if it has followed, else from the main database."""
    if REPORTS in db.engines:
        engine = db.engines[REPORTS]
        away = (sa.exc.OperationalError, engine.dialect.loaded_dbapi.OperationalError)
        try:
            with engine.connect() as connection:
                cursor = connection.connection.cursor()
                if not follows_another(cursor) or has_reached(cursor, main_place(), WAIT):
                    return connection.execute(statement).all()
            log.warning("the replica of reports is behind; `lms check` says how far")
        except away as error:  # it cannot be had, or what was read was in the way of what it had to follow
            reason = type(getattr(error, "orig", error)).__name__
            log.warning("the replica of reports cannot be used (%s); `lms check` says what is missing", reason)
    return db.session.execute(statement).all()


def follows_another(cursor: DBAPICursor) -> bool:
    """Tell whether a server is a replica."""
    cursor.execute("SELECT pg_is_in_recovery()")
    return cast("tuple[bool]", cursor.fetchone())[0]


def main_place() -> str:
    """Return a place in the log of the main database behind everything that was committed, on its disk.

    Where it happens to be will not do: that may be in the middle of what nobody waits for, which is written, and sent, with the next commit.
    So a word is left there: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION
    """
    with db.engine.begin() as connection:
        return cast("str", connection.scalar(sa.text("SELECT CAST(pg_logical_emit_message(true, 'peduli', '') AS text)")))


def has_reached(cursor: DBAPICursor, place: str, seconds: float) -> bool:
    """Tell whether a replica shows everything up to a place within so many seconds."""
    end = time.monotonic() + seconds
    while True:
        cursor.execute("SELECT coalesce(pg_last_wal_replay_lsn() >= CAST(%s AS pg_lsn), false)", (place,))
        if cast("tuple[bool]", cursor.fetchone())[0]:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(LOOK)


def age(cursor: DBAPICursor) -> float | None:
    """Return of how many seconds ago the last change is that a replica shows; None before the first."""
    cursor.execute("SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())")
    seconds = cast("tuple[float | None]", cursor.fetchone())[0]
    return None if seconds is None else float(seconds)
