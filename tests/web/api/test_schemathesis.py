"""The API against its own document: whatever schemathesis makes of it.

On PostgreSQL, the one that minds what it is given; the stories of the API run on both. In process
and with a fixed seed, so that a failure is the same tomorrow. What fuzzing would never guess (ids
of things that are there) is put in by a hook.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis import config as conf
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema
from schemathesis.transport.wsgi import WSGI_TRANSPORT, WSGITransport

from helpdesk.core.actors import Actor
from helpdesk.core.ids import is_id
from helpdesk.core.work import begin
from helpdesk.rules import service as rules
from helpdesk.rules.actions import Action
from helpdesk.rules.service import Draft
from helpdesk.workflows import cases_sending
from tests.field_service import crew_scene as field
from tests.web.api.conftest import Floor, Program, ProgramOf, add_customer

SEED = 20261121
EXAMPLES = 12

# positive_data_acceptance is off: whether a time zone exists or a name is taken is no matter of
# shape, so a body that fits its schema may still be refused with 400.
CHECKS = conf.ChecksConfig.from_dict({"positive_data_acceptance": {"enabled": False}})
PHASES = conf.PhasesConfig.from_dict({"stateful": {"enabled": False}})


class InProcess(WSGITransport):
    """Checks that call again without a session pass on settings of the network; drop them."""

    def send(self, case: Any, *, session: Any = None, **kw: Any) -> Any:
        if session is None:
            kw = {name: kw[name] for name in kw if name not in ("max_redirects", "verify", "cert")}
        return super().send(case, session=session, **kw)


@pytest.fixture
def admin(program: ProgramOf) -> Program:
    return program("admin")


@pytest.fixture
def there(program: ProgramOf, admin: Program, floor: Floor) -> dict[str, list[str]]:
    """Ids of what is there, by the name of the path's parameter."""
    agent = program("agent")
    floor.sit_down(admin.user_id)
    talks = [floor.chat(f"Where is order {n}?", email=f"c{n}@example.org") for n in range(4)]
    first, *later = [offer["offer_id"] for offer in admin.get("/offers")["items"]]
    admin.post(f"/offers/{first}/accept")
    customers = [add_customer(f"Ada {n}", tags=["vip"]) for n in range(4)]
    one = f"/customers/{customers[0]}"
    merged = admin.post(f"{one}/merge", {"customer_id": customers.pop()})
    office = {"name": "Office", "plan": {"zone": "Europe/Berlin"}}
    point = {"kind": "email", "value": "a@example.org"}
    reply = {"shortcut": "hi", "title": "Hello", "text": "Hello {name}"}
    case = {"subject": "No light", "body": "It is dark.", "customer": {"id": customers[0]}}
    tickets = [admin.post("/tickets", case)["id"] for _ in range(3)]
    on_ticket = f"/tickets/{tickets[0]}"
    link = {"relation": "related_to", "ticket_id": tickets[1]}
    hook = {"name": "CRM", "url": "https://93.184.215.14/", "kinds": ["customer.added"]}
    webhook_id = admin.post("/webhooks", hook)["id"]
    line = {"number": "+442079460000", "name": "Main", "queue_id": floor.queue_id}
    words = {"name": "Left", "language": "en", "body": "Order {{1}} has left."}
    callback_id = admin.post("/callbacks", {"number": "+442079460123"})["id"]
    named = {"names": {"en": {"name": "Billing"}}}
    told = {"title": "Reset it", "body": "Press **it**.", "state": "published"}
    articles = [admin.post("/articles", told)["id"] for _ in range(3)]
    remark = {"text": "Which one?"}
    many = {"tickets": tickets, "priority": "high"}
    with begin(Actor("user", admin.user_id, role="admin")) as work:
        planned = cases_sending.send_at(work, tickets[0], work.at + timedelta(days=1), text="Hi")
    with begin(Actor("user", admin.user_id, role="admin")) as work:
        draft = Draft("Look", triggers=("opened",), actions=(Action("add_tags", values=("a",)),))
        rule_id = rules.add_rule(work, draft).id
    order: dict[str, Any] = {"shop": "web", "external_id": "1", "lines": [{"name": "Lamp"}]}
    order["customer_id"] = customers[0]
    bought = admin.call("PUT", "/orders", order).get_json()
    back = {
        "order_id": bought["id"], "reason": "other", "goodwill": True,
        "items": [{"line_id": bought["lines"][0]["id"], "quantity": 1}],
    }  # fmt: skip
    with begin(Actor("user", admin.user_id, role="admin")) as work:
        technician = field.add_technician(work, "Tea").id
        kind, place = field.add_type(work), field.add_place(work, customers[0])
    wanted = {"customer_id": customers[0], "visit_type": kind}
    windows = [one["slot_id"] for one in admin.post("/visits/slots", wanted)["items"]]
    visit_id = admin.post("/visits", {"slot_id": windows.pop()})["id"]
    return {
        "visit_id": [visit_id],
        "slot_id": windows,
        "place_id": [place],
        "technician_id": [technician],
        "order_id": [bought["id"]],
        "return_id": [admin.post("/returns", back)["id"]],
        "complaint_id": [admin.post("/complaints", {"ticket_id": tickets[2]})["id"]],
        "product_id": [admin.call("PUT", "/products", {"sku": "1", "name": "A"}).get_json()["id"]],
        "asset_id": [admin.post("/assets", {"customer_id": customers[0], "name": "Lamp"})["id"]],
        "article_id": articles,
        "remark_id": [admin.post(f"/articles/{articles[0]}/remarks", remark)["id"]],
        "section_id": [admin.post("/article-sections", named)["id"] for _ in range(2)],
        "segment_id": [admin.post("/article-segments", {"name": "VIP", "tags": ["vip"]})["id"]],
        "rule_id": [rule_id],
        "run_id": [admin.call("POST", "/tickets/bulk", many).get_json()["id"]],
        "pending_id": [planned.id],
        "webhook_id": [webhook_id],
        "delivery_id": [admin.post(f"/webhooks/{webhook_id}/ping")["id"]],
        "customer_id": customers,
        "point_id": [admin.post(f"{one}/contact-points", point)["id"]],
        "note_id": [admin.post(f"{one}/notes", {"text": "Call back"})["id"]],
        "tag_id": [admin.get(one)["tags"][0]["id"]],
        "merge_id": [merged["id"]],
        "ticket_id": tickets,
        "link_id": [admin.post(f"{on_ticket}/links", link)["id"]],
        "item_id": [admin.post(f"{on_ticket}/checklist", {"text": "Fuse"})["id"]],
        "entry_id": [admin.post(f"{on_ticket}/time", {"seconds": 60})["id"]],
        "type_id": [admin.post("/ticket-types", {"key": "fault", "name": "Fault"})["id"]],
        "conversation_id": talks,
        "callback_id": [callback_id],
        "call_id": talks,
        "number_id": [admin.post("/phone-numbers", line)["id"]],
        "template_id": [admin.post("/text-templates", words)["id"]],
        "offer_id": later,
        "agent_id": [admin.user_id],
        "user_id": [agent.user_id],
        "queue_id": [floor.queue_id],
        "site_id": [floor.site_id],
        "skill_id": [admin.post("/skills", {"name": "French"})["id"]],
        "organisation_id": [admin.post("/organisations", {"name": "Acme"})["id"]],
        "reply_id": [admin.post("/canned-replies", reply)["id"]],
        "calendar_id": [admin.post("/calendars", office)["id"]],
    }


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(400)
@pytest.mark.parametrize("methods", [("GET",), ("POST",), ("PUT", "PATCH", "DELETE")])
def test_the_api_keeps_to_its_document_whatever_it_is_sent(
    app: Flask,
    admin: Program,
    there: dict[str, list[str]],
    methods: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app.testing = False
    monkeypatch.setattr(WSGI_TRANSPORT, "__class__", InProcess)
    schema = schema_of(app, admin.token).include(method=list(methods))

    @schema.hook("map_path_parameters")
    def known(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        """Every other id is one that exists."""
        for name, value in (path_parameters or {}).items():
            if name in there and is_id(value) and int(value[-1], 16) % 2:
                path_parameters[name] = there[name][int(value[-2], 16) % len(there[name])]
        return path_parameters

    run = list(from_schema(schema).execute())
    tried = {event.recorder.label for event in run if isinstance(event, events.ScenarioFinished)}
    assert {label.split()[0] for label in tried} == set(methods)
    found = sorted({words for event in run for words in failures(event)})
    assert not found, "\n\n".join(found)


def schema_of(app: Flask, token: str) -> BaseSchema:
    project = conf.ProjectConfig(
        headers={"Authorization": f"Bearer {token}"},
        checks=CHECKS,
        phases=PHASES,
        generation=conf.GenerationConfig(
            max_examples=EXAMPLES, deterministic=True, no_shrink=True, database="none"
        ),
    )
    settings = conf.SchemathesisConfig(seed=SEED, projects=conf.ProjectsConfig(default=project))
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=settings)


def failures(event: events.EngineEvent) -> Iterator[str]:
    """What an event tells of going wrong, with the request that shows it."""
    if isinstance(event, events.FatalError):
        yield repr(event.exception)
    elif isinstance(event, events.NonFatalError):
        yield f"{event.label}: {event.value!r}"
    elif isinstance(event, events.ScenarioFinished):
        for checks in event.recorder.checks.values():
            for check in checks:
                if info := check.failure_info:
                    told = f"{event.recorder.label} {check.name}: {info.failure}"
                    yield f"{told}\n{info.code_sample}"
