"""Made-up field journals with what could identify a citizen, marked by construction. No real people, numbers or addresses.

`document(seed)` returns a text and its gold marks. Most names do not stand in the list of courses/static/citizens.js (a test counts), so
what is measured is what the detector makes of names it has never seen.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

Gold = tuple[int, int, str]


def _sections() -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    for line in Path(__file__).with_suffix(".txt").read_text().splitlines():
        if line.startswith("["):
            lines = sections[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            lines.append(line)
    return sections


LINES = _sections()
GIVEN, SECOND, FAMILY, CHINESE, TITLES = (" ".join(LINES[key]).split() for key in ("given", "second", "family", "chinese", "titles"))
STREETS, VILLAGES, HAMLETS = (LINES[key] for key in ("streets", "villages", "hamlets"))
TEMPLATES, HURRIED, NEGATIVES = (LINES[key] for key in ("sentences", "hurried", "ordinary"))
MONTHS = ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember")
DISTRICTS = ("Kecamatan Rasau Jaya", "Kecamatan Sungai Raya", "Kabupaten Landak", "Kota Singkawang", "Kecamatan Tebas", "Kabupaten Sekadau")


def _digits(dice: random.Random, count: int) -> str:
    return "".join(dice.choice("0123456789") for _ in range(count))


def _name(dice: random.Random) -> str:
    style = dice.random()
    if style < 0.12:
        return f"{dice.choice(FAMILY)} {' '.join(dice.sample(CHINESE, 2))}"
    if style < 0.52:
        return dice.choice(GIVEN)
    if style < 0.8:
        return f"{dice.choice(GIVEN)} {dice.choice(SECOND)}"
    return f"{dice.choice(GIVEN)} {dice.choice(GIVEN)}"


def _identity(dice: random.Random) -> str:
    day = dice.randint(1, 28) + dice.choice((0, 40))
    digits = f"{dice.choice(('61', '61', '61', '62', '33', '35', '73'))}{dice.randint(1, 15):02}{dice.randint(1, 20):02}{day:02}{dice.randint(1, 12):02}{_digits(dice, 2)}000{dice.randint(1, 9)}"
    return _blocks(dice, digits, ((16,), (16,), (16,), (4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 6, 4)))


def _blocks(dice: random.Random, digits: str, shapes: tuple[tuple[int, ...], ...]) -> str:
    parts, at = [], 0
    for size in dice.choice(shapes):
        parts.append(digits[at : at + size])
        at += size
    return dice.choice((" ", " ", ".", "-")).join(parts)


def _staff(dice: random.Random) -> str:
    born, joined = dice.randint(1966, 2000), dice.randint(2005, 2025)
    month = dice.choice((f"{dice.randint(1, 12):02}", f"2{dice.randint(1, 9)}"))
    digits = f"{born}{dice.randint(1, 12):02}{dice.randint(1, 28):02}{joined}{month}{dice.choice('12')}{dice.randint(1, 99):03}"
    if dice.random() < 0.5:
        return digits
    return " ".join((digits[:8], digits[8:14], digits[14], digits[15:]))


def _phone(dice: random.Random) -> str:
    if dice.random() < 0.12:
        number = _digits(dice, 6).replace("0", "7")
        return dice.choice((f"(0561) {number}", f"0561-{number}", f"0562 {number}", f"(0567){number}"))
    rest = f"8{dice.choice(('12', '13', '21', '52', '57', '78', '81', '95', '96'))}{_digits(dice, dice.choice((7, 8, 8, 8)))}"
    shapes = [
        f"0{rest}",
        f"0{rest[:3]}-{rest[3:7]}-{rest[7:]}",
        f"0{rest[:3]} {rest[3:7]} {rest[7:]}",
        f"0{rest[:3]}.{rest[3:7]}.{rest[7:]}",
        f"+62 {rest[:3]} {rest[3:7]} {rest[7:]}",
        f"+62{rest}",
        f"62{rest}",
        f"+62 {rest[:3]}-{rest[3:7]}-{rest[7:]}",
        f"0{rest[:3]} - {rest[3:7]} - {rest[7:]}",
    ]
    return dice.choice(shapes)


def _plate(dice: random.Random) -> str:
    region = dice.choice(("KB", "KB", "KB", "B", "KH", "DA", "L", "AB", "BK"))
    tail = "".join(dice.choice("ABCDEFGHJKLNPQRSTUVWXYZ") for _ in range(dice.choice((1, 2, 2, 2, 3))))
    return dice.choice((" ", " ", " ", "", "-")).join((region, str(dice.randint(1000, 9999)), tail))


def _email(dice: random.Random) -> str:
    user = dice.choice(GIVEN).lower() + dice.choice((".", "_", "")) + dice.choice(SECOND).lower() + dice.choice(("", "88", "_1", "2001"))
    return f"{user}@{dice.choice(('gmail.com', 'yahoo.co.id', 'contoh.desa.id', 'outlook.com'))}"


def _street(dice: random.Random) -> str:
    number = dice.choice(("", f" No. {dice.randint(1, 200)}", f" No {dice.randint(1, 99)}A", f" nomor {dice.randint(1, 99)}"))
    gang = dice.choice(("", "", f" Gang {dice.choice(HAMLETS)}", f" Gg. {dice.choice(HAMLETS)} {dice.randint(1, 5)}"))
    return f"{dice.choice(('Jl.', 'Jl', 'Jalan', 'Jln.'))} {dice.choice(STREETS)}{gang}{number}"


def _rt(dice: random.Random) -> str:
    a, b = dice.randint(1, 12), dice.randint(1, 9)
    return dice.choice((f"RT {a:02}/RW {b:02}", f"RT {a:02} RW {b:02}", f"RT.{a:03}/RW.{b:03}", f"RT {a}", f"RT/RW {a:03}/{b:03}"))


def _birth(dice: random.Random) -> str:
    day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(1940, 2024)
    return dice.choice(
        (f"{day} {MONTHS[month - 1]} {year}", f"{day:02}-{month:02}-{year}", f"{day}/{month}/{year}", f"{day:02}.{month:02}.{year}")
    )


def _place(dice: random.Random) -> str:
    if dice.random() < 0.3:
        return f"https://maps.app.goo.gl/{''.join(dice.choice('abcdefghkmnpqrABCDEFG12345') for _ in range(12))}"
    return f"{dice.uniform(-2.9, 1.9):.6f}, {dice.uniform(108.8, 114.1):.6f}"


SLOTS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "nik": ("nik", _identity),
    "nip": ("nip", _staff),
    "phone": ("phone", _phone),
    "plate": ("plate", _plate),
    "email": ("email", _email),
    "street": ("address", _street),
    "street_low": ("address", lambda dice: f"jl. {dice.choice(('purnama', 'tebu', 'adisucipto'))} no {dice.randint(1, 99)}"),
    "village": ("address", lambda dice: f"{dice.choice(('Desa', 'Desa', 'Kelurahan', 'Kampung'))} {dice.choice(VILLAGES)}"),
    "hamlet": ("address", lambda dice: f"Dusun {dice.choice(HAMLETS)}"),
    "rt": ("address", _rt),
    "account": ("number", lambda dice: _blocks(dice, _digits(dice, 15), ((15,), (4, 2, 6, 2, 1)))),
    "kk": (
        "number",
        lambda dice: f"6171{dice.randint(1, 15):02}{dice.randint(1, 28):02}{dice.randint(1, 12):02}{_digits(dice, 2)}{_digits(dice, 4)}",
    ),
    "bpjs": ("number", lambda dice: f"000{_digits(dice, 10)}"),
    "birth": ("birth", _birth),
    "place": ("place", _place),
    "given": ("name", lambda dice: dice.choice(GIVEN)),
}


def _fill(dice: random.Random, template: str, person: str) -> tuple[str, list[Gold]]:
    text, gold, at = "", [], 0
    for slot in re.finditer(r"\{(\w+)\}", template):
        text += template[at : slot.start()]
        at = slot.end()
        word = slot[1]
        if word == "T":
            title = dice.choice(TITLES)
            text += title if not text or text.endswith(('"', ". ")) or dice.random() < 0.8 else title[0].lower() + title[1:]
            continue
        if word == "district":
            text += dice.choice(DISTRICTS)
            continue
        kind, value = (
            ("name", person if word == "name" else person.split(maxsplit=1)[0])
            if word in {"name", "first"}
            else (SLOTS[word][0], SLOTS[word][1](dice))
        )
        gold.append((len(text), len(text) + len(value), kind))
        text += value
    return text + template[at:], gold


def _typos(dice: random.Random, text: str, gold: list[Gold]) -> str:
    """Swap two letters of one or two long ordinary words: the length stays."""
    letters = list(text)
    for word in dice.sample(list(re.finditer(r"\b[a-z]{6,}\b", text)), k=2) if len(re.findall(r"\b[a-z]{6,}\b", text)) > 2 else ():
        if not any(start < word.end() and word.start() < end for start, end, _kind in gold):
            at = word.start() + dice.randint(1, len(word[0]) - 3)
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def document(seed: int) -> tuple[str, list[Gold]]:
    """Return one made-up journal text and its gold marks (start, end, kind), in order."""
    dice = random.Random(seed)
    hurried = dice.random() < 0.12
    cast = [_name(dice) for _ in range(dice.choice((1, 1, 2)))]
    text, gold = "", []
    for _ in range(dice.randint(3, 8)):
        plain = dice.random() < 0.35
        person = dice.choice(cast)
        sentence, marks = _fill(dice, dice.choice(NEGATIVES if plain else HURRIED if hurried else TEMPLATES), person)
        if hurried and not plain:
            sentence = sentence.lower()
        text += (
            ("\n" if sentence.startswith(("Nama:", "Nama pasien:", "TTL:", "nik:")) or (text and text[-1].isalnum()) else " ")
            if text
            else ""
        )
        gold += [(len(text) + start, len(text) + end, kind) for start, end, kind in marks]
        text += sentence
        if text[-1].isalnum() and dice.random() < 0.5:
            text += "\n"
    if dice.random() < 0.3:
        text = _typos(dice, text, gold)
    return text, gold
