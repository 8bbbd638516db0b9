"""From an event to another program and back: once, signed, tried again, given up, sent anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from helpdesk import wiring
from helpdesk.channels.queries import get_visible
from helpdesk.core import addresses
from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.jobs.relay import Relay
from helpdesk.webhooks import queries, service, signing
from helpdesk.webhooks.calling import Answer
from helpdesk.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from helpdesk.workflows import desk, webhooks, webhooks_sending
from tests.webhooks.receiver import Receiver, closed_port, receiver
from tests.workflows.people import come_in, make_floor, offer_of, start_chat

ADMIN = Actor("user", "019a0b52-7c1e-7a44-9d0b-5f4b7e6c1a20", role="admin")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CANARY = "canary-7f3a"

pytestmark = pytest.mark.usefixtures("database")


def add(url: str, *kinds: str) -> tuple[str, str]:
    with begin(ADMIN) as work:
        endpoint, secret = service.add_endpoint(
            work, name="CRM", url=url, kinds=kinds or ("customer.added",)
        )
        return endpoint.id, secret


def relay() -> None:
    """Everything that waits, through the reactions of the wiring (errands aside)."""
    reactions = {
        kind: [one for one in found if one.handle is not None]
        for kind, found in wiring.consumers().items()
    }
    line = Relay(reactions)
    while line.deliver_waiting():
        pass


def add_customer(name: str = "Kim Lee") -> str:
    with begin(ADMIN) as work:
        return customers.create_customer(
            work, name=name, contact_points=[("email", "kim@example.org")]
        ).id


def states(endpoint_id: str) -> list[str]:
    with reading(ADMIN) as work:
        return [row.state for row in queries.page_of_deliveries(work, endpoint_id).items]


def endpoint(endpoint_id: str) -> WebhookEndpoint:
    with reading(ADMIN) as work:
        return service.get_endpoint(work, endpoint_id)


def test_an_event_reaches_the_other_program_once_and_signed(other_program: Receiver) -> None:
    endpoint_id, secret = add(other_program.url)
    customer_id = add_customer()
    relay()
    with begin(ADMIN) as work:  # the relay repeats itself after a crash
        rows = work.session.scalars(select(EventRow).where(EventRow.kind == "customer.added")).all()
        webhooks.note_events(work, Relay({})._restore(rows))
    assert webhooks_sending.send_waiting(endpoint_id) == 1
    [got] = other_program.got
    assert got.body["kind"] == "customer.added"
    assert got.body["customer_id"] == customer_id
    assert got.body["resource"]["email"] == "kim@example.org"
    assert got.body["id"] == got.headers["webhook-id"]
    seconds = int(got.headers["webhook-timestamp"])
    signed = signing.signature(secret, got.headers["webhook-id"], seconds, got.raw)
    assert got.headers["webhook-signature"] == signed
    assert states(endpoint_id) == ["sent"]


def test_only_what_was_chosen_is_sent_and_nothing_while_it_is_off(other_program: Receiver) -> None:
    endpoint_id, _ = add(other_program.url, "customer.changed")
    add_customer()
    relay()
    assert states(endpoint_id) == []
    with begin(ADMIN) as work:
        service.change_endpoint(
            work, endpoint_id, changes={"kinds": ["customer.added"], "is_active": False}
        )
    add_customer()
    relay()
    assert states(endpoint_id) == []


def test_E2_notes_never_leave_with_a_webhook(other_program: Receiver) -> None:
    kinds = ("message.posted", "conversation.opened", "conversation.answered", "customer.added")
    endpoint_id, _ = add(other_program.url, *kinds, "conversation.ended")
    floor = make_floor("Anna")
    come_in(floor.anna)
    started = start_chat(floor, text="Where is my parcel?")
    with begin(floor.anna) as work:
        offer_id = offer_of(work, floor.anna)
        assert offer_id
        desk.accept_offer(work, offer_id)
    with begin(floor.anna) as work:
        desk.send_message(
            work, started.conversation_id, text=f"Note {CANARY}", public=False, client_msg_id="a"
        )
        desk.send_message(
            work, started.conversation_id, text="On its way", public=True, client_msg_id="b"
        )
        chat = get_visible(work, started.conversation_id)
        customers.add_note(work, chat.customer_id, f"Also {CANARY}")
    relay()
    webhooks_sending.send_waiting(endpoint_id)
    sent = b"".join(got.raw for got in other_program.got)
    assert b"On its way" in sent
    assert b"Where is my parcel?" in sent
    assert CANARY.encode() not in sent


def test_a_failed_call_is_tried_again_after_growing_pauses_and_then_given_up(
    other_program: Receiver, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(START)
    endpoint_id, _ = add(other_program.url)
    add_customer()
    relay()
    other_program.status, other_program.answer = 500, b"<b>boom</b>"
    at, tries = START, []
    for _ in range(5000):
        clock_at(at)
        if webhooks_sending.send_waiting(endpoint_id):
            tries.append(at)
        if states(endpoint_id) != ["waiting"]:
            break
        at += timedelta(minutes=2)
    gaps = [b - a for a, b in pairwise(tries)]
    assert len(tries) == 9
    assert gaps == sorted(gaps)
    assert states(endpoint_id) == ["given_up"]
    with reading(ADMIN) as work:
        assert work.session.scalar(select(func.count()).select_from(WebhookAttempt)) == 9
    assert len({got.headers["webhook-id"] for got in other_program.got}) == 1


def test_one_that_fails_for_days_is_switched_off_with_a_notice(
    other_program: Receiver, clock_at: Callable[[datetime], None]
) -> None:
    endpoint_id, _ = add(other_program.url)
    other_program.status = 503
    for hour in range(0, 80, 6):
        clock_at(START + timedelta(hours=hour))
        add_customer()
        relay()
        webhooks_sending.send_waiting(endpoint_id)
    assert endpoint(endpoint_id).off_why == "failing"
    assert set(states(endpoint_id)) <= {"dropped", "given_up"}
    with reading(ADMIN) as work:
        actions = work.session.scalars(select(AuditEntry.action)).all()
        assert [row.id for row in queries.switched_off_by_itself(work)] == [endpoint_id]
    assert "webhook.switched_off" in actions


def test_one_that_says_it_is_gone_is_switched_off_at_once(other_program: Receiver) -> None:
    endpoint_id, _ = add(other_program.url)
    other_program.status = 410
    add_customer()
    relay()
    webhooks_sending.send_waiting(endpoint_id)
    assert endpoint(endpoint_id).off_why == "gone"


def test_a_refused_delivery_does_not_hold_up_the_next(other_program: Receiver) -> None:
    endpoint_id, _ = add(other_program.url)
    for name in ("Kim", "Lee"):
        add_customer(name)
    relay()
    other_program.status = 422
    webhooks_sending.send_waiting(endpoint_id)
    assert [got.body["resource"]["name"] for got in other_program.got] == ["Kim", "Lee"]


def test_a_slow_endpoint_holds_up_no_other(other_program: Receiver) -> None:
    with receiver() as slow:
        slow.slow_s = 1.5
        slow_id, _ = add(slow.url)
        quick_id, _ = add(other_program.url)
        add_customer()
        relay()
        with reading(ADMIN) as work:
            due = work.session.execute(
                select(EventRow.id, EventRow.facts).where(EventRow.kind == "webhook.due")
            ).all()
        order = sorted(due, key=lambda row: row.facts["endpoint_id"] != slow_id)
        for row in order:
            webhooks_sending.start_sender(row.id)
        for _ in range(100):
            if states(quick_id) == ["sent"]:
                break
            threading.Event().wait(0.02)
        assert states(quick_id) == ["sent"]
        assert states(slow_id) == ["waiting"]
        for thread in threading.enumerate():
            if thread.name == "webhook sender":
                thread.join(5)
        assert states(slow_id) == ["sent"]


def test_two_senders_at_once_send_each_event_once(other_program: Receiver) -> None:
    endpoint_id, _ = add(other_program.url)
    for _ in range(5):
        add_customer()
    relay()
    senders = [
        threading.Thread(target=webhooks_sending.send_waiting, args=(endpoint_id,))
        for _ in range(4)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    ids = [got.headers["webhook-id"] for got in other_program.got]
    assert len(ids) == len(set(ids)) == 5


def test_a_sender_that_died_is_replaced(
    other_program: Receiver, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(START)
    endpoint_id, _ = add(other_program.url)
    add_customer()
    relay()
    with begin(ADMIN) as work:
        assert service.take(work, endpoint_id)  # and dies here
    assert webhooks_sending.send_waiting(endpoint_id) == 0
    clock_at(START + timedelta(seconds=90))
    webhooks.call_senders()
    assert webhooks_sending.send_waiting(endpoint_id) == 1


def test_J7_a_name_that_turned_inward_is_refused_at_connect_and_the_log_tells_nothing(
    other_program: Receiver,
) -> None:
    open_id, _ = add(other_program.url)
    closed_id, _ = add(f"http://127.0.0.1:{closed_port()}/")
    add_customer()
    relay()
    addresses.configure(())
    seen = set()
    for endpoint_id in (open_id, closed_id):
        webhooks_sending.send_waiting(endpoint_id)
        with reading(ADMIN) as work:
            [row] = queries.page_of_deliveries(work, endpoint_id).items
            [tried] = queries.attempts_of(work, row.id)
            seen.add((tried.status, tried.trouble, tried.answer))
    assert seen == {(None, "refused", "")}
    assert not other_program.got


def test_a_replay_sends_the_same_bytes_under_the_same_id(other_program: Receiver) -> None:
    endpoint_id, _ = add(other_program.url)
    add_customer()
    relay()
    webhooks_sending.send_waiting(endpoint_id)
    with begin(ADMIN) as work:
        [row] = queries.page_of_deliveries(work, endpoint_id).items
        service.replay(work, row.id)
    webhooks_sending.send_waiting(endpoint_id)
    first, second = other_program.got
    assert first.raw == second.raw
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_new_secret_signs_beside_the_former_one_for_a_day(
    other_program: Receiver, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(START)
    endpoint_id, old = add(other_program.url)
    with begin(ADMIN) as work:
        new = service.rotate_secret(work, endpoint_id)
        body = webhooks.test_body(work, service.get_endpoint(work, endpoint_id))
        service.ping(work, endpoint_id, body)
    webhooks_sending.send_waiting(endpoint_id)
    [got] = other_program.got
    seconds = int(got.headers["webhook-timestamp"])
    signed = [signing.signature(s, got.headers["webhook-id"], seconds, got.raw) for s in (new, old)]
    assert got.headers["webhook-signature"].split() == signed
    clock_at(START + timedelta(days=2))
    with reading(ADMIN) as work:
        assert service.secrets_of(work, service.get_endpoint(work, endpoint_id)) == [new]


def test_what_an_import_takes_over_is_told_to_nobody(other_program: Receiver) -> None:
    endpoint_id, _ = add(other_program.url)
    with begin(Actor("system", "import", role="admin")) as work:
        customers.create_customer(work, name="From before", source="import")
    relay()
    assert states(endpoint_id) == []


def test_secrets_are_sealed_and_in_no_audit_row(other_program: Receiver) -> None:
    endpoint_id, secret = add(other_program.url)
    with reading(ADMIN) as work:
        assert secret not in endpoint(endpoint_id).secret_sealed
        told = [str(row.details) for row in work.session.scalars(select(AuditEntry))]
    assert told
    assert not [text for text in told if secret in text or "sealed" in text]


def test_refusals_name_the_field() -> None:
    for given, field in (
        ({"name": " ", "url": "https://example.com/", "kinds": ["customer.added"]}, "name"),
        ({"name": "x", "url": "http://10.0.0.1/", "kinds": ["customer.added"]}, "url"),
        ({"name": "x", "url": "https://example.com/", "kinds": []}, "kinds"),
        ({"name": "x", "url": "https://example.com/", "kinds": ["user.signed_in"]}, "kinds"),
    ):
        with begin(ADMIN) as work, pytest.raises(Invalid) as refused:
            service.add_endpoint(work, **given)  # type: ignore[arg-type]
        assert list(refused.value.fields) == [field]
    with begin(system("x")) as work, pytest.raises(Forbidden):
        service.add_endpoint(
            work.__class__(work.session, Actor("user", ADMIN.id, role="agent"), work.at),
            name="x",
            url="https://example.com/",
            kinds=["customer.added"],
        )


def test_a_change_from_an_old_page_is_a_conflict(other_program: Receiver) -> None:
    endpoint_id, _ = add(other_program.url)
    with begin(ADMIN) as work:
        service.change_endpoint(work, endpoint_id, version=1, changes={"name": "Other"})
    with begin(ADMIN) as work, pytest.raises(Conflict):
        service.change_endpoint(work, endpoint_id, version=1, changes={"name": "Third"})


def test_old_deliveries_are_forgotten_and_waiting_ones_kept(
    other_program: Receiver, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(START)
    endpoint_id, _ = add(other_program.url)
    add_customer()
    relay()
    webhooks_sending.send_waiting(endpoint_id)
    add_customer()
    relay()
    clock_at(START + timedelta(days=31))
    webhooks.forget_old()
    assert states(endpoint_id) == ["waiting"]
    with begin(ADMIN) as work:
        service.note_answer(
            work, queries.page_of_deliveries(work, endpoint_id).items[0].id, Answer(200, "", 1)
        )
        service.remove_endpoint(work, endpoint_id)
    with reading(ADMIN) as work:
        assert not work.session.scalars(select(WebhookDelivery.id)).all()
