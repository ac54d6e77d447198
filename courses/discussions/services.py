"""Writing, changing, withdrawing, reporting and hiding posts; and what a learner sees of others, after their own answer."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.base import MODERATE, plugin
from courses.discussions import queries
from courses.discussions.models import Post, PostReport
from lms.api import (
    Actor,
    Cohort,
    Context,
    Enrolment,
    EvidenceKind,
    NotFound,
    Page,
    Refused,
    audit,
    db,
    gettext,
    notify,
    paginate,
    people_with,
    record,
    upsert,
    utcnow,
)
from lms.api import lazy_gettext as _

TYPE = "discussion"
EDITABLE = dt.timedelta(hours=24)
PER_PAGE = 10
LONG = 700  # characters of an answer in the list; its own page has all of it

REPLIED, HIDDEN, REPORTED = "courses:replied", "courses:post_hidden", "courses:post_reported"
plugin.notice_kind(REPLIED, _("A reply in a discussion"), _("Somebody has replied to your answer."), icon="messages-square")
plugin.notice_kind(
    HIDDEN, _("A post is hidden"), _("An instructor has hidden a post of yours, and says why."), frequency="now", icon="eye-off"
)
plugin.notice_kind(
    REPORTED, _("A post was reported"), _("Somebody asks you to look at a post."), frequency="now", topic="work", icon="flag"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as one reader may see it: `text` is empty when it was withdrawn, or hidden from this reader."""

    id: uuid.UUID
    name: str
    own: bool
    text: str
    is_cut: bool
    written_at: dt.datetime
    edited: bool
    withdrawn: bool
    hidden: bool
    hidden_because: str
    replies: int
    editable: bool


@dataclass(frozen=True, slots=True)
class Discussion:
    """What a learner sees: their own answers, and a page of the others' once there is one of theirs (None before)."""

    own: Sequence[Shown]
    others: Page | None

    @property
    def answered(self) -> bool:
        """Tell whether the learner has an answer here now."""
        return any(not post.withdrawn for post in self.own)


def _shown(row: Any, now: dt.datetime, most: int = 0) -> Shown:
    post = row.Post
    hidden = post.hidden_at is not None
    text = post.text if row.own or not hidden else ""
    is_cut = bool(most) and len(text) > most
    return Shown(
        id=post.id,
        name=row.name,
        own=bool(row.own),
        text=f"{text[:most].rpartition(' ')[0] or text[:most]} …" if is_cut else text,
        is_cut=is_cut,
        written_at=post.written_at,
        edited=post.edited_at is not None,
        withdrawn=post.withdrawn_at is not None,
        hidden=hidden,
        hidden_because=post.hidden_because if row.own else "",
        replies=row.replies,
        editable=bool(row.own) and may_edit(post, now),
    )


def may_edit(post: Post, now: dt.datetime) -> bool:
    """Tell whether the author of a post may still change it."""
    return post.withdrawn_at is None and post.hidden_at is None and now < post.written_at + EDITABLE


# -- reading ----------------------------------------------------------------------------------------------------------------------------


def discussion_of(ctx: Context, page: int) -> Discussion:
    """Return what a learner sees of a discussion."""
    own = [_shown(row, ctx.now) for row in db.session.execute(queries.own_answers(ctx))]
    others = _page(paginate(queries.others_answers(ctx), page, PER_PAGE), ctx.now, LONG) if own else None
    return Discussion([post for post in own if not post.withdrawn or post.replies], others)


def thread_of(ctx: Context, row: Any, page: int) -> tuple[Shown, Page]:
    """Return an answer, as `find_post` found it, with a page of the replies to it."""
    return _shown(row, ctx.now), _page(paginate(queries.replies_to(ctx, row.Post.id), page, 2 * PER_PAGE), ctx.now)


def _page(page: Page, now: dt.datetime, most: int = 0) -> Page:
    return Page([_shown(row, now, most) for row in page.items], page.page, page.pages, page.total)


def find_post(ctx: Context, post_id: uuid.UUID, *, own: bool = False) -> Any:
    """Return (post, author's name, whether it is one's own, replies, …) of a post that a learner may see.

    Raises NotFound: others' before one's own first answer, what is gone, what belongs to other circles.
    """
    row = db.session.execute(queries.one(ctx, post_id)).one_or_none()
    if row is None or (own and not row.own) or not (row.own or row.answers):
        raise NotFound("no such post for this person")
    gone = row.Post.withdrawn_at is not None or (row.Post.hidden_at is not None and not row.own)
    if gone and not row.replies:
        raise NotFound("this post is gone")
    return row


def find_to_report(ctx: Context, post_id: uuid.UUID) -> Post:
    """Return a post whose text a learner can read, and so report. Raises NotFound also for what is hidden or withdrawn."""
    row = find_post(ctx, post_id)
    if not row.own and (row.Post.hidden_at is not None or row.Post.withdrawn_at is not None):
        raise NotFound("this post is gone")
    post: Post = row.Post
    return post


# -- writing ----------------------------------------------------------------------------------------------------------------------------


def write_answer(*, actor: Actor, ctx: Context, text: str) -> Post:
    """Keep a learner's answer, which counts as handed in. The same text again is the same answer. Raises Refused for a second one."""
    _lock(ctx)
    alive = sa.and_(Post.parent_id.is_(None), Post.withdrawn_at.is_(None))
    there = _own_post(ctx, alive)
    if there is not None and there.text == text:
        return there
    if there is not None:
        raise Refused(gettext("Your answer is there already. You can change it for a day, or withdraw it and write another one."))
    post = _keep(ctx, text, None)
    record(**ctx.where, kind=EvidenceKind.SUBMITTED, evidence_id=uuid.uuid5(post.id, "submitted"), actor_id=actor.id)
    return post


def write_reply(*, actor: Actor, ctx: Context, answer: Post, text: str) -> Post:
    """Keep a reply to an answer and tell its author. Raises Refused when the answer is gone."""
    if answer.parent_id is not None:
        raise NotFound("replies have no replies")
    if answer.withdrawn_at is not None or answer.hidden_at is not None:
        raise Refused(gettext("This answer is not there any more, so nobody can reply to it."))
    _lock(ctx)
    there = _own_post(ctx, sa.and_(Post.parent_id == answer.id, Post.withdrawn_at.is_(None), Post.text == text))
    if there is not None:
        return there
    reply = _keep(ctx, text, answer.id)
    author = db.session.execute(sa.select(Enrolment.user_id).where(Enrolment.id == answer.enrolment_id)).scalar_one()
    if author != actor.id:
        notify(
            user_id=author,
            kind=REPLIED,
            key=f"reply/{reply.id}",
            subject=_("Somebody has replied to you"),
            body=_("There is a reply to your answer in a discussion of your cohort."),
            path=f"{ctx.url}/posts/{answer.id}",
        )
    return reply


def _lock(ctx: Context) -> None:
    """Let two presses at once come one after the other."""
    db.session.execute(sa.select(Enrolment.id).where(Enrolment.id == ctx.enrolment_id).with_for_update())


def _own_post(ctx: Context, which: sa.ColumnElement[bool]) -> Post | None:
    mine = sa.select(Post).where(Post.enrolment_id == ctx.enrolment_id, Post.module_id == ctx.module_id, Post.activity_key == ctx.key)
    return db.session.scalars(mine.where(which).limit(1)).first()


def _keep(ctx: Context, text: str, parent_id: uuid.UUID | None) -> Post:
    post = Post(**ctx.where, parent_id=parent_id, circle=ctx.settings["circle"], text=text, written_at=utcnow())
    db.session.add(post)
    db.session.flush()
    return post


def edit(*, post: Post, text: str) -> None:
    """Change one's own text. Raises Refused when its time is over."""
    if not may_edit(post, utcnow()):
        raise Refused(gettext("A post can be changed for a day after it was written. You can still withdraw it."))
    if post.text != text:
        post.text, post.edited_at = text, utcnow()
    db.session.flush()


def withdraw(*, post: Post) -> None:
    """Take one's own post away: its text is gone. What it completed stays complete; replies to it stay."""
    if post.withdrawn_at is None:
        post.text, post.withdrawn_at = "", utcnow()
    db.session.flush()


def report(*, actor: Actor, ctx: Context, post: Post, reason: str) -> None:
    """Ask the instructors of the cohort to look at somebody's post; they do not learn who asked.

    Once for each person and post, and again after they have looked: the post may have been changed since.
    """
    if post.enrolment_id == ctx.enrolment_id:
        raise Refused(gettext("This is your own post. You can withdraw it."))
    looked_at = db.session.scalar(sa.select(sa.func.max(PostReport.settled_at)).where(PostReport.post_id == post.id))
    said = {"reason": reason, "made_at": utcnow(), "settled_at": None}
    told = upsert(PostReport).values(post_id=post.id, enrolment_id=ctx.enrolment_id, **said)
    again = {"index_elements": ["post_id", "enrolment_id"], "set_": said, "where": PostReport.settled_at.is_not(None)}
    db.session.execute(told.on_conflict_do_update(**again))
    cohort_id = int(ctx.cohort_id or 0)
    for user_id in {*people_with(MODERATE, cohort_id, utcnow().date()), *([ctx.assessor_id] if ctx.assessor_id else [])} - {actor.id}:
        notify(
            user_id=user_id,
            kind=REPORTED,
            key=f"report/{post.id}/{looked_at:%Y%m%d%H%M%S}" if looked_at else f"report/{post.id}",
            subject=_("A post was reported"),
            body=_("Somebody asks you to look at a post in a discussion of a cohort."),
            path=f"/cohorts/{cohort_id}/discussions/{post.id}",
        )


# -- moderating -------------------------------------------------------------------------------------------------------------------------


def post_of_cohort(cohort: Cohort, post_id: uuid.UUID) -> Any:
    """Return (post, author's name, user id, open reports) of a post of a cohort. Raises NotFound."""
    row = db.session.execute(queries.posts_in(cohort.id).where(Post.id == post_id)).one_or_none()
    if row is None:
        raise NotFound("no such post in the cohort")
    return row


def hide(*, actor: Actor, post: Post, author_id: uuid.UUID, path: str, reason: str) -> None:
    """Hide a post from everybody but its author and the instructors. The author learns why, at `path`."""
    now = utcnow()
    post.hidden_at, post.hidden_by_id, post.hidden_because = now, actor.id, reason
    leave(post=post)
    audit(actor.id, "discussion:hide", "post", post.id)
    notify(
        user_id=author_id,
        kind=HIDDEN,
        key=f"hidden/{post.id}/{now.isoformat()}",
        subject=_("A post of yours is hidden"),
        body=_("An instructor has hidden a post of yours in a discussion. Its page says why; nothing else changes for you."),
        path=path,
    )


def show_again(*, actor: Actor, post: Post) -> None:
    """Show a hidden post again."""
    post.hidden_at, post.hidden_by_id, post.hidden_because = None, None, ""
    audit(actor.id, "discussion:show", "post", post.id)
    db.session.flush()


def leave(*, post: Post) -> None:
    """Note that somebody has looked at the reports of a post."""
    looked = sa.update(PostReport).where(PostReport.post_id == post.id, PostReport.settled_at.is_(None))
    db.session.execute(looked.values(settled_at=utcnow()))
    db.session.flush()
