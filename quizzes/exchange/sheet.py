"""Questions in a table, XLSX or CSV: one row each, for those who write many in a spreadsheet.

Headings are Indonesian; English ones are read too. A text that a spreadsheet could take for a formula has an apostrophe before it, which
is taken off again on the way back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from lms.api import ContentError, Refused
from lms.api import gettext as __
from quizzes.exchange.archive import is_archive
from quizzes.exchange.base import MOST_ITEMS, Format, Intake, Item, decode, exchanges, number, texts
from quizzes.exchange.workbook import LONGEST_CELL, read_sheet, write_sheets
from quizzes.kinds.base import LETTERS, MOST_HINTS

# What a column is called here: its Indonesian and its English heading.
COLUMNS = {
    "key": ("kunci", "key"),
    "kind": ("jenis", "kind"),
    "title": ("judul", "title"),
    "category": ("kategori", "category"),
    "tags": ("tag", "tags"),
    "points": ("poin", "points"),
    "stem": ("soal", "question"),
    "correct": ("benar", "correct"),
    "scoring": ("penilaian", "scoring"),
    "case": ("huruf besar", "case"),
    "typos": ("salah ketik", "typos"),
    "unit": ("satuan", "unit"),
    "unit_required": ("satuan wajib", "unit required"),
    "feedback": ("penjelasan", "explanation"),
    **{f"hint {place}": (f"petunjuk {place}", f"hint {place}") for place in range(1, MOST_HINTS + 1)},
}
# What stands in a column for each option or answer, by letter: "pilihan A", "alasan A".
LETTERED = {
    "text": ("pilihan", "option"),
    "rationale": ("alasan", "rationale"),
    "score": ("skor", "score"),
    "credit": ("persen", "credit"),
    "tolerance": ("toleransi", "tolerance"),
}
KIND_NAMES = {
    "satu jawaban": "single_choice",
    "beberapa jawaban": "multiple_choice",
    "benar salah": "true_false",
    "situasional": "situational",
    "isian singkat": "short_text",
    "angka": "numeric",
}
TEMPLATE_LETTERS = 8
_YES = frozenset({"ya", "yes", "y", "x", "1", "true", "benar"})
_SIGNS = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(rf"'*[{_SIGNS}]")
_APOSTROPHE = re.compile(rf"'+[{_SIGNS}]")
_HEADINGS = {heading: name for name, headings in COLUMNS.items() for heading in headings} | {
    f"{heading} {letter}": f"{name} {letter}" for name, headings in LETTERED.items() for heading in headings for letter in LETTERS
}
_MARKS = frozenset({"stem", "kind", "text a"})


class Table(Format):
    """What both tables share."""

    kinds: ClassVar[frozenset[str]] = frozenset(KIND_NAMES.values())

    def lost(self, item: Item) -> list[str]:
        """Say what has no column."""
        found = [__("Other units are not kept.")] if item.get("units") else []
        if any(len(text) >= LONGEST_CELL for text in texts(item)):
            found.append(__("Texts too long for a cell are cut."))
        return found

    def take(self, rows: Iterable[tuple[int, Sequence[str]]], intake: Intake) -> None:
        """Give the questions below the heading to the intake. Raises Refused for a table without the headings."""
        names: dict[int, str] = {}
        for line, cells in rows:
            if not names:
                names = _named(cells)
                continue
            row = {names[place]: unguarded(cell) for place, cell in enumerate(cells) if cell and place in names}
            if not row:
                continue
            source = row.get("stem", "")
            try:
                item = _item(row)
            except ContentError as error:
                intake.error(error.message, line=line, source=source)
                continue
            intake.add(item, line=line, source=source)
        if not names:
            raise Refused(__("The table lacks its headings: at least “soal”, “jenis” and “pilihan A”. Use the template."))


@exchanges
class Xlsx(Table):
    """A table in a workbook."""

    key, title, extension = "xlsx", "Excel (XLSX)", "xlsx"
    mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def certainty(self, data: bytes) -> int:
        """Look for a workbook in the archive."""
        return 3 if is_archive(data) and b"xl/workbook.xml" in data else 0

    def read(self, data: bytes, intake: Intake) -> None:
        """Read the first visible sheet."""
        self.take(read_sheet(data).items(), intake)

    def render(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Write one sheet."""
        return write_sheets({"Soal": _rows(items)})


@exchanges
class Csv(Table):
    """A table as CSV."""

    key, title, extension, mimetype = "csv", "CSV", "csv", "text/csv"

    def certainty(self, data: bytes) -> int:
        """Look for the headings."""
        first = next((line for line in decode(data[:20_000]).split("\n") if line.strip()), "")
        return 2 if b"\x00" not in data[:2000] and _named(re.split("[,;\t]", first.replace('"', ""))) else 0

    def read(self, data: bytes, intake: Intake) -> None:
        """Read row after row; the sign between cells is the most frequent of the headings."""
        text = decode(data)
        first = next((line for line in text.split("\n") if line.strip()), "")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
        rows: list[tuple[int, Sequence[str]]] = []
        line = 1
        try:
            for cells in reader:
                rows.append((line, cells))
                line = reader.line_num + 1
                if len(rows) > 2 * MOST_ITEMS:
                    raise Refused(__("The file has more than %(num)s questions. Split it into several files.", num=MOST_ITEMS))
        except csv.Error as error:
            intake.error(
                __("The table is damaged here: a quotation mark is not closed, or a cell is too long."), line=line, source=str(error)
            )
        self.take(rows, intake)

    def render(self, items: Sequence[Item], files: Mapping[str, bytes]) -> bytes:
        """Write with a mark at the beginning, by which Excel sees UTF-8."""
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows(_rows(items))
        return buffer.getvalue().encode("utf-8-sig")


def guarded(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell that `guarded` made."""
    return cell[1:] if _APOSTROPHE.match(cell) else cell


# -- reading ---------------------------------------------------------------------------------------------------------------------------


def _named(cells: Sequence[str]) -> dict[int, str]:
    """Return the names of columns by their places, or nothing when these are no headings."""
    names = {place: _HEADINGS[known] for place, cell in enumerate(cells) if (known := " ".join(cell.lower().split())) in _HEADINGS}
    return names if "stem" in names.values() and len(_MARKS & set(names.values())) > 1 else {}


def _item(row: Mapping[str, str]) -> dict[str, Any]:
    """Return the item of a row. Raises ContentError for what the columns do not allow."""
    letters = [letter for letter in LETTERS if row.get(f"text {letter}")]
    right = re.findall("[a-z]", row.get("correct", "").lower())
    kind = _kind(row.get("kind", ""), right)
    item: dict[str, Any] = {name: row[name] for name in ("title", "category", "tags", "stem", "feedback") if row.get(name)}
    item |= {"kind": kind, "key": row.get("key", "").strip(), "hints": [row[name] for name in row if name.startswith("hint ")]}
    if row.get("points", "").strip():
        item["points"] = row["points"].strip().replace(",", ".")
    parts = {letter: _part(row, letter) for letter in letters}
    strange = [letter.upper() for letter in right if letter not in letters]
    if strange and kind not in {"short_text", "numeric"}:
        raise ContentError(__("“%(letter)s” is called correct, but there is no such option.", letter=strange[0]))
    if kind in {"short_text", "numeric"}:
        named = "text" if kind == "short_text" else "value"
        item["answers"] = [{named if name == "text" else name: value for name, value in part.items()} for part in parts.values()]
        item |= {name: row[name].strip() for name in ("unit", "typos") if row.get(name)}
        item |= {name: True for name in ("case", "unit_required") if row.get(name, "").strip().lower() in _YES}
        return item
    item["options"] = [{**part, "correct": True} if letter in right else part for letter, part in parts.items()]
    if row.get("scoring", "").strip():
        item["answer" if kind == "situational" else "scoring"] = row["scoring"].strip()
    return item


def _kind(text: str, right: Sequence[str]) -> str:
    known = " ".join(text.lower().replace("/", " ").split())
    if known:
        return KIND_NAMES.get(known, known)
    return "multiple_choice" if len(right) > 1 else "single_choice"


def _part(row: Mapping[str, str], letter: str) -> dict[str, str]:
    return {name: row[f"{name} {letter}"] for name in LETTERED if row.get(f"{name} {letter}")}


# -- writing ---------------------------------------------------------------------------------------------------------------------------


def _rows(items: Sequence[Item], letters: int = 4) -> list[list[str]]:
    """Return headings and rows; as many lettered columns as are needed."""
    most = max([letters, *(len(_parts(item)) for item in items)])
    lettered = [f"{name} {letter}" for letter in LETTERS[:most] for name in LETTERED]
    headings = [COLUMNS[name][0] for name in COLUMNS] + [
        f"{LETTERED[name][0]} {letter.upper()}" for letter in LETTERS[:most] for name in LETTERED
    ]
    return [headings, *([guarded(_cells(item).get(name, "")) for name in (*COLUMNS, *lettered)] for item in items)]


def _parts(item: Item) -> list[Mapping[str, Any]]:
    return list(item.get("options") or item.get("answers") or ())


def _cells(item: Item) -> dict[str, str]:
    """Return the cells of an item by the names of their columns."""
    cells = {name: str(item[name]) for name in ("key", "kind", "title", "category", "stem", "feedback", "unit", "typos") if item.get(name)}
    cells |= {name: "ya" for name in ("case", "unit_required") if item.get(name)}
    cells["tags"] = ", ".join(item.get("tags", ()))
    cells["points"] = number(item["points"]) if "points" in item else ""
    cells["scoring"] = item.get("answer") or item.get("scoring") or ""
    cells |= {f"hint {place}": hint for place, hint in enumerate(item.get("hints", ()), start=1)}
    cells["correct"] = ", ".join(letter.upper() for letter, part in zip(LETTERS, _parts(item), strict=False) if part.get("correct"))
    for letter, part in zip(LETTERS, _parts(item), strict=False):
        for name in LETTERED:
            value = part.get("value" if name == "text" and "value" in part else name, "")
            cells[f"{name} {letter}"] = number(value) if isinstance(value, int | float) else value
    return cells


def template() -> bytes:
    """Return the workbook that authors fill in: two examples, and a sheet that explains the columns."""
    examples: list[Item] = [
        {
            "key": "contoh-satu-jawaban",
            "kind": "single_choice",
            "category": "Contoh",
            "stem": "Warga datang untuk ketiga kalinya. Apa yang Anda lakukan dahulu?",
            "options": [
                {"text": "Mendengarkan ceritanya", "correct": True, "rationale": "Tanpa itu, sebabnya tidak diketahui."},
                {"text": "Membacakan daftar syarat", "rationale": "Daftar yang sama sudah ia dengar dua kali."},
            ],
        },
        {
            "key": "contoh-situasional",
            "kind": "situational",
            "category": "Contoh",
            "stem": "Antrean panjang, seorang ibu menangis di depan loket. Apa yang Anda lakukan?",
            "answer": "choose",
            "options": [
                {"text": "Memanggil nomor berikutnya", "score": 0, "rationale": "Ia tetap menangis, dan semua melihatnya."},
                {"text": "Meminta rekan menggantikan, lalu mendekat", "score": 3, "rationale": "Antrean jalan, dan ia didengar."},
                {"text": "Memberi tisu dari balik loket", "score": 1, "rationale": "Ramah, tetapi sebabnya belum diketahui."},
            ],
        },
    ]
    return write_sheets({"Soal": _rows(examples, TEMPLATE_LETTERS), "Petunjuk": _EXPLANATION})


_EXPLANATION = [
    ["Kolom", "Isi"],
    ["kunci", "Nama pendek yang tetap: huruf kecil, angka, dan tanda hubung. Bila kosong, dibuatkan dari soalnya."],
    ["jenis", f"Salah satu dari: {', '.join(f'{name} ({key})' for name, key in KIND_NAMES.items())}."],
    ["judul, kategori, tag", "Boleh kosong. Kategori bertingkat ditulis dengan garis miring. Beberapa tag dipisahkan dengan koma."],
    ["poin", "Angka. Kosong berarti 1."],
    ["soal", "Teks soal. Markdown boleh dipakai, misalnya **tebal**."],
    ["benar", "Huruf pilihan yang benar, misalnya A atau A, C."],
    ["penilaian", "Beberapa jawaban: minus, each, atau all. Situasional: choose, best_worst, atau rank. Boleh kosong."],
    ["pilihan A, B, C, …", "Teks pilihan. Isian singkat: jawaban yang diterima. Angka: bilangannya."],
    ["alasan A, B, C, …", "Mengapa pilihan itu benar atau salah. Setiap pilihan memerlukan alasan."],
    ["skor A, B, C, …", "Hanya untuk situasional: 0 sampai 3 menurut panel ahli."],
    ["persen A, B, C, …", "Isian singkat dan angka: nilai jawaban itu dalam persen. Kosong berarti 100."],
    ["toleransi A, B, C, …", "Hanya untuk angka: selisih yang masih benar."],
    ["huruf besar", "Isian singkat: ya, bila huruf besar dan kecil dibedakan."],
    ["salah ketik", "Isian singkat: banyaknya salah ketik yang dimaafkan, 0 sampai 2."],
    ["satuan, satuan wajib", "Angka: satuannya, dan ya bila satuan harus diketik."],
    ["penjelasan, petunjuk 1 sampai 5", "Penjelasan tampil setelah menjawab. Petunjuk tampil satu demi satu setelah jawaban yang salah."],
]
