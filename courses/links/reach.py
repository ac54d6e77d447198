"""Asking for an address on another site, without ever reaching into a private net.

A name is looked up once, all of its addresses must be public, and the connection goes to the very address that was looked at: a name that
changes its answer in between leads nowhere else. Each redirect is looked at in the same way. Nothing of what comes is kept but the status.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from courses.checks.links import Told

PORTS = {"http": 80, "https": 443}
MOST_REDIRECTS = 5
SECONDS = 8  # for each step of a connection
WHOLE_SECONDS = 20  # for one address, whatever a site does to make it longer
MOST_BYTES = 64 * 1024
AGENT = "Peduli link check"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OfflineError(Exception):
    """This server itself has no connection, so nothing can be said of any site."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it, and the last status if there was one."""

    told: Told
    status: int | None = None


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the internet's, also the one that an IPv6 address carries in itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str) -> list[Address]:
    """Return the addresses of a name. Raises OfflineError when no name can be looked up, LookupError when there is no such name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in {socket.EAI_AGAIN, socket.EAI_FAIL}:
            raise OfflineError from error
        raise LookupError(host) from error
    except UnicodeError as error:
        raise LookupError(host) from error
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


def ask(url: str) -> Answer:
    """Ask for an address: its head, or, when the site does not answer that, the beginning of the page. Raises OfflineError."""
    for _step in range(MOST_REDIRECTS + 1):
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme)
        except ValueError:
            return Answer(Told.NOWHERE)
        if parts.scheme not in PORTS or not host or parts.username is not None:
            return Answer(Told.PRIVATE if host else Told.NOWHERE)
        if port != PORTS[parts.scheme]:  # other services answer there, and none is a page for learners
            return Answer(Told.PRIVATE)
        try:
            addresses = resolve(host)
        except LookupError:
            return Answer(Told.NOWHERE)
        if not addresses or not all(map(is_public, addresses)):
            return Answer(Told.PRIVATE)
        status, target = _status(parts.scheme, host, addresses[0], (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        if isinstance(status, Told):
            return Answer(status)
        if status not in REDIRECTS or not target:
            return Answer(told_by(status), status)
        try:
            url = urljoin(url, target)
        except ValueError:  # it leads to what is no address
            return Answer(Told.SILENT, status)
    return Answer(Told.SILENT)


def told_by(status: int) -> Told:
    """Return what a status says."""
    if status in GONE:
        return Told.GONE
    if status < 400:
        return Told.FINE
    return Told.SILENT if status >= 500 else Told.CLOSED


def _status(scheme: str, host: str, address: Address, path: str) -> tuple[int | Told, str]:
    """Return the status and where it leads on; instead of a status what stood in the way."""
    try:
        status, target = _request("HEAD", scheme, host, address, path)
        if status >= 400:
            status, target = _request("GET", scheme, host, address, path)
    except ssl.SSLCertVerificationError:
        return Told.UNSAFE, ""
    except (OSError, http.client.HTTPException, ValueError):
        return Told.SILENT, ""
    return status, target


def _request(method: str, scheme: str, host: str, address: Address, path: str) -> tuple[int, str]:
    with _connected(scheme, host, address) as connection:
        headers = {"User-Agent": AGENT, "Accept": "*/*", "Connection": "close"}
        connection.request(method, _quoted(path), headers=headers)
        answer = connection.getresponse()
        if method == "GET":
            answer.read(MOST_BYTES)
        return answer.status, (answer.getheader("Location") or "").encode("latin-1", "replace").decode("utf-8", "replace")


def _quoted(path: str) -> str:
    """Return a path with letters beyond ASCII as an address writes them."""
    return "".join(letter if letter.isascii() else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in path)


@contextlib.contextmanager
def _connected(scheme: str, host: str, address: Address) -> Iterator[http.client.HTTPConnection]:
    """Give a connection to exactly this address; it is cut when it takes too long, however slowly a site drips."""
    lines = [connect(str(address), PORTS[scheme])]
    watch = threading.Timer(WHOLE_SECONDS, _cut, [lines])
    watch.daemon = True
    watch.start()
    try:
        if scheme == "https":  # the handshake takes the connection's place, and the watch must know the one that is in use
            lines[0] = secure = ssl.create_default_context().wrap_socket(lines[0], server_hostname=host, do_handshake_on_connect=False)
            secure.do_handshake()
        connection = http.client.HTTPConnection(host, PORTS[scheme], timeout=SECONDS)
        connection.sock = lines[0]
        yield connection
    finally:
        watch.cancel()
        lines[0].close()


def connect(address: str, port: int) -> socket.socket:
    """Open a connection."""
    return socket.create_connection((address, port), timeout=SECONDS)


def _cut(lines: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        lines[0].shutdown(socket.SHUT_RDWR)
