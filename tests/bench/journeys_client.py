"""Many people at once for `journeys.py`: one light process, one kept connection for each. Reads a plan, writes what it saw as JSON.

All do one step at a time: a step ends for everybody before the next begins, so what the server's processes used meanwhile belongs to it.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.measure import cpu_of
from bench.quiz_client import PATIENCE, Wire
from faults.servers import children

from courses.entries.drafts import checksum

TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
COOKIE = re.compile(rb"(?im)^set-cookie: ([^=]+)=([^;]*)")
AGENT = "Host: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (Linux; Android 10)\r\n"
JOURNAL = "kepemimpinan-humanis/jurnal"  # opens without anything that comes before it
Step = Callable[["Person"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who comes, and to do what: `kind` is journey, floor, lessons or saves; each of `clients` takes its share of the people."""

    kind: str
    port: int
    pids: dict[str, list[int]]  # of the parts of the site
    database: int  # the database's first process, 0 without one: those of its connections come and go
    people: list[str]
    password: str
    clients: int
    cohort: int
    seconds: float = 0  # of lessons and saves; a journey and the floor have a number of requests
    supervisor: str = ""


@dataclass(slots=True)
class Person:
    """Somebody in front of a browser: cookies, the token of the last page, the address of the attempt."""

    port: int
    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    attempt: str = ""
    reads: bool = False  # the next answer is looked into, so it comes as it is
    user: str = ""
    tick: str = ""
    number: int = 0  # of answers saved
    drafts: int = 0
    device: str = ""
    wire: Wire = field(default_factory=Wire)
    took: list[float] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, fields: dict[str, object] | None = None, *, accept: str = "text/html"
    ) -> tuple[bytes, bytes]:
        """Send a request and return head and body; raises RuntimeError for an answer that is no success."""
        body = b"" if fields is None else urlencode({"csrf_token": self.token, **fields}).encode()
        return await self.send(method, path, body, "application/x-www-form-urlencoded", accept)

    async def read(self, path: str) -> tuple[bytes, bytes]:
        """Get a page to look for something in it: it is not compressed."""
        self.reads = True
        try:
            return await self.ask("GET", path)
        finally:
            self.reads = False

    async def send(self, method: str, path: str, body: bytes, kind: str, accept: str) -> tuple[bytes, bytes]:
        """Send a request with a body of some kind."""
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        packed = "" if self.reads else "Accept-Encoding: br\r\n"
        head = f"{method} {path} HTTP/1.1\r\n{AGENT}{packed}Accept: {accept}\r\nCookie: {jar}\r\n"
        if body:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nX-CSRF-Token: {self.token}\r\n"
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        if self.wire.transport is None or self.wire.transport.is_closing():
            _transport, self.wire = await loop.create_connection(Wire, "127.0.0.1", self.port)
        self.wire.answer = loop.create_future()
        self.wire.transport.write(head.encode() + b"\r\n" + body)  # type: ignore[union-attr]
        status, answered, content = await asyncio.wait_for(self.wire.answer, PATIENCE)
        self.took.append((time.perf_counter() - began) * 1000)
        if status not in {200, 302, 303}:
            raise RuntimeError(f"{method} {path}: {status}")
        self.cookies.update({name.decode(): value.decode() for name, value in COOKIE.findall(answered + b"\r\n")})
        return answered, content


def times(count: int, step: Step) -> Step:
    """Return a step that is taken some times, one after the other."""

    async def again(person: Person) -> None:
        for _time in range(count):
            await step(person)

    return again


def journey(plan: Plan) -> dict[str, tuple[Step, bool]]:
    """Return {step: (what a person does, whether it is measured)}."""
    learn = f"/learn/{plan.cohort}"

    async def open_sign_in(person: Person) -> None:
        _head, body = await person.read("/sign-in")
        person.token = TOKEN.search(body).group(1).decode()  # type: ignore[union-attr]

    async def sign_in(person: Person) -> None:
        await person.ask("POST", "/sign-in", {"email": person.name, "password": plan.password, "next": ""})

    async def token(person: Person) -> None:
        _head, body = await person.read("/api/v1/sync")
        told = json.loads(body)
        person.token, person.user, person.tick, person.device = told["token"], told["user"], told["tick"], secrets.token_hex(6)

    async def home(person: Person) -> None:
        await person.ask("GET", "/learn")

    async def lesson(person: Person) -> None:
        await person.ask("GET", f"{learn}/empati/lima-gerak-mendengar")

    async def start(person: Person) -> None:
        head, _body = await person.ask("POST", f"/quizzes/start/{plan.cohort}/empati/kuis-akhir", {})
        person.attempt = re.search(rb"(?im)^location: (\S+)", head).group(1).decode()  # type: ignore[union-attr]

    async def save(person: Person) -> None:
        slot = person.number % 10 + 1
        person.number += 1
        fields: dict[str, object] = {"slot": slot, f"q{slot}-choice": "ab"[person.number % 2], f"q{slot}-seconds": 9}
        _head, body = await person.ask("POST", f"{person.attempt}/answer", fields, accept="application/json")
        [saved] = json.loads(body)
        if not saved["counts"]:
            raise RuntimeError(f"save: {saved}")

    async def hand_in(person: Person) -> None:
        await person.ask("POST", f"{person.attempt}/hand-in", {})

    async def draft(person: Person) -> None:
        before = [f"{person.device}.{person.drafts}"] if person.drafts else []
        person.drafts += 1
        text = "Hari ini saya lebih banyak mendengar daripada menjelaskan. " * 3 + str(person.drafts)
        now = round(time.time() * 1000)
        body = {
            "doc": f"{plan.cohort}/{JOURNAL}",
            "type": "journal",
            "on": before,
            "whole": {"apa": text},
            "check": checksum({"apa": text}),
        }
        op = {"n": person.drafts, "at": now, "kind": "courses:write", "body": body}
        sent = {"user": person.user, "now": now, "device": person.device, "tick": person.tick, "seen": now, "ops": [op]}
        _head, answer = await person.send("POST", "/api/v1/sync", json.dumps(sent).encode(), "application/json", "application/json")
        [said] = json.loads(answer)["answers"].values()
        if said["state"] != "taken" or said["beside"]:
            raise RuntimeError(f"draft: {said}")

    async def lead(person: Person) -> None:
        person.cookies.clear()
        person.name = plan.supervisor
        await open_sign_in(person)
        await sign_in(person)

    async def team(person: Person) -> None:
        await person.ask("GET", f"/team/people?scope=cohort-{plan.cohort}")

    return {
        "sign-in page": (open_sign_in, True),
        "sign in": (sign_in, True),
        "token": (token, False),
        "home": (times(8, home), True),
        "lesson page": (times(8, lesson), True),
        "quiz start": (start, True),
        "answer save": (times(10, save), True),
        "hand-in": (hand_in, True),
        "journal draft": (times(4, draft), True),
        "supervisor signs in": (lead, False),
        "supervisor's page": (times(4, team), True),
    }


def steps_of(plan: Plan) -> dict[str, tuple[Step, bool]]:
    """Return the steps of a plan."""
    if plan.kind == "floor":

        async def bare(person: Person) -> None:
            await person.ask("GET", "/")

        return {"warm": (times(5, bare), False), "floor": (times(20, bare), True)}
    all_steps = journey(plan)
    if plan.kind == "journey":
        return all_steps
    wanted = {"lessons": ("sign-in page", "sign in"), "saves": ("sign-in page", "sign in", "token", "quiz start")}[plan.kind]
    one = {"lessons": "lesson page", "saves": "answer save"}[plan.kind]
    return {**{name: (all_steps[name][0], False) for name in wanted}, one: (lasting(all_steps[one][0], plan.seconds), True)}


def lasting(step: Step, seconds: float) -> Step:
    """Return a step that is taken again until some seconds are over."""

    async def go_on(person: Person) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await step(person)

    return go_on


async def share(step: Step, people: Sequence[Person]) -> None:
    """Let one client take a step for all of its people, one after the other."""
    for person in people:
        await step(person)


def used(plan: Plan) -> dict[str, float]:
    """Return the seconds of CPU that each part of the site has used so far."""
    found = {part: sum(cpu_of(pid) for pid in pids) for part, pids in plan.pids.items()}
    found["database"] = sum(cpu_of(pid) for pid in (plan.database, *children(plan.database))) if plan.database else 0
    return found


async def main() -> None:
    """Carry the plan out and write {step: seconds, times in ms, CPU seconds by part}, and the CPU of site and people, to standard output."""
    plan = Plan(**json.load(sys.stdin))
    people = [Person(plan.port, name) for name in plan.people]
    shares = [people[number :: plan.clients] for number in range(plan.clients)]
    seen: dict[str, Any] = {}
    at_first = used(plan)
    for name, (step, measured) in steps_of(plan).items():
        for person in people:
            person.took.clear()
        before, began = used(plan), time.perf_counter()
        await asyncio.gather(*(share(step, row) for row in shares))
        seconds = time.perf_counter() - began
        if measured:
            after = used(plan)
            took = [one for person in people for one in person.took]
            seen[name] = {"seconds": seconds, "times": took, "cpu": {part: after[part] - before[part] for part in after}}
    ours = time.process_time() + sum(used(plan).values()) - sum(at_first.values())
    json.dump({"steps": seen, "cpu": ours}, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
