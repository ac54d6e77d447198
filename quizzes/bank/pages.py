"""What the pages of the bank show: lines of a search, uses of an item, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from lms.api import Actor, Module, Page, Refused, db
from lms.api import gettext as __
from quizzes.bank import queries, services
from quizzes.bank.forms import ImportForm
from quizzes.bank.models import Import
from quizzes.bank.preview import Shown, shown
from quizzes.bank.queries import Place
from quizzes.items.models import BankItem, VersionState
from quizzes.kinds.base import line as one_line


@dataclass(frozen=True, slots=True)
class Line:
    """An item in a list: its row, tags, how many quizzes ask it, its facility (0 to 1, or None), and whose it is."""

    item: Any
    tags: tuple[str, ...]
    uses: int
    facility: float | None
    module_key: str


def lines(found: Sequence[Any], module_id: int, *, shared: bool) -> list[Line]:
    """Return the items of one page with what stands beside them: three statements, one more for shared ones."""
    ids = [row.id for row in found]
    if not ids:
        return []
    tags: dict[int, list[str]] = {}
    for item_id, tag in db.session.execute(queries.tags_of(ids)):
        tags.setdefault(item_id, []).append(tag)
    uses = queries.mapping(queries.uses_of(ids))
    facility = queries.mapping(queries.facilities(module_id, ids))
    owners = queries.mapping(queries.module_keys(row.module_id for row in found)) if shared else {}
    return [
        Line(row, tuple(tags.get(row.id, ())), uses.get(row.id, 0), facility.get(row.id), owners.get(row.module_id, "")) for row in found
    ]


def words_for_editor(module_id: int) -> dict[str, Any]:
    """Return the categories and tags that a bank has already."""
    return {
        "categories": db.session.scalars(queries.categories(module_id)).all(),
        "tags": db.session.scalars(queries.tags(module_id)).all(),
    }


def saved_words(state: VersionState, *, changed: bool) -> str:
    """Say what a save did."""
    if not changed:
        return __("Nothing had changed.")
    if state is VersionState.READY:
        return __("Saved and ready. Quizzes ask it after their next publishing.")
    return __("Saved as a draft. No quiz asks it before it is ready.")


def owner_of(item: BankItem) -> tuple[Any, Mapping[str, str]]:
    """Return (key and description, pictures) of the module an item belongs to."""
    row = db.session.execute(sa.select(Module.key, Module.about, Module.files).where(Module.id == item.module_id)).one()
    return row, row.files or {}


def uses_of(item: BankItem) -> list[Place]:
    """Return where an item is asked: the drafts, then the published revisions that count, with the version each asks."""
    drafts = db.session.execute(queries.draft_uses(item.id)).all()
    found = [Place(row[1], row[2]["title"], row[3], row[4]) for row in drafts]
    numbers = {version.id: version.number for version in item.versions}
    for row in db.session.execute(queries.published_quizzes({item.module_id, *(row[0] for row in drafts)})):
        asked = {part.get("version") for part in row.settings.get("items") or ()}
        asked |= {version for pool in row.settings.get("pools") or () for version in pool.get("versions") or ()}
        for version in sorted(asked & set(numbers)):
            place = Place(row.module_key, row.about["title"], row.key, row.title, row.number, numbers[version], row.published_at)
            found.append(place)
    return found


def do_to_all(*, actor: Actor, module: Module, posted: MultiDict[str, str], ids: Sequence[int]) -> int:
    """Do to ticked items what a button says and return how many it changed. Raises Refused for a strange button."""
    word = posted.get("word", "").strip()
    chosen = services.chosen_items(module.id, ids, shared=posted.get("do") == "quiz")
    if posted.get("do") == "tag":
        return services.add_tag(module=module, chosen=chosen, tag=word)
    if posted.get("do") == "untag":
        return services.remove_tag(module=module, chosen=chosen, tag=word)
    if posted.get("do") == "move":
        return services.move_items(module=module, chosen=chosen, category=word)
    if posted.get("do") == "quiz":
        return services.add_to_quiz(actor=actor, module=module, activity_key=posted.get("quiz", ""), chosen=chosen)
    raise Refused(__("Choose what to do with the ticked questions."))


# -- import and export -----------------------------------------------------------------------------------------------------------------


def uploaded(form: ImportForm, most: int) -> tuple[bytes, str]:
    """Return the bytes of what was uploaded or pasted, at most one more than is taken, and its name."""
    file = form.file.data
    if file:
        return file.read(most + 1), str(file.filename or "")
    return (form.text.data or "").strip().encode(), ""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of an import with its place (from 0) and how learners see it."""

    place: int
    line: Mapping[str, Any]
    shown: Shown | None

    @property
    def title(self) -> str:
        """Return the title, else the beginning of the question or of what stands in the file."""
        item = self.line["item"] or {}
        return str(item.get("title") or one_line(item.get("stem", "")) or self.line["source"])


@dataclass(frozen=True, slots=True)
class Report:
    """One page of an import, and its figures: lines by status, and by what bringing them in does."""

    lines: Page
    statuses: Mapping[str, int]
    fates: Mapping[str, int]
    taken: int


def report(found: Import, module: Module, number: int, per_page: int) -> Report:
    """Return one page of what was read; pictures come from the import itself."""
    known = found.content["lines"]
    here = f"/quizzes/bank/{module.key}/import/{found.id}/pictures/"
    files = {**(module.files or {}), **{name: here + name for name in found.pictures}}
    language = module.about.get("language") or "id"
    page = part(list(enumerate(known)), number, per_page)
    drawn = [
        ReportLine(place, line, shown(line["item"], files, language=language, number=place) if line["item"] and not found.done else None)
        for place, line in page.items
    ]
    taken = [line for line in known if line["take"]]
    return Report(
        Page(drawn, page.page, page.pages, page.total),
        Counter(line["status"] for line in known),
        Counter(line["fate"] for line in taken),
        len(taken),
    )


def part(rows: Sequence[Any], number: int, per_page: int) -> Page:
    """Return one page of a list that is already here."""
    pages = max(1, -(-len(rows) // per_page))
    number = min(max(number, 1), pages)
    return Page(rows[(number - 1) * per_page : number * per_page], number, pages, len(rows))
