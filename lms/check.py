"""`lms check`: does everything that Peduli needs work? Each finding is a sentence that says what to do when it does not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine.interfaces import DBAPICursor

from lms import migrate, replica
from lms.db import db, transaction_mode
from lms.i18n import LANGUAGES, in_language
from lms.i18n import gettext as _
from lms.privacy.erasure import brought_back
from lms.privacy.models import DataKey, ReadingHead
from lms.settings import SETTINGS
from lms.supervision import engine as sealed

CATCH_UP = 5.0  # seconds that a replica may be behind


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, whether it is right, and a sentence about it: when it is not, what to do. `title` says what is wrong."""

    name: str
    ok: bool
    sentence: str
    title: str = ""

    @property
    def text(self) -> str:
        """Return all of it in one line."""
        return f"{self.title} {self.sentence}".strip()

    def as_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return {"name": self.name, "ok": self.ok, "sentence": self.text}


def set_up() -> Iterator[Finding]:
    """Yield what is found, right or wrong also while nothing runs. Without a database that is up to date, what depends on it is left out."""
    yield _settings()
    database = _database()
    yield database
    if not database.ok:
        return
    migrations = in_language("en", lambda: updates(tuple(migrate.pending()), tuple(migrate.newer())))
    yield migrations
    if not migrations.ok:
        return
    yield _keys()
    yield _sealed()
    yield from _replicas()


def updates(behind: tuple[str, ...], ahead: tuple[str, ...] = ()) -> Finding:
    """Look whether the database is of this version; behind names the parts that wait, ahead those of which a newer version made more."""
    if behind:
        what = _("Stop Peduli, make a backup, run `lms db upgrade` and start it again. Waiting: %(names)s.", names=", ".join(behind))
        return Finding("migrations", ok=False, sentence=what, title=_("The database waits for an update."))
    if ahead:
        newer = _("The database is newer than this program (%(names)s): go on with the upgrade.", names=", ".join(ahead))
        return Finding("migrations", ok=True, sentence=newer)
    return Finding("migrations", ok=True, sentence=_("The database is up to date."))


def _settings() -> Finding:
    """Look at what parses and cannot work all the same."""
    language, zone, mail = (current_app.config[f"LMS_{name}"] for name in ("DEFAULT_LANGUAGE", "TIME_ZONE", "MAIL_URL"))
    problems = []
    if language not in LANGUAGES:
        problems.append(f"LMS_DEFAULT_LANGUAGE is {language!r}; write one of {', '.join(LANGUAGES)}.")
    if zone not in available_timezones():
        problems.append(f"LMS_TIME_ZONE is {zone!r}; write a name like Asia/Pontianak.")
    if mail and urlsplit(mail).scheme not in {"smtp", "smtps"}:
        problems.append("LMS_MAIL_URL begins with smtp:// or smtps://.")
    given = [setting.name for setting in SETTINGS if f"LMS_{setting.name}" in os.environ]
    counts = f"{len(given)} of {len(SETTINGS)} come from the environment, the others are defaults."
    return Finding("settings", ok=not problems, sentence=" ".join(problems) or counts)


def _database() -> Finding:
    try:
        with db.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError as error:
        return Finding("database", ok=False, sentence=f"{migrate.database_url()} does not answer: {_first_line(error)}")
    return Finding("database", ok=True, sentence=f"{migrate.database_url()} answers.")


def _keys() -> Finding:
    """Look for the keys that open what is stored, and whether others on this machine could read them."""
    folder = Path(current_app.config["LMS_DATA"]) / "keys"
    with transaction_mode("read"):
        used = set(db.session.scalars(sa.select(DataKey.master_key).distinct()))
        log = ["readings"] if db.session.scalar(sa.select(ReadingHead.id)) else []
        dead = len(brought_back())
        db.session.rollback()
    wanted = [folder / f"{name}.key" for name in ("secret", *log, *sorted(used))]
    missing = [path.name for path in wanted if not path.is_file() or path.stat().st_size != 32]
    if missing:
        return Finding("keys", ok=False, sentence=f"Missing or damaged in {folder}: {', '.join(missing)}. Restore them from their backup.")
    if dead:
        sentence = f"{dead} keys that were destroyed came back with a backup; nothing opens them. Run `lms keys destroy --restored --yes`."
        return Finding("keys", ok=False, sentence=sentence)
    open_ones = [path.name for path in folder.glob("*.key") if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_ones:
        return Finding("keys", ok=False, sentence=f"Others on this machine can read {', '.join(open_ones)}: run `chmod 600` on them.")
    return Finding("keys", ok=True, sentence=f"All keys are there, readable by their owner only: {len(wanted)} in {folder}.")


def _sealed() -> Finding:
    """Look whether the supervisors' connection reads the projections and the database refuses it everything else."""
    engine = db.engines["supervision"]
    try:
        with engine.connect() as connection:
            connection.execute(sa.select(sealed.people.c.enrolment_id).limit(1))
            # Below SQLAlchemy, where no rule of ours looks at the statement: the database itself must refuse.
            refused = _refuses(connection.connection.cursor(), engine.dialect.loaded_dbapi.Error)
    except sa.exc.SQLAlchemyError as error:
        return Finding("supervision", ok=False, sentence=f"Supervisors' pages stay closed: {_first_line(error)} Run `lms db upgrade`.")
    if refused:
        return Finding("supervision", ok=True, sentence="The supervisors' connection reads progress and is refused everything else.")
    return Finding(
        "supervision", ok=False, sentence="The supervisors' connection can read tables that it must not read. Stop, and ask for help."
    )


def _replicas() -> Iterator[Finding]:
    """Look whether the servers that supervisors' pages and reports read from, where they are replicas or should be, follow the main database.

    Below SQLAlchemy, for the sealed engine sends no functions of the server. Yields nothing about those who read the main database.
    """
    for key, name, who in (("supervision", "replica", "Supervisors' pages"), (replica.REPORTS, "replica of reports", "Reports")):
        engine = db.engines.get(key)
        if engine is None or engine.dialect.name != "postgresql":
            continue
        try:
            with engine.connect() as connection:
                yield from _replica(connection.connection.cursor(), engine.url, name, who)
        except engine.dialect.loaded_dbapi.Error as error:
            yield Finding(name, ok=False, sentence=f"The replica of {who.lower()} went away while it was looked at: {_first_line(error)}")
        except sa.exc.SQLAlchemyError as error:
            if key == replica.REPORTS:  # that the sealed connection cannot be had is a finding already
                yield Finding(name, ok=False, sentence=f"{who} read from the main database: {_first_line(error)}")


def _replica(cursor: DBAPICursor, address: sa.URL, name: str, who: str) -> Iterator[Finding]:
    if replica.follows_another(cursor):
        yield _follows(cursor, name, who)
    elif "standby" in str(address.query.get("target_session_attrs", "")):
        yield Finding(
            name, ok=False, sentence=f"No replica answers; {who.lower()} read from the main server meanwhile. Start the replica again."
        )


def _follows(cursor: DBAPICursor, name: str, who: str) -> Finding:
    """Tell whether a replica catches up with where the main database is now within CATCH_UP seconds."""
    if replica.has_reached(cursor, replica.main_place(), CATCH_UP):
        return Finding(name, ok=True, sentence=f"{who} read from a replica, which follows the main database.")
    seconds = replica.age(cursor)
    since = "It shows no change yet" if seconds is None else f"The last change that it shows is {seconds / 60:.0f} minutes old"
    sentence = f"The replica of {who.lower()} does not follow the main database. {since}: see pg_stat_replication there."
    return Finding(name, ok=False, sentence=sentence)


def _refuses(cursor: DBAPICursor, error: type[Exception]) -> bool:
    try:
        cursor.execute("SELECT email FROM users LIMIT 1")
    except error:
        return True
    return False


def _first_line(error: Exception) -> str:
    """Return what the database said, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".") + "."
