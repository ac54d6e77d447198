"""The frozen form of an attempt: which versions are asked, in which order, and what each kind has mixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from quizzes.items.services import Asked

Slot = dict[str, Any]  # version, points, section (a number, -1: none), variant (the kind's own)


def version_ids(settings: Mapping[str, Any]) -> set[int]:
    """Return the ids of all versions that a published quiz may ask."""
    single = {item["version"] for item in settings.get("items", ())}
    return single | {version for pool in settings.get("pools", ()) for version in pool["versions"]}


def make_variant(settings: Mapping[str, Any], items: Mapping[int, Asked], seed: str) -> dict[str, Any]:
    """Return the variant of one attempt, `{"slots": [{"version", "points", "section", "variant"}, …]}`.

    settings are a published quiz's, items its versions by id. The seed makes it repeatable for tests; an attempt keeps the result.
    """
    chance = Random(seed)  # noqa: S311 - order of questions, not a secret
    sections = [{"key": "", "draw": settings.get("draw")}, *settings.get("sections", ())]
    taken: set[int] = set()
    slots: list[Slot] = []
    for place, section in enumerate(sections):
        found = [item for item in settings.get("items", ()) if (item.get("section") or "") == section["key"]]
        draw = section.get("draw") or len(found)
        chosen = chance.sample(found, draw) if draw < len(found) else list(found)
        taken |= {item["version"] for item in chosen}
        chosen += _from_pools(settings.get("pools", ()), section["key"], taken, chance)
        if section.get("mix") and draw >= len(found):
            chance.shuffle(chosen)
        slots += [_slot(item, items[item["version"]], place - 1, settings, chance) for item in chosen]
    return {"slots": slots}


def _from_pools(pools: Iterable[Mapping[str, Any]], section: str, taken: set[int], chance: Random) -> list[dict[str, Any]]:
    """Return what the pools of a section give: as many as they have, never an item twice."""
    found: list[dict[str, Any]] = []
    for pool in pools:
        if (pool.get("section") or "") == section:
            left = sorted(set(pool["versions"]) - taken)
            drawn = chance.sample(left, min(pool["count"], len(left)))
            taken |= set(drawn)
            found += [{"version": version, "weight": pool.get("weight")} for version in drawn]
    return found


def _slot(item: Mapping[str, Any], asked: Asked, section: int, settings: Mapping[str, Any], chance: Random) -> Slot:
    mixed = asked.kind.variant(asked.data, chance if settings.get("shuffle", True) else None)
    points = float(item.get("weight") or asked.points) if asked.kind.asks else 0.0
    return {"version": asked.version_id, "points": points, "section": section, "variant": mixed}


def asking(slots: Sequence[Slot]) -> list[int]:
    """Return the numbers of the questions that ask something."""
    return [number for number, slot in enumerate(slots, start=1) if slot["points"]]
