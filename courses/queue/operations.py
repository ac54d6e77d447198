"""Answers that an instructor wrote without a connection, taken in afterwards: judged by what is there when they arrive.

What cannot be taken any more is refused with the reason, and the text stays on the device it came from.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from courses.assignments import services as assignments
from courses.assignments.views import ACCEPT, marking_form
from courses.base import ANSWER, plugin
from courses.entries import desk as desks
from courses.entries import services as entries
from lms.api import MARK, Actor, Form, NotFound, Operation, Permission, Refused, gettext
from lms.api import lazy_gettext as _


def sent(actor: Actor, permission: Permission, operation: Operation, name: str) -> tuple[uuid.UUID, dict[str, str]]:
    """Return the id that an operation names and the fields of its form. Raises NotFound for what is none, or for who may not answer."""
    fields = operation.body.get("fields")
    if not actor.may(permission) or not isinstance(fields, Mapping):
        raise NotFound("no answer of this person")
    try:
        return uuid.UUID(str(operation.body.get(name))), {str(key): str(value).replace("\r\n", "\n") for key, value in fields.items()}
    except ValueError as error:
        raise NotFound("an answer to nothing") from error


def look(form: Form) -> None:
    """Raise Refused with what the fields of a form lack."""
    if not form.validate():
        raise Refused(" ".join(f"{form[name].label.text}: {' '.join(map(str, errors))}" for name, errors in form.errors.items() if name))


@plugin.operation("courses:answer", _("An answer to a journal or a visit"))
def take_answer(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Give an answer to the version that the instructor had read."""
    entry_id, fields = sent(actor, ANSWER, operation, "entry")
    desk = desks.desk_sent(actor, entry_id, {**fields, "version": str(operation.body.get("version", ""))})
    if not desk.waits and desk.typed["version"] in {"", str(desk.newest.number)}:
        raise Refused(gettext("This version has been answered already."))
    if desk.problem:
        raise Refused(desk.problem)
    look(desk.form)
    if desk.unkind:
        raise Refused(gettext("Look at these words once more before you send: %(words)s", words=", ".join(desk.unkind)))
    entries.answer(actor=actor, entry=desk.entry, **desk.given)
    return {}


@plugin.operation("courses:mark", _("An answer to an assignment"))
def take_mark(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Give an answer to the version of an assignment that the instructor had read."""
    attempt_id, fields = sent(actor, MARK, operation, "attempt")
    work = assignments.work_for(actor, attempt_id, to_answer=True)
    if work.waits and attempt_id != work.latest.id:
        raise Refused(gettext("A newer version has come in. Read it first; what you wrote is still here."))
    form: Any = marking_form(work.rubric, work.parts)(formdata=MultiDict(fields))
    if not form.decided:
        raise NotFound("nothing was decided")
    if work.waits:
        look(form)
    said = {"feedback": form.feedback.data, "remarks": form.remarks(work.parts)}
    assignments.answer(actor=actor, work=work, levels=form.levels(work.rubric), accepted=form.decision.data == ACCEPT, **said)
    return {}
