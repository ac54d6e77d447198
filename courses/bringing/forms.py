"""Where a document goes."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import SelectField, StringField
from wtforms.validators import Length, ValidationError

from courses.folder.reader import RESERVED_MODULES
from courses.studio.forms import NewKey
from courses.studio.queries import ModuleLine
from lms.api import Form, choices, choose, rows
from lms.api import gettext as __
from lms.api import lazy_gettext as _

NEW = "new"


class BringForm(Form):
    """A new module, or one that there is."""

    where = SelectField(_("Where to"))
    title = StringField(_("Title of the new module"), [Length(max=120)])
    key = StringField(
        _("Key"), [NewKey(RESERVED_MODULES)], description=_("Part of the address. It never changes. Left empty, it is made from the title.")
    )

    def offer(self, modules: Sequence[ModuleLine], *, may_begin: bool) -> BringForm:
        """Offer a new module to who may begin one, and the modules that one may write."""
        new = [(NEW, _("A new module"))] if may_begin else []
        self.where.choices = choices(*new, *((str(module.id), choose(module.about["title"]) or module.key) for module in modules))
        return self

    def validate_title(self, field: StringField) -> None:
        """Ask for a title when the module is new."""
        if self.where.data == NEW and not (field.data or "").strip():
            raise ValidationError(__("A new module needs a title."))

    def validate_key(self, field: StringField) -> None:
        """Ask for a key when none can be made from the title."""
        made = field.data or rows.key_from(self.title.data or "")
        if self.where.data == NEW and (not made or made in RESERVED_MODULES):
            raise ValidationError(__("Write a key of small letters, digits and dashes."))
