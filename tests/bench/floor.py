"""The least that a page can cost: Flask, Flask-SQLAlchemy, one row by its key, one short page."""

from __future__ import annotations

import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy


def floor_app(url: str, *, new: bool = False) -> Flask:
    """Return the floor on a database, which gets its table and its row when it is new."""
    app = Flask("floor")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    database = SQLAlchemy()

    class Row(database.Model):  # type: ignore[name-defined,misc]
        id = database.Column(database.Integer, primary_key=True)
        name = database.Column(database.String(50))

    @app.get("/")
    def page() -> str:
        row = database.session.get(Row, 1)
        return f"<!doctype html><title>{row.name}</title><h1>{row.name}</h1>"

    database.init_app(app)
    if new:
        with app.app_context():
            database.create_all()
            database.session.add(Row(id=1, name="Peduli"))
            database.session.commit()
    return app


def served() -> Flask:
    """Return the floor for a web server: its database is named by FLOOR_URL."""
    return floor_app(os.environ["FLOOR_URL"])
