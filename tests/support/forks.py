"""Modules to copy, and what their authors do to them."""

from __future__ import annotations

import sqlalchemy as sa

from courses.forks import services
from lms.db import commit, db
from lms.learning import services as learning
from lms.learning.models import Activity

SOURCE = "Satu kalimat.\n\nDua kalimat.\n\nTiga kalimat.\n"
LOCAL = SOURCE.replace("Dua", '!!! local "Di Bontang"\n    Pasar Taman Rawa.\n\nDua')
OPTIONS = [{"text": "Ya", "correct": True, "rationale": "Satu."}, {"text": "Tidak", "rationale": "Bukan."}]


def lesson(key="buka", source=SOURCE, **more):
    return {"type": "lesson", "key": key, "title": f"Halaman {key}", "settings": {"source": source}, **more}


def quiz(*stems):
    items = [{"key": f"soal-{number}", "kind": "single_choice", "stem": stem, "options": OPTIONS} for number, stem in enumerate(stems)]
    return {"type": "quiz", "key": "kuis", "title": "Kuis", "settings": {"items": items}}


def write(module, key, **values):
    """Change an activity of a draft as its editor does: the columns, or the source of a lesson."""
    activity = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id, Activity.key == key)).one()
    source = values.pop("source", None)
    for name, value in values.items():
        setattr(activity, name, value)
    if source is not None:
        activity.settings = {**activity.settings, "source": source}
    db.session.flush()


def republish(module, **changes):
    """Publish a module again and let its copies know."""
    revision = learning.publish(actor_id=None, module=module)
    services.note_revision(revision)
    commit()
    return revision


def sources(module):
    return {activity.key: activity.settings.get("source") for activity in learning.draft_activities(module.id)}
