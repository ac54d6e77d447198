"""Settings: one table, read from `LMS_…` in the environment. `docs/settings.md` is generated from this table."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lms.disk import settle, write


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names the setting and what it expects."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name without `LMS_`, type, default and what it is for."""

    name: str
    type: type
    default: object
    sentence: str
    secret: bool = False  # shown nowhere

    def parse(self, text: str) -> Any:
        """Turn the text of an environment variable into a value. Raises SettingsError."""
        if self.type is bool:
            if text.lower() in {"1", "true", "yes", "on"}:
                return True
            if text.lower() in {"", "0", "false", "no", "off"}:
                return False
            raise SettingsError(f"LMS_{self.name}: expected yes or no, got {text!r}")
        if self.type is tuple:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        try:
            return self.type(text)
        except ValueError as error:
            raise SettingsError(f"LMS_{self.name}: expected {self.type.__name__}, got {text!r}") from error


SETTINGS = (
    Setting("DATA", Path, Path("instance"), "Folder for everything the program writes: database, keys, media, mail."),
    Setting("HOST", str, "127.0.0.1", "Address the web server listens on."),
    Setting("PORT", int, 8000, "Port the web server listens on."),
    Setting("BASE_URL", str, "", "Address of the site as people see it, for links in mails; empty: http://HOST:PORT."),
    Setting("DATABASE_URL", str, "", "SQLAlchemy address of the database; empty: SQLite in DATA."),
    Setting(
        "SUPERVISION_DATABASE_URL",
        str,
        "",
        "Address for the sealed connection of supervisors, also of a PostgreSQL replica; empty: the main database, as a role or through an "
        "authorizer that refuses everything but the projections.",
    ),
    Setting(
        "REPORTS_DATABASE_URL",
        str,
        "",
        "Address of a PostgreSQL replica that reports are read from when it has followed; empty: the main database.",
    ),
    Setting("BROKER_URL", str, "", "Celery broker, for instance redis://localhost/0; empty: the worker polls the jobs table."),
    Setting("DISABLED_PLUGINS", tuple, (), "Keys of installed plugins that are left out, separated by commas."),
    Setting("DEFAULT_LANGUAGE", str, "id", "Language for people who have chosen none: id or en."),
    Setting("TIME_ZONE", str, "Asia/Pontianak", "Time zone of people and cohorts that have none of their own."),
    Setting("SESSION_DAYS", int, 30, "Days after which a sign-in ends by itself."),
    Setting("SECURE_COOKIES", bool, False, "Send cookies over HTTPS only; turn on behind HTTPS."),
    Setting("TRUSTED_PROXIES", int, 0, "Number of reverse proxies whose X-Forwarded headers are believed."),
    Setting("MAIL_URL", str, "", "smtp://user:password@host:port for mail; empty: mails are written to DATA/mail."),
    Setting("MAIL_FROM", str, "Peduli <peduli@localhost>", "Sender of mails."),
    Setting(
        "MEDIA_URL",
        str,
        "",
        "Where files of modules lie: s3://bucket/prefix with the usual AWS_… variables, AWS_ENDPOINT_URL for other makers; empty: DATA/media.",
    ),
    Setting("MEDIA_IMAGE_MB", int, 20, "The largest picture that is taken, in MB."),
    Setting("MEDIA_DOCUMENT_MB", int, 20, "The largest document (PDF) that is taken, in MB."),
    Setting("MEDIA_FILM_MB", int, 500, "The largest sound or film that is taken, in MB."),
    Setting("BACKUP", str, "", "Folder of backups, best on another disk; the worker makes one every night. Empty: none are made."),
    Setting("BACKUP_KEY", str, "", "File with the key that seals backups; `lms backup --new-key FILE` makes one. Empty: not sealed."),
    Setting("LOG_STYLE", str, "text", "How the program logs to standard error: text for people, json for machines."),
    Setting("SLOW_MS", int, 500, "Statements that take longer, in milliseconds, are logged and counted; 0: none."),
    Setting("METRICS_TOKEN", str, "", "Token with which Prometheus reads /metrics; empty: there is no such page.", secret=True),
    Setting(
        "VIDEO_HOSTS",
        tuple,
        ("www.youtube-nocookie.com",),
        "Hosts whose players may be shown for films of video activities, separated by commas; each learner asks for the player with a press.",
    ),
    Setting("WEB_PROCESSES", int, 1, "Web processes of `lms run` and `lms web`: one for each core that they may fill."),
    Setting("WEB_THREADS", int, 4, "Threads of each web process."),
    Setting(
        "LEAVE_SECONDS",
        int,
        0,
        "How long web processes go on serving after SIGTERM while `/readyz` answers 503: longer than a proxy takes to notice.",
    ),
)


def read_settings(environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return {name: value} for every setting; overrides win over the environment, which wins over defaults.

    Raises SettingsError for a value that does not fit and for an `LMS_…` variable or override that is no setting.
    """
    environ = os.environ if environ is None else environ
    known = {setting.name: setting for setting in SETTINGS}
    values: dict[str, Any] = {name: setting.default for name, setting in known.items()}
    for variable, text in environ.items():
        if not variable.startswith("LMS_") or variable.startswith("LMS_TEST_"):
            continue
        name = variable.removeprefix("LMS_")
        if name not in known:
            raise SettingsError(f"{variable} is not a setting; docs/settings.md lists them")
        values[name] = known[name].parse(text)
    for name, value in (overrides or {}).items():
        if name not in known:
            raise SettingsError(f"{name} is not a setting; docs/settings.md lists them")
        values[name] = value
    values["DATA"] = Path(values["DATA"]).resolve()
    if not values["DATABASE_URL"]:
        values["DATABASE_URL"] = f"sqlite:///{values['DATA']}/peduli.db"
    if not values["BASE_URL"]:
        values["BASE_URL"] = f"http://{values['HOST']}:{values['PORT']}"
    return values


def secret_key(data: Path) -> bytes:
    """Return the key that signs cookies, tokens and receipts: 32 random bytes, made at first start in `data/keys`."""
    return key_file(data / "keys" / "secret.key")


def key_file(path: Path) -> bytes:
    """Return the 32 bytes in `path`; make the file (readable by its owner only) when it is not there.

    Two processes may start at once: the first to link the finished file wins, and both read the winner's bytes. It is on the disk when this
    returns: what is sealed with it outlasts a power cut.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        write(draft, secrets.token_bytes(32), mode=0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        settle(path.parent)
    return path.read_bytes()
