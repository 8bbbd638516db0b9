"""The number of the demo company: its call flow (hours, a menu, a number asked for, a request
looked up), what is texted with it again and again, and which of its calls are recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.calls import calling_rules
from helpdesk.calls.calling_hours import DAYS
from helpdesk.carriers import numbers
from helpdesk.core.work import Work
from helpdesk.ivr import service
from helpdesk.ivr.starting import step
from helpdesk.recordings import settings as recording
from helpdesk.texts import templates
from helpdesk.workflows import call_flows

NAME = "Main line"
NUMBER = "+494066969001"  # of those kept for films, where nobody can be rung
MENU = (
    "For your bill press 1. For heating, chargers or the internet press 2. If you are moving press "
    "3. To hear how your request stands press 4. To hear this again press 9."
)

TEMPLATES = (
    ("Technician on the way", "Moin {{1}}, our technician is with you on {{2}}. Nordlicht Energie"),
    ("We could not reach you", "Moin {{1}}, we tried to call you. When does it suit you?"),
)
# Where card numbers are said: with it, a pause for them can be tried.
ASKS_FIRST = {
    "mode": "ask",
    "announcement": "We record calls about bills, so that both sides know what was agreed. If that "
    "is all right, press 1. If not, stay on the line.",
    "keep_days": "90",
    "listeners": "supervisors",
    "downloads": False,
}


def lay(work: Work, queues: Mapping[str, str], calendar_id: str, zone: str) -> str:
    """Set it up and publish it; answers its id. `queues` are ids by slug."""
    content = {
        "language": "en-GB",
        "zone": zone,
        "greeting": "Moin, this is Nordlicht Energie.",
        "greeting_known": "Moin {name}, this is Nordlicht Energie.",
        "nodes": _steps(queues, calendar_id),
    }
    flow = service.add_flow(work, name=NAME, content=content)
    note = "Bill, heating, moving"
    service.publish(work, flow.id, call_flows.known(work), note=note, version=flow.version)
    numbers.add_number(
        work, number=NUMBER, name=NAME, queue_id=queues["general"], flow_id=flow.id, greeting="",
        language="en-GB", takes_calls=True, takes_texts=True,
    )  # fmt: skip
    for name, body in TEMPLATES:
        templates.add(work, name=name, language="en", body=body)
    calling_rules.change(
        work, version=0, from_time="08:00", until_time="20:00", days=DAYS[:6], is_hard=False,
        zone=zone,
    )  # fmt: skip
    recording.set_rule(work, queues["billing"], version=0, given=ASKS_FIRST)
    return flow.id


def _steps(queues: Mapping[str, str], calendar_id: str) -> list[dict[str, Any]]:
    general = queues["general"]
    return [
        step("hours", "hours", "Opening hours", calendar_id=calendar_id, open="menu",
             closed="closed"),
        step("menu", "menu", "Main menu", prompt=MENU, otherwise="anybody", choices=[
            {"key": "1", "words": ["bill", "invoice", "payment"], "to": "number"},
            {"key": "2", "words": ["heating", "heat pump", "charger", "internet"], "to": "heating"},
            {"key": "3", "words": ["moving", "move", "contract"], "to": "moving"},
            {"key": "4", "words": ["request", "ticket"], "to": "request"},
            {"key": "9", "words": ["again", "repeat"], "to": "menu"},
        ]),
        step("number", "ask", "Bill", label="Customer number", digits="6", speech="1", next="bill",
             prompt="Please type the six digits of your customer number.", otherwise="bill"),
        step("bill", "queue", "Billing", queue_id=queues["billing"], reason="A question on a bill",
             text="Thank you. Somebody from billing will be with you."),
        step("heating", "condition", "Heating", asks="priority", priority="urgent", then="urgent",
             otherwise="technical"),
        step("urgent", "queue", "Urgent fault", queue_id=queues["technical-help"],
             reason="Calls about an urgent fault", head_start_s="300",
             text="We know that it is urgent."),
        step("technical", "queue", "Technical help", queue_id=queues["technical-help"],
             reason="Heating, charger or internet", text="One moment please."),
        step("moving", "queue", "Moving", queue_id=queues["contracts"], reason="Is moving",
             text="One moment please."),
        step("request", "lookup", "My request", what="ticket_status", proof="field:customer_number",
             prompt="Type the number of your request and then hash.",
             proof_prompt="Now type the digits of your customer number and then hash.",
             next="more", refused="anybody"),
        step("more", "menu", "Anything else", prompt="To speak to somebody press 1, or hang up.",
             choices=[{"key": "1", "words": ["yes", "somebody"], "to": "anybody"}],
             otherwise="bye"),
        step("anybody", "queue", "Anybody", queue_id=general, reason="Did not choose",
             text="One moment please, somebody will help you."),
        step("closed", "menu", "Closed", otherwise="message",
             prompt="We are here on weekdays from 8. To leave a message press 1. To be called back "
                    "press 2. This is a demonstration: to come in all the same press 3.",
             choices=[
                 {"key": "1", "words": ["message"], "to": "message"},
                 {"key": "2", "words": ["call"], "to": "back"},
                 {"key": "3", "words": ["come in"], "to": "menu"},
             ]),
        step("message", "voicemail", "Leave a message", queue_id=general,
             text="Please speak after the tone."),
        step("back", "callback", "Call me back", queue_id=general),
        step("bye", "hangup", "Goodbye", text="Thank you for calling. Goodbye."),
    ]  # fmt: skip
