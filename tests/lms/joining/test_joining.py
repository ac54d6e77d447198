"""The door of a cohort: ways in, a key, requests, the waiting list; and forty people at ten seats at the same time."""

import datetime as dt
import io
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from lms.db import at, commit, db, transaction_mode, utcnow
from lms.errors import NotFound, Refused
from lms.i18n import gettext, in_language
from lms.joining import queries, services
from lms.joining.models import Door, Seat, SeatEvent
from lms.joining.seats import Act, Happened, State, Way, settle
from lms.joining.services import Terms
from lms.learning import services as learning
from lms.learning.models import Cohort, Enrolment, EnrolmentState
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.models import User
from lms.testing.client import text_of

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _noon(app):
    with at(NOON):
        yield


@pytest.fixture
def hall(client, make_unit, make_user, make_cohort):
    """Return a cohort with an organizer, and `open_door`, `knock`, `leave` and `act` for what happens at its door."""

    class Hall:
        def __init__(self):
            self.unit = make_unit("BKD")
            self.organizer = make_user("Panitia", roles=[("organizer", "unit", self.unit.id)])
            self.cohort = make_cohort(unit=self.unit, starts_on=TODAY, ends_on=TODAY + dt.timedelta(days=60))
            self.actor = load_actor(self.organizer.id, TODAY)

        def open_door(self, way=Way.OPEN, capacity=None, key="", opens_on=None, closes_on=None):
            services.set_door(actor=self.actor, cohort=self.cohort, terms=Terms(way, key, capacity, opens_on, closes_on))
            commit()

        def people(self, number):
            return [make_user(f"Orang {place}", unit_id=self.unit.id) for place in range(number)]

        def knock(self, user, key=""):
            state = services.knock(actor=load_actor(user.id, TODAY), cohort_id=self.cohort.id, key=key)
            commit()
            return state

        def leave(self, user):
            services.leave(actor=load_actor(user.id, TODAY), cohort_id=self.cohort.id)
            commit()

        def enrolment(self, user):
            mine = sa.select(Enrolment).where(Enrolment.cohort_id == self.cohort.id, Enrolment.user_id == user.id)
            return db.session.scalars(mine).one()

        def act(self, user, what):
            """Let the organizer withdraw somebody or bring them back, on the page."""
            url = f"/cohorts/{self.cohort.id}/people/{self.enrolment(user).id}/{what}"
            assert client.as_(self.organizer).post(url).status_code == 302
            db.session.expire_all()

        def states(self):
            db.session.expire_all()
            rows = db.session.execute(sa.select(User.name, Seat.state).join(Seat, Seat.user_id == User.id))
            return {name: state.value for name, state in rows}

        def agrees(self):
            """Compare rows, counts and enrolments with what the events say."""
            db.session.expire_all()
            rows = db.session.scalars(queries.events_of(self.cohort.id)).all()
            places = settle(Happened(row.act, row.user_id, row.capacity) for row in rows)
            door = db.session.get(Door, self.cohort.id)
            held = {state: [r.Seat.user_id for r in db.session.execute(queries.seats_of(self.cohort.id, state))] for state in State}
            assert held[State.ASKING] == list(places.asking)
            assert held[State.WAITING] == list(places.waiting)
            assert set(held[State.BOOKED]) == set(places.booked)
            assert (door.booked, door.waiting) == (len(places.booked), len(places.waiting))
            active = db.session.scalars(
                sa.select(Enrolment.user_id).where(Enrolment.cohort_id == self.cohort.id, Enrolment.state == EnrolmentState.ACTIVE)
            )
            assert set(active) == set(places.booked)
            commit()  # lets go of the database, for others who write
            return places

    return Hall()


def test_seats_then_the_waiting_list_then_up_in_order(hall):
    hall.open_door(capacity=2)
    ani, budi, cici, dodi = hall.people(4)
    assert [hall.knock(who) for who in (ani, budi, cici, dodi)] == [State.BOOKED, State.BOOKED, State.WAITING, State.WAITING]
    assert hall.knock(cici) is State.WAITING  # twice changes nothing
    hall.agrees()
    hall.leave(ani)
    assert hall.agrees().waiting == (dodi.id,)
    assert [notice.user_id for notice in db.session.scalars(sa.select(Notice))] == [cici.id]
    hall.knock(ani)
    assert hall.agrees().waiting == (dodi.id, ani.id)
    hall.open_door(capacity=3)
    assert hall.agrees().waiting == (ani.id,)
    hall.open_door(capacity=1)
    assert len(hall.agrees().booked) == 3  # nobody loses a seat
    hall.leave(budi)
    assert hall.agrees().waiting == (ani.id,)
    hall.open_door(capacity=None)
    assert hall.agrees().waiting == ()


def test_requests_are_accepted_and_declined_with_a_reason(hall):
    hall.open_door(Way.APPROVAL, capacity=1)
    ani, budi, cici = hall.people(3)
    assert {hall.knock(who) for who in (ani, budi, cici)} == {State.ASKING}
    assert services.approve(actor=hall.actor, cohort=hall.cohort, user_id=ani.id) is State.BOOKED
    assert services.approve(actor=hall.actor, cohort=hall.cohort, user_id=budi.id) is State.WAITING
    services.decline(actor=hall.actor, cohort=hall.cohort, user_id=cici.id, reason="Untuk pejabat pengawas.")
    commit()
    with pytest.raises(Refused):
        services.approve(actor=hall.actor, cohort=hall.cohort, user_id=cici.id)
    db.session.rollback()
    assert hall.states() == {"Orang 0": "booked", "Orang 1": "waiting", "Orang 2": "declined"}
    hall.agrees()
    assert hall.knock(cici) is State.ASKING  # may ask again
    hall.agrees()


def test_a_key_is_asked_for_and_guessing_is_slow(hall, client):
    hall.open_door(Way.KEY, key="Dinkes 2026")
    (ani,) = hall.people(1)
    browser = client.as_(ani)
    page = f"/join/{hall.cohort.id}"
    assert browser.post(page, data={"key": "salah"}).status_code == 422
    assert hall.states() == {}
    for _number in range(8):
        browser.post("/join", data={"key": "salah"})
    assert browser.post(page, data={"key": "dinkes2026"}).status_code == 422
    with at(utcnow() + dt.timedelta(minutes=16)):
        found = browser.post("/join", data={"key": " DINKES-2026 "})
        assert (found.status_code, 'value=" DINKES-2026 "' in found.get_data(as_text=True)) == (200, True)
        assert browser.post(page, data={"key": "dinkes2026"}).status_code == 302
    assert hall.states() == {"Orang 0": "booked"}
    with pytest.raises(Refused):
        hall.open_door(Way.KEY, key="ab")


def test_two_cohorts_have_two_keys(hall, make_cohort):
    hall.open_door(Way.KEY, key="melati")
    other = make_cohort(unit=hall.unit)
    take = {"actor": hall.actor, "cohort": other, "terms": Terms(Way.BOTH, "Melati", None, None, None)}
    with pytest.raises(Refused):
        services.set_door(**take)
    db.session.rollback()
    hall.open_door(Way.KEY, key="melati", opens_on=TODAY + 2 * DAY, closes_on=TODAY + 3 * DAY)
    with pytest.raises(Refused):
        services.set_door(**take)  # which opens later
    db.session.rollback()
    with at(NOON + 4 * DAY):
        assert services.set_door(**take).key == "melati"
    db.session.rollback()
    hall.open_door(Way.OPEN, key="melati")
    assert services.set_door(**take).key == "melati", "a door without a key holds none"


def test_a_closed_door_is_not_there(hall, client):
    (ani,) = hall.people(1)
    browser = client.as_(ani)
    page = f"/join/{hall.cohort.id}"
    assert browser.get(page).status_code == 404
    hall.open_door(Way.CLOSED)
    assert (browser.get(page).status_code, browser.post(page).status_code) == (404, 404)
    hall.open_door(opens_on=TODAY + dt.timedelta(days=1), closes_on=TODAY + dt.timedelta(days=2))
    for days, state in ((0, None), (1, State.BOOKED), (3, None)):
        if state:
            with at(NOON + days * DAY):
                assert hall.knock(ani) is state
                hall.leave(ani)
        else:
            with at(NOON + days * DAY), pytest.raises(NotFound):
                hall.knock(ani)
            db.session.rollback()


def test_the_day_is_the_cohorts_wherever_the_visitor_is(hall, client):
    hall.open_door(closes_on=TODAY)
    ani, budi = hall.people(2)
    for who, theirs in ((ani, "Asia/Jayapura"), (budi, "Asia/Pontianak")):
        db.session.merge(who).time_zone = theirs
    commit()
    page = f"/join/{hall.cohort.id}"
    with at(dt.datetime(2026, 11, 21, 16, tzinfo=dt.UTC)):  # 23.00 where the cohort is, 01.00 of tomorrow in Jayapura
        assert hall.cohort.title in text_of(client.as_(ani).get("/join"))
        assert client.as_(ani).post(page).status_code == 302
    with at(dt.datetime(2026, 11, 21, 17, tzinfo=dt.UTC)):
        assert client.as_(budi).post(page).status_code == 404
    hall.open_door(opens_on=TODAY + DAY)
    db.session.get_one(Cohort, hall.cohort.id).time_zone = "Asia/Jayapura"
    commit()
    with at(dt.datetime(2026, 11, 21, 15, tzinfo=dt.UTC)):
        assert client.as_(budi).post(page).status_code == 302


def test_who_is_enrolled_by_the_organizer_takes_no_seat(hall, make_enrolment):
    hall.open_door(capacity=1)
    ani, budi = hall.people(2)
    make_enrolment(hall.cohort, ani)
    with pytest.raises(Refused):
        hall.knock(ani)
    db.session.rollback()
    assert hall.knock(budi) is State.BOOKED


def test_whom_the_organizer_withdraws_frees_the_seat(hall, client):
    hall.open_door(capacity=1)
    ani, budi = hall.people(2)
    hall.knock(ani)
    hall.knock(budi)
    hall.act(ani, "withdraw")
    assert hall.states() == {"Orang 0": "left", "Orang 1": "booked"}
    hall.agrees()


@pytest.mark.parametrize(("way", "key"), [(Way.OPEN, ""), (Way.KEY, "melati")])
def test_whom_the_organizer_withdraws_asks_and_who_left_comes_back(hall, client, way, key):
    hall.open_door(way, key=key)
    ani, budi = hall.people(2)
    for who in (ani, budi):
        assert hall.knock(who, key) is State.BOOKED
    hall.leave(budi)
    assert hall.knock(budi, key) is State.BOOKED
    hall.act(ani, "withdraw")
    page = text_of(client.as_(ani).get(f"/join/{hall.cohort.id}"))
    assert in_language("id", lambda: gettext("The organizer looks at each request.")) in page
    assert hall.knock(ani, key) is State.ASKING
    hall.leave(ani)
    assert hall.knock(ani, key) is State.ASKING, "taking the request back opens nothing"
    assert services.approve(actor=hall.actor, cohort=hall.cohort, user_id=ani.id) is State.BOOKED
    commit()
    hall.leave(ani)
    assert hall.knock(ani, key) is State.BOOKED
    hall.agrees()


def test_whom_the_organizer_enrols_waits_no_more(hall, client):
    hall.open_door(capacity=1)
    ani, budi, cici = hall.people(3)
    assert [hall.knock(who) for who in (budi, ani, cici)] == [State.BOOKED, State.WAITING, State.WAITING]
    learning.enrol(actor_id=None, cohort_id=hall.cohort.id, user_id=ani.id)
    learning.withdraw(actor=hall.actor, enrolment=hall.enrolment(ani))
    commit()
    hall.act(ani, "return")
    assert hall.states() == {"Orang 0": "left", "Orang 1": "booked", "Orang 2": "waiting"}
    hall.act(ani, "withdraw")
    hall.leave(budi)
    assert hall.states() == {"Orang 0": "left", "Orang 1": "left", "Orang 2": "booked"}
    hall.agrees()


def test_whom_the_organizer_enrols_at_the_same_moment_takes_no_seat(hall, monkeypatch):
    hall.open_door(capacity=1)
    (ani,) = hall.people(1)
    take = services._take_turn

    def late(cohort_id):
        learning.enrol(actor_id=hall.organizer.id, cohort_id=cohort_id, user_id=ani.id)
        return take(cohort_id)

    monkeypatch.setattr(services, "_take_turn", late)
    with pytest.raises(Refused):
        hall.knock(ani)
    db.session.rollback()
    assert db.session.get_one(Door, hall.cohort.id).booked == 0


def test_a_list_of_people_takes_them_off_the_waiting_list(hall, client, make_user):
    hall.open_door(Way.APPROVAL, capacity=1)
    _ani, budi, cici = people = [
        make_user(name, email=f"{name.lower()}@contoh.test", unit_id=hall.unit.id) for name in ("Ani", "Budi", "Cici")
    ]
    for who in people:
        hall.knock(who)
    for who in (cici, budi):
        services.approve(actor=hall.actor, cohort=hall.cohort, user_id=who.id)
    commit()
    rows = "Nama,Email,Unit Kerja\nAni,ani@contoh.test,BKD\nBudi,budi@contoh.test,BKD\n"
    browser = client.as_(hall.organizer)
    page = browser.post(f"/cohorts/{hall.cohort.id}/import", data={"file": (io.BytesIO(rows.encode()), "daftar.csv")}).location
    assert "/imports/" in browser.post(page, data={"do": "import"}).location
    assert hall.states() == {"Ani": "left", "Budi": "left", "Cici": "booked"}
    hall.act(cici, "withdraw")
    assert db.session.get_one(Door, hall.cohort.id).booked == 0


def test_who_has_begun_or_was_there_to_the_end_gives_no_seat_up(hall, client):
    hall.open_door()
    ani, budi, cici = hall.people(3)
    for who in (ani, budi, cici):
        hall.knock(who)
    hall.enrolment(ani).started_on = TODAY
    commit()
    page = f"/join/{hall.cohort.id}"
    assert client.as_(ani).post(f"{page}/leave").status_code == 409
    assert f"{page}/leave" not in client.as_(ani).get(page).get_data(as_text=True)
    with at(NOON + 60 * DAY):
        assert f"{page}/leave" in client.as_(budi).get(page).get_data(as_text=True)
        assert client.as_(budi).post(f"{page}/leave").status_code == 302
    with at(NOON + 61 * DAY):
        assert client.as_(cici).post(f"{page}/leave").status_code == 409
        assert f"{page}/leave" not in client.as_(cici).get(page).get_data(as_text=True)
    assert hall.states() == {"Orang 0": "booked", "Orang 1": "left", "Orang 2": "booked"}
    hall.act(ani, "withdraw")
    assert hall.states()["Orang 0"] == "left"


def test_the_pages_from_asking_to_leaving(hall, client):
    organizer, (ani, budi) = client.as_(hall.organizer), hall.people(2)
    door = f"/cohorts/{hall.cohort.id}/joining"
    assert organizer.post(door, data={"way": "approval", "capacity": "1"}).status_code == 302
    assert organizer.post(door, data={"way": "key", "key": "x"}).status_code == 422
    for person in (ani, budi):
        browser = client.as_(person)
        assert hall.cohort.title in text_of(browser.get("/join"))
        assert browser.post(f"/join/{hall.cohort.id}").status_code == 302
        assert browser.get(f"/join/{hall.cohort.id}").status_code == 200
    assert organizer.post(f"{door}/{ani.id}/approve").status_code == 302
    assert organizer.post(f"{door}/{ani.id}/approve").status_code == 409
    assert organizer.post(f"{door}/{budi.id}/decline", data={"reason": ""}).status_code == 422
    assert organizer.post(f"{door}/{budi.id}/decline", data={"reason": "Untuk pengawas dahulu."}).status_code == 302
    assert "Untuk pengawas dahulu." in text_of(client.as_(budi).get(f"/join/{hall.cohort.id}"))
    assert "Orang 0" in text_of(organizer.get(door))
    assert f"http://localhost/join/{hall.cohort.id}" in organizer.get(door).get_data(as_text=True)
    assert client.as_(ani).post(f"/join/{hall.cohort.id}/leave").location == "/join"
    assert client.as_(ani).post(f"/join/{hall.cohort.id}/leave").status_code == 302  # twice changes nothing
    hall.agrees()


def test_events_stay_as_they_were(hall):
    hall.open_door(capacity=1)
    (ani,) = hall.people(1)
    hall.knock(ani)
    hall.leave(ani)
    rows = db.session.scalars(queries.events_of(hall.cohort.id)).all()
    assert [(row.turn, row.act) for row in rows] == [(1, Act.CAPACITY), (2, Act.JOINED), (3, Act.LEFT)]


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_what_the_events_say_whatever_happens(hall, seed):
    chance = random.Random(seed)
    hall.open_door(Way.APPROVAL, capacity=2)
    people = hall.people(6)
    for _step in range(40):
        who = chance.choice(people)
        try:
            match chance.randrange(5):
                case 0 | 1:
                    hall.knock(who)
                case 2:
                    services.approve(actor=hall.actor, cohort=hall.cohort, user_id=who.id)
                case 3:
                    chance.choice(
                        (hall.leave, lambda one: services.decline(actor=hall.actor, cohort=hall.cohort, user_id=one.id, reason="-"))
                    )(who)
                case _:
                    hall.open_door(chance.choice((Way.OPEN, Way.APPROVAL)), capacity=chance.choice((0, 1, 2, 3, None)))
        except (Refused, NotFound):
            db.session.rollback()
        commit()
    hall.agrees()


def test_forty_people_at_ten_seats_at_the_same_time(hall, app):
    hall.open_door(capacity=10)
    people = [who.id for who in hall.people(40)]
    cohort_id = hall.cohort.id
    commit()

    def at_once(call):
        def run(user_id):
            with at(NOON), app.app_context(), transaction_mode("write"):
                answer = call(load_actor(user_id, TODAY))
                commit()
                return answer

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(run, people))

    found = at_once(lambda actor: services.knock(actor=actor, cohort_id=cohort_id, key=""))
    assert (found.count(State.BOOKED), found.count(State.WAITING)) == (10, 30)
    places = hall.agrees()
    early = set(places.booked)
    order = places.waiting

    def leave_or_ask_again(actor):
        if actor.id in early:
            services.leave(actor=actor, cohort_id=cohort_id)
        else:
            services.knock(actor=actor, cohort_id=cohort_id, key="")

    at_once(leave_or_ask_again)
    assert hall.agrees().booked == order[:10]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SeatEvent)) == 51
