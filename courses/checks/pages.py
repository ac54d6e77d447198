"""Rules about one activity: how it reads, its pictures, headings and links, and what stands in its header."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from markdown.extensions.toc import slugify

from courses.checks import limits
from courses.checks.heavy import heavy_in, pattern_of
from courses.checks.model import Finding, Part
from courses.checks.prose import Count, blocks, count, count_tables, plain
from courses.folder.tags import BERAKHLAK, TAG
from lms.api import format_number, gettext, ngettext

PICTURE = re.compile(r"!\[([^\]]*)\]\(\s*([^\s)]+)")
LINK = re.compile(r"(?<!!)\[(?!\^)[^\]]+\]\(\s*([^\s)]+)[^)]*\)")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
FILE_NAME = re.compile(r"\S+\.(?:svg|png|jpe?g|webp|avif|gif|bmp|tiff?)|(?:img|image|figure|foto|gambar|picture)[\s_-]*\d*", re.IGNORECASE)
LESSON = "lesson"


def count_part(part: Part) -> tuple[Count, float]:
    """Return what an activity comes to, and the minutes of reading it: of a pool, only as many items as an attempt draws.

    Hidden answers count: most people open them.
    """
    asked, rest = Count(), Count()
    for text in part.texts:
        counted = count(blocks(text.value), label=text.label) + Count(tables=count_tables(text.value))
        if text.path.startswith("items."):
            asked += counted
        else:
            rest += counted
    draw, pool = part.settings.get("draw"), len(part.items)
    share = min(1.0, draw / pool) if draw and pool else 1.0
    return asked + rest, rest.minutes + share * asked.minutes


def sentence_length(part: Part, counted: Count) -> Iterator[Finding]:
    """Look at the average sentence (Cutts, Oxford Guide to Plain English)."""
    if counted.prose >= limits.LEAST_PROSE and counted.average > limits.AVERAGE_SENTENCE:
        yield part.warning(
            "long-sentences",
            gettext("The sentences have %(average)s words on average.", average=format_number(round(counted.average, 1))),
            gettext("Up to %(most)s are read without going back.", most=limits.AVERAGE_SENTENCE),
            part.longest,
        )


def reading_time(part: Part, counted: Count, reading: float) -> Iterator[Finding]:
    """Compare minutes with the reading they hold (limits.py). Tasks on a lesson's page take time of their own; other types are work."""
    named = {"minutes": format_number(part.minutes), "reading": format_number(round(reading, 1))}
    is_lesson = part.type == LESSON and counted.words > 0
    if is_lesson and reading > limits.MOST_READING_MINUTES:
        yield part.warning(
            "long-page",
            gettext("Reading it takes %(reading)s minutes.", **named),
            gettext("A page of at most %(most)s minutes fits between two citizens.", most=limits.MOST_READING_MINUTES),
            part.longest,
        )
    tasks = max(counted.tasks, counted.answers)  # a hidden answer belongs to something to do, often in a box above it
    most = reading * limits.MOST_TIMES_READING + tasks * limits.MINUTES_A_TASK + limits.MINUTES_OF_GRACE
    if part.minutes < reading * limits.LEAST_TIMES_READING or (is_lesson and part.minutes > most):
        yield part.warning(
            "minutes",
            gettext("It says %(minutes)s minutes; reading takes %(reading)s.", **named),
            gettext("Learners plan by these minutes, and hours (JP) rest on them."),
            "minutes",
        )


def heavy_words(part: Part, words: Mapping[str, str]) -> Iterator[Finding]:
    """Name heavy words with plainer ones (heavy_words.id.txt, or the author's own list)."""
    pattern = pattern_of(frozenset(words))
    found: Counter[str] = Counter()
    first: tuple[str, int] | None = None
    for text, block in part.blocks:
        here = heavy_in(block, pattern)
        if here and first is None:
            first = (text.path, block.row)
        found += here
    if first is None:
        return
    named = [f"“{word}” → {words[word]}" for word, _times in found.most_common(limits.NAMED)]
    yield part.warning(
        "heavy-words",
        ngettext("%(num)s heavy word: %(words)s", "%(num)s heavy words: %(words)s", len(found), words="; ".join(named)),
        gettext("Who hears such a word must translate it first. The plainer one says the same."),
        *first,
    )


# -- pictures, headings, links ---------------------------------------------------------------------------------------------------------


def pictures(part: Part, known: Collection[str]) -> Iterator[Finding]:
    """Look at pictures and their alternative texts (WCAG 2.2, 1.1.1)."""
    for text in part.texts:
        for match in PICTURE.finditer(text.value):
            place = (text.path, text.value.count("\n", 0, match.start()))
            yield from _picture(part, match[1].strip(), match[2], known, place)


def _picture(part: Part, words: str, name: str, known: Collection[str], place: tuple[str, int]) -> Iterator[Finding]:
    named = {"title": part.title, "name": name}
    instead = gettext("Who cannot see it, or has no signal to load it, reads these words instead.")
    if SCHEME.match(name):
        yield part.error(
            "foreign-picture",
            gettext("“%(title)s” shows a picture from another site: “%(name)s”.", **named),
            gettext("It is not shown: that site would learn who reads what."),
            *place,
        )
    elif not name.startswith("/") and name not in known:
        yield part.error(
            "missing-picture",
            gettext("“%(title)s” shows the picture “%(name)s”, which is not in this module.", **named),
            gettext("Learners would see an empty place."),
            *place,
        )
    if not words:
        yield part.error("no-alternative", gettext("A picture in “%(title)s” has no words: “%(name)s”.", **named), instead, *place)
    elif FILE_NAME.fullmatch(words) or words == PurePosixPath(name).stem:
        yield part.warning("file-name", gettext("The words of “%(name)s” are a file's name, not what it shows.", **named), instead, *place)
    elif len(words) > limits.MOST_ALTERNATIVE:
        yield part.warning(
            "long-alternative",
            gettext("The words of “%(name)s” have %(count)s characters.", name=name, count=len(words)),
            gettext("They are read aloud without a pause."),
            *place,
        )


def headings(part: Part) -> Iterator[Finding]:
    """Look for jumps between headings (WCAG 2.2, 1.3.1): the page's title is the first level, so a text begins with the second."""
    above: dict[str, int] = {}
    for text, block in part.blocks:
        if block.kind != "heading":
            continue
        before = above.get(text.path, 1)
        above[text.path] = block.level
        if block.level == 1:
            yield part.warning(
                "title-in-text",
                gettext("“%(heading)s” is a heading of the first level.", heading=plain(block.text)),
                gettext("The page's title is the only one; a second one misleads who listens to the page."),
                text.path,
                block.row,
            )
        elif block.level > before + 1:
            yield part.warning(
                "heading-jump",
                gettext("Before “%(heading)s” a level of headings is left out.", heading=plain(block.text)),
                gettext("Who listens to the page jumps from heading to heading and would look for what is missing."),
                text.path,
                block.row,
            )


def links(part: Part, keys: Collection[str]) -> Iterator[Finding]:
    """Look for links that lead nowhere: to a heading that is not on the page, to an activity that is not in the module."""
    anchors = {f"bagian-{slugify(plain(block.text), '-')}" for _text, block in part.blocks if block.kind == "heading"}
    for text in part.texts:
        for match in LINK.finditer(text.value):
            address = match[1]
            if _leads_somewhere(address, keys, anchors):
                continue
            yield part.error(
                "broken-link",
                gettext("A link in “%(title)s” leads nowhere: “%(address)s”.", title=part.title, address=address),
                gettext("Learners press it and see an error page."),
                text.path,
                text.value.count("\n", 0, match.start()),
            )


def _leads_somewhere(address: str, keys: Collection[str], anchors: Collection[str]) -> bool:
    if SCHEME.match(address) or address.startswith("/"):
        return True
    key, _hash, anchor = address.partition("#")
    return key in keys if key else anchor in anchors


# -- the header ------------------------------------------------------------------------------------------------------------------------


def tags(part: Part) -> Iterator[Finding]:
    """Ask for a behaviour of BerAKHLAK on every lesson, and for tags that there are (SE MenPANRB 20/2021)."""
    yield from unknown_tags(part, part.tags, "tags")
    if part.type == LESSON and not set(part.tags) & set(BERAKHLAK):
        yield part.warning(
            "no-tag",
            gettext("It has no BerAKHLAK tag."),
            gettext("By the tags one finds which behaviour a module practises and which none does."),
            "tags",
        )
    elif not part.tags and not part.missing and not any(item.get("tags") for item in part.items):
        yield part.warning(
            "untagged",
            gettext("It has no tags."),
            gettext("Without them nobody sees which behaviours and competencies are practised, and which are only talked about."),
            "tags",
        )


def unknown_tags(part: Part, found: Collection[str], path: str) -> Iterator[Finding]:
    """Name tags that are neither a behaviour nor a competency; `bp1` is a behaviour written wrong."""
    for tag in found:
        if not TAG.fullmatch(tag) or (tag not in BERAKHLAK and tag.upper() in BERAKHLAK):
            yield part.warning(
                "unknown-tag",
                gettext("“%(tag)s” is no tag.", tag=tag),
                gettext("Tags are BP1 to KL3, and competencies in small letters."),
                path,
            )


def checked(part: Part, today: dt.date) -> Iterator[Finding]:
    """Ask for sources and a date on every lesson, and for a new look at old facts (limits.py)."""
    if part.type == LESSON and not part.sources:
        yield part.warning(
            "no-sources", gettext("It names no sources."), gettext("Readers and the next author need to know what it relies on."), "sources"
        )
    if part.type == LESSON and part.checked_on is None:
        yield part.warning(
            "no-date",
            gettext("It does not say when its facts were last checked."),
            gettext("Nobody knows then whether to trust them."),
            "checked_on",
        )
    if part.checked_on and is_old(part.checked_on, today):
        yield part.warning("old", old_sentence(part.checked_on), old_why(), "checked_on")


def is_old(date: dt.date, today: dt.date) -> bool:
    """Tell whether a date is more than MOST_MONTHS back."""
    months = (today.year - date.year) * 12 + today.month - date.month - (today.day < date.day)
    return months >= limits.MOST_MONTHS


def old_sentence(date: dt.date) -> str:
    """Return the sentence about an old date."""
    return gettext("Its facts were last checked on %(date)s.", date=date.isoformat())


def old_why() -> str:
    """Return why an old date matters."""
    return gettext("Rules and numbers change. After %(months)s months somebody should look again.", months=limits.MOST_MONTHS)
