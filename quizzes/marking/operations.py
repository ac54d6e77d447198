"""Marks that somebody gave without a connection, taken in afterwards: judged by what is there when they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from lms.api import Actor, NotFound, Operation, Refused, db, gettext
from lms.api import lazy_gettext as _
from quizzes.base import MARK, plugin
from quizzes.marking import forms, papers, queries


@plugin.operation("quizzes:mark", _("A mark"))
def take_mark(actor: Actor, operation: Operation) -> dict[str, Any]:
    """Give a mark to an answer as the marker had seen it. Raises Refused when somebody marked it meanwhile: that mark stays."""
    fields, code = operation.body.get("fields"), str(operation.body.get("answer", ""))
    paper = db.session.scalar(queries.paper_with(actor, code)) if actor.may(MARK) else None
    if paper is None or not isinstance(fields, Mapping):
        raise NotFound("no answer that this person marks")
    sent = MultiDict({str(name): str(value).replace("\r\n", "\n") for name, value in fields.items()})
    form = forms.mark_form(papers.question_of(paper), answer=code, seen="", formdata=sent)
    if not form.validate():
        raise Refused(" ".join(f"{form[name].label.text}: {' '.join(map(str, errors))}" for name, errors in form.errors.items() if name))
    if not papers.save(actor=actor, paper=paper, verdict=form.verdict, seen=str(operation.body.get("seen", ""))):
        raise Refused(gettext("Somebody marked this answer meanwhile, or the learner's answer changed. Open it and look again."))
    return {}
