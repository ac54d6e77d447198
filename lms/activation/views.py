"""Opening an account with a code; the organizer's page of letters and invitations."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.activation import letters, pages, services
from lms.activation.forms import ActivateForm, LettersForm
from lms.cohorts.base import cohort_page
from lms.cohorts.pages import find_enrolment
from lms.db import commit, utcnow
from lms.export import as_file, file_name
from lms.forms import choices
from lms.i18n import gettext as _
from lms.i18n import language, ngettext
from lms.jobs.batches import begin_batch
from lms.learning.words import cohort_title
from lms.people import sessions
from lms.people.permissions import MANAGE_COHORTS, public, requires
from lms.people.views import welcome

room = Blueprint("activation", __name__, template_folder="templates")


@room.route("/activate", methods=["GET", "POST"])
@public
def activate() -> ResponseReturnValue:
    """Choose a password with the code of a letter, and be signed in."""
    form = ActivateForm()
    session, problem, needs_email = None, "", False
    if form.submitted():
        session, problem, needs_email = _try(form)
    if session:
        flash(_("Your account is open. Welcome."), "done")
        commit()
        return welcome(session, [], "", "/")
    page = render_template("activation/activate.html", form=form, problem=problem, needs_email=needs_email or bool(form.email.errors))
    return page, 422 if problem or needs_email or form.errors else 200


def _try(form: ActivateForm) -> tuple[sessions.NewSession | None, str, bool]:
    """Return a session, or what to tell the person, and whether an address is asked for."""
    try:
        session = services.activate(
            who=form.who.data or "",
            code=form.code.data or "",
            password=form.password.data or "",
            email=form.email.data or "",
            address=request.remote_addr or "",
            device=sessions.device_name(request.user_agent.string),
        )
    except sessions.SlowDown as slow:
        return None, _("Too many attempts. Please wait %(minutes)s minutes, or ask the organizer for help.", minutes=slow.minutes), False
    except services.AddressNeeded:
        return None, _("The code is right. One thing is missing: the e-mail address with which you will sign in."), True
    except services.AddressTaken:
        return None, _("Somebody has this e-mail address already."), True
    commit()
    return session, _("Account and code do not fit together, or the code has ended. Compare with your letter, or ask for a new one."), False


# -- the organizer's side -----------------------------------------------------------------------------------------------------------------


@room.route("/cohorts/<int:cohort_id>/letters", methods=["GET", "POST"])
@requires(MANAGE_COHORTS, on="cohort")
def cohort_letters(cohort_id: int) -> ResponseReturnValue:
    """Show who has opened their account; make letters for those who have not."""
    page = pages.letters_page(g.cohort)
    form = LettersForm()
    form.agency.choices = choices(*((name, name or _("no unit")) for name in page.agencies))
    if form.submitted():
        chosen = page.chosen(str(form.whom.data), form.agency.data or page.agencies)
        if not chosen:
            flash(_("Nobody needs a letter."), "careful")
            return redirect(f"/cohorts/{cohort_id}/letters")
        batch = begin_batch(
            actor=current_user,
            task="lms:make_letters",
            title=ngettext("%(num)s activation letter", "%(num)s activation letters", len(chosen)),
            total=len(chosen),
            origin=f"/cohorts/{cohort_id}/letters",
            cohort_id=cohort_id,
            people=[str(row.id) for row in chosen],
            per_agency=form.files.data == "agency",
            language=language(),
            actor_id=str(current_user.id),
        )
        commit()
        return redirect(f"/tasks/{batch.id}")
    return cohort_page("letters", form=form, page=page), 422 if form.errors else 200


@room.post("/cohorts/<int:cohort_id>/people/<int:enrolment_id>/letter")
@requires(MANAGE_COHORTS, on="cohort")
def letter(cohort_id: int, enrolment_id: int) -> Response:
    """Make a new letter for one person, as a file that is kept nowhere."""
    _enrolment, user, unit, _group = find_enrolment(g.cohort, enrolment_id)
    code = services.letter_for(actor=current_user, user=user)
    commit()
    one = letters.letter_of(user, unit.name if unit else user.institution, code)
    sender = pages.sender_of(g.cohort)
    pdf = letters.pdf_of([one], programme=cohort_title(g.cohort), sender=sender, until=utcnow() + services.VALID_FOR)
    return as_file(pdf, "application/pdf", f"{file_name(_('letter') + ' ' + user.name)}.pdf")


@room.post("/cohorts/<int:cohort_id>/invitations")
@requires(MANAGE_COHORTS, on="cohort")
def invitations(cohort_id: int) -> ResponseReturnValue:
    """Send a mail to everybody in the cohort who has had none."""
    number = services.send_invitations(actor=current_user, cohort=g.cohort)
    commit()
    flash(ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", number), "done")
    return redirect(f"/cohorts/{cohort_id}/letters")
