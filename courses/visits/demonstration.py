"""Visits of the demonstration cohort: hosts that do not exist, one visit today, some over, one whose host still waits to hear."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Sequence
from random import Random
from typing import Any

import sqlalchemy as sa
from PIL import Image, ImageDraw

from courses.base import LEAD_VISITS, plugin
from courses.visits import album, attendance, codes, consents, pages, queries, services
from courses.visits.attendance import Mark
from courses.visits.models import ConsentForm, ConsentKind, PhotoShows, Relation, Visit, VisitMember, VisitState, Witness
from lms.api import Actor, Cohort, Enrolment, at, cohorts_for, db, load_actor, local_day, utcnow

HOSTS = (
    ("Puskesmas contoh Muara Telang", "Kepala tata usaha", "Ruang tunggu; tidak ke ruang periksa. Tidak bertanya tentang penyakit."),
    ("Kantor Desa contoh Tepian Jaya", "Sekretaris desa", "Tidak bertanya tentang utang. Tidak masuk ke rumah tanpa tuan rumah."),
    ("Dermaga contoh Sungai Raya", "Penjaga dermaga", "Tidak memotret muatan dan surat. Tidak menahan orang yang akan berangkat."),
    ("Sekolah contoh Harapan Hulu", "Wakil kepala sekolah", "Tidak mewawancarai anak. Tidak memotret anak."),
)
RISKS = "Sungai naik setelah hujan: pakai pelampung, pulang sebelum pukul 15.00.\nJalan licin: berjalan berdua."
TOLD = "Papan syarat dibaca dengan suara keras setiap pagi, dan ada bangku untuk yang menunggu perahu. Surat terima kasih sudah diantar."
MINUTES = {
    "surprise": "Orang menunggu perahu lebih lama daripada menunggu loket.",
    "works": "Penjaga dermaga menuliskan jam perahu dengan huruf besar.",
    "next": "Syarat yang paling sering kurang ditulis besar di dekat pintu.",
}


@plugin.cohort_demonstration
def visits(cohort_id: int) -> None:
    """Make a visit today for the first learner's group, and one over for each other group."""
    cohort = db.session.get_one(Cohort, cohort_id)
    activities = pages.activities_of(cohort)
    leader = _leader(cohort)
    if not activities or leader is None:
        return
    chance, now = Random(cohort_id), utcnow()  # noqa: S311 - invented people
    groups = db.session.scalars(queries.groups_of(cohort_id)).all()
    for number, group in enumerate(groups):
        starts_at = now.replace(minute=0, second=0, microsecond=0) - dt.timedelta(hours=1, days=(0, 18, 20, 24)[number % 4])
        visit = _plan(leader, cohort, next(iter(activities)), number, starts_at)
        for row in db.session.execute(queries.without_visit(visit, group.id).order_by(None).order_by(Enrolment.id)).all()[:5]:
            role = services.ROLE_ORDER[len(db.session.scalars(_members(visit)).all())]
            services.add_member(actor=leader, visit=visit, enrolment_id=row.id, role=role)
        services.change_state(actor=leader, visit=visit, state=VisitState.CONFIRMED)
        if number:
            _took_place(leader, visit, cohort, chance, told=number == 1)


def _members(visit: Visit) -> sa.Select[VisitMember]:
    return sa.select(VisitMember).where(VisitMember.visit_id == visit.id).order_by(VisitMember.seat)


def _leader(cohort: Cohort) -> Actor | None:
    """Return somebody who leads visits of the cohort: the instructor who answers for those without a group."""
    found = load_actor(cohort.assessor_id, local_day(utcnow(), cohort.time_zone)) if cohort.assessor_id else None
    may = found and db.session.scalar(sa.select(Cohort.id).where(Cohort.id == cohort.id, cohorts_for(found, LEAD_VISITS)))
    return found if may else None


def _plan(leader: Actor, cohort: Cohort, place: str, number: int, starts_at: dt.datetime) -> Visit:
    host, contact, limits = HOSTS[number % len(HOSTS)]
    module_id, _slash, key = place.partition("/")
    day = local_day(starts_at, cohort.time_zone)
    sheet = {
        "schedule_entry_id": None,
        "host": host,
        "contact_role": contact,
        "contact_phone": f"0800 0000 10{number}",
        "purpose": "Melihat layanan dari bangku warga. Mendengar, tidak mendata, tidak menjanjikan bantuan.",
        "limits": limits,
        "agreement": f"00{number + 1}/CONTOH/{day.year}",
        "agreed_on": day - dt.timedelta(days=9),
        "meeting_point": "Tangga dermaga lama, Muara Telang",
        "starts_at": starts_at,
        "ends_at": starts_at + dt.timedelta(hours=4),
        "transport": "Perahu desa, sekitar 40 menit. Pelampung tersedia.",
        "language_help": "Melayu dan Dayak; pendamping setempat menerjemahkan",
        "risks": RISKS,
        "clinic": "Pustu contoh, 10 menit dengan perahu",
        "clinic_phone": "0800 0000 201",
        "emergency_phone": "112",
        "escort": "Ketua RT contoh",
        "escort_phone": "0800 0000 202",
        "support": "Layanan dukungan pegawai (contoh)",
        "support_phone": "0800 0000 203",
        "tell_by": None,
    }
    with at(starts_at - dt.timedelta(days=10)):
        return services.save_visit(actor=leader, cohort=cohort, visit=None, module_id=int(module_id), activity_key=key, sheet=sheet)


def _took_place(leader: Actor, visit: Visit, cohort: Cohort, chance: Random, *, told: bool) -> None:
    """Let members and the facilitator check in, one of them by the list; ask for two consents; talk, and perhaps tell the host."""
    moment = visit.starts_at + dt.timedelta(minutes=20)
    members = db.session.scalars(_members(visit)).all()
    with at(moment):
        for member in members:
            _check_in(leader, visit, member, moment, chance)
        _consents(visit, members, cohort, chance)
    with at(visit.ends_at):
        services.change_state(actor=leader, visit=visit, state=VisitState.DONE)
        services.keep_debrief(actor=leader, visit=visit, minutes=MINUTES)
    if told:
        day = local_day(visit.ends_at, cohort.time_zone) + dt.timedelta(days=6)
        with at(visit.ends_at + dt.timedelta(days=6)):
            services.tell_back(actor=leader, visit=visit, told=TOLD, told_by="Fasilitator, lewat surat", told_on=day)


def _check_in(leader: Actor, visit: Visit, member: VisitMember, moment: dt.datetime, chance: Random) -> None:
    code = codes.code_at(visit.secret, visit.id, codes.step_of(moment))
    if member.seat == 5:  # a phone without power: the signed list says so
        attendance.take_paper(actor=leader, visit=visit, member_ids=[member.id], moment=moment)
        return
    taken = attendance.take_check_in(actor=_actor(member, moment), visit_id=visit.id, code=code, answer="", moment=moment)
    if chance.random() < 0.9:  # else only one side has been heard of so far
        attendance.take_roll(actor=leader, visit_id=visit.id, marks=[Mark(member.id, taken.answer, moment)])


def _actor(member: VisitMember, moment: dt.datetime) -> Actor:
    return load_actor(db.session.get_one(Enrolment, member.enrolment_id).user_id, moment.date())


def _consents(visit: Visit, members: Sequence[VisitMember], cohort: Cohort, chance: Random) -> None:
    """Write down a consent to notes and one to photos without a face, and add a photo under it."""
    if not members:
        return
    author, day = _actor(members[0], visit.starts_at), local_day(visit.starts_at, cohort.time_zone)
    shared: dict[str, Any] = {"actor": author, "visit": visit, "given_on": day, "form": ConsentForm.ORAL_WITNESSED, "language": "melayu"}
    for number, kind in enumerate((ConsentKind.NOTES, ConsentKind.PHOTO_WITHOUT_FACE), start=1):
        consents.record_consent(
            **shared,
            consent_id=_id(chance),
            kind=kind,
            relation=Relation.SELF,
            witness=Witness.ESCORT,
            paper_number=f"KJ-{number}/{visit.starts_at:%m}",
        )
    consent_id = db.session.scalars(queries.consents_of(visit.id)).all()[-1].id
    album.add_photo(actor=author, visit_id=visit.id, photo_id=_id(chance), consent_id=consent_id, shows=PhotoShows.NO_FACE, data=_drawing())


def _id(chance: Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def _drawing() -> bytes:
    """Return a picture of a jetty, a river and a bench, drawn, as no camera took it."""
    picture = Image.new("RGB", (960, 640), (214, 228, 222))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 360, 960, 640), fill=(92, 138, 150))
    for place in range(0, 960, 120):
        pen.rectangle((place, 330, place + 96, 372), fill=(132, 104, 74))
    pen.rectangle((300, 250, 660, 272), fill=(94, 70, 48))
    pen.rectangle((330, 272, 350, 332), fill=(94, 70, 48))
    pen.rectangle((610, 272, 630, 332), fill=(94, 70, 48))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
