"""The generated pages of docs/: settings and permissions, from the tables that the program itself uses. `lms docs` writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import lms
from lms.i18n import in_language
from lms.people.permissions import PERMISSIONS, Permission
from lms.people.roles import ROLE_TITLES, SCOPE_TITLES, SCOPES, Role, ScopeKind
from lms.registry import registry
from lms.settings import SETTINGS, Setting

HOME = Path(lms.__file__).parent.parent
FOLDER = HOME / "docs"
TYPES = {str: "text", int: "number", bool: "yes or no", tuple: "list", Path: "folder"}
NOTE = "<!-- Written by `lms docs` from the code. Change it there. -->"


def documents() -> dict[str, str]:
    """Return {file name: text} of every generated page, in English."""
    return {"settings.md": settings_page(), "permissions.md": in_language("en", permissions_page)}


def stale() -> list[str]:
    """Return the names of generated pages that are missing or not what the code says now."""
    return [name for name, text in documents().items() if not (FOLDER / name).is_file() or (FOLDER / name).read_text("utf-8") != text]


def write() -> list[str]:
    """Write the pages that are not up to date and return their names. Raises FileNotFoundError where there is no docs folder."""
    names = stale()
    for name, text in documents().items():
        if name in names:
            (FOLDER / name).write_text(text, "utf-8")
    return names


def settings_page() -> str:
    """Return docs/settings.md."""
    rows = [
        (f"`LMS_{setting.name}`", TYPES.get(setting.type, setting.type.__name__), _default(setting), setting.sentence)
        for setting in SETTINGS
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            NOTE,
            "",
            "Settings are read once, at the start, from variables of the environment. An `LMS_…` variable that is not in this table, or a value",
            "that does not fit, stops the start with one sentence. Administrators see the present values under Site, Settings (without passwords);",
            "`lms check` looks whether they work.",
            "",
            *_table(("Setting", "Type", "Default", "What it is for"), rows),
            "",
        ]
    )


def _default(setting: Setting) -> str:
    if setting.type is bool:
        return "yes" if setting.default else "no"
    if isinstance(setting.default, tuple) and setting.default:
        return f"`{','.join(setting.default)}`"
    return f"`{setting.default}`" if setting.default not in ("", ()) else "empty"


def permissions_page() -> str:
    """Return docs/permissions.md: who may do what, and where each role can be held."""
    rows = [
        (f"`{permission.name}`", permission.sentence, *("●" if role in permission.roles else "" for role in ROLE_TITLES))
        for permission in _ours(PERMISSIONS.values())
    ]
    places = [(str(ROLE_TITLES[role]), *("●" if kind in kinds else "" for kind in ScopeKind)) for role, kinds in SCOPES.items()]
    return "\n".join(
        [
            "# Permissions",
            "",
            NOTE,
            "",
            "A permission has a name, `plugin:thing:act`, a sentence and the roles that hold it. Everybody who is signed in is a learner; the other",
            "roles are given, somewhere, from … to …. A page shows only what the person's roles reach: lists and checks are made of the same",
            "condition (`lms/people/access.py`).",
            "",
            *_table(("Permission", "Lets a person", *(str(title) for title in ROLE_TITLES.values())), rows),
            "",
            "## Where a role can be held",
            "",
            *_table(("Role", *(str(SCOPE_TITLES[kind]) for kind in ScopeKind)), places),
            "",
            f"{ROLE_TITLES[Role.LEARNER]} is held by everybody: it reaches one's own cohorts, texts and data. Instructors of the whole site write",
            "modules; learners' work is theirs only in cohorts that they are given. Administrators see accounts, never journals, answers or progress.",
            "",
        ]
    )


def _ours(permissions: Iterable[Permission]) -> list[Permission]:
    """Leave out the permissions of plugins that are not part of this repository; the kernel's come first."""
    keys = ["lms"]
    keys += sorted(
        key for key, plugin in registry().plugins.items() if plugin.folder.parent == HOME or plugin.folder.is_relative_to(HOME / "lms")
    )
    found = list(permissions)
    return [permission for key in keys for permission in found if permission.name.startswith(f"{key}:")]


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = [heads, tuple("---" for _head in heads), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
