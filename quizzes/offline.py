"""Practice without a connection: the page that goes into a module's pack, and taking what came of it afterwards.

Only quizzes whose author says `practice` are in a pack: their right answers lie on learners' devices. All others are asked on the site alone,
so nothing of them is in a pack. What learners see in a pack is the same for all: the options of an item are mixed once for each of its
versions, so a page changes only when something on it does.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from flask import render_template
from werkzeug.datastructures import MultiDict

from lms.api import Actor, Context, Refused, attempts_of, gettext, open_activity
from quizzes.attempts import services
from quizzes.attempts.questions import MODEL, Question, assemble, questions_of, way_of
from quizzes.attempts.variants import make_variant, version_ids
from quizzes.items.services import Asked, asked
from quizzes.kinds.base import Response, Variant
from quizzes.kinds.choice import OptionKind
from quizzes.marking import services as marking

FIELD = re.compile(r"v(\d{1,18})-(.+)")


def page(ctx: Context) -> str | None:
    """Return a practice quiz with its feedback, as HTML without anybody's names; None for a quiz that needs a connection."""
    if not ctx.settings.get("practice") or ctx.revision_id is None:
        return None
    questions = questions_offline(ctx.settings)
    if any(question.kind.by_person for question in questions):
        return None
    count = sum(question.kind.asks for question in questions)
    return render_template("quizzes/offline.html", ctx=ctx, questions=questions, count=count, shares=shares, reveal=MODEL)


def questions_offline(settings: Mapping[str, Any]) -> list[Question]:
    """Return the questions of a published quiz as its page in a pack asks them."""
    known = asked(version_ids(settings))
    mixed = settings.get("shuffle", True)
    found = assemble(make_variant(settings, known, "offline"), way_of(settings), {}, {}, known)
    return [replace(one, variant=_variant(one.item, mixed=mixed), prefix=f"v{one.item.version_id}-") for one in found]


def _variant(item: Asked, *, mixed: bool) -> Variant:
    return item.kind.variant(item.data, Random(item.version_id) if mixed else None)  # noqa: S311 - an order, not a secret


def shares(question: Question) -> list[float]:
    """Return what each option earns, in the order shown, where a device can say itself how right a choice is; else nothing."""
    kind, data = question.kind, question.data
    if not isinstance(kind, OptionKind) or data["answer"] not in {"", "choose"}:
        return []
    order = [key for key, _row in question.rows("options")]
    if kind.several:
        return [float(bool(question.option("options", key)["correct"])) for key in order]
    return [round(kind.mark(data, {"choice": [key]}) or 0.0, 2) for key in order]


def take(*, actor: Actor, body: Mapping[str, Any], moment: dt.datetime) -> None:
    """Take a practice run that was done without a connection: an attempt, answered and handed in at `moment`.

    body: `{"id": a UUID made on the device, "cohort": 1, "module": key, "activity": key, "fields": {"v12-choice": "a"}}`; a field is a text
    or a list of texts, named as on the page. The same id again changes nothing. An attempt that runs on the site already is handed in with
    these answers; what was answered there before stays among its steps. An answer to another wording of an item counts if it fits the one
    that is asked now. Raises NotFound for what is not the actor's or was not asked, Refused while it is closed, and for a quiz that is no
    practice.
    """
    ctx = open_activity(actor, int(body["cohort"]), str(body["module"]), str(body["activity"]), "quiz")
    if not ctx.settings.get("practice"):
        raise Refused(gettext("This quiz is taken with a connection only."))
    run = str(uuid.UUID(str(body["id"])))
    if any(attempt.variant.get("run") == run for attempt in attempts_of(int(ctx.enrolment_id or 0), ctx.module_id, ctx.key)):
        return
    answers = _answers(MultiDict(body["fields"]))
    attempt = services.begin(ctx=ctx)
    for question in questions_of(attempt):
        item, response = answers.get(question.item.item_id, (question.item, {}))
        if response and (item == question.item or (item.kind is question.kind and item.kind.compatible(item.data, question.data))):
            services.save(actor=actor, attempt_id=attempt.id, slot=question.number, given=services.Given(response=response))
    attempt, sitting = services.own(actor, attempt.id, lock=True)
    attempt.variant = {**attempt.variant, "run": run}
    attempt.started_at = min(attempt.started_at, moment)
    services.hand_in(actor=actor, attempt=attempt, sitting=sitting, moment=moment)
    marking.mark_attempt(attempt.id)


def _answers(fields: MultiDict[str, Any]) -> dict[int, tuple[Asked, Response]]:
    """Return {item id: (the version that was asked, what was answered)} from the fields of a page."""
    posted: dict[int, MultiDict[str, Any]] = {}
    for name, text in fields.items(multi=True):
        if found := FIELD.fullmatch(name):
            posted.setdefault(int(found[1]), MultiDict()).add(found[2], text)
    known = asked(posted)
    mixed = "fixed" not in fields
    return {
        item.item_id: (item, item.kind.read(item.data, _variant(item, mixed=mixed), posted[item.version_id]))
        for item in known.values()
        if item.kind.asks and not item.kind.by_person
    }
