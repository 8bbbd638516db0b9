"""The telephone company of a demo: an exchange by this machine's clock, its phones and our desks.

A process of its own, beside the web role and not in it, so that calls outlive what is tried out
there. It listens on loopback, and opens nothing to whoever lacks the account made for this run.
Not for tests, which hold an exchange themselves.
"""

from __future__ import annotations

import logging
import secrets
import socket
from dataclasses import replace

from flask import Flask, Response, request
from werkzeug.serving import make_server

from helpdesk.core.config import EXCHANGE_ACCOUNT, Settings
from helpdesk.demo.kept_texts import KeptTexts
from helpdesk.demo.line import NUMBER
from helpdesk.demo.quiet_lines import QuietLines
from helpdesk.exchange import http
from helpdesk.exchange.access_tokens import TokenRefused
from helpdesk.exchange.agenda import LiveClock
from helpdesk.exchange.couriers import HttpCourier
from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.live import LiveRunner
from helpdesk.exchange.switch import Account


def with_account(settings: Settings, port: int) -> Settings:
    """Settings with an account at the exchange on that port, good for this run alone."""
    return replace(
        settings,
        twilio_account_sid=EXCHANGE_ACCOUNT,
        twilio_auth_token=secrets.token_hex(16),
        twilio_api_base=f"http://127.0.0.1:{port}",
        twilio_api_key="SK" + secrets.token_hex(16),
        twilio_api_secret=secrets.token_urlsafe(32),
        twilio_application="AP" + secrets.token_hex(16),
    )


def connected(settings: Settings) -> Exchange:
    """An exchange whose one number and one application lead to our hooks."""
    account = Account(settings.twilio_account_sid, settings.twilio_auth_token)
    exchange = Exchange(HttpCourier(), account=account, clock=LiveClock(), strict=False)
    # An exchange that is started again must not give calls the sids of those before.
    exchange.switch.seed = secrets.token_hex(8)
    exchange.switch.puts_up = exchange.phone  # whoever is rung has a telephone
    exchange.reachable_at(settings.twilio_api_base)
    exchange.switch.keys[settings.twilio_api_key] = settings.twilio_api_secret
    hooks = f"{settings.base_url.rstrip('/')}/hooks/twilio"
    exchange.number(
        NUMBER, voice_url=f"{hooks}/voice", voice_fallback_url=f"{hooks}/voice/fallback",
        status_callback=f"{hooks}/status", sms_url=f"{hooks}/sms",
    )  # fmt: skip
    exchange.application(
        f"{hooks}/voice/agent", status_callback=f"{hooks}/status", sid=settings.twilio_application
    )
    return exchange


def application(exchange: Exchange, texts: KeptTexts | None = None) -> Flask:
    """REST, the phones, and lines of desks; all of it only for the holder of the account.

    `texts` are written down after each request.
    """
    app = http.create_app(exchange, people=True)
    account, lines = exchange.switch.account, QuietLines(exchange)

    @app.before_request
    def lock() -> Response | None:
        given = request.authorization
        sid, token = (given.username, given.password) if given else ("", "")
        if sid == account.sid and secrets.compare_digest(str(token), account.token):
            return None
        return Response("Only for the holder of the account.", 401)

    @app.after_request
    def keep(response: Response) -> Response:
        if texts is not None:
            texts.save()
        return response

    @app.errorhandler(TokenRefused)
    def refused(why: TokenRefused) -> tuple[dict[str, str], int]:
        return {"message": f"The exchange refuses this desk: {why}."}, 409

    @app.post("/lines")
    def place() -> dict[str, str]:
        return {"id": lines.place(request.form["token"], request.form["call"])}

    @app.get("/lines/<sid>")
    def state(sid: str) -> dict[str, object]:
        return lines.state(sid)

    @app.post("/lines/<sid>/press")
    def press(sid: str) -> dict[str, object]:
        lines.press(sid, request.form["key"])
        return lines.state(sid)

    @app.get("/ringing")
    def ringing() -> dict[str, object]:
        with exchange.lock:
            live = list(exchange.switch.live.values())
        return {"numbers": [call.to for call in live if call.status == "ringing"]}

    @app.post("/lines/<sid>/hang_up")
    def hang_up(sid: str) -> dict[str, object]:
        lines.hang_up(sid)
        return lines.state(sid)

    return app


def serve(settings: Settings, listening: socket.socket) -> None:
    """Until the process ends."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    exchange = connected(settings)
    texts = KeptTexts(exchange, settings.data / "telephone_texts.json")
    LiveRunner(exchange).start()
    host, port = listening.getsockname()[:2]
    server = make_server(
        host, port, application(exchange, texts), threaded=True, fd=listening.fileno()
    )
    # Only a shutdown from inside would be noticed by looking again, and there is none.
    server.serve_forever(poll_interval=3600)
