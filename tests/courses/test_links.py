"""Links to other sites: nothing private is ever asked, sites are asked politely, answers are kept with their date."""

import contextlib
import datetime as dt
import http.server
import ipaddress
import socket
import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from courses.checks.links import Told, addresses, dead
from courses.checks.model import Part
from courses.checks.models import CheckedLink
from courses.links import reach, services, tasks
from lms.api import Batch, commit, db, utcnow
from lms.jobs.models import JobState
from lms.learning.models import Activity
from lms.testing.client import text_of

pytestmark = pytest.mark.sqlite
PUBLIC = ipaddress.ip_address("93.184.215.14")


@contextlib.contextmanager
def site(pages):
    """Give the port of a site; pages are {path: (status, headers, body)} or {(method, path): …}. `asked` gets what was asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            asked.append((self.command, self.path, self.headers["Host"]))
            status, headers, body = pages.get((self.command, self.path)) or pages.get(self.path) or (404, {}, b"")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

        do_HEAD = do_GET = answer  # noqa: N815 - the library's names

        def log_message(self, *_arguments):
            """Stay silent."""

    asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def net(monkeypatch):
    """Return a function that lays names on a site of this machine: {name: address}; every connection goes there, and is noted."""
    made = []

    def lay(port, names):
        monkeypatch.setattr(reach, "resolve", lambda host: [ipaddress.ip_address(name) for name in _found(names, host)])

        def connect(address, _port):
            made.append(address)
            return socket.create_connection(("127.0.0.1", port), timeout=reach.SECONDS)

        monkeypatch.setattr(reach, "connect", connect)
        return made

    return lay


def _found(names, host):
    if host not in names:
        raise LookupError(host)
    return names[host]


# -- where nothing may go ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
        *(
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "192.0.2.1",
        ),
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
)
def test_no_address_that_is_not_public(address):
    assert not reach.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public(address):
    assert reach.is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_counts_as_itself(address):
    for outside in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert reach.is_public(ipaddress.ip_address(outside)) == reach.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://0/",
        "http://2130706433/",
        "http://inside.example/",
        "http://both.example/",
        "http://open.example:22/",
        "http://user:sandi@open.example/",
        "ftp://open.example/",
        "http://open.example/to-inside",
        "http://open.example/to-file",
        "http://open.example/to-port",
    ],
)
def test_nothing_private_is_ever_asked(net, url):
    pages = {
        "/to-inside": (302, {"Location": "http://169.254.169.254/latest/"}, b""),
        "/to-file": (302, {"Location": "file:///etc/passwd"}, b""),
        "/to-port": (302, {"Location": "http://open.example:6379/"}, b""),
    }
    inside = {"127.0.0.1": ["127.0.0.1"], "localhost": ["127.0.0.1", "::1"], "::1": ["::1"], "0": ["0.0.0.0"], "2130706433": ["127.0.0.1"]}
    names = {"inside.example": ["10.0.0.5"], "both.example": ["8.8.8.8", "10.0.0.5"], "open.example": [str(PUBLIC)]}
    with site(pages) as (port, _asked):
        made = net(port, inside | names | {"169.254.169.254": ["169.254.169.254"]})
        assert reach.ask(url).told in {Told.PRIVATE, Told.NOWHERE}
    assert set(made) <= {str(PUBLIC)}
    assert bool(made) == ("/to-" in url)


def test_a_name_that_changes_its_answer_leads_nowhere_else(monkeypatch):
    """The address that was looked at is the one that is connected to; the name is not looked up again."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    monkeypatch.setattr(reach, "resolve", lambda _host: [ipaddress.ip_address(name) for name in next(answers)])
    seen = []

    def connect(address, port):
        seen.append((address, port))
        raise TimeoutError

    monkeypatch.setattr(reach, "connect", connect)
    assert reach.ask("http://rebind.example/") == reach.Answer(Told.SILENT)
    assert seen == [("93.184.215.14", 80)]


# -- what sites answer -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected", "methods"),
    [
        ("/there", (Told.FINE, 200), ["HEAD"]),
        ("/gone", (Told.GONE, 404), ["HEAD", "GET"]),
        ("/no-head", (Told.FINE, 200), ["HEAD", "GET"]),
        ("/moved", (Told.FINE, 200), ["HEAD", "HEAD"]),
        ("/circle", (Told.SILENT, None), ["HEAD"] * 6),
        ("/robots", (Told.CLOSED, 403), ["HEAD", "GET"]),
        ("/broken", (Told.SILENT, 503), ["HEAD", "GET"]),
        ("/large", (Told.FINE, 200), ["HEAD", "GET"]),
        ("/sp%C3%A9sial?a=1", (Told.FINE, 200), ["HEAD"]),
    ],
)
def test_what_a_site_answers(net, path, expected, methods):
    pages = {
        "/there": (200, {}, b"x"),
        ("HEAD", "/no-head"): (405, {}, b""),
        ("GET", "/no-head"): (200, {}, b"x"),
        "/moved": (301, {"Location": "/there"}, b""),
        "/circle": (302, {"Location": "/circle"}, b""),
        "/robots": (403, {}, b""),
        "/broken": (503, {}, b""),
        ("HEAD", "/large"): (501, {}, b""),
        ("GET", "/large"): (200, {}, b"x" * 3_000_000),
        "/sp%C3%A9sial?a=1": (200, {}, b""),
    }
    with site(pages) as (port, asked):
        net(port, {"a.example": [str(PUBLIC)]})
        answer = reach.ask(f"http://a.example{path}")
    assert (answer.told, answer.status) == expected
    assert [method for method, _path, _host in asked] == methods
    assert {host for _method, _path, host in asked} == {"a.example"}


def test_letters_beyond_ascii_are_written_as_addresses_write_them(net):
    with site({"/sp%C3%A9sial": (200, {}, b"")}) as (port, _asked):
        net(port, {"a.example": [str(PUBLIC)]})
        assert reach.ask("http://a.example/spésial").told is Told.FINE


def test_a_site_may_lead_to_what_is_no_address(net):
    pages = {
        "/odd": (302, {"Location": "https://[x/"}, b""),
        "/moved": (302, {"Location": "/spésial".encode().decode("latin-1")}, b""),
        "/sp%C3%A9sial": (200, {}, b""),
    }
    with site(pages) as (port, _asked):
        net(port, {"a.example": [str(PUBLIC)]})
        assert reach.ask("http://a.example/odd") == reach.Answer(Told.SILENT, 302)
        assert reach.ask("http://a.example/moved").told is Told.FINE


def test_a_site_that_drips_is_cut_off(net, monkeypatch):
    monkeypatch.setattr(reach, "WHOLE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        net(server.getsockname()[1], {"a.example": [str(PUBLIC)]})
        assert reach.ask("http://a.example/").told is Told.SILENT


def test_no_such_name_is_said_of_the_link_and_no_connection_of_this_server(monkeypatch):
    def fail(number):
        def getaddrinfo(*_arguments, **_more):
            raise socket.gaierror(number, "x")

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    fail(socket.EAI_NONAME)
    assert reach.ask("http://tidak.example/").told is Told.NOWHERE
    fail(socket.EAI_AGAIN)
    with pytest.raises(reach.OfflineError):
        reach.ask("http://tidak.example/")


# -- which, when, and what is said ---------------------------------------------------------------------------------------------------------


def lesson(source, **more):
    return Part("a", "lesson", "A", "satu", 5, {"source": source}, **more)


def test_addresses_in_texts_and_sources():
    part = lesson(
        "[x](https://a.example/b_(c)) dan <http://b.example/>.\n\nLihat https://c.example/d?e=1#f, atau [y](lokal) (https://d.example).",
        sources=["PP 11/2017, https://peraturan.example/11."],
    )
    assert list(addresses(part)) == [
        ("https://a.example/b_(c)", "source", 0),
        ("http://b.example/", "source", 0),
        ("https://c.example/d?e=1", "source", 2),
        ("https://d.example", "source", 2),
        ("https://peraturan.example/11", "sources", 0),
    ]


def test_what_is_said_of_links(app):
    told = {
        "http://a.example/": Told.GONE,
        "http://b.example/": Told.SILENT,
        "http://c.example/": Told.PRIVATE,
        "http://d.example/": Told.UNSAFE,
        "http://e.example/": Told.NOWHERE,
    }
    found = list(dead(lesson("\n".join([*told, *told])), told))
    assert [(finding.rule, finding.row) for finding in found] == [
        ("dead-link", 0),
        ("private-link", 2),
        ("unsafe-link", 3),
        ("dead-link", 4),
    ]
    assert not any(finding.must for finding in found), "it never stops anybody from publishing"
    assert all(finding.how for finding in found)


def test_few_of_each_site_and_the_longest_unasked_first():
    now = utcnow()
    known = {
        "http://a.example/1": CheckedLink(checked_at=now - dt.timedelta(days=2)),
        "http://a.example/2": CheckedLink(checked_at=now - dt.timedelta(minutes=5)),
    }
    wanted = [*known, *(f"http://b.example/{number}" for number in range(30)), "http://a.example/3"]
    found = services.to_ask(wanted, known, now)
    assert found[0] == "http://b.example/0"
    assert sum("b.example" in address for address in found) == services.MOST_OF_A_SITE
    assert [address for address in found if "a.example" in address] == ["http://a.example/3", "http://a.example/1"]


def test_the_same_site_is_given_time(monkeypatch):
    monkeypatch.setattr(reach, "ask", lambda _address: reach.Answer(Told.FINE, 200))
    slept = []
    list(services.asked_in_turn(["http://a.example/1", "http://b.example/", "http://a.example/2"], slept.append))
    assert len(slept) == 1
    assert 0 < slept[0] <= services.PAUSE


@pytest.fixture
def written(client, make_user, make_module):
    """Return an author's browser and a module that names two pages of a site."""
    author = make_user("Ibu Penulis", roles=["instructor"], language="en")
    source = "[PP 11](http://a.example/11) dan [lama](http://a.example/lama)\n"
    module = make_module({"type": "lesson", "key": "buka", "title": "Pembuka", "settings": {"source": source}}, owner=author)
    return client.as_(author), module


def test_an_author_asks_a_worker_asks_the_page_tells(written, monkeypatch):
    browser, module = written
    page = f"/studio/{module.key}/checks"
    assert "2 were never looked at" in text_of(browser.get(page))
    monkeypatch.setattr(services, "PAUSE", 0)
    monkeypatch.setattr(reach, "ask", lambda url: reach.Answer(Told.GONE, 404) if url.endswith("lama") else reach.Answer(Told.FINE, 200))
    assert browser.post(f"{page}/links").location.startswith("/tasks/")
    batch = db.session.scalars(sa.select(Batch)).one()
    links = ["http://a.example/11", "http://a.example/lama"]
    assert batch.total == 2
    tasks.look_at_links(str(batch.id), links)
    commit()
    told = text_of(browser.get(page))
    assert "The page is gone: http://a.example/lama" in told
    assert "Checked on" in told
    again = browser.post(f"{page}/links")
    assert again.status_code == 422
    assert "within the last hour" in text_of(again)
    services.forget(utcnow() + dt.timedelta(days=181))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CheckedLink)) == 0


def test_what_only_looks_like_an_address_is_in_nobodys_way(written):
    browser, module = written
    activity = db.session.scalars(sa.select(Activity).where(Activity.module_id == module.id)).one()
    activity.settings = {"source": "https://[nama-kantor].go.id dan http://[::1]/ dan http://a.example/11\n"}
    commit()
    assert browser.post(f"/studio/{module.key}/checks/links").location.startswith("/tasks/")
    assert db.session.scalars(sa.select(Batch.total)).one() == 1
    assert services.site_of("http://[") == "http://["


def test_without_a_connection_nothing_is_held_against_links(written, monkeypatch):
    browser, module = written

    def offline(_url):
        raise reach.OfflineError

    monkeypatch.setattr(reach, "ask", offline)
    browser.post(f"/studio/{module.key}/checks/links")
    batch = db.session.scalars(sa.select(Batch)).one()
    tasks.look_at_links(str(batch.id), ["http://a.example/11"])
    db.session.expire_all()
    assert batch.state == JobState.FAILED
    assert "koneksi" in batch.problem or "connection" in batch.problem
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CheckedLink)) == 0


def test_a_module_without_links_says_so(client, make_user, make_module):
    author = make_user(roles=["instructor"], language="en")
    module = make_module({"type": "lesson", "key": "a", "settings": {"source": "Halo."}}, owner=author)
    answer = client.as_(author).post(f"/studio/{module.key}/checks/links")
    assert answer.status_code == 422
    assert "names no address" in text_of(answer)
