"""Forms: WTForms with our translations, and protection against forged requests by WTForms' own SessionCSRF."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Self, cast

import wtforms
from flask import current_app, g, has_request_context, request, session
from flask_login import current_user
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField
from wtforms.csrf.session import SessionCSRF
from wtforms.fields.choices import SelectChoice
from wtforms.utils import unset_value
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from lms import i18n

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{0,25})?|-?\.[0-9]{1,25}")
TOKEN_LIFE = dt.timedelta(days=7)  # longer than any form stays open; the session behind it can end sooner


class _Translations:
    """WTForms' own messages ("This field is required.") come from our catalogue too."""

    def gettext(self, string: str) -> str:
        """Translate one of WTForms' messages."""
        return i18n.gettext(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Translate one of WTForms' counting messages."""
        return i18n.unfilled_ngettext(singular, plural, n)


class _Meta:
    """Settings of every form: our translations. Forged requests are stopped before any form, see `request_is_genuine`."""

    csrf = False
    locales = False

    def get_translations(self, form: wtforms.Form) -> _Translations:
        """Return our translations for WTForms' built-in messages."""
        return _Translations()


class Form(wtforms.Form):
    """A form of Peduli; bound to the request's data when there is some. `Form.of(name=Field(…))` makes one from parts."""

    Meta = _Meta

    def __init__(self, *arguments: Any, **values: Any) -> None:
        """Bind to the posted data unless `formdata` is given."""
        if not arguments and "formdata" not in values and has_request_context() and request.method in {"POST", "PUT", "PATCH"}:
            values["formdata"] = _posted()
        super().__init__(*arguments, **values)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the form as if this data had been posted, so that every validator looks at it; names left out have their defaults."""
        defaults = {name: field.data for name, field in cls(formdata=None)._fields.items() if not isinstance(field, FieldList)}
        return cls(formdata=MultiDict(flat(cls(formdata=None, data={**defaults, **data}))))

    @classmethod
    def of(cls, **fields: Any) -> type[Form]:
        """Return a form class with exactly these fields."""
        return type("Form", (cls,), fields)

    def submitted(self) -> bool:
        """Tell whether this request posts the form and all fields are valid."""
        return request.method == "POST" and self.validate()

    def hidden_tag(self) -> Markup:
        """Return the hidden fields; one token serves all forms of a page."""
        return csrf_field()


def _posted() -> MultiDict[str, Any]:
    """Return the posted fields and files; lines end as they do everywhere but in HTTP."""
    both: MultiDict[str, Any] = MultiDict((name, value.replace("\r\n", "\n")) for name, value in request.form.items(multi=True))
    for name, file in request.files.items(multi=True):
        both.add(name, file)
    return both


def flat(form: wtforms.Form) -> Iterator[tuple[str, str]]:
    """Yield the names and texts under which a browser would post the data of a form."""
    for field in form:
        yield from _flat_field(field)


def _flat_field(field: Any) -> Iterator[tuple[str, str]]:
    if isinstance(field, FormField):
        yield from flat(field.form)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _flat_field(entry)
    elif isinstance(field, wtforms.BooleanField):
        if field.data:
            yield field.name, "y"
    elif isinstance(field.data, list) and not hasattr(field, "_value"):
        for value in field.data:
            yield field.name, str(value)
    elif field.data is not None:
        yield field.name, field._value() if hasattr(field, "_value") else str(field.data)  # noqa: SLF001 - what WTForms' own widgets call


def choices(*pairs: tuple[Any, Any]) -> list[SelectChoice]:
    """Return choices of a select or radio field from (value, label) pairs; labels may be lazy."""
    return [SelectChoice(value, label) for value, label in pairs]


class Number(wtforms.Field):
    """A number typed with a decimal comma or point, and shown as the reader writes it. `Number("Hours", places=2)`, `Number("Points", kind=float)`."""

    data: Any
    widget = TextInput()  # a field for numbers takes the browser's decimal sign only

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        kind: Callable[[Decimal], Any] = Decimal,
        places: int | None = None,
        **options: Any,
    ) -> None:
        """Take a number, of at most so many places; `kind` makes the value of it."""
        super().__init__(label, validators, **options)
        self.kind, self.places = kind, places

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        text = (valuelist[0] if valuelist else "").strip().replace(",", ".")
        self.data = None
        if not text:
            return
        if not NUMBER.fullmatch(text):
            raise ValueError(i18n.gettext("Write a number, for instance %(example)s.", example=i18n.format_number(70.5)))
        number = Decimal(text)
        if self.places is not None and number != round(number, self.places):
            raise ValueError(
                i18n.ngettext("Write a number with at most %(num)s place.", "Write a number with at most %(num)s places.", self.places)
            )
        self.data = self.kind(number)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        number = Decimal(str(self.data))
        text = f"{number if self.places is None else i18n.half_up(number, self.places):f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace(".", ",") if i18n.language() == "id" else text


class Rows(FieldList):
    """A list of small forms, each a row; rows left empty are dropped. `Rows(PromptRow, "Prompts", least=1)`."""

    def __init__(self, row: type[Form], label: Any = None, *, least: int = 0, validators: Any = (), **options: Any) -> None:
        """Make the list of rows of one kind; `least` says how many there must be."""
        super().__init__(FormField(row), label, validators=[_Least(least), *validators], **options)
        self.row = row

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the rows and drop those in which nothing stands."""
        super().process(formdata, data, extra_filters)
        if formdata:
            self.entries: list[Any] = [entry for entry in list(self.entries) if _is_filled(entry.data)]

    def add_empty(self, count: int = 1) -> None:
        """Add empty rows for the author to fill."""
        for _number in range(count):
            self.append_entry()


class _Least:
    """Ask for a number of rows."""

    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, form: Form, field: Rows) -> None:
        if len(field.entries) < self.least:
            raise ValidationError(i18n.ngettext("At least %(num)s is needed.", "At least %(num)s are needed.", self.least))


def _is_filled(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_filled(part) for part in value.values())
    if isinstance(value, list):
        return any(_is_filled(part) for part in value)
    return bool(value)


class _DailyCSRF(SessionCSRF):
    """WTForms' token, of which a session gets one a day: a page that shows the same is the same to its last byte, and need not be sent again."""

    def now(self) -> dt.datetime:
        """Return when the present day began."""
        return dt.datetime.combine(super().now(), dt.time())


class _TokenMeta(_Meta):
    csrf = True
    csrf_class = _DailyCSRF
    csrf_time_limit = TOKEN_LIFE

    @property
    def csrf_secret(self) -> bytes:
        """Sign with the site's key."""
        return cast("bytes", current_app.secret_key)

    @property
    def csrf_context(self) -> Any:
        """Use the secret in the session row of a signed-in person, in the signed cookie of a visitor."""
        if current_user.is_authenticated:
            return {"csrf": current_user.csrf_secret}
        return session


class _Token(Form):
    """Only the token; one a page serves all its forms."""

    Meta = _TokenMeta


def csrf_token() -> str:
    """Return this session's token of the day; signed once a request."""
    if "csrf_token" not in g:
        maker = _DailyCSRF()
        maker.form_meta = _TokenMeta()  # what setup_form would do for a form that is not needed here
        g.csrf_token = maker.generate_csrf_token(None)
    return str(g.csrf_token)


def csrf_field() -> Markup:
    """Return the hidden field that every posting form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_token())


def request_is_genuine() -> bool:
    """Tell whether this request comes from one of our own pages: its token, in the form or in X-CSRF-Token, is this session's."""
    token = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    form = _Token(formdata=None)
    form.csrf_token.data = token
    return bool(form.validate())
