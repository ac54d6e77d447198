"""What authors of assignments set: task, parts, checklist, rubric, help while writing, peer review."""

from __future__ import annotations

from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from courses.entries.services import PROMISED_DAYS
from courses.entries.settings import KEY_LENGTH, CheckRow, CriterionRow, Unique, WholeRubric
from courses.peers.rules import LEAST_FOR_A_MEDIAN
from lms.api import Form, Rows, gettext
from lms.api import lazy_gettext as _

MOST_SAMPLES = 3


class PartRow(Form):
    """A part of the text to hand in."""

    key = StringField(_("Key"), [InputRequired(), Length(max=KEY_LENGTH)])
    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    prompt = TextAreaField(_("Question or hint"), [InputRequired()])
    minimum_words = IntegerField(_("Minimum words"), [Optional(), NumberRange(1, 5000)])
    maximum_words = IntegerField(_("Maximum words"), [Optional(), NumberRange(1, 5000)])


class SampleMark(Form):
    """The right level of a sample for one criterion, and why."""

    criterion = StringField(_("Key of the criterion"), [InputRequired(), Length(max=KEY_LENGTH)])
    level = IntegerField(_("Right level, 1 to 4"), [InputRequired(), NumberRange(1, 4)])
    why = TextAreaField(_("Why this level"), [InputRequired()])


class SampleRow(Form):
    """An invented text on which reviewers practise before they review a colleague's."""

    key = StringField(_("Key"), [InputRequired(), Length(max=KEY_LENGTH)])
    text = TextAreaField(_("Text"), [InputRequired()])
    marks = Rows(SampleMark, _("Right levels, one for each criterion"))


class WholeSamples:
    """Ask that each sample says the right level of each criterion once."""

    def __call__(self, form: Form, field: Rows) -> None:
        """Compare with the rubric."""
        if len(field.entries) > MOST_SAMPLES:
            raise ValidationError(gettext("Three samples are enough."))
        criteria = sorted(row["key"] or "" for row in form["rubric"].data if not row["gate"])
        for row in field.data:
            if sorted(mark["criterion"] or "" for mark in row["marks"]) != criteria:
                raise ValidationError(
                    gettext(
                        "Sample “%(key)s”: give each criterion of the rubric its level once: %(criteria)s.",
                        key=row["key"],
                        criteria=", ".join(criteria),
                    )
                )


class Reviewable:
    """Ask for criteria by which colleagues can review."""

    def __call__(self, form: Form, field: IntegerField) -> None:
        """Look into the rubric."""
        if field.data and all(row["gate"] for row in form["rubric"].data):
            raise ValidationError(gettext("Peer review needs a rubric with at least one criterion."))


class Countable:
    """Ask for enough reviews when medians are to count."""

    def __call__(self, form: Form, field: BooleanField) -> None:
        """Compare with the number of reviews."""
        if field.data and (form["peer_reviews"].data or 0) < LEAST_FOR_A_MEDIAN:
            raise ValidationError(gettext("Medians can count when each learner gives at least %(num)s reviews.", num=LEAST_FOR_A_MEDIAN))


class AssignmentSettings(Form):
    """Task, parts, checklist, rubric, help and peer review."""

    brief = TextAreaField(_("Task and material"), [InputRequired()], description=_("Markdown."))
    promised_days = IntegerField(_("Answered within days"), [InputRequired(), NumberRange(1, 60)], default=PROMISED_DAYS)
    parts = Rows(PartRow, _("Parts to hand in"), least=1, validators=[Unique()])
    checklist = Rows(CheckRow, _("Checklist before handing in"), validators=[Unique()])
    rubric = Rows(CriterionRow, _("Rubric"), validators=[Unique(), WholeRubric()])
    without_help = BooleanField(
        _("Without help while writing"),
        description=_("Otherwise heavy words and long sentences are shown under each field, on the device."),
    )
    peer_reviews = IntegerField(
        _("Reviews that each learner gives to colleagues"),
        [Optional(), NumberRange(1, 6), Reviewable()],
        description=_("By the rubric, without names. Empty: no peer review."),
    )
    peer_days = IntegerField(_("Reviews asked for within days"), [Optional(), NumberRange(1, 60)], description=_("7 when left empty."))
    peer_hold_days = IntegerField(
        _("Days that a reviewer keeps a text"),
        [Optional(), NumberRange(1, 14)],
        description=_("Then it may go to somebody else. 3 when left empty."),
    )
    peer_self = BooleanField(_("Learners also review their own text"))
    peer_counts = BooleanField(
        _("The medians of colleagues are the score"),
        [Countable()],
        description=_(
            "Of three reviews or more. Otherwise, and where acceptance is asked for, the instructor decides with the medians in front."
        ),
    )
    samples = Rows(
        SampleRow,
        _("Samples to practise reviewing"),
        validators=[Unique(), WholeSamples()],
        description=_("One to three invented texts with the right levels and reasons. Reviewers do these first."),
    )
