"""Exporting questions: which, in which format, and what the format loses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from lms.api import Module, NotFound, db, file_store
from quizzes.bank import queries, services
from quizzes.bank.imports import newest_versions
from quizzes.bank.queries import Wanted
from quizzes.exchange.base import FORMATS, Format
from quizzes.items.models import BankItem
from quizzes.items.services import author_row

MOST_TICKED = 500
LOOKED_AT = 1000  # questions whose losses a page tells

Row = tuple[str, dict[str, Any]]  # its title, and the item as its author writes it


@dataclass(frozen=True, slots=True)
class Scope:
    """Which questions: ticked ones, those of a quiz, or what a search finds (everything in use, when it asks for nothing)."""

    items: tuple[int, ...] = ()
    quiz: str = ""
    wanted: Wanted = field(default_factory=Wanted)

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> Scope:
        """Return what an address asks for."""
        ticked = [int(text) for text in arguments.get("items", "").split(",")[:MOST_TICKED] if text.isdecimal()]
        quiz = arguments.get("quiz", "")
        wanted = Wanted.of({name: text for name, text in arguments.items() if name != "shared"})
        return cls(tuple(ticked), quiz, Wanted() if ticked or quiz else wanted)

    @property
    def arguments(self) -> dict[str, str]:
        """Return it as the arguments of an address."""
        if self.items:
            return {"items": ",".join(map(str, self.items))}
        return {"quiz": self.quiz} if self.quiz else self.wanted.arguments


@dataclass(frozen=True, slots=True)
class Loss:
    """A question that a format does not carry whole: its title, and what is lost, a sentence each."""

    title: str
    sentences: Sequence[str]


def count_of(module: Module, scope: Scope) -> int:
    """Return how many questions a scope holds. Raises NotFound for a strange quiz."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(BankItem).where(_condition(module, scope))) or 0


def rows_of(module: Module, scope: Scope, most: int) -> list[Row]:
    """Return the first questions of a scope by key, newest versions. Raises NotFound for a strange quiz."""
    wanted = newest_versions(_condition(module, scope)).order_by(BankItem.key).limit(most)
    return [(version.title, author_row(item, version)) for item, version in db.session.execute(wanted)]


def _condition(module: Module, scope: Scope) -> sa.ColumnElement[bool]:
    mine = BankItem.module_id == module.id
    if scope.items:
        return sa.and_(mine, BankItem.id.in_(scope.items))
    if scope.quiz:
        asked = [part["item"] for part in services.quiz_of(module.id, scope.quiz).settings.get("items") or ()]
        return sa.and_(sa.or_(mine, BankItem.shared.is_(True)), BankItem.id.in_(asked))
    return BankItem.id.in_(queries.search(module.id, scope.wanted).order_by(None).with_only_columns(BankItem.id))


def format_of(key: str) -> Format:
    """Return a format by its key, the one that loses nothing when none is asked for. Raises NotFound."""
    found = FORMATS.get(key or "yaml")
    if found is None:
        raise NotFound("no such format")
    return found


def losses(rows: Sequence[Row], known: Format) -> list[Loss]:
    """Return what a format loses, for those questions of which it loses something."""
    found = [Loss(title, known.losses(row)) for title, row in rows]
    return [loss for loss in found if loss.sentences]


def file_of(rows: Sequence[Row], known: Format, module: Module) -> bytes:
    """Return the file, with the pictures that the questions show where the format carries them."""
    items = [row for _title, row in rows]
    return known.write(items, _pictures(items, module) if known.pictures else {})


def _pictures(items: Sequence[Mapping[str, Any]], module: Module) -> dict[str, bytes]:
    store, text = file_store(), json.dumps(items, ensure_ascii=False)
    found = {}
    for name, address in (module.files or {}).items():
        if store is not None and name in text:
            try:
                found[name] = store.load(address)
            except NotFound:
                continue
    return found
