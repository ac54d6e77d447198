"""One video, link, survey and discussion, with answers in them: for tests that name one of each thing."""

from __future__ import annotations

from random import Random
from typing import Any

import sqlalchemy as sa

from courses.discussions.models import Post
from courses.discussions.type import Discussion
from courses.resources.type import Resource
from courses.surveys.type import Survey
from courses.videos.type import Video
from lms.db import db
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, Enrolment, Module
from lms.learning.outline import body
from lms.learning.place import context_of, find_place
from lms.people.access import load_actor
from lms.registry import activity_type

ACTIVITIES = [
    {"type": "video", "key": "film", "settings": Video.example},
    {"type": "resource", "key": "tautan", "settings": Resource.example},
    {"type": "survey", "key": "survei", "settings": Survey.example},
    {"type": "discussion", "key": "diskusi", "settings": Discussion.example},
]
SURVEY = {"q-berguna": "4", "q-panjang": "pas"}
ANSWER = "Satu kursi di depan loket untuk lansia."
OF_DISCUSSION = ("answer_discussion", "answers", "thread", "edit_post", "withdraw_post", "report_post")
OF_SURVEY = ("answer_survey", "survey_results", "survey_file")


def take_part(world: Any, browser: Any, at: str) -> None:
    """Let a learner answer the discussion; name the things that addresses of these types name."""
    assert browser.post(f"{at}/diskusi/answer", data={"text": ANSWER}).status_code == 302
    world.values["post_id"] = db.session.scalars(sa.select(Post.id)).one()
    world.special |= {f"courses.{name}": {"activity_key": "diskusi"} for name in OF_DISCUSSION}
    world.special |= {f"courses.{name}": {"activity_key": "survei"} for name in OF_SURVEY}
    world.special["courses.play_video"] = {"activity_key": "film"}
    world.forms |= {"courses.answer_survey": SURVEY, "courses.report_post": {"reason": "Ada nama warga."}}
    world.forms |= {f"courses.{name}": {"text": ANSWER} for name in ("answer_discussion", "thread", "edit_post")}
    world.forms["courses.moderate_post"] = {"reason": "Ada nama warga."}


def add_to(module: Module) -> None:
    """Put one of each into the draft of a module; nobody needs them."""
    shared = {"section": module.about["sections"][0]["key"], "requires": [], "tags": [], "sources": [], "required": False, "minutes": 5}
    for position, wanted in enumerate(ACTIVITIES, start=900):
        kind, draft = activity_type(wanted["type"]), learning.draft_of(module, wanted["key"])
        settings = kind.load(wanted["settings"], draft)
        kept = {"settings": kind.store(settings, draft), "prepared": kind.prepare(settings, draft)}
        place = {"module_id": module.id, "key": wanted["key"], "type": wanted["type"], "position": position}
        db.session.add(Activity(**place, title=str(wanted["key"]).capitalize(), **shared, **kept))
    db.session.flush()


def rehearse_in(cohort: Cohort, module: Module, first: int) -> list[Any]:
    """Let thirty people of a cohort answer survey and discussion, one of them first; return the ids of the answers, that person's first."""
    rows = db.session.execute(sa.select(Enrolment.id, Enrolment.user_id).where(Enrolment.cohort_id == cohort.id).limit(30)).all()
    for enrolment_id, user_id in sorted(rows, key=lambda row: row.id != first):
        for key in ("survei", "diskusi"):
            learner = load_actor(user_id, cohort.starts_on)
            place = find_place(learner, cohort.id, module.key)
            ctx = context_of(place, place.outline.item(key), body(place.outline.revision_id, key))
            activity_type(ctx.type).rehearse(ctx, learner, Random(enrolment_id), 1.0)
    ids = sa.select(Post.id).where(Post.parent_id.is_(None)).order_by(sa.case((Post.enrolment_id == first, 0), else_=1), Post.id)
    return list(db.session.scalars(ids.limit(2)))
