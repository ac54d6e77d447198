"""`lms user …`, `lms unit list`: for the console of the server."""

import json

import pytest
import sqlalchemy as sa

from lms.cli import main
from lms.db import db
from lms.people import passwords
from lms.people.models import User
from lms.privacy.models import AuditEntry


@pytest.fixture
def lms(app, database):
    def run(*words):
        db.session.commit()
        done = app.test_cli_runner().invoke(main, list(words))
        db.session.rollback()
        db.session.expire_all()
        return done

    return run


def test_the_first_person_is_made_at_the_console(lms):
    done = lms("user", "create", "--name", "Yopi Kurniawan", "--email", "Yopi@x.test", "--role", "admin", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    user = db.session.scalars(sa.select(User)).one()
    assert (told["id"], told["email"], user.email) == (str(user.id), "yopi@x.test", "yopi@x.test")
    assert passwords.verify(user.password_hash, told["password"])
    assert "admin" in lms("user", "roles", "yopi@x.test").output


def test_without_an_address_there_is_no_password(lms, make_unit):
    unit = make_unit()
    done = lms("user", "create", "--name", "Ani", "--unit", str(unit.id))
    assert done.exit_code == 0
    assert "One-time password" not in done.output
    user = db.session.scalars(sa.select(User)).one()
    assert (user.email, user.password_hash, user.unit_id) == (None, None, unit.id)


def test_mistakes_are_one_sentence_and_exit_code_1(lms, make_user):
    make_user("Ani", email="ani@x.test")
    taken = lms("user", "create", "--name", "Lain", "--email", "ani@x.test")
    assert taken.exit_code == 1
    assert "Error:" in taken.output
    assert "Traceback" not in taken.output
    assert lms("user", "create", "--name", "Lain", "--unit", "99").exit_code == 1
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1
    assert lms("user", "password", "nobody@x.test").exit_code == 1
    assert lms("user", "create").exit_code == 2


@pytest.mark.parametrize("name", ["ani@x.test", " ANI@x.test", "20000229 202403 1 999", "id"])
def test_a_person_is_named_by_address_number_or_id(lms, make_user, name):
    user = make_user("Ani", email="ani@x.test", employee_number="200002292024031999", password="sungai tenang")
    done = lms("user", "password", str(user.id) if name == "id" else name)
    assert done.exit_code == 0
    password = done.output.partition("One-time password: ")[2].split()[0]
    assert passwords.verify(db.session.get(User, user.id).password_hash, password)
    assert db.session.scalars(sa.select(AuditEntry.action)).all()[-1] == "people:password"


def test_roles_are_given_listed_and_taken(lms, make_user, make_unit):
    unit = make_unit("Dinas Kesehatan")
    make_user("Ani", email="ani@x.test")
    assert "No other role" in lms("user", "roles", "ani@x.test").output
    done = lms("user", "roles", "ani@x.test", "--give", "organizer", "--at", f"unit:{unit.id}", "--until", "2099-12-31", "--json")
    held = json.loads(done.output)
    assert [(row["role"], row["place"], row["to"]) for row in held] == [("organizer", "Dinas Kesehatan", "2099-12-31")]
    assert "Dinas Kesehatan" in lms("user", "roles", "ani@x.test").output
    assert "No other role" in lms("user", "roles", "ani@x.test", "--take", str(held[0]["number"])).output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--give", "organizer", "--at", "planet:4"), 2),
        (("--give", "organizer", "--at", "unit"), 2),
        (("--give", "king"), 2),
        (("--give", "supervisor"), 1),
        (("--give", "organizer", "--at", "unit:99"), 1),
        (("--take", "99"), 1),
    ],
)
def test_roles_that_cannot_be(lms, make_user, words, code):
    make_user("Ani", email="ani@x.test")
    done = lms("user", "roles", "ani@x.test", *words)
    assert done.exit_code == code
    assert "Traceback" not in done.output


def test_units_are_listed(lms, make_unit, make_user):
    assert "no units" in lms("unit", "list").output
    root = make_unit("Pemkab")
    below = make_unit("Dinas Kesehatan", root, short_name="Dinkes")
    make_user(unit_id=below.id)
    assert f"{below.id}    Dinas Kesehatan (1)" in lms("unit", "list").output
    rows = json.loads(lms("unit", "list", "--json").output)
    assert [(row["id"], row["parent_id"], row["people"]) for row in rows] == [(root.id, None, 0), (below.id, root.id, 1)]
