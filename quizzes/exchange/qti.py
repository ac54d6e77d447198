"""QTI 2.1, 2.2 and 3.0: packages of items, single items, tests that name items.

A package is a ZIP with a manifest, a file for each item, and pictures. What QTI has no place for – hints, how a partly right answer counts,
the Markdown behind a text – stands in the manifest beside the item as *notes*: for each difference its place in the item, what reading the
XML gives there, and what is meant. A note counts only where the XML still says what it said, so an item that another program changed is
read as it is now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from lms.api import ContentError, Refused, without_empty
from lms.api import gettext as __
from quizzes.exchange.archive import Archive, is_archive, packed
from quizzes.exchange.base import MOST_FILE_BYTES, Format, Intake, Item, decode, excerpt, exchanges, picture_name, picture_type, texts, tidy
from quizzes.exchange.qti_package import MANIFEST, PICTURES, Resource, Source, manifest_of, package_of
from quizzes.exchange.qti_read import read_item
from quizzes.exchange.qti_text import Texts
from quizzes.exchange.qti_write import WRITERS, item_of
from quizzes.exchange.qti_xml import MOST_ITEM_XML, VERSIONS, Element, item_bytes, read_xml

Note = tuple[list[Any], Any, Any]  # place in the item, what was read there, what is meant; None: nothing

HEAD = 4096
ITEMS, TESTS = frozenset({"assessmentItem"}), frozenset({"assessmentTest", "assessmentSection"})
OLD = frozenset({"questestinterop"})


class Qti(Format):
    """What the versions share: all of them are read alike."""

    extension, mimetype, pictures = "zip", "application/zip", True
    kinds = frozenset(WRITERS)

    def certainty(self, data: bytes) -> int:
        """Go by the manifest, or by the beginning of an XML file."""
        version = VERSIONS[self.key]
        if not is_archive(data):
            head = decode(data[:HEAD])
            if version.item in head:
                return 3
            return 2 if re.search(r"<(?:\w+:)?(?:assessment(?:Item|Test)|qti-assessment-(?:item|test)|questestinterop)\b", head) else 0
        try:
            archive = Archive(data)
            manifest = next((archive[name] for name in archive.names() if PurePosixPath(name).name == MANIFEST), b"")
        except Refused:
            return 2 if MANIFEST.encode() in data else 0
        if version.resource.encode() in manifest:
            return 3
        if b"imsqti" in manifest:
            return 2
        names = archive.names()
        return 1 if any(name.endswith(".xml") for name in names) and "[Content_Types].xml" not in names else 0

    def read(self, data: bytes, intake: Intake) -> None:
        """Read a package, or one XML file."""
        if not is_archive(data):
            _take(Source(None, "", intake, {}), Resource(path=""), data, intake)
            return
        archive, kept = Archive(data), dict[str, str]()
        for resource in package_of(archive, intake):
            if archive.size(resource.path) > MOST_ITEM_XML:
                intake.error(
                    __("This question is larger than %(num)s MB.", num=MOST_ITEM_XML // 1024 // 1024), line=None, source=resource.path
                )
            else:
                _take(Source(archive, resource.folder, intake, kept), resource, archive[resource.path], intake)

    def render(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Write a package; a picture goes with the items that show it."""
        shown = {name: content for name, content in files.items() if _can_go(name, content)}
        addresses = {name: f"../{PICTURES}{name}" for name in shown}
        members: dict[str, bytes] = {MANIFEST: b""}
        resources = []
        version = VERSIONS[self.key]
        for item in items:
            identifier = item["key"] if item["key"][:1].isalpha() else f"_{item['key']}"
            path = _free(f"items/{identifier}", members)
            root = item_of(item, version, identifier, addresses)
            used = [f"{PICTURES}{name}" for name in shown if any(f"({name}" in text or f"(<{name}" in text for text in texts(item))]
            members[path] = item_bytes(root, version)
            notes = differences(_read_back(members[path], item), item)
            resources.append(Resource(path, notes=_packed_notes(notes), tags=item.get("tags", []), pictures=used))
        members[MANIFEST] = manifest_of(resources, version)
        used_somewhere = {path for resource in resources for path in resource.pictures}
        members |= {path: content for name, content in shown.items() if (path := f"{PICTURES}{name}") in used_somewhere}
        return packed(members)

    def lost(self, item: Item) -> list[str]:
        """Return what other programs do not learn of an item. Peduli reads all of it back, but for SVG pictures."""
        gaps = [*item.get("gaps", ()), item]
        sentences = {
            __("Other programs do not show the hints."): bool(item.get("hints")),
            __("Other programs ask for one option instead of the best and the worst."): item.get("answer") == "best_worst",
            __("Other programs ask for one option instead of an order."): item.get("answer") == "rank",
            __("Other programs count entries in their place instead of pairs."): item.get("scoring") == "pairs",
            __("Other programs forgive no typing errors."): any(gap.get("typos") for gap in gaps),
            __("Other programs take the number without a unit."): bool(item.get("units") or item.get("unit_required")),
            __("Other programs do not count words."): bool(item.get("minimum_words") or item.get("maximum_words")),
            __("Other programs do not limit the size of a file."): "most_mb" in item,
            __("SVG pictures are not in the file; their names stay in the text."): any(".svg)" in text.lower() for text in texts(item)),
        }
        return [sentence for sentence, applies in sentences.items() if applies]


@exchanges
class Qti21(Qti):
    """QTI 2.1, which most programs read."""

    key, title = "qti21", "QTI 2.1"


@exchanges
class Qti22(Qti):
    """QTI 2.2."""

    key, title = "qti22", "QTI 2.2"


@exchanges
class Qti3(Qti):
    """QTI 3.0."""

    key, title = "qti3", "QTI 3.0"


# -- reading ---------------------------------------------------------------------------------------------------------------------------


def _take(source: Source, resource: Resource, data: bytes, intake: Intake) -> None:
    """Read one file of XML and give its item to the intake."""
    label = resource.path
    try:
        root = read_xml(data)
    except ContentError as error:
        intake.error(error.message, line=error.line, source=label)
        return
    if root.tag in OLD:
        raise Refused(__("This is QTI 1. Export the questions as QTI 2.1 or later."))
    if root.tag in TESTS:
        _report_references(root, intake)
    elif root.tag not in ITEMS:
        intake.error(__("This file is no question of QTI."), line=None, source=label or excerpt(decode(data[:HEAD])))
    else:
        _take_item(source, resource, root, intake)


def _report_references(root: Element, intake: Intake) -> None:
    for reference in root.iter("assessmentItemRef"):
        message = __("The test names this question, which is in a file of its own. Import the whole package.")
        intake.error(message, line=None, source=reference.get("href", ""))


def _take_item(source: Source, resource: Resource, root: Element, intake: Intake) -> None:
    reader = Texts(source.picture)
    label = f"{resource.path} {root.get('title', '')}"
    try:
        source.add_stimuli(root)
        found = tidy(without_empty(read_item(root, reader)))
    except ContentError as error:
        intake.error(error.message, line=None, source=label)
        return
    found = {
        **found,
        **({"tags": resource.tags} if resource.tags else {}),
        **({"category": resource.category} if resource.category else {}),
    }
    for path in resource.pictures:
        source.keep(path)
    changed = apply(found, _unpacked_notes(resource.notes))
    intake.add(changed, line=None, source=f"{label} – {changed.get('stem', '')}", warnings=[*reader.warnings, *source.warnings])


def _read_back(data: bytes, item: Item) -> dict[str, Any]:
    """Return what reading an item gives that was just written; nothing for one that its kind would refuse."""
    try:
        found = read_item(read_xml(data), Texts(lambda address: address.partition(PICTURES)[2]))
    except (ContentError, Refused):
        return {}
    return {**tidy(without_empty(found)), **({"tags": list(item["tags"])} if item.get("tags") else {})}


# -- notes -----------------------------------------------------------------------------------------------------------------------------


def differences(read: Any, meant: Any, place: Sequence[Any] = ()) -> list[Note]:
    """Return the notes that turn what was read into what is meant. Lists of another length are replaced as a whole."""
    if isinstance(read, Mapping) and isinstance(meant, Mapping):
        names = sorted({*read, *meant})
        return [note for name in names for note in differences(read.get(name), meant.get(name), [*place, name])]
    if isinstance(read, list) and isinstance(meant, list) and len(read) == len(meant):
        return [note for index, pair in enumerate(zip(read, meant, strict=True)) for note in differences(*pair, [*place, index])]
    return [] if read == meant else [(list(place), read, meant)]


def apply(found: dict[str, Any], notes: Sequence[Note]) -> dict[str, Any]:
    """Return an item with the notes that still fit it."""
    changed: dict[str, Any] = json.loads(json.dumps(found))
    for place, read, meant in notes:
        holder = _holder(changed, place)
        if isinstance(holder, dict) and holder.get(place[-1]) == read:
            holder[place[-1]] = meant
            if meant is None:
                del holder[place[-1]]
        elif isinstance(holder, list) and holder[place[-1]] == read:
            holder[place[-1]] = meant
    return changed


def _holder(item: dict[str, Any], place: Sequence[Any]) -> dict[str, Any] | list[Any] | None:
    """Return what holds a place in an item, or None when there is no such place."""
    holder: Any = item
    for step in place[:-1]:
        holder = _inner(holder, step)
    last = place[-1]
    if isinstance(holder, dict) and isinstance(last, str):
        return holder
    return holder if isinstance(holder, list) and isinstance(last, int) and 0 <= last < len(holder) else None


def _inner(holder: Any, step: Any) -> Any:
    if isinstance(holder, dict) and isinstance(step, str):
        return holder.get(step)
    return holder[step] if isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder) else None


def _packed_notes(notes: Sequence[Note]) -> str:
    return json.dumps(notes, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _unpacked_notes(text: str) -> list[Note]:
    """Return the notes in a text; nothing for a text that holds none, whatever else it holds."""
    try:
        notes = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    rows = notes if isinstance(notes, list) else []
    return [(row[0], row[1], row[2]) for row in rows if isinstance(row, list) and len(row) == 3 and isinstance(row[0], list) and row[0]]


def _can_go(name: str, content: bytes) -> bool:
    """Tell whether a picture would come back under its name."""
    ending = picture_type(content)
    return bool(ending) and picture_name(name, ending) == name and len(content) <= MOST_FILE_BYTES


def _free(path: str, members: Mapping[str, bytes]) -> str:
    """Return the name of a file that is not taken: two items may have the same key."""
    free, number = f"{path}.xml", 2
    while free in members:
        free, number = f"{path}.{number}.xml", number + 1
    return free
