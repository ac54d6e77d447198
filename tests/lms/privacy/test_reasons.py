"""Nobody but the author opens a text without a reason that the table allows; and there is one way to open one."""

import ast
import datetime as dt
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db, utcnow
from lms.errors import NotAllowed, Refused
from lms.people.access import load_actor
from lms.people.permissions import PERMISSIONS
from lms.people.roles import SCOPES, Role, ScopeKind
from lms.privacy.confidential import reveal, seal
from lms.privacy.models import Reading
from lms.privacy.reasons import RULES, ReadReason, words_of
from lms.testing.made import TODAY

ROOT = Path(__file__).parent.parent.parent.parent
ROLES = [None, *(role.value for role in Role if role not in {Role.LEARNER, Role.SUPERVISOR})]


def open_as(reader, author, part, reason, settled_at=None):
    name = f"{part}/1"
    sealed = seal(author.id, name, "rahasia")
    actor = load_actor(reader.id, TODAY)
    return reveal(
        actor=actor, author_id=author.id, kind="x", item_id=uuid.uuid4(), sealed=[(name, sealed)], reason=reason, settled_at=settled_at
    )


@pytest.mark.parametrize("reason", [None, *ReadReason])
@pytest.mark.parametrize("role", ROLES)
def test_every_role_with_every_reason(make_user, make_cohort, role, reason):
    where = SCOPES[Role(role)][0] if role else None
    held_where = (role, where, make_cohort().id if where is ScopeKind.COHORT else 0)
    author, reader = make_user(), make_user(roles=[held_where] if role else [])
    rule = RULES.get(reason)
    for part in ("draft", "version", "feedback", "copy"):
        held = rule is not None and bool({"learner", role} & {each.value for each in PERMISSIONS[rule.permission.name].roles})
        allowed = held and part not in rule.never and reason is not ReadReason.BREAK_GLASS  # that one needs a request besides
        if allowed:
            assert open_as(reader, author, part, reason) == {f"{part}/1": "rahasia"}
        else:
            with pytest.raises(NotAllowed):
                open_as(reader, author, part, reason)
        rows = db.session.scalars(sa.select(Reading.reason).where(Reading.reader_id == reader.id)).all()
        assert rows == ([reason] if allowed else []), "a line in the same transaction, or nothing was opened"
        db.session.rollback()


def test_nobody_but_the_author_ever_opens_a_draft(make_user):
    assert all("draft" in rule.never for rule in RULES.values())
    author = make_user()
    assert open_as(author, author, "draft", None)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 0


def test_thirty_days_after_the_answer_it_closes(make_user):
    author, reader = make_user(), make_user(roles=["instructor"])
    answered = utcnow()
    assert open_as(reader, author, "version", ReadReason.ASSESSMENT, answered)
    assert db.session.scalar(sa.select(Reading.until)) == answered + dt.timedelta(days=30)
    commit()
    with at(answered + dt.timedelta(days=30)), pytest.raises(Refused):
        open_as(reader, author, "version", ReadReason.ASSESSMENT, answered)
    with at(answered + dt.timedelta(days=300)):
        assert open_as(author, author, "version", None, answered)


def test_every_reason_has_words():
    assert set(RULES) == set(ReadReason)
    assert all(words_of(reason.value) != reason.value for reason in ReadReason)
    assert words_of("of another time") == "of another time"


def test_the_page_says_what_the_table_says():
    """docs/privacy.md has a row for each reason."""
    page = (ROOT / "docs" / "privacy.md").read_text()
    for reason, rule in RULES.items():
        never = ", ".join(sorted(rule.never))
        days = f"{rule.days} days after the answer" if rule.days else "as its own rule says"
        assert f"| `{reason.value}` | `{rule.permission.name}` | {never} | {days} |" in page, reason


# -- one way only -----------------------------------------------------------------------------------------------------------------------

OPENER = "lms/privacy/confidential.py"
PYTHON = sorted(path for package in ("lms", "courses", "quizzes", "media") for path in (ROOT / package).rglob("*.py"))


@pytest.mark.sqlite
@pytest.mark.parametrize("path", [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in PYTHON])
def test_texts_are_opened_in_one_place(path):
    """Nobody else imports a cipher, calls `decrypt`, or does with a sealed column anything but hand it to `reveal`, beside its name."""
    tree = ast.parse(path.read_text())
    if path.relative_to(ROOT).as_posix() == OPENER:
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) if "decrypt" in ast.dump(node)}
        assert functions == {"reveal_bytes", "_unwrap"}, "the second one opens keys"
        return
    if path.relative_to(ROOT).as_posix() == "lms/backup/place.py":
        return  # it seals whole files with a key of its own, and knows nothing of what is in them
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", "") or "", *(alias.name for alias in node.names)]
            names = [name for name in names if not name.endswith(("asymmetric.ed25519", "serialization"))]  # sign, and close nothing
            assert not [name for name in names if name.split(".")[0] in {"cryptography", "Crypto", "nacl"} or "AESGCM" in name]
        if isinstance(node, ast.Attribute) and node.attr in {"decrypt", "_data_key", "_unwrap"}:
            raise AssertionError(f"line {node.lineno}: {node.attr}")
        if isinstance(node, ast.Attribute) and node.attr == "sealed" and isinstance(node.ctx, ast.Load):
            assert isinstance(parents[node], ast.Tuple), (
                f"line {node.lineno}: a sealed column goes to reveal, beside its name, nowhere else"
            )


def test_the_only_columns_with_confidential_text_are_bytes(app):
    """A column declared confidential holds ciphertext: bytes, never words."""
    tables = db.metadatas[None].sorted_tables
    columns = [column for table in tables for column in table.columns if column.info.get("pii") == "confidential"]
    assert len(columns) >= 3
    assert not [str(column) for column in columns if not isinstance(column.type, sa.LargeBinary)]
