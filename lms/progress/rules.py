"""Completion rules: a small expression tree, evaluated over the evidence of one activity. Pure: no database, no clock.

A rule is a word (`"viewed"`, `"submitted"`, `"accepted"`, `"attended"`), a leaf with a value (`{"passed": 70.01}`, `{"minimum_words": 150}`,
`{"before": "2026-12-31"}`) or a branch (`{"all": […]}`, `{"any": […]}`, `{"at_least": 2, "of": […]}`).

Facts are replayed in order of arrival. An activity is complete from the first fact on that makes the rule true; what comes later does
not take that away, except an override by a person who says why. (So a later rule cannot take it away either: moving a cohort to a newer
revision leaves CARRIED evidence, see `lms.progress.services`.)
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lms.i18n import format_date, format_number, half_up, ngettext
from lms.i18n import gettext as _
from lms.progress.models import CompletionState, EvidenceKind

WORDS = {"viewed", "submitted", "accepted", "attended"}
VALUES = {"passed", "minimum_words", "before"}
BRANCHES = {"all", "any"}
ACTS = {EvidenceKind.VIEWED, EvidenceKind.SUBMITTED, EvidenceKind.ATTENDED}  # what `before` asks for
MAX_DEPTH = 5


class RuleError(ValueError):
    """A rule is not one; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence, as a rule sees it."""

    id: uuid.UUID
    kind: EvidenceKind
    value: Any
    occurred_at: dt.datetime
    day: dt.date  # the local day on which it happened


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the evidence amounts to. `reasons` is the rule tree annotated: {"rule", "met", "by": [ids], "have": …, "parts": […]}."""

    state: CompletionState
    score: float | None
    first_completed_at: dt.datetime | None
    reasons: dict[str, Any]


def check(rule: Any, depth: int = 0) -> Any:
    """Return the rule in its canonical form. Raises RuleError."""
    if depth > MAX_DEPTH:
        raise RuleError(f"a rule is nested at most {MAX_DEPTH} deep")
    if isinstance(rule, str):
        if rule not in WORDS:
            raise RuleError(f"{rule!r} is no rule; there are {', '.join(sorted(WORDS | VALUES | BRANCHES | {'at_least'}))}")
        return rule
    if not isinstance(rule, dict) or not rule:
        raise RuleError(f"a rule is a word or a tree, not {rule!r}")
    if set(rule) == {"at_least", "of"}:
        parts = _parts(rule["of"], depth)
        if not isinstance(rule["at_least"], int) or not 1 <= rule["at_least"] <= len(parts):
            raise RuleError(f"at_least takes 1 to {len(parts)}")
        return {"at_least": rule["at_least"], "of": parts}
    if len(rule) != 1:
        raise RuleError(f"one word a rule; join several with all or any: {', '.join(map(str, rule))}")
    ((word, value),) = rule.items()
    if word in BRANCHES:
        return {word: _parts(value, depth)}
    return {word: _value(word, value)}


def _parts(value: Any, depth: int) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise RuleError("a branch takes a list of rules")
    return [check(part, depth + 1) for part in value]


def _value(word: Any, value: Any) -> Any:
    if word not in VALUES:
        raise RuleError(f"{word!r} is no rule with a value; there are {', '.join(sorted(VALUES))}")
    if word == "before":
        value = value.isoformat() if isinstance(value, dt.date) else value
        try:
            return dt.date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise RuleError(f"before takes a date like 2026-12-31, not {value!r}") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or (word == "minimum_words" and not isinstance(value, int)):
        raise RuleError(f"{word} takes a number, not {value!r}")
    if word == "passed" and not 0 < value <= 100:
        raise RuleError("passed takes a percentage above 0 and up to 100")
    if word == "minimum_words" and value < 1:
        raise RuleError("minimum_words takes 1 or more")
    return value


def words_of(rule: Any) -> set[str]:
    """Return the words of all leaves of a rule."""
    if isinstance(rule, str):
        return {rule}
    if "of" in rule:
        return set().union(*(words_of(part) for part in rule["of"]))
    ((word, value),) = rule.items()
    return set().union(*(words_of(part) for part in value)) if word in BRANCHES else {word}


def evaluate(rule: Any, facts: Sequence[Fact]) -> Outcome:
    """Replay the facts, which come in order of arrival, and return what they amount to under the rule."""
    earned, forced, seen = _replay(rule, facts)
    completed = min((since for since in (earned, forced) if since), default=None)
    moment = completed[1] if completed else None
    return Outcome(_state(rule, seen, moment), best_score(facts), moment, explain(rule, seen))


def earned_at(rule: Any, facts: Sequence[Fact]) -> dt.datetime | None:
    """Return since when the learner's own evidence satisfies the rule, whatever anybody has overridden."""
    earned = _replay(rule, facts)[0]
    return earned[1] if earned else None


Since = tuple[int, dt.datetime]  # place in the order of arrival, moment


def _replay(rule: Any, facts: Sequence[Fact]) -> tuple[Since | None, Since | None, list[Fact]]:
    seen: list[Fact] = []
    earned: Since | None = None
    forced: Since | None = None
    for place, fact in enumerate(facts):
        if fact.kind is EvidenceKind.OVERRIDE:
            forced = (place, fact.occurred_at) if fact.value["state"] == "complete" else None
            if fact.value["state"] == "incomplete":
                earned, seen = None, []  # starts anew: only what happens from now on counts
            continue
        seen.append(fact)
        if earned is None and fact.kind is EvidenceKind.CARRIED:
            earned = (place, dt.datetime.fromisoformat(fact.value["first_completed_at"]))
        elif earned is None and explain(rule, seen)["met"]:
            earned = (place, fact.occurred_at)
    return earned, forced, seen


def _state(rule: Any, seen: Sequence[Fact], completed: dt.datetime | None) -> CompletionState:
    if completed is not None:
        return CompletionState.COMPLETE
    if not seen:
        return CompletionState.NOT_STARTED
    if "accepted" in words_of(rule):
        for fact in reversed(seen):
            if fact.kind is EvidenceKind.RETURNED:
                break
            if fact.kind is EvidenceKind.SUBMITTED:
                return CompletionState.WAITING
    return CompletionState.IN_PROGRESS


def best_score(facts: Sequence[Fact]) -> float | None:
    """Return the best percentage among the facts, or None."""
    return max((float(fact.value) for fact in facts if fact.kind is EvidenceKind.SCORED), default=None)


def explain(rule: Any, seen: Sequence[Fact]) -> dict[str, Any]:
    """Return the rule tree with, for each clause, whether it is met, by which evidence, and how far one is."""
    if isinstance(rule, str):
        by = [str(fact.id) for fact in seen if fact.kind == rule][:1]
        return {"rule": rule, "met": bool(by), "by": by}
    if "of" in rule or set(rule) <= BRANCHES:
        parts_rules = rule["of"] if "of" in rule else next(iter(rule.values()))
        parts = [explain(part, seen) for part in parts_rules]
        count = sum(part["met"] for part in parts)
        need = rule.get("at_least", len(parts) if "all" in rule else 1)
        return {"rule": rule, "met": count >= need, "by": [], "parts": parts}
    ((word, value),) = rule.items()
    return {"rule": rule, **_leaf(word, value, seen)}


def _leaf(word: str, value: Any, seen: Sequence[Fact]) -> dict[str, Any]:
    if word == "before":
        end = dt.date.fromisoformat(value)
        acts = [f for f in seen if f.kind in ACTS and f.day <= end]
        return {"met": bool(acts), "by": [str(fact.id) for fact in acts[:1]]}
    kind = EvidenceKind.SCORED if word == "passed" else EvidenceKind.WORDS
    rows = sorted(((float(fact.value), fact) for fact in seen if fact.kind is kind), key=lambda row: row[0], reverse=True)
    if not rows:
        return {"met": False, "by": []}
    best, fact = rows[0]
    met = half_up(best) >= half_up(value) if word == "passed" else best >= value
    return {"met": met, "by": [str(fact.id)] if met else [], "have": best}


# -- in words ----------------------------------------------------------------------------------------------------------------------


def sentence(rule: Any) -> str:
    """Write a rule as a short phrase: "read this", "hand in, at least 150 words"."""
    if isinstance(rule, str):
        return {
            "viewed": _("read the page"),
            "submitted": _("hand in"),
            "accepted": _("accepted by the instructor"),
            "attended": _("be there"),
        }[rule]
    if "of" in rule:
        return _("at least %(count)s of: %(parts)s", count=rule["at_least"], parts="; ".join(sentence(part) for part in rule["of"]))
    ((word, value),) = rule.items()
    if word == "all":
        return ", ".join(sentence(part) for part in value)
    if word == "any":
        return _(" or ").join(sentence(part) for part in value)
    if word == "passed":
        return _("score at least %(mark)s", mark=format_number(float(value), 2 if value % 1 else 0))
    if word == "minimum_words":
        return ngettext("write at least %(num)s word", "write at least %(num)s words", value)
    return _("by %(date)s", date=format_date(dt.date.fromisoformat(value)))


def progress_sentence(reason: dict[str, Any]) -> str:
    """Write how far a clause is: "score at least 70,01: your best is 60,00"."""
    text = sentence(reason["rule"])
    if reason["met"] or "have" not in reason:
        return text
    have = reason["have"]
    if "passed" in reason["rule"]:
        return _("%(rule)s; your best is %(have)s", rule=text, have=format_number(float(have), 2))
    return ngettext("%(rule)s; you have %(num)s word", "%(rule)s; you have %(num)s words", int(have), rule=text)
