"""What instructors fill in: a mark with its comment, a decision with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from lms.api import Form, Number, choices, format_number
from lms.api import gettext as __
from lms.api import lazy_gettext as _
from quizzes.attempts.questions import Question
from quizzes.marking.models import ItemMark
from quizzes.marking.papers import DEFAULT_EVERY, EVERY, Verdict, rubric_of, share_of_levels

MOST_COMMENT = 4000
REASON = 200
COUNT = "count-"  # before the names of the form that stands beside another one


def address(url: str, choice: str, code: str) -> str:
    """Return the address of an answer to a question; of the next one that waits without a code. `choice` is what one looks at on the desk."""
    return f"{url}{choice}{'&' if choice else '?'}answer={code}" if code else url + choice


class MarkForm(Form):
    """A mark; `mark_form` adds the criteria of a rubric, or points."""

    comment = TextAreaField(_("Comment for the learner"), [Length(max=MOST_COMMENT)], description=_("May stay empty."))
    answer = HiddenField()
    seen = HiddenField()
    criteria: Sequence[Mapping[str, Any]] = ()
    most: float = 1.0

    @property
    def act(self) -> str:
        """Return what was pressed beside "save": `insert` or `keep`, or nothing."""
        return next((name for name in ("insert", "keep") if name in request.form), "")

    @property
    def verdict(self) -> Verdict:
        """Return what was decided; the form has been validated."""
        comment = (self.comment.data or "").strip()
        if not self.criteria:
            return Verdict(min(self["points"].data / self.most, 1.0), comment, {})
        levels = {str(number): int(self[f"level-{number}"].data) for number in range(len(self.criteria))}
        return Verdict(share_of_levels(self.criteria, levels), comment, levels)

    def insert(self, sentence: str) -> None:
        """Put a sentence at the end of the comment."""
        self.comment.data = "\n".join(part for part in ((self.comment.data or "").strip(), sentence) if part)


def mark_form(question: Question, *, answer: str, seen: str, previous: ItemMark | None = None, **bound: Any) -> Any:
    """Return the form in which an answer is marked: a level for each criterion, or points. `bound` binds it to other data than the request's."""
    rubric = rubric_of(question.item)
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for number, row in enumerate(rubric):
        fields[f"level-{number}"] = RadioField(row["name"], [_Chosen()], choices=_levels(row), validate_choice=False)
        if previous and previous.levels:
            values[f"level-{number}"] = str(previous.levels.get(str(number), ""))
    if not rubric:
        most = question.points
        label = __("Points, 0 to %(most)s", most=format_number(most))
        fields["points"] = Number(label, [InputRequired(), NumberRange(0, most)], kind=float, places=2)
        if previous:
            values["points"] = previous.share * most
    form_class = MarkForm.of(**fields)
    form: Any = form_class(answer=answer, comment=previous.comment if previous else "", **values, **bound)
    form.criteria, form.most = rubric, question.points
    form.answer.data, form.seen.data = answer, form.seen.data or seen
    return form


def _levels(row: Mapping[str, Any]) -> Any:
    return choices(*((str(number), level["text"]) for number, level in enumerate(row["levels"])))


class _Chosen:
    """Ask for one of the levels."""

    def __call__(self, form: Form, field: RadioField) -> None:
        """Look."""
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(__("Choose one."))


class CommentForm(Form):
    """A sentence to keep."""

    text = TextAreaField(_("Sentence"), [InputRequired(), Length(max=1000)])


class EveryForm(Form):
    """How large the sample of second opinions is."""

    every = SelectField(_("Second opinion on"), coerce=int, default=DEFAULT_EVERY)

    @classmethod
    def asked(cls) -> Any:
        """Return the form with what the address says."""
        every = request.args.get("every", DEFAULT_EVERY, int)
        form: Any = cls(formdata=None, every=every if every in EVERY else DEFAULT_EVERY)
        form.every.choices = choices(*((n, __("every answer") if n == 1 else __("one in %(number)s answers", number=n)) for n in EVERY))
        return form


class ReasonForm(Form):
    """Why something is decided; it is kept."""

    reason = StringField(_("Reason"), [InputRequired(), Length(max=REASON)], description=_("It is kept, and the learner may ask for it."))


class SettleForm(ReasonForm):
    """Which mark counts after a second opinion."""

    answer = HiddenField(validators=[InputRequired()])
    seen = HiddenField(validators=[InputRequired()])  # the share that counted when the page was drawn
    use = SelectField(choices=choices(("second", ""), ("middle", "")))


class CountForm(ReasonForm):
    """Which answer that was kept aside shall count: the number of its step."""

    sequence = IntegerField(validators=[InputRequired(), NumberRange(1, 10**9)])


class ReopenForm(ReasonForm):
    """For how long an attempt is open again."""

    minutes = IntegerField(_("Minutes from now"), [InputRequired(), NumberRange(1, 1440)], default=30)


def change_form(question: Question, **bound: Any) -> Any:
    """Return the form in which a mark is changed by hand."""
    fields = {
        "points": Number(
            __("Points, 0 to %(most)s", most=format_number(question.points)),
            [InputRequired(), NumberRange(0, question.points)],
            kind=float,
            places=2,
        ),
        "comment": TextAreaField(_("Comment for the learner"), [InputRequired(), Length(max=MOST_COMMENT)]),
    }
    form_class = ReasonForm.of(**fields, seen=HiddenField())
    mark = question.mark
    form: Any = form_class(points=question.earned if mark else None, comment=mark.comment if mark else "", **bound)
    form.seen.data = form.seen.data or question.seen
    return form


def once_more(form: Any, question: Question) -> Any:
    """Return the form that changes a mark, to be sent again in sight of what stands by now."""
    form.points.errors = [__("The answer or its mark has changed since you opened this page. Look at it again.")]
    form.seen.data = question.seen
    return form


class RegradeForm(ReasonForm):
    """What was shown in the dry run and is now to be done."""

    token = HiddenField(validators=[InputRequired()])
