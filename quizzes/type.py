"""The quiz activity type: questions with a rationale for every answer, each answer saved with a receipt; the best attempt counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, ClassVar

from flask import render_template

from lms.api import ActivityType, Actor, Context, Draft, Form, nothing, prepared, render_markdown, with_attempts
from lms.api import lazy_gettext as _
from quizzes import offline
from quizzes.attempts import rules, services
from quizzes.attempts.questions import Question, questions_of
from quizzes.bank import present
from quizzes.base import plugin
from quizzes.items import described, quizzes
from quizzes.kinds.choice import SingleChoice
from quizzes.marking import services as marking
from quizzes.settings import QuizSettings, load_settings

PASS = 70.01


@plugin.activity
class Quiz(ActivityType):
    """Questions with an answer for each answer."""

    key, title, icon = "quiz", _("Quiz"), "list-checks"
    summary = _("Questions with a rationale for every option; every answer is saved with a receipt.")
    counted = nothing("%(num)s quiz", "%(num)s quizzes")
    settings = QuizSettings
    completion = ("passed", "submitted")
    module_pages = ((_("Question bank"), "/quizzes/bank/%s", "library"),)
    example: ClassVar[dict[str, Any]] = {
        "intro": "Satu soal, boleh diulang.\n",
        "items": [{"key": "contoh-1", "kind": "single_choice", **SingleChoice.example}],
    }

    def default_rule(self, settings: Mapping[str, Any]) -> Any:
        """Pass."""
        return {"passed": PASS}

    def load(self, data: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return the settings; each kind looks at its items."""
        return load_settings(data)

    def store(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Keep the items in the bank and refer to them."""
        return quizzes.store(settings, draft)

    def freeze(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Fix the newest ready version of each item, and what the draws from the bank can give."""
        return quizzes.freeze(settings, draft)

    def prepare(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Render the introduction."""
        return prepared(intro=render_markdown(settings["intro"] or "", draft.files))

    def dump(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return the items as their author writes them."""
        return quizzes.dump(settings, draft, in_full=True)

    def edit(self, settings: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
        """Return the items by their keys: they are written in the bank."""
        return quizzes.dump(settings, draft, in_full=False)

    def describe(self, settings: Mapping[str, Any], draft: Draft) -> list[tuple[str, str, str]]:
        """Return the settings and every question with its answers and rationales."""
        return [*super().describe(settings, draft), *described.questions(settings, draft)]

    def shows(self, settings: Mapping[str, Any]) -> Iterable[str]:
        """Return the texts of the questions."""
        return quizzes.texts_of(settings)

    def shown_in(self, address: str) -> Iterable[tuple[int, int, str]]:
        """Return where a question shows an address."""
        return quizzes.showing(address)

    def redraw(self, settings: Mapping[str, Any], draft: Draft, name: str) -> None:
        """Draw the questions anew that show the file."""
        quizzes.redraw(settings, draft, name)

    def present(self, form: Form, draft: Draft) -> None:
        """Say of each item what it is, and lead to the bank."""
        present.present_items(form, draft)

    def render(self, ctx: Context) -> str:
        """Draw the start page with earlier attempts."""
        if ctx.preview:
            return render_template("quizzes/start.html", ctx=ctx, count=quizzes.count(ctx.settings))
        conditions = services.rules_of(int(ctx.enrolment_id or 0), ctx.module_id, ctx.key, ctx.settings)
        ctx = with_attempts(ctx)
        last = ctx.attempts[0] if ctx.attempts else None
        last_at = last.submitted_at if last else None
        running = last is not None and last.state in rules.OPEN
        refusal = None if running else rules.may_begin(conditions, ctx.now, number=len(ctx.attempts) + 1, last_at=last_at)
        why = services.sentence_of(refusal, conditions, last_at) if refusal else ""
        count = quizzes.count(ctx.settings)
        return render_template("quizzes/start.html", ctx=ctx, count=count, rules=conditions, running=running, why=why)

    def offline(self, ctx: Context) -> str | None:
        """Return the questions with their feedback, if it is practice; anything else needs a connection."""
        return offline.page(ctx)

    def rehearse(self, ctx: Context, learner: Actor, chance: Random, skill: float) -> None:
        """Take the quiz; who knows more answers best more often, others as somebody who guesses."""
        attempt = services.begin(ctx=ctx, seed=f"{chance.random()}")
        for question in questions_of(attempt):
            response = question.kind.best(question.data) if chance.random() < skill else _guess(question, chance)
            if question.kind.asks and response:
                given = services.Given(response=response, seconds=chance.randint(15, 120))
                services.save(actor=learner, attempt_id=attempt.id, slot=question.number, given=given)
        services.hand_in(actor=learner, attempt=attempt, sitting=services.own(learner, attempt.id)[1])
        marking.mark_attempt(attempt.id)


def _guess(question: Question, chance: Random) -> Mapping[str, Any]:
    """Return an answer of somebody who does not know: any option; nothing where there is none to choose."""
    if "options" not in question.item.data or question.item.data.get("answer", "choose") != "choose":
        return {}
    return {"choice": [chance.choice([key for key, _row in question.rows("options")])]}
