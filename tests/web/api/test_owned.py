"""Products, orders and things over the API and by a shop's hook; and what must not be possible."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.listening import Consumer
from helpdesk.core.work import begin, reading
from helpdesk.customers import points, records
from helpdesk.jobs.relay import Relay
from helpdesk.owned import shops
from helpdesk.owned.models import Asset, ShopMessage, ShopOrder
from helpdesk.tickets.models import Ticket
from helpdesk.web.hooks.shops import LARGEST
from helpdesk.webhooks import signing
from helpdesk.webhooks.models import WebhookDelivery
from helpdesk.workflows import shops_in
from helpdesk.workflows import webhooks as telling
from tests.web.api.conftest import Floor, ProgramOf, add_customer
from tests.web.api.test_lists import walk
from tests.web.portal.scene import deliver

SYSTEM = system("test")
EMAIL = "ada@example.org"
ORDER: dict[str, Any] = {
    "shop": "web",
    "external_id": "A-1",
    "number": "W-1001",
    "status": "confirmed",
    "currency": "EUR",
    "total_minor": 49900,
    "lines": [{"sku": "TV-55", "name": "Television 55", "unit_minor": 49900, "serials": ["SN 7"]}],
    "customer": {"email": EMAIL, "name": "Ada"},
}


def proved(email: str = EMAIL, name: str = "Ada") -> str:
    made = add_customer(name)
    with begin(SYSTEM) as work:
        points.put(work, records.lock(work, made), points.read(work, "email", email), proved=True)
    return made


def put(program: Any, body: Any = None, path: str = "/orders", **more: Any) -> Any:
    answer = program.call("PUT", path, {**(body or ORDER), **more})
    assert answer.status_code == 200, answer.text
    return answer.json


def count(table: Any) -> int:
    with reading(SYSTEM) as work:
        return work.session.scalar(select(func.count()).select_from(table)) or 0


def test_an_order_is_told_again_and_again_and_stays_one(program: ProgramOf) -> None:
    admin, ada = program("admin"), proved()
    put(admin, {"sku": "TV-55", "name": "Television", "warranty_months": 24}, "/products")
    made = put(admin)
    assert made["customer_id"] == ada
    assert made["lines"][0]["warranty"] == "covered"
    line_id = made["lines"][0]["id"]
    again = put(admin, status="shipped", tracking_url="https://t.example/1")
    late = put(admin, status="packed", told_at="2026-01-01T00:00:00Z", number="OLD", lines=[])
    assert again["id"] == made["id"] == late["id"]
    assert late["status"] == "shipped"
    assert "packed" in late["reached"]
    assert late["number"] == "W-1001"
    assert [one["id"] for one in late["lines"]] == [line_id]
    assert count(ShopOrder) == 1
    (thing,) = admin.get("/assets", serial="sn-7")["items"]
    assert (thing["customer_id"], thing["warranty"]) == (ada, "covered")
    assert count(Asset) == 1
    assert [one["id"] for one in admin.get("/orders", number="w1001")["items"]] == [made["id"]]
    timeline = admin.get(f"/customers/{ada}/timeline")["items"]
    assert [e["facts"]["status"] for e in timeline if e["kind"] == "order.moved"] == [
        "shipped", "confirmed",
    ]  # fmt: skip


def test_only_a_proved_address_leads_to_a_customer(program: ProgramOf) -> None:
    admin, agent = program("admin"), program("agent")
    claims = add_customer("Mallory", contact_points=[("email", EMAIL)])
    made = put(admin)
    assert made["customer_id"] is None
    assert agent.call("GET", f"/orders/{made['id']}").status_code == 404
    assert not agent.get("/orders")["items"]
    assert [one["id"] for one in admin.get("/orders", unattached="true")["items"]] == [made["id"]]
    ada = proved()
    deliver("contact_point.added", shops_in.address_proved)
    assert agent.get(f"/orders/{made['id']}")["customer_id"] == ada
    assert not agent.get("/orders", customer_id=claims)["items"]
    assert agent.get("/assets", customer_id=ada)["items"]
    stays = put(admin, customer={"email": "other@example.org"})
    assert stays["customer_id"] == ada
    with reading(SYSTEM) as work:  # nor is anybody named anew who may have been erased since
        assert work.session.scalars(select(ShopOrder.said_email)).all() == [EMAIL]


def test_an_agent_hangs_an_order_where_the_record_says_its_address(program: ProgramOf) -> None:
    admin, agent = program("admin"), program("agent")
    made = put(admin)
    stranger = add_customer("Bob")
    path = f"/orders/{made['id']}/customer"
    assert agent.call("POST", path, {"customer_id": stranger}).status_code == 404
    ada = add_customer("Ada", contact_points=[("email", EMAIL)])
    assert agent.post(path, {"customer_id": ada})["customer_id"] == ada
    assert admin.call("POST", path, {"customer_id": stranger}).status_code == 409


def test_E8_amounts_links_and_fields_are_checked(program: ProgramOf) -> None:
    admin = program("admin")
    for wrong in (
        {"total_minor": 12.5}, {"currency": "eur"}, {"tracking_url": "javascript:alert(1)"},
        {"status": "lost"}, {"is_admin": True}, {"customer": {"role": "admin"}},
        {"lines": [{"name": "x", "quantity": 0}]}, {"placed_at": "2026-05-01T10:00:00"},
        {"external_id": ""}, {"shop": "Web Shop"}, {"expected_on": "9999-12-31"},
        {"placed_at": "0001-01-01T00:00:00+14:00"}, {"told_at": "9999-12-31T23:59:59-14:00"},
    ):  # fmt: skip
        answer = admin.call("PUT", "/orders", {**ORDER, **wrong})
        assert answer.status_code == 400, (wrong, answer.text)
    assert count(ShopOrder) == 0
    assert program("supervisor").call("PUT", "/orders", ORDER).status_code == 403
    assert program("customer").call("GET", "/orders").status_code == 404


def test_things_are_written_down_changed_and_remember(program: ProgramOf) -> None:
    admin, agent, ada = program("admin"), program("agent"), add_customer("Ada")
    made = agent.post("/assets", {"customer_id": ada, "name": "Boiler", "serial": "B 9"})
    assert made["warranty"] == "none_given"
    changed = agent.call(
        "PATCH", f"/assets/{made['id']}",
        {"version": 1, "warranty_until": "2099-01-01", "place": "Cellar"},
    ).json  # fmt: skip
    assert (changed["warranty"], changed["place"]) == ("covered", "Cellar")
    stale = agent.call("PATCH", f"/assets/{made['id']}", {"version": 1, "state": "retired"})
    assert stale.status_code == 409
    told = {"origin": "erp", "external_id": "77", "name": "Pump", "customer_id": ada}
    first, second = put(admin, told, "/assets"), put(admin, told, "/assets", place="Roof")
    assert first["id"] == second["id"]
    assert second["place"] == "Roof"
    found = [one["name"] for page in walk(agent, "/assets", limit=1) for one in page["items"]]
    assert found == ["Pump", "Boiler"]


KINDS = ["order.moved", "return.moved", "return.late", "complaint.moved", "complaint.escalated"]


def state_of(ticket_id: str) -> str:
    with reading(SYSTEM) as work:
        return work.session.get_one(Ticket, ticket_id).state


def told_since(kinds: list[str]) -> list[str]:
    """The bodies that a webhook would get."""
    running = Relay({kind: [Consumer("webhooks", telling.note_events)] for kind in kinds})
    while running.deliver_waiting():
        pass
    with reading(SYSTEM) as work:
        return list(work.session.scalars(select(WebhookDelivery.body)))


def test_a_return_and_a_complaint_go_their_way_and_webhooks_hear_of_both(
    program: ProgramOf, floor: Floor
) -> None:
    admin, agent, boss = program("admin"), program("agent"), program("supervisor")
    hook = {"name": "CRM", "url": "https://93.184.215.14/", "kinds": KINDS}
    admin.post("/webhooks", hook)
    ada = proved()
    order = put(admin, status="delivered")
    asked = {
        "order_id": order["id"], "reason": "faulty", "goodwill": True, "text": "Kanarienvogel",
        "items": [{"line_id": order["lines"][0]["id"], "quantity": 1}],
    }  # fmt: skip
    assert agent.call("POST", "/returns", {**asked, "goodwill": False}).status_code == 400
    made, again = (agent.post("/returns", asked, key="return-0001") for _ in range(2))
    assert made == again
    assert (made["state"], made["waits_for"]) == ("asked", "us")
    path = f"/returns/{made['id']}"
    step = {"to": "approved", "version": made["version"]}
    moved = agent.post(f"{path}/steps", step, key="step-00001")
    assert agent.post(f"{path}/steps", step, key="step-00001") == moved
    assert agent.call("POST", f"{path}/steps", step).json["code"] == "stale"
    done = {"state": "resolved", "version": admin.get(f"/tickets/{made['ticket_id']}")["version"]}
    early = agent.call("PATCH", f"/tickets/{made['ticket_id']}", done)
    assert (early.status_code, early.json["code"]) == (409, "is_return")
    assert [one["id"] for one in boss.get("/returns")["items"]] == [made["id"]]
    assert agent.call("GET", "/returns").status_code == 403
    off = agent.post(f"{path}/steps", {"to": "withdrawn", "version": moved["version"]})
    assert (off["waits_for"], state_of(made["ticket_id"])) == (None, "resolved")
    assert boss.get("/returns", state="done")["items"] == [off]

    case = {"subject": "Nobody came", "body": "Kanarienvogel", "customer": {"id": ada}}
    ticket_id = agent.post("/tickets", case)["id"]
    assert agent.call("POST", "/complaints", {}).status_code == 400
    row = agent.post("/complaints", {"ticket_id": ticket_id})
    path = f"/complaints/{row['id']}"
    row = agent.post(f"{path}/escalate", {"version": row["version"], "why": "Kanarienvogel"})
    row = agent.post(f"{path}/acknowledge", {"version": row["version"]})
    final = {"version": row["version"], "words": "You are right.", "outcome": "upheld"}
    row = agent.post(f"{path}/answer", {**final, "remedy": "50 euros"})
    assert (row["outcome"], state_of(ticket_id)) == ("upheld", "resolved")
    late = agent.call("POST", f"{path}/withdraw", {"version": row["version"]})
    assert late.status_code == 409
    assert boss.get("/complaints", state="done")["items"] == [agent.get(path)]
    bodies = told_since(KINDS)
    assert "Kanarienvogel" not in "".join(bodies)
    told = [json.loads(one) for one in bodies]
    assert {one["resource"]["id"] for one in told} == {order["id"], made["id"], row["id"]}
    assert {one["kind"] for one in told} == set(KINDS) - {"return.late"}


# A shop's hook ----------------------------------------------------------------------------------


class Shop:
    """`tell` sends a hook as the shop would."""

    def __init__(self, app: Flask) -> None:
        self.app, self.secret = app, signing.new_secret()
        with begin(SYSTEM) as work:
            self.id = shops.add(work, key="web", name="Web shop", secret=self.secret).id

    def tell(
        self,
        body: Any,
        message_id: str = "m1",
        *,
        at: datetime | None = None,
        key: str = "web",
        **headers: str,
    ) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        when = at or clock.now()
        signed = signing.headers([self.secret], message_id=message_id, at=when, body=raw)
        answer = self.app.test_client().post(
            f"/hooks/shops/{key}", data=raw, headers={**signed, **headers}
        )
        deliver("shop.heard", shops_in.hear)
        return answer.status_code

    def messages(self) -> list[tuple[str, str]]:
        with reading(SYSTEM) as work:
            rows = work.session.scalars(select(ShopMessage).order_by(ShopMessage.id))
            return [(row.state, row.reason) for row in rows]


@pytest.fixture
def shop(app: Flask) -> Shop:
    return Shop(app)


TOLD = {key: value for key, value in ORDER.items() if key != "shop"}


def test_a_shop_tells_of_an_order_once_for_each_id(shop: Shop, program: ProgramOf) -> None:
    ada = proved()
    assert shop.tell(TOLD) == 202
    assert shop.tell({**TOLD, "number": "CHANGED"}) == 202  # the same id: kept already
    assert shop.tell({**TOLD, "status": "delivered", "is_admin": True}, "m2") == 202
    assert shop.tell({**TOLD, "status": "shipped"}, "m3") == 202
    (order,) = program("agent").get("/orders")["items"]
    assert (order["customer_id"], order["number"], order["status"]) == (ada, "W-1001", "delivered")
    assert shop.messages() == [("done", "")] * 3


def test_H1_a_hook_that_is_not_the_shops_changes_nothing(shop: Shop) -> None:
    old = clock.now() - timedelta(minutes=6)
    other = signing.headers([signing.new_secret()], message_id="m1", at=clock.now(), body=b"{}")
    assert shop.tell(TOLD, at=old) == 403
    assert shop.tell(TOLD, at=clock.now() + timedelta(minutes=6)) == 403
    assert shop.tell(TOLD, key="other") == 403
    assert shop.tell(TOLD, key="..") == 403
    assert shop.tell(TOLD, **{"webhook-signature": other["webhook-signature"]}) == 403
    assert shop.tell(TOLD, **{"webhook-signature": ""}) == 403
    assert shop.tell(TOLD, **{"webhook-id": "m2"}) == 403
    assert shop.tell(TOLD, **{"webhook-timestamp": "soon"}) == 403
    with begin(SYSTEM) as work:
        shops.change(work, shop.id, version=1, name="Web shop", is_active=False)
    assert shop.tell(TOLD) == 403
    assert shop.messages() == []
    assert count(ShopOrder) == 0


def test_a_hook_that_makes_no_sense_is_kept_with_the_reason(shop: Shop) -> None:
    assert shop.tell(b"{not json") == 202
    assert shop.tell({"number": "1"}, "m2") == 202
    assert shop.tell({**TOLD, "tracking_url": "javascript:alert(1)"}, "m3") == 202
    assert shop.tell(b"[" * 5000, "m4") == 202
    assert shop.tell(b'"\xff"', "m5") == 400
    assert shop.tell(b" " * (LARGEST + 1), "m6") in (400, 413)
    assert shop.tell(TOLD, "m7") == 202
    told = shop.messages()
    assert [state for state, _ in told] == ["failed"] * 4 + ["done"]
    assert all(reason for state, reason in told if state == "failed")
    assert count(ShopOrder) == 1
