"""The file that personnel systems take: exactly the columns of SIASN's course history (`kursus/save`), one row for each certificate that holds.

`jumlahJam` is a whole number there, so hours are rounded down. What only the agency knows (`pnsOrangId`, `jenisDiklatId`, …) stays empty.
"""

from __future__ import annotations

import datetime as dt

from lms.credentials import queries
from lms.db import db
from lms.learning.models import Cohort

COLUMNS = (
    *("pnsOrangId", "jenisDiklatId", "jenisKursus", "jenisKursusSertipikat", "namaKursus", "institusiPenyelenggara", "nomorSertipikat"),
    *("tanggalKursus", "tanggalSelesaiKursus", "tahunKursus", "jumlahJam", "instansiId", "lokasiId"),
)
Row = list[str | int | None]


def _day(text: str) -> str:
    return f"{dt.date.fromisoformat(text):%d-%m-%Y}"


def siasn_rows(cohort: Cohort, *, matching: bool) -> list[Row]:
    """Return the header and the rows; with `matching`, NIP and name stand behind them, so that ids can be looked up."""
    rows: list[Row] = [[*COLUMNS, *(("nip", "nama") if matching else ())]]
    for certificate, user in db.session.execute(queries.for_siasn(cohort)):
        about = certificate.snapshot
        known = {
            "namaKursus": f"{about['program']} {about['cohort']}",
            "institusiPenyelenggara": about["issuer"],
            "nomorSertipikat": certificate.number,
            "tanggalKursus": _day(about["first"]),
            "tanggalSelesaiKursus": _day(about["last"]),
            "tahunKursus": dt.date.fromisoformat(about["last"]).year,
            "jumlahJam": int(about["jp"]),
        }
        who = [user.employee_number or "", about["name"]] if matching else []
        rows.append([*(known.get(column, "") for column in COLUMNS), *who])
    return rows
