"""People as locust plays them, for `run.py`: those of one rhythm, and staff who look on.

Each learner is a person of their own, comes once and goes. What the server acknowledged is written to LOAD_TOLD as JSON, to be
compared with the database. LOAD_RHYTHM names the rhythm, LOAD_GROUND the learners' file.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from gevent import sleep
from locust import FastHttpUser, LoadTestShape, events, task
from locust.exception import StopUser

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults.ground import LETTERS, Learner, read
from load.rhythms import EMAIL, FRIDAY, LOOKERS, MORNING, OUTAGE, PASSWORD, QUIZ, RHYTHMS, WHOLE_QUIZ

from courses.entries.drafts import checksum

RHYTHM = RHYTHMS[os.environ["LOAD_RHYTHM"]]
GROUND = read(Path(os.environ["LOAD_GROUND"]))
NUMBERS, SEATS = count(), count()
BEGAN = time.monotonic() + 2  # when everybody has sat down
SYNC = "/api/v1/sync"
MODULE = GROUND.page.rpartition("/")[0]
COHORT = MODULE.split("/")[2]
JOURNAL = f"{MODULE.removeprefix('/learn/')}/catatan"
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SENTENCE = "Hari ini saya lebih banyak mendengar daripada menjelaskan, dan mencatat apa yang warga katakan. "
ANSWERS = 3  # of the ten questions
AGAIN = 1 / 3  # of the phones never hear that all arrived
LOOKS = {
    "board": f"/cohorts/{COHORT}",
    "people": f"/cohorts/{COHORT}/people",
    "team": f"/team/people?scope=cohort-{COHORT}",
    "desk": "/desk",
    "report": f"/reports/progress?cohort={COHORT}",
}
Good = Callable[[Any], bool]


def all_count(answer: Any) -> bool:
    """Tell whether every answer of a quiz that was sent is saved and has its receipt."""
    return all(saved["counts"] and saved["code"] for saved in answer.json())


def all_taken(answer: Any) -> bool:
    """Tell whether every operation that was delivered is taken."""
    return all(said["state"] == "taken" for said in answer.json()["answers"].values())


@dataclass(slots=True)
class Unexpected(Exception):  # noqa: N818 - an answer that a person could do nothing with
    """An answer that is none; locust has counted it as a failure, and the person gives up."""

    name: str


class Somebody(FastHttpUser):
    """A person with a session and a connection of their own."""

    abstract = True
    told: ClassVar[Counter[str]] = Counter()
    network_timeout = connection_timeout = 120.0
    person: Learner | None = None

    def think(self) -> None:
        """Wait, between 0.3 and 1.7 times what the rhythm says."""
        sleep(RHYTHM.think * self.chance.uniform(0.3, 1.7))

    def ask(
        self, name: str, path: str, fields: dict[str, Any] | None = None, *, content: object = None, good: Good = lambda answer: True
    ) -> Any:
        """Send a GET, a POST of fields or one of JSON, and return the answer; any but a good one is a failure, raised as Unexpected."""
        script = content is not None or path.endswith("/answer") or path == SYNC
        headers = {"Accept": "application/json" if script else "text/html"}
        sent: dict[str, Any] = {}
        if self.person:
            headers["Cookie"] = f"peduli={self.person.cookie}"
        if fields is not None:
            sent["data"] = {"csrf_token": self.token, **fields}
        if content is not None:
            headers |= {"X-CSRF-Token": self.token, "Content-Type": "application/json"}
            sent["data"] = json.dumps(content)
        method = "POST" if sent else "GET"
        with self.client.request(method, path, headers=headers, name=name, allow_redirects=False, catch_response=True, **sent) as answer:
            right = answer.status_code == (200 if script or not sent else 302) and good(answer)
            if not right:
                answer.failure(f"{name}: {answer.status_code} {(answer.text or '')[:200]}")
        if not right:
            raise Unexpected(name)
        return answer


class Learning(Somebody):
    """A learner, who comes once and goes."""

    abstract = True

    def on_start(self) -> None:
        """Take the next learner's place, and wait until it is time to come. Who comes in place of somebody who went finds none left."""
        number = next(NUMBERS)
        if number >= RHYTHM.people:
            raise StopUser
        self.number = RHYTHM.first + number
        self.person = GROUND.learners[self.number]
        self.token = self.person.token
        self.chance = Random(self.number)
        sleep(max(0.0, BEGAN + RHYTHM.arrival(number) - time.monotonic()))

    @task
    def come(self) -> None:
        """Do everything once, and go."""
        try:
            self.visit()
            self.told["through"] += 1
        except Unexpected:
            pass
        finally:
            self.told["gone"] += 1
        raise StopUser

    def visit(self) -> None:
        """Do what this kind of person comes for; raises Unexpected."""
        raise NotImplementedError

    def meet(self) -> dict[str, Any]:
        """Do what a page does before it delivers: ask who is signed in, and get the token."""
        told = self.ask("who am I", SYNC).json()
        self.token = told["token"]
        return dict(told)

    def deliver(self, met: dict[str, Any], operations: list[dict[str, Any]]) -> None:
        """Deliver operations; every one must be taken."""
        now = round(time.time() * 1000)
        sent = {"user": met["user"], "now": now, "seen": now, "tick": met["tick"], "device": f"ponsel{self.number:08d}", "ops": operations}
        self.ask("deliver", SYNC, content=sent, good=all_taken)

    def writing(self, number: int, text: str) -> dict[str, Any]:
        """Return the operation with which a device puts a text in place of the one before."""
        on = [f"ponsel{self.number:08d}.{number - 1}"] if number > 1 else []
        return self.operation(number, "courses:write", {"on": on, "whole": {"apa": text}, "check": checksum({"apa": text})})

    def operation(self, number: int, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return an operation on the journal."""
        return {"n": number, "at": round(time.time() * 1000), "kind": kind, "body": {"doc": JOURNAL, "type": "journal", **body}}


class Reader(Learning):
    """Comes at eight: signs in, home, the lesson, and what comes next."""

    abstract = RHYTHM is not MORNING

    def visit(self) -> None:
        """Sign in and read."""
        self.person = None  # the session that they get
        self.token = FORM_TOKEN.search(self.ask("sign-in page", "/sign-in").text)[1]  # type: ignore[index]
        self.think()
        self.ask("sign in", "/sign-in", {"email": EMAIL.format(self.number), "password": PASSWORD, "next": ""})
        self.ask("home", "/learn")
        self.think()
        self.ask("lesson", f"{MODULE}/bacaan")
        self.think()
        self.ask("next", GROUND.page)


class Taker(Learning):
    """Takes the quiz: begins, saves some answers, hands in, looks at the result."""

    abstract = RHYTHM not in {QUIZ, WHOLE_QUIZ}

    def visit(self) -> None:
        """Take it."""
        place = self.ask("start", GROUND.start, {}).headers["Location"]
        self.ask("first page", place)
        for slot in list(LETTERS)[:ANSWERS]:
            self.think()
            choice = self.chance.choice(LETTERS[slot])
            self.ask("save", f"{place}/answer", {"slot": slot, f"q{slot}-choice": choice, f"q{slot}-base": 0}, good=all_count)
            self.told["saves"] += 1
        self.think()
        self.ask("hand-in", f"{place}/hand-in", {})
        self.told["handed in"] += 1
        self.ask("result page", place)


class Late(Learning):
    """Writes the journal in the last minutes, and hands it in."""

    abstract = RHYTHM is not FRIDAY

    def visit(self) -> None:
        """Write three times, hand in, look."""
        self.ask("journal", f"/learn/{JOURNAL}")
        met = self.meet()
        for number in range(1, 4):
            self.think()
            self.deliver(met, [self.writing(number, SENTENCE * number)])
            self.told["operations"] += 1
        self.deliver(met, [self.operation(4, "courses:hand_in", {"on": f"ponsel{self.number:08d}.3"})])
        self.told["operations"] += 1
        self.told["journals"] += 1
        self.ask("journal", f"/learn/{JOURNAL}")


class Phone(Learning):
    """Was without a line for long; when it is back, delivers what was written. Of some the answer is lost, and they deliver again."""

    abstract = RHYTHM is not OUTAGE

    def visit(self) -> None:
        """Deliver."""
        operations = [self.writing(number, SENTENCE * number) for number in range(1, self.chance.randint(5, 20) + 1)]
        met = self.meet()
        self.deliver(met, operations)
        self.told["operations"] += len(operations)
        if self.chance.random() < AGAIN:
            self.think()
            self.deliver(self.meet(), operations)
        self.ask("journal", f"/learn/{JOURNAL}")


class Looker(Somebody):
    """Looks on as long as learners are there: the board of the cohort, its people, the supervisor's list, what waits, a report."""

    fixed_count = LOOKERS

    def on_start(self) -> None:
        """Sit down."""
        number = next(SEATS)
        self.person = GROUND.learners[number - LOOKERS]
        self.chance = Random(number)

    @task
    def look(self) -> None:
        """Look at one page after the other until the learners have gone."""
        for name, path in LOOKS.items():
            self.think()
            if self.told["gone"] >= RHYTHM.people:
                raise StopUser
            with contextlib.suppress(Unexpected):
                self.ask(f"staff: {name}", path)


class Arrival(LoadTestShape):
    """Everybody is there at once and waits for their time to come; it is over when all learners have gone, or patience has."""

    def tick(self) -> tuple[int, float] | None:
        """Return (people, people a second), or None when it is over."""
        if Somebody.told["gone"] >= RHYTHM.people or self.get_run_time() > RHYTHM.patience:
            return None
        return RHYTHM.people + LOOKERS, 1000.0


@events.quitting.add_listener
def write(**_about: Any) -> None:
    """Write down what was acknowledged."""
    Path(os.environ["LOAD_TOLD"]).write_text(json.dumps(Somebody.told))
