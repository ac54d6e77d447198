"""Traces as a collector receives them: real requests over real HTTP to a collector of our own, which keeps what it is sent."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from lms import migrate
from lms.app import create_app
from lms.db import db
from lms.testing import forget_caches


@pytest.fixture
def collector():
    """Return (address, spans) of a collector."""
    spans = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            told = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            spans.extend(span for resource in told.resource_spans for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", spans
    server.shutdown()
    server.server_close()


@pytest.mark.sqlite
def test_requests_and_statements_are_traced_without_what_they_carry(collector, tmp_path, monkeypatch):
    address, spans = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    app = create_app({"DATA": tmp_path, "BASE_URL": "http://localhost"})
    with app.app_context():
        migrate.upgrade()
    above = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = app.test_client().get("/readyz?nama=Ani%20Lestari", headers={"traceparent": above})
    assert answer.status_code == 200
    assert app.test_client().get("/support").status_code == 200
    app.extensions["lms_traces"].shutdown()
    with app.app_context():
        db.session.remove()
        for engine in {db.engine, db.engines["supervision"]}:
            engine.dispose()
    forget_caches(app)

    (page,) = [span for span in spans if span.kind == 2]
    told = {pair.key: pair.value.string_value for pair in page.attributes}
    assert page.name == "GET /readyz"
    assert told["request.id"] == answer.headers["X-Request-ID"]
    assert page.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c", "it belongs to the trace that the proxy began"
    below = [span for span in spans if span.parent_span_id == page.span_id]
    assert "SELECT" in {span.name for span in below}
    assert not [span for span in spans if "Lestari" in str(span)]
    assert {span.trace_id for span in spans} == {page.trace_id}, "who asks for help leaves no trace"
