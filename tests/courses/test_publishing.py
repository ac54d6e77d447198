"""Publishing at a chosen moment: what was checked is what is published, once, or the author hears why not."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from courses.publishing import services
from courses.publishing.models import Obstacle, PlannedPublishing
from lms import i18n
from lms.db import at, commit, db, set_transaction_mode, utcnow
from lms.jobs import services as jobs
from lms.jobs.models import Job
from lms.learning.models import Activity, Module, Revision, RevisionActivity
from lms.learning.services import Frozen, freeze, publish, touch
from lms.messages.models import Notice
from lms.people.access import load_actor
from lms.people.models import RoleAssignment
from lms.privacy.models import AuditEntry
from lms.testing.client import text_of

LESSON = {"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": "Halo **semua**.\n"}}
QUIZ = {
    "type": "quiz",
    "key": "cek",
    "title": "Cek",
    "settings": {
        "items": [
            {
                "key": "cek-1",
                "kind": "single_choice",
                "stem": "Di mana?",
                "options": [{"text": "Loket", "correct": True, "rationale": "Ya."}, {"text": "Rumah", "rationale": "Bukan."}],
            }
        ]
    },
}
NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(days=2)
WIB = ZoneInfo("Asia/Jakarta")


@pytest.fixture
def author(make_user, make_module):
    """Make an instructor who may write their own modules and one small one."""
    return make_user("Ibu Penulis", roles=[("instructor", "module", make_module(key="lain", publish=False).id)], language="en")


@pytest.fixture
def module(author, make_module):
    """Make a module of theirs, published once, and changed afterwards."""
    made = make_module(LESSON, QUIZ, owner=author)
    rewrite(made, "Halo lagi.\n")
    commit()
    return made


def rewrite(module, text):
    """Change the text of the lesson in the draft."""
    lesson = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == "buka")).one()
    lesson.settings, lesson.prepared = {"source": text}, {**lesson.prepared, "html": f"<p>{text}</p>"}
    db.session.flush()


def actor_of(user):
    return load_actor(user.id, NOON.date())


def planned(module, author, when=LATER, note="Lebih jelas"):
    """Plan to publish at a moment, at noon."""
    with at(NOON):
        plan = services.plan_publishing(actor=actor_of(author), module=module, due_at=when, note=note)
    commit()
    return plan


def revisions(module):
    """Return (number, note, text of the lesson) of a module's revisions."""
    db.session.expire_all()
    rows = db.session.execute(
        sa.select(Revision.number, Revision.note, RevisionActivity.settings)
        .join(RevisionActivity, RevisionActivity.revision_id == Revision.id)
        .where(Revision.module_id == module.id, RevisionActivity.key == "buka")
        .order_by(Revision.number)
    )
    return [(number, note, settings["source"]) for number, note, settings in rows]


def work_at(moment):
    """Carry out every job that is due at a moment."""
    with at(moment):
        while jobs.run_one():
            pass


def notices():
    """Return (title, path) of what people were told about publishing."""
    return [tuple(row) for row in db.session.execute(sa.select(Notice.title, Notice.path).where(Notice.kind == services.KIND))]


def audited():
    return list(db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.startswith("module:publish:"))))


# -- what is kept --------------------------------------------------------------------------------------------------------------------


def test_what_is_frozen_survives_as_json_and_has_the_digest_of_what_publishing_makes(module, author):
    activity = db.session.scalars(sa.select(Activity).where(Activity.key == "buka")).one()
    activity.checked_on = dt.date(2026, 11, 2)
    frozen = freeze(actor_id=author.id, module=module)
    again = Frozen.from_data(frozen.as_data())
    assert again.digest == frozen.digest
    assert publish(actor_id=author.id, module=module).digest == frozen.digest
    assert publish(actor_id=author.id, module=module, frozen=again).number == 2


# -- at its moment -------------------------------------------------------------------------------------------------------------------


def test_at_its_moment_the_draft_of_then_is_published_and_later_changes_are_not(module, author):
    planned(module, author)
    rewrite(module, "Belum selesai …\n")
    commit()
    work_at(LATER - dt.timedelta(seconds=1))
    assert len(revisions(module)) == 1
    work_at(LATER)
    assert revisions(module) == [(1, "", "Halo **semua**.\n"), (2, "Lebih jelas", "Halo lagi.\n")]
    assert db.session.scalar(sa.select(PlannedPublishing)) is None
    assert notices() == [("Your module is published", f"/studio/{module.key}")]
    assert db.session.scalars(sa.select(Revision.published_by_id).where(Revision.number == 2)).one() == author.id


@pytest.mark.parametrize("_turn", range(3))
def test_two_workers_publish_once(app, module, author, _turn):
    plan_id = planned(module, author).id
    db.session.execute(sa.update(Job).values(due_at=utcnow()))
    db.session.execute(sa.update(PlannedPublishing).values(due_at=utcnow()))
    commit()

    def worker(by_hand):
        with app.app_context():
            set_transaction_mode("write")
            if by_hand:  # as after a lease that ran out while its owner was still at work
                services.carry_out(plan_id=plan_id)
                commit()
            else:
                jobs.run_one()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(worker, by_hand) for by_hand in (False, True, False, True)]:
            done.result()
    assert [number for number, _note, _text in revisions(module)] == [1, 2]
    assert len(notices()) == 1
    assert db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "module:publish", AuditEntry.actor_id == author.id)) == 1


def test_a_plan_that_gave_way_to_another_does_nothing(module, author):
    planned(module, author)
    rewrite(module, "Sekarang benar.\n")
    planned(module, author, LATER + dt.timedelta(days=1))
    work_at(LATER)
    assert len(revisions(module)) == 1
    work_at(LATER + dt.timedelta(days=1))
    assert revisions(module)[-1] == (2, "Lebih jelas", "Sekarang benar.\n")


# -- what stands in the way ----------------------------------------------------------------------------------------------------------


def stopped(module):
    """Let the moment come, and return why nothing was published."""
    work_at(LATER)
    assert [number for number, _note, _text in revisions(module)][-1] < 3
    return db.session.scalars(sa.select(PlannedPublishing.obstacle)).one()


def test_a_newer_revision_is_not_undone_by_an_older_plan(module, author):
    planned(module, author)
    rewrite(module, "Dari berkas.\n")
    publish(actor_id=author.id, module=module)  # as an import does
    commit()
    assert stopped(module) is Obstacle.NEWER
    assert revisions(module)[-1][2] == "Dari berkas.\n"
    assert notices() == [("Your module is not published", f"/studio/{module.key}/publish")]
    assert audited() == ["module:publish:plan", "module:publish:fail"]


def test_who_may_not_write_any_more_does_not_publish_and_the_owner_hears(module, author, make_user):
    colleague = make_user("Pak Rekan", roles=[("instructor", "module", module.id)], language="en")
    planned(module, colleague)
    db.session.execute(sa.delete(RoleAssignment).where(RoleAssignment.user_id == colleague.id))
    commit()
    assert stopped(module) is Obstacle.RIGHTS
    assert db.session.scalars(sa.select(Notice.user_id).where(Notice.kind == services.KIND)).all() == [author.id]


def test_errors_are_looked_for_once_more(module, author, client, queries):
    plan = planned(module, author)
    plan.content = {**plan.content, "activities": [{**row, "section": "hilang"} for row in plan.content["activities"]]}
    commit()
    assert stopped(module) is Obstacle.ERRORS
    browser = client.as_(author)
    with queries() as seen:
        page = text_of(browser.get(f"/studio/{module.key}/publish"))
    assert len(seen) <= 12, seen
    assert "something in it must be put right first" in page
    assert "section that is not there any more" in page


def test_who_is_told_an_hour_late_does_not_wait_for_ever(module, author):
    planned(module, author)
    services.give_up_late(LATER + dt.timedelta(minutes=59))
    assert notices() == []
    services.give_up_late(LATER + dt.timedelta(minutes=61))
    services.give_up_late(LATER + dt.timedelta(minutes=62))
    commit()
    assert notices() == [("Your module is not published", f"/studio/{module.key}/publish")]
    work_at(LATER + dt.timedelta(hours=2))
    assert len(revisions(module)) == 1


# -- the page ------------------------------------------------------------------------------------------------------------------------


def in_zone(moment):
    return moment.astimezone(WIB).strftime("%Y-%m-%dT%H:%M")


def test_the_author_plans_sees_it_goes_on_writing_and_takes_it_back(client, module, author):
    browser, url = client.as_(author), f"/studio/{module.key}/publish"
    when = (utcnow() + dt.timedelta(days=3)).replace(second=0, microsecond=0)
    assert browser.post(f"{url}/plan", data={"note": "Besok", "due": in_zone(when)}).status_code == 302
    assert db.session.scalars(sa.select(PlannedPublishing.due_at)).one() == when
    said = i18n.in_language("en", lambda: i18n.format_datetime(when), time_zone="Asia/Jakarta")
    page = text_of(browser.get(url))
    assert f"Revision 2 will be published on {said}." in page
    assert "WIB" in page
    assert "What was changed afterwards" not in page
    assert f"will be published on {said}, as the draft was on" in text_of(browser.get(f"/studio/{module.key}"))
    rewrite(module, "Sesudahnya.\n")
    commit()
    assert "What was changed afterwards is not in it" in text_of(browser.get(url))
    assert browser.post(f"{url}/cancel").status_code == 302
    assert db.session.scalar(sa.select(PlannedPublishing)) is None
    gone = browser.post(f"{url}/cancel")
    assert gone.status_code == 422
    assert "There is no plan any more" in text_of(gone)
    assert audited() == ["module:publish:plan", "module:publish:cancelled"]


def test_what_was_planned_can_be_published_at_once(client, module, author):
    planned(module, author, utcnow() + dt.timedelta(days=9))
    rewrite(module, "Belum selesai …\n")
    commit()
    assert client.as_(author).post(f"/studio/{module.key}/publish/planned").status_code == 302
    assert revisions(module)[-1] == (2, "Lebih jelas", "Halo lagi.\n")


def test_publishing_the_draft_ends_the_plan(client, module, author):
    planned(module, author, utcnow() + dt.timedelta(days=9))
    rewrite(module, "Selesai.\n")
    commit()
    assert client.as_(author).post(f"/studio/{module.key}/publish", data={"note": ""}).status_code == 302
    assert db.session.scalar(sa.select(PlannedPublishing)) is None
    assert revisions(module)[-1][2] == "Selesai.\n"
    assert "module:publish:replaced" in audited()


def test_what_nobody_has_looked_at_is_not_published(client, module, author):
    browser, publish = client.as_(author), f"/studio/{module.key}/publish"
    seen = re.search(r'name="edition" value="(\d+)"', browser.get(publish).get_data(as_text=True))[1]
    rewrite(module, "Setengah jadi …\n")
    touch(db.session.get(Module, module.id))
    commit()
    for path in (publish, f"{publish}/plan"):
        refused = browser.post(path, data={"note": "Catatan saya", "edition": seen, "due": "2026-12-24T08:00"})
        assert refused.status_code == 422
        assert "Somebody has changed the draft" in text_of(refused)
        assert 'value="Catatan saya"' in refused.get_data(as_text=True)
    planned(module, author, utcnow() + dt.timedelta(days=9))
    plan = re.search(r'name="plan" value="([^"]+)"', browser.get(publish).get_data(as_text=True))[1]
    planned(module, author, utcnow() + dt.timedelta(days=10))
    for path in ("planned", "cancel"):
        assert "Somebody has planned something else" in text_of(browser.post(f"{publish}/{path}", data={"plan": plan}))
    assert len(revisions(module)) == 1
    now = re.search(r'name="plan" value="([^"]+)"', browser.get(publish).get_data(as_text=True))[1]
    assert browser.post(f"{publish}/cancel", data={"plan": now}).status_code == 302


@pytest.mark.parametrize("due", ["", "kemarin", "0001-01-01T00:00", "2020-01-01T08:00", "2099-01-01T08:00"])
def test_a_moment_that_cannot_be_keeps_everything_that_was_typed(client, module, author, due):
    answer = client.as_(author).post(f"/studio/{module.key}/publish/plan", data={"note": "Catatan saya", "due": due})
    assert answer.status_code == 422
    assert 'value="Catatan saya"' in answer.get_data(as_text=True)
    assert "Nothing is lost" in text_of(answer)
    assert db.session.scalar(sa.select(PlannedPublishing)) is None


def test_a_draft_with_errors_and_one_without_changes_are_not_planned(client, author, module):
    browser, due = client.as_(author), in_zone(utcnow() + dt.timedelta(days=3))
    draft = db.session.scalars(sa.select(Activity).where(Activity.key == "buka")).one()
    draft.section = "hilang"
    commit()
    refused = browser.post(f"/studio/{module.key}/publish/plan", data={"note": "", "due": due})
    assert refused.status_code == 422
    assert "section that is not there any more" in text_of(refused)
    draft.section = db.session.get_one(Module, module.id).about["sections"][0]["key"]
    publish(actor_id=author.id, module=module)
    commit()
    unchanged = browser.post(f"/studio/{module.key}/publish/plan", data={"note": "", "due": due})
    assert "Nothing has changed since the last revision" in text_of(unchanged)


def test_the_page_names_cohorts_with_their_learners_and_who_can_move_them(client, module, author, make_user, make_cohort, make_enrolment):
    cohort = make_cohort(module)
    for _person in range(3):
        make_enrolment(cohort)
    rewrite(module, "Lain.\n")
    publish(actor_id=author.id, module=module)
    commit()
    url, link = f"/studio/{module.key}/publish", f"/cohorts/{cohort.id}/modules/{module.id}/move"
    page = client.as_(author).get(url)
    assert "0 learners are affected now" in text_of(page)
    assert "3 learners learn from it now" in text_of(page)
    assert link not in page.get_data(as_text=True)
    both = make_user(roles=[("instructor", "module", module.id), ("organizer", "cohort", cohort.id)], language="en")
    assert link in client.as_(both).get(url).get_data(as_text=True)
    cohort.ends_on = cohort.starts_on = utcnow().date() - dt.timedelta(days=9)
    commit()
    assert "No cohort uses it yet" in text_of(client.as_(author).get(url))


def test_others_find_no_plan(client, module, author, make_user, make_module):
    elsewhere = make_module(key="tempat-lain", publish=False).id
    planned(module, author, utcnow() + dt.timedelta(days=9))
    stranger = client.as_(make_user(roles=[("instructor", "module", elsewhere)]))
    for path in ("publish", "publish/plan", "publish/planned", "publish/cancel"):
        assert stranger.post(f"/studio/{module.key}/{path}", data={"note": ""}).status_code == 404
    assert db.session.scalar(sa.select(PlannedPublishing)) is not None
