"""A mail server in this process, which counts."""

from __future__ import annotations

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as our mails need. `answers` maps an address to the reply that its RCPT gets; with `tls` it offers STARTTLS."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.tls = tls
        self.taken: list[bytes] = []
        self.heard: list[str] = []
        self.answers: dict[str, str] = {}

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.server_address[1])


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: MailServer

    def finish(self) -> None:
        """Close it."""
        super().finish()
        self.connection.close()  # what TLS has put in the place of the plain one

    def handle(self) -> None:
        """Answer each line until the other side is gone."""
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            self.server.heard.append(line.decode())
            word = line.upper()
            if word.startswith(b"EHLO"):
                self.wfile.write(b"250-here\r\n" + (b"250-STARTTLS\r\n" if self.server.tls else b"") + b"250 AUTH PLAIN\r\n")
            elif word == b"STARTTLS":
                self.wfile.write(b"220 go on\r\n")
                assert self.server.tls is not None
                try:
                    self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                except ssl.SSLError:
                    return
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            elif word.startswith(b"AUTH"):
                self.wfile.write(b"235 welcome\r\n")
            elif word.startswith(b"RCPT"):
                address = line.decode().partition("<")[2].partition(">")[0]
                self.wfile.write(f"{self.server.answers.get(address, '250 good')}\r\n".encode())
            elif word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = [self.rfile.readline()]
                while lines[-1] not in {b".\r\n", b""}:
                    lines.append(self.rfile.readline())
                if not lines[-1]:  # who sent it is gone, in the middle of it
                    return
                self.server.taken.append(b"".join(lines[:-1]))
                self.wfile.write(b"250 taken\r\n")
            else:
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 good\r\n")


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()
