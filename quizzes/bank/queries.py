"""Reads of the bank. A search reads `quizzes_items` alone, through the indexes that begin with the module."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import Activity, CohortModule, Module, Revision, RevisionActivity, User, db
from quizzes.items.models import BankItem, ItemTag, ItemUse, ItemVersion, VersionState
from quizzes.statistics.models import PairCount

FACETS = 60  # categories and tags that a search offers
SHARES = 10_000  # of a whole, as statistics keep them
FEWEST = 5  # attempts, before a figure is shown
MOST_WORDS = 8

Statement = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words of which all must occur, and filters; `shared` looks in other modules."""

    q: str = ""
    category: str = ""
    tag: str = ""
    kind: str = ""
    state: str = ""
    used: str = ""
    shared: bool = False

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> Wanted:
        """Return what an address asks for."""
        texts = {name: arguments.get(name, "").strip()[:200] for name in ("q", "category", "tag", "kind", "state", "used")}
        return cls(**texts, shared=arguments.get("shared") == "1")

    @property
    def arguments(self) -> dict[str, str]:
        """Return it as the arguments of an address."""
        found = {name: getattr(self, name) for name in ("q", "category", "tag", "kind", "state", "used") if getattr(self, name)}
        return {**found, "shared": "1"} if self.shared else found


def mapping(statement: Statement) -> dict[Any, Any]:
    """Return {first column: second column} of what a statement finds."""
    return {row[0]: row[1] for row in db.session.execute(statement)}


def banks(mine: sa.ColumnElement[bool]) -> Statement:
    """Return the modules whose banks are somebody's, with how many items of each state they hold."""
    counts = [
        sa.func.count(sa.case((BankItem.state == state, BankItem.id))).label(state.value)
        for state in (VersionState.READY, VersionState.DRAFT, VersionState.RETIRED)
    ]
    statement = sa.select(Module.key, Module.code, Module.about, *counts).outerjoin(BankItem, BankItem.module_id == Module.id)
    return statement.where(mine).group_by(Module.id).order_by(Module.key)


def search(module_id: int, wanted: Wanted) -> Statement:
    """Return the items of a module's bank that are wanted, or shared ones of other modules; what was changed last comes first."""
    columns = (
        BankItem.id,
        BankItem.key,
        BankItem.title,
        BankItem.kind,
        BankItem.state,
        BankItem.category,
        BankItem.shared,
        BankItem.module_id,
    )
    statement = sa.select(*columns).where(*_where(module_id, wanted))
    return statement.order_by(BankItem.changed_at.desc(), BankItem.id.desc())


def _where(module_id: int, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [BankItem.module_id == module_id]
    if wanted.shared:
        found = [BankItem.shared.is_(True), BankItem.module_id != module_id]
    found += [BankItem.words.contains(word, autoescape=True) for word in wanted.q.lower().split()[:MOST_WORDS]]
    if wanted.category:
        below = BankItem.category.startswith(f"{wanted.category}/", autoescape=True)
        found.append(sa.or_(BankItem.category == wanted.category, below))
    if wanted.tag:
        found.append(sa.exists().where(ItemTag.item_id == BankItem.id, ItemTag.tag == wanted.tag))
    if wanted.kind:
        found.append(BankItem.kind == wanted.kind)
    if wanted.state in set(VersionState):
        found.append(BankItem.state == VersionState(wanted.state))
    elif wanted.state != "all":
        found.append(BankItem.state != VersionState.RETIRED)
    if wanted.used in {"yes", "no"}:
        used = sa.exists().where(ItemUse.item_id == BankItem.id)
        found.append(used if wanted.used == "yes" else ~used)
    return found


def tags_of(ids: Sequence[int]) -> Statement:
    """Return (item, tag)."""
    return sa.select(ItemTag.item_id, ItemTag.tag).where(ItemTag.item_id.in_(ids)).order_by(ItemTag.tag)


def uses_of(ids: Sequence[int]) -> Statement:
    """Return (item, number of quizzes whose drafts ask it)."""
    return sa.select(ItemUse.item_id, sa.func.count()).where(ItemUse.item_id.in_(ids)).group_by(ItemUse.item_id)


def facilities(module_id: int, ids: Sequence[int]) -> Statement:
    """Return (item, mean share of 0 to 1) over first attempts in the module's quizzes, where there are enough for a figure."""
    quizzes = sa.select(Activity.key).where(Activity.module_id == module_id, Activity.type == "quiz")
    newest = (
        sa.select(sa.func.max(ItemVersion.id))
        .where(ItemVersion.item_id.in_(ids), ItemVersion.state != VersionState.DRAFT)
        .group_by(ItemVersion.item_id)
    )
    here = (
        PairCount.module_id == module_id,
        PairCount.activity_key.in_(quizzes),
        PairCount.first.is_(True),
        PairCount.version_id.in_(newest),
    )
    attempts = sa.func.sum(PairCount.count)
    mean = sa.cast(sa.func.sum(PairCount.x * PairCount.count), sa.Float) / attempts / SHARES
    return sa.select(PairCount.item_id, mean).where(*here).group_by(PairCount.item_id).having(attempts >= FEWEST)


def categories(module_id: int) -> Statement:
    """Return the categories of a bank."""
    here = (BankItem.module_id == module_id, BankItem.category != "")
    return sa.select(BankItem.category).where(*here).distinct().order_by(BankItem.category).limit(FACETS)


def tags(module_id: int) -> Statement:
    """Return the tags of a bank, the most common first."""
    statement = sa.select(ItemTag.tag).join(BankItem, BankItem.id == ItemTag.item_id).where(BankItem.module_id == module_id)
    return statement.group_by(ItemTag.tag).order_by(sa.func.count().desc(), ItemTag.tag).limit(FACETS)


def quizzes(module_id: int) -> Statement:
    """Return (key, title) of the quizzes in a module's draft."""
    here = (Activity.module_id == module_id, Activity.type == "quiz")
    return sa.select(Activity.key, Activity.title).where(*here).order_by(Activity.position)


def module_keys(ids: Iterable[int]) -> Statement:
    """Return (id, key) of modules."""
    return sa.select(Module.id, Module.key).where(Module.id.in_(sorted(set(ids))))


# -- one item --------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A quiz that asks an item: of a draft (`number` is None), or of a published revision."""

    module_key: str
    module: Mapping[str, str]
    activity_key: str
    title: str
    number: int | None = None
    version: int | None = None
    published_at: dt.datetime | None = None


def authors(ids: Iterable[Any]) -> Statement:
    """Return (id, name) of people."""
    return sa.select(User.id, User.name).where(User.id.in_({number for number in ids if number}))


def draft_uses(item_id: int) -> Statement:
    """Return the quizzes whose drafts ask an item."""
    return (
        sa.select(Module.id, Module.key, Module.about, Activity.key, Activity.title)
        .join(ItemUse, sa.and_(ItemUse.module_id == Module.id, ItemUse.item_id == item_id))
        .join(Activity, sa.and_(Activity.module_id == Module.id, Activity.key == ItemUse.activity_key))
        .order_by(Module.key, Activity.position)
    )


def published_quizzes(module_ids: Iterable[int]) -> Statement:
    """Return the quizzes of the revisions that count: the newest of each module, and those from which cohorts learn."""
    newest = sa.select(sa.func.max(Revision.id)).group_by(Revision.module_id)
    pinned = sa.select(CohortModule.revision_id)
    return (
        sa.select(
            Module.key.label("module_key"),
            Module.about,
            Revision.number,
            Revision.published_at,
            RevisionActivity.key,
            RevisionActivity.title,
            RevisionActivity.settings,
        )
        .join(Revision, Revision.id == RevisionActivity.revision_id)
        .join(Module, Module.id == Revision.module_id)
        .where(
            RevisionActivity.type == "quiz",
            Revision.module_id.in_(sorted(set(module_ids))),
            sa.or_(Revision.id.in_(newest), Revision.id.in_(pinned)),
        )
        .order_by(Module.key, Revision.number.desc(), RevisionActivity.position)
    )
