"""What devices ask for: which packs there are, what is in one, and its chunks."""

from __future__ import annotations

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.api import LEARN, PARTS, outline, outlines, requires
from media.base import library, plugin
from media.packs import queries, services
from media.packs.services import Pack

FOREVER = "private, max-age=31536000, immutable"
MOST_WANTED = 100
AT = "/learn/<int:cohort_id>/<module_key>"


@plugin.get("/learn/<int:cohort_id>/packs.json")
@requires(LEARN, on="self")
def packs(cohort_id: int) -> ResponseReturnValue:
    """List the packs of the open modules of one of my cohorts, with their sizes."""
    rows = queries.open_modules(current_user, cohort_id)
    known = outlines(row.revision_id for row in rows)
    return jsonify(
        [
            services.offer(services.pack_of(cohort_id=cohort_id, time_zone=row.time_zone, contents=known[row.revision_id], library=library))
            for row in rows
        ]
    )


@plugin.get(f"{AT}/pack.json")
@requires(LEARN, on="self")
def pack(cohort_id: int, module_key: str) -> ResponseReturnValue:
    """Say what is in the pack of one of my modules."""
    return jsonify(services.manifest(_pack(cohort_id, module_key)))


@plugin.get(f"{AT}/pack/part")
@requires(LEARN, on="self")
def part(cohort_id: int, module_key: str) -> ResponseReturnValue:
    """Send chunks that are asked for by their digests; what a digest names never changes."""
    wanted = [digest for digest in request.args.get("want", "").split(",")[:MOST_WANTED] if digest]
    answer = Response(services.part(_pack(cohort_id, module_key), wanted), mimetype=PARTS)
    answer.headers["Cache-Control"] = FOREVER
    return answer


def _pack(cohort_id: int, module_key: str) -> Pack:
    row = queries.open_module(current_user, cohort_id, module_key)
    return services.pack_of(cohort_id=cohort_id, time_zone=row.time_zone, contents=outline(row.revision_id), library=library)
