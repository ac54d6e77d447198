"""Taking answers, and what the cohort's pages may show of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from courses.surveys import queries, tally
from courses.surveys.models import SurveyAnswered, SurveyTally
from lms.api import (
    Actor,
    Cohort,
    Context,
    EvidenceKind,
    Item,
    NotFound,
    Outline,
    Refused,
    body,
    db,
    gettext,
    outlines,
    record,
    start,
    submit,
    upsert,
)

TYPE = "survey"
EVIDENCE = uuid.UUID("5d0c4b0e-6f0b-4a55-9b62-0d8a6c1f2e77")


def has_answered(ctx: Context) -> bool:
    """Tell whether a learner has answered a survey."""
    return db.session.get(SurveyAnswered, (ctx.enrolment_id, ctx.module_id, ctx.key)) is not None


def promised(ctx: Context) -> str:
    """Return what a survey promises: that answers are counted without a name, or are seen with it."""
    return "without" if ctx.settings["anonymous"] else "with"


def take(*, actor: Actor, ctx: Context, answer: Mapping[str, str]) -> None:
    """Take the answers of a learner: with their name as an attempt, or without as a few more in the tally. Raises Refused the second time."""
    mark = upsert(SurveyAnswered).values(**ctx.where).on_conflict_do_nothing().returning(SurveyAnswered.module_id)
    if db.session.execute(mark).first() is None:
        raise Refused(gettext("You have answered this survey already. Thank you."))
    if ctx.settings["anonymous"]:
        _count(ctx, answer)
        evidence_id = uuid.uuid5(EVIDENCE, "/".join(map(str, ctx.where.values())))
        record(**ctx.where, kind=EvidenceKind.SUBMITTED, evidence_id=evidence_id, actor_id=actor.id)
    else:
        attempt = start(**ctx.where, revision_id=int(ctx.revision_id or 0))
        submit(actor=actor, attempt=attempt, answer=dict(answer), score=None, final=True)


def _count(ctx: Context, answer: Mapping[str, str]) -> None:
    """Add an answer to the tally of the cohort; two that come at once are counted one after the other."""
    where = {"cohort_id": int(ctx.cohort_id or 0), "module_id": ctx.module_id, "activity_key": ctx.key}
    db.session.execute(upsert(SurveyTally).values(**where, shown=tally.empty(), waiting=tally.empty()).on_conflict_do_nothing())
    row = db.session.scalars(sa.select(SurveyTally).filter_by(**where).with_for_update()).one()
    row.shown, row.waiting = tally.added(row.shown, row.waiting, tally.one(ctx.settings["questions"], answer))
    db.session.flush()


# -- what a cohort has answered ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey of a cohort: where it is, and how many have answered."""

    outline: Outline
    item: Item
    answered: int

    @property
    def path(self) -> str:
        """Return its address below the cohort's surveys."""
        return f"{self.outline.module_id}/{self.item.key}"


@dataclass(frozen=True, slots=True)
class Line:
    """An option with how often it was chosen, of all who chose one."""

    label: str
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Answers:
    """A question with what may be shown of its answers."""

    question: Mapping[str, Any]
    lines: Sequence[Line]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Results:
    """What may be shown of a survey: `shown` answers are in it; `named` are those that were given with a name."""

    survey: Survey
    anonymous: bool
    shown: int
    questions: Sequence[Answers]
    named: Sequence[tuple[str, Mapping[str, str]]]


def surveys_of(cohort: Cohort) -> list[Survey]:
    """Return the surveys in the modules of a cohort, in the order of its course."""
    revisions = db.session.scalars(queries.revisions_of(cohort.id)).all()
    known = outlines(revisions)
    found = [(known[number], item) for number in revisions for item in known[number].items if item.type == TYPE]
    counts = {(row.module_id, row.activity_key): row.number for row in db.session.execute(queries.answered_in(cohort.id))} if found else {}
    return [Survey(one, item, counts.get((one.module_id, item.key), 0)) for one, item in found]


def results_of(cohort: Cohort, module_id: int, activity_key: str) -> Results:
    """Return what may be shown of a survey of a cohort. Raises NotFound when it has no such survey."""
    survey = next((one for one in surveys_of(cohort) if (one.outline.module_id, one.item.key) == (module_id, activity_key)), None)
    if survey is None:
        raise NotFound("no such survey in the cohort")
    settings = body(survey.outline.revision_id, activity_key).settings
    questions = settings["questions"]
    counted = db.session.get(SurveyTally, (cohort.id, module_id, activity_key))
    named = [(row.name, row.answer) for row in db.session.execute(queries.named_answers(cohort.id, module_id, activity_key))]
    whole = tally.joined(counted.shown if counted else tally.empty(), tally.together(questions, [answer for _name, answer in named]))
    return Results(survey, bool(settings["anonymous"]), whole["answers"], [_answers(row, whole) for row in questions], named)


def _answers(question: Mapping[str, Any], whole: tally.Tally) -> Answers:
    counts = whole["counts"].get(question["key"], {})
    options = tally.options_of(question)
    gone = [(value, value) for value in counts if value not in dict(options)]  # of an option that is called otherwise by now
    lines = [Line(label, counts.get(value, 0), sum(counts.values())) for value, label in [*options, *gone]]
    return Answers(question, lines if question["kind"] != tally.TEXT else [], whole["texts"].get(question["key"], []))


def rows_of(results: Results) -> list[list[str | int]]:
    """Return the results as a table: what may be shown counted together, then the answers that were given with a name."""
    table: list[list[str | int]] = [[gettext("Question"), gettext("Answer"), gettext("Count")]]
    for answers in results.questions:
        text = str(answers.question["text"])
        table += [[text, line.label, line.count] for line in answers.lines]
        table += [[text, said, 1] for said in answers.texts]
    if results.named:
        questions = [answers.question for answers in results.questions]
        table += [[], [gettext("Name"), *(str(row["text"]) for row in questions)]]
        table += [[name, *(answer.get(row["key"], "") for row in questions)] for name, answer in results.named]
    return table
