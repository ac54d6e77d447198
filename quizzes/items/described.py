"""Questions of a published quiz in words: the question, its answers and why each is right or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from lms.api import Draft, db, rows
from lms.api import gettext as __
from quizzes.items.models import BankItem, ItemVersion
from quizzes.items.services import Asked, asked

Settings = Mapping[str, Any]
ROW = re.compile(r".+?-\d+(?=-|$)")


def questions(settings: Settings, draft: Draft) -> list[tuple[str, str, str]]:
    """Return (name, label, text) of the questions of a frozen quiz, then of those that its draws may give.

    The versions of a module's bank are read once for all quizzes that are handled together.
    """
    named = [item["version"] for item in settings.get("items") or () if "version" in item]
    drawn = [number for pool in settings.get("pools") or () for number in pool.get("versions") or ()]
    wanted = list(dict.fromkeys([*named, *drawn]))
    known: dict[int, Asked] = draft.together.setdefault("quizzes:versions", {})
    if not known.keys() >= set(wanted):
        own = sa.select(ItemVersion.id).join(BankItem, BankItem.id == ItemVersion.item_id).where(BankItem.module_id == draft.module_id)
        known.update(asked({*db.session.scalars(own), *wanted}))
    return [
        (f"question-{known[version].item_id}", __("Question %(number)s", number=number), "\n\n".join(_lines(known[version])))
        for number, version in enumerate(wanted, start=1)
    ]


def _lines(item: Asked) -> Iterator[str]:
    """Yield the question, then each of its settings; an answer and what belongs to it are one line."""
    inner: dict[str, list[str]] = {}
    for name, label, text in rows.texts_of(item.kind.form(formdata=None, data=item.data)):
        row = ROW.match(name)
        if not text.strip() or name.endswith("-key"):
            continue
        if name == "stem":
            yield text.strip()
        elif row:
            inner.setdefault(row[0], []).append(text.strip())
        else:
            inner[name] = [f"{label}: {text.strip()}"]
    yield from ("– " * bool(ROW.match(name)) + " · ".join(texts) for name, texts in inner.items())
