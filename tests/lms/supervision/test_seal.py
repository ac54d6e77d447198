"""The sealed connection reads the three views and nothing else, whoever asks, in whichever words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from lms.db import Base, db
from lms.learning.models import Cohort
from lms.migrate import histories
from lms.people.models import User
from lms.supervision import engine as sealed

# What supervisors may see. Whoever adds a column must want to, here too.
COLUMNS = {
    "supervised_people": {
        "enrolment_id",
        "cohort_id",
        "user_id",
        "title_before",
        "name",
        "title_after",
        "unit_id",
        "unit_name",
        "institution",
        "group_id",
        "group_name",
        "required_count",
        "done_count",
        "waiting_count",
        "next_due_on",
        "started_on",
        "active_on",
        "no_signal_until",
        "sessions_held",
        "sessions_attended",
        "finished",
        "cohort_starts_on",
        "cohort_ends_on",
    },
    "supervised_modules": {"enrolment_id", "cohort_id", "module_id", "required", "due_on", "required_count", "done_count", "waiting_count"},
    "supervised_reports": {"user_id", "supervisor_id", "valid_from", "valid_to"},
    "supervised_units": {"id", "parent_id", "name", "path"},
    # Neither how many stand there of whom a figure is withheld, nor the sums from which a share is made.
    "supervised_rollups": {
        "unit_id",
        "cohort_id",
        "own",
        "as_of",
        "people",
        "complete",
        "under_way",
        "behind",
        "not_begun",
        "share",
        "jp_tenths",
    },
    "supervised_groups": {"id", "name"},
    "supervised_reminders": {"enrolment_id", "day"},
}
SQLITE_REFUSED = [
    "PRAGMA table_info(users)",
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA database_list",
    "ATTACH DATABASE ':memory:' AS other",
    "ATTACH DATABASE 'peduli.db' AS other",
    "DETACH DATABASE temp",
    "VACUUM INTO '/tmp/peduli-copy.db'",
    "REINDEX",
    "ANALYZE",
    "SAVEPOINT here",
    "CREATE TABLE mine (x)",
    "CREATE TEMP TABLE mine (x)",
    "CREATE TEMP VIEW mine AS SELECT * FROM users",
    "CREATE TEMP VIEW supervised_people2 AS SELECT * FROM users",
    "DROP VIEW supervised_people",
    "DROP VIEW temp.supervised_people",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_temp_master",
    "SELECT name FROM main.sqlite_schema",
    "SELECT * FROM pragma_table_info('users')",
    "SELECT * FROM json_each('[1]')",
    "SELECT 1 FROM json_each('[1]')",
    "SELECT load_extension('evil')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/peduli-canary', 'x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT randomblob(1000000000)",
    "SELECT sqlite_version()",
    "WITH RECURSIVE again(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM again) SELECT count(*) FROM again",
    "EXPLAIN SELECT * FROM users",
    "EXPLAIN QUERY PLAN SELECT * FROM users",
]
POSTGRESQL_REFUSED = [
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_statistic",
    "COPY users TO STDOUT",
    "COPY (SELECT * FROM users) TO STDOUT",
    "CREATE TABLE mine (x integer)",
    "CREATE TEMP TABLE mine (x integer)",
    "CREATE VIEW mine AS SELECT * FROM users",
    "DROP VIEW supervised_people",
    "GRANT SELECT ON users TO PUBLIC",
    "ALTER ROLE peduli_supervision SUPERUSER",
    "EXPLAIN SELECT * FROM users",
    "UPDATE supervised_people SET required_count = 0",
    "DELETE FROM supervised_reports",
]
REFUSED = (
    sqlite3.DatabaseError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.ObjectNotInPrerequisiteState,
)


@pytest.fixture
def driver(database: None) -> Iterator[Any]:
    """Return the driver's own connection, below everything that SQLAlchemy would refuse."""
    pooled = db.engines["supervision"].raw_connection()
    yield pooled.driver_connection
    pooled.invalidate()


@pytest.fixture
def raw(driver: Any) -> Callable[[str], list[Any]]:
    """Return a function that runs SQL there."""

    def run(statement: str) -> list[Any]:
        try:
            return list(driver.execute(statement).fetchall())
        finally:
            driver.rollback()

    return run


@pytest.fixture
def somebody(make_cohort, make_enrolment, make_user):
    """Make a person with a number, so that there is something to see."""
    person = make_user("Rukmini", employee_number="198601152025031001", phone="081234567890")
    make_enrolment(make_cohort(), person)
    return person


def _tables() -> Iterator[tuple[str, list[str]]]:
    for table in Base.metadata.sorted_tables:
        yield table.name, [column.name for column in table.columns]
    for history in histories():
        yield history.version_table, ["version_num"]


def _hostile(table: str, columns: list[str]) -> Iterator[str]:
    """Yield every way that we could think of to read or write a table."""
    yield f'SELECT * FROM "{table}"'
    yield f'SELECT count(*) FROM "{table}"'
    yield f'SELECT 1 FROM "{table}"'
    yield f'SELECT * FROM "{table}" AS supervised_people'
    yield f'SELECT * FROM (SELECT * FROM "{table}") AS supervised_people'
    yield f'SELECT x.* FROM supervised_people p LEFT JOIN "{table}" x ON 1 = 1'
    yield f'SELECT p.* FROM supervised_people p JOIN "{table}" x ON 1 = 1'
    yield f'SELECT * FROM supervised_people WHERE EXISTS (SELECT 1 FROM "{table}")'
    for column in columns:
        yield f'SELECT "{column}" FROM "{table}"'
        yield f'SELECT (SELECT max(CAST("{column}" AS text)) FROM "{table}") FROM supervised_people'
        yield f'SELECT name FROM supervised_people UNION ALL SELECT CAST("{column}" AS text) FROM "{table}"'
        yield f'SELECT name FROM supervised_people ORDER BY (SELECT min(CAST("{column}" AS text)) FROM "{table}")'
    for view in sealed.VIEWS:
        # SQLite gives its authorizer the name of a common table expression as if it were a view's.
        yield f'WITH {view} AS (SELECT * FROM "{table}") SELECT * FROM {view}'
        yield f'SELECT * FROM (WITH {view} AS (SELECT "{columns[0]}" AS x FROM "{table}") SELECT x FROM {view}) y'
    yield f'DELETE FROM "{table}"'
    yield f'UPDATE "{table}" SET "{columns[0]}" = "{columns[0]}"'
    yield f'INSERT INTO "{table}" SELECT * FROM "{table}"'
    yield f'DROP TABLE "{table}"'


def test_every_table_and_column_outside_the_views_is_refused(raw, somebody):
    tried = 0
    for table, columns in _tables():
        for statement in _hostile(table, columns):
            tried += 1
            with pytest.raises(REFUSED) as refusal:
                raw(statement)
            if isinstance(refusal.value, sqlite3.DatabaseError):
                assert "prohibited" in str(refusal.value) or "not authorized" in str(refusal.value), statement
    assert tried > 500
    assert raw("SELECT name FROM supervised_people") == [("Rukmini",)]


def test_nothing_but_reading_is_allowed(raw, somebody):
    on_sqlite = db.engine.dialect.name == "sqlite"
    for statement in SQLITE_REFUSED if on_sqlite else POSTGRESQL_REFUSED:
        with pytest.raises(REFUSED):
            raw(statement)


def test_the_views_have_these_columns_and_no_others(driver):
    with db.engines["supervision"].connect() as connection:
        for table in sealed.metadata.sorted_tables:
            assert set(connection.execute(sa.select(table)).keys()) == COLUMNS[table.name]
            everything = driver.execute(f"SELECT * FROM {table.name}").description
            assert {column[0] for column in everything} == COLUMNS[table.name]


@pytest.mark.parametrize(
    "statement",
    [
        sa.text("SELECT 1"),
        sa.text("SET ROLE NONE"),
        sa.text("RESET ROLE"),
        sa.delete(sealed.people),
        sa.insert(sealed.reports).values(valid_to=None),
        sa.select(User.__table__.c.email),
        sa.select(User),
        sa.select(sa.text("email")).select_from(sealed.people),
        sa.select(sa.literal_column("email")).select_from(sealed.people),
        sa.select(sealed.people).where(sealed.people.c.user_id.in_(sa.select(Cohort.assessor_id))),
        sa.select(sealed.people).where(sa.exists().where(User.id == sealed.people.c.user_id)),
        sa.union_all(sa.select(sealed.people.c.name), sa.select(User.__table__.c.email)),
        sa.select(sealed.people).order_by(sa.select(User.email).limit(1).scalar_subquery()),
        sa.select(sa.func.set_config("role", "none", False)),
        sa.select(sa.select(sa.func.load_extension("evil")).subquery()),
    ],
    ids=str,
)
def test_the_engine_sends_only_selects_that_were_built_from_the_views(database, statement):
    with db.engines["supervision"].connect() as connection, pytest.raises(PermissionError):
        connection.execute(statement)


def test_sql_as_text_is_refused(database):
    with db.engines["supervision"].connect() as connection, pytest.raises(PermissionError):
        connection.exec_driver_sql("SELECT * FROM users")


def test_its_errors_show_nobodys_data(somebody):
    with db.engines["supervision"].connect() as connection, pytest.raises(sa.exc.DBAPIError) as error:
        connection.execute(sa.select(sealed.people.c.name).where(sa.func.lower(sealed.people.c.name, "Rukmini") == "rukmini"))
    assert "Rukmini" not in str(error.value)


def test_it_works_beside_a_writer(somebody):
    """Supervisors read while somebody writes, and see what is committed."""
    db.session.execute(sa.update(User).where(User.id == somebody.id).values(name="Belum tersimpan"))
    with db.engines["supervision"].connect() as connection:
        assert connection.scalar(sa.select(sealed.people.c.name)) == "Rukmini"
    db.session.rollback()


def test_a_folder_with_odd_signs_in_its_name_is_no_hole(tmp_path):
    """`#` in LMS_DATA would end the file's name in a URI, and with it the read-only mode."""
    folder = tmp_path / "data #50"
    folder.mkdir()
    path = folder / "peduli.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE users (id)")
    options = sealed.sealed_engine_options({"SUPERVISION_DATABASE_URL": "", "DATABASE_URL": f"sqlite:///{path}"})
    engine = sa.create_engine(options["url"])
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError, match="readonly"):
        connection.exec_driver_sql("INSERT INTO users VALUES (1)")
    engine.dispose()
