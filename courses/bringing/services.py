"""A document becomes lessons in two steps: read it and show the outline, then keep what was chosen. Between the two no module changes."""

from __future__ import annotations

import base64
import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.base import CREATE, WRITE
from courses.bringing.documents import Found, found_in
from courses.bringing.models import Brought
from courses.bringing.outlines import Chapter, Lesson
from courses.bringing.sieve import Left
from courses.studio import outline, services
from lms.api import (
    Activity,
    Actor,
    ContentError,
    Module,
    NotFound,
    Refused,
    activity_type,
    audit,
    db,
    draft_activities,
    draft_of,
    gettext,
    modules_for,
    touch,
    utcnow,
)

LIFE = dt.timedelta(hours=24)
NEW = "new"
LESSON = "lesson"
SHOWN = re.compile(r"!\[([^\]]*)\]\((figures/gambar-\d+\.\w+)\)\n*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody chose of an outline: titles as they were left, None for a lesson that is not wanted; words for pictures by name."""

    chapters: Sequence[tuple[str, Sequence[str | None]]]
    alternatives: Mapping[str, str]


def read_document(*, actor: Actor, data: bytes, name: str) -> Brought:
    """Read a document and keep its outline for a day. Raises ContentError for one that cannot be read."""
    found = found_in(data, name)
    row = Brought(
        owner_id=actor.id,
        name=name[:200],
        content={
            "title": found.title,
            "left": sorted(found.left),
            "chapters": [
                {"title": chapter.title, "lessons": [{"title": lesson.title, "text": lesson.text} for lesson in chapter.lessons]}
                for chapter in found.chapters
            ],
        },
        pictures={name: base64.b64encode(content).decode() for name, content in found.pictures.items()},
        expires_at=utcnow() + LIFE,
    )
    db.session.add(row)
    db.session.flush()
    return row


def find(*, actor: Actor, number: uuid.UUID) -> Brought:
    """Return a document that the actor has brought. Raises NotFound for others' and for those that are forgotten."""
    row = db.session.scalar(sa.select(Brought).where(Brought.id == number, Brought.owner_id == actor.id, Brought.expires_at > utcnow()))
    if row is None:
        raise NotFound("no such document")
    return row


def outline_of(row: Brought) -> Found:
    """Return the outline of a document, without its pictures."""
    chapters = tuple(
        Chapter(chapter["title"], tuple(Lesson(lesson["title"], lesson["text"]) for lesson in chapter["lessons"]))
        for chapter in row.content["chapters"]
    )
    return Found(row.content["title"], chapters, {}, frozenset(Left(word) for word in row.content["left"]))


def pictures_of(found: Found) -> dict[str, str]:
    """Return {name: what it shows, as far as the document says} of the pictures in the order of the text."""
    return {name: words for lesson in found.lessons for words, name in SHOWN.findall(lesson.text)}


def picture_of(row: Brought, name: str) -> bytes:
    """Return a picture of a document. Raises NotFound."""
    if name not in row.pictures:
        raise NotFound("no such picture")
    return base64.b64decode(row.pictures[name])


def keep(*, actor: Actor, row: Brought, module: Module, wanted: Wanted) -> list[Activity]:
    """Make the lessons that were chosen, at the end of a module's draft, and forget the document.

    Each chapter becomes a section. Raises Refused when nothing was chosen, or for a title that is empty.
    """
    found = outline_of(row)
    if not any(title is not None for _section, titles in wanted.chapters for title in titles):
        raise Refused(gettext("Tick at least one lesson."))
    services.lock(module=module)
    if db.session.scalar(sa.select(Brought.id).where(Brought.id == row.id).with_for_update()) is None:
        raise Refused(gettext("This document has been made into lessons already."))
    places = _keep_pictures(actor, module, row, found, wanted)
    drawn = _Drawn(places, wanted.alternatives)
    made: list[Activity] = []
    for chapter, (section, titles) in zip(found.chapters, wanted.chapters, strict=True):
        chosen = [(lesson, title) for lesson, title in zip(chapter.lessons, titles, strict=True) if title is not None]
        if chosen:
            key = outline.add_section(actor=actor, module=module, title=section)
            made += [_lesson(actor, module, key, title, drawn.text(lesson.text), lesson.minutes, made) for lesson, title in chosen]
    services.number(module, [*draft_activities(module.id)])
    touch(module)
    audit(actor.id, "module:bring", "module", module.id)
    db.session.delete(row)
    db.session.flush()
    return made


def begin(*, actor: Actor, values: Mapping[str, Any]) -> Module:
    """Begin a module for a document, without any section. `values` are a BringForm's. Raises Refused."""
    if not actor.may(CREATE):
        raise Refused(gettext("You may not begin new modules."))
    empty = dict.fromkeys(("title_en", "code", "summary_id", "summary_en"), "")
    module = services.create_module(actor=actor, values={**empty, "title_id": values["title"].strip(), "key": values["key"]})
    module.about = {**module.about, "sections": []}
    db.session.flush()
    return module


def module_of(*, actor: Actor, module_id: int) -> Module:
    """Return a module that the actor may write. Raises NotFound."""
    from_here = sa.select(Module).where(Module.id == module_id, modules_for(actor, WRITE))
    module = db.session.scalar(from_here)
    if module is None:
        raise NotFound("no such module")
    return module


def forget(*, actor: Actor, row: Brought) -> None:
    """Forget a document before its day is over."""
    db.session.delete(row)
    db.session.flush()


def forget_old() -> None:
    """Forget what was read more than a day ago."""
    db.session.execute(sa.delete(Brought).where(Brought.expires_at <= utcnow()))


# -- the parts of keeping ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Where pictures are now, and what they show."""

    places: Mapping[str, str]
    words: Mapping[str, str]

    def text(self, text: str) -> str:
        """Return a text that shows pictures where they are now; one that could not be kept is left out."""

        def anew(match: re.Match[str]) -> str:
            place = self.places.get(match[2])
            words = re.sub(r"\s+", " ", re.sub(r"[\[\]\\]", "", self.words.get(match[2], match[1]))).strip()
            return match[0].replace(f"![{match[1]}]({match[2]})", f"![{words}]({place})" if place else "")

        return SHOWN.sub(anew, text)


def _keep_pictures(actor: Actor, module: Module, row: Brought, found: Found, wanted: Wanted) -> dict[str, str]:
    """Keep the pictures of what was chosen; return {name in the document: name in the module}."""
    chosen = [
        lesson.text
        for chapter, (_section, titles) in zip(found.chapters, wanted.chapters, strict=True)
        for lesson, title in zip(chapter.lessons, titles, strict=True)
        if title is not None
    ]
    names = dict.fromkeys(name for text in chosen for _words, name in SHOWN.findall(text))
    places: dict[str, str] = {}
    for name in names:
        try:
            places[name] = services.add_new_picture(
                actor=actor, module=module, data=picture_of(row, name), name=name.removeprefix("figures/")
            )
        except (ContentError, Refused):  # the store does not take it; the text stays
            continue
    return places


def _lesson(actor: Actor, module: Module, section: str, title: str, text: str, minutes: int, made: Sequence[Activity]) -> Activity:
    if not title.strip():
        raise Refused(gettext("Every lesson that is ticked needs a title."))
    kind = activity_type(LESSON)
    key = services.new_key(module, [*draft_activities(module.id)], {"key": "", "title": title, "type": LESSON})
    draft = draft_of(module, key, actor.id, dict(module.files or {}))
    loaded = kind.load({"source": text}, draft)
    activity = Activity(
        module_id=module.id,
        key=key,
        type=LESSON,
        title=title.strip()[:120],
        section=section,
        position=services.LAST + len(made),
        minutes=minutes,
        required=True,
        requires=[],
        tags=[],
        sources=[],
        settings=kind.store(loaded, draft),
        prepared=kind.prepare(loaded, draft),
    )
    db.session.add(activity)
    db.session.flush()
    return activity
