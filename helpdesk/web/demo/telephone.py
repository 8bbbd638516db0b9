"""`/demo/phone`: a pretended telephone that rings the centre up and sends it texts.

For the same people as the panel. `/demo/line` is what a desk uses instead of the carrier's library,
since the demo's exchange carries no sound.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, jsonify, request
from msgspec import Meta

from helpdesk.core.errors import Invalid
from helpdesk.customers.contact_points import shown_phone
from helpdesk.web import doors
from helpdesk.web.bodies import Body, form_body, json_body
from helpdesk.web.demo.exchange import ask
from helpdesk.web.demo.panel import Traffic, door, traffic_here
from helpdesk.web.doors import allow


class Deed(Body, frozen=True):
    """What somebody does with the telephone `who`."""

    who: Annotated[str, Meta(max_length=20)]
    deed: Literal["dial", "press", "speak", "answer", "machine", "hang_up", "text"]
    value: Annotated[str, Meta(max_length=1600)] = ""


class Line(Body, frozen=True):
    """The call that a desk wants into, and the carrier's token that says whose desk it is."""

    token: Annotated[str, Meta(max_length=4000)]
    call: Annotated[str, Meta(max_length=40)]


class Key(Body, frozen=True):
    key: Annotated[str, Meta(pattern="^[0-9*#]$")]


@door.get("/phone")
@allow("public")
def phone() -> Response:
    callers = traffic_here().callers()
    ours = _seen(callers[0]["number"])["numbers"][0]
    return doors.page("demo/phone.html", callers=callers, ours=shown_phone(ours))


@door.get("/phone/state")
@allow("public")
def phone_state() -> Response:
    return jsonify(_seen(_number(traffic_here(), request.args.get("who", ""))))


@door.get("/phone/ringing")
@allow("public")
def phones_ringing() -> Response:
    """Whose telephones ring now: whoever is rung has one."""
    traffic = traffic_here()
    found = [traffic.whose(number) for number in ask(doors.settings(), "ringing")["numbers"]]
    return jsonify(phones=[one for one in found if one is not None])


@door.post("/phone/do")
@allow("public")
def phone_do() -> Response:
    traffic, wish = traffic_here(), form_body(Deed)
    who, value = _number(traffic, wish.who), wish.value
    if wish.deed in ("dial", "text"):
        ours = str(_seen(who)["numbers"][0])
        value = ours if wish.deed == "dial" else f"{ours} {value}"
    return jsonify(ask(doors.settings(), "people", who, wish.deed, value=value))


@door.post("/line")
@allow("agent", "supervisor", "admin")
def line_place() -> Response:
    wish = json_body(Line)
    return jsonify(ask(doors.settings(), "lines", token=wish.token, call=wish.call))


@door.get("/line/<sid>")
@allow("agent", "supervisor", "admin")
def line_state(sid: str) -> Response:
    return jsonify(ask(doors.settings(), "lines", sid))


@door.post("/line/<sid>/press")
@allow("agent", "supervisor", "admin")
def line_press(sid: str) -> Response:
    wish = json_body(Key)
    return jsonify(ask(doors.settings(), "lines", sid, "press", key=wish.key))


@door.post("/line/<sid>/hang_up")
@allow("agent", "supervisor", "admin")
def line_hang_up(sid: str) -> Response:
    return jsonify(ask(doors.settings(), "lines", sid, "hang_up", id=sid))


def _seen(number: str) -> dict[str, Any]:
    return ask(doors.settings(), "people", number)


def _number(traffic: Traffic, who: str) -> str:
    """One of the telephones on the page, or of the company's customers, and no other."""
    if traffic.whose(who) is None:
        raise Invalid("Choose one of the telephones on the page.", code="no_phone")
    return who
