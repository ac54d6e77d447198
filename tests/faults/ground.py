"""A quiz of ten questions with a cohort of signed-in learners: the ground of the tests of faults and of the measurement under load.

People are plain inserts, so that thousands take seconds. `LMS_DATA=… python ground.py 3000` makes it and writes a `Ground` as JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import secrets
import sys
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app, g

from lms import migrate
from lms.app import create_app
from lms.db import db, set_transaction_mode, utcnow
from lms.forms import csrf_token
from lms.learning import services as learning
from lms.learning.models import Activity, Course, CourseModule, Enrolment, Group, Module
from lms.people import services as people
from lms.people import sessions
from lms.people.access import load_actor
from lms.people.models import User, UserSession
from lms.progress.models import ModuleProgress
from lms.registry import activity_type

MODULE, QUIZ = "loket", "kuis-loket"


def _item(number: int, kind: str, stem: str, *texts: str) -> dict[str, Any]:
    """Return an item; the first text is the right one (of a multiple choice the first two)."""
    right = 2 if kind == "multiple_choice" else 1
    options: list[dict[str, Any]] = []
    for place, text in enumerate(texts):
        grade = {"score": 3 - place} if kind == "situational" else {"correct": True} if place < right else {}
        options.append({"text": text, "rationale": f"Dibahas pada bagian {number}.", **grade})
    return {"key": f"soal-{number}", "kind": kind, "stem": stem, "options": options}


ITEMS = [
    _item(1, "single_choice", "Antrean memanjang dan satu loket tutup. Apa langkah **pertama**?", "Memberi tahu berapa lama lagi",
          "Menutup pintu", "Menunggu saja", "Meminta semua pulang"),
    _item(2, "single_choice", "Berkas warga kurang satu lembar. Apa yang Anda katakan?", "Lembar mana yang kurang dan di mana mendapatkannya",
          "Bahwa berkasnya salah", "Bahwa ia harus kembali besok", "Tidak apa-apa, lalu menyimpannya"),
    _item(3, "multiple_choice", "Apa yang perlu tertulis pada tanda terima?", "Waktu diterima", "Nama layanan", "Pendapat petugas",
          "Isi percakapan"),
    _item(4, "true_false", "Nada suara ikut menentukan apakah warga merasa didengar.", "Benar", "Salah"),
    _item(5, "situational", "Seorang warga marah karena sudah datang tiga kali.", "Mengakui kesulitannya dan mencari sebabnya",
          "Meminta maaf, lalu melanjutkan antrean", "Menjelaskan aturan", "Memanggil petugas keamanan"),
    _item(6, "single_choice", "Istilah mana yang paling mudah dipahami warga?", "Surat pengantar", "Dokumen pendukung primer",
          "Lampiran administratif", "Berkas tipe A"),
    _item(7, "multiple_choice", "Apa tanda bahwa sebuah formulir terlalu sulit?", "Banyak isian dikosongkan", "Warga sering bertanya hal yang sama",
          "Kertasnya putih", "Petugas hafal isinya"),
    _item(8, "true_false", "Keluhan yang tidak dicatat tetap dapat ditindaklanjuti dengan baik.", "Salah", "Benar"),
    _item(9, "situational", "Rekan Anda keliru memberi petunjuk kepada warga.", "Membetulkannya dengan tenang saat itu juga",
          "Membicarakannya sesudah warga pulang", "Menunggu sampai warga kembali", "Menegurnya di depan antrean"),
    _item(10, "single_choice", "Kapan sebuah keluhan selesai?", "Ketika warga tahu hasilnya", "Ketika sudah dicatat", "Ketika sudah sore",
          "Ketika loket tutup"),
]  # fmt: skip
Planned = tuple[str, str, dict[str, Any]]  # key, type, what its author writes
# Not shuffled: a learner posts the letter of the place that they see, and tests compare it with what is kept.
PLAN: tuple[Planned, ...] = (
    ("bacaan", "lesson", {"source": "Warga datang dengan cerita, bukan dengan berkas."}),
    (QUIZ, "quiz", {"items": ITEMS, "shuffle": False}),
)
LETTERS = {number: "abcd"[: len(item["options"])] for number, item in enumerate(ITEMS, start=1)}


@dataclass(frozen=True, slots=True)
class Learner:
    """A signed-in learner: the session's cookie and the token that forms carry."""

    cookie: str
    token: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the quiz begins, and who takes it."""

    start: str  # address to post to
    page: str  # address of the start page
    learners: list[Learner]


def make(learners: int, more: Sequence[Planned] = ()) -> Ground:
    """Make everything in an empty database and return it, with more activities behind the quiz. Commits; needs an application context."""
    set_transaction_mode("write")
    migrate.upgrade()
    plan = (*PLAN, *more)
    module = _module(plan)
    teacher = people.create_user(actor_id=None, name="Pembimbing", email="pembimbing@example.test")
    unit = people.create_unit(actor_id=None, name="Dinas Pelayanan", parent=None)
    course = Course(key="pelatihan", title=_both("Pelatihan loket"), summary=_both("Pelatihan loket"), grade_scale=[])
    db.session.add(course)
    db.session.flush()
    db.session.add(CourseModule(course_id=course.id, module_id=module.id, position=1, required=True))
    db.session.flush()
    today = utcnow().date()
    cohort = learning.create_cohort(
        actor=load_actor(teacher.id, today),
        course=course,
        title="Pelatihan loket",
        number=1,
        year=today.year,
        organizer_unit_id=unit.id,
        starts_on=today - dt.timedelta(days=30),
        ends_on=today + dt.timedelta(days=30),
        time_zone="Asia/Pontianak",
    )
    group = Group(cohort_id=cohort.id, name="Kelompok 1", position=1, assessor_id=teacher.id)
    db.session.add(group)
    db.session.flush()
    cookies = _learners(learners, cohort.id, group.id, unit.id, module.id, len(plan))
    where = f"{cohort.id}/{MODULE}/{QUIZ}"
    db.session.commit()
    return Ground(f"/quizzes/start/{where}", f"/learn/{where}", [Learner(cookie, form_token(cookie)) for cookie in cookies])


def _both(text: str) -> dict[str, str]:
    return {"id": text, "en": text}


def _module(plan: Sequence[Planned]) -> Module:
    """Publish a module of these activities."""
    title = _both("Di loket")
    about = {"title": title, "summary": title, "audience": title, "outcomes": [title], "language": "id", "checked_on": None}
    module = Module(key=MODULE, code="LOKET", about={**about, "sections": [{"key": "satu", "title": title}]}, owner_id=None, files={})
    db.session.add(module)
    db.session.flush()
    for position, (key, type_key, written) in enumerate(plan, start=1):
        kind, draft = activity_type(type_key), learning.draft_of(module, key)
        settings = kind.load(written, draft)
        db.session.add(
            Activity(
                module_id=module.id,
                key=key,
                type=type_key,
                title=key,
                section="satu",
                position=position,
                requires=[],
                tags=[],
                sources=[],
                settings=kind.store(settings, draft),
                prepared=kind.prepare(settings, draft),
            )
        )
    db.session.flush()
    learning.publish(actor_id=None, module=module)
    return module


def _learners(size: int, cohort_id: int, group_id: int, unit_id: int, module_id: int, required: int) -> list[str]:
    """Insert people, enrolments and sessions, one statement for each table; return the cookies."""
    ids = [uuid.uuid4() for _number in range(size)]
    db.session.execute(
        sa.insert(User), [{"id": user_id, "name": f"Peserta {number:05d}", "unit_id": unit_id} for number, user_id in enumerate(ids)]
    )
    same = {"cohort_id": cohort_id, "group_id": group_id, "unit_id": unit_id, "required_count": required, "done_count": 0}
    db.session.execute(sa.insert(Enrolment), [{"user_id": user_id, **same} for user_id in ids])
    enrolments = db.session.scalars(sa.select(Enrolment.id).where(Enrolment.cohort_id == cohort_id)).all()
    counts = {"module_id": module_id, "required_count": required, "done_count": 0, "waiting_count": 0}
    db.session.execute(sa.insert(ModuleProgress), [{"enrolment_id": number, **counts} for number in enrolments])
    tokens = [secrets.token_urlsafe(32) for _id in ids]
    expires = utcnow() + dt.timedelta(days=1)
    rows = [
        {
            "token_hash": hashlib.sha256(token.encode()).digest(),
            "user_id": user_id,
            "csrf_secret": secrets.token_hex(16),
            "expires_at": expires,
            "device": "uji",
        }
        for token, user_id in zip(tokens, ids, strict=True)
    ]
    db.session.execute(sa.insert(UserSession), rows)
    return tokens


def form_token(cookie: str) -> str:
    """Return the token that the forms of a session carry."""
    app = current_app._get_current_object()
    with app.app_context(), app.test_request_context():  # a `g` of its own: a token is kept there
        g._login_user = sessions.load_session(cookie)
        return csrf_token()


def main() -> None:
    """Make the ground in LMS_DATA (and LMS_DATABASE_URL) and write it to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("learners", type=int)
    options = parser.parse_args()
    with create_app().app_context():
        json.dump(asdict(make(options.learners)), sys.stdout)


def read(path: Path) -> Ground:
    """Return what `main` wrote to a file."""
    data = json.loads(path.read_text())
    return Ground(data["start"], data["page"], [Learner(**one) for one in data["learners"]])


if __name__ == "__main__":
    main()
