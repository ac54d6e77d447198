"""Reading a lesson in the player."""

from lms.testing.client import text_of


def test_reading_completes_at_once_and_says_why(client, make_activity):
    page = make_activity("lesson", source="## Judul\n\nIsi **penting**.")
    browser = client.as_(page.learner)

    first = browser.get(page.url)
    assert first.status_code == 200
    assert "<strong>penting</strong>" in first.get_data(as_text=True)

    done = browser.post(f"{page.url}/read", follow_redirects=True)
    assert done.status_code == 200

    again = browser.get(page.url)
    assert "Mengapa ini tuntas?" in text_of(again) or "Why is this complete?" in text_of(again)


def test_others_find_nothing(client, make_activity, make_user):
    page = make_activity("lesson", source="Isi.")
    assert client.as_(make_user()).get(page.url).status_code == 404
    assert client.get(page.url).status_code == 302
