"""Numbers of civil servants: the invented vectors of the domain notes, and that nothing else gets through."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.i18n import use
from lms.people.models import IdentityType
from lms.people.nip import NumberError, in_blocks, parse


@pytest.fixture(autouse=True)
def _in_english():
    use("en")


def test_a_number_of_a_pns():
    number = parse("200002292024031999")
    assert (number.type, number.birth_date, number.appointed_year, number.sex) == (IdentityType.PNS, dt.date(2000, 2, 29), 2024, "L")
    assert number.blocks == "20000229 202403 1 999"
    assert not number.warnings


@pytest.mark.parametrize("text", ["20000229 202403 1 999", "20000229.202403.1.999", "'200002292024031999", "20000229\u00a0202403-1-999"])
def test_usual_spacing_is_taken_off(text):
    assert parse(text).digits == "200002292024031999"


def test_a_number_of_a_pppk():
    number = parse("'198002292023212998")
    assert (number.type, number.sex) == (IdentityType.PPPK, "P")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("199902292024031999", "no date of birth"),
        ("200002292024131999", "neither a month"),
        ("200002292024033999", "Digit 15"),
        ("200002292024031000", "cut off by Excel"),
        ("20000229202403199", "this has 17"),
        ("198002292023202998", "neither a month"),
        ("6171012902000001", "NIK"),
        ("2000022920240319990", "this has 19"),
        ("20000229202403199O", "this has 17"),
        ("", "this has 0"),
        ("２００００２２９２０２４０３１９９９", "18 digits"),
    ],
)
def test_what_cannot_be_a_number_is_refused_with_the_reason(text, said):
    with pytest.raises(NumberError, match=said):
        parse(text)


def test_a_doubtful_age_is_a_warning():
    assert parse("200002292010031999").warnings
    assert not parse("200002292018031999").warnings


@given(st.text(alphabet="0123456789 .-'xX", max_size=30))
def test_nothing_but_numbers_of_the_right_shape_gets_through(text):
    try:
        number = parse(text)
    except NumberError:
        return
    assert len(number.digits) == 18
    assert parse(number.blocks) == number


@given(st.text(max_size=25))
def test_blocks_lose_nothing(text):
    assert in_blocks(text).replace(" ", "") == text.replace(" ", "")
