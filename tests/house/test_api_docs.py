"""docs/plugins.md says everything about the plugin contract, and what it says is so."""

import inspect
import re
from pathlib import Path

import pytest
from wtforms import StringField

import lms.api
from lms import plugin as plugins
from lms.activity import COMPLETION_WORDS, CONTRACT, ActivityType, AttemptView, Context, Draft, Gradable, Score, Submittable
from lms.attempts.services import answer_once
from lms.db import commit
from lms.files import FileStore
from lms.people.permissions import public, requires
from lms.plugin import API_VERSION, TAKEN, Plugin, load_plugins
from lms.rooms import core

DOCS = (Path(__file__).parent.parent.parent / "docs" / "plugins.md").read_text(encoding="utf-8")
REFERENCE = DOCS.partition("## Everything in `lms.api`")[2]
EVENTS = {name: set(re.findall(r"`(\w+)`", ids)) for name, ids in re.findall(r"^\| `(lms:[a-z-]+)` \| ([^|]+) \|", DOCS, re.MULTILINE)}

pytestmark = pytest.mark.sqlite


def signature(function, name=""):
    """Write a function as the docs do: `grade(settings: Mapping[str, Any], …) -> Score | None`, without self."""
    found = inspect.signature(function)
    given = [parameter for parameter in found.parameters.values() if parameter.name != "self"]
    plain = [parameter.replace(annotation=_Plain(parameter.annotation)) for parameter in given]
    back = "" if name else f" -> {found.return_annotation}"
    text = str(inspect.Signature(plain))
    return f"{name or function.__name__}{text}{back}"


class _Plain(str):
    """An annotation as it is written, without quotes around it."""

    __slots__ = ()
    __repr__ = str.__str__


def own_methods(cls):
    return [value for name, value in vars(cls).items() if inspect.isfunction(value) and not name.startswith("_")]


@pytest.mark.parametrize("name", lms.api.__all__)
def test_every_name_of_the_api_is_in_the_docs(name):
    assert f"| `{name}` | " in REFERENCE, f"say in docs/plugins.md, in a table at the end, what {name} is"


def test_no_name_is_in_the_docs_that_is_gone():
    assert set(re.findall(r"^\| `(\w+)` \| ", REFERENCE, re.MULTILINE)) == set(lms.api.__all__)


@pytest.mark.parametrize("name", lms.api.__all__)
def test_every_name_of_the_api_is_one(name):
    assert hasattr(lms.api, name)


METHODS = [method for cls in (ActivityType, Submittable, Gradable, Plugin, FileStore) for method in own_methods(cls)]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__qualname__)
def test_every_method_is_in_the_docs_with_its_signature(method):
    assert f"`{signature(method)}`" in DOCS


def test_making_a_plugin_is_in_the_docs():
    written = signature(Plugin.__init__, "Plugin").replace("= '1.0'", '= "1.0"')
    assert f"`{written}`" in DOCS


@pytest.mark.parametrize("cls", [ActivityType, Submittable, Context, Draft, AttemptView, Score], ids=lambda cls: cls.__name__)
def test_every_attribute_is_in_the_docs_with_its_type(cls):
    for name, kind in cls.__annotations__.items():
        written = kind.removeprefix("ClassVar[").removesuffix("]") if kind.startswith("ClassVar") else kind
        written = "str" if name in {"title", "summary"} else written  # lazy texts are texts to their authors
        either = {f"{name}: {written}".replace(" | ", bar) for bar in (" | ", r" \| ")}
        assert any(f"`{text}`" in DOCS for text in either), f"{cls.__name__}.{name}: {written}"


def test_every_property_is_in_the_docs():
    for cls in (Context, Score, Plugin):
        for name, value in vars(cls).items():
            assert not isinstance(value, property) or f"`{name}`" in DOCS, f"{cls.__name__}.{name}"


def test_every_list_of_a_plugin_is_in_the_docs():
    assert {"commands", "file_store"} <= set(vars(core))
    assert "* `commands`:" in DOCS
    assert "* `file_store`:" in DOCS


def test_the_contract_is_in_the_docs():
    assert not {name for name in CONTRACT if not re.search(rf"`{name}[:(]", DOCS)}
    assert not {word for word in COMPLETION_WORDS if f"`{word}`" not in DOCS}
    assert not {name for name in TAKEN if f"`{name}`" not in DOCS}
    assert f'`api="{API_VERSION}"`' in DOCS


def test_where_a_permission_holds_is_in_the_docs():
    assert set(inspect.signature(requires).parameters) == {"permission", "on", "writes"}
    assert all(f'`on="{target}"`' in DOCS for target in ("self", "cohort", "module"))
    assert "`writes=True`" in DOCS
    assert f"`@{public.__name__}`" in DOCS


# -- events ------------------------------------------------------------------------------------------------------------------------


def test_every_event_of_the_kernel_is_in_the_docs():
    assert {name for name in plugins._events if name.startswith("lms:")} == set(EVENTS)


def test_events_have_the_ids_that_the_docs_say(make_module, make_cohort, make_enrolment, make_user):
    seen = {}
    keep = []
    for name in EVENTS:

        def hear(sender, *, name=name, **ids):
            seen[name] = set(ids)

        keep.append(hear)
        plugins._signals.signal(name).connect(hear)
    kind = lms.api.activity_type("assignment")
    module = make_module({"type": "assignment", "key": "tugas", "settings": kind.example})
    cohort = make_cohort(module)
    enrolment = make_enrolment(cohort, make_user())
    place = lms.api.find_place(lms.api.load_actor(enrolment.user_id, cohort.starts_on), cohort.id, module.key, "tugas")
    answer_once(
        actor=lms.api.load_actor(enrolment.user_id, cohort.starts_on),
        enrolment_id=enrolment.id,
        module_id=module.id,
        activity_key="tugas",
        revision_id=place.outline.revision_id,
        type_key="assignment",
        settings=lms.api.body(place.outline.revision_id, "tugas").settings,
        answer=kind.example_answer,
    )
    commit()
    assert seen == EVENTS


# -- sentences ---------------------------------------------------------------------------------------------------------------------

SENTENCES = re.findall(r"^\| [^|]+ \| `([^`]+)`", DOCS.partition("**Malformed.**")[2].partition("**Turned off.**")[0], re.MULTILINE)
# These need a start of the whole program; tests/lms/test_plugin.py looks at them.
AT_START = {
    "Plugin poll: the name of its table 'votes' must begin with poll_",
    "The view poll.votes (/poll/votes) carries neither @requires(…) nor @public",
}


def poll(key="poll", name="lms_poll", bases=(ActivityType,), **body):
    """Return a plugin with a type, made of the body."""
    made = Plugin(key, name, title="Poll")
    made.activity(type("Poll", bases, {"key": "poll", "title": "Poll", "render": lambda self, ctx: "", **body}))
    return made


class Entry:
    """An entry point that gives, or raises, what it is made with."""

    name, value = "poll", "lms_poll:plugin"

    def __init__(self, what):
        self.what = what

    def load(self):
        if isinstance(self.what, Exception):
            raise self.what
        return self.what


def following(name):
    made = Plugin("poll", "lms_poll", title="Poll")

    def count():
        """Count."""

    made.task(on=name)(count)
    return made


FAULTS = (
    lambda: poll(grad=len),
    lambda: poll(render=ActivityType.render),
    lambda: poll(bases=(ActivityType, Gradable), grade=len),
    lambda: poll(completion=("danced",)),
    lambda: poll(settings=lms.api.Form.of(title=StringField())),
    lambda: poll(key="My Poll"),
    lambda: load_plugins([poll(), poll(name="my_poll")]),
    lambda: load_plugins([poll(), poll(key="ballot", name="ballot")]),
    lambda: load_plugins([poll(key="admin")]),
    lambda: poll().permission("quiz:vote:read", "Read votes"),
    lambda: load_plugins([following("lms:voted")]),
    lambda: Plugin("poll", "lms_poll", title="Poll", api="2.0"),
    lambda: load_plugins([Entry(ModuleNotFoundError("No module named 'wtforms_extra'"))]),
    lambda: load_plugins([Entry(7)]),
)


def test_sentences_about_malformed_plugins_are_what_the_program_says():
    said = set()
    for fault in FAULTS:
        with pytest.raises(lms.api.PluginError) as refusal:
            fault()
        said.add(re.sub(r"some of \[.*?\]", "some of […]", str(refusal.value)))
    assert said == set(SENTENCES) - AT_START
    assert set(SENTENCES) >= AT_START
