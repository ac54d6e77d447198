"""Files of reports: what the page shows, whole, safe, and with what was asked for."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from support.reports import Person

from lms.db import db
from lms.jobs import services as jobs
from lms.jobs.models import Batch, BatchFile
from lms.people.models import RoleAssignment
from lms.privacy.models import AuditEntry
from lms.reports import exports

BEHIND = [["in_progress", "complete", "not_started"], ["not_started"] * 3]


def made(client, ground, kind, key="help", query=""):
    """Return the file that a worker makes for the organizer."""
    answer = client.as_(ground.organizer).post(f"/reports/{key}/export{query}", data={"kind": kind})
    assert answer.status_code == 302
    while jobs.run_one():
        pass
    db.session.expire_all()
    return client.as_(ground.organizer).get(f"{answer.location}/file")


@pytest.mark.sqlite
def test_a_csv_has_every_row_and_says_what_it_is(client, ground, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 7)
    ground.fill([Person(BEHIND, name=f"=Orang {number:02d}", group=number % 2) for number in range(60)])
    answer = made(client, ground, "csv", query="?sort=person")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["person"] for row in rows] == [f"'=Orang {number:02d}" for number in range(60)]
    assert list(rows[0]) == [
        "person",
        "unit",
        "cohort",
        "group",
        "status",
        "days_behind",
        "done",
        "required",
        "active_on",
        "as_of",
        "filter",
    ]
    assert {row["filter"] for row in rows} == {"angkatan yang belum berakhir"}
    assert rows[0]["as_of"].endswith("+00:00")
    assert "help-" in answer.headers["Content-Disposition"]
    batch = db.session.scalars(sa.select(Batch)).one()
    assert (batch.done, batch.total) == (60, 60)


@pytest.mark.sqlite
def test_an_excel_file_has_a_sheet_about_it(client, ground):
    ground.fill([Person(BEHIND, group=number % 2) for number in range(5)])
    book = CalamineWorkbook.from_object(io.BytesIO(made(client, ground, "xlsx", "progress").data))
    first, about = (book.get_sheet_by_index(place).to_python() for place in (0, 1))
    assert first[0] == ["cohort", "group", "people", "complete", "waiting", "on_schedule", "behind", "not_begun", "no_signal", "done_share"]
    assert sorted(row[2] for row in first[1:]) == [2.0, 3.0]
    words = {row[0]: row[1] for row in about}
    assert words["Yang ditampilkan"] == "angkatan yang belum berakhir"
    assert words["done_share"]
    assert words["Jumlah baris"] == "2"


@pytest.mark.sqlite
def test_it_is_written_down_and_made_once(client, ground):
    ground.fill([Person(BEHIND)])
    made(client, ground, "csv", query=f"?cohort={ground.cohort.id}")
    line = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "report:export")).one()
    assert (line.object_kind, line.object_id, line.detail["rows"]) == ("report", "help", 1)
    assert len(db.session.scalars(sa.select(BatchFile)).all()) == 1


@pytest.mark.sqlite
def test_who_has_lost_the_right_gets_no_file(client, ground):
    ground.fill([Person(BEHIND)])
    answer = client.as_(ground.organizer).post("/reports/help/export", data={"kind": "csv"})
    db.session.execute(sa.delete(RoleAssignment).where(RoleAssignment.user_id == ground.organizer.id))
    db.session.commit()
    jobs.run_one()
    assert db.session.scalars(sa.select(BatchFile)).all() == []
    assert client.as_(ground.organizer).get(f"{answer.location}/file").status_code == 404


@pytest.mark.sqlite
def test_nonsense_is_refused_or_ignored(client, ground):
    browser = client.as_(ground.organizer)
    assert browser.post("/reports/progress/export", data={"kind": "exe"}).status_code == 422
    assert browser.get("/reports/no-such-report").status_code == 404
    nonsense = "when=20x6&course=-1&group=abc&unit=99999999999&since=yesterday&sort=%27;--&page=99"
    assert browser.get(f"/reports/weeks?{nonsense}").status_code == 200
