"""Marking by people: one answer after the other of the same item, under a code; second opinions on a sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import Actor, Attempt, NotFound, Refused, audit, db, gettext, outlines
from quizzes.attempts.questions import Question, questions_of
from quizzes.items.services import Asked, items_by_id
from quizzes.marking import agreement, queries
from quizzes.marking.models import Comment, ItemMark, Paper
from quizzes.marking.place import QuizHere
from quizzes.marking.services import SAME, Given, Why, give_marks, locked

LEAST_SAMPLE = 5
EVERY = (1, 3, 5, 10, 20)
DEFAULT_EVERY = 10
MOST_DIFFERENT = 10
MOST_COMMENTS = 100


# -- what waits -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question of which answers wait for a person."""

    cohort: Any
    quiz: str
    module: Mapping[str, str]
    item: str
    number: int
    since: Any
    url: str


def waiting_for(actor: Actor) -> list[Waiting]:
    """Return what waits for a person in their cohorts, the oldest first: four statements, whatever their number."""
    rows = db.session.execute(queries.papers_waiting(actor)).all()
    contents = outlines(row.revision_id for row in rows)
    items = items_by_id(row.item_id for row in rows)
    cohorts = {cohort.id: cohort for cohort in db.session.scalars(queries.cohorts_by_id([row.cohort_id for row in rows]))}
    found = []
    for row in rows:
        here = contents[row.revision_id]
        found.append(
            Waiting(
                cohort=cohorts[row.cohort_id],
                quiz=here.item(row.activity_key).title,
                module=here.about["title"],
                item=items[row.item_id].title,
                number=row.number,
                since=row.since,
                url=f"/quizzes/marking/{row.cohort_id}/{here.module_key}/{row.activity_key}/{row.item_id}",
            )
        )
    return found


# -- one answer -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies before a marker: all answers to one item, and the one that is looked at (None when nothing waits)."""

    papers: Sequence[Paper]
    paper: Paper | None
    question: Question | None
    seen: str  # what a marker sees: how many marks the answer has, and which step it is
    previous: ItemMark | None  # the mark that counts, when a person gave it

    @property
    def done(self) -> int:
        """Return how many answers have been marked."""
        return sum(1 for paper in self.papers if paper.marked_at)

    @property
    def next_code(self) -> str:
        """Return the code of the next answer that waits after this one, or nothing."""
        waiting = [paper.code for paper in self.papers if not paper.marked_at and paper is not self.paper]
        after = [code for code in waiting if self.paper and code > self.paper.code]
        return (after or waiting or [""])[0]


def desk(quiz: QuizHere, item_id: int, code: str = "") -> Desk:
    """Return the answer with a code, or without one the first that waits. Raises NotFound where people mark nothing."""
    papers = db.session.scalars(queries.papers_at(quiz.place, item_id)).all()
    if not papers:
        raise NotFound("nobody has answered this")
    paper = _chosen(papers, code) if code else next((paper for paper in papers if not paper.marked_at), None)
    if paper is None:
        return Desk(papers, None, None, "", None)
    question = question_of(paper)
    marks = _marks(paper)
    previous = marks[-1] if marks and marks[-1].actor_id else None
    return Desk(papers, paper, question, _seen(question, marks), previous)


def _seen(question: Question, marks: Sequence[ItemMark]) -> str:
    return f"{len(marks)}.{question.standing.base}"


def _chosen(papers: Sequence[Paper], code: str) -> Paper:
    found = next((paper for paper in papers if paper.code == code), None)
    if found is None:
        raise NotFound("no answer with this code")
    return found


def question_of(paper: Paper) -> Question:
    """Return the question that a paper answers, with its marks."""
    return questions_of(db.session.get_one(Attempt, paper.attempt_id), marks=True)[paper.slot - 1]


def _marks(paper: Paper) -> list[ItemMark]:
    """Return the marks of an answer that count or counted, in order."""
    these = (ItemMark.attempt_id == paper.attempt_id, ItemMark.slot == paper.slot, ItemMark.second.is_(False))
    return list(db.session.scalars(sa.select(ItemMark).where(*these).order_by(ItemMark.id)))


def rubric_of(item: Asked) -> Sequence[Mapping[str, Any]]:
    """Return the criteria of an item."""
    found: Sequence[Mapping[str, Any]] = item.data.get("rubric", ())
    return found


def share_of_levels(rubric: Sequence[Mapping[str, Any]], levels: Mapping[str, int]) -> float:
    """Return what chosen levels earn, as a share: their points of the most that the rubric gives. Pure; every criterion has a level."""
    most = sum(max(level["points"] for level in row["levels"]) for row in rubric)
    earned = sum(row["levels"][levels[str(number)]]["points"] for number, row in enumerate(rubric))
    return earned / most if most else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a marker says about an answer."""

    share: float
    comment: str
    levels: Mapping[str, int]

    def is_like(self, mark: ItemMark) -> bool:
        """Tell whether a mark says the same."""
        return abs(mark.share - self.share) <= SAME and mark.comment == self.comment


def save(*, actor: Actor, paper: Paper, verdict: Verdict, seen: str) -> bool:
    """Mark an answer; tell whether it was written. `seen` is what stood on the desk (Desk.seen).

    When somebody marked it meanwhile, or another answer came in, nothing is written, so that the marker can look first. The same mark sent
    twice is written once.
    """
    attempt = locked(paper.attempt_id)
    if attempt is None or attempt.submitted_at is None:
        raise Refused(gettext("This answer has not been handed in."))
    marks = _marks(paper)
    before = questions_of(attempt, marks=True)
    question = before[paper.slot - 1]
    if seen != _seen(question, marks):
        newest = marks[-1] if marks else None
        return bool(newest and newest.actor_id == actor.id and verdict.is_like(newest))
    reason = "changed by the marker" if question.mark and question.mark.by_person else "marked"
    given = Given(paper.slot, verdict.share, question.item.version_id, verdict.comment, verdict.levels)
    give_marks(attempt=attempt, before=before, given=[given], why=Why(reason, marker_id=actor.id))
    audit(actor.id, "quiz:mark", "attempt", attempt.id, slot=paper.slot)
    return True


# -- second opinions ------------------------------------------------------------------------------------------------------------------


def sample(papers: Sequence[Paper], actor: Actor, every: int) -> list[Paper]:
    """Return the answers on which somebody gives a second opinion: of those that others have marked every nth, at least five.

    Codes are drawn by lot, so the first of them are a sample drawn by lot; the same ones as long as nobody marks more. Pure.
    """
    marked = _of_others(papers, actor)
    return marked[: max(LEAST_SAMPLE, math.ceil(len(marked) / every))]


def _of_others(papers: Sequence[Paper], actor: Actor) -> list[Paper]:
    """Return the answers that somebody else has marked."""
    return [paper for paper in papers if paper.marked_at and paper.marker_id != actor.id]


@dataclass(frozen=True, slots=True)
class SecondDesk:
    """What lies before somebody who gives second opinions: the sample, how many are done, and the next one without its mark."""

    size: int
    done: int
    paper: Paper | None
    question: Question | None


def second_desk(actor: Actor, quiz: QuizHere, item_id: int, every: int, code: str = "") -> SecondDesk:
    """Return the next answer for a second opinion, or the one with a code. Raises NotFound for one that nobody else has marked.

    One that was in the sample when it was opened may have left it since, because others go on marking.
    """
    papers = db.session.scalars(queries.papers_at(quiz.place, item_id)).all()
    chosen = sample(papers, actor, every)
    rows = db.session.execute(queries.second_marks(quiz.place, item_id)).all()
    mine = {(row.attempt_id, row.slot) for row in rows if row.actor_id == actor.id}
    left = [paper for paper in chosen if (paper.attempt_id, paper.slot) not in mine]
    paper = _chosen(_of_others(papers, actor), code) if code else next(iter(left), None)
    return SecondDesk(len(chosen), len(chosen) - len(left), paper, question_of(paper) if paper else None)


def save_second(*, actor: Actor, paper: Paper, question: Question, verdict: Verdict) -> None:
    """Keep a second opinion. It does not count; the mark that counts stays."""
    db.session.add(
        ItemMark(
            attempt_id=paper.attempt_id,
            slot=paper.slot,
            version_id=question.item.version_id,
            share=verdict.share,
            points=question.points,
            levels=dict(verdict.levels),
            comment=verdict.comment,
            reason="second opinion",
            second=True,
            actor_id=actor.id,
        )
    )
    db.session.flush()


@dataclass(frozen=True, slots=True)
class Pair:
    """An answer that was marked twice: its code, both shares, what it weighs, and what the second marker wrote."""

    paper: Paper
    first: float
    second: float
    points: float
    comment: str


def pairs(quiz: QuizHere, item_id: int) -> list[Pair]:
    """Return the answers to an item that were marked twice, with the newest second opinion; what differs most first."""
    counting = {(row.attempt_id, row.slot): row.share for row in db.session.execute(queries.counting_marks(quiz.place, item_id))}
    found: dict[tuple[Any, int], Pair] = {}
    for row in db.session.execute(queries.second_marks(quiz.place, item_id)):
        key = (row.attempt_id, row.slot)
        if key in counting and key not in found and row.Paper.marked_at:  # else another answer counts since, and waits to be read
            found[key] = Pair(row.Paper, counting[key], row.share, row.points, row.comment)
    return sorted(found.values(), key=lambda pair: (-abs(pair.first - pair.second), pair.paper.code))


def figures(found: Sequence[Pair]) -> agreement.Agreement | None:
    """Return how far the markers agree."""
    return agreement.agreement([(pair.first, pair.second) for pair in found])


def settle(*, actor: Actor, pair: Pair, share: float, reason: str, seen: str) -> None:
    """Change the mark that counts after a second opinion; the first one stays in the history.

    `seen` is the share that stood on the page. Raises Refused when another one counts by now, or another answer: the middle of two is not
    that of three.
    """
    attempt = locked(pair.paper.attempt_id)
    if attempt is None:
        raise NotFound("this attempt is gone")
    before = questions_of(attempt, marks=True)
    question = before[pair.paper.slot - 1]
    db.session.refresh(pair.paper)
    if question.mark is None or str(question.mark.share) != seen or pair.paper.marked_at is None:
        raise Refused(gettext("The mark that counts has changed since you opened this page. Look at it again."))
    comment = question.mark.comment
    given = Given(pair.paper.slot, share, question.item.version_id, comment)
    give_marks(attempt=attempt, before=before, given=[given], why=Why(reason, marker_id=actor.id))
    audit(actor.id, "quiz:mark-change", "attempt", attempt.id, slot=pair.paper.slot)


# -- sentences that are used again ----------------------------------------------------------------------------------------------------


def keep_comment(*, actor: Actor, text: str) -> Comment:
    """Keep a sentence to use it again; one that is there already stays as it is. Raises Refused when there are very many."""
    kept = db.session.scalars(queries.comments_of(actor.id)).all()
    same = next((comment for comment in kept if comment.text == text), None)
    if same is not None:
        return same
    if len(kept) >= MOST_COMMENTS:
        raise Refused(gettext("You keep %(count)s sentences already. Remove one first.", count=MOST_COMMENTS))
    comment = Comment(owner_id=actor.id, text=text)
    db.session.add(comment)
    db.session.flush()
    return comment


def drop_comment(*, actor: Actor, comment_id: int) -> None:
    """Remove one of one's own sentences. Raises NotFound for anybody else's."""
    comment = db.session.scalar(queries.comments_of(actor.id).where(Comment.id == comment_id))
    if comment is None:
        raise NotFound("no such sentence of this person")
    db.session.delete(comment)
    db.session.flush()
