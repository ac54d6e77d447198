"""Where an instructor is: a quiz of a cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import g

from lms.api import Cohort, NotFound, db, outline
from quizzes.marking import queries


@dataclass(frozen=True, slots=True)
class QuizHere:
    """A quiz of a cohort: names, titles, and the rule by which it is complete."""

    cohort: Cohort
    module_id: int
    module_key: str
    module: Mapping[str, str]
    activity_key: str
    title: str
    rule: Any
    language: str

    @property
    def place(self) -> queries.Place:
        """Return cohort, module and activity, as queries take them."""
        return self.cohort.id, self.module_id, self.activity_key

    @property
    def path(self) -> str:
        """Return the end of all addresses of this quiz."""
        return f"{self.cohort.id}/{self.module_key}/{self.activity_key}"

    @property
    def url(self) -> str:
        """Return the address of the attempts."""
        return f"/quizzes/cohorts/{self.path}"


def quiz_here(module_key: str, activity_key: str) -> QuizHere:
    """Return a quiz of the cohort that the guard has found. Raises NotFound when the cohort has no such quiz."""
    cohort: Cohort = g.cohort
    row = db.session.execute(queries.quiz_of(cohort.id, module_key, activity_key)).one_or_none()
    if row is None:
        raise NotFound("no such quiz in this cohort")
    contents = outline(row.found_in)
    return QuizHere(
        cohort=cohort,
        module_id=row.module_id,
        module_key=module_key,
        module=contents.about["title"],
        activity_key=activity_key,
        title=row.title,
        rule=contents.item(activity_key).rule,
        language=contents.about.get("language") or "id",
    )
