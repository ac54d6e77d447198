"""Minutes (berita acara) of a meeting that decided who has passed.

What is printed is put together once and kept, in words, with its hash; a print is made of that alone and is the same in a year.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lms.db import db
from lms.decisions import queries
from lms.decisions.forms import MinutesForm
from lms.decisions.loading import load
from lms.decisions.models import Decision, Minutes, Outcome
from lms.decisions.pages import outcome_word
from lms.decisions.rules import sentence
from lms.decisions.spelled import day_in_words
from lms.errors import NotFound, Refused
from lms.i18n import choose, format_date, format_number, language, ngettext
from lms.i18n import gettext as _
from lms.learning.models import Cohort
from lms.learning.words import cohort_title
from lms.pdf import pdf
from lms.people.access import Actor
from lms.people.models import full_name
from lms.privacy.services import audit

SOURCE = Path(__file__).parent / "minutes.typ"
ORDER = (Outcome.PASSED, Outcome.POSTPONED, Outcome.FAILED)


def write_minutes(*, actor: Actor, cohort: Cohort, unit_name: str, form: MinutesForm) -> Minutes:
    """Keep the minutes of a meeting with the decisions that hold; the same words sent twice by the same person are one.

    Raises Refused when there is none to write down.
    """
    db.session.execute(sa.select(Cohort.id).where(Cohort.id == cohort.id).with_for_update())
    since = _last_known(cohort.id) if form.whom.data == "new" else 0
    found = {row.enrolment_id: row for row in db.session.scalars(queries.latest_decisions(cohort.id)) if row.id > since}
    people = [row for row in db.session.execute(queries.people_of(cohort.id)) if row.id in found]
    if not people:
        raise Refused(_("There is no decision to write down yet."))
    content = _content(cohort, unit_name, form, [(row, found[row.id]) for row in people])
    latest = db.session.scalar(sa.select(Minutes).where(Minutes.cohort_id == cohort.id).order_by(Minutes.id.desc()).limit(1))
    if latest is not None and (latest.digest, latest.made_by_id) == (digest_of(content), actor.id):
        return latest
    minutes = Minutes(
        cohort_id=cohort.id,
        number=(form.number.data or "").strip(),
        held_on=form.held_on.data,
        content=content,
        digest=digest_of(content),
        last_decision_id=max(row.id for row in found.values()),
        made_by_id=actor.id,
    )
    db.session.add(minutes)
    db.session.flush()
    audit(actor.id, "decisions:minutes", "cohort", cohort.id, minutes=minutes.id, people=len(people))
    return minutes


def _last_known(cohort_id: int) -> int:
    return db.session.scalar(sa.select(sa.func.max(Minutes.last_decision_id)).where(Minutes.cohort_id == cohort_id)) or 0


def _content(cohort: Cohort, unit_name: str, form: MinutesForm, decided: Sequence[tuple[Any, Decision]]) -> dict[str, Any]:
    """Return everything that is printed, in the present language."""
    loaded = load(cohort.id)
    counts = {outcome: sum(decision.outcome is outcome for _row, decision in decided) for outcome in ORDER}
    total = ngettext("%(num)s person", "%(num)s people", len(decided))
    return {
        "language": language(),
        "title": _("Minutes of the decision on passing"),
        "subject": f"{choose(dict(loaded.course_title))} · {cohort_title(cohort)}",
        "unit": unit_name,
        "number": (form.number.data or "").strip(),
        "number_label": _("Number of the minutes"),
        "opening": _(
            "Today, %(day)s, at %(place)s, the decision on passing of the programme named above was made about %(total)s.",
            day=day_in_words(form.held_on.data),
            place=(form.place.data or "").strip(),
            total=total,
        ),
        "rule": _("The passing rule: %(rule)s.", rule=sentence(loaded.tree, loaded.programme)),
        "counts": [[outcome_word(outcome), counts[outcome]] for outcome in ORDER],
        "counts_title": _("Outcome"),
        "list_title": _("Learners"),
        "heads": [_("No."), _("Name"), _("NIP/NI PPPK/NRP"), _("Unit"), _("Final mark"), _("Decision")],
        "people": [_line(number, row, decision) for number, (row, decision) in enumerate(decided, start=1)],
        "reasons_title": _("Reasons and tasks"),
        "reasons": [_reason(row, decision) for row, decision in decided if decision.reason or decision.task],
        "signatures_title": _("Signatures"),
        "signatures_about": f"{(form.place.data or '').strip()}, {format_date(form.held_on.data)}",
        "signatures": [list(pair) for pair in form.people],
    }


def _line(number: int, row: Any, decision: Decision) -> list[str]:
    mark = "–" if decision.score is None else format_number(decision.score, 2)
    name = full_name(row.title_before, row.name, row.title_after)
    band = f"{mark} ({decision.band})" if decision.band else mark
    return [str(number), name, row.employee_number or "–", row.unit_name or "–", band, outcome_word(decision.outcome)]


def _reason(row: Any, decision: Decision) -> list[str]:
    lines = [decision.reason] if decision.reason else []
    if decision.task:
        lines.append(_("Task until %(date)s: %(task)s", date=format_date(decision.due_on), task=decision.task))
    return [f"{full_name(row.title_before, row.name, row.title_after)} ({outcome_word(decision.outcome)})", "\n".join(lines)]


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of kept minutes: of their JSON with sorted names and letters as they are, in UTF-8."""
    return hashlib.sha256(json.dumps(dict(content), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def find_minutes(cohort: Cohort, minutes_id: int) -> Minutes:
    """Return kept minutes of a cohort. Raises NotFound."""
    found = db.session.scalar(sa.select(Minutes).where(Minutes.id == minutes_id, Minutes.cohort_id == cohort.id))
    if found is None:
        raise NotFound("no such minutes in the cohort")
    return found


def as_pdf(*, actor: Actor, minutes: Minutes) -> bytes:
    """Return kept minutes as a PDF, A4, with its fonts in it, that can be read aloud and for decades; that it was printed is written down."""
    audit(actor.id, "decisions:minutes_printed", "cohort", minutes.cohort_id, minutes=minutes.id)
    proof = f"SHA-256 {minutes.digest}"
    return pdf(SOURCE, {**minutes.content, "proof": proof})
