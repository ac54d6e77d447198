"""Lists of entries."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from courses.entries.audience import READABLE
from courses.entries.models import Entry, EntryKind, EntryState, Section, Version
from lms.api import (
    DUE_ON,
    Actor,
    Cohort,
    CohortModule,
    Enrolment,
    Group,
    Module,
    Permission,
    ReadReason,
    Revision,
    RevisionActivity,
    cohorts_for,
    db,
    extension_of,
    outline,
    title_of,
)


def with_versions(reason: ReadReason | None) -> Any:
    """Return the option that loads versions with their answers, and of their sections only those that this reason lets one read."""
    sections = joinedload(Version.sections.and_(Section.audience.in_(READABLE[reason])))
    return selectinload(Entry.versions).options(joinedload(Version.feedback), sections)


def entries_of(author_id: uuid.UUID) -> sa.Select[Entry]:
    """Return a person's entries with drafts, versions and sections, latest first."""
    return (
        sa.select(Entry)
        .where(Entry.author_id == author_id)
        .options(with_versions(None), selectinload(Entry.drafts))
        .order_by(Entry.created_at.desc())
    )


def years_of(author_id: uuid.UUID) -> sa.Select[int]:
    """Return the years of the programmes in which a person has written, the latest first."""
    statement = sa.select(Cohort.year).join(Enrolment, Enrolment.cohort_id == Cohort.id).join(Entry, Entry.enrolment_id == Enrolment.id)
    return statement.where(Entry.author_id == author_id).distinct().order_by(Cohort.year.desc())


def years_among(actor: Actor, permission: Permission) -> sa.Select[int]:
    """Return the years of the cohorts in which a person may do something and a journal was handed in, the latest first."""
    here = (Enrolment.cohort_id == Cohort.id, Entry.enrolment_id == Enrolment.id)
    some = sa.exists().where(*here, Entry.kind == EntryKind.JOURNAL, Entry.state != EntryState.DRAFT)
    return sa.select(Cohort.year).where(cohorts_for(actor, permission), some).distinct().order_by(Cohort.year.desc())


def entries_in(author_id: uuid.UUID, year: int, *, whole: bool = False) -> sa.Select[Entry]:
    """Return a person's entries in the programmes of a year, programme by programme in the order of writing; `whole` with their sections."""
    versions = with_versions(None) if whole else selectinload(Entry.versions).joinedload(Version.feedback)
    return (
        sa.select(Entry)
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(Entry.author_id == author_id, Cohort.year == year)
        .options(versions)
        .order_by(Cohort.starts_on.desc(), Cohort.id, Entry.created_at, Entry.id)
    )


def _places(ids: Iterable[uuid.UUID]) -> Any:
    return db.session.execute(
        sa.select(
            Entry.id,
            Entry.activity_key,
            CohortModule.revision_id,
            Cohort.id,
            Cohort.title,
            Cohort.number,
            Cohort.year,
            Module.key,
            Group.name,
        )
        .join(Enrolment, Enrolment.id == Entry.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(CohortModule, sa.and_(CohortModule.cohort_id == Cohort.id, CohortModule.module_id == Entry.module_id))
        .join(Module, Module.id == Entry.module_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .where(Entry.id.in_(list(ids)))
    )


def titles_of(entries: Iterable[Entry]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return what entries are about: activity, module, cohort and address, by id; one statement, and outlines that are kept."""
    found = {}
    for entry_id, key, revision_id, cohort_id, title, number, year, module_key, group in _places(entry.id for entry in entries):
        contents = outline(revision_id)
        item = next((item for item in contents.items if item.key == key), None)
        found[entry_id] = {
            "activity": item.title if item else key,
            "module": contents.about["title"],
            "cohort": title_of(title, number, year),
            "group": group or "",
            "revision_id": revision_id,
            "key": key,
            "url": f"/learn/{cohort_id}/{module_key}/{key}",
        }
    return found


def due_of(enrolment_id: int, module_id: int) -> sa.Select[dt.date | None, str]:
    """Return the day on which a module is due for an enrolment, and the cohort's time zone."""
    return (
        sa.select(DUE_ON, Cohort.time_zone)
        .select_from(CohortModule)
        .join(Cohort, Cohort.id == CohortModule.cohort_id)
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .outerjoin(*extension_of(Enrolment.id))
        .where(Enrolment.id == enrolment_id, CohortModule.module_id == module_id)
    )


def place_of(author_id: uuid.UUID, cohort_id: int, module_key: str) -> sa.Select[int, int, int]:
    """Return (enrolment_id, module_id, revision_id) of a person's place in a cohort, whether or not they take part and the module is open."""
    return (
        sa.select(Enrolment.id.label("enrolment_id"), Module.id.label("module_id"), CohortModule.revision_id)
        .join(CohortModule, CohortModule.cohort_id == Enrolment.cohort_id)
        .join(Module, Module.id == CohortModule.module_id)
        .where(Enrolment.user_id == author_id, Enrolment.cohort_id == cohort_id, Module.key == module_key)
    )


def kinds_of(module_id: int, activity_key: str) -> sa.Select[str]:
    """Return the types that an activity had in the revisions of its module, the newest first."""
    return (
        sa.select(RevisionActivity.type)
        .join(Revision, Revision.id == RevisionActivity.revision_id)
        .where(Revision.module_id == module_id, RevisionActivity.key == activity_key)
        .order_by(Revision.number.desc())
    )
