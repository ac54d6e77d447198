"""Who else is there while servers break: an organizer who issues certificates, people who change their password, readers of pages."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from faults.ground import Ground, Learner, form_token
from faults.storm import PATIENCE, SORRY, Broken, Browser, Ledger

from lms.credentials import services as credentials
from lms.credentials.models import CredentialKind
from lms.credentials.texts import TEXTS
from lms.db import db, utcnow
from lms.decisions.models import Decision, Outcome
from lms.learning.models import Cohort, Enrolment
from lms.messages.models import Frequency, NoticeChoice
from lms.people import passwords, sessions
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import User
from lms.people.roles import Role, ScopeKind

OLD, NEW = "kata sandi yang lama", "kata sandi yang baru"
BREATH = 0.25  # seconds between two people of the organizer, and between two pages of a reader
# What pages say when the database does not answer, in the languages of the product.
WORDS = ("Peduli belum dapat menjangkau penyimpanannya", "Peduli cannot reach its memory")
NOON = 12
CLOCK_MAY_BE_BEHIND = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Office:
    """The organizer and the address where they issue; people who have passed, each with their enrolment; the pages of readers."""

    organizer: Learner
    issue: str
    template: int
    day: str
    passed: list[tuple[int, Learner]]
    pages: tuple[str, ...]


def open_office(made: Ground, size: int) -> tuple[Ground, Office]:
    """Let the last `size` people of a ground have passed, each with an address and a password; return the ground of the others, and the office.

    It is noon where these people are, whenever the test runs: a mail to them may leave at any moment. Commits.
    """
    now = utcnow()
    cohort = db.session.scalars(sa.select(Cohort)).one()
    rows = db.session.execute(
        sa.select(Enrolment.id, User.id.label("user_id")).join(User, User.id == Enrolment.user_id).order_by(User.name.desc()).limit(size)
    ).all()
    ids = [row.user_id for row in rows]
    offset = NOON - now.hour
    zone = f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"  # their signs are the other way round
    same = {"password_hash": passwords.hash_password(OLD), "time_zone": zone}
    db.session.execute(sa.update(User).where(User.id.in_(ids)).values(same))
    for number, row in enumerate(rows):
        db.session.execute(sa.update(User).where(User.id == row.user_id).values(email=f"lulus{number}@example.test"))
    db.session.execute(sa.insert(Decision), [{"enrolment_id": row.id, "outcome": Outcome.PASSED} for row in rows])
    db.session.execute(sa.insert(NoticeChoice), [{"user_id": one, "kind": "certificate", "frequency": Frequency.NOW} for one in ids])
    organizer = people.create_user(actor_id=None, name="Panitia", email="panitia@example.test")
    unit_id = cohort.organizer_unit_id
    people.grant_role(actor_id=None, user_id=organizer.id, role=Role.ORGANIZER, kind=ScopeKind.UNIT, scope_id=unit_id)
    words = ("name", "heading", "issuer", "place", "signer_position", "signer_name")
    values = {
        **dict.fromkeys(credentials.FIELDS, ""),
        **dict.fromkeys(words, "Contoh"),
        "unit_id": unit_id,
        "kind": CredentialKind.STTP,
        "number_pattern": "{seq:000}/{year}",
        "text": TEXTS[CredentialKind.STTP],
    }
    actor = load_actor(organizer.id, now.date())
    template = credentials.save_template(actor=actor, template=None, values=values, letterhead="")
    cookie = sessions.open_session(user_id=organizer.id, device="uji").token
    db.session.commit()
    where = made.page.rpartition("/")[0]
    learners = made.learners[:-size]
    return Ground(made.start, made.page, learners), Office(
        organizer=Learner(cookie, form_token(cookie)),
        issue=f"/cohorts/{cohort.id}/certificates",
        template=template.id,
        day=max(cohort.starts_on, now.date() - CLOCK_MAY_BE_BEHIND).isoformat(),
        passed=list(zip([row.id for row in rows], reversed(made.learners[-size:]), strict=True)),
        pages=("/learn", f"{where}/bacaan", f"/learn/{cohort.id}", "/join", "/notices"),
    )


class Clerk(threading.Thread):
    """Issues a certificate to one after the other, and lets each change their password; asks again until it is acknowledged."""

    def __init__(self, port: int, office: Office, ledger: Ledger, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.office, self.ledger, self.stop = port, office, ledger, stop

    def run(self) -> None:
        """Go on until told to stop, or nobody is left; a failed expectation is a trouble of the test."""
        try:
            for enrolment, learner in self.office.passed:
                if self.stop.wait(BREATH):
                    return
                self.certify(enrolment)
                self.change_password(enrolment, learner)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it
            self.ledger.troubles.append(f"office: {type(error).__name__}: {error}")

    def certify(self, enrolment: int) -> None:
        """Ask for a certificate. Who asks twice is refused when there is one already: that says the same."""
        self.ledger.asked.add(enrolment)
        form = [("template_id", self.office.template), ("day", self.office.day), ("only", enrolment)]
        status, tries = self.insist(self.office.organizer, self.office.issue, form)
        assert status == 302 or (status == 422 and tries > 1), f"issue: {status} at try {tries}"
        self.ledger.certified.add(enrolment)

    def change_password(self, enrolment: int, learner: Learner) -> None:
        """Change a password. Who asks twice has the new one already: then the old one is refused."""
        form = [("current_password", OLD), ("new_password", NEW)]
        status, tries = self.insist(learner, "/profile/security", form)
        assert status == 302 or (status == 422 and tries > 1), f"password: {status} at try {tries}"
        self.ledger.changed.add(enrolment)

    def insist(self, who: Learner, path: str, form: Sequence[tuple[str, Any]]) -> tuple[int, int]:
        """Send a form until it is answered; return (status, how many tries it took)."""
        browser, end, tries = Browser(self.port, who, self.ledger.spoken), time.monotonic() + PATIENCE, 0
        while True:
            tries += 1
            try:
                browser.send(path, form)
                status, _place, _body = browser.receive()
            except Broken:
                self.ledger.retries += 1
                assert time.monotonic() < end, f"no answer in {PATIENCE} seconds"
                time.sleep(BREATH)
            else:
                browser.close()
                return status, tries


class Reader(threading.Thread):
    """Reads pages, one after the other. Each is the page, or says that Peduli cannot now; a line that breaks brings nothing to judge."""

    def __init__(self, port: int, learner: Learner, pages: Sequence[str], ledger: Ledger, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.learner, self.pages, self.ledger, self.stop = port, learner, pages, ledger, stop

    def run(self) -> None:
        """Read until told to stop."""
        while not self.stop.is_set():
            for page in self.pages:
                self.read(page)
                self.stop.wait(BREATH / 2)

    def read(self, page: str) -> None:
        """Read a page and judge what came."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            line.request("GET", page, headers={"Cookie": f"peduli={self.learner.cookie}", "Accept": "text/html"})
            answer = line.getresponse()
            body = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return
        finally:
            line.close()
        whole = body.rstrip().endswith("</html>")
        if answer.status == 200 and whole and not any(word in body for word in WORDS):
            self.ledger.shown += 1
        elif answer.status == SORRY and whole and any(word in body for word in WORDS):
            self.ledger.said += 1
        else:
            self.ledger.spoken.append(f"{page}: {answer.status} {_heading(body)!r}")


def _heading(body: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)
    return found[1] if found else body[:80]


def staff(office: Office, port: int) -> Callable[[Ledger, threading.Event], Sequence[threading.Thread]]:
    """Return what begins these people's work, as `storm` takes it."""
    reader = office.passed[-1][1]
    return lambda ledger, stop: [Clerk(port, office, ledger, stop), Reader(port, reader, office.pages, ledger, stop)]
