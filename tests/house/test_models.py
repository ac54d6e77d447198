"""Tables: what is said about people is declared, invariants have names, relations do not load by surprise."""

import datetime as dt

import pytest
import sqlalchemy as sa

from lms.db import Base, UTCDateTime, db

pytestmark = pytest.mark.sqlite

TABLES = [pytest.param(table, id=table.name) for table in Base.metadata.sorted_tables]
PEOPLE = {"users", "enrolments", "attempts", "courses_entries", "courses_versions"}


def belongs_to_a_person(table):
    """Tell whether rows of a table go with a person: they, or what belongs to them, are its parents."""
    return table.name == "users" or any(
        key.column.table.name in PEOPLE and key.ondelete != "SET NULL" for column in table.columns for key in column.foreign_keys
    )


@pytest.mark.parametrize("table", TABLES)
def test_columns_about_people_are_declared(app, table):
    whole = belongs_to_a_person(table)
    for column in table.columns:
        about_person = any(key.column.table.name in PEOPLE for key in column.foreign_keys)
        surrogate = column.name in {"id", "sequence", "key"} and not column.foreign_keys
        bookkeeping = column.name in {"created_at", "sent_at"} and table.name == "mails"
        if (whole and not surrogate and not bookkeeping) or about_person:
            declared = column.info
            assert {"pii", "purpose", "retention", "readable_by"} <= set(declared), (
                f"{table.name}.{column.name} is not declared with personal(…)"
            )
            assert declared["pii"] in {"personal", "confidential"}


@pytest.mark.parametrize("table", TABLES)
def test_constraints_have_names(app, table):
    for constraint in table.constraints:
        assert constraint.name, constraint
    for index in table.indexes:
        assert index.name


@pytest.mark.parametrize("table", TABLES)
def test_foreign_keys_can_be_followed_backwards(app, table):
    """A column that refers to people or enrolments is indexed, or leads an index, or its table is small."""
    small = {"groups", "courses", "modules", "revisions", "cohorts", "role_assignments", "quizzes_items", "media_files"}
    if table.name in small:
        return
    leading = {next(iter(index.columns)).name for index in table.indexes} | {next(iter(table.primary_key.columns)).name}
    leading |= {next(iter(c.columns)).name for c in table.constraints if isinstance(c, sa.UniqueConstraint)}
    for column in table.columns:
        for key in column.foreign_keys:
            if key.column.table.name in {"users", "enrolments"} and key.ondelete == "CASCADE":
                assert column.name in leading, f"{table.name}.{column.name} has no index"


def test_relations_load_only_when_asked():
    for mapper in Base.registry.mappers:
        for relation in mapper.relationships:
            assert relation.lazy in {"raise_on_sql", "write_only"}, f"{mapper.class_.__name__}.{relation.key}"
            assert relation.back_populates or relation.lazy == "raise_on_sql"


def test_times_are_aware():
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, sa.DateTime):
                pytest.fail(f"{table.name}.{column.name} takes naive datetimes")
    with pytest.raises(ValueError, match="without time zone"):
        UTCDateTime().process_bind_param(dt.datetime(2026, 1, 1), sa.create_engine("sqlite://").dialect)  # noqa: DTZ001


def test_plugins_own_the_tables_with_their_name(app):
    keys = set(app.extensions["lms"].plugins)
    for mapper in Base.registry.mappers:
        owner = mapper.class_.__module__.split(".")[0]
        owned = [key for key in keys if mapper.local_table.name.startswith(f"{key}_")]
        assert owned == ([] if owner == "lms" else [owner]), mapper.local_table.name


def test_repr_tells_nothing_about_people(make_user):
    user = make_user("Nama Rahasia", email="rahasia@example.test")
    assert "ahasia" not in repr(user)
    assert db.session.is_active
