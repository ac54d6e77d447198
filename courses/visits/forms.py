"""Forms of visits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import DateField, FileField, HiddenField, RadioField, SelectField, StringField, TelField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from courses.visits import labels
from courses.visits.models import ConsentForm, ConsentKind, PhotoShows, Relation, VisitRole, Witness
from lms.api import Form, choices
from lms.api import lazy_gettext as _

PHONE = Regexp(r"^[0-9+() .-]{2,30}$", message=_("Digits, spaces and + - . ( ) only."))


def _of(titles: Mapping[Any, Any]) -> Any:
    return choices(*titles.items())


def _uuid(value: Any) -> uuid.UUID:
    return uuid.UUID(str(value))


def _phone(label: Any, **options: Any) -> TelField:
    return TelField(label, [Optional(), PHONE], **options)


class SheetForm(Form):
    """The sheet of a visit; day and times are the cohort's."""

    host = StringField(
        _("Host"), [InputRequired(), Length(max=120)], description=_("The institution, for instance a Puskesmas or a village.")
    )
    activity = SelectField(_("Activity"), [InputRequired()])
    schedule_entry_id = SelectField(_("Meeting of the schedule"), coerce=int, default=0)
    day = DateField(_("Day"), [InputRequired()])
    begins = TimeField(_("From"), [InputRequired()])
    ends = TimeField(_("Until"), [InputRequired()])
    meeting_point = StringField(_("Meeting point"), [Length(max=200)])
    transport = TextAreaField(_("How to get there"), [Length(max=1000)])
    purpose = TextAreaField(_("Purpose, as the host knows it"), [Length(max=1000)])
    limits = TextAreaField(
        _("Agreed limits"), [Length(max=1000)], description=_("What nobody asks about, where nobody goes, what nobody photographs.")
    )
    agreement = StringField(_("Number of the written agreement"), [Length(max=120)])
    agreed_on = DateField(_("Agreed on"), [Optional()])
    contact_role = StringField(_("Contact at the host (role)"), [Length(max=120)])
    contact_phone = _phone(_("Phone of the contact"))
    language_help = StringField(_("Language help"), [Length(max=200)], description=_("Which language, and whose role it is to interpret."))
    risks = TextAreaField(_("Risks, and what we do about them"), [Length(max=2000)])
    clinic = StringField(_("Nearest clinic"), [Length(max=200)])
    clinic_phone = _phone(_("Phone of the clinic"))
    emergency_phone = _phone(_("Emergency number"), default="112")
    escort = StringField(_("Local escort (role)"), [Length(max=120)])
    escort_phone = _phone(_("Phone of the escort"))
    support = StringField(
        _("Support service"), [Length(max=120)], description=_("For whoever is shaken afterwards, among hosts or among us.")
    )
    support_phone = _phone(_("Phone of the support service"))
    tell_by = DateField(_("Tell the host by"), [Optional()], description=_("Empty: two weeks after the visit."))

    @property
    def place(self) -> tuple[int, str]:
        """Return (module id, activity key)."""
        number, _slash, key = self.activity.data.partition("/")
        return int(number), key


class MemberForm(Form):
    """Somebody who goes along, and what they do."""

    enrolment_id = SelectField(_("Who"), coerce=int)
    role = SelectField(_("Role"), choices=_of(labels.ROLES), coerce=VisitRole)

    @classmethod
    def of_people(cls, people: Iterable[Any]) -> MemberForm:
        """Return the form with the people who have no visit yet."""
        form = cls()
        form.enrolment_id.choices = choices(*((row.id, row.name) for row in people))
        return form


class GroupForm(Form):
    """A group to take into visits."""

    group_id = SelectField(_("Group"), coerce=int)


class ConsentRecordForm(Form):
    """A consent, without names."""

    consent_id = HiddenField()
    kind = HiddenField()
    relation = RadioField(_("Who agrees?"), [InputRequired()], choices=_of(labels.RELATIONS), coerce=Relation, default=Relation.SELF)
    form = RadioField(_("How?"), [InputRequired()], choices=_of(labels.FORMS), coerce=ConsentForm, default=ConsentForm.ORAL_WITNESSED)
    witness = SelectField(_("Witness"), choices=_of(labels.WITNESSES), coerce=Witness)
    language = SelectField(_("Language in which you asked"), choices=_of(labels.LANGUAGES))
    paper_number = StringField(
        _("Number of the paper form"),
        [InputRequired(), Length(max=30)],
        description=_("The paper with the name stays with the host. Only its number stands here."),
    )
    given_on = DateField(_("Given on"), [InputRequired()])
    expires_on = DateField(_("Holds until"), [Optional()], description=_("Empty: 90 days for pictures and sound."))

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes. The id is made here when the page had none."""
        return {
            **{name: self[name].data for name in ("relation", "form", "witness", "language", "paper_number", "given_on", "expires_on")},
            "kind": ConsentKind(self.kind.data),
            "consent_id": made_id(self.consent_id.data),
        }


class PhotoForm(Form):
    """A photo and what allows it."""

    photo_id = HiddenField()
    shows = RadioField(_("What is on it?"), [InputRequired()], choices=_of(labels.SHOWS), coerce=PhotoShows, default=PhotoShows.NO_FACE)
    consent = SelectField(_("Consent"), [InputRequired()], coerce=_uuid, validate_choice=False)
    photo = FileField(_("Photo"))


class DebriefForm(Form):
    """Minutes of the talk afterwards."""

    surprise = TextAreaField(labels.QUESTIONS["surprise"], [Length(max=2000)])
    works = TextAreaField(labels.QUESTIONS["works"], [Length(max=2000)])
    next = TextAreaField(labels.QUESTIONS["next"], [Length(max=2000)])


class ToldForm(Form):
    """What the host was told."""

    told = TextAreaField(_("What did the host hear?"), [InputRequired(), Length(max=2000)])
    told_by = StringField(_("Who told them (role)"), [InputRequired(), Length(max=120)])
    told_on = DateField(_("When"), [InputRequired()])


class PaperForm(Form):
    """The hour of the signed list; who signed it stands beside."""

    begins = TimeField(_("They signed at"), [InputRequired()])


def made_id(text: str | None) -> uuid.UUID:
    """Return the id that the page carried, or a new one."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return uuid.uuid4()
