"""Customers and tickets of other desks become ours: once, resumable, at their own times."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.clocks import queries as clock_queries
from helpdesk.clocks import setup as clock_setup
from helpdesk.clocks import telling
from helpdesk.core.db import Database
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import search, timeline
from helpdesk.customers import service as customers
from helpdesk.customers.models import ContactPoint, Customer, Organisation
from helpdesk.identity.models import User
from helpdesk.imports import files, service
from helpdesk.imports.models import ImportLink
from helpdesk.routing.models import WorkItem
from helpdesk.search.models import SearchDocument
from helpdesk.tickets import deadlines
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import importing
from tests.imports.conftest import ADMIN, Run, hand_in, look, problems, start
from tests.workflows.people import Floor

PAYLOAD = "<img src=x onerror=window.__pwn=1>"
TABLE = "Name;E-Mail;Telefon;Firma;Tags\n"


def count(table: Any) -> int:
    with reading(ADMIN) as work:
        return work.session.scalar(select(func.count()).select_from(table)) or 0


def ticket_named(subject: str) -> Ticket:
    with reading(ADMIN) as work:
        return work.session.scalars(select(Ticket).where(Ticket.subject == subject)).one()


def messages_of(ticket: Ticket) -> list[tuple[str, bool, str]]:
    with reading(ADMIN) as work:
        rows = work.session.scalars(
            select(Message)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.ticket_id == ticket.id)
            .order_by(Message.seq)
        )
        return [(row.author, row.public, row.text) for row in rows]


def test_customers_of_a_table_are_added_and_found(run: Run) -> None:
    done = run(
        "customers_csv",
        (TABLE + "Zoë Grün;Zoe@Example.org;+44 20 7946 0000;Acme;vip, north\n").encode("cp1252"),
    )
    assert (done.state, done.problems) == ("done", 0)
    assert done.counts == {"customer": {"added": 1}, "organisation": {"added": 1}}
    with reading(ADMIN) as work:
        [hit] = search.search(work, "zoe")
        assert (hit.name, hit.organisation) == ("Zoë Grün", "Acme")
        [entry] = timeline.timeline(work, hit.customer_id).items
        assert entry.kind == "customer.added"
        points = work.session.scalars(select(ContactPoint)).all()
        assert {row.value for row in points} == {"zoe@example.org", "+442079460000"}
        assert all(row.verified_at is None for row in points)


def test_I8_bad_rows_are_told_by_their_line_and_good_ones_taken(run: Run) -> None:
    done = run(
        "customers_csv",
        TABLE
        + "Kim Lee;kim@example.org;;;\n"
        + "Kim Two;KIM@example.org;;;\n"
        + f"{PAYLOAD};not an address;;;\n"
        + ";;;;\n"
        + "Nul\0;nul@example.org;;;\n"
        + '"never closed;x@example.org;;;\n'
        + "Too;many@example.org;;;;;cells\n"
        + "Lee Kim;lee@example.org;no number;;\n"
        + "Last;last@example.org;;;\n",
    )
    assert done.state == "done"
    told = dict(problems(done.id))
    assert sorted(told) == [f"line {n}" for n in (3, 4, 6, 7, 8, 9)]
    assert "there already" in told["line 3"]
    assert "never closed" in told["line 7"]
    assert count(Customer) == 2
    with reading(ADMIN) as work:
        assert set(work.session.scalars(select(Customer.name))) == {"Kim Lee", "Last"}


def test_a_second_run_of_the_same_table_adds_nothing(run: Run) -> None:
    table = TABLE + "Kim Lee;kim@example.org;;Acme;\nNobody;;;;\n"
    run("customers_csv", table)
    again = run("customers_csv", table)
    assert again.counts == {"customer": {"there": 2}}
    assert (again.problems, count(Customer), count(Organisation)) == (0, 2, 1)


def test_a_row_leads_to_the_customer_who_has_the_address(run: Run) -> None:
    with begin(ADMIN) as work:
        customers.create_customer(work, name="Kim", contact_points=[("email", "kim@example.org")])
    done = run("customers_csv", "id,name,email\n7,Kim Lee,kim@example.org\n")
    assert done.counts == {"customer": {"there": 1}}
    assert count(Customer) == 1


ZENDESK: dict[str, Any] = {
    "organizations": [{"id": 50, "name": "Acme", "domain_names": ["acme.example", "gmail.com"]}],
    "users": [
        {"id": 1, "name": "Kim Lee", "email": "kim@acme.example", "role": "end-user",
         "organization_id": 50, "phone": "not one", "tags": ["vip"]},
        {"id": 2, "name": "Sam Smith", "email": "sam@other.example", "role": "agent"},
        {"id": 3, "name": "Anna There", "email": "ANNA", "role": "agent"},
    ],
    "tickets": [
        {"id": 900, "subject": "Where is my parcel?", "status": "closed", "priority": "high",
         "requester_id": 1, "assignee_id": 3, "organization_id": 50, "tags": ["parcel"],
         "created_at": "2024-03-04T10:00:00Z", "updated_at": "2024-03-09T10:00:00Z",
         "via": {"channel": "email"}, "metric_set": {"solved_at": "2024-03-05T09:00:00Z"},
         "comments": [
             {"id": 11, "author_id": 1, "public": True, "body": "It has not come.",
              "created_at": "2024-03-04T10:00:00Z"},
             {"id": 12, "author_id": 2, "public": False, "body": "Carrier lost it",
              "created_at": "2024-03-04T10:30:00Z"},
             {"id": 13, "author_id": 3, "public": True, "html_body": "<p>We send <b>more</b>.</p>",
              "created_at": "2024-03-04T11:00:00Z"},
         ]},
        {"id": 901, "subject": "Still open", "status": "open", "requester_id": 1,
         "created_at": "2024-03-04T10:00:00Z", "description": "Hello?"},
        {"id": 902, "subject": "Whose?", "status": "open", "requester_id": 77,
         "created_at": "2024-03-04T10:00:00Z"},
    ],
}  # fmt: skip


@pytest.fixture
def zendesk(floor: Floor) -> dict[str, Any]:
    """The export, with our Anna's own address in it."""
    with reading(ADMIN) as work:
        anna = work.session.get_one(User, floor.anna.id).email
    users = [{**u, "email": anna} if u["email"] == "ANNA" else u for u in ZENDESK["users"]]
    return {**ZENDESK, "users": users}


def test_a_zendesk_export_keeps_words_people_and_times(
    run: Run, floor: Floor, zendesk: dict[str, Any]
) -> None:
    done = run("zendesk", zendesk)
    assert done.state == "done"
    assert problems(done.id) == [("ticket 902", "The file has nobody with the id 77.")]
    assert done.counts["ticket"] == {"added": 2}
    assert done.counts["colleague"] == {"found": 1, "unknown": 1}
    ticket = ticket_named("Where is my parcel?")
    assert (ticket.state, ticket.priority, ticket.channel) == ("closed", "high", "email")
    assert ticket.assignee_id == floor.anna.id
    assert ticket.opened_at == datetime(2024, 3, 4, 10, tzinfo=UTC)
    assert ticket.first_replied_at == datetime(2024, 3, 4, 11, tzinfo=UTC)
    assert ticket.resolved_at == datetime(2024, 3, 5, 9, tzinfo=UTC)
    assert ticket.closed_at == datetime(2024, 3, 9, 10, tzinfo=UTC)
    assert messages_of(ticket) == [
        ("visitor", True, "It has not come."),
        ("system", False, "Sam Smith:\nCarrier lost it"),
        (f"agent:{floor.anna.id}", True, "We send more."),
    ]
    with reading(ADMIN) as work:
        customer = work.session.get_one(Customer, ticket.customer_id)
        organisation = work.session.get_one(Organisation, customer.organisation_id)
        assert (customer.name, organisation.domains) == ("Kim Lee", ["acme.example"])
        kinds = [one.kind for one in timeline.timeline(work, customer.id).items]
        clocks = {one.name: one for one in clock_queries.clocks_of(work, ticket.id)}
    assert sorted(kinds) == ["customer.added", "ticket.opened", "ticket.opened", "ticket.resolved"]
    assert clocks["first_response"].elapsed_s == 3600


def test_open_tickets_have_running_clocks_and_done_ones_no_deadline(
    run: Run, zendesk: dict[str, Any]
) -> None:
    target = dict.fromkeys(("low", "normal", "high", "urgent"), 3600)
    with begin(ADMIN) as work:
        clock_setup.create_policy(work, name="All", targets={"resolution": target})
    run("zendesk", zendesk)
    late, done = ticket_named("Still open"), ticket_named("Where is my parcel?")
    assert deadlines.shown(late) == datetime(2024, 3, 4, 11, tzinfo=UTC)
    assert deadlines.shown(done) is None
    with reading(ADMIN) as work:
        assert not telling.anything_due(work)


def test_history_is_told_to_nobody_and_offered_to_nobody(run: Run, zendesk: dict[str, Any]) -> None:
    target = dict.fromkeys(("low", "normal", "high", "urgent"), 60)  # all of it was late
    with begin(ADMIN) as work:
        targets = dict.fromkeys(("first_response", "next_response", "resolution"), target)
        clock_setup.create_policy(work, name="All", targets=targets)
    run("zendesk", zendesk)
    with reading(ADMIN) as work:
        kinds = set(work.session.scalars(select(EventRow.kind)))
        assert not work.session.scalars(select(WorkItem.id)).all()
    assert not [k for k in kinds if k.startswith(("ticket.", "customer.", "message.", "clock."))]
    done = ticket_named("Where is my parcel?")
    with reading(ADMIN) as work:
        late = {one.name for one in clock_queries.clocks_of(work, done.id) if one.breached_at}
    assert late == {"first_response", "resolution"}


def test_imported_tickets_and_words_are_found_at_once(run: Run, zendesk: dict[str, Any]) -> None:
    run("zendesk", zendesk)
    with reading(ADMIN) as work:
        kinds = {
            (row.kind, row.title)
            for row in work.session.scalars(select(SearchDocument))
            if row.group_id is not None
        }
    titles = " ".join(title for _, title in kinds)
    assert "Where is my parcel?" in titles
    assert "Still open" in titles
    assert {kind for kind, _ in kinds} >= {"ticket", "message"}


def test_a_second_run_finds_everything_there(run: Run, zendesk: dict[str, Any]) -> None:
    run("zendesk", zendesk)
    before = (count(Ticket), count(Customer), count(Message), count(ImportLink))
    again = run("zendesk", zendesk)
    assert again.counts["ticket"] == {"there": 2}
    assert (count(Ticket), count(Customer), count(Message), count(ImportLink)) == before


def test_a_trial_counts_the_same_and_leaves_nothing(run: Run, zendesk: dict[str, Any]) -> None:
    trial = run("zendesk", zendesk, trial=True)
    assert (count(Ticket), count(Customer), count(Message), count(ImportLink)) == (0, 0, 0, 0)
    real = run("zendesk", zendesk)
    assert trial.counts == real.counts
    assert problems(trial.id) == problems(real.id)


def test_a_trial_over_several_batches_counts_each_organisation_and_address_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", 2)
    table = TABLE + "".join(f"N{n};n{n % 5}@example.org;;Acme;\n" for n in range(6))
    trial = run("customers_csv", table, trial=True)
    assert trial.counts == {
        "customer": {"added": 5, "there": 1},
        "organisation": {"added": 1},
    }
    assert trial.problems == 1


def test_words_that_stand_alone_join_their_ticket(run: Run, zendesk: dict[str, Any]) -> None:
    late = [
        {"ticket_id": 901, "id": 21, "author_id": 1, "public": True, "body": "Hello?",
         "created_at": "2024-03-04T10:00:00Z"},
        {"ticket_id": 901, "id": 22, "author_id": 3, "public": True, "body": "Here we are",
         "created_at": "2024-03-04T12:00:00Z"},
        {"ticket_id": 999, "id": 23, "author_id": 1, "public": True, "body": "Lost",
         "created_at": "2024-03-04T12:00:00Z"},
    ]  # fmt: skip
    done = run("zendesk", {**zendesk, "comments": late})
    assert ("words 23", "The file has no ticket with the id 999.") in problems(done.id)
    ticket = ticket_named("Still open")
    assert [text for _, _, text in messages_of(ticket)] == ["Hello?", "Here we are"]
    assert ticket.first_replied_at == datetime(2024, 3, 4, 12, tzinfo=UTC)


def test_a_zammad_export_is_read(run: Run) -> None:
    done = run(
        "zammad",
        [
            {"id": 4, "login": "kim", "firstname": "Kim", "lastname": "Lee",
             "email": "kim@example.org", "roles": ["Customer"], "organizations": []},
            {"id": 9, "number": "67001", "title": "Broken <b>", "customer_id": 4, "owner_id": 1,
             "state": "pending reminder", "priority": "3 high", "group": "Help",
             "created_at": "2024-05-01T08:00:00.000Z", "updated_at": "2024-05-02T08:00:00.000Z"},
            {"id": 31, "ticket_id": 9, "body": "It <i>broke</i><br>today", "internal": False,
             "content_type": "text/html", "sender": "Customer", "created_by_id": 4,
             "created_at": "2024-05-01T08:00:00.000Z"},
            {"id": 32, "ticket_id": 9, "body": "Check the fuse", "internal": True,
             "sender": "Agent", "created_by_id": 1, "from": "Nicole",
             "created_at": "2024-05-01T09:00:00.000Z"},
        ],
    )  # fmt: skip
    assert problems(done.id) == []
    ticket = ticket_named("Broken <b>")
    assert (ticket.state, ticket.priority) == ("waiting_on_customer", "high")
    assert messages_of(ticket) == [
        ("visitor", True, "It broke\ntoday"),
        ("system", False, "Nicole:\nCheck the fuse"),
    ]


def test_a_freshdesk_export_is_read(run: Run) -> None:
    done = run(
        "freshdesk",
        [
            {"user": {"id": 4, "name": "Kim", "email": "k@example.org", "helpdesk_agent": False}},
            {"helpdesk_ticket": {
                "id": 9, "display_id": 3, "subject": "Refund", "status": 4, "priority": 4,
                "source": 1, "requester_id": 4, "description": "<div>Money back</div>",
                "created_at": "2024-05-01T08:00:00Z", "updated_at": "2024-05-02T08:00:00Z",
                "notes": [{"helpdesk_note": {
                    "id": 1, "body": "Done", "incoming": False, "private": False,
                    "created_at": "2024-05-01T10:00:00Z"}}]}},
        ],
    )  # fmt: skip
    assert problems(done.id) == []
    ticket = ticket_named("Refund")
    assert (ticket.state, ticket.priority, ticket.channel) == ("resolved", "urgent", "email")
    assert [text for _, _, text in messages_of(ticket)] == ["Money back", "Done"]


def test_tickets_of_a_table(run: Run) -> None:
    done = run(
        "tickets_csv",
        "id,subject,status,priority,requester_email,created_at,resolved_at,description\n"
        "1,Old one,solved,low,kim@example.org,03.02.2021 10:00,04.02.2021 10:00,Help\n"
        "2,Bad state,perhaps,low,kim@example.org,2021-02-03,,\n"
        "3,No time,open,low,kim@example.org,,,\n"
        "4,Nobody,open,low,,2021-02-03,,\n"
        "5,Too old,open,low,kim@example.org,1890-02-03,,\n",
    )
    assert [place for place, _ in problems(done.id)] == ["line 3", "line 4", "line 5", "line 6"]
    ticket = ticket_named("Old one")
    assert (ticket.state, ticket.opened_at.year, ticket.resolved_at is not None) == (
        "resolved",
        2021,
        True,
    )
    assert count(Customer) == 1


def test_it_goes_on_after_being_killed_anywhere(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or after any commit, again and again: each row is taken once."""
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", 3)
    table = TABLE + "".join(f"N{n};n{n}@example.org;;;\n" for n in range(20))
    import_id = hand_in("customers_csv", table)
    start(import_id)
    dice = random.Random(7)

    class Killed(BaseException):
        pass

    real = service.advance

    def may_die(*args: Any, **given: Any) -> None:
        if dice.random() < 0.4:
            raise Killed
        real(*args, **given)
        if dice.random() < 0.3:
            raise Killed

    monkeypatch.setattr(service, "advance", may_die)
    kills = 0
    while look(import_id).state in service.ACTIVE:
        try:
            importing.advance(import_id, slice_s=0)
        except Killed:
            kills += 1
    assert kills > 2
    assert (count(Customer), count(ContactPoint)) == (20, 20)
    assert look(import_id).rows_done == 20


def test_a_worker_that_died_without_a_word_is_replaced(floor: Floor, clock_at: Any) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    clock_at(at)
    import_id = hand_in("customers_csv", TABLE + "Kim;kim@example.org;;;\n")
    start(import_id)
    with begin(importing.ACTOR) as work:
        assert service.take(work, import_id)
    assert not importing.advance(import_id)
    clock_at(datetime(2026, 3, 2, 9, 1, tzinfo=UTC))
    importing.call_workers()
    with reading(ADMIN) as work:
        event_ids = work.session.scalars(
            select(EventRow.id).where(EventRow.kind == "import.due").order_by(EventRow.seq)
        ).all()
    assert len(event_ids) == 2
    importing.run_slice(event_ids[-1])
    assert look(import_id).state == "done"


def test_a_row_that_the_database_refuses_costs_itself_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    from helpdesk.workflows.importing_rows import Batch

    real = Batch._new_customer

    def clash(self: Batch, record: Any, external_id: str = "") -> str:
        made = real(self, record, external_id)
        if record.name == "Bad":
            self._rows[Customer][-1]["name"] = None
        return made

    monkeypatch.setattr(Batch, "_new_customer", clash)
    done = run(
        "customers_csv", TABLE + "A;a@example.org;;;\nBad;b@example.org;;;\nC;c@example.org;;;\n"
    )
    assert problems(done.id) == [("line 3", "The database refuses it.")]
    assert count(Customer) == 2


def test_it_can_be_stopped_and_started_again(floor: Floor) -> None:
    import_id = hand_in("customers_csv", TABLE + "Kim;kim@example.org;;;\n")
    start(import_id)
    with begin(ADMIN) as work:
        service.stop(work, import_id)
    assert not importing.advance(import_id)
    assert count(Customer) == 0
    start(import_id)
    importing.advance(import_id)
    assert (look(import_id).state, count(Customer)) == ("done", 1)


def test_a_file_that_breaks_off_fails_with_a_sentence_and_takes_nothing(floor: Floor) -> None:
    import_id = hand_in("zendesk", '{"users": [{"id": 1, "name": "Kim", "email": "a@b.example"}, {')
    start(import_id)
    importing.advance(import_id)
    found = look(import_id)
    assert (found.state, bool(found.trouble), count(Customer)) == ("failed", True, 0)


def test_a_file_that_is_gone_fails_with_a_sentence(floor: Floor) -> None:
    import_id = hand_in("customers_csv", TABLE)
    start(import_id)
    files.remove(import_id)
    importing.advance(import_id)
    assert look(import_id).state == "failed"
