"""Rules about the items of quizzes (Haladyna, Downing and Rodriguez 2002, where no other source is named)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from courses.checks import limits
from courses.checks.model import Finding, Part, Subject
from courses.checks.pages import unknown_tags
from courses.checks.prose import plain
from courses.folder.tags import BERAKHLAK
from lms.api import format_number, gettext, ngettext

ONE_BEST = frozenset({"single_choice", "situational"})


@dataclass(frozen=True, slots=True)
class Best:
    """Where an item's best option stands (from 0) and how long the options are, in characters."""

    part: Part
    key: str
    path: str
    place: int
    lengths: tuple[int, ...]
    shuffled: bool

    @property
    def is_longest(self) -> bool:
        """Tell whether the best option is longer than every other."""
        return all(self.lengths[self.place] > length for index, length in enumerate(self.lengths) if index != self.place)

    @property
    def times_others(self) -> float:
        """Return how many times as long as the others' mean the best option is."""
        others = [length for index, length in enumerate(self.lengths) if index != self.place]
        return self.lengths[self.place] / (mean(others) or 1)


def best_options(parts: Sequence[Part]) -> list[Best]:
    """Return the best options of all items that have one best of several, true or false aside."""
    found = []
    for part in parts:
        for index, item in enumerate(part.items):
            place = _best(item)
            if place is not None:
                lengths = tuple(len(plain(str(option.get("text") or ""))) for option in item["options"])
                shuffled = part.settings.get("shuffle", True) is not False
                found.append(Best(part, str(item.get("key", "")), f"items.{index}.options.{place}.text", place, lengths, shuffled))
    return found


def _best(item: Mapping[str, Any]) -> int | None:
    options = item["options"]
    if item.get("kind") not in ONE_BEST or len(options) < 2:
        return None
    points = [option.get("score") or 0 if item["kind"] == "situational" else int(bool(option.get("correct"))) for option in options]
    return points.index(max(points)) if max(points) and points.count(max(points)) == 1 else None


def position_share(found: Sequence[Best]) -> tuple[int, float]:
    """Return (place from 1, share) of the place where the best option stands most often; (0, 0) without items."""
    if not found:
        return 0, 0.0
    place, times = Counter(best.place for best in found).most_common(1)[0]
    return place + 1, times / len(found)


def positions(subject: Subject) -> Iterator[Finding]:
    """Look whether the best option often stands in one place, among items whose options keep their order."""
    fixed = [best for best in best_options(subject.parts) if not best.shuffled]
    place, share = position_share(fixed)
    if len(fixed) >= limits.POSITION_ITEMS and share > limits.POSITION_SHARE:
        yield subject.warning(
            "position",
            gettext(
                "In %(share)s %% of the items with a fixed order the best option is number %(place)s.",
                share=round(100 * share),
                place=place,
            ),
            gettext("Who notices can guess without knowing."),
        )


def lengths(subject: Subject) -> Iterator[Finding]:
    """Look whether the best option gives itself away by being long."""
    found = best_options(subject.parts)
    longest = sum(best.is_longest for best in found)
    guess = gettext("Who notices can guess without knowing.")
    if len(found) >= limits.LENGTH_ITEMS and longest / len(found) > limits.LENGTH_SHARE:
        sentence = gettext("In %(count)s of %(all)s items the best option is the longest.", count=longest, all=len(found))
        yield subject.warning("longest", sentence, guess)
    for best in found:
        if best.times_others > limits.LENGTH_TIMES:
            times = format_number(round(best.times_others, 1))
            sentence = gettext("The best option of “%(item)s” is %(times)s times as long as the others.", item=best.key, times=times)
            yield best.part.warning("long-option", sentence, guess, best.path)


def rationales(part: Part) -> Iterator[Finding]:
    """Ask for a rationale with every option (Butler and Roediger 2008: what helps is to read why)."""
    for index, item in enumerate(part.items):
        bare = [number for number, option in enumerate(item["options"]) if not str(option.get("rationale") or "").strip()]
        if bare:
            yield part.error(
                "no-rationale",
                ngettext(
                    "“%(item)s” has %(num)s option without a rationale.",
                    "“%(item)s” has %(num)s options without a rationale.",
                    len(bare),
                    item=item.get("key", ""),
                ),
                gettext("One learns from reading why, also about what one did not choose."),
                f"items.{index}.options.{bare[0]}",
            )


def item_tags(part: Part) -> Iterator[Finding]:
    """Ask for a behaviour of BerAKHLAK on every item (SE MenPANRB 20/2021)."""
    for index, item in enumerate(part.items):
        found = [str(tag) for tag in item.get("tags") or []]
        yield from unknown_tags(part, found, f"items.{index}.tags")
        if not set(found) & set(BERAKHLAK):
            yield part.warning(
                "no-item-tag",
                gettext("“%(item)s” has no BerAKHLAK tag.", item=item.get("key", "")),
                gettext("By the tags one finds which behaviour a module practises and which none does."),
                f"items.{index}",
            )


def pools(part: Part) -> Iterator[Finding]:
    """Ask for a pool from which a second attempt draws mostly other items (limits.py)."""
    draw = part.settings.get("draw")
    if draw and len(part.items) < limits.POOL_TIMES * draw:
        yield part.warning(
            "small-pool",
            gettext("It draws %(draw)s of %(count)s items.", draw=draw, count=len(part.items)),
            gettext("A second attempt would ask mostly the same."),
            "draw",
        )
