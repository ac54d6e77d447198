"""The demonstration cohort's passing rule, some decisions, and the minutes of the meeting that made them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from lms.db import at, db, utcnow
from lms.decisions import minutes, pages, services
from lms.decisions.forms import MinutesForm
from lms.decisions.models import Outcome
from lms.decisions.rules import Standing
from lms.i18n import in_language, local_day
from lms.learning.models import Cohort, CohortModule, Module
from lms.people.access import Actor, cohorts_for, load_actor
from lms.people.models import RoleAssignment, Unit
from lms.people.permissions import MANAGE_COHORTS
from lms.people.roles import Role

FIRST, SECOND, QUIZ = "literasi-ai", "empati", "kuis-akhir"
TASK = "Menulis ulang jurnal refleksi bersama pengajar, lalu menyerahkannya."
POSTPONED = "Kunjungan lapangan dan jurnal belum selesai karena jadwal kunjungan kelompok digeser."
AGAINST = "Catatan kunjungan disampaikan lisan dan dinilai cukup oleh penguji; berkasnya menyusul."


def decisions(cohort_id: int) -> None:
    """Write a rule, decide about people who are far enough, and keep the minutes."""
    cohort = db.session.get_one(Cohort, cohort_id)
    organizer = _organizer(cohort)
    modules = {key: number for number, key in db.session.execute(_modules(cohort_id))}
    if organizer is None or not modules.keys() >= {FIRST, SECOND}:
        return
    choice = {"any": [{"sessions": 80}, {"part": f"{modules[SECOND]}/{QUIZ}"}]}
    tree = {"all": [{"module": modules[FIRST]}, {"visits": 1}, {"journals": 1}, choice, {"mark": 70.01}]}
    with at(utcnow() - dt.timedelta(days=9)):
        services.save_rule(actor=organizer, tree={"all": ["modules"]}, note="Aturan awal.", cohort_id=cohort_id)
    with at(utcnow() - dt.timedelta(days=3)):
        services.save_rule(actor=organizer, tree=tree, note="Kesepakatan rapat panitia.", cohort_id=cohort_id)
    _decide(organizer, cohort)


def _modules(cohort_id: int) -> sa.Select[int, str]:
    pinned = CohortModule.cohort_id == cohort_id
    return sa.select(CohortModule.module_id, Module.key).join(Module, Module.id == CohortModule.module_id).where(pinned)


def _organizer(cohort: Cohort) -> Actor | None:
    """Return somebody who runs the cohort by a role on a unit."""
    today = local_day(utcnow(), cohort.time_zone)
    grants = sa.select(RoleAssignment.user_id).where(RoleAssignment.role == Role.ORGANIZER).order_by(RoleAssignment.id)
    for user_id in db.session.scalars(grants):
        actor = load_actor(user_id, today)
        if db.session.scalar(sa.select(Cohort.id).where(Cohort.id == cohort.id, cohorts_for(actor, MANAGE_COHORTS))):
            return actor
    return None


def _decide(organizer: Actor, cohort: Cohort) -> None:
    """Let three who meet the rule pass, one although something is missing, and postpone two who lack little."""
    today = local_day(utcnow(), cohort.time_zone)
    lines = pages.results(cohort.id).lines
    ready = [line for line in lines if line.clause.standing is Standing.MET]
    rest = sorted((line for line in lines if line.clause.standing is not Standing.MET), key=lambda line: (len(line.missing), line.row.id))
    shared: dict[str, Any] = {"actor": organizer, "cohort": cohort}
    with at(utcnow() - dt.timedelta(days=1)):
        if ready:
            services.decide(**shared, enrolment_ids=[line.row.id for line in ready[:3]], outcome=Outcome.PASSED)
        services.decide(**shared, enrolment_ids=[rest[0].row.id], outcome=Outcome.PASSED, reason=AGAINST)
        services.decide(
            **shared,
            enrolment_ids=[line.row.id for line in rest[1:3]],
            outcome=Outcome.POSTPONED,
            reason=POSTPONED,
            task=TASK,
            due_on=today + dt.timedelta(days=21),
        )
        _minutes(organizer, cohort, today)


def _minutes(organizer: Actor, cohort: Cohort, today: dt.date) -> None:
    unit = db.session.get_one(Unit, cohort.organizer_unit_id)
    values = {
        "number": "BA-01/CONTOH/2026",
        "place": "Aula BKPSDM, lantai 2",
        "held_on": today - dt.timedelta(days=1),
        "attendees": f"{organizer.name}, Ketua\nDr. Helena Suryani, M.Pd., Penguji\nMatius Gerang, M.Si., Penguji",
        "whom": "all",
    }
    form = MinutesForm(formdata=None, data=values)

    def write() -> str:
        return minutes.write_minutes(actor=organizer, cohort=cohort, unit_name=unit.name, form=form).digest

    in_language("id", write)
