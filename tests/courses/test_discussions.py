"""Discussions: one's own answer first, then the others'; change, withdraw, report, hide; nobody outside the circle reads a word."""

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from courses.discussions import queries
from courses.discussions.models import Post, PostReport
from courses.discussions.tasks import forget_old_discussions
from courses.discussions.type import Discussion
from lms.db import at, commit, db, utcnow
from lms.learning.models import Group
from lms.messages.models import Notice
from lms.people.models import User
from lms.privacy.models import AuditEntry
from lms.testing.client import text_of

MINE = "Menaruh satu kursi di depan loket."
THEIRS = "Menulis syarat dengan huruf besar sekali."
REPLY = "Siapa yang perlu setuju dulu?"


@pytest.fixture
def talk(make_activity):
    return make_activity("discussion", **Discussion.example)


@pytest.fixture
def colleague(talk, make_user, make_enrolment):
    return make_enrolment(talk.cohort, make_user("Rekan Satu")).user_id


def browser(client, user_id):
    return client.as_(db.session.get_one(User, user_id))


def instructor(client, talk):
    return browser(client, talk.cohort.assessor_id)


def answer(who, talk, text=MINE):
    response = who.post(f"{talk.url}/answer", data={"text": text})
    assert response.status_code == 302, text_of(response)
    return post_of(text)


def post_of(text):
    db.session.rollback()
    return db.session.scalars(sa.select(Post.id).where(Post.text == text)).one()


def url_of(talk, post_id, what=""):
    return f"{talk.url}/posts/{post_id}{what}"


def notices_of(user_id):
    db.session.rollback()
    return [row.kind for row in db.session.scalars(sa.select(Notice).where(Notice.user_id == user_id).order_by(Notice.created_at))]


# -- answering and reading ------------------------------------------------------------------------------------------------------------------


def test_answer_before_you_see_others(client, talk, colleague):
    first = browser(client, colleague)
    theirs = answer(first, talk, THEIRS)
    learner = client.as_(talk.learner)
    before = learner.get(talk.url)
    assert THEIRS not in text_of(before)
    assert "Rekan Satu" not in text_of(before)
    assert THEIRS not in text_of(learner.get(f"{talk.url}/answers?page=1"))
    for what in ("", "/report"):
        assert learner.get(url_of(talk, theirs, what)).status_code == 404
        assert learner.post(url_of(talk, theirs, what), data={"text": REPLY, "reason": "x"}).status_code == 404

    short = learner.post(f"{talk.url}/answer", data={"text": "Satu kursi saja."})
    assert short.status_code == 422
    assert "Satu kursi saja." in text_of(short), "nothing typed is lost"
    assert talk.ctx.state == "not_started"
    commit()
    answer(learner, talk)
    assert talk.ctx.state == "complete"
    commit()
    after = text_of(learner.get(talk.url))
    assert THEIRS in after
    assert "Rekan Satu" in after
    assert MINE in text_of(first.get(talk.url)), "and they read mine"


def test_a_second_answer_is_refused_and_the_same_again_is_the_same(client, talk):
    learner = client.as_(talk.learner)
    answer(learner, talk)
    answer(learner, talk)
    assert learner.post(f"{talk.url}/answer", data={"text": THEIRS}).status_code == 409
    assert len(db.session.scalars(sa.select(Post)).all()) == 1


def test_replies_are_one_level_and_the_author_is_told(client, talk, colleague):
    learner, other = client.as_(talk.learner), browser(client, colleague)
    mine = answer(learner, talk)
    answer(other, talk, THEIRS)
    assert other.post(url_of(talk, mine), data={"text": "   "}).status_code == 422
    assert other.post(url_of(talk, mine), data={"text": REPLY}).status_code == 302
    assert other.post(url_of(talk, mine), data={"text": REPLY}).status_code == 302
    reply = post_of(REPLY)
    assert REPLY in text_of(learner.get(url_of(talk, mine)))
    assert learner.get(url_of(talk, reply)).location.endswith(f"/posts/{mine}#p-{reply}")
    learner.post(url_of(talk, reply), data={"text": "Balasan bertingkat"})
    assert "Balasan bertingkat" not in repr(db.session.scalars(sa.select(Post.text)).all())
    assert "courses:replied" in notices_of(talk.learner.id)
    assert REPLY not in repr(db.session.execute(sa.select(Notice.__table__)).all()), "a notice holds no text"


def test_only_ones_own_circle(client, make_activity, make_user, make_enrolment, make_cohort):
    talk = make_activity("discussion", **{**Discussion.example, "circle": "group"})
    group = Group(cohort_id=talk.cohort.id, name="Kelompok 2", position=2)
    db.session.add(group)
    db.session.flush()
    apart = make_enrolment(talk.cohort, make_user("Kelompok Lain"))
    apart.group_id = group.id
    near = make_enrolment(talk.cohort, make_user("Kelompok Sendiri"))
    elsewhere = make_cohort(talk.module)
    outside = make_enrolment(elsewhere, make_user("Angkatan Lain"))
    commit()
    mine = answer(client.as_(talk.learner), talk)
    for enrolment, url, reads in (
        (near, talk.url, True),
        (apart, talk.url, False),
        (outside, f"/learn/{elsewhere.id}/{talk.module.key}/{talk.key}", False),
    ):
        who = browser(client, enrolment.user_id)
        assert who.post(f"{url}/answer", data={"text": f"{THEIRS} {enrolment.id}"}).status_code == 302
        assert (MINE in text_of(who.get(url))) is reads
        assert who.get(f"{url}/posts/{mine}").status_code == (200 if reads else 404)


def test_pages_do_not_grow_with_the_number_of_answers(client, talk, make_user, make_enrolment, queries):
    learner = client.as_(talk.learner)
    mine = answer(learner, talk)
    seen = []
    for count in (1, 11):
        for number in range(count):
            person = make_user(f"Orang {count} {number}")
            make_enrolment(talk.cohort, person)
            other = client.as_(person)
            answer(other, talk, f"{THEIRS} {count} {number}")
            other.post(url_of(talk, mine), data={"text": f"{REPLY} {count} {number}"})
        learner.get(talk.url)
        with queries() as asked:
            for page in (talk.url, url_of(talk, mine), f"{talk.url}/answers?page=2"):
                assert learner.get(page).status_code == 200
        seen.append(len(asked))
    assert seen[0] == seen[1] <= 3 * 8
    first, second = text_of(learner.get(talk.url)), text_of(learner.get(f"{talk.url}/answers?page=2"))
    assert first.count(THEIRS) == 10
    assert second.count(THEIRS) == 2
    assert "12 balasan" in first


# -- changing and withdrawing ---------------------------------------------------------------------------------------------------------------


def test_change_for_a_day_withdraw_always(client, talk):
    learner = client.as_(talk.learner)
    mine = answer(learner, talk)
    assert MINE in text_of(learner.get(url_of(talk, mine, "/edit")))
    assert learner.post(url_of(talk, mine, "/edit"), data={"text": "Terlalu pendek"}).status_code == 422
    assert learner.post(url_of(talk, mine, "/edit"), data={"text": f"{MINE} Dua kursi."}).status_code == 302
    assert "Dua kursi." in text_of(learner.get(talk.url))
    with at(utcnow() + dt.timedelta(hours=25)):
        assert learner.post(url_of(talk, mine, "/edit"), data={"text": f"{MINE} Tiga kursi."}).status_code == 409
        assert learner.post(url_of(talk, mine, "/withdraw")).status_code == 302
    kept = db.session.get_one(Post, mine)
    assert kept.text == ""
    commit()
    assert talk.ctx.state == "complete", "what it completed stays complete"
    commit()
    assert MINE not in text_of(learner.get(talk.url))
    answer(learner, talk, THEIRS)


def test_replies_stay_when_an_answer_is_withdrawn(client, talk, colleague):
    learner, other = client.as_(talk.learner), browser(client, colleague)
    mine = answer(learner, talk)
    answer(other, talk, THEIRS)
    other.post(url_of(talk, mine), data={"text": REPLY})
    learner.post(url_of(talk, mine, "/withdraw"))
    page = text_of(other.get(url_of(talk, mine)))
    assert REPLY in page
    assert MINE not in page
    assert other.post(url_of(talk, mine), data={"text": "Lagi"}).status_code == 409


def test_hidden_with_replies_nobody_but_the_author_reads_it(client, talk, colleague):
    learner, other = client.as_(talk.learner), browser(client, colleague)
    mine = answer(learner, talk)
    answer(other, talk, THEIRS)
    other.post(url_of(talk, mine), data={"text": REPLY})
    instructor(client, talk).post(f"/cohorts/{talk.cohort.id}/discussions/{mine}", data={"reason": "Ada nama."})
    for page in (talk.url, url_of(talk, mine), url_of(talk, mine, "/report")):
        assert MINE not in text_of(other.get(page))
    assert REPLY in text_of(other.get(url_of(talk, mine)))
    assert other.get(url_of(talk, mine, "/report")).status_code == 404
    assert MINE in text_of(learner.get(url_of(talk, mine)))


def test_what_was_written_for_a_group_stays_there(client, make_activity, make_user, make_enrolment):
    talk = make_activity("discussion", **{**Discussion.example, "circle": "group"})
    group = Group(cohort_id=talk.cohort.id, name="Kelompok 2", position=2)
    db.session.add(group)
    db.session.flush()
    apart = make_enrolment(talk.cohort, make_user("Kelompok Lain"))
    apart.group_id = group.id
    commit()
    answer(client.as_(talk.learner), talk)
    who = browser(client, apart.user_id)
    answer(who, talk, THEIRS)
    wider = replace(apart_ctx(talk, apart), settings={**talk.ctx.settings, "circle": "cohort"})
    commit()
    assert [row.Post.text for row in db.session.execute(queries.others_answers(wider))] == [], "also when the author opens the discussion"
    later = db.session.scalars(sa.select(Post).where(Post.text == MINE)).one()
    later.circle = "cohort"
    db.session.flush()
    assert [row.Post.text for row in db.session.execute(queries.others_answers(wider))] == [MINE]


def apart_ctx(talk, enrolment):
    """Return the context of the activity for somebody else."""
    return replace(talk.ctx, enrolment_id=enrolment.id, user_id=enrolment.user_id)


def test_nobody_changes_what_is_not_theirs(client, talk, colleague):
    learner, other = client.as_(talk.learner), browser(client, colleague)
    mine = answer(learner, talk)
    answer(other, talk, THEIRS)
    for what in ("/edit", "/withdraw"):
        assert other.post(url_of(talk, mine, what), data={"text": "Diganti oleh orang lain sama sekali"}).status_code == 404
    assert db.session.get_one(Post, mine).text == MINE


# -- reporting and hiding -------------------------------------------------------------------------------------------------------------------


def test_reported_then_hidden_with_a_reason_that_the_author_reads(client, talk, colleague):
    learner, other = client.as_(talk.learner), browser(client, colleague)
    mine = answer(learner, talk)
    answer(other, talk, THEIRS)
    assert other.post(url_of(talk, mine, "/report"), data={"reason": ""}).status_code == 422
    for _twice in range(2):
        assert other.post(url_of(talk, mine, "/report"), data={"reason": "Ada nama warga."}).status_code == 302
    assert learner.post(url_of(talk, mine, "/report"), data={"reason": "x"}).status_code == 409, "one's own is withdrawn"
    assert len(db.session.scalars(sa.select(PostReport)).all()) == 1
    assert notices_of(talk.cohort.assessor_id).count("courses:post_reported") == 1

    teacher, room = instructor(client, talk), f"/cohorts/{talk.cohort.id}/discussions"
    assert MINE in text_of(teacher.get(room))
    page = text_of(teacher.get(f"{room}/{mine}"))
    assert "Ada nama warga." in page
    assert "Rekan Satu" not in page, "not who asked"
    assert teacher.post(f"{room}/{mine}", data={"reason": ""}).status_code == 422
    assert teacher.post(f"{room}/{mine}", data={"reason": "Sebut jabatan, bukan nama."}).status_code == 302

    assert MINE not in text_of(other.get(talk.url))
    assert other.get(url_of(talk, mine)).status_code == 404
    own = text_of(learner.get(talk.url))
    assert MINE in own
    assert "Sebut jabatan, bukan nama." in own
    assert "courses:post_hidden" in notices_of(talk.learner.id)
    assert learner.post(url_of(talk, mine, "/edit"), data={"text": f"{MINE} Lain."}).status_code == 409
    trail = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "discussion:hide")).one()
    assert "nama" not in repr(trail.detail)

    assert teacher.post(f"{room}/{mine}/settle", data={"what": "show"}).status_code == 302
    assert MINE in text_of(other.get(talk.url))


def test_a_report_can_be_left(client, talk, colleague):
    learner, other = client.as_(talk.learner), browser(client, colleague)
    mine = answer(learner, talk)
    answer(other, talk, THEIRS)
    other.post(url_of(talk, mine, "/report"), data={"reason": "Saya tidak setuju."})
    teacher, room = instructor(client, talk), f"/cohorts/{talk.cohort.id}/discussions"
    board = text_of(teacher.get(f"/cohorts/{talk.cohort.id}"))
    assert "1 kiriman" in board or "1 reported post" in board
    teacher.post(f"{room}/{mine}/settle", data={"what": "leave"})
    assert MINE in text_of(other.get(talk.url))
    assert db.session.scalars(sa.select(PostReport.settled_at)).one() is not None
    other.post(url_of(talk, mine, "/report"), data={"reason": "Sekarang ada nama warga."})
    told = db.session.execute(sa.select(PostReport.settled_at, PostReport.reason)).one()
    assert tuple(told) == (None, "Sekarang ada nama warga."), "it may have been changed since they looked"
    assert notices_of(talk.cohort.assessor_id).count("courses:post_reported") == 2


def test_supervisors_and_organizers_read_nothing(client, talk, make_user):
    mine = answer(client.as_(talk.learner), talk)
    room = f"/cohorts/{talk.cohort.id}/discussions"
    for role in ("supervisor", "organizer"):
        kind = "cohort" if role == "supervisor" else "unit"
        scope = talk.cohort.id if role == "supervisor" else talk.cohort.organizer_unit_id
        who = client.as_(make_user(roles=[(role, kind, scope)]))
        for page in (room, f"{room}/{mine}"):
            assert who.get(page).status_code == 403
        for page in (talk.url, url_of(talk, mine)):
            assert who.get(page).status_code == 404


# -- one's own data, and the end ------------------------------------------------------------------------------------------------------------


def test_own_data_holds_posts_and_reports(client, talk, colleague):
    learner, other = client.as_(talk.learner), browser(client, colleague)
    mine = answer(learner, talk)
    answer(other, talk, THEIRS)
    other.post(url_of(talk, mine, "/report"), data={"reason": "Ada nama warga."})
    own, theirs = (who.get("/profile/data.json").get_data(as_text=True) for who in (learner, other))
    assert MINE in own
    assert "Ada nama warga." not in own
    assert "Ada nama warga." in theirs


def test_two_years_after_the_cohort_nothing_is_left(client, talk):
    answer(client.as_(talk.learner), talk)
    ended = dt.datetime.combine(talk.cohort.ends_on, dt.time(12), dt.UTC)
    for days, left in ((700, 1), (732, 0)):
        with at(ended + dt.timedelta(days=days)):
            forget_old_discussions()
        commit()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Post)) == left
