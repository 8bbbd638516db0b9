"""Who is told of what on their desk, and that nobody reads or ends what others are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from helpdesk import wiring
from helpdesk.clocks import setup as service_levels
from helpdesk.core.actors import Actor
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.errors import NotFound
from helpdesk.core.work import begin, reading
from helpdesk.identity import teams
from helpdesk.identity.models import User
from helpdesk.jobs.relay import Relay
from helpdesk.mail import place
from helpdesk.notices import queries
from helpdesk.notices import service as notices
from helpdesk.notices.models import Notice
from helpdesk.routing import setup
from helpdesk.tickets import following
from helpdesk.tickets import service as tickets
from helpdesk.tickets.models import PendingReply, Ticket
from helpdesk.workflows import cases, cases_line, cases_sending, noticing, promising
from helpdesk.workflows import clocks as deadlines
from tests.workflows.people import SETUP, Floor, add_person, make_floor
from tests.workflows.ruling_scene import act, rule
from tests.workflows.test_cases import TEST, new_customer, open_one

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def floor(database: Database, clock_at: Callable[[datetime], None], tmp_path: Path) -> Floor:
    place.configure(Settings(data=tmp_path, secret_key="k" * 40, base_url="http://localhost"))
    clock_at(NOW)
    return make_floor("Anna", "Ben")


@pytest.fixture
def ticket(floor: Floor) -> Ticket:
    return open_one(floor, author="visitor").ticket


def relay() -> None:
    """As in the running program, as far as rules and notices go."""
    names = {"rules", "notices"}
    table = {
        kind: [one for one in listening if one.name in names]
        for kind, listening in wiring.consumers().items()
    }
    running = Relay({kind: found for kind, found in table.items() if found})
    while running.deliver_waiting():
        pass


def told(actor: Actor) -> list[tuple[str, str, str | None]]:
    with reading(actor) as work:
        rows = queries.page_of_notices(work).items
        return [(row.kind, row.title, row.ticket_id) for row in rows]


def test_a_rule_that_notifies_reaches_the_desk_of_those_it_names_once(
    floor: Floor, ticket: Ticket
) -> None:
    relay()
    rule(
        "Look at leaks",
        "noted",
        actions=(act("notify", "", floor.ben.id, text="Please look at {ticket}"),),
    )
    with begin(floor.anna) as work:
        me = f"agent:{floor.anna.id}"
        cases.reply(work, ticket.id, author=me, text="It leaks", public=False)
    relay()
    relay()
    assert told(floor.ben) == [("rule", "Look at leaks", ticket.id)]
    assert told(floor.anna) == []
    with reading(floor.ben) as work:
        (row,) = queries.page_of_notices(work).items
        assert row.text == f"Please look at T-{ticket.number}"
        assert queries.unread(work, floor.ben) == 1


def test_who_is_named_in_a_note_is_told_what_it_says(floor: Floor, ticket: Ticket) -> None:
    with begin(floor.anna) as work:
        me = f"agent:{floor.anna.id}"
        cases.reply(work, ticket.id, author=me, text="@Ben, is that yours?", public=False)
    relay()
    assert told(floor.ben) == [("mention", "Anna named you in a note", ticket.id)]


def test_a_promise_is_told_before_its_time_and_when_it_is_late_but_not_once_kept(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    with begin(floor.anna) as work:
        due = NOW + timedelta(hours=1)
        promising.promise(work, ticket.id, text="Call Zoe", due_at=due)
        kept = promising.promise(work, ticket.id, text="Write to her", due_at=due)
    clock_at(NOW + timedelta(minutes=40))
    with begin(floor.anna) as work:
        promising.keep(work, ticket.id, kept)
    for minutes in (46, 61):
        clock_at(NOW + timedelta(minutes=minutes))
        deadlines.tell_deadlines()
        relay()
    assert [title for kind, title, _ in told(floor.anna) if kind == "promise"] == [
        "Your promise is late",
        "You promised something for soon",
    ]


def test_followers_hear_what_is_said_and_how_it_ends_but_not_what_they_do_themselves(
    floor: Floor, ticket: Ticket
) -> None:
    with begin(floor.ben) as work:
        following.follow(work, tickets.hold(work, ticket.id), floor.ben.id)
    with begin(floor.anna) as work:
        cases_line.pull(work, ticket.id)
    for _ in range(2):  # told once until it is read
        with begin(TEST) as work:
            cases.customer_wrote(work, ticket.id, text="Are you there?")
        relay()
    for who in (floor.anna, floor.ben):
        with begin(who) as work:
            cases.reply(work, ticket.id, author=f"agent:{who.id}", text="Yes", public=True)
    with begin(floor.anna) as work:
        me = f"agent:{floor.anna.id}"
        cases.reply(work, ticket.id, author=me, text="@Ben, look", public=False)
        cases_line.set_state(work, ticket.id, "resolved")
    relay()
    with begin(TEST) as work:
        cases.customer_wrote(work, ticket.id, text="No, it is dark again")
    relay()
    assert [title for _, title, _ in reversed(told(floor.ben))] == [
        "The customer wrote on a ticket you follow",
        "Anna answered on a ticket you follow",
        "Anna named you in a note",  # and not once more that there is a note
        "A ticket you follow was resolved",
        "A ticket you follow was opened again",
    ]
    assert told(floor.anna) == []
    with reading(floor.ben) as work:
        assert queries.page_of_notices(work).items[-1].text == "Are you there?"


def test_whoever_has_a_ticket_hears_that_it_is_theirs_of_notes_and_of_its_deadlines(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    with begin(SETUP) as work:
        targets = {"first_response": {"normal": 3600}}
        service_levels.create_policy(work, name="All", description="", targets=targets)
    opened = open_one(floor, ticket.customer_id).ticket
    with begin(floor.ben) as work:
        cases_line.assign(work, opened.id, floor.anna.id)
        me = f"agent:{floor.ben.id}"
        cases.reply(work, opened.id, author=me, text="Mind the dog", public=False)
    for minutes in (55, 61, 70):
        clock_at(NOW + timedelta(minutes=minutes))
        deadlines.tell_deadlines()
        relay()
    assert [(kind, title) for kind, title, _ in reversed(told(floor.anna))] == [
        ("assigned", "Ben gave you a ticket"),
        ("followed", "Ben wrote a note on a ticket of yours"),
        ("deadline", "First response is due soon"),
        ("deadline", "First response is late"),
    ]
    assert told(floor.ben) == []


def test_of_a_deadline_of_a_ticket_that_nobody_has_those_hear_who_look_after_its_queue(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    with begin(SETUP) as work:
        targets = {"first_response": {"normal": 3600}}
        service_levels.create_policy(work, name="All", description="", targets=targets)
        boss, other = (add_person(work, name, "supervisor") for name in ("Bea", "Uli"))
    first = open_one(floor, new_customer()).ticket

    def pass_(hours: int) -> None:
        clock_at(NOW + timedelta(hours=hours))
        deadlines.tell_deadlines()
        relay()

    pass_(2)
    late = "First response is late, and nobody has the ticket"
    assert [told(one)[0][1:] for one in (boss, other)] == [(late, first.id)] * 2
    assert told(floor.anna) == []
    with begin(SETUP) as work:  # a supervisor who serves the queue, and a team
        setup.set_members(work, floor.queue_id, [floor.anna.id, floor.ben.id, boss.id])
        team_id = teams.create_team(work, "Heating").id
        teams.set_members(work, team_id, [floor.ben.id])
    second = open_one(floor, new_customer(), team_id=team_id).ticket
    pass_(4)
    assert told(boss)[0] == ("deadline", late, second.id)
    assert told(floor.ben) == [("deadline", late, second.id)]
    assert len(told(other)) == 1
    assert told(floor.anna) == []


def test_who_no_longer_sees_a_ticket_is_not_told_of_it_and_hundreds_at_once_bury_nobody(
    floor: Floor, ticket: Ticket
) -> None:
    with begin(floor.ben) as work:
        following.follow(work, tickets.hold(work, ticket.id), floor.ben.id)
        work.session.execute(update(User).where(User.id == floor.ben.id).values(role="technician"))
    with begin(TEST) as work:
        cases.customer_wrote(work, ticket.id, text="Hello?")
        for number in range(queries.MOST_ALIKE):
            title = "Ben gave you a ticket"
            notices.give(work, [floor.anna.id], kind="assigned", title=title, text=str(number))
        assert queries.still_new(work, [floor.anna.id], ticket.id, title) == {floor.anna.id}
    relay()
    assert told(floor.ben) == []


def test_the_author_of_a_planned_reply_hears_why_it_did_not_go_out(
    floor: Floor, ticket: Ticket, clock_at: Callable[[datetime], None]
) -> None:
    with begin(floor.anna) as work:
        cases_sending.send_at(work, ticket.id, NOW + timedelta(hours=1), text="Still cold?")
    clock_at(NOW + timedelta(minutes=30))
    with begin(TEST) as work:
        cases.customer_wrote(work, ticket.id, text="It is warm again")
    clock_at(NOW + timedelta(hours=2))
    cases_sending.send_due()
    relay()
    assert told(floor.anna) == [("reply", "Your planned reply waits for you", ticket.id)]
    with reading(TEST) as work:
        assert work.session.scalars(select(PendingReply.state)).all() == ["held"]


def test_everybody_reads_only_what_they_are_told(floor: Floor, ticket: Ticket) -> None:
    with begin(TEST) as work:
        given = notices.give(work, [floor.anna.id, floor.anna.id], kind="rule", title="One")
        notices.give(work, [floor.anna.id], kind="rule", title="Two", ticket_id=ticket.id)
    assert len(given) == 1
    with begin(floor.ben) as work:
        assert notices.read(work) == 0
        assert notices.read(work, notice_id=given[0]) == 0
        with pytest.raises(NotFound):
            notices.get_own(work, given[0])
    with begin(floor.anna) as work:
        assert notices.read(work, ticket_id=ticket.id) == 1
        assert queries.unread(work, floor.anna) == 1
        assert notices.read(work) == 1
        assert notices.read(work) == 0


def test_notices_are_forgotten_after_three_months(floor: Floor) -> None:
    with begin(TEST) as work:
        notices.give(work, [floor.anna.id], kind="rule", title="Old")
        work.session.execute(update(Notice).values(at=NOW - timedelta(days=91)))
        notices.give(work, [floor.anna.id], kind="rule", title="x" * 200, text="y\n" * 400)
    noticing.forget_old()
    with reading(floor.anna) as work:
        (row,) = queries.page_of_notices(work).items
    assert (len(row.title), len(row.text)) == (120, 300)


def test_a_promise_is_made_by_and_for_people_of_the_desk_on_tickets_they_see(
    floor: Floor, ticket: Ticket
) -> None:
    other = open_one(floor).ticket
    due = NOW + timedelta(hours=1)
    with begin(floor.anna) as work:
        mine = promising.promise(work, ticket.id, text="Call", due_at=due)
        with pytest.raises(NotFound):
            promising.keep(work, other.id, mine)
        with pytest.raises(Exception, match="check") as refused:
            promising.promise(work, ticket.id, text="Call", due_at=due, owner_id=ticket.id)
        assert "owner_id" in refused.value.fields  # type: ignore[attr-defined]
    customer = Actor("user", new_customer("Zoe"), role="customer", customer_id=ticket.customer_id)
    with begin(customer) as work, pytest.raises(NotFound):
        promising.promise(work, ticket.id, text="Call", due_at=due)
    with reading(floor.anna) as work:
        assert [one.text for one in promising.owed_by(work, floor.anna.id)] == ["Call"]
        assert promising.owed_by(work, floor.ben.id) == []
