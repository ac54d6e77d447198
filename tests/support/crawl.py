"""A visitor who follows every link, sends every search form, and tries every address that the program has, with plausible arguments."""

from __future__ import annotations

import io
import itertools
import re
import uuid
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter, IntegerConverter, UUIDConverter
from werkzeug.test import TestResponse

MOST_QUERIES = 12  # of one path: filters combine without end
MOST_PAGES = 4000
MOST_ADDRESSES = 60  # of one rule
LEFT_OUT = ("/static/", "/sign-out")

Look = Callable[[str, TestResponse], object]


@dataclass
class Form:
    """A form that searches: its address, and the values each field can have."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def addresses(self) -> Iterator[str]:
        """Yield the address of the form as it stands, and with each choice of each field in turn."""
        first = {name: values[0] for name, values in self.fields.items() if values}
        yield f"{self.action}?{urlencode(first)}"
        for name, values in self.fields.items():
            for value in values[1:]:
                yield f"{self.action}?{urlencode({**first, name: value})}"


class Page(HTMLParser):
    """The links and search forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name in ("href", "src", "data-url"):
            if values.get(name):
                self.links.append(values[name])
        if tag == "form" and values.get("method", "get").lower() == "get":
            self._form = Form(values.get("action", ""))
            self.forms.append(self._form)
        if self._form is None:
            return
        name = values.get("name", "")
        if tag == "select":
            self._select = name
        if tag == "option":
            self._form.fields.setdefault(self._select, []).append(values.get("value", ""))
        if tag in {"input", "button"} and name:
            given = self._form.fields.setdefault(name, [])
            given.append(values.get("value", ""))
            if values.get("type", "text") in {"text", "search"}:
                given.append("a")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def crawl(browser: FlaskClient, starts: Iterable[str], look: Look, enough: Callable[[str], bool] = lambda path: False) -> Counter[str]:
    """Visit every address that can be reached by GET from the starts; show each answer to `look`; return how often each path was asked.

    `enough` may say that of pages like this path no more need be seen.
    """
    waiting, seen, asked = deque(starts), set[str](), Counter[str]()
    while waiting:
        url = waiting.popleft()
        parts = urlsplit(url)
        query = urlencode(sorted(parse_qsl(parts.query)))
        address = f"{parts.path}?{query}" if query else parts.path
        if address in seen or parts.path.startswith(LEFT_OUT) or asked[parts.path] >= MOST_QUERIES or enough(parts.path):
            continue
        seen.add(address)
        asked[parts.path] += 1
        assert len(seen) < MOST_PAGES, "the crawl does not end"
        answer = browser.get(address)
        look(address, answer)
        waiting.extend(_next(address, answer))
    return asked


def _next(address: str, answer: TestResponse) -> Iterator[str]:
    """Yield the addresses on our site to which an answer leads."""
    found = [answer.headers["Location"]] if "Location" in answer.headers else []
    if answer.mimetype == "text/html":
        page = Page(answer.get_data(as_text=True))
        found += page.links
        found += [target for form in page.forms for target in form.addresses()]
    for link in found:
        parts = urlsplit(urljoin(f"http://localhost{address}", link))
        if parts.scheme in {"http", "https"} and parts.hostname == "localhost":
            yield f"{parts.path}?{parts.query}" if parts.query else parts.path


def addresses(app: Flask, known: Mapping[str, Iterable[Any]], *, method: str) -> Iterator[str]:
    """Yield addresses of every rule of the program for a method; known gives values for arguments by name (`cohort_id`)."""
    for rule in app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.rule.startswith(LEFT_OUT):
            continue
        names = sorted(rule.arguments)
        values = [list(_values(rule, name, known)) for name in names]
        for combination in itertools.islice(itertools.product(*values), MOST_ADDRESSES):
            built = rule.build(dict(zip(names, combination, strict=True)))
            if built:
                yield built[1]


def _values(rule: Rule, name: str, known: Mapping[str, Iterable[Any]]) -> Iterable[Any]:
    """Return values for an argument: those of its name that it can hold, else whatever fits its kind."""
    converter = rule._converters[name]
    kind = uuid.UUID if isinstance(converter, UUIDConverter) else int if isinstance(converter, IntegerConverter) else str
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)
    named = [value for value in known.get(name, ()) if isinstance(value, kind)]
    if named:
        return named
    if kind is str:
        return ["1", "0" * 32]
    if kind is int:
        return [1, 2, 3]
    return sorted({value for values in known.values() for value in values if isinstance(value, uuid.UUID)}, key=str)


def words_of(answer: TestResponse) -> str:
    """Return everything an answer says: headers, body, what is inside an archive or spreadsheet, and all of it once more without tags."""
    data = answer.get_data()
    texts = [str(answer.headers)]
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            texts += [name + archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
    else:
        texts.append(data.decode("utf-8", "replace"))
    whole = "\n".join(texts)
    return f"{whole}\n{re.sub(r'<[^>]*>', '', whole)}"  # a tag in the middle of a word hides nothing
