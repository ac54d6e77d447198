"""Passing rules: a small expression tree over what a whole programme asks for. Pure: no database, no clock.

A rule is a branch, `{"all": […]}`, `{"any": […]}` or `{"at_least": 2, "of": […]}`, over leaves and further branches (one level):

`"modules"` all required modules complete · `{"module": 4}` one module complete · `{"part": "4/kuis-akhir"}` one activity complete ·
`{"visits": 1}` field visits attended and their records accepted · `{"journals": 2}` journals accepted · `{"sessions": 80}` percent of the sessions
attended · `"absence"` absence within the limits of the course · `{"mark": 70.01}` final mark.

A clause is open, waits (nothing is missing but the look of an instructor), or is met. Branches take the state of which clause decides, in that
order, so that better facts never make a state worse and the order of clauses changes nothing.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lms.decisions.facts import Part, PartState, Person, Programme
from lms.decisions.marks import final_mark
from lms.i18n import format_number, half_up, ngettext
from lms.i18n import gettext as _
from lms.progress.models import CompletionState, EvidenceKind
from lms.progress.rules import RuleError

Tree = Any
WORDS = ("modules", "absence")
VALUES = ("module", "part", "visits", "journals", "sessions", "mark")
BRANCHES = ("all", "any", "at_least")
MAX_DEPTH = 2
MOST_PARTS = 12
PART = re.compile(r"[1-9][0-9]{0,8}/[a-z0-9-]{1,60}")
DEFAULT: Tree = {"all": ["modules"]}


class Standing(enum.IntEnum):
    """How far a clause is, from worse to better."""

    OPEN = 0
    WAITING = 1  # for an instructor to look
    MET = 2


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a clause still needs: what, and where in the programme (`empati/jurnal`, or empty)."""

    title: str
    path: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a rule for one person: how far, in short ("1/2"), since when, by what, and what is missing."""

    rule: Tree
    standing: Standing
    have: str = ""
    since: dt.datetime | None = None
    by: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    parts: tuple[Clause, ...] = ()


# -- what is a rule ------------------------------------------------------------------------------------------------------------------


def check(rule: Tree, depth: int = 0) -> Tree:
    """Return the rule in its canonical form. Raises RuleError."""
    if depth == 0 and kind_of(rule) not in BRANCHES:
        raise RuleError(_("A passing rule begins with all, any or at least."))
    kind = kind_of(rule)
    if kind in WORDS:
        return rule
    if kind in BRANCHES:
        return _check_branch(rule, kind, depth)
    return {kind: _check_value(kind, rule[kind])}


def kind_of(rule: Tree) -> str:
    """Return the word that a rule begins with. Raises RuleError for what is no rule."""
    if isinstance(rule, str) and rule in WORDS:
        return rule
    if isinstance(rule, dict) and set(rule) == {"at_least", "of"}:
        return "at_least"
    if isinstance(rule, dict) and len(rule) == 1 and set(rule) <= {"all", "any", *VALUES}:
        return str(next(iter(rule)))
    raise RuleError(_("This is no clause of a passing rule."))


def parts_of(rule: Tree) -> list[Tree]:
    """Return the clauses of a branch."""
    return list(rule["of"] if "at_least" in rule else next(iter(rule.values())))


def _check_branch(rule: Tree, kind: str, depth: int) -> Tree:
    if depth >= MAX_DEPTH:
        raise RuleError(_("A group cannot hold another group."))
    value = rule["of"] if kind == "at_least" else rule[kind]
    if not isinstance(value, list) or not value:
        raise RuleError(_("Add at least one clause."))
    if len(value) > MOST_PARTS:
        raise RuleError(ngettext("At most %(num)s clause.", "At most %(num)s clauses.", MOST_PARTS))
    parts = [check(part, depth + 1) for part in value]
    if kind != "at_least":
        return {kind: parts}
    least = rule["at_least"]
    if isinstance(least, bool) or not isinstance(least, int) or not 1 <= least <= len(parts):
        raise RuleError(_("Write a number from 1 to %(most)s.", most=len(parts)))
    return {"at_least": least, "of": parts}


def _check_value(kind: str, value: Any) -> Any:
    if kind == "part":
        if not isinstance(value, str) or not PART.fullmatch(value):
            raise RuleError(_("Choose a part."))
        return value
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if kind == "module":
        if not isinstance(value, int) or not number or value < 1:
            raise RuleError(_("Choose a module."))
        return value
    if kind in ("visits", "journals"):
        if not number or value != int(value) or not 1 <= value <= 50:
            raise RuleError(_("Write a whole number from 1 to 50."))
        return int(value)
    if not number or not 0 < value <= 100 or round(value, 2) != value:
        raise RuleError(_("Write a number above 0 and up to 100, with at most two decimals."))
    return int(value) if value == int(value) else value


def leaves(rule: Tree) -> Iterator[Tree]:
    """Yield every leaf of a rule."""
    if kind_of(rule) in BRANCHES:
        for part in parts_of(rule):
            yield from leaves(part)
    else:
        yield rule


def named_parts(rule: Tree) -> set[tuple[int, str]]:
    """Return (module id, activity key) of the activities that a rule names."""
    named = (leaf["part"].partition("/") for leaf in leaves(rule) if isinstance(leaf, dict) and "part" in leaf)
    return {(int(number), key) for number, _slash, key in named}


# -- how far somebody is ---------------------------------------------------------------------------------------------------------------


def evaluate(rule: Tree, programme: Programme, person: Person) -> Clause:
    """Return the rule with, for each clause, how far one person is."""
    kind = kind_of(rule)
    if kind not in BRANCHES:
        return _LEAVES[kind](rule, programme, person)
    parts = tuple(evaluate(part, programme, person) for part in parts_of(rule))
    need = rule["at_least"] if kind == "at_least" else len(parts) if kind == "all" else 1
    standing = sorted((part.standing for part in parts), reverse=True)[need - 1]
    met = [part for part in parts if part.standing is Standing.MET]
    # The moment at which the clause that decided was met; a clause without a moment (absence) decides nothing about it.
    moments = sorted(part.since for part in met if part.since)[:need]
    return Clause(rule, standing, f"{len(met)}/{need}", moments[-1] if moments and standing is Standing.MET else None, parts=parts)


def _modules(rule: Tree, programme: Programme, person: Person) -> Clause:
    return _whole_modules(rule, programme, person, [module.id for module in programme.modules if module.required])


def _module(rule: Tree, programme: Programme, person: Person) -> Clause:
    return _whole_modules(rule, programme, person, [rule["module"]])


def _whole_modules(rule: Tree, programme: Programme, person: Person, ids: Sequence[int]) -> Clause:
    """Return how far somebody is with whole modules; one that has left the programme stays open, for nobody can meet it."""
    done, missing, moments = 0, [], []
    for number in ids:
        module, progress = programme.module(number), person.modules.get(number)
        if module is not None and progress is not None and progress.completed_at is not None:
            done += 1
            moments.append(progress.completed_at)
            continue
        title = module.title if module else _("a module that is no longer in the programme")
        count = f" {progress.done}/{progress.required}" if progress else ""
        missing.append(Missing(title + count, module.key if module else "", bool(progress and progress.settled)))
    standing = _standing(not missing and bool(ids), bool(missing) and all(part.waits for part in missing))
    return Clause(rule, standing, f"{done}/{len(ids)}", max(moments, default=None), missing=tuple(missing))


def _standing(met: bool, waits: bool) -> Standing:
    return Standing.MET if met else Standing.WAITING if waits else Standing.OPEN


def _part(rule: Tree, programme: Programme, person: Person) -> Clause:
    number, _slash, key = rule["part"].partition("/")
    part = programme.part(int(number), key)
    if part is None:
        return Clause(rule, Standing.OPEN, missing=(Missing(_("a part that is no longer in the programme")),))
    return _count(rule, [(part, person.state(part))], 1)


def _visits(rule: Tree, programme: Programme, person: Person) -> Clause:
    return _count(rule, [(part, person.piece(part)) for part in programme.of("field")], rule["visits"])


def _journals(rule: Tree, programme: Programme, person: Person) -> Clause:
    return _count(rule, [(part, person.piece(part)) for part in programme.of("journal")], rule["journals"])


def _count(rule: Tree, parts: Sequence[tuple[Part, PartState]], need: int) -> Clause:
    """Return how many of some parts are complete; what is missing is named while the clause is not met."""
    met, waiting, missing = [], 0, []
    for part, state in parts:
        if state.state is CompletionState.COMPLETE:
            met.append((state.since, part.title))
        else:
            waits = state.state is CompletionState.WAITING
            waiting += waits
            missing.append(Missing(_lacking(part, state), part.path, waits))
    standing = _standing(len(met) >= need, len(met) + waiting >= need)
    moments = sorted(since for since, _title in met if since)[:need]
    since = moments[-1] if moments and standing is Standing.MET else None
    shown = tuple(missing) if standing is not Standing.MET else ()
    return Clause(rule, standing, f"{len(met)}/{need}", since, tuple(title for _since, title in met), shown)


def _lacking(part: Part, state: PartState) -> str:
    """Name a part, and for a visit of which only one half is there, which half is missing."""
    if EvidenceKind.ATTENDED in state.lacks and state.state is not CompletionState.NOT_STARTED:
        return _("%(title)s: attendance", title=part.title)
    if part.component == "field" and state.lacks == (EvidenceKind.ACCEPTED,):
        return _("%(title)s: record accepted", title=part.title)
    return part.title


def _sessions(rule: Tree, programme: Programme, person: Person) -> Clause:
    seen = person.attendance
    if not seen.held:
        text = _("attendance has not been entered yet") if seen.not_entered else _("no session has taken place yet")
        return Clause(rule, Standing.OPEN, "–", missing=(Missing(text),))
    met = seen.attended * 100 >= Fraction(str(rule["sessions"])) * seen.held
    lacking = seen.held - seen.attended
    missing = () if met else (Missing(ngettext("%(num)s session missed", "%(num)s sessions missed", lacking)),)
    return Clause(rule, _standing(met, waits=False), f"{seen.attended}/{seen.held}", missing=missing)


def _absence(rule: Tree, programme: Programme, person: Person) -> Clause:
    seen = person.attendance
    if programme.limits and seen.not_entered:
        return Clause(rule, Standing.OPEN, "–", missing=(Missing(_("attendance has not been entered yet")),))
    over = [name for name, missed in seen.missed.items() if name in programme.limits and missed > Decimal(str(programme.limits[name]))]
    missing = tuple(Missing(missed_sentence(name, seen.missed[name], programme.limits[name])) for name in over)
    return Clause(rule, _standing(not over, waits=False), missing=missing)


def missed_sentence(name: str, missed: Decimal, limit: float) -> str:
    """Write how much of a limit is used: "7 of at most 6 sessions missed"."""
    words = {"missed": format_number(missed), "limit": format_number(limit)}
    return {
        "sessions": _("%(missed)s sessions missed, at most %(limit)s may be", **words),
        "jp": _("%(missed)s JP missed, at most %(limit)s may be", **words),
        "days": _("%(missed)s days missed, at most %(limit)s may be", **words),
    }[name]


def _mark(rule: Tree, programme: Programme, person: Person) -> Clause:
    mark = final_mark(programme, person)
    if mark.value is None:
        return Clause(rule, Standing.OPEN, "–", missing=(Missing(_("nothing in the programme is marked")),))
    need = half_up(rule["mark"])
    best = final_mark(programme, person, hopeful=True).value or Decimal(0)
    standing = _standing(mark.value >= need, best >= need)
    lacking = [] if standing is Standing.MET else sorted(mark.parts, key=lambda row: row.score or 0)
    missing = tuple(
        Missing(f"{row.part.title}: {format_number(row.score, 2) if row.score is not None else _('no mark yet')}", row.part.path, row.waits)
        for row in lacking
        if row.score is None or row.score < need
    )
    return Clause(rule, standing, format_number(mark.value, 2), missing=missing)


_LEAVES: Mapping[str, Callable[[Tree, Programme, Person], Clause]] = {
    "modules": _modules,
    "module": _module,
    "part": _part,
    "visits": _visits,
    "journals": _journals,
    "sessions": _sessions,
    "absence": _absence,
    "mark": _mark,
}


# -- in words ------------------------------------------------------------------------------------------------------------------------------


def lead(rule: Tree) -> str:
    """Write how the clauses of a branch are joined: "all of"."""
    if "at_least" in rule:
        return _("at least %(count)s of", count=rule["at_least"])
    return _("all of") if "all" in rule else _("one of")


def sentence(rule: Tree, programme: Programme) -> str:
    """Write a rule or a clause as a phrase: "complete all required modules"."""
    kind = kind_of(rule)
    if kind in BRANCHES:
        return f"{lead(rule)}: {'; '.join(sentence(part, programme) for part in parts_of(rule))}"
    value: Any = rule[kind] if isinstance(rule, dict) else None
    if kind == "modules":
        return _("complete all required modules")
    if kind == "absence":
        return _("stay within the limits of absence")
    if kind == "module":
        return _("complete the module “%(title)s”", title=_module_title(programme, value))
    if kind == "part":
        return _("complete “%(title)s”", title=_part_title(programme, value))
    if kind == "visits":
        return ngettext("attend %(num)s field visit, its record accepted", "attend %(num)s field visits, their records accepted", value)
    if kind == "journals":
        return ngettext("have %(num)s journal accepted by the instructor", "have %(num)s journals accepted by the instructor", value)
    number = format_number(float(value), 2 if value % 1 else 0)
    if kind == "sessions":
        return _("attend at least %(percent)s %% of the sessions", percent=number)
    return _("reach a final mark of at least %(mark)s", mark=number)


def _module_title(programme: Programme, number: int) -> str:
    module = programme.module(number)
    return module.title if module else _("a module that is no longer in the programme")


def _part_title(programme: Programme, place: str) -> str:
    number, _slash, key = place.partition("/")
    part = programme.part(int(number), key)
    return part.title if part else _("a part that is no longer in the programme")


def short_name(rule: Tree, programme: Programme) -> str:
    """Write what a clause is about in a word or two, for the head of a column."""
    kind = kind_of(rule)
    if kind == "module":
        return _module_title(programme, rule["module"])
    if kind == "part":
        return _part_title(programme, rule["part"])
    if kind in BRANCHES:
        return " / ".join(short_name(part, programme) for part in parts_of(rule))
    return {
        "modules": _("Required modules"),
        "visits": _("Field visit"),
        "journals": _("Journals"),
        "sessions": _("Sessions"),
        "absence": _("Absence"),
        "mark": _("Final mark"),
    }[kind]


def lacking(clause: Clause) -> Iterator[Missing]:
    """Yield what a clause and those below it still need; a branch that is met needs nothing."""
    if clause.standing is Standing.MET:
        return
    yield from clause.missing
    for part in clause.parts:
        yield from lacking(part)


def unknown(rule: Tree, programme: Programme, journals: int, visits: int) -> Collection[str]:
    """Return what a rule asks for that the programme does not have, as sentences."""
    found = []
    for leaf in leaves(rule):
        kind = kind_of(leaf)
        if kind == "module" and programme.module(leaf["module"]) is None:
            found.append(_("This module is not in the programme."))
        elif kind == "part" and programme.part(*_place(leaf["part"])) is None:
            found.append(_("This part is not in the programme."))
        elif kind == "journals" and leaf["journals"] > journals:
            found.append(ngettext("The programme has %(num)s journal.", "The programme has %(num)s journals.", journals))
        elif kind == "visits" and leaf["visits"] > visits:
            found.append(ngettext("The programme has %(num)s field visit.", "The programme has %(num)s field visits.", visits))
    return found


def _place(text: str) -> tuple[int, str]:
    number, _slash, key = text.partition("/")
    return int(number), key
