"""Migrations only add: the version before goes on while the database is newer (docs/operations.md#upgrade). What takes away says so."""

import ast
from pathlib import Path

import pytest
from packaging.version import InvalidVersion, Version

import migrations
from lms import __version__

pytestmark = pytest.mark.sqlite

FILES = sorted(Path(migrations.__file__).parent.glob("versions/*/*.py"))
TAKES_AWAY = {
    "drop_column": "drops a column",
    "drop_table": "drops a table",
    "drop_constraint": "drops a constraint",
    "rename_table": "renames a table",
    "create_unique_constraint": "refuses rows that the version before writes",
    "create_check_constraint": "refuses rows that the version before writes",
    "create_foreign_key": "refuses rows that the version before writes",
}
CHANGES = {"new_column_name": "renames a column", "type_": "changes the type of a column"}


def problems(source):
    """Return what in the upgrade of a migration would break the version before; nothing in the first one, and in one that contracts."""
    tree = ast.parse(source)
    values = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = ast.literal_eval(node.value)
    if values["down_revision"] is None:
        return []
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    found = [said for node in ast.walk(upgrade) if isinstance(node, ast.Call) and (said := _said(node))]
    if not found or not values.get("contract"):
        return found
    unused_since = values.get("unused_since", "")
    return [] if _is_before(unused_since) else [f"contracts, but unused_since={unused_since!r} is no version before {__version__}"]


def _is_before(version):
    try:
        return Version(version) < Version(__version__)
    except InvalidVersion:
        return False


def _said(call):
    """Return what a call does that the version before does not bear, or an empty string."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    given = {word.arg: word.value for word in call.keywords}
    if name == "alter_column":
        changes = [said for word, said in CHANGES.items() if word in given]
        return changes[0] if changes else "makes a column obligatory" if _is_false(given.get("nullable")) else ""
    if name == "add_column":
        column = {word.arg: word.value for part in call.args if isinstance(part, ast.Call) for word in part.keywords}
        return (
            "adds an obligatory column without server_default"
            if _is_false(column.get("nullable")) and "server_default" not in column
            else ""
        )
    if name == "create_index":
        if "unique" in given and not _is_false(given["unique"]):
            return "refuses rows that the version before writes"
        return "" if "if_not_exists" in given else "makes an index without if_not_exists=True: it may have been made CONCURRENTLY before"
    return TAKES_AWAY.get(name, "")


def _is_false(node):
    return isinstance(node, ast.Constant) and node.value is False


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_version_before_goes_on(file):
    assert problems(file.read_text("utf-8")) == []


HEAD = "down_revision = 'lms_0001'\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("op.drop_column('users', 'name')", "drops a column"),
        ("op.drop_table('users')", "drops a table"),
        ("batch_op.alter_column('name', new_column_name='title')", "renames a column"),
        ("op.alter_column('users', 'name', nullable=False)", "makes a column obligatory"),
        ("op.add_column('users', sa.Column('x', sa.Integer(), nullable=False))", "without server_default"),
        ("op.create_index('ix_x', 'users', ['x'], unique=True)", "refuses rows"),
        ("op.create_index('ix_x', 'users', ['x'])", "if_not_exists"),
    ],
)
def test_what_would_break_it_is_found(line, said):
    [found] = problems(f"{HEAD}def upgrade():\n    {line}\n")
    assert said in found


@pytest.mark.parametrize(
    "line",
    [
        "op.add_column('users', sa.Column('x', sa.Integer(), nullable=True))",
        "op.add_column('users', sa.Column('x', sa.Integer(), server_default='0', nullable=False))",
        "op.create_table('x', sa.Column('id', sa.Integer(), nullable=False))",
        "op.create_index('ix_x', 'users', ['x'], unique=False, if_not_exists=True)",
        "op.alter_column('users', 'name', nullable=True)",
    ],
)
def test_what_only_adds_is_right(line):
    assert problems(f"{HEAD}def upgrade():\n    {line}\ndef downgrade():\n    op.drop_column('users', 'x')\n") == []


def test_who_takes_away_names_the_version_that_stopped_using_it():
    drop = "def upgrade():\n    op.drop_column('users', 'x')\n"
    assert problems(f"{HEAD}contract = True\nunused_since = '0.0.9'\n{drop}") == []
    for since in ("unused_since = '99.0'", f"unused_since = {__version__!r}", "unused_since = 'soon'", ""):
        [found] = problems(f"{HEAD}contract = True\n{since}\n{drop}")
        assert "no version before" in found
    assert problems("down_revision = None\n" + drop) == []
