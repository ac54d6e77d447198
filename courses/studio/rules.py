"""The completion rule as a sentence to choose: the usual one of the type, some of its words together, or a tree of one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from courses.folder.yamltext import parse, write
from courses.studio.forms import ActivityForm, add_error
from lms.api import ActivityType, ContentError, RuleError, check, gettext

VALUES = ("passed", "minimum_words", "before")


def leaves(rule: Any) -> dict[str, Any] | None:
    """Return {word: value} of a rule that is one word or `all` of different words, or None for any other tree."""
    parts = rule["all"] if isinstance(rule, dict) and set(rule) == {"all"} else [rule]
    found: dict[str, Any] = {}
    for part in parts:
        word, value = (part, None) if isinstance(part, str) else next(iter(part.items()))
        if word in found or (value is not None and word not in VALUES):
            return None
        found[word] = value
    return found


def rule_data(kind: ActivityType, rule: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's data for a rule; None is the type's usual one, whose words are ticked for whoever wants to change them."""
    parts = leaves(kind.default_rule(settings) if rule is None else rule)
    simple = parts is not None and set(parts) <= set(kind.completion)
    data: dict[str, Any] = {"rule_mode": "default" if rule is None else "chosen" if simple else "own"}
    for word, value in (parts or {}).items() if simple else ():
        data[f"rule_{word}"] = True
        if word in VALUES:
            data[f"rule_{word}_value"] = dt.date.fromisoformat(value) if word == "before" else value
    if data["rule_mode"] == "own":
        data["rule_own"] = rule if isinstance(rule, str) else write(rule)
    return data


def rule_of(form: ActivityForm, kind: ActivityType, settings: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return (rule, fine): None for the type's usual rule. What is wrong becomes an error of the form, and then fine is False."""
    mode = form.rule_mode.data
    if mode == "default":
        return None, True
    try:
        rule = check(_own(form) if mode == "own" else _chosen(form, kind))
    except (ContentError, RuleError) as error:
        add_error(form.rule_own if mode == "own" else form.rule_mode, error.message if isinstance(error, ContentError) else str(error))
        return None, False
    return (None if _same(rule, kind.default_rule(settings)) else rule), True


def _same(rule: Any, other: Any) -> bool:
    """Tell whether two rules say the same; the order of words that all must hold does not matter."""
    return rule == other or (leaves(rule) is not None and leaves(rule) == leaves(other))


def _own(form: ActivityForm) -> Any:
    text = (form.rule_own.data or "").strip()
    if not text:
        raise ContentError(gettext("Write a rule, or choose the usual one."))
    return parse(text, Path("rule"))[0]


def _chosen(form: ActivityForm, kind: ActivityType) -> Any:
    parts: list[Any] = []
    for word in kind.completion:
        if not form[f"rule_{word}"].data:
            continue
        if word not in VALUES:
            parts.append(word)
            continue
        value = form[f"rule_{word}_value"].data
        if value is None:
            raise ContentError(gettext("Write the number or day that belongs to what you ticked."))
        parts.append({word: value.isoformat() if isinstance(value, dt.date) else value})
    if not parts:
        raise ContentError(gettext("Tick at least one, or choose the usual rule."))
    return parts[0] if len(parts) == 1 else {"all": parts}
