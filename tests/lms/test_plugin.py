"""Guard rails of the plugin contract: whoever breaks it is told so in one sentence, before anything starts."""

import subprocess
import sys
import textwrap
import uuid
from importlib.metadata import EntryPoint

import pytest
import sqlalchemy as sa
from wtforms import BooleanField, FieldList, FormField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired

from lms import plugin as plugins
from lms.activity import ActivityType, Draft, Gradable, Score, Submittable
from lms.db import commit, db
from lms.errors import ContentError, PluginError
from lms.forms import Form, Rows
from lms.jobs.models import Job
from lms.people.permissions import PERMISSIONS
from lms.plugin import API_VERSION, GROUP, RESERVED, Plugin, Task, announce, load_plugins, signal
from lms.registry import MISSING, Registry
from lms.rooms import ROOMS


class Good(ActivityType):
    key, title = "good", "Good"

    def render(self, ctx):
        return "<p>Good</p>"


def register(**body):
    """Register a type that is Good but for the body."""
    bases = body.pop("bases", (Good,))
    return Plugin("vote", "vote", title="Vote").activity(type("Bad", bases, body))


class Answering(Good, Submittable):
    def answer_form(self, ctx):
        return Form


def helper(self):
    """Stand in the class with a name that the contract does not know."""


FAULTS = {
    "no activity type": ({"bases": (object,)}, "vote: Bad: an activity type inherits from ActivityType"),
    "no key": ({"key": ""}, "vote: Bad: key is missing"),
    "bad key": ({"key": "Big Key"}, "vote: Bad: a key is small letters, digits and _, at most 30, not 'Big Key'"),
    "key of the kernel": ({"key": "missing"}, "vote: Bad: a key is small letters, digits and _, at most 30, not 'missing'"),
    "no title": ({"title": ""}, "vote: Bad: title is missing"),
    "no render": ({"render": ActivityType.render}, "vote: Bad: render is missing"),
    "helper": ({"count_votes": helper}, "vote: Bad: not in the contract: ['count_votes'] (name helpers with a leading _)"),
    "typing error": (
        {"grad": helper, "setings": Form},
        "vote: Bad: not in the contract: ['grad', 'setings'] (name helpers with a leading _)",
    ),
    "no form": ({"settings": dict}, "vote: Bad: settings is a class of form, a subclass of lms.api.Form"),
    "taken setting": (
        {"settings": Form.of(title=StringField(), complete=StringField(), data=StringField(), question=StringField())},
        "vote: Bad: settings: the names ['complete', 'data', 'title'] are taken; give the fields others",
    ),
    "no completion": ({"completion": ()}, "completion is a tuple of some of"),
    "completion without a comma": ({"completion": "viewed"}, "not 'viewed'"),
    "unknown completion": ({"completion": ("viewed", "danced")}, "not ('viewed', 'danced')"),
    "graded without an answer": ({"bases": (Good, Gradable)}, "vote: Bad: a Gradable type is Submittable too"),
    "no answer form": ({"bases": (Good, Submittable)}, "vote: Bad: answer_form is missing"),
    "no grade": ({"bases": (Answering, Gradable)}, "vote: Bad: grade is missing"),
}


@pytest.mark.parametrize(("body", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_malformed_type_is_refused(body, sentence):
    with pytest.raises(PluginError) as refusal:
        register(**body)
    said = str(refusal.value)
    assert sentence in said
    assert said.startswith("vote: Bad: ")
    assert "\n" not in said


def test_a_sound_type_is_taken():
    register(_helper=helper, example={}, completion=("viewed", "before"))


def test_two_types_of_one_key_in_a_plugin():
    plugin = Plugin("vote", "vote", title="Vote")
    plugin.activity(Good)
    with pytest.raises(PluginError, match=r"^Again: the key 'good' is taken in this plugin$"):
        plugin.activity(type("Again", (Good,), {}))


@pytest.mark.parametrize("key", ["", "Vote", "9lives", "my-vote", "x" * 31, "suara ñ"])
def test_a_bad_key(key):
    with pytest.raises(PluginError, match="a key is small letters, digits and _, at most 30"):
        Plugin(key, "vote", title="Vote")


@pytest.mark.parametrize(("version", "fits"), [("1.0", True), ("1.1", False), ("2.0", False), ("0.9", False), ("1", False), ("new", False)])
def test_the_version_of_the_api(version, fits):
    assert API_VERSION == "1.0"
    if fits:
        assert Plugin("vote", "vote", title="Vote", api=version)
    else:
        with pytest.raises(PluginError, match=f"^Plugin vote: it needs version {version} of lms.api, and this is 1.0$"):
            Plugin("vote", "vote", title="Vote", api=version)


def test_names_begin_with_the_key():
    plugin = Plugin("vote", "vote", title="Vote")
    with pytest.raises(PluginError, match=r"^Permission 'poll:vote:read': names start with the plugin's key, vote:…$"):
        plugin.permission("poll:vote:read", "Read votes")
    with pytest.raises(PluginError, match=r"^Event 'lms:voted': names start with the plugin's key, vote:…$"):
        plugin.event("lms:voted")
    assert "poll:vote:read" not in PERMISSIONS


def test_a_permission_is_three_words():
    with pytest.raises(PluginError, match=r"^Permission 'vote:read': a name is three words, plugin:thing:act$"):
        Plugin("vote", "vote", title="Vote").permission("vote:read", "Read votes")


# -- loading ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that writes a module and returns an entry point that names its `plugin`."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def write(name, text):
        module = f"{name}_{uuid.uuid4().hex[:6]}"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(text))
        made.append(module)
        return EntryPoint(name, f"{module}:plugin", GROUP)

    yield write
    for module in made:
        sys.modules.pop(module, None)


MADE = 'from lms.api import Plugin\nplugin = Plugin("{key}", __name__, title="Vote")\n'


def test_what_cannot_be_imported(installed):
    with pytest.raises(
        PluginError, match=r"^Plugin vote: vote_\w+:plugin cannot be imported: ModuleNotFoundError\(\"No module named 'no_such"
    ):
        load_plugins([installed("vote", "import no_such_module")])
    with pytest.raises(PluginError, match=r"^Plugin vote: vote_\w+:plugin cannot be imported: AttributeError"):
        load_plugins([installed("vote", "polling = 1")])


def test_what_is_no_plugin(installed):
    with pytest.raises(PluginError, match=r"^Plugin vote: the entry point must name a Plugin, not 7$"):
        load_plugins([installed("vote", "plugin = 7")])


def test_a_fault_at_import_keeps_its_sentence(installed):
    with pytest.raises(PluginError, match=r"^Permission 'other:vote:read': names start"):
        load_plugins([installed("vote", MADE.format(key="vote") + 'plugin.permission("other:vote:read", "Read votes")')])


def test_two_plugins_of_one_key(installed):
    first, second = (installed(name, MADE.format(key="vote")) for name in ("vote", "ballot"))
    with pytest.raises(PluginError, match=r"^Plugin vote: two installed plugins have this key, vote_\w+ and ballot_\w+$"):
        load_plugins([first, second])


def test_two_plugins_with_one_type():
    one, two = Plugin("one", "one", title="One"), Plugin("two", "two", title="Two")
    one.activity(Good)
    two.activity(type("Copy", (Good,), {}))
    with pytest.raises(PluginError, match=r"^Plugin two: the activity type 'good' belongs to the plugin one$"):
        load_plugins([one, two])
    assert set(load_plugins([one, two], disabled=["one"])) == {"two"}


@pytest.mark.parametrize("key", sorted(RESERVED))
def test_names_of_the_kernel(key):
    with pytest.raises(PluginError, match=f"^Plugin {key}: the kernel has this name for itself; choose another key$"):
        load_plugins([Plugin(key, "vote", title="Vote")])


def test_every_room_of_the_kernel_is_reserved():
    assert {room.name for room in ROOMS} <= RESERVED


@pytest.mark.parametrize(("key", "table"), [("course", "course_modules"), ("module", "module_progress"), ("user", "user_sessions")])
def test_a_key_must_not_claim_tables_of_the_kernel(key, table):
    with pytest.raises(PluginError, match=rf"^Plugin {key}: the kernel has a table '{key}_\w+'; choose another key$"):
        load_plugins([Plugin(key, "vote", title="Vote")])


def test_tables_begin_with_the_key(tmp_path):
    said = boot(tmp_path, MADE.format(key="vote") + _TABLE.format(table="ballots"))
    assert said == "Peduli does not start: Plugin vote: the name of its table 'ballots' must begin with vote_\n"


_TABLE = """
from sqlalchemy.orm import Mapped, mapped_column
from lms.api import Base
class Ballot(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


def boot(tmp_path, text):
    """Return what `lms` says when a distribution with this plugin is installed."""
    (tmp_path / "lms_vote.py").write_text(text)
    about = tmp_path / "lms_vote-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lms-vote\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nvote = lms_vote:plugin\n")
    done = subprocess.run(
        [sys.executable, "-m", "lms", "plugin", "list"],
        env={"PYTHONPATH": str(tmp_path), "LMS_DATA": str(tmp_path / "data"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done
    return done.stderr


def test_a_malformed_plugin_stops_the_start_with_one_sentence(tmp_path):
    said = boot(tmp_path, MADE.format(key="vote") + "from lms.api import ActivityType\n@plugin.activity\nclass Vote(ActivityType): ...\n")
    assert said == "Peduli does not start: vote: Vote: key is missing\n"


def test_a_view_without_a_mark_stops_the_start(tmp_path):
    said = boot(tmp_path, MADE.format(key="vote") + '@plugin.get("/all")\ndef everything(): ...\n')
    assert said == "Peduli does not start: The view vote.everything (/vote/all) carries neither @requires(…) nor @public\n"


def test_a_disabled_plugin_is_not_even_imported(installed):
    broken = installed("vote", "raise RuntimeError")
    assert load_plugins([broken], disabled=["vote"]) == {}


def test_commands_of_a_blueprint_are_commands_of_the_plugin():
    plugin = Plugin("vote", "vote", title="Vote")
    plugin.cli.command("count")(lambda: None)
    for _again in range(2):
        load_plugins([plugin])
    assert [group.name for group in plugin.commands] == ["vote"]
    assert load_plugins([Plugin("vote", "vote", title="Vote")])["vote"].commands == []


# -- events ------------------------------------------------------------------------------------------------------------------------


def test_a_task_may_follow_an_event():
    plugin = Plugin("vote", "vote", title="Vote")
    plugin.event("vote:closed")
    for name in ("lms:activity-completed", "vote:closed", "stranger:whatever"):
        plugin.task(on=name)(lambda: None)
    assert load_plugins([plugin])


@pytest.mark.parametrize("name", ["lms:activity-complete", "vote:shut"])
def test_a_task_cannot_follow_what_nobody_announces(name):
    plugin = Plugin("vote", "vote", title="Vote")
    plugin.task(on=name)(helper)
    with pytest.raises(PluginError, match=rf"^Plugin vote: the task vote:helper follows '{name}', which nobody announces$"):
        load_plugins([plugin])


@pytest.fixture
def following(app, database, monkeypatch):
    """Let a task follow an event; return the event."""
    loaded: Registry = app.extensions["lms"]
    monkeypatch.setattr(loaded, "tasks", {"vote:tally": Task("vote:tally", helper, on="vote:shut")})
    sent = []
    monkeypatch.setattr(loaded, "send_job", sent.append)
    happened = plugins._signals.signal("vote:shut")
    happened.sent = sent
    return happened


def test_the_job_is_written_with_what_happened(following):
    seen = []

    def hear(sender, **ids):
        seen.append(ids)

    vote = uuid.uuid4()
    with following.connected_to(hear):
        announce(following, vote_id=vote, number=3)
        assert not seen  # not before the commit
        commit()
    assert seen == [{"vote_id": vote, "number": 3}]
    (job,) = db.session.scalars(sa.select(Job))
    assert (job.task, job.arguments) == ("vote:tally", {"vote_id": str(vote), "number": 3})
    assert following.sent == [job.id]


def test_what_did_not_happen_has_no_job(following):
    announce(following, number=3)
    db.session.rollback()
    commit()
    assert db.session.scalars(sa.select(Job)).all() == []
    assert following.sent == []


def test_events_that_nobody_follows_cost_nothing(app, database, queries):
    with queries() as seen:
        announce(signal("lms:activity-completed"), enrolment_id=1, module_id=1, activity_key="a")
        commit()
    assert not seen


# -- settings -----------------------------------------------------------------------------------------------------------------------


class Row(Form):
    text = StringField(validators=[InputRequired()])
    shown = BooleanField(default=True)


class Everything(Form):
    question = TextAreaField(validators=[InputRequired()])
    most = IntegerField(default=5)
    public = BooleanField(default=True)
    hint = StringField(default="Think.")
    words = FieldList(StringField())
    rows = Rows(Row)
    place = FormField(Form.of(room=StringField()))


class Kind(Good):
    settings = Everything


DRAFT = Draft(0, "", "a", None, {})
FULL = {
    "question": "Tea?",
    "most": 5,
    "public": False,
    "hint": "",
    "words": ["a", "b"],
    "rows": [{"text": "x", "shown": False}],
    "place": {"room": "Aula"},
}


@pytest.mark.parametrize("data", [FULL, {"question": "Tea?"}, {"question": "Tea?", "public": True, "hint": "Hm", "words": [], "rows": []}])
def test_what_an_author_turned_off_stays_off(data):
    kind = Kind()
    settings = kind.load(data, DRAFT)
    dumped = kind.dump(settings, DRAFT)
    assert kind.load(dumped, DRAFT) == settings
    assert {name: settings[name] for name in data} == data


def test_what_is_empty_is_left_out_of_an_export():
    kind = Kind()
    dumped = kind.dump(kind.load({"question": "Tea?", "rows": [{"text": "x"}]}, DRAFT), DRAFT)
    assert dumped == {"question": "Tea?", "most": 5, "public": True, "hint": "Think.", "rows": [{"text": "x", "shown": True}]}


def test_a_missing_type_keeps_everything():
    settings = {"question": "", "options": [], "anything": {"deep": [None, False, 0]}}
    assert MISSING.dump(MISSING.load(settings, DRAFT), DRAFT) == settings


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"question": "Tea?", "qestion": "Tea?"}, "qestion"),
        ({"question": ["Tea?"]}, "question"),
        ({"question": {"id": "Teh?"}}, "question"),
        ({"question": "Tea?", "public": "no"}, "public"),
        ({"question": "Tea?", "words": "a"}, "words"),
        ({"question": "Tea?", "rows": {"text": "x"}}, "rows"),
        ({"question": "Tea?", "rows": ["x"]}, "rows"),
        ({"question": "Tea?", "rows": [{"text": "x", "colour": "red"}]}, "rows.0.colour"),
        ({"question": "Tea?", "rows": [{"text": ["x"]}]}, "rows.0.text"),
        ({"question": "Tea?", "most": "many"}, "most"),
        ({"question": "Tea?", "place": "Aula"}, "place"),
        ({"question": "Tea?", "place": {"rom": "Aula"}}, "place.rom"),
        ({}, "question"),
    ],
)
def test_wrong_settings_are_refused_with_their_name(data, field):
    with pytest.raises(ContentError) as refusal:
        Kind().load(data, DRAFT)
    assert refusal.value.field == field
    assert field in str(refusal.value)


def test_none_is_left_out():
    assert Kind().load({"question": "Tea?", "words": None, "rows": None, "public": True}, DRAFT)["rows"] == []


# -- attempts -----------------------------------------------------------------------------------------------------------------------


class Once(Good, Submittable, Gradable):
    key = "once"

    def answer_form(self, ctx):
        return Form.of(word=StringField(validators=[InputRequired()]))

    def attempts_allowed(self, settings):
        return 2

    def grade(self, settings, answer):
        return Score(1, 2)

    def render(self, ctx):
        return f"<p>form: {ctx.form is not None}, last: {ctx.last and ctx.last.answer['word']}</p>"


def test_the_form_goes_when_the_attempts_are_used_up(app, client, make_activity, monkeypatch):
    monkeypatch.setitem(app.extensions["lms"].activity_types, "once", Once())
    page = make_activity("once")
    browser = client.as_(page.learner)
    assert "form: True, last: None" in browser.get(page.url).text
    for word in ("satu", "dua"):
        assert browser.post(page.url, data={"word": ""}).status_code == 422
        assert browser.post(page.url, data={"word": word}).status_code == 302
    assert "form: False, last: dua" in browser.get(page.url).text
    refused = browser.post(page.url, data={"word": "a third word that is long enough to be handed back"})
    assert refused.status_code == 409
    assert "a third word that is long enough" in refused.text
