"""From a sheet to a table of people: which row is the header, what each column holds, where the list ends.

Lists come with title rows above, headers of two rows, a row that numbers the columns, and a signature below. The header is found by known
words in Indonesian and English; the list ends at the first row without name and number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lms.cohorts.cells import EMPTY, Cell, Row, Sheet, letters
from lms.i18n import LANGUAGES, gettext, in_language
from lms.i18n import lazy_gettext as _

MOST_ROWS_ABOVE = 40
WORDS = re.compile(r"[^\W_]+")

# The columns of our own template and export, in their order.
TITLES = {
    "title_before": _("Title before the name"),
    "name": _("Name"),
    "title_after": _("Title after the name"),
    "nip": _("NIP or NI PPPK"),
    "email": _("E-mail"),
    "unit": _("Unit"),
    "institution": _("Institution, if outside our units"),
    "group": _("Group"),
    "position": _("Position"),
    "phone": _("Telephone"),
    "category": _("Kind of participant"),
    "grade": _("Golongan"),
    "birth_place": _("Place of birth"),
    "birth_date": _("Date of birth"),
    "identity": _("Kind of number"),
}
# Read to compare it with the NIP, and not kept.
COMPARED = {"sex": _("Sex")}
# What a person may take a column for.
FIELDS = {**TITLES, **COMPARED}

# Patterns on the words of a heading, in small letters with single spaces. The first that fits decides; None: known, and left alone.
_PATTERNS: tuple[tuple[str | None, str], ...] = (
    (None, r"atasan|mentor|coach|pembimbing|pejabat|penguji|suami|istri|ayah|ibu kandung|supervisor|\blama\b|tanda tangan|ttd|keterangan"),
    ("title_before", r"^(?!.*\bnama\b)gelar depan|^title before|^gelar di depan"),
    ("title_after", r"^(?!.*\bnama\b)gelar|^title after|^academic title"),
    ("birth_place", r"^tempat lahir$|^place of birth$|^kota lahir$"),
    ("birth_date", r"lahir|\bttl\b|birth"),
    ("sex", r"jenis kelamin|kelamin|^jk$|^j k$|^l p$|^lp$|^p l$|^sex$|gender"),
    ("category", r"status kepegawaian|status pegawai|status asn|jenis asn|jenis pegawai|kategori|kind of participant|jenis peserta"),
    ("identity", r"jenis identitas|jenis nomor|tipe identitas|kind of number|identity type"),
    ("grade", r"golongan|^gol\b|\bgol\b"),
    ("weak_grade", r"pangkat|\brank\b"),
    (None, r"pendidikan|jurusan|agama|^alamat$|alamat rumah|alamat kantor|umur|usia"),
    ("group", r"kelompok|\bgroup\b|^kelas\b"),
    ("email", r"\be ?mail\b|\bsurel\b|surat elektronik|posel"),
    ("phone", r"\bhp\b|\bno hp|handphone|telepon|\btelp?\b|whatsapp|\bwa\b|ponsel|phone|mobile|kontak|contact"),
    ("nip", r"\bnip\b|^nrp$|\bnipppk\b|\bni pppk\b|\bnippppk\b|nomor induk pegawai|nomor induk pppk|employee number"),
    ("position", r"jabatan|position|\bjob\b"),
    ("institution", r"instansi asal|asal instansi|institution|institusi|asal lembaga|^lembaga$"),
    ("unit", r"unit kerja|\bopd\b|\bskpd\b|perangkat daerah|satuan kerja|satker|\bunit\b|agency"),
    ("weak_unit", r"instansi|^dinas|^badan|tempat tugas|tempat kerja|office"),
    ("name", r"\bnama\b|\bname\b|^peserta$|^participant$"),
    (None, r"\bnik\b|\bktp\b|nomor induk kependudukan|npwp"),
    (None, r"^no$|^nomor$|^no urut$|^nomor urut$|^number$|^nr$|^status$|^state$"),
)
_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _PATTERNS)
_NUMBERING = re.compile(r"\(?\d{1,2}\)?\.?")
# With no number and no address beside them, these are not people but what stands below a list.
_FOOTER = re.compile(
    r"(jumlah|total|mengetahui|catatan|keterangan|kepala|a\.?n\.?|plt\.?|sekretaris|demikian|menyetujui|signed|note)\b", re.IGNORECASE
)


class TableError(ValueError):
    """There is no list of people in the file; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with a heading: its place from 0, its letters, the heading, what it was taken for (empty: not used), and what stands in it."""

    place: int
    letters: str
    heading: str
    field: str
    example: str = ""

    @property
    def title(self) -> str:
        """Return how we call what stands in it."""
        return str(FIELDS.get(self.field) or "")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a person has said about a file: which of its sheets, in which row the columns are named, what each column holds."""

    sheet: int | None = None
    header_row: int | None = None
    fields: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the list: its number in the file, and the cells by field."""

    number: int
    cells: Mapping[str, Cell]

    def __getitem__(self, name: str) -> Cell:
        """Return a cell, EMPTY when the file has no such column."""
        return self.cells.get(name, EMPTY)


@dataclass(frozen=True, slots=True)
class Table:
    """The list of people in a file. `notices` are facts about the file that a person should know."""

    sheet: str
    place: int
    header_row: int
    columns: list[Column]
    people: list[Person]
    # Names this header for the memory of how its columns were read; by: `guess`, `memory` or `hand`.
    header: str
    by: str
    notices: list[str] = field(default_factory=list)

    @property
    def fields(self) -> dict[int, str]:
        """Return what each column is taken for."""
        return {column.place: column.field for column in self.columns if column.field}


def field_of(heading: str) -> str:
    """Return the field that a heading names, or an empty string."""
    words = " ".join(WORDS.findall(heading.lower()))
    if not words:
        return ""
    for name, titles in _own_titles().items():
        if words in titles:
            return name
    return next((name or "" for name, pattern in _COMPILED if pattern.search(words)), "")


def _own_titles() -> dict[str, set[str]]:
    """Return how our own files head their columns, in every language: what we write we can read."""
    found: dict[str, set[str]] = {}
    for code in LANGUAGES:
        for name, title in TITLES.items():
            words = in_language(code, lambda title=title: str(title))  # type: ignore[misc]
            found.setdefault(name, set()).add(" ".join(WORDS.findall(words.lower())))
    return found


Memory = Mapping[str, Mapping[str, str]]  # digest of a header: {column from 0, written as text: field}


def read_table(sheets: Sequence[Sheet], layout: Layout | None = None, memory: Memory | None = None) -> Table:
    """Return the list of people in the sheet that a person chose, or in the best one. Raises TableError when none has a list.

    memory is how files with the same header were read before. With a header row chosen by hand there is always a table, perhaps of nobody.
    """
    said = layout or Layout()
    chosen = [(said.sheet, sheets[said.sheet])] if said.sheet is not None and said.sheet < len(sheets) else list(enumerate(sheets))
    tables = [table for place, sheet in chosen if (table := _table(sheet, place, said, memory or {})) is not None]
    if not tables:
        raise TableError(
            gettext(
                "No list of people was found. One row must name the columns: at least “Nama”, and “NIP” or “Email”. Compare with the template."
            )
        )
    table = max(tables, key=lambda found: (bool(found.people), len({column.field for column in found.columns})))
    if len(sheets) > 1 and table.sheet:
        table.notices.insert(0, gettext("The sheet “%(name)s” was read; the others were not.", name=table.sheet))
    return table


def _table(sheet: Sheet, place: int, layout: Layout, memory: Memory) -> Table | None:
    found = _header(sheet, layout.header_row, memory)
    if found is None:
        return None
    if layout.fields is not None:
        taken = {column: name for column, name in layout.fields.items() if name in FIELDS and column in found.headings}
        found = Header(found.index, found.height, taken, found.headings, "hand")
    below = sheet.rows[found.index + found.height :]
    if below and _is_numbering(below[0]):
        below = below[1:]
    people, rest = _people(_filled_down(sheet, below), found.fields)
    notices = _notices(sheet, people, rest)
    if "name" not in found.fields.values():
        notices.insert(0, gettext("Say below which column holds the names."))
    columns = [
        Column(column, letters(column), heading, found.fields.get(column, ""), _example(below, column))
        for column, heading in found.headings.items()
    ]
    return Table(sheet.name, place, sheet.rows[found.index].number, columns, people, digest_of(found.headings), found.by, notices)


def _example(rows: Sequence[Row], column: int) -> str:
    return next((row[column].text for row in rows[:8] if row[column]), "")[:40]


def digest_of(headings: Mapping[int, str]) -> str:
    """Return the name of a header, whatever its capitals and spaces."""
    plain = "|".join(f"{place}:{' '.join(WORDS.findall(heading.lower()))}" for place, heading in sorted(headings.items()))
    return hashlib.sha256(plain.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Header:
    """Which row names the columns (index in the sheet), how many rows that takes, fields and headings by column, and who says so."""

    index: int
    height: int
    fields: dict[int, str]
    headings: dict[int, str]
    by: str


def _header(sheet: Sheet, number: int | None, memory: Memory) -> Header | None:
    best: Header | None = None
    for index, row in enumerate(sheet.rows[:MOST_ROWS_ABOVE] if number is None else sheet.rows):
        if number is not None and row.number != number:
            continue
        for height in (1, 2):
            headings = _headings(sheet, index, height)
            kept = memory.get(digest_of(headings)) if headings else None
            if kept is not None:
                return Header(index, height, {int(place): name for place, name in kept.items() if name in FIELDS}, headings, "memory")
            fields = _fields(headings, sheet.hidden_columns)
            known = set(fields.values())
            wanted = headings and number is not None and (height == 1 or "name" in known)
            if (wanted or ("name" in known and known & {"nip", "email"})) and (best is None or len(fields) > len(best.fields)):
                best = Header(index, height, fields, headings, "guess")
    return best


def _headings(sheet: Sheet, index: int, height: int) -> dict[int, str]:
    """Return the headings by column; with a height of two, those below a heading that says nothing take its place."""
    row = sheet.rows[index]
    upper = {place: cell.text for place, cell in enumerate(row.cells) if cell}
    if height == 1:
        return upper
    if index + 1 >= len(sheet.rows) or "name" not in {field_of(text) for text in upper.values()}:
        return {}
    lower = sheet.rows[index + 1]
    headings = dict(upper)
    for place, cell in enumerate(lower.cells):
        if not cell:
            continue
        if field_of(upper.get(place, "")) in {"name", "nip"}:
            return {}  # something stands below the name: that is a person, not a second row of headings
        headings[place] = cell.text if field_of(cell.text) else f"{upper.get(place, '')} {cell.text}".strip()
    return headings


def _fields(headings: Mapping[int, str], hidden: frozenset[int]) -> dict[int, str]:
    """Return {column: field}, each field once. Where units have a column, a column of agencies is the institution."""
    fields: dict[int, str] = {}
    for place, heading in headings.items():
        name = field_of(heading)
        if name and name not in fields.values() and place not in hidden:
            fields[place] = name
    for place, name in fields.items():
        taken = set(fields.values())
        if name == "weak_unit":
            fields[place] = "unit" if "unit" not in taken else "institution" if "institution" not in taken else ""
        elif name == "weak_grade":
            fields[place] = "" if "grade" in taken else "grade"
    return {place: name for place, name in fields.items() if name}


def _is_numbering(row: Row) -> bool:
    """Tell whether a row only counts the columns: 1, 2, 3 and so on."""
    filled = [cell.text for cell in row.cells if cell]
    return len(filled) > 1 and all(_NUMBERING.fullmatch(text) for text in filled)


def _filled_down(sheet: Sheet, rows: list[Row]) -> list[Row]:
    """Give every row the value of a cell that is merged over several rows, as a unit's often is."""
    above: dict[tuple[int, int], tuple[int, int]] = {}
    for top, left, bottom, right in sheet.merged:
        if left == right:
            above |= {(number + 1, left): (top + 1, left) for number in range(top + 1, min(bottom, top + len(rows) + 1) + 1)}
    if not above:
        return rows
    by_number = {row.number: row for row in rows}
    filled = []
    for row in rows:
        cells = list(row.cells)
        for place, cell in enumerate(cells):
            source = by_number.get(above.get((row.number, place), (0, 0))[0])
            cells[place] = cell or (source[place] if source else EMPTY)
        filled.append(Row(row.number, tuple(cells)))
    return filled


def _people(rows: list[Row], fields: Mapping[int, str]) -> tuple[list[Person], list[Row]]:
    """Return the people and the rows after the last of them that hold something."""
    people: list[Person] = []
    for index, row in enumerate(rows):
        person = Person(row.number, {name: row[place] for place, name in fields.items()})
        if person["name"] or person["nip"]:
            alone = not person["nip"] and not person["email"]
            if alone and _FOOTER.match(person["name"].text):
                return people, [rest for rest in rows[index:] if any(rest.cells)]
            people.append(person)
        elif people:
            return people, [rest for rest in rows[index:] if any(rest.cells)]
    return people, []


def _notices(sheet: Sheet, people: list[Person], rest: list[Row]) -> list[str]:
    notices = []
    if rest and people:
        numbers = _listed([row.number for row in rest])
        notices.append(
            gettext("The list ends after row %(row)s. What stands below was not read: rows %(rows)s.", row=people[-1].number, rows=numbers)
        )
    if sheet.hidden_rows:
        notices.append(gettext("Hidden rows were left out: %(rows)s.", rows=_listed(list(sheet.hidden_rows))))
    if sheet.hidden_columns and sheet.rows:
        width = max(len(row.cells) for row in sheet.rows)
        names = [letters(column) for column in sorted(sheet.hidden_columns) if column < width]
        if names:
            notices.append(gettext("Hidden columns were left out: %(columns)s.", columns=", ".join(names[:8])))
    return notices


def _listed(numbers: list[int]) -> str:
    return ", ".join(str(number) for number in numbers[:8]) + (" …" if len(numbers) > 8 else "")
