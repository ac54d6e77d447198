"""Routes of hours, certificates and the check page."""

from __future__ import annotations

from support.everybody import ADMIN, LEARNER, ORGANIZER
from support.routes.who import EVERYBODY, ORGANIZERS, SIGNED_IN

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        None,
        EVERYBODY,
        """
        GET       /.well-known/jwks.json
        GET       /check
        GET       /check/<certificate_code>
        GET       /check/keys
        GET       /check/revoked
        """,
    ),
    (
        "lms:profile:edit",
        SIGNED_IN,
        """
        GET       /profile/certificates
        GET       /profile/transcript
        GET       /profile/transcript/<int:year>.<any(csv, pdf):ending>
        """,
    ),
    ("lms:profile:edit", {LEARNER}, "GET /profile/certificates/<uuid:certificate_id>.<any(pdf, jwt):ending>"),
    ("lms:jp:govern", {ADMIN}, "GET /admin/hours\nGET POST /admin/hours/new"),
    ("lms:cohort:manage", {ORGANIZER}, "GET POST /cohorts/<int:cohort_id>/people/<int:enrolment_id>/hours"),
    (
        "lms:credential:issue",
        {ORGANIZER},
        """
        GET POST  /cohorts/<int:cohort_id>/certificates
        GET POST  /cohorts/<int:cohort_id>/certificates/<uuid:certificate_id>
        GET       /cohorts/<int:cohort_id>/certificates/<uuid:certificate_id>.pdf
        GET       /cohorts/<int:cohort_id>/certificates/issued
        GET       /cohorts/<int:cohort_id>/siasn.<any(csv, xlsx):ending>
        GET POST  /cohorts/templates/<int:template_id>
        GET       /cohorts/templates/<int:template_id>/example.pdf
        POST      /cohorts/templates/<int:template_id>/retire
        """,
    ),
    ("lms:credential:issue", ORGANIZERS, "GET /cohorts/templates\nGET POST /cohorts/templates/new"),
]
