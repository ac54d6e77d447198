"""A page of the studio as its script knows it: what was typed, the last state that the server has acknowledged, and saves of what differs."""

from __future__ import annotations

import json

from support.forms import form_of

from courses.studio.models import DraftVersion, What
from courses.studio.states import group_of
from lms.db import db

LONG = 200


class Writer:
    """Somebody with a page open; `typed` is {name: text or texts}."""

    def __init__(self, browser, url):
        self.browser, self.url = browser, url
        self.mark, self.base, self.typed = "", {}, {}
        self.seen, self.up, self.down = "", 0, 0
        self.load()

    def load(self):
        """Open the page."""
        page = self.browser.get(self.url)
        self.typed = form_of(page)
        self.mark = self.typed.pop("mark")
        self.base = None if " data-filled" in page.get_data(as_text=True) else dict(self.typed)
        return page

    def edits(self):
        """Return what a save would send."""
        if self.base is None:
            return {"groups": [], "fields": pairs(self.typed), "texts": {}, "whole": True}
        names = {*self.base, *self.typed}
        groups = sorted({group_of(name) for name in names if self.base.get(name) != self.typed.get(name)})
        fields, texts = [], {}
        for name, text in pairs({name: text for name, text in self.typed.items() if group_of(name) in groups}):
            old = self.base.get(name)
            if isinstance(old, str) and len(old) > LONG:
                texts[name] = splice(old, text)
            else:
                fields.append((name, text))
        return {"groups": groups, "fields": fields, "texts": texts, "whole": False}

    def send(self, body, **headers):
        """Send a save and return the answer; count its bytes."""
        text = json.dumps(body, ensure_ascii=False).encode()
        answer = self.browser.post(
            self.url,
            data=text,
            content_type="application/json",
            headers={"Accept": "application/json", "If-Match": f'"{self.mark}"', **headers},
        )
        self.up, self.down = len(text), len(answer.get_data())
        return answer

    def save(self, **more):
        """Save what differs as the script does, the whole form when it is asked for; return the answer."""
        sent = dict(self.typed)
        answer = self.send({**self.edits(), **more})
        if answer.status_code == 409:
            self.base = None
            answer = self.send({**self.edits(), **more})
        return self.take(answer, sent)

    def take(self, answer, sent):
        """Do what the script does with an answer."""
        if answer.status_code == 200:
            self.mark, self.base = answer.headers["ETag"].strip('"'), sent
            if answer.get_json()["joined"]:
                typed = {name: text for name, text in self.typed.items() if sent.get(name) != text}
                self.load()
                self.typed |= typed
        elif answer.status_code == 412:
            self.seen = answer.get_json()["seen"]
        return answer


def pairs(fields):
    """Return (name, text) of {name: text or texts}."""
    return [(name, text) for name, texts in fields.items() for text in (texts if isinstance(texts, list) else [texts])]


def splice(old, text):
    """Return [start, removed, put, length of the old text]."""
    least, start, end = min(len(old), len(text)), 0, 0
    while start < least and old[start] == text[start]:
        start += 1
    while end < least - start and old[-1 - end] == text[-1 - end]:
        end += 1
    return [start, len(old) - start - end, text[start : len(text) - end], len(old)]


def version_of(module):
    """Keep a version of the activity `bacaan` and return its id."""
    fields = [["title", "Bacaan"], ["section", module.about["sections"][0]["key"]], ["minutes", "5"], ["s-source", "Dahulu.\n"]]
    version = DraftVersion(
        module_id=module.id, key="bacaan", type="lesson", title="Bacaan", what=What.SAVED, mark="0" * 16, data={"fields": fields}
    )
    db.session.add(version)
    db.session.flush()
    return version.id
