"""Routes of supervisors' pages beside the list: units, standing in, lists by mail; and the learner's word about signal."""

from __future__ import annotations

from support.everybody import ADMIN, SUPERVISOR
from support.routes.who import SIGNED_IN, SUPERVISORS

ROUTES: list[tuple[str | None, set[str], str]] = [
    ("lms:team:view", SUPERVISORS, "GET POST /team/delegations"),
    ("lms:team:view", SUPERVISORS, "GET /team/schedules"),
    (
        "lms:team:view",
        {SUPERVISOR},
        """
        POST      /team/delegations/<int:delegation_id>/end
        GET       /team/people.pdf
        GET       /team/picture.pdf
        GET       /team/schedules/<int:schedule_id>
        POST      /team/schedules/<int:schedule_id>/file
        POST      /team/schedules/<int:schedule_id>/stop
        GET POST  /team/schedules/new
        GET       /team/units/<key>
        GET       /team/units/<key>/figures.csv
        GET       /team/units/<key>/figures.pdf
        GET       /team/units/<key>/figures.xlsx
        """,
    ),
    ("lms:people:manage", {ADMIN}, "GET /admin/delegations"),
    ("lms:learning:take", SIGNED_IN, "GET POST /no-signal"),
]
