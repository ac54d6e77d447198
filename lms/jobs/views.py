"""Pages of long work: how far it is, and what it made. Everybody sees their own alone."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, jsonify, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.db import commit
from lms.export import as_file
from lms.jobs import batches
from lms.people.permissions import PROFILE, requires
from lms.web.guard import wants_json

room = Blueprint("jobs", __name__, template_folder="templates")


@room.get("/tasks")
@requires(PROFILE, on="self")
def tasks() -> str:
    """List one's own long work of the last days."""
    return render_template("jobs/tasks.html", batches=batches.batches_of(current_user))


@room.get("/tasks/<uuid:batch_id>")
@requires(PROFILE, on="self")
def batch(batch_id: uuid.UUID) -> ResponseReturnValue:
    """Show how far a piece of work is; to a script as JSON."""
    found = batches.batch_of(current_user, batch_id)
    if wants_json():
        return jsonify(state=found.state, done=found.done, total=found.total)
    name = next((name for other, name in batches.batches_of(current_user) if other.id == batch_id), None)
    return render_template("jobs/batch.html", batch=found, file=name, given_up=batches.is_given_up(found))


@room.post("/tasks/<uuid:batch_id>")
@requires(PROFILE, on="self")
def try_again(batch_id: uuid.UUID) -> ResponseReturnValue:
    """Put a piece of work in again that was given up."""
    batches.try_again(actor=current_user, batch_id=batch_id)
    commit()
    return redirect(f"/tasks/{batch_id}")


@room.get("/tasks/<uuid:batch_id>/file")
@requires(PROFILE, on="self")
def batch_file(batch_id: uuid.UUID) -> Response:
    """Download what a piece of work made."""
    file = batches.file_of(current_user, batch_id)
    return as_file(file.data, file.content_type, file.name)
