"""What an author is reminded of before publishing, each with its reason. Pure: reads what it is given, changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import StringField, TextAreaField

from lms.api import Activity, ActivityType, Module, RuleError, activity_type, check, gettext, words_of

PICTURE = re.compile(r"!\[([^\]]*)\]\(\s*([^\s)]+)")


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to look at: what it is, why it matters, where it is (an activity's key, or "about"), whether publishing waits for it."""

    sentence: str
    why: str
    where: str
    must: bool = False


def initial_settings(kind: ActivityType) -> dict[str, Any]:
    """Return the settings of an activity that nobody has written yet: the form's defaults, empty texts for what has none."""
    form = kind.settings(formdata=None)
    plain = {StringField, TextAreaField}
    return {field.short_name: "" if field.data is None and type(field) in plain else field.data for field in form}


def is_unwritten(activity: Activity) -> bool:
    """Tell whether an activity still has the settings it began with although its type asks for more."""
    kind = activity_type(activity.type)
    if kind.key == "missing" or activity.settings != initial_settings(kind):
        return False
    return not kind.settings.from_data(activity.settings).validate()


def hints_of(module: Module, activities: Sequence[Activity]) -> list[Hint]:
    """Return everything worth a look, what publishing waits for first."""
    found = [*_about(module), *_sections(module, activities)]
    places = {activity.key: index for index, activity in enumerate(activities)}
    waits = {activity.key: list(activity.requires) for activity in activities}
    sections = {section["key"] for section in module.about["sections"]}
    for activity in activities:
        found += [*_activity(activity, sections), *_requires(activity, places, waits), *_pictures(activity, module)]
    return sorted(found, key=lambda hint: not hint.must)


def _about(module: Module) -> Iterator[Hint]:
    about = module.about
    if not (about.get("summary") or {}).get("id"):
        yield Hint(
            gettext("The module has no description."), gettext("The catalogue shows it; without it nobody knows what to expect."), "about"
        )
    if not about.get("outcomes"):
        yield Hint(
            gettext("No outcomes are written down."), gettext("Learners ask first what they will be able to do afterwards."), "about"
        )
    if not (about.get("audience") or {}).get("id"):
        yield Hint(gettext("It is not said for whom the module is."), gettext("Organizers choose modules by it."), "about")
    english = [about["title"], about.get("summary") or {}, about.get("audience") or {}, *(about.get("outcomes") or [])]
    english += [section["title"] for section in about["sections"]]
    if any(text.get("id") and not text.get("en") for text in english):
        title = gettext("The English title is missing.") if not about["title"].get("en") else gettext("Some English texts are missing.")
        yield Hint(
            title,
            gettext("Who reads in English sees the Indonesian words there. A zip of the module can be read in again only with both."),
            "about",
        )


def _sections(module: Module, activities: Sequence[Activity]) -> Iterator[Hint]:
    earning = {activity.section for activity in activities if activity.required}
    for section in module.about["sections"]:
        if section.get("jp") and section["key"] not in earning:
            yield Hint(
                gettext("The section “%(key)s” has hours, but nothing in it is needed.", key=section["key"]),
                gettext("Hours (JP) are earned when all needed activities of a section are complete. Nobody could earn these."),
                "about",
            )


def _activity(activity: Activity, sections: set[str]) -> Iterator[Hint]:
    kind = activity_type(activity.type)
    named = {"title": activity.title}
    if activity.section not in sections:
        yield Hint(
            gettext("“%(title)s” stands in a section that is not there any more.", **named),
            gettext("Learners would not find it in the outline. Choose another section for it."),
            activity.key,
            must=True,
        )
    if is_unwritten(activity):
        yield Hint(
            gettext("“%(title)s” has not been written yet.", **named),
            gettext("Learners would open an empty page. Write it, or delete it until it is ready."),
            activity.key,
            must=True,
        )
    if activity.minutes < 1:
        yield Hint(
            gettext("“%(title)s” has no minutes.", **named),
            gettext("Learners plan by them: “about 8 minutes” decides whether they begin."),
            activity.key,
        )
    if kind.key == "missing":
        yield Hint(
            gettext("“%(title)s” needs a plugin that is not installed.", **named),
            gettext("Learners see a message in its place. You can move it, or delete it."),
            activity.key,
        )
        return
    yield from _rule(activity, kind)
    for sentence in kind.check(activity.settings):
        yield Hint(f"{activity.title}: {sentence}", gettext("“%(type)s” looks at this by itself.", type=kind.title), activity.key)


def _rule(activity: Activity, kind: ActivityType) -> Iterator[Hint]:
    if activity.rule is None:
        return
    try:
        strange = sorted(words_of(check(activity.rule)) - set(kind.completion))
    except RuleError as error:
        strange = [str(error)]
    if strange:
        yield Hint(
            gettext(
                "The rule of “%(title)s” asks for something that it does not offer: %(words)s.",
                title=activity.title,
                words=", ".join(strange),
            ),
            gettext("Nobody could complete it by their own work. Choose what completes it anew."),
            activity.key,
        )


def _requires(activity: Activity, places: Mapping[str, int], waits: Mapping[str, list[str]]) -> Iterator[Hint]:
    for key in activity.requires:
        if key not in places:
            yield Hint(
                gettext("“%(title)s” waits for “%(key)s”, which is not in this module.", title=activity.title, key=key),
                gettext("It opens without waiting. Take the requirement away, or choose another activity."),
                activity.key,
            )
        elif _leads_to(key, activity.key, waits):
            yield Hint(
                gettext("“%(title)s” and “%(key)s” wait for each other.", title=activity.title, key=key),
                gettext("Neither would ever open. Take one of the two requirements away."),
                activity.key,
                must=True,
            )
        elif places[key] > places[activity.key]:
            yield Hint(
                gettext("“%(title)s” waits for “%(key)s”, which comes later.", title=activity.title, key=key),
                gettext("Learners meet a closed page and have to come back. Move one of the two."),
                activity.key,
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


def pictures_in(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (text alternative, name) of every picture in the texts of settings."""
    if isinstance(value, str):
        for match in PICTURE.finditer(value):
            yield match[1], match[2]
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from pictures_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from pictures_in(part)


def _pictures(activity: Activity, module: Module) -> Iterator[Hint]:
    for words, name in pictures_in(activity.settings):
        if not name.startswith("/") and name not in (module.files or {}):
            yield Hint(
                gettext("“%(title)s” shows the picture “%(name)s”, which is not in this module.", title=activity.title, name=name),
                gettext("Learners would see an empty place. Add the picture under this name, or take it out of the text."),
                activity.key,
            )
        elif not words.strip():
            yield Hint(
                gettext("A picture in “%(title)s” has no words: “%(name)s”.", title=activity.title, name=name),
                gettext("Who cannot see it, or has no signal to load it, reads these words instead."),
                activity.key,
            )
