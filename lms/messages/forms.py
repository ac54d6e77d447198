"""The form of one's choices: a field for each kind of notice that is not exempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wtforms import SelectField

from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _
from lms.messages.kinds import NoticeKind
from lms.messages.models import Frequency
from lms.messages.services import frequency_of

WORDS = {
    Frequency.NOW: _("at once"),
    Frequency.DAILY: _("daily mail"),
    Frequency.WEEKLY: _("weekly mail"),
    Frequency.APP: _("only in Peduli"),
}


def choice_form(kinds: Iterable[NoticeKind], chosen: Mapping[str, Frequency]) -> Form:
    """Return the form for these kinds, with what a person has chosen."""
    fields = {
        kind.key: SelectField(kind.title, choices=choices(*WORDS.items()), description=kind.sentence, coerce=Frequency)
        for kind in kinds
        if not kind.exempt
    }
    return Form.of(**fields)(data={kind.key: frequency_of(kind, chosen) for kind in kinds})
