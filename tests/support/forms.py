"""Pages as a browser without script sees them: the fields of a form, to be posted again."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """Collects what a form would post."""

    def __init__(self, form_id):
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.fields, self.area, self.select = [], None, None
        self.buttons = []

    def wanted(self, names):
        """Tell whether a form without id is one of the page itself, not of the frame around all pages."""
        return names.get("method") == "post" and names.get("action") not in {"/language", "/sign-out"}

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag == "form":
            self.inside = names.get("id") == self.form_id if self.form_id else self.wanted(names)
        if not self.inside:
            return
        if tag == "input" and "name" in names and (names.get("type") not in {"checkbox", "radio"} or "checked" in names):
            self.fields.append((names["name"], names.get("value", "on")))
        elif tag == "textarea" and "name" in names:
            self.area = [names["name"], ""]
        elif tag == "select":
            self.select = [names["name"], None]
        elif tag == "option" and self.select and (self.select[1] is None or "selected" in names):
            self.select[1] = names.get("value", "")
        elif tag == "button" and "name" in names:
            self.buttons.append((names["name"], names["value"]))

    def handle_data(self, data):
        if self.area is not None:
            self.area[1] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.area:
            name, text = self.area
            self.fields.append((name, text.removeprefix("\r\n").removeprefix("\n")))
            self.area = None
        elif tag == "select" and self.select:
            self.fields.append((self.select[0], self.select[1] or ""))
            self.select = None


def form_of(response, form_id="editor"):
    """Return {name: value or list of values} of a form, without its token."""
    parser = _Fields(form_id)
    parser.feed(response.get_data(as_text=True))
    found = {}
    for name, value in parser.fields:
        if name != "csrf_token":
            found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def buttons_of(response, form_id="editor"):
    """Return (name, value) of the named buttons of a form."""
    parser = _Fields(form_id)
    parser.feed(response.get_data(as_text=True))
    return parser.buttons


# What a curious person types into every form.
FORM = {
    "q": "a",
    "name": "Nama",
    "email": "baru@example.test",
    "reason": "Sebab",
    "state": "complete",
    "activity": "jurnal",
    "text-apa": "Teks",
    "base": "0",
    "item": "1",
    "choice": "a",
    "strong": "Kuat",
    "level": "6",
    "version": "1",
    "section": "lalu-apa",
    "audience": "group",
    "decision": "accepted",
    "part-isi": "Isi",
    "feedback": "Baik",
    "rubric-isi": "3",
    "rubric-bahasa": "4",
    "language": "id",
    "tick": "izin",
}
