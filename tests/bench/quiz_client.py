"""Thousands of learners at once, for `quiz.py`: one light process, one kept connection for each learner. Writes what it saw as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults.ground import LETTERS, Ground, Learner, read

PATIENCE = 90  # seconds for one answer
HEAD = (
    "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (Linux; Android 10)\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Accept: {accept}\r\nCookie: peduli={cookie}\r\n"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many come, in how many seconds, and how long each thinks about a question on average."""

    ground: str
    port: int
    first: int
    learners: int
    arrive: float
    think: float


@dataclass(slots=True)
class Seen:
    """What happened: {name of a request: [(second it was sent, milliseconds it took)]}, errors, connections that had to be made again."""

    times: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    reconnects: int = 0
    cpu: float = 0.0
    wall: float = 0.0


class Wire(asyncio.Protocol):
    """One connection: a request goes out, a whole answer comes in."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.answer: asyncio.Future[tuple[int, bytes, bytes]] | None = None
        self.transport: asyncio.Transport | None = None
        self.length = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Collect until an answer is whole."""
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        if self.length < 0:
            head = bytes(self.buffer[:end]).lower()
            place = head.find(b"content-length:")
            self.length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(self.buffer) >= end + 4 + self.length and self.answer is not None and not self.answer.done():
            head, body = bytes(self.buffer[:end]), bytes(self.buffer[end + 4 :])
            self.buffer.clear()
            self.length = -1
            self.answer.set_result((int(head[9:12]), head, body))

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits."""
        self.transport = None
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionResetError("the server hung up"))


class Taker:
    """A learner in front of a browser."""

    def __init__(self, port: int, learner: Learner, seen: Seen) -> None:
        self.port, self.learner, self.seen = port, learner, seen
        self.wire = Wire()

    async def ask(
        self, name: str, method: str, path: str, fields: Iterable[tuple[str, object]] = (), *, script: bool = False
    ) -> tuple[bytes, bytes]:
        """Send a request and return head and body; an answer that is no success is an error of the measurement."""
        accept = "application/json" if script else "text/html"
        head = HEAD.format(method=method, path=path, accept=accept, cookie=self.learner.cookie)
        content = urlencode([("csrf_token", self.learner.token), *fields]).encode() if method == "POST" else b""
        if content:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(content)}\r\n"
        sent = time.monotonic()
        status, answered, body = await asyncio.wait_for(self._through(head.encode() + b"\r\n" + content), PATIENCE)
        self.seen.times.setdefault(name, []).append((sent, (time.monotonic() - sent) * 1000))
        if status != (302 if method == "POST" and not script else 200):
            raise RuntimeError(f"{name}: {status}")
        return answered, body

    async def _through(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send over the kept connection; over a new one when the server has hung up meanwhile, as browsers do."""
        for fresh in (False, True):
            if self.wire.transport is None or self.wire.transport.is_closing():
                self.seen.reconnects += 1
                _transport, self.wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", self.port)
            self.wire.answer = asyncio.get_running_loop().create_future()
            self.wire.transport.write(request)  # type: ignore[union-attr]
            try:
                return await self.wire.answer
            except ConnectionResetError:
                if fresh:
                    raise
        raise AssertionError


@asynccontextmanager
async def counted(seen: Seen) -> AsyncIterator[None]:
    """Write down what went wrong, and go on with the others."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, TimeoutError) as error:
        seen.errors.append(f"{type(error).__name__}: {error}")


async def take(plan: Plan, ground: Ground, number: int, seen: Seen) -> None:
    """Come, begin, answer each question after some thought, hand in, look at the result."""
    chance = Random(number)
    await asyncio.sleep(plan.arrive * number / plan.learners)
    taker = Taker(plan.port, ground.learners[plan.first + number], seen)
    async with counted(seen):
        head, _body = await taker.ask("start", "POST", ground.start)
        place = head.lower().split(b"\r\nlocation: ", 1)[1].split(b"\r\n", 1)[0].decode()
        await taker.ask("first page", "GET", place)
        for slot, letters in LETTERS.items():
            await asyncio.sleep(plan.think * chance.uniform(0.3, 1.7))
            fields = [
                ("slot", slot),
                (f"q{slot}-choice", chance.choice(letters)),
                (f"q{slot}-base", 0),
                (f"q{slot}-seconds", int(plan.think)),
            ]
            _head, body = await taker.ask("save", "POST", f"{place}/answer", fields, script=True)
            [saved] = json.loads(body)
            if not saved["counts"] or not saved["code"]:
                raise ValueError(f"save: {saved}")
        await asyncio.sleep(plan.think * chance.uniform(0.3, 1.7))
        await taker.ask("hand-in", "POST", f"{place}/hand-in")
        await taker.ask("result page", "GET", place)
    if taker.wire.transport is not None:
        taker.wire.transport.close()


async def main() -> None:
    """Read the plan from standard input, carry it out, write what was seen to standard output."""
    plan = Plan(**json.load(sys.stdin))
    ground, seen = read(Path(plan.ground)), Seen()
    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(take(plan, ground, number, seen) for number in range(plan.learners)))
    seen.cpu, seen.wall = time.process_time() - cpu, time.monotonic() - began
    seen.reconnects -= min(seen.reconnects, plan.learners)  # the first connection of each is none
    seen.times = {name: [(round(sent - began, 2), round(took, 2)) for sent, took in row] for name, row in seen.times.items()}
    json.dump(asdict(seen), sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
