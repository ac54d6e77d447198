"""How long 2,000 certificates take in one job: `python -m tests.bench.certificates [how many]`. On the database that LMS_… names, which it fills."""

from __future__ import annotations

import datetime as dt
import io
import resource
import sys
import time
import zipfile

import sqlalchemy as sa

from lms import migrate
from lms.app import create_app
from lms.credentials import services
from lms.credentials.models import Certificate, CertificateFile, CredentialKind
from lms.credentials.texts import TEXTS
from lms.db import commit, db
from lms.decisions.models import Decision, Outcome
from lms.jobs import services as jobs
from lms.jobs.models import BatchFile
from lms.learning import services as learning
from lms.learning.models import Course, Enrolment
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import User
from lms.people.roles import Role, ScopeKind


def ground(count: int):
    """Make a cohort of so many people who have passed, its organizer and a template."""
    today = dt.date(2026, 11, 20)
    unit = people.create_unit(actor_id=None, name="BKPSDM")
    organizer = people.create_user(actor_id=None, name="Panitia", email="panitia@example.test")
    people.grant_role(actor_id=None, user_id=organizer.id, role=Role.ORGANIZER, kind=ScopeKind.UNIT, scope_id=unit.id, valid_from=today)
    title = {"id": "Pelatihan Contoh", "en": "Example"}
    course = Course(key="contoh", title=title, summary=title, grade_scale=[])
    db.session.add(course)
    db.session.flush()
    actor = load_actor(organizer.id, today)
    days = {"starts_on": dt.date(2026, 10, 1), "ends_on": today, "time_zone": "Asia/Pontianak", "year": 2026, "number": 3}
    cohort = learning.create_cohort(actor=actor, course=course, organizer_unit_id=unit.id, title="PKTBT", **days)
    folk = [User(name=f"Orang {number:05}", email=f"orang{number}@example.test", unit_id=unit.id) for number in range(count)]
    db.session.add_all(folk)
    db.session.flush()
    rows = [Enrolment(cohort_id=cohort.id, user_id=user.id) for user in folk]
    db.session.add_all(rows)
    db.session.flush()
    db.session.add_all(Decision(enrolment_id=row.id, outcome=Outcome.PASSED, band="Memuaskan") for row in rows)
    words = ("name", "heading", "issuer", "place", "signer_position", "signer_name")
    values = {**dict.fromkeys(services.FIELDS, ""), **dict.fromkeys(words, "Contoh"), "unit_id": unit.id, "kind": CredentialKind.STTP}
    values |= {"number_pattern": "{seq:0000}/{year}", "text": TEXTS[CredentialKind.STTP]}
    template = services.save_template(actor=actor, template=None, values=values, letterhead="")
    services.begin_issue(actor=actor, cohort=cohort, template_id=template.id, day=today, title="Sertifikat", today=today)
    commit()


def main() -> None:
    """Issue, print and pack, and say how long it took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    app = create_app()
    with app.app_context():
        migrate.upgrade()
        ground(count)
        began, used = time.monotonic(), time.process_time()
        while jobs.run_one():
            pass
        took, used = time.monotonic() - began, time.process_time() - used
        made = db.session.scalar(sa.select(sa.func.count()).select_from(CertificateFile))
        last = db.session.scalar(sa.select(sa.func.max(Certificate.sequence)))
        size = db.session.scalar(sa.select(sa.func.sum(sa.func.length(CertificateFile.data))))
        package = zipfile.ZipFile(io.BytesIO(db.session.scalars(sa.select(BatchFile.data)).one()))
        assert made == last == len(package.namelist()) == count
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count} certificates: {took:.1f} s ({count / took:.0f}/s), {used:.1f} s of CPU, {size / count / 1024:.1f} KB each, {memory:.0f} MB at most"
        )


if __name__ == "__main__":
    main()
