"""Standing in for a supervisor, lists by mail, no signal, prints; and one rule for learners, lists and roll-ups."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.db import at, commit, db
from lms.errors import NotFound
from lms.jobs.models import Batch, BatchFile, Job
from lms.jobs.services import run_one
from lms.learning.models import Enrolment
from lms.messages.models import Notice
from lms.people.models import RoleAssignment
from lms.people.roles import Role, ScopeKind
from lms.people.services import report_to, revoke_role
from lms.privacy.models import AuditEntry
from lms.supervision import schedules
from lms.supervision.models import Cadence, Delegation, ExportSchedule
from lms.supervision.queries import Scope, Wanted
from lms.supervision.services import people
from lms.supervision.standing import HEAD_START, Reason, reason_for
from lms.testing.client import text_of

TODAY = dt.date(2026, 11, 21)
DAY = dt.timedelta(days=1)


@pytest.fixture
def cohort(make_cohort):
    return make_cohort()


@pytest.fixture
def boss(make_user, cohort):
    return make_user("Zulkifli", language="en", roles=[("supervisor", "cohort", cohort.id)])


@pytest.fixture
def deputy(make_user):
    return make_user("Halimah", email="halimah@example.test", language="en")


def give(client, boss, scope, *, email="halimah@example.test", start=TODAY, end=TODAY + DAY * 3):
    form = {"scope": scope, "email": email, "capacity": "plh", "valid_from": start.isoformat(), "valid_to": end.isoformat()}
    return client.as_(boss).post("/team/delegations", data=form)


def seen(client, who, key):
    answer = client.as_(who).get(f"/team/people?scope={key}")
    return (
        sorted(re.findall(r'<th scope="row">(?:<label[^>]*><input[^>]*>)?([^<]+)<', answer.get_data(as_text=True)))
        if answer.status_code == 200
        else answer.status_code
    )


# -- standing in -----------------------------------------------------------------------------------------------------------------------


def test_a_colleague_sees_the_team_on_these_days_only(client, boss, deputy, cohort, make_user, make_enrolment):
    make_enrolment(cohort, make_user("Ani"))
    assert give(client, boss, f"cohort-{cohort.id}", start=TODAY + DAY).status_code == 302
    made = db.session.scalars(sa.select(Delegation)).one()
    for day, expected in ((0, 403), (1, ["Ani"]), (3, ["Ani"]), (4, 403)):
        with at(dt.datetime(2026, 11, 21 + day, 5, tzinfo=dt.UTC)):
            assert seen(client, deputy, f"for-{made.id}") == expected
    with at(dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)):
        assert client.as_(deputy).get("/team").location == f"/team/people?scope=for-{made.id}"
        assert "You stand in for Zulkifli" in text_of(client.as_(deputy).get(f"/team/people?scope=for-{made.id}"))
        # Not under the name of the cohort, not for anybody else, not passed on.
        assert seen(client, deputy, f"cohort-{cohort.id}") == 404
        assert seen(client, boss, f"for-{made.id}") == 404
        assert give(client, deputy, f"for-{made.id}", email=boss.email, start=TODAY + DAY).status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice).where(Notice.user_id == deputy.id)) == 1
    assert "supervision:delegate" in set(db.session.scalars(sa.select(AuditEntry.action)))


def test_it_ends_with_the_right_of_who_gave_it_and_when_either_says_so(client, boss, deputy, cohort, make_user, make_enrolment):
    make_enrolment(cohort, make_user("Ani"))
    give(client, boss, f"cohort-{cohort.id}")
    made = db.session.scalars(sa.select(Delegation)).one()
    assert seen(client, deputy, f"for-{made.id}") == ["Ani"]
    role = sa.update(RoleAssignment).where(RoleAssignment.user_id == boss.id)
    db.session.execute(role.values(valid_from=TODAY - DAY * 9, valid_to=TODAY - DAY))
    commit()
    assert seen(client, deputy, f"for-{made.id}") == 404
    db.session.execute(role.values(valid_to=None))
    commit()
    assert client.as_(make_user(roles=[("supervisor", "cohort", cohort.id)])).post(f"/team/delegations/{made.id}/end").status_code == 404
    assert seen(client, deputy, f"for-{made.id}") == ["Ani"]
    assert client.as_(deputy).post(f"/team/delegations/{made.id}/end").status_code == 302
    assert seen(client, deputy, f"for-{made.id}") == 404


def test_nobody_sees_themselves_or_their_superior(client, boss, deputy, cohort, make_user, make_enrolment):
    chief = make_user("Kepala")
    report_to(actor_id=None, user_id=deputy.id, supervisor_id=chief.id, since=TODAY - DAY)
    for person in (deputy, chief, boss, make_user("Ani")):
        make_enrolment(cohort, person)
    give(client, boss, f"cohort-{cohort.id}")
    made = db.session.scalars(sa.select(Delegation)).one()
    assert seen(client, deputy, f"for-{made.id}") == ["Ani"]
    assert b"Kepala" not in client.as_(deputy).get(f"/team/people.csv?scope=for-{made.id}&q=kepala").data


def test_reports_are_delegated_as_they_are_today(client, deputy, make_user, make_enrolment, cohort):
    chief, ani = make_user("Kepala", language="en"), make_user("Ani")
    report_to(actor_id=None, user_id=ani.id, supervisor_id=chief.id, since=TODAY - DAY)
    make_enrolment(cohort, ani)
    give(client, chief, "reports")
    made = db.session.scalars(sa.select(Delegation)).one()
    assert seen(client, deputy, f"for-{made.id}") == ["Ani"]
    assert seen(client, deputy, "reports") == []
    # Who becomes a line manager while standing in keeps that for good.
    report_to(actor_id=None, user_id=make_user("Budi").id, supervisor_id=deputy.id, since=TODAY)
    commit()
    assert db.session.scalars(
        sa.select(RoleAssignment.valid_to).where(RoleAssignment.user_id == deputy.id, RoleAssignment.scope_kind == ScopeKind.REPORTS)
    ).all() == [None]


def test_what_the_role_opens_is_closed_with_it(client, deputy, make_user, make_enrolment, cohort):
    """Without the role of a line manager nobody sees the reports: not the manager, not who stands in, and no list is announced or made."""
    chief, ani = make_user("Kepala", roles=[("supervisor", "cohort", cohort.id)]), make_user("Ani")
    report_to(actor_id=None, user_id=ani.id, supervisor_id=chief.id, since=TODAY - DAY)
    make_enrolment(cohort, ani)
    give(client, chief, "reports")
    number = db.session.scalars(sa.select(Delegation.id)).one()
    for who, scope in ((chief, "reports"), (deputy, f"for-{number}")):
        assert client.as_(who).post(f"/team/schedules/new?scope={scope}", data={"cadence": "weekly"}).status_code == 302
    own, other = db.session.scalars(sa.select(ExportSchedule).order_by(ExportSchedule.id)).all()
    batch = client.as_(deputy).post(f"/team/schedules/{other.id}/file").location.rpartition("/")[2]
    reports = RoleAssignment.scope_kind == ScopeKind.REPORTS
    (grant,) = db.session.scalars(sa.select(RoleAssignment).where(RoleAssignment.user_id == chief.id, reports))
    revoke_role(actor=None, grant=grant)
    commit()
    assert (seen(client, chief, "reports"), seen(client, deputy, f"for-{number}")) == (404, 404)
    assert seen(client, chief, f"cohort-{cohort.id}") == ["Ani"]
    with pytest.raises(NotFound):
        schedules.make_team_list(batch, other.id)
    db.session.rollback()
    with at(dt.datetime(2026, 11, 23, 5, tzinfo=dt.UTC)):
        schedules.send_due_lists()
        commit()
    db.session.expire_all()
    assert all(db.session.get_one(ExportSchedule, number).stopped_at for number in (own.id, other.id))


def test_twice_is_once_and_a_given_role_stays_as_it_is(client, boss, deputy, cohort):
    last = TODAY + DAY
    role = {"user_id": deputy.id, "role": Role.SUPERVISOR, "scope_kind": ScopeKind.REPORTS, "scope_id": 0}
    db.session.add(RoleAssignment(**role, valid_from=TODAY, valid_to=last))
    commit()
    scope = f"cohort-{cohort.id}"
    assert [give(client, boss, scope).status_code for _time in range(2)] == [302, 422]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delegation)) == 1
    days = sa.select(RoleAssignment.valid_from, RoleAssignment.valid_to).filter_by(**role).order_by(RoleAssignment.valid_from)
    assert db.session.execute(days).all() == [(TODAY, last), (last + DAY, TODAY + DAY * 3)]
    assert give(client, boss, scope, end=TODAY + DAY * 4).status_code == 302, "a longer one is another one"


@pytest.mark.parametrize(
    "wrong",
    [{"email": "nobody@example.test"}, {"start": TODAY - DAY}, {"end": TODAY - DAY}, {"end": TODAY + DAY * 300}, {"scope": "unit-1"}],
    ids=str,
)
def test_bad_input_is_said_and_kept(client, boss, deputy, cohort, wrong):
    values = {"scope": f"cohort-{cohort.id}", **wrong}
    answer = give(client, boss, values.pop("scope"), **values)
    assert answer.status_code == 422
    assert wrong.get("email", "halimah@example.test") in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delegation)) == 0


def test_administrators_see_who_stands_in(client, boss, deputy, cohort, make_user):
    give(client, boss, f"cohort-{cohort.id}")
    page = text_of(client.as_(make_user(language="en", roles=["admin"])).get("/admin/delegations"))
    assert "Zulkifli" in page
    assert "Halimah (Plh.)" in page


# -- lists by mail ---------------------------------------------------------------------------------------------------------------------


def test_a_list_by_mail_is_a_link_to_what_one_may_see_then(app, client, boss, cohort, make_user, make_enrolment):
    make_enrolment(cohort, make_user("Ani Rahasia"))
    browser = client.as_(boss)
    assert (
        browser.post(f"/team/schedules/new?scope=cohort-{cohort.id}&status=not_begun&q=ani", data={"cadence": "weekly"}).status_code == 302
    )
    schedule = db.session.scalars(sa.select(ExportSchedule)).one()
    assert (schedule.next_on, schedule.wanted) == (dt.date(2026, 11, 23), {"status": "not_begun"})
    with at(dt.datetime(2026, 11, 23, 5, tzinfo=dt.UTC)):
        schedules.send_due_lists()
        schedules.send_due_lists()
        commit()
        notice = db.session.scalars(sa.select(Notice)).one()
        assert notice.path == f"/team/schedules/{schedule.id}"
        assert "Ani" not in notice.body + notice.title
        assert db.session.get_one(ExportSchedule, schedule.id).next_on == dt.date(2026, 11, 30)
        assert browser.get(f"/team/schedules/{schedule.id}").status_code == 200
        assert client.as_(make_user(roles=[("supervisor", "cohort", cohort.id)])).get(f"/team/schedules/{schedule.id}").status_code == 404

        batch_url = client.as_(boss).post(f"/team/schedules/{schedule.id}/file").location
        db.session.execute(sa.delete(Job).where(Job.task != "lms:make_team_list"))
        commit()
        assert run_one()
        assert batch_url == f"/tasks/{db.session.scalars(sa.select(Batch.id)).one()}"
        assert db.session.scalars(sa.select(BatchFile.name)).one().endswith("2026-11-23.xlsx")

        db.session.execute(sa.update(RoleAssignment).where(RoleAssignment.role == Role.SUPERVISOR).values(valid_to=TODAY))
        commit()
        assert client.as_(boss).get(f"/team/schedules/{schedule.id}").status_code == 403
    with at(dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)):
        schedules.send_due_lists()
        commit()
    assert db.session.get_one(ExportSchedule, schedule.id, populate_existing=True).stopped_at is not None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 1


def test_it_ends_after_half_a_year_and_can_be_stopped(client, boss, cohort, make_user):
    browser = client.as_(boss)
    for _twice in range(2):
        browser.post(f"/team/schedules/new?scope=cohort-{cohort.id}", data={"cadence": "monthly"})
    first, second = db.session.scalars(sa.select(ExportSchedule.id).order_by(ExportSchedule.id)).all()
    assert browser.post(f"/team/schedules/{first}/stop").status_code == 302
    assert f"/team/schedules/{first}/stop" not in browser.get("/team/schedules").get_data(as_text=True)
    with at(dt.datetime(2027, 6, 1, 5, tzinfo=dt.UTC)):
        schedules.send_due_lists()
        commit()
    assert db.session.get_one(ExportSchedule, second, populate_existing=True).stopped_at is not None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 0


@pytest.mark.sqlite
@given(st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)))
def test_mails_come_on_mondays_and_on_the_first(day):
    weekly, monthly = schedules.next_day(Cadence.WEEKLY, day), schedules.next_day(Cadence.MONTHLY, day)
    assert weekly.weekday() == 0
    assert day < weekly <= day + DAY * 7
    assert monthly.day == 1
    assert day < monthly <= day + DAY * 31


# -- no signal, and the learner first ----------------------------------------------------------------------------------------------------


def test_no_signal_is_told_once_and_read_by_the_supervisor(client, boss, cohort, make_user, make_enrolment, stand):
    ani = make_user("Ani", language="en")
    stand(make_enrolment(cohort, ani), due=TODAY - DAY * 5)
    learner = client.as_(ani)
    assert "Something was due 5 days ago." in text_of(learner.get("/learn")) or "nothing is begun" in text_of(learner.get("/learn"))
    for until in ("", "2026-11-20", "2027-11-20"):
        assert learner.post("/no-signal", data={"until": until}).status_code == 422
    assert learner.post("/no-signal", data={"until": "2026-11-30"}).status_code == 302
    assert "no signal until 30 November 2026" in text_of(learner.get("/learn"))
    page = text_of(client.as_(boss).get(f"/team/people?scope=cohort-{cohort.id}"))
    assert "no signal reported until 30 November 2026" in page
    assert "days behind" not in page
    assert client.as_(ani).post("/no-signal", data={"until": "2026-11-30", "back": "y"}).status_code == 302
    assert "no signal reported until" not in text_of(client.as_(boss).get(f"/team/people?scope=cohort-{cohort.id}"))


def test_the_learner_reads_the_sentence_a_day_before_the_supervisor(client, boss, cohort, make_user, make_enrolment, stand):
    ani = make_user("Ani", language="en", time_zone="Asia/Pontianak")
    stand(make_enrolment(cohort, ani), done=3, due=TODAY, started_on=TODAY - DAY * 30, active_on=TODAY - DAY * 3)
    sentence = "Something was due 1 day ago."
    told = []
    for day in (0, 1, 2):
        with at(dt.datetime(2026, 11, 21 + day, 5, tzinfo=dt.UTC)):
            at_home = sentence if day == 1 else "Something was due 2 days ago."
            told.append(
                (
                    at_home in text_of(client.as_(ani).get("/learn")),
                    at_home in text_of(client.as_(boss).get(f"/team/people?scope=cohort-{cohort.id}")),
                )
            )
    assert told == [(False, False), (True, False), (True, True)]


days = st.one_of(st.none(), st.integers(-20, 12).map(lambda number: TODAY + DAY * number))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), days, days, days, days, st.booleans()), min_size=8, max_size=8))
def test_the_rule_in_sql_and_in_words_are_one(app, rule_team, rows):
    cohort_id, ids = rule_team
    with app.app_context():
        for number, (done, waiting, due, started, active, signal, finished) in zip(ids, rows, strict=True):
            values = {"required_count": 4, "done_count": done, "waiting_count": waiting, "next_due_on": due, "started_on": started}
            values |= {
                "active_on": active,
                "no_signal_until": signal,
                "completed_at": dt.datetime(2026, 11, 1, tzinfo=dt.UTC) if finished else None,
            }
            db.session.execute(sa.update(Enrolment).where(Enrolment.id == number).values(**values))
        commit()
        for person in people(scope=Scope("cohort", cohort_id), today=TODAY, wanted=Wanted()).page.items:
            reason = reason_for(person.row, today=TODAY, told=HEAD_START)
            assert bool(person.row.help) == bool(reason), (dict(person.row._mapping), reason)
            if reason:
                # Whatever a supervisor reads, the learner could read the day before.
                assert reason_for(person.row, today=TODAY - DAY) in {*Reason}
        db.session.rollback()


@pytest.fixture
def rule_team(make_cohort, make_enrolment):
    cohort = make_cohort(starts_on=TODAY - DAY * 8)
    return cohort.id, [make_enrolment(cohort).id for _one in range(8)]


# -- prints ------------------------------------------------------------------------------------------------------------------------------


def test_prints_are_tagged_pdf_with_date_source_and_filters(client, boss, cohort, make_user, make_enrolment, monkeypatch):
    make_enrolment(cohort, make_user("#strong[Ani]"))
    said = []
    monkeypatch.setattr(
        "lms.supervision.printed.typst",
        SimpleNamespace(compile=lambda source, **options: said.append((Path(source).name, options["sys_inputs"]["data"])) or b"%PDF-"),
    )
    browser = client.as_(boss)
    for path in ("people.pdf", "picture.pdf"):
        answer = browser.get(f"/team/{path}?scope=cohort-{cohort.id}&status=not_begun")
        assert answer.mimetype == "application/pdf"
    assert all("As of 21 November 2026" in words and "Source: Peduli" in words and "#strong[Ani]" in words for _name, words in said)
    assert "not begun" in said[0][1]
    monkeypatch.undo()
    pdf = browser.get(f"/team/people.pdf?scope=cohort-{cohort.id}").data
    assert pdf.startswith(b"%PDF-1.")
    assert b"/StructTreeRoot" in pdf
