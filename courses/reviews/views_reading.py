"""The pages of a reviewer, with an account or without: the same text, the same forms, another address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from courses.reviews import queries, services
from courses.reviews.forms import CommentForm, Named, VerdictForm
from courses.reviews.models import Comment, Review, Reviewer, Verdict
from courses.reviews.paragraphs import Paragraph, named, paragraphs, to_read, with_slots
from courses.reviews.sides import part_of_row
from courses.studio.compare import Side
from courses.studio.showing import AT_ONCE, behind, drawn_page, some
from lms.api import Module, Page, Refused, activity_type, commit, gettext, page_number

REMARK = Markup('<a class="remark" id="{0}" href="?on={0}#{0}" aria-label="{1}">{2}</a>')


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody who reads a frozen text: which review, who, and at which address. An expert has no account."""

    review: Review
    reviewer: Reviewer
    module: Module
    home: str
    expert: bool

    @property
    def about(self) -> Mapping[str, Any]:
        """Return what the module said about itself."""
        return self.review.about

    @property
    def nameless(self) -> bool:
        """Tell whether the reader has not said who she is."""
        return self.expert and not self.reviewer.name

    @property
    def side(self) -> Side:
        """Return the frozen text, without its activities."""
        return Side(self.module, self.review.about, (), self.review.digest)

    @property
    def time_zone(self) -> str:
        """Return the reader's time zone; of who has no account, the site's."""
        return str(current_app.config["LMS_TIME_ZONE"]) if self.expert else current_user.time_zone


def start_page(reading: Reading, form: VerdictForm | None = None) -> ResponseReturnValue:
    """Show what a module is about, its parts, what one has said, and the decision."""
    if form is None:
        held = reading.reviewer.verdict
        form = VerdictForm(formdata=None, data={"verdict": held.value if held else None, "sentence": reading.reviewer.sentence})
    lines = queries.lines_of(reading.review.id, reading.reviewer.id)
    said = queries.comments_by(reading.reviewer.id)
    titles = {line.key: line.title for line in lines}
    page = render_template("courses/review_start.html", reading=reading, lines=lines, said=said, titles=titles, form=form)
    return page, 422 if form.errors else 200


def decide(reading: Reading) -> ResponseReturnValue:
    """Take a decision; whatever is in the way, what was typed comes back."""
    form = VerdictForm()
    form.asked = reading.nameless
    if not form.validate():
        return start_page(reading, form)
    try:
        _introduce(reading, form)
        verdict, sentence = Verdict(form.verdict.data), form.sentence.data or ""
        services.decide(review=reading.review, reviewer=reading.reviewer, verdict=verdict, sentence=sentence)
    except Refused as refusal:
        form.sentence.errors = [str(refusal)]
        return start_page(reading, form)
    commit()
    flash(gettext("Thank you. The author is told. You can change your decision until the review is closed."), "done")
    return redirect(reading.home)


def _introduce(reading: Reading, form: Named) -> None:
    if reading.nameless and form.name.data:
        services.introduce(reviewer=reading.reviewer, name=form.name.data)


def activity_page(reading: Reading, key: str, on: str = "", form: CommentForm | None = None) -> ResponseReturnValue:
    """Show an activity as learners see it, then what stands behind it, with one's comments; `on` is the paragraph that is being commented on.

    Of what stands behind it, the page that `?page=` asks for is shown, else the one with that paragraph, or with the one that `?at=` names.
    """
    row = queries.activity_of(reading.review.id, key)
    lines = queries.lines_of(reading.review.id, reading.reviewer.id)
    part = part_of_row(row)
    content = to_read(drawn_page(reading.side, part, time_zone=reading.time_zone, url=f"{reading.home}/{key}"))
    if reading.expert:
        content = content.replace('"/media/', f'"{reading.home}/media/').replace(" /media/", f" {reading.home}/media/")
    slots = _Slots(reading, key, queries.comments_by(reading.reviewer.id, key), on, form)
    read = Markup(with_slots(content, slots.behind))  # noqa: S704 - what the type has drawn, and our own template
    told = slots.told(behind(reading.side, part), on or request.args.get("at", ""))
    place = [line.key for line in lines].index(key)
    page = render_template(
        "courses/review_read.html",
        reading=reading,
        row=row,
        kind=activity_type(row.type),
        lines=lines,
        content=read,
        told=told,
        whole=Markup(slots.whole()),  # noqa: S704
        before=lines[place - 1] if place else None,
        after=lines[place + 1] if place + 1 < len(lines) else None,
    )
    return page, 422 if form is not None and form.errors else 200


def named_texts(texts: Sequence[tuple[str, str]]) -> list[Paragraph]:
    """Return what stands behind an activity as paragraphs."""
    return named((f"{label}: {text}", 0) for label, text in texts)


class _Slots:
    """What stands behind each paragraph: one's comments on it, and the way to say something, or the form to say it in."""

    def __init__(self, reading: Reading, key: str, said: Sequence[Comment], on: str, form: CommentForm | None) -> None:
        self.reading, self.key, self.on = reading, key, on
        self.form = form or CommentForm(formdata=None, data={"anchor": on})
        self.left = {comment.id: comment for comment in said}

    def behind(self, paragraph: Paragraph) -> str:
        """Return what stands behind a paragraph."""
        said = [comment for comment in self.left.values() if comment.anchor == paragraph.anchor]
        for comment in said:
            del self.left[comment.id]
        if not said and (self.on != paragraph.anchor or (self.reading.review.closed_at is not None and not self.form.errors)):
            if self.reading.review.closed_at is not None:
                return ""
            words = " ".join(paragraph.quote.split()[:4])
            return str(REMARK.format(paragraph.anchor, gettext("Comment on: %(words)s …", words=words), gettext("Comment")))
        return self._drawn(paragraph.anchor, said)

    def told(self, texts: Sequence[tuple[str, str]], wanted: str) -> Page:
        """Return one page of what stands behind an activity, as (label, text, what stands behind it)."""
        entries = list(zip(named_texts(texts), texts, strict=True))
        holding = next((place // AT_ONCE + 1 for place, (paragraph, _text) in enumerate(entries) if paragraph.anchor == wanted), 1)
        shown = some(entries, page_number() if "page" in request.args else holding)
        drawn = [(*text, Markup(self.behind(paragraph))) for paragraph, text in shown.items]  # noqa: S704 - our own template
        elsewhere = {paragraph.anchor for paragraph, _text in entries}
        self.left = {number: comment for number, comment in self.left.items() if comment.anchor not in elsewhere}
        return replace(shown, items=drawn)

    def whole(self) -> str:
        """Return what stands below the page: comments on it as a whole, and those whose paragraph is not found any more."""
        return self._drawn("", list(self.left.values()))

    def _drawn(self, anchor: str, said: Sequence[Comment]) -> str:
        open_here = self.on == anchor and (self.reading.review.closed_at is None or self.form.errors)
        return render_template(
            "courses/_review_slots.html",
            reading=self.reading,
            key=self.key,
            anchor=anchor,
            said=said,
            form=self.form if open_here else None,
        )


def comment(reading: Reading, key: str) -> ResponseReturnValue:
    """Take a comment; whatever is in the way, what was typed comes back in its place."""
    form = CommentForm()
    form.asked = reading.nameless
    anchor = form.anchor.data or ""
    quote = _quote(reading, key, anchor) if anchor else ""
    if not form.validate():
        return activity_page(reading, key, anchor, form)
    try:
        _introduce(reading, form)
        services.comment(
            review=reading.review, reviewer=reading.reviewer, key=key, anchor=anchor, quote=quote, text=(form.text.data or "").strip()
        )
    except Refused as refusal:
        form.text.errors = [str(refusal)]
        return activity_page(reading, key, anchor, form)
    commit()
    return redirect(f"{reading.home}/{key}?at={anchor}#{anchor}" if anchor else f"{reading.home}/{key}#whole")


def _quote(reading: Reading, key: str, anchor: str) -> str:
    """Return the words of a paragraph of the frozen text; the whole activity's own words are never taken from what a browser sends."""
    part = part_of_row(queries.activity_of(reading.review.id, key))
    drawn = to_read(drawn_page(reading.side, part, time_zone=reading.time_zone))
    return next(
        (paragraph.quote for paragraph in [*paragraphs(drawn), *named_texts(behind(reading.side, part))] if paragraph.anchor == anchor), ""
    )
