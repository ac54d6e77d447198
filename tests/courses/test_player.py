"""Reading a lesson in the player."""

import datetime as dt
from uuid import uuid4

import pytest

from courses.learn.services import ModuleCard
from lms.learning.outline import Item, Outline
from lms.learning.place import Place
from lms.progress.models import CompletionState
from lms.testing.client import text_of

MOMENT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def test_reading_completes_at_once_and_says_why(client, make_activity):
    page = make_activity("lesson", source="## Judul\n\nIsi **penting**.")
    browser = client.as_(page.learner)

    first = browser.get(page.url)
    assert first.status_code == 200
    assert "<strong>penting</strong>" in first.get_data(as_text=True)

    done = browser.post(f"{page.url}/read", follow_redirects=True)
    assert done.status_code == 200

    again = browser.get(page.url)
    assert "Mengapa ini tuntas?" in text_of(again)


def test_others_find_nothing(client, make_activity, make_user):
    page = make_activity("lesson", source="Isi.")
    assert client.as_(make_user()).get(page.url).status_code == 404
    assert client.get(page.url).status_code == 302


def place_of(states):
    """Return a place in a module of two activities, the second after the first."""
    items = (Item("tugas", "assignment", "Tugas", "", 10, True, (), {}), Item("bedah", "lesson", "Bedah", "", 10, True, ("tugas",), {}))
    outline = Outline(1, 1, 1, "modul", "M", {"sections": []}, MOMENT, items)
    return Place(uuid4(), 1, 1, "Angkatan", "Asia/Pontianak", None, outline, None, None, states)


@pytest.mark.parametrize(
    ("state", "closed", "following"),
    [
        (CompletionState.NOT_STARTED, ["tugas"], "tugas"),
        (CompletionState.IN_PROGRESS, ["tugas"], "tugas"),
        (CompletionState.WAITING, [], "bedah"),
        (CompletionState.COMPLETE, [], "bedah"),
    ],
)
def test_what_waits_for_an_instructor_closes_nothing(state, closed, following):
    place = place_of({"tugas": state})
    assert [item.key for item in place.missing(place.outline.item("bedah"))] == closed
    assert place.next_item.key == following
    card = ModuleCard(place.outline, {"tugas": state.value}, 1, True, None, None, 0, 2, 0, True)
    assert card.next_item.key == following
