"""The ledger of hours: what was learned, on which local day, and how much of it the dated rules recognise.

Recognised hours are the designed hours under the limits of a day, a month and an event, counted on the local day on which the learning
happened, never seconds on a page. Lines are judged in the order in which they arrived; nothing that was written is changed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lms.db import db, read, upsert, utcnow
from lms.errors import NotAllowed, NotFound, Refused
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.learning.models import Cohort, Enrolment, RevisionActivity, ScheduleEntry, ScheduleKind
from lms.learning.outline import outline
from lms.people.access import Actor
from lms.people.models import User
from lms.privacy.services import audit
from lms.progress.jp_rules import rule_for, rules
from lms.progress.models import Completion, CompletionState, JpCause, JpEntry, JpForm, JpLimit, JpRule

FORM_OF_MEETING = {
    ScheduleKind.CLASSROOM: JpForm.CLASSROOM,
    ScheduleKind.ONLINE: JpForm.DISTANCE,
    ScheduleKind.FIELD_VISIT: JpForm.PRACTICE,
}
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Learned:
    """Something learned, as the ledger has it now: the first line with all that correct it. `id` 0 is not written yet."""

    id: int
    enrolment_id: int
    key: str
    section: tuple[int, str] | None
    title: Mapping[str, str]
    form: JpForm
    day: dt.date
    rule: str
    nominal: Decimal
    recognized: Decimal = NOTHING
    limit: JpLimit = JpLimit.NONE
    lines: int = 1
    cause: JpCause = JpCause.EARNED  # of the latest line that was not a recount
    by_hand: Decimal | None = None  # the hours to which a person has corrected it last


def judge(learned: Iterable[Learned], known: Mapping[str, JpRule]) -> list[tuple[Decimal, JpLimit]]:
    """Return (recognised hours, what limited them) for what one person learned in one year, in order of arrival.

    known holds the rules by name. A section counts once a year, whatever cohort it was taken in.
    """
    days: defaultdict[tuple[JpForm, dt.date], Decimal] = defaultdict(Decimal)
    months: Counter[tuple[JpForm, int, int]] = Counter()
    seen: set[tuple[int, str]] = set()
    found = []
    for item in learned:
        day, month = (item.form, item.day), (item.form, item.day.year, item.day.month)
        if item.section in seen:
            got, limit = NOTHING, JpLimit.REPEATED if item.nominal else JpLimit.NONE
        else:
            got, limit = recognize(item.nominal, known[item.rule], days[day], months[month])
        if got:
            days[day] += got
            months[month] += 1
            if item.section:
                seen.add(item.section)
        found.append((got, limit))
    return found


def recognize(nominal: Decimal, rule: JpRule, of_the_day: Decimal, events: int) -> tuple[Decimal, JpLimit]:
    """Return how many of the nominal hours a rule recognises, and what limits them.

    of_the_day are hours of this form recognised on that day already, events how many of its calendar month count already.
    """
    if nominal and rule.per_month is not None and events >= rule.per_month:
        return NOTHING, JpLimit.MONTH
    got, limit = nominal, JpLimit.NONE
    if rule.per_event is not None and got > rule.per_event:
        got, limit = rule.per_event, JpLimit.EVENT
    if rule.per_day is not None and got > rule.per_day - of_the_day:
        got, limit = max(NOTHING, rule.per_day - of_the_day), JpLimit.DAY
    return got, limit


# -- reading -------------------------------------------------------------------------------------------------------------------------------

_table = sa.inspect(JpEntry).local_table
_YEAR = (
    sa.select(_table)
    .where(
        _table.c.user_id.in_(sa.bindparam("people", expanding=True)),
        _table.c.occurred_on.between(sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date)),
    )
    .order_by(_table.c.id)
)


def year_of(user_id: uuid.UUID, year: int) -> list[Learned]:
    """Return what somebody learned in a calendar year, in order of arrival, with corrections: one statement."""
    return years_of([user_id], year)[user_id]


def years_of(people: Collection[uuid.UUID], year: int) -> dict[uuid.UUID, list[Learned]]:
    """Return what each of these people learned in a calendar year, as above: one statement."""
    known: dict[uuid.UUID, dict[int, Learned]] = {user_id: {} for user_id in people}
    for row in read(_YEAR, {"people": list(known), "first": dt.date(year, 1, 1), "last": dt.date(year, 12, 31)}):
        found = known[row.user_id]
        if row.corrects_id is None:
            section = (row.module_id, row.section) if row.module_id else None
            found[row.id] = Learned(
                row.id,
                row.enrolment_id,
                row.key,
                section,
                row.title,
                row.form,
                row.occurred_on,
                row.rule,
                row.nominal,
                row.recognized,
                row.limit,
            )
            continue
        before = found[row.corrects_id]
        nominal = before.nominal + row.nominal
        found[row.corrects_id] = replace(
            before,
            nominal=nominal,
            recognized=before.recognized + row.recognized,
            limit=row.limit,
            lines=before.lines + 1,
            cause=before.cause if row.cause is JpCause.RECOUNTED else row.cause,
            by_hand=nominal if row.cause is JpCause.CORRECTED else before.by_hand,
        )
    return {user_id: list(found.values()) for user_id, found in known.items()}


def _by_name() -> dict[str, JpRule]:
    return {rule.name: rule for rule in rules()}


# -- writing -------------------------------------------------------------------------------------------------------------------------------


def _lock(*people: uuid.UUID) -> None:
    """Let one writer at a time touch somebody's ledger: the limits are the person's, whatever cohort the hours come from."""
    db.session.execute(sa.select(User.id).where(User.id.in_(people)).order_by(User.id).with_for_update(key_share=True))


def _earn(earned: Sequence[tuple[uuid.UUID, Learned]]) -> None:
    """Write the first lines of what people learned in one year, unless they are there already; `rule` and `recognized` are found here."""
    _lock(*(user_id for user_id, _item in earned))
    known = rules()
    by_name = {rule.name: rule for rule in known}
    years = years_of({user_id for user_id, _item in earned}, earned[0][1].day.year)
    rows = []
    for user_id, item in earned:
        before = years[user_id]
        if any((line.enrolment_id, line.key) == (item.enrolment_id, item.key) for line in before):
            continue
        judged = replace(item, rule=rule_for(known, item.form, item.day).name)
        got, limit = judge([*before, judged], by_name)[-1]
        before.append(replace(judged, recognized=got, limit=limit))
        rows.append(_first_line(user_id, before[-1]))
    if rows:
        db.session.execute(upsert(JpEntry).values(rows).on_conflict_do_nothing(index_elements=["enrolment_id", "key"]))


def _first_line(user_id: uuid.UUID, item: Learned) -> dict[str, Any]:
    module_id, section = item.section or (None, "")
    return {
        "enrolment_id": item.enrolment_id,
        "user_id": user_id,
        "key": item.key,
        "module_id": module_id,
        "section": section,
        "title": dict(item.title),
        "form": item.form,
        "nominal": item.nominal,
        "recognized": item.recognized,
        "rule": item.rule,
        "limit": item.limit,
        "occurred_on": item.day,
        "recorded_at": utcnow(),
        "corrects_id": None,
        "cause": JpCause.EARNED,
        "reason": "",
        "actor_id": None,
    }


def _change(
    user_id: uuid.UUID, item: Learned, nominal: Decimal, *, cause: JpCause, reason: str = "", actor_id: uuid.UUID | None = None
) -> None:
    """Write lines that bring something to other hours, and those of the same year that this makes or takes room for."""
    before = year_of(user_id, item.day.year)
    after = [replace(line, nominal=nominal) if line.id == item.id else line for line in before]
    _settle(user_id, before, after, {item.id: {"cause": cause, "reason": reason, "actor_id": actor_id}})


def recount(user_id: uuid.UUID, year: int) -> list[tuple[int, Decimal, Decimal]]:
    """Judge a year anew and write lines where the ledger says otherwise; return (number of the first line, was recognised, is)."""
    _lock(user_id)
    before = year_of(user_id, year)
    return _settle(user_id, before, before, {})


def _settle(
    user_id: uuid.UUID, before: Sequence[Learned], after: Sequence[Learned], why: Mapping[int, Mapping[str, Any]]
) -> list[tuple[int, Decimal, Decimal]]:
    """Write the lines that lead from one state to the other as it is judged; `why` says it of some, the others are recounted."""
    differing = []
    for old, new, (got, limit) in zip(before, after, judge(after, _by_name()), strict=True):
        if old.id not in why and got == old.recognized:
            continue
        module_id, section = old.section or (None, "")
        db.session.add(
            JpEntry(
                enrolment_id=old.enrolment_id,
                user_id=user_id,
                key=f"correction/{old.id}/{old.lines}",
                module_id=module_id,
                section=section,
                title=dict(old.title),
                form=old.form,
                nominal=new.nominal - old.nominal,
                recognized=got - old.recognized,
                rule=old.rule,
                limit=limit,
                occurred_on=old.day,
                corrects_id=old.id,
                **why.get(old.id, {"cause": JpCause.RECOUNTED}),
            )
        )
        differing.append((old.id, old.recognized, got))
    db.session.flush()
    return differing


def correct(*, actor: Actor, enrolment_id: int, line_id: int, hours: Decimal, reason: str) -> None:
    """Bring something in the ledger to other designed hours, 0 to void it, by a person who says why.

    The caller has checked that the actor manages the enrolment's cohort. Raises NotFound, NotAllowed for one's own hours, and Refused when
    nothing would change.
    """
    root = db.session.scalar(
        sa.select(JpEntry).where(JpEntry.id == line_id, JpEntry.enrolment_id == enrolment_id, JpEntry.corrects_id.is_(None))
    )
    if root is None:
        raise NotFound("no such line of this enrolment")
    if root.user_id == actor.id:
        raise NotAllowed(_("Nobody corrects their own hours. Ask another organizer."))
    _lock(root.user_id)
    item = next(line for line in year_of(root.user_id, root.occurred_on.year) if line.id == root.id)
    if item.nominal == hours:
        raise Refused(_("These are the hours that the line has already."))
    _change(root.user_id, item, hours, cause=JpCause.CORRECTED, reason=reason, actor_id=actor.id)
    audit(actor.id, "jp:correct", "jp_entry", root.id, enrolment=enrolment_id, nominal=str(hours))


_SECTION = (
    sa.select(
        sa.func.count(RevisionActivity.id).label("required"),
        sa.func.count(Completion.activity_key).label("complete"),
        sa.func.max(Completion.first_completed_at).label("finished_at"),
    )
    .outerjoin(
        Completion,
        sa.and_(
            Completion.enrolment_id == sa.bindparam("enrolment_id"),
            Completion.module_id == sa.bindparam("module_id"),
            Completion.activity_key == RevisionActivity.key,
            Completion.state == CompletionState.COMPLETE,
        ),
    )
    .where(
        RevisionActivity.revision_id == sa.bindparam("revision_id"),
        RevisionActivity.section == sa.bindparam("section"),
        RevisionActivity.required,
    )
)


def credit_section(*, enrolment_id: int, user_id: uuid.UUID, module_id: int, revision_id: int, section: str, zone: str) -> None:
    """Write the ledger line of a section when all its required activities are complete and it has none yet."""
    found = next((part for part in outline(revision_id).about["sections"] if part["key"] == section), None)
    if not found or not found.get("jp"):
        return
    where = {"enrolment_id": enrolment_id, "module_id": module_id, "revision_id": revision_id, "section": section}
    counts = read(_SECTION, where).one()
    if not counts.required or counts.complete < counts.required or counts.finished_at is None:
        return
    item = Learned(
        id=0,
        enrolment_id=enrolment_id,
        key=f"section/{module_id}/{section}",
        section=(module_id, section),
        title=found["title"],
        form=JpForm(found["form"]),
        day=local_day(counts.finished_at, zone),
        rule="",
        nominal=Decimal(str(found["jp"])),
    )
    _earn([(user_id, item)])


# -- meetings ------------------------------------------------------------------------------------------------------------------------------


def credit_meeting(*, enrolment_ids: Collection[int], entry_id: int) -> None:
    """Credit a meeting with hours to those who attended it, on each learner's local day; telling it again changes nothing.

    Who was credited other hours, because the meeting had others then, is brought to the present ones; what a person has corrected by hand stays
    as they left it, also after the attendance was taken back and given again. A meeting without hours or one that was cancelled gives none.
    Raises NotFound when the meeting is not of the enrolments' cohort.
    """
    rows = _meeting(enrolment_ids, entry_id)
    if not rows or not rows[0].ScheduleEntry.jp or rows[0].ScheduleEntry.cancelled_at is not None:
        return
    entry: ScheduleEntry = rows[0].ScheduleEntry
    _lock(*(row.user_id for row in rows))
    known = _known(enrolment_ids, entry_id)
    new: defaultdict[int, list[tuple[uuid.UUID, Learned]]] = defaultdict(list)
    for row in rows:
        item = known.get(row.enrolment_id)
        if item is None:
            day = local_day(entry.starts_at, row.user_zone or row.cohort_zone)
            title, form = {"id": entry.title}, FORM_OF_MEETING[entry.kind]
            new[day.year].append((row.user_id, Learned(0, row.enrolment_id, f"meeting/{entry_id}", None, title, form, day, "", entry.jp)))
        elif item.cause is JpCause.WITHDRAWN:
            _change(row.user_id, item, entry.jp if item.by_hand is None else item.by_hand, cause=JpCause.RESTORED)
        elif item.by_hand is None and item.nominal != entry.jp:
            _change(row.user_id, item, entry.jp, cause=JpCause.CHANGED)
    for earned in new.values():
        _earn(earned)


def uncredit_meeting(*, enrolment_ids: Collection[int], entry_id: int) -> None:
    """Take the hours of a meeting back because the attendance was; telling it again changes nothing. Raises NotFound as above."""
    rows = _meeting(enrolment_ids, entry_id)
    if not rows:
        return
    _lock(*(row.user_id for row in rows))
    known = _known(enrolment_ids, entry_id)
    for row in rows:
        item = known.get(row.enrolment_id)
        if item is not None and item.nominal:
            _change(row.user_id, item, NOTHING, cause=JpCause.WITHDRAWN)


def _meeting(enrolment_ids: Collection[int], entry_id: int) -> Sequence[Any]:
    rows = db.session.execute(
        sa.select(
            ScheduleEntry,
            Enrolment.id.label("enrolment_id"),
            Enrolment.user_id,
            User.time_zone.label("user_zone"),
            Cohort.time_zone.label("cohort_zone"),
        )
        .join(Enrolment, Enrolment.cohort_id == ScheduleEntry.cohort_id)
        .join(User, User.id == Enrolment.user_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(ScheduleEntry.id == entry_id, Enrolment.id.in_(enrolment_ids))
        .order_by(Enrolment.id)
    ).all()
    if len(rows) < len(set(enrolment_ids)):
        raise NotFound("no such meeting of this enrolment's cohort")
    return rows


def _known(enrolment_ids: Collection[int], entry_id: int) -> dict[int, Learned]:
    """Return {enrolment id: a meeting in their ledger}, whatever year it was written under: it may have been moved since."""
    key = f"meeting/{entry_id}"
    lines = db.session.execute(
        sa.select(JpEntry.user_id, JpEntry.occurred_on).where(JpEntry.enrolment_id.in_(enrolment_ids), JpEntry.key == key)
    ).all()
    found: dict[int, Learned] = {}
    for year in {line.occurred_on.year for line in lines}:
        for items in years_of({line.user_id for line in lines if line.occurred_on.year == year}, year).values():
            found |= {item.enrolment_id: item for item in items if item.key == key}
    return found
