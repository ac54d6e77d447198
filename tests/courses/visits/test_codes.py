"""The numbers of the check-in, and what notes of both sides amount to in whatever order they come."""

import datetime as dt
import json
import random
import re
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from courses.visits import codes
from courses.visits.codes import SKEW, STEP, Attendance, Note, Side, attendance

START = dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC)
secrets = st.binary(min_size=32, max_size=32)
ids = st.uuids(version=4)
moments = st.integers(0, 10_000_000).map(lambda seconds: START + dt.timedelta(seconds=seconds))

pytestmark = pytest.mark.sqlite


@given(secrets, ids, ids, moments, st.integers(-SKEW, SKEW))
def test_both_sides_agree_although_clocks_differ_by_ten_minutes(secret, visit, member, moment, away):
    code = codes.code_at(secret, visit, codes.step_of(moment) + away)
    assert len(code) == 6
    assert codes.code_holds(secret, visit, code, moment)
    answer = codes.answer_to(codes.member_key(secret, member), visit, code)
    assert len(answer) == 4
    found = codes.code_answered(secret, visit, member, answer, moment)
    assert codes.answer_to(codes.member_key(secret, member), visit, found) == answer


@given(secrets, ids, moments, st.integers(SKEW + 1, 2000))
def test_an_old_code_or_a_future_one_does_not_hold(secret, visit, moment, away):
    now = codes.step_of(moment)
    held = {codes.code_at(secret, visit, step) for step in range(now - SKEW, now + SKEW + 1)}
    for step in (now - away, now + away):
        code = codes.code_at(secret, visit, step)
        assert codes.code_holds(secret, visit, code, moment) is (code in held)


def test_how_often_chance_helps():
    """What is of another visit, another member or another time fits as often as chance lets it and no more."""
    chance = random.Random(7)
    foreign = replayed = swapped = 0
    for _try in range(2000):
        secret, other, visit, member, neighbour = (
            chance.randbytes(32),
            chance.randbytes(32),
            *(uuid.UUID(int=chance.getrandbits(128)) for _ in range(3)),
        )
        code = codes.code_at(secret, visit, codes.step_of(START))
        foreign += codes.code_holds(other, visit, code, START)
        replayed += codes.code_holds(secret, visit, code, START + dt.timedelta(seconds=STEP * (SKEW + 1)))
        answer = codes.answer_to(codes.member_key(secret, neighbour), visit, code)
        swapped += codes.code_answered(secret, visit, member, answer, START) is not None
    assert foreign == 0
    assert replayed == 0
    assert swapped <= 8  # 5 codes in 10,000: one in 2,000 tries is expected


@given(st.integers(0, 2**47), st.binary(max_size=40))
def test_codes_have_all_their_digits(step, garbage):
    code = codes.code_at(garbage or b"x", uuid.UUID(int=5), step)
    assert code.isdigit()
    assert len(code) == 6


@given(secrets, ids, st.text(max_size=12), moments)
def test_any_text_is_looked_at_without_an_accident(secret, visit, text, moment):
    codes.code_holds(secret, visit, text, moment)
    codes.code_answered(secret, visit, visit, text, moment)


# -- notes -----------------------------------------------------------------------------------------------------------------------------

notes = st.builds(
    Note,
    st.sampled_from(list(Side)),
    st.sampled_from(["111111", "222222", "333333"]),
    st.integers(0, 5000).map(lambda s: START + dt.timedelta(seconds=s)),
)


@given(st.lists(notes, max_size=9), st.randoms(use_true_random=False))
def test_order_and_copies_do_not_matter(said, chance):
    copies = [*said, *(chance.choice(said) for _ in range(len(said)))]
    chance.shuffle(copies)
    assert attendance(copies) == attendance(said)


@given(st.lists(notes, max_size=9), notes)
def test_what_is_confirmed_stays_so(said, one_more):
    if attendance(said)[0] is Attendance.CONFIRMED:
        state, since = attendance([*said, one_more])
        assert state is Attendance.CONFIRMED
        assert since <= attendance(said)[1]


@given(st.lists(notes.filter(lambda note: note.side is not Side.PAPER), max_size=9))
def test_one_side_alone_is_never_enough(said):
    """A friend may send the code away, and the absent may type it: nobody is confirmed until the facilitator has had the answer."""
    for side in (Side.MEMBER, Side.FACILITATOR):
        assert attendance(note for note in said if note.side is side)[0] is not Attendance.CONFIRMED
    mine = {note.code for note in said if note.side is Side.MEMBER}
    theirs = {note.code for note in said if note.side is Side.FACILITATOR}
    assert (attendance(said)[0] is Attendance.CONFIRMED) is bool(mine & theirs)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_forty_phones_and_eight_facilitators_make_one_roster(chance):
    """40 members in 8 visits, half an hour of check-ins without a line; notes arrive in any order, some twice: one roster, no conflict."""
    absent = {(visit, seat) for visit in range(8) for seat in range(5) if chance.random() < 0.1}
    said = []
    for visit in range(8):
        for seat in range(5):
            moment = START + dt.timedelta(seconds=chance.randrange(1800))
            code = f"{visit}{codes.step_of(moment) % 10_000:05}"
            said.append((visit, seat, Note(Side.MEMBER, code, moment)))
            if (visit, seat) not in absent:
                said.append((visit, seat, Note(Side.FACILITATOR, code, moment + dt.timedelta(seconds=chance.randrange(-200, 200)))))
    rosters = []
    for _replica in range(3):
        arriving = [*said, *chance.sample(said, 20)]
        chance.shuffle(arriving)
        found: dict = {}
        for visit, seat, note in arriving:
            found.setdefault((visit, seat), []).append(note)
        rosters.append({place: attendance(of) for place, of in found.items()})
    assert rosters[0] == rosters[1] == rosters[2]
    assert {place for place, (state, _since) in rosters[0].items() if state is not Attendance.CONFIRMED} == absent


# -- the same on phones -------------------------------------------------------------------------------------------------------------------

SCRIPT = Path(__file__).parent.parent.parent.parent / "courses" / "static" / "checkin.js"


def test_the_script_steps_as_python_does():
    """Plain arithmetic of the script (the browser test signs with the real WebCrypto)."""
    source = re.sub(r"^(import .*\n|export )", "", SCRIPT.read_text(), flags=re.MULTILINE)
    with MiniRacer() as context:
        context.eval("var document = {querySelector: () => null}; var location = {};")
        context.eval(source)
        for seconds in (0, 299, 300, 1_795_226_400, 1_795_226_699):
            moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
            assert context.eval(f"stepOf({seconds * 1000})") == codes.step_of(moment)
        assert json.loads(context.eval("JSON.stringify([STEP, SKEW])")) == [STEP, SKEW]
