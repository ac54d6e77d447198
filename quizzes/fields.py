"""Fields that several forms of quizzes have."""

from __future__ import annotations

from wtforms import StringField


class WordList(StringField):
    """Words separated by commas, as a list."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Split what was typed."""
        self.data = [word.strip() for word in (valuelist[0] if valuelist else "").split(",") if word.strip()]

    def _value(self) -> str:
        return ", ".join(self.data or [])
