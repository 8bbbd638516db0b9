"""Flows for tests, from words: small enough to read, large enough to get lost in."""

from __future__ import annotations

from typing import Any

from helpdesk.ivr.checking import Known
from helpdesk.ivr.kinds import KINDS
from helpdesk.ivr.lookups import LookUp

QUEUE, HOURS = "queue-1", "hours-1"
STATUS = LookUp("ticket_status", "How a ticket stands", {"open": "{number} is in work."}, print)  # type: ignore[arg-type]
KNOWN = Known(
    queues={QUEUE: "Help"},
    calendars={HOURS: "Office hours"},
    proofs={"field:postcode": "Postcode"},
    lookups={"ticket_status": STATUS},
    zones={"Europe/Berlin"},
)


def node(id: str, kind: str, name: str = "", **says: Any) -> dict[str, Any]:
    """A step with the usual words wherever none are given."""
    usual = {one.name: one.default for one in KINDS[kind].fields}
    return {"id": id, "kind": kind, "name": name or id.capitalize(), **usual, **says}


def choice(key: str, to: str, *words: str) -> dict[str, Any]:
    return {"key": key, "words": list(words), "to": to}


def flow(*nodes: dict[str, Any], **said: str) -> dict[str, Any]:
    return {"language": "en-GB", "zone": "Europe/Berlin", **said, "nodes": list(nodes)}


def shop(queue: str = QUEUE, hours: str = HOURS, **said: str) -> dict[str, Any]:
    """Hours, a menu with a number, a look-up, a queue, a transfer, voicemail and a goodbye."""
    return flow(
        node("hours", "hours", "Opening hours", calendar_id=hours, open="menu", closed="mail"),
        node(
            "menu",
            "menu",
            "Main menu",
            prompt="1 is your bill, 2 heating, 3 your request, 9 hears this again.",
            choices=[
                choice("1", "number", "bill", "invoice"),
                choice("2", "heating", "heating", "heat pump"),
                choice("3", "status", "request"),
                choice("9", "menu"),
            ],
            otherwise="known",
        ),
        node("number", "ask", "Customer number", prompt="Your customer number?", label="Customer",
             digits="6", speech="1", next="bills", otherwise="bills"),
        node("bills", "queue", "Bills", queue_id=queue, text="One moment."),
        node("heating", "transfer", "Heating line", number="+442079460000", no_answer="mail"),
        node("status", "lookup", "Ticket status", what="ticket_status", prompt="Ticket number?",
             proof="field:postcode", proof_prompt="Postcode?", next="bye", refused="bills"),
        node("known", "condition", "Known", asks="recognised", then="bills", otherwise="mail"),
        node("mail", "voicemail", "Voicemail", queue_id=queue),
        node("bye", "hangup", "Goodbye", text="Goodbye."),
        **{"greeting": "Welcome.", "greeting_known": "Hello {name}.", **said},
    )  # fmt: skip
