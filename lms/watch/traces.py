"""Traces for OpenTelemetry, when OTEL_EXPORTER_OTLP_ENDPOINT names a collector and the extra `trace` is installed.

A span for each request and one for each of its statements: the rule of the address and the statement, without what they carried. The
instrumentation that OpenTelemetry offers for Flask would send whole addresses, in which a search may name somebody.
"""

from __future__ import annotations

import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, request
from sqlalchemy import event

from lms import __version__
from lms.db import db
from lms.errors import LmsError
from lms.watch import metrics

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.propagate import extract
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanKind, Tracer, set_span_in_context
except ImportError:  # who traces nothing needs nothing
    HAS_TRACES = False
else:
    HAS_TRACES = True

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
LONGEST = 300  # letters of a statement


def init_app(app: Flask) -> None:
    """Send traces if a collector is named. Raises LmsError when the extra is missing then."""
    if not os.environ.get(ENDPOINT):
        return
    if not HAS_TRACES:
        raise LmsError(f"{ENDPOINT} is set, and the extra “trace” is not installed: pip install 'peduli[trace]'")
    provider = TracerProvider(resource=Resource.create({"service.name": "peduli", "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("peduli")
    app.extensions["lms_traces"] = provider
    app.before_request(lambda: _begin(tracer))
    app.teardown_request(_end)
    with app.app_context():
        _statements(db.engine, tracer)


def _begin(tracer: Tracer) -> None:
    """Begin the span of a request, below that of a proxy which told of one; pages without trace have none."""
    if "traceless" in g:
        return
    rule = request.url_rule.rule if request.url_rule else "-"
    method = metrics.method_of(request.method)
    told = {"http.request.method": method, "http.route": rule, "request.id": g.request_id}
    g.span = tracer.start_span(f"{method} {rule}", context=extract(request.headers), kind=SpanKind.SERVER, attributes=told)


def _end(_error: BaseException | None) -> None:
    if "span" in g:
        g.span.end()


def _statements(engine: sa.Engine, tracer: Tracer) -> None:
    def begin(connection: sa.Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if g and "span" in g:
            text = " ".join(statement.split())[:LONGEST]
            told = {"db.system.name": engine.dialect.name, "db.query.text": text}
            above = set_span_in_context(g.span)
            connection.info["span"] = tracer.start_span(text.partition(" ")[0], context=above, kind=SpanKind.CLIENT, attributes=told)

    def end(connection: sa.Connection, *_rest: Any) -> None:
        span = connection.info.pop("span", None)
        if span is not None:
            span.end()

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
