"""The database: base model, column types, engines, and what may happen in a transaction.

One transaction per request: services flush, edges (views, tasks, CLI) commit. `after_commit` is for what leaves the process.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import functools
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, mapped_column, registry
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

try:
    import fcntl
except ImportError:  # no file locks on Windows: SQLite's own, less fair, busy handler remains
    fcntl = None  # type: ignore[assignment]

Json = dict[str, Any]


class UTCDateTime(TypeDecorator[dt.datetime]):
    """A moment. Takes aware datetimes only, stores UTC, returns aware UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Refuse a datetime without time zone: nobody could say later which moment it meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without time zone: {value!r}")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Return the moment as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Hundredths(TypeDecorator[Decimal]):
    """A decimal with two places, kept as an integer: exact in every database."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | float | None, dialect: sa.Dialect) -> int | None:
        """Store hundredths."""
        return None if value is None else int((Decimal(str(value)) * 100).to_integral_value())

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | None:
        """Return a Decimal."""
        return None if value is None else Decimal(int(value)) / 100


class JsonObject(FunctionElement[Any]):
    """An object of many rows, `{first: second}`: a list that comes along with one row instead of needing a statement of its own."""

    type = sa.JSON()
    inherit_cache = True
    name = "json_object"


@compiles(JsonObject)
def _json_object(element: JsonObject, compiler: Any, **options: Any) -> str:
    return f"json_group_object({compiler.process(element.clauses, **options)})"


@compiles(JsonObject, "postgresql")
def _json_object_postgresql(element: JsonObject, compiler: Any, **options: Any) -> str:
    return f"json_object_agg({compiler.process(element.clauses, **options)})"


def _enum_values(kind: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in kind]


# Plain JSON in every database: JSONB forgets the order of names, and an export would not be what was imported.
JSON = sa.JSON(none_as_null=True)

log = logging.getLogger(__name__)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table has in common: naming of constraints, column types, and `repr` without personal data."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            dt.datetime: UTCDateTime(),
            Decimal: Hundredths(),
            Json: JSON,
            list[Any]: JSON,
            enum.StrEnum: sa.Enum(enum.StrEnum, native_enum=False, length=30, values_callable=_enum_values),
            uuid.UUID: sa.Uuid(),
        },
    )

    def __repr__(self) -> str:
        """Name the row by its key only: a repr may land in a log."""
        return f"<{type(self).__name__} {sa.inspect(self).identity}>"


class PatientSession(FlaskSession):
    """A session that ends, and takes back what it did, also when its database has gone.

    A connection that cannot be rolled back is thrown away, which rolls back too. A page that was read before is whole, and is not to become
    an empty one; who tells people that the database is away must not break over taking back.
    """

    def close(self) -> None:
        """End it."""
        try:
            super().close()
        except sa.exc.DBAPIError:
            self._throw_away()

    def rollback(self) -> None:
        """Take back what was done since the last commit."""
        try:
            super().rollback()
        except sa.exc.DBAPIError:
            self._throw_away()

    def _throw_away(self) -> None:
        log.warning("a connection broke before its transaction had ended")
        self.invalidate()


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "class_": PatientSession})


def personal(purpose: str, *, retention: str, readable_by: tuple[str, ...], kind: str = "personal") -> dict[str, Any]:
    """Declare a column that says something about a person: `mapped_column(info=personal(…))`.

    kind is `personal` or `confidential`; retention says for how long it is kept; readable_by names the roles that may see it. A house
    test refuses tables about people with undeclared columns.
    """
    return {"pii": kind, "purpose": purpose, "retention": retention, "readable_by": readable_by}


_clock: ContextVar[dt.datetime | None] = ContextVar("lms_clock", default=None)


def utcnow() -> dt.datetime:
    """Return the present moment, aware, in UTC."""
    return _clock.get() or dt.datetime.now(dt.UTC)


@contextlib.contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """Let it be that moment inside: for the demonstration, whose weeks are made in seconds, and for tests."""
    token = _clock.set(moment)
    try:
        yield
    finally:
        _clock.reset(token)


def uuid_key() -> Any:
    """Return a primary-key column of UUIDs, made by the program (or by whoever saw the thing happen)."""
    return mapped_column(sa.Uuid(), primary_key=True, default=uuid.uuid4)


def upsert(table: type[Base] | sa.Table) -> Any:
    """Return an `insert()` of the session's dialect, for `on_conflict_do_nothing` and `on_conflict_do_update`."""
    dialect = db.session.get_bind().dialect.name
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(cast("Any", table))


@functools.cache
def _keeping(table: sa.Table, dialect: str, columns: tuple[str, ...], key: tuple[str, ...], *, update: bool) -> Any:
    """Build an upsert once for each table, dialect and set of columns: building costs more than running it."""
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    if not update:
        return statement.on_conflict_do_nothing(index_elements=key)
    changed = {name: statement.excluded[name] for name in columns if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


def keep(model: type[Base], row: Mapping[str, Any], *, key: tuple[str, ...], update: bool = True) -> bool:
    """Insert a row, or update the one with the same key (leave it, without `update`); tell whether anything was written.

    Takes every column that has no default of the database: Python-side defaults are not applied.
    """
    connection = db.session.connection()
    statement = _keeping(cast("sa.Table", model.__table__), connection.dialect.name, tuple(row), key, update=update)
    # Without the option SQLAlchemy does not know the count on PostgreSQL, where it asks for the new key along with the insert.
    return connection.execute(statement, row, execution_options={"preserve_rowcount": True}).rowcount > 0


# -- transactions -------------------------------------------------------------------------------------------------------------

Mode = Literal["read", "write"]
_mode: ContextVar[Mode] = ContextVar("lms_transaction_mode", default="write")


def set_transaction_mode(mode: Mode) -> None:
    """Say what the next transactions of this context are for.

    SQLite must know at BEGIN whether a transaction will write: one that reads first and writes later fails with "database is locked"
    whatever the time-out. Web requests that cannot change anything (GET) read; everything else writes.
    """
    _mode.set(mode)


@contextlib.contextmanager
def transaction_mode(mode: Mode) -> Iterator[None]:
    """Use `mode` for the transactions that begin inside."""
    token = _mode.set(mode)
    try:
        yield
    finally:
        _mode.reset(token)


def read(statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> sa.Result[Any]:
    """Run a prebuilt Core statement on the session's connection; half the cost of going through the ORM session."""
    return db.session.connection().execute(statement, parameters)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a long list: its rows, which page, and how many there are."""

    items: Sequence[Any]
    page: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        """Tell whether there is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Tell whether there is a page after."""
        return self.page < self.pages


def paginate(statement: sa.Select[*tuple[Any, ...]], number: int, per_page: int, *, scalars: bool = False) -> Page:
    """Return one page of a statement's rows (of its first column with `scalars`): two statements whatever its length."""
    total = db.session.scalar(sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(number, 1), pages)
    wanted = statement.limit(per_page).offset((number - 1) * per_page)
    rows = db.session.scalars(wanted).all() if scalars else db.session.execute(wanted).all()
    return Page(rows, number, pages, total)


def commit() -> None:
    """Commit the request's transaction. For views, tasks and CLI commands only (a house test looks)."""
    db.session.commit()


def after_commit(call: Callable[..., object], *arguments: object) -> None:
    """Run `call(*arguments)` when the present transaction has committed; never when it rolls back.

    For what leaves the process. Pass ids, not model objects.
    """
    db.session.info.setdefault("after_commit", []).append((call, arguments))


def when_certain(call: Callable[..., object], *arguments: object) -> None:
    """Run `call(*arguments)` now if this transaction only reads, else when it has committed.

    For keeping in the process what was read: what a transaction wrote itself may be rolled back, and its numbers used again.
    """
    if _mode.get() == "read":
        call(*arguments)
    else:
        after_commit(call, *arguments)


@event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint is let go; nothing is certain yet
        return
    for call, arguments in session.info.pop("after_commit", ()):
        call(*arguments)


# How much had been asked for when a savepoint began.
_asked_before: WeakKeyDictionary[SessionTransaction, int] = WeakKeyDictionary()


@event.listens_for(Session, "after_transaction_create")
def _remember_after_commit(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        _asked_before[transaction] = len(session.info.get("after_commit", ()))


@event.listens_for(Session, "after_soft_rollback")
def _forget_after_commit(session: Session, previous_transaction: SessionTransaction) -> None:
    """Forget what was asked for since the savepoint that is rolled back, or everything."""
    savepoint: SessionTransaction | None = previous_transaction
    while savepoint is not None and not savepoint.nested:
        savepoint = savepoint.parent
    del session.info.get("after_commit", [])[_asked_before[savepoint] if savepoint else 0 :]


# -- SQLite -------------------------------------------------------------------------------------------------------------------


def prepare_engine(engine: sa.Engine) -> None:
    """Let errors keep to themselves what was in a row; teach an SQLite engine to write in order and to lose nothing."""
    event.listen(engine, "handle_error", _without_values)
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    event.listen(engine, "checkin", _sqlite_checkin)
    event.listen(engine, "close", _sqlite_close)


def _without_values(context: ExceptionContext) -> None:
    """Keep the first line of an error: below it PostgreSQL tells the whole row that it refused, and errors are logged."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])


def _sqlite_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # pysqlite must not begin transactions by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # a receipt given out survives a power cut
    cursor.execute("PRAGMA database_list")
    path = cast("tuple[Any, ...]", cursor.fetchone())[2]
    cursor.close()
    if path and fcntl is not None:
        record.info["lock"] = Path(f"{path}.lock").open("wb")  # noqa: SIM115 - lives as long as its connection


def _sqlite_begin(connection: sa.Connection) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    if _mode.get() == "read":
        driver.execute("BEGIN")
        return
    lock = connection.info.get("lock")
    if lock is not None:
        # A queue in order of arrival. SQLite's own busy handler lets one writer in eight starve for seconds.
        fcntl.flock(lock, fcntl.LOCK_EX)
    driver.execute("BEGIN IMMEDIATE")


def _sqlite_checkin(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    lock = record.info.get("lock")
    if lock is not None:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _sqlite_close(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    lock = record.info.pop("lock", None)
    if lock is not None:
        lock.close()
