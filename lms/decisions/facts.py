"""What passing rules look at, as plain values: the programme that a cohort shares, and how far one person is with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lms.progress.models import CompletionState, EvidenceKind

# What a piece of a component must have to count, beyond what completes it as an activity.
NEEDS = {"journal": (EvidenceKind.ACCEPTED,), "field": (EvidenceKind.ATTENDED, EvidenceKind.ACCEPTED)}
ACTS = (EvidenceKind.SUBMITTED, EvidenceKind.ATTENDED, EvidenceKind.ACCEPTED, EvidenceKind.RETURNED, EvidenceKind.OVERRIDE)


@dataclass(frozen=True, slots=True)
class Part:
    """An activity. `scored` tells whether its rule asks for a score and it counts in the mark; `component` is the type's, see `lms.activity.ActivityType`."""

    module_id: int
    module_key: str
    key: str
    title: str
    component: str = "independent"
    required: bool = True
    scored: bool = False

    @property
    def path(self) -> str:
        """Return its place in the programme, `empati/jurnal`."""
        return f"{self.module_key}/{self.key}"


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A module of the programme; `weight` is that of its score in the final mark."""

    id: int
    key: str
    title: str
    required: bool
    weight: float
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Programme:
    """What everybody in a cohort shares: modules in order, grade scale, limits of absence."""

    modules: tuple[ModuleFacts, ...]
    scale: Sequence[Mapping[str, Any]] = ()
    limits: Mapping[str, float] = field(default_factory=dict)

    def module(self, number: int) -> ModuleFacts | None:
        """Return a module by its id, or None."""
        return next((module for module in self.modules if module.id == number), None)

    def part(self, module_id: int, key: str) -> Part | None:
        """Return an activity by its place, or None."""
        module = self.module(module_id)
        return next((part for part in module.parts if part.key == key), None) if module else None

    def of(self, component: str) -> list[Part]:
        """Return the required activities of a component in required modules, in order."""
        parts = (part for module in self.modules if module.required for part in module.parts)
        return [part for part in parts if part.required and part.component == component]


@dataclass(frozen=True, slots=True)
class PartState:
    """How far somebody is with an activity: state, best percent, since when it is complete, and what it lacks."""

    state: CompletionState = CompletionState.NOT_STARTED
    score: float | None = None
    since: dt.datetime | None = None
    lacks: tuple[EvidenceKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """A piece of evidence of a journal or a field visit."""

    kind: EvidenceKind
    value: Any
    at: dt.datetime


def piece(component: str, acts: Iterable[Act]) -> PartState:
    """Return how far a journal or a field visit is, from its evidence in order of arrival.

    A journal counts when an instructor has accepted it; a visit when its learner was there and its record is accepted. A decision by hand
    counts as it does for activities: complete until it is lifted, or starting anew.
    """
    needs = NEEDS[component]
    forced: dt.datetime | None = None
    seen: dict[EvidenceKind, dt.datetime] = {}
    with_instructor = False
    for act in acts:
        if act.kind is EvidenceKind.OVERRIDE:
            forced = act.at if act.value["state"] == "complete" else None
            if act.value["state"] == "incomplete":
                seen, with_instructor = {}, False
            continue
        seen.setdefault(act.kind, act.at)
        if act.kind in (EvidenceKind.SUBMITTED, EvidenceKind.RETURNED):
            with_instructor = act.kind is EvidenceKind.SUBMITTED
    lacks = tuple(kind for kind in needs if kind not in seen)
    if not lacks or forced:
        moments = [] if lacks else [max(seen[kind] for kind in needs)]
        return PartState(CompletionState.COMPLETE, since=min([*moments, *([forced] if forced else [])]))
    if lacks == (EvidenceKind.ACCEPTED,) and with_instructor:
        return PartState(CompletionState.WAITING, lacks=lacks)
    return PartState(CompletionState.IN_PROGRESS if seen else CompletionState.NOT_STARTED, lacks=lacks)


@dataclass(frozen=True, slots=True)
class ModuleState:
    """How far somebody is with a module."""

    required: int
    done: int
    waiting: int
    completed_at: dt.datetime | None = None

    @property
    def settled(self) -> bool:
        """Tell whether nothing is left to do for the learner."""
        return self.required > 0 and self.done + self.waiting >= self.required


@dataclass(frozen=True, slots=True)
class Attendance:
    """Sessions of one person that are over: at how many they were noted, how many they attended, what they missed in JP and days.

    `over` counts those that were for them, noted or not.
    """

    held: int = 0
    attended: int = 0
    missed_jp: Decimal = Decimal(0)
    missed_days: int = 0
    over: int = 0

    @property
    def not_entered(self) -> bool:
        """Tell whether sessions are over and nothing is noted of any."""
        return self.over > 0 and self.held == 0

    @property
    def missed(self) -> dict[str, Decimal]:
        """Return what was missed by the names of `Course.absence_limits`."""
        return {"sessions": Decimal(self.held - self.attended), "jp": self.missed_jp, "days": Decimal(self.missed_days)}


NOTHING = PartState()


@dataclass(frozen=True, slots=True)
class Person:
    """How far one person is with the programme."""

    modules: Mapping[int, ModuleState] = field(default_factory=dict)
    parts: Mapping[tuple[int, str], PartState] = field(default_factory=dict)
    # Journals and field visits by what their evidence says, see `piece`.
    pieces: Mapping[tuple[int, str], PartState] = field(default_factory=dict)
    attendance: Attendance = field(default_factory=Attendance)

    def state(self, part: Part) -> PartState:
        """Return how far they are with an activity."""
        return self.parts.get((part.module_id, part.key), NOTHING)

    def piece(self, part: Part) -> PartState:
        """Return how far they are with a journal or a field visit."""
        return self.pieces.get((part.module_id, part.key)) or piece(part.component, ())
