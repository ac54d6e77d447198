"""The audit of certificates and mails, and the reader of pages, notice what is wrong."""

import http.server
import sys
import threading
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import audit_office
from faults.ground import Learner
from faults.office import WORDS, Reader
from faults.storm import Ledger

from lms.db import commit, db, set_transaction_mode, utcnow
from lms.jobs.models import Job, JobState
from lms.messages.kinds import SECURITY
from lms.messages.models import Mail, Notice

pytestmark = pytest.mark.sqlite
SORRY = f"<html><h1>{WORDS[0]}</h1></html>"
ANSWERS = [(200, "<html>Beranda</html>"), (503, SORRY), (200, ""), (500, "<html>Traceback</html>"), (503, "<html></html>"), (200, SORRY)]


def raw(mail):
    return f"Message-ID: <{mail}@example.test>\r\n\r\n".encode()


@pytest.fixture
def mail(make_user):
    """Return a mail that was sent at the first try."""
    user, number = make_user(email="ani@x.test"), uuid.uuid4()
    db.session.add(Mail(id=number, user_id=user.id, sent_at=utcnow(), exempt=True))
    db.session.flush()
    where = {"kind": SECURITY, "object": "device/1", "title": "Baru", "body": "Baru.", "path": "/", "mail_id": number}
    db.session.add(Notice(id=uuid.uuid4(), user_id=user.id, **where))
    db.session.add(Job(task="lms:send_mail", arguments={}, key=f"mail/{number}", tries=1, state=JobState.DONE))
    commit()
    yield number
    set_transaction_mode("write")


def found(*taken):
    return [text.partition(":")[0] for text in audit_office.findings(Ledger(), [raw(one) for one in taken])]


def test_a_mail_is_sent_once(mail):
    assert found(mail) == []
    assert found() == ["a mail that was not sent"]
    assert found(mail, mail) == ["a mail that left 2 times, and was tried 1 times"]
    assert found(mail, "another") == ["a mail that nobody knows"]


def test_what_was_acknowledged_is_there(mail):
    ledger = Ledger(certified={7}, asked={7}, changed={7})
    said = audit_office.findings(ledger, [raw(mail)])
    assert said == ["lost: the certificate of 7", "security not told: 7", "certificate not told: 7"]


class Pages(http.server.BaseHTTPRequestHandler):
    """Gives one answer after the other."""

    def do_GET(self):
        status, body = ANSWERS[int(self.path.strip("/"))]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        """Say nothing."""


def test_a_page_is_a_page_or_says_that_peduli_cannot_now():
    ledger = Ledger()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        reader = Reader(server.server_address[1], Learner("", ""), [], ledger, threading.Event())
        for number in range(len(ANSWERS)):
            reader.read(f"/{number}")
        server.shutdown()
    assert (ledger.shown, ledger.said) == (1, 1)
    assert [text.partition(" ")[0] for text in ledger.spoken] == ["/2:", "/3:", "/4:", "/5:"]
