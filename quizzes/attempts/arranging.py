"""Accommodations: opening and closing a quiz for a cohort, more time or another attempt for a group or a person. They take effect at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import Actor, Attempt, AttemptState, Enrolment, Group, Refused, User, audit, body, db, full_name, gettext, utcnow
from quizzes.attempts import queries, rules
from quizzes.attempts.models import Accommodation, Sitting
from quizzes.attempts.rules import Rules

CONDITIONS = ("opens_at", "closes_at", "minutes", "attempts", "password")


@dataclass(frozen=True, slots=True)
class Place:
    """A quiz in a cohort."""

    cohort_id: int
    module_id: int
    activity_key: str
    revision_id: int

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the settings of the quiz."""
        return body(self.revision_id, self.activity_key).settings

    @property
    def where(self) -> dict[str, Any]:
        """Return the names under which conditions are kept."""
        return {"cohort_id": self.cohort_id, "module_id": self.module_id, "activity_key": self.activity_key}


@dataclass(frozen=True, slots=True)
class Line:
    """Conditions in force: for whom, in words, and what they are."""

    accommodation: Accommodation
    whom: str


def in_force(place: Place) -> list[Line]:
    """Return the conditions that hold in a quiz of a cohort: the cohort's, then groups', then persons'. Two statements."""
    statement = (
        sa.select(Accommodation, Group.name, User.title_before, User.name, User.title_after)
        .outerjoin(Group, Group.id == Accommodation.group_id)
        .outerjoin(Enrolment, Enrolment.id == Accommodation.enrolment_id)
        .outerjoin(User, User.id == Enrolment.user_id)
        .where(*_holding(place))
        .order_by(Accommodation.enrolment_id.is_not(None), Accommodation.group_id.is_not(None), Group.position, User.name)
    )
    return [
        Line(one, full_name(before or "", name, after or "") if name else group or gettext("The whole cohort"))
        for one, group, before, name, after in db.session.execute(statement)
    ]


def _holding(place: Place) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what makes conditions hold in a quiz of a cohort."""
    return (*(getattr(Accommodation, name) == value for name, value in place.where.items()), Accommodation.ended_at.is_(None))


def find_people(cohort_id: int, text: str) -> list[int]:
    """Return the enrolments of people of a cohort named by e-mail address, one a line. Raises Refused naming who was not found."""
    wanted = list(dict.fromkeys(line.strip().lower() for line in text.splitlines() if line.strip()))
    statement = (
        sa.select(sa.func.lower(User.email), Enrolment.id)
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == cohort_id, sa.func.lower(User.email).in_(wanted))
    )
    found: dict[str, int] = dict(db.session.execute(statement).all())
    missing = [name for name in wanted if name not in found]
    if missing:
        raise Refused(gettext("Not found in this cohort: %(names)s", names=", ".join(missing)))
    return sorted({found[name] for name in wanted})


def groups(cohort_id: int) -> list[tuple[int, str]]:
    """Return (id, name) of the groups of a cohort."""
    statement = sa.select(Group.id, Group.name).where(Group.cohort_id == cohort_id).order_by(Group.position)
    return [(number, name) for number, name in db.session.execute(statement)]


def arrange(
    *, actor: Actor, place: Place, values: Mapping[str, Any], reason: str, group_id: int | None = None, enrolment_ids: Sequence[int] = ()
) -> int:
    """Give a cohort, a group or persons conditions of their own in a quiz; returns the number of running attempts that changed.

    values are the conditions; None is inherited. What held for the same people before ends. Raises Refused for a closing before the opening,
    and for people or groups of another cohort.
    """
    if values.get("opens_at") and values.get("closes_at") and values["closes_at"] <= values["opens_at"]:
        raise Refused(gettext("It closes after it opens: please look at the two times."))
    _check_whom(place.cohort_id, group_id, enrolment_ids)
    now = utcnow()
    for enrolment_id in enrolment_ids or (None,):
        _end(place, group_id, enrolment_id, now)
        if any(values.get(name) is not None for name in CONDITIONS):
            given = {name: values.get(name) for name in CONDITIONS}
            whom = {"group_id": group_id, "enrolment_id": enrolment_id}
            db.session.add(Accommodation(**place.where, **whom, **given, reason=reason, actor_id=actor.id, created_at=now))
    db.session.flush()
    audit(actor.id, "quiz:arrange", "cohort", place.cohort_id, activity=place.activity_key, people=len(enrolment_ids), group=group_id)
    return apply(place)


def _check_whom(cohort_id: int, group_id: int | None, enrolment_ids: Sequence[int]) -> None:
    known = set(db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort_id, Enrolment.id.in_(enrolment_ids))))
    if set(enrolment_ids) - known or (group_id is not None and group_id not in dict(groups(cohort_id))):
        raise Refused(gettext("This person or group is not in the cohort."))


def _end(place: Place, group_id: int | None, enrolment_id: int | None, now: dt.datetime) -> None:
    db.session.execute(
        sa.update(Accommodation)
        .where(
            *_holding(place),
            Accommodation.group_id.is_(None) if group_id is None else Accommodation.group_id == group_id,
            Accommodation.enrolment_id.is_(None) if enrolment_id is None else Accommodation.enrolment_id == enrolment_id,
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def end(*, actor: Actor, place: Place, accommodation_id: int) -> int:
    """End conditions; returns the number of running attempts that changed. Raises Refused when there are none such in this quiz."""
    found = db.session.scalar(sa.select(Accommodation).where(*_holding(place), Accommodation.id == accommodation_id))
    if found is None:
        raise Refused(gettext("These conditions have ended already."))
    found.ended_at = utcnow()
    db.session.flush()
    audit(actor.id, "quiz:arrange", "cohort", place.cohort_id, activity=place.activity_key, ended=accommodation_id)
    return apply(place)


def apply(place: Place) -> int:
    """Set the clocks of running attempts by the conditions that hold now; returns how many changed. Who answers now sees it within a minute.

    An attempt that was overdue and has time again goes on.
    """
    settings = place.settings
    found = list(db.session.scalars(sa.select(Accommodation).where(*_holding(place))))
    members = dict(db.session.execute(sa.select(Enrolment.id, Enrolment.group_id).where(Enrolment.cohort_id == place.cohort_id)).all())
    running = queries.running_attempts(place.cohort_id, place.module_id, place.activity_key)
    db.session.execute(running.with_only_columns(Sitting.attempt_id).order_by(Sitting.attempt_id).with_for_update(of=Sitting))
    changed = 0
    for attempt, sitting in db.session.execute(running.execution_options(populate_existing=True)):
        conditions = rules.rules_for(settings, _concerning(found, attempt.enrolment_id, members.get(attempt.enrolment_id)))
        changed += _set_clock(attempt, sitting, conditions)
    db.session.flush()
    return changed


def _concerning(found: Iterable[Accommodation], enrolment_id: int, group_id: int | None) -> list[Accommodation]:
    """Return those that concern one person."""
    return [one for one in found if one.enrolment_id in {None, enrolment_id} and one.group_id in {None, group_id}]


def _set_clock(attempt: Attempt, sitting: Sitting, conditions: Rules) -> bool:
    ends_at = conditions.end_of(attempt.started_at)
    if ends_at == sitting.ends_at:
        return False
    if attempt.state is AttemptState.OVERDUE and (ends_at is None or ends_at > utcnow()):
        attempt.state = AttemptState.IN_PROGRESS
    sitting.ends_at, sitting.check_at = ends_at, conditions.check_after(ends_at, attempt.state)
    return True
