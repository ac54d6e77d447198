"""Every route × every method × every kind of person: who may, in one table, against docs/permissions.md and against what the program answers."""

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import everybody
from support.everybody import ADMIN, LEARNER, NOBODY, ORGANIZER, ROLES, SUPERVISOR
from support.routes import MATRIX

from lms.db import Base, at, commit, db
from lms.jobs import batches
from lms.jobs.models import Job
from lms.people import sessions
from lms.people.access import load_actor
from lms.people.models import UserSession

DOCS = Path(__file__).parent.parent.parent / "docs" / "permissions.md"

TABLE = {
    (route, method): (permission, who)
    for permission, who, lines in MATRIX
    for methods, route in re.findall(r"((?:(?:GET|POST|PATCH|DELETE) )+) *(/.*)", lines)
    for method in methods.split()
}
MACHINE = {"Authorization": "Bearer token-of-prometheus"}  # what lets anybody read /metrics, and nothing else
ENDS = ("/end", "/delete", "/remove", "/withdraw", "/close", "/active", "/hand-in", "/return", "/publish")


# -- the walk ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _noon(app, monkeypatch):
    monkeypatch.setitem(app.config, "LMS_METRICS_TOKEN", MACHINE["Authorization"].removeprefix("Bearer "))
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
    """Return what an answer amounts to. A form that lacks something (422, 412, 415) or an act that is impossible now (409) was allowed."""
    code = answer.status_code
    if code == 401 or (code == 302 and answer.location.startswith("/sign-in?next=")):
        return "sign in"
    return "allowed" if code in {200, 204, 302, 409, 412, 415, 422} else str(code)


def everything() -> dict[str, list[str]]:
    """Return every row of every table."""
    db.session.rollback()
    found = {table.name: sorted(map(repr, db.session.execute(sa.select(table)))) for table in Base.metadata.sorted_tables}
    db.session.rollback()
    return found


def browser_of(client, world, person):
    """Return a browser of the person and its token; the session and the long work that an address names are their own."""
    if person == NOBODY:
        world.values["session_id"] = world.values["batch_id"] = world.people[LEARNER].id
        page = client.get("/sign-in").get_data(as_text=True)
        return client, re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    mine = world.people[person].id
    sessions.open_session(user_id=mine, device="lain")
    world.values["session_id"] = db.session.scalars(sa.select(UserSession.id).where(UserSession.user_id == mine)).first()
    world.values["batch_id"] = own_batch(mine)
    browser = client.as_(world.people[person])
    return browser, browser._csrf()


def own_batch(user_id: uuid.UUID) -> uuid.UUID:
    """Return a finished batch of a person."""
    batch = batches.begin_batch(actor=load_actor(user_id, dt.date(2026, 11, 21)), task="lms:nothing", title="Berkas", total=1)
    batches.finish(batch, file=("berkas.csv", "text/csv", b"a"))
    db.session.execute(sa.delete(Job).where(Job.key == f"batch/{batch.id}"))
    commit()
    return batch.id


# On a second database three of them are enough: what differs is the databases' own refusals.
WALKERS = [who if who in {LEARNER, SUPERVISOR, ORGANIZER} else pytest.param(who, marks=pytest.mark.sqlite) for who in ROLES]


@pytest.mark.parametrize("person", WALKERS)
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
        answer = browser.open(url, method=method, headers={"X-CSRF-Token": token, **MACHINE}, data=form, forge=True)
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
