"""Marking: what was handed in to an instructor, and their answer to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from courses.assignments import queries
from courses.assignments.models import Marking
from courses.assignments.rubric import Levels, Rubric, score_of
from lms.api import (
    Actor,
    Attempt,
    AttemptState,
    Body,
    Context,
    Item,
    NotFound,
    Outline,
    Refused,
    attempts_of,
    body,
    db,
    gettext,
    lazy_gettext,
    mark,
    notify,
    outline,
)


@dataclass(frozen=True, slots=True)
class Work:
    """One person's assignment: its versions with the levels given and what was said to parts, the newest first, and the task as its author had it."""

    versions: Sequence[tuple[Attempt, Levels | None, Mapping[str, str]]]
    learner_id: uuid.UUID
    cohort_id: int
    outline: Outline
    text: Body

    @property
    def latest(self) -> Attempt:
        """Return the version to answer."""
        return self.versions[0][0]

    @property
    def waits(self) -> bool:
        """Tell whether no person has answered the newest version yet; a score of colleagues' medians is not an answer."""
        return self.latest.state is AttemptState.SUBMITTED or (self.latest.state is AttemptState.MARKED and not self.latest.marked_by_id)

    @property
    def item(self) -> Item:
        """Return the activity in the outline."""
        return self.outline.item(self.latest.activity_key)

    @property
    def code(self) -> str:
        """Return the code under which an instructor sees the work: no name stands beside the text."""
        return code_of(self.versions[-1][0].id)

    @property
    def rubric(self) -> Rubric:
        """Return the criteria."""
        return cast("Rubric", self.text.settings["rubric"])

    @property
    def parts(self) -> Sequence[Mapping[str, Any]]:
        """Return the parts of the text."""
        return cast("Sequence[Mapping[str, Any]]", self.text.settings["parts"])

    @property
    def learners_page(self) -> str:
        """Return the address of the assignment in the player."""
        return f"/learn/{self.cohort_id}/{self.outline.module_key}/{self.latest.activity_key}"


def code_of(first_id: uuid.UUID) -> str:
    """Return the code of a work, made of the id of its first version: it stays the same through revisions."""
    return f"T-{first_id.hex[:4].upper()}"


def work_for(assessor: Actor, attempt_id: uuid.UUID, *, to_answer: bool = False) -> Work:
    """Return the work that this instructor is to mark, by the id of any of its versions. Raises NotFound for any other.

    With `to_answer` it stays as it is until the end of the transaction: two answers sent at once come one after the other.
    """
    statement = queries.versions_for(assessor.id, attempt_id)
    rows = db.session.execute(statement.with_for_update(of=Attempt) if to_answer else statement).all()
    if not rows:
        raise NotFound("not handed in to this person")
    latest = rows[0].Attempt
    return Work(
        versions=[(row.Attempt, row.levels, row.remarks or {}) for row in rows],
        learner_id=rows[0].user_id,
        cohort_id=rows[0].cohort_id,
        outline=outline(latest.revision_id),
        text=body(latest.revision_id, latest.activity_key),
    )


def answer(*, actor: Actor, work: Work, levels: Levels, feedback: str, accepted: bool, remarks: Mapping[str, str] | None = None) -> None:
    """Answer the newest version: accept it with the score of the rubric, or return it with a request. The author gets a mail.

    `remarks` are what is said to single parts, by their keys.
    """
    if not work.waits:
        raise Refused(gettext("This version has been answered already."))
    attempt = work.latest
    mark(actor=actor, attempt=attempt, score=score_of(work.rubric, levels) if accepted else None, accepted=accepted, feedback=feedback)
    db.session.add(Marking(attempt_id=attempt.id, levels=dict(levels), remarks=dict(remarks or {})))
    notify(
        kind="marked" if accepted else "returned",
        user_id=work.learner_id,
        key=f"answer/{attempt.id}",
        subject=lazy_gettext("Your instructor has answered"),
        body=lazy_gettext("Your instructor has answered what you handed in. Only you can open the answer."),
        path=work.learners_page,
    )


def tell_assessor(ctx: Context) -> None:
    """Write to the instructor when what was just handed in waits for them."""
    latest = attempts_of(**ctx.where)[0]
    if latest.state is AttemptState.SUBMITTED and ctx.assessor_id:
        notify(
            kind="work",
            user_id=ctx.assessor_id,
            key=f"attempt/{latest.id}",
            subject=lazy_gettext("Something was handed in to you"),
            body=lazy_gettext("A learner has handed in a text to you. Open Peduli to read and answer it."),
            path="/desk",
        )
