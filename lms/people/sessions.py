"""Sign-in and sessions: opaque tokens in rows that people can list and end, read together with the user and roles in one statement."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask, Request, current_app
from flask_login import LoginManager

from lms.db import commit, db, read, transaction_mode, upsert, utcnow
from lms.i18n import local_day
from lms.messages.kinds import SECURITY
from lms.messages.queries import unread
from lms.messages.services import notify
from lms.messages.words import NEW_DEVICE, NEW_PASSWORD
from lms.people import passwords
from lms.people.access import Actor, Grant, Nobody, valid_on
from lms.people.models import RoleAssignment, SignInThrottle, Unit, User, UserSession, full_name
from lms.people.nip import plain
from lms.people.roles import ScopeKind
from lms.privacy.services import audit

COOKIE = "peduli"
WINDOW = dt.timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 8
FAILURES_PER_ADDRESS = 120  # a whole office shares one address
SEEN_EVERY = dt.timedelta(hours=1)

_SESSION = (
    sa.select(
        UserSession.id.label("session_id"),
        UserSession.csrf_secret,
        UserSession.seen_at,
        User.id,
        User.title_before,
        User.name,
        User.title_after,
        User.language,
        User.time_zone,
        RoleAssignment.role,
        RoleAssignment.scope_kind,
        RoleAssignment.scope_id,
        Unit.path,
        unread(UserSession.user_id, sa.bindparam("now", type_=UserSession.seen_at.type)).label("unread"),
    )
    .join(User, User.id == UserSession.user_id)
    .outerjoin(RoleAssignment, sa.and_(RoleAssignment.user_id == User.id, valid_on(RoleAssignment, sa.bindparam("today", type_=sa.Date))))
    .outerjoin(Unit, sa.and_(RoleAssignment.scope_kind == ScopeKind.UNIT, Unit.id == RoleAssignment.scope_id))
    .where(UserSession.token_hash == sa.bindparam("token"), UserSession.expires_at > sa.bindparam("now"), User.is_active)
)


class SlowDown(Exception):  # noqa: N818 - an answer, not an error
    """Too many failed sign-ins; `minutes` says when to try again."""

    def __init__(self, minutes: int) -> None:
        """Remember how long."""
        super().__init__(f"try again in {minutes} minutes")
        self.minutes = minutes


@dataclass(frozen=True, slots=True)
class NewSession:
    """A fresh sign-in: the token for the cookie and when it ends."""

    token: str
    user_id: uuid.UUID
    expires_at: dt.datetime


def init_app(app: Flask) -> None:
    """Let Flask-Login find the person through our session rows."""
    manager = LoginManager()
    manager.session_protection = None
    manager.anonymous_user = Nobody
    manager.request_loader(load_from_request)
    manager.init_app(app)


def load_from_request(request: Request) -> Actor | None:
    """Return who sent the request, or None."""
    token = request.cookies.get(COOKIE)
    return load_session(token) if token else None


def load_session(token: str) -> Actor | None:
    """Return the person of a session with their roles: one joined read."""
    now = utcnow()
    today = local_day(now, current_app.config["LMS_TIME_ZONE"])
    rows = read(_SESSION, {"token": _hash(token), "now": now, "today": today}).all()
    if not rows:
        return None
    first = rows[0]
    grants = tuple(Grant(row.role, row.scope_kind, row.scope_id, row.path or "") for row in rows if row.role)
    if now - first.seen_at > SEEN_EVERY:
        _touch(first.session_id, now)
    return Actor(
        id=first.id,
        name=full_name(first.title_before, first.name, first.title_after),
        language=first.language,
        time_zone=first.time_zone or current_app.config["LMS_TIME_ZONE"],
        grants=grants,
        session_id=first.session_id,
        csrf_secret=first.csrf_secret,
        unread=first.unread,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _touch(session_id: uuid.UUID, now: dt.datetime) -> None:
    """Note, at most once an hour, that a session is in use."""
    db.session.rollback()
    with transaction_mode("write"):
        db.session.execute(sa.update(UserSession).where(UserSession.id == session_id).values(seen_at=now))
        commit()


# -- signing in --------------------------------------------------------------------------------------------------------------------


def sign_in(*, who: str, password: str, address: str, device: str) -> NewSession | None:
    """Return a new session when e-mail (or number) and password fit, None when they do not. Raises SlowDown after too many failures.

    Failures count for the account, by whichever name it was called. The password is verified while no transaction is open: it takes 27 ms, and writers would wait.
    """
    who = who.strip().lower() if "@" in who else plain(who)
    named = User.email == who if "@" in who else User.employee_number == who
    with transaction_mode("read"):
        found = db.session.execute(sa.select(User.id, User.email, User.password_hash).where(named, User.is_active)).one_or_none()
        account = bucket_of("account", (found.email if found else None) or who)
        buckets = {account: FAILURES_PER_ACCOUNT, bucket_of("address", address): FAILURES_PER_ADDRESS}
        refuse_when_too_many(buckets)
        db.session.rollback()
    if not passwords.verify(found.password_hash if found else None, password) or found is None:
        count_failure(buckets)
        return None
    user_id, stored = found.id, str(found.password_hash)
    db.session.execute(sa.delete(SignInThrottle).where(SignInThrottle.bucket == account))
    if passwords.needs_rehash(stored):
        db.session.execute(sa.update(User).where(User.id == user_id).values(password_hash=passwords.hash_password(password)))
    known = set(db.session.scalars(sa.select(UserSession.device).where(UserSession.user_id == user_id)))
    session = open_session(user_id=user_id, device=device)
    if known and device[:80] not in known:
        _tell(user_id, f"device/{uuid.uuid4()}", NEW_DEVICE)
    return session


def _tell(user_id: uuid.UUID, key: str, words: tuple[object, object]) -> None:
    """Tell a person what happened to their account, by mail at once."""
    notify(kind=SECURITY, user_id=user_id, key=key, subject=words[0], body=words[1], path="/profile/security")


def open_session(*, user_id: uuid.UUID, device: str) -> NewSession:
    """Begin a session for a person and return its token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    expires = utcnow() + dt.timedelta(days=current_app.config["LMS_SESSION_DAYS"])
    db.session.add(
        UserSession(token_hash=_hash(token), user_id=user_id, csrf_secret=secrets.token_hex(16), expires_at=expires, device=device[:80])
    )
    db.session.flush()
    return NewSession(token, user_id, expires)


def end_session(*, actor: Actor, session_id: uuid.UUID) -> bool:
    """End one of one's own sessions; tell whether there was such a one."""
    ended = db.session.execute(
        sa.delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == actor.id).returning(UserSession.id)
    )
    return ended.scalar() is not None


def end_all_sessions(*, user_id: uuid.UUID, but: uuid.UUID | None = None) -> None:
    """End every session of a person, except one."""
    statement = sa.delete(UserSession).where(UserSession.user_id == user_id)
    db.session.execute(statement.where(UserSession.id != but) if but else statement)


def sessions_of(user_id: uuid.UUID) -> list[UserSession]:
    """Return a person's sessions that have not ended, the latest first."""
    return list(
        db.session.scalars(
            sa.select(UserSession)
            .where(UserSession.user_id == user_id, UserSession.expires_at > utcnow())
            .order_by(UserSession.seen_at.desc())
        )
    )


def change_password(*, actor: Actor, current: str, new: str) -> bool:
    """Change one's own password and end all other sessions; False when the present password is wrong."""
    stored = db.session.scalar(sa.select(User.password_hash).where(User.id == actor.id))
    if not passwords.verify(stored, current):
        return False
    set_password(user_id=actor.id, password=new, actor_id=actor.id)
    end_all_sessions(user_id=actor.id, but=actor.session_id)
    _tell(actor.id, f"password/{uuid.uuid4()}", NEW_PASSWORD)
    return True


def set_password(*, user_id: uuid.UUID, password: str, actor_id: uuid.UUID | None) -> None:
    """Set a password."""
    db.session.execute(sa.update(User).where(User.id == user_id).values(password_hash=passwords.hash_password(password)))
    audit(actor_id, "people:password", "user", user_id)


def forget_old_sessions() -> None:
    """Remove sessions and failure counts that ran out (task, daily)."""
    db.session.execute(sa.delete(UserSession).where(UserSession.expires_at < utcnow()))
    db.session.execute(sa.delete(SignInThrottle).where(SignInThrottle.window_ends_at < utcnow()))


# -- slowing down guessers ----------------------------------------------------------------------------------------------------------


def bucket_of(kind: str, value: str) -> str:
    """Name a bucket by a keyed hash: the table tells nobody who tried to sign in from where."""
    return hmac.new(current_app.secret_key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()  # type: ignore[arg-type]


def refuse_when_too_many(buckets: dict[str, int]) -> None:
    """Raise SlowDown when any of the buckets has had as many failures lately as it may have."""
    now = utcnow()
    rows = db.session.execute(
        sa.select(SignInThrottle.bucket, SignInThrottle.failures, SignInThrottle.window_ends_at).where(
            SignInThrottle.bucket.in_(buckets), SignInThrottle.window_ends_at > now
        )
    )
    for bucket, failures, ends in rows:
        if failures >= buckets[bucket]:
            db.session.rollback()
            raise SlowDown(int((ends - now).total_seconds() // 60) + 1)


def count_failure(buckets: Iterable[str]) -> None:
    """Count a failure in each bucket."""
    now = utcnow()
    for bucket in buckets:
        over = SignInThrottle.window_ends_at <= now
        statement = upsert(SignInThrottle).values(bucket=bucket, failures=1, window_ends_at=now + WINDOW)
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["bucket"],
                set_={
                    "failures": sa.case((over, 1), else_=SignInThrottle.failures + 1),
                    "window_ends_at": sa.case((over, now + WINDOW), else_=SignInThrottle.window_ends_at),
                },
            )
        )


_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))
_BROWSERS = (
    (r"Edg/", "Edge"),
    (r"OPR/", "Opera"),
    (r"SamsungBrowser", "Samsung Internet"),
    (r"Firefox/", "Firefox"),
    (r"Chrome/", "Chrome"),
    (r"Safari/", "Safari"),
)


def device_name(user_agent: str) -> str:
    """Return a name by which people know their own devices again: `Chrome, Android`."""
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    browser = next((name for sign, name in _BROWSERS if re.search(sign, user_agent)), "")
    return ", ".join(part for part in (browser, system) if part)
