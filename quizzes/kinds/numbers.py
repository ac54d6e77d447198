"""Numbers as people type them: Indonesian or international signs, powers of ten, with a unit. Pure; exact in Decimal.

`1.234` is a thousand two hundred and thirty-four to an Indonesian and one and a quarter to a calculator. Nobody can tell which was meant,
so such a text has both readings, and an answer is right if one of them is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

DIGITS = 3000  # no difference of two numbers that are let in needs more: 100 digits, powers of ten up to 999
MOST_TYPED = 100
DECIMAL = r"[+-]?\d{1,40}([.,]\d{1,40})?([eE][+-]?\d{1,3})?\Z"  # as authors write it

_MINUS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("’‘", "'"))
_TYPED = re.compile(
    r"""(?P<outer>[+-]?)\s*
    (?P<before>[^\W\d_]+\.?|[^\w\s.,'+-])?\s*             # Rp 5, Rp.5, $5
    (?P<inner>[+-]?)\s*
    (?P<body>\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?(?!\d)      # 1 234,5
        |\d[\d.,]*|[.,]\d+)
    (?:\s*(?:e|[x×*]\s*10\s*\^)\s*(?P<power>[+-]?\d{1,3})(?!\d))?
    (?P<after>.*)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_LOOSE_DIGITS = re.compile(r"\d\w|(?<!\w)\d")  # m2 is a unit; "3 or 4", "1/2", "10:30" are not numbers
_SAME_UNIT = {"persen": "%", "percent": "%"}
_CURRENCY = frozenset({"rp", "idr", "usd", "$"})
_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Typed:
    """A number as it was typed: what it can mean, and the words before and after it."""

    values: Sequence[Decimal]
    before: str
    after: str


def read_number(text: str) -> Typed | None:
    """Return what a typed text can mean as a number, or None when it is none."""
    match = _TYPED.fullmatch(unicodedata.normalize("NFKC", text.translate(_MINUS)).translate(_MINUS).strip())
    if match is None or len(text) > MOST_TYPED:
        return None
    sign = match["outer"] + match["inner"]
    plain = _plain(match["body"])
    if not plain or len(sign) > 1 or _LOOSE_DIGITS.search(match["after"]):
        return None
    values = [Decimal(f"{sign}{number}e{match['power'] or 0}") for number in plain]
    return Typed(values, _unit(match["before"] or ""), _unit(match["after"]))


def _plain(body: str) -> list[str]:
    """Return what a body of digits and signs can mean, written with a point: one or two numbers, none when the signs make no sense."""
    digits = re.sub(r"[ ']", "", body).rstrip(".,")
    signs = re.findall(r"[.,]", digits)
    if not signs:
        return [digits]
    last = signs[-1]
    if len(set(signs)) == 2:
        whole, fraction = digits.rsplit(last, 1)
        other = signs[0]
        return [f"{whole.replace(other, '')}.{fraction}"] if _grouped(whole, other) else []
    if len(signs) > 1:
        return [digits.replace(last, "")] if _grouped(digits, last) else []
    both = re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) and digits in body
    return [digits.replace(last, "."), *([digits.replace(last, "")] if both else [])]


def _grouped(digits: str, sign: str) -> bool:
    """Tell whether a sign parts digits into thousands."""
    return re.fullmatch(rf"\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+", digits) is not None


def _unit(text: str) -> str:
    """Return a unit without what people put around it (`Rp.`, the dash of `5.000,-`)."""
    name = text.strip(" .,;-")
    return _SAME_UNIT.get(name.casefold(), name)


def readings(text: str, *, unit: str = "", units: Sequence[Mapping[str, str]] = (), unit_required: bool = False) -> list[Decimal]:
    """Return what a typed text can mean in the item's unit; nothing for what is no number, or has a unit that is not known.

    Other units have a `name` and a `factor`: value in the item's unit = typed number × factor. Where the item names no unit, words after
    the number do not matter; `50 %` is then 50 or 0.5.
    """
    typed = read_number(text)
    if typed is None:
        return []
    factors = _factors(typed, unit, units, required=unit_required)
    with localcontext(prec=DIGITS):
        return [value * factor for value in typed.values for factor in factors]


def _factors(typed: Typed, unit: str, units: Sequence[Mapping[str, str]], *, required: bool) -> list[Decimal]:
    names = [name for name in (typed.before, typed.after) if name]
    known = [(_name(unit), Decimal(1))] if unit else []
    known += [(_name(other["name"]), Decimal(other["factor"])) for other in units]
    if not names:
        return [] if required else [Decimal(1)]
    if not known:
        if typed.before and typed.before.casefold() not in _CURRENCY:
            return []
        return [Decimal(1), _PERCENT] if typed.after == "%" else [Decimal(1)]
    if len(names) > 1:
        return []
    exact = [factor for name, factor in known if name == names[0]]
    loose = {factor for name, factor in known if name.casefold() == names[0].casefold()}  # kg and KG, but not mW and MW
    return exact[:1] or (list(loose) if len(loose) == 1 else [])


def _name(unit: str) -> str:
    return _unit(unicodedata.normalize("NFKC", unit))


def within(value: Decimal, target: str, tolerance: str = "0") -> bool:
    """Tell whether |value - target| <= tolerance."""
    with localcontext(prec=DIGITS):
        return abs(value - Decimal(target)) <= Decimal(tolerance)
