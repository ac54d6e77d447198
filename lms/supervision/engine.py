"""The sealed connection: supervisors' pages read through it, and it can read nothing but the projections below.

SQLite: the file is opened read-only, the views live in the connection itself, and an authorizer refuses every column that is not reached
through one of them. PostgreSQL: the connection takes a role that is granted SELECT on these views and nothing else; with
LMS_SUPERVISION_DATABASE_URL it signs in as a user of its own, which no statement can leave. On both, the engine sends only SELECTs that
were built from the tables and functions below. What is not in these views cannot leak through a supervisor's page, whatever bug the page has.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Collection
from typing import Any, cast
from urllib.parse import quote
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExecutionContext
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from lms import replica

ROLE = "peduli_supervision"
VIEWS = (
    *("supervised_people", "supervised_modules", "supervised_reports", "supervised_units", "supervised_groups", "supervised_rollups"),
    "supervised_reminders",
)
_FUNCTIONS = frozenset({"coalesce", "count", "sum", "min", "max", "lower", "like", "length"})
_ALWAYS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION})
_BEGIN = "BEGIN"
_looked_at: WeakSet[sa.SelectBase] = WeakSet()

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

metadata = sa.MetaData()

people = sa.Table(
    "supervised_people",
    metadata,
    sa.Column("enrolment_id", sa.Integer),
    sa.Column("cohort_id", sa.Integer),
    sa.Column("user_id", sa.Uuid),
    sa.Column("title_before", sa.String),
    sa.Column("name", sa.String),
    sa.Column("title_after", sa.String),
    sa.Column("unit_id", sa.Integer),
    sa.Column("unit_name", sa.String),
    sa.Column("institution", sa.String),
    sa.Column("group_id", sa.Integer),
    sa.Column("group_name", sa.String),
    sa.Column("required_count", sa.Integer),
    sa.Column("done_count", sa.Integer),
    sa.Column("waiting_count", sa.Integer),
    sa.Column("next_due_on", sa.Date),
    sa.Column("started_on", sa.Date),
    sa.Column("active_on", sa.Date),
    sa.Column("no_signal_until", sa.Date),
    sa.Column("sessions_held", sa.Integer),
    sa.Column("sessions_attended", sa.Integer),
    sa.Column("finished", sa.Boolean),
    sa.Column("cohort_starts_on", sa.Date),
    sa.Column("cohort_ends_on", sa.Date),
)

modules = sa.Table(
    "supervised_modules",
    metadata,
    sa.Column("enrolment_id", sa.Integer),
    sa.Column("cohort_id", sa.Integer),
    sa.Column("module_id", sa.Integer),
    sa.Column("required", sa.Boolean),
    sa.Column("due_on", sa.Date),
    sa.Column("required_count", sa.Integer),
    sa.Column("done_count", sa.Integer),
    sa.Column("waiting_count", sa.Integer),
)

reports = sa.Table(
    "supervised_reports",
    metadata,
    sa.Column("user_id", sa.Uuid),
    sa.Column("supervisor_id", sa.Uuid),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
)

units = sa.Table(
    "supervised_units",
    metadata,
    sa.Column("id", sa.Integer),
    sa.Column("parent_id", sa.Integer),
    sa.Column("name", sa.String),
    sa.Column("path", sa.String),
)

groups = sa.Table("supervised_groups", metadata, sa.Column("id", sa.Integer), sa.Column("name", sa.String))

# On which days somebody was reminded, in whichever cohort, so that nobody is reminded a third time.
reminders = sa.Table("supervised_reminders", metadata, sa.Column("enrolment_id", sa.Integer), sa.Column("day", sa.Date))

rollups = sa.Table(
    "supervised_rollups",
    metadata,
    sa.Column("unit_id", sa.Integer),
    sa.Column("cohort_id", sa.Integer),
    sa.Column("own", sa.Boolean),
    sa.Column("as_of", sa.Date),
    sa.Column("people", sa.Integer),
    sa.Column("complete", sa.Integer),
    sa.Column("under_way", sa.Integer),
    sa.Column("behind", sa.Integer),
    sa.Column("not_begun", sa.Integer),
    sa.Column("share", sa.Integer),  # of required parts that are complete, in percent
    sa.Column("jp_tenths", sa.Integer),  # a person's hours of this year on average
)

# Names and days are looked up row by row instead of joined, so that a list of thousands is counted and sorted without them and only the
# people of one page are looked up. And SQLite asks its authorizer about a joined table none of whose columns is used (its key is no column
# there) outside of any view, as it does for `SELECT count(*) FROM units`, and that is refused.
DEFINITIONS = {
    "supervised_people": """
        SELECT e.id AS enrolment_id, e.cohort_id, e.user_id,
               (SELECT u.title_before FROM users u WHERE u.id = e.user_id) AS title_before,
               (SELECT u.name FROM users u WHERE u.id = e.user_id) AS name,
               (SELECT u.title_after FROM users u WHERE u.id = e.user_id) AS title_after,
               (SELECT u.institution FROM users u WHERE u.id = e.user_id) AS institution,
               e.unit_id, (SELECT o.name FROM units o WHERE o.id = e.unit_id) AS unit_name,
               e.group_id, (SELECT g.name FROM groups g WHERE g.id = e.group_id) AS group_name,
               e.required_count, e.done_count, e.waiting_count, e.next_due_on, e.started_on, e.active_on,
               e.no_signal_until, e.sessions_held, e.sessions_attended,
               (e.completed_at IS NOT NULL) AS finished,
               (SELECT c.starts_on FROM cohorts c WHERE c.id = e.cohort_id) AS cohort_starts_on,
               (SELECT c.ends_on FROM cohorts c WHERE c.id = e.cohort_id) AS cohort_ends_on
        FROM enrolments e
        WHERE e.state = 'active'""",
    "supervised_modules": """
        SELECT p.enrolment_id, e.cohort_id, p.module_id, k.required, k.due_on, p.required_count, p.done_count, p.waiting_count
        FROM module_progress p
        JOIN enrolments e ON e.id = p.enrolment_id
        JOIN cohort_modules k ON k.cohort_id = e.cohort_id AND k.module_id = p.module_id
        WHERE e.state = 'active'""",
    "supervised_reports": "SELECT user_id, supervisor_id, valid_from, valid_to FROM reporting_lines",
    "supervised_units": "SELECT id, parent_id, name, path FROM units",
    "supervised_groups": "SELECT id, name FROM groups",
    "supervised_reminders": """
        SELECT e.id AS enrolment_id, r.day
        FROM enrolments e
        JOIN enrolments o ON o.user_id = e.user_id
        JOIN reminder_log r ON r.enrolment_id = o.id
        WHERE e.state = 'active'""",
    # A figure that is withheld does not leave the database: neither here nor through a sum. `hidden` has a bit for each (lms.supervision.rollups).
    # In a single cohort nobody is counted for others, and shares come in steps of five.
    "supervised_rollups": """
        SELECT r.unit_id, r.cohort_id, r.own, r.as_of,
               CASE WHEN r.cohort_id = 0 AND (r.hidden & 1) = 0 THEN r.people END AS people,
               CASE WHEN r.cohort_id = 0 AND (r.hidden & 2) = 0 THEN r.complete END AS complete,
               CASE WHEN r.cohort_id = 0 AND (r.hidden & 4) = 0 THEN r.waiting + r.on_schedule + r.no_signal END AS under_way,
               CASE WHEN r.cohort_id = 0 AND (r.hidden & 8) = 0 THEN r.behind END AS behind,
               CASE WHEN r.cohort_id = 0 AND (r.hidden & 16) = 0 THEN r.not_begun END AS not_begun,
               CASE WHEN (r.hidden & 1) = 1 OR r.required_count = 0 THEN NULL
                    WHEN r.cohort_id = 0 THEN (r.done_count * 100) / r.required_count
                    ELSE ((r.done_count * 20) / r.required_count) * 5 END AS share,
               CASE WHEN r.cohort_id = 0 AND (r.hidden & 1) = 0 AND r.people > 0 THEN r.jp / (r.people * 10) END AS jp_tenths
        FROM unit_rollups r""",
}


def sealed_engine_options(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the options of the sealed engine for Flask-SQLAlchemy. Its errors show no parameters: they hold names."""
    url = sa.make_url(settings["SUPERVISION_DATABASE_URL"] or settings["DATABASE_URL"])
    if url.get_backend_name() == "sqlite":
        query = {"mode": "ro", "uri": "true"}
        return {"url": sa.URL.create("sqlite", database=f"file:{quote(url.database or '')}", query=query), "hide_parameters": True}
    return replica.engine_options(url, "" if settings["SUPERVISION_DATABASE_URL"] else f" -c role={ROLE}")


def prepare_sealed_engine(engine: sa.Engine) -> None:
    """Let the engine send nothing but SELECTs, and seal every SQLite connection; PostgreSQL guards itself."""
    event.listen(engine, "before_cursor_execute", _refuse_all_but_our_selects)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _seal)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_BEGIN))


def _refuse_all_but_our_selects(
    connection: sa.Connection, cursor: object, statement: str, parameters: object, context: ExecutionContext | None, many: bool
) -> None:
    """Send only SELECTs that were built from the tables above and a few functions.

    SQL written as text could leave the role that PostgreSQL was asked to take (`SET ROLE NONE`), and so could `set_config`.
    """
    invoked = getattr(context, "invoked_statement", None)
    if statement == _BEGIN or (invoked is not None and invoked in _looked_at):
        return
    if not (isinstance(invoked, sa.SelectBase) and all(_is_ours(part) for part in iterate(invoked))):
        raise PermissionError("the sealed connection runs SELECTs that were built from its tables, and nothing else")
    _looked_at.add(invoked)


def _is_ours(part: object) -> bool:
    if isinstance(part, sa.Table):
        return part.metadata is metadata
    if isinstance(part, FunctionElement):
        return getattr(part, "name", "") in _FUNCTIONS
    if isinstance(part, sa.ColumnClause) and part.is_literal:
        return part.name == "*"  # of count(*)
    return not isinstance(part, sa.TextClause)


def _seal(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Make the views in this connection, each over one with a name that nobody can guess, then forbid everything else.

    SQLite tells an authorizer the name of the view from within which a column is read, and of a common table expression likewise:
    `WITH supervised_people AS (SELECT * FROM users) …` would pass for the view. So only views with secret names reach the tables.
    """
    raw = cast("sqlite3.Connection", connection)
    raw.isolation_level = None
    raw.execute("PRAGMA busy_timeout = 10000")
    raw.execute("PRAGMA temp_store = MEMORY")
    doors = {name: f"sealed_{secrets.token_hex(16)}" for name in VIEWS}
    for name, door in doors.items():
        raw.execute(f"CREATE TEMP VIEW {door} AS {DEFINITIONS[name]}")
        raw.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM temp.{door}")  # noqa: S608 - both names are ours
    raw.set_authorizer(_authorizer(frozenset(doors.values())))


def _authorizer(doors: Collection[str]) -> Authorizer:
    """Return SQLite's authorizer callback: the views may be read, tables only from within a door, and nothing else may happen."""
    views = frozenset({*VIEWS, *doors})

    def authorize(action: int, first: str | None, second: str | None, database: str | None, view: str | None) -> int:
        allowed = (
            action in _ALWAYS
            or (action == sqlite3.SQLITE_READ and (view in doors or first in views))
            or (action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS)
        )
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize


def create_views(connection: sa.Connection) -> None:
    """Make or replace the views in PostgreSQL; part of `lms db upgrade`. In SQLite each sealed connection makes its own."""
    drop_views(connection)
    if connection.dialect.name == "postgresql":
        for name, definition in DEFINITIONS.items():
            connection.execute(sa.text(f"CREATE VIEW {name} AS {definition}"))


def drop_views(connection: sa.Connection) -> None:
    """Drop the views, so that migrations can change the tables below them."""
    for name in VIEWS:
        connection.execute(sa.text(f"DROP VIEW IF EXISTS {name}"))


def grant_views(connection: sa.Connection) -> bool:
    """Make the PostgreSQL role and let it read the views and nothing else; False when this database user may not make roles."""
    if connection.dialect.name != "postgresql":
        return True
    known = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": ROLE})
    if not known:
        may = connection.scalar(sa.text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"))
        if not may:
            return False
        connection.execute(sa.text(f"CREATE ROLE {ROLE} NOLOGIN"))
    member = connection.scalar(sa.text("SELECT pg_has_role(current_user, :role, 'MEMBER')"), {"role": ROLE})
    if not member:
        connection.execute(sa.text(f"GRANT {ROLE} TO CURRENT_USER"))
    schema = connection.scalar(sa.text("SELECT current_schema()"))
    connection.execute(sa.text(f'GRANT USAGE ON SCHEMA "{schema}" TO {ROLE}'))
    for name in VIEWS:
        connection.execute(sa.text(f"GRANT SELECT ON {name} TO {ROLE}"))
    return True
