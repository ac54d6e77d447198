"""What instructors see of the attempts of a cohort. Looking changes nothing."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.api import Actor, Attempt, AttemptState, NotFound, Page, body, db, format_datetime, half_up, outlines, paginate
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.attempts.models import Action, Sitting, Step
from quizzes.attempts.questions import Question, questions_of, way_of
from quizzes.items.services import items_by_id
from quizzes.marking import queries
from quizzes.marking.models import DecisionKind, ItemMark
from quizzes.marking.place import QuizHere
from quizzes.marking.services import waiting

PER_PAGE = 30
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what begins a formula in some spreadsheet program

STATES = {
    AttemptState.IN_PROGRESS: (_("being answered"), "river", "pencil"),
    AttemptState.OVERDUE: (_("time is up, not handed in yet"), "gold", "clock"),
    AttemptState.SUBMITTED: (_("waits for a mark"), "gold", "hourglass"),
    AttemptState.RETURNED: (_("returned"), "gold", "history"),
    AttemptState.MARKED: (_("marked"), "leaf", "circle-check"),
    AttemptState.ABANDONED: (_("not handed in"), "clay", "x"),
}
ACTIONS = {
    Action.ANSWER: _("saved"),
    Action.CHECK: _("checked"),
    Action.LATE: _("arrived late, counts"),
    Action.ASIDE: _("kept aside, does not count"),
}
REASONS = {
    "marked": _("marked"),
    "changed by the marker": _("changed by the marker"),
    "an answer arrived late": _("an answer arrived late"),
    "second opinion": _("second opinion"),
}
DECISIONS = {DecisionKind.COUNTED: _("An answer that was kept aside counts."), DecisionKind.REOPENED: _("The attempt was opened again.")}


# -- quizzes of my cohorts ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A quiz of a cohort in a list."""

    row: Any
    module: Mapping[str, str]
    begun: int
    handed_in: int

    @property
    def path(self) -> str:
        """Return the end of the addresses of its pages."""
        return f"{self.row.id}/{self.row.module_key}/{self.row.key}"


def quizzes_of(actor: Actor, number: int) -> tuple[Page, list[Line]]:
    """Return a page of the quizzes that a person marks or arranges: five statements, whatever their number."""
    page = paginate(queries.quizzes_of(actor), number, PER_PAGE)
    contents = outlines(row.revision_id for row in page.items)
    counted = {
        (row.cohort_id, row.module_id, row.activity_key): row
        for row in db.session.execute(queries.counts_of(sorted({row.id for row in page.items})))
    }
    lines = []
    for row in page.items:
        counts = counted.get((row.id, row.module_id, row.key))
        begun, handed_in = (counts.begun, counts.handed_in) if counts else (0, 0)
        lines.append(Line(row, contents[row.revision_id].about["title"], begun, handed_in))
    return page, lines


# -- attempts of a quiz ---------------------------------------------------------------------------------------------------------------


def percent(row: Any) -> float | None:
    """Return the total of a row of attempts in percent, None while there is none."""
    return None if row.points is None or not row.maximum else 100 * row.points / row.maximum


def attempts_csv(quiz: QuizHere) -> str:
    """Return all attempts of a quiz as CSV, one line each; text that a program could take for a formula has an apostrophe before it."""
    head = (
        __("Name"),
        __("Group"),
        __("Attempt"),
        __("State"),
        __("Points"),
        __("Maximum"),
        __("Percent"),
        __("Begun"),
        __("Handed in"),
        __("Answers that arrived late"),
        __("Answers kept aside"),
    )
    return _csv([head, *(_cells(row) for row in db.session.execute(queries.attempts_at(quiz.place)))])


def _cells(row: Any) -> Sequence[Any]:
    total = percent(row)
    return (
        row.name,
        row.group or "",
        row.number,
        str(STATES[row.state][0]),
        row.points,
        row.maximum,
        None if total is None else half_up(total),
        format_datetime(row.started_at),
        format_datetime(row.submitted_at) if row.submitted_at else "",
        row.late,
        row.aside,
    )


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerows([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row] for row in rows)
    return buffer.getvalue()


def file_name(quiz: QuizHere) -> str:
    """Return the name of the file for the attempts of a quiz."""
    return f"{quiz.module_key}-{quiz.activity_key}-{quiz.cohort.id}.csv"


# -- one attempt ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is known of one attempt, and one of its questions closely."""

    quiz: QuizHere
    attempt: Attempt
    name: str
    sitting: Sitting | None
    questions: Sequence[Question]
    counts: Mapping[int, int]  # steps by question
    question: Question
    steps: Sequence[Step]
    marks: Sequence[tuple[ItemMark, str]]  # the newest first
    decisions: Sequence[tuple[Any, str]]
    way: str

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"{self.quiz.url}/attempts/{self.attempt.id}"

    @property
    def waiting(self) -> int:
        """Return how many questions a person must look at."""
        return len(waiting(self.questions)) if self.attempt.submitted_at else 0

    @property
    def handed_in(self) -> bool:
        """Tell whether it was handed in."""
        return self.attempt.submitted_at is not None

    def words(self, step: Step) -> str:
        """Return what was answered in a step, in words."""
        return self.question.kind.words(self.question.item.data, step.response) or __("no answer")


def attempt_of(quiz: QuizHere, attempt_id: uuid.UUID) -> tuple[Attempt, str]:
    """Return an attempt at a quiz of a cohort with the name of its learner. Raises NotFound for any other."""
    row = db.session.execute(queries.attempt_at(quiz.place, attempt_id)).one_or_none()
    if row is None:
        raise NotFound("no such attempt in this cohort")
    return row[0], row.name


def dossier(quiz: QuizHere, attempt_id: uuid.UUID, wanted: int | None) -> Dossier:
    """Return an attempt with one of its questions: the one that is wanted, or the first that asks something."""
    attempt, name = attempt_of(quiz, attempt_id)
    questions = questions_of(attempt, marks=True)
    question = next((one for one in questions if one.kind.asks and wanted in {None, one.number}), None)
    if question is None:
        raise NotFound("no such question")
    return Dossier(
        quiz=quiz,
        attempt=attempt,
        name=name,
        sitting=db.session.get(Sitting, attempt.id),
        questions=questions,
        counts={row.slot: row.number for row in db.session.execute(queries.step_counts(attempt.id))},
        question=question,
        steps=db.session.scalars(queries.steps_of(attempt.id, question.number)).all(),
        marks=[(mark, marker or "") for mark, marker in db.session.execute(queries.marks_of(attempt.id, question.number))],
        decisions=[(decision, who or "") for decision, who in db.session.execute(queries.decisions_of(attempt.id))],
        way=way_of(body(attempt.revision_id, attempt.activity_key).settings),
    )


def reason_words(reason: str) -> str:
    """Return a reason in words: the program's own are translated, those of people stay as they are."""
    return str(REASONS.get(reason, reason))


def titles(papers: Sequence[Any]) -> dict[int, str]:
    """Return the titles of the items of some rows by id."""
    return {item.id: item.title for item in items_by_id(row.item_id for row in papers).values()}


# -- what people can take along ---------------------------------------------------------------------------------------------------------


def marks_about(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return all marks of a person's questions that count or counted, as plain data."""
    return [
        {
            "kind": "quiz mark",
            "activity": row.activity_key,
            "attempt": row.number,
            "question": row.ItemMark.slot,
            "points": round(row.ItemMark.share * row.ItemMark.points, 4),
            "maximum": row.ItemMark.points,
            "comment": row.ItemMark.comment,
            "reason": row.ItemMark.reason,
            "at": row.ItemMark.marked_at.isoformat(),
        }
        for row in db.session.execute(queries.marks_about(user_id))
    ]


def decisions_about(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what was decided about a person's attempts, as plain data."""
    return [
        {
            "kind": "quiz decision",
            "activity": row.activity_key,
            "attempt": row.number,
            "what": row.Decision.kind,
            "reason": row.Decision.reason,
            "at": row.Decision.decided_at.isoformat(),
        }
        for row in db.session.execute(queries.decisions_about(user_id))
    ]
