"""Every route of the program, with its permission and who may: the table that docs/permissions.md and the program are compared with.

Each module of this folder holds a list `ROUTES` of (permission, who may, routes). The addresses name things of cohort A. Everybody else is led to
the sign-in page when not signed in, gets 403 without the permission (docs/permissions.md says which roles hold it) and 404 with the
permission for other things.
"""

from __future__ import annotations

import importlib
import pkgutil

MATRIX: list[tuple[str | None, set[str], str]] = [
    row
    for part in pkgutil.iter_modules(__path__)
    if part.name != "who"
    for row in importlib.import_module(f"{__name__}.{part.name}").ROUTES
]
