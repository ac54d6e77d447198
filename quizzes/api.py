"""What plugins import that bring kinds of questions of their own (docs/quizzes.md, "A kind of your own")."""

from __future__ import annotations

from quizzes.kinds.base import (
    KINDS,
    NOTHING,
    Asking,
    Data,
    Files,
    ItemForm,
    Kind,
    Piece,
    Response,
    Variant,
    kind,
    letters,
    load_data,
    prepare_shared,
    shuffled,
)

__all__ = [
    "KINDS",
    "NOTHING",
    "Asking",
    "Data",
    "Files",
    "ItemForm",
    "Kind",
    "Piece",
    "Response",
    "Variant",
    "kind",
    "letters",
    "load_data",
    "prepare_shared",
    "shuffled",
]
