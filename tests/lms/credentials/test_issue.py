"""Issuing: who gets what, what is printed, revoking with links both ways; a job that is killed goes on, none twice, none missing."""

import contextlib
import datetime as dt
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from lms.credentials import services, siasn
from lms.credentials.models import Certificate, CertificateFile, CertificateState, CredentialKind
from lms.credentials.paper import certificate_pdf
from lms.credentials.texts import TEXTS, fill, masked
from lms.db import at, commit, db, utcnow
from lms.decisions.models import Decision, Outcome
from lms.errors import NotAllowed, NotFound, Refused
from lms.jobs import services as jobs
from lms.jobs.models import Batch, BatchFile, Job, JobState
from lms.learning.models import Enrolment, ScheduleEntry, ScheduleKind
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.models import IdentityType, User
from lms.testing.made import TODAY

from .conftest import VALUES


def begin(site, **values):
    given = {
        "actor": site.organizer,
        "cohort": site.cohort,
        "template_id": site.template.id,
        "day": TODAY,
        "title": "Sertifikat",
        "today": TODAY,
    }
    batch = services.begin_issue(**{**given, **values})
    commit()
    return batch.id


def template_of_kind(site, kind):
    values = {**VALUES, "unit_id": site.unit.id, "name": kind.value, "kind": kind, "program_code": kind.value.upper(), "text": TEXTS[kind]}
    return services.save_template(actor=site.organizer, template=None, values=values, letterhead="")


# -- who gets what -------------------------------------------------------------------------------------------------------------------------


def test_what_fits_which_decision(site):
    passed, failed, postponed = (site.people(1, outcome)[0] for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.POSTPONED))
    everybody = [passed.id, failed.id, postponed.id]
    statement = template_of_kind(site, CredentialKind.STATEMENT)
    assert [row.enrolment_id for row in services.issue(site.issuing(), everybody)] == [passed.id]
    made = services.issue(site.issuing(template_id=statement.id), everybody)
    assert [row.enrolment_id for row in made] == [failed.id]
    assert "bukan tanda kelulusan" in made[0].snapshot["text"]
    assert made[0].snapshot["qualification"] == ""
    assert services.issue(site.issuing(), everybody) == [], "one that holds is enough"


def test_the_latest_decision_counts(site):
    (person,) = site.people(1)
    db.session.add(Decision(enrolment_id=person.id, outcome=Outcome.FAILED, reason="Tidak hadir."))
    db.session.flush()
    assert services.issue(site.issuing(), [person.id]) == []


def test_nobody_issues_to_themselves(site):
    (person,) = site.people(1)
    actor = load_actor(person.user_id, TODAY)
    assert services.issue(site.issuing(actor_id=person.user_id), [person.id]) == []
    with pytest.raises(Refused):
        begin(site, actor=actor)
    (certificate,) = services.issue(site.issuing(), [person.id])
    for act in (lambda: services.revoke(actor=actor, certificate=certificate, reason="Keliru."),):
        with pytest.raises(NotAllowed):
            act()


def test_what_begins_no_job(site, make_unit, make_module, make_cohort):
    with pytest.raises(Refused):
        begin(site)
    site.people(1)
    for day in (TODAY + dt.timedelta(days=1), site.cohort.starts_on - dt.timedelta(days=1)):
        with pytest.raises(Refused):
            begin(site, day=day)
    with pytest.raises(NotFound):
        begin(site, cohort=make_cohort(make_module(), unit=make_unit("Lain")))


# -- what is printed -----------------------------------------------------------------------------------------------------------------------


def test_a_snapshot_stays_when_everything_else_changes(site):
    (person,) = site.people(1, title_after="S.Sos.", position="Analis")
    user = db.session.get_one(User, person.user_id)
    user.employee_number = "200002292024031999"
    start = dt.datetime(2026, 10, 5, 2, tzinfo=dt.UTC)
    db.session.add(
        ScheduleEntry(
            cohort_id=site.cohort.id, kind=ScheduleKind.CLASSROOM, title="Pembukaan", starts_at=start, ends_at=start + dt.timedelta(hours=3), jp=4
        )
    )  # fmt: skip
    db.session.flush()
    (certificate,) = services.issue(site.issuing(), [person.id])
    about = certificate.snapshot
    assert about["person"] == [
        ["Nama", "Orang 0000, S.Sos."],
        ["NIP", "20000229 202403 1 999"],
        ["Tempat, tanggal lahir", "29 Februari 2000"],
        ["Jabatan", "Analis"],
        ["Instansi", "BKPSDM Contoh"],
    ]
    assert about["subjects"] == [{"title": "Empati", "jp": "9,5"}, {"title": "Pembukaan", "jp": "4"}]
    assert about["jp"] == 13, "13,5 designed; what is over is not rounded up"
    assert "dan kualifikasi Memuaskan." in about["text"]
    assert "13 jam pelajaran" in about["text"]
    assert about["position"] == "Plt. Kepala Badan"
    before = certificate_pdf(about)
    user.name, site.template.signer_name = "Nama Lain", "Pejabat Lain"
    db.session.flush()
    db.session.expire_all()
    assert db.session.get_one(Certificate, certificate.id).snapshot == about
    assert before.startswith(b"%PDF-")
    assert len(certificate_pdf(about)) == len(before)


def test_a_certificate_can_be_read_aloud_and_needs_no_font(site):
    (person,) = site.people(1)
    (certificate,) = services.issue(site.issuing(), [person.id])
    made = certificate_pdf(certificate.snapshot)
    for sign in (b"/StructTreeRoot", b"/Lang", b"/MarkInfo", b"pdfuaid", b"pdfaid", b"/Count 2"):
        assert sign in made, sign


def test_brackets_go_with_an_empty_token():
    assert fill("Lulus[ dengan {qualification}].", {"qualification": ""}) == "Lulus."
    assert fill("Lulus[ dengan {qualification}].", {"qualification": "Baik"}) == "Lulus dengan Baik."


def test_a_masked_name_tells_first_letters_only():
    assert masked("Siti Nur'aini binti Ahmad, S.Kep.") == "S••• N••• B••• A•••"
    assert masked("Suharto") == "S•••"


# -- revoking ------------------------------------------------------------------------------------------------------------------------------


def test_reissue_links_both_and_takes_a_number_of_its_own(site):
    (person,) = site.people(1)
    (first,) = services.issue(site.issuing(), [person.id])
    second = services.reissue(actor=site.organizer, cohort=site.cohort, certificate=first, reason="Gelar salah.", today=TODAY)
    assert (first.state, first.reason, second.replaces_id) == (CertificateState.REPLACED, "Gelar salah.", first.id)
    assert (first.sequence, second.sequence, second.state) == (1, 2, CertificateState.VALID)
    assert first.code != second.code
    with pytest.raises(Refused):
        services.revoke(actor=site.organizer, certificate=first, reason="Sekali lagi.")
    services.revoke(actor=site.organizer, certificate=second, reason="Tidak berlaku.")
    (third,) = services.issue(site.issuing(), [person.id])
    assert third.sequence == 3, "no number is used again"
    commit()
    while jobs.run_one():
        pass
    assert db.session.get(CertificateFile, second.id).data.startswith(b"%PDF-")


def test_what_was_decided_since_is_not_issued_anew(site):
    (person,) = site.people(1)
    (certificate,) = services.issue(site.issuing(), [person.id])
    db.session.add(Decision(enrolment_id=person.id, outcome=Outcome.FAILED, reason="Tidak hadir."))
    db.session.flush()
    shared = {"actor": site.organizer, "certificate": certificate, "reason": "Diputuskan lain."}
    with pytest.raises(Refused):
        services.reissue(**shared, cohort=site.cohort, today=TODAY)
    assert certificate.state is CertificateState.VALID
    services.revoke(**shared)
    assert certificate.state is CertificateState.REVOKED


def test_the_holder_is_told_once_that_a_certificate_ended_and_not_why(site):
    (person,) = site.people(1)
    (first,) = services.issue(site.issuing(), [person.id])
    second = services.reissue(actor=site.organizer, cohort=site.cohort, certificate=first, reason="Gelar salah.", today=TODAY)
    services.revoke(actor=site.organizer, certificate=second, reason="Tidak berlaku.")
    told = {row.object: f"{row.title} {row.body}" for row in db.session.scalars(sa.select(Notice).where(Notice.user_id == person.user_id))}
    ended = [told[f"certificate/{one.id}/ended"] for one in (first, second)]
    assert len(told) == 3
    assert not any("Gelar" in words or "Tidak berlaku" in words for words in ended)


@pytest.mark.parametrize(("kind", "label"), [(IdentityType.PNS, "NIP"), (IdentityType.PPPK, "NI PPPK"), (IdentityType.NRP, "NRP")])
def test_a_number_is_called_what_it_is(site, kind, label):
    (person,) = site.people(1)
    user = db.session.get_one(User, person.user_id)
    user.identity_type, user.employee_number = kind, "200002292024031999"
    (certificate,) = services.issue(site.issuing(), [person.id])
    assert certificate.snapshot["person"][1] == [label, "20000229 202403 1 999"]
    born = [words for name, words in certificate.snapshot["person"] if name == "Tempat, tanggal lahir"]
    assert born == ([] if kind is IdentityType.NRP else ["29 Februari 2000"])


def test_rows_for_personnel_systems(site):
    people = site.people(2)
    services.issue(site.issuing(), [person.id for person in people])
    head, first, _second = siasn.siasn_rows(site.cohort, matching=False)
    assert head == [
        *("pnsOrangId", "jenisDiklatId", "jenisKursus", "jenisKursusSertipikat", "namaKursus", "institusiPenyelenggara", "nomorSertipikat"),
        *("tanggalKursus", "tanggalSelesaiKursus", "tahunKursus", "jumlahJam", "instansiId", "lokasiId"),
    ]
    row = dict(zip(head, first, strict=True))
    assert (row["tanggalKursus"], row["tanggalSelesaiKursus"], row["tahunKursus"], row["jumlahJam"]) == (
        "01-10-2026",
        "31-12-2026",
        2026,
        9,
    )
    assert siasn.siasn_rows(site.cohort, matching=True)[1][-1] == "Orang 0000"


# -- the job -------------------------------------------------------------------------------------------------------------------------------


def check_everything(batch_id, enrolled):
    """None twice, none missing: certificates, numbers, PDFs, the package."""
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.execute(
        sa.select(Certificate.enrolment_id, Certificate.sequence, Certificate.id).order_by(Certificate.sequence)
    ).all()
    assert [row.enrolment_id for row in rows] == enrolled, "in the order of names"
    assert [row.sequence for row in rows] == list(range(1, len(enrolled) + 1))
    assert set(db.session.scalars(sa.select(CertificateFile.certificate_id))) == {row.id for row in rows}
    package = zipfile.ZipFile(io.BytesIO(db.session.get_one(BatchFile, batch_id).data))
    assert len(package.namelist()) == len(set(package.namelist())) == len(enrolled)
    assert package.testzip() is None
    assert db.session.get_one(Batch, batch_id).state is JobState.DONE


def test_a_clock_that_is_set_back_leaves_nobody_out_of_the_package(site):
    enrolled = [row.id for row in site.people(3)]
    with at(utcnow() + dt.timedelta(hours=2)):
        batch_id = begin(site)
    db.session.execute(sa.update(Job).values(due_at=utcnow()))
    commit()
    while jobs.run_one():
        pass
    check_everything(batch_id, enrolled)


def test_a_job_that_fails_in_the_middle_goes_on(site, monkeypatch):
    enrolled = [row.id for row in site.people(30)]
    batch_id = begin(site)
    real, count = services.issue, iter(range(9))

    def once(work, wanted):
        made = real(work, wanted)
        if next(count) == 1:
            raise RuntimeError("power cut")
        return made

    monkeypatch.setattr(services, "issue", once)
    assert jobs.run_one()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Certificate)) == 25
    db.session.execute(sa.update(Job).values(due_at=utcnow()))
    commit()
    assert jobs.run_one()
    check_everything(batch_id, enrolled)


@pytest.mark.sqlite
@pytest.mark.timeout(120)
def test_workers_that_are_killed_lose_nothing(app, site):
    """Real workers, killed with SIGKILL while they number and while they set pages; the third one finishes."""
    enrolled = [row.id for row in site.people(60)]
    batch_id = begin(site)
    for least in (25, 85):
        with worker(app) as process:
            wait_until(batch_id, least)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        done = done_of(batch_id)
        assert done < 121, "it was killed before it had finished"
        db.session.execute(sa.update(Job).values(leased_until=utcnow() - dt.timedelta(minutes=1)))
        commit()
    while jobs.run_one():
        pass
    check_everything(batch_id, enrolled)


@contextlib.contextmanager
def worker(app):
    """Start a worker on the data of the test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environment = {**clean, "LMS_DATA": str(app.config["LMS_DATA"]), "LMS_DATABASE_URL": app.config["LMS_DATABASE_URL"]}
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-m", "lms", "worker"], cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


def done_of(batch_id):
    db.session.rollback()
    return db.session.scalar(sa.select(Batch.done).where(Batch.id == batch_id))


def wait_until(batch_id, least):
    end = time.monotonic() + 60
    while done_of(batch_id) < least:
        assert time.monotonic() < end, "the worker does nothing"
        db.session.rollback()
        time.sleep(0.01)


def test_arguments_are_ids_alone(site):
    site.people(2)
    begin(site)
    told = json.dumps(db.session.scalars(sa.select(Job.arguments)).one())
    assert "Orang" not in told
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Enrolment)) == 2
