"""The figures of a unit on paper: the table of its page, tagged, with date and source."""

from __future__ import annotations

import datetime as dt

import pytest

from lms.supervision.printed_units import unit_pdf, words_of
from lms.supervision.queries import Scope
from lms.supervision.units import FIGURES, UnitLine, UnitPage


def line(number, name, figures, *, own=False):
    return UnitLine(number, name, own=own, figures=dict(zip(FIGURES, figures, strict=True)), share=40, jp_tenths=125)


@pytest.mark.sqlite
def test_the_table_is_that_of_the_page(app):
    here, below = line(1, "Dinas Kesehatan", (1200, 700, 300, 150, 50)), line(2, "Puskesmas #set [x] $a$", (None, None, 9, 0, 0))
    scope = Scope(kind="unit", number=1, path="/1/")
    page = UnitPage(scope, here, [below, line(3, "Kosong", (0, 0, 0, 0, 0), own=True)], [], [], dt.date(2026, 11, 21))
    with app.test_request_context():
        words, pdf = words_of(page), unit_pdf(page)
        nothing = unit_pdf(UnitPage(scope, here, [], [], [], None))
    assert words["rows"][0] == ["Dinas Kesehatan", "1.200", "700", "300", "150", "50", "40", "12,5"]
    assert words["rows"][1][:4] == ["Puskesmas #set [x] $a$", "•", "•", "9"]
    assert "21 November 2026" in words["source"]
    assert all(len(row) == len(words["header"]) == len(words["columns"]) for row in words["rows"])
    for sign in (b"/StructTreeRoot", b"/Lang", b"pdfuaid"):
        assert sign in pdf
    assert nothing.startswith(b"%PDF")
