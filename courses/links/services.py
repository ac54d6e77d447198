"""Which links are asked for, when, and what is remembered of the answers."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import urlsplit

import sqlalchemy as sa

from courses.checks.links import addresses
from courses.checks.model import Subject
from courses.checks.models import CheckedLink
from courses.links import reach
from lms.api import Actor, Batch, Module, Refused, begin_batch, db, gettext, upsert, utcnow

FRESH = dt.timedelta(hours=1)  # what was asked so lately is not asked again
FORGOTTEN = dt.timedelta(days=180)
MOST = 200  # links that one run asks for
MOST_OF_A_SITE = 20
PAUSE = 1.0  # seconds between two questions to the same site


def digest_of(address: str) -> str:
    """Return under what an address is kept."""
    return hashlib.sha256(address.encode()).hexdigest()


def of_module(subject: Subject) -> list[str]:
    """Return the addresses on other sites that a module names, each once, in order."""
    return list(dict.fromkeys(address for part in subject.parts for address, _path, _row in addresses(part)))


def answers(wanted: Iterable[str]) -> dict[str, CheckedLink]:
    """Return {address: what is known of it}; one statement."""
    digests = [digest_of(address) for address in wanted]
    if not digests:
        return {}
    return {row.address: row for row in db.session.scalars(sa.select(CheckedLink).where(CheckedLink.digest.in_(digests)))}


def to_ask(wanted: Iterable[str], known: Mapping[str, CheckedLink], now: dt.datetime) -> list[str]:
    """Return what a run asks for: what nobody has asked lately, the longest unasked first, few of each site."""
    waiting = [address for address in wanted if address not in known or known[address].checked_at < now - FRESH]
    waiting.sort(key=lambda address: known[address].checked_at.timestamp() if address in known else 0)
    asked: dict[str, int] = {}
    found = []
    for address in waiting:
        site = site_of(address)
        asked[site] = asked.get(site, 0) + 1
        if asked[site] <= MOST_OF_A_SITE:
            found.append(address)
    return found[:MOST]


def site_of(address: str) -> str:
    """Return the site that an address belongs to."""
    try:
        return (urlsplit(address).netloc.rpartition("@")[2]).lower()
    except ValueError:  # no address at all
        return address


def begin(*, actor: Actor, module: Module, subject: Subject) -> Batch:
    """Let a worker ask for the links of a draft. Raises Refused when there is none, or all were asked lately."""
    wanted = of_module(subject)
    if not wanted:
        raise Refused(gettext("This module names no address on another site."))
    todo = to_ask(wanted, answers(wanted), utcnow())
    if not todo:
        raise Refused(gettext("All links were looked at within the last hour."))
    title = gettext("Looking at the links of “%(module)s”", module=module.code or module.key)
    return begin_batch(
        actor=actor, task="courses:look_at_links", title=title, total=len(todo), origin=f"/studio/{module.key}/checks#links", links=todo
    )


def asked_in_turn(links: Iterable[str], sleep: Callable[[float], None] = time.sleep) -> Iterator[tuple[str, reach.Answer]]:
    """Yield each address with its answer; the same site is given time between two questions. Raises OfflineError."""
    last: dict[str, float] = {}
    for address in links:
        site = site_of(address)
        if site in last:
            sleep(max(0.0, PAUSE - (time.monotonic() - last[site])))
        answer = reach.ask(address)
        last[site] = time.monotonic()
        yield address, answer


def remember(address: str, answer: reach.Answer) -> None:
    """Keep an answer in place of the one before."""
    told = {"told": answer.told, "status": answer.status, "checked_at": utcnow()}
    statement = upsert(CheckedLink).values(digest=digest_of(address), address=address, **told)
    db.session.execute(statement.on_conflict_do_update(index_elements=["digest"], set_=told))


def forget(now: dt.datetime) -> None:
    """Remove answers that are half a year old."""
    db.session.execute(sa.delete(CheckedLink).where(CheckedLink.checked_at < now - FORGOTTEN))
