"""The four components of a blended programme (mandiri, lapangan, jurnal, sesi) and how far one person is with each, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lms.decisions.facts import Part, Person, Programme
from lms.decisions.rules import Standing
from lms.i18n import gettext as _
from lms.i18n import ngettext
from lms.progress.models import CompletionState


@dataclass(frozen=True, slots=True)
class Component:
    """A component of one person: its name, how far, and that in words."""

    key: str
    title: str
    standing: Standing
    text: str
    begun: bool = True


def components_of(programme: Programme, person: Person) -> list[Component]:
    """Return the components that the programme has."""
    found = [_independent(programme, person)]
    for key, title in (("field", _("Field study")), ("journal", _("Journals"))):
        parts = programme.of(key)
        if parts:
            found.append(_pieces(key, title, parts, person))
    if person.attendance.over:
        found.append(_sessions(person))
    return found


def _independent(programme: Programme, person: Person) -> Component:
    """Count what is required beside journals and visits."""
    pieces = [*programme.of("field"), *programme.of("journal")]
    states = [person.modules[module.id] for module in programme.modules if module.required and module.id in person.modules]
    total = sum(state.required for state in states) - len(pieces)
    done = sum(state.done for state in states) - sum(person.state(part).state is CompletionState.COMPLETE for part in pieces)
    waiting = sum(state.waiting for state in states) - sum(person.state(part).state is CompletionState.WAITING for part in pieces)
    title = _("Independent study")
    if total <= 0:
        return Component("independent", title, Standing.OPEN, _("not begun"), begun=False)
    if done >= total:
        return Component("independent", title, Standing.MET, ngettext("%(num)s part complete", "all %(num)s parts complete", total))
    text = _("%(done)s of %(total)s parts complete", done=max(done, 0), total=total)
    if waiting > 0 and done + waiting >= total:
        return Component("independent", title, Standing.WAITING, _("%(text)s, the rest is with the instructor", text=text))
    return Component("independent", title, Standing.OPEN, text, begun=done + waiting > 0)


def _pieces(key: str, title: str, parts: Sequence[Part], person: Person) -> Component:
    states = [person.piece(part).state for part in parts]
    done, waiting = states.count(CompletionState.COMPLETE), states.count(CompletionState.WAITING)
    if done == len(parts):
        return Component(key, title, Standing.MET, ngettext("%(num)s accepted", "all %(num)s accepted", done))
    text = _("%(done)s of %(total)s accepted", done=done, total=len(parts))
    if done + waiting == len(parts):
        return Component(key, title, Standing.WAITING, _("%(text)s, the rest is with the instructor", text=text))
    return Component(key, title, Standing.OPEN, text, begun=any(state is not CompletionState.NOT_STARTED for state in states))


def _sessions(person: Person) -> Component:
    seen = person.attendance
    if seen.not_entered:
        return Component("session", _("Sessions"), Standing.OPEN, _("attendance has not been entered yet"), begun=False)
    text = _("%(done)s of %(total)s attended", done=seen.attended, total=seen.held)
    return Component("session", _("Sessions"), Standing.MET if seen.attended == seen.held else Standing.OPEN, text, begun=seen.attended > 0)
