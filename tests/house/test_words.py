"""Both languages are complete: each word of the product has its Indonesian one, with the same values in it."""

import re

import pytest
from support import words
from werkzeug.datastructures import MultiDict
from wtforms import StringField
from wtforms.validators import Length

from lms import i18n
from lms.forms import Form

VALUES = re.compile(r"%\(\w+\)[sd]|\{\w*\}|</?[a-z]+[^>]*>")


@pytest.fixture(scope="module")
def catalogue():
    return words.read()


def test_every_word_is_translated(catalogue):
    new = [
        message.id for message in words.collect() if message.id and not getattr(catalogue.get(message.id, message.context), "string", "")
    ]
    assert not new, "run `make words` and translate what has come in"


def test_no_translation_is_left_over(catalogue):
    known = words.collect()
    assert [message.id for message in catalogue if message.id and known.get(message.id, message.context) is None] == []


def test_translations_show_the_same_values(catalogue):
    for message in catalogue:
        if message.id and isinstance(message.id, str):
            assert sorted(VALUES.findall(message.id)) == sorted(VALUES.findall(message.string)), message.id
        elif message.id:
            (translation,) = message.string
            assert set(VALUES.findall(translation)) <= {*VALUES.findall(message.id[1]), "%(num)s"}, message.id
            assert "%(num)s" in translation or "%(num)s" not in message.id[0], message.id
        assert not message.fuzzy or not message.id


def test_the_form_library_fills_in_what_it_says_itself(app):
    """Its sentences come from our catalogue with their places open; it fills them in."""
    i18n.use("id")
    form = Form.of(name=StringField("Nama", [Length(max=3)]))(MultiDict({"name": "Maria"}))
    assert not form.validate()
    assert form.name.errors == ["Tulis paling banyak 3 karakter."]
