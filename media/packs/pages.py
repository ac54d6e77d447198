"""The pages of a pack and the files that they show. All of it is the same for everybody in the cohort."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from flask import current_app, render_template

from lms.api import Body, Item, NotFound, Outline, activity_type, bodies, choose, offline_context, static_file, words_of
from media.cleaning.kinds import KINDS, Group
from media.services import ADDRESS, Library, offline_name, rendition, rendition_address

PICTURE = re.compile(r"<picture>(.*?)(<img [^>]*>)</picture>", re.DOTALL)
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")
HTML = "text/html; charset=utf-8"

Loaded = tuple[str, str, bytes]  # address on the device, type, bytes


def files_of(cohort_id: int, time_zone: str, contents: Outline, library: Library) -> Iterator[Loaded]:
    """Yield the files of a module's pack: the contents, a page for each activity, then what these show, each once.

    Static files lie under an address of the pack, without the version of the program: when that changes, pages stay what they were.
    """
    base = f"/learn/{cohort_id}/{contents.module_key}"
    texts = bodies(contents.revision_id)
    inner = {item.key: _inside(cohort_id, time_zone, contents, item, texts[item.key]) for item in contents.items}
    shown: dict[str, Loaded] = {}
    for key in ("", *inner):
        page = _small(_page(cohort_id, base, contents, key, inner, texts))
        for address in _static(page):
            static = static_file(address)
            shown[address] = (_moved(address, base), static[1], static[0])
        for found in ADDRESS.finditer(page):
            if found[0] not in shown and (file := _file(found, library)):
                shown[found[0]] = file
        yield (f"{base}/{key}" if key else base), HTML, _moved(page, base).encode()
    yield from shown.values()


def _small(page: str) -> str:
    """Let a page show one copy of each picture, the WebP for a phone."""
    return PICTURE.sub(lambda found: _one(found[1], found[2]), page)


def _one(sources: str, image: str) -> str:
    name = offline_name(f"{found[2]}.{found[3]}" for found in ADDRESS.finditer(sources) if found[2])
    digest = ADDRESS.search(sources)
    address = rendition_address(digest[1], name) if digest and name else ""
    return re.sub(r'src="[^"]*"', f'src="{address}"', image, count=1) if address else image


def _file(found: re.Match[str], library: Library) -> Loaded | None:
    """Return a file that a page shows; films stay where they are, a phone fetches them when somebody wants to see them."""
    digest, name, suffix = found.groups()
    kind = KINDS.get(suffix)
    if kind is None or kind.group is not Group.PICTURE:
        return None
    try:
        return found[0], kind.mimetype, rendition(digest, f"{name}.{suffix}") if name else library.load(found[0])
    except NotFound:
        return None


def _inside(cohort_id: int, time_zone: str, contents: Outline, item: Item, text: Body) -> str | None:
    return activity_type(item.type).offline(offline_context(cohort_id, time_zone, contents, item, text))


def _page(cohort_id: int, base: str, contents: Outline, key: str, inner: Mapping[str, str | None], texts: Mapping[str, Body]) -> str:
    """Draw the page of an activity, or the contents for an empty key."""
    item = contents.item(key) if key else None
    before, after = contents.around(key) if key else (None, None)
    return render_template(
        "web/offline_page.html",
        base=base,
        cohort_id=cohort_id,
        outline=contents,
        there={key for key, content in inner.items() if content is not None},
        item=item,
        title=item.title if item else choose(contents.about["title"]),
        kind=activity_type(item.type) if item else None,
        content=inner.get(key),
        text=texts.get(key),
        first=[contents.item(other) for other in item.requires] if item else [],
        before=before,
        after=after,
        by_reading=item is not None and "viewed" in words_of(item.rule),
    )


def _static(page: str) -> Iterator[str]:
    """Yield the addresses of the static files that a page needs, with what their scripts import."""
    version = re.escape(current_app.config["STATIC_VERSION"])
    waiting, known = re.findall(rf"""["'](/static/{version}/[^"'#]+)""", page), set[str]()
    while waiting:
        address = waiting.pop()
        if address not in known:
            known.add(address)
            yield address
            if address.endswith(".js"):
                waiting += [urljoin(address, name) for name in IMPORT.findall(static_file(address)[0].decode())]


def _moved(text: str, base: str) -> str:
    return text.replace(f"/static/{current_app.config['STATIC_VERSION']}/", f"{base}/pack/static/")
