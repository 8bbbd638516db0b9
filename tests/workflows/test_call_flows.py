"""A call in its flow through the workflow on both databases, and flows as they are set up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.calendars import service as calendars
from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels import service as conversations
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields, finding, points
from helpdesk.customers import service as customers
from helpdesk.ivr import lookups, queries, service
from helpdesk.ivr.actions import Ask, Enqueue, HangUp, Say, Step
from helpdesk.ivr.lookups import Refused
from helpdesk.ivr.models import IvrRefusal
from helpdesk.ivr.walking import Facts, Given
from helpdesk.owned import service as orders
from helpdesk.owned.told import OrderTold
from helpdesk.routing import setup
from helpdesk.workflows import call_flows, call_lookups, cases
from tests.ivr.flows import flow, node, shop
from tests.workflows.people import SETUP, add_person, make_floor

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
CARRIER = Actor("system", "carrier")
DAYS = ("mon", "tue", "wed", "thu", "fri")


def published(content: dict[str, Any], name: str = "Main line") -> str:
    with begin(SETUP) as work:
        row = service.add_flow(work, name=name, content=content)
        service.publish(work, row.id, call_flows.known(work), note="First", version=row.version)
        return row.id


def office_hours() -> str:
    plan = {"zone": "UTC", "weekly": {day: [["08:00", "18:00"]] for day in DAYS}}
    with begin(SETUP) as work:
        return calendars.create_calendar(work, name="Office hours", plan=plan).id


def rings(
    queue_id: str, flow_id: str, *, who: str = "", facts: Facts | None = None
) -> tuple[str, Step]:
    with begin(CARRIER) as work:
        customer_id = who or finding.find_or_create(work, phone="+442079460001").customer.id
        call = conversations.open_conversation(
            work, channel="call", customer_id=customer_id, queue_id=queue_id
        )
        return call.id, call_flows.begin(work, flow_id, call.id, facts)


def gives(call: str, *digits: str) -> Step:
    step = None
    for one in digits:
        with begin(CARRIER) as work:
            step = call_flows.go_on(work, call, Given(one))
    assert step is not None
    return step


def told(call: str) -> list[str]:
    with reading(SETUP) as work:
        return call_flows.before_you(work, call)


def texts(step: Step) -> list[str]:
    return [one.text for one in step.actions if isinstance(one, Say)]


def test_a_caller_goes_through_the_flow_and_the_desk_is_told_where(database: object) -> None:
    with clock.moved_to(MORNING):
        with begin(SETUP) as work:
            custom_fields.add_custom_field(
                work, subject="customer", key="postcode", label="Postcode", kind="text"
            )
            kim = customers.create_customer(work, name="Dr. Kim Lee").id
        floor, hours = make_floor(), office_hours()
        here = published(shop(floor.queue_id, hours))
    with clock.moved_to(MORNING + timedelta(minutes=1)):
        call, step = rings(floor.queue_id, here, who=kim)
        assert texts(step) == ["Hello Kim."]
        step = gives(call, "1", "123456")
        assert step.actions[-1] == Enqueue(floor.queue_id, "Bills")
        assert told(call) == [
            "Opening hours: open", "Main menu: chose 1, Customer number",
            "Customer number: Customer 123456", "Bills",
        ]  # fmt: skip
        with reading(SETUP) as work:
            assert queries.calls_in_a_week(work) == {here: 1}
        _, step = rings(floor.queue_id, here)
        assert texts(step) == ["Welcome."]
        _, step = rings(floor.queue_id, here, facts=Facts(recognised=True, first_name="Bo"))
        assert texts(step) == ["Hello Bo."]
        with begin(CARRIER) as work, pytest.raises(NotFound):
            call_flows.go_on(work, floor.queue_id, Given())
    with clock.moved_to(NIGHT):
        late, step = rings(floor.queue_id, here)
        assert told(late) == ["Opening hours: closed", "Voicemail"]
        # The line was closed meanwhile: whoever calls does not fall out of it.
        with begin(SETUP) as work:
            other = setup.create_queue(work, name="A other").id
            setup.change_queue(work, floor.queue_id, is_active=False)
        _, step = rings(other, here)
        assert step.actions[-1].queue_id == other  # type: ignore[union-attr]


def test_a_ticket_is_told_only_to_its_number_with_a_proof_and_trying_ends(
    database: object,
) -> None:
    with clock.moved_to(MORNING):
        floor = make_floor()
        with begin(SETUP) as work:
            custom_fields.add_custom_field(
                work, subject="customer", key="postcode", label="Postcode", kind="text"
            )
            who = customers.create_customer(work, name="Kim", custom={"postcode": "D-20095"})
            opened = cases.open_case(
                work, customer_id=who.id, subject="Heating", body="Cold.", channel="form",
                queue=floor.queue_id,
            )  # fmt: skip
            number = str(opened.ticket.number)
        here = published(shop(floor.queue_id, office_hours()))
        call, _ = rings(floor.queue_id, here)
        step = gives(call, "3", number, "20095")
        assert texts(step) == [
            f"Your request {' '.join(number)} has arrived. Nobody has looked at it yet.",
            "Goodbye.",
        ]
        assert isinstance(step.actions[-1], HangUp)
        assert "20095" not in " ".join(told(call))
        for n in range(2):
            call, _ = rings(floor.queue_id, here)
            wrong = ["0" * n + number, "20096"]
            assert isinstance(gives(call, "3", *wrong, *wrong, *wrong).actions[-1], Enqueue)
        call, _ = rings(floor.queue_id, here)
        assert isinstance(gives(call, "3", number, "20095").actions[-1], Ask)
        with reading(SETUP) as work:
            assert len(work.session.scalars(select(IvrRefusal)).all()) == 5
    with clock.moved_to(MORNING + timedelta(hours=25)):
        call, _ = rings(floor.queue_id, here)
        assert isinstance(gives(call, "3", number, "20095").actions[-1], HangUp)


def test_versions_are_published_rolled_back_and_never_changed(database: object) -> None:
    floor = make_floor()
    with begin(SETUP) as work:
        boss = add_person(work, "Ada", "admin")
    first = flow(node("line", "queue", "Line", queue_id=floor.queue_id))
    with begin(boss) as work:
        row = service.add_flow(work, name="Main line", content=first)
        known = call_flows.known(work)
        flow_id = row.id
    with begin(CARRIER) as work, pytest.raises(Conflict, match="not published"):
        call_flows.begin(work, flow_id, floor.queue_id)
    with begin(boss) as work:
        service.publish(work, flow_id, known, note=" The  first ", version=1)
    with begin(boss) as work, pytest.raises(Conflict, match="meanwhile"):
        service.save_draft(work, flow_id, name="Main line", content=first, version=1)
    broken = flow(node("line", "queue", "Line", queue_id="gone"))
    with begin(boss) as work:
        row = service.save_draft(work, flow_id, name="Main line", content=broken, version=2)
        with pytest.raises(Invalid, match="Choose a queue"):
            service.publish(work, flow_id, known, note="", version=row.version)
    _, step = rings(floor.queue_id, flow_id)
    assert step.actions == (Enqueue(floor.queue_id, "Line"),)
    second = flow(node("end", "hangup", text="We moved."))
    with begin(boss) as work:
        row = service.save_draft(work, flow_id, name="Main line", content=second, version=3)
        service.publish(work, flow_id, known, note="", version=row.version)
    assert rings(floor.queue_id, flow_id)[1].actions == (Say("We moved."), HangUp())
    with begin(boss) as work:
        row = service.make_live(work, flow_id, 1)
        assert (row.live_version, row.last_version) == (1, 2)
        service.take_as_draft(work, flow_id, 1)
        assert [v.note for v in queries.versions_of(work, flow_id)] == ["", "The first"]
    assert rings(floor.queue_id, flow_id)[1].actions == (Enqueue(floor.queue_id, "Line"),)
    for refused in (service.remove, service.take_as_draft):
        with begin(floor.anna) as work, pytest.raises(Forbidden):
            refused(work, flow_id, *([1] if refused is service.take_as_draft else []))  # type: ignore[operator]
    with begin(SETUP) as work:
        number = PhoneNumber(
            id=new_id(),
            number="+442079460000",
            name="Main number",
            queue_id=floor.queue_id,
            flow_id=flow_id,
            created_at=work.at,
        )
        work.session.add(number)
    with begin(boss) as work, pytest.raises(Conflict, match="the numbers Main number"):
        service.remove(work, flow_id)
    with begin(boss) as work:
        work.session.get_one(PhoneNumber, number.id).flow_id = None
        work.session.flush()
        service.remove(work, flow_id)
    with begin(boss) as work, pytest.raises(NotFound):
        service.get_flow(work, flow_id)
    with begin(boss) as work:
        service.restore(work, flow_id)
        done = select(AuditEntry.action).where(AuditEntry.subject_kind == "call_flow")
        assert list(work.session.scalars(done.order_by(AuditEntry.seq)))[:3] == [
            "call_flow.added", "call_flow.published", "call_flow.changed",
        ]  # fmt: skip


def test_hours_that_a_flow_asks_are_not_removed(database: object) -> None:
    floor, hours = make_floor(), office_hours()
    published(shop(floor.queue_id, hours) | {"nodes": [
        node("h", "hours", calendar_id=hours, open="line", closed="line"),
        node("line", "queue", queue_id=floor.queue_id),
    ]})  # fmt: skip
    with begin(SETUP) as work, pytest.raises(Conflict, match="the call flows Main line"):
        calendars.delete_calendar(work, hours, version=1)


def ticket_of(who: str, floor: Any, subject: str = "Heating") -> str:
    with begin(SETUP) as work:
        opened = cases.open_case(
            work, customer_id=who, subject=subject, body="Cold.", channel="form",
            queue=floor.queue_id,
        )  # fmt: skip
        return str(opened.ticket.number)


def status_flow(floor: Any, proof: str, name: str = "Status") -> str:
    look = node("status", "lookup", "Status", what="ticket_status", prompt="Number?", proof=proof,
                proof_prompt="Proof?", next="bye", refused="wait", retries="0")  # fmt: skip
    wait = node("wait", "queue", "Wait", queue_id=floor.queue_id)
    return published(flow(look, wait, node("bye", "hangup", "Bye")), name)


def test_trying_ends_for_a_customer_and_for_a_caller_and_each_is_in_the_log(
    database: object,
) -> None:
    with clock.moved_to(MORNING):
        floor = make_floor()
        with begin(SETUP) as work:
            custom_fields.add_custom_field(
                work, subject="customer", key="pin", label="PIN", kind="text"
            )
            kim = customers.create_customer(work, name="Kim", custom={"pin": "4711"}).id
            bo = customers.create_customer(work, name="Bo", custom={"pin": "9876"}).id
        numbers = [ticket_of(kim, floor, f"Matter {n}") for n in range(3)]
        of_bo = [ticket_of(bo, floor, f"Matter {n}") for n in range(3)]
        here = status_flow(floor, "field:pin")

        def asks(number: str, digits: str, caller: str) -> Step:
            facts = Facts(number=caller)
            call, _ = rings(floor.queue_id, here, facts=facts)
            return gives(call, number, digits)

        mallory, eve = "+442079460666", "+442079460667"
        for n in range(5):  # five of one customer's, whichever of their tickets it is about
            asks(numbers[n % 2], f"000{n}", mallory)
        closed = asks(numbers[2], "4711", eve)
        assert texts(closed) == texts(asks("99999", "0000", eve)), "nothing is learnt from it"
        assert isinstance(closed.actions[-1], Enqueue)
        assert isinstance(asks(of_bo[0], "9876", eve).actions[-1], HangUp)
        for n in range(5):
            asks(f"8888{n}", "0000", mallory)
        assert isinstance(asks(of_bo[0], "9876", mallory).actions[-1], Enqueue)
        assert isinstance(asks(of_bo[0], "9876", eve).actions[-1], HangUp)
        with reading(SETUP) as work:
            told = work.session.scalars(
                select(AuditEntry).where(AuditEntry.action.startswith("call_lookup."))
            ).all()
            heard = [one for one in told if one.action == "call_lookup.told"]
            assert [one.details["number"] for one in heard] == [of_bo[0]] * 2
            assert "9876" not in str([one.details for one in told])


def test_H7_the_number_of_a_line_is_no_proof_that_a_flow_could_ask_for(database: object) -> None:
    with clock.moved_to(MORNING):
        floor = make_floor()
        with begin(SETUP) as work:
            kim = customers.create_customer(work, name="Kim Lee").id
            said = points.add_contact_point(work, kim, kind="phone", value="+442079460001").id
            points.verify_contact_point(work, said)
        ticket_of(kim, floor)
        with reading(SETUP) as work:
            assert "caller" not in call_flows.known(work).proofs
        with pytest.raises(Invalid):
            status_flow(floor, "caller")


def test_a_name_is_said_only_for_a_number_that_is_one_persons(database: object) -> None:
    with clock.moved_to(MORNING):
        floor = make_floor()
        with begin(SETUP) as work:
            kim = customers.create_customer(work, name="Kim Lee").id
            points.add_contact_point(work, kim, kind="phone", value="+442079460001")
        end = node("end", "hangup", "End")
        here = published(flow(end, greeting="Welcome.", greeting_known="Hello {name}."))

    def greeted() -> list[str]:
        with clock.moved_to(MORNING + timedelta(minutes=1)), begin(CARRIER) as work:
            call = conversations.open_conversation(
                work, channel="call", customer_id=kim, queue_id=floor.queue_id,
                answers={"caller": "+442079460001"},
            )  # fmt: skip
            return texts(call_flows.begin(work, here, call.id))

    assert greeted() == ["Hello Kim."]
    with begin(SETUP) as work:
        bo = customers.create_customer(work, name="Bo Lee").id
        points.add_contact_point(work, bo, kind="phone", value="+442079460001")
    assert greeted() == ["Welcome."]


def test_what_nobody_registered_is_in_no_editor_until_a_part_adds_it(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "_known", dict(lookups.known()))
    with reading(SETUP) as work:
        ours = ["ticket_status", "order_status", "visit_status"]
        assert list(call_flows.known(work).lookups) == ours
        lookups.register(
            lookups.LookUp("technician", "Where the technician is", {}, lambda w, a: Refused())
        )
        assert list(call_flows.known(work).lookups) == [*ours, "technician"]


def test_H7_where_an_order_is_is_told_to_whom_it_belongs_alone(database: object) -> None:
    with begin(SETUP) as work:
        ada, bob = (customers.create_customer(work, name=name) for name in ("Ada", "Bob"))
        points.put(work, ada, points.read(work, "external", "NL-4711"), proved=True)
        points.put(work, bob, points.read(work, "external", "NL-4712"), proved=True)
        told = OrderTold(external_id="1", number="W-1001", status="shipped")
        orders.tell_order(work, "web", told, customer=ada)
    with reading(SETUP) as work:

        def ask(number: str, digits: str) -> Any:
            asked = lookups.Asked("order_status", number, call_flows.ACCOUNT, digits)
            return call_lookups.order_status(work, asked)

        found = ask("1001", "4711")
        assert found.outcome == "shipped"
        assert "{number}" in call_lookups.ORDERS["shipped"]
        assert isinstance(ask("1001", "4712"), Refused)
        assert isinstance(ask("1002", "4711"), Refused)
        assert isinstance(ask("", "4711"), Refused)
