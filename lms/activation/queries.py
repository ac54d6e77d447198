"""Reads of activation: whose code it is, who in a cohort still needs one, whom to invite."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from lms.activation.models import ActivationCode
from lms.cohorts.queries import has_rights
from lms.learning.models import Enrolment, EnrolmentState
from lms.messages.models import Notice
from lms.people.models import Unit, User

Select = sa.Select[*tuple[Any, ...]]


def may_activate(today: dt.date) -> sa.ColumnElement[bool]:
    """Return the condition that a letter may open an account: nobody uses it yet, and it lends no rights to whoever finds the letter."""
    return sa.and_(User.is_active, User.password_hash.is_(None), ~has_rights(today))


def code_for(who: str, today: dt.date) -> Select:
    """Return account, address and code of whoever has this e-mail address or number (spaces in it do not matter), if a code may open it."""
    digits = "".join(letter for letter in who if letter.isdigit())
    same = sa.or_(User.email == who, User.employee_number == digits) if digits and "@" not in who else User.email == who
    return (
        sa.select(User.id, User.email, ActivationCode.code_hash, ActivationCode.expires_at, ActivationCode.failures, ActivationCode.used_at)
        .join(ActivationCode, ActivationCode.user_id == User.id)
        .where(same, may_activate(today))
        .limit(1)
    )


def letters_of(cohort_id: int, today: dt.date) -> Select:
    """Return the people of a cohort by agency and name, with what is known of their code; `activated` have a password.

    Without those who hold a role somewhere: whoever found their letter would have their rights.
    """
    return (
        sa.select(
            User.id,
            Enrolment.id.label("enrolment_id"),
            User.title_before,
            User.name,
            User.title_after,
            User.email,
            User.employee_number,
            User.unit_id,
            User.password_hash.is_not(None).label("activated"),
            sa.func.coalesce(Unit.name, User.institution).label("agency"),
            ActivationCode.issued_at,
            ActivationCode.expires_at,
            ActivationCode.failures,
            ActivationCode.used_at,
        )
        .select_from(Enrolment)
        .join(User, User.id == Enrolment.user_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
        .outerjoin(ActivationCode, ActivationCode.user_id == User.id)
        .where(Enrolment.cohort_id == cohort_id, Enrolment.state == EnrolmentState.ACTIVE, User.is_active, ~has_rights(today))
        .order_by("agency", User.unit_id, User.name, User.id)
    )


def people_of(cohort_id: int, people: Collection[uuid.UUID], today: dt.date) -> Select:
    """Return those of `letters_of` who are among these and have no password yet."""
    return letters_of(cohort_id, today).where(User.id.in_(people), User.password_hash.is_(None))


def invitation_key(cohort_id: int) -> str:
    """Return the key of a cohort's invitations; every person has their own."""
    return f"invitation/{cohort_id}"


def to_invite(cohort_id: int, today: dt.date) -> Select:
    """Return (id, password_hash, enrolment_id) of the people of a cohort who have an address and were not told yet.

    Without those who can neither sign in nor get a letter: the mail would promise them one.
    """
    keys = (invitation_key(cohort_id), sa.literal("enrolment/") + sa.cast(Enrolment.id, sa.String))
    invited = sa.exists().where(Notice.user_id == User.id, Notice.object.in_(keys))
    return (
        sa.select(User.id, User.password_hash, Enrolment.id.label("enrolment_id"))
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(
            Enrolment.cohort_id == cohort_id,
            Enrolment.state == EnrolmentState.ACTIVE,
            User.is_active,
            User.email.is_not(None),
            sa.or_(User.password_hash.is_not(None), ~has_rights(today)),
            ~invited,
        )
        .order_by(User.id)
    )


def count_to_invite(cohort_id: int, today: dt.date) -> sa.Select[int]:
    """Return how many `to_invite` are."""
    return sa.select(sa.func.count()).select_from(to_invite(cohort_id, today).order_by(None).subquery())
