"""Two languages, complete: gettext for code and templates, numbers, dates and times as Indonesians write them.

Catalogues are `.po` files in `translations/<language>/LC_MESSAGES/` of the kernel and of each plugin; they are read once at start. The
words in the code are English; the Indonesian catalogue is the one most people see. (flask-babel's `_` costs ten times as much per
call, and a page has a hundred; see docs/architecture.md.)
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import gettext as gettext_module
import io
import os
import struct
import tempfile
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel import dates
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy

Said = TypeVar("Said")

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
DEFAULT = "id"

# The three zones of Indonesia have names that people use; others are shown by their offset.
ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}

_catalogs: dict[str, gettext_module.NullTranslations] = {}
_language: ContextVar[str] = ContextVar("lms_language", default=DEFAULT)
_zone: ContextVar[str] = ContextVar("lms_zone", default="Asia/Pontianak")


def load_catalogs(folders: Iterable[Path]) -> None:
    """Read every `.po` file below the given `translations` folders; all plugins share one space of messages per language."""
    found = list(folders)
    for language in LANGUAGES:
        merged: gettext_module.NullTranslations = gettext_module.NullTranslations()
        for folder in found:
            for path in sorted((folder / language / "LC_MESSAGES").glob("*.po")):
                catalog = _compile(path)
                catalog.add_fallback(merged)
                merged = catalog
        _catalogs[language] = merged


def _compile(path: Path) -> gettext_module.GNUTranslations:
    """Return the catalogue of a `.po` file. What was compiled is kept beside it, as Python keeps `.pyc`: to compile takes longer than the rest."""
    kept, changed = path.with_suffix(".mo"), path.stat().st_mtime_ns
    with contextlib.suppress(OSError, struct.error):  # there is none, or a power cut left half of it
        if kept.stat().st_mtime_ns == changed:
            return gettext_module.GNUTranslations(io.BytesIO(kept.read_bytes()))
    buffer = io.BytesIO()
    with path.open("rb") as file:
        write_mo(buffer, read_po(file, abort_invalid=True))
    with (
        contextlib.suppress(OSError),
        tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft,
    ):  # a folder that is only read: each start compiles
        draft.write(buffer.getvalue())
        draft.flush()
        os.utime(draft.name, ns=(changed, changed))
        Path(draft.name).replace(kept)
    buffer.seek(0)
    return gettext_module.GNUTranslations(buffer)


def use(language: str, time_zone: str | None = None) -> None:
    """Set language and time zone of the present context (one request, one mail)."""
    _language.set(language if language in LANGUAGES else DEFAULT)
    if time_zone:
        _zone.set(time_zone)


def language() -> str:
    """Return the present language, `id` or `en`."""
    return _language.get()


def reader_zone() -> str:
    """Return the time zone of the present reader, by its IANA name."""
    return _zone.get()


@functools.lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name."""
    return ZoneInfo(name)


def _catalog() -> gettext_module.NullTranslations:
    return _catalogs.get(_language.get()) or gettext_module.NullTranslations()


def gettext(message: str, /, **values: object) -> str:
    """Translate a message; `%(name)s` in it is replaced by the value of that name."""
    text = _catalog().gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """Translate a message that counts something; `%(num)s` is the number, written as in the language."""
    values.setdefault("num", format_number(number))
    return _catalog().ngettext(singular, plural, number) % values


def unfilled_ngettext(singular: str, plural: str, number: int, /) -> str:
    """Translate a message that counts something and leave its places open: for libraries that fill them in themselves."""
    return _catalog().ngettext(singular, plural, number)


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Translate a short word whose meaning depends on where it stands."""
    text = _catalog().pgettext(context, message)
    return text % values if values else text


def lazy_gettext(message: str, /) -> Any:
    """Translate when it is shown: for labels and titles that are written at import time."""
    return LazyProxy(gettext, message, enable_cache=False)


def nothing(singular: str, plural: str) -> tuple[str, str]:
    """Mark a counting message for the catalogue and return it as it is; `ngettext` translates it later."""
    return singular, plural


def in_language(code: str, call: Callable[[], Said], *, time_zone: str = "") -> Said:
    """Return what `call()` says in another language (and time zone), for instance in a mail to somebody else."""
    token, clock = _language.set(code if code in LANGUAGES else DEFAULT), _zone.set(time_zone or _zone.get())
    try:
        return call()
    finally:
        _language.reset(token)
        _zone.reset(clock)


# -- numbers, dates, times ----------------------------------------------------------------------------------------------------


def half_up(value: float | Decimal, digits: int = 2) -> Decimal:
    """Round half up, as marks are rounded: 70.005 becomes 70.01. Takes the shortest decimal writing of a float as its value."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def format_number(value: float | Decimal, digits: int | None = None) -> str:
    """Write a number: `1.234,5` in Indonesian, `1,234.5` in English; digits fixes the decimals."""
    text = f"{value:,}" if digits is None else f"{half_up(value, digits):,}"
    if digits is None and isinstance(value, float | Decimal) and "." in text:
        text = text.rstrip("0").rstrip(".")
    if _language.get() == "id":
        text = text.translate(str.maketrans(",.", ".,"))
    return text


def format_date(value: dt.date | dt.datetime | None, *, short: bool = False) -> str:
    """Write a date in the reader's zone: `21 November 2026`, short `21/11/2026`. None is an empty string."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        value = value.astimezone(zone(_zone.get())).date()
    if short:
        return f"{value:%d/%m/%Y}"
    return f"{value.day} {_months(_language.get())[value.month]} {value.year}"


def format_day(value: dt.date) -> str:
    """Write a day of the week and its date: `Sabtu, 21 November 2026`."""
    return f"{dates.get_day_names('wide', locale=_language.get())[value.weekday()]}, {format_date(value)}"


def format_time(value: dt.datetime, *, seconds: bool = False) -> str:
    """Write a time in the reader's zone, with the zone's name: `13.00 WIB`; with seconds `14.03.22`."""
    local = value.astimezone(zone(_zone.get()))
    dot = "." if _language.get() == "id" else ":"
    if seconds:
        return local.strftime(f"%H{dot}%M{dot}%S")
    return f"{local.strftime(f'%H{dot}%M')} {zone_name(_zone.get(), value)}"


def format_datetime(value: dt.datetime | None) -> str:
    """Write date and time: `21 November 2026, 13.00 WIB`. None is an empty string."""
    return "" if value is None else f"{format_date(value)}, {format_time(value)}"


def zone_name(key: str, moment: dt.datetime) -> str:
    """Return WIB, WITA or WIT, or the offset (`UTC+3`) of another zone at that moment."""
    known = ZONE_NAMES.get(key)
    if known:
        return known
    offset = moment.astimezone(zone(key)).utcoffset() or dt.timedelta()
    hours = offset.total_seconds() / 3600
    return f"UTC{hours:+g}"


def day_number(value: dt.datetime) -> int:
    """Return the day of the month in the reader's zone."""
    return value.astimezone(zone(_zone.get())).day


def month_short(value: dt.datetime) -> str:
    """Return the short name of the month in the reader's zone."""
    return str(dates.get_month_names("abbreviated", locale=_language.get())[value.astimezone(zone(_zone.get())).month])


def format_month(value: dt.date) -> str:
    """Write a month of a year: `November 2026`."""
    return f"{_months(_language.get())[value.month]} {value.year}"


@functools.lru_cache(maxsize=8)
def _months(code: str) -> dict[int, str]:
    return dict(dates.get_month_names("wide", locale=code))


ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


def roman(number: int) -> str:
    """Write a cohort number in Roman numerals, 1 to 3999. Raises ValueError outside."""
    if not 1 <= number <= 3999:
        raise ValueError(f"no Roman numeral for {number}")
    letters = ""
    for value, letter in ROMAN:
        while number >= value:
            letters += letter
            number -= value
    return letters


def choose(texts: dict[str, str] | None) -> str:
    """Return the text of the present language from `{"id": …, "en": …}`, or whichever there is."""
    if not texts:
        return ""
    return texts.get(_language.get()) or texts.get(DEFAULT) or next(iter(texts.values()))


def local_day(moment: dt.datetime, time_zone: str) -> dt.date:
    """Return the day on which a moment falls in a time zone."""
    return moment.astimezone(zone(time_zone)).date()
