"""What plugins say about the confidential texts that they keep."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PrivateText:
    """A confidential item for the two people of an emergency: author, a title that says nothing of its text, (label, name, sealed) of its parts.

    A part is plain text or a JSON object of texts.
    """

    author_id: uuid.UUID
    title: str
    parts: tuple[tuple[str, str, bytes], ...]


@dataclass(frozen=True, slots=True)
class PrivateName:
    """A confidential item without its text: its id and the reference under which instructors see it (`J-0123`)."""

    item_id: uuid.UUID
    reference: str


Loader = Callable[[uuid.UUID], PrivateText | None]


@dataclass(frozen=True, slots=True)
class Confidential:
    """One kind of confidential item: what it is called, how one is loaded, and which ones a person has written."""

    kind: str
    title: Any
    load: Loader
    names: Callable[[uuid.UUID], list[PrivateName]]
