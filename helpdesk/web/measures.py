"""What this process counts about itself, for `/metrics`.

Others add their own measures to `REGISTRY`. Not for the figures of the business on screens (see
`helpdesk.metrics`): these start at nought with each process.
"""

from __future__ import annotations

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from helpdesk.core import clock

REGISTRY = CollectorRegistry()

HTTP_SECONDS = Histogram(
    "helpdesk_http_seconds",
    "Time from a request's arrival to its answer",
    ["endpoint", "method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
SIGN_INS = Counter(
    "helpdesk_sign_ins", "Attempts to sign in, by how they ended", ["outcome"], registry=REGISTRY
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def exposition() -> bytes:
    """All measures in Prometheus' text form."""
    return generate_latest(REGISTRY)


def time_requests(app: Flask) -> None:
    """Measure each request by endpoint; paths would make a series per id."""

    @app.before_request
    def start() -> None:
        g.started = clock.monotonic()

    @app.after_request
    def stop(response: Response) -> Response:
        began = g.get("started")
        if began is not None:
            method = request.method if request.method in METHODS else "other"
            HTTP_SECONDS.labels(
                request.endpoint or "none", method, f"{response.status_code // 100}xx"
            ).observe(clock.monotonic() - began)
        return response
