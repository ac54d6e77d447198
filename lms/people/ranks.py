"""Golongan and pangkat of civil servants: codes as they are kept (`III/a`, PPPK `IX`), read from what people write, and their names.

PNS: I/a to IV/e, each with a name (pangkat). PPPK: I to XVII, without. These values change by regulation; what a certificate prints is its own
copy.
"""

from __future__ import annotations

import re

from lms.people.models import IdentityType

RANKS = {
    "I/a": "Juru Muda",
    "I/b": "Juru Muda Tk. I",
    "I/c": "Juru",
    "I/d": "Juru Tk. I",
    "II/a": "Pengatur Muda",
    "II/b": "Pengatur Muda Tk. I",
    "II/c": "Pengatur",
    "II/d": "Pengatur Tk. I",
    "III/a": "Penata Muda",
    "III/b": "Penata Muda Tk. I",
    "III/c": "Penata",
    "III/d": "Penata Tk. I",
    "IV/a": "Pembina",
    "IV/b": "Pembina Tk. I",
    "IV/c": "Pembina Utama Muda",
    "IV/d": "Pembina Utama Madya",
    "IV/e": "Pembina Utama",
}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII")

_CODE = re.compile(r"(?<![a-z0-9])(iv|i{1,3}|[1-4])\s*[/.\-\s]?\s*\(?([a-e])\)?(?![a-z0-9])")
_CONTRACT = re.compile(r"(?:gol(?:ongan)?\.?\s*)?([ivx]{1,5}|[0-9]{1,2})")


def _folded(text: str) -> str:
    text = re.sub(r"\btingkat\b|\btk\b\.?|\btkt\b\.?", "tk", text.lower())
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\b1\b", "i", text))


_BY_NAME = {_folded(name): code for code, name in RANKS.items()}


def parse_grade(text: str, identity: IdentityType | None = None) -> str:
    """Return the code of a golongan: `III/a` for `IIIa`, `III.a`, `3a`, `Penata Muda (III/a)` or `Penata Muda`; `IX` of a PPPK; else "".

    Where name and code contradict each other, nothing is returned: a person must look. identity PNS knows no golongan without a letter.
    """
    plain = " ".join(text.lower().split())
    found = _CODE.search(plain)
    if found:
        number = ROMAN[int(found[1]) - 1] if found[1].isdigit() else found[1].upper()
        code = f"{number}/{found[2]}"
        if code not in RANKS:
            return ""
        words = plain[: found.start()] + plain[found.end() :]
        named = _BY_NAME.get(_folded(re.sub(r"\bgol(?:ongan)?\b|\bpangkat\b|\bruang\b", "", words)))
        return code if named in {None, code} else ""
    if _folded(plain) in _BY_NAME:
        return _BY_NAME[_folded(plain)]
    contract = _CONTRACT.fullmatch(plain)
    if contract is None or identity is IdentityType.PNS:
        return ""
    if contract[1].isdigit():
        return ROMAN[int(contract[1]) - 1] if 1 <= int(contract[1]) <= len(ROMAN) else ""
    return contract[1].upper() if contract[1].upper() in ROMAN else ""


def rank_of(code: str) -> str:
    """Return the name of a golongan (`Penata Muda` for III/a), an empty string for one of a PPPK."""
    return RANKS.get(code, "")
