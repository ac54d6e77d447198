"""Templates of activities: those in the box, one's own, and those that colleagues of one's unit share."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from courses.folder.reader import read_folder
from courses.starters.models import Template
from courses.studio import services
from lms.api import (
    Activity,
    Actor,
    Module,
    NotFound,
    Refused,
    User,
    activity_type,
    activity_types,
    audit,
    db,
    draft_activities,
    draft_of,
    full_name,
    gettext,
    touch,
)

HERE = Path(__file__).parent
BOX = "box-"
ITEMS = "items"
MOST_OWN = 50


@dataclass(frozen=True, slots=True)
class Starter:
    """A template as one chooses it. `key` is `box-…` for those in the box, else a number."""

    key: str
    type: str
    title: str
    minutes: int
    tags: list[str]
    rule: Any
    settings: Mapping[str, Any]
    owner: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of text to put into another one."""

    title: Mapping[str, str]
    text: str


@functools.cache
def in_the_box() -> tuple[Starter, ...]:
    """Return the templates that come with Peduli: the folder `texts`, which is a module like any other."""
    text, problems = read_folder(HERE / "texts")
    if problems or text is None:
        raise problems[0]
    return tuple(Starter(f"{BOX}{one.key}", one.type, one.title, one.minutes, one.tags, one.rule, one.own) for one in text.activities)


@functools.cache
def snippets() -> tuple[Snippet, ...]:
    """Return the snippets that come with Peduli."""
    rows = yaml.safe_load((HERE / "snippets.yaml").read_text(encoding="utf-8"))
    return tuple(Snippet(row["title"], row["text"]) for row in rows)


def offered_to(actor: Actor) -> list[Starter]:
    """Return what an actor may begin with: one's own, those of one's unit, those in the box; of types that are installed."""
    unit = sa.select(User.unit_id).where(User.id == actor.id).scalar_subquery()
    rows = db.session.execute(
        sa.select(Template, User.title_before, User.name, User.title_after)
        .join(User, User.id == Template.owner_id)
        .where(sa.or_(Template.owner_id == actor.id, sa.and_(Template.unit_id.is_not(None), Template.unit_id == unit)))
        .order_by(sa.case((Template.owner_id == actor.id, 0), else_=1), Template.title, Template.id)
        .limit(200)
    )
    made = [
        Starter(
            str(row.id),
            row.type,
            row.title,
            row.minutes,
            row.data["tags"],
            row.data["rule"],
            row.data["settings"],
            owner="" if row.owner_id == actor.id else full_name(before, name, after),
            mine=row.owner_id == actor.id,
        )
        for row, before, name, after in rows
        if row.type in activity_types()
    ]
    return [*made, *(one for one in in_the_box() if one.type in activity_types())]


def begin(*, actor: Actor, module: Module, key: str, title: str, section: str) -> Activity:
    """Add an activity with the text of a template at the end of a section. Raises NotFound, ContentError for what its type refuses now."""
    starter = next((one for one in offered_to(actor) if one.key == key), None)
    if starter is None:
        raise NotFound("no such template")
    services.lock(module=module)
    others = draft_activities(module.id)
    kind = activity_type(starter.type)
    new = services.new_key(module, others, {"key": "", "title": title, "type": starter.type})
    draft = draft_of(module, new, actor.id, dict(module.files or {}))
    loaded = kind.load(_with_keys_of_its_own(starter.settings, new), draft)
    activity = Activity(
        module_id=module.id,
        key=new,
        type=starter.type,
        title=title.strip(),
        section=section,
        position=services.LAST,
        minutes=starter.minutes,
        required=True,
        requires=[],
        tags=list(starter.tags),
        sources=[],
        rule=starter.rule,
        settings=kind.store(loaded, draft),
        prepared=kind.prepare(loaded, draft),
    )
    db.session.add(activity)
    services.number(module, [*others, activity])
    touch(module)
    db.session.flush()
    return activity


def _with_keys_of_its_own(settings: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return settings whose questions are new ones: those of the template stay what they are where it came from."""
    found = settings.get(ITEMS)
    if not isinstance(found, list):
        return dict(settings)
    rows = [{**row, "key": f"{key[:50]}-{number}"} if isinstance(row, dict) else row for number, row in enumerate(found, start=1)]
    return {**settings, ITEMS: rows}


def save(*, actor: Actor, module: Module, activity: Activity, title: str, shared: bool) -> Template:
    """Keep an activity as it is saved as a template of the actor's, or of all in the actor's unit.

    Raises Refused for a type that is not installed, when there are too many, and for sharing without a unit.
    """
    kind = activity_type(activity.type)
    if kind.key == "missing":
        raise Refused(gettext("This activity needs a plugin that is not installed."))
    if (db.session.scalar(sa.select(sa.func.count()).select_from(Template).where(Template.owner_id == actor.id)) or 0) >= MOST_OWN:
        raise Refused(gettext("You have %(most)s templates already. Delete one first.", most=MOST_OWN))
    unit = db.session.scalar(sa.select(User.unit_id).where(User.id == actor.id)) if shared else None
    if shared and unit is None:
        raise Refused(gettext("You belong to no unit here, so there is nobody to share it with. Keep it for yourself."))
    draft = draft_of(module, activity.key, actor.id, dict(module.files or {}))
    row = Template(
        owner_id=actor.id,
        unit_id=unit,
        title=title.strip(),
        type=activity.type,
        minutes=activity.minutes,
        data={"tags": activity.tags, "rule": activity.rule, "settings": kind.dump(activity.settings, draft)},
    )
    db.session.add(row)
    db.session.flush()
    audit(actor.id, "template:save", "template", row.id)
    return row


def delete(*, actor: Actor, number: int) -> str:
    """Delete a template of the actor's and return its title. Raises NotFound for others'."""
    row = db.session.scalar(sa.select(Template).where(Template.id == number, Template.owner_id == actor.id))
    if row is None:
        raise NotFound("no such template")
    db.session.delete(row)
    audit(actor.id, "template:delete", "template", row.id)
    db.session.flush()
    return row.title


def of_person(user_id: uuid.UUID) -> list[Template]:
    """Return the templates that a person has made."""
    return list(db.session.scalars(sa.select(Template).where(Template.owner_id == user_id).order_by(Template.id)))
