"""Groups of a cohort: names and order, who is in which, and dividing people over them."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lms.cohorts import queries
from lms.cohorts.split import balanced
from lms.db import db
from lms.errors import Refused
from lms.i18n import gettext as _
from lms.learning.models import Cohort, Enrolment, Group, ScheduleEntry
from lms.people import services as people
from lms.people.access import Actor
from lms.privacy.services import audit

AGENCY_LEVELS = 2  # of the tree of units: the region, and below it the agencies
MOST_GROUPS = 40


def change_groups(
    *,
    actor: Actor,
    cohort: Cohort,
    groups: Mapping[int, tuple[str, uuid.UUID | None]],
    added: tuple[str, uuid.UUID | None] | None = None,
    assessor_id: uuid.UUID | None = None,
    order: Sequence[int] = (),
) -> None:
    """Rename groups and choose who answers their journals, as {group id: (name, instructor)}; `added` is one more.

    assessor_id answers for people without a group; order is the ids of all groups when their order changes. Raises Refused when two groups
    would have one name.
    """
    present = list(db.session.scalars(queries.groups_of(cohort.id)))
    names = [groups.get(group.id, (group.name, None))[0] for group in present] + ([added[0]] if added else [])
    if len({people.fold(name) or name for name in names}) < len(names):
        raise Refused(_("Two groups have the same name."))
    # A name may move from one group to another: first none has one, then each has its own.
    for group in present:
        group.name = f"#{group.id}"
    db.session.flush()
    for group, name in zip(present, names, strict=False):
        group.name, group.assessor_id = name, groups.get(group.id, ("", group.assessor_id))[1]
    if added:
        position = max((group.position for group in present), default=0) + 1
        db.session.add(Group(cohort_id=cohort.id, name=added[0], position=position, assessor_id=added[1]))
    places = {number: place for place, number in enumerate(order, start=1)}
    for group in present if places.keys() == {group.id for group in present} else ():
        group.position = places[group.id]
    cohort.assessor_id = assessor_id
    audit(actor.id, "cohort:groups", "cohort", cohort.id)
    db.session.flush()


def add_groups(*, actor: Actor, cohort: Cohort, count: int) -> None:
    """Add several groups with numbers for names. Raises Refused when there would be too many."""
    present = list(db.session.scalars(queries.groups_of(cohort.id)))
    if not 1 <= count <= MOST_GROUPS - len(present):
        raise Refused(_("A cohort can have at most %(most)s groups.", most=MOST_GROUPS))
    names = {people.fold(group.name) for group in present}
    position = max((group.position for group in present), default=0)
    number = 0
    for place in range(position + 1, position + 1 + count):
        number += 1
        while people.fold(_("Group %(number)s", number=number)) in names:
            number += 1
        db.session.add(Group(cohort_id=cohort.id, name=_("Group %(number)s", number=number), position=place))
    audit(actor.id, "cohort:groups", "cohort", cohort.id, added=count)
    db.session.flush()


def remove_group(*, actor: Actor, cohort: Cohort, group: Group) -> None:
    """Remove a group that nobody is in. Raises Refused while it has people or meetings."""
    used = db.session.scalar(
        sa.select(sa.or_(sa.exists().where(Enrolment.group_id == group.id), sa.exists().where(ScheduleEntry.group_id == group.id)))
    )
    if used:
        raise Refused(_("“%(name)s” has people or meetings. Move them first.", name=group.name))
    audit(actor.id, "cohort:group_off", "cohort", cohort.id)
    db.session.delete(group)
    db.session.flush()


@dataclass(frozen=True, slots=True)
class Split:
    """A division that nobody has made yet: groups in order, {agency: people in each group}, sizes, who moves, and a fingerprint of it."""

    groups: list[Group]
    agencies: list[tuple[str, list[int]]]
    sizes: list[int]
    moves: list[tuple[Enrolment, str, int]]
    seen: str


def plan_split(*, cohort: Cohort, everybody: bool) -> Split:
    """Return how people would be divided: sizes that differ by at most one, as far as those who stay allow, and agencies mixed.

    everybody deals all of them anew; else only those without a group. Three statements. Raises Refused when there is no group.
    """
    groups = list(db.session.scalars(queries.groups_of(cohort.id)))
    if not groups:
        raise Refused(_("Add a group first."))
    rows = db.session.execute(queries.to_split(cohort.id)).all()
    keys = {row.Enrolment.id: _agency(row.path, row.institution) for row in rows}
    dealt = [row.Enrolment for row in rows if everybody or row.Enrolment.group_id is None]
    staying: dict[int, list[str]] = {}
    for row in rows:
        if not everybody and row.Enrolment.group_id is not None:
            staying.setdefault(row.Enrolment.group_id, []).append(keys[row.Enrolment.id])
    found = balanced([(one.id, keys[one.id]) for one in dealt], [group.id for group in groups], staying)
    target = {row.Enrolment.id: found.get(row.Enrolment.id, row.Enrolment.group_id) for row in rows}
    known = {row.path: row.name for row in db.session.execute(queries.unit_names({f"/{key}/" for key in keys.values()}))}
    titles = {key: known.get(f"/{key}/", "") for key in keys.values()}
    titles |= {key: row.institution or _("no unit") for row in rows if not titles[key := keys[row.Enrolment.id]]}
    counts = Counter((keys[row.Enrolment.id], target[row.Enrolment.id]) for row in rows)
    return Split(
        groups=groups,
        agencies=[(titles[key], [counts[key, group.id] for group in groups]) for key in sorted(titles, key=lambda one: titles[one])],
        sizes=[sum(counts[key, group.id] for key in titles) for group in groups],
        moves=[(row.Enrolment, row.name, found[row.Enrolment.id]) for row in rows if target[row.Enrolment.id] != row.Enrolment.group_id],
        seen=hashlib.sha256(repr(sorted(target.items())).encode()).hexdigest()[:16],
    )


def split_groups(*, actor: Actor, cohort: Cohort, everybody: bool, seen: str = "") -> int:
    """Divide people over the groups as `plan_split` shows it; return how many have a new group.

    Raises Refused when there is no group, and when `seen` is given and something has changed since.
    """
    plan = plan_split(cohort=cohort, everybody=everybody)
    if seen and seen != plan.seen:
        raise Refused(_("People or groups have changed meanwhile. Look once more at how they would be divided."))
    for enrolment, _name, group_id in plan.moves:
        enrolment.group_id = group_id
    audit(actor.id, "cohort:split", "cohort", cohort.id, moved=len(plan.moves), everybody=everybody)
    db.session.flush()
    return len(plan.moves)


def _agency(path: str | None, institution: str) -> str:
    """Return what stands for the agency of a person: their unit's place down to the level of agencies, or the institution they name."""
    return "/".join((path or "").strip("/").split("/")[:AGENCY_LEVELS]) or people.fold(institution)


def move_to_group(*, actor: Actor, cohort: Cohort, enrolment: Enrolment, group_id: int | None) -> None:
    """Put somebody into a group of the cohort, or into none. Raises Refused for another cohort's group."""
    if group_id is not None and group_id not in {group.id for group in db.session.scalars(queries.groups_of(cohort.id))}:
        raise Refused(_("This group does not exist any more."))
    enrolment.group_id = group_id
    audit(actor.id, "cohort:group", "enrolment", enrolment.id, group=group_id)
    db.session.flush()


def move_people(*, actor: Actor, cohort: Cohort, enrolment_ids: Collection[int], group_id: int | None) -> int:
    """Put people of the cohort into a group, or into none; return how many have a new one. Raises Refused for another cohort's group."""
    if group_id is not None and group_id not in {group.id for group in db.session.scalars(queries.groups_of(cohort.id))}:
        raise Refused(_("This group does not exist any more."))
    moving = db.session.scalars(sa.select(Enrolment).where(Enrolment.cohort_id == cohort.id, Enrolment.id.in_(enrolment_ids)))
    moved = 0
    for enrolment in moving:
        moved += enrolment.group_id != group_id
        enrolment.group_id = group_id
    audit(actor.id, "cohort:group", "cohort", cohort.id, group=group_id, people=moved)
    db.session.flush()
    return moved
