"""Reads for the library: which files a person may find, and where a file is used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import Activity, Actor, Module, NotFound, Revision, RevisionActivity, User, activity_types, db, full_name, modules_for
from media.base import USE
from media.cleaning.kinds import KINDS, Group
from media.models import Caption, Description, File, Rendition, Sharing
from media.services import ADDRESS

GROUPS = (Group.PICTURE, Group.DOCUMENT, Group.AUDIO, Group.VIDEO)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for: words in names and descriptions, a group of kinds, and one thing that is missing."""

    words: str = ""
    group: str = ""
    lack: str = ""  # use, alternative, licence


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a file is used: a module, an activity (empty: the module alone), and the revisions; draft tells of now."""

    module_id: int
    module_key: str
    module_title: Any
    activity: str
    draft: bool
    revisions: tuple[int, ...]


def of_modules(actor: Actor) -> set[str]:
    """Return the digests of the files of all modules that a person may write."""
    rows = db.session.scalars(sa.select(Module.files).where(modules_for(actor, USE)))
    return {found[1] for files in rows for address in (files or {}).values() if (found := ADDRESS.fullmatch(address))}


def _findable(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on Description for what a person finds: their own, what is shared with all, and with their unit."""
    own_unit = sa.select(User.unit_id).where(User.id == actor.id).scalar_subquery()
    colleagues = sa.select(User.id).where(User.unit_id == own_unit)
    return sa.or_(
        Description.owner_id == actor.id,
        Description.sharing == Sharing.EVERYBODY,
        sa.and_(Description.sharing == Sharing.UNIT, Description.owner_id.in_(colleagues)),
    )


def may_find(actor: Actor, mine: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition on File for what a person may find; `mine` are the files of their modules."""
    return sa.or_(File.digest.in_(sa.select(Description.digest).where(_findable(actor))), File.digest.in_(mine))


def files(actor: Actor, wish: Wish) -> sa.Select[File, Description]:
    """Return (file, the words that come first: one's own before others') for what a person may find and looks for, latest first."""
    ranked = (
        sa.select(
            Description.id,
            sa.func.row_number()
            .over(
                partition_by=Description.digest,
                order_by=((Description.owner_id == actor.id).desc(), Description.created_at, Description.id),
            )
            .label("rank"),
        )
        .where(_findable(actor))
        .subquery()
    )
    words = sa.and_(Description.digest == File.digest, Description.id.in_(sa.select(ranked.c.id).where(ranked.c.rank == 1)))
    statement = sa.select(File, Description).outerjoin(Description, words).where(may_find(actor, of_modules(actor)))
    if wish.words:
        pattern = f"%{wish.words.lower().replace('%', '').replace('_', ' ')}%"
        texts = (sa.func.coalesce(Description.name, File.name), sa.cast(Description.alternative, sa.Text), Description.source)
        statement = statement.where(sa.or_(*(sa.func.lower(text).like(pattern) for text in texts)))
    groups = [Group(wish.group)] if wish.group in set(GROUPS) else GROUPS
    statement = statement.where(File.suffix.in_([kind.suffix for kind in KINDS.values() if kind.group in groups]))
    if wish.lack == "use":
        statement = statement.where(File.unused_since.is_not(None))
    elif wish.lack == "licence":
        statement = statement.where(sa.or_(Description.id.is_(None), Description.licence == ""))
    elif wish.lack == "alternative":
        statement = statement.where(sa.or_(Description.id.is_(None), sa.cast(Description.alternative, sa.Text) == "{}"))
    return statement.order_by(File.created_at.desc(), File.digest)


def file_of(actor: Actor, digest: str) -> tuple[File, Description | None]:
    """Return a file that a person may find, and their own words about it. Raises NotFound."""
    row = db.session.execute(
        sa.select(File, Description)
        .outerjoin(Description, sa.and_(Description.digest == File.digest, Description.owner_id == actor.id))
        .where(File.digest == digest, may_find(actor, of_modules(actor)))
    ).first()
    if row is None:
        raise NotFound("no such file for this person")
    return row[0], row[1]


def words_of_others(actor: Actor, digest: str) -> list[tuple[Description, str]]:
    """Return what others say of a file, as far as the person may find it, with their names."""
    rows = db.session.execute(
        sa.select(Description, User.title_before, User.name, User.title_after)
        .join(User, User.id == Description.owner_id)
        .where(Description.digest == digest, Description.owner_id != actor.id, _findable(actor))
        .order_by(Description.created_at, Description.id)
    )
    return [(entry, full_name(*name)) for entry, *name in rows]


def renditions_of(digest: str) -> list[tuple[str, int]]:
    """Return name and bytes of the renditions that are made."""
    rows = db.session.execute(sa.select(Rendition.name, Rendition.size).where(Rendition.digest == digest).order_by(Rendition.size))
    return [(name, size) for name, size in rows]


def uses_of(actor: Actor, digest: str) -> list[Use]:
    """Return where a file is used: drafts that list it, activities that show it, also in their questions, revisions that keep it.

    Modules that the person may not write are counted with an empty title: that they exist is said, what they are is not.
    """
    like = f"%/media/{digest}%"
    mine = modules_for(actor, USE)
    about = (Module.id, Module.key, Module.about, mine.label("mine"))
    listed = sa.select(*about, sa.literal(0), sa.literal("")).where(sa.cast(Module.files, sa.Text).like(like))
    drafts = (
        sa.select(*about, sa.literal(0), Activity.title)
        .join(Activity, Activity.module_id == Module.id)
        .where(sa.cast(Activity.prepared, sa.Text).like(like))
    )
    kept = (
        sa.select(*about, Revision.number, RevisionActivity.title)
        .join(Revision, Revision.module_id == Module.id)
        .join(RevisionActivity, RevisionActivity.revision_id == Revision.id)
        .where(sa.cast(RevisionActivity.prepared, sa.Text).like(like))
    )
    rows = [tuple(row) for row in db.session.execute(sa.union_all(listed, drafts, kept))]
    rows += _in_tables_of_types(digest, about)
    found: dict[tuple[int, str], tuple[Any, bool, set[int]]] = {}
    for module_id, key, told, own, number, title in rows:
        place = found.setdefault((module_id, title if own else ""), ((key, told["title"]) if own else ("", {}), False, set()))
        numbers = place[2] | ({number} if number else set())
        found[module_id, title if own else ""] = (place[0], place[1] or not number, numbers)
    shown = {module_id for module_id, title in found if title}
    return [
        Use(module_id, name[0], name[1], title, draft, tuple(sorted(numbers)))
        for (module_id, title), (name, draft, numbers) in sorted(found.items(), key=lambda item: item[0])
        if title or module_id not in shown
    ]


def _in_tables_of_types(digest: str, about: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return rows like those above for what types keep in tables of their own, the questions of quizzes for instance."""
    places = [place for kind in activity_types().values() for place in kind.shown_in(f"/media/{digest}")]
    if not places:
        return []
    modules = {row[0]: row for row in db.session.execute(sa.select(*about).where(Module.id.in_({place[0] for place in places})))}
    return [(*modules[module_id], number, title) for module_id, number, title in places]


def drafts_with(actor: Actor, address: str) -> list[Module]:
    """Return the modules that a person may write whose draft names an address."""
    rows = db.session.scalars(_naming(actor, address))
    return [module for module in rows.all() if address in (module.files or {}).values()]


def lock_drafts_with(actor: Actor, address: str) -> None:
    """Let nobody else change these drafts until the transaction ends, and read them as they are now."""
    locked = _naming(actor, address).order_by(Module.id).with_for_update().execution_options(populate_existing=True)
    db.session.scalars(locked).all()


def _naming(actor: Actor, address: str) -> sa.Select[Module]:
    return sa.select(Module).where(modules_for(actor, USE), sa.cast(Module.files, sa.Text).like(f"%{address}%"))


def captions_of(digest: str) -> list[tuple[str, str]]:
    """Return language and address of the captions of a film or sound."""
    rows = db.session.execute(sa.select(Caption.language, Caption.words_digest).where(Caption.digest == digest).order_by(Caption.language))
    return [(language, f"/media/{words}.vtt") for language, words in rows]


def modules_of(actor: Actor) -> list[Module]:
    """Return the modules that a person may write, by key."""
    return list(db.session.scalars(sa.select(Module).where(modules_for(actor, USE)).order_by(Module.key)))


def module_of(actor: Actor, key: str) -> Module:
    """Return one of them, locked until the transaction ends. Raises NotFound."""
    found = db.session.scalar(sa.select(Module).where(modules_for(actor, USE), Module.key == key).with_for_update())
    if found is None:
        raise NotFound("no such module for this person")
    return found
