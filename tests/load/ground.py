"""What the people of a load find: the quiz of the tests of faults, a journal behind it, passwords, and staff who look on.

`LMS_DATA=… python ground.py 1000` makes it in an empty database and writes a `Ground` as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import ground
from load.rhythms import EMAIL, LOOKERS, PASSWORD

from lms.app import create_app
from lms.db import db
from lms.people import passwords, services, sessions
from lms.people.models import User
from lms.people.roles import Role, ScopeKind

JOURNAL = ("catatan", "journal", {"minimum_words": 5, "prompts": [{"key": "apa", "title": "Apa?", "prompt": "Apa yang Anda dengar?"}]})


def make(learners: int) -> ground.Ground:
    """Make everything; the staff stand behind the learners. Commits; needs an application context."""
    made = ground.make(learners, [JOURNAL])
    stored = passwords.hash_password(PASSWORD)
    people = db.session.scalars(sa.select(User).where(User.name.like("Peserta %")).order_by(User.name)).all()
    for number, person in enumerate(people):
        person.email, person.password_hash = EMAIL.format(number), stored
    cohort_id = int(made.page.split("/")[2])
    staff = []
    for number in range(LOOKERS):
        person = services.create_user(actor_id=None, name=f"Pengelola {number}", email=f"pengelola{number}@example.test")
        for role in (Role.SUPERVISOR, Role.INSTRUCTOR):
            services.grant_role(actor_id=None, user_id=person.id, role=role, kind=ScopeKind.COHORT, scope_id=cohort_id)
        staff.append(sessions.open_session(user_id=person.id, device="uji").token)
    db.session.commit()
    return ground.Ground(made.start, made.page, [*made.learners, *(ground.Learner(cookie, "") for cookie in staff)])


def main() -> None:
    """Make the ground in LMS_DATA (and LMS_DATABASE_URL) and write it to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("learners", type=int)
    options = parser.parse_args()
    with create_app().app_context():
        json.dump(asdict(make(options.learners)), sys.stdout)


if __name__ == "__main__":
    main()
