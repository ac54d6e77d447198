"""`make words`: collect the words of code and pages into the Indonesian catalogue. English is the language of the code itself."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_from_dir
from babel.messages.pofile import read_po, write_po
from wtforms import validators
from wtforms.fields import choices, datetime, numeric

# What Babel writes into the head of a catalogue and nobody reads; two of the lines change at every run.
NOISE = (b'"Project-Id', b'"Report-', b'"POT-', b'"PO-', b'"Last-', b'"Language-Team', b'"Generated')
ROOT = Path(__file__).parent.parent.parent
CATALOGUE = ROOT / "lms" / "translations" / "id" / "LC_MESSAGES" / "peduli.po"
PACKAGES = ("lms", "courses", "quizzes", "media")
FILES = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.do", "silent": "false"}}
# The functions that take words, and which of their arguments are words; beside those every project has, like `_` and `ngettext`.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "__": None,
    "now": None,
    "lazy_gettext": None,
    "nothing": (1, 2),
    "declare": (2,),
    "permission": (2,),
    "Setting": (4,),
}


def collect() -> Catalog:
    """Return all words that the code and the pages have now."""
    catalog = Catalog(project="Peduli", locale="id")
    for package in PACKAGES:
        for _file, _line, message, _comments, context in extract_from_dir(ROOT / package, FILES, OPTIONS, KEYWORDS):
            catalog.add(message, context=context)
    for module in (validators, choices, datetime, numeric):  # what the form library says itself
        with Path(module.__file__).open("rb") as file:
            for _line, message, _comments, context in extract("python", file, {"gettext": None, "ngettext": (1, 2)}):
                catalog.add(message, context=context)
    return catalog


def read() -> Catalog:
    """Return the catalogue as it is."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, abort_invalid=True)


def main() -> None:
    """Bring the catalogue up to date: new words come in without a translation, words that are gone go."""
    catalog = read()
    catalog.update(collect(), no_fuzzy_matching=True)
    written = io.BytesIO()
    write_po(written, catalog, width=140, sort_output=True, ignore_obsolete=True)
    CATALOGUE.write_bytes(b"".join(line for line in written.getvalue().splitlines(keepends=True) if not line.startswith(NOISE)))
    print(f"{sum(1 for message in catalog if message.id and not message.string)} of {len(catalog)} words wait for a translation")


if __name__ == "__main__":
    main()
