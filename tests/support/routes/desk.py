"""Routes of the desk, and the address at which it stood before."""

from __future__ import annotations

from support.routes.who import INSTRUCTORS

ROUTES: list[tuple[str | None, set[str], str]] = [
    ("lms:desk:see", INSTRUCTORS, "GET       /desk"),
    ("courses:journal:answer", INSTRUCTORS, "GET       /journals/queue"),
]
