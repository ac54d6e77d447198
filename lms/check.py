"""`lms check`: does everything that Peduli needs work? Each finding is a sentence that says what to do when it does not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine.interfaces import DBAPICursor

from lms import migrate
from lms.db import db, transaction_mode
from lms.i18n import LANGUAGES
from lms.privacy.erasure import brought_back
from lms.privacy.models import DataKey, ReadingHead
from lms.settings import SETTINGS
from lms.supervision import engine as sealed


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, whether it is right, and a sentence about it."""

    name: str
    ok: bool
    sentence: str

    def as_json(self) -> dict[str, object]:
        """Return it as plain data."""
        return asdict(self)


def findings() -> Iterator[Finding]:
    """Yield what is found. Without a database that answers and is up to date, what depends on it is left out."""
    yield _settings()
    database = _database()
    yield database
    if not database.ok:
        return
    migrations = _migrations()
    yield migrations
    if not migrations.ok:
        return
    yield _keys()
    yield _sealed()


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


def _migrations() -> Finding:
    behind = list(migrate.pending())
    if behind:
        return Finding("migrations", ok=False, sentence=f"The database waits for an update ({', '.join(behind)}): run `lms db upgrade`.")
    return Finding("migrations", ok=True, sentence="The database is up to date.")


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


def _refuses(cursor: DBAPICursor, error: type[Exception]) -> bool:
    try:
        cursor.execute("SELECT email FROM users LIMIT 1")
    except error:
        return True
    return False


def _first_line(error: Exception) -> str:
    """Return what the database said, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".") + "."
