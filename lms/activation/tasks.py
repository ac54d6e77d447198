"""Piles of letters, made by a worker; and what is forgotten of them."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import uuid
import zipfile
from collections.abc import Collection

import sqlalchemy as sa

from lms import i18n
from lms.activation import letters, queries, services
from lms.activation.models import ActivationCode
from lms.db import db, utcnow
from lms.export import file_name
from lms.i18n import gettext as _
from lms.jobs.batches import advance, finish, working
from lms.jobs.models import Batch, BatchFile
from lms.learning.models import Cohort
from lms.learning.words import cohort_title
from lms.people.models import Unit
from lms.people.services import fold

ORIGIN = "/letters"
KEEP = dt.timedelta(days=1)
FORGET_CODES = dt.timedelta(days=30)


def make_letters(batch_id: str, cohort_id: int, people: list[str], per_agency: bool, language: str, actor_id: str) -> None:
    """Give these people codes and print their letters: one PDF, or a ZIP archive with one for each agency (task `lms:make_letters`).

    A worker that was killed is followed by one that begins anew: nobody has seen the codes of the pile that was not finished.
    """
    with working(batch_id) as batch:
        i18n.use(language, None)
        cohort = db.session.get_one(Cohort, cohort_id)
        sender = db.session.scalars(sa.select(Unit.name).where(Unit.id == cohort.organizer_unit_id)).one()
        now = utcnow()
        rows = db.session.execute(queries.people_of(cohort_id, [uuid.UUID(one) for one in people], now.date())).all()
        codes = services.issue(actor_id=uuid.UUID(actor_id), people=[row.id for row in rows])
        title, until = cohort_title(cohort), now + services.VALID_FOR
        piles: dict[object, list[letters.Letter]] = {}
        for row in rows:
            pile = (row.unit_id or fold(row.agency or "")) if per_agency else ""
            piles.setdefault(pile, []).append(letters.letter_of(row, row.agency, codes[row.id]))
        name = file_name(f"{title} {_('letters')}")
        made: dict[str, bytes] = {}
        batch.done = 0
        for pile in piles.values():
            made[_free_name(pile[0].agency, made)] = letters.pdf_of(pile, programme=title, sender=sender, until=until)
            advance(batch, len(pile))
        finish(batch, file=_one_file(name, made, zipped=per_agency))


def _free_name(agency: str, made: Collection[str]) -> str:
    """Return the name of an agency's file; of two agencies whose names look the same in it, the second is counted."""
    plain = file_name(agency or _("no unit"))
    names = itertools.chain([plain], (f"{plain}-{number}" for number in itertools.count(2)))
    return next(f"{one}.pdf" for one in names if f"{one}.pdf" not in made)


def _one_file(name: str, made: dict[str, bytes], *, zipped: bool) -> tuple[str, str, bytes] | None:
    if not made:
        return None
    if not zipped:
        return f"{name}.pdf", "application/pdf", next(iter(made.values()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in made.items():
            archive.writestr(path, data)
    return f"{name}.zip", "application/zip", out.getvalue()


def forget_letters() -> None:
    """Remove piles of letters after a day, and codes that have ended a month ago (task, hourly): they hold what opens accounts."""
    old = sa.select(Batch.id).where(Batch.origin.endswith(ORIGIN, autoescape=True), Batch.created_at < utcnow() - KEEP)
    db.session.execute(sa.delete(BatchFile).where(BatchFile.batch_id.in_(old)))
    db.session.execute(sa.delete(ActivationCode).where(ActivationCode.expires_at < utcnow() - FORGET_CODES))
