"""Dividing people over groups. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Person = TypeVar("Person", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)


def balanced(
    people: Iterable[tuple[Person, str]], groups: Sequence[Group], present: Mapping[Group, Sequence[str]] | None = None
) -> dict[Person, Group]:
    """Return a group for each person so that sizes differ by at most one and each agency is spread over all groups.

    people are (person, agency), in the order in which they are dealt; present are the agencies of who is in the groups already and stays
    there: the smaller groups are filled first. Raises ValueError when there is no group.
    """
    if not groups:
        raise ValueError("there is no group to divide people over")
    agencies: dict[str, list[Person]] = {}
    for person, agency in people:
        agencies.setdefault(agency, []).append(person)
    inside = {group: list((present or {}).get(group, ())) for group in groups}
    order = {group: place for place, group in enumerate(groups)}
    found = {}
    for agency, members in sorted(agencies.items(), key=lambda item: (-len(item[1]), item[0])):
        for person in members:
            group = min(inside, key=lambda one: (len(inside[one]), inside[one].count(agency), order[one]))
            inside[group].append(agency)
            found[person] = group
    return found
