"""A text that is being written is never lost: saved as it grows, beside what another device writes, until it is handed in."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from courses.assignments import drafts
from courses.assignments.drafts import Save, with_cuts
from courses.assignments.models import TextDraft
from courses.assignments.steps import steps_of
from courses.entries import tasks
from lms.db import at, commit, db
from lms.learning.models import Cohort
from lms.sync.services import OutOfStepError
from lms.testing import count_queries
from lms.testing.client import text_of

PARTS = [{"key": "kabar", "title": "Kabar", "prompt": "Siapa?", "minimum_words": 3}, {"key": "pesan", "title": "Pesan", "prompt": "Apa?"}]


@pytest.fixture
def task(make_activity):
    return make_activity("assignment", rule="accepted", brief="Tulis.", parts=PARTS)


def rows():
    db.session.expire_all()
    return db.session.scalars(sa.select(TextDraft).order_by(TextDraft.saved_at, TextDraft.device)).all()


def save(browser, task, mark, on="", version=1, **what):
    return browser.post(f"{task.url}/text", json={"mark": mark, "on": on, "version": version, **what})


def form_of(page, name):
    return page.get_data(as_text=True).split(f'name="{name}" value="')[1].split('"')[0]


# -- saving ---------------------------------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_there_again_on_another_device(client, task):
    browser = client.as_(task.learner)
    said = save(browser, task, "gawai1.1", whole={"kabar": "Loket buka"}).get_json()
    assert set(said) == {"at", "beside"}
    assert save(browser, task, "gawai1.2", "gawai1.1", cuts=[["kabar", 10, 0, " 🙂 pagi", 10]]).status_code == 200
    page = browser.get(task.url).get_data(as_text=True)
    assert "Loket buka 🙂 pagi</textarea>" in page
    assert 'name="on" value="gawai1.2"' in page
    assert len(rows()) == 1


def test_the_same_save_again_and_a_late_one_change_nothing(client, task):
    browser = client.as_(task.learner)
    for mark, text in (("gawai1.1", "satu"), ("gawai1.3", "tiga"), ("gawai1.3", "lain"), ("gawai1.2", "dua")):
        assert save(browser, task, mark, whole={"kabar": text}).status_code == 200
    assert [(row.mark, row.texts) for row in rows()] == [("gawai1.3", {"kabar": "tiga"})]


def test_two_devices_keep_two_texts(client, task):
    browser = client.as_(task.learner)
    save(browser, task, "kantor.1", whole={"kabar": "Dari kantor"})
    assert save(browser, task, "ponsel.1", "kantor.1", whole={"kabar": "Dari ponsel"}).get_json()["beside"] == 0
    assert save(browser, task, "kantor.2", "kantor.1", cuts=[["kabar", 11, 0, " lagi", 11]]).status_code == 409, "it has gone on elsewhere"
    told = save(browser, task, "kantor.2", "kantor.1", whole={"kabar": "Dari kantor lagi"}).get_json()
    assert told["beside"] == 1
    page = browser.get(task.url)
    assert "Dari ponsel" in text_of(page)
    assert "Dari kantor lagi" in text_of(page)
    other = next(row for row in rows() if row.mark not in page.get_data(as_text=True).split('name="on" value="')[1][:20])
    browser.post(f"{task.url}/text/remove", data={"draft": "gawai.9"})
    assert len(rows()) == 2, "only the state that one has seen"
    browser.post(f"{task.url}/text/remove", data={"draft": other.mark})
    assert len(rows()) == 1


def test_without_a_script_the_button_saves(client, task):
    browser = client.as_(task.learner)
    page = browser.get(task.url)
    data = {"mark": form_of(page, "mark"), "on": "", "version": "1", "part-kabar": "Baris satu\r\nbaris dua"}
    for _twice in range(2):
        assert browser.post(f"{task.url}/text", data=data).status_code == 302
    assert [row.texts for row in rows()] == [{"kabar": "Baris satu\nbaris dua"}]
    assert "Baris satu\nbaris dua</textarea>" in browser.get(task.url).get_data(as_text=True)


def test_what_cannot_be_handed_in_is_a_draft(client, task):
    browser = client.as_(task.learner)
    answer = browser.post(task.url, data={"mark": "abcd12.1", "on": "", "version": "1", "part-kabar": "Dua kata"})
    assert answer.status_code == 422
    assert "Dua kata</textarea>" in answer.get_data(as_text=True)
    assert form_of(answer, "on") == "abcd12.1", "the page goes on from what was kept"
    assert "Dua kata</textarea>" in browser.get(task.url).get_data(as_text=True)


def test_handing_in_takes_the_draft_along_and_leaves_others(client, task):
    browser = client.as_(task.learner)
    save(browser, task, "kantor.1", whole={"kabar": "Loket buka lebih pagi", "pesan": "Datanglah."})
    save(browser, task, "ponsel.1", whole={"kabar": "Sesuatu yang lain"})
    sent = {"mark": "form00.1", "on": "kantor.1", "version": "1", "part-kabar": "Loket buka lebih pagi", "part-pesan": "Datanglah."}
    assert browser.post(task.url, data=sent).status_code == 302
    assert [row.device for row in rows()] == ["ponsel"]
    assert "Sesuatu yang lain" in text_of(browser.get(task.url)), "kept beside"
    late = save(browser, task, "kantor.2", "kantor.1", whole={"kabar": "Loket buka lebih pagi", "pesan": "Datanglah."})
    assert late.status_code == 200
    assert [row.device for row in rows()] == ["ponsel"], "it is the version already"
    save(browser, task, "kantor.3", "kantor.1", whole={"kabar": "Ketikan yang terlambat sampai"})
    assert "Ketikan yang terlambat sampai" in text_of(browser.get(task.url))


@pytest.mark.parametrize(
    "body",
    [
        [],
        "x",
        {"version": "1", "whole": {}},
        {"version": 1, "whole": {"kabar": 7}},
        {"version": 1, "cuts": [["kabar", 0, 0, "x"]]},
        {"version": 1, "cuts": {"kabar": "x"}},
        {"version": 1, "whole": {}, "mark": "A.1"},
        {"version": 1, "whole": {}, "mark": "gawai1.0"},
        {"version": 1, "whole": {"kabar": "x" * 30_001}, "mark": "gawai1.1"},
    ],
)
def test_nonsense_is_refused_in_a_sentence(client, task, body):
    answer = client.as_(task.learner).post(f"{task.url}/text", json=body, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert not answer.get_json().get("whole")
    assert not rows()


def test_half_a_letter_and_unknown_parts_do_no_harm(client, task):
    browser = client.as_(task.learner)
    assert save(browser, task, "gawai1.1", whole={"kabar": "a\ud800b", "lain": "x"}).status_code == 200
    assert [row.texts for row in rows()] == [{"kabar": "a\ufffdb"}]


def test_it_is_the_authors_alone(client, task, make_user, make_enrolment):
    save(client.as_(task.learner), task, "gawai1.1", whole={"kabar": "Naskah-Rahasia-Sembilan"})
    colleague = make_user()
    make_enrolment(task.cohort, colleague)
    assert "Naskah-Rahasia-Sembilan" not in text_of(client.as_(colleague).get(task.url))
    assert save(client.as_(colleague), task, "gawai1.2", "gawai1.1", cuts=[["kabar", 0, 0, "x", 23]]).status_code == 409
    assert save(client.as_(make_user()), task, "gawai1.2", whole={"kabar": "x"}).status_code == 404
    export = client.as_(task.learner).get("/profile/data.json").get_json()["courses"]
    assert [row["texts"] for row in export if row.get("kind") == "assignment_draft"] == [{"kabar": "Naskah-Rahasia-Sembilan"}]


def test_it_ends_90_days_after_the_cohort(client, task):
    save(client.as_(task.learner), task, "gawai1.1", whole={"kabar": "Belum selesai"})
    end = dt.datetime.combine(
        db.session.get(Cohort, task.cohort.id).ends_on + dt.timedelta(days=91), dt.time(), dt.timezone(dt.timedelta(hours=7))
    )
    for moment, left in ((end - dt.timedelta(seconds=1), 1), (end, 0)):
        with at(moment):
            tasks.forget_old_texts()
            commit()
        assert len(rows()) == left


def test_a_save_costs_few_statements_and_bytes(client, task):
    browser = client.as_(task.learner)
    save(browser, task, "gawai1.1", whole={"kabar": "Kami duduk. " * 400})
    with count_queries() as seen:
        answer = save(browser, task, "gawai1.2", "gawai1.1", cuts=[["kabar", 4800, 0, "Kami duduk. " * 16, 4800]])
    assert answer.status_code == 200
    assert len(seen) <= 12
    assert len(answer.get_data()) < 100


# -- rules ----------------------------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=30), st.data())
def test_cuts_do_what_they_say(old, data):
    start = data.draw(st.integers(0, len(old)))
    drop = data.draw(st.integers(0, len(old) - start))
    put = data.draw(st.text(max_size=5))
    assert with_cuts({"a": old, "b": "x"}, [("a", start, drop, put, len(old))]) == {"a": old[:start] + put + old[start + drop :], "b": "x"}
    with pytest.raises(OutOfStepError):
        with_cuts({"a": old}, [("a", start, drop, put, len(old) + 1)])


def test_nothing_is_lost_whatever_the_order(app, task):
    """Two windows save on top of what they know, in any order and again: the last words of both are there."""
    for order in ([1, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3, 3, 1], [3, 1, 4, 2, 4]):
        saves = {
            1: Save("kantor.1", "", 1, {"kabar": "a"}),
            2: Save("kantor.2", "kantor.1", 1, {"kabar": "kantor akhir"}),
            3: Save("ponsel.1", "kantor.1", 1, {"kabar": "b"}),
            4: Save("ponsel.2", "ponsel.1", 1, {"kabar": "ponsel akhir"}),
        }
        for number in order:
            drafts.save(where=task.where, said=saves[number], parts=PARTS)
        found = {row.texts["kabar"] for row in drafts.drafts_of(task.where)}
        assert {"ponsel akhir", "kantor akhir"} <= found, order
        for row in drafts.drafts_of(task.where):
            drafts.remove(where=task.where, mark=row.mark)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "now open open open open"),
        (["submitted"], "done done now open open"),
        (["returned"], "done done done now open"),
        (["submitted", "returned"], "done done now done open"),
        (["returned", "returned"], "done done done now open"),
        (["marked", "returned"], "done done done done done"),
        (["marked"], "done done done skipped done"),
    ],
)
def test_steps(states, expected):
    assert [step.state for step in steps_of(states)] == expected.split()


# -- feedback to parts and what changed -----------------------------------------------------------------------------------------------------


def test_feedback_to_a_part_and_both_versions_side_by_side(client, task, make_user):
    browser = client.as_(task.learner)
    browser.post(task.url, data={"part-kabar": "Loket buka lebih pagi", "part-pesan": "Datanglah segera."})
    instructor = client.as_(db.session.get(type(task.learner), task.cohort.assessor_id))
    line = instructor.get("/desk").get_data(as_text=True)
    address = "/journals/queue/assignments/" + line.split("/journals/queue/assignments/")[1].split('"')[0]
    refused = instructor.post(address, data={"feedback": "", "remark-pesan": "Sebut harinya.", "decision": "returned"})
    assert refused.status_code == 422
    assert "Sebut harinya.</textarea>" in refused.get_data(as_text=True)
    instructor.post(address, data={"feedback": "Hampir.", "remark-pesan": "Sebut harinya.", "decision": "returned"})
    page = text_of(browser.get(task.url))
    assert "Hampir." in page
    assert "Sebut harinya." in page
    browser.post(task.url, data={"part-kabar": "Loket buka lebih pagi", "part-pesan": "Datanglah setiap Senin."})
    html = browser.get(task.url).get_data(as_text=True)
    assert "<del>segera.</del>" in html
    assert "<ins>setiap Senin.</ins>" in html
    export = browser.get("/profile/data.json").get_json()["courses"]
    assert {"kind": "marking", "activity": task.key, "version": 1, "levels": {}, "remarks": {"pesan": "Sebut harinya."}} in export
