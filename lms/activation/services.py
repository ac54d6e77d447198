"""Issuing one-time codes, and choosing a password with one."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from flask import current_app

from lms.activation import queries
from lms.activation.models import ActivationCode
from lms.cohorts.queries import holds_rights
from lms.db import db, keep, transaction_mode, utcnow
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.i18n import lazy_gettext
from lms.jobs.services import enqueue
from lms.learning.models import Cohort
from lms.messages.kinds import SECURITY
from lms.messages.occasions import welcome
from lms.messages.services import notify
from lms.people import passwords
from lms.people.access import Actor
from lms.people.models import User
from lms.people.services import READABLE
from lms.people.sessions import (
    FAILURES_PER_ADDRESS,
    NewSession,
    bucket_of,
    count_failure,
    end_all_sessions,
    open_session,
    refuse_when_too_many,
)
from lms.privacy.services import audit

LENGTH = 10  # 49 bits
VALID_FOR = dt.timedelta(days=30)
MOST_FAILURES = 10
_NOBODY = uuid.UUID(int=0)
OPENED = lazy_gettext("Your account was opened with a letter")
OPENED_BODY = lazy_gettext(
    "Somebody chose a password with the code of your activation letter. If that was not you, tell the organizer or an administrator at once."
)


class AddressNeeded(Exception):  # noqa: N818 - an answer, not an error
    """The code is right, and the account has no e-mail address to sign in with: the person must give one."""


class AddressTaken(Exception):  # noqa: N818 - an answer, not an error
    """The code is right, and the address that was given is somebody else's."""


def new_code() -> str:
    """Return a random code in two groups, of letters and digits that cannot be taken for one another: `K7MP4-X9QRT`."""
    text = "".join(secrets.choice(READABLE) for _letter in range(LENGTH)).upper()
    return f"{text[:5]}-{text[5:]}"


def hash_of(user_id: uuid.UUID, code: str) -> bytes:
    """Return what is kept of a code. However it was typed: capitals, spaces and hyphens do not matter."""
    plain = re.sub(r"[^a-z0-9]", "", code.lower())
    return hmac.new(current_app.secret_key, f"activate:{user_id}:{plain}".encode(), hashlib.sha256).digest()  # type: ignore[arg-type]


def issue(*, actor_id: uuid.UUID, people: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Give each of these people a new code, which cancels the one before, and return them: they are kept nowhere."""
    codes = {user_id: new_code() for user_id in people}
    now = utcnow()
    for user_id, code in codes.items():
        row = {
            "user_id": user_id,
            "code_hash": hash_of(user_id, code),
            "issued_at": now,
            "issued_by_id": actor_id,
            "expires_at": now + VALID_FOR,
            "failures": 0,
            "used_at": None,
        }
        keep(ActivationCode, row, key=("user_id",))
        audit(actor_id, "people:code", "user", user_id)
    return codes


def letter_for(*, actor: Actor, user: User) -> str:
    """Return a new code for one person.

    Raises Refused for people with rights of their own (whoever holds the letter would have these rights), and for who has a password already:
    with a letter somebody else could open an account that is in use.
    """
    if user.password_hash:
        raise Refused(_("%(name)s has a password already. Give a new one instead; the person gets a mail about it.", name=user.name))
    if db.session.scalar(holds_rights(user.id, utcnow().date())):
        raise Refused(_("%(name)s has staff rights. Ask an administrator for a new password.", name=user.name))
    return issue(actor_id=actor.id, people=[user.id])[user.id]


def activate(*, who: str, code: str, password: str, email: str, address: str, device: str) -> NewSession | None:
    """Set the password of whose code it is, sign in, and return the session; None when account and code do not fit, whatever the reason.

    who is an e-mail address or a number; email is for accounts without one. Raises AddressNeeded and AddressTaken (only to who has the right
    code), and SlowDown after too many failures. As in signing in, the password is hashed while no transaction is open.
    """
    who = who.strip().lower()
    buckets = {bucket_of("activate", who): MOST_FAILURES, bucket_of("activate-address", address): FAILURES_PER_ADDRESS}
    with transaction_mode("read"):
        refuse_when_too_many(buckets)
        found = db.session.execute(queries.code_for(who, utcnow().date())).one_or_none()
        db.session.rollback()
    user_id = found.id if found else _NOBODY
    right = found is not None and hmac.compare_digest(found.code_hash, hash_of(user_id, code))
    if not right or found is None or found.used_at or found.failures >= MOST_FAILURES or found.expires_at <= utcnow():
        count_failure(buckets)
        db.session.execute(sa.update(ActivationCode).where(ActivationCode.user_id == user_id).values(failures=ActivationCode.failures + 1))
        return None
    new_address = _address(found.email, user_id, email)
    return _open(user_id, hash_of(user_id, code), passwords.hash_password(password), new_address, device)


def _address(known: str | None, user_id: uuid.UUID, typed: str) -> str:
    """Return the address with which the person will sign in."""
    if known:
        return known
    typed = typed.strip().lower()
    if not typed:
        raise AddressNeeded
    if db.session.scalar(sa.select(User.id).where(User.email == typed, User.id != user_id)):
        raise AddressTaken
    return typed


def _open(user_id: uuid.UUID, code_hash: bytes, password_hash: str, email: str, device: str) -> NewSession | None:
    """Use the code up (of two who do it at the same time, one), and tell the person by mail."""
    db.session.rollback()
    may = sa.select(User.id).where(User.id == user_id, queries.may_activate(utcnow().date()))
    used = db.session.execute(
        sa.update(ActivationCode)
        .where(
            ActivationCode.user_id.in_(may),
            ActivationCode.code_hash == code_hash,
            ActivationCode.used_at.is_(None),
            ActivationCode.failures < MOST_FAILURES,
        )
        .values(used_at=utcnow())
        .returning(ActivationCode.user_id)
    ).scalar()
    if used is None:
        return None
    db.session.execute(sa.update(User).where(User.id == user_id).values(password_hash=password_hash, email=email))
    end_all_sessions(user_id=user_id)
    audit(user_id, "people:activate_account", "user", user_id)
    notify(kind=SECURITY, user_id=user_id, key=f"activated/{uuid.uuid4()}", subject=OPENED, body=OPENED_BODY, path="/profile/security")
    return open_session(user_id=user_id, device=device)


# -- invitations -----------------------------------------------------------------------------------------------------------------------

SUBJECT = lazy_gettext("You are invited to a programme")
NEW = lazy_gettext(
    "You take part in a new programme on Peduli. Your office gives you a letter with a code. Open this page, type the code and choose a password."
)


def send_invitations(*, actor: Actor, cohort: Cohort) -> int:
    """Let everybody in the cohort who has an address and was not written to before get a mail; return how many these are."""
    number = db.session.scalar(queries.count_to_invite(cohort.id, utcnow().date())) or 0
    if number:
        enqueue("lms:invite", cohort_id=cohort.id)
        audit(actor.id, "cohort:invite", "cohort", cohort.id, people=number)
    return number


def invite(cohort_id: int) -> None:
    """Tell those of `send_invitations` (task `lms:invite`). No mail holds a code: codes travel on paper."""
    people = db.session.execute(queries.to_invite(cohort_id, utcnow().date())).all()
    for row in people:
        if not row.password_hash:
            notify(kind=SECURITY, user_id=row.id, key=queries.invitation_key(cohort_id), subject=SUBJECT, body=NEW, path="/activate")
    known = [row.enrolment_id for row in people if row.password_hash]
    if known:
        welcome(cohort=db.session.get_one(Cohort, cohort_id), enrolment_ids=known)
