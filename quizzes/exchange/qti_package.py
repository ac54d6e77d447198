"""Packages of QTI: the manifest with its resources, tests that give an order, and pictures by their addresses."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from lms.api import ContentError, Refused
from lms.api import gettext as __
from quizzes.exchange.archive import Archive
from quizzes.exchange.base import MOST_FILE_BYTES, Intake
from quizzes.exchange.qti_xml import LOM, MOST_ITEM_XML, NOTES, Element, Version, document, node, read_xml

MANIFEST = "imsmanifest.xml"
PICTURES = "pictures/"  # where we put them
MOST_CHAPTERS = 10  # sections within sections that make a category
_ITEM_TYPE = re.compile(r"imsqti_item|assessmentitem", re.IGNORECASE)
_TEST_TYPE = re.compile(r"imsqti_(?:test|assessment)|assessmenttest", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resource:
    """A file of an item, and what the manifest says about it."""

    path: str
    notes: str = ""
    tags: Sequence[str] = ()
    category: str = ""
    pictures: Sequence[str] = ()  # files of the package

    @property
    def folder(self) -> str:
        """Return the folder of the file; addresses in it begin there."""
        return posixpath.dirname(self.path)


class Source:
    """Where an item's file lies: finds the pictures and texts that it names."""

    def __init__(self, archive: Archive | None, folder: str, intake: Intake, kept: dict[str, str]) -> None:
        """Begin without warnings. `kept` remembers pictures, over all items: what was found at their paths."""
        self.archive, self.folder, self.intake, self.kept = archive, folder, intake, kept
        self.warnings: list[str] = []

    def picture(self, address: str) -> str:
        """Keep the picture at an address and return its name in Markdown, or nothing, with a warning, when it cannot be taken."""
        path = _joined(self.folder, address)
        if self.archive is None or path not in self.archive:
            self._warn(__("The picture “%(name)s” is not in the file. Its description stands in its place.", name=address[:80]))
            return ""
        if self.archive.size(path) > MOST_FILE_BYTES:
            most = MOST_FILE_BYTES // 1024 // 1024
            self._warn(__("The picture “%(name)s” is larger than %(num)s MB. It is left out.", name=path, num=most))
            return ""
        name = self.keep(path)
        if not name:
            self._warn(__("“%(name)s” is no PNG, JPEG, GIF or WebP picture. It is left out.", name=path))
        return name

    def keep(self, path: str) -> str:
        """Keep a picture of the package, under its own name when we packed it; return its name, or nothing for what is none."""
        if self.archive is None or path not in self.archive or self.archive.size(path) > MOST_FILE_BYTES:
            return ""
        if path not in self.kept:
            self.kept[path] = self.intake.picture(path.partition(PICTURES)[2] or path, self.archive[path])
        return self.kept[path]

    def add_stimuli(self, root: Element) -> None:
        """Put texts that an item shares with others (QTI 3) before its own. Raises ContentError when one is damaged."""
        body = root.find("itemBody")
        for number, reference in enumerate(root.findall("assessmentStimulusRef")):
            path = _joined(self.folder, reference.get("href", ""))
            if body is None or self.archive is None or path not in self.archive:
                self._warn(__("The text “%(name)s” is not in the file.", name=reference.get("href", "")[:80]))
                continue
            stimulus = read_xml(self.archive[path]).find("stimulusBody")
            if stimulus is not None:
                body.insert(number, stimulus)

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)


def package_of(archive: Archive, intake: Intake) -> Iterator[Resource]:
    """Yield the items of a package in the order of its test, else of its manifest, else, without one, of their names.

    What the manifest names and nobody packed is reported. Raises Refused for a manifest that is damaged.
    """
    manifests = sorted((name for name in archive.names() if PurePosixPath(name).name == MANIFEST), key=len)
    listed = _listed(archive, manifests[0]) if manifests else {}
    if not listed:
        listed = {name: Resource(name) for name in sorted(archive.names()) if name.endswith(".xml") and _is_item(archive, name)}
    for path, resource in listed.items():
        if path in archive:
            yield resource
        else:
            intake.error(__("The manifest names this file, but it is not in the package."), line=None, source=path)


def _listed(archive: Archive, manifest: str) -> dict[str, Resource]:
    try:
        root = read_xml(archive[manifest], manifest=True)
    except ContentError as error:
        raise Refused(__("The manifest of the package is damaged (line %(line)s).", line=error.line or 1)) from error
    folder = posixpath.dirname(manifest)
    items: dict[str, Resource] = {}
    ordered: dict[str, str] = {}  # files of items that tests name, to their categories
    for element in root.iter("resource"):
        path = _joined(folder, element.get("href", ""))
        kind = element.get("type", "")
        if _ITEM_TYPE.search(kind):
            files = [_joined(folder, file.get("href", "")) for file in element.findall("file")]
            pictures = [name for name in files if name.startswith(PICTURES)]  # some stand only in texts that QTI has no place for
            items[path] = Resource(path, notes=_notes(element), tags=_tags(element), pictures=pictures)
        elif _TEST_TYPE.search(kind) and path in archive:
            ordered.update(_references(archive, path))
    first = {path: replace(items[path], category=category) for path, category in ordered.items() if path in items}
    return {**first, **{path: resource for path, resource in items.items() if path not in first}}


def _notes(resource: Element) -> str:
    metadata = resource.find("metadata")
    return (metadata.findtext("item") or "") if metadata is not None else ""


def _tags(resource: Element) -> list[str]:
    return [text for keyword in resource.iter("keyword") if (text := " ".join("".join(keyword.itertext()).split()))]


def _references(archive: Archive, path: str) -> dict[str, str]:
    """Return the files of items in the order of a test, with titles of sections as their category; nothing of a damaged test."""
    try:
        root = read_xml(archive[path])
    except ContentError:
        return {}
    found: dict[str, str] = {}
    _follow(root, posixpath.dirname(path), [], found)
    return found


def _follow(element: Element, folder: str, titles: list[str], found: dict[str, str]) -> None:
    for child in element:
        if child.tag == "assessmentItemRef":
            found.setdefault(_joined(folder, child.get("href", "")), "/".join(titles))
        elif child.tag == "assessmentSection":
            title = " ".join(child.get("title", "").replace("/", " ").split())
            _follow(child, folder, [*titles, title][:MOST_CHAPTERS] if title else titles, found)
        elif child.tag == "testPart":
            _follow(child, folder, titles, found)


def _is_item(archive: Archive, name: str) -> bool:
    head = archive[name][:2048] if archive.size(name) <= MOST_ITEM_XML else b""
    return b"assessmentItem" in head or b"qti-assessment-item" in head


def _joined(folder: str, address: str) -> str:
    """Return the path in the package that an address names from within a folder."""
    return posixpath.normpath(posixpath.join(folder, unquote(re.split(r"[?#]", address, maxsplit=1)[0])))


def manifest_of(resources: Sequence[Resource], version: Version) -> bytes:
    """Return the manifest of a package."""
    schema = [node(name, None, text) for name, text in zip(("schema", "schemaversion"), version.package, strict=True)]
    listed = [_resource(resource, version, f"item-{place}") for place, resource in enumerate(resources, start=1)]
    root = node(
        "manifest", {"identifier": "peduli"}, node("metadata", None, *schema), node("organizations"), node("resources", None, *listed)
    )
    return document(root, version.manifest, version.manifest_schema)


def _resource(resource: Resource, version: Version, identifier: str) -> Element:
    words = [node("keyword", None, node("string", {"language": "id"}, tag)) for tag in resource.tags]
    about = [node("lom", {"xmlns": LOM}, node("general", None, *words))] if words else []
    notes = [node("item", {"xmlns": NOTES}, resource.notes)] if resource.notes else []
    metadata = [node("metadata", None, *about, *notes)] if about or notes else []
    files = [resource.path, *resource.pictures]
    attributes = {"identifier": identifier, "type": version.resource, "href": resource.path}
    return node("resource", attributes, *metadata, *[node("file", {"href": path}) for path in files])
