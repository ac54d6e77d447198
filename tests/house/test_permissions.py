"""Every route × every method × every kind of person: who may, in one table, against docs/permissions.md and against what the program answers."""

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.lists import csv_bytes

from courses.entries.models import Entry
from lms.attempts.models import Attempt
from lms.cohorts import uploads
from lms.db import Base, at, commit, db
from lms.learning import services as learning
from lms.learning.models import Cohort, Group, Module, ScheduleEntry, ScheduleKind
from lms.people import services as people
from lms.people import sessions
from lms.people.access import load_actor
from lms.people.models import RoleAssignment, User, UserSession
from lms.people.roles import Role, ScopeKind
from lms.registry import file_store

DOCS = Path(__file__).parent.parent.parent / "docs" / "permissions.md"
TODAY = dt.date(2026, 11, 21)

# -- who ----------------------------------------------------------------------------------------------------------------------------------

NOBODY = "nobody signed in"
LEARNER, OTHER_LEARNER = "learner of the cohort", "learner of another cohort"
INSTRUCTOR, OTHER_INSTRUCTOR = "instructor of the cohort", "instructor elsewhere"
WRITER, SITE_INSTRUCTOR = "instructor of the module", "instructor of the whole site"
SUPERVISOR, OTHER_SUPERVISOR = "supervisor of the person", "supervisor elsewhere"
ORGANIZER, OTHER_ORGANIZER = "organizer of the unit", "organizer elsewhere"
ADMIN = "administrator"
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
    ADMIN: "administrator",
    FORMER: "learner",
}
EVERYBODY = set(ROLES)
SIGNED_IN = EVERYBODY - {NOBODY}
INSTRUCTORS = {INSTRUCTOR, OTHER_INSTRUCTOR, WRITER, SITE_INSTRUCTOR}
ORGANIZERS = {ORGANIZER, OTHER_ORGANIZER}
SUPERVISORS = {SUPERVISOR, OTHER_SUPERVISOR}

# -- what -----------------------------------------------------------------------------------------------------------------------------------
# (permission, who may, routes). The addresses name things of cohort A. Everybody else is led to the sign-in page when not signed in,
# gets 403 without the permission (docs/permissions.md says which roles hold it) and 404 with the permission for other things.

MATRIX: list[tuple[str | None, set[str], str]] = [
    (
        None,
        EVERYBODY,
        """
        GET       /
        GET       /-/design
        GET       /healthz
        POST      /language
        GET POST  /set-up
        GET POST  /sign-in
        GET       /static/<version>/<bundle>/<path:name>
        """,
    ),
    (
        "lms:site:operate",
        {ADMIN},
        """
        GET       /-/plugins
        GET       /admin
        GET       /admin/audit
        GET POST  /admin/jobs
        POST      /admin/jobs/<uuid:job_id>
        GET       /admin/settings
        """,
    ),
    (
        "lms:people:manage",
        {ADMIN},
        """
        GET       /admin/people
        GET POST  /admin/people/new
        GET POST  /admin/people/<uuid:user_id>
        POST      /admin/people/<uuid:user_id>/active
        GET POST  /admin/people/<uuid:user_id>/manager
        POST      /admin/people/<uuid:user_id>/manager/end
        POST      /admin/people/<uuid:user_id>/password
        POST      /admin/people/<uuid:user_id>/roles/<int:grant_id>/end
        GET POST  /admin/people/<uuid:user_id>/roles/new
        POST      /admin/people/<uuid:user_id>/sessions/end
        GET POST  /admin/units
        GET POST  /admin/units/<int:unit_id>
        POST      /admin/units/<int:unit_id>/aliases
        POST      /admin/units/<int:unit_id>/aliases/remove
        POST      /admin/units/<int:unit_id>/below
        POST      /admin/units/<int:unit_id>/close
        POST      /admin/units/<int:unit_id>/move
        """,
    ),
    (
        "lms:profile:edit",
        SIGNED_IN,
        """
        GET POST  /profile
        GET       /profile/data.json
        GET       /profile/privacy
        GET POST  /profile/security
        POST      /profile/sessions/<uuid:session_id>/end
        POST      /sign-out
        """,
    ),
    ("lms:cohort:view", INSTRUCTORS | ORGANIZERS, "GET /cohorts"),
    (
        "lms:cohort:view",
        {INSTRUCTOR, ORGANIZER},
        """
        GET       /cohorts/<int:cohort_id>
        GET       /cohorts/<int:cohort_id>/people
        GET       /cohorts/<int:cohort_id>/people/<int:enrolment_id>
        """,
    ),
    (
        "lms:cohort:manage",
        ORGANIZERS,
        """
        GET POST  /cohorts/courses/new
        GET POST  /cohorts/new
        """,
    ),
    (
        "lms:cohort:manage",
        {ORGANIZER},
        """
        GET POST  /cohorts/<int:cohort_id>/dates
        GET POST  /cohorts/<int:cohort_id>/groups
        POST      /cohorts/<int:cohort_id>/groups/<int:group_id>/delete
        POST      /cohorts/<int:cohort_id>/groups/split
        GET POST  /cohorts/<int:cohort_id>/import
        GET POST  /cohorts/<int:cohort_id>/import/<string(length=32):token>
        GET       /cohorts/<int:cohort_id>/import/<string(length=32):token>/corrections.xlsx
        GET       /cohorts/<int:cohort_id>/import/template.<any(csv, xlsx):kind>
        GET POST  /cohorts/<int:cohort_id>/modules/<int:module_id>/move
        GET       /cohorts/<int:cohort_id>/people.<any(csv, xlsx):kind>
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/group
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/override
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/password
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/return
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/withdraw
        GET POST  /cohorts/<int:cohort_id>/schedule
        POST      /cohorts/<int:cohort_id>/schedule/<int:entry_id>/delete
        GET POST  /cohorts/<int:cohort_id>/staff
        POST      /cohorts/<int:cohort_id>/staff/<int:grant_id>/end
        """,
    ),
    ("lms:team:view", SUPERVISORS, "GET /team"),
    (
        "lms:team:view",
        {SUPERVISOR},
        """
        GET       /team/people
        GET       /team/people.csv
        GET       /team/people.xlsx
        GET       /team/picture
        """,
    ),
    ("lms:learning:take", SIGNED_IN, "GET /learn"),
    (
        "lms:learning:take",
        {LEARNER},
        """
        GET       /learn/<int:cohort_id>
        GET       /learn/<int:cohort_id>/<module_key>
        GET POST  /learn/<int:cohort_id>/<module_key>/<activity_key>
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/read
        POST      /learn/<int:cohort_id>/place
        """,
    ),
    ("courses:journal:write", SIGNED_IN, "GET /journals"),
    (
        "courses:journal:write",
        {LEARNER},
        """
        GET       /journals/<uuid:entry_id>
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/draft
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/hand-in
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/revise
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/tick
        """,
    ),
    ("courses:journal:answer", INSTRUCTORS, "GET /journals/queue"),
    ("courses:journal:answer", {INSTRUCTOR}, "GET POST /journals/queue/<uuid:entry_id>"),
    (
        "quizzes:attempt:take",
        {LEARNER},
        """
        GET       /quizzes/<uuid:attempt_id>
        POST      /quizzes/<uuid:attempt_id>/answer
        POST      /quizzes/<uuid:attempt_id>/hand-in
        GET       /quizzes/<uuid:attempt_id>/review
        POST      /quizzes/start/<int:cohort_id>/<module_key>/<activity_key>
        """,
    ),
    (
        "courses:module:browse",
        SIGNED_IN,
        """
        GET       /modules
        GET       /modules/<module_key>
        """,
    ),
    ("media:file:read", SIGNED_IN, "GET /media/<digest>.<suffix>"),
    ("courses:module:create", INSTRUCTORS, "GET POST /studio/new"),
    (
        "courses:module:write",
        INSTRUCTORS,
        """
        GET       /studio
        GET POST  /studio/import
        """,
    ),
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /studio/<module_key>
        GET POST  /studio/<module_key>/<activity_key>
        GET POST  /studio/<module_key>/<activity_key>/delete
        POST      /studio/<module_key>/<activity_key>/preview
        GET POST  /studio/<module_key>/about
        GET POST  /studio/<module_key>/add
        GET       /studio/<module_key>/export.zip
        POST      /studio/<module_key>/move
        GET POST  /studio/<module_key>/pictures
        POST      /studio/<module_key>/pictures/remove
        GET POST  /studio/<module_key>/publish
        """,
    ),
]
TABLE = {
    (route, method): (permission, who)
    for permission, who, lines in MATRIX
    for *methods, route in (line.rsplit(maxsplit=1) for line in re.findall(r"\S.*", lines))
    for method in methods[0].split()
}
ENDS = ("/end", "/delete", "/remove", "/withdraw", "/close", "/active", "/hand-in", "/return", "/publish")


# -- the world ------------------------------------------------------------------------------------------------------------------------------


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


@pytest.fixture(autouse=True)
def _noon(app):
    with at(dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def world(app, client, make_user, make_unit, make_module, make_cohort, make_enrolment):
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
        SUPERVISOR: make_user("Atasan", roles=[("supervisor", "unit", unit.id)]),
        OTHER_SUPERVISOR: make_user("Atasan lain", roles=[("supervisor", "unit", elsewhere.id)]),
        ORGANIZER: make_user("Panitia", roles=[("organizer", "unit", unit.id)]),
        OTHER_ORGANIZER: make_user("Panitia lain", roles=[("organizer", "unit", elsewhere.id)]),
        ADMIN: make_user("Admin", roles=["admin"]),
        FORMER: make_user("Dahulu"),
    }
    make_enrolment(cohort, folk[LEARNER])
    make_enrolment(cohort_b, folk[OTHER_LEARNER])
    _former(folk[FORMER], make_enrolment(cohort, folk[FORMER]), cohort, unit, module)
    world = World(folk, {}, {}, {})
    _things(world, cohort, module, unit, make_enrolment(cohort, make_user("Rekan", unit_id=unit.id)))
    _learn(world, client.as_(folk[LEARNER]), cohort, module)
    learning.publish(actor_id=None, module=_changed(module))
    commit()
    return world


def _activities():
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    options = [{"text": "Ya", "correct": True, "rationale": "Betul."}, {"text": "Tidak", "rationale": "Keliru."}]
    visit = {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": prompt, "questions": []}
    return [
        {"type": "lesson", "key": "bacaan", "settings": {"source": "Halo."}},
        {"type": "field_visit", "key": "kunjungan", "settings": visit},
        {"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": prompt}},
        {"type": "assignment", "key": "tugas", "settings": {"brief": "Tulis.", "parts": [{"key": "isi", "title": "Isi", "prompt": "?"}]}},
        {"type": "quiz", "key": "kuis", "settings": {"items": [{"key": "a", "kind": "single_choice", "stem": "?", "options": options}]}},
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
    db.session.add_all([meeting, group])
    people.add_alias(actor=load_actor(world.people[ADMIN].id, TODAY), unit=unit, alias="Dinkes")
    people.report_to(actor_id=None, user_id=colleague.user_id, supervisor_id=world.people[SUPERVISOR].id, since=cohort.starts_on)
    grant = people.grant_role(
        actor_id=None, user_id=colleague.user_id, role=Role.INSTRUCTOR, kind=ScopeKind.COHORT, scope_id=cohort.id, valid_from=TODAY
    )
    picture = file_store().save(b"\x89PNG\r\n\x1a\n", "titik.png", owner_id=None)
    module.files = {"figures/titik.png": picture}
    db.session.flush()
    organizer = load_actor(world.people[ORGANIZER].id, TODAY)
    world.values |= {
        "cohort_id": cohort.id,
        "module_id": module.id,
        "module_key": module.key,
        "activity_key": "bacaan",
        "enrolment_id": colleague.id,
        "user_id": colleague.user_id,
        "grant_id": db.session.scalar(sa.select(RoleAssignment.id).where(RoleAssignment.user_id == colleague.user_id)) if grant is None else grant.id,
        "group_id": group.id,
        "unit_id": unit.id,
        "job_id": colleague.user_id,
        "token": uploads.keep_upload(actor=organizer, cohort=cohort, data=csv_bytes([["Nama"], [""]])),
        "kind": "csv",
        "digest": picture.rpartition("/")[2].partition(".")[0],
        "suffix": "png",
        "bundle": "lms",
        "name": "app.css",
        "version": "0",
    }
    world.special["cohorts.delete_meeting"] = {"entry_id": meeting.id}
    world.queries = {f"/team/{page}": f"?scope=unit-{unit.id}" for page in ("people", "people.csv", "people.xlsx", "picture")}
    commit()


def _learn(world: World, browser: Any, cohort: Cohort, module: Module) -> None:
    """Hand in a journal, begin a visit and a quiz."""
    at_ = f"/learn/{cohort.id}/{module.key}"
    assert browser.post(f"{at_}/jurnal/hand-in", data={"text-apa": "Satu kata."}).status_code == 302
    assert browser.post(f"{at_}/kunjungan/draft", data={"text-apa": "Catatan."}).status_code == 302
    assert browser.post(f"/quizzes/start/{cohort.id}/{module.key}/kuis").status_code == 302
    attempt = db.session.scalars(sa.select(Attempt)).one()
    world.values |= {
        "attempt_id": attempt.id,
        "entry_id": db.session.scalars(sa.select(Entry.id).where(Entry.activity_key == "jurnal")).one(),
    }
    world.special |= {
        "courses.take_answer": {"activity_key": "tugas"},
        "courses.save_draft": {"activity_key": "kunjungan"},
        "courses.hand_in": {"activity_key": "kunjungan"},
        "courses.tick": {"activity_key": "kunjungan"},
        "courses.revise": {"activity_key": "jurnal"},
        "quizzes.begin": {"activity_key": "kuis"},
    }
    # What names its object in the form and not in the address.
    world.forms = {
        "courses.remember": {"module": module.key, "activity": "bacaan"},
        "quizzes.answer": {"item": attempt.variant["items"][0]},
    }


def _changed(module: Module) -> Module:
    """Let the draft differ from its revision, so that there is something to publish and to move a cohort to."""
    module.about = {**module.about, "title": {"id": "Modul baru", "en": "New module"}}
    db.session.flush()
    return module


# -- the walk -------------------------------------------------------------------------------------------------------------------------------


def routes(app):
    """Yield (rule, method) of everything the program answers; HEAD runs the same view as GET, OPTIONS none."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"OPTIONS"}):
            yield rule, method


def holders() -> dict[str, set[str]]:
    """Return {permission: the roles that hold it} as docs/permissions.md says it; learner is everybody."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCS.read_text().splitlines() if line.startswith("|")]
    heads = [head.lower() for head in lines[0]]
    rows = [line for line in lines if re.fullmatch(r"`\w+:\w+:\w+`", line[0])]
    return {row[0].strip("`"): {role for role, mark in zip(heads[2:], row[2:], strict=True) if mark} for row in rows}


def holds(person: str, roles: set[str]) -> bool:
    """Tell whether a kind of person holds a permission that these roles have; whoever is signed in is a learner."""
    return person != NOBODY and bool(roles & {"learner", ROLES[person]})


def expected(person: str, permission: str | None, who: set[str], roles: dict[str, set[str]]) -> str:
    """Return `allowed`, `sign in`, `403` or `404`."""
    if person in who:
        return "allowed"
    if person == NOBODY:
        return "sign in"
    return "404" if permission is None or holds(person, roles[permission]) else "403"


def outcome(answer: Any) -> str:
    """Return what an answer amounts to. A form that lacks something (422) or an act that is impossible now (409) was allowed."""
    code = answer.status_code
    if code == 401 or (code == 302 and answer.location.startswith("/sign-in?next=")):
        return "sign in"
    return "allowed" if code in {200, 204, 302, 409, 422} else str(code)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    db.session.rollback()
    found = {table.name: sorted(map(repr, db.session.execute(sa.select(table)))) for table in Base.metadata.sorted_tables}
    db.session.rollback()
    return found


def browser_of(client, world, person):
    """Return a browser of the person, with a second session of theirs for the route that ends one."""
    if person == NOBODY:
        page = client.get("/sign-in").get_data(as_text=True)
        world.values["session_id"] = db.session.scalars(sa.select(UserSession.id).limit(1)).one()
        return client, re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    browser = client.as_(world.people[person])
    world.values["session_id"] = sessions.open_session(user_id=world.people[person].id, device="lain").user_id
    commit()
    mine = sa.select(UserSession.id).where(UserSession.user_id == world.people[person].id, UserSession.device == "lain")
    world.values["session_id"] = db.session.scalars(mine).one()
    return browser, browser._csrf()


@pytest.mark.parametrize("person", ROLES)
def test_every_route_answers_whom_it_may_and_nobody_else(app, client, world, person):
    browser, token = browser_of(client, world, person)
    roles = holders()
    wrong = []

    def ask(rule, method, wanted):
        url = world.url(rule)
        answer = browser.open(url, method=method, headers={"X-CSRF-Token": token}, data=world.forms.get(rule.endpoint, {}), forge=True)
        if outcome(answer) != wanted:
            wrong.append(f"{method} {url}: {wanted} expected, {answer.status_code} {answer.location or ''}")

    todo = [(rule, method, expected(person, *TABLE[rule.rule, method.replace("HEAD", "GET")], roles)) for rule, method in routes(app)]
    before = everything()
    for rule, method, wanted in todo:
        if wanted != "allowed":
            ask(rule, method, wanted)
    after = everything()
    changed = {name: sorted(set(after[name]) ^ set(before[name])) for name in before if before[name] != after[name]}
    # Reading first; what ends something afterwards; signing out last.
    allowed = [step for step in todo if step[2] == "allowed"]
    for rule, method, wanted in sorted(allowed, key=lambda step: (step[1] == "POST", step[0].rule.endswith(ENDS), step[0].rule == "/sign-out")):
        ask(rule, method, wanted)

    assert not wrong, f"{person}:\n" + "\n".join(wrong)
    assert not changed, f"{person} was refused and yet changed something: {changed}"


def test_the_table_names_every_route_and_no_other(app):
    there = {(rule.rule, method) for rule, method in routes(app) if method != "HEAD"}
    assert not there - set(TABLE), "say in the table who may use these"
    assert not set(TABLE) - there, "these routes are gone"


def test_the_table_and_the_views_and_the_documentation_agree(app):
    roles = holders()
    for rule, method in routes(app):
        permission, who = TABLE[rule.rule, method.replace("HEAD", "GET")]
        assert app.view_functions[rule.endpoint].access.permission == permission, rule.rule
        if permission is not None:
            able = {person for person in ROLES if holds(person, roles[permission])}
            assert who <= able, f"{rule.rule}: docs/permissions.md does not give {permission} to {who - able}"


@pytest.mark.parametrize("person", [NOBODY, LEARNER, ADMIN])
def test_other_methods_are_no_way_in(app, client, world, person):
    browser, token = browser_of(client, world, person)
    before = everything()
    known = {}
    for rule in app.url_map.iter_rules():
        known.setdefault(rule.rule, [rule, set()])[1].update(rule.methods)
    for rule, methods in known.values():
        for method in sorted({"PUT", "PATCH", "DELETE"} - methods):
            answer = browser.open(world.url(rule), method=method, headers={"X-CSRF-Token": token}, forge=True)
            assert answer.status_code == 405, (method, rule.rule)
    assert everything() == before


def test_nobody_ends_the_session_of_another(client, world):
    theirs = client.as_(world.people[LEARNER])
    number = db.session.scalars(
        sa.select(UserSession.id).where(UserSession.user_id == world.people[LEARNER].id).order_by(UserSession.created_at.desc()).limit(1)
    ).one()
    client.as_(world.people[ADMIN]).post(f"/profile/sessions/{number}/end")
    assert theirs.get("/profile").status_code == 200
