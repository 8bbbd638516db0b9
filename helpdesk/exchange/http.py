"""The REST API over HTTP: a Flask application that reads requests and writes answers.

Run it on loopback and point `TWILIO_API_BASE` at it.
"""

from __future__ import annotations

import json

from flask import Flask, Response, request
from werkzeug.datastructures import MultiDict

from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.rest.answering import Reply, respond


def create_app(exchange: Exchange) -> Flask:
    app = Flask("helpdesk.exchange")

    @app.route("/<path:path>", methods=["GET", "POST", "DELETE", "PUT"])
    def rest(path: str) -> Response:
        with exchange.lock:
            reply = respond(
                exchange.switch, request.method, request.path, _lists(request.args),
                _lists(request.form), request.headers.get("Authorization", ""),
            )  # fmt: skip
        exchange.woken()
        return _response(reply)

    return app


def _response(reply: Reply) -> Response:
    if isinstance(reply.body, bytes) or reply.body is None:
        response = Response(reply.body or b"", reply.status, content_type=reply.content_type)
    else:
        text = json.dumps(reply.body)
        response = Response(text, reply.status, content_type=reply.content_type)
    if reply.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    response.headers["Twilio-Concurrent-Requests"] = "1"
    return response


def _lists(values: MultiDict[str, str]) -> dict[str, list[str]]:
    return values.to_dict(flat=False)
