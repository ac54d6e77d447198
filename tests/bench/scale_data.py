"""A province in a database: a million enrolments with twenty activities each, by SQL alone.

Everything depends on the number of enrolments only: four for each person, cohorts of 40 to 60 people over five years, 2,000 units below one
province in districts. One unit has exactly 60 people and one supervisor 12 reports at every size, so that pages about them can be compared.
PostgreSQL only. Rows go in without indexes, which are built afterwards, and without triggers: the data is consistent by construction.
"""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from lms import migrate
from lms.activity import Draft
from lms.db import db
from lms.learning import services as learning
from lms.learning.models import Activity, Course, CourseModule, Module
from lms.progress.rules import Fact, evaluate
from lms.registry import activity_type
from lms.supervision import rollups

UNITS, DISTRICTS, MODULES, PARTS, SPAN = 2000, 20, 4, 5, 5 * 365
FIRST_DAY = "(current_date - 1785)"  # the last cohorts are still to begin
ANCHOR_UNIT, ANCHOR_PEOPLE, REPORTS = DISTRICTS + 2, 60, 12
BIG = (
    "users",
    "reporting_lines",
    "cohorts",
    "groups",
    "cohort_modules",
    "enrolments",
    "module_progress",
    "completions",
    "evidence",
    "jp_entries",
)
KEPT = ("users", "cohorts", "groups", "enrolments", "jp_entries")  # other tables refer to their keys
# People who sign in: account, role, scope kind and its id.
STAFF = {
    "reports": (),
    "unit": (("supervisor", "unit", ANCHOR_UNIT),),
    "cohort": (("supervisor", "cohort", 7),),
    "province": (("supervisor", "unit", 1),),
    "organizer": (("organizer", "unit", 1),),
    "district": (("organizer", "unit", 2),),
    "learner": (),
}


def load(enrolments: int, say: Callable[[str], None]) -> None:
    """Make the tables and fill them; `enrolments` is a multiple of 300 times 4. The application's context must be open."""
    migrate.upgrade()
    met, unmet = _course()
    db.session.commit()
    sizes = {"e": enrolments, "p": enrolments // 4, "c": enrolments // 50, "units": UNITS, "districts": DISTRICTS}
    with db.engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        run = raw.exec_driver_sql
        run("SET session_replication_role = replica")
        run("SET maintenance_work_mem = '1GB'")
        run("SET work_mem = '128MB'")
        run("SET synchronous_commit = off")
        _fill_in(raw)
        later = _without_indexes(raw)
        for name, statement in _statements(met, unmet).items():
            began = time.monotonic()
            run((statement % sizes).replace("%", "%%"))
            say(f"{name}: {time.monotonic() - began:.1f} s")
        began = time.monotonic()
        for statement in later:
            run(statement)
        say(f"indexes: {time.monotonic() - began:.1f} s")
        for table in BIG:
            if table in KEPT or table in {"jp_entries", "reporting_lines"}:
                run(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                    if table != "users"
                    else "SELECT 1"
                )
        run("SELECT setval(pg_get_serial_sequence('units', 'id'), (SELECT max(id) FROM units))")
        run("SELECT setval(pg_get_serial_sequence('role_assignments', 'id'), (SELECT max(id) FROM role_assignments))")
        run("SELECT setval(pg_get_serial_sequence('evidence', 'sequence'), (SELECT max(sequence) FROM evidence))")
        began = time.monotonic()
        run("VACUUM ANALYZE")
        say(f"statistics: {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    _roll_up()
    say(f"figures of units: {time.monotonic() - began:.1f} s")


def _roll_up() -> None:
    """Let the application count the figures of units of all cohorts that have not ended, as its worker does."""
    today = dt.datetime.now(dt.UTC).date()
    running = rollups.running(today)
    db.session.execute(
        sa.text("UPDATE enrolments SET counted_unit_id = unit_id WHERE cohort_id IN (SELECT id FROM cohorts WHERE ends_on >= :today)"),
        {"today": today},
    )
    rollups.roll_up(running, today)
    db.session.commit()


def _course() -> tuple[str, str]:
    """Make a course of four modules with five pages each; return the reasons of a page that is complete and of one that is not, as JSON."""
    title = {"id": "Pelatihan besar", "en": "A large training"}
    course = Course(key="besar", title=title, summary=title, grade_scale=[])
    db.session.add(course)
    kind = activity_type("lesson")
    rule: Any = None
    for number in range(1, MODULES + 1):
        name = {"id": f"Modul {number}", "en": f"Module {number}"}
        section = {"key": "satu", "title": name, "jp": 2, "form": "e_learning"}
        about = {
            "title": name,
            "summary": name,
            "audience": name,
            "outcomes": [name],
            "language": "id",
            "checked_on": None,
            "sections": [section],
        }
        module = Module(key=f"modul-{number}", code=f"M{number}", about=about, files={})
        db.session.add(module)
        db.session.flush()
        for place in range(1, PARTS + 1):
            draft = Draft(module.id, module.key, f"bagian-{place}", None, {}, together={})
            settings = kind.store({"source": f"## Bagian {place}\n\nSatu halaman untuk dibaca.\n"}, draft)
            values = {"title": f"Bagian {place}", "section": "satu", "requires": [], "tags": [], "sources": []}
            db.session.add(
                Activity(
                    module_id=module.id,
                    key=f"bagian-{place}",
                    type="lesson",
                    position=place,
                    settings=settings,
                    prepared=kind.prepare(settings, draft),
                    **values,
                )
            )
        db.session.flush()
        revision = learning.publish(actor_id=None, module=module)
        assert (module.id, revision.id) == (number, number)
        db.session.add(CourseModule(course_id=course.id, module_id=module.id, position=number))
        rule = kind.default_rule({})
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    read = Fact(uuid.UUID(int=0), "viewed", None, now, now.date())
    return json.dumps(evaluate(rule, [read]).reasons), json.dumps(evaluate(rule, []).reasons)


# What a column holds of which a statement below says nothing: what the model would have put there.
_NOTHING = {"character varying": "''", "text": "''", "integer": "0", "bigint": "0", "json": "'{}'", "boolean": "false"}


def _fill_in(connection: sa.Connection) -> None:
    """Give columns that must hold something, and that the model fills, a default of the database's own."""
    columns = connection.exec_driver_sql(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL"
    ).all()
    for table, column, kind in columns:
        if table in BIG and kind in _NOTHING and column != "id":
            nothing = "'[]'" if column in {"requires", "grade_scale"} else _NOTHING[kind]
            connection.exec_driver_sql(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET DEFAULT {nothing}')


def _without_indexes(connection: sa.Connection) -> list[str]:
    """Take indexes and unique keys from the large tables; return the statements that make them again."""
    later = []
    for table in BIG:
        constraints = connection.exec_driver_sql(
            f"SELECT conname, pg_get_constraintdef(oid), contype FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype IN ('p', 'u')"
        ).all()
        for name, definition, kind in constraints:
            if kind == "p" and table in KEPT:
                continue
            later.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
            connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        indexes = connection.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes i WHERE tablename = %s AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)",
            (table,),
        ).all()
        for name, definition in indexes:
            later.append(definition)
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return later


# Cohort, group and person of enrolment e, from 0: each six cohorts take 40, 60, 45, 55, 50 and 50 people.
_OF = """
    SELECT e, (e / 300) * 6 + 1 + CASE WHEN e %% 300 < 40 THEN 0 WHEN e %% 300 < 100 THEN 1 WHEN e %% 300 < 145 THEN 2
             WHEN e %% 300 < 200 THEN 3 WHEN e %% 300 < 250 THEN 4 ELSE 5 END AS cohort,
           (e::bigint * 7919) %% %(p)s + 1 AS person,
           CASE WHEN e %% 7 = 0 THEN 20 ELSE (e::bigint * 31) %% 21 END::int AS done
    FROM generate_series(0, %(e)s - 1) e
"""
_START = f"{FIRST_DAY} + ((c.n - 1) * {SPAN} / %(c)s)::int"
_KEY = "md5('p' || {0})::uuid"


def _statements(met: str, unmet: str) -> dict[str, str]:
    """Return what fills the tables, by name, in order."""
    met, unmet = (text.replace("%", "%%").replace("'", "''") for text in (met, unmet))
    met = met.replace(str(uuid.UUID(int=0)), "' || x.id || '")
    unit = f"CASE WHEN n <= {ANCHOR_PEOPLE} THEN {ANCHOR_UNIT} ELSE {ANCHOR_UNIT} + 1 + n %% ({UNITS} - {ANCHOR_UNIT}) END"
    grants = [f"('{account}', '{role}', '{kind}', {scope})" for account, roles in STAFF.items() for role, kind, scope in roles]
    accounts = ", ".join(f"('{account}')" for account in STAFF if account != "learner")
    return {
        "units": f"""
            INSERT INTO units (id, parent_id, name, short_name, path)
            SELECT n, CASE WHEN n = 1 THEN NULL WHEN n <= {DISTRICTS} + 1 THEN 1 ELSE 2 + n %% {DISTRICTS} END, 'Unit ' || n, '',
                   CASE WHEN n = 1 THEN '/1/' WHEN n <= {DISTRICTS} + 1 THEN '/1/' || n || '/' ELSE '/1/' || (2 + n %% {DISTRICTS}) || '/' || n || '/' END
            FROM generate_series(1, %(units)s) n""",
        "people": f"""
            INSERT INTO users (id, email, title_before, name, title_after, identity_type, category, position, institution, phone, unit_id,
                               language, time_zone, is_active, created_at)
            SELECT {_KEY.format("n")}, CASE WHEN n = 1 THEN 'learner@bench.example' END, '', 'Peserta ' || n, 'S.Kep.', 'none', 'pns', 'Perawat', '', '',
                   {unit}, 'id', '', true, now()
            FROM generate_series(1, %(p)s) n""",
        "staff": f"""
            INSERT INTO users (id, email, title_before, name, title_after, identity_type, category, position, institution, phone, unit_id,
                               language, time_zone, is_active, created_at)
            SELECT md5('s' || account)::uuid, account || '@bench.example', '', initcap(account), '', 'none', 'pns', '', '', '', 1, 'id', '', true, now()
            FROM (VALUES {accounts}) AS s (account)""",
        "roles": f"""
            INSERT INTO role_assignments (user_id, role, scope_kind, scope_id, valid_from)
            SELECT md5('s' || account)::uuid, role, kind, scope, DATE '2020-01-01'
            FROM (VALUES {", ".join(grants)}, ('reports', 'supervisor', 'reports', 0)) AS g (account, role, kind, scope)
            UNION ALL
            SELECT {_KEY.format("1 + c * 11 %% %(p)s")}, 'instructor', 'cohort', c, DATE '2020-01-01' FROM generate_series(1, %(c)s) c""",
        "reporting lines": f"""
            INSERT INTO reporting_lines (id, user_id, supervisor_id, valid_from)
            SELECT n, {_KEY.format("n")},
                   CASE WHEN n BETWEEN 101 AND 100 + {REPORTS} THEN md5('sreports')::uuid ELSE {_KEY.format("n %% 12 + 1 + n - n %% 12 - 12")} END,
                   DATE '2020-01-01'
            FROM generate_series(13, %(p)s) n""",
        "cohorts": f"""
            INSERT INTO cohorts (id, course_id, title, number, year, wave, organizer_unit_id, starts_on, ends_on, time_zone, assessor_id, created_at)
            SELECT c.n, 1, 'PKTBT', c.n / {DISTRICTS} + 1, extract(year FROM {_START}), '', 2 + c.n %% {DISTRICTS}, {_START}, {_START} + 90,
                   'Asia/Pontianak', {_KEY.format("1 + c.n * 11 %% %(p)s")}, now()
            FROM generate_series(1, %(c)s) AS c (n)""",
        "groups": """
            INSERT INTO groups (id, cohort_id, name, position)
            SELECT (c - 1) * 4 + g, c, 'Kelompok ' || g, g FROM generate_series(1, %(c)s) c, generate_series(1, 4) g""",
        "pins": f"""
            INSERT INTO cohort_modules (cohort_id, module_id, revision_id, position, required, weight, opens_on, due_on, requires)
            SELECT c.n, m, m, m, true, 1, {_START}, {_START} + 21 * m, '[]' FROM generate_series(1, %(c)s) AS c (n), generate_series(1, {MODULES}) m""",
        "enrolments": f"""
            INSERT INTO enrolments (id, cohort_id, user_id, group_id, unit_id, state, enrolled_at, required_count, done_count, waiting_count,
                                    next_due_on, started_on, active_on, completed_at, place)
            SELECT o.e + 1, o.cohort, u.id, (o.cohort - 1) * 4 + 1 + o.e %% 4, u.unit_id, CASE WHEN o.e %% 97 = 0 THEN 'withdrawn' ELSE 'active' END,
                   c.starts_on, {MODULES * PARTS}, o.done, 0, CASE WHEN o.done < 20 THEN c.starts_on + 21 * (o.done / {PARTS} + 1) END,
                   CASE WHEN o.done > 0 THEN c.starts_on + 1 END, CASE WHEN o.done > 0 THEN c.starts_on + 1 + 4 * o.done END,
                   CASE WHEN o.done = 20 THEN c.starts_on + 81 END, ''
            FROM ({_OF}) o JOIN cohorts c ON c.id = o.cohort JOIN users u ON u.id = {_KEY.format("o.person")}""",
        "progress of modules": f"""
            INSERT INTO module_progress (enrolment_id, module_id, required_count, done_count, waiting_count, completed_at)
            SELECT e.id, m, {PARTS}, least({PARTS}, greatest(0, e.done_count - {PARTS} * (m - 1))), 0,
                   CASE WHEN e.done_count >= {PARTS} * m THEN e.started_on + 20 * m END
            FROM enrolments e, generate_series(1, {MODULES}) m""",
        "evidence": f"""
            INSERT INTO evidence (sequence, id, enrolment_id, module_id, activity_key, kind, note, actor_id, occurred_at, received_at, source, device)
            SELECT (e.id::bigint - 1) * 20 + a, md5('e' || e.id || '/' || a)::uuid, e.id, 1 + (a - 1) / {PARTS}, 'bagian-' || 1 + (a - 1) %% {PARTS},
                   'viewed', '', e.user_id, e.started_on + 4 * a, e.started_on + 4 * a, 'web', ''
            FROM enrolments e, generate_series(1, {MODULES * PARTS}) a WHERE a <= e.done_count""",
        "evidence of the end": """
            INSERT INTO evidence (sequence, id, enrolment_id, activity_key, kind, note, occurred_at, received_at, source, device)
            SELECT 100000000 + e.id, md5('f' || e.id)::uuid, e.id, '', 'finished', '', e.completed_at, e.completed_at, 'kernel', ''
            FROM enrolments e WHERE e.completed_at IS NOT NULL""",
        "completions": f"""
            INSERT INTO completions (enrolment_id, module_id, activity_key, state, first_completed_at, revision_id, reasons)
            SELECT x.e, x.m, x.key, CASE WHEN x.done THEN 'complete' ELSE 'not_started' END, CASE WHEN x.done THEN x.day END, x.m,
                   CASE WHEN x.done THEN ('{met}')::json ELSE '{unmet}'::json END
            FROM (SELECT e.id AS e, 1 + (a - 1) / {PARTS} AS m, 'bagian-' || 1 + (a - 1) %% {PARTS} AS key, a <= e.done_count AS done,
                         e.started_on + 4 * a AS day, md5('e' || e.id || '/' || a)::uuid AS id
                  FROM enrolments e, generate_series(1, {MODULES * PARTS}) a) x""",
        "hours": f"""
            INSERT INTO jp_entries (id, enrolment_id, user_id, module_id, section, key, title, "limit", cause, form, nominal, recognized, rule,
                                    occurred_on, recorded_at)
            SELECT (e.id - 1) * {MODULES} + m, e.id, e.user_id, m, 'satu', 'section/' || m || '/satu', '{{}}', 'none', 'earned', 'e_learning',
                   200, 200, 'e-learning-3-per-day', e.started_on + 20 * m, now()
            FROM enrolments e, generate_series(1, {MODULES}) m WHERE e.done_count >= {PARTS} * m""",
    }
