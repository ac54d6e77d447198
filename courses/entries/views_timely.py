"""Was it handed in in time? The organizer's list of what no clock can tell: who, what and when, never a word of a text.

The instructor decides about what they may read. What stays with its author altogether opens for nobody else, so the organizer decides.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from flask import flash, g, redirect, render_template, request
from flask_login import current_user
from sqlalchemy.orm import aliased, selectinload
from werkzeug.wrappers import Response

from courses.base import plugin
from courses.entries import services
from courses.entries.models import Entry, Version
from courses.entries.services import is_open
from lms.api import (
    MANAGE_COHORTS,
    Actor,
    Cohort,
    CohortModule,
    Enrolment,
    EnrolmentState,
    NotFound,
    Refused,
    RevisionActivity,
    Timeliness,
    User,
    Waits,
    commit,
    db,
    gettext,
    head_of,
    nothing,
    requires,
)
from lms.api import lazy_gettext as _

AT = "/cohorts/<int:cohort_id>/timely"


def _undecided(cohort_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions on Version, Entry and Enrolment for the newest versions of a cohort that a person must decide about."""
    later = aliased(Version)
    return (
        Enrolment.cohort_id == cohort_id,
        Enrolment.state == EnrolmentState.ACTIVE,
        Version.timeliness == Timeliness.UNDECIDED,
        ~sa.exists().where(later.entry_id == Version.entry_id, later.number > Version.number),
    )


def undecided_in(cohort_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return (version, entry, learner, title, whether an instructor decides, their name), what the organizer decides first, then the oldest."""
    assessor = aliased(User)
    instructs = sa.case((sa.and_(is_open(), Entry.assessor_id.is_not(None)), True), else_=False)
    return (
        sa.select(Version, Entry, User.name, RevisionActivity.title, instructs.label("instructs"), assessor.name.label("assessor"))
        .join(Entry, Entry.id == Version.entry_id)
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(User, User.id == Entry.author_id)
        .outerjoin(assessor, assessor.id == Entry.assessor_id)
        .outerjoin(CohortModule, sa.and_(CohortModule.cohort_id == cohort_id, CohortModule.module_id == Entry.module_id))
        .outerjoin(
            RevisionActivity, sa.and_(RevisionActivity.revision_id == CohortModule.revision_id, RevisionActivity.key == Entry.activity_key)
        )
        .where(*_undecided(cohort_id))
        .order_by(instructs, Version.received_at, Version.id)
    )


def for_organizers(cohort_id: int, _today: dt.date) -> sa.Select[*tuple[Any, ...]]:
    """Return how many hand-ins of a cohort wait for the organizer's decision."""
    return (
        sa.select(sa.func.count(Version.id))
        .join(Entry, Entry.id == Version.entry_id)
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .where(*_undecided(cohort_id), sa.or_(~is_open(), Entry.assessor_id.is_(None)))
    )


plugin.cohort_page(
    _("Handed in in time?"),
    "/timely",
    MANAGE_COHORTS,
    "results",
    Waits(nothing("%(num)s hand-in: was it in time?", "%(num)s hand-ins: were they in time?"), for_organizers),
)


def decide(*, actor: Actor, cohort: Cohort, entry_id: uuid.UUID, on_time: bool) -> None:
    """Decide about a text that nobody but its author may read.

    Raises NotFound for one of another cohort, Refused for one's own, for one that an instructor may read, and for what is decided.
    """
    instructs = sa.case((sa.and_(is_open(), Entry.assessor_id.is_not(None)), True), else_=False)
    statement = sa.select(Entry, instructs).join(Enrolment, Enrolment.id == Entry.enrolment_id).options(selectinload(Entry.versions))
    row = db.session.execute(statement.where(Entry.id == entry_id, Enrolment.cohort_id == cohort.id, Entry.versions.any())).one_or_none()
    if row is None:
        raise NotFound("no such text in the cohort")
    entry, instructed = row
    if instructed:
        raise Refused(gettext("Who answers this text decides."))
    if entry.author_id == actor.id:
        raise Refused(gettext("Nobody decides about themselves. Another organizer can."))
    services.decide_timeliness(actor=actor, entry=entry, on_time=on_time)


@plugin.get(AT)
@requires(MANAGE_COHORTS, on="cohort")
def timely(cohort_id: int) -> str:
    """List what was handed in at a time that no clock can tell."""
    rows = db.session.execute(undecided_in(cohort_id)).all()
    return render_template("courses/timely.html", head=head_of(g.cohort), rows=rows)


@plugin.post(f"{AT}/<uuid:entry_id>")
@requires(MANAGE_COHORTS, on="cohort")
def decide_timely(cohort_id: int, entry_id: uuid.UUID) -> Response:
    """Decide whether a text that nobody else may read was handed in in time."""
    decide(actor=current_user, cohort=g.cohort, entry_id=entry_id, on_time=request.form.get("verdict") == "on_time")
    commit()
    flash(gettext("Decided; the author sees it."), "done")
    return redirect(f"/cohorts/{cohort_id}/timely")
