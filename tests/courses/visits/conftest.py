"""A cohort with a field visit, who leads it, and members."""

import datetime as dt
import uuid
from types import SimpleNamespace

import pytest

from courses.visits import consents, services
from courses.visits.models import ConsentForm, ConsentKind, Relation, Witness
from lms.db import at, commit
from lms.people.access import load_actor

TODAY = dt.date(2026, 11, 21)
START = dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC)  # nine o'clock in Pontianak
PROMPT = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
VISIT = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": PROMPT, "questions": []}
SHEET = {
    "schedule_entry_id": None,
    "host": "Puskesmas contoh",
    "contact_role": "Kepala tata usaha",
    "contact_phone": "0800 1",
    "purpose": "Mendengar.",
    "limits": "Tidak ke ruang periksa.",
    "agreement": "1/CONTOH",
    "agreed_on": dt.date(2026, 11, 1),
    "meeting_point": "Dermaga",
    "starts_at": START,
    "ends_at": START + dt.timedelta(hours=3),
    "transport": "",
    "language_help": "",
    "risks": "",
    "clinic": "Pustu",
    "clinic_phone": "0800 2",
    "emergency_phone": "112",
    "escort": "Ketua RT",
    "escort_phone": "0800 3",
    "support": "Layanan",
    "support_phone": "0800 4",
    "tell_by": None,
}


@pytest.fixture(autouse=True)
def _morning(app):
    with at(START):
        yield


@pytest.fixture
def trip(make_user, make_module, make_cohort, make_enrolment):
    """Return a function that makes a visit with so many members: `trip(3)`; `trip(3, rule="attended")` sets the activity's rule."""

    def make(number=2, *, rule=None, again=None):
        if again:
            cohort, module, instructor = again.cohort, again.module, again.instructor
        else:
            module = make_module({"type": "field_visit", "key": "kunjungan", "settings": VISIT, "rule": rule})
            instructor = make_user("Pembimbing")
            cohort = make_cohort(module, assessor=instructor)
        leader = load_actor(instructor.id, TODAY)
        place = {"module_id": module.id, "activity_key": "kunjungan"}
        visit = services.save_visit(actor=leader, cohort=cohort, visit=None, **place, sheet=SHEET)
        people, members = [], []
        for seat in range(number):
            person = make_user(f"Peserta {seat}")
            enrolment = make_enrolment(cohort, person)
            people.append(person)
            members.append(services.add_member(actor=leader, visit=visit, enrolment_id=enrolment.id, role=services.ROLE_ORDER[seat % 5]))
        commit()
        return SimpleNamespace(
            visit=visit,
            members=members,
            people=people,
            actors=[load_actor(person.id, TODAY) for person in people],
            leader=leader,
            instructor=instructor,
            cohort=cohort,
            module=module,
            url=f"/visits/{visit.id}",
            led=f"/cohorts/{cohort.id}/visits/{visit.id}",
        )

    return make


@pytest.fixture
def ask(app):
    """Return a function that writes down a consent for a visit: `ask(trip, kind)`."""

    def make(trip, kind=ConsentKind.PHOTO_WITHOUT_FACE, number="KJ-1", relation=Relation.SELF, **values):
        found = consents.record_consent(
            actor=trip.actors[0],
            visit=trip.visit,
            **{
                "consent_id": uuid.uuid4(),
                "kind": kind,
                "relation": relation,
                "witness": Witness.ESCORT,
                "form": ConsentForm.ORAL_WITNESSED,
                "paper_number": number,
                "language": "melayu",
                "given_on": TODAY,
                **values,
            },
        )
        commit()
        return found

    return make
