"""What must be true of certificates and mails after the storm: each once, none missing, numbers without gaps."""

from __future__ import annotations

import email
import time
from collections import Counter
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from faults.storm import Ledger

from lms.credentials.models import Certificate, CertificateFile, CertificateState
from lms.db import db, set_transaction_mode, utcnow
from lms.jobs.models import Batch, Job, JobState
from lms.jobs.services import enqueue
from lms.learning.models import Enrolment
from lms.messages.kinds import SECURITY
from lms.messages.models import Mail, Notice

WORK = ("lms:issue_certificates", "lms:send_mail", "lms:post_mails", "quizzes:mark_attempt")
OPEN = (JobState.WAITING, JobState.RUNNING)
POST = "lms:post_mails"


def plan_mails() -> None:
    """Let a worker plan mails now, and not in five minutes."""
    set_transaction_mode("write")
    enqueue(POST)
    db.session.commit()


def wait_for_work(seconds: float) -> float:
    """Wait until nothing waits to be carried out, or the time is over; return how long it took."""
    began = time.monotonic()
    while (left := _left()) and time.monotonic() - began < seconds:
        if left == "mails that nobody has planned":
            plan_mails()
        time.sleep(0.2)
    return time.monotonic() - began


def _left() -> str:
    """Return what is still to be done, in words; nothing when everything is."""
    set_transaction_mode("read")
    try:
        jobs = db.session.scalars(sa.select(Job.task).where(Job.task.in_(WORK), Job.state.in_(OPEN)).limit(1)).first()
        leaving = (Notice.kind.in_((SECURITY, "certificate")), Notice.mail_id.is_(None), Notice.leaves_at.is_not(None))
        planned = db.session.scalar(sa.select(sa.func.count()).select_from(Notice).where(*leaving))
    finally:
        db.session.rollback()
    return jobs or ("mails that nobody has planned" if planned else "")


def ring(send: Callable[..., None]) -> None:
    """Tell workers of everything that waits, as a sweep does within half a minute."""
    for job_id in db.session.scalars(sa.select(Job.id).where(Job.due_at <= utcnow(), Job.state.in_(OPEN))):
        send(job_id)
    db.session.rollback()


def copies(taken: Sequence[bytes]) -> Counter[str]:
    """Return how often each mail reached the mail server, by its id."""
    return Counter(str(email.message_from_bytes(raw)["Message-ID"]).strip("<>").partition("@")[0] for raw in taken)


def findings(ledger: Ledger, taken: Sequence[bytes]) -> list[str]:
    """Return what is wrong."""
    set_transaction_mode("read")
    return [*_certificates(ledger), *_notices(ledger), *_mails(taken)]


def _certificates(ledger: Ledger) -> list[str]:
    rows = db.session.execute(
        sa.select(Certificate.id, Certificate.enrolment_id, Certificate.sequence, Certificate.number, Certificate.state)
    ).all()
    found = []
    each = Counter(row.enrolment_id for row in rows)
    found += [f"{times} certificates of {number}" for number, times in each.items() if times != 1]
    found += [f"lost: the certificate of {number}" for number in ledger.certified - set(each)]
    found += [f"a certificate that nobody asked for: {number}" for number in set(each) - ledger.asked]
    if sorted(row.sequence for row in rows) != list(range(1, len(rows) + 1)):
        found.append("the numbers of certificates have gaps, or one twice")
    if len({row.number for row in rows}) != len(rows) or any(row.state is not CertificateState.VALID for row in rows):
        found.append("a number is printed twice, or a certificate does not hold")
    if set(db.session.scalars(sa.select(CertificateFile.certificate_id))) != {row.id for row in rows}:
        found.append("a certificate has no PDF")
    return found + [f"a batch is {state}" for state in db.session.scalars(sa.select(Batch.state).where(Batch.state != JobState.DONE))]


def _notices(ledger: Ledger) -> list[str]:
    """Each certificate and each changed password was told once, and has its mail."""
    rows = db.session.execute(
        sa.select(Notice.kind, Enrolment.id.label("who"), Notice.mail_id)
        .join(Enrolment, Enrolment.user_id == Notice.user_id)
        .where(Notice.kind.in_((SECURITY, "certificate")))
    ).all()
    told = Counter((row.kind, row.who) for row in rows)
    found = [f"{kind} told {times} times: {who}" for (kind, who), times in told.items() if times != 1]
    found += [f"{SECURITY} not told: {who}" for who in ledger.changed if (SECURITY, who) not in told]
    found += [f"certificate not told: {who}" for who in ledger.certified if ("certificate", who) not in told]
    return found + [f"{row.kind} without a mail: {row.who}" for row in rows if row.mail_id is None]


def _mails(taken: Sequence[bytes]) -> list[str]:
    """Each mail left, and not more often than a worker tried it; a second copy has the id of the first."""
    reached = copies(taken)
    tries = {str(one).removeprefix("mail/"): count for one, count in db.session.execute(_tries())}
    found = []
    for mail in db.session.execute(sa.select(Mail.id, Mail.sent_at, Mail.refused_at)):
        times = reached.pop(str(mail.id), 0)
        if times == 0 or mail.sent_at is None or mail.refused_at is not None:
            found.append(f"a mail that was not sent: {mail.id}")
        elif times > max(1, tries.get(str(mail.id), 1)):
            found.append(f"a mail that left {times} times, and was tried {tries.get(str(mail.id))} times: {mail.id}")
    return found + [f"a mail that nobody knows: {one}" for one in reached]


def _tries() -> sa.Select[tuple[str | None, int]]:
    return sa.select(Job.key, Job.tries).where(Job.task == "lms:send_mail")
