"""Forms with rows that work without JavaScript: "add a row", "up", "down" and "remove" post the whole form and get it back.

An operation is a submit button named `op` whose value is a verb and the name of a list or row: `add:s-prompts`, `up:s-prompts-2`. It is
done to what was posted, before any form is bound, so that nothing typed can be lost whatever the form looks like. The macros of
`web/rows.html` draw such forms:

    fields = rows.posted()
    form, fresh = rows.bind(PollForm, fields)
    if rows.operation(fields):  # a row was added or moved: the page comes back with everything in it
        return render_template("poll/edit.html", form=rows.pad(form), fresh=fresh)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import wtforms
from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField, StringField

from lms.forms import Form, flat
from lms.i18n import choose

OPERATION = re.compile(r"(add|up|down|remove):([a-z][\w-]*)")
NUMBER = re.compile(r"[0-9]{1,9}")
FEW = 8  # a list of single fields with at most so many places shows all of them
LEAD = 25  # characters of the lead in the key of a row


def posted() -> MultiDict[str, str]:
    """Return what the request's form holds; lines end as they do everywhere but in HTTP."""
    return MultiDict((name, value.replace("\r\n", "\n")) for name, value in request.form.items(multi=True))


def key_from(text: str, most: int = 50) -> str:
    """Return a key made from a title: small letters, digits and dashes, cut between words; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words if len(words) <= most else words[: most + 1].rpartition("-")[0] or words[:most]


def operation(posted: MultiDict[str, str]) -> tuple[str, str] | None:
    """Return (verb, name) of the row operation that was asked for, or None."""
    match = OPERATION.fullmatch(posted.get("op", ""))
    return (match[1], match[2]) if match else None


def rearrange(posted: MultiDict[str, str]) -> tuple[MultiDict[str, str], str]:
    """Return the posted fields after the operation, and the name of the row that was touched (of the list, when one is added)."""
    wanted = operation(posted)
    if wanted is None or wanted[0] == "add":
        return posted, wanted[1] if wanted else ""
    verb, name = wanted
    rows, _dash, number = name.rpartition("-")
    if not NUMBER.fullmatch(number):
        return posted, ""
    here = int(number)
    if verb == "remove":
        return MultiDict((key, value) for key, value in posted.items(multi=True) if _index(key, rows) != here), rows
    places = sorted({index for key in posted if (index := _index(key, rows)) is not None})
    beside = [index for index in (reversed(places) if verb == "up" else places) if (index < here if verb == "up" else index > here)]
    if here not in places or not beside:
        return posted, name
    swap = {here: beside[0], beside[0]: here}
    moved = MultiDict((_renamed(key, rows, swap), value) for key, value in posted.items(multi=True))
    return moved, f"{rows}-{places.index(beside[0])}"


def _index(key: str, rows: str) -> int | None:
    """Return the number of the row that a posted name belongs to."""
    if not key.startswith(f"{rows}-"):
        return None
    number = key[len(rows) + 1 :].partition("-")[0]
    return int(number) if NUMBER.fullmatch(number) else None


def _renamed(key: str, rows: str, swap: dict[int, int]) -> str:
    index = _index(key, rows)
    if index not in swap:
        return key
    rest = key[len(rows) + 1 + len(str(index)) :]
    return f"{rows}-{swap[index]}{rest}"


def bind(form: type[Form], posted: MultiDict[str, str], prefix: str = "", lead: str = "") -> tuple[Form, set[str]]:
    """Return the form with what was posted after its row operation, and the names of rows that shall stand open.

    Keys of rows that nobody wrote are made from the row's first text, after `lead`.
    """
    fields, touched = rearrange(posted)
    bound = form(formdata=fields, prefix=prefix)
    for rows in _lists(bound):
        if _holds_forms(rows):
            _fill_keys(rows, lead)
        else:
            rows.entries[:] = [entry for entry in rows.entries if any(str(text).strip() for text in entry.raw_data or ())]
        rows.last_index = int(rows.entries[-1].name.rpartition("-")[2]) if rows.entries else -1
    wanted = operation(posted)
    if wanted and wanted[0] == "add":
        touched = _add(bound, wanted[1], fields)
    return bound, _with_outer(touched)


def _add(form: Form, name: str, posted: MultiDict[str, str]) -> str:
    """Add an empty row; rows that were empty when it was asked for stay too. Returns the new row's name."""
    rows = next((found for found in _lists(form) if found.name == name), None)
    if rows is None:
        return ""
    seen = {index for key in posted if (index := _index(key, name)) is not None}
    for _row in range(max(1, len(seen) - len(rows.entries) + 1)):
        if rows.max_entries is None or len(rows.entries) < rows.max_entries:
            rows.append_entry()
    return str(rows.entries[-1].name) if rows.entries else ""


def _with_outer(name: str) -> set[str]:
    """Return the name of a row and of the rows around it."""
    found = set()
    while name:
        found.add(name)
        name = name.rpartition("-")[0]
    return found


def pad(form: Form) -> Form:
    """Add the empty rows that a page shows: as many as a list needs at least, and all places of a short list of single fields."""
    for rows in list(_lists(form)):
        least = max((getattr(validator, "least", 0) for validator in rows.validators), default=0)
        places = rows.max_entries if not _holds_forms(rows) and rows.max_entries and rows.max_entries <= FEW else least
        while len(rows.entries) < places:
            rows.append_entry()
            if _holds_forms(rows):
                pad(rows.entries[-1].form)
    return form


def _lists(form: Form) -> Iterator[FieldList]:
    """Yield every list of a form, also those inside rows."""
    for field in form:
        if isinstance(field, FieldList):
            yield field
            for entry in field.entries:
                if isinstance(entry, FormField):
                    yield from _lists(entry.form)
        elif isinstance(field, FormField):
            yield from _lists(field.form)


def _holds_forms(rows: FieldList) -> bool:
    return rows.unbound_field.field_class is FormField


def _fill_keys(rows: FieldList, lead: str) -> None:
    taken = {entry.form["key"].data for entry in rows.entries if has_key(entry)}
    for entry in rows.entries:
        if has_key(entry) and not entry.form["key"].data:
            made = key_from(headline(entry), 30) or "baris"
            stem = f"{lead[:LEAD].strip('-')}-{made}" if lead else made
            key, number = stem, 2
            while key in taken:
                key, number = f"{stem}-{number}", number + 1
            field = entry.form["key"]
            field.data, field.raw_data = key, [key]
            taken.add(key)


def has_key(row: Any) -> bool:
    """Tell whether a row has a key that can be made from another of its texts."""
    return isinstance(row, FormField) and "key" in row.form and type(row.form["key"]) is StringField and len(list(row.form)) > 1


def headline(row: Any) -> str:
    """Return the text by which people tell a row: its title, or its first text."""
    texts = {
        field.short_name: field.data
        for field in row.form
        if isinstance(field, StringField) and field.short_name != "key" and isinstance(field.data, str) and field.data.strip()
    }
    return " ".join((texts.get("title") or next(iter(texts.values()), "")).split())


def has_rows(row: Any) -> bool:
    """Tell whether a row is large: it holds a list itself."""
    return isinstance(row, FormField) and any(isinstance(field, FieldList) for field in row.form)


def fields_of(form: Form) -> list[tuple[str, str]]:
    """Return the names and texts that a browser would post of a form as it is filled, what is empty too."""
    filled = list(flat(form))
    names = {name for name, _text in filled}
    return filled + [pair for field in form for pair in _blanks(field) if pair[0] not in names]


def _blanks(field: Any) -> Iterator[tuple[str, str]]:
    """Yield what a browser posts of fields in which nothing stands; of boxes and lists that is nothing."""
    if isinstance(field, FormField | FieldList):
        for inner in field.form if isinstance(field, FormField) else field.entries:
            yield from _blanks(inner)
    elif isinstance(field, wtforms.SelectField):
        first = (
            next(iter(field.iter_choices()), None) if type(field.widget) is wtforms.widgets.Select and not field.widget.multiple else None
        )
        if first is not None:
            yield field.name, str(first[0])
    elif not isinstance(field, wtforms.BooleanField):
        yield field.name, ""


# -- two versions ------------------------------------------------------------------------------------------------------------------


def texts_of(form: Form, before: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield (name, label, text) of every field of a form, also inside rows; what is empty is left out."""
    for field in form:
        yield from _texts(field, f"{before}{field.label.text}")


def _texts(field: Any, label: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(field, FieldList):
        for number, entry in enumerate(field.entries, start=1):
            yield from _texts(entry, f"{label} {number}")
    elif isinstance(field, FormField):
        yield from texts_of(field.form, f"{label} · ")
    elif isinstance(field, wtforms.BooleanField):
        yield field.name, label, "✓" if field.data else ""
    elif isinstance(field, wtforms.SelectField) and not isinstance(field.data, list):
        known = {str(value): str(text) for value, text, *_rest in field.iter_choices()} if field.choices else {}
        yield field.name, label, "" if field.data is None else known.get(str(field.data), str(field.data))
    elif isinstance(field.data, list):
        yield field.name, label, field._value() if hasattr(field, "_value") else ", ".join(field.data)  # noqa: SLF001 - WTForms' widgets call it
    elif isinstance(field.data, dict):
        yield field.name, label, choose(field.data)
    else:
        yield field.name, label, "" if field.data is None else str(field.data)


def differences(typed: list[Form], saved: list[Form]) -> list[tuple[str, str]]:
    """Return (label, text) of what is saved and was typed differently; a text that was removed is a dash."""
    mine = {name: text for form in typed for name, _label, text in texts_of(form)}
    theirs = {name: (label, text) for form in saved for name, label, text in texts_of(form)}
    labels = {name: label for form in typed for name, label, _text in texts_of(form)}
    changed = [(label, text or "–") for name, (label, text) in theirs.items() if text.strip() != mine.get(name, "").strip()]
    return changed + [(labels[name], "–") for name, text in mine.items() if text.strip() and name not in theirs]


def problems_of(form: Form) -> list[str]:
    """Return "label: message" of everything that is wrong in a form, also inside rows."""
    found: list[str] = []
    for field in form:
        found += _problems(field, str(field.label.text))
    return found


def _problems(field: Any, label: str) -> list[str]:
    if isinstance(field, FormField):
        return [f"{label} · {problem}" for problem in problems_of(field.form)]
    found = [f"{label}: {message}" for message in field.errors if isinstance(message, str)]
    if isinstance(field, FieldList):
        for number, entry in enumerate(field.entries, start=1):
            found += _problems(entry, f"{label} {number}")
    return found
