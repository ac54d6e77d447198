"""Numbers as people type them: with a decimal comma or point, and shown as the reader writes them."""

from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict
from wtforms.validators import NumberRange, Optional

from lms.forms import Form, Number
from lms.i18n import use

pytestmark = pytest.mark.sqlite


class Hours(Form):
    """Hours and a share."""

    jp = Number("JP", [Optional(), NumberRange(0, 5000)], places=2)
    share = Number("Bagian", kind=float)


@pytest.fixture(autouse=True)
def _here(app):
    yield
    use("id")


def posted(text):
    return Hours(formdata=MultiDict({"jp": text})).jp


@pytest.mark.parametrize(("text", "value"), [("2,5", "2.5"), ("2.5", "2.5"), (" 12 ", "12"), (",5", "0.5"), ("-1", "-1"), ("", None)])
def test_comma_and_point_are_the_same(text, value):
    assert posted(text).data == (None if value is None else Decimal(value))


@pytest.mark.parametrize("text", ["dua", "1.000,5", "nan", "Infinity", "1e3", "1,2,3", "2,555"])
def test_what_is_no_number_comes_back_as_it_was_typed(text):
    field = posted(text)
    assert field.data is None
    assert field.process_errors
    assert field._value() == text


@pytest.mark.parametrize(("language", "shown"), [("id", "1250,5"), ("en", "1250.5")])
def test_a_number_is_shown_as_the_reader_writes_it_and_read_as_the_same(language, shown):
    use(language)
    form = Hours(data={"jp": Decimal("1250.50"), "share": 1250.5})
    assert (form.jp._value(), form.share._value()) == (shown, shown)
    again = Hours.from_data(form.data)
    assert again.validate()
    assert again.data == form.data
    assert isinstance(again.share.data, float)
