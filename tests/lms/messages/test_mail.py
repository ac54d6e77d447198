"""Mails as a real server gets them: their form, refusals, trouble that passes, encryption, a power cut between sending and writing it down."""

import datetime as dt
import email
import email.policy
import ipaddress
import os
import signal
import ssl
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lms.db import at, commit, db
from lms.jobs.models import Job, JobState
from lms.jobs.services import run_one
from lms.messages import tasks
from lms.messages.mail import deliver
from lms.messages.models import Mail, Notice
from lms.messages.services import Telling, tell
from lms.people.models import User

from .conftest import MORNING

HOUR = dt.timedelta(hours=1)
TOMORROW = dt.datetime(2026, 11, 24, 0, tzinfo=dt.UTC)  # 07.00 WIB


def say(user, what="Kabar", kind="meeting", path="/learn"):
    (notice,) = tell([Telling(user.id, kind, what, what, f"Isi {what}.", path)])
    commit()
    return notice


def post():
    tasks.post_mails()
    commit()


def read(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def states():
    db.session.rollback()
    return db.session.scalars(sa.select(Job.state).where(Job.task == "lms:send_mail").order_by(Job.created_at)).all()


def test_one_notice_and_several(app, monkeypatch, serve, make_user, work):
    server, user = serve(), make_user("Ani", email="ani@x.test", language="id")
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://127.0.0.1:{server.port}")
    say(user, "Satu")
    for minute, what in enumerate(("Tiga <b>", "Dua")):
        with at(MORNING - dt.timedelta(minutes=minute)):
            say(user, what, "answer")
    post()
    work()
    single = read(server.taken[0])
    assert (single["Subject"], single["To"]) == ("Satu", "ani@x.test")
    assert [part.get_content_type() for part in single.iter_parts()] == ["text/plain", "text/html"]
    assert "http://localhost/learn" in single.get_body(("plain",)).get_content()
    with at(TOMORROW):
        post()
    work(TOMORROW)
    assert len(server.taken) == 2
    digest = read(server.taken[1])
    assert digest["Subject"] == "2 kabar di Peduli"
    plain, page = (digest.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert plain.index("Yang Anda serahkan") < plain.index("Isi Dua.") < plain.index("Isi Tiga")
    assert "Tiga &lt;b&gt;" in page
    assert not any(word in page for word in ("<img", "<script", "http-equiv", "src="))
    assert {digest["List-Unsubscribe-Post"], single["List-Unsubscribe-Post"]} == {"List-Unsubscribe=One-Click"}
    assert single["Message-ID"] != digest["Message-ID"]


def test_a_title_with_odd_breaks_is_one_line(app, monkeypatch, serve, make_user, work):
    server, user = serve(), make_user(email="ani@x.test")
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://127.0.0.1:{server.port}")
    say(user, "Tugas\x0bsatu\u2028dua\x85tiga\n")
    post()
    work()
    assert read(server.taken[0])["Subject"] == "Tugas satu dua tiga"


def test_the_few_are_spoken_of_only_where_mails_can_be_stopped(app, monkeypatch, serve, make_user, work):
    server, user = serve(), make_user(email="ani@x.test", language="en")
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://127.0.0.1:{server.port}")
    for kind in ("security", "meeting"):
        say(user, kind, kind)
    post()
    work()
    said = {mail["Subject"]: [mail.get_body((kind,)).get_content() for kind in ("plain", "html")] for mail in map(read, server.taken)}
    assert ["three a week" in text for text in said["security"]] == [False, False]
    assert ["three a week" in text for text in said["meeting"]] == [True, True]


def test_files_of_mails_go_with_them(app, make_user, work):
    folder, (ani, ben) = Path(app.config["LMS_DATA"]) / "mail", (make_user(email=f"{name}@x.test") for name in ("ani", "ben"))
    for user in (ani, ben):
        say(user, kind="security")
    work()
    files = {user_id: folder / f"{number}.eml" for number, user_id in db.session.execute(sa.select(Mail.id, Mail.user_id))}
    other = folder / "of-somebody-else.eml"
    other.write_text("")

    def kept():
        return [path.exists() for path in (files[ani.id], files[ben.id], other)]

    assert kept() == [True, True, True]
    db.session.execute(sa.delete(User).where(User.id == ani.id))
    tasks.forget_old_notices()
    commit()
    assert kept() == [False, True, True]
    with at(MORNING + dt.timedelta(days=181)):
        tasks.forget_old_notices()
        commit()
    assert kept() == [False, False, True]
    other.unlink()


def test_one_request_of_a_mail_program_stops_them_and_nothing_else(app, client, monkeypatch, serve, make_user, work):
    server, user = serve(), make_user(email="ani@x.test")
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://127.0.0.1:{server.port}")
    say(user)
    post()
    work()
    address = read(server.taken[0])["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    page = client.get(address)
    assert page.status_code == 200
    assert user.name not in page.get_data(as_text=True)
    say(user, "Lain")
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}, forge=True).status_code == 200
    post()
    assert work() == 0
    assert len(server.taken) == 1
    assert client.get("/notices").status_code == 302, "nobody is signed in by it"
    assert client.get(f"{address}x").status_code == 404
    assert client.post("/notices/stop/x", forge=True).status_code == 404
    say(user, "Sandi", "security")
    assert work() == 1
    last = read(server.taken[1])
    assert (last["Subject"], last["List-Unsubscribe"]) == ("Sandi", None)


def test_a_refused_address_ends_its_own_mail_and_no_other(app, monkeypatch, serve, make_user, work):
    """MDL-66415: one bad recipient broke the bulk message."""
    server = serve()
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://127.0.0.1:{server.port}")
    gone, busy, good = (make_user(email=f"{name}@x.test") for name in ("gone", "busy", "good"))
    server.answers = {"gone@x.test": "550 no such mailbox", "busy@x.test": "451 try later"}
    for user in (gone, busy, good):
        say(user)
    post()
    work()
    mails = {mail.user_id: mail for mail in db.session.scalars(sa.select(Mail))}
    assert (mails[gone.id].refused_at, mails[gone.id].reply, mails[gone.id].sent_at) == (MORNING, 550, None)
    assert (mails[busy.id].refused_at, mails[busy.id].sent_at) == (None, None)
    assert mails[good.id].sent_at == MORNING
    assert sorted(states()) == [JobState.DONE, JobState.DONE, JobState.WAITING]
    server.answers = {}
    assert work(MORNING + HOUR) == 1
    assert [read(raw)["To"] for raw in server.taken] == ["good@x.test", "busy@x.test"]


def test_a_mail_that_waited_for_a_server_into_the_night_goes_in_the_morning(app, monkeypatch, serve, make_user, work):
    server, user = serve(), make_user(email="ani@x.test")
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://127.0.0.1:{server.port}")
    server.answers = {"ani@x.test": "451 try later"}
    say(user)
    post()
    work()
    server.answers = {}
    work(MORNING + 12 * HOUR)  # 21.00 WIB
    assert server.taken == []
    work(TOMORROW)
    assert len(server.taken) == 1


def certificate(folder, *, until):
    """Write a certificate for 127.0.0.1 that was signed by nobody else, and return (path, path of its key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)).not_valid_after(until)
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    signed = made.sign(key, hashes.SHA256())
    (folder / "c.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "k.pem").write_bytes(key.private_bytes(*plain))
    return folder / "c.pem", folder / "k.pem"


@pytest.mark.sqlite
def test_no_password_and_no_mail_over_a_connection_that_is_not_what_it_says(app, monkeypatch, serve, make_user, work, tmp_path):
    path, key = certificate(tmp_path, until=dt.datetime(2050, 1, 1, tzinfo=dt.UTC))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path, key)
    server, bare, user = serve(tls), serve(), make_user(email="ani@x.test")
    for there, word in ((server, "STARTTLS"), (bare, "ehlo")):
        monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://peduli:rahasia@127.0.0.1:{there.port}")
        say(user, f"Kabar {word}", "security")
        work()
        assert [line for line in there.heard if line.startswith(word)]
        assert not [line for line in there.heard if line.startswith(("AUTH", "MAIL"))]
    assert (server.taken, bare.taken) == ([], [])
    assert set(states()) == {JobState.WAITING}, "the site may be mended, so it is tried again"
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://peduli:rahasia@127.0.0.1:{server.port}")
    work(MORNING + HOUR)
    assert len(server.taken) == 2


def die_after_sending(monkeypatch):
    """Do the jobs in a process that is killed as soon as the server has the mail; return what ended it."""
    db.session.remove()
    db.engine.dispose()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside the mail server's thread, which the child does not use
        child = os.fork()
    if child == 0:
        try:
            monkeypatch.setattr(tasks, "deliver", lambda message: (deliver(message), os.kill(os.getpid(), signal.SIGKILL)))
            run_one()
        finally:
            os._exit(3)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


@pytest.mark.sqlite
def test_a_power_cut_between_sending_and_writing_it_down(app, monkeypatch, serve, make_user, work):
    server, user = serve(), make_user(email="ani@x.test")
    monkeypatch.setitem(app.config, "LMS_MAIL_URL", f"smtp://127.0.0.1:{server.port}")
    say(user, kind="security")
    assert die_after_sending(monkeypatch) == signal.SIGKILL
    assert states() == [JobState.RUNNING]
    later = MORNING + HOUR  # the lease has run out
    assert work(later) == 1
    assert work(later + HOUR) == 0
    assert len(server.taken) == 2
    assert len({read(raw)["Message-ID"] for raw in server.taken}) == 1, "the second is known as the first"
    assert db.session.scalar(sa.select(Notice.mail_id)) == db.session.scalar(sa.select(Mail.id))
