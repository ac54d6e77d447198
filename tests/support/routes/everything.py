"""Routes of everything that has no table of its own."""

from __future__ import annotations

from support.everybody import ADMIN, INSTRUCTOR, LEARNER, ORGANIZER, SITE_INSTRUCTOR, SUPERVISOR, WRITER
from support.routes.who import EVERYBODY, INSTRUCTORS, ORGANIZERS, SIGNED_IN, SUPERVISORS

ROUTES: list[tuple[str | None, set[str], str]] = [
    (
        None,
        EVERYBODY,
        """
        GET       /
        GET       /-/design
        GET       /healthz
        GET       /help/writing
        GET       /metrics
        GET       /readyz
        GET       /support
        GET       /support/<any(id, en):code>
        POST      /language
        GET       /manifest.webmanifest
        GET       /offline
        GET       /sw.js
        GET POST  /set-up
        GET POST  /sign-in
        GET       /signed-out
        GET       /static/<version>/<bundle>/<path:name>
        GET       /visits/offline
        """,
    ),
    (
        "lms:site:operate",
        {ADMIN},
        """
        GET       /-/plugins
        GET       /admin
        GET POST  /admin/jobs
        POST      /admin/jobs/<uuid:job_id>
        POST      /admin/jobs/<uuid:job_id>/aside
        GET       /admin/settings
        """,
    ),
    (
        "lms:people:manage",
        {ADMIN},
        """
        GET       /admin/people
        GET POST  /admin/people/new
        GET POST  /admin/people/<uuid:user_id>
        POST      /admin/people/<uuid:user_id>/active
        GET POST  /admin/people/<uuid:user_id>/manager
        POST      /admin/people/<uuid:user_id>/manager/end
        POST      /admin/people/<uuid:user_id>/password
        POST      /admin/people/<uuid:user_id>/roles/<int:grant_id>/end
        GET POST  /admin/people/<uuid:user_id>/roles/new
        POST      /admin/people/<uuid:user_id>/sessions/end
        GET POST  /admin/units
        GET POST  /admin/units/<int:unit_id>
        POST      /admin/units/<int:unit_id>/aliases
        POST      /admin/units/<int:unit_id>/aliases/remove
        POST      /admin/units/<int:unit_id>/below
        POST      /admin/units/<int:unit_id>/close
        POST      /admin/units/<int:unit_id>/move
        """,
    ),
    (
        "lms:profile:edit",
        SIGNED_IN,
        """
        GET POST  /profile
        GET       /profile/data.json
        GET       /profile/privacy
        GET POST  /profile/security
        POST      /profile/sessions/<uuid:session_id>/end
        GET       /tasks
        GET POST  /tasks/<uuid:batch_id>
        GET       /tasks/<uuid:batch_id>/file
        POST      /sign-out
        """,
    ),
    ("lms:cohort:view", INSTRUCTORS | ORGANIZERS, "GET /cohorts"),
    (
        "lms:cohort:view",
        {INSTRUCTOR, ORGANIZER},
        """
        GET       /cohorts/<int:cohort_id>
        GET       /cohorts/<int:cohort_id>/people
        GET       /cohorts/<int:cohort_id>/people/<int:enrolment_id>
        """,
    ),
    (
        "lms:cohort:manage",
        ORGANIZERS,
        """
        GET POST  /cohorts/courses/new
        GET POST  /cohorts/new
        """,
    ),
    (
        "lms:cohort:manage",
        {ORGANIZER},
        """
        GET POST  /cohorts/<int:cohort_id>/dates
        GET POST  /cohorts/<int:cohort_id>/import
        GET POST  /cohorts/<int:cohort_id>/import/<string(length=32):token>
        GET       /cohorts/<int:cohort_id>/import/<string(length=32):token>/corrections
        GET       /cohorts/<int:cohort_id>/import/template.<any(csv, xlsx):kind>
        GET POST  /cohorts/<int:cohort_id>/modules/<int:module_id>/move
        GET       /cohorts/<int:cohort_id>/people.<any(csv, xlsx):kind>
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/group
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/override
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/password
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/return
        POST      /cohorts/<int:cohort_id>/people/<int:enrolment_id>/withdraw
        GET POST  /cohorts/<int:cohort_id>/staff
        POST      /cohorts/<int:cohort_id>/staff/<int:grant_id>/end
        """,
    ),
    ("lms:team:view", SUPERVISORS, "GET /team"),
    (
        "lms:team:view",
        {SUPERVISOR},
        """
        GET       /team/people
        GET       /team/people.csv
        GET       /team/people.xlsx
        GET       /team/picture
        """,
    ),
    ("lms:learning:take", SIGNED_IN, "GET /learn"),
    ("lms:learning:take", SIGNED_IN, "GET POST /api/v1/sync\nGET /receipts"),
    (
        "lms:learning:take",
        {LEARNER},
        """
        GET       /learn/<int:cohort_id>
        GET       /learn/<int:cohort_id>/<module_key>
        GET POST  /learn/<int:cohort_id>/<module_key>/<activity_key>
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/read
        GET       /learn/<int:cohort_id>/<module_key>/pack.json
        GET       /learn/<int:cohort_id>/<module_key>/pack/part
        GET       /learn/<int:cohort_id>/packs.json
        POST      /learn/<int:cohort_id>/place
        """,
    ),
    ("courses:journal:write", SIGNED_IN, "GET /journals"),
    ("lms:cohort:view", INSTRUCTORS | ORGANIZERS, "GET /journals/levels"),
    (
        "courses:journal:write",
        {LEARNER},
        """
        GET       /journals/<uuid:entry_id>
        GET       /journals/keep/<int:year>.<any(html, pdf):ending>
        GET       /journals/print/<int:year>
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/audience
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/pass-on
        GET       /learn/<int:cohort_id>/<module_key>/<activity_key>/group
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/draft
        GET       /learn/<int:cohort_id>/<module_key>/<activity_key>/history
        GET       /learn/<int:cohort_id>/<module_key>/drafts.json
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/hand-in
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/revise
        POST      /learn/<int:cohort_id>/<module_key>/<activity_key>/tick
        """,
    ),
    (
        "courses:journal:answer",
        INSTRUCTORS,
        """
        GET       /journals/queue/second
        """,
    ),
    (
        "courses:journal:answer",
        {INSTRUCTOR},
        """
        GET POST  /journals/queue/second/<uuid:entry_id>
        GET       /journals/queue/second/<int:cohort_id>/<module_key>/<activity_key>
        GET POST  /journals/queue/<uuid:entry_id>
        POST      /journals/queue/<uuid:entry_id>/keep
        POST      /journals/queue/<uuid:entry_id>/timely
        """,
    ),
    ("lms:attempt:mark", {INSTRUCTOR}, "GET POST /journals/queue/assignments/<uuid:attempt_id>"),
    (
        "quizzes:attempt:take",
        {LEARNER},
        """
        GET       /quizzes/<uuid:attempt_id>
        POST      /quizzes/<uuid:attempt_id>/answer
        GET       /quizzes/<uuid:attempt_id>/clock
        POST      /quizzes/<uuid:attempt_id>/hand-in
        POST      /quizzes/<uuid:attempt_id>/open
        GET       /quizzes/<uuid:attempt_id>/review
        GET       /quizzes/files/<int:upload_id>
        POST      /quizzes/start/<int:cohort_id>/<module_key>/<activity_key>
        """,
    ),
    ("quizzes:attempt:take", SIGNED_IN, "GET /quizzes/receipts"),
    (
        "quizzes:attempt:mark",
        INSTRUCTORS,
        """
        GET       /quizzes/marking
        GET POST  /quizzes/marking/comments
        GET       /quizzes/receipts/check
        """,
    ),
    (
        "quizzes:attempt:mark",
        {INSTRUCTOR},
        """
        GET       /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>
        GET       /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts.csv
        GET       /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>
        POST      /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>/count/<int:slot>
        POST      /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>/mark/<int:slot>
        POST      /quizzes/cohorts/<int:cohort_id>/<module_key>/<activity_key>/attempts/<uuid:attempt_id>/reopen
        GET POST  /quizzes/marking/<int:cohort_id>/<module_key>/<activity_key>/<int:item_id>
        GET POST  /quizzes/marking/<int:cohort_id>/<module_key>/<activity_key>/<int:item_id>/agreement
        GET POST  /quizzes/marking/<int:cohort_id>/<module_key>/<activity_key>/<int:item_id>/second
        GET       /quizzes/marking/files/<int:cohort_id>/<int:upload_id>
        POST      /quizzes/marking/comments/<int:comment_id>/delete
        """,
    ),
    (
        "quizzes:attempt:regrade",
        {INSTRUCTOR},
        """
        GET POST  /quizzes/regrade/<int:cohort_id>/<module_key>/<activity_key>
        GET       /quizzes/regrade/<int:cohort_id>/<module_key>/<activity_key>/<int:regrade_id>
        """,
    ),
    (
        "quizzes:quiz:arrange",
        {INSTRUCTOR, ORGANIZER},
        """
        GET POST  /quizzes/conditions/<int:cohort_id>/<module_key>/<activity_key>
        POST      /quizzes/conditions/<int:cohort_id>/<module_key>/<activity_key>/end
        """,
    ),
    ("quizzes:quiz:arrange", INSTRUCTORS | ORGANIZERS, "GET /quizzes/cohorts"),
    ("quizzes:bank:edit", INSTRUCTORS, "GET /quizzes/bank"),
    (
        "quizzes:bank:edit",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /quizzes/bank/<module_key>
        GET POST  /quizzes/bank/<module_key>/<int:item_id>
        POST      /quizzes/bank/<module_key>/<int:item_id>/duplicate
        POST      /quizzes/bank/<module_key>/<int:item_id>/restore
        POST      /quizzes/bank/<module_key>/<int:item_id>/retire
        POST      /quizzes/bank/<module_key>/<int:item_id>/share
        GET       /quizzes/bank/<module_key>/<int:item_id>/versions
        GET       /quizzes/bank/<module_key>/export
        GET       /quizzes/bank/<module_key>/export/file
        GET POST  /quizzes/bank/<module_key>/import
        GET POST  /quizzes/bank/<module_key>/new
        POST      /quizzes/bank/<module_key>/preview
        GET       /quizzes/bank/<module_key>/shared/<int:item_id>
        POST      /quizzes/bank/<module_key>/tags
        """,
    ),
    (
        "quizzes:bank:edit",
        {WRITER},
        """
        GET       /quizzes/bank/<module_key>/import/<uuid:import_id>
        POST      /quizzes/bank/<module_key>/import/<uuid:import_id>/confirm
        GET       /quizzes/bank/<module_key>/import/<uuid:import_id>/pictures/<path:name>
        GET       /quizzes/bank/<module_key>/import/<uuid:import_id>/problems.csv
        """,
    ),
    (
        "quizzes:statistics:view",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /quizzes/statistics/<module_key>/<activity_key>
        GET       /quizzes/statistics/<module_key>/<activity_key>/<int:item_id>
        """,
    ),
    (
        "courses:module:browse",
        SIGNED_IN,
        """
        GET       /modules
        GET       /modules/<module_key>
        """,
    ),
    ("courses:module:create", INSTRUCTORS, "GET POST /studio/new"),
    (
        "courses:module:write",
        INSTRUCTORS,
        """
        GET       /studio
        GET POST  /studio/import
        """,
    ),
    (
        "courses:module:write",
        {WRITER, SITE_INSTRUCTOR},
        """
        GET       /studio/<module_key>
        GET POST  /studio/<module_key>/<activity_key>
        GET POST  /studio/<module_key>/<activity_key>/delete
        POST      /studio/<module_key>/<activity_key>/preview
        GET POST  /studio/<module_key>/about
        GET POST  /studio/<module_key>/add
        GET       /studio/<module_key>/export.zip
        POST      /studio/<module_key>/move
        GET POST  /studio/<module_key>/pictures
        POST      /studio/<module_key>/pictures/remove
        GET POST  /studio/<module_key>/publish
        """,
    ),
]
