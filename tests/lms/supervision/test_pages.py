"""What the pages say, what they cost, and that they stay closed rather than read through another connection."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile

import brotli
import pytest
import sqlalchemy as sa

from lms.db import Base, commit, db
from lms.learning.models import Enrolment, Group
from lms.people.services import report_to
from lms.supervision import engine as sealed
from lms.supervision.queries import Scope, Wanted
from lms.supervision.services import people, picture
from lms.supervision.standing import Status
from lms.testing.client import text_of

TODAY = dt.date(2026, 11, 21)
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)
BEGUN = {"started_on": dt.date(2026, 10, 2), "active_on": dt.date(2026, 11, 17)}
QUIET = {"started_on": dt.date(2026, 10, 2), "active_on": dt.date(2026, 11, 6)}
BEFORE = TODAY - dt.timedelta(days=2)
PAGES = ("/team/people", "/team/picture", "/team/people.csv", "/team/people.xlsx", "/team/people.pdf", "/team/picture.pdf")


@pytest.fixture
def cohort(make_cohort):
    return make_cohort()


@pytest.fixture
def boss(make_user, cohort):
    return make_user("Zulkifli", language="en", roles=[("supervisor", "cohort", cohort.id)])


@pytest.fixture
def url(cohort):
    return f"/team/people?scope=cohort-{cohort.id}"


def standing_of(cohort, day=TODAY):
    """Return the lines of a cohort."""
    return people(scope=Scope("cohort", cohort.id), today=day, wanted=Wanted()).page.items


@pytest.mark.parametrize(
    ("state", "status", "needs_help", "days"),
    [
        ({}, Status.NOT_BEGUN, True, 0),
        ({"due": YESTERDAY}, Status.NOT_BEGUN, True, 1),
        ({"due": TOMORROW}, Status.NOT_BEGUN, True, 0),
        ({"due": TODAY, **BEGUN}, Status.ON_SCHEDULE, False, 0),
        # The learner reads it today; the supervisor from tomorrow on.
        ({"due": YESTERDAY, **BEGUN}, Status.BEHIND, False, 1),
        ({"due": BEFORE, **BEGUN}, Status.BEHIND, True, 2),
        # Nothing for 14 days (and a day's head start) while something is due within 7.
        ({"due": TODAY + dt.timedelta(days=6), **QUIET}, Status.ON_SCHEDULE, True, 0),
        ({"due": TODAY + dt.timedelta(days=7), **QUIET}, Status.ON_SCHEDULE, False, 0),
        ({"due": TOMORROW, **QUIET, "active_on": dt.date(2026, 11, 7)}, Status.ON_SCHEDULE, False, 0),
        ({"due": BEFORE, **BEGUN, "no_signal_until": TODAY}, Status.NO_SIGNAL, False, 0),
        ({"due": BEFORE, **BEGUN, "no_signal_until": YESTERDAY}, Status.BEHIND, False, 2),
        ({"due": BEFORE, **BEGUN, "no_signal_until": BEFORE}, Status.BEHIND, True, 2),
        ({"no_signal_until": TOMORROW}, Status.NO_SIGNAL, False, 0),
        ({"due": BEFORE, "done": 9, "waiting": 1, **BEGUN, "no_signal_until": TODAY}, Status.WAITING, False, 0),
        ({"due": dt.date(2026, 11, 11), "done": 9, **BEGUN}, Status.BEHIND, True, 10),
        ({"due": None, "done": 3, **BEGUN}, Status.ON_SCHEDULE, False, 0),
        # What an instructor has is nobody's delay.
        ({"due": YESTERDAY, "done": 9, "waiting": 1, **BEGUN}, Status.WAITING, False, 0),
        ({"due": BEFORE, "done": 8, "waiting": 1, **BEGUN}, Status.BEHIND, True, 2),
        ({"due": YESTERDAY, "done": 10, **BEGUN}, Status.COMPLETE, False, 0),
        # Who has finished stays finished, whatever is added to the course later.
        ({"due": YESTERDAY, "done": 8, "completed_at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC), **BEGUN}, Status.COMPLETE, False, 0),
        ({"due": YESTERDAY, "of": 0, **BEGUN}, Status.ON_SCHEDULE, False, 0),
    ],
)
def test_status_in_words_of_care(cohort, make_enrolment, stand, state, status, needs_help, days):
    stand(make_enrolment(cohort), **state)
    (person,) = standing_of(cohort)
    assert (person.row.status, bool(person.row.help), person.days_behind) == (status, needs_help, days)


@pytest.mark.parametrize(("began", "needs_help"), [(8, True), (7, False), (-3, False)])
def test_who_has_not_begun_has_a_week(make_cohort, make_enrolment, stand, began, needs_help):
    fresh = make_cohort(starts_on=TODAY - dt.timedelta(days=began))
    stand(make_enrolment(fresh), due=TOMORROW)
    assert [bool(person.row.help) for person in standing_of(fresh)] == [needs_help]


def test_what_waits_in_one_module_does_not_hide_what_is_due_in_the_next(make_module, make_cohort, make_enrolment, stand, plan):
    """The first module is with an instructor and its day is over; the learner is behind only when the second one's day is over too."""
    cohort = make_cohort(make_module(), make_module())
    enrolment = make_enrolment(cohort)
    stand(enrolment, done=0, of=1, waiting=1, due=YESTERDAY, **BEGUN)
    plan(cohort, 1, due_on=TOMORROW)
    db.session.execute(sa.update(Enrolment).values(required_count=2))
    commit()

    (person,) = standing_of(cohort)
    assert (person.row.status, person.next_due_on, person.segments) == (Status.ON_SCHEDULE, TOMORROW, ["waiting", "not_started"])
    (later,) = standing_of(cohort, TOMORROW + dt.timedelta(days=2))
    assert (later.row.status, later.days_behind) == (Status.BEHIND, 2)


def test_optional_modules_are_nobodys_debt(make_module, make_cohort, make_enrolment, stand, plan):
    cohort = make_cohort(make_module(), make_module())
    plan(cohort, 1, required=False, due_on=YESTERDAY)
    stand(make_enrolment(cohort), done=3, due=TOMORROW, **BEGUN)

    (person,) = standing_of(cohort)
    assert (person.row.status, person.next_due_on, len(person.segments)) == (Status.ON_SCHEDULE, TOMORROW, 1)
    assert len(picture(scope=Scope("cohort", cohort.id), today=TODAY, wanted=Wanted()).page.items[0].cells) == 2


def test_those_who_may_need_help_come_first(client, cohort, boss, url, make_user, make_enrolment, stand, plan):
    for name, state in (
        ("Ani selesai", {"done": 10, **BEGUN}),
        ("Budi lancar", {"done": 5, **BEGUN}),
        ("Citra terlambat", {"done": 5, **BEGUN}),
        ("Dewi belum", {}),
        ("Eko menunggu", {"done": 9, "waiting": 1, **BEGUN}),
    ):
        stand(make_enrolment(cohort, make_user(name)), due=TOMORROW, **state)
    # All have the same first module; who is behind is told by its day.
    plan(cohort, 0, due_on=BEFORE)
    browser = client.as_(boss)

    def order(query=""):
        return [
            name.split()[0]
            for name in re.findall(
                r'<th scope="row">(?:<label[^>]*><input[^>]*>)?([^<]+)<', browser.get(url + query).get_data(as_text=True)
            )
        ]

    assert order() == ["Budi", "Citra", "Dewi", "Eko", "Ani"]
    assert order("&sort=name") == ["Ani", "Budi", "Citra", "Dewi", "Eko"]
    assert order("&sort=quiet")[0] == "Dewi"
    assert order("&status=help") == ["Budi", "Citra", "Dewi"]
    assert order("&status=waiting") == ["Eko"]
    assert order("&status=complete") == ["Ani"]
    assert order("&status=nonsense&group=x&unit=-1&cohort=%00&sort=;&page=99") == order()
    assert order("&q=citra") == ["Citra"]


def test_groups_units_and_cohorts_narrow_the_list(client, make_cohort, make_user, make_unit, make_enrolment, stand, url, cohort):
    unit = make_unit("Dinas Perhubungan")
    boss = make_user()
    old = make_cohort(starts_on=dt.date(2025, 1, 1), ends_on=YESTERDAY)
    group = Group(cohort_id=cohort.id, name="Kelompok 2", position=2)
    db.session.add(group)
    db.session.flush()
    for name, place in (("Ani", cohort), ("Budi", cohort), ("Citra", old)):
        person = make_user(name, unit_id=unit.id)
        report_to(actor_id=None, user_id=person.id, supervisor_id=boss.id, since=dt.date(2025, 1, 1))
        enrolment = make_enrolment(place, person)
        if name == "Budi":
            enrolment.group_id = group.id
    commit()
    browser = client.as_(boss)
    base = "/team/people?scope=reports"

    def found(query=""):
        return re.findall(r'<th scope="row">(?:<label[^>]*><input[^>]*>)?([^<]+)<', browser.get(base + query).get_data(as_text=True))

    assert found() == ["Ani", "Budi"]  # cohorts that have ended are looked at only when one asks
    assert sorted(found("&cohort=all")) == ["Ani", "Budi", "Citra"]
    assert found(f"&cohort={old.id}") == ["Citra"]
    assert found(f"&group={group.id}") == ["Budi"]
    assert found("&group=0") == []
    assert found(f"&unit={unit.id}") == ["Ani", "Budi"]
    assert found("&unit=0") == []


def test_only_ended_cohorts_are_said_to_be_so(client, make_cohort, make_user, make_enrolment):
    boss, citra = make_user(language="en"), make_user("Citra")
    report_to(actor_id=None, user_id=citra.id, supervisor_id=boss.id, since=dt.date(2025, 1, 1))
    make_enrolment(make_cohort(starts_on=dt.date(2025, 1, 1), ends_on=YESTERDAY), citra)
    page = client.as_(boss).get("/team/people?scope=reports")
    assert "No cohort is running now" in text_of(page)
    assert "cohort=all" in page.get_data(as_text=True)


def test_figures_count_what_the_filters_choose(client, cohort, boss, url, make_user, make_enrolment, stand):
    for number in range(7):
        stand(make_enrolment(cohort, make_user(f"Orang {number}")), due=TOMORROW, **(BEGUN if number % 2 else {}))
    page = client.as_(boss).get(f"{url}&q=orang").get_data(as_text=True)
    figures = dict(re.findall(r'href="\?([^"]*)"[^>]*><b>(\d+)</b>', page))
    assert {re.sub(".*status=", "", key) if "status" in key else "": int(count) for key, count in figures.items()} == {
        "": 7,
        "help": 4,
        "not_begun": 4,
        "behind": 0,
        "on_schedule": 3,
        "waiting": 0,
        "complete": 0,
    }


def test_no_time_of_day_no_score_and_no_title_of_an_activity(client, cohort, boss, url, make_user, make_enrolment, stand):
    stand(make_enrolment(cohort, make_user("Ani")), done=3, waiting=1, due=YESTERDAY, **BEGUN)
    browser = client.as_(boss)
    for path in PAGES[:3]:
        page = browser.get(f"{path}?scope=cohort-{cohort.id}")
        words = text_of(page)
        assert not re.search(r"\b\d{1,2}[.:]\d{2}\b(?!\d|/)", words.replace("2026", "")), words
        assert "%" not in words
        assert "lesson-1" not in page.get_data(as_text=True)


def test_the_reminder_is_kind_and_fits_the_chosen_status(client, boss, url, cohort, make_enrolment):
    make_enrolment(cohort)
    browser = client.as_(boss)
    texts = []
    for status in ("help", "not_begun", "on_schedule", "waiting", "complete"):
        (text,) = re.findall(r"<textarea readonly[^>]*>([^<]*)</textarea>", browser.get(f"{url}&status={status}").get_data(as_text=True))
        texts.append(text)
        assert "http://localhost/learn" in text
    assert len(set(texts)) == 5
    for text in texts:
        assert not re.search(r"\b(must|late|fail|obligation|immediately|warning)", text)


def test_the_export_is_the_list_with_date_and_source(client, cohort, boss, make_user, make_enrolment, stand, plan):
    stand(make_enrolment(cohort, make_user("=cmd()", title_after="S.Kep.")), done=3, due=dt.date(2026, 11, 11), **BEGUN)
    stand(make_enrolment(cohort, make_user("Budi")), due=TOMORROW)
    plan(cohort, 0, due_on=dt.date(2026, 11, 11))
    browser = client.as_(boss)

    answer = browser.get(f"/team/people.csv?scope=cohort-{cohort.id}")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:5] == ["Name", "Unit", "Group", "Cohort", "Status"]
    assert rows[1][0] == "'=cmd(), S.Kep."
    assert rows[1][4:] == ["behind", "10", "3", "10", "0", "0", "2026-11-11", "2026-11-17", "Something was due 10 days ago."]
    assert rows[2][0] == "Budi"
    assert "21 November 2026" in rows[-1][0]
    assert "team-2026-11-21.csv" in answer.headers["Content-Disposition"]

    assert "Narrowed" not in rows[-1][0]
    few = browser.get(f"/team/people.csv?scope=cohort-{cohort.id}&q=budi").data.decode("utf-8-sig")
    assert "Narrowed to: search: budi." in few
    assert "cmd" not in few

    with zipfile.ZipFile(io.BytesIO(browser.get(f"/team/people.xlsx?scope=cohort-{cohort.id}").data)) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "Budi" in strings
    assert "21 November 2026" in strings


def test_the_picture_shows_one_cohort_group_by_group(client, make_module, make_cohort, make_user, make_enrolment, stand):
    first, second = make_cohort(make_module(), make_module()), make_cohort(starts_on=dt.date(2026, 11, 1))
    boss = make_user(roles=[("supervisor", "cohort", first.id)])
    one, two = make_enrolment(first, make_user("Ani")), make_enrolment(first, make_user("Budi"))
    two.group_id = None
    make_enrolment(second, make_user("Citra"))
    stand(one, done=10, **BEGUN)
    stand(two, done=3, **BEGUN)
    page = client.as_(boss).get(f"/team/picture?scope=cohort-{first.id}").get_data(as_text=True)
    assert page.index("Kelompok 1") < page.index("Ani") < page.index("Budi")
    assert '<span class="dots full">' in page
    assert '<span class="dots part">3/10</span>' in page
    assert "Citra" not in page


# -- cost ------------------------------------------------------------------------------------------------------------------------------


def _fill(cohort, make_user, make_unit, make_enrolment, stand, number: int) -> None:
    units = [make_unit(f"Dinas Pengendalian Penduduk dan Keluarga Berencana {number} {place}") for place in range(3)]
    for place in range(number):
        person = make_user(f"Theresia Rinyuakng {place}", title_after="S.Kep.", unit_id=units[place % 3].id)
        stand(make_enrolment(cohort, person), done=place % 10, waiting=place % 2, due=TODAY, **BEGUN)


@pytest.mark.parametrize("path", ["/team", *PAGES])
def test_the_number_of_statements_does_not_grow_with_people(
    client, queries, make_module, make_cohort, make_user, make_unit, make_enrolment, stand, path
):
    cohort = make_cohort(make_module(), make_module(), make_module())
    boss = make_user(roles=[("supervisor", "cohort", cohort.id), ("supervisor", "unit", make_unit().id)])
    browser = client.as_(boss)
    counts = []
    for more in (3, 57):
        _fill(cohort, make_user, make_unit, make_enrolment, stand, more)
        with queries() as seen:
            assert browser.get(f"{path}?scope=cohort-{cohort.id}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 10  # session; figures, list, modules; cohorts; a PDF asks for its filters once more


def test_a_page_of_fifty_fits_the_slow_line(client, make_module, make_cohort, make_user, make_unit, make_enrolment, stand):
    cohort = make_cohort(make_module(), make_module(), make_module())
    boss = make_user(roles=[("supervisor", "cohort", cohort.id)])
    _fill(cohort, make_user, make_unit, make_enrolment, stand, 60)
    for path, rows in (("/team/people", 50), ("/team/picture", 60)):
        answer = client.as_(boss).get(f"{path}?scope=cohort-{cohort.id}", headers={"Accept-Encoding": "br"})
        assert brotli.decompress(answer.data).count(b'<th scope="row">') == rows
        assert len(answer.data) <= 9 * 1024, path


def test_the_main_connection_reads_nothing_about_people(client, boss, url, make_enrolment, cohort, make_user):
    """But for who is asking: the one read of session, person and roles."""
    make_enrolment(cohort, make_user("Ani"))
    browser = client.as_(boss)
    about_people = {table.name for table in Base.metadata.sorted_tables if any("pii" in column.info for column in table.columns)} - {
        "cohorts",
        "modules",
        "revisions",
    }  # of these only titles and days are read
    assert {"users", "enrolments", "module_progress", "completions", "attempts", "courses_entries"} <= about_people
    seen: list[str] = []

    def note(connection, cursor, statement, *rest):
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        for path in ("/team", *PAGES):
            assert browser.get(f"{path}?scope=cohort-{cohort.id}").status_code in {200, 302}
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    asked = [statement for statement in seen if "user_sessions" not in statement and not statement.startswith("BEGIN")]
    # Whoever stands in is told for whom: that name, of a supervisor, comes from here.
    asked = [statement for statement in asked if "FROM delegations" not in statement]
    assert asked
    for statement in asked:
        assert not about_people & set(re.findall(r"[a-z_]+", statement)), statement
        assert "assessor_id" not in statement
        assert "owner_id" not in statement


# -- closed ------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(app, database):
    """Take the sealed connection away for a while."""
    engine = db.engines["supervision"]
    if engine.dialect.name == "sqlite":
        kept = dict(sealed.DEFINITIONS)
        sealed.DEFINITIONS["supervised_people"] = "SELECT * FROM nothing_of_that_name"
        engine.dispose()
        yield
        sealed.DEFINITIONS.update(kept)
    else:
        _as_owner(f"REVOKE SELECT ON supervised_people FROM {sealed.ROLE}")
        yield
        _as_owner(f"GRANT SELECT ON supervised_people TO {sealed.ROLE}")
    engine.dispose()


def _as_owner(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text(statement))


def test_without_the_sealed_connection_the_pages_are_closed_and_say_so(client, boss, cohort, make_user, make_enrolment, broken, caplog):
    make_enrolment(cohort, make_user("Ani"))
    browser = client.as_(boss)
    for path in ("/team", *PAGES):
        answer = browser.get(f"{path}?scope=cohort-{cohort.id}")
        assert answer.status_code == 503
        assert "Team pages are closed for now" in text_of(answer)
        assert "Ani" not in text_of(answer)
    assert "the sealed connection cannot be used" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.postgresql
def test_a_role_that_is_missing_closes_the_pages_too(client, boss, cohort, monkeypatch):
    engine = db.engines["supervision"]
    if engine.dialect.name != "postgresql":
        pytest.skip("on PostgreSQL only")
    engine.dispose()

    def elsewhere(dialect, record, arguments, parameters):
        parameters["options"] = "-c role=nobody_of_that_name"

    sa.event.listen(engine, "do_connect", elsewhere)
    try:
        assert client.as_(boss).get(f"/team/people?scope=cohort-{cohort.id}").status_code == 503
    finally:
        sa.event.remove(engine, "do_connect", elsewhere)
        engine.dispose()
