"""The editor of passing rules: the whole tree as one form, which works without a script and keeps everything that was typed.

Fields are named by the place of their clause, `kind.0.2`, `value.0.2`; the rule itself has the empty place: `how.`, `least.`. A button posts
`op`: `add:0` (the kind is in `add.0`), `remove:0.2`, `up:0.2`, `down:0.2`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lms.decisions.facts import Programme
from lms.decisions.marks import pass_mark
from lms.decisions.rules import BRANCHES, DEFAULT, MOST_PARTS, VALUES, WORDS, Tree, check, kind_of, parts_of, unknown
from lms.i18n import format_number
from lms.i18n import gettext as _
from lms.progress.rules import RuleError

GROUP = "group"
KINDS = (*WORDS, *VALUES, GROUP)
COUNTED = ("visits", "journals", "sessions", "mark")
PLACE = re.compile(r"kind\.([0-9]{1,2}(?:\.[0-9]{1,2})?)")
NUMBER = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,6})?")
HOLE = "\ue000"


@dataclass
class Node:
    """A clause as it is being edited: what was typed, and what is wrong with it."""

    kind: str
    value: str = ""
    how: str = "all"
    least: str = ""
    parts: list[Node] = field(default_factory=list)
    error: str = ""

    @property
    def around(self) -> tuple[str, str]:
        """Return what stands before and after the field of a clause."""
        before, _hole, after = _pattern(self.kind).partition(HOLE)
        return before.strip(), after.strip()

    @property
    def has_errors(self) -> bool:
        """Tell whether something is wrong here or below."""
        return bool(self.error) or any(part.has_errors for part in self.parts)


def _pattern(kind: str) -> str:
    """Write a clause with a hole where its field is."""
    return {
        "modules": _("complete all required modules"),
        "absence": _("stay within the limits of absence"),
        "module": _("complete the module %(field)s", field=HOLE),
        "part": _("complete the part %(field)s", field=HOLE),
        "visits": _("attend %(field)s field visits, their records accepted by the instructor", field=HOLE),
        "journals": _("have %(field)s journals accepted by the instructor", field=HOLE),
        "sessions": _("attend at least %(field)s %% of the sessions", field=HOLE),
        "mark": _("reach a final mark of at least %(field)s", field=HOLE),
        GROUP: _("a group of clauses"),
    }[kind]


def kinds(nested: bool) -> list[tuple[str, str]]:
    """Return (kind, words) of what can be added; a group holds no group."""
    return [(kind, _pattern(kind).replace(HOLE, "…")) for kind in KINDS if not (nested and kind == GROUP)]


# -- between tree, form and draft -----------------------------------------------------------------------------------------------------------


def from_tree(tree: Tree) -> Node:
    """Return a rule as a draft."""
    kind = kind_of(tree)
    if kind in BRANCHES:
        least = str(tree["at_least"]) if kind == "at_least" else ""
        return Node(GROUP, how=kind, least=least, parts=[from_tree(part) for part in parts_of(tree)])
    if kind in WORDS:
        return Node(kind)
    value = tree[kind]
    return Node(kind, format_number(value).replace(".", "") if isinstance(value, float) and _comma() else str(value))


def _comma() -> bool:
    return format_number(0.5) == "0,5"


def from_form(form: Mapping[str, str]) -> Node:
    """Return what was posted as a draft; clauses of a kind that there is not are left out."""
    root = Node(GROUP, how=form.get("how.", "all"), least=form.get("least.", "").strip())
    places = sorted(tuple(map(int, found[1].split("."))) for name in form if (found := PLACE.fullmatch(name)))
    made: dict[tuple[int, ...], Node] = {(): root}
    for place in places:
        name = ".".join(map(str, place))
        above, kind = made.get(place[:-1]), form[f"kind.{name}"]
        if above is None or above.kind != GROUP or kind not in KINDS or (kind == GROUP and len(place) > 1):
            continue
        node = Node(kind, form.get(f"value.{name}", "").strip()[:80], form.get(f"how.{name}", "all"), form.get(f"least.{name}", "").strip())
        above.parts.append(node)
        made[place] = node
    return root


def to_fields(node: Node, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the names and values under which a browser posts a draft."""
    if node.kind == GROUP:
        yield f"how.{place}", node.how
        yield f"least.{place}", node.least
        for number, part in enumerate(node.parts):
            here = f"{place}.{number}" if place else str(number)
            yield f"kind.{here}", part.kind
            yield from to_fields(part, here)
    elif node.kind in VALUES:
        yield f"value.{place}", node.value


def to_tree(node: Node) -> Tree | None:
    """Return the rule that a draft means, or None; then errors stand where they belong."""
    tree = _tree(node, 0)
    return None if node.has_errors else tree


def _tree(node: Node, depth: int) -> Tree:
    node.error = ""
    try:
        if node.kind in WORDS:
            return node.kind
        if node.kind != GROUP:
            return _leaf(node)
        parts = [_tree(part, depth + 1) for part in node.parts]
        rule = {"at_least": _whole(node.least), "of": parts} if node.how == "at_least" else {"any" if node.how == "any" else "all": parts}
        if any(part.has_errors for part in node.parts):
            return None
        return check(rule, depth)
    except RuleError as reason:
        node.error = str(reason)
        return None


def _leaf(node: Node) -> Tree:
    value: int | float | str = node.value
    if node.kind == "module":
        value = int(node.value) if re.fullmatch(r"[0-9]{1,9}", node.value) else 0
    elif node.kind in COUNTED:
        if not NUMBER.fullmatch(node.value):
            raise RuleError(_("Write a number here."))
        value = float(node.value.replace(",", "."))
        value = int(value) if value == int(value) else value
    return check({"all": [{node.kind: value}]})["all"][0]


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else 0


def known_to(node: Node, programme: Programme) -> bool:
    """Tell whether the programme has everything that a draft without errors asks for; if not, say so where it is asked."""
    for part in node.parts:
        if part.kind == GROUP:
            known_to(part, programme)
        elif not part.error:
            tree = _tree(part, 1)
            found = unknown(tree, programme, len(programme.of("journal")), len(programme.of("field")))
            part.error = " ".join(found)
    return not node.has_errors


# -- what buttons do ------------------------------------------------------------------------------------------------------------------------


def apply(node: Node, op: str, form: Mapping[str, str], programme: Programme) -> str:
    """Carry out what a button asks for on a draft; return the place that has changed, for the address to lead there."""
    verb, _colon, name = op.partition(":")
    place = [int(number) for number in name.split(".") if number.isdecimal()]
    if verb == "add":
        above = _at(node, place)
        kind = form.get(f"add.{name}", "")
        if above is not None and above.kind == GROUP and kind in KINDS and len(above.parts) < MOST_PARTS and not (kind == GROUP and place):
            above.parts.append(_fresh(kind, programme))
            return ".".join(map(str, [*place, len(above.parts) - 1]))
        return name
    above = _at(node, place[:-1]) if place else None
    if above is None or not 0 <= place[-1] < len(above.parts):
        return ""
    index = place[-1]
    if verb == "remove":
        del above.parts[index]
        return ".".join(map(str, place[:-1]))
    other = index - 1 if verb == "up" else index + 1
    if 0 <= other < len(above.parts):
        above.parts[index], above.parts[other] = above.parts[other], above.parts[index]
        return ".".join(map(str, [*place[:-1], other]))
    return name


def _at(node: Node, place: list[int]) -> Node | None:
    for number in place:
        if number >= len(node.parts):
            return None
        node = node.parts[number]
    return node


def _fresh(kind: str, programme: Programme) -> Node:
    """Return a new clause with a value that makes sense in the programme."""
    value = {
        "sessions": "80",
        "mark": format_number(pass_mark(programme.scale), 2),
        "journals": str(max(1, len(programme.of("journal")))),
        "visits": str(max(1, len(programme.of("field")))),
    }.get(kind, "")
    if kind == GROUP:
        return Node(GROUP, how="any", parts=[_fresh("modules", programme)])
    return Node(kind, value)


def digest_of(tree: Tree) -> str:
    """Return what tells one rule from another: the dry run was of this one."""
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:16]


def begin(tree: Tree | None) -> Node:
    """Return the draft that an editor begins with."""
    return from_tree(tree or DEFAULT)
