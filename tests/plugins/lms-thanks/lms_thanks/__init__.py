"""A board on which the people of a cohort thank each other: a page, a table, and all else that a plugin can bring."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import click
import sqlalchemy as sa
from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from lms.api import Base, Enrolment, Form, NotFound, Plugin, Role, User, announce, commit, db, gettext, personal, requires, utcnow
from lms.api import lazy_gettext as _

MOST = 50
KEPT = dt.timedelta(days=730)

plugin = Plugin("thanks", __name__, title=_("Board of thanks"), api="1.0")
WRITE = plugin.permission("thanks:note:write", "Read and write thanks in one's own cohorts", [Role.LEARNER])
plugin.nav(_("Thanks"), "/thanks", "hand-heart", [Role.LEARNER], order=28)
written = plugin.event("thanks:note-written")


class Note(Base):
    """A few words of thanks."""

    __tablename__ = "thanks_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(
        sa.ForeignKey("enrolments.id", ondelete="CASCADE"),
        index=True,
        info=personal("who wrote it", retention="24 months", readable_by=("cohort",)),
    )
    text: Mapped[str] = mapped_column(sa.Text, info=personal("thanks", retention="24 months", readable_by=("cohort",)))
    written_at: Mapped[dt.datetime] = mapped_column(default=utcnow)


class NoteForm(Form):
    """A few words."""

    text = TextAreaField(_("Thank somebody"), [InputRequired(), Length(max=500)])


def enrolments_of(user_id: uuid.UUID, cohort_id: int | None = None) -> sa.Select[int, int]:
    """Return (enrolment id, cohort id) of a person; nobody finds anybody else's."""
    found = sa.select(Enrolment.id, Enrolment.cohort_id).where(Enrolment.user_id == user_id, Enrolment.state == "active")
    return found if cohort_id is None else found.where(Enrolment.cohort_id == cohort_id)


def notes_of(cohort_id: int) -> sa.Select[Any]:
    """Return (text, moment, name) of the newest notes of a cohort."""
    return (
        sa.select(Note.text, Note.written_at, User.name)
        .join(Enrolment, Enrolment.id == Note.enrolment_id)
        .join(User, User.id == Enrolment.user_id)
        .where(Enrolment.cohort_id == cohort_id)
        .order_by(Note.id.desc())
        .limit(MOST)
    )


def write_note(*, enrolment_id: int, text: str) -> Note:
    """Put a note on the board."""
    note = Note(enrolment_id=enrolment_id, text=text)
    db.session.add(note)
    db.session.flush()
    announce(written, note_id=note.id)
    return note


@plugin.get("")
@requires(WRITE, on="self")
def boards() -> ResponseReturnValue:
    """Lead to the board of the newest cohort."""
    mine = db.session.execute(enrolments_of(current_user.id).order_by(Enrolment.id.desc())).first()
    if mine is None:
        raise NotFound("no cohort")
    return redirect(f"/thanks/{mine.cohort_id}")


@plugin.route("/<int:cohort_id>", methods=["GET", "POST"])
@requires(WRITE, on="self")
def board(cohort_id: int) -> ResponseReturnValue:
    """Show the board of one of my cohorts, and take what I write."""
    mine = db.session.execute(enrolments_of(current_user.id, cohort_id)).first()
    if mine is None:
        raise NotFound("not this person's cohort")
    form = NoteForm()
    if form.submitted():
        write_note(enrolment_id=mine.id, text=form.text.data)
        commit()
        return redirect(f"/thanks/{cohort_id}")
    notes = db.session.execute(notes_of(cohort_id)).all()
    return render_template("lms_thanks/board.html", form=form, notes=notes), 422 if form.errors else 200


@plugin.task(on="lms:course-completed")
def thank_for_finishing(enrolment_id: int) -> None:
    """Let the board say that somebody has finished; once, however often the job is carried out."""
    text = gettext("I have finished. Thank you all!")
    if db.session.scalar(sa.select(Note.id).where(Note.enrolment_id == enrolment_id, Note.text == text)) is None:
        write_note(enrolment_id=enrolment_id, text=text)


@plugin.task(every=86400)
def forget_old() -> None:
    """Remove what is older than two years."""
    db.session.execute(sa.delete(Note).where(Note.written_at < utcnow() - KEPT))


@plugin.personal_data
def export(user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what a person wrote on boards."""
    rows = sa.select(Note).join(Enrolment, Enrolment.id == Note.enrolment_id).where(Enrolment.user_id == user_id).order_by(Note.id)
    return [{"table": "thanks_notes", "text": note.text, "written_at": note.written_at} for note in db.session.scalars(rows)]


@plugin.cli.command("count")
def count() -> None:
    """Say how many notes there are."""
    click.echo(db.session.scalar(sa.select(sa.func.count()).select_from(Note)))
