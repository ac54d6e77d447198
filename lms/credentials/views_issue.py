"""A cohort's certificates: issue to who is decided, look at each, revoke and issue anew, hand the list to personnel systems."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.cohorts.base import head_of
from lms.credentials import queries, services, siasn
from lms.credentials.base import room
from lms.credentials.forms import SHORT, EndForm, IssueForm
from lms.credentials.models import Certificate, CertificateFile
from lms.db import commit, db, paginate, utcnow
from lms.errors import NotFound, Refused
from lms.export import as_file, csv_response, xlsx_response
from lms.forms import choices
from lms.i18n import gettext as _
from lms.i18n import local_day
from lms.learning.words import cohort_title
from lms.people.permissions import ISSUE, requires
from lms.privacy.services import audit
from lms.web.paging import page_number

PER_PAGE = 60
ONE = "/cohorts/<int:cohort_id>/certificates/<uuid:certificate_id>"


@room.route("/cohorts/<int:cohort_id>/certificates", methods=["GET", "POST"])
@requires(ISSUE, on="cohort")
def certificates(cohort_id: int) -> ResponseReturnValue:
    """Show who gets what, and let a worker issue it."""
    head = head_of(g.cohort)
    usable = db.session.scalars(queries.templates_of(g.cohort)).all()
    form = IssueForm(day=head.today)
    form.template_id.choices = choices(*((found.id, f"{found.name} ({SHORT[found.kind]})") for found in usable))
    page = paginate(queries.people_of(cohort_id), page_number(), PER_PAGE)
    form.only.choices = choices(*((row.enrolment_id, row.name) for row in page.items))
    problem = ""
    if form.submitted():
        try:
            batch = _begin(form, head.today)
        except Refused as refused:
            db.session.rollback()
            problem = str(refused)
        else:
            commit()
            return redirect(f"/tasks/{batch.id}")
    outcomes = {"passed": _("passed"), "failed": _("not passed"), "postponed": _("postponed")}
    values: dict[str, Any] = {"form": form, "page": page, "templates": usable, "problem": problem, "outcomes": outcomes, "short": SHORT}
    return render_template("credentials/certificates.html", head=head, **values), 422 if form.errors or problem else 200


def _begin(form: IssueForm, today: Any) -> Any:
    return services.begin_issue(
        actor=current_user,
        cohort=g.cohort,
        template_id=form.template_id.data,
        day=form.day.data,
        only=form.only.data or (),
        title=_("Certificates of %(cohort)s", cohort=cohort_title(g.cohort)),
        today=today,
    )


@room.get("/cohorts/<int:cohort_id>/certificates/issued")
@requires(ISSUE, on="cohort")
def issued(cohort_id: int) -> str:
    """List everything issued in the cohort, also what holds no more."""
    page = paginate(queries.issued_in(cohort_id), page_number(), PER_PAGE)
    return render_template("credentials/issued.html", head=head_of(g.cohort), page=page, short=SHORT)


@room.route(ONE, methods=["GET", "POST"])
@requires(ISSUE, on="cohort")
def certificate(cohort_id: int, certificate_id: uuid.UUID) -> ResponseReturnValue:
    """Show one certificate; revoke it, or issue it anew."""
    found, user, digest = services.certificate_of(cohort_id, certificate_id)
    head, form, problem = head_of(g.cohort), EndForm(), ""
    if form.submitted():
        shared = {"actor": current_user, "certificate": found, "reason": (form.reason.data or "").strip()}
        try:
            if form.act.data == "revoke":
                services.revoke(**shared)
            else:
                found = services.reissue(**shared, cohort=g.cohort, today=head.today)
        except Refused as refused:
            db.session.rollback()
            problem = str(refused)
        else:
            commit()
            flash(
                _("Done. Both certificates say so of each other.")
                if form.act.data == "reissue"
                else _("Revoked. The check page says so from now on."),
                "done",
            )
            return redirect(f"/cohorts/{cohort_id}/certificates/{found.id}")
    values = {"certificate": found, "person": user, "digest": digest, "form": form, "problem": problem, "near": _near(found)}
    return render_template("credentials/certificate.html", head=head, short=SHORT, **values), 422 if form.errors or problem else 200


def _near(found: Certificate) -> dict[str, Certificate | None]:
    """Return the certificate that this one replaces, and the one that replaces it."""
    before = db.session.get(Certificate, found.replaces_id) if found.replaces_id else None
    return {"before": before, "after": db.session.query(Certificate).filter_by(replaces_id=found.id).one_or_none()}


@room.get("/cohorts/<int:cohort_id>/certificates/<uuid:certificate_id>.pdf")
@requires(ISSUE, on="cohort")
def certificate_file(cohort_id: int, certificate_id: uuid.UUID) -> Response:
    """Download the PDF of one certificate."""
    services.certificate_of(cohort_id, certificate_id)
    return file_response(certificate_id)


def file_response(certificate_id: uuid.UUID) -> Response:
    """Return the PDF of a certificate that the caller has found. Raises NotFound while no worker has made it."""
    file = db.session.get(CertificateFile, certificate_id)
    if file is None:
        raise NotFound("the PDF is not made yet")
    return as_file(file.data, "application/pdf", f"{certificate_id}.pdf")


@room.get("/cohorts/<int:cohort_id>/siasn.<any(csv, xlsx):ending>")
@requires(ISSUE, on="cohort", writes=True)
def siasn_file(cohort_id: int, ending: str) -> Response:
    """Download the rows that SIASN or SIMPEG take; that they have left the site is written down."""
    rows = siasn.siasn_rows(g.cohort, matching="match" in request.args)
    audit(current_user.id, "credential:export", "cohort", cohort_id, people=len(rows) - 1)
    commit()
    make = csv_response if ending == "csv" else xlsx_response
    return make(rows, f"siasn {cohort_title(g.cohort)} {local_day(utcnow(), g.cohort.time_zone)}")
