"""What a learner's home and course page show, put together from a few reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.learn import queries
from lms.api import (
    Actor,
    Appointment,
    Enrolment,
    Item,
    Outline,
    activity_type,
    appointments_of,
    begun,
    choose,
    db,
    gettext,
    local_day,
    missing_modules,
    ngettext,
    outlines,
    own_sentence,
    utcnow,
)

SETTLED = {"complete", "waiting"}


@dataclass(frozen=True, slots=True)
class ModuleCard:
    """A module as a learner sees it in a list: one segment an activity."""

    outline: Outline
    states: Mapping[str, str]
    cohort_id: int
    required: bool
    opens_on: dt.date | None
    due_on: dt.date | None
    done: int
    total: int
    waiting: int
    is_open: bool
    first: tuple[str, ...] = ()  # titles of the modules that must be complete before this one opens

    @property
    def url(self) -> str:
        """Return the address of the module in the player."""
        return f"/learn/{self.cohort_id}/{self.outline.module_key}"

    @property
    def segments(self) -> list[str]:
        """Return a class for each activity."""
        return [self.states.get(item.key, "not_started") + ("" if item.required else " optional") for item in self.outline.items]

    @property
    def settled(self) -> set[str]:
        """Return the keys of what nothing is left to do in for the learner."""
        return {key for key, state in self.states.items() if state in SETTLED}

    @property
    def complete(self) -> bool:
        """Tell whether nothing is left to do."""
        return self.total > 0 and self.done == self.total

    @property
    def next_item(self) -> Item | None:
        """Return what to do next here: the first open activity that is not settled, required ones first."""
        settled = self.settled
        todo = [item for item in self.outline.items if item.key not in settled and settled.issuperset(item.requires)]
        return next((item for item in todo if item.required), None)


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A cohort of mine: its modules and where to go on."""

    enrolment: Any
    modules: list[ModuleCard]

    @property
    def current(self) -> ModuleCard | None:
        """Return the module to go on with: where I was last if something is left there, else the first that is open."""
        key = self.enrolment.place.partition("/")[0]
        work = [card for card in self.modules if card.is_open and card.next_item]
        return next((card for card in work if card.outline.module_key == key), work[0] if work else None)

    @property
    def resume(self) -> tuple[ModuleCard, Item, str] | None:
        """Return module, activity and anchor where I left off; or what comes next when that is complete."""
        card = self.current
        if card is None:
            return None
        module_key, _slash, rest = self.enrolment.place.partition("/")
        activity_key, _hash, anchor = rest.partition("#")
        if module_key == card.outline.module_key and card.states.get(activity_key) not in SETTLED:
            for item in card.outline.items:
                if item.key == activity_key and card.settled.issuperset(item.requires):
                    return card, item, anchor
        following = card.next_item
        return (card, following, "") if following else None

    @property
    def hint(self) -> str:
        """Say why I may need help here, in the words that a supervisor reads a day later; empty when nothing says so."""
        return own_sentence(self.enrolment, local_day(utcnow(), self.enrolment.time_zone))


def courses_of(actor: Actor, cohort_id: int | None = None) -> list[CourseCard]:
    """Return the actor's cohorts (or one of them) with modules and states: at most five statements."""
    enrolments = [row for row in queries.enrolments_of(actor.id) if cohort_id in {None, row.cohort_id}]
    if not enrolments:
        return []
    ids = [row.id for row in enrolments]
    rows = queries.modules_of(ids)
    known = outlines(row.revision_id for row in rows)
    states = queries.states_of(ids)
    cards = []
    for enrolment in enrolments:
        mine = [row for row in rows if row.cohort_id == enrolment.cohort_id]
        cards.append(CourseCard(enrolment, _cards(enrolment, mine, known, states)))
    return cards


def _cards(
    enrolment: Any, rows: list[Any], known: Mapping[int, Outline], states: Mapping[tuple[int, int], Mapping[str, str]]
) -> list[ModuleCard]:
    today = local_day(utcnow(), enrolment.time_zone)
    titles = {row.module_id: choose(dict(known[row.revision_id].about["title"])) for row in rows}
    settled = {row.module_id: row.required_count is not None and row.done_count + row.waiting_count >= row.required_count for row in rows}
    cards = []
    for row in rows:
        own = states.get((enrolment.id, row.module_id), {})
        first = () if begun(own) else tuple(titles[number] for number in missing_modules(row.requires, settled))
        cards.append(
            ModuleCard(
                outline=known[row.revision_id],
                states=own,
                cohort_id=enrolment.cohort_id,
                required=row.required,
                opens_on=row.opens_on if row.opens_on and row.opens_on > today else None,
                due_on=row.due_on,
                done=row.done_count or 0,
                total=row.required_count or 0,
                waiting=row.waiting_count or 0,
                is_open=(row.opens_on is None or row.opens_on <= today) and not first,
                first=first,
            )
        )
    return cards


def rule_sentence(card: ModuleCard) -> str:
    """Say in one sentence what completes a module: "3 of 5: 2 lessons, 2 quizzes, 1 journal"."""
    types = [item.type for item in card.outline.items if item.required]
    parts = ", ".join(ngettext(*activity_type(key).counted, types.count(key)) for key in dict.fromkeys(types))
    return gettext("%(done)s of %(total)s: %(parts)s", done=card.done, total=card.total, parts=parts)


def remember_place(*, actor: Actor, cohort_id: int, module_key: str, activity_key: str, anchor: str = "") -> None:
    """Remember where the learner is, to continue there."""
    place = f"{module_key}/{activity_key}" + (f"#{anchor}" if anchor else "")
    db.session.execute(
        sa.update(Enrolment).where(Enrolment.user_id == actor.id, Enrolment.cohort_id == cohort_id).values(place=place[:200])
    )


def appointments(actor: Actor, now: dt.datetime, cohort_id: int | None = None) -> list[Appointment]:
    """Return where the actor is to be, beside the meetings of the schedule: one statement for each plugin that keeps such things."""
    return [one for one in appointments_of([actor.id], now) if not one.cancelled and cohort_id in {None, one.cohort_id}]
