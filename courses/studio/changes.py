"""What a draft has that its newest revision has not. Pure: compares what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.api import (
    Activity,
    ActivityType,
    ContentError,
    Module,
    Revision,
    RevisionActivity,
    activity_type,
    draft_of,
    gettext,
    without_empty,
)

FIELDS = ("type", "title", "section", "minutes", "required", "requires", "tags", "sources", "checked_on")


@dataclass(frozen=True, slots=True)
class Change:
    """An activity that is new, gone, hidden or different (`added`, `removed`, `hidden`, `changed`); `fields` says in words what differs."""

    key: str
    title: str
    kind: str
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs: of the module itself, of its activities, and whether their order did."""

    about: Sequence[str]
    activities: Sequence[Change]
    reordered: bool

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.about or self.activities or self.reordered)


def changes_of(module: Module, draft: Sequence[Activity], revision: Revision, published: Sequence[RevisionActivity]) -> Changes:
    """Compare what a draft would publish with a revision, activity by activity."""
    before = {activity.key: activity for activity in published}
    shown = [activity for activity in draft if not activity.hidden]
    now = {activity.key: activity for activity in shown}
    hidden = {activity.key for activity in draft if activity.hidden}
    found: list[Change] = []
    together: dict[str, Any] = {}
    for activity in shown:
        if activity.key not in before:
            found.append(Change(activity.key, activity.title, "added"))
            continue
        fields = _fields(module, activity, before[activity.key], together)
        if fields:
            found.append(Change(activity.key, activity.title, "changed", fields))
    gone = [activity for activity in published if activity.key not in now]
    found += [Change(activity.key, activity.title, "hidden" if activity.key in hidden else "removed") for activity in gone]
    shared = [key for key in before if key in now]
    return Changes(_about(module.about, revision.about), found, shared != [key for key in now if key in before])


def _about(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    labels = {
        "title": gettext("title"),
        "summary": gettext("description"),
        "audience": gettext("for whom"),
        "outcomes": gettext("outcomes"),
        "language": gettext("language"),
        "checked_on": gettext("date of the last check"),
        "sections": gettext("sections"),
    }
    return [labels.get(name, name) for name in dict.fromkeys([*before, *now]) if not same(now.get(name), before.get(name))]


def _fields(module: Module, activity: Activity, before: RevisionActivity, together: dict[str, Any]) -> list[str]:
    kind = activity_type(activity.type)
    labels = {
        "type": gettext("kind of activity"),
        "title": gettext("title"),
        "section": gettext("section"),
        "minutes": gettext("minutes"),
        "required": gettext("needed or optional"),
        "requires": gettext("what opens it"),
        "tags": gettext("tags"),
        "sources": gettext("sources"),
        "checked_on": gettext("date of the last check"),
    }
    found = [labels[name] for name in FIELDS if getattr(activity, name) != getattr(before, name)]
    rule = activity.rule or (before.rule if kind.key == "missing" else kind.default_rule(activity.settings))
    if rule != before.rule:
        found.append(gettext("what completes it"))
    try:
        settings = kind.freeze(activity.settings, draft_of(module, activity.key, together=together))
    except ContentError as error:  # it cannot be published as it is
        return [*found, error.message]
    texts = _settings(kind, settings, before.settings)
    if not texts and activity.prepared != before.prepared:
        texts = [gettext("pictures or layout")]
    return found + texts


def same(one: Any, other: Any) -> bool:
    """Tell whether two values say the same to an author, for whom a text left out and an empty one are no difference."""
    return bool(without_empty({"": one}) == without_empty({"": other}))


def _settings(kind: ActivityType, now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Return the labels of the settings that differ."""
    labels = {field.short_name: str(field.label.text) for field in kind.settings(formdata=None)}
    return [labels.get(name, name) for name in dict.fromkeys([*before, *now]) if not same(now.get(name), before.get(name))]
