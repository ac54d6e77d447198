"""What being there gives follows the meeting: hours and parts that it gets later, and nothing once it is cancelled."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from lms.attendance import services
from lms.db import at, commit, db
from lms.errors import Refused
from lms.learning.models import Enrolment, ScheduleKind
from lms.progress import jp
from lms.progress.models import Evidence, EvidenceKind
from lms.schedule import services as schedule

from .conftest import STARTS

HOUR = dt.timedelta(hours=1)


def change(here, entry, **values):
    given = {
        "title": entry.title,
        "kind": ScheduleKind.CLASSROOM,
        "place": entry.place,
        "day": dt.date(2026, 11, 21),
        "begins": dt.time(8),
        "ends": dt.time(11),
        "jp": entry.jp,
    }
    schedule.save_meeting(actor=here.actor(here.organizer), cohort=here.cohort, entry=entry, **{**given, **values})


def note(here, entry, **states):
    marks = [services.Mark(getattr(here, name).id, state) for name, state in states.items()]
    services.note(actor=here.actor(here.organizer), entry=entry, marks=marks)


def hours(here):
    return [sum(item.recognized for item in jp.year_of(one.user_id, 2026)) for one in (here.ani, here.budi)]


def test_hours_that_come_later_reach_those_who_were_there(here, meeting):
    entry = meeting(here.cohort, jp=0)
    note(here, entry, ani="present", budi="absent")
    assert hours(here) == [0, 0]
    for count in (4, 6, 0, 3):
        change(here, entry, jp=Decimal(count))
        assert hours(here) == [count, 0]


def test_a_part_that_is_bound_later_has_its_evidence(here, make_module, make_cohort, make_enrolment, meeting):
    lens = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    visit = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": lens, "questions": []}
    parts = [{"type": "field_visit", "key": key, "settings": visit, "rule": "attended"} for key in ("satu", "dua")]
    module = make_module(*parts)
    cohort = make_cohort(module)
    there, away = make_enrolment(cohort), make_enrolment(cohort)
    entry = meeting(cohort)
    actor = here.actor(here.organizer)
    services.note(actor=actor, entry=entry, marks=[services.Mark(there.id, "present"), services.Mark(away.id, "absent")])
    for key in ("satu", "dua", "satu"):
        change(here._replace(cohort=cohort), entry, module_id=module.id, activity_key=key)
    kept = db.session.execute(sa.select(Evidence.enrolment_id, Evidence.activity_key).where(Evidence.kind == EvidenceKind.ATTENDED))
    assert sorted(tuple(row) for row in kept) == [(there.id, "dua"), (there.id, "satu")]


def test_a_meeting_that_is_cancelled_counts_for_nobody(here):
    note(here, here.entry, ani="present", budi="absent")
    schedule.cancel_meeting(actor=here.actor(here.organizer), cohort=here.cohort, entry=here.entry, reason="Listrik padam.")
    commit()
    assert hours(here) == [0, 0]
    db.session.expire_all()
    assert {(row.sessions_held, row.sessions_attended) for row in db.session.scalars(sa.select(Enrolment))} == {(0, 0)}


def test_a_meeting_that_is_over_is_not_cancelled_any_more(here):
    with at(STARTS + 4 * HOUR):
        with pytest.raises(Refused):
            schedule.cancel_meeting(actor=here.actor(here.organizer), cohort=here.cohort, entry=here.entry, reason="Terlambat.")
        page = f"/cohorts/{here.cohort.id}/schedule/{here.entry.id}/cancel"
        assert here.browser.post(page, data={"reason": "Terlambat sekali"}).status_code == 422
    assert here.entry.cancelled_at is None
