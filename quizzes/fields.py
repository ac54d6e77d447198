"""Fields that several forms of quizzes have."""

from __future__ import annotations

from wtforms import FloatField, StringField
from wtforms.widgets import TextInput

from lms.api import format_number
from lms.api import gettext as __


class WordList(StringField):
    """Words separated by commas, as a list."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split what was typed."""
        self.data = [word.strip() for word in (valuelist[0] if valuelist else "").split(",") if word.strip()]

    def _value(self) -> str:
        return ", ".join(self.data or [])


class Points(FloatField):
    """Points, typed with a decimal comma or point."""

    widget = TextInput()  # a field for numbers takes the browser's decimal sign only

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        text = (valuelist[0] if valuelist else "").strip().replace(",", ".")
        self.data = None
        if text:
            try:
                self.data = float(text)
            except ValueError:
                raise ValueError(__("Write a number, for instance %(example)s.", example=format_number(1.5))) from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format_number(self.data, 2)
