"""The exchange's customer in these tests: a small application that answers hooks as it is told.

It checks the signature of everything it gets with the vendor's own package.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request
from twilio.request_validator import RequestValidator

from helpdesk.exchange.exchange import AUTH_TOKEN
from helpdesk.exchange.recordings import tone

HOST = "https://desk.example"
Form = dict[str, str]
Script = str | tuple[int, str] | Callable[[Form], str]


class Customer:
    """`says` gives TwiML for a path; `got` is what came, in order."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Form]] = []
        self.order: list[list[str]] = []
        self.headers: list[dict[str, str]] = []
        self._scripts: dict[str, Script] = {}
        self.app = Flask("customer")
        self.app.add_url_rule("/<path:path>", view_func=self._answer, methods=["GET", "POST"])

    def says(self, path: str, script: Script) -> None:
        """The inside of a Response, a status with a body, or a function of the form."""
        self._scripts[path] = script

    def at(self, path: str) -> list[Form]:
        return [form for found, form in self.got if found == path]

    def _answer(self, path: str) -> Response:
        here, form = f"/{path}", dict(request.values.items())
        self.got.append((here, form))
        self.order.append(list(request.form))
        self.headers.append(dict(request.headers))
        signature = request.headers["X-Twilio-Signature"]
        assert RequestValidator(AUTH_TOKEN).validate(request.url, request.form, signature), here
        if here.endswith(".wav"):
            return Response(tone(2.0), content_type="audio/wav")
        script = self._scripts.get(here)
        if script is None:
            return Response("", 204)
        if isinstance(script, tuple):
            return Response(script[1], script[0], content_type="text/xml")
        inside = script if isinstance(script, str) else script(form)
        return Response(f"<Response>{inside}</Response>", content_type="text/xml")
