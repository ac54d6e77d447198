"""Every kind of person around one cohort, and one of each thing that an address can name."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from PIL import Image
from support import decide, hostile, kinds, meetings, notices, offices, peers, reviewing, supervision
from support.credentials import certify
from support.enrolment import enrolment
from support.guiding import guide
from support.lists import csv_bytes
from support.writers import version_of

from courses.bringing import services as bringing
from courses.entries.models import Entry
from courses.starters import services as starters
from courses.visits import album, consents
from courses.visits import services as visits
from courses.visits.models import ConsentForm, ConsentKind, PhotoShows, Relation, VisitRole, Witness
from lms.attempts.models import Attempt
from lms.cohorts import uploads
from lms.db import at, commit, db
from lms.jobs.models import Job, JobState
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, Enrolment, Group, Module, ScheduleEntry, ScheduleKind
from lms.people import services as people
from lms.people.access import load_actor
from lms.people.models import User
from lms.people.roles import Role, ScopeKind
from lms.privacy import glass
from lms.privacy.models import Ground
from lms.registry import file_store
from lms.support import services as support
from media.uploads import services as resumable
from quizzes.attempts.models import Accommodation, Upload
from quizzes.bank import imports
from quizzes.items import services as items
from quizzes.items.models import BankItem, ItemVersion
from quizzes.marking.models import Comment, Regrade
from quizzes.statistics import services as statistics
from quizzes.statistics.services import Marked

TODAY = dt.date(2026, 11, 21)

NOBODY = "nobody signed in"
LEARNER, OTHER_LEARNER = "learner of the cohort", "learner of another cohort"
INSTRUCTOR, OTHER_INSTRUCTOR = "instructor of the cohort", "instructor elsewhere"
WRITER, SITE_INSTRUCTOR = "instructor of the module", "instructor of the whole site"
SUPERVISOR, OTHER_SUPERVISOR = "supervisor of the person", "supervisor elsewhere"
ORGANIZER, OTHER_ORGANIZER = "organizer of the unit", "organizer elsewhere"
COACH, OTHER_COACH = "coach of the person", "coach elsewhere"
ADMIN = "administrator"
DPO, COUNSELLOR = "data protection officer", "counsellor"
FORMER = "had every role until yesterday"

ROLES = {
    NOBODY: None,
    LEARNER: "learner",
    OTHER_LEARNER: "learner",
    INSTRUCTOR: "instructor",
    OTHER_INSTRUCTOR: "instructor",
    WRITER: "instructor",
    SITE_INSTRUCTOR: "instructor",
    SUPERVISOR: "supervisor",
    OTHER_SUPERVISOR: "supervisor",
    ORGANIZER: "organizer",
    OTHER_ORGANIZER: "organizer",
    COACH: "coach",
    OTHER_COACH: "coach",
    ADMIN: "administrator",
    DPO: "data protection officer",
    COUNSELLOR: "counsellor",
    FORMER: "learner",
}


PDF = b"%PDF-1.4\n%%EOF\n"
FILE = {"key": "berkas", "kind": "file_upload", "stem": "?", "types": ["pdf"]}


@dataclass
class World:
    """A cohort A with one of each thing that an address can name, a cohort B, and every kind of person."""

    people: dict[str, User]
    values: dict[str, Any]
    special: dict[str, dict[str, Any]]
    forms: dict[str, dict[str, Any]]
    queries: dict[str, str] = field(default_factory=dict)

    def url(self, rule: Any) -> str:
        """Return the address of a rule with the things of cohort A."""
        values = {**self.values, **self.special.get(rule.endpoint, {})}
        path = rule.build({name: values[name] for name in rule.arguments})[1]
        return path + self.queries.get(rule.rule, "")


def build(client, make_user, make_unit, make_module, make_cohort, make_enrolment):
    """Return the world; what the learner has in it was made through the pages."""
    unit, elsewhere = make_unit("Dinas Kesehatan"), make_unit("Dinas Pertanian")
    instructor, other = make_user("Pengajar", unit_id=unit.id), make_user("Pengajar lain", unit_id=elsewhere.id)
    module, module_b = make_module(*_activities(), key="modul-a"), make_module(key="modul-b", owner=other)
    cohort, cohort_b = make_cohort(module, unit=unit, assessor=instructor), make_cohort(module_b, unit=elsewhere, assessor=other)
    folk = {
        LEARNER: make_user("Peserta", unit_id=unit.id),
        OTHER_LEARNER: make_user("Peserta lain", unit_id=elsewhere.id),
        INSTRUCTOR: instructor,
        OTHER_INSTRUCTOR: other,
        WRITER: make_user("Penulis", roles=[("instructor", "module", module.id)]),
        SITE_INSTRUCTOR: make_user("Pengajar situs", roles=["instructor"]),
        SUPERVISOR: make_user("Atasan", roles=[("supervisor", "unit", unit.id), ("supervisor", "cohort", cohort.id)]),
        OTHER_SUPERVISOR: make_user("Atasan lain", roles=[("supervisor", "unit", elsewhere.id)]),
        ORGANIZER: make_user("Panitia", roles=[("organizer", "unit", unit.id)]),
        OTHER_ORGANIZER: make_user("Panitia lain", roles=[("organizer", "unit", elsewhere.id)]),
        COACH: make_user("Pembina", roles=[("coach", "cohort", cohort.id)]),
        OTHER_COACH: make_user("Pembina lain", roles=[("coach", "cohort", cohort_b.id)]),
        ADMIN: make_user("Admin", roles=["admin"]),
        DPO: make_user("Pejabat Data", roles=["dpo"]),
        COUNSELLOR: make_user("Konselor", roles=["counsellor"]),
        FORMER: make_user("Dahulu"),
    }
    make_enrolment(cohort, folk[LEARNER])
    make_enrolment(cohort_b, folk[OTHER_LEARNER])
    _former(folk[FORMER], make_enrolment(cohort, folk[FORMER]), cohort, unit, module)
    world = World(folk, {"report_key": "progress"}, {}, {})
    colleague = make_user("Rekan", unit_id=unit.id)
    _things(world, cohort, module, unit, make_enrolment(cohort, colleague))
    _learn(world, client.as_(folk[LEARNER]), cohort, module)
    kinds.take_part(world, client.as_(folk[LEARNER]), f"/learn/{cohort.id}/{module.key}")
    _visit(world, cohort, module)
    _journals(world, client.as_(colleague), cohort, module, make_user("Pengajar kedua"))
    learning.publish(actor_id=None, module=_changed(module))
    _quizzes(world, cohort, module, module_b)
    _emergency(world)
    guide(world)
    enrolment(world, cohort, folk[ORGANIZER], make_user("Peminat"))
    world.values |= decide.things(load_actor(folk[ORGANIZER].id, TODAY), cohort, world.values["enrolment_id"])
    certify(world, cohort, folk[LEARNER], folk[ORGANIZER], TODAY)
    notices.tell_something(world, folk[LEARNER], unit)
    reviewing.review(world, module, folk[SITE_INSTRUCTOR], folk[WRITER], TODAY)
    commit()
    return world


def _visit(world: World, cohort: Cohort, module: Module) -> None:
    """Let the learner go on a visit, ask for a consent and add a photo."""
    leader, learner = (load_actor(world.people[who].id, TODAY) for who in (INSTRUCTOR, LEARNER))
    noon = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
    sheet = dict.fromkeys(visits.SHEET, "") | {"host": "Puskesmas", "starts_at": noon, "ends_at": noon + dt.timedelta(hours=2)}
    sheet |= {"schedule_entry_id": None, "agreed_on": None, "tell_by": None}
    place = {"module_id": module.id, "activity_key": "kunjungan"}
    visit = visits.save_visit(actor=leader, cohort=cohort, visit=None, **place, sheet=sheet)
    enrolment = db.session.scalars(sa.select(Enrolment.id).where(Enrolment.user_id == learner.id, Enrolment.cohort_id == cohort.id)).one()
    member = visits.add_member(actor=leader, visit=visit, enrolment_id=enrolment, role=VisitRole.OBSERVER)
    asked = {"kind": ConsentKind.PHOTO_WITHOUT_FACE, "relation": Relation.SELF, "witness": Witness.ESCORT, "form": ConsentForm.WRITTEN}
    consent = consents.record_consent(
        actor=learner, visit=visit, consent_id=uuid.uuid4(), **asked, paper_number="K-1", language="melayu", given_on=TODAY
    )
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    with at(noon):
        photo = album.add_photo(
            actor=learner,
            visit_id=visit.id,
            photo_id=uuid.uuid4(),
            consent_id=consent.id,
            shows=PhotoShows.NO_FACE,
            data=picture.getvalue(),
        )
    world.values |= {"visit_id": visit.id, "member_id": member.id, "photo_id": photo.id}
    world.forms["courses.withdraw_consent"] = {"paper_number": "K-1"}


def _emergency(world: World) -> None:
    """Let the data protection officer ask for the learner's journal, and the counsellor approve; and keep a support service."""
    asker, second = (load_actor(world.people[who].id, TODAY) for who in (DPO, COUNSELLOR))
    author, code = str(world.people[LEARNER].email), db.session.get_one(Entry, world.values["entry_id"]).code
    row = glass.ask(actor=asker, author=author, reference=code, ground=Ground.LIFE, case_number="DPO/2026/1")
    glass.decide(actor=second, request=row, approve=True)
    service = support.save(
        actor=load_actor(world.people[ADMIN].id, TODAY),
        service=None,
        values={**dict.fromkeys(support.FIELDS, ""), "name": "Konseling", "position": 9, "checked_on": None},
    )
    world.values |= {"request_id": row.id, "service_id": service.id, "code": "en"}
    world.special["privacy.destroy"] = {"user_id": world.people[OTHER_LEARNER].id}


def _quizzes(world: World, cohort: Cohort, module: Module, other: Module) -> None:
    """Name the things of quizzes: items, attempts that were handed in, files, an import, a regrade, a kept sentence, conditions."""
    handed_in = db.session.scalars(sa.select(Attempt.id).where(Attempt.activity_key == "ujian")).one()
    item = db.session.scalars(sa.select(BankItem).where(BankItem.module_id == module.id, BankItem.key == "esai")).one()
    (shared,) = items.store_items(module_id=other.id, owner_id=None, rows=[{"key": "b", "kind": "essay", "stem": "?"}], files={})
    shared.shared = True
    version = db.session.scalars(sa.select(ItemVersion).where(ItemVersion.item_id == item.id)).one()
    marked = Marked(item.id, version.id, "essay", version.data, {"text": "Ya."}, 1.0, 1.0, 30)
    for _learner in range(6):
        statistics.count(module_id=module.id, activity_key="ujian", first=True, items=[marked])
    place = {"cohort_id": cohort.id, "module_id": module.id, "activity_key": "ujian"}
    regrade = Regrade(**place, choice={}, reason="Kunci keliru")
    comment = Comment(owner_id=world.people[INSTRUCTOR].id, text="Sebutkan satu contoh.")
    conditions = Accommodation(**place, minutes=90, reason="Ruang bersama")
    db.session.add_all([regrade, comment, conditions])
    writer = load_actor(world.people[WRITER].id, TODAY)
    pasted = imports.read_file(actor=writer, module=module, data=b"::x:: Satu? {T}", name="soal.gift")
    pasted.pictures = {"titik.png": "iVBORw0KGgo="}
    db.session.flush()
    exam = {"activity_key": "ujian", "attempt_id": handed_in, "slot": 1}
    brought = bringing.read_document(actor=writer, data=offices.word(offices.handout), name="bahan.docx")
    lesson = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == "bacaan")).one()
    starter = starters.save(actor=writer, module=module, activity=lesson, title="Bacaan", shared=False)
    world.special["courses.studio_brought_picture"] = {"name": "gambar-1.png"}
    world.values |= {
        "brought_id": brought.id,
        "starter_id": starter.id,
        "item_id": item.id,
        "slot": 1,
        "upload_id": db.session.scalars(sa.select(Upload.id)).one(),
        "comment_id": comment.id,
        "regrade_id": regrade.id,
        "import_id": pasted.id,
        "conflict_id": "0" * 16,
    }
    world.special |= {
        f"quizzes.{name}": exam
        for name in (
            "attempts",
            "attempts_csv",
            "attempt",
            "count_answer",
            "change_mark",
            "reopen",
            "mark_item",
            "markers_agree",
            "second_opinion",
            "regrade",
            "do_regrade",
            "regrade_run",
            "conditions",
            "end_conditions",
            "statistics",
            "statistics_item",
        )
    }
    world.special |= {"quizzes.bank_shared": {"item_id": shared.id}, "quizzes.bank_import_picture": {"name": "titik.png"}}
    world.forms["quizzes.end_conditions"] = {"id": conditions.id}
    world.forms["quizzes.bank_restore"] = {"number": 1}


def _activities():
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    options = [{"text": "Ya", "correct": True, "rationale": "Betul."}, {"text": "Tidak", "rationale": "Keliru."}]
    anchors = [{"text": "Kami datang, lalu pulang.", "level": 1, "why": "Urutan kejadian saja."}]
    visit = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": prompt, "questions": []}
    return [
        {"type": "lesson", "key": "bacaan", "settings": {"source": "Halo."}},
        {"type": "field_visit", "key": "kunjungan", "settings": visit},
        {"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": prompt, "anchors": anchors}},
        {
            "type": "assignment",
            "key": "tugas",
            "settings": {"brief": "Tulis.", "parts": [{"key": "isi", "title": "Isi", "prompt": "?"}], **peers.SETTINGS},
        },
        {"type": "quiz", "key": "kuis", "settings": {"items": [{"key": "a", "kind": "single_choice", "stem": "?", "options": options}]}},
        {"type": "quiz", "key": "ujian", "settings": {"items": [{"key": "esai", "kind": "essay", "stem": "?"}, FILE]}},
        *kinds.ACTIVITIES,
    ]


def _former(person: User, enrolment: Any, cohort: Cohort, unit: Any, module: Module) -> None:
    """Give somebody every role on all that the addresses name, until yesterday, and let them leave the cohort."""
    yesterday = TODAY - dt.timedelta(days=1)
    held = [
        (Role.INSTRUCTOR, ScopeKind.COHORT, cohort.id),
        (Role.INSTRUCTOR, ScopeKind.MODULE, module.id),
        (Role.ORGANIZER, ScopeKind.UNIT, unit.id),
        (Role.SUPERVISOR, ScopeKind.UNIT, unit.id),
        (Role.ADMIN, ScopeKind.SITE, 0),
        (Role.DPO, ScopeKind.SITE, 0),
        (Role.COUNSELLOR, ScopeKind.SITE, 0),
    ]
    since = dt.date(2020, 1, 1)
    for role, kind, number in held:
        people.grant_role(actor_id=None, user_id=person.id, role=role, kind=kind, scope_id=number, valid_from=since, valid_to=yesterday)
    learning.withdraw(actor=load_actor(person.id, TODAY), enrolment=enrolment)
    commit()


def _things(world: World, cohort: Cohort, module: Module, unit: Any, colleague: Any) -> None:
    """Make what addresses name beside what learners make; a colleague is who organizers and administrators act on."""
    made = dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC)
    meeting = ScheduleEntry(
        cohort_id=cohort.id, kind=ScheduleKind.ONLINE, title="Sesi", place="", starts_at=made, ends_at=made + dt.timedelta(hours=2)
    )
    group = Group(cohort_id=cohort.id, name="Kelompok 2", position=2)
    job = Job(task="lms.messages.send", arguments={}, state=JobState.FAILED)
    db.session.add_all([meeting, group, job])
    people.add_alias(actor=load_actor(world.people[ADMIN].id, TODAY), unit=unit, alias="Dinkes")
    people.report_to(actor_id=None, user_id=colleague.user_id, supervisor_id=world.people[SUPERVISOR].id, since=cohort.starts_on)
    grant = people.grant_role(
        actor_id=None, user_id=colleague.user_id, role=Role.INSTRUCTOR, kind=ScopeKind.COHORT, scope_id=cohort.id, valid_from=TODAY
    )
    picture = file_store().save(hostile.picture(), "titik.png", owner_id=None)
    module.files = {"figures/titik.png": picture}
    db.session.flush()
    organizer = load_actor(world.people[ORGANIZER].id, TODAY)
    world.values |= {
        "cohort_id": cohort.id,
        "module_id": module.id,
        "module_key": module.key,
        "activity_key": "bacaan",
        "version_id": version_of(module),
        "enrolment_id": colleague.id,
        "user_id": colleague.user_id,
        "grant_id": grant.id,
        "group_id": group.id,
        "unit_id": unit.id,
        "job_id": job.id,
        "token": uploads.keep_upload(actor=organizer, cohort=cohort, data=csv_bytes([["Nama", "Email"], ["Ani", "bukan alamat"]])),
        "kind": "csv",
        "digest": picture.rpartition("/")[2].partition(".")[0],
        "suffix": "png",
        "transfer_id": resumable.begin(actor=load_actor(world.people[WRITER].id, TODAY), name="titik.png", size=9).id,
        "bundle": "lms",
        "name": "app.css",
        "version": "0",
    }
    meetings.name_things(world, meeting, colleague)
    supervision.fill(world, world.people[SUPERVISOR], colleague.user_id, cohort, unit)
    commit()


def _learn(world: World, browser: Any, cohort: Cohort, module: Module) -> None:
    """Hand in a journal and an assignment, begin a visit and a quiz."""
    at_ = f"/learn/{cohort.id}/{module.key}"
    assert browser.post(f"{at_}/jurnal/hand-in", data={"text-apa": "Satu kata."}).status_code == 302
    assert browser.post(f"{at_}/kunjungan/draft", data={"text-apa": "Catatan."}).status_code == 302
    assert browser.post(f"{at_}/tugas", data={"part-isi": "Isi."}).status_code == 302
    assert browser.post(f"/quizzes/start/{cohort.id}/{module.key}/kuis").status_code == 302
    attempt = db.session.scalars(sa.select(Attempt).where(Attempt.activity_key == "kuis")).one()
    exam = browser.post(f"/quizzes/start/{cohort.id}/{module.key}/ujian").headers["Location"]
    answers = {"slot": [1, 2], "q1-text": "Saya mendengarkan.", "q2-files": (io.BytesIO(PDF), "foto.pdf")}
    assert browser.post(f"{exam}/answer", data=answers, content_type="multipart/form-data").status_code == 302
    assert browser.post(f"{exam}/hand-in").status_code == 302
    handed_in = db.session.scalars(sa.select(Attempt.id).where(Attempt.activity_key == "tugas")).one()
    world.values |= {
        "attempt_id": attempt.id,
        "entry_id": db.session.scalars(sa.select(Entry.id).where(Entry.activity_key == "jurnal")).one(),
    }
    world.special |= {
        "courses.take_answer": {"activity_key": "tugas"},
        "courses.mark_assignment": {"attempt_id": handed_in},
        "courses.save_draft": {"activity_key": "kunjungan"},
        "courses.hand_in": {"activity_key": "kunjungan"},
        "courses.tick": {"activity_key": "kunjungan"},
        "courses.history": {"activity_key": "kunjungan"},
        "courses.revise": {"activity_key": "jurnal"},
        "quizzes.begin": {"activity_key": "kuis"},
    }
    peers.review(world, world.people[LEARNER], handed_in)
    # What names its object in the form and not in the address.
    world.forms |= {
        "media.use_file": {"module": module.key},
        "cohorts.move": {"revision": "2"},
        "courses.remember": {"module": module.key, "activity": "bacaan"},
        "quizzes.answer": {"slot": 1, "q1-choice": "a"},
        "quizzes.conditions": {"whom": "cohort", "reason": "Listrik padam", "minutes": "30"},
    }


def _journals(world: World, browser: Any, cohort: Cohort, module: Module, assessor: User) -> None:
    """Hand in a journal that somebody else answers, so that the instructor of the cohort is asked for a second opinion."""
    url = f"/learn/{cohort.id}/{module.key}/jurnal/hand-in"
    assert browser.post(url, data={"text-apa": "Kata lain."}).status_code == 302
    entry = db.session.scalars(sa.select(Entry).where(Entry.activity_key == "jurnal", Entry.id != world.values["entry_id"])).one()
    entry.assessor_id = assessor.id
    world.values |= {"year": cohort.year, "ending": "html"}
    jurnal = {"activity_key": "jurnal"}
    world.special |= {"courses.second_opinion_on": {"entry_id": entry.id}}
    world.special |= {f"courses.{name}": jurnal for name in ("levels_agree", "change_audience", "from_my_group", "pass_on")}
    world.forms["courses.change_audience"] = {"version": "1", "section": "apa", "audience": "group"}
    commit()


def _changed(module: Module) -> Module:
    """Let the draft differ from its revision, so that there is something to publish and to move a cohort to."""
    module.about = {**module.about, "title": {"id": "Modul baru", "en": "New module"}}
    db.session.flush()
    return module
