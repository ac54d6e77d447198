"""Forms of the library."""

from __future__ import annotations

from typing import Any

from wtforms import FileField, MultipleFileField, RadioField, SelectField, StringField
from wtforms.validators import Length

from lms.api import Form, choices
from lms.api import lazy_gettext as _
from media.models import Description, File, Licence, Sharing

LICENCES = (
    (Licence.UNKNOWN.value, _("not known yet")),
    (Licence.OWN.value, _("made by myself")),
    (Licence.AGENCY.value, _("belongs to our agency")),
    (Licence.PUBLIC.value, _("public document (Law 28/2014, articles 42 and 43)")),
    (Licence.CC0.value, _("CC0: given to everybody")),
    (Licence.CC_BY.value, _("CC BY: name the author")),
    (Licence.CC_BY_SA.value, _("CC BY-SA: name the author, share alike")),
    (Licence.PERMISSION.value, _("used with written permission")),
)
SHARING = (
    (Sharing.UNIT.value, _("Instructors of my unit")),
    (Sharing.EVERYBODY.value, _("All instructors")),
    (Sharing.NOBODY.value, _("Only I")),
)


class UploadForm(Form):
    """Several files at once, for browsers without the script."""

    files = MultipleFileField(_("Files"))


class DescribeForm(Form):
    """What is said of a file."""

    name = StringField(_("Name"), [Length(max=120)])
    alternative_id = StringField(
        _("What it shows, in Indonesian"),
        [Length(max=300)],
        description=_("For who cannot see it, or has no signal. One sentence; leave out “picture of”."),
    )
    alternative_en = StringField(_("What it shows, in English"), [Length(max=300)], description=_("May stay empty."))
    licence = SelectField(_("Licence"), choices=choices(*LICENCES))
    source = StringField(_("Source"), [Length(max=300)], description=_("Who made it, and where it was found."))
    sharing = RadioField(_("Who finds it in the library"), choices=choices(*SHARING))

    @classmethod
    def of_entry(cls, file: File, entry: Description | None) -> DescribeForm:
        """Return the form with what is known."""
        told = entry.alternative if entry else {}
        return cls(
            data={
                "name": entry.name if entry else file.name,
                "alternative_id": told.get("id", ""),
                "alternative_en": told.get("en", ""),
                "licence": (entry.licence if entry else Licence.UNKNOWN).value,
                "source": entry.source if entry else "",
                "sharing": (entry.sharing if entry else Sharing.UNIT).value,
            }
        )

    @property
    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        texts = {"id": (self.alternative_id.data or "").strip(), "en": (self.alternative_en.data or "").strip()}
        return {
            "name": (self.name.data or "").strip(),
            "alternative": {code: text for code, text in texts.items() if text},
            "licence": Licence(self.licence.data),
            "source": (self.source.data or "").strip(),
            "sharing": Sharing(self.sharing.data),
        }


class ReplaceForm(Form):
    """Another file in the place of this one."""

    file = FileField(_("The new file"))


class CaptionForm(Form):
    """Captions in a language."""

    language = SelectField(_("Language"), choices=choices(("id", _("Indonesian")), ("en", _("English"))))
    file = FileField(_("Captions"), description=_("A WebVTT file (.vtt). Programs for captions write it."))
