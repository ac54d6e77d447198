"""Every route × every method × every kind of person: who may, in one table, against docs/permissions.md and against what the program answers."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import everybody
from support.everybody import (
    ADMIN,
    INSTRUCTOR,
    LEARNER,
    NOBODY,
    ORGANIZER,
    OTHER_INSTRUCTOR,
    OTHER_ORGANIZER,
    OTHER_SUPERVISOR,
    ROLES,
    SITE_INSTRUCTOR,
    SUPERVISOR,
    WRITER,
)

from lms.db import Base, at, db
from lms.people import sessions
from lms.people.models import UserSession

DOCS = Path(__file__).parent.parent.parent / "docs" / "permissions.md"

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
    ("lms:attempt:mark", {INSTRUCTOR}, "GET POST /journals/queue/assignments/<uuid:attempt_id>"),
    (
        "quizzes:attempt:take",
        {LEARNER},
        """
        GET       /quizzes/<uuid:attempt_id>
        POST      /quizzes/<uuid:attempt_id>/answer
        GET       /quizzes/<uuid:attempt_id>/clock
        POST      /quizzes/<uuid:attempt_id>/hand-in
        POST      /quizzes/<uuid:attempt_id>/open
        GET       /quizzes/<uuid:attempt_id>/review
        GET       /quizzes/files/<int:upload_id>
        POST      /quizzes/start/<int:cohort_id>/<module_key>/<activity_key>
        """,
    ),
    ("quizzes:attempt:take", SIGNED_IN, "GET /quizzes/receipts"),
    (
        "quizzes:attempt:mark",
        INSTRUCTORS,
        """
        GET       /quizzes/marking
        GET POST  /quizzes/marking/comments
        GET       /quizzes/receipts/check
        """,
    ),
    (
        "quizzes:attempt:mark",
        {INSTRUCTOR},
        """
        GET       /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>
        GET       /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts.csv
        GET       /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>
        POST      /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>/count/<int:slot>
        POST      /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>/mark/<int:slot>
        POST      /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>/reopen
        GET POST  /quizzes/marking/<int:cohort_id>/<module_key>/<activity_key>/<int:item_id>
        GET POST  /quizzes/marking/<int:cohort_id>/<module_key>/<activity_key>/<int:item_id>/agreement
        GET POST  /quizzes/marking/<int:cohort_id>/<module_key>/<activity_key>/<int:item_id>/second
        GET       /quizzes/marking/files/<int:cohort_id>/<int:upload_id>
        POST      /quizzes/marking/comments/<int:comment_id>/delete
        """,
    ),
    (
        "quizzes:attempt:regrade",
        {INSTRUCTOR},
        """
        GET POST  /quizzes/regrade/<int:cohort_id>/<module_key>/<activity_key>
        GET       /quizzes/regrade/<int:cohort_id>/<module_key>/<activity_key>/<int:regrade_id>
        """,
    ),
    (
        "quizzes:quiz:arrange",
        {INSTRUCTOR, ORGANIZER},
        """
        GET POST  /quizzes/conditions/<int:cohort_id>/<module_key>/<activity_key>
        POST      /quizzes/conditions/<int:cohort_id>/<module_key>/<activity_key>/end
        """,
    ),
    ("quizzes:quiz:arrange", INSTRUCTORS | ORGANIZERS, "GET /quizzes/cohorts"),
    ("quizzes:bank:edit", INSTRUCTORS, "GET /quizzes/bank"),
    (
        "quizzes:bank:edit",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /quizzes/bank/<module_key>
        GET POST  /quizzes/bank/<module_key>/<int:item_id>
        POST      /quizzes/bank/<module_key>/<int:item_id>/duplicate
        POST      /quizzes/bank/<module_key>/<int:item_id>/restore
        POST      /quizzes/bank/<module_key>/<int:item_id>/retire
        POST      /quizzes/bank/<module_key>/<int:item_id>/share
        GET       /quizzes/bank/<module_key>/<int:item_id>/versions
        GET       /quizzes/bank/<module_key>/export
        GET       /quizzes/bank/<module_key>/export/file
        GET POST  /quizzes/bank/<module_key>/import
        GET POST  /quizzes/bank/<module_key>/new
        POST      /quizzes/bank/<module_key>/preview
        GET       /quizzes/bank/<module_key>/shared/<int:item_id>
        POST      /quizzes/bank/<module_key>/tags
        """,
    ),
    (
        "quizzes:bank:edit",
        {WRITER},
        """
        GET       /quizzes/bank/<module_key>/import/<uuid:import_id>
        POST      /quizzes/bank/<module_key>/import/<uuid:import_id>/confirm
        GET       /quizzes/bank/<module_key>/import/<uuid:import_id>/pictures/<path:name>
        GET       /quizzes/bank/<module_key>/import/<uuid:import_id>/problems.csv
        """,
    ),
    (
        "quizzes:statistics:view",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /quizzes/statistics/<module_key>/<activity_key>
        GET       /quizzes/statistics/<module_key>/<activity_key>/<int:item_id>
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
        GET       /studio/<module_key>/checks
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
    for methods, route in re.findall(r"((?:GET |POST )+) *(/.*)", lines)
    for method in methods.split()
}
ENDS = ("/end", "/delete", "/remove", "/withdraw", "/close", "/active", "/hand-in", "/return", "/publish")


# -- the walk ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _noon(app):
    with at(dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def world(client, make_user, make_unit, make_module, make_cohort, make_enrolment):
    return everybody.build(client, make_user, make_unit, make_module, make_cohort, make_enrolment)


def routes(app):
    """Yield (rule, method) of everything the program answers; HEAD runs the same view as GET, OPTIONS none."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"OPTIONS"}):
            yield rule, method


def row_of(rule: Any, method: str) -> tuple[str | None, set[str]] | None:
    """Return what the table says: the permission and who may; None for a route that it does not name."""
    return TABLE.get((rule.rule, "GET" if method == "HEAD" else method))


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


def everything() -> dict[str, list[str]]:
    """Return every row of every table."""
    db.session.rollback()
    found = {table.name: sorted(map(repr, db.session.execute(sa.select(table)))) for table in Base.metadata.sorted_tables}
    db.session.rollback()
    return found


def browser_of(client, world, person):
    """Return a browser of the person and its token; the session that an address names is another one of their own."""
    if person == NOBODY:
        world.values["session_id"] = world.people[LEARNER].id
        page = client.get("/sign-in").get_data(as_text=True)
        return client, re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    mine = world.people[person].id
    sessions.open_session(user_id=mine, device="lain")
    world.values["session_id"] = db.session.scalars(sa.select(UserSession.id).where(UserSession.user_id == mine)).first()
    browser = client.as_(world.people[person])
    return browser, browser._csrf()


@pytest.mark.parametrize("person", ROLES)
def test_every_route_answers_whom_it_may_and_nobody_else(app, client, world, person):
    browser, token = browser_of(client, world, person)
    roles = holders()
    wrong = []

    def ask(rule, method, wanted):
        url, form = world.url(rule), world.forms.get(rule.endpoint, {})
        if form and method == "POST":
            assert send(url, method, {}).status_code < 500, f"{url} with an empty form"
        answer = send(url, method, form)
        if outcome(answer) != wanted:
            wrong.append(f"{method} {url}: {wanted} expected, {answer.status_code} {answer.location or ''}")

    def send(url, method, form):
        answer = browser.open(url, method=method, headers={"X-CSRF-Token": token}, data=form, forge=True)
        answer.close()
        return answer

    todo = [(rule, method, expected(person, *said, roles)) for rule, method in routes(app) if (said := row_of(rule, method))]
    before = everything()
    for rule, method, wanted in todo:
        if wanted != "allowed":
            ask(rule, method, wanted)
    after = everything()
    changed = {name: sorted(set(after[name]) ^ set(before[name])) for name in before if before[name] != after[name]}
    # Reading first; what ends something afterwards; signing out last.
    allowed = [step for step in todo if step[2] == "allowed"]
    for rule, method, wanted in sorted(
        allowed, key=lambda step: (step[1] == "POST", step[0].rule == "/sign-out", step[0].rule.endswith(ENDS))
    ):
        ask(rule, method, wanted)

    assert not wrong, f"{person}:\n" + "\n".join(wrong)
    assert not changed, f"{person} was refused and yet changed something: {changed}"


def test_the_table_names_every_route_and_no_other(app):
    there = {(rule.rule, method) for rule, method in routes(app) if method != "HEAD"}
    assert sorted(there - set(TABLE)) == [], "say in the table who may use these"
    assert sorted(set(TABLE) - there) == [], "these routes are gone"


def test_the_table_and_the_views_and_the_documentation_agree(app):
    roles = holders()
    for rule, method in routes(app):
        permission, who = row_of(rule, method) or ("in no row of the table", set())
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
