"""What a page costs: its SQL statements, the bytes and requests of a first visit, as a browser of today asks for them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from werkzeug.exceptions import HTTPException

from lms.testing import count_queries

KB = 1000
ASKED = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept": "text/html"}
LINKED = re.compile(r'<(?:link|script|use|source)\b[^>]*?(?:href|src|srcset)="(?!data:)([^"# ]+)')
ENOUGH_ERRORS = 20  # pages of one error, which are all alike
KEPT = re.compile(r"immutable|max-age=\d{5}")  # for a day at least
# `import(…)` is not among them: what is imported on occasion is no part of a visit.
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*["']([^"']+)["']|url\(["']?(?!data:)([^"')]+)""")


@dataclass
class Visit:
    """A page that was asked for. `assets` are the files that it needs: {path: bytes over the wire}."""

    who: str
    url: str
    endpoint: str
    size: int
    statements: list[str]
    assets: dict[str, int] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """Return the bytes of a first visit."""
        return self.size + sum(self.assets.values())

    @property
    def script(self) -> int:
        """Return the bytes of all scripts."""
        return sum(size for path, size in self.assets.items() if path.endswith(".js"))


class Meter:
    """Asks for pages and keeps what each costs."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.visits: list[Visit] = []
        self._files: dict[str, tuple[int, list[str]]] = {}
        self._errors = Counter[int]()

    def endpoint(self, path: str) -> str:
        """Return the name of the view behind a path, or nothing."""
        try:
            return str(self.app.url_map.bind("localhost").match(path)[0])
        except HTTPException:
            return ""

    def visit(self, browser: Any, who: str, url: str, limit: int) -> Any:
        """Ask for an address and return the answer; keep its cost if it is a page.

        Statements count the second time when there were too many the first: what the process keeps for everybody is read once.
        """
        with count_queries() as first:
            answer = browser.get(url)
        code = answer.status_code
        if code >= 400 and len(first) <= limit and self._errors[code] >= ENOUGH_ERRORS:
            return answer
        saved = answer.headers.get("Content-Disposition", "").startswith("attachment")
        if answer.mimetype != "text/html" or saved or 300 <= answer.status_code < 400:
            return answer
        with count_queries() as second:
            size = len(browser.get(url, headers=ASKED).get_data())
        self._errors[code] += code >= 400
        endpoint = self.endpoint(url.partition("?")[0]) if code == 200 else f"error {code}"
        visit = Visit(who, url, endpoint, size, second if len(first) > limit else first)
        for path in LINKED.findall(answer.get_data(as_text=True)):
            self._need(browser, visit, path)
        self.visits.append(visit)
        return answer

    def _need(self, browser: Any, visit: Visit, path: str) -> None:
        """Add a file and whatever it imports to the needs of a page."""
        if path in visit.assets:
            return
        if path not in self._files:
            with browser.get(path, headers=ASKED) as answer, browser.get(path) as plain:
                assert answer.status_code == 200, f"{visit.url} needs {path}: {answer.status_code}"
                assert KEPT.search(answer.headers["Cache-Control"]), f"{path} is asked for anew on the next page"
                text = plain.get_data(as_text=True) if path.endswith((".js", ".css")) else ""
                others = [urljoin(path, name) for pair in IMPORTED.findall(text) for name in pair if name]
                self._files[path] = (len(answer.get_data()), others)
        visit.assets[path], others = self._files[path]
        for other in others:
            self._need(browser, visit, other)
