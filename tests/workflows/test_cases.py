"""A ticket from a customer's first words to its follow-up: line, hands, answers, reopening."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.customers.models import TimelineEntry
from helpdesk.routing import assignments, setup
from helpdesk.routing.models import Offer, Slot, WorkItem
from helpdesk.tickets import links, queries, queue_rules
from helpdesk.tickets.errors import StaleTicket
from helpdesk.tickets.events import CustomerWrote, TicketMentioned, TicketReplied
from helpdesk.tickets.lifecycle import ReopenRule
from helpdesk.tickets.models import Ticket, TicketChange, TicketFollower
from helpdesk.workflows import cases, cases_line, desk
from tests.workflows.people import Floor, add_person, come_in, make_floor, offer_of, start_chat

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TEST = system("test")


@pytest.fixture
def floor(database: Database) -> Floor:
    return make_floor("Anna", "Ben")


def new_customer(name: str = "Ada Byron") -> str:
    with begin(TEST) as work:
        return customers.create_customer(
            work, name=name, contact_points=[("email", f"{name[:3].lower()}@example.org")]
        ).id


def open_one(floor: Floor, customer_id: str | None = None, **given: Any) -> cases.Opened:
    facts = {"subject": "No light", "body": "The lamp is dark.", "channel": "email", **given}
    customer_id = customer_id or new_customer()
    with begin(TEST) as work:
        return cases.open_case(work, customer_id=customer_id, queue=floor.queue_id, **facts)


def in_hands(floor: Floor) -> tuple[cases.Opened, Actor]:
    """A ticket that Anna has accepted."""
    come_in(floor.anna)
    opened = open_one(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
    return opened, floor.anna


def ticket_of(opened: cases.Opened) -> Ticket:
    with reading(TEST) as work:
        return work.session.get_one(Ticket, opened.ticket.id)


def items_of(ticket_id: str) -> list[WorkItem]:
    with reading(TEST) as work:
        rows = select(WorkItem).where(WorkItem.subject_id == ticket_id).order_by(WorkItem.id)
        return list(work.session.scalars(rows))


def free_slots(agent: Actor) -> int:
    with reading(TEST) as work:
        return work.session.scalar(
            select(func.count()).where(
                Slot.agent_id == agent.id,
                Slot.channel == "ticket",
                Slot.assignment_id.is_(None),
                Slot.offer_id.is_(None),
            )
        )


def close_one(floor: Floor, opened: cases.Opened, *states: str) -> None:
    for state in states or ("resolved",):
        with begin(floor.anna) as work:
            cases_line.set_state(work, opened.ticket.id, state)


def test_first_words_become_a_ticket_with_number_thread_and_place_in_line(floor: Floor) -> None:
    opened = open_one(floor, tags=["VIP", "vip", "Lamp "], priority="high")
    assert opened.ticket.number >= 10_001
    with reading(TEST) as work:
        ticket = work.session.get_one(Ticket, opened.ticket.id)
        assert (ticket.state, ticket.priority, ticket.tags) == ("new", "high", ["vip", "lamp"])
        assert ticket.waiting_since == ticket.opened_at
        thread = work.session.get_one(Conversation, opened.conversation_id)
        assert (thread.ticket_id, thread.channel) == (ticket.id, "email")
        message = work.session.scalars(select(Message)).one()
        assert (message.text, message.author, message.seq) == ("The lamp is dark.", "visitor", 1)
        kinds = set(work.session.scalars(select(TimelineEntry.kind)))
        assert "ticket.opened" in kinds
    (item,) = items_of(ticket.id)
    assert (item.channel, item.subject_kind, item.state) == ("ticket", "ticket", "waiting")
    assert item.head_start_s == 900


def test_numbers_rise_and_are_never_given_twice(floor: Floor) -> None:
    numbers = [open_one(floor, new_customer(f"Cleo{n}")).ticket.number for n in range(3)]
    assert numbers == sorted(set(numbers))


def test_a_free_agent_is_offered_the_ticket_and_gets_it_by_accepting(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    ticket = ticket_of(opened)
    assert (ticket.assignee_id, ticket.state) == (anna.id, "open")
    assert free_slots(anna) == 0
    with reading(TEST) as work:
        thread = work.session.get_one(Conversation, opened.conversation_id)
        assert (thread.agent_id, thread.state) == (anna.id, "active")


def test_an_offer_of_a_ticket_lives_ten_minutes(floor: Floor) -> None:
    come_in(floor.anna)
    open_one(floor)
    with reading(TEST) as work:
        offer = work.session.scalars(select(Offer)).one()
        assert offer.expires_at - offer.made_at == timedelta(minutes=10)


@pytest.mark.parametrize("state", ["waiting_on_customer", "visit_booked", "resolved", "closed"])
def test_parking_or_resolving_frees_the_slot_without_a_wrap_up(floor: Floor, state: str) -> None:
    opened, anna = in_hands(floor)
    second = open_one(floor, new_customer("Bob"))
    with begin(anna) as work:
        cases_line.set_state(work, opened.ticket.id, state)
    assert ticket_of(opened).state == state
    assert ticket_of(opened).assignee_id == anna.id
    assert [item.state for item in items_of(opened.ticket.id)] == ["done"]
    with reading(anna) as work:  # the slot was free, so the next ticket is offered at once
        offer = work.session.get_one(Offer, offer_of(work, anna) or "")
        assert offer.work_item_id == items_of(second.ticket.id)[0].id
        assert assignments.open_of_agent(work, anna.id) == []


def test_a_queue_may_want_a_wrap_up_after_tickets(floor: Floor) -> None:
    with begin(system("setup")) as work:
        setup.change_queue(work, floor.queue_id, version=1, wrap_up_s={"ticket": 60})
    opened, anna = in_hands(floor)
    with begin(anna) as work:
        cases_line.set_state(work, opened.ticket.id, "resolved")
    with reading(anna) as work:
        ((assignment, _),) = assignments.open_of_agent(work, anna.id)
        assert assignment.wrap_up_until is not None
    assert free_slots(anna) == 0


def test_a_public_reply_answers_the_customer_once_and_a_note_never(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    author = f"agent:{anna.id}"
    with begin(anna) as work:
        cases.reply(work, opened.ticket.id, author=author, text="Look into this", public=False)
    assert ticket_of(opened).first_replied_at is None
    with begin(anna) as work:
        posted = cases.reply(work, opened.ticket.id, author=author, text="On it", public=True)
        told = [e.event for e in work.events() if isinstance(e.event, TicketReplied)]
    assert [(t.first, t.public, t.seq) for t in told] == [(True, True, posted.seq)]
    ticket = ticket_of(opened)
    assert ticket.first_replied_at is not None
    assert ticket.waiting_since is None
    with begin(anna) as work:
        cases.reply(work, opened.ticket.id, author=author, text="And done", public=True)
    assert ticket_of(opened).first_replied_at == ticket.first_replied_at


def test_what_the_program_says_answers_nothing(floor: Floor) -> None:
    opened = open_one(floor)
    with begin(TEST) as work:
        cases.automatic(work, opened.ticket.id, text="We have your message.")
    ticket = ticket_of(opened)
    assert ticket.first_replied_at is None
    assert ticket.waiting_since is not None
    assert ticket.state == "new"


def test_the_same_reply_sent_twice_is_kept_once(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    given = {"author": f"agent:{anna.id}", "text": "On it", "public": True, "client_msg_id": "m-1"}
    with begin(anna) as work:
        first = cases.reply(work, opened.ticket.id, **given)
    with pytest.raises(Exception, match="already posted"), begin(anna) as work:
        cases.reply(work, opened.ticket.id, **given)
    with reading(TEST) as work:
        assert work.session.scalar(select(func.count()).select_from(Message)) == first.seq


def test_the_customers_answer_ends_the_waiting_and_asks_the_owner_first(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    come_in(floor.ben)
    with begin(anna) as work:
        cases.reply(
            work, opened.ticket.id, author=f"agent:{anna.id}", text="Which lamp?", public=True
        )
        cases_line.set_state(work, opened.ticket.id, "waiting_on_customer")
    with begin(TEST) as work:
        wrote = cases.customer_wrote(work, opened.ticket.id, text="The big one")
        (told,) = [e.event for e in work.events() if isinstance(e.event, CustomerWrote)]
    assert (wrote.ticket_id, wrote.conversation_id) == (opened.ticket.id, opened.conversation_id)
    assert told.assignee_id == anna.id
    assert ticket_of(opened).state == "open"
    with reading(TEST) as work:
        (offer,) = work.session.scalars(select(Offer).where(Offer.state == "live"))
        assert offer.agent_id == anna.id


def test_later_words_do_not_move_when_the_wait_began(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    opened = open_one(floor)
    clock_at(NOW + timedelta(hours=1))
    with begin(TEST) as work:
        cases.customer_wrote(work, opened.ticket.id, text="Hello?")
    assert ticket_of(opened).waiting_since == NOW
    assert len(items_of(opened.ticket.id)) == 1


def test_a_booked_visit_stays_booked_when_the_customer_writes(floor: Floor) -> None:
    opened, _ = in_hands(floor)
    close_one(floor, opened, "visit_booked")
    with begin(TEST) as work:
        cases.customer_wrote(work, opened.ticket.id, text="Thank you")
    assert ticket_of(opened).state == "visit_booked"
    assert items_of(opened.ticket.id)[-1].state == "offered"


@pytest.mark.parametrize(
    "rule, days, state, goes_on",
    [
        (ReopenRule("always"), 400, "closed", True),
        (ReopenRule("within", 14), 13, "resolved", True),
        (ReopenRule("within", 14), 15, "resolved", False),
        (ReopenRule("never"), 0, "resolved", False),
    ],
)
def test_each_queue_says_when_an_answer_reopens(
    floor: Floor,
    clock_at: Callable[[datetime], None],
    rule: ReopenRule,
    days: int,
    state: str,
    goes_on: bool,
) -> None:
    clock_at(NOW)
    with begin(system("setup")) as work:
        queue_rules.set_rule(work, floor.queue_id, rule)
    opened, _ = in_hands(floor)
    close_one(floor, opened, state)
    clock_at(NOW + timedelta(days=days))
    with begin(TEST) as work:
        wrote = cases.customer_wrote(work, opened.ticket.id, text="Dark again")
    old = ticket_of(opened)
    assert (wrote.reopened, wrote.followed_up) == (goes_on, not goes_on)
    with reading(TEST) as work:
        kept = work.session.scalars(
            select(Message.text).where(Message.conversation_id == wrote.conversation_id)
        ).all()
        assert "Dark again" in kept
        if goes_on:
            assert (old.state, old.reopened_count, wrote.ticket_id) == ("open", 1, old.id)
        else:
            assert old.state == state
            (linked,) = links.links_of(work, old.id)
            assert (linked.relation, linked.ticket.id) == ("followed_up_by", wrote.ticket_id)
            assert linked.ticket.customer_id == old.customer_id


def test_both_first_and_last_resolution_are_kept(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    opened, _ = in_hands(floor)
    close_one(floor, opened)
    clock_at(NOW + timedelta(days=1))
    with begin(TEST) as work:
        cases.customer_wrote(work, opened.ticket.id, text="Dark again")
    clock_at(NOW + timedelta(days=2))
    close_one(floor, opened)
    ticket = ticket_of(opened)
    assert (ticket.first_resolved_at, ticket.resolved_at) == (NOW, NOW + timedelta(days=2))


def test_L6_an_answer_on_a_closed_ticket_is_kept_and_seen(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    close_one(floor, opened, "closed")
    with begin(anna) as work:
        posted = cases.reply(
            work, opened.ticket.id, author=f"agent:{anna.id}", text="One more thing", public=True
        )
    with reading(TEST) as work:
        stored = select(Message).where(
            Message.conversation_id == posted.conversation_id, Message.seq == posted.seq
        )
        assert work.session.scalars(stored).one().text == "One more thing"
    assert ticket_of(opened).state == "closed"


def test_L6_words_on_a_merged_ticket_go_to_the_one_it_became(floor: Floor) -> None:
    customer = new_customer()
    gone, kept = open_one(floor, customer), open_one(floor, customer)
    with begin(TEST) as work:
        work.session.get_one(Ticket, gone.ticket.id).merged_into_id = kept.ticket.id
    with begin(TEST) as work:
        wrote = cases.customer_wrote(work, gone.ticket.id, text="Still dark")
        wrote_too = cases.reply(
            work, gone.ticket.id, author=f"agent:{floor.anna.id}", text="Coming", public=True
        )
    assert (wrote.ticket_id, wrote_too.ticket_id) == (kept.ticket.id, kept.ticket.id)


def test_an_agent_pulls_a_waiting_ticket_into_a_free_slot(floor: Floor) -> None:
    opened = open_one(floor)
    with begin(floor.ben) as work:
        desk.set_presence(work, "break")
        cases_line.pull(work, opened.ticket.id)
    assert ticket_of(opened).assignee_id == floor.ben.id
    assert [item.state for item in items_of(opened.ticket.id)] == ["assigned"]
    assert free_slots(floor.ben) == 0


def test_pulling_without_a_free_slot_still_makes_the_ticket_ones_own(floor: Floor) -> None:
    first, anna = in_hands(floor)
    second = open_one(floor, new_customer("Bob"))
    with begin(anna) as work:
        cases_line.pull(work, second.ticket.id)
    assert ticket_of(second).assignee_id == anna.id
    assert [item.state for item in items_of(second.ticket.id)] == ["done"]
    assert [item.state for item in items_of(first.ticket.id)] == ["assigned"]


def test_pulling_takes_the_offer_away_from_the_one_it_lay_before(floor: Floor) -> None:
    come_in(floor.anna)
    opened = open_one(floor)
    with begin(floor.ben) as work:
        cases_line.pull(work, opened.ticket.id)
    with reading(TEST) as work:
        states = dict(work.session.execute(select(Offer.agent_id, Offer.state)).all())
    assert states == {floor.anna.id: "withdrawn", floor.ben.id: "accepted"}


def test_giving_a_ticket_to_a_colleague_frees_the_slot_of_the_first(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    with begin(anna) as work:
        cases_line.assign(work, opened.ticket.id, floor.ben.id)
    assert ticket_of(opened).assignee_id == floor.ben.id
    assert free_slots(anna) == 1
    with reading(TEST) as work:
        assert work.session.get_one(Conversation, opened.conversation_id).agent_id == floor.ben.id


def test_taking_the_agent_off_puts_the_ticket_back_in_line(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    with begin(anna) as work:
        desk.set_presence(work, "break")
        cases_line.assign(work, opened.ticket.id, None)
    assert ticket_of(opened).assignee_id is None
    assert [item.state for item in items_of(opened.ticket.id)] == ["done", "waiting"]


def test_only_people_of_the_desk_can_own_a_ticket(floor: Floor) -> None:
    opened = open_one(floor)
    with begin(system("setup")) as work:
        driver = add_person(work, "Tom", "technician")
    with pytest.raises(Invalid), begin(floor.anna) as work:
        cases_line.assign(work, opened.ticket.id, driver.id)
    assert ticket_of(opened).assignee_id is None


def test_a_ticket_of_a_running_chat_belongs_to_whoever_has_the_chat(floor: Floor) -> None:
    come_in(floor.anna)
    chat = start_chat(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
        talk = work.session.get_one(Conversation, chat.conversation_id)
        opened = cases.open_case(
            work,
            customer_id=talk.customer_id,
            subject="Lamp",
            body="",
            channel="chat",
            queue=floor.queue_id,
            conversation_id=talk.id,
        )
    ticket = ticket_of(opened)
    assert (ticket.assignee_id, ticket.state, opened.item) == (floor.anna.id, "open", None)
    assert items_of(ticket.id) == []
    with pytest.raises(Conflict, match="belongs to a ticket"), begin(floor.anna) as work:
        cases.open_case(
            work,
            customer_id=ticket.customer_id,
            subject="Lamp",
            body="",
            channel="chat",
            conversation_id=chat.conversation_id,
        )


def test_an_ended_chat_is_answered_in_writing(floor: Floor) -> None:
    come_in(floor.anna)
    chat = start_chat(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
        talk = work.session.get_one(Conversation, chat.conversation_id)
        opened = cases.open_case(
            work, customer_id=talk.customer_id, subject="Lamp", body="", channel="chat",
            queue=floor.queue_id, conversation_id=talk.id,
        )  # fmt: skip
        desk.end_by_agent(work, talk.id)
        posted = cases.reply(
            work, opened.ticket.id, author=f"agent:{floor.anna.id}", text="Sent", public=True
        )
    with reading(TEST) as work:
        thread = work.session.get_one(Conversation, posted.conversation_id)
        assert (thread.channel, thread.ticket_id) == ("email", opened.ticket.id)


def test_a_vanished_browser_gives_the_ticket_back_after_half_an_hour(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    from helpdesk.workflows import sweeping

    clock_at(NOW)
    sid = come_in(floor.anna)
    opened = open_one(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
        desk.disconnect(work, sid)
    clock_at(NOW + timedelta(minutes=5))
    sweeping.requeue_lost_contacts()
    assert items_of(opened.ticket.id)[0].state == "assigned"
    clock_at(NOW + timedelta(minutes=31))
    sweeping.requeue_lost_contacts()
    assert items_of(opened.ticket.id)[0].state == "waiting"
    assert free_slots(floor.anna) == 1


def test_a_stale_change_is_refused_and_changes_nothing(floor: Floor) -> None:
    opened = open_one(floor)
    with begin(floor.anna) as work:
        cases_line.change(work, opened.ticket.id, {"priority": "urgent"}, version=1)
    with pytest.raises(StaleTicket) as refused, begin(floor.ben) as work:
        cases_line.change(work, opened.ticket.id, {"priority": "low"}, version=1)
    assert refused.value.version == 2
    assert ticket_of(opened).priority == "urgent"


def test_every_change_is_in_the_history_with_before_and_after(floor: Floor) -> None:
    opened = open_one(floor, tags=["lamp"])
    with begin(floor.anna) as work:
        cases_line.change(
            work,
            opened.ticket.id,
            {"priority": "urgent", "tags": ["dark"], "state": "waiting_on_third_party"},
        )
    with reading(TEST) as work:
        rows = work.session.scalars(select(TicketChange).order_by(TicketChange.seq)).all()
        told = [(row.kind, row.actor, row.changes) for row in rows]
    me = floor.anna.label
    assert told == [
        ("opened", "system:test", {}),
        ("changed", me, {"priority": ["normal", "urgent"], "tags": [["lamp"], ["dark"]]}),
        ("state", me, {"state": ["new", "waiting_on_third_party"]}),
    ]


def test_moving_a_waiting_ticket_moves_its_place_in_line(floor: Floor) -> None:
    opened = open_one(floor)
    with begin(system("setup")) as work:
        other = setup.create_queue(work, name="Billing").id
    with begin(floor.anna) as work:
        cases_line.change(work, opened.ticket.id, {"queue_id": "billing"})
    assert ticket_of(opened).queue_id == other
    assert [(i.queue_id, i.state) for i in items_of(opened.ticket.id)] == [(other, "waiting")]


def test_only_a_supervisor_opens_a_closed_ticket_again_by_hand(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    close_one(floor, opened, "closed")
    with pytest.raises(Forbidden), begin(anna) as work:
        cases_line.set_state(work, opened.ticket.id, "open")
    with begin(system("setup")) as work:
        boss = add_person(work, "Bea", "supervisor")
    with begin(boss) as work:
        cases_line.set_state(work, opened.ticket.id, "open")
    assert (ticket_of(opened).state, ticket_of(opened).closed_at) == ("open", None)


def test_naming_a_colleague_in_a_note_makes_them_follow(floor: Floor) -> None:
    opened, anna = in_hands(floor)
    with begin(anna) as work:
        cases.reply(
            work, opened.ticket.id, author=f"agent:{anna.id}", text="@Ben can you?", public=False
        )
        (told,) = [e.event for e in work.events() if isinstance(e.event, TicketMentioned)]
    assert told.user_ids == [floor.ben.id]
    with reading(TEST) as work:
        assert work.session.scalars(select(TicketFollower.user_id)).all() == [floor.ben.id]


def test_words_on_a_ticket_that_is_not_there_are_refused(floor: Floor) -> None:
    with pytest.raises(NotFound), begin(TEST) as work:
        cases.customer_wrote(work, floor.queue_id, text="Hello")


def test_a_merge_of_records_takes_the_tickets_along(floor: Floor) -> None:
    from helpdesk.customers import merge

    one, two = new_customer("Ada Byron"), new_customer("Bob Byron")
    opened = open_one(floor, two)
    with begin(floor.anna) as work:
        merge.merge(work, one, two)
    assert ticket_of(opened).customer_id == one


def test_a_number_is_read_out_of_what_people_type() -> None:
    assert [queries.read_number(t) for t in ("T-10432", "t10432", " 10432 ", "#c0ffee", "T-")] == [
        10432, 10432, 10432, None, None,
    ]  # fmt: skip


def hear_all() -> None:
    """What the relay does with these events after the commit."""
    from helpdesk.core.events import restore
    from helpdesk.core.tables import EventRow
    from helpdesk.core.work import Emitted
    from helpdesk.workflows import cases_hearing

    with reading(TEST) as work:
        rows = work.session.scalars(
            select(EventRow).where(EventRow.kind == "ticket.said_in_chat").order_by(EventRow.seq)
        ).all()
        told = [(r.id, restore(r.kind, r.customer_id, r.facts), r.at, r.actor) for r in rows]
    with begin(system("relay")) as work:
        cases_hearing.hear(work, [Emitted(*one) for one in told if one[1] is not None])


def chat_with_ticket(floor: Floor) -> tuple[str, cases.Opened]:
    come_in(floor.anna)
    started = start_chat(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
        talk = work.session.get_one(Conversation, started.conversation_id)
        opened = cases.open_case(
            work, customer_id=talk.customer_id, subject="Lamp", body="", channel="chat",
            queue=floor.queue_id, conversation_id=talk.id,
        )  # fmt: skip
    return started.conversation_id, opened


def test_what_an_agent_says_in_the_chat_answers_the_ticket_at_that_instant(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOW)
    talk, opened = chat_with_ticket(floor)
    clock_at(NOW + timedelta(minutes=2))
    with begin(floor.anna) as work:
        desk.send_message(work, talk, text="a note", public=False, client_msg_id=None)
        desk.send_message(work, talk, text="Hello", public=True, client_msg_id=None)
    clock_at(NOW + timedelta(minutes=3))
    hear_all()
    ticket = ticket_of(opened)
    assert ticket.first_replied_at == NOW + timedelta(minutes=2)
    assert ticket.waiting_since is None


def test_what_the_visitor_says_in_the_chat_makes_the_ticket_wait_for_us(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    from helpdesk.workflows import chat

    clock_at(NOW)
    talk, opened = chat_with_ticket(floor)
    with begin(floor.anna) as work:
        desk.send_message(work, talk, text="Which lamp?", public=True, client_msg_id=None)
        cases_line.set_state(work, opened.ticket.id, "waiting_on_customer")
    hear_all()
    clock_at(NOW + timedelta(minutes=5))
    with begin(Actor("visitor", "v")) as work:
        chat.say(work, talk, text="The big one", client_msg_id=None)
    hear_all()
    ticket = ticket_of(opened)
    assert (ticket.state, ticket.waiting_since) == ("open", NOW + timedelta(minutes=5))


def test_writing_on_the_desk_in_a_thread_of_a_ticket_is_a_reply_on_the_ticket(
    floor: Floor,
) -> None:
    opened = open_one(floor)
    with begin(floor.ben) as work:
        desk.send_message(
            work, opened.conversation_id, text="On it", public=True, client_msg_id="m"
        )
        told = [e.event for e in work.events() if isinstance(e.event, TicketReplied)]
    assert [one.first for one in told] == [True]
    assert ticket_of(opened).first_replied_at is not None


def test_resolved_tickets_are_closed_after_the_days_of_their_queue(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    from helpdesk.workflows import cases_closing

    clock_at(NOW)
    with begin(system("setup")) as work:
        queue_rules.set_rule(work, floor.queue_id, ReopenRule("always", 14, close_after_days=3))
    old, young = open_one(floor), open_one(floor, new_customer("Bob"))
    close_one(floor, old)
    clock_at(NOW + timedelta(days=2))
    close_one(floor, young)
    clock_at(NOW + timedelta(days=3))
    cases_closing.close_due()
    assert (ticket_of(old).state, ticket_of(young).state) == ("closed", "resolved")
    with begin(system("setup")) as work:
        queue_rules.set_rule(work, floor.queue_id, ReopenRule("always", 14, None))
    clock_at(NOW + timedelta(days=400))
    cases_closing.close_due()
    assert ticket_of(young).state == "resolved"


@pytest.mark.parametrize("hours, first", [(20, "chat"), (30, "ticket")])
def test_who_is_on_the_line_comes_before_what_was_written_within_a_day(
    floor: Floor, clock_at: Callable[[datetime], None], hours: int, first: str
) -> None:
    clock_at(NOW - timedelta(hours=hours))
    open_one(floor)
    clock_at(NOW)
    start_chat(floor)
    with reading(TEST) as work:
        waiting = select(WorkItem.channel).where(WorkItem.state == "waiting")
        line = work.session.scalars(waiting.order_by(WorkItem.front, WorkItem.sort_key)).all()
    assert (len(line), line[0]) == (2, first)
