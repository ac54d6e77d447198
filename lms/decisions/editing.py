"""One round of the rule editor: what was posted, what a button did to it, and whether it may be saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lms.decisions import editor
from lms.decisions.editor import Node
from lms.decisions.facts import Programme
from lms.decisions.pages import Change, options_of
from lms.decisions.rules import Tree, sentence
from lms.i18n import gettext as _


@dataclass
class EditPage:
    """The page of the editor. `change` is the dry run, `seen` tells of which rule; `place` is where something has just changed."""

    programme: Programme
    draft: Node
    tree: Tree | None = None
    op: str = ""
    note: str = ""
    seen: str = ""
    place: str = ""
    change: Change | None = None

    @property
    def asks_for_change(self) -> bool:
        """Tell whether the dry run is wanted: it was asked for, or the rule was changed since it was shown."""
        return self.op in ("try", "save") and not self.saves

    @property
    def saves(self) -> bool:
        """Tell whether the rule may be saved: its dry run has been shown."""
        return self.op == "save" and self.tree is not None and self.seen == editor.digest_of(self.tree)

    @property
    def has_errors(self) -> bool:
        """Tell whether something typed cannot be saved."""
        return self.draft.has_errors

    @property
    def digest(self) -> str:
        """Return what tells the rule of the dry run from another."""
        return editor.digest_of(self.tree) if self.tree is not None else ""

    @property
    def sentence(self) -> str:
        """Return the rule as one sentence."""
        return sentence(self.tree, self.programme) if self.tree is not None else ""

    @property
    def hows(self) -> list[tuple[str, str]]:
        """Return how clauses can be joined."""
        return [("all", _("all of")), ("any", _("one of")), ("at_least", _("at least a number of"))]

    @property
    def options(self) -> Mapping[str, list[tuple[str, str]]]:
        """Return what clauses can name."""
        return options_of(self.programme)

    def words(self, tree: Tree) -> str:
        """Return another rule (an earlier version) as a sentence."""
        return sentence(tree, self.programme)

    kinds = staticmethod(editor.kinds)


def edit(programme: Programme, posted: Mapping[str, str] | None, present: Callable[[], Tree | None]) -> EditPage:
    """Return the page of the editor: of the present rule, or of what was posted after its button did its work."""
    if posted is None:
        draft = editor.begin(present())
        return EditPage(programme, draft, editor.to_tree(draft))
    draft, op = editor.from_form(posted), posted.get("op", "")
    page = EditPage(programme, draft, op=op, note=posted.get("note", "").strip()[:300], seen=posted.get("seen", ""))
    if op not in ("try", "save"):
        page.place = editor.apply(draft, op, posted, programme)
        return page
    tree = editor.to_tree(draft)
    page.tree = tree if editor.known_to(draft, programme) else None
    return page
