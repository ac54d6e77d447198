"""What people type into lists, made regular: names with titles, telephone numbers, addresses, dates. Pure functions.

Each says what it changed or doubts as sentences; none of them guesses silently.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from lms.cohorts.cells import Cell, Kind
from lms.i18n import gettext as _
from lms.people.models import Category, IdentityType

NOTHING = re.compile(r"[-–—._/\s]*|belum (ada|punya).*|tidak (ada|punya).*|tdk ada|kosong|nihil|n/?a|none|null", re.IGNORECASE)
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
# Domains that a finger misses, and what was meant.
MISTYPED = {
    "gmail.con": "gmail.com",
    "gmail.co": "gmail.com",
    "gmail.cm": "gmail.com",
    "gmail.om": "gmail.com",
    "gmai.com": "gmail.com",
    "gmial.com": "gmail.com",
    "gamil.com": "gmail.com",
    "gmail.co.id": "gmail.com",
    "yahoo.con": "yahoo.com",
    "yaho.com": "yahoo.com",
    "yahoo.co": "yahoo.com",
    "yahoo.coid": "yahoo.co.id",
    "yahoo.co.od": "yahoo.co.id",
}
# What offices call the address that all of them read.
OFFICE = re.compile(r"(info|admin|kantor|humas|kepegawaian|umum|tu|tatausaha|sekretariat|setda|kontak|contact|office|surat)[0-9._-]*")
# Besides =, what begins a formula in spreadsheet programs; never a name.
SIGNS = ("+", "-", "@")

BEFORE = re.compile(
    r"(prof|dr|drs|dra|drg|drh|ir|h|hj|apt|ns|kh|k\.h|ust|pdt|r\.?ay)\.", re.IGNORECASE
)  # only with a dot: "Dr." is a title, "Hj" may be a name
AFTER = re.compile(
    r"(?:[A-Z][A-Za-z]{0,5}\.){1,}[A-Za-z]{0,12}\.?(?:\([A-Za-z.]{1,8}\))?|Ners|Apt\.?|M\.?Kes|MM|MH|SE|SH|ST|SKM|S1|S2|MPH|Ph\.?D\.?",
    re.ASCII,
)
INITIAL = re.compile(r"[A-Za-z]\.")
_SMALL = {"bin", "binti", "van", "de", "al", "el"}

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari jan january",
            "februari feb pebruari february",
            "maret mar march",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "agustus agu ags agt agust aug august",
            "september sep sept",
            "oktober okt oct october",
            "november nov nopember nop",
            "desember des dec december",
        ),
        start=1,
    )
    for name in names.split()
}
# What kind of number a person has, as lists say it; a NIK is no number of a civil servant.
NIK = "nik"
IDENTITIES = (
    (NIK, r"\bnik\b|\bktp\b"),
    (IdentityType.NRP, r"\bnrp\b|\btni\b|\bpolri\b"),
    (IdentityType.PPPK, r"pppk|\bp3k\b"),
    (IdentityType.PNS, r"\bnip\b|\bpns\b"),
    (IdentityType.NONE, r"belum|tidak|none|tanpa"),
)
CATEGORIES = (
    (Category.CPNS, r"\bcpns\b|calon pns|calon pegawai"),
    (Category.PPPK, r"\bpppk\b|\bp3k\b|perjanjian kerja"),
    (Category.PNS, r"\bpns\b|pegawai negeri"),
    (Category.GRADUATE, r"sekolah kedinasan|alumni|lulusan|graduate|kedinasan"),
    (Category.GUEST, r"tamu|undangan|guest|luar|instansi lain"),
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its three parts, and what was changed in it."""

    before: str
    name: str
    after: str
    warnings: tuple[str, ...] = ()


def is_nothing(text: str) -> bool:
    """Tell whether a cell says that there is nothing: empty, a dash, "belum ada"."""
    return NOTHING.fullmatch(text) is not None


def unquoted(text: str) -> str:
    """Return text without the apostrophe that Excel, or our own export, sets before numbers and signs to keep them as text."""
    return text[1:].lstrip() if text[:1] in {"'", "’", "`"} and text[1:2] in "0123456789=+-@" else text


def split_name(text: str, before: str = "", after: str = "") -> Name:
    """Split a name from its titles, and write it in title case when it comes in capitals only.

    before and after are the titles from columns of their own, if the list has them. Everything up to the first comma is name and titles
    before; what follows are titles after. `SITI AMINAH,S.Kep.,Ners` becomes `Siti Aminah` and `S.Kep., Ners`.
    """
    body, _comma, tail = text.partition(",")
    words = body.split()
    leading = []
    while len(words) > 1 and BEFORE.fullmatch(words[0]):
        leading.append(words.pop(0))
    trailing: list[str] = []
    while len(words) > 1 and AFTER.fullmatch(words[-1]) and len(words[-1]) > 2 and ("." in words[-1] or tail or trailing):
        trailing.insert(0, words.pop())
    titles = [part.strip() for part in [*trailing, *tail.split(",")]]
    name, warnings = " ".join(words).strip(" .,"), []
    if name and INITIAL.fullmatch(words[-1]):
        name += "."
    if len(name) > 3 and name.isupper():
        name = titled(name)
        warnings.append(_("The name was in capitals; it is taken as “%(name)s”.", name=name))
    return Name(before or " ".join(leading), name, after or ", ".join(part for part in titles if part), tuple(warnings))


def titled(text: str) -> str:
    """Return a name in title case: `NUR'AINI BINTI A. RAHMAN` becomes `Nur'aini binti A. Rahman`."""
    words = ["-".join(part.capitalize() for part in word.split("-")) for word in text.split()]
    return " ".join(word.lower() if index and word.lower() in _SMALL else word for index, word in enumerate(words))


def clean_email(text: str) -> tuple[str, str, str]:
    """Return (address, error, warning) of what stands in a cell: one of the first two is empty."""
    plain = re.sub(r"\s+", "", text).lower().removeprefix("mailto:").strip("<>,;.")
    if not EMAIL.fullmatch(plain) or len(plain) > 200 or ".." in plain:
        return "", _("“%(text)s” is no e-mail address.", text=text), ""
    domain = plain.partition("@")[2]
    if domain in MISTYPED:
        return plain, "", _("The address ends in %(domain)s. Is %(meant)s meant?", domain=domain, meant=MISTYPED[domain])
    if OFFICE.fullmatch(plain.partition("@")[0]):
        return plain, "", _("%(address)s looks like an address that an office shares. Everybody needs one of their own.", address=plain)
    if plain != text.lower():
        return plain, "", _("The e-mail address is taken as %(address)s.", address=plain)
    return plain, "", ""


def clean_phone(cell: Cell) -> tuple[str, str]:
    """Return (number, warning): `+62812…`, or an empty number with the reason why it is left out."""
    text = unquoted(cell.text)
    first = re.split(r"\s*[/;,]\s*|\s+(?:atau|dan|or)\s+", text, maxsplit=1)[0]
    digits = re.sub(r"\D", "", first)
    warning = _("Several telephone numbers; the first is taken.") if first != text else ""
    if digits.startswith("620"):
        digits = digits[3:]
    elif digits.startswith("62") and len(digits) > 9:
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = digits[1:]
    elif digits.startswith("8") and 9 <= len(digits) <= 12:
        warning = _("The telephone number had lost its zero; it is taken as 0%(number)s.", number=digits)
    elif first.startswith("+") and 8 <= len(digits) <= 15:
        return f"+{digits}", warning
    else:
        digits = ""
    if not 7 <= len(digits) <= 13 or digits.startswith("0"):
        return "", _("“%(text)s” is no telephone number; it is left out.", text=cell.text)
    return f"+62{digits}", warning


def national(phone: str) -> str:
    """Write a number as people in the country dial it: `0812…`. Others stay as they are."""
    return f"0{phone[3:]}" if phone.startswith("+62") else phone


def birth_dates(cell: Cell, *, day_first: bool | None = None) -> set[dt.date]:
    """Return the days that a cell may mean: more than one where day and month cannot be told apart, none when it holds no date.

    day_first says how the rest of the column is written, where that is known.
    """
    text = cell.text.lower()
    if re.fullmatch(r"[1-5]?\d{4}", text) and (cell.kind is Kind.NUMBER or len(text) == 5):  # Excel counts days from the end of 1899
        return {dt.date(1899, 12, 30) + dt.timedelta(days=int(text))}
    found = re.search(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if found:
        return _days((int(found[1]), int(found[2]), int(found[3])))
    found = re.search(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4}|\d{2})(?!\d)", text)
    if found:
        one, two, year = int(found[1]), int(found[2]), _full_year(found[3])
        orders = {None: ((year, two, one), (year, one, two)), True: ((year, two, one),), False: ((year, one, two),)}
        return _days(*orders[day_first]) or _days(*orders[None])
    found = re.search(r"(\d{1,2})[\s./-]*([a-z]+)[\s./-]*(\d{4}|\d{2})(?!\d)", text)
    if found and found[2] in MONTHS:
        return _days((_full_year(found[3]), MONTHS[found[2]], int(found[1])))
    return set()


def _full_year(text: str) -> int:
    """Return a year of four digits; `95` is 1995, since nobody who works was born after 2020."""
    return int(text) if len(text) == 4 else 2000 + int(text) if int(text) <= 20 else 1900 + int(text)


def day_first(cells: Iterable[Cell]) -> bool | None:
    """Tell how a column writes its dates: day first, month first, or None when no cell of it shows that, or they contradict each other."""
    seen = set()
    for cell in cells:
        found = re.search(r"(?<!\d)(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*\d{2,4}", cell.text)
        if found and (int(found[1]) > 12) != (int(found[2]) > 12):
            seen.add(int(found[1]) > 12)
    return seen.pop() if len(seen) == 1 else None


def birth_place(text: str) -> str:
    """Return the place of `Pontianak, 17 Agustus 1995`: what stands before the first digit, without signs."""
    return re.split(r"\d", text, maxsplit=1)[0].strip(" ,/-.\t") if re.search(r"\d", text) else ""


def _days(*parts: tuple[int, int, int]) -> set[dt.date]:
    days = set()
    for year, month, day in parts:
        with contextlib.suppress(ValueError):
            days.add(dt.date(year, month, day))
    return days


def sex_of(text: str) -> str:
    """Return L or P (as NIP does), or an empty string: `Laki-Laki`, `Lk`, `Pr`, `Wanita`."""
    word = re.sub(r"[^a-z]", "", text.lower())
    if word in {"l", "lk", "lakilaki", "laki", "pria", "m", "male"}:
        return "L"
    return "P" if word in {"p", "pr", "perempuan", "wanita", "f", "female"} else ""


def identity_of(text: str) -> str:
    """Return the kind of number that a cell names (an IdentityType or NIK), or an empty string."""
    return next((kind for kind, pattern in IDENTITIES if re.search(pattern, text.lower())), "")


def category_of(text: str) -> Category | None:
    """Return the kind of participant that a cell names, or None."""
    plain = text.lower()
    return next((category for category, pattern in CATEGORIES if re.search(pattern, plain)), None)
