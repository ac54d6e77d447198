"""Learners who answer while servers are killed: each asks again until it is told "saved", and remembers everything it was told."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from faults.ground import ITEMS, LETTERS, Ground, Learner

SORRY = 503  # the status of the product's own words for trouble
PATIENCE = 60  # seconds a learner asks again before the test fails
SEVERAL = {number for number, item in enumerate(ITEMS, start=1) if item["kind"] == "multiple_choice"}
Fields = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a learner was told, and about what: noted after the whole answer of the server had arrived."""

    attempt: str
    slot: int
    response: dict[str, Any]
    code: str
    proof: str
    base: int
    counts: bool


@dataclass(slots=True)
class Ledger:
    """Everything that was acknowledged. `answers` is what stands according to the learners: {attempt: {slot: response}}."""

    saved: list[Saved] = field(default_factory=list)
    answers: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    handed_in: set[str] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)
    asked: set[int] = field(default_factory=set)  # enrolments for whom a certificate was asked, whatever was answered
    certified: set[int] = field(default_factory=set)  # those for whom it was acknowledged
    changed: set[int] = field(default_factory=set)  # enrolments of people who were told that their password is changed
    shown: int = 0  # pages that came whole
    said: int = 0  # pages that said that Peduli cannot now
    moments: list[float] = field(default_factory=list)  # when something was acknowledged, in seconds of the monotonic clock
    spoken: list[str] = field(default_factory=list)  # answers that were neither what was asked for nor the product's own words for trouble
    retries: int = 0
    kills: int = 0

    @property
    def pause(self) -> float:
        """Return the longest time in which nothing was acknowledged, in seconds."""
        moments = sorted(self.moments)
        return max((after - before for before, after in itertools.pairwise(moments)), default=0.0)


class Broken(Exception):  # noqa: N818 - the line is
    """No answer came, or one that says that the server cannot now."""


class Browser:
    """One connection of a signed-in learner."""

    def __init__(self, port: int, learner: Learner, spoken: list[str]) -> None:
        self.spoken = spoken
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        self.headers = {
            "Cookie": f"peduli={learner.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "X-CSRF-Token": learner.token,
        }

    def send(self, path: str, fields: Fields) -> None:
        """Send a form; raises Broken."""
        try:
            self.line.request("POST", path, urlencode(fields), self.headers)
        except (OSError, http.client.HTTPException) as error:
            self._broken(error)

    def receive(self) -> tuple[int, str, bytes]:
        """Return (status, where it leads, body); raises Broken for anything but a whole answer, and for 5xx."""
        try:
            answer = self.line.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._broken(error)
        if answer.status >= 500:
            self.odd(answer, body)
            self._broken(None)
        return answer.status, answer.headers.get("Location", ""), body

    def odd(self, answer: http.client.HTTPResponse, body: bytes) -> None:
        """Note an answer of the server's trouble that is not the sentence that pages show to people."""
        try:
            said = json.loads(body).get("message", "")
        except (ValueError, AttributeError):
            said = ""
        if not said or answer.status != SORRY:
            self.spoken.append(f"{answer.status} {body[:80]!r}")

    def close(self) -> None:
        """Hang up."""
        self.line.close()

    def _broken(self, error: Exception | None) -> None:
        self.close()
        raise Broken from error


class Taker(threading.Thread):
    """Takes attempts, one learner after the other, until told to stop; what was begun is asked for until it is acknowledged."""

    def __init__(
        self,
        *,
        port: int,
        ground: Ground,
        learners: queue.Queue[Learner],
        ledger: Ledger,
        stop: threading.Event,
        seed: int,
        impatience: float,
    ) -> None:
        super().__init__(daemon=True)
        self.port, self.ground, self.learners, self.ledger, self.stop = port, ground, learners, ledger, stop
        self.chance, self.impatience = Random(seed), impatience

    def run(self) -> None:
        """Take attempts; a failed expectation ends it and is a trouble of the test."""
        try:
            while not self.stop.is_set():
                self.take(self.learners.get_nowait())
        except queue.Empty:
            self.ledger.troubles.append("there were too few learners")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it
            self.ledger.troubles.append(f"{type(error).__name__}: {error}")

    def take(self, learner: Learner) -> None:
        """Begin, answer each question several times, and mostly hand in."""
        one, two = (Browser(self.port, learner, self.ledger.spoken) for _time in range(2))
        with contextlib.closing(one) as browser, contextlib.closing(two) as window:
            self._take(browser, window)

    def _take(self, browser: Browser, window: Browser) -> None:
        [(status, place, _body)] = self.insist([browser], self.ground.start, [()])
        assert status == 302, f"begin: {status}"
        attempt = place.rpartition("/")[2]
        answers = self.ledger.answers.setdefault(attempt, {})
        bases: dict[int, int] = {}
        slots = [slot for slot in LETTERS for _time in range(2)]
        self.chance.shuffle(slots)
        for slot in slots:
            if self.stop.is_set():
                return
            several = [browser, window] if self.chance.random() < 0.1 else [browser]
            self.answer(several, attempt, slot, bases, answers)
        if self.chance.random() < 0.8:
            self.hand_in([browser, window] if self.chance.random() < self.impatience else [browser], attempt, answers)

    def answer(self, browsers: list[Browser], attempt: str, slot: int, bases: dict[int, int], answers: dict[int, dict[str, Any]]) -> None:
        """Save an answer; with two browsers two different ones at once, of which one must win and both must be kept."""
        responses = self.responses(slot, len(browsers))
        forms = [fields_of(slot, response, bases.get(slot, 0)) for response in responses]
        told = []
        for response, (status, _place, body) in zip(responses, self.insist(browsers, f"/quizzes/{attempt}/answer", forms), strict=True):
            assert status == 200, f"answer: {status} {body[:200]!r}"
            [one] = json.loads(body)
            told.append(Saved(attempt, slot, response, one["code"], one["proof"], one["base"], one["counts"]))
        self.ledger.saved += told
        self.ledger.moments.append(time.monotonic())
        # What stood there already may be confirmed beside the new one.
        assert sum(one.counts and one.base > bases.get(slot, 0) for one in told) <= 1, "two answers of two windows count"
        last = max((one for one in told if one.counts), key=lambda one: one.base)
        answers[slot], bases[slot] = last.response, last.base

    def hand_in(self, browsers: list[Browser], attempt: str, answers: dict[int, dict[str, Any]]) -> None:
        """Hand in, now and then with an answer that had not been delivered, now and then by pressing twice."""
        fields: Fields = ()
        if self.chance.random() < 0.3:
            slot = self.chance.choice(list(LETTERS))
            [response] = self.responses(slot, 1)
            fields = fields_of(slot, response, 10**6)
            answers[slot] = response
        for status, place, _body in self.insist(browsers, f"/quizzes/{attempt}/hand-in", [fields] * len(browsers)):
            assert (status, place) == (302, f"/quizzes/{attempt}"), f"hand in: {status} {place}"
        self.ledger.handed_in.add(attempt)

    def responses(self, slot: int, count: int) -> list[dict[str, Any]]:
        """Return different answers to a question."""
        letters = self.chance.sample(LETTERS[slot], len(LETTERS[slot]))
        return [{"choice": sorted(letters[place : place + 2]) if slot in SEVERAL else [letters[place]]} for place in range(count)]

    def insist(self, browsers: list[Browser], path: str, forms: Sequence[Fields]) -> list[tuple[int, str, bytes]]:
        """Send one form through each browser, all at once; each that breaks is sent again until it is answered."""
        answers: list[tuple[int, str, bytes] | None] = [None] * len(browsers)
        wait, end = 0.05, time.monotonic() + PATIENCE
        while None in answers:
            open_ones = [place for place, answer in enumerate(answers) if answer is None]
            sent = [place for place in open_ones if self._tried(browsers[place].send, path, forms[place]) is not None]
            for place in sent:
                answers[place] = self._tried(browsers[place].receive)
            if None in answers:
                assert time.monotonic() < end, f"no answer in {PATIENCE} seconds"
                time.sleep(wait * self.chance.uniform(0.5, 1))
                wait = min(wait * 2, 0.8)
        return [answer for answer in answers if answer is not None]

    def _tried(self, act: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return act(*arguments) or True
        except Broken:
            self.ledger.retries += 1
            return None


def fields_of(slot: int, response: dict[str, Any], base: int) -> Fields:
    """Return a response as the page's script posts it."""
    return [("slot", slot), (f"q{slot}-base", base), *((f"q{slot}-choice", letter) for letter in response["choice"])]


def storm(
    *,
    port: int,
    ground: Ground,
    strike: Callable[[Random], None],
    seconds: float,
    kills: int,
    saves: int,
    seed: int,
    takers: int = 8,
    most_between: int = 300,
    impatience: float = 0.4,
    counted: Callable[[Ledger], int] = lambda ledger: len(ledger.saved),
    beside: Callable[[Ledger, threading.Event], Sequence[threading.Thread]] = lambda _ledger, _stop: (),
) -> Ledger:
    """Let learners answer while `strike` kills something and starts it again, at random instants; return what was acknowledged.

    It goes on for `seconds`, and until there were so many kills and so many saved answers. Between two kills at most `most_between` answers
    are saved; with `counted` it is something else that happens between two. `impatience` is the share of learners who hand in by pressing twice. `beside` gives the threads of others who are there meanwhile.
    """
    chance, ledger, stop = Random(seed), Ledger(), threading.Event()
    learners: queue.Queue[Learner] = queue.Queue()
    for learner in ground.learners:
        learners.put(learner)
    crowd: list[threading.Thread] = [
        Taker(port=port, ground=ground, learners=learners, ledger=ledger, stop=stop, seed=seed * 1000 + number, impatience=impatience)
        for number in range(takers)
    ]
    crowd += beside(ledger, stop)
    for taker in crowd:
        taker.start()
    began = time.monotonic()
    while not ledger.troubles and (time.monotonic() - began < seconds or ledger.kills < kills or len(ledger.saved) < saves):
        before, end = counted(ledger), time.monotonic() + PATIENCE
        enough = before + chance.randint(min(takers, most_between), most_between)
        while counted(ledger) < enough and time.monotonic() < end and not ledger.troubles:
            time.sleep(0.01)  # let it run again, for a while that nobody knows
        if counted(ledger) == before:
            ledger.troubles.append(f"nothing was saved in {PATIENCE} seconds")
            break
        strike(chance)
        ledger.kills += 1
    stop.set()
    for taker in crowd:
        taker.join(PATIENCE)
    return ledger
