"""The editor of one activity: the names that all types share and the type's own settings, bound to what is saved or to what was typed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from courses.previews import pages
from courses.studio import queries, rules, services
from courses.studio.forms import ActivityForm, sections_of
from lms.api import (
    Activity,
    ActivityType,
    Actor,
    ContentError,
    Context,
    Draft,
    Form,
    Module,
    Submittable,
    activity_type,
    choices,
    draft_of,
    rows,
    sentence,
    utcnow,
)

NEAR = 8  # activities just before this one are what it mostly waits for
PREFIX = "s-"  # of the names of the type's settings, so that they never meet the shared ones


@dataclass(slots=True)
class Editor:
    """What the page shows and what a save needs. `mark` says which state of the activity the author began from.

    `filled`: it shows what was typed and not what is saved. `kept` is when what is shown was kept without being saved: it cannot be valid yet, or is still to be joined with somebody else's.
    """

    actor: Actor
    module: Module
    activity: Activity
    kind: ActivityType
    shared: ActivityForm
    settings: Form
    mark: str
    fresh: set[str] = field(default_factory=set)
    lines: list[queries.ActivityLine] = field(default_factory=list)
    rule: Any = None
    theirs: list[tuple[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    filled: bool = False
    every: bool = False
    kept: dt.datetime | None = None
    problem: str = ""
    preview: str = ""

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"/studio/{self.module.key}/{self.activity.key}"

    @property
    def missing(self) -> bool:
        """Tell whether the plugin of this type is not installed."""
        return self.kind.key == "missing"

    @property
    def near(self) -> set[Any]:
        """Return the keys of the activities that are offered as what opens this one: what is chosen, and the last before it, or every one."""
        keys = [choice.value for choice in self.shared.requires.choices]
        return set(keys if self.every or len(keys) <= NEAR else keys[-NEAR:]) | set(self.shared.requires.data or ())

    @property
    def usual(self) -> str:
        """Say what completes an activity of this type when its author chooses nothing."""
        return sentence(self.kind.default_rule(self.activity.settings))

    @property
    def completes(self) -> str:
        """Say what completes this activity as it is saved."""
        return self.usual if self.activity.rule is None else sentence(self.activity.rule)

    @property
    def completion(self) -> str:
        """Say what completes the activity as it was typed; a rule that is none is said as it stands there."""
        if self.missing:
            return ""
        rule, sound = rules.rule_of(self.shared, self.kind, self.settings.data)
        return (self.usual if rule is None else sentence(rule)) if sound else self.shared.rule_own.data or "–"

    @property
    def errors(self) -> bool:
        """Tell whether a field has something to say."""
        return bool(self.shared.errors or self.settings.errors or self.problem)

    @property
    def more_open(self) -> bool:
        """Tell whether one of the fields behind "more" has something to say."""
        return any(not name.startswith(("title", "section", "minutes", "required")) or name == "requires" for name in self.shared.errors)

    @property
    def place(self) -> Draft:
        """Return where the settings go to and come from."""
        return draft_of(self.module, self.activity.key, self.actor.id, dict(self.module.files or {}))

    @property
    def forms(self) -> list[Form]:
        """Return everything that can be typed into."""
        return [self.shared] if self.missing else [self.shared, self.settings]

    @property
    def tags(self) -> list[str]:
        """Return the tags that were chosen, in the order that the activity has when they are the same."""
        chosen = self.shared.all_tags
        return self.activity.tags if set(chosen) == set(self.activity.tags) else chosen

    @property
    def typed(self) -> dict[str, Any]:
        """Return the type's settings as they were typed; a page that is all text ends with one line break, as its file does."""
        data = dict(self.settings.data)
        if set(data) == {"source"} and isinstance(data["source"], str):
            data["source"] = data["source"].strip("\n") + "\n"
        return data

    def validate(self) -> bool:
        """Look at everything that was typed; the rule is in `rule` afterwards."""
        fine = bool(self.settings.validate()) & bool(self.shared.validate())
        if self.missing:
            self.rule = self.activity.rule
        elif not self.settings.errors:
            self.rule, sound = rules.rule_of(self.shared, self.kind, self.settings.data)
            fine &= sound
        return fine

    def save(self) -> bool:
        """Keep what was typed and tell whether anything changed. Raises ContentError when the type refuses the settings."""
        return services.save_activity(
            actor=self.actor,
            module=self.module,
            activity=self.activity,
            shared=self.shared.data | {"tags": self.tags},
            rule=self.rule,
            settings=None if self.missing else self.typed,
        )

    def draw(self) -> list[str]:
        """Draw the activity as learners will see it, from what was typed, into `preview`. Returns what stands in the way."""
        if self.missing:
            return [str(self.kind.title)]
        if not self.settings.validate():
            return rows.problems_of(self.settings)
        try:
            settings = self.kind.load(self.typed, self.place)
        except ContentError as error:
            return [error.message]
        content = self.kind.render(self._context(settings))
        named = self.shared
        title, minutes = named.title.data or self.activity.title, named.minutes.data
        shown = pages.Shown(title, str(self.kind.title), minutes, named.sources.data or (), named.checked_on.data)
        self.preview = pages.page(content, shown)
        return []

    def _context(self, settings: dict[str, Any]) -> Context:
        ctx = Context(
            user_id=self.actor.id,
            enrolment_id=None,
            cohort_id=None,
            module_id=self.module.id,
            module_key=self.module.key,
            revision_id=None,
            key=self.activity.key,
            type=self.activity.type,
            title=self.shared.title.data or self.activity.title,
            settings=settings,
            prepared=self.kind.prepare(settings, self.place),
            state="not_started",
            url=self.url,
            now=utcnow(),
            time_zone=self.actor.time_zone,
        )
        return replace(ctx, form=self.kind.answer_form(ctx)(formdata=None)) if isinstance(self.kind, Submittable) else ctx


def open_saved(actor: Actor, module: Module, activity: Activity) -> Editor:
    """Return the editor of an activity as it is saved."""
    kind = activity_type(activity.type)
    place = draft_of(module, activity.key, actor.id, dict(module.files or {}))
    data = {} if kind.key == "missing" else kind.edit(activity.settings, place)
    shared = {name: getattr(activity, name) for name in services.SHARED} | rules.rule_data(kind, activity.rule, activity.settings)
    editor = Editor(
        actor=actor,
        module=module,
        activity=activity,
        kind=kind,
        shared=ActivityForm(formdata=None, data=shared),
        settings=kind.settings(formdata=None, data=data, prefix=PREFIX),
        mark=services.mark_of_activity(activity),
    )
    return _with_choices(editor)


def open_posted(
    actor: Actor, module: Module, activity: Activity, posted: MultiDict[str, str], lines: list[queries.ActivityLine] | None = None
) -> Editor:
    """Return the editor with what was typed, after the row operation that was asked for. `lines` of the draft are read unless they are given."""
    kind = activity_type(activity.type)
    settings, fresh = rows.bind(kind.settings, posted, PREFIX, activity.key)
    editor = Editor(
        actor=actor,
        module=module,
        activity=activity,
        kind=kind,
        shared=ActivityForm(formdata=posted),
        settings=settings,
        mark=posted.get("mark", ""),
        fresh=fresh,
        filled=True,
        every="every" in posted,
    )
    return _with_choices(editor, lines)


def _with_choices(editor: Editor, lines: list[queries.ActivityLine] | None = None) -> Editor:
    """Fill in the sections and the other activities that can be chosen."""
    editor.lines = queries.lines_of(editor.module.id) if lines is None else lines
    sections = sections_of(editor.module)
    if editor.shared.section.data not in dict(sections) and not editor.shared.section.raw_data:
        sections = [("", "–"), *sections]
    editor.shared.section.choices = choices(*sections)
    # Waiting for what comes later is offered to those only who do: on a long outline that is half of the page.
    place = next((index for index, line in enumerate(editor.lines) if line.key == editor.activity.key), 0)
    chosen = set(editor.shared.requires.data or ())
    others = [*editor.lines[:place], *(line for line in editor.lines[place + 1 :] if line.key in chosen)]
    editor.shared.requires.choices = choices(*((line.key, line.title) for line in others))
    return editor
