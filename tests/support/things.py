"""What the addresses of a demonstration name, so that every page of it can be asked for."""

import datetime as dt

import sqlalchemy as sa
from support import forks, kinds, offices
from support.forms import form_of
from support.lists import csv_bytes

from courses.bringing import services as bringing
from courses.entries.models import Entry
from courses.forks import services as copies
from courses.peers.models import PeerReview
from courses.reviews import services as reviews
from courses.reviews.models import Reviewer
from courses.studio.models import DraftVersion
from courses.visits.models import Photo, Visit, VisitMember
from lms.attempts.models import Attempt
from lms.cohorts import uploads
from lms.cohorts.models import CohortImport
from lms.credentials.models import Certificate, CertificateTemplate
from lms.db import db, utcnow
from lms.decisions.models import Minutes
from lms.demo import services as demo
from lms.jobs import batches
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, Enrolment, Group, Module, ScheduleEntry
from lms.messages.services import stop_token
from lms.people.access import load_actor
from lms.people.models import Unit, User
from lms.privacy import glass
from lms.privacy.models import Ground
from lms.registry import activity_type
from lms.reports.catalogue import REPORTS
from lms.supervision.models import ExportSchedule
from lms.support import services as support
from lms.testing.client import Client
from quizzes.api import KINDS
from quizzes.bank import imports
from quizzes.items.models import BankItem, ItemUse
from quizzes.marking.models import Regrade

QUESTIONS = "\n\n".join(
    f"::Soal {number}:: Di mana warga nomor {number} mengantre? {{=Loket 1#Ya. ~Loket 2#Bukan.}}" for number in range(30)
)
ESSAY, WRITTEN, UNTOUCHED = "uraian", "tulisan", "salinan-sama"
PEERS = {
    "peer_reviews": 3,
    "samples": [{"key": "contoh", "text": "Samar saja.", "marks": [{"criterion": "jelas", "level": 1, "why": "Tidak ada kabarnya."}]}],
}


def person(name):
    """Return an account of the demonstration."""
    return db.session.scalars(sa.select(User).where(User.email == f"{name}@{demo.DOMAIN}")).one()


def browser_of(app, name):
    """Return a browser in which it is signed in."""
    return Client(app).as_(person(name))


def things_of(site):
    """Return values for the arguments of addresses: a running quiz, a list to import, a module with a newer revision."""
    cohort, organizer = db.session.scalars(sa.select(Cohort).where(Cohort.number == 3)).one(), person("organizer")
    learner = db.session.scalars(sa.select(Enrolment).where(Enrolment.user_id == person("learner").id)).one()
    module = db.session.scalars(sa.select(Module).where(Module.key == "empati")).one()
    module.about = {**module.about, "summary": {"id": "Lain.", "en": "Other."}}
    kinds.add_to(module)
    _essay(cohort, module)
    posts = kinds.rehearse_in(cohort, module, learner.id)
    module.about = {**module.about, "summary": {"id": "Lagi.", "en": "Again."}}
    rows = [["Nama", "Email"], *([f"Orang {number}", f"orang{number}@example.test"] for number in range(60))]
    token = uploads.keep_upload(actor=load_actor(organizer.id, cohort.starts_on), cohort=cohort, data=csv_bytes(rows))
    db.session.commit()
    assert browser_of(site, "learner").post(f"/quizzes/start/{cohort.id}/empati/kuis-akhir").status_code == 302
    entries = db.session.scalars(sa.select(Entry.id).where(Entry.assessor_id == person("instructor").id).limit(2)).all()
    mine = sa.select(Attempt.id).where(Attempt.enrolment_id == learner.id, Attempt.activity_key.in_(["kuis-akhir", "catatan-kerja-ai"]))
    author = load_actor(person("instructor").id, cohort.starts_on)
    pasted = imports.read_file(actor=author, module=module, data=QUESTIONS.encode(), name="soal.gift")
    brought = bringing.read_document(actor=author, data=offices.word(offices.handout), name="bahan.docx")
    asked = sa.select(BankItem).join(ItemUse, ItemUse.item_id == BankItem.id)
    own = db.session.scalars(asked.where(ItemUse.module_id == module.id, ItemUse.activity_key == "kuis-akhir").limit(1)).one()
    elsewhere = db.session.scalars(sa.select(BankItem).where(BankItem.module_id != module.id).limit(1)).one()
    elsewhere.shared = True
    url = browser_of(site, "learner").post(f"/quizzes/start/{cohort.id}/empati/{ESSAY}").location
    assert browser_of(site, "learner").post(f"{url}/answer", data={"slot": 1, "q1-text": "Kami duduk. " * 100}).status_code == 302
    assert browser_of(site, "learner").post(f"{url}/hand-in").status_code == 302
    assert browser_of(site, "learner").post("/learn/1/empati/kunjungan/draft", data={"text-catatan-kilat": "Ramai."}).status_code == 302
    written = db.session.scalars(sa.select(BankItem).where(BankItem.key == ESSAY)).one()
    edited = f"/studio/{module.key}/kunjungan"
    editor = browser_of(site, "instructor")
    assert editor.post(edited, data=form_of(editor.get(edited)) | {"minutes": "77"}).status_code == 302
    regrade = Regrade(cohort_id=cohort.id, module_id=module.id, activity_key="kuis-akhir", choice={str(own.id): "asked"}, reason="Kunci.")
    db.session.add(regrade)
    db.session.commit()
    _copied(author)
    reviewed, peers = _reviewed(module, author), _peers(site, cohort, module, learner)
    return {
        **_emergency(entries[0], cohort.starts_on),
        "schedule_id": [db.session.scalars(sa.select(ExportSchedule.id)).one()],
        "delegation_id": [1],
        "key": ["unit-1"],
        "batch_id": [batches.begin_batch(actor=load_actor(learner.user_id, cohort.starts_on), task="lms:tidy", title="Berkas", total=9).id],
        "import_id": [pasted.id],
        "brought_id": [brought.id],
        "item_id": [written.id, own.id, elsewhere.id],
        "regrade_id": [regrade.id],
        "cohort_id": [cohort.id],
        "course_id": [cohort.course_id],
        "minutes_id": db.session.scalars(sa.select(Minutes.id)).all(),
        "module_id": [module.id],
        "module_key": [module.key],
        "activity_key": ["kuis-akhir", ESSAY, "diskusi", "kunjungan", WRITTEN, "jurnal", "film", "survei"],
        "enrolment_id": [learner.id],
        "user_id": [organizer.id],
        "unit_id": db.session.scalars(sa.select(Unit.id).limit(1)).all(),
        "group_id": db.session.scalars(sa.select(Group.id).limit(1)).all(),
        "post_id": posts,
        "entry_id": [*entries, *db.session.scalars(sa.select(ScheduleEntry.id).limit(1))],
        "attempt_id": db.session.scalars(mine).all(),
        "token": [token],
        "list_id": db.session.scalars(sa.select(CohortImport.id)).all(),
        "kind": ["csv"],
        "version_id": db.session.scalars(sa.select(DraftVersion.id).where(DraftVersion.key == "kunjungan")).all(),
        "visit_id": db.session.scalars(sa.select(Visit.id)).all(),
        "member_id": db.session.scalars(sa.select(VisitMember.id).limit(1)).all(),
        "photo_id": db.session.scalars(sa.select(Photo.id).limit(1)).all(),
        "certificate_id": db.session.scalars(sa.select(Certificate.id).limit(2)).all(),
        "template_id": db.session.scalars(sa.select(CertificateTemplate.id)).all(),
        "digest": ["0" * 64],
        "proof": [stop_token(learner.user_id)],
        "suffix": ["svg"],
        "report_key": [report.key for report in REPORTS],
        **reviewed,
        **peers,
        "review_id": [*reviewed["review_id"], *peers["review_id"]],
    }


def _copied(author):
    """Let the instructor have two copies of a module whose original was changed: one in the same place, one nowhere."""
    upstream = db.session.scalars(sa.select(Module).where(Module.key == "literasi-ai")).one()
    lesson = db.session.scalars(sa.select(Activity.key).where(Activity.module_id == upstream.id, Activity.type == "lesson").limit(1)).one()
    copy = copies.copy_module(actor=author, upstream=upstream, key="salinan")
    copies.copy_module(actor=author, upstream=upstream, key=UNTOUCHED)
    db.session.commit()
    forks.write(copy, lesson, source="Kata kami.\n")
    forks.write(upstream, lesson, source="Kata mereka.\n")
    forks.republish(upstream)


def _reviewed(module, author):
    """Let the instructor ask a colleague and an expert about a module, and be asked too. Return what addresses name."""
    review = reviews.ask(actor=author, module=module, colleagues=[], note="Apakah jelas?")
    secret = reviews.make_link(actor=author, review=review, label="BPS")
    db.session.add(Reviewer(review_id=review.id, user_id=author.id))
    db.session.commit()
    return {"review_id": [review.id], "secret": [secret], "number": [1]}


def _emergency(entry_id, today):
    """Let the officer ask for an entry, the counsellor approve; let the site have support services of its own. Return what addresses name."""
    officer, counsellor, admin = (load_actor(person(name).id, today) for name in ("dpo", "counsellor", "admin"))
    author = db.session.scalars(sa.select(User.email).join(Entry, Entry.author_id == User.id).where(Entry.id == entry_id)).one()
    asked = glass.ask(
        actor=officer, author=author, reference=db.session.get_one(Entry, entry_id).code, ground=Ground.LIFE, case_number="DPO/2026/1"
    )
    glass.decide(actor=counsellor, request=asked, approve=True)
    support.begin(actor=admin)
    db.session.commit()
    return {"request_id": [asked.id], "service_id": [support.own()[0].id], "code": ["en"], "certificate_code": [_issued()]}


def _assignment(module):
    """Add an assignment that colleagues review to the module's draft."""
    kind, draft = activity_type("assignment"), learning.draft_of(module, WRITTEN)
    settings = kind.load({**kind.example, **PEERS}, draft)
    shared = {
        "title": "Tulisan",
        "section": module.about["sections"][0]["key"],
        "requires": [],
        "tags": [],
        "sources": [],
        "required": False,
    }
    kept = {"settings": kind.store(settings, draft), "prepared": kind.prepare(settings, draft)}
    db.session.add(Activity(module_id=module.id, key=WRITTEN, type="assignment", position=998, minutes=5, **shared, **kept))


def _peers(site, cohort, module, learner):
    """Let the learner and a colleague hand in and review one another; return what addresses of reviews name."""
    answer = {**activity_type("assignment").example_answer}
    assert browser_of(site, "learner").post(f"/learn/{cohort.id}/{module.key}/{WRITTEN}", data=answer).status_code == 302
    mine = db.session.scalars(sa.select(Attempt).where(Attempt.activity_key == WRITTEN)).one()
    colleague = db.session.scalars(
        sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort.id, Enrolment.id != learner.id).limit(1)
    ).one()
    where = {"module_id": module.id, "activity_key": WRITTEN, "revision_id": mine.revision_id, "number": 1, "variant": {}}
    theirs = Attempt(enrolment_id=colleague, **where, answer=answer, state=mine.state, submitted_at=mine.submitted_at)
    db.session.add(theirs)
    db.session.flush()
    held = {"held_until": utcnow() + dt.timedelta(days=3), "levels": {}, "text": "Jelas dan singkat."}
    received = PeerReview(attempt_id=mine.id, reviewer_id=colleague, **held, given_at=utcnow())
    written = PeerReview(attempt_id=theirs.id, reviewer_id=learner.id, **held)
    db.session.add_all([received, written])
    db.session.commit()
    return {"review_id": [received.id, written.id], "sample_key": ["contoh"]}


def _issued():
    """Return the code of a certificate."""
    return db.session.scalars(sa.select(Certificate.code).limit(1)).one()


def _essay(cohort, module):
    """Publish the module with one more quiz, which a person marks, and move the cohort to it."""
    kind, draft = activity_type("quiz"), learning.draft_of(module, ESSAY)
    settings = kind.load({"items": [{"key": ESSAY, **KINDS["essay"].example, "kind": "essay"}]}, draft)
    shared = {
        "title": "Uraian",
        "section": module.about["sections"][0]["key"],
        "requires": [],
        "tags": [],
        "sources": [],
        "required": False,
    }
    kept = {"settings": kind.store(settings, draft), "prepared": kind.prepare(settings, draft)}
    db.session.add(Activity(module_id=module.id, key=ESSAY, type="quiz", position=999, minutes=5, **shared, **kept))
    _assignment(module)
    db.session.flush()
    revision = learning.publish(actor_id=None, module=module)
    learning.move_cohort(actor=load_actor(person("organizer").id, cohort.starts_on), cohort=cohort, module_id=module.id, revision=revision)
