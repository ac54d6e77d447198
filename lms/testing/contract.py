"""The contract suite: what every installed activity type must do.

Authors of plugins get it with one import in a test module, `from lms.testing.contract import TestContract`. Each type brings `example`
(settings that load) and, when learners hand something in, `example_answer`. `pytest -k "poll]"` looks at the type poll alone.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask, g

from lms import web
from lms.activity import ActivityType, Context, Draft, Gradable, Submittable, frozen
from lms.db import at, commit, db, utcnow
from lms.errors import ContentError
from lms.i18n import LANGUAGES, in_language
from lms.learning import services as learning
from lms.learning.models import Activity, Cohort, Module
from lms.learning.outline import body, outline
from lms.learning.place import offline_context
from lms.people import sessions
from lms.plugin import discover, load_plugins
from lms.progress.rules import check, words_of
from lms.settings import read_settings
from lms.testing.client import Client
from lms.testing.made import Taken

KEY = "kegiatan"
MOST_STATEMENTS = 8  # of a learner's page
MOST_BYTES = 9 * 1024  # of its HTML, compressed
TRIES = 12
ICONS = Path(web.__file__).parent / "static" / "icons.svg"


def installed() -> list[ActivityType]:
    """Return the activity types of all installed plugins. Raises PluginError for a malformed one."""
    plugins = load_plugins(discover(), read_settings()["DISABLED_PLUGINS"])
    return sorted((kind for plugin in plugins.values() for kind in plugin.activities.values()), key=lambda kind: kind.key)


@pytest.mark.parametrize("kind", installed(), ids=lambda kind: kind.key)
class TestContract:
    """What every activity type must do."""

    @pytest.fixture
    def module(self, kind: ActivityType, make_module: Callable[..., Module]) -> Module:
        """Return a published module that holds the type's example."""
        return make_module({"type": kind.key, "key": KEY, "settings": kind.example})

    @pytest.fixture
    def draft(self, module: Module) -> Draft:
        """Return the place of the example's settings."""
        return learning.draft_of(module, KEY)

    @pytest.fixture
    def settings(self, module: Module) -> dict[str, Any]:
        """Return the example as it is stored."""
        return dict(_activity(module).settings)

    @pytest.fixture
    def take(
        self, module: Module, make_cohort: Callable[..., Cohort], make_enrolment: Callable[..., Any], make_user: Callable[..., Any]
    ) -> Callable[..., Taken]:
        """Return a function that enrols somebody new who can take the example."""
        cohort = make_cohort(module)

        def enrol(language: str = "id") -> Taken:
            person = make_user(language=language)
            return Taken(f"/learn/{cohort.id}/{module.key}/{KEY}", person, cohort, module, make_enrolment(cohort, person), KEY)

        return enrol

    def test_declares_itself(self, kind: ActivityType, app: Flask) -> None:
        """Title and summary say something in both languages, and the icon is one of the site's."""
        for language in LANGUAGES:
            for name in ("title", "summary"):
                text = in_language(language, lambda name=name: str(getattr(kind, name)))  # type: ignore[misc]
                assert text.strip(), f"{name} is empty in {language}"
        assert f'id="{kind.icon}"' in ICONS.read_text(encoding="utf-8"), f"there is no icon {kind.icon!r}; /-/design shows all"
        assert all("%(num)s" in form for form in kind.counted), "counted is two sentences with %(num)s, for one and for many"

    def test_settings_round_trip(self, kind: ActivityType, settings: dict[str, Any], draft: Draft) -> None:
        """What is dumped can be loaded, and means the same; everything stored is plain data."""
        assert json.loads(json.dumps(settings)) == settings, "settings hold something that JSON does not know, a date for instance"
        dumped = kind.dump(settings, draft)
        assert json.loads(json.dumps(dumped)) == dumped, "dump gives something that JSON does not know"
        assert kind.load(dumped, draft) == kind.load(kind.example, draft), "what was dumped loads to something else"
        stored = kind.store(kind.load(dumped, draft), draft)
        db.session.flush()
        assert stored == settings, "storing the same again gives other settings"
        assert kind.dump(stored, draft) == dumped

    def test_unknown_setting_is_refused(self, kind: ActivityType, draft: Draft) -> None:
        """A name that the type does not know is refused, and the sentence says which."""
        with pytest.raises(ContentError, match="no_such_setting"):
            kind.load({**kind.example, "no_such_setting": 1}, draft)

    def test_default_rule(self, kind: ActivityType, settings: dict[str, Any]) -> None:
        """The rule of an author who chose none is one, and uses words that the type offers."""
        rule = check(kind.default_rule(settings))
        assert words_of(rule) <= set(kind.completion), f"completion does not offer {words_of(rule) - set(kind.completion)}"

    def test_publishing_again_changes_nothing(self, kind: ActivityType, module: Module) -> None:
        """Freezing the same settings gives the same, so that a module without changes has no new revision."""
        before = learning.latest_revision(module.id)
        assert learning.publish(actor_id=None, module=module) is before

    def test_advice_is_sentences(self, kind: ActivityType, settings: dict[str, Any]) -> None:
        """What the type advises its authors is a list of texts."""
        assert all(isinstance(line, str) and line for line in kind.check(settings))

    def test_preview(
        self, kind: ActivityType, app: Flask, client: Client, draft: Draft, take: Callable[..., Taken], make_user: Callable[..., Any]
    ) -> None:
        """It can be drawn for an author: there is no enrolment, nothing is stored yet, a form can be seen and not handed in."""
        author = client.as_(make_user(roles=["instructor"]))
        loaded = kind.load(kind.example, draft)
        place = {"enrolment_id": None, "cohort_id": None, "revision_id": None, "assessor_id": None}
        ctx = replace(take().ctx, **place, settings=loaded, prepared=kind.prepare(loaded, draft))  # type: ignore[arg-type]
        with app.test_request_context("/studio"):
            g._login_user = sessions.load_session(author.token)  # noqa: SLF001 - Flask-Login's place
            html = kind.render(replace(ctx, form=kind.answer_form(ctx)() if isinstance(kind, Submittable) else None))
            db.session.rollback()
        assert html.strip(), "the preview is empty"
        _look(html)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_learner_page(self, kind: ActivityType, language: str, client: Client, take: Callable[..., Taken]) -> None:
        """A learner sees it, in either language."""
        taken = take(language)
        response = client.as_(taken.learner).get(taken.url)
        assert response.status_code == 200
        _look(response.get_data(as_text=True))

    def test_learner_page_is_cheap(self, kind: ActivityType, client: Client, take: Callable[..., Taken], queries: Any) -> None:
        """It keeps to the budgets of a learner's page, however many learners there are."""
        taken, *_others = [take() for _number in range(5)]
        browser = client.as_(taken.learner)
        browser.get(taken.url)
        with queries() as seen:
            response = browser.get(taken.url, headers={"Accept-Encoding": "br"})
        assert len(seen) <= MOST_STATEMENTS, f"{len(seen)} statements:\n" + "\n".join(seen)
        assert len(response.data) <= MOST_BYTES, f"{len(response.data)} bytes"

    def test_offline_is_the_same_for_everybody(self, kind: ActivityType, app: Flask, client: Client, take: Callable[..., Taken]) -> None:
        """What it gives for use without a connection holds nothing of who asks, and nothing that is posted; it may give nothing."""
        seen = []
        for _number in range(2):
            taken = take()
            text = body(int(taken.ctx.revision_id or 0), KEY)
            contents = outline(int(taken.ctx.revision_id or 0))
            ctx = offline_context(taken.cohort.id, "Asia/Pontianak", contents, contents.item(KEY), text)
            with app.test_request_context(taken.url):
                g._login_user = sessions.load_session(client.as_(taken.learner).token)  # noqa: SLF001 - Flask-Login's place
                seen.append(kind.offline(ctx))
                db.session.rollback()
        assert seen[0] == seen[1], "two learners of a cohort get different pages"
        if seen[0] is not None:
            assert seen[0].strip(), "the page is empty; None says that it needs a connection"
            assert "csrf_token" not in seen[0], "a token is one person's; mark the form with data-operation"
            _look(seen[0])

    def test_answer(self, kind: ActivityType, client: Client, take: Callable[..., Taken]) -> None:
        """An answer is taken, kept, shown again, and counts; a wrong one gives the form again."""
        if not isinstance(kind, Submittable):
            pytest.skip("nothing is handed in here")
        assert kind.example_answer, "a submittable type gives example_answer"
        taken = take()
        browser = client.as_(taken.learner)
        if not _answer(kind, _ctx(taken), {}).validate():
            refused = browser.post(taken.url)
            assert refused.status_code == 422
            _look(refused.get_data(as_text=True))
        response = browser.post(taken.url, data=kind.example_answer)
        assert response.status_code == 302, "example_answer is refused"
        assert _ctx(taken).state != "not_started"
        page = browser.get(taken.url)
        assert page.status_code == 200
        _look(page.get_data(as_text=True))

    def test_grade_is_pure(self, kind: ActivityType, app: Flask, take: Callable[..., Taken], queries: Any) -> None:
        """The same answer earns the same score, without a look at the database and without a trace on what was given."""
        if not isinstance(kind, Gradable) or not isinstance(kind, Submittable):
            pytest.skip("not graded by the program")
        ctx = take().ctx
        form = _answer(kind, ctx, kind.example_answer)
        assert form.validate(), form.errors
        settings, answer = dict(ctx.settings), dict(form.data)
        before = copy.deepcopy((settings, answer))
        with queries() as seen:
            first, second = (kind.grade(frozen(settings), frozen(answer)) for _number in range(2))
        assert first == second, "the same answer earns another score"
        assert (settings, answer) == before, "grading changes what it is given"
        assert not seen, "grading asks the database"
        assert first is None or 0 <= first.points <= first.maximum > 0

    def test_rehearsal_completes(self, kind: ActivityType, client: Client, take: Callable[..., Taken]) -> None:
        """Who knows everything completes it by rehearsing, if not always at the first try, and sees what they did."""
        if type(kind).rehearse is ActivityType.rehearse:
            pytest.skip("it cannot be rehearsed")
        for number in range(TRIES):
            taken = take()
            with at(utcnow() - dt.timedelta(days=60)):
                kind.rehearse(taken.ctx, taken.actor, Random(number), 1.0)  # noqa: S311
            commit()
            if _ctx(taken).state == "complete":
                page = client.as_(taken.learner).get(taken.url)
                assert page.status_code == 200
                _look(page.get_data(as_text=True))
                return
        pytest.fail(f"not complete after {TRIES} rehearsals")


def _activity(module: Module) -> Activity:
    return next(activity for activity in learning.draft_activities(module.id) if activity.key == KEY)


def _ctx(taken: Taken) -> Context:
    """Return the context, and end the transaction that read it: SQLite has one writer at a time, and the browser is another."""
    ctx = taken.ctx
    commit()
    return ctx


def _answer(kind: Submittable, ctx: Context, data: dict[str, Any]) -> Any:
    """Return the answer form as if the data had been posted."""
    form: Any = kind.answer_form(ctx)
    return form.from_data(data)


class _Look(HTMLParser):
    """Collects what the site's content security policy would stop, and forms that would be taken for forged."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open_form: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        values = {name: value or "" for name, value in attrs}
        if tag == "style" or (tag == "script" and not values.get("src", "").startswith("/static/")):
            self.problems.append(f"<{tag}> in the page; scripts and styles are files in static/")
        for name, value in values.items():
            if name == "style" or name.startswith("on") or value.strip().lower().startswith("javascript:"):
                self.problems.append(f'<{tag} {name}="{value}">')
        if tag == "form" and values.get("method", "").lower() == "post":
            self.open_form = self.get_starttag_text()
        if tag == "input" and values.get("name") == "csrf_token":
            self.open_form = None
        if tag == "img" and "alt" not in values:
            self.problems.append("a picture without alt")

    def handle_endtag(self, tag: str) -> None:
        """Look at the end of one element."""
        if tag == "form" and self.open_form:
            self.problems.append(f"{self.open_form} has no {{{{ csrf_field() }}}}")
            self.open_form = None


def _look(html: str) -> None:
    """Fail when the page would not work under our content security policy, or could not be posted."""
    look = _Look()
    look.feed(html)
    assert not look.problems, look.problems
