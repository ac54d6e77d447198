"""The desk: what plugins say waits for a person, as one list."""

import datetime as dt
import re
from urllib.parse import parse_qsl

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lms.api import Actor, waiting_row
from lms.db import db, utcnow
from lms.desk import services
from lms.desk.kinds import WaitingKind
from lms.desk.services import Choice
from lms.errors import PluginError
from lms.learning.models import Cohort, Revision
from lms.people.access import load_actor
from lms.plugin import Plugin
from lms.registry import registry
from lms.testing.client import text_of
from lms.testing.made import TODAY

PROMISED = 3  # days


@pytest.fixture
def only(app, monkeypatch):
    """Return a function that lets these kinds alone stand on desks."""

    def put(*kinds):
        monkeypatch.setattr(registry(), "waiting", {kind.key: kind for kind in kinds})

    return put


def kind_of(key, at, *, spare=False, **row):
    """Return a kind of which a line waits for everybody for each cohort there is, since `at` days ago."""

    def waits(_actor: Actor):
        since = sa.literal(utcnow() - dt.timedelta(days=at), Revision.published_at.type)
        return sa.select(*waiting_row(reference=Cohort.id, at=since, cohort_id=Cohort.id, title=sa.literal(f"Hal {key}"), **row))

    return WaitingKind(
        f"lms:{key}", key.title(), "circle", waits, lambda found: (f"{key}-{found.reference}", f"/{key}/{found.reference}"), spare=spare
    )


def desk_of(client, make_user):
    return client.as_(make_user("Pengajar", roles=["instructor"], language="en"))


def test_late_ones_lead_then_what_was_promised_first_and_a_spare_hour_comes_last(client, make_user, make_cohort, make_module, only):
    make_cohort(make_module())
    only(
        kind_of("spare", 90, spare=True),
        kind_of("fresh", 0, promised_days=sa.literal(PROMISED)),
        kind_of("unpromised", 30),
        kind_of("late", PROMISED + 2, promised_days=sa.literal(PROMISED)),
        kind_of("later", PROMISED + 9, promised_days=sa.literal(PROMISED)),
    )
    answer = desk_of(client, make_user).get("/desk")
    assert re.findall(r'href="/(\w+)/\d+"', answer.get_data(as_text=True)) == ["later", "late", "unpromised", "fresh", "spare"]
    words = text_of(answer)
    assert "4 answers are awaited from you. 2 are later than promised" in words
    assert "When you have a spare hour" in words
    assert "Hal unpromised" in words
    assert words.count("promised by") == 3, "nothing is said to be promised that was not"


def test_what_is_chosen_stays_chosen(client, make_user, make_cohort, make_module, only):
    cohorts = [make_cohort(make_module()) for _number in range(2)]
    only(kind_of("one", 1), kind_of("two", 2))
    browser = desk_of(client, make_user)
    query = f"kind=lms%3Atwo&cohort={cohorts[1].id}"
    page = browser.get(f"/desk?{query}").get_data(as_text=True)
    assert re.findall(r'href="(/(?:one|two)/[^"]*)"', page) == [f"/two/{cohorts[1].id}?{query.replace('&', '&amp;')}"]
    assert "Nothing of this waits for you" in text_of(browser.get("/desk?kind=lms%3Athree"))
    old = browser.get(f"/journals/queue?{query}")
    assert (old.status_code, old.location) == (302, f"/desk?{query}")


def test_where_one_is(client, make_user, make_cohort, make_module, only):
    make_cohort(make_module())
    only(kind_of("a", 9), kind_of("b", 8), kind_of("c", 7))
    [cohort_id] = db.session.scalars(sa.select(Cohort.id))
    actor = load_actor(make_user(roles=["instructor"]).id, TODAY)
    middle = services.around(actor, f"/b/{cohort_id}", Choice())
    assert (middle.before, middle.after, middle.left) == (f"/a/{cohort_id}", f"/c/{cohort_id}", 3)
    last = services.around(actor, f"/c/{cohort_id}", Choice())
    assert (last.after, last.onward) == ("", f"/b/{cohort_id}")
    gone = services.around(actor, "/z/1", Choice())
    assert (gone.before, gone.after) == ("", f"/a/{cohort_id}"), "from what has been answered one goes to the first that waits"
    alone = services.around(actor, f"/b/{cohort_id}", Choice(kind="lms:b"))
    assert (alone.before, alone.after, alone.onward) == ("", "", "/desk?kind=lms%3Ab")


@pytest.mark.parametrize("kinds", [1, 2, 12])
def test_one_statement_whatever_the_number_of_kinds_and_things(client, make_user, make_cohort, make_module, only, queries, kinds):
    for _number in range(kinds):
        make_cohort(make_module())
    only(*(kind_of(f"kind{number}", number) for number in range(kinds)))
    browser = desk_of(client, make_user)
    browser.get("/desk")
    with queries() as seen:
        browser.get("/desk")
    assert len(seen) == 2, seen


def test_a_desk_without_plugins_is_empty(client, make_user, only):
    only()
    assert "Nothing waits for you" in text_of(desk_of(client, make_user).get("/desk"))
    assert client.as_(make_user("Peserta")).get("/desk").status_code == 403


def test_a_kind_has_its_plugins_name():
    with pytest.raises(PluginError, match="starts with poll:"):
        Plugin("poll", "lms", title="Poll").waiting(WaitingKind("vote:late", "Late", "clock", sa.select, str))


TEXT = st.text(max_size=20)


@given(kind=TEXT, module=TEXT, cohort=TEXT, group=TEXT)
def test_a_choice_survives_its_address(kind, module, cohort, group):
    choice = Choice(kind, module, cohort, group)
    assert Choice.of(dict(parse_qsl(choice.query.removeprefix("?")))) == choice


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.dates(dt.date(2026, 1, 1), dt.date(2026, 2, 1))), max_size=20))
def test_the_order_of_lines(made):
    def line(number, spare, late, day):
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        kind = WaitingKind("lms:a", "", "", None, None, spare=spare)
        return services.Line(kind, "", f"/{number}", "", "", None, None, "", "", 1, 1, at, 0, day, day, late and not spare)

    lines = sorted((line(number, *facts) for number, facts in enumerate(made)), key=lambda one: one.order)
    facts = [(one.kind.spare, not one.late, one.expected_on) for one in lines]
    assert facts == sorted(facts)
