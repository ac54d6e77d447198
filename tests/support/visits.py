"""What a page costs: its SQL statements, the bytes and requests of a first visit, as a browser of today asks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from werkzeug.exceptions import HTTPException

from lms.testing import count_queries

KB = 1000
ASKED = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept": "text/html"}
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']|url\(["']?(?!data:)([^"')]+)""")


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

    def endpoint(self, path: str) -> str:
        """Return the name of the view behind a path, or nothing."""
        try:
            return str(self.app.url_map.bind("localhost").match(path)[0])
        except HTTPException:
            return ""

    def visit(self, browser: Any, who: str, url: str, limit: int) -> Any:
        """Ask for a page and keep its cost if it is one. Over the limit it is asked for again: what the process keeps is read once."""
        with count_queries() as seen:
            answer = browser.get(url, headers=ASKED)
        if answer.mimetype != "text/html" or 300 <= answer.status_code < 400:
            return answer
        if len(seen) > limit:
            with count_queries() as seen:
                browser.get(url, headers=ASKED)
        visit = Visit(who, url, self.endpoint(url.partition("?")[0]), len(answer.get_data()), seen)
        plain = browser.get(url).get_data(as_text=True)
        for path in re.findall(r'<(?:link|script|use|source)\b[^>]*?(?:href|src|srcset)="([^"# ]+)', plain):
            self._need(browser, visit, path)
        self.visits.append(visit)
        return answer

    def _need(self, browser: Any, visit: Visit, path: str) -> None:
        """Add a file and whatever it imports to the needs of a page."""
        if path in visit.assets:
            return
        if path not in self._files:
            answer = browser.get(path, headers=ASKED)
            assert answer.status_code == 200, f"{visit.url} needs {path}: {answer.status_code}"
            assert "immutable" in answer.headers["Cache-Control"], f"{path} is asked for anew on the next page"
            text = browser.get(path).get_data(as_text=True) if path.endswith((".js", ".css")) else ""
            self._files[path] = (len(answer.get_data()), [urljoin(path, name) for pair in IMPORTED.findall(text) for name in pair if name])
            answer.close()
        visit.assets[path], others = self._files[path]
        for other in others:
            self._need(browser, visit, other)
