"""Addresses on other sites that a module names, and what is said of those that lead nowhere. What sites answer is asked in courses/links."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping

from courses.checks.model import Finding, Part
from lms.api import gettext

ADDRESS = re.compile(r"https?://[^\s<>\"“”|\\^`{}\[\]]+", re.IGNORECASE)


class Told(enum.StrEnum):
    """What has come of asking for an address."""

    FINE = "fine"
    GONE = "gone"  # the site says that there is no such page (404, 410)
    NOWHERE = "nowhere"  # there is no such site
    UNSAFE = "unsafe"  # its certificate is not good
    PRIVATE = "private"  # a net that learners elsewhere do not reach
    CLOSED = "closed"  # it wants to know who asks (401, 403, 429): people may well see it
    SILENT = "silent"  # no answer now, or a trouble of its own (5xx)


DEAD = frozenset({Told.GONE, Told.NOWHERE})


def addresses(part: Part) -> Iterator[tuple[str, str, int]]:
    """Yield (address, path of the text, row) of every address on another site that an activity names, its sources last."""
    for text in part.texts:
        for address, row in _in(text.value):
            yield address, text.path, row
    for source in part.sources:
        for address, _row in _in(source):
            yield address, "sources", 0


def _in(text: str) -> Iterator[tuple[str, int]]:
    for match in ADDRESS.finditer(text):
        address = match[0].rstrip(".,;:!?'*_")
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(".,;:!?'*_")
        yield address.partition("#")[0], text.count("\n", 0, match.start())


def dead(part: Part, told: Mapping[str, Told]) -> Iterator[Finding]:
    """Name links that do not lead where they should; sites that are only closed or silent are not held against anybody."""
    said = set()
    for address, path, row in addresses(part):
        state = told.get(address)
        if state is None or address in said:
            continue
        said.add(address)
        if state in DEAD:
            sentence = gettext("The page is gone: %(address)s") if state is Told.GONE else gettext("There is no such site: %(address)s")
            why = gettext("Learners pay for the bytes of an error page, and trust the rest a little less.")
            yield part.warning("dead-link", sentence % {"address": address}, why, path, row)
        elif state is Told.UNSAFE:
            sentence = gettext("The certificate of this site is not good: %(address)s", address=address)
            why = gettext("Browsers warn of the site in large letters; careful learners turn back, and rightly.")
            yield part.warning("unsafe-link", sentence, why, path, row)
        elif state is Told.PRIVATE:
            sentence = gettext("This address is in a private net: %(address)s", address=address)
            yield part.warning("private-link", sentence, gettext("Who learns at home or at another agency cannot open it."), path, row)
