"""Forms of templates, issuing, revoking and the check page."""

from __future__ import annotations

from typing import Any

from wtforms import DateField, FileField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from lms.credentials.models import CertificateTemplate, CredentialKind
from lms.credentials.numbers import NAMES, PatternError, check_pattern
from lms.credentials.texts import TOKENS, check_text
from lms.forms import Form, choices
from lms.i18n import lazy_gettext as _

KINDS = {
    CredentialKind.STTP: _("STTP: for who has passed"),
    CredentialKind.CERTIFICATE: _("Certificate (sertifikat): for who has taken part and passed"),
    CredentialKind.STATEMENT: _("Statement (surat keterangan): for who took part and did not pass"),
}
SHORT = {CredentialKind.STTP: "STTP", CredentialKind.CERTIFICATE: _("Certificate"), CredentialKind.STATEMENT: _("Statement")}


class TemplateForm(Form):
    """How certificates of one kind look and are numbered."""

    name = StringField(_("Name of the template"), [InputRequired(), Length(max=80)])
    kind = RadioField(_("Kind"), [InputRequired()], choices=choices(*((kind.value, label) for kind, label in KINDS.items())))
    unit_id = SelectField(_("Of which unit"), coerce=int, description=_("Cohorts of this unit and of those below can use it."))
    heading = TextAreaField(
        _("Lines at the head"),
        [InputRequired(), Length(max=300)],
        description=_("One line each, for instance the government and the agency."),
    )
    letterhead = FileField(_("Letterhead as a picture"), description=_("Optional; PNG, JPEG or SVG, wide: 1600 × 260 pixels fit exactly."))
    issuer = StringField(_("Issuer"), [InputRequired(), Length(max=160)], description=_("As it stands in the text and on the check page."))
    place = StringField(_("Place of signing"), [InputRequired(), Length(max=80)])
    on_behalf = StringField(_("On behalf of"), [Length(max=120)], description=_("For instance: a.n. Bupati …; or empty."))
    acting = SelectField(_("Acting"), choices=choices(("", "–"), ("Plt.", "Plt."), ("Plh.", "Plh.")))
    signer_position = StringField(_("Position of who signs"), [InputRequired(), Length(max=160)])
    signer_name = StringField(_("Name of who signs"), [InputRequired(), Length(max=120)])
    signer_rank = StringField(_("Rank of who signs"), [Length(max=80)])
    signer_number = StringField(_("NIP of who signs"), [Length(max=30)])
    program_code = StringField(_("Code of the programme"), [Length(max=30)])
    unit_code = StringField(_("Code of the unit"), [Length(max=30)])
    number_pattern = StringField(_("Pattern of the numbers"), [InputRequired(), Length(max=120)])
    text = TextAreaField(_("Text"), [InputRequired(), Length(max=1000)])

    def validate_number_pattern(self, field: StringField) -> None:
        """Refuse a pattern that would not give each certificate a number of its own."""
        try:
            check_pattern(field.data or "", program_code=self.program_code.data or "", unit_code=self.unit_code.data or "")
        except PatternError as error:
            raise ValidationError(str(error)) from None

    def validate_text(self, field: TextAreaField) -> None:
        """Refuse tokens that there are not."""
        try:
            check_text(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from None

    @classmethod
    def for_template(cls, template: CertificateTemplate | None, units: Any, **values: Any) -> TemplateForm:
        """Return the form of a template, or of a new one with these values."""
        form = cls(obj=template, **({"kind": template.kind.value} if template else values))
        form.unit_id.choices = choices(*((unit.id, unit.name) for unit in units))
        return form

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        texts = {name: value.strip() if isinstance(value, str) else value for name, value in self.data.items() if name != "letterhead"}
        return {**texts, "kind": CredentialKind(self.kind.data)}

    @property
    def tokens(self) -> dict[str, tuple[str, ...]]:
        """Return the tokens of number and text."""
        return {"number": ("seq:0000", *NAMES), "text": TOKENS}


class IssueForm(Form):
    """Which template, which day, and whom: who is ticked, or everybody."""

    template_id = SelectField(_("Template"), coerce=int)
    day = DateField(_("Day of issue"), [InputRequired()])
    only = SelectMultipleField(_("To whom"), coerce=int)


class EndForm(Form):
    """Why a certificate holds no more, and what becomes of it."""

    act = RadioField(
        _("What is to be done?"),
        [InputRequired()],
        choices=choices(
            ("reissue", _("Issue anew, with a number of its own and what is known today")), ("revoke", _("Revoke, and issue nothing"))
        ),
        default="reissue",
    )
    reason = TextAreaField(
        _("Reason"), [InputRequired(), Length(min=5, max=300)], description=_("The holder reads it; the check page does not.")
    )


class CodeForm(Form):
    """A code off a paper."""

    code = StringField(_("Code on the certificate"), [InputRequired(), Length(max=40)])

    def validate_code(self, field: StringField) -> None:
        """Refuse what cannot be a code."""
        if not any(sign.isalnum() for sign in field.data or ""):
            raise ValidationError(_("A code has letters and digits."))
