"""Routes of field visits."""

from __future__ import annotations

from support.everybody import INSTRUCTOR, LEARNER, ORGANIZER

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        "courses:visit:lead",
        {INSTRUCTOR, ORGANIZER},
        """
        GET       /cohorts/<int:cohort_id>/visits
        GET       /cohorts/<int:cohort_id>/visits/<uuid:visit_id>
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/debrief
        GET POST  /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/edit
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/members
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/members/<uuid:member_id>/remove
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/members/<uuid:member_id>/role
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/paper
        GET       /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/print
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/propose
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/roll
        GET       /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/roster
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/state
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/told
        POST      /cohorts/<int:cohort_id>/visits/<uuid:visit_id>/withdraw
        GET POST  /cohorts/<int:cohort_id>/visits/new
        """,
    ),
    (
        "courses:visit:attend",
        {LEARNER},
        """
        GET       /visits/<uuid:visit_id>
        POST      /visits/<uuid:visit_id>/check-in
        GET POST  /visits/<uuid:visit_id>/consent
        POST      /visits/<uuid:visit_id>/photos
        POST      /visits/photos/<uuid:photo_id>/delete
        """,
    ),
    ("courses:visit:attend", {LEARNER, INSTRUCTOR}, "GET /visits/photos/<uuid:photo_id>"),
]
