"""What stands on a certificate: words of each kind, tokens of the text, who the person is. Certificates are official papers in Indonesian."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lms.credentials.models import CredentialKind
from lms.i18n import format_date, in_language
from lms.i18n import gettext as _
from lms.people.models import IdentityType, Unit, User
from lms.people.nip import born, in_blocks
from lms.people.ranks import rank_of

TITLES = {
    CredentialKind.STTP: "SURAT TANDA TAMAT PELATIHAN",
    CredentialKind.CERTIFICATE: "SERTIFIKAT",
    CredentialKind.STATEMENT: "SURAT KETERANGAN",
}
TEXTS = {
    CredentialKind.STTP: (
        "telah mengikuti dan dinyatakan LULUS {program} {cohort} yang diselenggarakan oleh {issuer} pada tanggal {dates}, "
        "dengan jumlah {jp} jam pelajaran[ dan kualifikasi {qualification}]."
    ),
    CredentialKind.CERTIFICATE: (
        "telah mengikuti {program} {cohort} yang diselenggarakan oleh {issuer} pada tanggal {dates}, dengan jumlah {jp} jam pelajaran."
    ),
    CredentialKind.STATEMENT: (
        "telah mengikuti {program} {cohort} yang diselenggarakan oleh {issuer} pada tanggal {dates}. "
        "Surat keterangan ini bukan tanda kelulusan."
    ),
}
RESULTS = {
    CredentialKind.STTP: "LULUS",
    CredentialKind.CERTIFICATE: "TELAH MENGIKUTI",
    CredentialKind.STATEMENT: "TELAH MENGIKUTI, TANPA KELULUSAN",
}
TOKENS = ("name", "nip", "birth", "grade", "position", "unit", "program", "cohort", "dates", "jp", "qualification", "issuer", "place")
NUMBERS = {IdentityType.PNS: "NIP", IdentityType.PPPK: "NI PPPK", IdentityType.NRP: "NRP"}
_TOKEN = re.compile(r"\{([^{}]*)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a person is, as it is printed. What is not known is empty, and its line is left out."""

    name: str
    number: str
    number_label: str
    birth: str
    grade: str
    position: str
    unit: str


def identity_of(user: User, unit: Unit | None) -> Identity:
    """Return who a person is. The date of birth is their own, or that of the NIP, where there is one."""
    birth_date = user.birth_date or (born(user.employee_number) if user.identity_type in {IdentityType.PNS, IdentityType.PPPK} else None)
    return Identity(
        name=user.full_name,
        number=in_blocks(user.employee_number or ""),
        number_label=NUMBERS.get(user.identity_type, "NIP"),
        birth=", ".join(part for part in (user.birth_place, date_words(birth_date)) if part),
        grade=grade_words(user.grade),
        position=user.position,
        unit=unit.name if unit else user.institution,
    )


def grade_words(code: str) -> str:
    """Write a golongan as papers do: `Penata Muda (III/a)`; one without a rank is its code."""
    rank = rank_of(code)
    return f"{rank} ({code})" if rank else code


def date_words(day: dt.date | None) -> str:
    """Write a date in Indonesian, whatever language the page is in."""
    return in_language("id", lambda: format_date(day))


def period(first: dt.date, last: dt.date) -> str:
    """Write the days of a programme: `1 Oktober 2026 s.d. 31 Desember 2026`."""
    return date_words(first) if first == last else f"{date_words(first)} s.d. {date_words(last)}"


def check_text(text: str) -> None:
    """Raise ValueError, with a sentence, for a token that there is not."""
    for token in _TOKEN.findall(text):
        if token not in TOKENS:
            raise ValueError(_("There is no token {%(token)s}.", token=token))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into the tokens of a text. What stands in square brackets is left out when a token in it is empty."""

    def part(match: re.Match[str]) -> str:
        return match[1] if all(values.get(token) for token in _TOKEN.findall(match[1])) else ""

    filled = _TOKEN.sub(lambda match: values.get(match[1], match[0]), _OPTIONAL.sub(part, text))
    return re.sub(r"\s+", " ", filled).strip()


def masked(name: str) -> str:
    """Return a name that who knows the person recognises and nobody else learns: the first letter of each word, three dots for the rest."""
    plain = re.sub(r"[^\w\s'’-]", " ", name.partition(",")[0])
    return " ".join(f"{word[0].upper()}•••" for word in plain.split())
