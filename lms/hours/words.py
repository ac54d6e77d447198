"""How forms of learning, limits and corrections are called."""

from __future__ import annotations

from typing import Any

from lms.i18n import format_number, lazy_gettext, ngettext
from lms.i18n import gettext as _
from lms.progress.models import JpCause, JpForm, JpLimit, JpRule

FORMS: dict[JpForm, Any] = {
    JpForm.CLASSROOM: lazy_gettext("Classroom training"),
    JpForm.DISTANCE: lazy_gettext("Distance training"),
    JpForm.E_LEARNING: lazy_gettext("E-learning"),
    JpForm.PRACTICE: lazy_gettext("Practice"),
    JpForm.REFLECTION: lazy_gettext("Reflection"),
    JpForm.SELF_STUDY: lazy_gettext("Self-study"),
    JpForm.SEMINAR: lazy_gettext("Seminar"),
    JpForm.WORKSHOP: lazy_gettext("Workshop"),
    JpForm.SOCIALISATION: lazy_gettext("Socialisation"),
    JpForm.COACHING: lazy_gettext("Coaching"),
    JpForm.MENTORING: lazy_gettext("Mentoring"),
    JpForm.BENCHMARKING: lazy_gettext("Benchmarking visit"),
    JpForm.INTERNSHIP: lazy_gettext("Internship or exchange"),
}

CAUSES: dict[JpCause, Any] = {
    JpCause.CORRECTED: lazy_gettext("Corrected"),
    JpCause.WITHDRAWN: lazy_gettext("Attendance taken back"),
    JpCause.RESTORED: lazy_gettext("Attendance given again"),
    JpCause.CHANGED: lazy_gettext("Hours of the meeting changed"),
    JpCause.RECOUNTED: lazy_gettext("Counted anew after another correction"),
}


def limit_words(limit: JpLimit, form: JpForm, rule: JpRule | None) -> str:
    """Return why hours were not recognised, in a sentence; empty when all were."""
    if limit is JpLimit.REPEATED:
        return _("This part was recognised in another cohort of the same year already; it counts once.")
    if rule is None or limit is JpLimit.NONE:
        return ""
    if limit is JpLimit.DAY:
        return _("%(form)s: at most %(hours)s JP count on one day.", form=FORMS[form], hours=format_number(rule.per_day or 0))
    if limit is JpLimit.MONTH:
        return ngettext(
            "%(form)s: at most %(num)s event a month counts.",
            "%(form)s: at most %(num)s events a month count.",
            rule.per_month or 0,
            form=FORMS[form],
        )
    return _("%(form)s: one event counts for at most %(hours)s JP.", form=FORMS[form], hours=format_number(rule.per_event or 0))


def rule_words(rule: JpRule) -> str:
    """Return what a rule says, in a few words."""
    parts = []
    if rule.per_day is not None:
        parts.append(_("at most %(hours)s JP a day", hours=format_number(rule.per_day)))
    if rule.per_event is not None:
        parts.append(_("at most %(hours)s JP an event", hours=format_number(rule.per_event)))
    if rule.per_month is not None:
        parts.append(ngettext("at most %(num)s event a month", "at most %(num)s events a month", rule.per_month))
    return ", ".join(parts) or _("as designed")
