"""What the pages of an attempt show, as plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lms.api import Attempt, AttemptState, Enrolment, Module, body, db, outline, utcnow
from quizzes.attempts import proofs, services
from quizzes.attempts.answering import AT_ONCE
from quizzes.attempts.models import Sitting
from quizzes.attempts.questions import ALL, HIDDEN, Question, Reveal, way_of
from quizzes.attempts.reveal import reveal_of


@dataclass(frozen=True, slots=True)
class Around:
    """The place of an attempt: title and address of its quiz, title and language of its module."""

    title: str
    module: Mapping[str, str]
    url: str
    language: str


def around(attempt: Attempt) -> Around:
    """Return where an attempt belongs to: one statement."""
    row = db.session.execute(
        sa.select(Enrolment.cohort_id, Module.key)
        .select_from(Enrolment)
        .join(Module, Module.id == attempt.module_id)
        .where(Enrolment.id == attempt.enrolment_id)
    ).one()
    contents = outline(attempt.revision_id)
    return Around(
        title=contents.item(attempt.activity_key).title,
        module=contents.about["title"],
        url=f"/learn/{row.cohort_id}/{row.key}/{attempt.activity_key}",
        language=contents.about.get("language") or "id",
    )


@dataclass(frozen=True, slots=True)
class Taking:
    """A running attempt: which questions stand on the page, and how the clock stands. `left` is seconds, None without a limit."""

    attempt: Attempt
    questions: Sequence[Question]
    shown: Sequence[Question]
    sections: Sequence[Mapping[str, Any]]
    way: str
    everything: bool
    ends_at: dt.datetime | None
    left: float | None
    tick: str

    @classmethod
    def of(
        cls, attempt: Attempt, sitting: Sitting, settings: Mapping[str, Any], questions: Sequence[Question], wanted: Mapping[str, str]
    ) -> Taking:
        """Return the page that is asked for: `q` is a number, `all` everything at once."""
        now = utcnow()
        everything = "all" in wanted
        number = wanted.get("q", "1")
        place = min(max(int(number) if number.isdecimal() else 1, 1), len(questions)) - 1
        return cls(
            attempt=attempt,
            questions=questions,
            shown=list(questions) if everything else [questions[place]],
            sections=settings.get("sections") or (),
            way=way_of(settings),
            everything=everything,
            ends_at=sitting.ends_at,
            left=(sitting.ends_at - now).total_seconds() if sitting.ends_at else None,
            tick=proofs.tick(attempt.id, now),
        )

    @property
    def open(self) -> bool:
        """Tell whether questions can still be answered."""
        return self.attempt.state is AttemptState.IN_PROGRESS and (self.left is None or self.left > 0)

    @property
    def at_once(self) -> bool:
        """Tell whether a learner can ask to be told at once."""
        return self.way in AT_ONCE

    @property
    def asking(self) -> list[Question]:
        """Return the questions that ask something."""
        return [question for question in self.questions if question.kind.asks]

    @property
    def unanswered(self) -> list[Question]:
        """Return the questions without an answer."""
        return [question for question in self.asking if not question.answered]

    @property
    def last(self) -> bool:
        """Tell whether the last question is on the page."""
        return self.shown[-1].number == len(self.questions)

    def section_of(self, question: Question) -> Mapping[str, Any] | None:
        """Return the section that begins with a question, or None when it goes on or there is none."""
        before = self.questions[question.number - 2].section if question.number > 1 else -1
        return self.sections[question.section] if question.section >= 0 and (question.section != before or not self.everything) else None

    def reveal(self, question: Question) -> Reveal:
        """Return what is told about a question before the hand-in: everything once it is closed."""
        return ALL if question.standing.closed else HIDDEN


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt, as far as its learner may see it."""

    attempt: Attempt
    questions: Sequence[Question]
    reveal: Reveal
    waiting: int
    sections: Sequence[Mapping[str, Any]]
    way: str
    closes_at: dt.datetime | None
    tick: str
    left: None = None

    @classmethod
    def of(cls, attempt: Attempt, questions: Sequence[Question], now: dt.datetime) -> Result:
        """Return the result of an attempt that has ended."""
        settings = body(attempt.revision_id, attempt.activity_key).settings
        conditions = services.rules_of(attempt.enrolment_id, attempt.module_id, attempt.activity_key, settings)
        waiting = sum(1 for question in questions if question.kind.asks and question.mark is None)
        # Nobody sees right answers of an attempt that may still receive what was written in time.
        told = attempt.state in {AttemptState.MARKED, AttemptState.SUBMITTED}
        return cls(
            attempt=attempt,
            questions=questions,
            reveal=reveal_of(settings, conditions, now) if told else HIDDEN,
            waiting=waiting,
            sections=settings.get("sections") or (),
            way=way_of(settings),
            closes_at=conditions.closes_at,
            tick=proofs.tick(attempt.id, now),
        )

    @property
    def shows_answers(self) -> bool:
        """Tell whether the page tells what was right."""
        return self.reveal.right or self.reveal.rationale
