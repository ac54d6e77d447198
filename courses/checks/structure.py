"""Rules about a module as a whole, and about what its activities say of each other. They read no long texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from courses.checks import limits
from courses.checks.model import Finding, Part, Subject
from courses.checks.pages import is_old, old_sentence, old_why
from courses.folder.tags import BERAKHLAK
from lms.api import RuleError, check, format_number, gettext, words_of


def about(subject: Subject, today: dt.date) -> Iterator[Finding]:
    """Ask for what the catalogue and organizers need, and for both languages."""
    said = subject.about
    if not (said.get("summary") or {}).get("id"):
        yield subject.warning(
            "no-summary",
            gettext("The module has no description."),
            gettext("The catalogue shows it; without it nobody knows what to expect."),
            "summary_id",
        )
    if not said.get("outcomes"):
        yield subject.warning(
            "no-outcomes",
            gettext("No outcomes are written down."),
            gettext("Learners ask first what they will be able to do afterwards."),
            "outcomes",
        )
    if not (said.get("audience") or {}).get("id"):
        yield subject.warning(
            "no-audience", gettext("It is not said for whom the module is."), gettext("Organizers choose modules by it."), "audience_id"
        )
    yield from _english(subject)
    date = _date(said.get("checked_on"))
    if date and is_old(date, today):
        yield subject.warning("old", old_sentence(date), old_why(), "checked_on")


def _english(subject: Subject) -> Iterator[Finding]:
    said = subject.about
    texts = [said["title"], said.get("summary") or {}, said.get("audience") or {}, *(said.get("outcomes") or [])]
    texts += [section["title"] for section in said["sections"]]
    if any(text.get("id") and not text.get("en") for text in texts):
        title = gettext("The English title is missing.") if not said["title"].get("en") else gettext("Some English texts are missing.")
        why = gettext("Who reads in English sees the Indonesian words there. A zip of the module can be read in again only with both.")
        yield subject.warning("no-english", title, why, "title_en")


def _date(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None


def sections(subject: Subject) -> Iterator[Finding]:
    """Look for hours (JP) that nobody could earn."""
    earning = {part.section for part in subject.parts if part.required}
    for section in subject.about["sections"]:
        if section.get("jp") and section["key"] not in earning:
            yield subject.warning(
                "empty-hours",
                gettext("The section “%(key)s” has hours, but nothing in it is needed.", key=section["key"]),
                gettext("Hours (JP) are earned when all needed activities of a section are complete. Nobody could earn these."),
                "sections",
            )


def pack(subject: Subject) -> Iterator[Finding]:
    """Look at what a learner on a slow line loads (limits.py)."""
    size = pack_bytes(subject)
    if size > limits.MOST_BYTES:
        yield subject.warning(
            "large",
            gettext("Texts and pictures take %(size)s MB.", size=format_number(round(size / 1024 / 1024, 1))),
            gettext("Many learners pay for each megabyte."),
        )


def pack_bytes(subject: Subject) -> int:
    """Return the bytes of all texts and pictures."""
    texts = sum(len(text.value.encode()) for part in subject.parts for text in part.texts)
    return texts + sum(subject.pictures.values())


def unused_tags(subject: Subject) -> list[str]:
    """Return the behaviours of BerAKHLAK that no activity and no item of the module carries: to know, not to mend."""
    used = {tag for part in subject.parts for tag in part.tags}
    used |= {str(tag) for part in subject.parts for item in part.items for tag in item.get("tags") or []}
    return [code for code in BERAKHLAK if code not in used]


# -- activities ------------------------------------------------------------------------------------------------------------------------


def activity(part: Part, known: set[str]) -> Iterator[Finding]:
    """Look at what an activity needs to be found, opened and completed."""
    named = {"title": part.title}
    if part.section not in known:
        yield part.error(
            "stray",
            gettext("“%(title)s” stands in a section that is not there any more.", **named),
            gettext("Learners would not find it in the outline."),
            "section",
        )
    if part.unwritten:
        yield part.error(
            "unwritten", gettext("“%(title)s” has not been written yet.", **named), gettext("Learners would open an empty page.")
        )
    if part.minutes < 1:
        yield part.warning(
            "no-minutes",
            gettext("“%(title)s” has no minutes.", **named),
            gettext("Learners plan by them: “about 8 minutes” decides whether they begin."),
            "minutes",
        )
    if part.missing:
        yield part.warning(
            "no-plugin",
            gettext("“%(title)s” needs a plugin that is not installed.", **named),
            gettext("Learners see a message in its place."),
        )
        return
    yield from _rule(part)
    for sentence in part.remarks:
        yield part.warning("type", f"{part.title}: {sentence}", gettext("“%(type)s” looks at this by itself.", type=part.type_title))


def _rule(part: Part) -> Iterator[Finding]:
    if part.rule is None:
        return
    try:
        strange = sorted(words_of(check(part.rule)) - part.completion)
    except RuleError as error:
        strange = [str(error)]
    if strange:
        yield part.warning(
            "rule",
            gettext(
                "The rule of “%(title)s” asks for something that it does not offer: %(words)s.", title=part.title, words=", ".join(strange)
            ),
            gettext("Nobody could complete it by their own work."),
            "complete",
        )


def requires(subject: Subject) -> Iterator[Finding]:
    """Look at what waits for what."""
    places = {part.key: index for index, part in enumerate(subject.parts)}
    waits = {part.key: part.requires for part in subject.parts}
    for part in subject.parts:
        for key in dict.fromkeys([*part.requires, str(part.settings.get("visit") or "")]):
            if key in subject.hidden:
                yield _waits_for_hidden(part, subject.hidden[key])
        for key in part.requires:
            if key not in subject.hidden:
                yield from _waits(part, key, places, waits)


def _waits_for_hidden(part: Part, other: str) -> Finding:
    return part.error(
        "requires-hidden",
        gettext("“%(title)s” needs “%(other)s”, which is hidden.", title=part.title, other=other),
        gettext("Hidden activities are not published, so nobody could complete it."),
        "requires",
    )


def _waits(part: Part, key: str, places: Mapping[str, int], waits: Mapping[str, list[str]]) -> Iterator[Finding]:
    named = {"title": part.title, "key": key}
    if key not in places:
        yield part.warning(
            "requires-nothing",
            gettext("“%(title)s” waits for “%(key)s”, which is not in this module.", **named),
            gettext("It opens without waiting."),
            "requires",
        )
    elif _leads_to(key, part.key, waits):
        yield part.error(
            "circle", gettext("“%(title)s” and “%(key)s” wait for each other.", **named), gettext("Neither would ever open."), "requires"
        )
    elif places[key] > places[part.key]:
        yield part.warning(
            "requires-later",
            gettext("“%(title)s” waits for “%(key)s”, which comes later.", **named),
            gettext("Learners meet a closed page and have to come back."),
            "requires",
        )


def _leads_to(start: str, end: str, waits: Mapping[str, list[str]]) -> bool:
    """Tell whether `start` waits, directly or not, for `end`; an activity leads to itself."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        key = todo.pop()
        if key == end:
            return True
        if key not in seen:
            seen.add(key)
            todo += waits.get(key, [])
    return False
