"""The REST API over HTTP: a Flask application that reads requests and writes answers.

Run it on loopback and point `TWILIO_API_BASE` at it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.serving import make_server

from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.people import CannotDo, act, state
from helpdesk.exchange.rest.answering import Reply, respond


def create_app(exchange: Exchange, people: bool = False) -> Flask:
    """`people` opens the phones as well, to whoever can reach the port: for the demo."""
    app = Flask("helpdesk.exchange")
    if people:
        _open_phones(app, exchange)

    @app.route("/2010-04-01/<path:path>", methods=["GET", "POST", "DELETE", "PUT"])
    def rest(path: str) -> Response:
        with exchange.lock:
            reply = respond(
                exchange.switch, request.method, request.path, _lists(request.args),
                _lists(request.form), request.headers.get("Authorization", ""),
            )  # fmt: skip
        exchange.woken()
        return _response(reply)

    return app


def _open_phones(app: Flask, exchange: Exchange) -> None:
    @app.get("/people/<address>")
    def seen(address: str) -> Response:
        return _told(lambda: state(exchange, address))

    @app.post("/people/<address>/<deed>")
    def done(address: str, deed: str) -> Response:
        return _told(lambda: act(exchange, address, deed, request.form.get("value", "")))


def _told(look: Callable[[], dict[str, object]]) -> Response:
    try:
        return _response(Reply(200, look()))
    except CannotDo as why:
        return _response(Reply(409, {"message": str(why)}))


@contextmanager
def served(exchange: Exchange, port: int = 0, people: bool = False) -> Iterator[str]:
    """The API on loopback for as long as the block lasts; gives its address."""
    server = make_server("127.0.0.1", port, create_app(exchange, people), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    exchange.reachable_at(base)
    try:
        yield base
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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
