"""What the studio's page of a quiz says of its items: the form itself knows their keys alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from lms.api import Draft, Form, Module, db, format_number, ngettext
from lms.api import gettext as __
from quizzes.bank.words import STATES, kind_title
from quizzes.items.models import BankItem, ItemVersion, VersionState

SHORT = 48  # characters of a title: a quiz has up to a hundred of them on one page


def present_items(form: Form, draft: Draft) -> None:
    """Write the title, kind and points of each item above its row, with a link to its page in the bank: one statement."""
    bank = f"/quizzes/bank/{draft.module_key}"
    links = (
        (__("Write a new question"), f"{bank}/new?quiz={draft.key}"),
        (__("Look in the bank"), f"{bank}?quiz={draft.key}"),
        (__("Statistics"), f"/quizzes/statistics/{draft.module_key}/{draft.key}"),
    )
    form["items"].description = Markup(" · ").join(Markup('<a href="{}">{}</a>').format(url, text) for text, url in links)
    entries = [entry for entry in form["items"].entries if entry.form["key"].data]
    known = {}
    if entries:
        rows = db.session.execute(named({entry.form["key"].data for entry in entries}, draft.module_id))
        known = {row.key if row.module_id == draft.module_id else f"{row.module_key}/{row.key}": row for row in rows}
    for place, entry in enumerate(entries):
        row = known.get(entry.form["key"].data)
        entry.description = _said(row, _address(bank, row, draft)) if row else __("There is no such question in the bank.")
        if row:
            entry.form["key"].hide()
        if not form["sections"].entries and not entry.form["section"].data:
            del entry.form["section"]  # there is none to name
        if place:
            entry.form["weight"].description = ""  # the first row says it for all


def named(keys: Iterable[str], module_id: int) -> sa.Select[Any]:
    """Return the items that a quiz of a module can mean by keys: its own, and shared ones of others as `module/key`."""
    own = [key for key in keys if "/" not in key]
    foreign = [key.split("/", 1) for key in keys if "/" in key]
    points = (
        sa.select(ItemVersion.points)
        .where(ItemVersion.item_id == BankItem.id)
        .order_by(ItemVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns = (BankItem.id, BankItem.key, BankItem.title, BankItem.kind, BankItem.state, BankItem.module_id, Module.key.label("module_key"))
    shared = [sa.and_(Module.key == module, BankItem.key == key, BankItem.shared) for module, key in foreign]
    here = sa.and_(BankItem.module_id == module_id, BankItem.key.in_(own))
    return sa.select(*columns, points.label("points")).join(Module, Module.id == BankItem.module_id).where(sa.or_(here, *shared))


def _address(bank: str, row: Any, draft: Draft) -> str:
    return f"{bank}/{row.id}" if row.module_id == draft.module_id else f"{bank}/shared/{row.id}"


def _short(title: str) -> str:
    return title if len(title) <= SHORT else title[: SHORT - 1].rstrip() + "…"


def _said(row: Any, url: str) -> Markup:
    points = ngettext("%(num)s point", "%(num)s points", 1 if row.points == 1 else 2, num=format_number(row.points))
    words = [str(kind_title(row.kind)), points]
    if row.state is not VersionState.READY:
        words.append(str(STATES[row.state]))
    return Markup('<a href="{}">{}</a> · {}').format(url, _short(row.title), " · ".join(words))
