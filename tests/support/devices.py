"""Phones that write, lose their connection and their battery: the real script of the pages, run by V8, against the real server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from py_mini_racer import MiniRacer


def outside(call: Callable[[], Any]) -> Any:
    """Return what a call returns, made in a thread of its own: in this one the event loop of a browser may be running, and V8 minds that."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


ROOT = Path(__file__).parent.parent.parent
OUTBOX = ROOT / "lms" / "web" / "static" / "outbox.js"

HOST = """
const devices = {};
let names = 0;
function open(name) { devices[name] = { kept: "null", room: true, log: new Log(null, fresh) }; use(name, "doc", '[""]'); }
function fresh() { names += 1; return `phone${String(names).padStart(7, "0")}`; }
function use(name, method, json) {
  const device = devices[name];
  const told = device.log[method](...JSON.parse(json));
  if (!device.room) { reopen(name); return "null"; }
  device.kept = JSON.stringify(device.log.state);
  return JSON.stringify(told === undefined ? true : told);
}
function reopen(name) { const device = devices[name]; device.log = new Log(JSON.parse(device.kept), fresh); }
function room(name, there) { devices[name].room = there; }
function state(name) { return JSON.stringify(devices[name].log.state); }
function clone(name, other) { devices[other] = { kept: devices[name].kept, room: true, log: null }; reopen(other); }
"""


class Phones:
    """Devices by name, each with the log of the pages and a storage that can be full."""

    def __init__(self) -> None:
        self.engine = MiniRacer()
        self.engine.eval(re.sub(r"^export ", "", OUTBOX.read_text(), flags=re.MULTILINE))
        self.engine.eval(HOST)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """End the engine: left open it can keep the process from ending."""
        self.engine.close()

    def open(self, name: str) -> None:
        """Switch a new device on."""
        self.engine.eval(f"open({json.dumps(name)})")

    def use(self, name: str, method: str, *arguments: Any) -> Any:
        """Call a method of the log and store the log; None when there is no room: then nothing has happened."""
        return json.loads(self.engine.call("use", name, method, json.dumps(arguments)))

    def kill(self, name: str) -> None:
        """Take the battery out and put it in again: what was stored is there."""
        self.engine.eval(f"reopen({json.dumps(name)})")

    def room(self, name: str, there: bool) -> None:
        """Let the storage be full, or not."""
        self.engine.eval(f"room({json.dumps(name)}, {json.dumps(there)})")

    def clone(self, name: str, other: str) -> None:
        """Put a backup of one device on another."""
        self.engine.eval(f"clone({json.dumps(name)}, {json.dumps(other)})")

    def state(self, name: str) -> dict[str, Any]:
        """Return what the device has stored."""
        return json.loads(self.engine.call("state", name))
