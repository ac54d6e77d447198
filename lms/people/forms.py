"""Forms about people."""

from __future__ import annotations

import re
import uuid
from typing import Any

from wtforms import DateField, EmailField, HiddenField, PasswordField, RadioField, SearchField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms import i18n
from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _
from lms.people import nip
from lms.people.models import Category, IdentityType, User
from lms.people.passwords import MINIMUM_LENGTH
from lms.people.ranks import parse_grade
from lms.people.roles import SCOPES, Role, ScopeKind

# What browsers accept in <input type="email"> (WHATWG HTML, "valid e-mail address").
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ADDRESS = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)


def email_address(form: Form, field: EmailField) -> None:
    """Take off spaces around an address and refuse what cannot be one (validator)."""
    field.data = (field.data or "").strip()
    if field.data and not ADDRESS.fullmatch(field.data):
        raise ValidationError(i18n.gettext("An address looks like name@office.go.id. Please check this one."))


TIME_ZONES = [
    ("", _("As the cohort")),
    ("Asia/Pontianak", "WIB (Pontianak, Jakarta)"),
    ("Asia/Makassar", "WITA (Makassar, Balikpapan)"),
    ("Asia/Jayapura", "WIT (Jayapura)"),
]

CATEGORIES = [
    (Category.PNS, "PNS"),
    (Category.CPNS, "CPNS"),
    (Category.PPPK, "PPPK"),
    (Category.GRADUATE, _("Graduate of a civil-service school")),
    (Category.GUEST, _("Guest from another institution")),
]


class SignInForm(Form):
    """E-mail or number, and password. The field keeps the name that browsers have stored passwords under."""

    email = StringField(_("E-mail or NIP"), [InputRequired(), Length(max=200)])
    password = PasswordField(_("Password"), [InputRequired(), Length(max=200)])


class FirstAdminForm(Form):
    """The first administrator of an empty site."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    email = EmailField(_("E-mail"), [InputRequired(), email_address, Length(max=200)])
    password = PasswordField(_("Password"), [InputRequired(), Length(min=MINIMUM_LENGTH, max=200)])


class ProfileForm(Form):
    """What people change about themselves."""

    title_before = StringField(_("Title before the name"), [Length(max=60)], description=_("For instance Dr., Ir., H."))
    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    title_after = StringField(_("Title after the name"), [Length(max=80)], description=_("For instance S.Sos., M.Si."))
    birth_place = StringField(_("Place of birth"), [Length(max=80)], description=_("As it is to stand on certificates."))
    phone = StringField(_("Telephone"), [Length(max=20)], description=_("For contact in the field. May stay empty."))
    language = SelectField(_("Language"), choices=choices(*i18n.LANGUAGES.items()))
    time_zone = SelectField(_("Time zone"), choices=choices(*TIME_ZONES))


class PasswordForm(Form):
    """A new password."""

    current_password = PasswordField(_("Present password"), [InputRequired()])
    new_password = PasswordField(
        _("New password"),
        [InputRequired(), Length(min=MINIMUM_LENGTH, max=200)],
        description=_("At least 10 characters. A sentence that only you know is best."),
    )


class PersonForm(ProfileForm):
    """A person, as administrators see them."""

    email = EmailField(_("E-mail"), [Optional(), email_address, Length(max=200)], description=_("Needed to sign in."))
    category = SelectField(_("Kind"), choices=choices(*CATEGORIES), description=_("How they belong to the civil service."))
    employee_number = StringField(_("NIP or NI PPPK"), [Length(max=40)], description=_("18 digits; may stay empty."))
    birth_date = DateField(_("Date of birth"), [Optional()], description=_("Taken from the NIP where there is one."))
    grade = StringField(_("Golongan"), [Length(max=60)], description=_("For instance III/a; of a PPPK, IX."))
    position = StringField(_("Position"), [Length(max=120)])
    institution = StringField(_("Institution, if outside our units"), [Length(max=160)])
    unit_id = SelectField(_("Unit"), coerce=int)

    number: str | None = None
    identity_type: IdentityType = IdentityType.NONE
    warnings: tuple[str, ...] = ()

    def __init__(self, *, user: User | None = None, units: list[tuple[int, str]] | None = None, **values: Any) -> None:
        """Show a person, or nobody yet; units are the choices for where they work."""
        super().__init__(obj=user, **values)
        self.known = user
        self.unit_id.choices = choices((0, i18n.gettext("In none of our units")), *(units or []))
        if not self.employee_number.raw_data:
            self.employee_number.data = nip.in_blocks(self.employee_number.data or "")

    @property
    def values(self) -> dict[str, Any]:
        """Return what the services take: the fields, and the number as it is kept. The field itself keeps what was typed."""
        return {**self.data, "employee_number": self.number, "identity_type": self.identity_type}

    def validate_grade(self, field: StringField) -> None:
        """Turn what was typed into a code (`Penata Muda` is III/a), and refuse what is none."""
        code = parse_grade(field.data or "")
        if field.data and field.data.strip() and not code:
            raise ValidationError(i18n.gettext("A golongan looks like III/a, of a PPPK like IX."))
        field.data = code

    def validate_employee_number(self, field: StringField) -> None:
        """Accept a number with the shape of a NIP, or none; one that is kept already stays as it is (some are no NIP)."""
        self.number, self.identity_type, self.warnings = None, IdentityType.NONE, ()
        typed = "".join((field.data or "").split())
        if not typed:
            return
        if self.known is not None and typed == self.known.employee_number:
            self.number, self.identity_type = typed, self.known.identity_type
            return
        try:
            found = nip.parse(field.data)
        except nip.NumberError as error:
            raise ValidationError(str(error)) from error
        self.number, self.identity_type, self.warnings = found.digits, found.type, found.warnings


class RoleForm(Form):
    """A role that somebody is given: which, where, from … to …."""

    role = HiddenField()
    q = SearchField(_("Where"), [Length(max=100)])
    scope_id = RadioField(_("Where"), choices=[], coerce=int, validate_choice=False, default=0)
    valid_from = DateField(_("From"), [InputRequired()])
    valid_to = DateField(_("Until and including"), [Optional()], description=_("Empty: until it is taken away."))

    @property
    def chosen(self) -> tuple[Role, ScopeKind] | None:
        """Return the role and the kind of place, or None while nothing is chosen."""
        known = {f"{role.value}-{kind.value}": (role, kind) for role, kinds in SCOPES.items() for kind in kinds}
        return known.get(self.role.data or "")

    def validate_scope_id(self, field: RadioField) -> None:
        """Ask for a place unless the role holds on the whole site."""
        if self.chosen and self.chosen[1] is not ScopeKind.SITE and not field.data:
            raise ValidationError(i18n.gettext("Choose one of the places found."))

    def validate_valid_to(self, field: DateField) -> None:
        """Refuse an end before the beginning."""
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError(i18n.gettext("The end is before the beginning."))


class ManagerForm(Form):
    """Who is a person's line manager, since when."""

    q = SearchField(_("Name, e-mail or NIP"), [Length(max=100)])
    supervisor_id = RadioField(
        _("Line manager"), [InputRequired(_("Choose one of the people found."))], choices=[], coerce=uuid.UUID, validate_choice=False
    )
    since = DateField(_("Since"), [InputRequired()])


class UnitForm(Form):
    """A unit's names."""

    name = StringField(_("Name"), [InputRequired(), Length(max=200)])
    short_name = StringField(_("Short name"), [Length(max=40)], description=_("As people say it: Dinkes, Disdikbud."))


class AliasForm(Form):
    """Another name of a unit."""

    alias = StringField(
        _("Another name"),
        [InputRequired(), Length(max=200)],
        description=_("As it stands in spreadsheets. Capitals, dots and spaces do not matter."),
    )


class MoveForm(Form):
    """A new place for a unit in the tree."""

    parent_id = SelectField(_("Below"), coerce=int)


class CloseForm(Form):
    """The last day of a unit; empty: it goes on."""

    valid_to = DateField(_("Last day"), [Optional()], description=_("Empty: the unit goes on."))
