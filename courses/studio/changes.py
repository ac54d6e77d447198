"""What a draft has that its newest revision has not, in the words of the module's page: `compare` without the texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from courses.studio.compare import Comparison, Side, compare, same, side_of_draft, side_of_revision
from lms.api import Activity, Module, Revision, RevisionActivity

__all__ = ["Change", "Changes", "changes_of", "changes_since", "same"]


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
    return changes_since(side_of_revision(module, revision, published), side_of_draft(module, draft))


def changes_since(before: Side, after: Side) -> Changes:
    """Return the labels of what differs from one side to another."""
    found = compare(before, after)
    return Changes([each.label for each in found.about], _changes(found), found.reordered)


def _changes(found: Comparison) -> list[Change]:
    return [
        Change(part.key, part.title, part.kind, [*(each.label for each in part.fields), *([part.problem] if part.problem else [])])
        for part in found.parts
        if part.kind != "moved"
    ]
