"""Words, sentences and heavy words, as the server counts them; tests/browser/test_drafting.py asks the page for the same."""

import pytest
from support.counting import HEAVY, TEXTS

from courses.checks.heavy import LIST, heavy_in, pattern_of, read_words
from courses.checks.prose import Block, sentences
from lms.text import count_words


@pytest.mark.parametrize(("text", "expected"), TEXTS.items())
def test_words_and_sentences(text, expected):
    said = [sentence for line in text.split("\n") for sentence in sentences(line)]
    assert (count_words(text), [count_words(sentence) for sentence in said]) == expected


@pytest.mark.parametrize(("text", "expected"), HEAVY.items())
def test_heavy_words(text, expected):
    pattern = pattern_of(frozenset(read_words(LIST)))
    assert list(heavy_in(Block("paragraph", text, 0), pattern).items()) == expected
