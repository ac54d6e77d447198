"""A confidential text is in no log, no error page and no cache, also when something breaks while it is open."""

import logging

import pytest
import sqlalchemy as sa

from courses.entries import pages
from lms.db import commit, db, prepare_engine
from lms.privacy.confidential import seal

SECRET = "kenarirahasia"


@pytest.fixture
def journal(client, make_user, make_module, make_cohort, make_enrolment):
    """Return (author's browser, instructor's browser, address of the journal)."""
    prompt = [{"key": "apa", "title": "Apa?", "prompt": "?"}]
    module = make_module({"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "prompts": prompt}})
    assessor, author = make_user(), make_user()
    cohort = make_cohort(module, assessor=assessor)
    make_enrolment(cohort, author)
    url = f"/learn/{cohort.id}/{module.key}/jurnal"
    browser = client.as_(author)
    assert browser.post(f"{url}/draft", data={"text-apa": f"Saya {SECRET}."}).status_code == 302
    return browser, client.as_(assessor), url


def test_an_exception_while_a_text_is_open_tells_nobody(app, journal, monkeypatch, caplog):
    """The page's own drawing fails, with the text among its local variables and in the message of the error's cause."""
    browser, _assessor, url = journal
    caplog.set_level(logging.DEBUG)

    def broken(*arguments, **values):
        texts = values["writing"].texts
        assert SECRET in texts["apa"]
        return {}[len(texts)]

    monkeypatch.setattr(pages, "render_template", broken)
    answer = browser.get(url)
    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"
    assert SECRET not in answer.get_data(as_text=True)
    assert "KeyError" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("damage", ["sealed = x'00'", "sealed = zeroblob(64)"])
@pytest.mark.sqlite
def test_a_damaged_text_is_a_sentence(journal, caplog, damage):
    browser, _assessor, url = journal
    db.session.execute(sa.text(f"UPDATE courses_drafts SET {damage}"))
    commit()
    answer = browser.get(url)
    assert answer.status_code == 409
    assert SECRET not in caplog.text


def test_pages_with_a_text_are_kept_by_no_cache(journal):
    browser, assessor, url = journal
    assert browser.get(url).headers["Cache-Control"] == "no-store"
    assert browser.get("/profile/data.json").headers["Cache-Control"] == "no-store"
    assert browser.get("/profile").headers["Cache-Control"] == "private, no-cache"
    assert browser.post(f"{url}/hand-in", data={"text-apa": f"Saya {SECRET}.", "base": 1}).headers["Cache-Control"] == "no-store"
    queue = assessor.get("/desk").get_data(as_text=True)
    address = queue.split('href="/journals/queue/')[1].split('"')[0]
    page = assessor.get(f"/journals/queue/{address}")
    assert SECRET in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"


def test_a_form_that_is_handed_back_is_kept_by_no_cache(journal):
    browser, _assessor, url = journal
    stale = browser.post(f"{url}/draft", data={"text-apa": f"Saya {SECRET}."}, forge=True)
    assert SECRET in stale.get_data(as_text=True)
    assert stale.headers["Cache-Control"] == "no-store"


def test_sealing_leaves_no_word_in_the_log(make_user, caplog):
    caplog.set_level(logging.DEBUG)
    seal(make_user().id, "a", SECRET)
    db.session.flush()
    assert SECRET not in caplog.text


@pytest.mark.postgresql
def test_postgresql_does_not_tell_the_row_that_it_refused(postgres_server):
    """Its errors have a second line with the whole row, which would stand in the log."""
    engine = sa.create_engine(f"{postgres_server}postgres", hide_parameters=True)
    prepare_engine(engine)
    with engine.connect() as connection:
        connection.execute(
            sa.text("CREATE TEMPORARY TABLE papers (id integer PRIMARY KEY, words text CHECK (words <> 'x'), more text NOT NULL)")
        )
        with pytest.raises(sa.exc.IntegrityError) as refused:
            connection.execute(sa.text("INSERT INTO papers VALUES (1, :words, NULL)"), {"words": SECRET})
    engine.dispose()
    assert "more" in str(refused.value)
    for error in (refused.value, refused.value.orig, refused.value.__cause__):
        assert SECRET not in str(error)
        assert SECRET not in repr(error)
