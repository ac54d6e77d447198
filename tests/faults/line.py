"""A line between Peduli and its database, or people and Peduli, that can be cut, stalled and slow: every byte goes through here."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

PIECE = 65536


class Line:
    """Listens on `port` and passes on to another port of this machine, in both directions."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.whole, self.flowing = threading.Event(), threading.Event()
        self.whole.set()
        self.flowing.set()
        self.delay = 0.0  # seconds that each piece takes
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self, seconds: float) -> None:
        """Break every connection, and take no new one for a while."""
        self.whole.clear()
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            _hang_up(pair)
        time.sleep(seconds)
        self.whole.set()

    def stall(self, seconds: float) -> None:
        """Let nothing through for a while; nothing breaks."""
        self.flowing.clear()
        time.sleep(seconds)
        self.flowing.set()

    def slow(self, seconds: float, delay: float) -> None:
        """Let everything take some time each way, for a while."""
        self.delay = delay
        time.sleep(seconds)
        self.delay = 0.0

    def close(self) -> None:
        """End it."""
        self.listener.close()
        for pair in self.pairs:
            _hang_up(pair)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self.listener.accept()
                try:
                    if not self.whole.is_set():
                        raise OSError("cut")
                    far = socket.create_connection(("127.0.0.1", self.to))
                except OSError:
                    near.close()
                    continue
                self.pairs.append((near, far))
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(PIECE):
                self.flowing.wait()
                time.sleep(self.delay)
                target.sendall(data)
        _hang_up((source, target))


def _hang_up(pair: tuple[socket.socket, socket.socket]) -> None:
    for end in pair:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
