"""A review of module A with one of each thing that an address can name."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from courses.reviews import services
from courses.reviews.models import ReviewActivity, Reviewer
from lms.db import db
from lms.learning.models import Module
from lms.people.access import load_actor
from lms.people.models import User


def review(world: Any, module: Module, author: User, colleague: User, today: dt.date) -> None:
    """Let an author ask a colleague and two experts; the colleague and the first expert say something, and the second's link is to go."""
    actor = load_actor(author.id, today)
    asked = services.ask(actor=actor, module=module, colleagues=[colleague.id], note="Apakah jelas?")
    secret = services.make_link(actor=actor, review=asked, label="BPS")
    services.make_link(actor=actor, review=asked, label="Dinas")
    mine, expert, other = db.session.scalars(sa.select(Reviewer).where(Reviewer.review_id == asked.id).order_by(Reviewer.id)).all()
    said = [
        services.comment(review=asked, reviewer=who, key="bacaan", anchor="", quote="", text=f"Kata {number}")
        for number, who in enumerate((mine, expert, other))
    ]
    (picture,) = module.files.values()
    page = db.session.scalars(sa.select(ReviewActivity).where(ReviewActivity.review_id == asked.id, ReviewActivity.key == "bacaan")).one()
    page.prepared = {**page.prepared, "html": f'<p>Halo.</p><p><img src="{picture}" alt="Titik"></p>'}
    world.values |= {"review_id": asked.id, "secret": secret}
    world.special |= {
        "courses.review_comment_remove": {"comment_id": said[0].id},
        "courses.expert_comment_remove": {"comment_id": said[1].id},
        "courses.studio_comment": {"comment_id": said[2].id},
        "courses.expert_file": {"name": picture.rpartition("/")[2]},
    }
    world.special |= {f"courses.{name}": {"number": 1} for name in ("studio_revision", "studio_revision_page", "studio_revision_restore")}
    world.queries["/studio/<module_key>/revisions/compare"] = "?one=1"
    world.forms["courses.studio_review_revoke"] = {"reviewer": other.id}
