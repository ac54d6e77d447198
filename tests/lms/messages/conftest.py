"""A morning in November, and a real mail server in the process."""

import datetime as dt
import socketserver
import ssl
import threading

import pytest

from lms.db import at, commit
from lms.jobs.services import run_one

MORNING = dt.datetime(2026, 11, 23, 2, tzinfo=dt.UTC)  # Monday, 09.00 WIB


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as our mails need. `answers` maps an address to the reply that its RCPT gets; with `tls` it offers STARTTLS."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False

    def __init__(self, tls=None):
        super().__init__(("127.0.0.1", 0), Talk)
        self.tls, self.taken, self.heard, self.answers = tls, [], [], {}

    @property
    def port(self):
        return self.server_address[1]


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    def finish(self):
        super().finish()
        self.connection.close()  # what TLS has put in the place of the plain one

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            self.server.heard.append(line.decode())
            word = line.upper()
            if word.startswith(b"EHLO"):
                self.wfile.write(b"250-here\r\n" + (b"250-STARTTLS\r\n" if self.server.tls else b"") + b"250 AUTH PLAIN\r\n")
            elif word == b"STARTTLS":
                self.wfile.write(b"220 go on\r\n")
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
                self.server.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"250 taken\r\n")
            else:
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 good\r\n")


@pytest.fixture
def serve():
    """Return a function that starts a mail server."""
    running = []

    def start(tls=None):
        server = MailServer(tls)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _morning(app, monkeypatch):
    """Let it be morning, and mails go nowhere unless a test says where."""
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", "")
    with at(MORNING):
        yield


@pytest.fixture
def work(database):
    """Return a function that does all the jobs that are due at a moment."""

    def until_done(moment=MORNING):
        commit()
        with at(moment):
            count = 0
            while run_one():
                count += 1
        return count

    return until_done
