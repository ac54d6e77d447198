"""`lms run` with a fault: it acknowledges an answer first and commits it a moment later. The test of faults must notice that."""

from __future__ import annotations

import threading
import time

from flask import Flask, current_app, request
from sqlalchemy.orm import Session

from lms import serve
from lms.cli import main
from lms.db import commit, db
from quizzes.attempts import views

SOON = 0.05  # seconds


def commit_answers_later() -> None:
    """Commit; but take the open transaction of an answer away from its request, to commit it when "saved" is long said."""
    if not request.path.endswith("/answer"):
        commit()
        return
    session = db.session()
    db.session.registry.clear()
    threading.Thread(target=_commit, args=(session, current_app._get_current_object()), daemon=True).start()


def _commit(session: Session, app: Flask) -> None:
    time.sleep(SOON)
    with app.app_context():
        session.commit()
        session.close()


if __name__ == "__main__":
    views.commit = commit_answers_later
    serve.HAS_GRANIAN = False  # its workers are processes that would import the view anew
    main(["run"])
