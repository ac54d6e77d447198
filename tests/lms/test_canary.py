"""Canaries: every private text carries a word of its own, and everybody else looks everywhere. No word may sing where it is not at home."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import io
import itertools
import logging
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from support import supervision
from support.crawl import addresses, crawl, words_of
from support.forms import FORM

from courses.entries.models import Draft, Entry, EntryState, Version
from courses.visits.models import Consent, Photo, Visit, VisitMember
from lms.attempts.models import Attempt
from lms.db import Base, at, commit, db
from lms.jobs.models import Job
from lms.jobs.services import plan_periodic, run_one
from lms.learning.models import Cohort, Group, Module
from lms.messages.models import Notice
from lms.messages.services import stop_token
from lms.people import sessions
from lms.people.access import load_actor
from lms.people.models import RoleAssignment, User, UserSession
from lms.people.services import report_to
from lms.progress import services as progress
from lms.testing.client import Client

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 5, tzinfo=dt.UTC)

# What each observer may see beside what is their own; everything else is private to them.
CONTACT = {"email", "phone", "nip", "position"}
MAY_SEE = {
    "supervisor": {"name", "institution"},
    "classmate": set(),
    "stranger": set(),
    "instructor of no cohort": set(),
    # Has learners of the cohort, but not these: sees their progress, never what they wrote or what was answered.
    "instructor of another group": {"name", "institution", "score", "override", "visit"},
    "organizer": {"name", "institution", "score", "override", "visit", *CONTACT},
    "admin": {"name", "institution", *CONTACT},
    # See who read whose texts, and whose key is asked about; never a word of them.
    "data protection officer": {"name"},
    "counsellor": set(),
    "anonymous": set(),
}
PROMPT = [{"key": "apa", "title": "Apa?", "prompt": "?"}, {"key": "lalu-apa", "title": "Lalu apa?", "prompt": "?"}]
ASSIGNMENT = {
    "brief": "Tulis.",
    "parts": [{"key": "isi", "title": "Isi", "prompt": "?"}],
    "rubric": [
        {"key": "isi", "title": "Isi", "weight": 67, "levels": ["Samar", "Sebagian", "Jelas", "Lengkap"]},
        {"key": "bahasa", "title": "Bahasa", "weight": 33, "levels": ["Kusut", "Berat", "Lancar", "Jernih"]},
    ],
}
RIGHT = 4  # of seven items: 57.14 percent, a number that stands nowhere else


@dataclass
class World:
    """A cohort with three people who have written, and who is around them."""

    cohort: Cohort
    module: Module
    learners: list[User]
    observers: dict[str, User]
    assessor: User
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)  # token: (kind, name of its owner)
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def token(self, kind: str, owner: User) -> str:
        """Return a word that stands nowhere else."""
        made = f"kenari{kind.replace(' ', '')}{next(self.counter):03d}x"
        self.tokens[made] = (kind, owner.name)
        return made

    def url(self, key: str) -> str:
        """Return the address of an activity in the player."""
        return f"/learn/{self.cohort.id}/{self.module.key}/{key}"

    def found(self, text: str, *, own: str = "") -> dict[str, str]:
        """Return {token: kind} of what a text gives away, `own` being whose own words do not count.

        Numbers are looked for among the digits alone: they may be written in blocks.
        """
        text = text.lower()
        digits = re.sub(r"[^0-9]+", "", text)
        songs = set(re.findall(r"kenari[a-z]+[0-9]+x", text))
        return {
            token: kind
            for token, (kind, owner) in self.tokens.items()
            if owner != own
            and (token in songs or (token[0].isdigit() and (token in digits or (kind == "score" and re.search(token, text)))))
        }


# -- the world -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _noon(app) -> Iterator[None]:
    shutil.rmtree(Path(app.config["LMS_DATA"]) / "mail", ignore_errors=True)
    with at(NOON):
        yield


@pytest.fixture
def build(client, make_user, make_unit, make_module, make_cohort, make_enrolment) -> Callable[[], World]:
    """Return a function that makes the world; learners and instructor act through the pages, as people do."""

    def make() -> World:
        unit = make_unit("Dinas Perhubungan")
        writer = make_user("Penulis Modul")
        module = make_module(*_activities(), owner=writer, key="kunjungan-warga")
        assessor = make_user("Helena Suryani", unit_id=unit.id)
        cohort = make_cohort(module, unit=unit, assessor=assessor)
        world = World(cohort, module, [], {}, assessor)
        other_group = _people(world, make_user, make_enrolment, unit)
        db.session.add(other_group)
        commit()
        _learn(client, world)
        supervision.count(cohort.id, TODAY)
        return world

    return make


def _activities() -> list[dict[str, Any]]:
    options = [{"text": "Ya", "correct": True, "rationale": "Betul."}, {"text": "Tidak", "rationale": "Keliru."}]
    items = [{"key": f"butir-{number}", "kind": "single_choice", "stem": f"Butir {number}?", "options": options} for number in range(7)]
    return [
        {"type": "lesson", "key": "bacaan", "settings": {"source": "Halo."}},
        {
            "type": "field_visit",
            "key": "kunjungan",
            "settings": {"checklist": [{"key": "izin", "text": "Izin ada."}], "lenses": PROMPT, "questions": []},
        },
        {"type": "journal", "key": "jurnal", "settings": {"minimum_words": 1, "visit": "kunjungan", "prompts": PROMPT}},
        {"type": "assignment", "key": "tugas", "settings": ASSIGNMENT, "rule": "accepted"},
        {"type": "quiz", "key": "kuis", "settings": {"items": items}},
    ]


def _people(world: World, make_user: Callable[..., User], make_enrolment: Callable[..., Any], unit: Any) -> Group:
    """Make three learners whose particulars are tokens, and everybody around them."""
    cohort = world.cohort
    for number in range(3):
        person = make_user(f"Orang {number}", unit_id=None if number == 2 else unit.id)
        person.name = f"Kenarinama{number}x Orang"
        world.tokens[f"kenarinama{number}x"] = ("name", person.name)
        person.email = f"{world.token('email', person)}@example.test"
        person.position = world.token("position", person)
        person.institution = world.token("institution", person) if number == 2 else ""
        person.phone, person.employee_number = f"08120077{number:04d}", f"19860115202503{number}977"
        world.tokens |= {person.phone: ("phone", person.name), person.employee_number: ("nip", person.name)}
        sessions.open_session(user_id=person.id, device=world.token("device", person))
        make_enrolment(cohort, person)
        world.learners.append(person)
    supervisor = make_user("Zulkifli Anwar", unit_id=unit.id, roles=[("supervisor", "cohort", cohort.id), ("supervisor", "unit", unit.id)])
    for person in world.learners:
        report_to(actor_id=None, user_id=person.id, supervisor_id=supervisor.id, since=TODAY)
    classmate = make_user("Slamet Riyadi", unit_id=unit.id)
    make_enrolment(cohort, classmate)
    colleague = make_user("Matius Gerang", roles=[("instructor", "cohort", cohort.id)])
    world.observers = {
        "supervisor": supervisor,
        "classmate": classmate,
        "stranger": make_user("Orang Luar"),
        "instructor of no cohort": make_user("Pengajar Lain", roles=["instructor"]),
        "instructor of another group": colleague,
        "organizer": make_user("Ratna Dewi", roles=["organizer", ("organizer", "unit", unit.id)]),
        "admin": make_user("Yopi Kurniawan", roles=["admin"]),
        "data protection officer": make_user("Natalia Simbolon", roles=["dpo"]),
        "counsellor": make_user("Yuliana Pratiwi", roles=["counsellor"]),
    }
    return Group(cohort_id=cohort.id, name="Kelompok 2", position=2, assessor_id=colleague.id)


def _learn(client: Client, world: World) -> None:
    """Let the first learner hand in, be answered and revise; the second leave drafts, one of them edited in two places; the third begin."""
    first, second, third = world.learners
    one, two = client.as_(first), client.as_(second)
    for key in ("kunjungan", "jurnal"):
        _ok(one.post(f"{world.url(key)}/tick", data={"tick": "izin", "happened_on": "2026-11-20"}) if key == "kunjungan" else None)
        _ok(one.post(f"{world.url(key)}/draft", data=_texts(world, "draft", first)))
        _ok(one.post(f"{world.url(key)}/hand-in", data={**_texts(world, "handed in", first), **_on(one, world, key)}))
        _answer(client, world, key)
        _ok(one.post(f"{world.url(key)}/revise"))
        _ok(one.post(f"{world.url(key)}/draft", data={**_texts(world, "draft", first), **_on(one, world, key)}))
        _ok(two.post(f"{world.url(key)}/draft", data=_texts(world, "draft", second)))
        _ok(two.post(f"{world.url(key)}/draft", data=_texts(world, "draft", second)))  # on top of nothing again: kept beside the other
    _hand_in_with_secrets(client, world, third)
    _ok(one.post(f"/learn/{world.cohort.id}/place", data=_place(world, first)))
    _visit(client, world)
    _assignment(client, world)
    _quiz(one, world)
    organizer = load_actor(world.observers["organizer"].id, TODAY)
    where = {"enrolment_id": _enrolment(second), "module_id": world.module.id, "activity_key": "bacaan"}
    progress.override(actor=organizer, **where, state="complete", reason=world.token("override", second))
    commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 6  # two revisions, two drafts, two beside them
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Version)) == 3


def _on(browser: Client, world: World, key: str) -> dict[str, list[str]]:
    """Return on top of what the page's form writes."""
    return {"on": re.findall(r'name="on" value="([^"]*)"', browser.get(world.url(key)).get_data(as_text=True))}


def _hand_in_with_secrets(client: Client, world: World, author: User) -> None:
    """Let somebody hand in with one section for nobody, and their instructor leave an answer half written."""
    own = {"text-lalu-apa": f"Hanya saya: {world.token('kept back', author)}.", "audience-lalu-apa": "self"}
    _ok(client.as_(author).post(f"{world.url('jurnal')}/hand-in", data={**_texts(world, "handed in", author), **own}))
    entry = db.session.scalars(sa.select(Entry.id).where(Entry.author_id == author.id, Entry.activity_key == "jurnal")).one()
    half = {"strong": world.token("half written", world.assessor)}
    _ok(client.as_(world.assessor).post(f"/journals/queue/{entry}/keep", data=half))


def _ok(answer: Any) -> None:
    assert answer is None or answer.status_code in {200, 204, 302}, answer.get_data(as_text=True)


def _enrolment(user: User) -> int:
    return int(
        db.session.scalars(
            sa.text("SELECT id FROM enrolments WHERE user_id = :user").bindparams(sa.bindparam("user", user.id, sa.Uuid))
        ).one()
    )


def _texts(world: World, kind: str, author: User, base: int = 0) -> dict[str, Any]:
    fields = ("apa", "lalu-apa", "catatan-kilat")
    return {"base": base, **{f"text-{name}": f"Hari itu {world.token(kind, author)} dan <b>pulang</b>." for name in fields}}


def _place(world: World, learner: User) -> dict[str, str]:
    return {"module": world.module.key, "activity": "bacaan", "anchor": world.token("place", learner)}


def _answer(client: Client, world: World, key: str) -> None:
    """Let the assigned instructor answer."""
    entry = db.session.scalars(sa.select(Entry.id).where(Entry.activity_key == key, Entry.state == EntryState.HANDED_IN)).one()
    author = world.learners[0]
    data = {name: f"Kuat: {world.token('feedback', author)}" for name in ("strong", "question", "step")}
    _ok(client.as_(world.assessor).post(f"/journals/queue/{entry}", data={**data, "decision": "accepted"}))


def _visit(client: Client, world: World) -> None:
    """Let the first learner go on a visit that is led, ask for a consent and keep a photo; who leads writes of it. Nobody else knows."""
    learner, led = world.learners[0], client.as_(world.assessor)

    def token() -> str:
        return world.token("visit", learner)

    sheet = {"host": token(), "activity": f"{world.module.id}/kunjungan", "day": "2026-11-21", "begins": "10:00", "ends": "14:00"}
    sheet |= {name: token() for name in ("meeting_point", "limits", "risks", "escort", "contact_role", "agreement", "purpose")}
    answer = led.post(f"/cohorts/{world.cohort.id}/visits/new", data={**sheet, "schedule_entry_id": "0"})
    _ok(answer)
    at_, visit = answer.headers["Location"], db.session.scalars(sa.select(Visit.id)).one()
    _ok(led.post(f"{at_}/members", data={"enrolment_id": _enrolment(learner), "role": "observer"}))
    browser = client.as_(learner)
    consent = {"kind": "photo_without_face", "relation": "self", "form": "written", "witness": "escort", "language": "melayu"}
    _ok(browser.post(f"/visits/{visit}/consent", data={**consent, "paper_number": token(), "given_on": "2026-11-21"}))
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    photo = {
        "consent": db.session.scalars(sa.select(Consent.id)).one(),
        "shows": "no_face",
        "photo": (io.BytesIO(picture.getvalue()), "a.png"),
    }
    _ok(browser.post(f"/visits/{visit}/photos", data=photo, content_type="multipart/form-data"))
    member = db.session.scalars(sa.select(VisitMember.id)).one()
    _ok(led.post(f"{at_}/paper", data={"signed": str(member), "begins": "10:10"}))
    _ok(led.post(f"{at_}/debrief", data={"surprise": token(), "works": token(), "next": token()}))
    _ok(led.post(f"{at_}/told", data={"told": token(), "told_by": token(), "told_on": "2026-11-21"}))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Photo)) == 1


def _assignment(client: Client, world: World) -> None:
    """Let the first learner hand in, be asked for a revision, and be accepted; the third one's text waits."""
    author = world.learners[0]
    for decision in ("returned", "accepted"):
        _ok(client.as_(author).post(world.url("tugas"), data={"part-isi": f"Jawaban saya {world.token('assignment', author)}."}))
        latest = db.session.scalars(sa.select(Attempt.id).where(Attempt.activity_key == "tugas").order_by(Attempt.number.desc())).first()
        marks = {"rubric-isi": "3", "rubric-bahasa": "4", "feedback": f"Baik {world.token('mark', author)}", "decision": decision}
        _ok(client.as_(world.assessor).post(f"/journals/queue/assignments/{latest}", data=marks))
    world.tokens["83[.,]25"] = ("score", author.name)
    waiting = world.learners[2]
    _ok(client.as_(waiting).post(world.url("tugas"), data={"part-isi": f"Jawaban saya {world.token('assignment', waiting)}."}))


def _quiz(browser: Client, world: World) -> None:
    """Answer four of seven items rightly."""
    url = browser.post(f"/quizzes/start/{world.cohort.id}/{world.module.key}/kuis").headers["Location"]
    attempt = db.session.scalars(sa.select(Attempt).where(Attempt.activity_key == "kuis")).one()
    for slot, question in enumerate(attempt.variant["slots"], start=1):
        place = "ab"[question["variant"]["order"].index("a" if slot <= RIGHT else "b")]
        _ok(browser.post(f"{url}/answer", data={"slot": slot, f"q{slot}-choice": place}))
    _ok(browser.post(f"{url}/hand-in"))
    db.session.expire_all()
    assert round(db.session.scalars(sa.select(Attempt).where(Attempt.activity_key == "kuis")).one().percent or 0, 2) == 57.14
    world.tokens["57[.,]14"] = ("score", world.learners[0].name)


# -- who looks where -------------------------------------------------------------------------------------------------------------------


def known(world: World) -> dict[str, list[Any]]:
    """Return values for the arguments of addresses, by name: what really is there."""

    def every(column: Any) -> list[Any]:
        return list(db.session.scalars(sa.select(column).limit(40)))

    people = [person.id for person in world.learners]
    return {
        "cohort_id": [world.cohort.id],
        "module_key": [world.module.key],
        "activity_key": ["jurnal", "kunjungan", "tugas", "kuis", "bacaan"],
        "module_id": [world.module.id],
        "enrolment_id": [_enrolment(person) for person in world.learners],
        "user_id": people,
        "entry_id": every(Entry.id) or [uuid.uuid4()],
        "attempt_id": every(Attempt.id),
        "session_id": list(db.session.scalars(sa.select(UserSession.id).where(UserSession.user_id.in_(people)))),
        "job_id": every(Job.id)[:3],
        "visit_id": every(Visit.id),
        "notice_id": every(Notice.id),
        "proof": [stop_token(people[0])],
        "member_id": every(VisitMember.id),
        "photo_id": every(Photo.id),
        "group_id": every(Group.id),
        "grant_id": every(RoleAssignment.id),
        "suffix": ["svg"],
        "digest": ["0" * 64],
        "year": [2026],
        **supervision.known(),
    }


def starts(world: World) -> list[str]:
    """Return where a crawl begins: the start page, and every scope that a team page might be asked for."""
    scopes = ("reports", *(f"unit-{number}" for number in (1, 2)), f"cohort-{world.cohort.id}")
    team = supervision.team_urls(scopes)
    return [
        "/",
        "/team",
        *team,
        *(f"{url}&q=orang&cohort=all" for url in team),
        *("/nothing-here", "/team/nothing", "/journals/%00", "/learn/x"),
    ]


def look_everywhere(app: Any, browser: Client, world: World, look: Callable[[str, Any], object]) -> int:
    """Follow every link, then try every address of the program, then send a form to each; return how many paths were asked."""
    values = known(world)
    asked = crawl(browser, [*starts(world), *addresses(app, values, method="GET")], look)
    entries = [str(value) for value in values["entry_id"]]
    posted = list(addresses(app, {name: list(some)[:2] for name, some in values.items()}, method="POST"))
    for url in posted:
        look(f"POST {url}", browser.post(url, data={**FORM, "entry": entries[0]}))
        look(f"POST {url}", browser.post(url, data={**FORM, "entry": entries[-1]}, headers={"Accept": "application/json"}))
    look("DELETE /team", browser.delete("/team"))
    return len(asked)


# A second database would show most of them the same pages; the supervisor's has walls of its own.
WATCHERS = [who if who in {"supervisor", "organizer"} else pytest.param(who, marks=pytest.mark.sqlite) for who in MAY_SEE]


@pytest.mark.parametrize("who", WATCHERS)
def test_nobody_sees_what_is_private_to_others(app, client, build, caplog, who):
    caplog.set_level(logging.INFO, logger="lms")
    world = build()
    browser = client if who == "anonymous" else client.as_(world.observers[who])
    own = world.observers[who].name if who in world.observers else ""
    leaks: dict[str, list[str]] = {}
    seen: set[str] = set()

    def look(address: str, answer: Any) -> None:
        words = words_of(answer)
        for token, kind in world.found(words, own=own).items():
            seen.add(kind)
            if kind not in MAY_SEE[who]:
                leaks.setdefault(f"{kind} {token}", []).append(f"{address} ({answer.status_code})")
        assert "$argon2" not in words
        assert answer.status_code < 500, address
        if address.startswith(("/journals", "POST /journals")):
            assert "kenarinama" not in words.lower(), address

    pages = look_everywhere(app, browser, world, look)

    assert not leaks, leaks
    assert pages > 40
    if who in {"organizer", "admin"}:
        assert {"name", "email", "nip"} <= seen  # the crawl finds what is there to find
    if who == "supervisor":
        assert "name" in seen
    _nothing_in_mails_and_logs(app, world, caplog)


def _nothing_in_mails_and_logs(app: Any, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Carry out every job, then read all mails and the log. A mail names its reader's address, nothing else."""
    db.session.rollback()
    with at(NOON + dt.timedelta(hours=20)):  # the next morning: most notices come in the mail of the day
        plan_periodic()
        while run_one():
            pass
    mails = list((Path(app.config["LMS_DATA"]) / "mail").glob("*.eml"))
    assert mails
    for path in mails:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        to = str(message["To"])
        told = f"{message.as_string().replace(to, '')}\n{message.get_body().get_content()}"
        assert not world.found(told), told
    assert not world.found(caplog.text), caplog.text


def test_the_canaries_sing_where_they_are_at_home(app, client, build):
    """The same crawl as their owner finds them: else it would prove nothing."""
    world = build()
    for person, kinds in (
        (
            world.learners[0],
            {"draft", "handed in", "feedback", "assignment", "mark", "score", "visit", "email", "phone", "nip", "device", "place"},
        ),
        (world.learners[1], {"draft", "override"}),
        (world.learners[2], {"kept back", "handed in"}),
        (world.assessor, {"handed in", "feedback", "half written", "assignment", "mark", "score", "visit"}),
    ):
        seen: set[str] = set()

        def look(address: str, answer: Any, seen: set[str] = seen) -> None:
            seen |= set(world.found(words_of(answer)).values())

        crawl(client.as_(person), [*starts(world), *addresses(app, known(world), method="GET")], look)
        assert kinds <= seen, kinds - seen
        assert person is not world.assessor or not seen & {"draft", "kept back", "email", "phone", "nip", "device", "place"}


def test_the_assigned_instructor_reads_what_was_handed_in_and_no_draft(app, client, build):
    world = build()
    browser = client.as_(world.assessor)
    texts = [words_of(browser.get(f"/journals/queue/{number}")) for number in known(world)["entry_id"]]
    kinds = set(world.found("\n".join(texts)).values())
    assert {"handed in", "feedback"} <= kinds
    assert not kinds & {"draft", "kept back", "name", "email", "phone", "nip", "position", "device"}


def test_no_table_holds_a_confidential_text_in_the_clear(build):
    """A dump of the database reads no journal, no visit and no answer to them."""
    world = build()
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            kinds = set(world.found(" ".join(map(str, row))).values())
            assert not kinds & {"draft", "handed in", "kept back", "half written", "feedback"}, table.name


@pytest.mark.sqlite
def test_a_crash_tells_the_log_nothing_about_anybody(client, build, caplog):
    """A statement that fails while an answer is saved: the author keeps the text on the page, the log has a number and no text."""
    world = build()
    author = world.learners[1]
    broken = "CREATE TRIGGER broken BEFORE UPDATE ON attempts BEGIN SELECT RAISE(ABORT, 'broken'); END"
    db.session.execute(sa.text(broken))
    commit()
    answer = client.as_(author).post(world.url("tugas"), data={"part-isi": f"Jawaban saya {world.token('assignment', author)}."})
    assert answer.status_code == 500
    assert "assignment" in world.found(words_of(answer)).values()  # handed back to its author
    assert "broken" in caplog.text
    assert not world.found(caplog.text)
