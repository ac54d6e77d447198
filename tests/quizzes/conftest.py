"""What tests of quizzes share."""

import pytest

from lms import i18n


@pytest.fixture
def in_english():
    """Let sentences be in English, as the code has them."""
    i18n.use("en", "Asia/Pontianak")
