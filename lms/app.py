"""`create_app`: a screenful of named steps. It touches neither database nor network."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from lms import i18n, replica
from lms.db import db, prepare_engine
from lms.jobs.worker import messenger
from lms.people import sessions
from lms.plugin import NavItem, Plugin, discover, load_plugins
from lms.registry import Registry
from lms.rooms import ROOMS, core
from lms.settings import SettingsError, read_settings, secret_key
from lms.supervision.engine import prepare_sealed_engine, sealed_engine_options
from lms.watch import requests, statements, traces
from lms.web import assets, errors, guard, headers, templating
from lms.web.compression import Compression

DATABASE_SECONDS = 10  # that a host of the database may be silent: then pages say so, and threads are free again
MAX_FORM_BYTES = 12 * 1024 * 1024
GARBAGE = (50_000, 20, 50)  # a request leaves little behind: to search after every 700 objects finds nothing


class Number(IntegerConverter):
    """A number in an address; what no column could hold is no such page (404), not an error of the database."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Refuse numbers beyond 31 bits."""
        super().__init__(*arguments, **{"max": 2**31 - 1, **options})


def create_app(config: Mapping[str, Any] | None = None, plugins: Iterable[EntryPoint | Plugin] | None = None) -> Flask:
    """Return the application.

    config overrides settings by name (`{"DATA": …}`); plugins replaces the installed ones. Raises SettingsError and PluginError, each
    with one sentence that says what is wrong.
    """
    settings = read_settings(overrides=config)
    app = Flask("lms", template_folder="web/templates", static_folder=None)
    app.url_map.converters["int"] = Number
    _configure(app, settings)
    _load(app, plugins, settings["DISABLED_PLUGINS"])
    _database(app, settings)
    i18n.load_catalogs([Path(__file__).parent / "translations", *(plugin.folder / "translations" for plugin in _plugins(app).values())])
    sessions.init_app(app)
    for part in (requests, guard, headers, errors, templating, assets):
        part.init_app(app)
    traces.init_app(app)
    for room in ROOMS:
        app.register_blueprint(room)
    for plugin in _plugins(app).values():
        app.register_blueprint(plugin)
    guard.check_every_view(app)
    Compression(app)
    gc.set_threshold(*GARBAGE)
    return app


def _configure(app: Flask, settings: dict[str, Any]) -> None:
    app.config.update({f"LMS_{name}": value for name, value in settings.items()})
    app.config.update(
        SECRET_KEY=secret_key(settings["DATA"]),
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="peduli_visitor",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings["SECURE_COOKIES"],
        COMPRESS_ALGORITHM=["zstd", "br", "gzip"],
        COMPRESS_ZSTD_LEVEL=3,
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=5,
        COMPRESS_STREAMS=False,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # pages (lms/web/compression.py) and files answer "not modified" themselves
    )
    if settings["TRUSTED_PROXIES"]:
        hops = settings["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _load(app: Flask, plugins: Iterable[EntryPoint | Plugin] | None, disabled: Iterable[str]) -> None:
    loaded = load_plugins(discover() if plugins is None else plugins, disabled)
    every: list[Plugin] = [core, *loaded.values()]
    navigation: list[NavItem] = sorted((item for plugin in every for item in plugin.navigation), key=lambda item: item.order)
    app.extensions["lms"] = Registry(
        plugins=loaded,
        activity_types={key: kind for plugin in loaded.values() for key, kind in plugin.activities.items()},
        tasks={task.name: task for plugin in every for task in plugin.tasks},
        operations={kind: take for plugin in every for kind, take in plugin.operations.items()},
        offline_pages=[page for plugin in every for page in plugin.offline_pages],
        navigation=navigation,
        exporters=[plugin for plugin in every if plugin.exports],
        cohort_pages=[page for plugin in every for page in plugin.cohort_pages],
        cohort_demonstrations=[call for plugin in every for call in plugin.cohort_demonstrations],
        keyed=[made for plugin in every for made in plugin.keyed],
        receipts=[call for plugin in every for call in plugin.receipt_calls],
        appointments=[call for plugin in every for call in plugin.appointment_calls],
        waiting={kind.key: kind for plugin in every for kind in plugin.waiting_kinds},
        confidentials={kind: made for plugin in every for kind, made in plugin.confidentials.items()},
        notice_kinds={kind.key: kind for plugin in every for kind in plugin.notice_kinds},
        file_store=next((plugin.file_store for plugin in loaded.values() if plugin.file_store), None),
        send_job=messenger(app),
    )


def _plugins(app: Flask) -> dict[str, Plugin]:
    registry: Registry = app.extensions["lms"]
    return registry.plugins


def _database(app: Flask, settings: dict[str, Any]) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings["DATABASE_URL"]
    # What a statement carried may be an answer or a name: an error says which statement failed, never with what.
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"hide_parameters": True}
    app.config["SQLALCHEMY_BINDS"] = {"supervision": sealed_engine_options(settings)}
    address = sa.make_url(settings["DATABASE_URL"])
    embedded = address.get_backend_name() == "sqlite"
    if not embedded:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"] = replica.patience(address, DATABASE_SECONDS)
    if settings["REPORTS_DATABASE_URL"]:
        if embedded:
            raise SettingsError("LMS_REPORTS_DATABASE_URL names a replica of a PostgreSQL, and LMS_DATABASE_URL names none")
        app.config["SQLALCHEMY_BINDS"][replica.REPORTS] = replica.engine_options(sa.make_url(settings["REPORTS_DATABASE_URL"]))
    if embedded:
        settings["DATA"].mkdir(mode=0o700, parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        for name in {None, replica.REPORTS} & db.engines.keys():
            statements.watch(db.engines[name], settings["SLOW_MS"], settings["DATA"])
        prepare_sealed_engine(db.engines["supervision"])
