"""Beginning with a template, and making one."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from courses.starters.services import Starter
from courses.studio.forms import sections_of
from lms.api import Form, Module, choices
from lms.api import lazy_gettext as _


class BeginForm(Form):
    """Which template, what the activity is called, where it stands."""

    template = RadioField(_("Which template?"), [InputRequired()])
    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    section = SelectField(_("Section"))

    def offer(self, module: Module, starters: Sequence[Starter]) -> BeginForm:
        """Offer the templates and the module's sections."""
        self.template.choices = choices(*((one.key, one.title) for one in starters))
        self.section.choices = choices(*sections_of(module))
        return self


class TemplateForm(Form):
    """What a template is called and who may use it."""

    title = StringField(_("Title"), [InputRequired(), Length(max=120)])
    shared = BooleanField(_("Colleagues of my unit may use it"), description=_("They see your name with it. They cannot change it."))
